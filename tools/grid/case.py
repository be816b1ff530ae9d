# SPDX-License-Identifier: MIT
"""One case of the report: a service, its settings, a car, a test input and a judge.

The lead-in before the test input lets the firmware do what it does on a real day: authorise,
close the contactor, see the current steady, try the car with a self-test step, arm.
"""

from tools.bench import controls, scenario

LEAD_S = 90.0
STEADY_S = 10

# Cars of the report. The quick ones are what FFR and Dynamic Containment need; the ordinary car
# is the bench's default, which takes 1.5 s before it moves.
QUICK = {
    "model": "quick car", "dead_ms": 250, "up_ma_s": 20000, "down_ma_s": 20000,
    "start_delay_ms": 3000, "step_ma": 1000, "max_ma": 16000, "phases": 3, "need_wh": 60000,
}  # fmt: skip
QUICKEST = dict(QUICK, model="very quick car", dead_ms=100, up_ma_s=50000, down_ma_s=50000)
QUICK_FINE = dict(QUICK, model="quick car, 0.1 A steps", step_ma=100)
LIVELY = {
    "model": "lively car", "dead_ms": 1000, "up_ma_s": 4000, "down_ma_s": 4000,
    "start_delay_ms": 3000, "max_ma": 16000, "phases": 3, "need_wh": 60000,
}  # fmt: skip
ORDINARY = {
    "model": "ordinary car", "max_ma": 16000, "phases": 3, "need_wh": 60000,
    "start_delay_ms": 3000,
}  # fmt: skip


class Case:
    """What to run and how to judge it.

    `judge(case, delivered)` returns clauses. `law(hz)` is the share of `capacity_ma` asked at a
    frequency, for the plot and the judge; None where a latch or a curve of voltage decides.
    `lead_s` was put before the input: the times of `profile` already contain it.
    """

    def __init__(self, name, title, service, profile, grid, judge, **more):
        self.name = name
        self.title = title
        self.service = service
        self.grid = grid
        self.judge = judge
        self.lead_s = more.pop("lead_s", LEAD_S)
        self.end_s = more.pop("end_s", None)
        self.profile = profile.moved(self.lead_s, self.end_s)
        self.vehicle = more.pop("vehicle", ORDINARY)
        self.capacity_ma = more.pop("capacity_ma", 0)
        self.law = more.pop("law", None)
        self.level_hz = more.pop("level_hz", None)  # of a latch, for the latency split
        self.half_hz = more.pop("half_hz", None)  # of a curve, likewise: half of its response
        self.settings = more.pop("settings", {})
        self.supply = more.pop("supply", "mains")
        self.seed = more.pop("seed", 1)
        self.jitter_us = more.pop("jitter_us", 5)
        self.events = more.pop("events", [])
        self.actions = more.pop("actions", None)  # of a central system: [(at_s, action)]
        self.view_s = more.pop("view_s", None)  # (from, to) worth a closer look
        self.note = more.pop("note", "")
        if more:
            raise TypeError("Case has no %s" % ", ".join(more))

    @property
    def phases(self):
        """Phases the car uses."""
        return self.vehicle.get("phases", 3)

    @property
    def capacity_w(self):
        """The capacity in watts at nominal voltage."""
        return self.capacity_ma * self.phases * 0.23

    @property
    def step_w(self):
        """One current step of the car in watts."""
        return self.vehicle.get("step_ma", 1000) * self.phases * 0.23

    def scenario(self):
        """The bench's Scenario of this case; ScenarioError when the settings are refused."""
        made = scenario.Scenario()
        made.name = self.name
        made.title = self.title
        made.seed = self.seed
        made.duration_ms = round(self.profile.end_s * 1000)
        wanted = {"phases": self.phases if self.phases == 1 else 3, "max_current_ma": 16000}
        wanted.update(self.settings)
        if self.grid:
            wanted["grid"] = self.grid
        made.settings = scenario.check_settings(wanted)
        made.points = self.profile.points()
        made.jitter_us = self.jitter_us
        made.supply = self.supply
        made.vehicle = controls.resolve_vehicle(self.vehicle)
        made.events = [{"do": "plug", "vehicle": made.vehicle, "at_ms": 1000}]
        for event in self.events:
            checked = controls.check(
                {key: value for key, value in event.items() if key != "at_s"},
                made.vehicle,
                allow_state=False,
            )
            checked["at_ms"] = round(event["at_s"] * 1000)
            made.events.append(checked)
        made.events.sort(key=lambda item: item["at_ms"])
        if self.actions is not None:
            made.csms = "embedded"
            for at_s, action in self.actions:
                made.actions.append({"at_ms": round(at_s * 1000), "action": action})
        return made


def settings(baseline_ma, **sections):
    """The `grid` object of the settings: a baseline, short arming, and the services given."""
    made = {"baseline_ma": baseline_ma, "arming": {"steady_s": STEADY_S}}
    made.update(sections)
    return made
