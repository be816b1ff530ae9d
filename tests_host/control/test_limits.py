# SPDX-License-Identifier: MIT
"""The list of limits: lowest wins and is named, offers expire to their floor."""

from control import limits
from control.limits import Limits


def made(now_ms=0):
    charger_limits = Limits()
    charger_limits.offer(limits.BOARD, 32000, now_ms)
    return charger_limits


def test_nothing_offered_means_nothing_allowed():
    assert Limits().resolve(0) == 0


def test_lowest_wins_with_its_name():
    it = made()
    it.offer(limits.CABLE, 20000, 0)
    it.offer(limits.OCPP, 25000, 0)
    assert it.resolve(0) == 20000 and limits.NAMES[it.reason] == "cable"
    it.offer(limits.OCPP, 8000, 0)
    assert it.resolve(0) == 8000 and limits.NAMES[it.reason] == "ocpp"
    it.withdraw(limits.OCPP)
    assert it.resolve(0) == 20000


def test_board_cannot_be_withdrawn():
    it = made()
    it.withdraw(limits.BOARD)
    assert it.resolve(0) == 32000


def test_expiry_falls_to_the_floor_across_the_wrap():
    start = (1 << 30) - 500
    it = made(start)
    it.offer(limits.OCPP, 16000, start, ttl_ms=1000, floor_ma=6000)
    assert it.resolve((start + 999) & 0x3FFFFFFF) == 16000
    assert it.resolve((start + 1000) & 0x3FFFFFFF) == 6000
    assert it.resolve((start + 500000) & 0x3FFFFFFF) == 6000


def test_expiry_never_raises_a_limit():
    it = made()
    it.offer(limits.OCPP, 7000, 0, ttl_ms=10, floor_ma=16000)
    it.resolve(0)
    assert it.resolve(1000) == 7000
    it.offer(limits.OCPP, 7000, 0, ttl_ms=10)
    assert it.resolve(1000) == 7000


def test_wrong_offers_are_refused_by_name():
    it = made()
    for source, ma, ttl in ((99, 1, 0), (limits.OCPP, -1, 0), (limits.OCPP, 1, -1)):
        try:
            it.offer(source, ma, 0, ttl)
        except ValueError as error:
            assert "limit" in str(error)
        else:
            assert False, (source, ma, ttl)
    assert it.resolve(0) == 32000
