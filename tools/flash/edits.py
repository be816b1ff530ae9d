# SPDX-License-Identifier: MIT
"""Puts new text in the place of parts of a source text, by the places that its tree knows."""

import re

_KEYWORDS = re.compile(rb"(?:async\s+)?(?:def|class)\s+")


class Edits:
    """Collects replacements in one text; the text itself is changed once, at the end."""

    def __init__(self, text):
        self._data = text.encode()
        self._lines = text.splitlines(keepends=True)
        self._starts = [0]
        for line in self._data.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))
        self._places = []

    def node(self, node, text):
        """Put `text` in the place of a node of the tree."""
        begin = self._starts[node.lineno - 1] + node.col_offset
        self._places.append((begin, self._starts[node.end_lineno - 1] + node.end_col_offset, text))

    def title(self, node, text):
        """Give a function or a class another name."""
        begin = self._starts[node.lineno - 1] + node.col_offset
        begin = _KEYWORDS.match(self._data, begin).end()
        self._places.append((begin, begin + len(node.name.encode()), text))

    def token(self, token, text):
        """Put `text` in the place of a token on one line (which is told in characters)."""
        (row, column), length = token.start, len(token.string.encode())
        begin = self._starts[row - 1] + len(self._lines[row - 1][:column].encode())
        self._places.append((begin, begin + length, text))

    def done(self):
        """The text with all of it replaced."""
        data = self._data
        for begin, end, text in sorted(self._places, reverse=True):
            data = data[:begin] + text.encode() + data[end:]
        return data.decode()


def replaced(text, spans):
    """The text with new text in the place of nodes: `spans` are (node, text)."""
    edits = Edits(text)
    for node, new in spans:
        edits.node(node, new)
    return edits.done()
