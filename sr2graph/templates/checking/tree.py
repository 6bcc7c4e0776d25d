"""The content tree with the template rows its items stand for, walked by index."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sr2graph.dicom.content import ContentItem, Position
from sr2graph.templates.catalogue import Row
from sr2graph.templates.expansion import ExpandedRow
from sr2graph.templates.matching import Matching


@dataclass(frozen=True, slots=True)
class Child:
    """What takes a place below an item: an item, or a relationship to one elsewhere."""

    row: ExpandedRow | None
    index: int | None
    """Of the item among those of the matching; None where it does not exist."""
    position: Position
    relationship: str | None = None
    by_reference: bool = False


class Tree:
    """The items of a report, each with what is above and below it."""

    __slots__ = ("_standing", "below", "items", "keys", "parents", "rows")

    def __init__(self, matching: Matching) -> None:
        self.items: Sequence[ContentItem] = matching.items
        self.rows: Sequence[ExpandedRow | None] = matching.rows
        self.keys = matching.keys
        self.parents: list[int] = []
        """The index of the parent of each item; -1 for the root."""
        self.below: list[list[Child]] = [[] for _ in self.items]
        """The children of each item in their order, by reference too."""
        self._standing: dict[tuple[int, ...], list[Child]] = {}
        self._by_value()
        self._by_reference(matching)

    def _by_value(self) -> None:
        open_: list[int] = []  # the items from the root down to the present one
        for index, (item, row) in enumerate(zip(self.items, self.rows, strict=True)):
            del open_[len(item.position) - 1 :]
            parent = open_[-1] if open_ else -1
            self.parents.append(parent)
            if parent >= 0:
                self.below[parent].append(Child(row, index, item.position, item.relationship))
            open_.append(index)

    def _by_reference(self, matching: Matching) -> None:
        touched = set[int]()
        for source, reference, row in matching.by_references:
            parent = matching.index(source.position)
            if parent is not None:
                target = matching.index(reference.target)
                child = Child(row, target, reference.position, reference.relationship, by_reference=True)
                self.below[parent].append(child)
                touched.add(parent)
        for parent in touched:
            self.below[parent].sort(key=_ordinal)

    def standing_for(self, index: int, prefix: Sequence[Row], row: Row) -> list[Child]:
        """Return the children of an item that stand for a printed row, or for rows included by it.

        The prefix are the includes through which the template of the row got there, outermost first.  Answers are
        remembered: many items may ask for what stands beside an item above them.
        """
        key = (index, id(row), *map(id, prefix))
        found = self._standing.get(key)
        if found is None:
            found = [each for each in self.below[index] if each.row is not None and _stands(each.row, prefix, row)]
            self._standing[key] = found
        return found

    def other_invocations(self, index: int, row: ExpandedRow) -> Iterator[ExpandedRow]:
        """Yield the printed row of an item where its template is included once more: left and right, each organ.

        Beside the item, and beside the item above it.
        """
        parent = self.parents[index]
        above = self.rows[parent] if parent >= 0 else None
        if above is not None:
            yield from _of_printed(above.children, row)
            yield from self.in_other_invocations(parent, row)

    def in_other_invocations(self, parent: int, row: ExpandedRow) -> Iterator[ExpandedRow]:
        """Yield a printed row below an item as it would be were the item another invocation of its template."""
        above = self.rows[parent]
        beyond = self.rows[self.parents[parent]] if self.parents[parent] >= 0 else None
        if above is not None and beyond is not None:
            for beside in _of_printed(beyond.children, above):
                yield from _of_printed(beside.children, row)

    def of_row(self, index: int, row: Row) -> list[Child]:
        """Return the children of an item that stand for a row, through whatever includes."""
        key = (index, id(row), -1)
        found = self._standing.get(key)
        if found is None:
            found = self._standing[key] = [each for each in self.below[index] if is_of(each.row, row)]
        return found


def _of_printed(rows: Sequence[ExpandedRow], wanted: ExpandedRow) -> Iterator[ExpandedRow]:
    return (row for row in rows if row.row is wanted.row and row is not wanted)


def is_of(found: ExpandedRow | None, row: Row) -> bool:
    """Whether a row is that one, or is included by it."""
    if found is None:
        return False
    return found.row is row or any(invocation.row is row for invocation in found.invocations)


def _ordinal(child: Child) -> int:
    return child.position[-1]


def _stands(found: ExpandedRow, prefix: Sequence[Row], row: Row) -> bool:
    includes, depth = found.invocations, len(prefix)
    if len(includes) < depth or any(includes[at].row is not prefix[at] for at in range(depth)):
        return False
    return (includes[depth].row if len(includes) > depth else found.row) is row
