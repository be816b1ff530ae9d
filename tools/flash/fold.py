# SPDX-License-Identifier: MIT
"""Puts the numbers that modules name for each other into the place of their names.

Inside one module mpy-cross does this for `_NAME = const(...)`: the name costs nothing. For a
public NAME = const(...) it cannot: the name is kept in three tables and looked up at every use.
Here all files are seen at once: `limits.OCPP` and an imported `OCPP` become 10, and a name that
nobody needs any more is left out. Only whole numbers are treated so, declared by const() or in
capitals, and not those of boards, which are data; lines stay where they are.

A name is left alone where there is any doubt: bound twice, reached through something that is not
plainly a module, or spelt out in a text.
"""

import ast
import operator

from tools.flash.edits import replaced
from tools.tree import module_name

_DATA = "firmware.boards."
_OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
    ast.BitOr: operator.or_,
    ast.BitAnd: operator.and_,
}


class Source:
    """One device file: its text, its tree, the modules and names that it imports."""

    def __init__(self, path, text):
        self.name = module_name(path)
        self.text = text
        self.tree = ast.parse(text)
        self.bound = {}  # name: how often it is bound, in whatever scope
        self.imports = []  # (statement, alias, module, name or None)
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                self._bind(node.id)
            elif isinstance(node, ast.arg):
                self._bind(node.arg)
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                self._bind(node.name)
            elif isinstance(node, (ast.Global, ast.Nonlocal)):
                for name in node.names:
                    self._bind(name)
            elif isinstance(node, ast.ExceptHandler) and node.name:
                self._bind(node.name)
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    self.imports.append(
                        (node, alias.asname or alias.name, node.module, alias.name)
                    )

    def _bind(self, name):
        self.bound[name] = self.bound.get(name, 0) + 1

    def constants(self, known):
        """{name: number} of the constants of this file; `known`: those of the others."""
        found = {}
        names = self._numbers(known)
        for node in self.tree.body:
            if isinstance(node, ast.Assign) and len(node.targets) == 1:
                target, value = node.targets[0], node.value
                if isinstance(value, ast.Call) and getattr(value.func, "id", "") == "const":
                    value = value.args[0]
                elif self.name.startswith(_DATA):
                    continue
                if isinstance(target, ast.Name) and target.id.isupper():
                    number = _evaluated(value, {**names, **found})
                    if number is not None and self.bound[target.id] == 1:
                        found[target.id] = number
        return found

    def _numbers(self, known):
        """{name: number} of the names imported one by one, {(module, name): number} of others."""
        numbers = {}
        for _, alias, module, name in self.imports:
            if self._sure(alias):
                if name in known.get(module, {}):
                    numbers[alias] = known[module][name]
                for inner, number in known.get("%s.%s" % (module, name), {}).items():
                    numbers[alias, inner] = number
        return numbers

    def _sure(self, alias):
        """True when the name is only ever bound by imports of one thing."""
        origins = {(module, name) for _, other, module, name in self.imports if other == alias}
        return alias not in self.bound and len(origins) == 1

    def folded(self, known):
        """The text with numbers in place of names, without the imports that this leaves idle."""
        numbers = {**known.get(self.name, {}), **self._numbers(known)}
        spans = []
        left = set()  # names that are still looked up
        for node in _outermost(self.tree):
            number = numbers.get(_key(node)) if isinstance(node.ctx, ast.Load) else None
            if number is None:
                left.update(part.id for part in ast.walk(node) if isinstance(part, ast.Name))
            else:
                spans.append((node, "%d" % number if number >= 0 else "(%d)" % number))
        for statement in {id(it[0]): it[0] for it in self.imports}.values():
            if not any(alias.name in known.get(statement.module, {})
                       or statement.module + "." + alias.name in known
                       for alias in statement.names):  # fmt: skip
                continue
            kept = [alias for alias in statement.names if (alias.asname or alias.name) in left]
            if len(kept) < len(statement.names):
                spans.append((statement, _import(statement, kept)))
        return replaced(self.text, spans)


def _key(node):
    """What a use is looked up by: its name, (module, name), or None."""
    if isinstance(node, ast.Name):
        return node.id
    return (node.value.id, node.attr) if isinstance(node.value, ast.Name) else None


def _outermost(tree):
    """Yield each name, and each attribute of a name, but not the name within the latter."""
    stack = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Name):
            yield node
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield node
        else:
            stack.extend(ast.iter_child_nodes(node))


def _evaluated(node, names):
    """The whole number of an expression of numbers and known names, or None."""
    if isinstance(node, ast.Constant):
        return node.value if type(node.value) is int else None
    if isinstance(node, (ast.Name, ast.Attribute)):
        return names.get(_key(node))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = _evaluated(node.operand, names)
        return None if value is None else -value
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        left, right = _evaluated(node.left, names), _evaluated(node.right, names)
        if left is not None and right is not None:
            return _OPERATORS[type(node.op)](left, right)
    return None


def _import(statement, kept):
    """The import without the names that are not needed, on as many lines as before."""
    text = "pass"
    if kept:
        names = ", ".join(a.name + (" as " + a.asname if a.asname else "") for a in kept)
        text = "from %s import %s" % (statement.module, names)
    return text + "\n" * (statement.end_lineno - statement.lineno)


def folded(texts):
    """{path: text} of all device files -> the same, with numbers in place of shared names."""
    sources = {path: Source(path, text) for path, text in texts.items()}
    known = {}
    for _ in range(4):  # constants made of constants of other files
        known = {source.name: source.constants(known) for source in sources.values()}
    done = {path: source.folded(known) for path, source in sources.items()}
    return _without_idle(done, sources, known)


def _without_idle(texts, sources, known):
    """Leave out the constants that nobody looks up any more, and const() where none is left."""
    trees = {path: ast.parse(text) for path, text in texts.items()}
    used = set()  # from other files, or in a way that is not plain
    for tree in trees.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute):
                used.add(node.attr)
            elif isinstance(node, ast.ImportFrom):
                used.update(alias.name for alias in node.names if node.module != "micropython")
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                used.add(node.value)
    whole = {it[2] for source in sources.values() for it in source.imports if it[3] == "*"}
    result = {}
    for path, tree in trees.items():
        idle = set(known[sources[path].name]) - used
        idle -= {node.id for node in ast.walk(tree) if _is_loaded(node)}
        if sources[path].name in whole:
            idle = set()
        spans = []
        for node in tree.body:
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in idle:
                spans.append((node, "pass" + "\n" * (node.end_lineno - node.lineno)))
        result[path] = _without_const(replaced(texts[path], spans))
    return result


def _is_loaded(node):
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)


def _without_const(text):
    tree = ast.parse(text)
    if any(_is_loaded(node) and node.id == "const" for node in ast.walk(tree)):
        return text
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "micropython":
            kept = [alias for alias in node.names if alias.name != "const"]
            return replaced(text, [(node, _import(node, kept))])
    return text
