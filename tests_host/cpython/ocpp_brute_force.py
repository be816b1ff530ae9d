# SPDX-License-Identifier: MIT
"""Charging profiles evaluated one second at a time, from the words of OCPP 1.6 and its errata.

Written without a look at the firmware: plain dicts as they come over the wire, fractions instead
of tenths, and every second worked out afresh. Slow on purpose. Also makes random sets of profiles.
"""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import cache

VOLTS = 230  # nominal, 1.6 ed. 2, 7.12
ROUND_S = {"Daily": 86400, "Weekly": 604800}
NOW = datetime(2025, 4, 28, 10, 15, tzinfo=UTC)


@cache
def seconds(text):
    """Unix seconds of an ISO 8601 text."""
    return round(datetime.fromisoformat(text).timestamp())


@cache
def exact(number):
    """A decimal number as it is written, without the error of binary fractions."""
    return Fraction(str(number))


def iso(unix_s):
    """ISO 8601 text of unix seconds."""
    return datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Store:
    """Profiles as a charge point holds them, with the rules of replacement (5.16.4).

    All of them came at `received`. One rule is the charger's own (docs/ocpp.md): clocks differ, so
    an absolute schedule that starts one or two seconds later holds its first period until then.
    """

    def __init__(self, received=NOW):
        self.received = round(received.timestamp())
        self.kept = []  # (connector, csChargingProfiles)

    def set(self, payload):
        """SetChargingProfile.req that was accepted."""
        connector, new = payload["connectorId"], payload["csChargingProfiles"]

        def place(where, profile):
            return (where, profile["chargingProfilePurpose"], profile["stackLevel"])

        self.kept = [
            (where, old)
            for where, old in self.kept
            if old["chargingProfileId"] != new["chargingProfileId"]
            and place(where, old) != place(connector, new)
        ]
        self.kept.append((connector, new))

    def value(self, profile, t, begun):
        """(limit, unit, phases or None) that one profile gives at second t, or None."""
        if "validFrom" in profile and t < seconds(profile["validFrom"]):
            return None
        if "validTo" in profile and t >= seconds(profile["validTo"]):
            return None
        schedule = profile["chargingSchedule"]
        kind = profile["chargingProfileKind"]
        if kind == "Relative" or "startSchedule" not in schedule:
            offset = t - begun
        elif kind == "Absolute":
            offset = t - seconds(schedule["startSchedule"])
            if 1 <= seconds(schedule["startSchedule"]) - self.received <= 2 and offset < 0:
                offset = 0  # never looked at before it was received
        else:
            offset = (t - seconds(schedule["startSchedule"])) % ROUND_S[profile["recurrencyKind"]]
        if offset < 0 or offset >= schedule.get("duration", float("inf")):
            return None
        found = None
        for period in schedule["chargingSchedulePeriod"]:
            if period["startPeriod"] <= offset:
                found = period
        limit = exact(found["limit"])
        return limit, schedule["chargingRateUnit"], found.get("numberPhases")

    def strongest(self, purpose, t, begun):
        """The value of the highest stack level that has one (errata 4.0, 3.43)."""
        best = None
        best_rank = ()
        for connector, profile in self.kept:
            if profile["chargingProfilePurpose"] == purpose:
                value = self.value(profile, t, begun)
                rank = (profile["stackLevel"], connector)
                if value is not None and rank > best_rank:
                    best, best_rank = value, rank
        return best

    def at(self, t, begun, unit, hardware_a, hardware_phases):
        """(limit in tenths, cut off, phases or None) of the composite schedule at second t."""
        running = self.strongest("TxProfile", t, begun)
        values = [
            self.strongest("ChargePointMaxProfile", t, begun),
            running or self.strongest("TxDefaultProfile", t, begun),
        ]
        values = [value for value in values if value is not None]
        phases = min((n for _, _, n in values if n is not None), default=None)
        wires = min(phases or 3, hardware_phases)
        top = Fraction(hardware_a) * (VOLTS * wires if unit == "W" else 1)
        limits = [top]
        for limit, given_in, _ in values:
            if given_in == unit:
                limits.append(limit)
            elif unit == "A":
                limits.append(limit / (VOLTS * wires))
            else:
                limits.append(limit * VOLTS * wires)
        return min(limits) * 10 // 1, phases


def schedule_of(store, start, duration, begun, unit, hardware_a, hardware_phases):
    """List of (second, limit in tenths, phases or None), one entry for every change."""
    changes = []
    for offset in range(duration):
        now = store.at(start + offset, begun, unit, hardware_a, hardware_phases)
        if not changes or changes[-1][1:] != now:
            changes.append((offset, *now))
    return changes


def random_schedule(rng):
    """A chargingSchedule without its start."""
    unit = rng.choice("AW")
    period, periods = 0, []
    for _ in range(rng.choice([1, 2, 3, 5, 24])):
        limit = rng.randrange(0, 400) if unit == "A" else rng.randrange(0, 260000)
        entry = {"startPeriod": period, "limit": limit / 10}
        if rng.random() < 0.5:
            entry["numberPhases"] = rng.randint(1, 3)
        periods.append(entry)
        period += rng.randrange(1, rng.choice([3, 60, 300]))
    schedule = {"chargingRateUnit": unit, "chargingSchedulePeriod": periods}
    if rng.random() < 0.5:
        schedule["duration"] = rng.randrange(0, rng.choice([100, 900, 90000]))
    if rng.random() < 0.2:
        schedule["minChargingRate"] = rng.randrange(0, 160) / 10
    return schedule


def random_request(rng, number, running):
    """A valid SetChargingProfile.req around NOW."""
    now = round(NOW.timestamp())
    purpose = rng.choice(["ChargePointMaxProfile", "TxDefaultProfile", "TxProfile"])
    if purpose == "TxProfile" and not running:
        purpose = "TxDefaultProfile"
    kinds = ["Absolute", "Recurring", "Relative"]
    kind = rng.choice(kinds[: 2 if purpose == "ChargePointMaxProfile" else 3])
    schedule = random_schedule(rng)
    profile = {
        "chargingProfileId": rng.randrange(100) if rng.random() < 0.2 else 100 + number,
        "stackLevel": rng.randint(0, rng.choice([1, 3, 8])),
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": kind,
        "chargingSchedule": schedule,
    }
    if kind != "Relative":
        days = rng.randrange(-9, 9) * 86400 if kind == "Recurring" else 0
        schedule["startSchedule"] = iso(now + days + rng.randrange(-600, 600))
        if kind == "Recurring":
            profile["recurrencyKind"] = rng.choice(["Daily", "Weekly"])
    if rng.random() < 0.3:
        profile["validFrom"] = iso(now + rng.randrange(-300, 600))
    if rng.random() < 0.3:
        profile["validTo"] = iso(now + rng.randrange(-100, 900))
    connector = 0 if purpose == "ChargePointMaxProfile" else rng.randint(0, 1)
    if purpose == "TxProfile":
        connector = 1
        if rng.random() < 0.5:
            profile["transactionId"] = running
    return {"connectorId": connector, "csChargingProfiles": profile}


def unix(hours=0, **more):
    """Unix seconds of NOW and so much later."""
    return round((NOW + timedelta(hours=hours, **more)).timestamp())
