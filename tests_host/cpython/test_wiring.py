# SPDX-License-Identifier: MIT
"""The drawings say what the boards' data say."""

import xml.etree.ElementTree as ET

import pytest

from firmware import boards
from tests_host.cpython.test_boards import pins
from tools import wiring

NAMES = list(wiring.BOARDS)


@pytest.mark.parametrize("name", NAMES)
def test_the_drawing_in_docs_is_made_from_the_board(name):
    assert wiring.path(name).read_text(encoding="utf-8") == wiring.drawing(name), (
        "python -m tools.wiring"
    )


@pytest.mark.parametrize("name", NAMES)
def test_every_pin_is_drawn_once(name):
    root = ET.fromstring(wiring.drawing(name))
    prefix = wiring.BOARDS[name][1]
    drawn = [
        element.text[len(prefix) :]
        for element in root.iter("{http://www.w3.org/2000/svg}text")
        if element.text.startswith(prefix) and element.text[len(prefix) :].isdigit()
    ]
    expected = sorted(str(number) for number in pins(boards.load(name)).values())
    assert sorted(drawn) == expected
