# SPDX-License-Identifier: MIT
"""The budget report measures what a charger loads, not what the repository holds; and nothing
grows unnoticed.
"""

import pytest

from tools import size_budget
from tools.flash import boards, build, packs

# KB, as reached and some 3 % more. Who needs more raises them here, in the commit that needs it.
REACHED = {
    "flash": 150,
    ("charger alone", "stock"): 71,
    ("charger alone", "ROMFS"): 38,
    ("with OCPP", "stock"): 106,
    ("with OCPP", "ROMFS"): 55,
    ("with OCPP, every part in use", "stock"): 204,
    ("with OCPP, every part in use", "ROMFS"): 101,
    ("with OCPP, Wi-Fi and TLS", "stock"): 140,
    ("with OCPP, Wi-Fi and TLS", "ROMFS"): 87,
}


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """{(configuration, way): (KB, Measured)}"""
    folder = tmp_path_factory.mktemp("size")
    return {(it[0], way): (kb, found) for it, way, kb, found in size_budget.heaps(folder)}


def test_the_heap_does_not_grow(measured):
    found = {key: kb for key, (kb, _) in measured.items() if key in REACHED}
    assert set(found) == set(REACHED) - {"flash"}
    over = ["%s: %d KB, was %d" % (key, kb, REACHED[key]) for key, kb in found.items()
            if kb > REACHED[key]]  # fmt: skip
    assert over == []


def test_the_flash_does_not_grow(tmp_path):
    packed_kb, mpy_kb = size_budget.flash_kb(build.application("pico_w", tmp_path))
    assert packed_kb < mpy_kb and packed_kb <= REACHED["flash"]


def test_each_way_loads_the_same_and_less_of_it_onto_the_heap(measured):
    for name in ("charger alone", "with OCPP"):
        stock, rom = measured[name, "stock"], measured[name, "ROMFS"]
        assert sorted(stock[1].modules) == sorted(rom[1].modules)
        assert rom[0] < 0.7 * stock[0]


def test_a_charger_loads_only_what_it_was_told_to_do(measured):
    alone = measured["charger alone", "stock"][1].modules
    ocpp = measured["with OCPP", "stock"][1].modules
    full = measured["with OCPP, every part in use", "stock"][1].modules
    assert "control.charger" in alone
    for name in ("firmware.ocpp", "firmware.grid", "control.grid", "firmware.network"):
        assert not [module for module in alone if module.startswith(name)]
    for name in ("firmware.grid", "control.grid", "firmware.network", "control.profiles"):
        assert not [module for module in ocpp if module.startswith(name)]
    for name in ("firmware.settings", "firmware.build", "firmware.parts", "drivers.meter_tables"):
        assert name not in alone and name not in ocpp
    for name in (
        "smart",
        "core",
        "transfer",
        "certificates",
        "uploads",
        "firmware_update",
        "keys",
    ):
        assert "firmware.ocpp." + name not in ocpp and (
            "firmware.ocpp." + name in full or name == "keys"
        )
    assert "firmware.ocpp.station" in ocpp


def test_the_report_names_every_configuration_and_counts_what_is_over(tmp_path):
    told = []
    over = size_budget.report(tmp_path, told.append)
    text = "\n".join(told)
    for name, *_ in size_budget.CONFIGURATIONS:
        assert name in text
    assert over == text.count("over by")


def test_line_numbers_take_room(tmp_path):
    usual = build.application("pico_w", tmp_path / "a")
    lines = build.application("pico_w", tmp_path / "b", lines=True)
    assert "control/limits.mpy" in lines and "control/limits.mpy" not in usual
    assert sum(map(len, usual.values())) < 0.96 * sum(map(len, lines.values()))


def test_a_board_gets_no_files_of_parts_that_it_cannot_have():
    for board in boards.names():
        data = __import__("firmware.boards." + board, fromlist=["x"])
        left_out = boards.left_out(board)
        assert ("firmware/ethernet.py" in left_out) == (not hasattr(data, "ETHERNET"))
        assert ("drivers/thermistor.py" in left_out) == (not hasattr(data, "THERMISTOR"))
        assert ("drivers/mfrc522.py" in left_out) == (not hasattr(data, "READER_SPI"))
        assert "firmware/boards/%s.py" % board not in left_out
    assert "firmware/boards/esp32.py" in boards.left_out("pico_w")
    assert "drivers/rp2/" in boards.left_out("esp32")


def test_the_table_of_names_grows_in_pools():
    assert [size_budget.pool_room(n) for n in (1, 20, 21, 1260, 1261)] == [20, 20, 60, 1260, 2540]


def test_packs_are_smaller_than_what_is_in_them():
    data = b"the same again and again " * 40
    assert len(packs.pack([("a.mpy", data)])) < len(data) // 4


def test_verdicts():
    assert size_budget.verdict(123, 120) == "123 KB of 120: over by 3"
    assert size_budget.verdict(120, 120) == "120 KB of 120: within"
    assert size_budget.verdict(7, None) == "7 KB"
