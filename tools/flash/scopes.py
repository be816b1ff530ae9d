# SPDX-License-Identifier: MIT
"""Which names of a device file are those of the module itself, and where it uses them."""

import ast

from tools.flash.shorten import texts_in
from tools.tree import module_name

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_TITLED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_IMPORTS = (ast.Import, ast.ImportFrom)


def bound_in(body):
    """Names that these statements bind in their own scope."""
    found, elsewhere = set(), set()
    stack = list(body)
    while stack:
        node = stack.pop()
        if isinstance(node, _TITLED):
            found.add(node.name)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            elsewhere.update(node.names)
        elif isinstance(node, _IMPORTS):
            found.update((alias.asname or alias.name).split(".")[0] for alias in node.names)
        elif not isinstance(node, (ast.Lambda, *_COMPREHENSIONS)):
            if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                found.add(node.id)
            elif isinstance(node, ast.ExceptHandler) and node.name:
                found.add(node.name)
            stack.extend(ast.iter_child_nodes(node))
    return found - elsewhere


class Module:
    """A device file as far as its own names go.

    bound: names of the module; classes: those of them that are classes; rebound: those that a
    function gives another value. inner: names bound anywhere within functions.
    uses: (node, name) of every place that means a name of the module or of the language; the node
    of `name.attribute` is in `attributes` by the id of the name's node.
    """

    def __init__(self, path, text):
        self.path = path
        self.name = module_name(path)
        self.text = text
        self.tree = ast.parse(text)
        self.words = texts_in(self.tree)
        self.bound = bound_in(self.tree.body)
        self.classes = {node.name for node in self.tree.body if isinstance(node, ast.ClassDef)}
        self.imports = [node for node in self.tree.body if isinstance(node, _IMPORTS)]
        self.late_imports = [
            node
            for node in ast.walk(self.tree)
            if isinstance(node, ast.ImportFrom) and node not in self.imports
        ]
        self.inner = set()
        self.rebound = set()
        self.globals = []
        self.uses = []
        self.attributes = {}
        for node in self.tree.body:
            self._visit(node, [], True)

    def _visit_all(self, nodes, scopes):
        for node in nodes:
            self._visit(node, scopes, False)

    def _visit(self, node, scopes, top):
        """`scopes`: names bound around this place, innermost last; a class's only in itself."""
        if isinstance(node, _FUNCTIONS):
            self._function(node, scopes, top)
        elif isinstance(node, ast.ClassDef):
            self._visit_all(node.bases + node.decorator_list, scopes)
            if top:
                self.uses.append((node, node.name))
            self._visit_all(node.body, [*scopes, ("class", bound_in(node.body))])
        elif isinstance(node, _COMPREHENSIONS):
            own = set().union(*(bound_in([it.target]) for it in node.generators))
            self.inner |= own
            self._visit_all(ast.iter_child_nodes(node), [*scopes, ("function", own)])
        elif isinstance(node, ast.Name):
            if not any(node.id in bound for _, bound in scopes):
                self.uses.append((node, node.id))
        elif isinstance(node, ast.Global):
            self.rebound.update(node.names)
            self.globals.append(node)
        elif not isinstance(node, _IMPORTS):
            if isinstance(node, ast.Attribute):
                self.attributes[id(node.value)] = node
            self._visit_all(ast.iter_child_nodes(node), scopes)

    def _function(self, node, scopes, top):
        defaults = [it for it in node.args.defaults + node.args.kw_defaults if it]
        self._visit_all(defaults, scopes)
        body = [node.body]
        if not isinstance(node, ast.Lambda):
            body = node.body
            self._visit_all(node.decorator_list, scopes)
            if top:
                self.uses.append((node, node.name))
        own = {it.arg for it in ast.walk(node.args) if isinstance(it, ast.arg)} | bound_in(body)
        self.inner |= own
        outside = [scope for scope in scopes if scope[0] == "function"]
        self._visit_all(body, [*outside, ("function", own)])
