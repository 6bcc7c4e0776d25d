"""The rows of a template at one place, includes kept as what they are: the units that are there or not."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import groupby

from sr2graph.templates.catalogue import Row
from sr2graph.templates.expansion import ExpandedRow, Invocation, roots


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A row at its place: one that content items are made from, or an include and the rows that it stands for."""

    row: Row
    expanded: ExpandedRow | None = None
    """None for an include."""
    inside: tuple[Entry, ...] = ()

    @property
    def rows(self) -> tuple[ExpandedRow, ...]:
        """The rows for content items that it comes to, at this level of the tree."""
        return (self.expanded,) if self.expanded else tuple(row for entry in self.inside for row in entry.rows)


@cache
def root_entries(tid: str) -> tuple[Entry, ...]:
    """Return the top rows of a root template."""
    return _entries(roots(tid), 0)


@cache
def places(parent: ExpandedRow) -> tuple[tuple[Entry, ...], ...]:
    """Return what is printed below a row: below itself, then below the includes it stands for, innermost first."""
    above = (parent.row, *reversed(parent.includes))
    names = [(row.tid, row.row) for row in above]
    found: list[list[ExpandedRow]] = [[] for _ in names]
    for child in parent.children:
        first = child.includes[0] if child.includes else child.row
        found[names.index((first.tid, first.parent or ""))].append(child)
    return tuple(_entries(tuple(rows), 0) for rows in found)


def _entries(rows: tuple[ExpandedRow, ...], depth: int) -> tuple[Entry, ...]:
    def include(row: ExpandedRow) -> Invocation | ExpandedRow:
        return row.invocations[depth] if depth < len(row.invocations) else row

    return tuple(
        Entry(key.row, None, _entries(tuple(some), depth + 1)) if isinstance(key, Invocation) else Entry(key.row, key)
        for key, some in groupby(rows, include)
    )
