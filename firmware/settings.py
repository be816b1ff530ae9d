# SPDX-License-Identifier: MIT
"""Settings: one JSON file, checked as a whole, with an error for each key that is wrong.

A file with any error is not used at all: the charger then starts with its defaults, offers
0 A and says why. Nothing is ever written back over a file that a person has made.
"""

import json

from firmware import Settings, boards

FILE = "settings.json"
_BURST_MA = 65000  # drivers/esp32/burst_sense.py
SECRETS = ("wifi_password", "setup_password", "authorization_key")

# key: (default, lowest, highest) for integers, (default, choices) for names, a default
# alone for true/false and free text (at most 128 characters).
TABLE = {
    "board": ("pico_w", boards.NAMES),
    "pilot_sense": ("board", ("board", "peak_hold", "phase_locked", "burst")),
    "mains_timing": ("board", ("board", "irq", "pio", "pcnt", "soft")),
    "meter": ("sdm630", ("sdm630", "sdm120", "em340", "bl0942")),
    "card_reader": ("line", ("line", "mfrc522")),
    "coil_hold_pm": (1000, 200, 1000),
    "device_id": "GP-0001",
    "phases": (3, 1, 3),
    "max_current_ma": (16000, 6000, 80000),
    "local_limit_ma": (0, 0, 80000),
    "cable": ("socket", ("socket", "tethered")),
    "tethered_cable_ma": (32000, 6000, 80000),
    "cp_switch": True,
    "phase_switch": True,
    "ventilation": False,
    "wake": True,
    "car_policy": (
        "auto",
        ("auto", "standard", "sleepy", "gentle", "no_switch", "no_wake", "blinking"),
    ),
    "confirm_charge_s": (0, 0, 600),
    "keep_awake_s": (0, 0, 86400),
    "after_power_loss": ("stop", ("stop", "resume")),
    "rcd_self_test": True,
    "pe_monitor": True,
    "contact_check": ("mirror", ("mirror", "load", "both")),
    "temperature_sensor": ("tmp1075", ("none", "tmp1075", "thermistor")),
    "derate_start_c": (60, 30, 90),
    "derate_stop_c": (75, 40, 105),
    "undervoltage_pm": (800, 500, 890),
    "overvoltage_pm": (1150, 1100, 1190),
    "authorisation": ("free", ("free", "card")),
    "free_id_tag": "FREE",
    "wifi_ssid": "",
    "wifi_password": "",
    "wifi_country": "",
    "ethernet": False,
    "ntp_host": "pool.ntp.org",
    "setup_password": "",  # of the set-up access point; empty = there is none
    "csms_url": "",
    "charge_point_id": "",
    "authorization_key": "",
    "ocpp_features": (
        "SmartCharging,RemoteTrigger,LocalAuthListManagement,Reservation,FirmwareManagement,"
        "Security,DataTransfer"
    ),
    "heartbeat_s": (300, 1, 86400),
    "meter_interval_s": (60, 0, 86400),
    "connection_timeout_s": (60, 5, 3600),
    "site_meter_host": "",  # Modbus TCP; empty = there is none
    "site_meter": ("sdm630", ("sdm630", "em340")),
    "site_meter_unit": (1, 1, 247),
    "site_limit_ma": (35000, 6000, 250000),  # main fuse, per phase
    "site_floor_ma": (6000, 0, 80000),  # while the meter is silent
    "nominal_mhz": (50000, 50000, 60000),
    "fcr_enabled": False,
    "fcr_baseline_ma": (10000, 6000, 80000),
    "fcr_capacity_ma": (4000, 0, 80000),
    "fcr_full_mhz": (200, 1, 5000),
    "fcr_deadband_mhz": (10, 0, 1000),
    "grid": {},  # see firmware/grid_sections.py
    "phase_wait_1to3_s": (60, 10, 300),
    "phase_wait_3to1_s": (30, 10, 300),
    "phase_dwell_s": (600, 0, 86400),
    "phase_switch_cap": (10, 0, 1000),
}


def defaults():
    """Settings as they are without a file."""
    settings = Settings()
    for key, rule in TABLE.items():
        setattr(settings, key, rule[0] if isinstance(rule, tuple) else rule)
    return settings


def _fault(rule, value):
    """What is wrong with `value`, as "expected ...", or None."""
    default = rule[0] if isinstance(rule, tuple) else rule
    if isinstance(default, bool):
        return None if isinstance(value, bool) else "expected true or false"
    if isinstance(default, int):
        if isinstance(value, int) and not isinstance(value, bool):
            if rule[1] <= value <= rule[2]:
                return None
        return "expected a whole number from %d to %d" % (rule[1], rule[2])
    if isinstance(rule, dict):
        return None if isinstance(value, dict) else "expected an object"
    if isinstance(rule, tuple):
        return None if value in rule[1] else "expected one of " + ", ".join(rule[1])
    if isinstance(value, str) and len(value) <= 128:
        return None
    return "expected a text of at most 128 characters"


def _fitted(settings):
    """What the board cannot be built with."""
    board = boards.load(settings.board)
    for key, offered in (
        ("pilot_sense", board.PILOT_SENSES),
        ("mains_timing", board.MAINS_TIMINGS),
    ):
        wanted = getattr(settings, key)
        if wanted != "board" and wanted not in offered:
            yield "%s: %r: expected board, %s with board %s" % (
                key,
                wanted,
                ", ".join(offered),
                settings.board,
            )
    if settings.pilot_sense == "burst" and settings.max_current_ma > _BURST_MA:
        # Beyond 90 % the low plateau is too short for it.
        yield "max_current_ma: %d: expected at most %d with pilot_sense burst" % (
            settings.max_current_ma,
            _BURST_MA,
        )
    if settings.meter in ("sdm120", "bl0942") and (settings.phases == 3 or settings.phase_switch):
        # What it does not see on L2 and L3 would count as no current.
        yield "meter: %r measures one phase: expected phases 1 and phase_switch false" % (
            settings.meter
        )
    if settings.card_reader == "mfrc522" and not hasattr(board, "READER_SPI"):
        yield "card_reader: 'mfrc522': expected line with board %s" % settings.board
    if settings.temperature_sensor == "thermistor":
        if not hasattr(board, "THERMISTOR"):
            yield "temperature_sensor: 'thermistor': expected tmp1075 with board " + settings.board
        elif board.THERMISTOR == board.CP_LOW and settings.pilot_sense != "burst":
            yield "temperature_sensor: 'thermistor': expected pilot_sense burst as well"


def _contradictions(settings):
    yield from _fitted(settings)
    if settings.phases == 2:
        yield "phases: 2: expected 1 or 3"
    if settings.nominal_mhz not in (50000, 60000):
        yield "nominal_mhz: %d: expected 50000 or 60000" % settings.nominal_mhz
    if settings.fcr_deadband_mhz >= settings.fcr_full_mhz:
        yield "fcr_deadband_mhz: %d: expected less than fcr_full_mhz (%d)" % (
            settings.fcr_deadband_mhz,
            settings.fcr_full_mhz,
        )
    if settings.derate_stop_c < settings.derate_start_c + 10:
        yield "derate_stop_c: %d: expected at least 10 more than derate_start_c (%d)" % (
            settings.derate_stop_c,
            settings.derate_start_c,
        )
    if settings.grid:
        from firmware.grid_config import problem

        wrong = problem(settings.grid, settings)
        if wrong:
            yield wrong
        elif settings.fcr_enabled:
            yield "grid: expected no fcr_enabled beside it"
    url = settings.csms_url
    if url and not url.startswith(("ws://", "wss://")):
        yield "csms_url: %r: expected ws://host:port/path or wss://..." % url


def validate(values):
    """Check a dict of settings. Returns (Settings, list of errors); errors name the key."""
    settings = defaults()
    if not isinstance(values, dict):
        return settings, ["settings: expected an object with keys and values"]
    errors = []
    for key, value in values.items():
        rule = TABLE.get(key)
        if rule is None:
            errors.append("%s: unknown key" % key)
            continue
        fault = _fault(rule, value)
        if fault:
            shown = "a secret" if key in SECRETS else repr(value)
            errors.append("%s: %s: %s" % (key, shown, fault))
        else:
            setattr(settings, key, value)
    errors.extend(_contradictions(settings))
    return settings, errors


def load(path=FILE):
    """Read and check the file. No file is no error; a bad one gives defaults and the errors."""
    try:
        with open(path) as file:
            values = json.load(file)
    except OSError:
        return defaults(), []
    except ValueError as error:
        return defaults(), ["%s: not JSON: %s" % (path, error)]
    settings, errors = validate(values)
    if errors:
        return defaults(), [path + ": " + error for error in errors]
    return settings, []
