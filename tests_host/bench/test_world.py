# SPDX-License-Identifier: MIT
"""The world as a whole: what counts as harm, the supply of the board, the residual current."""

from tools.bench.sim import desk, machine
from tools.bench.sim.board import CP_CONNECT, MAIN_COIL, PHASE_COIL, PILOT, RCD_OK, RCD_TEST
from tools.bench.sim.controls import carry_out
from tools.bench.sim.harm import cable_rating_ma
from tools.bench.sim.vehicle import check_vehicle

SECOND = 1000000


class Bench:
    """A charger made of bare pins, with a car that charges at 16 A."""

    def __init__(self, duty_ppm=266667, **fields):
        self.world = desk.build()
        self.clock = self.world.clock
        self.main = machine.Pin(MAIN_COIL, machine.Pin.OUT, value=0)
        self.phase = machine.Pin(PHASE_COIL, machine.Pin.OUT, value=1)
        self.pwm = machine.PWM(machine.Pin(PILOT), freq=1000, duty_u16=65535)
        self.wait(1)
        self.world.plug(check_vehicle(fields))
        self.pwm.duty_ns(duty_ppm)
        self.wait(3)
        assert self.world.car.s2
        self.main.on()
        self.wait(30)
        assert self.world.car.i_ma[0] > 5000

    def wait(self, seconds):
        """Let the world go on."""
        self.clock.advance(self.clock.now_us + int(seconds * SECOND))

    def stop(self):
        """x1, the car stops, the contactor opens."""
        self.pwm.duty_u16(65535)
        self.wait(3)
        self.main.off()
        self.wait(0.1)

    def start(self):
        """PWM, and the contactor closes on C."""
        self.pwm.duty_ns(266667)
        self.wait(3)
        self.main.on()
        self.wait(20)

    def harm(self):
        """What would have hurt something so far."""
        return [text for _, text in self.world.recorder.of("harm")]

    def do(self, **command):
        """Carry out a control that is known to be right."""
        reply = carry_out(self.world, command)
        assert reply["ok"], reply


def test_opening_under_load_is_harm():
    bench = Bench()
    bench.main.off()
    bench.wait(1)
    assert bench.harm() == ["contactor opened under load"]
    assert bench.world.car.i_ma == [0, 0, 0]


def test_opening_after_the_car_has_stopped_is_none():
    bench = Bench()
    bench.pwm.duty_u16(65535)
    bench.wait(2)
    bench.main.off()
    bench.wait(1)
    assert bench.harm() == []


def test_a_car_that_ignores_x1_has_had_its_time_after_three_seconds():
    for seconds, harm in ((1, ["contactor opened under load"]), (3.5, [])):
        bench = Bench(stop_ms=-1)
        bench.pwm.duty_u16(65535)
        bench.wait(seconds)
        bench.main.off()
        bench.wait(1)
        assert bench.harm() == harm


def test_opening_for_a_fault_is_none():
    bench = Bench()
    bench.do(do="fault", name="rcd", on=True)
    bench.wait(0.05)
    bench.main.off()
    bench.wait(1)
    assert bench.harm() == []


def test_moving_phases_while_closed_is_harm_and_with_the_main_contact_open_none():
    bench = Bench()
    bench.phase.off()
    bench.wait(1)
    assert bench.harm() == ["L2/L3 moved while main contactor closed"]
    bench = Bench()
    bench.pwm.duty_u16(65535)
    bench.wait(3)
    bench.main.off()
    bench.wait(0.1)
    bench.phase.off()
    bench.wait(1)
    assert bench.harm() == []


def one_phase_then_three(wait_s, **fields):
    """A car charges on one phase; after a break of the pilot L2 and L3 come back."""
    bench = Bench(rejoin_s=30, **fields)
    bench.stop()
    bench.phase.off()
    bench.wait(0.5)
    bench.start()
    assert bench.world.car.i_ma[1] == 0
    bench.stop()
    bench.world.output(CP_CONNECT, 0)
    bench.wait(0.5)
    bench.phase.on()
    bench.wait(wait_s)
    bench.world.output(CP_CONNECT, 1)
    bench.start()
    return bench


def test_phases_that_return_too_early_are_harm_and_after_the_cars_time_none():
    bridge = "phase to phase through the car's bridge"
    assert one_phase_then_three(20, bridges=True).harm() == [bridge]
    assert one_phase_then_three(31, bridges=True).harm() == []
    assert one_phase_then_three(20).harm() == ["L2/L3 energised too early for the car"]
    assert one_phase_then_three(31).harm() == []


def test_two_contactors_move_together_or_do_harm():
    late = "L2/L3 closed on a car that is live on L1"
    for pause_s, harm in ((0, []), (0.05, []), (0.5, [late])):
        bench = Bench()
        bench.stop()
        bench.phase.off()
        bench.wait(1)
        bench.world.harm.two_by_two = True
        bench.pwm.duty_ns(266667)
        bench.wait(3)
        bench.main.on()
        bench.wait(pause_s)
        bench.phase.on()
        bench.wait(1)
        assert bench.harm() == harm
    bench = Bench()
    bench.world.harm.two_by_two = True
    bench.phase.off()
    bench.wait(0.2)
    assert bench.harm() == ["contactor of L2/L3 opened under load"]
    bench = Bench()
    bench.world.harm.two_by_two = True
    bench.stop()
    bench.wait(0.2)
    assert bench.harm() == ["L2/L3 live without L1 and N"]


def test_more_current_than_the_cable_may_carry():
    bench = Bench(cable_ohm=1500)  # 13 A, drawing 16 A
    bench.wait(5)
    assert bench.harm() == ["more current than the cable may carry"]
    bench = Bench(cable_ohm=680)  # 20 A
    bench.wait(20)
    assert bench.harm() == []


def test_cable_ratings():
    for ohm, ma in ((1500, 13000), (680, 20000), (220, 32000), (100, 63000), (0, 0), (50, 0)):
        assert cable_rating_ma(ohm) == ma


def test_a_power_cut_hurts_nothing_and_the_supply_comes_back():
    bench = Bench()
    bench.do(do="power", on=False)
    assert bench.clock.halt is not None
    bench.clock.halt = None
    bench.wait(1)
    assert not bench.world.main.closed
    assert not bench.world.phase.closed
    assert bench.harm() == []
    assert not bench.world.supply.on
    bench.do(do="power", on=True)
    assert bench.world.supply.on
    assert [value for _, value in bench.world.recorder.of("power")] == [0, 1]


def test_supply_follows_the_mains_with_hold_up_and_start_time():
    world = desk.build()
    world.mains.override(v_pm=300)
    world.clock.advance(150000)
    assert world.supply.on
    world.clock.advance(1000000)
    assert not world.supply.on
    off_us = world.recorder.of("power")[0][0]
    assert 180000 <= off_us <= 250000
    world.clock.halt = None
    world.mains.override(v_pm=900)
    world.clock.advance(off_us + 900000)
    assert not world.supply.on
    world.clock.advance(off_us + 1100000)  # returns early: somebody has to boot now
    assert world.supply.on


def test_a_board_on_backup_does_not_notice():
    world = desk.build(supply="backup")
    world.mains.override(v_pm=0)
    world.clock.advance(5000000)
    assert world.supply.on


def test_residual_current_and_self_test():
    world = desk.build()
    healthy = machine.Pin(RCD_OK, machine.Pin.IN)
    assert healthy.value() == 1
    test = machine.Pin(RCD_TEST, machine.Pin.OUT, value=0)
    test.on()
    world.clock.advance(100000)
    assert healthy.value() == 0
    test.off()
    world.clock.advance(400000)
    assert healthy.value() == 1
    assert world.recorder.of("rcd") == []
    assert carry_out(world, {"do": "fault", "name": "rcd", "on": True})["ok"]
    world.clock.advance(500000)
    assert healthy.value() == 0
    assert world.recorder.of("rcd") == [(420000, 1)]


def test_every_trace_row_carries_a_round_time():
    world = desk.build()
    world.clock.advance(1000000)
    assert [row[0] for row in world.recorder.rows] == list(range(0, 1000, 100))


def test_commands_that_cannot_be_carried_out_say_what_was_expected():
    world = desk.build()
    for command, words in (
        ({"do": "dance"}, "unknown command 'dance': expected one of"),
        ({"do": "fault", "name": "gremlin", "on": True}, "unknown fault 'gremlin'"),
        ({"do": "fault", "name": "rcd"}, '"on": expected true or false'),
        ({"do": "grid"}, "mhz"),
        ({"do": "grid", "mhz": 1000}, "40000 to 70000"),
        ({"do": "tap"}, "id_tag"),
        ({"do": "plug", "vehicle": {"wheels": 4}}, "vehicle.wheels"),
        ({"what": 1}, '"do"'),
        (None, '"do"'),
    ):
        reply = carry_out(world, command)
        assert not reply["ok"]
        assert words in reply["error"], reply


def test_state_tells_everything():
    bench = Bench()
    state = carry_out(bench.world, {"do": "state"})
    assert state["ok"]
    assert state["i_ma"] == [16000, 16000, 16000]
    assert state["plugged"]
    assert state["contactor"]
    assert state["duty_ppm"] == 266667
    assert not state["running"]


def test_same_seed_same_noise_other_seed_other_noise():
    def readings(seed):
        world = desk.build(seed=seed, jitter_us=5)
        adc = machine.ADC(machine.Pin(26))
        values = []
        for k in range(50):
            world.clock.advance(k * 10000)
            values.append(adc.read_u16())
        return values, world.mains.next_edge_us()

    assert readings(1) == readings(1)
    assert readings(1) != readings(2)
