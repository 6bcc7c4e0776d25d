"""Which rows a content item can stand for: the places below a row, looked up by relationship, value type and concept.

What fits, best first; the first rule that finds rows decides:

1. CONCEPT: relationship and value type agree, and the concept is a code of the row (or both have none).
2. FREE: they agree, and the row says nothing of the concept.
3. RELATIONSHIP, VALUE_TYPE: the concept is a code of the row, but the relationship or the value type is another one: a
   misfit, placed so that it can be told.  Both wrong is no fit: then the code proves too little.
4. EXTENSION: they agree, the concept is in no row of the parent, and exactly one row takes its concept from a context
   group that may be extended.  That group is a baseline (BCID), or no other row has that relationship and value type:
   devices add private numbers of all sorts beside a row for Distances (DCID 10008), but in a section for nothing but
   measurements they are measurements.  An item may also leave out the concept there, if it may be left out at all.
   A single code that may be replaced (DT) is no such row: what a code means cannot be told from its letters.

A code that the standard gave up counts as the one that took its place.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from sr2graph.templates.expansion import ExpandedRow
from sr2graph.templates.replaced import is_in
from sr2graph.templates.value_sets import ValueSet

MAX_KNOWN = 500
"""Questions remembered per place: a bound on memory against files that never ask the same twice."""

NAMELESS = frozenset("CONTAINER COMPOSITE IMAGE WAVEFORM SCOORD SCOORD3D TCOORD".split())
"""Value types that may leave out the concept name (PS3.3 Table C.17-5)."""

Key = tuple[str | None, str | None, str | None]
"""Relationship, value type, canonical IRI of the concept."""


class Fit(StrEnum):
    """By which rule an item fits a row."""

    CONCEPT = "concept"
    FREE = "free"
    RELATIONSHIP = "relationship"
    VALUE_TYPE = "value type"
    EXTENSION = "extension"

    @property
    def is_misfit(self) -> bool:
        """Whether the item breaks what the row says."""
        return self in (Fit.RELATIONSHIP, Fit.VALUE_TYPE)


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """The rows that an item can stand for."""

    rows: tuple[ExpandedRow, ...]
    fit: Fit = Fit.CONCEPT
    is_sure: bool = False
    """One row, by its concept: nothing more to decide."""


NOTHING = Found(())


class Places:
    """The rows below one row, and what was asked of them."""

    __slots__ = ("known", "named_by_values", "referred", "rows")

    def __init__(self, rows: tuple[ExpandedRow, ...]) -> None:
        self.rows = rows
        self.named_by_values = tuple(row for row in rows if row.concept.value_of_row is not None)
        """Those whose concept is the value of another row: `find` knows nothing of them."""
        self.known: dict[Key, Found] = {}
        """By-value items."""
        self.referred: dict[Key, Found] = {}
        """By-reference relationships."""

    def find(self, key: Key) -> Found:
        """Return the rows for a by-value item."""
        return self._remembered(self.known, key, by_reference=False)

    def find_referred(self, key: Key) -> Found:
        """Return the rows for a relationship by reference; the key has value type and concept of the target."""
        return self._remembered(self.referred, key, by_reference=True)

    def _remembered(self, memory: dict[Key, Found], key: Key, *, by_reference: bool) -> Found:
        found = memory.get(key)
        if found is None:
            if len(memory) >= MAX_KNOWN:
                memory.clear()
            found = memory[key] = _found(self.rows, key, by_reference=by_reference)
        return found


NOWHERE = Places(())


@cache
def below(row: ExpandedRow) -> Places:
    """Return the places below a row."""
    return Places(row.children) if row.children else NOWHERE


def is_open(said: ValueSet) -> bool:
    """Whether a set takes other codes: a context group in it may be extended."""
    return bool(said.groups) and not said.is_closed


def _is_baseline(said: ValueSet) -> bool:
    """Whether a set is no more than a suggestion."""
    return any(group.binding.may_be_replaced for group in said.groups)


def _found(rows: tuple[ExpandedRow, ...], key: Key, *, by_reference: bool) -> Found:
    relationship, value_type, iri = key
    agreeing = [row for row in rows if _relates(row, relationship) and value_type in row.row.value_types]
    exact = _preferred((row for row in agreeing if _names(row, iri)), by_reference=by_reference)
    if exact:
        # A row for one concept is meant before one for any of a group; otherwise they keep their order.
        exact = tuple(sorted(exact, key=lambda row: bool(row.concept.groups)))
        return Found(exact, Fit.CONCEPT, is_sure=len(exact) == 1)
    free = _preferred((row for row in agreeing if _is_free(row.concept)), by_reference=by_reference)
    if free:
        return Found(free, Fit.FREE)
    named = [row for row in rows if is_in(iri, row.concept)]
    if named:
        return _misfitting(named, relationship, value_type)
    if iri is None and value_type not in NAMELESS:
        return NOTHING
    open_ = [row for row in agreeing if is_open(row.concept)]
    fits = len(open_) == 1 and (len(agreeing) == 1 or _is_baseline(open_[0].concept))
    return Found(tuple(open_), Fit.EXTENSION) if fits else NOTHING


def _relates(row: ExpandedRow, relationship: str | None) -> bool:
    """Whether the relationship is that of the row; some tables print none."""
    return row.relationship is None or row.relationship == relationship


def _names(row: ExpandedRow, iri: str | None) -> bool:
    return is_in(iri, row.concept) if iri is not None else _is_free(row.concept)


def _is_free(concept: ValueSet) -> bool:
    return not concept.is_constrained and concept.value_of_row is None


def _preferred(rows: Iterable[ExpandedRow], *, by_reference: bool) -> tuple[ExpandedRow, ...]:
    """Return rows of the right mode, by value or by reference; those of the other mode if there are no others."""
    found = tuple(rows)
    right = tuple(row for row in found if row.row.by_reference == by_reference)
    return right or found


def _misfitting(named: list[ExpandedRow], relationship: str | None, value_type: str | None) -> Found:
    typed = tuple(row for row in named if value_type in row.row.value_types)
    if typed:
        return Found(typed, Fit.RELATIONSHIP)
    related = tuple(row for row in named if _relates(row, relationship))
    return Found(related, Fit.VALUE_TYPE) if related else NOTHING
