# SPDX-License-Identifier: MIT
"""What can break in the simulated world, by name: FAULTS[name](world, on).

Words for each are in the host's tools/bench/controls.py and in tools/bench/README.md.
"""

from tools.bench.sim import board as wiring


def _diode(world, on):
    world.pilot.diode_good = not on
    world.recorder.edge("ev_diode", 0 if on else 1)
    world.pilot_changed()


def _cp_short(world, on):
    world.pilot.short_diode = on
    _short_edge(world)


def _cp_short_hard(world, on):
    world.pilot.short_hard = on
    _short_edge(world)


def _short_edge(world):
    pilot = world.pilot
    world.recorder.edge("cp_short", 1 if pilot.short_diode or pilot.short_hard else 0)
    world.pilot_changed()


def _rcd(world, on):
    world.rcd.fault(on)


def _rcd_test(world, on):
    world.rcd.deaf = on


def _weld(world, on):
    world.main.weld = on
    world.recorder.edge("weld", 1 if on else 0)
    world.main.recheck()


def _no_close(world, on):
    world.main.no_close = on
    world.main.recheck()


def _mirror(world, on):
    world.main_mirror_broken = on
    world.main_feedback(world.main.closed)


def _phase_stuck(world, on):
    world.phase.stuck = on
    world.phase.recheck()


def _phase_weld(world, on):
    world.phase.weld = on
    world.phase.recheck()


def _meter(world, on):
    world.meter.silent = on


def _overcurrent(world, on):
    world.car.draw_more = on


def _stall(world, on):
    world.stalled = on


def _cp_rail(world, on):
    world.pilot.rail_ok = not on
    world.pilot_changed()


def _mains_sensor(world, on):
    world.edge_missing = on


def _pe(world, on):
    world.board.input_level(wiring.PE_OK, 0 if on else 1)


def _temperature_sensor(world, on):
    world.board.thermometer.silent = on


FAULTS = {
    "diode": _diode,
    "cp_short": _cp_short,
    "cp_short_hard": _cp_short_hard,
    "rcd": _rcd,
    "rcd_test": _rcd_test,
    "weld": _weld,
    "no_close": _no_close,
    "mirror": _mirror,
    "phase_stuck": _phase_stuck,
    "phase_weld": _phase_weld,
    "meter": _meter,
    "overcurrent": _overcurrent,
    "stall": _stall,
    "cp_rail": _cp_rail,
    "mains_sensor": _mains_sensor,
    "pe": _pe,
    "temperature_sensor": _temperature_sensor,
}
