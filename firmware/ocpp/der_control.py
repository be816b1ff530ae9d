# SPDX-License-Identifier: MIT
"""DER controls of OCPP 2.1: kept, ranked, started and ended; the grid services carry them out.

Within one type, and apart for defaults and scheduled ones, the lower priority number wins; equals
do not displace (R04.FR.02-08). A scheduled control stands above the default while it lasts, and
is forgotten afterwards. All of them survive a power cut (R01.FR.03).
"""

from micropython import const

from firmware.clock import EPOCH_2020
from firmware.journal import read_json, write_json
from firmware.ocpp import der_fields, fields
from firmware.ocpp.rpc import CallError
from firmware.wear import Bucket

MOST = const(12)
_HORIZON_S = const(34560000)  # 400 days
_FILE = "der.json"

ACCEPTED = "Accepted"
REJECTED = "Rejected"
NOT_SUPPORTED = "NotSupported"
NOT_FOUND = "NotFound"


class Control:
    """One control. `start_s` and `end_s`: seconds since 2020, None for a default."""

    def __init__(self, name, kind, default, table, start_s=None, end_s=None):
        self.id = name
        self.kind = kind
        self.default = default
        self.table = table
        self.start_s = start_s
        self.end_s = end_s

    @property
    def priority(self):
        """0 is the highest."""
        return self.table["priority"]

    def overlaps(self, other):
        """True when both hold at some moment (defaults always do)."""
        if self.default or other.default:
            return True
        return self.start_s < other.end_s and other.start_s < self.end_s


class DerControls:
    """`act(sections)` -> None or an error text; `tell(action, payload)` sends a request."""

    def __init__(self, app, act, tell):
        self._app = app
        self._act = act
        self._tell = tell
        self.controls = []
        self._active = {}  # type -> Control carried out now
        self._dirty = False
        self._bucket = Bucket(12, 60)

    def _now_s(self):
        unix_s = self._app.clock.now()
        return None if unix_s is None else unix_s - EPOCH_2020

    def _amperes(self):
        return self._app.settings.max_current_ma // 1000

    # Requests.

    def set(self, data):
        """SetDERControlRequest -> response."""
        default = fields.flag(data, "isDefault")
        name = fields.text(data, "controlId", 36)
        kind = fields.choice(data, "controlType", der_fields.TYPES)
        rule = der_fields.SUPPORTED.get(kind or "")
        if rule is None:
            return {"status": NOT_SUPPORTED}
        given = [key for key in der_fields.FIELDS if data.get(key) is not None]
        if given != [rule[0]]:
            return _rejected("InvalidValue", "expected %s and no other control" % rule[0])
        table = fields.table(data, rule[0], dict)
        fields.integer(table, "priority", 0, 1000)
        der_fields.section_of(kind, table, self._amperes())
        why, control = self._control(name, kind, default, der_fields.cleaned(kind, table))
        if why:
            return _rejected("InvalidValue", why)
        before = self.controls
        others = [c for c in before if c.id != name]
        if len(others) >= MOST:
            return _rejected("TooManyElements", "more than %d controls" % MOST)
        rivals = [
            c for c in others if c.kind == kind and c.default == default and c.overlaps(control)
        ]
        self.controls = others + [control]
        why = self._follow()
        if why:
            self.controls = before
            self._follow()
            return _rejected("InvalidValue", why)
        self._keep()
        weaker = [c.id for c in rivals if control.priority < c.priority]
        if any(control.priority >= c.priority for c in rivals):
            weaker = [name]
        if weaker:
            return {"status": ACCEPTED, "supersededIds": weaker}
        return {"status": ACCEPTED}

    def _control(self, name, kind, default, table):
        """(reason of refusal or None, Control)."""
        duration_s = table.get("duration")
        if default:
            if duration_s is not None or table.get("startTime") is not None:
                return "a default has neither startTime nor duration", None
            return None, Control(name, kind, True, table)
        if kind in der_fields.ONLY_DEFAULT:
            return "%s exists as default only" % kind, None
        now_s = self._now_s()
        if now_s is None:
            return "the time of day is unknown", None
        start_s = fields.seconds(table, "startTime", now_s)
        duration_s = der_fields.thousandths(table, "duration", 1, _HORIZON_S) // 1000
        if not now_s - _HORIZON_S < start_s < now_s + _HORIZON_S:
            return "startTime is too far away", None
        if start_s + duration_s <= now_s:
            return "it is over already", None
        return None, Control(name, kind, False, table, start_s, start_s + duration_s)

    def clear(self, data):
        """ClearDERControlRequest -> response."""
        chosen = self._chosen(data, fields.flag(data, "isDefault"))
        if not chosen and (data.get("controlId") or data.get("controlType")):
            return {"status": NOT_FOUND}
        self.controls = [c for c in self.controls if c not in chosen]
        self._follow()
        self._keep()
        return {"status": ACCEPTED}

    def get(self, data):
        """GetDERControlRequest -> response; ReportDERControl follows, one control in each."""
        request_id = fields.integer(data, "requestId", 0, 0x7FFFFFFF)
        default = None if data.get("isDefault") is None else fields.flag(data, "isDefault")
        kind = fields.choice(data, "controlType", der_fields.TYPES, False)
        if kind and kind not in der_fields.SUPPORTED:
            return {"status": NOT_SUPPORTED}
        chosen = self._chosen(data, default)
        if not chosen:
            return {"status": NOT_FOUND}
        for control in chosen:
            field = der_fields.SUPPORTED[control.kind][0]
            entry = {"id": control.id, field: control.table}
            if field in ("curve", "freqDroop"):
                entry["isDefault"] = control.default
                entry["isSuperseded"] = self._active.get(control.kind) is not control
            if field == "curve":
                entry["curveType"] = control.kind
            report = {"requestId": request_id, field: [entry]}
            if control is not chosen[-1]:
                report["tbc"] = True
            self._tell("ReportDERControl", report)
        return {"status": ACCEPTED}

    def _chosen(self, data, default):
        name = fields.text(data, "controlId", 36, "")
        kind = fields.choice(data, "controlType", der_fields.TYPES, False)
        return [
            c
            for c in self.controls
            if (not name or c.id == name)
            and (not kind or c.kind == kind)
            and (default is None or c.default == default)
        ]

    # The clockwork.

    def poll(self):
        """About once a second: start and end what is due, write what has changed."""
        self._follow()
        self._flush()

    def _follow(self):
        """Find what holds now and have it carried out; returns an error text or None."""
        now_s = self._now_s()
        over = [c for c in self.controls if c.end_s is not None and now_s and now_s >= c.end_s]
        if over:
            self.controls = [c for c in self.controls if c not in over]
            self._dirty = True
        active = {}
        for control in self.controls:
            if not control.default and (now_s is None or now_s < control.start_s):
                continue
            rival = active.get(control.kind)
            if rival is None or _above(control, rival):
                active[control.kind] = control
        if active == self._active:
            return None
        sections = der_fields.merge({k: c.table for k, c in active.items()}, self._amperes())
        why = self._act(sections)
        if why is None:
            before = self._active
            self._active = active
            self._announce(before, active)
        return why

    def _announce(self, before, after):
        """NotifyDERStartStop for scheduled controls (R04.FR.20-22)."""
        timestamp = self._app.clock.iso()
        for kind in der_fields.SUPPORTED:
            old, new = before.get(kind), after.get(kind)
            if old is new or timestamp is None:
                continue
            if new is not None and not new.default:
                note = {"controlId": new.id, "started": True, "timestamp": timestamp}
                if old is not None and old in self.controls:
                    note["supersededIds"] = [old.id]
                self._tell("NotifyDERStartStop", note)
            if old is not None and not old.default and old not in self.controls:
                self._tell(
                    "NotifyDERStartStop",
                    {"controlId": old.id, "started": False, "timestamp": timestamp},
                )

    # The file.

    def _keep(self):
        self._dirty = True
        self._flush()

    def _flush(self):
        if not self._dirty or not self._bucket.take(self._app.clock.uptime_s()):
            return
        self._dirty = False
        kept = [[c.id, c.kind, c.default, c.table, c.start_s, c.end_s] for c in self.controls]
        try:
            write_json(_FILE, kept)
        except OSError as error:
            self._app.log.event("der_not_kept", why=str(error))

    def load(self):
        """Take in what was kept; one that is damaged is left out."""
        kept = read_json(_FILE)
        for entry in kept[:MOST] if isinstance(kept, list) else []:
            try:
                name, kind, default, table, start_s, end_s = entry
                fields.integer(table, "priority", 0, 1000)
                der_fields.section_of(kind, table, self._amperes())
                if not default and not (isinstance(start_s, int) and isinstance(end_s, int)):
                    raise ValueError("expected whole seconds")
                self.controls.append(Control(str(name), kind, default, table, start_s, end_s))
            except (CallError, ValueError, TypeError, KeyError, AttributeError) as error:
                self._app.log.event("der_not_kept", why=repr(error)[:80])
        self._follow()


def _above(one, other):
    """True when `one` is carried out rather than `other`."""
    if one.default != other.default:
        return other.default
    return one.priority < other.priority


def _rejected(reason, text):
    return {
        "status": REJECTED,
        "statusInfo": {"reasonCode": reason[:20], "additionalInfo": text},
    }
