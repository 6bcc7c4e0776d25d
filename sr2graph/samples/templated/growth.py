"""An instance grows: from the rows of a root template to a tree of nodes, row by row."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from sr2graph.samples.templated import quantities
from sr2graph.samples.templated.afterwards import drop_unwanted
from sr2graph.samples.templated.choosing import chosen, concept, example_set, examples, options
from sr2graph.samples.templated.entries import Entry, places, root_entries
from sr2graph.samples.templated.limits import Limits
from sr2graph.samples.templated.nodes import Node
from sr2graph.samples.templated.rules import fetal, one_of_several, rule_of
from sr2graph.samples.templated.scopes import MOST_REPEATS, REQUIRED, Scope
from sr2graph.samples.templated.values import Maker, suits
from sr2graph.templates.checking.iods import Iod
from sr2graph.templates.conditions import Mode
from sr2graph.templates.expansion import ExpandedRow
from sr2graph.templates.value_sets import Code, ValueSet

MAX_DEPTH = 12
"""Of items: what is optional below that is left out."""
UID_TYPES = "10001"
TRIES = 3
"""How often what stayed empty is filled, each time more willingly."""
DRAWN_ON = {"SCOORD": "IMAGE", "TCOORD": "WAVEFORM"}
"""Coordinates ↔ what they are selected from, where a template forgets to ask for it (PS3.3 C.18.6, C.18.7)."""
UNNAMED = frozenset({"IMAGE", "SCOORD", "SCOORD3D", "TCOORD", "WAVEFORM", "COMPOSITE"})
"""Value types whose items need no concept name (PS3.3 C.17.3.2.1)."""


class Growth:
    """The state of one instance while it grows."""

    def __init__(self, tid: str, iod: Iod, random: Random, maker: Maker, richness: float, most: int) -> None:  # noqa: PLR0913, PLR0917
        self.tid, self.limits, self.random, self.maker = tid, Limits(iod), random, maker
        self.richness, self.most = richness, most
        self.forced: frozenset[tuple[str, str]] = frozenset()
        self.root: Node | None = None
        self.size = 0
        self.fetuses = 1 + (random.random() < TWINS)

    def grown(self) -> Node:
        """Return the tree."""
        entries = root_entries(self.tid)
        root = self.root = self._made(entries[0].rows[0], Scope(self, self.tid, entries, None), None)
        self._settle(root)
        return root

    def _settle(self, root: Node) -> None:
        """Drop what the report as a whole has no place for; find targets of relationships, drop those without any."""
        drop_unwanted(root)
        kept = set(root.walk())
        for node in list(root.walk()):
            for child in [each for each in node.children if each.is_reference]:
                child.target = child.target if child.target in kept else self.target(child.row, node)
            node.children = [each for each in node.children if not each.is_reference or each.target is not None]

    # ------------------------------------------------------------ choices

    def coin(self, entry: Entry) -> bool:
        """Return whether something optional is there: what was asked for is, else nothing once the tree is large."""
        if self.is_forced(entry):
            return True
        if self.size >= self.most:
            return False
        chance = self.richness
        if entry.expanded is not None and "CONTAINER" in entry.row.value_types:
            chance = min(1.0, chance * 1.5)
        return self.random.random() < chance

    def allows(self, entry: Entry, parent: Node | None) -> bool:
        """Return whether the IOD, the depth and what is there already allow a row below an item.

        A row that is required without a condition is there even if the IOD has no place for it: the template says so.
        """
        if parent is None or (entry.row.is_mandatory and not entry.row.by_reference):
            return True
        if sum(1 for _ in parent.ancestors()) >= MAX_DEPTH and is_free(entry):
            return False
        return self.limits.allows(entry, parent.value_type) and all(
            self.target(row, parent) is not None for row in entry.rows if row.row.by_reference and not row.is_mandatory
        )

    def is_forced(self, entry: Entry) -> bool:
        """Return whether a row was asked for."""
        return (entry.row.tid, entry.row.row) in self.forced

    def preferred(self, alternatives: list[Entry]) -> Entry:
        """Return one of several alternatives; one that was asked for, if any was."""
        asked = [each for each in alternatives if self.is_forced(each)]
        return self.random.choice(asked or alternatives)

    def repeats(self, entry: Entry) -> int:
        """Return how often a row that is there occurs."""
        least, most = max(entry.row.vm.least, 1), entry.row.vm.most
        if (rule := rule_of(entry.row)) is not None and rule.word == "twice":
            least = 2
        if most is None and entry.row.include in fetal():
            return self.fetuses
        bound = min(most or MOST_REPEATS, max(least, MOST_REPEATS))
        count = least
        while count < bound and self.size < self.most and self.random.random() < self.richness:
            count += 1
        return count

    def target(self, row: ExpandedRow, source: Node) -> Node | None:
        """Return an item elsewhere in the tree that a by-reference row can lead to; the nearest before it, if any."""
        above = {source, *source.ancestors()}
        nodes = self.root.walk() if self.root is not None else ()
        found = [node for node in nodes if node not in above and not node.is_reference and suits(row, node)]
        return self.random.choice(found) if found else None

    # ------------------------------------------------------------ codes

    def name(self, row: ExpandedRow, scope: Scope) -> Code | None:
        """Return a concept name for an item of a row."""
        used = [node.name for node in scope.nodes.get(row.row.row, ()) if node.name is not None]
        prefer = quantities.is_known if "NUM" in row.row.value_types and len(options(row.units)) != 1 else None
        if (same := scope.same(row.concept, row.row.concept)) is not None:
            return same
        if any(group.cid == UID_TYPES for group in row.concept.groups) and scope.parent and scope.parent.code:
            # What is accumulated over decides which UID says so (PS3.16 CID 10000, 10001).
            return next(iter(examples(f"{scope.parent.code.scheme}:{scope.parent.code.value}")), None)
        return self._chosen(row.concept, used, _fallback("name", row), prefer)

    def code(self, row: ExpandedRow, scope: Scope, name: Code | None = None) -> Code | None:
        """Return a value for a CODE of a row."""
        used = [node.code for node in scope.nodes.get(row.row.row, ()) if node.code is not None]
        names = (name, *row.concept.codes) if name is not None else row.concept.codes
        fallback = tuple(f"{code.scheme}:{code.value}" for code in names)
        if (same := scope.same(row.values, row.row.values) or self.maker.code(row)) is not None:
            return same
        return self._chosen(row.values, used, (*fallback, *_fallback("value", row)))

    def _chosen(
        self,
        said: ValueSet,
        used: list[Code],
        fallback: tuple[str, ...],
        prefer: Callable[[Code], bool] | None = None,
    ) -> Code | None:
        code = chosen(self.random, said, used, prefer)
        sets = (example_set(key) for key in fallback) if code is None else ()
        return code or next((chosen(self.random, each, used) for each in sets if each is not None), None)

    # ------------------------------------------------------------ items

    def _fill(self, entries: tuple[Entry, ...], scope: Scope) -> None:
        most = self.most
        for number, entry in enumerate(entries, start=1):
            if scope.parent is self.root:
                # Each row below the root gets its share, so that the last ones are not left without.
                self.most = most * number // len(entries)
            for index in range(scope.count(entry.row.row)):
                if entry.expanded is not None:
                    self._made(entry.expanded, scope, scope.parent)
                else:
                    self._include(entry, scope, index)

    def _include(self, entry: Entry, scope: Scope, index: int) -> None:
        """Fill in what an include stands for; one that is required stands for something."""

        def fill() -> bool:
            before = self.size
            inner = Scope(self, entry.row.include or "", entry.inside, scope.parent, None, scope, entry, index)
            self._fill(entry.inside, inner)
            return self.size > before or entry.row.requirement not in REQUIRED

        self._until(fill)

    def _until(self, fill: Callable[[], bool]) -> None:
        """Fill until there is something, each time more willingly."""
        richness, most = self.richness, self.most
        for _ in range(TRIES):
            if fill():
                break
            self.richness, self.most = min(1.0, self.richness * 2), self.size + 1
        self.richness, self.most = richness, most

    def _made(self, row: ExpandedRow, scope: Scope, parent: Node | None) -> Node:
        """Return an item with all that is below it."""
        node = self._node(row, scope, parent)
        if parent is None:
            self.root = node
        else:
            parent.children.append(node)
            node.target = self.target(row, parent) if node.is_reference else None
        scope.nodes.setdefault(row.row.row, []).append(node)
        self.size += 1
        if not node.is_reference:
            self._below(node, scope)
        return node

    def _below(self, node: Node, scope: Scope) -> None:
        scopes = [scope]
        for _ in node.row.invocations:
            scopes.append(scopes[-1].invoker or scope)

        def fill() -> bool:
            for entries, outer in zip(places(node.row), scopes, strict=True):
                if entries:
                    self._fill(entries, Scope(self, outer.tid, entries, node, outer))
            return bool(node.children) or node.value_type != "CONTAINER"

        self._until(fill)
        kind = DRAWN_ON.get(node.value_type)
        if kind is not None and all(child.relationship != "SELECTED FROM" for child in node.children):
            added = Node(node.row, kind, "SELECTED FROM", node, is_added=True)
            added.value = self.maker.value(added, scope)
            node.children.append(added)

    def _node(self, row: ExpandedRow, scope: Scope, parent: Node | None) -> Node:
        """Return the item itself, without what is below it."""
        kinds = self.limits.value_types(row, parent.value_type) if parent is not None else ()
        kind = self.random.choice(kinds or row.row.value_types or ("NUM",))
        node = Node(row, kind, row.relationship or "CONTAINS", parent, is_reference=row.row.by_reference)
        if node.is_reference:
            return node
        node.name = scope.presets.pop(f"{row.row.row} name", None) or self.name(row, scope)
        if node.name is None and kind not in UNNAMED:
            sets = example_set(f"{kind} name")
            node.name = chosen(self.random, sets) if sets is not None else None
        node.concept_name = concept(node.name) if node.name is not None else None
        if kind == "CODE":
            node.code = scope.presets.pop(row.row.row, None) or self.code(row, scope, node.name)
        node.value = self.maker.value(node, scope)
        return node


def is_free(entry: Entry) -> bool:
    """Whether nothing asks for a row, neither its requirement nor that one of several be there."""
    return entry.row.requirement not in REQUIRED and one_of_several(entry.row) is not Mode.AT_LEAST_ONE


TWINS = 0.4


def _fallback(what: str, row: ExpandedRow) -> tuple[str, ...]:
    """Return the keys in examples.csv for what a row leaves open: the parameter, the row, the value type."""
    printed = row.row.concept if what == "name" else row.row.values
    parameter = (printed.parameter,) if printed.parameter is not None else ()
    return (*parameter, f"TID {row.tid} row {row.row.row} {what}", *(f"{kind} {what}" for kind in row.row.value_types))
