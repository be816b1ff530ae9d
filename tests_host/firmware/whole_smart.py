# SPDX-License-Identifier: MIT
"""Smart charging as one object: the part that keeps profiles, and the one that takes them in."""

from firmware.ocpp.schedules import Schedules
from firmware.ocpp.smart import SmartCharging


class Smart(SmartCharging):
    """Both, without a station."""

    def __init__(self, app):
        super().__init__(app)
        self._schedules = Schedules(app, self)

    def need(self, name):
        """In the place of the station."""
        assert name == "smart"
        return self

    def __getattr__(self, name):
        """What is not here is there."""
        if name == "_schedules":
            raise AttributeError(name)
        return getattr(self._schedules, name)
