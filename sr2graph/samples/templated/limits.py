"""What an IOD has a place for: rows whose relationships it lists, together with what they cannot be without."""

from __future__ import annotations

from sr2graph.samples.templated.entries import Entry, places
from sr2graph.templates.checking.iods import Iod
from sr2graph.templates.expansion import ExpandedRow

MAX_NEST = 6
"""How far down required rows are looked at: some templates require themselves."""


class Limits:
    """The relationships of one IOD (PS3.3 A.35), asked row by row."""

    def __init__(self, iod: Iod) -> None:
        self._iod = iod
        self._known: dict[tuple[ExpandedRow, str], tuple[str, ...]] = {}

    def allows(self, entry: Entry, above: str) -> bool:
        """Return whether something of a row may stand below an item of a value type, with all that it requires."""
        if entry.expanded is not None:
            return bool(self.value_types(entry.expanded, above))
        required = [inner for inner in entry.inside if inner.row.is_mandatory]
        return all(self.allows(inner, above) for inner in required) and any(
            self.allows(inner, above) for inner in entry.inside
        )

    def value_types(self, row: ExpandedRow, above: str, nest: int = 0) -> tuple[str, ...]:
        """Return the value types that an item of a row may have below an item of a value type."""
        key = row, above
        if key not in self._known:
            found = tuple(kind for kind in row.row.value_types if self._may_be(row, above, kind, nest))
            if nest:
                return found
            self._known[key] = found
        return self._known[key]

    def _may_be(self, row: ExpandedRow, above: str, kind: str, nest: int) -> bool:
        triple = above, row.relationship or "CONTAINS", kind
        if row.row.by_reference:
            return triple in self._iod.by_reference
        return triple in self._iod.triples and (nest >= MAX_NEST or self._holds(row, kind, nest + 1))

    def _holds(self, row: ExpandedRow, kind: str, nest: int) -> bool:
        """Return whether all that is required below a row has its place."""
        required = (entry for place in places(row) for entry in place if entry.row.is_mandatory)
        return all(self.value_types(below, kind, nest) for entry in required for below in _required(entry))


def _required(entry: Entry) -> tuple[ExpandedRow, ...]:
    if entry.expanded is not None:
        return (entry.expanded,)
    return tuple(row for inner in entry.inside if inner.row.is_mandatory for row in _required(inner))
