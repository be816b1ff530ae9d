# SPDX-License-Identifier: MIT
"""DataTransfer: grid services of OCPP 2.1 for a central system that speaks 1.6.

vendorId is "GridPilot", messageId the action of 2.1, data its request as a JSON text; the answer
carries the 2.1 response the same way. Beside those there are words of our own for what 2.1 does
not have (fast frequency reserve). docs/ocpp-grid.md lists all of it.
"""

import json

from micropython import const

from firmware.ocpp import fields
from firmware.ocpp.der_control import DerControls
from firmware.ocpp.der_fields import SUPPORTED
from firmware.ocpp.grid_profile import GridProfile, rejected
from firmware.ocpp.rpc import CallError

VENDOR_ID = "GridPilot"
_MAX_DATA = const(4096)
_MAX_NESTED = const(60)
_SECTIONS = ("lfsm", "volt_watt", "enter_service")
_FFR_KEYS = (
    "option", "capacity_ma", "capacity_w", "support_s", "level_mhz", "full_ms",
    "deactivate_pm_s", "buffer_s", "recovery_pm", "ready_s", "confirm", "over",
)  # fmt: skip


class Transfer:
    """`handle` answers DataTransfer; `poll` about once a second; `load` once at the start."""

    def __init__(self, app, station):
        self._app = app
        self._station = station
        self._sections = {}  # of the DER controls, as last applied
        self.controls = DerControls(app, self._act_der, self.tell)
        self.profile = GridProfile(app, self._apply, self._setpoint)
        self._table = {
            "SetDERControl": self.controls.set,
            "ClearDERControl": self.controls.clear,
            "GetDERControl": self.controls.get,
            "SetChargingProfile": self.profile.set,
            "ClearChargingProfile": self._clear_profile,
            "AFRRSignal": self.profile.signal,
            "SetFFR": self._set_ffr,
            "ClearFFR": self._clear_ffr,
            "GetGridStatus": self._status,
        }

    def load(self):
        """Take in the controls that were kept."""
        self.controls.load()
        grid = getattr(self._app, "grid", None)
        if grid is not None:
            grid.on_summary = self._summary

    def poll(self):
        """Start and end what is due."""
        self.controls.poll()
        self.profile.poll()

    def tell(self, action, payload):
        """Send a request of 2.1 to the central system."""
        self._station.outbox.push(
            "DataTransfer",
            {"vendorId": VENDOR_ID, "messageId": action, "data": json.dumps(payload)},
        )

    def idle(self):
        """False: the grid services tell through this part what they do."""
        return False

    def handlers(self):
        """None: DataTransfer comes through core.py, which knows whose it is."""
        return {}

    def handle(self, payload):
        """DataTransfer.req -> .conf; raises CallError for what is wrong with the frame itself."""
        vendor = fields.text(payload, "vendorId", 255)
        message = fields.text(payload, "messageId", 50, "")
        if vendor != VENDOR_ID:
            return {"status": "UnknownVendorId"}
        handler = self._table.get(message)
        if handler is None:
            return {"status": "UnknownMessageId"}
        data = payload.get("data")
        try:
            if isinstance(data, str):
                if len(data) > _MAX_DATA or data.count("[") + data.count("{") > _MAX_NESTED:
                    raise ValueError("too much")
                data = json.loads(data) if data else {}
            if data is None:
                data = {}
            if not isinstance(data, dict):
                raise ValueError("expected an object")
            answer = handler(data)
        except CallError as error:
            answer = rejected("InvalidValue", error.description)
        except (ValueError, MemoryError, RuntimeError):
            answer = rejected("InvalidValue", "data: expected a JSON object")
        status = "Rejected" if answer.get("status") == "Rejected" else "Accepted"
        return {"status": status, "data": json.dumps(answer)}

    # What the grid services are told.

    def _grid(self):
        """The grid services, opened when they are needed for the first time; None without."""
        app = self._app
        grid = getattr(app, "grid", None)
        if grid is None and hasattr(app, "open_grid"):
            grid = app.open_grid() or app.grid
            if grid is not None:
                grid.on_summary = self._summary
        return grid

    def _apply(self, sections):
        """Hand over; a section that is None goes back to what the settings file says."""
        grid = self._grid()
        if grid is None:
            return "no grid services in this firmware"
        local = getattr(self._app.settings, "grid", None) or {}
        wanted = {}
        for name, section in sections.items():
            wanted[name] = local.get(name) if section is None else section
        return grid.apply(wanted)

    def _act_der(self, sections):
        """Apply what the DER controls ask for, and take back what they no longer do."""
        wanted = {}
        for name in _SECTIONS:
            if sections.get(name) != self._sections.get(name):
                wanted[name] = sections.get(name)
        if not wanted:
            return None
        why = self._apply(wanted)
        if why is None:
            self._sections = sections
        return why

    def _setpoint(self, ma, ttl_s):
        grid = self._grid()
        return "no grid services in this firmware" if grid is None else grid.setpoint(ma, ttl_s)

    def _clear_profile(self, data):
        return self.profile.clear(fields.optional_integer(data, "chargingProfileId", 0, 1 << 30))

    def _set_ffr(self, data):
        """Fast frequency reserve: the keys of the section "ffr" of the settings file."""
        for key, value in data.items():
            if key not in _FFR_KEYS:
                # MicroPython's decoder takes names that are no texts.
                return rejected("InvalidValue", "%s: unknown key" % str(key)[:30])
            if not isinstance(value, (int, str)):
                return rejected("InvalidValue", "%s: expected a whole number or a name" % key)
        why = self._apply({"ffr": data})
        return rejected("InvalidValue", why) if why else {"status": "Accepted"}

    def _clear_ffr(self, data):
        why = self._apply({"ffr": None})
        return rejected("InvalidValue", why) if why else {"status": "Accepted"}

    def _status(self, data):
        """What is armed, what is offered, which controls can be set."""
        grid = getattr(self._app, "grid", None)
        answer = grid.status() if grid is not None else {"services": []}
        return dict(answer, status="Accepted", controlTypes=sorted(SUPPORTED))

    def _summary(self, summary):
        """An activation is over: an alarm for a DER control, else a message of our own."""
        kind = {"lfsm": "FreqDroop", "volt_watt": "VoltWatt"}.get(summary.get("service"))
        if kind is None or kind not in [c.kind for c in self.controls.controls]:
            self.tell("GridActivation", summary)
            return
        if kind == "VoltWatt":
            fault = "UnderVoltage"
        elif summary.get("mhz_extreme", 0) > self._app.settings.nominal_mhz:
            fault = "OverFrequency"
        else:
            fault = "UnderFrequency"
        alarm = {"controlType": kind, "gridEventFault": fault, "alarmEnded": True}
        timestamp = summary.get("at") or self._app.clock.iso()
        if timestamp:
            alarm["timestamp"] = timestamp
            self.tell("NotifyDERAlarm", alarm)
