# SPDX-License-Identifier: MIT
"""Restarts that the central system asks for: in order, and not for ever.

The transaction is stopped and its delivery waited for, but not without end. Each restart costs the
flash a dozen writes, refills every other ration, and ends a session: so many may be asked for in a
row, counted through restarts, then one in two hours (clockwork.py forgives them).
"""

_WAIT_S = {"Soft": 20, "Hard": 5}  # longest wait for the last StopTransaction
_RESETS = 4


class Restart:
    """`want` asks for one; `poll` goes about it once a second."""

    def __init__(self, app, station):
        self._app = app
        self._station = station
        self.wanted = None  # None, "Soft" or "Hard"
        self._until_s = None

    def idle(self):
        """True when none is coming."""
        return not self.wanted

    def want(self, kind):
        """Restart, "Hard" or "Soft", once the answer is out; False when it must not be."""
        if self.wanted or self._station.resets() >= _RESETS:
            return False
        self.wanted = kind
        self._station.event("ResetOrReboot", kind)
        return True

    def poll(self):
        """Stop the transaction, wait for its delivery but not for ever, restart."""
        kind = self.wanted
        if not kind:
            return
        transactions = self._app.transactions
        station = self._station
        now_s = self._app.clock.uptime_s()
        if self._until_s is None:
            self._until_s = now_s + _WAIT_S[kind]
            if kind == "Hard":
                transactions.close("HardReset")
            else:
                transactions.stop("SoftReset")
            return
        if now_s < self._until_s and (transactions.pending() or station.errands):
            return
        transactions.close(kind + "Reset")
        if station.authorise:
            station.authorise.cache.save()
        station.config.put("Resets", str(station.resets() + 1))
        station.config.save()
        self._app.log.event("reset", kind=kind)
        self.wanted = self._until_s = None
        if station.on_reset:
            station.on_reset()
        else:
            import machine

            machine.reset()
