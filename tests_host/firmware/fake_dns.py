# SPDX-License-Identifier: MIT
"""A `socket` module with a name server behind it, and time that passes when somebody sleeps."""

AT = "192.0.2.17"


def record(kind, data, name=b"\xc0\x0c"):
    """One resource record; the name is a pointer to the question."""
    head = bytes((0, kind, 0, 1, 0, 0, 0, 60, len(data) >> 8, len(data) & 255))
    return name + head + data


def a_record(text=AT, name=b"\xc0\x0c"):
    """A record of kind A."""
    return record(1, bytes([int(part) for part in text.split(".")]), name)


def answer(asked, *records, code=0, flags=0x81, number=None, question=None):
    """The packet that answers the question `asked`."""
    head = (asked[:2] if number is None else number) + bytes((flags, 0x80 | code, 0, 1, 0))
    head += bytes((len(records),)) + b"\0\0\0\0"
    return head + (asked[12:] if question is None else question) + b"".join(records)


class FakeSocket:
    """Stands for the module and for its one socket. `reply(asked, nth)`: packets, or None."""

    AF_INET = 2
    SOCK_STREAM = 1
    SOCK_DGRAM = 2

    def __init__(self, reply):
        self.reply = reply
        self.asked = []
        self.waiting = []
        self.ms = 0
        self.open = 0
        self.stuck = False  # nothing can be sent

    # The module.

    def socket(self, family, kind):
        assert (family, kind) == (2, 2)
        self.open += 1
        return self

    def getaddrinfo(self, host, port, *_):
        assert not host.strip("0123456789."), "only numbers may be given to the chip's resolver"
        return [(2, 1, 0, "", (host, port))]

    # The socket.

    def setblocking(self, on):
        assert on is False

    def connect(self, address):
        self.address = address

    def send(self, data):
        assert self.address
        if self.stuck:
            raise OSError(118)
        self.asked.append(data)
        self.waiting += self.reply(data, len(self.asked)) or []

    def recv(self, most):
        if not self.waiting:
            raise OSError(11)
        return self.waiting.pop(0)[:most]

    def close(self):
        self.open -= 1

    # asyncio

    async def sleep_ms(self, ms):
        assert 0 < ms <= 50, "control waits for nobody"
        self.ms += ms


def behind(module, reply):
    """Put a name server behind a module of ours; returns the socket."""
    fake = FakeSocket(reply)
    module.socket = module.asyncio = fake
    return fake
