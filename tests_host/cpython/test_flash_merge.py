# SPDX-License-Identifier: MIT
"""Short private names, and modules that move into those that always load them."""

from pathlib import Path

import pytest

from tools.flash import merge, shorten
from tools.flash.errors import FlashError

ROOT, PART, OTHER, LATE = (
    Path("control/charger.py"),
    Path("control/part.py"),
    Path("firmware/other.py"),
    Path("firmware/late.py"),
)


def test_private_names_of_each_file_begin_anew():
    one = "class A:\n    def __init__(self):\n        self._now_ms = self._due_ms = _X = 1\n"
    two = "def _work(_):\n    return _work\n"
    texts, table = shorten.shortened({ROOT: one, PART: two})
    assert texts[PART] == "def _a(_):\n    return _a\n"
    assert "self._c = self._b = _a = 1" in texts[ROOT] and "__init__" in texts[ROOT]
    assert table["control.charger"] == {"_a": "_X", "_b": "_due_ms", "_c": "_now_ms"}


def test_files_whose_classes_build_on_each_other_share_their_names():
    base = "class Base:\n    def _get(self):\n        return self._base\n"
    own = "from control.part import Base\n\nclass Own(Base):\n    def _mine(self):\n        pass\n"
    texts, table = shorten.shortened({PART: base, OTHER: own})
    assert table["control.part"] == table["firmware.other"]
    assert len(set(table["control.part"])) == 2  # _base is bound nowhere, so it is another's
    assert "self._base" in texts[PART]


def test_what_a_text_spells_out_keeps_its_name():
    text = "class A:\n    def _row(self):\n        return getattr(self, '_row'), self._x\n"
    assert shorten.shortened({PART: text})[0][PART] == text


def test_a_name_that_is_used_from_another_file_is_kept_in_both():
    one, two = "class A:\n    def _f(self):\n        pass\n", "def g(a):\n    a._f()\n"
    texts, _ = shorten.shortened({PART: one, OTHER: two})
    assert texts == {PART: one, OTHER: two}


def moved(part, root="from control import part\nfrom control.part import value\n", **more):
    """(text of the root, files that are left, {name in the root: origin}) after merging."""
    texts = {ROOT: root, PART: part}
    texts.update({Path("firmware/%s.py" % name): text for name, text in more.items()})
    texts, home, names = merge.merged(texts)
    assert set(home.values()) == {"control.charger"}
    table = {new: module + "." + name for (module, name), new in names.items()}
    return texts.get(ROOT), texts, table


def run(text):
    """The names of a merged module."""
    names = {}
    exec(compile(text, "merged", "exec"), names)
    return names


PART_TEXT = """\
_count = 1
state = 2
class Thing:
    state = 5
    def get(self, state=_count):
        return state + value()
def value():
    global _count
    _count += 1
    return [state for _ in (1,)][0] + _count
def shadow(value):
    return (lambda _count: value + _count)(7)
"""


def test_a_moved_module_does_what_it_did():
    root = (
        "from control import part\nfrom control.part import value as v\n\n"
        "state = 'own'\ndef all(part_state):\n"
        "    return v(), part.state, part.Thing().get(), part.shadow(1), state, part_state\n"
    )
    text, texts, table = moved(PART_TEXT, root)
    assert set(texts) == {ROOT}
    assert run(text)["all"](0) == (4, 2, 1 + 5, 8, "own", 0)
    assert table["Thing"] == "control.part.Thing"
    assert "control.part.value" in table.values()


def test_other_modules_find_what_has_moved():
    late = (
        "from control import part\nfrom control.part import value, Thing as T\n"
        "def f():\n    from control.part import shadow\n    return part.state, value(), shadow\n"
    )
    text, texts, table = moved(PART_TEXT, late=late)
    names = {origin: name for name, origin in table.items()}
    lines = texts[LATE].splitlines()
    assert lines[0] == "from control import charger as part"
    assert lines[1].split("; ") == [
        "from control.charger import %s as value" % names["control.part.value"],
        "from control.charger import Thing as T",
    ]
    assert "import %s as shadow" % names["control.part.shadow"] in lines[3]
    assert "return part.%s, value(), shadow" % names["control.part.state"] in lines[4]


@pytest.mark.parametrize(
    "late",
    [
        "load('control.part')\n",
        "from control import part\nprint(part)\n",
        "def f():\n    from control import part\n    return part.value\n",
        "from control.part import count\n",
    ],
)
def test_a_module_that_somebody_needs_by_itself_stays(late):
    part = "count = 0\ndef value():\n    global count\n    count += 1\n"
    text, texts, _ = moved(part, late=late)
    assert texts[PART] == part and "from control.part import value" in text


def test_what_boot_needs_stays_and_so_does_what_tries_an_import():
    part = "try:\n    import os\nexcept ImportError:\n    os = None\ndef value():\n    pass\n"
    assert PART in moved(part)[1]
    texts = {ROOT: "from control import part\n", PART: "x = 1\n"}
    texts[Path("boot.py")] = "from control import part\nprint(part.x)\n"
    assert merge.merged(texts)[0] == texts
    late = merge.merged({ROOT: texts[ROOT], PART: "x = 1\n"}, late=["control.part"])
    assert PART in late[0]


def test_two_things_of_one_name_from_outside_are_an_error():
    with pytest.raises(FlashError) as caught:
        moved("from time import sleep as wait\ndef value():\n    pass\n",
              "from os import sleep as wait\nfrom control.part import value\n")  # fmt: skip
    assert "control/charger.py imports wait" in str(caught.value)
