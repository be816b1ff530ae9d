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
from tools.bench.sim.harm import Harm
from tools.bench.sim.mains import Mains
from tools.bench.sim.meter import Meter
from tools.bench.sim.pilot_circuit import MODE_NAMES, PilotCircuit
from tools.bench.sim.rcd import Rcd
from tools.bench.sim.reader import Reader
from tools.bench.sim.supply import Supply
from tools.bench.sim.watch import Watch

TICK_US = 10000
METER_ALIVE_PM = 500  # per mille of 230 V
LOAD_LIVE_PM = 200  # a load-side detector sees this, per mille of 230 V


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
        self.network = None
        self.default_vehicle = {}
        self._tick_count = 0
        self.edge_missing = False
        self.main_mirror_broken = False
        self.watch = Watch(self)
        self.harm = Harm(self)
        self.supply = Supply(self, config.get("board_supply", "mains") == "mains")
        self.mains = Mains(grid["points"], grid.get("jitter_us", 0), Noise(seed, 1))
        self.pilot = PilotCircuit()
        self.board = wiring.Board(clock, Noise(seed, 2), self.pilot)
        self.board.world = self
        noise = Noise(seed, 3)
        self.main = Contactor(clock, noise, 20000, 15000, self._main_moved, self.main_feedback)
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
            ("ev_mood", "none"),
        ):
            edge(signal, value)

    def note(self, text):
        """Tell the host something worth reading that is no edge."""
        self.say({"bench": "note", "t_ms": self.clock.now_us // 1000, "text": text})

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

    def main_feedback(self, level):
        """The mirror contact of the main contactor, as far as its wire is whole."""
        self.board.input_level(
            wiring.MAIN_FEEDBACK, 1 if level and not self.main_mirror_broken else 0
        )

    def _load_side(self):
        """Voltage on L1 behind the main contactor, as the board's detector shows it."""
        live = self.main.closed and self.mains.v_pm[0] >= LOAD_LIVE_PM
        self.board.input_level(wiring.LOAD_L1, 1 if live else 0)

    def _phase_feedback(self, level):
        self.board.input_level(wiring.PHASE_FEEDBACK, level)

    def _rcd_output(self, level):
        self.board.input_level(wiring.RCD_OK, level)

    def _rcd_changed(self, tripped):
        self.recorder.edge("rcd", 1 if tripped else 0)

    def _main_moved(self, closed):
        if not closed:
            self.harm.opening()
            self.car.cut()
        self.recorder.edge("contactor", 1 if closed else 0)
        self.harm.contacts_moved(True)
        self._load_side()

    def _phase_moved(self, closed):
        self.recorder.edge("phase_relay", 1 if closed else 0)
        self.harm.contacts_moved(False)

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
        self._car_changed()

    def unplug(self):
        """Pull the plug at the car and the charger."""
        self.car.unplug()
        self.board.pp_ohm = 0
        self._car_changed()

    def _car_changed(self):
        car = self.car
        self.recorder.edge("ev_plug", 1 if car.plugged else 0)
        self.recorder.edge("ev_mood", car.habits.mood() if car.plugged else "none")
        self.recorder.edge("ev_s2", 1 if car.s2 else 0)
        self.pilot.car_ohm = car.resistance()
        self.pilot_changed()

    def app(self):
        """The running App of the firmware, or None."""
        return self.watch.app()

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
            self.supply.check(20)
            self.meter.powered = mains.v_pm[0] >= METER_ALIVE_PM
            self._load_side()
        if car.plugged:
            if car.step(now_us // 1000, self.main.closed, self.phase.closed, mains.v_pm):
                self._car_changed()
            if car.habits.active:
                self.recorder.edge("ev_mood", car.habits.mood())
            i = car.i_ma
            if i[0]:
                v = mains.v_mv
                self.meter.energy_mwms += (v[0] * i[0] + v[1] * i[1] + v[2] * i[2]) // 100
        watch = self.watch
        watch.step()
        if count % 10 == 1:
            if count % 20 == 1:
                self.meter.measure(mains.v_mv, car.i_ma, mains.mhz)
                self.harm.check_cable()
            watch.row(now_us)
