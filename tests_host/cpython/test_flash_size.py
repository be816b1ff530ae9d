# SPDX-License-Identifier: MIT
"""The budget report measures what a charger loads, not what the repository holds."""

from tools import size_budget
from tools.flash import boards, build


def test_the_report_names_every_configuration_and_counts_what_is_over(tmp_path):
    told = []
    over = size_budget.report(tmp_path, told.append)
    text = "\n".join(told)
    for name, *_ in size_budget.CONFIGURATIONS:
        assert name in text
    assert over == text.count("over by")


def test_a_charger_alone_loads_no_ocpp(tmp_path):
    chip = boards.chip("pico_w")
    folder = tmp_path / "mpy"
    build.application(chip, folder)
    alone, heap = size_budget.loaded(folder, {})
    assert "control.charger" in alone
    assert not any(name.startswith("firmware.ocpp") for name in alone)
    assert not any(name in ("firmware.network", "firmware.ntp", "firmware.wifi") for name in alone)
    more, more_heap = size_budget.loaded(folder, size_budget.OCPP)
    assert "firmware.ocpp.station" in more
    assert more_heap > heap


def test_small_is_smaller(tmp_path):
    chip = boards.chip("pico_w")
    usual = build.application(chip, tmp_path / "a")
    small = build.application(chip, tmp_path / "b", small=True)
    assert usual.keys() == small.keys()
    assert sum(map(len, small.values())) < 0.96 * sum(map(len, usual.values()))


def test_verdicts():
    assert size_budget.verdict(123, 120) == "123 KB of 120: over by 3"
    assert size_budget.verdict(120, 120) == "120 KB of 120: within"
    assert size_budget.verdict(7, None) == "7 KB"
