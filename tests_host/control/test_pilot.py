# SPDX-License-Identifier: MIT
"""Duty cycle arithmetic against IEC 61851-1 Tables A.7 and A.8, proximity bands."""

from control import pilot


def duty_to_ma(duty):
    """What a car may draw at `duty` ppm, in mA (Table A.8, the car's side)."""
    if not 80000 <= duty <= 970000:
        return 0
    if duty <= 850000:
        return max(duty * 6 // 100, 6000)
    return min((duty - 640000) // 4, 80000)


def test_table_of_the_standard():
    for amperes, percent_100 in (
        (6, 1000),
        (7, 1166),
        (8, 1333),
        (10, 1666),
        (13, 2166),
        (16, 2666),
        (20, 3333),
        (25, 4166),
        (32, 5333),
        (40, 6666),
        (48, 8000),
        (51, 8500),
        (55, 8600),
        (63, 8920),
        (80, 9600),
    ):
        assert pilot.duty_ppm(amperes * 1000) // 100 == percent_100, amperes


def test_every_tenth_of_an_ampere_comes_back():
    for tenth in range(60, 801):
        ma = tenth * 100
        back = duty_to_ma(pilot.duty_ppm(ma))
        if 51000 < ma <= 52500:
            assert back == 51000, ma  # the gap between the two lines
        else:
            assert ma - 1 <= back <= ma, (ma, back)


def test_never_above_the_request_and_never_below_ten_percent():
    for ma in range(6000, 80001, 7):
        duty = pilot.duty_ppm(ma)
        assert 100000 <= duty <= 960000
        if ma <= 52500:
            assert duty * 3 <= ma * 50  # duty / 1e6 * 100 * 0.6 A <= request
        else:
            assert duty - 640000 <= ma * 4


def test_too_little_cannot_be_said():
    assert pilot.duty_ppm(5999) == 0
    assert pilot.duty_ppm(0) == 0
    assert pilot.duty_ppm(6000) == 100000
    assert pilot.duty_ppm(1000000) == 960000


def test_what_a_car_reads_at_the_edges():
    for duty, ma in (
        (50000, 0),
        (79999, 0),
        (80000, 6000),
        (99999, 6000),
        (850000, 51000),
        (850400, 52600),
        (960000, 80000),
        (970000, 80000),
        (970001, 0),
    ):
        assert duty_to_ma(duty) == ma, duty


def test_cable_bands():
    for ohm, ma in (
        (1 << 20, 0),
        (2201, 0),
        (2200, 13000),
        (1500, 13000),
        (1001, 13000),
        (1000, 20000),
        (680, 20000),
        (331, 20000),
        (330, 32000),
        (220, 32000),
        (151, 32000),
        (150, 63000),
        (100, 63000),
        (75, 63000),
        (74, 0),
        (0, 0),
    ):
        assert pilot.cable_ma(ohm) == ma, ohm
