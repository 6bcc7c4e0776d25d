"""Values against what the row of an item allows: codes, graphics, numbers and tables (PS3.16 6.1.9, 6.1.10)."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from functools import cache

from sr2graph.dicom.content import ContentItem
from sr2graph.dicom.values import Code, MeasuredValue, SpatialCoordinates, SpatialCoordinates3D, Table
from sr2graph.templates.checking.findings import Findings
from sr2graph.templates.checking.tables import check_table
from sr2graph.templates.checking.tree import Tree
from sr2graph.templates.checking.units import UnitChecks
from sr2graph.templates.checking.wording import code_text, set_text
from sr2graph.templates.code_keys import CodeKeys
from sr2graph.templates.expansion import ExpandedRow
from sr2graph.templates.replaced import is_in
from sr2graph.templates.value_sets import Binding, ValueSet, context_group

GRAPHICS = SpatialCoordinates | SpatialCoordinates3D


def check_values(tree: Tree, findings: Findings) -> None:
    """Note values that the rows of their items do not allow."""
    keys, units = tree.keys, UnitChecks(tree.keys, findings)
    for index, (item, row) in enumerate(zip(tree.items, tree.rows, strict=True)):
        value = item.value
        if isinstance(value, MeasuredValue):
            named = row if row is not None and is_named(item, row, keys) else None
            units.check(item, value, named)
            if named is not None and named.row.number:
                _check_number(item, value, named, findings)
        elif row is None or not is_named(item, row, keys):
            continue
        elif isinstance(value, Code):
            if row.values.is_constrained:
                _check_code(index, value, row, tree, findings)
        elif isinstance(value, GRAPHICS):
            _check_graphic(item, value, row, findings)
        elif isinstance(value, Table) and row.row.table:
            check_table(item, value, row, keys, findings)


def is_named(item: ContentItem, row: ExpandedRow, keys: CodeKeys) -> bool:
    """Whether the concept is one that the row names: what extends its group may have other values and units."""
    return not row.concept.is_constrained or is_in(keys.iri(item.concept_name), row.concept)


def _check_code(index: int, value: Code, row: ExpandedRow, tree: Tree, findings: Findings) -> None:
    item, iri = tree.items[index], tree.keys.iri(value.concept)
    if iri is None or iri in row.values.iris():
        return
    standard = f"PS3.16: the value is {set_text(row.values)}"
    found = code_text(value.concept, tree.keys)
    if row.values.is_closed:
        if any(is_in(iri, other.values) for other in tree.other_invocations(index, row)):
            return
        findings.add(item.position, "value-set", standard, found, row.row)
    elif _is_defined(row.values):
        findings.add(item.position, "value-extension", f"{standard}, which may be extended", found,
                     row.row)  # fmt: skip


@cache
def _is_defined(said: ValueSet) -> bool:
    """Whether the codes are not merely a baseline, so that others extend a group rather than replace it."""
    enumerable = [group for group in said.groups if not _is_whole_scheme(group.cid)]
    return bool(enumerable) and all(group.binding is Binding.DEFINED_GROUP for group in said.groups)


def _is_whole_scheme(cid: str) -> bool:

    return bool(context_group(cid).schemes())


def _check_graphic(item: ContentItem, value: GRAPHICS, row: ExpandedRow, findings: Findings) -> None:
    allowed, excluded = row.row.graphic_types, row.row.graphic_types_excluded
    if value.graphic_type is None or not (allowed or excluded):
        return
    if value.graphic_type in excluded or (allowed and value.graphic_type not in allowed):
        said = " or ".join(allowed) if allowed else f"not {' or '.join(excluded)}"
        found = value.graphic_type if value.graphic_type in GRAPHIC_TYPES else "one that does not exist"
        findings.add(item.position, "graphic-type", f"PS3.16: Graphic Type is {said}", found, row.row)


GRAPHIC_TYPES = frozenset("POINT MULTIPOINT POLYLINE CIRCLE ELLIPSE POLYGON ELLIPSOID".split())
"""PS3.3 C.18.6.1.1, C.18.9.1.1."""


def _check_number(item: ContentItem, value: MeasuredValue, row: ExpandedRow, findings: Findings) -> None:
    number, allows = value.number, _range(row.row.number)
    if number is not None and allows is not None and not allows(number):
        standard = f"PS3.16: the number is {row.row.number}"
        findings.add(item.position, "number-range", standard, "another number", row.row)


@cache
def _range(printed: str) -> Callable[[Decimal], bool] | None:
    """Return whether a number is in a range as the templates print it; None for other notations.

    >>> _range("0 - 100")(Decimal("100.0")), _range("Integer 1 - n")(Decimal("1.5"))
    (True, False)
    """
    found = re.fullmatch(r"(Integer )?(?:> = )?(\d+)(?: - (\d+|n))?", printed)
    if found is None:
        return None
    integer, least = found[1] is not None, Decimal(found[2])
    open_ended = found[3] == "n" or ">" in printed
    most = None if open_ended else Decimal(found[3] or found[2])

    def allows(number: Decimal) -> bool:
        whole = number == number.to_integral_value() if integer and number.is_finite() else True
        return number.is_finite() and whole and least <= number and (most is None or number <= most)

    return allows
