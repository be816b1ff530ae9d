# SPDX-License-Identifier: MIT
"""Properties of the control layer under random input (hypothesis): what may never happen."""

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from control import limits, pilot, plateau
from control.grid.droop import droop
from control.grid.stack import Grid
from control.limits import Limits
from control.offer import Offer
from control.readings import PILOT_PWM
from tests_host.control.rig import Rig
from tools.bench.sim.vehicle import duty_to_ma


@given(st.integers(0, 200000))
def test_duty_never_says_more_than_was_asked(ma):
    duty = pilot.duty_ppm(ma)
    assert duty == 0 or 100000 <= duty <= 960000
    assert duty_to_ma(duty) <= ma
    if ma >= 6000:
        assert ma - duty_to_ma(duty) <= 1500 or ma > 80000


@given(st.integers(0, 80000), st.integers(0, 80000))
def test_duty_is_monotone(one, other):
    if one <= other:
        assert pilot.duty_ppm(one) <= pilot.duty_ppm(other)


@given(st.integers(-13000, 13000), st.integers(0, 5))
def test_letter_depends_on_the_past_only_near_an_edge(mv, previous):
    state = plateau.letter(mv, previous)
    assert plateau.letter(mv, state) == state
    if min(abs(mv - edge) for edge in (10500, 7500, 4500, 1500)) > 250:
        assert state == plateau.letter(mv, plateau.C)


@given(
    st.lists(
        st.tuples(
            st.integers(1, limits.SOURCES - 1),
            st.integers(0, 80000),
            st.integers(0, 5000),
            st.integers(0, 80000),
            st.integers(0, 3000),
        ),
        max_size=30,
    )
)
def test_limit_is_never_above_any_offer_in_force(offers):
    listed = Limits()
    listed.offer(limits.BOARD, 32000, 0)
    model = {limits.BOARD: (32000, 0, 0, 0)}
    now_ms = (1 << 30) - 4000
    for source, ma, ttl_ms, floor_ma, wait_ms in offers:
        listed.offer(source, ma, now_ms & 0x3FFFFFFF, ttl_ms, floor_ma)
        model[source] = (ma, now_ms, ttl_ms, min(floor_ma, ma))
        now_ms += wait_ms
        lowest = min(
            low if ttl and now_ms - since >= ttl else high
            for high, since, ttl, low in model.values()
        )
        assert listed.resolve(now_ms & 0x3FFFFFFF) == lowest


@given(st.integers(0, 20000), st.integers(1, 500), st.integers(0, 499), st.integers(40000, 60000))
def test_droop_is_bounded_and_has_the_right_sign(capacity, full, deadband, mhz):
    if deadband >= full:
        return
    shift = droop(capacity, full, deadband).target_ma(mhz)
    assert -capacity <= shift <= capacity
    assert shift == 0 or (shift > 0) == (mhz > 50000)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 90000),
            st.one_of(st.just(0), st.integers(3000, 15000)),
            st.booleans(),
            st.integers(1, 300),
        ),
        min_size=1,
        max_size=40,
    )
)
def test_offer_is_never_above_the_limit_and_rises_at_most_each_5_s_without_proof(moves):
    offer = Offer()
    grid = Grid(10000, (droop(),))
    last_rise_ms = last_change_ms = -100000
    t_ms = 0
    was_running = False
    for limit_ma, grid_ma, running, steps in moves:
        grid.target_ma = grid_ma
        grid.may_rise = steps % 3 == 0
        for _ in range(steps):
            before = offer.offer_ma
            offer.step(10, limit_ma, limits.OCPP, grid, running)
            assert offer.offer_ma <= limit_ma
            assert offer.offer_ma == 0 or 6000 <= offer.offer_ma <= 80000
            if running and was_running and offer.offer_ma > before > 0:
                gap_ms = t_ms - last_change_ms
                small = offer.offer_ma - before < 1000
                proven = grid_ma and grid.may_rise
                assert gap_ms >= ((1000 if small else 100) if proven else 5000)
                last_rise_ms = t_ms
            if offer.offer_ma != before or running != was_running:
                last_change_ms = t_ms
            was_running = running
            t_ms += 10
    assert last_rise_ms <= t_ms


ACTS = {
    "diode": lambda rig, on: setattr(rig, "diode", not on),
    "rcd": lambda rig, on: setattr(rig, "residual", not on),
    "weld": lambda rig, on: setattr(rig, "weld", bool(on)),
    "no_close": lambda rig, on: setattr(rig, "no_close", bool(on)),
    "stuck": lambda rig, on: setattr(rig, "phase_stuck", bool(on)),
    "meter": lambda rig, on: setattr(rig.readings, "meter_age_ms", 10000 * on),
    "authorise": lambda rig, on: rig.charger.authorise(bool(on)),
    "phases": lambda rig, on: rig.charger.request_phases(3 if on else 1),
    "limit": lambda rig, on: rig.charger.limits.offer(limits.OCPP, 16000 * on, rig.now_ms),
    "guard": lambda rig, on: setattr(rig.readings, "guard_tripped", on),
    "current": lambda rig, on: setattr(rig, "current_ma", 40000 * on),
}


def act(rig, name, on):
    """Do one random thing to the rig."""
    if name in ACTS:
        ACTS[name](rig, on)
    else:
        rig.car = name


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from([*"ABCDE", *ACTS]),
        st.integers(0, 1),
        st.integers(1, 700),
    ),
    min_size=3,
    max_size=25,
)


class Watch:
    """The invariants, judged from what the rig shows and not from what the charger believes."""

    def __init__(self, rig):
        self.rig = rig
        self.not_c_ms = 0
        self.c1_ms = 0
        self.three_phase = rig.charger.command.three_phase

    def check(self):
        """Call after each step."""
        rig = self.rig
        command = rig.charger.command
        self.not_c_ms = 0 if rig.car == "C" else self.not_c_ms + 10
        pwm = command.pilot_mode == PILOT_PWM and command.cp_connect
        self.c1_ms = 0 if pwm or not command.contactor else self.c1_ms + 10
        if command.contactor:
            assert self.not_c_ms <= 70, "closed though the car has left C"
            assert self.c1_ms <= 6050, "closed for more than 6 s of x1"
            assert rig.charger.fault == 0
            assert rig.readings.rcd_ok
        if command.three_phase != self.three_phase:
            assert not command.contactor and not rig.readings.contactor_closed
            self.three_phase = command.three_phase
        if rig.charger.offer_ma:
            assert rig.charger.offer_ma <= rig.charger.limits.limit_ma


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ACTIONS)
@example([("A", 0, 1), ("phases", 0, 2), ("weld", 1, 50)])
def test_no_sequence_of_events_closes_wrongly(actions):
    rig = Rig()
    rig.run(3000, "A")
    rig.charger.authorise(True)
    watch = Watch(rig)
    for name, on, steps in actions:
        act(rig, name, on)
        for _ in range(steps):
            rig.step()
            watch.check()
    # Always back to rest: whatever was wrong is repaired, the car leaves, the next one charges.
    rig.diode = True
    rig.no_close = rig.phase_stuck = False
    was_welded, rig.weld = rig.weld, False
    rig.current_ma = 0
    rig.residual = False
    rig.readings.guard_tripped = rig.readings.meter_age_ms = 0
    rig.charger.limits.withdraw(limits.OCPP)
    rig.charger.authorise(True)
    rig.run(70000, "A")
    rig.run(1000, "B").run(5000, "C")
    if not was_welded and rig.charger.fault != 2:
        assert rig.closed, rig.charger.state_name
