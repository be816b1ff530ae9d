# SPDX-License-Identifier: MIT
"""Is a text from outside plain ASCII? Asked without ever taking one of its characters out.

MicroPython keeps each single character that a program takes out of a text (text[i], a loop over
the text) in its table of names, and that table only grows. A central system that sends ever new
characters would fill the memory in an afternoon.
"""

# Blank to tilde. Texts made of anything else are neither card numbers nor times nor addresses.
ASCII = bytes(range(32, 127)).decode()
DIGITS = "0123456789"


def printable(text, of=ASCII):
    """True when a text has no other characters than those in `of`; the empty text has none."""
    return not text.strip(of)


def plain(text, most=100):
    """At most so many characters of a text; "?" for each that is none of ASCII's."""
    if not isinstance(text, str):
        return "?"
    text = text[:most]
    if printable(text):
        return text
    # MicroPython takes the second argument and has no use for it: it keeps what came as it came.
    data = text.encode("utf-8", "replace")
    shown = bytearray()
    for byte in data:
        if byte & 0xC0 != 0x80:  # the first of a character
            shown.append(byte if 32 <= byte < 127 else 63)
    return shown.decode()
