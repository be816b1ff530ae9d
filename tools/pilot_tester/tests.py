# SPDX-License-Identifier: MIT
"""The tests of a charger's pilot, as functions of a rig. Each returns what it measured, as text.

A test raises Failed with what was expected. It begins with nothing plugged in. `needs` names what
a rig must be able to do (`can`). Sequence numbers are those of IEC 61851-1 Table A.6.
"""

B_TO_A_S = 8  # long enough for every re-close guard and for a latched fault to be let go
PWM_S = 15  # from plugging in to PWM
CLOSE_S = 3  # sequence 4
OPEN_MS = 100  # sequences 2.2 and 8
FAULT_S = 3  # sequence 12
TESTS = []


class Failed(Exception):
    """The charger did something else; the text says what was expected."""


def test(name, title, *needs):
    """Put a function on the list."""

    def keep(function):
        TESTS.append((name, title, needs, function))
        return function

    return keep


def need(good, text):
    """Raise Failed unless `good`."""
    if not good:
        raise Failed(text)


def within(value, low, high, what):
    """Raise Failed unless low <= value <= high."""
    need(low <= value <= high, "%s %g: expected %g to %g" % (what, value, low, high))


def act(state):
    """A car command as a part of a wait."""
    return {"do": "car", "state": state}


def offered(rig, state="B"):
    """Plug in and wait for PWM."""
    ms = rig.wait("mode", "pwm", PWM_S, act(state))
    need(ms is not None, "no PWM within %d s of plugging in" % PWM_S)
    return ms


def charging(rig):
    """Plug in, ask for energy, wait until there is voltage; ms from C to voltage."""
    offered(rig)
    rig.sleep(1)
    ms = rig.wait("live", 1, CLOSE_S, act("C"))
    need(ms is not None, "no voltage within %d s of state C" % CLOSE_S)
    rig.sleep(2)
    need(rig.measure()["live"], "the contactor did not stay closed")
    return ms


def opens(rig, command, limit_ms, what):
    """The contactor opens within limit_ms of a command and stays open; ms."""
    ms = rig.wait("live", 0, limit_ms / 1000 + 5, command)
    need(ms is not None, "still live %g s after %s" % (limit_ms / 1000 + 5, what))
    need(ms <= limit_ms, "%s: open after %.0f ms, expected %d" % (what, ms, limit_ms))
    return ms


def stays_open(rig, seconds, what):
    """No voltage for a while."""
    ms = rig.wait("live", 1, seconds)
    need(ms is None, "%s: live after %s ms" % (what, ms))


@test("T01", "no car: +12 V and no PWM")
def no_car(rig):
    seen = rig.measure()
    need(seen["mode"] == "x1", "pilot is %s, expected static +12 V" % seen["mode"])
    within(seen["high_mv"], 11400, 12600, "high level, mV:")
    return "%.2f V" % (seen["high_mv"] / 1000)


@test("T02", "frequency, duty and levels in B and C")
def levels(rig):
    offered(rig)
    rig.sleep(1)
    words = []
    for state, low_mv, high_mv in (("B", 8370, 9590), ("C", 5470, 6530)):
        rig.car(state)
        rig.sleep(1)
        seen = rig.measure()
        within(seen["hz"], 995, 1005, "frequency in %s:" % state)
        within(seen["duty_ppm"], 95000, 965000, "duty in %s, ppm:" % state)
        within(seen["high_mv"], low_mv, high_mv, "high level in %s, mV:" % state)
        within(seen["low_mv"], -12600, -11400, "low level in %s, mV:" % state)
        words.append("%s %.2f V" % (state, seen["high_mv"] / 1000))
    return "%s, %.1f Hz, %.2f %%" % (", ".join(words), seen["hz"], seen["duty_ppm"] / 10000)


@test("T10", "sequence 1.1 and 3.1: plugged in, then PWM")
def plug_in(rig):
    return "PWM after %.0f ms" % offered(rig)


@test("T11", "sequence 1.2: a car without S2 (A to C)")
def simplified(rig):
    ms = rig.wait("live", 1, PWM_S + CLOSE_S, act("C"))
    need(ms is not None, "no voltage within %d s" % (PWM_S + CLOSE_S))
    seen = rig.measure()
    need(seen["mode"] == "pwm", "voltage without PWM")
    within(seen["duty_ppm"], 95000, 172000, "duty, ppm (10 A at most):")
    return "live after %.0f ms at %.2f %%" % (ms, seen["duty_ppm"] / 10000)


@test("T20", "sequence 4: the contactor closes within 3 s")
def closes(rig):
    return "%.0f ms" % charging(rig)


@test("T21", "sequence 11: short C pulses do not close")
def pulses(rig):
    offered(rig)
    for ms in (100, 250, 400):
        rig.sleep(1)
        rig.pulse("C", ms, "B")
        stays_open(rig, 2, "a pulse of %d ms" % ms)
    return "100, 250, 400 ms"


@test("T30", "sequence 8.1: C to B opens within 100 ms")
def c_to_b(rig, times=10):
    charging(rig)
    worst = 0
    for i in range(times):
        rig.sleep(6 + i * 0.0137)  # not in step with anything
        worst = max(worst, opens(rig, act("B"), OPEN_MS, "C to B"))
        rig.sleep(6)
        need(rig.wait("live", 1, 10, act("C")) is not None, "did not close again")
    return "%d times, worst %.0f ms" % (times, worst)


@test("T32", "sequence 2.2: unplugged from C, open within 100 ms, then no PWM")
def c_to_a(rig):
    charging(rig)
    ms = opens(rig, act("A"), OPEN_MS, "C to A")
    need(rig.wait("mode", "x1", 3) is not None, "PWM goes on 3 s after unplugging")
    return "%.0f ms" % ms


@test("T33", "a dip to B of 20 ms does not open")
def dip(rig):
    charging(rig)
    for _ in range(3):
        rig.pulse("B", 20, "C")
        rig.sleep(1)
        need(rig.measure()["live"], "opened")
    return "3 times"


@test("T50a", "short in B: never closes")
def short_in_b(rig):
    offered(rig)
    for kind in ("short_hard", "short_diode"):
        rig.switch(kind, True)
        rig.car("C")
        stays_open(rig, 5, kind)
        rig.car("B")
        rig.switch(kind, False)
        rig.sleep(2)
    return "hard and through the diode"


@test("T50b", "sequence 12: short in C opens")
def short_in_c(rig):
    words = []
    for kind in ("short_hard", "short_diode"):
        charging(rig)
        rig.sleep(5)
        command = {"do": "switch", "name": kind, "on": True}
        words.append("%s %.0f ms" % (kind, opens(rig, command, FAULT_S * 1000, kind)))
        stays_open(rig, 3, kind)
        fresh(rig)
    return ", ".join(words)


@test("T50c", "A.4.9: 80 ohm to earth after 5 s in C opens")
def eighty_ohm(rig):
    charging(rig)
    rig.sleep(5)
    return "%.0f ms" % opens(rig, act("E"), FAULT_S * 1000, "80 ohm")


@test("T51a", "bridged diode in B: never closes")
def diode_in_b(rig):
    rig.switch("diode", True)
    offered(rig)
    rig.car("C")
    stays_open(rig, 6, "bridged diode")
    return "stays open"


@test("T51b", "diode bridged in C: opens")
def diode_in_c(rig):
    charging(rig)
    command = {"do": "switch", "name": "diode", "on": True}
    return "%.0f ms" % opens(rig, command, FAULT_S * 1000, "bridged diode")


@test("T54", "state D without ventilation: never closes")
def ventilation(rig):
    offered(rig)
    rig.car("D")
    stays_open(rig, 6, "state D")
    return "stays open"


@test("T55", "resistors at the ends of their tolerance", "ohm")
def tolerance(rig):
    for b_ohm, c_ohm in ((2658, 856), (2822, 908)):
        rig.car("B", b_ohm)
        need(rig.wait("mode", "pwm", PWM_S) is not None, "no PWM at %d ohm" % b_ohm)
        rig.sleep(1)
        command = {"do": "car", "state": "C", "ohm": c_ohm}
        need(rig.wait("live", 1, CLOSE_S, command) is not None, "not live at %d ohm" % c_ohm)
        rig.sleep(2)
        opens(rig, {"do": "car", "state": "B", "ohm": b_ohm}, OPEN_MS, "%d ohm" % b_ohm)
        fresh(rig)
    return "2658/856 and 2822/908 ohm"


@test("T53", "a slow sweep of the resistance closes once and opens once", "ohm")
def sweep(rig):
    rig.car("B", 2740)
    need(rig.wait("mode", "pwm", PWM_S) is not None, "no PWM")
    changes, live = 0, 0
    down = [2740 * 0.985**i for i in range(81)]
    for ohm in down + down[::-1]:
        rig.car("C", round(ohm))
        rig.sleep(0.1)
        now = rig.measure()["live"]
        changes += now != live
        live = now
    need(changes == 2 and not live, "%d changes: expected 2" % changes)
    return "2740 to %d ohm and back" % down[-1]


@test("T60", "protective earth lost in C: opens", "earth")
def earth(rig):
    charging(rig)
    command = {"do": "switch", "name": "earth", "on": True}
    ms = opens(rig, command, FAULT_S * 1000, "lost earth")
    stays_open(rig, 3, "lost earth")
    return "%.0f ms" % ms


@test("T61", "residual current in C: opens, and stays open until unplugged", "leak")
def leak(rig):
    charging(rig)
    ms = opens(rig, {"do": "switch", "name": "leak", "on": True}, 300, "residual current")
    rig.switch("leak", False)
    stays_open(rig, 20, "after residual current")
    return "%.0f ms" % ms


@test("T68", "supply lost and back in C: open, and closes only after a new offer", "power")
def power(rig):
    charging(rig)
    ms = opens(rig, {"do": "power", "on": False}, OPEN_MS, "lost supply")
    rig.sleep(3)
    rig.ask({"do": "power", "on": True})
    rig.wait("live", 1, 30)
    seen = rig.measure()
    need(not seen["live"] or seen["mode"] == "pwm", "live without PWM")
    return "%.0f ms" % ms


def fresh(rig):
    """Everything repaired, nothing plugged in, long enough that the charger has forgotten."""
    for name in ("diode", "short_hard", "short_diode"):
        rig.switch(name, False)
    for name in ("leak", "earth"):
        if name in rig.can:
            rig.switch(name, False)
    rig.car("A")
    rig.sleep(B_TO_A_S)
