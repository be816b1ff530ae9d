# SPDX-License-Identifier: MIT
"""May this card charge? The list, the cache, the central system, in the order OCPP 1.6 says.

The local list beats the cache (3.5.2). Online the central system is asked, unless
LocalPreAuthorize lets a known good card start at once. Offline LocalAuthorizeOffline lets known
good cards charge, and AllowOfflineTxForUnknownId even unknown ones; a card that is known to be
bad never does (3.5.4).
"""

from firmware.clock import parse_iso
from firmware.ocpp import id_file, status
from firmware.ocpp.auth_cache import AuthCache


class Authorise:
    """`begin` starts a decision; Transactions.answer hears it, now or later."""

    def __init__(self, app, station):
        self._app = app
        self._station = station
        self._config = station.config
        self.cache = AuthCache(app, station)
        self.conflict = False  # the list says something else than the central system

    def load(self):
        """Take in what is kept."""
        self.cache.load()

    def idle(self):
        """True when nobody waits for an answer and all that was learnt is written."""
        return self._station.session.ask is None and not (self.conflict or self.cache.dirty)

    def _listed(self, id_tag):
        """The entry of a card in the local list, or None; None while the list is switched off."""
        if not self._config.flag("LocalAuthListEnabled"):  # no such key without the feature
            return None
        return id_file.find(id_file.LIST, id_tag)

    def known(self, id_tag):
        """(accepted, parent) as far as it is known here, or None."""
        entry = self._listed(id_tag)
        if entry is None and self._config.flag("AuthorizationCacheEnabled"):
            entry = self.cache.find(id_tag)
        if entry is None:
            return None
        now_s = self._app.clock.now()
        expired = entry[2] is not None and now_s is not None and now_s >= entry[2]
        return entry[1] == id_file.ACCEPTED and not expired, entry[3]

    def begin(self, id_tag):
        """Decide about a card, here or by asking."""
        station = self._station
        known = self.known(id_tag)
        if not station.online():
            self._offline(id_tag, known)
        elif known and known[0] and self._config.flag("LocalPreAuthorize"):
            self._app.transactions.answer(id_tag, True, known[1])
        elif station.session.ask is None:
            station.session.ask = id_tag
        else:
            self._app.transactions.answer(id_tag, False)

    def _offline(self, id_tag, known):
        if known is None:
            yes = self._config.flag("AllowOfflineTxForUnknownId")
        else:
            yes = known[0] and self._config.flag("LocalAuthorizeOffline")
        self._app.transactions.answer(id_tag, yes, known[1] if known else None)

    def answered(self, id_tag, error, info):
        """Authorize was answered with an idTagInfo, refused with an error, or not at all."""
        if error in ("timeout", "lost"):
            self._offline(id_tag, self.known(id_tag))
            return
        yes = False
        parent = None
        if error is None and info:
            self.told(id_tag, info)
            yes = info.get("status") == id_file.ACCEPTED
            parent = info.get("parentIdTag")
        if not id_file.is_id(parent):
            parent = None
        self._app.transactions.answer(id_tag, yes, parent)

    def told(self, id_tag, info, transaction=False):
        """Learn from an idTagInfo of the central system; ids of the list stay out of the cache."""
        if not info or not isinstance(info.get("status"), str) or not id_file.is_id(id_tag):
            return
        entry = self._listed(id_tag)
        if entry is not None:
            if transaction and (entry[1] == id_file.ACCEPTED) != (
                info["status"] == id_file.ACCEPTED
            ):
                self.conflict = True
            return
        if info["status"] == "ConcurrentTx" or not self._config.flag("AuthorizationCacheEnabled"):
            return  # says something about now, not about the card
        parent = info.get("parentIdTag")
        self.cache.put(
            id_tag,
            info["status"][:20],
            parse_iso(info.get("expiryDate")),
            parent if id_file.is_id(parent) else None,
        )

    async def tell_conflict(self, rpc, station_status):
        """The local list and the central system do not agree about a card (1.6 ed. 2, 5.10)."""
        self.conflict = False
        request = status.payload(0, max(0, station_status), 0, self._app.clock.iso())
        request["errorCode"] = "LocalListConflict"
        error, _ = await rpc.call("StatusNotification", request)
        return error
