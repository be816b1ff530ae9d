# SPDX-License-Identifier: MIT
"""The sequences of IEC 61851-1 Table A.6 on a charger on paper."""

from tests_host.control.rig import Rig, charging, ocpp_limit


def test_seq_1_1_plug_in_shows_the_duty_only_when_energy_is_allowed():
    rig = Rig()
    rig.wait(4000, "A")
    assert rig.state == "A1"
    rig.run(2000, "B")
    assert rig.state == "B1"
    rig.charger.authorise(True)
    rig.run(50)
    assert rig.state == "B2" and rig.charger.offer_ma == 32000


def test_seq_1_2_simplified_car_gets_10_a():
    rig = Rig()
    rig.wait(4000, "A")
    rig.charger.authorise(True)
    rig.run(2000, "C")
    assert rig.state == "C2" and rig.closed
    assert rig.charger.offer_ma == 10000
    rig.run(500, "A")
    assert not rig.closed


def test_seq_2_unplug_opens_within_60_ms_and_takes_the_pwm_away():
    rig = charging()
    start_ms = rig.t_ms
    rig.run(300, "A")
    assert rig.opened_ms - start_ms <= 60
    assert rig.state == "A1" and not rig.charger.plugged


def test_seq_4_closes_after_half_a_second_of_c_and_within_3_s():
    rig = Rig()
    rig.wait(4000, "A")
    rig.charger.authorise(True)
    rig.run(2000, "B")
    start_ms = rig.t_ms
    rig.run(3000, "C")
    assert 500 <= rig.closed_ms - start_ms <= 700


def test_seq_8_1_car_opens_s2_and_the_contactor_follows_within_60_ms():
    rig = charging()
    start_ms = rig.t_ms
    rig.run(300, "B")
    assert rig.opened_ms - start_ms <= 60
    assert rig.state == "B2"


def test_seq_9_1_and_10_1_stop_waits_for_the_car():
    rig = charging()
    rig.charger.authorise(False)
    rig.run(1000)
    assert rig.state == "C1" and rig.closed
    start_ms = rig.t_ms
    rig.run(200, "B")
    assert rig.opened_ms - start_ms <= 60 and rig.state == "B1"
    assert rig.charger.session.under_load == 0


def test_seq_10_2_a_car_that_ignores_x1_is_cut_off_after_6_s():
    rig = charging()
    rig.current_ma = 10000
    start_ms = rig.t_ms
    rig.charger.authorise(False)
    rig.run(8000)
    assert 5900 <= rig.opened_ms - start_ms <= 6100
    assert rig.charger.session.under_load == 1


def test_a_car_that_stays_in_c_without_current_is_no_opening_under_load():
    rig = charging()
    rig.charger.authorise(False)
    rig.run(8000)
    assert not rig.closed and rig.charger.session.under_load == 0


def test_seq_9_2_x1_lasts_3_s():
    rig = charging()
    rig.charger.authorise(False)
    rig.run(500)
    rig.run(500, "B")
    rig.charger.authorise(True)
    rig.run(1900)
    assert rig.state == "B1"
    rig.run(300)
    assert rig.state == "B2"


def test_seq_3_2_a_car_waiting_in_c_is_served_when_power_comes():
    rig = Rig()
    rig.wait(4000, "A")
    rig.run(1000, "B").run(5000, "C")
    assert rig.state == "C1" and not rig.closed
    rig.charger.authorise(True)
    rig.run(1000)
    assert rig.state == "C2" and rig.closed


def test_seq_11_pulses_to_c_never_close():
    for pulse_ms in (100, 200, 300, 400, 480):
        rig = Rig()
        rig.wait(4000, "A")
        rig.charger.authorise(True)
        rig.run(1000, "B")
        for _ in range(4):
            rig.run(pulse_ms, "C").run(400, "B")
        assert rig.closed_ms < 0, pulse_ms


def test_seq_12_short_opens_within_60_ms_and_locks_for_30_s():
    rig = charging()
    rig.run(6000)
    start_ms = rig.t_ms
    rig.run(200, "E")
    assert rig.opened_ms - start_ms <= 60
    rig.run(1000, "E")
    rig.wait(29000, "C")
    assert not rig.closed
    rig.run(5000, "C")
    assert rig.closed


def test_f_lasts_at_least_300_ms_after_a_fault_then_x1():
    rig = charging()
    rig.residual = True
    rig.run(10)
    start_ms = rig.t_ms
    while rig.state == "F":
        rig.run(10)
    assert rig.t_ms - start_ms >= 300
    assert rig.state[1] == "1"


def test_a_car_in_c_at_power_up_charges_without_a_fault():
    rig = Rig(phases=1)
    rig.charger.authorise(True)
    rig.run(5000, "C")
    assert rig.closed and rig.charger.fault == 0
    assert rig.charger.offer_ma == 32000


def test_no_closing_without_a_good_diode():
    rig = Rig()
    rig.diode = False
    rig.wait(4000, "A")
    rig.charger.authorise(True)
    rig.run(2000, "B").run(5000, "C")
    assert rig.closed_ms < 0 and rig.charger.fault


def test_a_car_that_waits_in_c_is_not_closed_upon_before_its_diode_was_seen():
    rig = Rig()
    rig.diode = False
    rig.wait(4000, "A")
    rig.run(1000, "B").run(3000, "C")
    rig.charger.authorise(True)
    rig.run(3000)
    assert rig.closed_ms < 0 and rig.charger.fault


def test_state_d_needs_ventilation():
    rig = Rig()
    rig.wait(4000, "A")
    rig.charger.authorise(True)
    rig.run(1000, "B").run(5000, "D")
    assert not rig.closed and rig.charger.fault == 0
    rig = Rig(ventilation=True)
    rig.wait(4000, "A")
    rig.charger.authorise(True)
    rig.run(1000, "B").run(5000, "D")
    assert rig.closed and rig.state == "D2"
    start_ms = rig.t_ms
    rig.run(200, "B")
    assert rig.opened_ms - start_ms <= 60


def test_no_chatter_when_the_car_toggles_s2():
    rig = charging()
    closings = 0
    for _ in range(20):
        before = rig.closed
        rig.run(300, "B")
        rig.run(700, "C")
        closings += rig.closed and not before
    assert closings <= 10


def test_limit_down_at_once_up_after_5_s():
    rig = charging()
    rig.run(6000)
    ocpp_limit(rig, 10000)
    rig.run(110)
    assert rig.charger.offer_ma == 10000
    ocpp_limit(rig, 20000)
    rig.run(4500)
    assert rig.charger.offer_ma == 10000
    rig.run(1000)
    assert rig.charger.offer_ma == 18000  # 8 A at a time
    rig.run(5000)
    assert rig.charger.offer_ma == 20000


def test_below_6_a_is_a_pause_and_never_6_a():
    rig = charging()
    ocpp_limit(rig, 5900)
    rig.run(500)
    assert rig.state == "C1" and rig.charger.offer_ma == 0
    rig.run(500, "B")
    assert not rig.closed and rig.state == "B1"
    ocpp_limit(rig, 16000)
    rig.run(4000)
    assert rig.state == "B2" and rig.charger.offer_ma == 16000


def test_cable_and_its_change_limit_the_offer():
    rig = Rig()
    rig.readings.pp_ohm = 1500
    rig.wait(4000, "A")
    rig.charger.authorise(True)
    rig.run(1000, "B").run(1000, "C")
    assert rig.charger.offer_ma == 13000
    rig.readings.pp_ohm = 1 << 20
    rig.run(200)
    assert rig.charger.offer_ma == 0


def test_meter_loss_falls_to_6_a():
    rig = charging()
    rig.readings.meter_age_ms = 4000
    rig.run(200)
    assert rig.charger.offer_ma == 6000
    assert rig.charger.limits.reason == 4
    rig.readings.meter_age_ms = 0
    rig.run(6000)
    assert rig.charger.offer_ma == 14000
    rig.run(15000)
    assert rig.charger.offer_ma == 32000
