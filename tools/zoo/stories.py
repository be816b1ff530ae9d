# SPDX-License-Identifier: MIT
"""The stories of the zoo, each as the text of a scenario for one car.

A story is short where it is not about waiting, and as long as the car sleeps where it is. The
central system gives the limits (a profile with 0 A is a pause) and asks for one or three phases.
Base stories run undisturbed; `disturbed` is a base story in which the car is unplugged, or the
power cut, the moment the firmware comes to a given state.
"""

from firmware.settings import TABLE as SETTINGS

CABLE_MA = 32000
PLUG_S = 3  # once the central system has said what is allowed
LADDER_S = 260  # all attempts to wake a car
BOOT_S = 6  # from the supply to an answer of the meter, a self-test and the central system
DARK_S = 5  # a power cut in the middle of a step
SETTLED_S = 15
AWAY_S = 6  # an unplugged car comes back


class Story:
    """name, duration_s, `goal` of judge.py, and the parts of the scenario.

    vehicle: fields on top of the car's own. settings: of the firmware. lines: TOML of events and
    actions. from_s, to_s: when it must be on one phase, if it must.
    """

    def __init__(self, name, goal, vehicle=None, settings=None):
        self.name = name
        self.goal = goal
        self.vehicle = vehicle or {}
        self.settings = {"max_current_ma": CABLE_MA, "phase_dwell_s": 0}
        self.settings.update(settings or {})
        self.lines = []
        self.duration_s = 0
        self.need_wh = 0
        self.one_phase_s = None
        self.resumes_s = None  # when the pause ends
        self.from_s = 0  # what comes before that is no step of the story
        self.settled_s = SETTLED_S  # charging for so long after all has happened is the end

    def at(self, at_s, do, **fields):
        """A control at a time."""
        self._event("at_s = %g" % at_s, do, fields)

    def when(self, when, after_s, do, **fields):
        """A control after something has happened."""
        moment = 'when = "%s"\nafter_s = %g\nfrom_s = %g' % (when, after_s, self.from_s)
        self._event(moment, do, fields)

    def limit(self, at_s, amperes, phases=3):
        """The central system allows so much from now on."""
        self.act(at_s, "set_profile", id=1, periods=[[0, amperes, phases]])

    def act(self, at_s, do, **fields):
        """The central system does something."""
        self._table("csms.action", "at_s = %g" % at_s, do, fields)

    def _event(self, moment, do, fields):
        self._table("event", moment, do, fields)

    def _table(self, name, moment, do, fields):
        lines = ["[[%s]]" % name, moment, 'do = "%s"' % do]
        lines += ["%s = %s" % (key, toml(value)) for key, value in fields.items()]
        self.lines.append("\n".join(lines))

    def text(self, car, seed):
        """The scenario as TOML. `car` is a tools.bench.vehicles.Car."""
        fields = dict(car.own)
        fields.update(self.vehicle)
        known = {key: value for key, value in self.settings.items() if key in SETTINGS}
        parts = ['title = "%s: %s"\nseed = %d' % (car.name, self.name, seed)]
        parts.append("duration_s = %g" % round(self.duration_s))
        for name, table in (("firmware", known), ("vehicle", dict(fields, model=car.name))):
            rows = ["%s = %s" % (key, toml(value)) for key, value in table.items()]
            parts.append("\n".join(["[%s]" % name] + rows))
        return "\n\n".join(parts + ["[csms]"] + self.lines) + "\n"


def toml(value):
    """A value as TOML writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"%s"' % value
    if isinstance(value, list):
        return "[%s]" % ", ".join(toml(item) for item in value)
    return "%g" % value if isinstance(value, float) else str(value)


class Pace:
    """How long things take with a car: `start_s` from plugging in to its full current."""

    def __init__(self, fields):
        v = fields
        ramp_s = min(v["max_ma"], CABLE_MA) / v["up_ma_s"]
        # 3 s of x1, a self-test, half a second in C; the offer starts at 6 A and is raised.
        self.start_s = 16 + (v["ready_delay_ms"] + v["start_delay_ms"]) / 1000 + ramp_s
        self.follow_s = 14 + v["dead_ms"] / 1000 + max(ramp_s, v["max_ma"] / v["down_ma_s"])
        self.phases = v["phases"]
        self.kilowatt = 0.23 * self.phases * min(v["max_ma"], 16000) / 1000
        self.wait_up_s = 60 if v["rejoin_s"] else 10


def charge(car, fields, pace):
    """Charge until full, with the offer going down, further down and up again."""
    story = Story("charge", "full")
    story.settled_s = 0
    begin = pace.start_s
    story.at(PLUG_S, "plug")
    story.limit(1.5, 16)
    steps = (10, 6, 16)
    for number, amperes in enumerate(steps):
        story.limit(begin + number * pace.follow_s, amperes)
    done = begin + len(steps) * pace.follow_s
    if fields["need_wh"] < 1000:  # a car that is nearly full
        story.need_wh = fields["need_wh"]
        story.duration_s = done + 3 * story.need_wh * 3.6 / pace.kilowatt
    else:
        full_s = done + 30
        story.need_wh = int(pace.kilowatt * full_s / 3.6)
        story.duration_s = done + full_s + 40
    story.vehicle = {"need_wh": story.need_wh}
    if fields["cool_after_s"]:
        story.duration_s *= 2
    return story


def pause(car, fields, pace):
    """Charge, pause until the car sleeps if it does, and go on."""
    story = Story("pause", "resumed")
    until_s = pace.start_s + 75
    pause_s = fields["sleep_s"] + 30 if fields["sleep_s"] else 60
    _pause(story, fields, pace, until_s, pause_s)
    return story


def _pause(story, fields, pace, until_s, pause_s):
    story.at(PLUG_S, "plug")
    story.limit(1.5, 16)
    story.limit(until_s, 0)
    story.resumes_s = until_s + pause_s
    story.limit(story.resumes_s, 16)
    troubled = fields["sleep_s"] or fields["resume_delay_ms"]
    story.duration_s = story.resumes_s + (LADDER_S if troubled else 0) + pace.start_s + 20


def wait(car, fields, pace):
    """Plugged in while nothing is offered, until the car sleeps; then the offer comes."""
    if not fields["sleep_s"]:
        return None
    sleep_s = min(fields["sleep_s"], 300)
    confirm_s = 90 if fields["light_sleep_after_s"] else 0
    story = Story("wait", "resumed", {"sleep_s": sleep_s}, {"confirm_charge_s": confirm_s})
    story.limit(4, 0)
    story.at(8, "plug")
    story.resumes_s = 8 + sleep_s + 30 + confirm_s + (pace.start_s if confirm_s else 0)
    story.limit(story.resumes_s, 16)
    story.duration_s = story.resumes_s + LADDER_S + pace.start_s + 20
    return story


def late(car, fields, pace):
    """The car starts ten minutes late, by its own timer: nobody must nag it until then."""
    if not fields["most_pulses"]:
        return None
    story = Story("late", "charging", vehicle={"ready_delay_ms": 600000})
    story.at(PLUG_S, "plug")
    story.duration_s = 600 + pace.start_s + 40
    return story


def switch(car, fields, pace):
    """Three phases, one, and three again, with the waits a charger has by default."""
    story = Story("switch", "charging")
    down_s = pace.start_s + 10
    up_s = down_s + 10 + 30 + pace.start_s + 10
    story.at(PLUG_S, "plug")
    story.limit(1.5, 16)
    story.limit(down_s, 16, 1)
    story.limit(up_s, 16, 3)
    story.one_phase_s = (up_s - 4, up_s)
    story.duration_s = up_s + 10 + 60 + pace.start_s + 15
    return story


def stop_by_car(car, fields, pace):
    """The driver has enough, and wants more later."""
    story = Story("stop_by_car", "charging")
    stop_s = pace.start_s + 10
    story.at(PLUG_S, "plug")
    story.limit(1.5, 16)
    story.at(stop_s, "ready", on=False)
    story.at(stop_s + 40, "ready", on=True)
    story.duration_s = stop_s + 40 + pace.start_s + 20
    return story


def stop_by_charger(car, fields, pace):
    """The central system starts, stops and starts again."""
    story = Story("stop_by_charger", "charging", settings={"authorisation": "card"})
    stop_s = pace.start_s + 10
    story.at(PLUG_S, "plug")
    story.limit(1.5, 16)
    story.act(6, "remote_start", id_tag="ZOO")
    story.act(stop_s, "remote_stop")
    story.act(stop_s + 30, "remote_start", id_tag="ZOO")
    story.duration_s = stop_s + 30 + pace.start_s + 20
    story.resumes_s = stop_s + 30
    return story


# --- stories to be disturbed: short versions of the ones above


def short_start(car, fields, pace):
    """Plugging in and charging."""
    story = Story("start", "charging")
    story.at(PLUG_S, "plug")
    story.limit(1.5, 16)
    story.duration_s = PLUG_S + pace.start_s + 5
    return story


def short_pause(car, fields, pace):
    """A pause in which no car falls asleep."""
    story = Story("pause", "charging", vehicle={"resume_delay_ms": 0})
    story.at(PLUG_S, "plug")
    story.limit(1.5, 16)
    story.limit(pace.start_s, 0)
    story.limit(pace.start_s + 25, 16)
    story.duration_s = pace.start_s + 25 + pace.start_s
    return story


def short_down(car, fields, pace):
    """Three phases to one."""
    return _short_switch("down", 3, 1, fields, pace)


def short_up(car, fields, pace):
    """One phase to three."""
    return _short_switch("up", 1, 3, fields, pace)


def _short_switch(name, before, after, fields, pace):
    waits = {"phase_wait_3to1_s": 10, "phase_wait_1to3_s": pace.wait_up_s}
    story = Story(name, "charging", settings=waits)
    story.limit(2, 16, before)
    story.from_s = 8
    story.at(story.from_s, "plug")
    switch_s = story.from_s + pace.start_s
    story.limit(switch_s, 16, after)
    wait_s = pace.wait_up_s if after == 3 else 10
    story.duration_s = switch_s + 12 + wait_s + pace.start_s
    return story


def short_wake(car, fields, pace):
    """A pause in which the car falls asleep within seconds, and the attempts to wake it."""
    if not fields["sleep_s"]:
        return None
    story = Story("wake", "resumed", vehicle={"sleep_s": 10})
    _pause(story, fields, pace, pace.start_s, 20)
    return story


STORIES = (charge, pause, wait, late, switch, stop_by_car, stop_by_charger)
SHORT = (short_start, short_pause, short_down, short_up, short_wake)


def disturbed(base, kind, step, pace):
    """The base story, with the car unplugged or the power cut when the firmware comes to `step`.

    kind: "unplug" or "cut". Both come back, and the end must be as good as without.
    """
    base.name = "%s %s" % (kind, step)
    if kind == "unplug":
        base.when(step, 0, "unplug")
        base.when(step, AWAY_S, "plug")
        base.duration_s += AWAY_S
    else:
        base.when(step, 0, "power", on=False)
        base.when(step, DARK_S, "power", on=True)
        base.duration_s += DARK_S + BOOT_S
        if step.startswith("wake:"):
            base.duration_s += LADDER_S  # the charger begins its attempts anew
    # Wherever it was: from the start, with the wait for three phases of a charger that forgot.
    base.duration_s += pace.wait_up_s + pace.start_s + 15
    base.one_phase_s = None
    return base
