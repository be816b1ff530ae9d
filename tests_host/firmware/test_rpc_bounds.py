# SPDX-License-Identifier: MIT
"""OCPP-J framing at its bounds: ids that come again, too many values, no memory."""

import json

from firmware.ocpp import rpc
from firmware.ocpp.rpc import PROPERTY
from tests_host.firmware.test_rpc import Bench


def test_an_id_is_taken_once():
    bench = Bench()
    assert bench.rpc.answer_to('[2,"7","Echo",{}]') == '[3,"7",{}]'
    assert json.loads(bench.rpc.answer_to('[2,"7","Echo",{}]'))[:3] == [4, "7", "ProtocolError"]
    assert bench.notes == ["ocpp_replay"]
    for n in range(20):
        assert bench.rpc.answer_to('[2,"n%d","Echo",{}]' % n)
    assert bench.rpc.answer_to('[2,"7","Echo",{}]') == '[3,"7",{}]'  # long forgotten


def test_messages_of_too_many_values_are_not_decoded():
    bench = Bench()
    periods = ",".join(['{"a":1,"b":2}'] * 100)
    assert bench.answer('[2,"7","Echo",{"p":[%s]}]' % periods)[0] == 3
    periods += "," + ",".join(['{"a":1,"b":2}'] * 50)
    assert bench.answer('[2,"7","Echo",{"p":[%s]}]' % periods)[:3] == [4, "7", PROPERTY]
    assert bench.answer('[2, "7","Echo",{"p":[%s]}]' % periods)[:3] == [4, "7", PROPERTY]
    assert bench.answer('[3,"7",{"p":[%s]}]' % periods) is None
    assert bench.answer("[" * 200 + "]" * 200) is None
    assert bench.notes == ["ocpp_malformed"] * 4


def test_a_message_without_room_for_it_is_answered():
    """Not a hole in the heap is large enough: the other side must not wait for nothing."""
    bench = Bench()

    class Full:
        """A decoder that finds no memory."""

        def loads(self, text):
            raise MemoryError

    whole = rpc.json
    try:
        rpc.json = full = Full()
        full.dumps = whole.dumps
        wanted = '[4,"7","InternalError","out of memory",{}]'
        assert bench.rpc.answer_to('[2,"7","Echo",{}]') == wanted
        assert bench.rpc.answer_to('[3,"7",{}]') is None
        assert bench.rpc.answer_to('[2,7,"Echo",{}]') is None
    finally:
        rpc.json = whole
    assert bench.answer('[2,"8","Echo",{"a":1}]') == [3, "8", {"a": 1}]
