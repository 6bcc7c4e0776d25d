"""Which items may relate to which, and how, in reports of a SOP class (PS3.3 A.35.x, the tables of constraints)."""

from __future__ import annotations

from collections.abc import Iterable

from sr2graph.dicom.content import ContentItem, Position
from sr2graph.dicom.tree import RELATIONSHIPS
from sr2graph.dicom.values import ValueType
from sr2graph.templates.checking.findings import Findings
from sr2graph.templates.checking.iods import VALUE_TYPES, Iod, Triple


def check_relationships(items: Iterable[ContentItem], iod: Iod, findings: Findings) -> None:
    """Note items of a value type that the SOP class lacks, and relationships that it does not allow by value.

    What reading has told already, relationship and value types that do not exist, is left alone.
    """
    allowed, conflicts = iod.triples, iod.conflicts
    for item in items:
        source = item.value_type or ""
        for child in item.children:
            if not isinstance(child, ContentItem):
                continue
            target, relationship = child.value_type or "", child.relationship or ""
            triple = source, relationship, target
            if triple in allowed or target not in VALUE_TYPES:
                continue
            if target not in iod.value_types:
                _value_type(child, iod, findings)
            elif triple in conflicts:
                _conflict(triple, child.position, iod, findings)
            elif relationship in RELATIONSHIPS and source in iod.value_types:
                _relationship(triple, child.position, iod, findings)


def check_continuity(items: Iterable[ContentItem], findings: Findings) -> None:
    """Note containers that do not say whether their content is continuous text (PS3.3 C.18.8)."""
    for item in items:
        if item.value_type == ValueType.CONTAINER and item.continuity not in ("SEPARATE", "CONTINUOUS"):
            what = "no Continuity Of Content" if item.continuity is None else "another Continuity Of Content"
            findings.add(
                item.position,
                "continuity",
                "a CONTAINER is SEPARATE or CONTINUOUS (PS3.3 Table C.18.8-1)",
                what,
            )


def _value_type(item: ContentItem, iod: Iod, findings: Findings) -> None:
    standard = f"the value types of {iod.short_name} are {' '.join(sorted(iod.value_types))} ({iod.source})"
    findings.add(item.position, "value-type", standard, f"{item.value_type}")


def _conflict(triple: Triple, position: Position, iod: Iod, findings: Findings) -> None:
    tids = " ".join(iod.root_templates)
    standard = f"{iod.source} does not list this relationship of {iod.short_name}, although TID {tids} asks for it"
    findings.add(position, "relationship-conflict", standard, " ".join(triple))


def _relationship(triple: Triple, position: Position, iod: Iod, findings: Findings) -> None:
    source, relationship, _ = triple
    targets = sorted(target for one, other, target in iod.triples if (one, other) == (source, relationship))
    ways = sorted({other for one, other, target in iod.triples if (one, target) == (source, triple[2])})
    only = f"{source} {relationship} {' '.join(targets)}" if targets else f"no {source} {relationship}"
    instead = f", and {source} {triple[2]} as {', '.join(ways)}" if ways else ""
    standard = f"{iod.short_name} allows {only}{instead} ({iod.source})"
    findings.add(position, "relationship", standard, " ".join(triple))
