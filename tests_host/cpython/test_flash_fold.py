# SPDX-License-Identifier: MIT
"""Numbers in the place of names that modules share."""

from pathlib import Path

import pytest

from tools.flash import fold
from tools.tree import ROOT, device_files

A = Path("control/a.py")
B = Path("firmware/b.py")
LIMITS = "from micropython import const\n\nOCPP = const(10)\nMOST = const(OCPP * -3)\nWORD = 'x'\n"


def folded(text, a=LIMITS):
    """(a.py, b.py) after folding."""
    done = fold.folded({A: a, B: text})
    return done[A], done[B]


def test_numbers_take_the_place_of_names_and_lines_stay():
    text = "from control import a\nfrom control.a import (\n    MOST,\n    WORD,\n)\n\n"
    a, b = folded(text + "print(a.OCPP, MOST, WORD)\n")
    assert b == "pass\nfrom control.a import WORD\n\n\n\n\nprint(10, (-30), WORD)\n"
    assert a == "pass\n\npass\npass\nWORD = 'x'\n"


def test_what_is_looked_up_in_another_way_stays():
    for use in ("getattr(a, 'OCPP')", "self.a.OCPP", "(a or None).OCPP"):
        a, b = folded("from control import a\nprint(%s)\n" % use)
        assert "OCPP = const(10)" in a and use in b


def test_a_name_that_is_bound_twice_is_left_alone():
    for text in (
        "from control import a\n\ndef f(a):\n    return a.OCPP\n",
        "from control import a\n\ndef f(x):\n    a = x\n    return a.OCPP\n",
        "from control.a import OCPP\nfor OCPP in (1, 2):\n    print(OCPP)\n",
    ):
        assert folded(text)[1] == text
    doubtful = "from micropython import const\nOCPP = const(1)\nOCPP = const(2)\n"
    assert "OCPP" in folded("from control.a import OCPP\nprint(OCPP)\n", doubtful)[1]


def test_only_whole_numbers_in_capitals_outside_of_boards():
    a = "ON = True\nHALF = 0.5\nNAMES = ('a',)\nsmall = 3\nSIZE = 4\n"
    text = (
        "from control.a import ON, HALF, NAMES, small, SIZE\nprint(ON, HALF, NAMES, small, SIZE)\n"
    )
    b = folded(text, a)[1]
    assert b.splitlines()[1] == "print(ON, HALF, NAMES, small, 4)"
    board = Path("firmware/boards/x.py")
    done = fold.folded({board: "CP = 3\n", B: "from firmware.boards import x\nprint(x.CP)\n"})
    assert done[board] == "CP = 3\n" and "x.CP" in done[B]


def test_a_module_that_is_imported_as_a_whole_keeps_its_names():
    a, b = folded("from control.a import *\nprint(OCPP)\n")
    assert "OCPP = const(10)" in a and "OCPP" in b


@pytest.fixture(scope="module")
def texts():
    return fold.folded({path: (ROOT / path).read_text("utf-8") for path in device_files()})


def test_lines_stay_and_names_go(texts):
    shorter = 0
    for path, text in texts.items():
        before = (ROOT / path).read_text("utf-8")
        assert text.count("\n") == before.count("\n"), path
        shorter += text != before
    assert shorter > 50
    assert "OCPP = const" not in texts[Path("control/limits.py")]
