# SPDX-License-Identifier: MIT
"""Stateful search (hypothesis): no order of events closes wrongly, moves L2/L3 or hangs.

One machine plays car, person, grid and faults against a charger with everything fitted; Watch
judges each step. A second test feeds readings that no world would give.
"""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from control import limits
from tests_host.control.rig import Rig
from tests_host.control.watch import Watch
from tests_host.cpython.test_phase_faults import FAULTS, Car, build, rest

LETTERS = "ABCDE"


class Charging(RuleBasedStateMachine):
    """The rig's world, one rule for each thing that can happen in it."""

    @initialize(phases=st.sampled_from([1, 3]), cp_switch=st.booleans())
    def start(self, phases, cp_switch):
        """Power up without a car."""
        self.rig = build(phases, cp_switch)
        self.rig.wait(3000, "A")
        self.watch = Watch(self.rig)
        self.car = Car(self.rig)
        self.car.plugged = False
        self.obedient = True
        self.done = []

    def go(self, steps, step_ms):
        """Let time pass."""
        rig = self.rig
        rig.step_ms = step_ms
        for _ in range(steps):
            if self.obedient:
                self.car.step()
            rig.step()
            self.watch.check()
        rig.step_ms = 10

    @rule(steps=st.integers(1, 60))
    def moment(self, steps):
        """Up to 0.6 s, step by step."""
        self.go(steps, 10)

    @rule(steps=st.integers(1, 300))
    def time(self, steps):
        """Up to half a minute."""
        self.go(steps, 100)

    @rule(on=st.booleans())
    def plug(self, on):
        """A car comes or goes."""
        self.car.plugged = on
        self.obedient = True
        self.go(1, 10)

    @rule(letter=st.sampled_from(LETTERS), steps=st.integers(1, 80))
    def show(self, letter, steps):
        """A car that does as it likes."""
        self.obedient = False
        self.rig.car = letter
        self.go(steps, 10)

    @rule(name=st.sampled_from(sorted(FAULTS)), on=st.booleans(), steps=st.integers(0, 60))
    def fault(self, name, on, steps):
        """Something breaks, or is whole again."""
        FAULTS[name](self.rig, self.car, on)
        self.watch.what = self.done = [*self.done[-5:], (name, on)]
        self.go(steps, 10)

    @rule(
        ma=st.sampled_from([0, 5999, 6000, 7300, 16000, 40000]), lasts_ms=st.sampled_from([0, 900])
    )
    def limit(self, ma, lasts_ms):
        """The central system changes its mind."""
        self.rig.charger.limits.offer(limits.OCPP, ma, self.rig.now_ms, lasts_ms)

    @rule(phases=st.sampled_from([1, 3]))
    def wish(self, phases):
        """Other phases."""
        self.rig.charger.request_phases(phases)

    @rule(on=st.booleans())
    def authorise(self, on):
        """A card."""
        self.rig.charger.authorise(on)

    @rule()
    def acknowledge(self):
        """A person says that it is repaired."""
        self.rig.charger.acknowledge()

    @rule()
    def power_cut(self):
        """The charger starts anew in a world that goes on."""
        wanted = self.rig.charger.phase_switch.wanted
        after = build(wanted, self.rig.charger.wake.can_open_cp, self.rig)
        after.charger.authorise(self.rig.charger.authorised)
        self.watch.rig = self.car.rig = self.rig = after
        self.watch.contactor = self.watch.coil = self.watch.relay = 0
        self.go(1, 10)

    @invariant()
    def steps_of_sequencers_end(self):
        """No step of a sequence has lasted longer than it may."""
        if hasattr(self, "rig"):
            switch = self.rig.charger.phase_switch
            most_ms = {1: 12200, 2: 700, 3: 700, 4: 700, 5: 60200, 6: 300, 7: 200, 8: 200}
            assert switch.state == 0 or switch._state_ms <= most_ms[switch.state], switch.state

    def teardown(self):
        """Whatever was wrong is repaired, the car leaves, the next one charges."""
        if hasattr(self, "rig"):
            self.rig.charger.phase_switch.request(self.rig.charger.phases)
            rest(self.rig, self.car, self.watch, True)


Charging.TestCase.settings = settings(
    max_examples=60,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestCharging = Charging.TestCase

READING = st.tuples(
    st.integers(-13000, 13000),
    st.sampled_from([-12000, -12000, -12000, -9900, 0, 6000]),
    st.booleans(),
    st.booleans(),
    st.sampled_from([1, 1, 1, 1, 0]),
    st.sampled_from([0, 0, 400, 3500, 16000, 90000]),
    st.sampled_from([0, 0, 0, 2999, 3000, 1 << 28]),
    st.integers(1, 70),
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.one_of(READING, st.just(None)), min_size=1, max_size=30))
def test_readings_that_no_world_would_give(pictures):
    rig = Rig(rcd_test=True)
    rig.wait(3000, "A")
    rig.charger.authorise(True)
    rig.run(1000, "B")
    charger, readings, command = rig.charger, rig.readings, rig.charger.command
    not_c_ms = 0
    for picture in pictures:
        steps = 120
        if picture:
            high_mv, low_mv, lies, phase_lies, rcd_ok, ma, age_ms, steps = picture
        for _ in range(steps):
            coil, closed = command.three_phase, command.contactor
            if picture:
                readings.cp_high_mv, readings.cp_low_mv = high_mv, low_mv
                readings.contactor_closed = closed ^ lies
                readings.phase_closed = coil ^ phase_lies
                readings.rcd_ok, readings.l1_ma, readings.meter_age_ms = rcd_ok, ma, age_ms
            else:  # a car in C, so that there is something to close upon
                readings.cp_high_mv = 6000
                readings.cp_low_mv = -12000 if command.pilot_mode == 1 else 6000
                readings.contactor_closed, readings.phase_closed = closed, coil
                readings.rcd_ok = 0 if command.rcd_test else 1
                readings.l1_ma = readings.meter_age_ms = 0
            charger.step(rig.now_ms, readings)
            rig.now_ms = (rig.now_ms + 10) & 0x3FFFFFFF
            not_c_ms = 0 if 4250 <= readings.cp_high_mv <= 7750 else not_c_ms + 10
            if command.contactor:
                assert not_c_ms <= 70 and charger.fault == 0
                assert readings.rcd_ok
                assert closed or readings.cp_low_mv < -10000
            if command.three_phase != coil:
                assert not command.contactor and not closed and not readings.contactor_closed
            assert charger.offer_ma <= charger.limits.limit_ma
