"""The places of a template: each row that an item can stand for, below another one, as a finite graph.

A template that includes itself leads back to a place that is known already, so the graph is finite though the tree of
the expansion is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache

from sr2graph.graph.shapes.expressions import Selection
from sr2graph.templates.expansion import ExpandedRow, roots
from sr2graph.templates.places import is_open
from sr2graph.templates.replaced import successors
from sr2graph.templates.value_sets import ValueSet

RowKey = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Child:
    """A row below a place, and the items that stand for it there."""

    row: ExpandedRow
    selection: Selection
    known: Selection
    """Without codes of other people's extensions of a context group."""

    def as_placed(self, siblings: tuple[Child, ...]) -> Selection:
        """Return the items that stand for the row for sure: where others could be meant, those that declare it."""
        others = (each for each in siblings if each.row.tid != self.row.tid)
        if self.row.row.value_types == ("CONTAINER",) and any(could_be_both(self, each) for each in others):
            return replace(self.selection, declares=self.row.tid)
        return self.selection


def could_be_both(one: Child, other: Child) -> bool:
    """Whether an item could stand for two rows of the same parent."""
    relationships = one.row.relationship, other.row.relationship
    related = None in relationships or relationships[0] == relationships[1]
    return related and one.selection.overlaps(other.selection)


@dataclass(slots=True, eq=False)
class Node:
    """A row with the rows below it."""

    number: int
    row: ExpandedRow
    selection: Selection
    children: tuple[Child, ...]
    parents: list[tuple[Node, str | None]] = field(default_factory=list)
    """Places it can be below, with the relationship; none for the root of the document."""
    _rivals: dict[int, tuple[Child, ...]] = field(default_factory=dict, init=False, repr=False)

    @property
    def is_root(self) -> bool:
        """Whether it is a row that a document can begin with."""
        return not self.parents

    def rivals(self, child: Child) -> tuple[Child, ...]:
        """Return the other rows below it that an item could stand for rather than for this one."""
        found = self._rivals.get(id(child))
        if found is None:
            found = tuple(each for each in self.children if each is not child and could_be_both(child, each))
            self._rivals[id(child)] = found
        return found


# Rules and scope of a template are asked for one after the other.
@lru_cache(maxsize=1)
def nodes(tid: str) -> tuple[Node, ...]:
    """Return the places of a template and all that it includes, roots first."""
    found: dict[tuple[RowKey, Selection], Node] = {}
    waiting: list[tuple[Child, Selection, Node | None]] = [
        (child, child.selection, None) for child in children_of(roots(tid))
    ]
    for child, selection, parent in waiting:
        key = (_key(child.row), selection)
        node = found.get(key)
        if node is None:
            node = found[key] = Node(len(found), child.row, selection, children_of(child.row.children))
            # By-reference rows only point at items, which stand for a row of their own elsewhere.
            below = [each for each in node.children if not each.row.row.by_reference]
            waiting += [(each, each.as_placed(node.children), node) for each in below]
        if parent is not None:
            node.parents.append((parent, child.row.relationship))
    return tuple(found.values())


def _key(row: ExpandedRow) -> RowKey:
    invoked = tuple((each.row.tid, each.row.row, each.arguments) for each in row.invocations)
    return (row.tid, row.row.row, row.relationship, row.arguments, invoked)


def children_of(rows: tuple[ExpandedRow, ...]) -> tuple[Child, ...]:
    """Return the rows of one parent, each with the items that stand for it rather than for another one.

    A code that a row names goes before a row that takes any concept, and a code that no row names is an extension of
    the one group that may be extended.
    """
    return tuple(Child(row, *_selections(row, rows)) for row in rows)


@cache
def concepts(said: ValueSet) -> frozenset[str]:
    """Return the codes of a set, and those that the standard gave up for one of them."""
    iris = said.iris()
    return iris | {old for old, new in successors().items() if new in iris}


def _selections(row: ExpandedRow, rows: tuple[ExpandedRow, ...]) -> tuple[Selection, Selection]:
    types = frozenset(row.row.value_types)
    own = concepts(row.concept)
    others = [each for each in rows if each is not row and _compete(each, row)]
    named = frozenset(_named(others)) - own
    if not row.concept.is_constrained:
        anything = Selection(types, None, named)
        return anything, anything
    known = Selection(types, own)
    if is_open(row.concept) and not any(is_open(each.concept) or not each.concept.is_constrained for each in others):
        return Selection(types, None, named), known
    return known, known


def _compete(one: ExpandedRow, other: ExpandedRow) -> bool:
    related = None in (one.relationship, other.relationship) or one.relationship == other.relationship
    return related and not set(one.row.value_types).isdisjoint(other.row.value_types)


def _named(rows: Iterable[ExpandedRow]) -> Iterator[str]:
    for row in rows:
        yield from concepts(row.concept)
