# SPDX-License-Identifier: MIT
"""A hostile central system that is after the memory: what it sends leaves nothing behind."""

import asyncio
import json

from firmware import printable
from firmware.clock import parse_iso
from firmware.ocpp import id_file
from tests_host.firmware.hostile_rig import fresh
from tools.ocpp.corpus import REQUESTS
from tools.ocpp.fuzz import heap

SLACK_BYTES = 1024


class Foreign:
    """Texts of characters that were never seen before."""

    def __init__(self):
        self.code = 0x400

    def text(self, length):
        """So many new ones."""
        listed = []
        for _ in range(length):
            listed.append("\\u%04x" % self.code)
            self.code += 1
            if self.code == 0xD800:  # surrogates are no characters
                self.code = 0xE000
        return json.loads('"%s"' % "".join(listed))


class Swap:
    """A copy of a request in which the text number `at` is another; keys are texts too."""

    def __init__(self, at, text, behind):
        self._left = at
        self._text = text
        self._behind = behind  # leave the first characters: what looks right at first

    def _one(self, old):
        self._left -= 1
        if self._left != -1:
            return old
        return old[:4] + self._text if self._behind else self._text

    def of(self, value):
        """The copy."""
        if isinstance(value, dict):
            return {self._one(key): self.of(value[key]) for key in value}
        if isinstance(value, list):
            return [self.of(entry) for entry in value]
        return self._one(value) if isinstance(value, str) else value

    def done(self):
        """False when there are not so many texts."""
        return self._left < 0


async def feed(target, text_of):
    """Every request with every text replaced, then what has begun ends; how many there were."""
    count = 0
    for action, payload in REQUESTS:
        at = 0
        swap = None
        while swap is None or swap.done():
            for behind in (False, True):
                swap = Swap(at, text_of(6), behind)
                target.text(json.dumps(swap.of([2, str(count), action, payload])))
                count += 1
            at += 1
        for length in (3, 20, 40):
            answer = {"status": text_of(length), "currentTime": text_of(length)}
            target.text(json.dumps([3, text_of(length), answer]))
        await target.second()
    target.settle()
    await target.second()
    return count


def test_ever_new_characters_leave_nothing_behind():
    """MicroPython keeps each character that is taken out of a text, for ever."""
    target = fresh()
    foreign = Foreign()

    async def run():
        for _ in range(2):
            await feed(target, lambda length: "\u00e9" * length)
        before = heap()
        assert await feed(target, foreign.text) > 300
        return heap() - before

    grown = asyncio.run(run())
    assert 0x2000 < foreign.code < 0xFFFF
    assert grown <= SLACK_BYTES, grown
    assert target.findings == []


def test_times_and_cards_of_ever_new_characters():
    foreign = Foreign()
    stamp = "2025-04-28T10:15:00Z"
    before = heap()
    for _ in range(300):
        for at in range(len(stamp)):
            assert parse_iso(stamp[:at] + foreign.text(1) + stamp[at + 1 :]) is None
        assert not id_file.is_id(foreign.text(10))
        printable.plain(foreign.text(10))
    assert heap() <= before + SLACK_BYTES, heap() - before


def test_what_is_shown_of_a_text():
    assert printable.plain("a\u20acb\x00\U0001f600") == "a?b??"
    assert printable.plain("x" * 200) == "x" * 100
    assert printable.plain(None) == "?"
    assert (
        printable.printable("") and printable.printable(" ~") and not printable.printable("\x7f")
    )
    assert printable.printable("12", printable.DIGITS)
    assert not printable.printable("1a2", printable.DIGITS)
