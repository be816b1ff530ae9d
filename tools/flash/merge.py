# SPDX-License-Identifier: MIT
"""Merges modules that are always loaded together into one, as far as the sources allow it.

A module costs 200 bytes of heap, each name that it imports 8 to 12, and names that several
modules use are in the table of each. So what a module of ROOTS imports when it is loaded moves
into it: `limits.worst(...)` and an imported `worst` become `_a(...)`. Classes keep their names.

A module stays by itself when anything loads it by a text, when it is passed around as a
value, when another module imports a name of it that changes, and when boot.py needs it: coils are
switched off before all else is loaded.
"""

import ast
import builtins

from tools.flash.edits import Edits
from tools.flash.errors import FlashError
from tools.flash.scopes import Module
from tools.flash.shorten import names

# Each takes what it imports when it is loaded and no earlier one has taken. Those that the bench
# reaches into are roots, too: a root keeps its public names.
ROOTS = (
    "control.charger",
    "firmware.app",
    "firmware.ocpp.websocket",
    "firmware.ocpp.station",
)
_FIRST = ("boot", "main")


class Merge:
    """One merging of all device files. texts: what came of it."""

    def __init__(self, texts, late):
        found = [Module(path, text) for path, text in texts.items()]
        self._modules = {module.name: module for module in found}
        self.home = {}  # module that moves, or is a root: the root
        self.names = {}  # (module that moves, name): its name in the root
        apart = self._apart() | set(late)
        groups = {}
        for root in ROOTS:
            if root in self._modules:
                closure = [it for it in self._closure(root) if it == root or it not in apart]
                groups[root] = self._members(root, closure)
                self._name(root, groups[root])
        self.texts = {}
        for module in found:
            if module.name not in self.home:
                self.texts[module.path] = self._rewritten(module)
        for root, members in groups.items():
            parts = [self._rewritten(self._modules[name]) for name in members]
            self.texts[self._modules[root].path] = "\n".join(parts)

    def _targets(self, statement):
        """Yield (alias, module of ours, name in it or None) of an import."""
        if isinstance(statement, ast.ImportFrom):
            for alias in statement.names:
                whole = "%s.%s" % (statement.module, alias.name)
                if whole in self._modules:
                    yield alias.asname or alias.name, whole, None
                elif statement.module in self._modules:
                    yield alias.asname or alias.name, statement.module, alias.name
        else:
            for alias in statement.names:
                if alias.name in self._modules:
                    yield alias.name, alias.name, None

    def _closure(self, root, seen=None):
        """The module and all that it imports when it is loaded; what is needed first, first."""
        seen = {} if seen is None else seen
        if root not in seen:
            seen[root] = False
            for statement in self._modules[root].imports:
                for _, module, _ in self._targets(statement):
                    self._closure(module, seen)
            del seen[root]
            seen[root] = True
        return list(seen)

    def _apart(self):
        """Modules that stay by themselves."""
        apart = set()
        for name in _FIRST:
            if name in self._modules:
                apart.update(self._closure(name))
        for module in self._modules.values():
            apart.update(module.words)
            apart.update(self._held_apart(module))
            nested = any(self._nested(node) for node in module.tree.body)
            if nested or module.path.name == "__init__.py":
                apart.add(module.name)
        return apart

    def _held_apart(self, module):
        """Yield the modules that this one uses in a way that a merged one could not bear."""
        aliases = {}
        for statement in module.imports + module.late_imports:
            for alias, target, name in self._targets(statement):
                if name in self._modules[target].rebound:
                    yield target
                elif name is None:
                    aliases[alias] = target
                    if statement in module.late_imports:
                        yield target
        for node, name in module.uses:
            if name in aliases and id(node) not in module.attributes:
                yield aliases[name]

    def _nested(self, statement):
        """True for an import that is tried, or depends on something, while the module loads."""
        return isinstance(statement, (ast.If, ast.Try)) and any(
            isinstance(node, (ast.Import, ast.ImportFrom)) for node in ast.walk(statement)
        )

    def _members(self, root, closure):
        """Those that move to the root, in the order in which they are loaded."""
        members = [name for name in closure if name not in self.home]
        self.home.update((name, root) for name in members)
        taken = {}
        for name in members:
            for alias, origin in self._left(self._modules[name]):
                if taken.setdefault(alias, origin) != origin:
                    text = "%s.py imports %s, another module of %s something else of that name"
                    raise FlashError(text % (name.replace(".", "/"), alias, root))
        return members

    def _left(self, module):
        """Yield (alias, origin) of what a module that has moved still imports."""
        root = self.home[module.name]
        for statement in module.imports:
            moved = {
                alias for alias, target, _ in self._targets(statement)
                if self.home.get(target) == root
            }  # fmt: skip
            for alias in statement.names:
                if (alias.asname or alias.name) not in moved:
                    origin = getattr(statement, "module", None), alias.name
                    yield alias.asname or alias.name, origin

    def _name(self, root, members):
        """Give every name of the members one name in the root."""
        modules = [self._modules[name] for name in members]
        avoid = set(dir(builtins)).union(*(module.inner for module in modules))
        taken = set()
        for module in modules:
            taken.update(alias for alias, _ in self._left(module))
        own = self._modules[root]
        taken.update(name for name in self._own(own) if not name.startswith("_"))
        short = names(avoid | taken)
        for module in [own] + [it for it in modules if it is not own]:
            for name in sorted(self._own(module)):
                if (module is own and name in taken) or (
                    name in module.classes and name not in taken | avoid
                ):
                    new = name
                else:
                    new = next(short)
                taken.add(new)
                self.names[module.name, name] = new

    def _own(self, module):
        """Names that a module binds itself."""
        imported = (alias for node in module.imports for alias in node.names)
        return module.bound - {alias.asname or alias.name for alias in imported}

    def _named(self, module, name):
        """What a name of a module that has moved is called in its root."""
        if (module, name) in self.names:
            return self.names[module, name]
        for statement in self._modules[module].imports:
            for alias, target, inner in self._targets(statement):
                if alias == name and inner is not None and target in self.home:
                    return self._named(target, inner)
        return name

    def _rewritten(self, module):
        """The text of a module as it is after all have moved."""
        home = self.home.get(module.name)
        edits = Edits(module.text)
        aliases, direct = {}, {}
        for statement in module.imports + module.late_imports:
            if isinstance(statement, ast.ImportFrom):
                lines = []
                top = statement in module.imports
                for alias in statement.names:
                    lines += self._import(statement, alias, home if top else None, aliases, direct)
                text = "; ".join(lines) or "pass"
                edits.node(statement, text)
        for node in module.globals:
            inner = [self.names.get((module.name, name), name) for name in node.names]
            edits.node(node, "global " + ", ".join(inner))
        for node, name in module.uses:
            if name in aliases:
                whole = module.attributes[id(node)]
                target, there = aliases[name]
                new = self._named(target, whole.attr)
                edits.node(whole, "%s.%s" % (name, new) if there else new)
            elif name in direct:
                edits.node(node, direct[name])
            elif self.names.get((module.name, name), name) != name:
                new = self.names[module.name, name]
                (edits.node if isinstance(node, ast.Name) else edits.title)(node, new)
        return edits.done()

    def _import(self, statement, alias, home, aliases, direct):
        """Yield what remains of one import. `home`: the root that the importing module moves to.

        aliases gets {alias: (module, True if it is looked up in another root)}, direct {alias:
        name in the root}.
        """
        known = alias.asname or alias.name
        whole = "%s.%s" % (statement.module, alias.name)
        module = whole if whole in self._modules else statement.module
        root = self.home.get(module)
        package, name, shown = statement.module, alias.name, alias.asname
        if root and module == whole:
            aliases[known] = module, root != home
            package, _, name = root.rpartition(".")
            shown = known if known != name else None
        elif root:
            name = self._named(module, alias.name)
            direct[known] = name
            package = root
            if root != home:
                del direct[known]
                shown = known if known != name else None
        if not root or root != home:
            yield "from %s import %s%s" % (package, name, " as " + shown if shown else "")


def merged(texts, late=()):
    """{path: text} -> ({path: text} without the files that moved, {module that moved: root},
    {(module, name): its name in the root}).

    late: modules that are loaded by name and must stay, besides those that a text spells out.
    """
    merge = Merge(texts, late)
    return merge.texts, merge.home, merge.names
