"""By-reference relationships: do they lead somewhere, and may they (PS3.3 C.17.3.2.5 and A.35.x)."""

from __future__ import annotations

from collections.abc import Iterable

from sr2graph.dicom.content import ByReference, ContentItem, position_text
from sr2graph.dicom.tree import RELATIONSHIPS
from sr2graph.templates.catalogue import Row
from sr2graph.templates.checking.findings import Findings
from sr2graph.templates.checking.iods import VALUE_TYPES, Iod

DANGLING = "the referenced content item does not exist"
"""How reading tells of such a one; checking says it in its own way."""

Reference = tuple[ContentItem, ByReference, Row | None]
"""Source, relationship, and the template row that it follows."""


def check_references(
    items: Iterable[ContentItem], references: Iterable[Reference], iod: Iod | None, findings: Findings
) -> None:
    """Note by-reference relationships that lead nowhere, to an ancestor, or are not allowed in the SOP class."""
    found = list(references)
    if not found:
        return
    by_position = {item.position: item for item in items}
    for source, reference, row in found:
        target = by_position.get(reference.target)
        if target is None:
            findings.add(
                reference.position,
                "reference-target",
                "Referenced Content Item Identifier is the position of a content item (PS3.3 C.17.3.2.5)",
                "no item is there",
                row,
            )
            continue
        if source.position[: len(target.position)] == target.position:
            _ancestor(reference, iod, row, findings)
        if iod is not None:
            _relationship(source, reference, target, iod, row, findings)


def _ancestor(reference: ByReference, iod: Iod | None, row: Row | None, findings: Findings) -> None:
    stated = iod is not None and iod.ancestors_forbidden
    section = iod.source if iod is not None else "PS3.3 C.17.3.2.5"
    findings.add(
        reference.position,
        "reference-to-ancestor" if stated else "reference-upwards",
        f"a by-reference relationship does not lead to an ancestor of its source ({section})",
        f"it leads to {position_text(reference.target)}",
        row,
    )


def _relationship(  # noqa: PLR0913 # both ends, what joins them, and what is said of it
    source: ContentItem, reference: ByReference, target: ContentItem, iod: Iod, row: Row | None, findings: Findings
) -> None:
    triple = source.value_type or "", reference.relationship or "", target.value_type or ""
    known = triple[0] in VALUE_TYPES and triple[1] in RELATIONSHIPS and triple[2] in VALUE_TYPES
    if not known or triple in iod.by_reference:
        return
    conflict = row is not None and f"{row.tid}/{row.row}" in iod.conflicting_references
    allowed = sorted({relationship for _, relationship, _ in iod.by_reference})
    name = iod.name.removesuffix(" Storage")
    standard = f"by reference {name} allows {', '.join(allowed) or 'nothing'} ({iod.source})"
    findings.add(
        reference.position,
        "reference-conflict" if conflict else "reference-relationship",
        f"{standard}, although {row.name} asks for it" if conflict and row is not None else standard,
        " ".join(triple),
        row,
    )
