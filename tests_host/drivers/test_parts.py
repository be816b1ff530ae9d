# SPDX-License-Identifier: MIT
"""Coil, LED, button, buzzer and pilot switch on pins that only remember."""

from tests_host.drivers import fake_parts

fake_parts.install()

from control.limits import NAMES  # noqa: E402
from drivers import button, buzzer, status_led  # noqa: E402
from drivers.coil import Coil  # noqa: E402
from drivers.contactor import Contactors  # noqa: E402
from drivers.cp_switch import CpSwitch  # noqa: E402

RUNTIMES = ("mp",)  # CPython keeps its own modules


def test_coil_pulls_in_at_full_voltage_and_holds_with_less():
    coil = Coil(4, 400)
    assert fake_parts.pins[4] == 0
    coil.on()
    coil.tick(1000)
    coil.tick(1090)
    assert fake_parts.pins[4] == 65535
    coil.tick(1100)
    assert fake_parts.pins[4] == 26214
    coil.tick(9999)
    coil.off()
    assert fake_parts.pins[4] == 0
    coil.tick(20000)
    assert fake_parts.pins[4] == 0
    coil.on()
    coil.tick((1 << 30) - 10)
    coil.tick(50)
    assert fake_parts.pins[4] == 65535
    coil.tick(90)  # across the wrap
    assert fake_parts.pins[4] == 26214


def test_coil_that_is_opened_by_an_interrupt_stays_open():
    coil = Coil(4, 400)
    fake_parts.PWM.hook = coil.off
    coil.on()
    assert fake_parts.pins[4] == 0
    coil.on()
    coil.tick(0)
    fake_parts.PWM.hook = coil.off
    coil.tick(200)
    assert fake_parts.pins[4] == 0


def test_coil_refuses_a_hold_that_does_not_hold():
    for hold_pm in (0, 199, 1001):
        try:
            Coil(4, hold_pm)
        except ValueError as error:
            assert "expected 200 to 1000" in str(error)
        else:
            raise AssertionError(hold_pm)


def test_contactors_with_an_economiser():
    power = Contactors(Coil(4, 400), 5, 6, 7)
    for now_ms in range(0, 100, 10):
        power.drive(1, 0, now_ms)
        assert fake_parts.pins[4] == 65535
    power.drive(1, 0, 100)
    assert fake_parts.pins[4] == 26214 and power.main == 1
    power.drive(0, 0, 110)
    assert fake_parts.pins[4] == 0 and power.main == 0


def test_the_guard_that_opens_while_the_contactor_is_being_closed_has_the_last_word():
    power = Contactors(Coil(4, 400), 5, 6, 7)
    fake_parts.PWM.hook = power.open
    power.drive(1, 0, 0)
    assert fake_parts.pins[4] == 0 and power.main == 0

    class Slow(fake_parts.Pin):
        def on(self):
            power.open()  # the interrupt comes between the note and the pin
            super().on()

    power = Contactors(Slow(4, fake_parts.Pin.OUT, value=0), 5, 6, 7)
    power.drive(1, 0, 0)
    assert fake_parts.pins[4] == 0 and power.main == 0


def led_of(led, **what):
    fake_parts.writes.clear()
    values = {"state": 0, "offer_ma": 16000, "fault": 0, "reason": "board", "now_ms": 0}
    values.update(what)
    led.show(**values)
    return fake_parts.writes[-1][1] if fake_parts.writes else None


def test_led_shows_states_reasons_and_faults_and_writes_only_changes():
    led = status_led.StatusLed(22)
    assert led_of(led) == (0, 24, 0)
    assert led_of(led) is None
    assert led_of(led, state=1) == (0, 0, 40)
    assert led_of(led, state=2) == (0, 40, 40)
    assert led_of(led, state=2, now_ms=1500) == (0, 0, 0)
    assert led_of(led, state=1, offer_ma=0, reason="ocpp") == (32, 24, 0)
    assert led_of(led, state=0, offer_ma=0, reason="ocpp") == (0, 24, 0)
    assert led_of(led, state=2, fault=3, now_ms=100) == (48, 0, 0)
    assert led_of(led, state=2, fault=3, now_ms=300) == (0, 0, 0)
    assert led_of(led, state=5) == (48, 0, 0)


def test_led_tables_are_whole():
    assert len(status_led.LOOKS) == 5 * (6 + 1 + len(status_led.REASONS))
    for name in status_led.REASONS:
        assert name in NAMES or name in ("temperature", "supply", "grid"), name


def test_button_short_long_and_bounce():
    push = button.Button(15)
    told = []

    finger = Held(push, told)
    finger.set(1, 100)
    for _ in range(5):
        finger.set(0, 10)
        finger.set(1, 10)
    assert not push.held and set(told) == {button.NONE}
    finger.set(0, 200)
    assert push.held
    finger.set(1, 100)
    assert told.count(button.SHORT) == 1 and told.count(button.LONG) == 0
    finger.set(0, 6000)
    assert told.count(button.LONG) == 1
    finger.set(1, 100)
    assert told.count(button.SHORT) == 1 and not push.held


class Held:
    def __init__(self, push, told):
        self.push, self.told = push, told
        self.now_ms = (1 << 30) - 500

    def set(self, level, ms):
        fake_parts.pins[15] = level
        for _ in range(ms // 10):
            self.told.append(self.push.poll(self.now_ms))
            self.now_ms = (self.now_ms + 10) & 0x3FFFFFFF


def test_buzzer_ticks_and_falls_silent():
    sound = buzzer.Buzzer(14)
    assert fake_parts.pins[14] == 0
    sound.poll((1 << 30) - 10)
    for now_ms in ((1 << 30) - 10, 9990):  # also while the ticks wrap
        fake_parts.writes.clear()
        sound.tick()
        sound.poll(now_ms)
        assert fake_parts.pins[14] and fake_parts.writes == [("duty", 32768)]
        sound.poll((now_ms + 20) & 0x3FFFFFFF)
        sound.poll((now_ms + 40) & 0x3FFFFFFF)
        assert not fake_parts.pins[14] and fake_parts.writes == [("duty", 32768), ("duty", 0)]


def test_pilot_switch_is_closed_until_told_otherwise():
    switch = CpSwitch(3)
    assert fake_parts.pins[3] == 1
    switch.connect(0)
    assert fake_parts.pins[3] == 0 and switch.connected == 0
    switch.connect(1)
    assert fake_parts.pins[3] == 1
