# SPDX-License-Identifier: MIT
"""The duty that is read back: when it counts, and when it cannot be told."""

from drivers.duty_check import DutyCheck


class Pilot:
    mode = 1
    duty_ppm = 266667


class Sense:
    seen_ppm = 266667
    duty_tolerance_ppm = 5000

    def duty_ppm(self):
        return self.seen_ppm


def check():
    pilot, sense = Pilot(), Sense()
    return pilot, sense, DutyCheck(pilot, sense)


def looks(it, count):
    return [it.look() for _ in range(count)]


def test_the_right_duty_is_right_within_its_tolerance():
    _, sense, it = check()
    for sense.seen_ppm in (266667, 271667, 261667):
        assert looks(it, 9) == [1] * 9


def test_three_wrong_looks_in_a_row_count_and_one_right_one_forgives():
    _, sense, it = check()
    it.look()
    sense.seen_ppm = 271668
    assert looks(it, 4) == [1, 1, 0, 0]
    sense.seen_ppm = 266667
    assert it.look() == 1
    sense.seen_ppm = 261666
    assert looks(it, 3) == [1, 1, 0]


def test_a_stuck_output_is_seen_at_both_ends():
    for stuck_ppm in (0, 1000000):
        _, sense, it = check()
        sense.seen_ppm = stuck_ppm
        assert looks(it, 5) == [1, 1, 1, 0, 0]


def test_what_has_just_changed_or_is_static_is_not_compared():
    pilot, sense, it = check()
    sense.seen_ppm = 100000
    for pilot.duty_ppm in range(200000, 220000, 1000):
        assert it.look() == 1
    looks(it, 3)
    assert it.look() == 0
    for pilot.mode in (0, 2):
        assert looks(it, 5) == [1] * 5
    pilot.mode = 1
    assert looks(it, 4) == [1, 1, 1, 0]


def test_a_pin_that_is_not_wired_is_never_wrong():
    _, sense, it = check()
    sense.seen_ppm = -1
    assert looks(it, 9) == [1] * 9
