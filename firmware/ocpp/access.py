# SPDX-License-Identifier: MIT
"""How the next connection is secured: security profile, password, certificates, and the way back.

Profiles of the OCPP 1.6 security extension: 0 nothing, 1 password, 2 password over TLS, 3 TLS with
a certificate of our own. A profile only goes up; a new profile or password is tried at once, and
until it has worked once the old one is still tried in turn, so that a mistake locks nobody out.
"""

import binascii

from firmware.ocpp import store, tls
from firmware.printable import printable

_TRIES = 3  # failed attempts of a new profile before the old one comes back


class Access:
    """`attempt` says how to connect; `worked` and `failed` say how it went."""

    def __init__(self, app, station):
        self._app = app
        self._station = station
        self._config = station.config
        self._trial = None  # profile that has not worked yet
        self._tries = 0
        self._old_key = False  # the last attempt was with KeyBefore

    def idle(self):
        """True when nothing new is being tried."""
        return self._trial is None and not self._old_key

    def _profile(self):
        return self._config.number("SecurityProfile")

    def start(self):
        """Take up what the settings say; the configuration has been loaded."""
        settings = self._app.settings
        config = self._config
        if settings.authorization_key and not config.text("AuthorizationKey"):
            config.put("AuthorizationKey", settings.authorization_key)
        self._station.key_reading = config.text("AuthorizationKeyReading")
        implied = 0
        if settings.csms_url.startswith("wss://"):
            implied = 3 if store.has(store.STATION) else 2
        elif settings.authorization_key:
            implied = 1
        if implied > self._profile():
            config.put("SecurityProfile", implied)
        self._station.reserve()

    def attempt(self):
        """(url, ssl context or None, Authorization header or None). Raises ValueError."""
        station = self._station
        profile = self._profile() if self._trial is None else self._trial
        url = self._app.settings.csms_url.rstrip("/") + "/" + percent_encoded(station.id)
        context = None
        if profile >= 2:
            if url.startswith("ws://"):
                url = "wss://" + url[5:]
            tls.set_chip_clock(int(self._config.text("LastTime") or 0))
            tls.set_chip_clock(self._app.clock.now() or 0)
            context = tls.context(profile == 3)
        key = self._config.text("KeyBefore" if self._old_key else "AuthorizationKey")
        header = None
        if key and profile in (1, 2):
            header = basic(station.id, password(key, station.key_reading))
        return url, context, header

    def worked(self):
        """The central system has taken us."""
        config = self._config
        if self._trial is not None:
            config.put("SecurityProfile", self._trial)
            self._app.log.event("security_profile", profile=self._trial)
            self._trial = None
        if self._old_key:  # it never took the new one
            config.put("AuthorizationKey", config.text("KeyBefore"))
            self._app.log.event("key_refused", why="the old one works")
        if config.text("KeyBefore"):
            config.put("KeyBefore", "")
        self._old_key = False

    def failed(self, kind):
        """It has not worked; `kind` as of websocket.Closed."""
        if self._trial is not None:
            self._tries += 1
            if self._tries >= _TRIES:
                self._app.log.event("security_profile_failed", profile=self._trial)
                self._trial = None
        elif self._config.text("KeyBefore") and kind == "password":
            self._old_key = not self._old_key

    def guard(self, name, value):
        """The status word of a change of one of our keys, or None: go on with it."""
        if name == "SecurityProfile":
            return self._guard_profile(value)
        if name == "AuthorizationKey":
            return self._guard_key(value)
        return None if value in ("hex", "text") else "Rejected"

    def _guard_profile(self, value):
        """Only upwards, and only with what it needs (A05)."""
        wanted = int(value)
        if wanted == self._profile():
            return "Accepted"
        ready = wanted > self._profile()
        if wanted in (1, 2) and not self._config.text("AuthorizationKey"):
            ready = False
        if wanted >= 2 and not any(True for _ in store.roots(store.CSMS)):
            ready = False
        if wanted == 3 and not (store.has(store.STATION) and store.has(store.KEY)):
            ready = False
        if not ready:
            return "Rejected"
        self._trial = wanted
        self._tries = 0
        self._station.changed = True
        return "Accepted"  # and written once it has worked

    def _guard_key(self, value):
        if not is_password(value, self._station.key_reading):
            return "Rejected"
        before = self._config.text("AuthorizationKey")
        if before and before != value:
            self._config.put("KeyBefore", before)
        self._station.changed = self._profile() in (1, 2) and before != value
        return None


def is_password(key, reading):
    """True for a key of 16 to 20 bytes in hexadecimal, or 16 to 40 characters as they are."""
    if reading == "text":
        return 16 <= len(key) <= 40
    if not 32 <= len(key) <= 40 or len(key) & 1:
        return False
    return printable(key, "0123456789abcdefABCDEF")


def password(key, reading):
    """The bytes of the password. Both readings of the standard are in use: the key is 40
    hexadecimal digits for 20 bytes (1.6-J, 6.2.1), or it is the password itself.
    """
    if reading == "text" or not is_password(key, "hex"):
        return key.encode()
    return binascii.unhexlify(key)


def percent_encoded(text):
    """`text` for use as one part of a URL path (RFC 3986)."""
    encoded = ""
    for byte in text.encode():
        char = chr(byte)
        if (byte < 128 and (char.isalpha() or char.isdigit())) or char in "-._~":
            encoded += char
        else:
            encoded += "%%%02X" % byte
    return encoded


def basic(user, password):
    """Value of an Authorization header (RFC 7617); the password is bytes of any kind."""
    return "Basic " + binascii.b2a_base64(user.encode() + b":" + password).strip().decode()
