"""By-reference relationships: do they lead somewhere, and may they (PS3.3 C.17.3.2.5 and A.35.x)."""

from __future__ import annotations

from dataclasses import dataclass

from sr2graph.dicom.content import ByReference, ContentItem, position_text
from sr2graph.dicom.tree import RELATIONSHIPS
from sr2graph.templates.catalogue import Row
from sr2graph.templates.checking.findings import Findings
from sr2graph.templates.checking.iods import VALUE_TYPES, Iod
from sr2graph.templates.checking.wording import row_text
from sr2graph.templates.expansion import ExpandedRow
from sr2graph.templates.matching import Matching

DANGLING = "the referenced content item does not exist"
"""How reading tells of such a one; checking says it in its own way."""


@dataclass(frozen=True, slots=True)
class _Reference:
    """A by-reference relationship with both its ends."""

    source: ContentItem
    link: ByReference
    target: ContentItem
    row: Row | None


def check_references(matching: Matching, iod: Iod | None, findings: Findings) -> None:
    """Note by-reference relationships that lead nowhere, to an ancestor, or are not allowed."""
    for source, link, placed in matching.by_references:
        row = placed.row if placed is not None else None
        index = matching.index(link.target)
        if index is None:
            standard = "Referenced Content Item Identifier is the position of a content item (PS3.3 C.17.3.2.5)"
            findings.add(link.position, "reference-target", standard, "no item is there", row)
            continue
        reference = _Reference(source, link, matching.items[index], row)
        if source.position[: len(link.target)] == link.target:
            _ancestor(reference, iod, findings)
        if iod is not None:
            _relationship(reference, iod, findings)
        if placed is not None and _is_by_value(placed, matching.row_at(source.position)):
            findings.add(link.position, "row-by-value", f"PS3.16: {row_text(placed)}", "by reference", row)


def _is_by_value(placed: ExpandedRow, above: ExpandedRow | None) -> bool:
    """Whether neither the row nor one beside it that could be meant is by reference."""
    beside = above.children if above is not None else ()
    return not placed.row.by_reference and not any(
        row.row.by_reference
        and row.relationship == placed.relationship
        and set(row.row.value_types) & set(placed.row.value_types)
        for row in beside
    )


def _ancestor(reference: _Reference, iod: Iod | None, findings: Findings) -> None:
    stated = iod is not None and iod.ancestors_forbidden
    section = iod.source if iod is not None else "PS3.3 C.17.3.2.5"
    rule = "reference-to-ancestor" if stated else "reference-upwards"
    standard = f"a by-reference relationship does not lead to an ancestor of its source ({section})"
    found = f"it leads to {position_text(reference.link.target)}"
    findings.add(reference.link.position, rule, standard, found, reference.row)


def _relationship(reference: _Reference, iod: Iod, findings: Findings) -> None:
    row = reference.row
    source, target = reference.source.value_type or "", reference.target.value_type or ""
    triple = source, reference.link.relationship or "", target
    known = source in VALUE_TYPES and triple[1] in RELATIONSHIPS and target in VALUE_TYPES
    if not known or triple in iod.by_reference:
        return
    allowed = sorted({relationship for _, relationship, _ in iod.by_reference})
    standard = f"by reference {iod.short_name} allows {', '.join(allowed) or 'nothing'} ({iod.source})"
    if row is not None and f"{row.tid}/{row.row}" in iod.conflicting_references:
        standard = f"{standard}, although {row.name} asks for it"
        findings.add(reference.link.position, "reference-conflict", standard, " ".join(triple), row)
    else:
        findings.add(reference.link.position, "reference-relationship", standard, " ".join(triple))
