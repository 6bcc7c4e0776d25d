"""How much of what lies below an item fits below a row: decides between rows that the item itself fits.

The work is bounded: so many levels, so many items at a time, and so many for each item of the report in all.  What
lies beyond the bounds counts for none of the rows.
"""

from __future__ import annotations

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ContentItem
from sr2graph.dicom.values import Code, MeasuredValue, SpatialCoordinates, SpatialCoordinates3D
from sr2graph.templates.code_keys import CodeKeys
from sr2graph.templates.expansion import ExpandedRow
from sr2graph.templates.places import below
from sr2graph.templates.replaced import is_in
from sr2graph.templates.value_sets import ValueSet, context_group

LEVELS = 3
ITEMS = 4_000
"""Looked at for one row."""
SHARE = 50
"""Looked at in all, for each item of the report: real reports need fewer than 5."""

PLACED = 4
MISFITTING = 1
MEMBER = 2
"""The value is one of those that the row names."""
STRANGER = -2
"""It is not, and the row takes no others."""
EXTENSION = -1
"""It is not, but the row takes others."""
CONTRADICTION = -1_000_000
"""A modifier has another value than the one that makes the row what it is: the section of another organ."""


class Likeness:
    """Compares items with rows."""

    __slots__ = ("_keys", "_left", "allowance", "spent")

    def __init__(self, keys: CodeKeys) -> None:
        self._keys = keys
        self._left = 0
        self.allowance = ITEMS
        """How many items may be looked at in all; grows as the report is walked."""
        self.spent = 0
        """How many were."""

    def of(self, item: ContentItem, row: ExpandedRow) -> int:
        """Return how well an item fits a row, by its value and by what lies below it."""
        granted = self._left = max(0, min(ITEMS, self.allowance - self.spent))
        found = self._of(item, row, LEVELS)
        self.spent += granted - self._left
        return found

    def _of(self, item: ContentItem, row: ExpandedRow, levels: int) -> int:
        found = self._of_value(item, row)
        if not levels or not item.children:
            return found
        places = below(row)
        for child in item.children:
            if not isinstance(child, ContentItem) or self._left <= 0:
                continue
            self._left -= 1
            fit = places.find((child.relationship, child.value_type, self._keys.iri(child.concept_name)))
            if fit.rows:
                found += MISFITTING if fit.fit.is_misfit else PLACED
                found += max([self._of(child, each, levels - 1) for each in fit.rows])
                if levels == LEVELS and child.relationship == "HAS CONCEPT MOD":
                    found += self._contradiction(child, fit.rows)
        return found

    def _contradiction(self, modifier: ContentItem, rows: tuple[ExpandedRow, ...]) -> int:
        """Return CONTRADICTION where every row of a modifier fixes its value, and none to the one it has."""
        iri = self._keys.iri(modifier.value.concept) if isinstance(modifier.value, Code) else None
        if iri is None:
            return 0
        return CONTRADICTION if all(_is_fixed(row.values) and not is_in(iri, row.values) for row in rows) else 0

    def _of_value(self, item: ContentItem, row: ExpandedRow) -> int:
        value = item.value
        if isinstance(value, Code):
            return self._of_code(value.concept, row.values)
        if isinstance(value, MeasuredValue):
            return self._of_code(value.unit, row.units)
        if isinstance(value, SpatialCoordinates | SpatialCoordinates3D):
            return _of_graphic(value.graphic_type, row)
        return 0

    def _of_code(self, concept: CodedConcept | None, allowed: ValueSet) -> int:
        iri = self._keys.iri(concept)
        if iri is None or not allowed.is_constrained:
            return 0
        if is_in(iri, allowed):
            return MEMBER
        if any(context_group(group.cid).schemes() for group in allowed.groups):
            return 0  # a whole scheme, such as all of UCUM, has no list to look in
        return STRANGER if allowed.is_closed else EXTENSION


def _of_graphic(graphic_type: str | None, row: ExpandedRow) -> int:
    allowed = row.row.graphic_types
    if graphic_type in row.row.graphic_types_excluded or (allowed and graphic_type not in allowed):
        return STRANGER
    return MEMBER if allowed else 0


def _is_fixed(values: ValueSet) -> bool:
    return bool(values.codes) and not values.groups and values.is_closed
