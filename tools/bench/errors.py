# SPDX-License-Identifier: MIT
"""The two ways a bench command ends without a verdict, each with one clear line."""

import difflib


class ScenarioError(Exception):
    """The scenario is wrong. The text names file, key and what was expected (exit code 2)."""


class BenchError(Exception):
    """The simulator or the central system could not do its part (exit code 1)."""


def one_of(names):
    """'a, b or c' for an error line."""
    names = [str(name) for name in names]
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " or " + names[-1]


def suggestion(word, names):
    """' (did you mean "x"?)' for the nearest of `names`, else nothing."""
    near = difflib.get_close_matches(str(word), list(names), 1, 0.6)
    return ' (did you mean "%s"?)' % near[0] if near else ""
