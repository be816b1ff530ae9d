# SPDX-License-Identifier: MIT
"""Questions to the name server: good answers, strange ones, hostile ones, none."""

import asyncio

from firmware import dns
from tests_host.firmware.fake_dns import AT, a_record, answer, behind, record

HOST = "csms.example.com"
WIRE = b"\4csms\7example\3com\0\0\1\0\1"
SERVER = "192.168.1.1"


class Dice:
    """Repeatable numbers."""

    def __init__(self, seed):
        self.state = seed

    def below(self, end):
        self.state = (self.state * 75 + 74) % 65537
        return self.state * end // 65537


def ask(reply, host=HOST):
    """(address or what the OSError says, the socket)"""
    fake = behind(dns, reply)
    try:
        found = asyncio.run(dns.look_up(host, SERVER))
    except OSError as error:
        found = str(error)
    assert fake.open == 0, "a socket was left open"
    return found, fake


def test_the_question_and_a_good_answer():
    found, fake = ask(lambda asked, _: [answer(asked, a_record())])
    assert found == AT
    assert len(fake.asked) == 1 and fake.ms == 50
    assert fake.address == (SERVER, 53)
    assert fake.asked[0][2:] == b"\1\0\0\1\0\0\0\0\0\0" + WIRE
    numbers = {ask(lambda asked, _: [answer(asked, a_record())])[1].asked[0][:2] for _ in range(9)}
    assert len(numbers) > 5, "the number of a question can be guessed"


def test_at_the_end_of_a_chain():
    chain = (
        record(5, b"\3one\xc0\x0c"),
        record(5, b"\3two\3net\0", b"\3one\xc0\x0c"),
        record(28, b"\0" * 16, b"\3two\3net\0"),
        a_record("198.51.100.7", b"\3two\3net\0"),
        a_record("198.51.100.8", b"\3two\3net\0"),
    )
    assert ask(lambda asked, _: [answer(asked, *chain)])[0] == "198.51.100.7"


def test_capitals_in_the_echo_are_the_same_name():
    asks = ask(
        lambda asked, _: [answer(asked, a_record(), question=asked[12:].replace(b"c", b"C"))]
    )
    assert asks[0] == AT


def test_what_does_not_answer_the_question_is_passed_over():
    def reply(asked, _):
        other = bytes((asked[0] ^ 1, asked[1]))
        lie = a_record("203.0.113.66")
        return [
            answer(asked, lie, number=other),
            answer(asked, lie, flags=0x01),  # a question
            answer(asked, lie, flags=0x89),  # another kind of query
            answer(asked, lie, question=asked[12:].replace(b"csms", b"evil")),
            answer(asked, lie, question=b""),
            answer(asked, lie)[:5] + b"\2" + answer(asked, lie)[6:],  # two questions
            answer(asked, lie)[:20],
            b"",
            answer(asked, a_record()),
        ]

    found, fake = ask(reply)
    assert found == AT and len(fake.asked) == 1 and fake.ms == 450


def test_refusals_name_the_host_and_the_server():
    for code, words in ((3, "no such host"), (2, "no address"), (5, "no address"), (0, "(0)")):
        found, fake = ask(lambda asked, _, code=code: [answer(asked, code=code)])
        assert HOST in found and SERVER in found and words in found, found
        assert len(fake.asked) == 1
    assert "(3)" in ask(lambda asked, _: [answer(asked, a_record(), code=3)])[0]


def test_an_answer_that_was_cut_off_counts_as_far_as_it_goes():
    def cut(asked, count):
        return [answer(asked, record(5, b"\3one\xc0\x0c"), a_record(), flags=0x83)[:count]]

    whole = len(WIRE) + 12 + 18 + 16
    assert ask(lambda asked, _: cut(asked, whole))[0] == AT
    for count in range(len(WIRE) + 12, whole):
        found, _ = ask(lambda asked, _, count=count: cut(asked, count))
        assert "no address" in found, (count, found)


def test_silence_is_asked_three_times_and_then_named():
    found, fake = ask(lambda *_: None)
    assert found == HOST + ": no answer from the name server " + SERVER
    assert len(fake.asked) == dns.TRIES == 3 and fake.ms == 6000
    assert len(set(fake.asked)) == 1  # a late answer to the first is one to the last
    assert ask(lambda asked, nth: [answer(asked, a_record())] if nth == 3 else None)[0] == AT


def test_a_network_that_is_gone_is_silence():
    fake = behind(dns, None)
    fake.stuck = True
    try:
        asyncio.run(dns.look_up(HOST, SERVER))
        raise AssertionError("nobody has answered")
    except OSError as error:
        assert "no answer" in str(error)
    assert fake.ms == 6000 and fake.open == 0


def test_what_cannot_be_a_name():
    good = ".".join(["a" * 49] * 5)  # 249 characters
    assert ask(lambda asked, _: [answer(asked, a_record())], good + ".")[0] == AT
    for host in ("", ".", "a..b", "a" * 64, good + ".abcd", "-" * 300):
        found, fake = ask(lambda *_: None, host)
        assert "not a host name" in found and fake.asked == [], host


def test_hostile_packets_end_in_an_address_or_an_os_error():
    dice = Dice(1)
    loops = (
        b"\xc0\x0c", b"\xc0\x22", b"\xff\xff", b"\x3f" * 64, b"\x80\x80", b"\1", b"\0" * 30,
    )  # fmt: skip
    seen = {True: 0, False: 0}

    def reply(asked, _):
        records = [a_record() if dice.below(4) == 0 else record(5, loops[dice.below(7)])]
        records += [record(16, bytes(dice.below(200)), loops[dice.below(7)])] * dice.below(3)
        data = bytearray(answer(asked, *records))
        for _ in range(dice.below(6)):
            data[2 + dice.below(len(data) - 2)] = dice.below(256)
        if dice.below(3) == 0:
            data[6] = data[7] = 255
        return [bytes(data[: dice.below(2 * len(data)) + 1])]

    for _ in range(4000):
        found, fake = ask(reply)  # anything but an OSError ends the test
        numeric = not found.strip("0123456789.")
        assert numeric or HOST in found
        assert fake.ms <= 6000
        seen[numeric] += 1
    assert min(seen.values()) > 200, seen
