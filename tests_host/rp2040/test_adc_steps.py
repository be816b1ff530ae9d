# SPDX-License-Identifier: MIT
"""The converter's wide codes, against a model of a converter that has them."""

from drivers.rp2.adc_steps import straight

WIDTHS = [9 if code in (512, 1536, 2560, 3584) else 1 for code in range(4096)]
TOTAL = sum(WIDTHS)


def test_every_code_gets_the_middle_of_its_bin():
    edge = 0
    for code, width in enumerate(WIDTHS):
        middle = (edge + width / 2) / TOTAL * 4096
        assert abs(straight(code) + 0.5 - middle) <= 1, code
        edge += width


def test_it_is_better_than_nothing_by_far():
    edge, worst_raw, worst = 0, 0, 0
    for code, width in enumerate(WIDTHS):
        middle = (edge + width / 2) / TOTAL * 4096 - 0.5
        worst_raw = max(worst_raw, abs(code - middle))
        worst = max(worst, abs(straight(code) - middle))
        edge += width
    assert worst_raw > 3.9 and worst < 0.6


def test_codes_stay_in_order():
    codes = [straight(code) for code in range(4096)]
    assert codes == sorted(codes) and codes[0] == 0 and codes[-1] == 4095
