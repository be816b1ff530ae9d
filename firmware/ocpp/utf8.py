# SPDX-License-Identifier: MIT
"""Is it really UTF-8? MicroPython's own check knows neither surrogates nor overlong forms.

RFC 6455 8.1 asks for more: what is no UTF-8 closes the connection. Only text beyond ASCII pays.
"""

_NEVER = (0xC0, 0xC1) + tuple(range(0xF5, 0x100))
# Lead byte: range of the byte after it (RFC 3629, 4).
_AFTER = ((0xE0, 0xA0, 0xBF), (0xED, 0x80, 0x9F), (0xF0, 0x90, 0xBF), (0xF4, 0x80, 0x8F))


def decoded(data):
    """The text of bytes or a bytearray; raises UnicodeError when it is not UTF-8."""
    text = str(data, "utf-8")
    if len(text) != len(data):
        data = bytes(data)
        for byte in _NEVER:
            if data.find(bytes((byte,))) >= 0:
                raise UnicodeError("not UTF-8")
        for lead, lowest, highest in _AFTER:
            at = data.find(bytes((lead,)))
            while at >= 0:
                if not lowest <= data[at + 1] <= highest:
                    raise UnicodeError("not UTF-8")
                at = data.find(bytes((lead,)), at + 1)
    return text
