# SPDX-License-Identifier: MIT
"""The controls of the bench: one table for scenario events and live commands."""

from tools.bench.sim.faults import FAULTS
from tools.bench.sim.vehicle import check_vehicle
from tools.bench.sim.watch import fault_name, reason_name


class Refused(Exception):
    """A command that cannot be carried out; the text says what was expected."""


def need(command, key, kinds, what):
    """command[key], which must be one of `kinds`."""
    value = command.get(key)
    if type(value) not in kinds:
        raise Refused("'%s' needs \"%s\": expected %s" % (command["do"], key, what))
    return value


def switch(command, key):
    """A true/false field."""
    return need(command, key, (bool,), "true or false")


def plug(world, command):
    """A car arrives."""
    try:
        vehicle = check_vehicle(command.get("vehicle") or world.default_vehicle)
    except (ValueError, AttributeError, TypeError) as error:
        raise Refused(str(error))
    world.plug(vehicle)


def unplug(world, command):
    """The car leaves."""
    world.unplug()


def ready(world, command):
    """The car wants energy, or has had enough."""
    world.car.ready = switch(command, "on")


def grid(world, command):
    """Frequency and voltage against the trace, or back to it."""
    if command.get("follow"):
        world.mains.follow_trace()
        return
    mhz = command.get("mhz")
    v_pu = command.get("v_pu")
    if mhz is None and v_pu is None:
        raise Refused('\'grid\' needs "mhz", "v_pu" or "follow": true')
    if mhz is not None:
        mhz = int(need(command, "mhz", (int, float), "a frequency in mHz, 40000 to 70000"))
        if not 40000 <= mhz <= 70000:
            raise Refused("grid.mhz: got %d, expected 40000 to 70000" % mhz)
    v_pm = None
    if v_pu is not None:
        v_pm = int(need(command, "v_pu", (int, float), "a voltage, 0 to 1.5") * 1000 + 0.5)
        if not 0 <= v_pm <= 1500:
            raise Refused("grid.v_pu: got %s, expected 0 to 1.5" % v_pu)
    world.mains.override(mhz, v_pm)


def tap(world, command):
    """A card is held to the reader."""
    tag = need(command, "id_tag", (str,), "the card number as text")
    if not 1 <= len(tag) <= 20:
        raise Refused("tap.id_tag: got %d characters, expected 1 to 20" % len(tag))
    world.reader.tap(tag)


def power(world, command):
    """The supply of the board."""
    world.supply.turn(switch(command, "on"))


def network(world, command):
    """The link to the central system."""
    up = switch(command, "up")
    if world.network is not None:
        world.network.set(up)


def acknowledge(world, command):
    """A person says that the cause of a latched fault is repaired."""
    app = world.app()
    if app is None:
        raise Refused("'acknowledge' needs a running firmware")
    app.charger.acknowledge()


def temperature(world, command):
    """How warm it is inside the charger, degrees Celsius."""
    celsius = need(command, "c", (int, float), "degrees Celsius, -40 to 125")
    if not -40 <= celsius <= 125:
        raise Refused("temperature.c: got %s, expected -40 to 125" % celsius)
    world.board.thermometer.sixteenths = int(celsius * 16)


def fault(world, command):
    """Something breaks, or is repaired."""
    name = need(command, "name", (str,), "one of " + ", ".join(sorted(FAULTS)))
    if name not in FAULTS:
        raise Refused("unknown fault '%s': expected one of %s" % (name, ", ".join(sorted(FAULTS))))
    on = switch(command, "on")
    if on:
        world.faults[name] = True
    else:
        world.faults.pop(name, None)
    world.harm.excused_us = world.clock.now_us
    FAULTS[name](world, on)


def state(world, command):
    """Everything worth showing, as one flat object."""
    car, main, phase, mains, pilot = (world.car, world.main, world.phase, world.mains, world.pilot)
    full = {
        "t_ms": world.clock.now_us // 1000,
        "power": world.supply.on,
        "running": world.app() is not None,
        "grid_mhz": mains.mhz,
        "v_mv": list(mains.v_mv),
        "plugged": car.plugged,
        "vehicle": car.v["model"] if car.plugged else None,
        "ready": car.ready,
        "s2": car.s2,
        "asleep": car.asleep,
        "full": car.full,
        "car_wh": car.energy_mwms // 3600000000,
        "i_ma": list(car.i_ma),
        "duty_ppm": pilot.duty_ppm,
        "pilot_mode": ("x1", "pwm", "f", "off")[pilot.mode],
        "cp_connect": pilot.connected,
        "cp_high_mv": pilot.high_mv,
        "cp_low_mv": pilot.low_mv,
        "contactor": main.closed,
        "contactor_coil": main.coil_on,
        "phase_relay": phase.closed,
        "operations": main.operations,
        "rcd": world.rcd.tripped,
        "energy_wh": world.meter.energy_wh(),
        "temperature_c": world.board.thermometer.sixteenths // 16,
        "faults": sorted(world.faults),
        "network": world.network is None or world.network.up,
    }
    app = world.app()
    if app is not None:
        charger = app.charger
        frequency = charger.frequency
        full.update(
            {
                "state": charger.state_name,
                "offer_ma": charger.offer_ma,
                "limit_ma": charger.limits.limit_ma,
                "reason": reason_name(charger.limits.reason),
                "authorised": bool(charger.authorised),
                "fault": fault_name(charger.fault),
                "guard": bool(app.guard.tripped),
                "measured_mhz": frequency.slow_mhz if frequency and frequency.valid else 0,
            }
        )
    return full


TABLE = {
    "plug": plug,
    "unplug": unplug,
    "ready": ready,
    "grid": grid,
    "fault": fault,
    "tap": tap,
    "power": power,
    "network": network,
    "temperature": temperature,
    "acknowledge": acknowledge,
    "state": state,
}


def carry_out(world, command):
    """Do `command` ({"do":..., fields}); the reply is {"ok":true,...} or {"ok":false,"error"}."""
    try:
        if not isinstance(command, dict) or "do" not in command:
            raise Refused('expected an object with "do"')
        name = command["do"]
        if name not in TABLE:
            raise Refused(
                "unknown command '%s': expected one of %s" % (name, ", ".join(sorted(TABLE)))
            )
        reply = TABLE[name](world, command) or {}
    except Refused as error:
        return {"ok": False, "error": str(error)}
    reply["ok"] = True
    return reply
