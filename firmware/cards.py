# SPDX-License-Identifier: MIT
"""Who may charge: cards at the reader, remote starts, and the decision about them.

Base of Transactions. A decision may take as long as the central system needs; without one the
card itself is the key.
"""

from micropython import const

from firmware.printable import printable
from firmware.wear import Bucket

_MASK = const(0x3FFFFFFF)
_REPEAT_MS = const(1500)  # a card held at the reader is one tap
_REMOTE_STARTS = const(20)  # in a row; then one a minute: each one costs the flash three writes

LOCAL = "Local"


def same(a, b):
    """Card numbers are compared without regard to case (CiString20Type); None equals nothing."""
    return a is not None and b is not None and a.lower() == b.lower()


class Cards:
    """The card that charges or may begin to; `stop` is that of Transactions."""

    def __init__(self, app):
        self._app = app
        self.open = None  # the running record, also while it is being stopped
        self.id_tag = None  # accepted and waiting for the plug, or charging
        self.parent = None  # parent id of id_tag
        self.operative = True  # False: ChangeAvailability took the charger out of service
        self._asking = None  # id waiting for the answer of Authorize
        self._since_ms = 0  # when id_tag, _asking or stopping began
        self._tapped = None
        self._tapped_ms = 0
        self._remote_starts = Bucket(_REMOTE_STARTS, 60)

    def stop(self, reason):
        """Stop the open transaction."""
        raise NotImplementedError

    def tap(self, id_tag):
        """A card was read: start, or stop the transaction of this card or its group."""
        id_tag = id_tag.strip() if isinstance(id_tag, str) else ""
        now_ms = self._app.now_ms()
        if not 0 < len(id_tag) <= 20 or not printable(id_tag):
            self._app.log.event("tap_ignored", why="not a card number of 1 to 20 characters")
            return
        if same(id_tag, self._tapped) and (now_ms - self._tapped_ms) & _MASK < _REPEAT_MS:
            return
        self._tapped = id_tag
        self._tapped_ms = now_ms
        self._app.log.event("tap", id_tag=id_tag)
        if self.open or self.id_tag is not None:
            if same(id_tag, self.id_tag):
                if self.open:
                    self.stop(LOCAL)
                else:
                    self._forget("cancelled")
            elif self.open and self.parent and self._asking is None:
                self._ask(id_tag)  # a card of the same group may stop (1.6 ed. 2, 4.10)
            else:
                self._app.log.event("tap_ignored", why="another card is in use")
        elif self._asking is None and self.operative:
            self._ask(id_tag)

    def answer(self, id_tag, accepted, parent=None):
        """The decision about the id that was asked for, and its parent id if there is one."""
        if not same(id_tag, self._asking):
            return
        self._asking = None
        if self.open:
            if accepted and same(parent, self.parent):
                self.open.stop_tag = id_tag
                self.stop(LOCAL)
            else:
                self._app.log.event("tap_ignored", why="another card is in use")
            return
        if accepted and not self._may_start(id_tag, parent):
            accepted = False  # the charger is reserved for somebody else
        self._app.log.event("authorise", id_tag=id_tag, accepted=accepted)
        if accepted:
            self._accept(id_tag, parent)
        elif self._app.station:
            self._app.station.start_forgotten()

    def remote_start(self, id_tag, ask=False):
        """RemoteStartTransaction; False when the charger is taken. `ask`: authorise it first."""
        if self.open or self.id_tag is not None or not self.operative or self._app.charger.fault:
            return False
        if not ask and not self._may_start(id_tag, None):
            return False
        if not self._remote_starts.take(self._app.clock.uptime_s()):
            return False
        self._asking = None
        if ask:
            self._ask(id_tag)
        else:
            self._accept(id_tag, None)
        return True

    def _may_start(self, id_tag, parent):
        station = self._app.station
        return station is None or station.may_start(id_tag, parent)

    def _ask(self, id_tag):
        self._asking = id_tag
        self._since_ms = self._app.now_ms()
        if self._app.station is None:
            self.answer(id_tag, True)  # nobody to ask: the card itself is the key
        else:
            self._app.station.begin(id_tag)

    def _accept(self, id_tag, parent):
        self.id_tag = id_tag
        self.parent = parent
        self._since_ms = self._app.now_ms()

    def _forget(self, why):
        self._app.log.event("authorisation_ended", id_tag=self.id_tag, why=why)
        self.id_tag = None
        if self._app.station:
            self._app.station.start_forgotten()
