# SPDX-License-Identifier: MIT
"""Actions of the embedded central system: `do` and its fields, and the OCPP call each becomes.

remote_start {id_tag, connector=1}      remote_stop {transaction_id = the running one}
set_profile {periods = [[start_s, limit, phases?], ...], purpose="TxDefaultProfile",
             stack_level=0, start_s = now or seconds from the run's start, unit="A" or "W",
             duration?, id = counted up, connector=0, kind="Absolute"}
clear_profile {id?, connector?, purpose?, stack_level?}
composite {duration, unit?, connector=1}
trigger {message, connector?}           reset {type="Soft" or "Hard"}
get_configuration {keys?}               change_configuration {key, value}
change_availability {type="Operative" or "Inoperative", connector=0}
raw {action, payload}                   sent as it is, right or wrong
"""

_REQUIRED = object()
_OPTIONAL = object()

# do: (OCPP action, {field of the bench: (field of OCPP, default)})
TABLE = {
    "remote_start": (
        "RemoteStartTransaction",
        {"id_tag": ("idTag", _REQUIRED), "connector": ("connectorId", 1)},
    ),
    "remote_stop": ("RemoteStopTransaction", {"transaction_id": ("transactionId", _OPTIONAL)}),
    "set_profile": (
        "SetChargingProfile",
        {
            "periods": ("chargingSchedulePeriod", _REQUIRED),
            "purpose": ("chargingProfilePurpose", "TxDefaultProfile"),
            "stack_level": ("stackLevel", 0),
            "start_s": ("startSchedule", _OPTIONAL),
            "unit": ("chargingRateUnit", "A"),
            "duration": ("duration", _OPTIONAL),
            "id": ("chargingProfileId", _OPTIONAL),
            "connector": ("connectorId", 0),
            "kind": ("chargingProfileKind", "Absolute"),
        },
    ),
    "clear_profile": (
        "ClearChargingProfile",
        {
            "id": ("id", _OPTIONAL),
            "connector": ("connectorId", _OPTIONAL),
            "purpose": ("chargingProfilePurpose", _OPTIONAL),
            "stack_level": ("stackLevel", _OPTIONAL),
        },
    ),
    "composite": (
        "GetCompositeSchedule",
        {
            "duration": ("duration", _REQUIRED),
            "unit": ("chargingRateUnit", _OPTIONAL),
            "connector": ("connectorId", 1),
        },
    ),
    "trigger": (
        "TriggerMessage",
        {"message": ("requestedMessage", _REQUIRED), "connector": ("connectorId", _OPTIONAL)},
    ),
    "reset": ("Reset", {"type": ("type", "Soft")}),
    "get_configuration": ("GetConfiguration", {"keys": ("key", _OPTIONAL)}),
    "change_configuration": (
        "ChangeConfiguration",
        {"key": ("key", _REQUIRED), "value": ("value", _REQUIRED)},
    ),
    "change_availability": (
        "ChangeAvailability",
        {"type": ("type", _REQUIRED), "connector": ("connectorId", 0)},
    ),
    "raw": ("", {"action": ("", _REQUIRED), "payload": ("", _REQUIRED)}),
}


def check_action(action):
    """What is wrong with an action, as "key: expected ...", or None."""
    do = action.get("do")
    if do not in TABLE:
        return "do: unknown action %r, expected one of %s" % (do, ", ".join(sorted(TABLE)))
    fields = TABLE[do][1]
    for key in action:
        if key != "do" and key not in fields:
            return "%s: unknown field of %s, expected %s" % (key, do, ", ".join(fields))
    for key, (_, default) in fields.items():
        if default is _REQUIRED and key not in action:
            return "%s: missing, %s needs it" % (key, do)
    if do == "set_profile" and not _are_periods(action["periods"]):
        return "periods: expected [[start_s, limit] or [start_s, limit, phases], ...]"
    return None


def _are_periods(periods):
    return (
        isinstance(periods, list)
        and len(periods) > 0
        and all(
            isinstance(period, list)
            and 2 <= len(period) <= 3
            and all(isinstance(number, (int, float)) for number in period)
            for period in periods
        )
    )


def request(action, iso_at, running, new_profile_id):
    """(OCPP action, payload) of a checked action. Raises ValueError when it makes no sense now.

    iso_at(seconds from the run's start, None = now) gives a timestamp, running() the id of the
    running transaction or None, new_profile_id() the next free id.
    """
    if action["do"] == "raw":
        return action["action"], action["payload"]
    name, fields = TABLE[action["do"]]
    payload = {}
    for key, (field, default) in fields.items():
        value = action.get(key, default)
        if value is not _OPTIONAL:
            payload[field] = value
    if name == "RemoteStopTransaction" and not payload:
        payload["transactionId"] = running()
        if payload["transactionId"] is None:
            raise ValueError("no transaction is running")
    if name == "SetChargingProfile":
        payload = _profile(payload, iso_at, new_profile_id)
    return name, payload


def _profile(flat, iso_at, new_profile_id):
    """The nested payload of SetChargingProfile from its flat fields."""
    schedule = {
        "startSchedule": iso_at(flat.get("startSchedule")),
        "chargingRateUnit": flat["chargingRateUnit"],
        "chargingSchedulePeriod": [
            dict(zip(("startPeriod", "limit", "numberPhases"), period, strict=False))
            for period in flat["chargingSchedulePeriod"]
        ],
    }
    if "duration" in flat:
        schedule["duration"] = flat["duration"]
    counted = new_profile_id()
    return {
        "connectorId": flat["connectorId"],
        "csChargingProfiles": {
            "chargingProfileId": flat.get("chargingProfileId", counted),
            "stackLevel": flat["stackLevel"],
            "chargingProfilePurpose": flat["chargingProfilePurpose"],
            "chargingProfileKind": flat["chargingProfileKind"],
            "chargingSchedule": schedule,
        },
    }
