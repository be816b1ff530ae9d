# SPDX-License-Identifier: MIT
"""How long one piece of OCPP work keeps a small chip busy, by a cost model of MicroPython.

Nothing here ran on a chip. CPython executes the firmware's handlers and counts bytecodes by kind;
each kind has the price that MicroPython 1.28 showed on an emulated RP2040 at 125 MHz (cycles per
construct; the emulator agrees with published benchmarks of real boards within 25 %). JSON is
priced by values and bytes. Expect the result within a factor of two. Control gets its turn
between two pieces; while one runs, the guard and the pilot's PWM go on by themselves.
"""

import dis
import json
import sys

MHZ = 125
# Cycles: kind of bytecode -> price of the MicroPython construct it stands for.
PRICES = (
    ("STORE_ATTR", 1978), ("LOAD_ATTR", 381), ("LOAD_METHOD", 800), ("CALL", 1700),
    ("STORE_SUBSCR", 300), ("BINARY_SUBSCR", 400), ("BINARY_SLICE", 1500), ("BINARY_OP", 330),
    ("COMPARE_OP", 224), ("IS_OP", 150), ("CONTAINS_OP", 600), ("FOR_ITER", 390),
    ("LOAD_GLOBAL", 250), ("STORE_GLOBAL", 400), ("BUILD_", 2500), ("FORMAT", 8000),
    ("RAISE", 4980), ("LIST_APPEND", 300), ("UNPACK", 400), ("GET_ITER", 300),
    ("LOAD_FAST", 40), ("LOAD_CONST", 40), ("STORE_FAST", 40), ("POP_JUMP", 60), ("JUMP", 60),
)  # fmt: skip
OTHER = 40
# json.loads: 40,355 cycles for a small document of 4 values; json.dumps: 81,747.
LOADS_PER_VALUE, LOADS_PER_BYTE = 9000, 160
DUMPS_PER_VALUE, DUMPS_PER_BYTE = 18000, 160
MASK_PER_BYTE = 60  # 128 bytes at a time through integers


def price(name):
    """Cycles of one bytecode."""
    for start, cycles in PRICES:
        if name.startswith(start):
            return cycles
    return OTHER


def cycles_of(work, *arguments):
    """(result, cycles) of a call; only code of the firmware and of control counts."""
    spent = [0]
    prices = {}

    def trace(frame, event, _):
        if event == "call":
            if "/firmware/" not in frame.f_code.co_filename.replace("\\", "/") and (
                "/control/" not in frame.f_code.co_filename.replace("\\", "/")
            ):
                return None
            frame.f_trace_opcodes = True
            frame.f_trace_lines = False
        elif event == "opcode":
            op = frame.f_code.co_code[frame.f_lasti]
            if op not in prices:
                prices[op] = price(dis.opname[op])
            spent[0] += prices[op]
        return trace

    sys.settrace(trace)
    try:
        result = work(*arguments)
    finally:
        sys.settrace(None)
    return result, spent[0]


def longest_piece(pieces):
    """(cycles of the longest, of all, number) of the pieces of a generator."""
    longest = total = count = 0
    end = object()
    while True:
        result, cycles = cycles_of(next, pieces, end)
        longest, total, count = max(longest, cycles), total + cycles, count + 1
        if result is end:
            return longest, total, count


def values_in(text):
    """Values of a JSON text, by its commas and colons."""
    return 1 + text.count(",") + text.count("{") + text.count("[")


def loads_ms(text):
    """Milliseconds to decode a text."""
    return _ms(values_in(text) * LOADS_PER_VALUE + len(text) * LOADS_PER_BYTE)


def dumps_ms(text):
    """Milliseconds to make a text."""
    return _ms(values_in(text) * DUMPS_PER_VALUE + len(text) * DUMPS_PER_BYTE)


def _ms(cycles):
    return cycles / (MHZ * 1000)


def pieces():
    """[(what, counted, milliseconds)] of the work on a 24-period profile and a 12 kB frame."""
    from tests_host.cpython.ocpp_composite import station
    from tools.ocpp.corpus import profile

    found = []

    def add(what, counted, ms):
        found.append((what, counted, round(ms, 1)))

    payload = {"connectorId": 0, "csChargingProfiles": profile(periods=24)}
    request = json.dumps([2, "id", "SetChargingProfile", payload])
    large = json.dumps([2, "id", "DataTransfer", {"vendorId": "x", "data": "y" * 12000}])
    _, smart = station()
    add("read a frame of 12 kB from the socket", "512 B in one go", _ms(512 * 40 + 20000))
    add("decode a 24-period profile", f"{len(request)} B, {values_in(request)} values",
        loads_ms(request))  # fmt: skip
    add("decode a frame of 12 kB, one long text", f"{len(large)} B", loads_ms(large))
    heavy = 260
    add("decode the most values that are taken", f"{heavy} values in 12 kB",
        _ms(heavy * LOADS_PER_VALUE + 12000 * LOADS_PER_BYTE))  # fmt: skip
    cycles, total, count = longest_piece(smart.set_profile_pieces(payload))
    add("SetChargingProfile with 24 periods, longest piece", f"{cycles} cycles", _ms(cycles))
    add("the same, all pieces", f"{count} pieces", _ms(total))
    for number in range(15):
        made = json.loads(request)[3]
        made["csChargingProfiles"]["chargingProfileId"] = 100 + number
        made["csChargingProfiles"]["stackLevel"] = number % 8
        made["connectorId"] = number // 8
        smart.set_profile(made)
    now_s = smart.now_s()
    smart.profiles.clear(profile_id=-1)
    _, cycles = cycles_of(smart.profiles.evaluate, now_s, now_s)
    add("evaluate 16 profiles afresh", f"{cycles} cycles", _ms(cycles))
    question = {"connectorId": 1, "duration": 86400}
    cycles, total, count = longest_piece(smart.composite_pieces(question))
    add("GetCompositeSchedule of 24 periods, longest piece", f"{cycles} cycles", _ms(cycles))
    add("the same, all pieces", f"{count} pieces", _ms(total))
    answer = smart.composite(question)
    text = json.dumps([3, "id", answer])
    add("write its answer as JSON", f"{len(text)} B, {values_in(text)} values", dumps_ms(text))
    add("mask and frame an answer", f"{len(text)} B", _ms(len(text) * MASK_PER_BYTE))
    add("a write to the flash", "one file of 100 to 500 B", 44)
    add("collect garbage, 40 KB alive", "40 KB", 3.3)
    return found


def section(progress):
    """The part of the report."""
    progress("what blocks how long ...")
    rows = pieces()
    longest = max((row for row in rows if "all pieces" not in row[0]), key=lambda row: row[2])
    return {
        "title": "What blocks how long",
        "about": __doc__.split("\n\n", 1)[1],
        "columns": ["piece of work", "counted", "estimated ms on an RP2040 at 125 MHz"],
        "rows": [list(row) for row in rows],
        "faults": [],
        "summary": f"longest in one go: {longest[0]}, about {longest[2]:.0f} ms",
    }
