# SPDX-License-Identifier: MIT
"""The thermistor's table against its formula, and what a broken wire does."""

from math import exp

from drivers.thermistor import Thermistor


class Adc:
    def __init__(self, ohm=0):
        self.ohm = ohm

    def read_u16(self):
        return int(65535 * self.ohm / (10000 + self.ohm)) if self.ohm >= 0 else 65535


def ohm_at(celsius):
    return 10000 * exp(3950 * (1 / (273.15 + celsius) - 1 / 298.15))


def test_within_a_degree_of_the_formula_and_never_colder():
    adc = Adc()
    warm = Thermistor(adc)
    for tenth in range(5, 1195, 7):
        adc.ohm = ohm_at(tenth / 10)
        warm.poll(1000)
        assert -3 <= warm.dc - tenth <= 12, (tenth, warm.dc)


def test_a_broken_wire_and_a_short_only_age_the_reading():
    adc = Adc(10000)
    warm = Thermistor(adc)
    assert warm.age_ms(0) == 1 << 28
    warm.poll((1 << 30) - 100)
    assert abs(warm.dc - 250) <= 12
    before = warm.dc
    for ohm in (-1, 0, 50, 100000):
        adc.ohm = ohm
        warm.poll(100)
    assert warm.dc == before and warm.age_ms(100) == 200
