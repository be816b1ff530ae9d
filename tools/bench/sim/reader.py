# SPDX-License-Identifier: MIT
"""A card reader: sends the number of the card held to it as ASCII text with CR LF."""


class Reader:
    """Hangs on a serial line; listens to nothing."""

    def __init__(self, line):
        self.line = line

    def tap(self, id_tag):
        """Hold a card to the reader."""
        self.line.send(id_tag.encode() + b"\r\n", self.line.clock.now_us)

    def receive(self, line, data):
        """The reader ignores what the charger says."""
