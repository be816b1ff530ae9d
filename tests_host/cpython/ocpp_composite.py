# SPDX-License-Identifier: MIT
"""Composite schedules of the firmware beside those of the brute force, as on the wire."""

import random

from firmware.journal import Record
from tests_host.cpython.ocpp_brute_force import NOW, Store, random_request, schedule_of, seconds
from tests_host.firmware.fake_app import FakeApp
from tests_host.firmware.whole_smart import Smart

MOST_PERIODS = 24


class Transactions:
    """Only what smart charging looks at."""

    def __init__(self):
        self.open = None
        self.on_change = None


def station(ampere=16, phases=3, begun_ago_s=None, number=42, now=None):
    """(App, Smart) at NOW, with a transaction that began so long ago, or none."""
    app = FakeApp(max_current_ma=ampere * 1000, phases=phases)
    app.ms = 5000000  # up for long enough
    app.clock.poll()
    app.ms += 900000
    app.clock.set(round((now or NOW).timestamp()))
    app.transactions = Transactions()
    if begun_ago_s is not None:
        start_s = app.clock.uptime_s() - begun_ago_s
        app.transactions.open = Record("X", 0, start_s, None, number)
    smart = Smart(app)
    smart.store.flush = lambda *_: None  # nothing of this belongs into a file
    return app, smart


def compare(expected, answer, duration):
    """None when an answer says the same as the list of the brute force, or what differs."""
    if duration == 0:
        return None if "chargingSchedule" not in answer else "a schedule of 0 s"
    schedule = answer["chargingSchedule"]
    found = []
    for period in schedule["chargingSchedulePeriod"]:
        if abs(period["limit"] * 10 - round(period["limit"] * 10)) > 1e-6:
            return "limit with more than one decimal: %r" % period["limit"]
        limit = round(period["limit"] * 10)
        found.append((period["startPeriod"], limit, period.get("numberPhases")))
    covered = duration
    if len(expected) > MOST_PERIODS:
        covered = expected[MOST_PERIODS][0]
        expected = expected[:MOST_PERIODS]
    if schedule["duration"] != covered:
        return "good for %d s, expected %d" % (schedule["duration"], covered)
    if "startSchedule" in schedule:
        return "startSchedule is in the answer"
    return None if found == expected else "%r, expected %r" % (found, expected)


def one(seed, longest=700):
    """Compare one random set; None when equal, or a text. Also evaluates seconds at random."""
    rng = random.Random(seed)
    begun_ago = rng.choice([None, 0, rng.randrange(1, 700)])
    ampere, phases = rng.choice([(16, 3), (32, 3), (32, 1), (6, 1)])
    app, smart = station(ampere, phases, begun_ago)
    store = Store()
    running = None if begun_ago is None else 42
    for number in range(rng.choice([1, 2, 4, 8, 16])):
        payload = random_request(rng, number, running)
        answer = smart.set_profile(payload)["status"]
        if answer != "Accepted":
            return "seed %d: profile %d was %s" % (seed, number, answer)
        store.set(payload)
    unit = rng.choice("AW")
    start = app.clock.now()
    begun = start if begun_ago is None else start - begun_ago
    duration = rng.choice([1, rng.randrange(2, longest), longest])
    connector = rng.randint(0, 1)
    payload = {"connectorId": connector, "duration": duration, "chargingRateUnit": unit}
    answer = smart.composite(payload)
    if answer["connectorId"] != connector or seconds(answer["scheduleStart"]) != start:
        return "seed %d: %r" % (seed, answer)
    expected = schedule_of(store, start, duration, begun, unit, ampere, phases)
    differs = compare(expected, answer, duration)
    return differs and "seed %d: %s" % (seed, differs)
