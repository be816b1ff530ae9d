# SPDX-License-Identifier: MIT
"""What can break: each fault shows at the input that the firmware watches, and goes again."""

from tests_host.bench.test_world import Bench
from tools.bench.sim import desk, machine
from tools.bench.sim.board import LOAD_L1, MAIN_FEEDBACK, PE_OK, PHASE_FEEDBACK, RCD_OK, RCD_TEST
from tools.bench.sim.controls import carry_out

SECOND = 1000000


def level(pin):
    return machine.Pin(pin, machine.Pin.IN).value()


def set_fault(world, name, on):
    assert carry_out(world, {"do": "fault", "name": name, "on": on})["ok"]


def test_protective_earth():
    world = desk.build()
    assert level(PE_OK) == 1
    set_fault(world, "pe", True)
    assert level(PE_OK) == 0
    set_fault(world, "pe", False)
    assert level(PE_OK) == 1


def test_monitor_that_is_deaf_to_its_test_still_sees_a_residual_current():
    world = desk.build()
    set_fault(world, "rcd_test", True)
    test = machine.Pin(RCD_TEST, machine.Pin.OUT, value=0)
    test.on()
    world.clock.advance(SECOND)
    assert level(RCD_OK) == 1
    set_fault(world, "rcd", True)
    world.clock.advance(2 * SECOND)
    assert level(RCD_OK) == 0


def test_mirror_contact_reads_open_while_the_load_side_is_live():
    bench = Bench()
    assert (level(MAIN_FEEDBACK), level(LOAD_L1)) == (1, 1)
    bench.do(do="fault", name="mirror", on=True)
    assert (level(MAIN_FEEDBACK), level(LOAD_L1)) == (0, 1)
    bench.do(do="fault", name="mirror", on=False)
    assert level(MAIN_FEEDBACK) == 1


def test_load_side_shows_a_weld_and_needs_the_mains():
    bench = Bench()
    bench.do(do="fault", name="weld", on=True)
    bench.main.off()
    bench.wait(1)
    assert level(LOAD_L1) == 1
    bench.do(do="grid", v_pu=0.1)
    bench.wait(0.1)
    assert level(LOAD_L1) == 0
    bench.do(do="grid", follow=True)
    bench.do(do="fault", name="weld", on=False)
    bench.wait(0.1)
    assert level(LOAD_L1) == 0


def test_welded_phase_contacts_stay_closed():
    bench = Bench()
    bench.stop()
    bench.do(do="fault", name="phase_weld", on=True)
    bench.phase.off()
    bench.wait(1)
    assert level(PHASE_FEEDBACK) == 1
    bench.do(do="fault", name="phase_weld", on=False)
    bench.wait(1)
    assert level(PHASE_FEEDBACK) == 0


def temperature(bus):
    """Sixteenths of a degree, as a driver reads them."""
    raw = bytearray(2)
    bus.readfrom_mem_into(0x48, 0, raw)
    value = raw[0] << 8 | raw[1]
    return (value - 65536 if value & 0x8000 else value) >> 4


def test_thermometer_in_sixteenths_of_a_degree_below_zero_too():
    world = desk.build()
    bus = machine.I2C(0, sda=machine.Pin(16), scl=machine.Pin(17), freq=100000)
    assert temperature(bus) == 25 * 16
    for celsius in (70, -10.5, 0, 84.0625):
        assert carry_out(world, {"do": "temperature", "c": celsius})["ok"]
        assert temperature(bus) == int(celsius * 16)
    assert bus.scan() == [0x48]


def test_thermometer_that_does_not_answer():
    world = desk.build()
    bus = machine.I2C(0, sda=machine.Pin(16), scl=machine.Pin(17))
    set_fault(world, "temperature_sensor", True)
    assert bus.scan() == []
    for address in (0x48, 0x49):
        try:
            bus.readfrom_mem(address, 0, 2)
            raise AssertionError("answered")
        except OSError as error:
            assert error.args[0] == 5
        set_fault(world, "temperature_sensor", False)


def test_temperatures_out_of_range_are_refused():
    world = desk.build()
    for celsius in (200, "hot", None):
        reply = carry_out(world, {"do": "temperature", "c": celsius})
        assert not reply["ok"]
        assert "temperature" in reply["error"] or '"c"' in reply["error"]
