# SPDX-License-Identifier: MIT
"""Everything outside the chip, put together: grid, contactors, car, meter, monitor, reader.

`World` owns the models and the 10 ms tick that lets them act on each other, tells the recorder
what changed, and notes what would have done harm in a real installation.
"""

import sys

from tools.bench.sim import board as wiring
from tools.bench.sim.car import Car
from tools.bench.sim.contactor import Contactor
from tools.bench.sim.events import Event, Noise
from tools.bench.sim.mains import Mains
from tools.bench.sim.meter import Meter
from tools.bench.sim.pilot_circuit import MODE_NAMES, X1, PilotCircuit
from tools.bench.sim.rcd import Rcd
from tools.bench.sim.reader import Reader

TICK_US = 10000
LOAD_MA = 1000  # opening below this does no harm to a contact
STOP_TIME_MS = 3000  # a car must have stopped this long after x1 (IEC 61851-1 sequence 10.1)
EXCUSE_US = 3000000  # a fault explains an opening under load this long after it ended
CABLE_MS = 10000  # reaction of car and charger before too much current counts as harm
SUPPLY_LOST_PM, SUPPLY_LOST_MS = 400, 200
SUPPLY_BACK_PM, SUPPLY_BACK_MS = 700, 1000
METER_ALIVE_PM = 500


class PowerCut(BaseException):
    """The board has lost its supply in the middle of whatever the firmware was doing."""


def cable_rating_ma(ohm):
    """Rating of a cable by its proximity resistor (IEC 61851-1 bands), 0 when it has none."""
    if ohm <= 0 or ohm > 2200 or ohm < 75:
        return 0
    if ohm > 1000:
        return 13000
    if ohm > 330:
        return 20000
    if ohm > 150:
        return 32000
    return 63000


class World:
    """Models of one run. `say(dict)` sends a message to the host."""

    def __init__(self, clock, config, recorder, say):
        seed = config.get("seed", 1)
        grid = config["grid"]
        self.clock = clock
        self.recorder = recorder
        self.say = say
        self.faults = {}
        self.stalled = False
        self.firmware = None  # module firmware.app while the firmware runs
        self.fault_names = None
        self.supply_switch = True
        self.from_mains = config.get("board_supply", "mains") == "mains"
        self.supplied = True
        self.socket_cable = True
        self.excused_us = -EXCUSE_US
        self.network = None
        self.default_vehicle = {}
        self._supply_ms = 0
        self._over_cable_ms = 0
        self._tick_count = 0
        self.edge_missing = False
        self._seen = [None, None, None]
        self.mains = Mains(grid["points"], grid.get("jitter_us", 0), Noise(seed, 1))
        self.pilot = PilotCircuit()
        self.board = wiring.Board(clock, Noise(seed, 2), self.pilot)
        self.board.world = self
        noise = Noise(seed, 3)
        self.main = Contactor(clock, noise, 20000, 15000, self._main_moved, self._main_feedback)
        self.phase = Contactor(clock, noise, 15000, 40000, self._phase_moved, self._phase_feedback)
        self.car = Car()
        self.meter = Meter(clock)
        self.reader = Reader(self.board.lines[1])
        self.board.lines[0].device = self.meter
        self.board.lines[1].device = self.reader
        self.rcd = Rcd(clock, self._rcd_output, self._rcd_changed)
        self._tick_event = Event(self._tick)
        self._edge_event = Event(self._edge)
        self._initial_edges()
        clock.at(self._tick_event, 3000)  # not in step with anything the firmware does
        clock.at(self._edge_event, self.mains.next_edge_us())

    def _initial_edges(self):
        edge = self.recorder.edge
        for signal, value in (
            ("power", 1),
            ("ev_plug", 0),
            ("ev_s2", 0),
            ("ev_diode", 1),
            ("cp_short", 0),
            ("cp_connect", 1),
            ("pilot_mode", "off"),
            ("duty", 0),
            ("contactor_coil", 0),
            ("contactor", 0),
            ("phase_relay", 0),
            ("weld", 0),
            ("rcd", 0),
            ("guard", 0),
            ("authorised", 0),
            ("fault", "none"),
            ("harm", "none"),
        ):
            edge(signal, value)

    def note(self, text):
        """Tell the host something worth reading that is no edge."""
        self.say({"bench": "note", "t_ms": self.clock.now_us // 1000, "text": text})

    def harm(self, text):
        """Something that would have hurt a contact, a cable or a car."""
        self.recorder.last.pop("harm", None)  # the same harm twice is two harms
        self.recorder.edge("harm", text)

    # --- what the board does to the world

    def output(self, pin, level):
        """An output of the chip has changed, or floats to its resting level."""
        if pin == wiring.MAIN_COIL:
            self.recorder.edge("contactor_coil", level)
            self.main.coil(level)
        elif pin == wiring.PHASE_COIL:
            self.phase.coil(level)
        elif pin == wiring.CP_CONNECT:
            self.recorder.edge("cp_connect", level)
            self.pilot.connected = level
            self.pilot_changed()
        elif pin == wiring.RCD_TEST:
            self.rcd.test(level)

    def pilot_changed(self):
        """Source, switch, shorts or resistor of the pilot have changed."""
        pilot = self.pilot
        pilot.changed()
        edge = self.recorder.edge
        edge("duty", pilot.duty_ppm)
        edge("pilot_mode", MODE_NAMES[pilot.mode])
        if self.car.plugged:
            self.car.pilot(pilot.car_mode(), pilot.duty_ppm, self.clock.now_us // 1000)

    # --- what the world does to the board

    def _main_feedback(self, level):
        self.board.input_level(wiring.MAIN_FEEDBACK, level)

    def _phase_feedback(self, level):
        self.board.input_level(wiring.PHASE_FEEDBACK, level)

    def _rcd_output(self, level):
        self.board.input_level(wiring.RCD_OK, level)

    def _rcd_changed(self, tripped):
        self.recorder.edge("rcd", 1 if tripped else 0)

    def _main_moved(self, closed):
        if not closed:
            self._check_opening()
            self.car.cut()
        self.recorder.edge("contactor", 1 if closed else 0)

    def _check_opening(self):
        """Opening under load is harm unless the car had its time to stop or a fault is why."""
        car = self.car
        if car.i_ma[0] <= LOAD_MA or not self.supplied or self.mains.v_pm[0] < 800:
            return
        now_ms = self.clock.now_us // 1000
        if car.mode == X1 and now_ms - car.mode_since_ms >= STOP_TIME_MS:
            return
        if self.faults or self.clock.now_us - self.excused_us < EXCUSE_US:
            return
        app = self.app()
        if app is not None and (app.charger.fault or app.guard.tripped):
            return
        self.harm("contactor opened under load")

    def _phase_moved(self, closed):
        if self.main.closed:
            self.harm("L2/L3 moved while main contactor closed")
        self.recorder.edge("phase_relay", 1 if closed else 0)

    def _edge(self):
        board = self.board
        if board.edge_handler is not None and not self.edge_missing and self.mains.edges_seen():
            try:
                if board.edge_hard:
                    board.call_hard(board.edge_handler, board.edge_pin)
                else:
                    board.edge_handler(board.edge_pin)
            except Exception as error:
                board.edge_handler = None
                print("uncaught exception in Pin.irq handler")
                sys.print_exception(error, sys.stdout)
        at = self.mains.next_edge_us()
        if at <= self.clock.now_us:
            at = self.clock.now_us + 1
        self.clock.at(self._edge_event, at)

    # --- car and cable

    def plug(self, vehicle):
        """Plug in a car (complete fields, see car.check_vehicle)."""
        car = self.car
        if car.plugged:
            self.unplug()
        now_ms = self.clock.now_us // 1000
        car.plug(vehicle, now_ms)
        self.board.pp_ohm = vehicle["cable_ohm"]
        self._over_cable_ms = 0
        self._car_changed()

    def unplug(self):
        """Pull the plug at the car and the charger."""
        self.car.unplug()
        self.board.pp_ohm = 0
        self._car_changed()

    def _car_changed(self):
        car = self.car
        self.recorder.edge("ev_plug", 1 if car.plugged else 0)
        self.recorder.edge("ev_s2", 1 if car.s2 else 0)
        self.pilot.car_ohm = car.resistance()
        self.pilot_changed()

    # --- supply

    def power(self, on):
        """The supply switch of the board."""
        self.supply_switch = on
        self._supply_check(0)

    def _supply_check(self, dt_ms):
        """Does the board have power? Mains supply follows L1 with a hold-up and a start time."""
        want = self.supply_switch
        if want and self.from_mains:
            v = self.mains.v_pm[0]
            if self.supplied:
                self._supply_ms = self._supply_ms + dt_ms if v < SUPPLY_LOST_PM else 0
                want = self._supply_ms < SUPPLY_LOST_MS
            else:
                self._supply_ms = self._supply_ms + dt_ms if v > SUPPLY_BACK_PM else 0
                want = self._supply_ms >= SUPPLY_BACK_MS or (dt_ms == 0 and v > SUPPLY_BACK_PM)
        if want == self.supplied:
            return
        self.supplied = want
        self._supply_ms = 0
        self.recorder.edge("power", 1 if want else 0)
        if not want:
            self.stalled = False
            self.board.cause = 1
            self.board.off()
            self.clock.halt = PowerCut()
        else:
            self.board.cause = 1
            self.clock.pause = True

    # --- the firmware, looked at from outside

    def app(self):
        """The running App, or None."""
        firmware = self.firmware
        return None if firmware is None else firmware.current

    def firmware_gone(self):
        """The firmware no longer runs: what it claimed is void."""
        self.firmware = None
        self._seen = [None, None, None]
        edge = self.recorder.edge
        edge("authorised", 0)
        edge("guard", 0)
        edge("fault", "none")

    def _watch(self, app):
        charger = app.charger
        seen = self._seen
        if charger.authorised != seen[0]:
            seen[0] = charger.authorised
            self.recorder.edge("authorised", 1 if charger.authorised else 0)
        if charger.fault != seen[1]:
            seen[1] = charger.fault
            self.recorder.edge("fault", self.fault_name(charger.fault))
        tripped = app.guard.tripped
        if tripped != seen[2]:
            seen[2] = tripped
            self.recorder.edge("guard", 1 if tripped else 0)

    def fault_name(self, fault):
        """Name of a firmware fault number."""
        module = sys.modules.get("control.protection")
        return str(fault) if module is None else module.NAMES[fault]

    def reason_name(self, reason):
        """Name of the limit that won."""
        module = sys.modules.get("control.limits")
        return str(reason) if module is None else module.NAMES[reason]

    # --- every 10 ms

    def _tick(self):
        clock = self.clock
        now_us = clock.now_us
        clock.at(self._tick_event, now_us + TICK_US)
        count = self._tick_count = self._tick_count + 1
        pilot = self.pilot
        car = self.car
        mains = self.mains
        pilot.decay()
        if count & 1:
            mains.update(now_us)
            self._supply_check(20)
            self.meter.powered = mains.v_pm[0] >= METER_ALIVE_PM
        if car.plugged:
            if car.step(now_us // 1000, self.main.closed, self.phase.closed, mains.v_pm):
                self._car_changed()
            i = car.i_ma
            if i[0]:
                v = mains.v_mv
                self.meter.energy_mwms += (v[0] * i[0] + v[1] * i[1] + v[2] * i[2]) // 100
        app = self.app()
        if app is not None:
            self._watch(app)
        if count % 10 == 1:
            if count % 20 == 1:
                self.meter.measure(mains.v_mv, car.i_ma, mains.mhz)
                self._check_cable()
            self._row(now_us, app)

    def _check_cable(self):
        car = self.car
        if self.socket_cable and car.plugged:
            rating = cable_rating_ma(car.v["cable_ohm"])
            if max(car.i_ma) > rating + rating // 20:
                self._over_cable_ms += 200
                if self._over_cable_ms == CABLE_MS:
                    self.harm("more current than the cable may carry")
                return
        self._over_cable_ms = 0

    def _row(self, now_us, app):
        pilot = self.pilot
        mains = self.mains
        i = self.car.i_ma
        v = mains.v_mv
        measured = offer = limit = 0
        state = "-"
        reason = "off"
        if app is not None:
            charger = app.charger
            state = charger.state_name
            offer = charger.offer_ma
            limit = charger.limits.limit_ma
            reason = self.reason_name(charger.limits.reason)
            if charger.frequency.valid:
                measured = charger.frequency.slow_mhz
        watts = (v[0] * i[0] + v[1] * i[1] + v[2] * i[2] + 500000) // 1000000
        # Rows carry round times: the tick itself runs 3 ms past a multiple of 10 ms.
        self.recorder.row(
            (
                now_us // 10000 * 10,
                mains.mhz,
                measured,
                pilot.high_mv,
                pilot.low_mv,
                state,
                self.recorder.duty(pilot.duty_ppm),
                offer,
                1 if self.main.closed else 0,
                3 if self.phase.closed else 1,
                i[0],
                i[1],
                i[2],
                watts,
                self.meter.energy_wh(),
                limit,
                reason,
            )
        )
