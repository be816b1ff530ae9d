# SPDX-License-Identifier: MIT
"""The rules of the house that a machine can check: header, length, integers in control/, paths."""

import ast
import re

import pytest

from tools.tree import ROOT, device_files, repository_files

MOST_LINES = 300
PYTHON = [path for path in repository_files() if path.suffix == ".py"]
CONTROL = [path for path in device_files() if path.parts[0] == "control"]
TEXT = {".css", ".html", ".js", ".json", ".md", ".mjs", ".py", ".toml", ".txt", ".yml", ""}
# An absolute path of somebody's machine; what follows the slash must be a folder of a person.
PRIVATE_PATH = re.compile(r"(?<![\w.:/-])/(?:home|root|tmp|Users|work|mnt)/")
# Written by someone who waited for something that never came.
LEFTOVER = re.compile(r"\b(?:X{3}|T[O]DO|F[I]XME)\b")


def read(path):
    """Return the text of a file of the repository."""
    return (ROOT / path).read_text(encoding="utf-8")


def floats(source):
    """Return where the source makes a float: literals, true division, float(), round(), **."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, (float, complex)):
            found.append((node.lineno, repr(node.value)))
        elif isinstance(node, (ast.BinOp, ast.AugAssign)) and isinstance(node.op, ast.Div):
            found.append((node.lineno, "/"))
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("float", "round"):
            found.append((node.lineno, node.func.id + "()"))
    return sorted(found)


def string_building(source):
    """Return the lines that build strings: f-strings and .format() allocate at every call."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.JoinedStr)
        or (isinstance(node, ast.Attribute) and node.attr == "format")
    ]


@pytest.mark.parametrize("path", PYTHON, ids=str)
def test_python_file_has_licence_docstring_and_a_readable_length(path):
    source = read(path)
    lines = source.splitlines()
    assert lines[0] == "# SPDX-License-Identifier: MIT"
    assert ast.get_docstring(ast.parse(source)), "no module docstring"
    assert len(lines) <= MOST_LINES, f"{len(lines)} lines: one idea each, split it"


@pytest.mark.parametrize("path", CONTROL, ids=str)
def test_control_computes_with_integers_and_builds_no_strings(path):
    source = read(path)
    assert floats(source) == []
    assert string_building(source) == []


@pytest.mark.parametrize("path", [p for p in repository_files() if p.suffix in TEXT], ids=str)
def test_no_private_path_and_no_leftover(path):
    found = [
        f"line {number}: {line.strip()}"
        for number, line in enumerate(read(path).splitlines(), 1)
        if (PRIVATE_PATH.search(line) or LEFTOVER.search(line)) and "re.compile" not in line
    ]
    assert found == []


def test_the_checks_find_what_they_look_for():
    assert floats("a = 1 / 2\nb = 0.5\nc = float(d)\nc /= 2\ne = 7 // 2") == [
        (1, "/"),
        (2, "0.5"),
        (3, "float()"),
        (4, "/"),
    ]
    assert string_building("a = f'{b}'\nc = '{}'.format(d)\ne = 'f'") == [1, 2]
    assert PRIVATE_PATH.search("open('/" + "tmp/x')")
    assert not PRIVATE_PATH.search("tools/bench/work/x")
