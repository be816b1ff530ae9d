# SPDX-License-Identifier: MIT
"""Gives private names short ones: `_asked_ma` of one file and `_due_ms` of another become `_a`.

An interpreter keeps each name once and for ever, so 850 private names that become 60 are 10 KB of
heap. A name is private when it begins with one underscore, as the sources have it: nobody outside
its file uses it. Files whose classes build on each other are numbered together. Left alone: what
a file uses but does not bind (it is another file's), and what any text spells out.
"""

import ast
import io
import itertools
import re
import string
import tokenize

from tools.flash.edits import Edits
from tools.tree import module_name


def names(avoid=()):
    """Yield _a, _b ... _Z, _aa ... without those of `avoid`."""
    for length in itertools.count(1):
        for letters in itertools.product(string.ascii_letters, repeat=length):
            name = "_" + "".join(letters)
            if name not in avoid:
                yield name


def texts_in(tree):
    """All words that stand in texts, with their dots; docstrings say nothing to a program."""
    plain = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    words = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in plain:
            value = node.value.decode("latin-1") if isinstance(node.value, bytes) else node.value
            if isinstance(value, str):
                words.update(re.findall(r"[\w.]+", value))
    return words


class File:
    """One source: which private names it binds and uses, and which files it builds on."""

    def __init__(self, path, text):
        self.name = module_name(path)
        self.text = text
        tree = ast.parse(text)
        self.words = {word for dotted in texts_in(tree) for word in dotted.split(".")}
        self.tokens = [token for token in _tokens(text) if is_private(token.string)]
        self.used = {token.string for token in self.tokens}
        self.bound = _bound(tree)
        bases = {
            base.id
            for node in ast.walk(tree)
            if isinstance(node, ast.ClassDef)
            for base in node.bases
            if isinstance(base, ast.Name)
        }
        self.builds_on = {
            node.module
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            and any((alias.asname or alias.name) in bases for alias in node.names)
        }


def is_private(name):
    """True for _name, not for __name__ or _."""
    return name.startswith("_") and not name.startswith("__") and len(name) > 1


def _tokens(text):
    reader = io.StringIO(text).readline
    return [token for token in tokenize.generate_tokens(reader) if token.type == tokenize.NAME]


def _bound(tree):
    """Names and attributes that a file binds otherwise than by importing them."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
            found.add(node.attr)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
    return found


def _families(files):
    """Lists of files that are numbered together: those that build on each other."""
    family = {name: [name] for name in files}
    for name, file in files.items():
        for base in file.builds_on:
            if base in files and family[base] is not family[name]:
                joined = family[base] + family[name]
                for member in joined:
                    family[member] = joined
    return {id(members): members for members in family.values()}.values()


def shortened(texts):
    """{path: text} -> ({path: text with short names}, {module: {short name: name}})."""
    files = {module_name(path): File(path, text) for path, text in texts.items()}
    foreign = set().union(*(file.used - file.bound for file in files.values()))
    kept = foreign.union(*(file.words for file in files.values()))
    found = {}
    for members in _families(files):
        tokens = [token.string for name in members for token in files[name].tokens]
        wanted = sorted(set(tokens) - kept, key=lambda name: (-tokens.count(name), name))
        numbered = dict(zip(wanted, names(kept), strict=False))
        found.update((name, numbered) for name in members)
    result, table = {}, {}
    for path, text in texts.items():
        file = files[module_name(path)]
        edits = Edits(text)
        for token in file.tokens:
            if token.string in found[file.name]:
                edits.token(token, found[file.name][token.string])
        result[path] = edits.done()
        table[file.name] = {short: name for name, short in found[file.name].items()}
    return result, table
