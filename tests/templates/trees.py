"""Small reports for the tests of this room, written as trees of codes: `DCM:121071`, `SRT:T-D1100`."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ByReference, ContentItem
from sr2graph.dicom.header import Document, Equipment
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import Code, MeasuredValue, SpatialCoordinates, Template, Value
from sr2graph.templates.matching import Matching
from tests.strategies import placed

MOD = "HAS CONCEPT MOD"
CONTEXT = "HAS OBS CONTEXT"
FROM = "INFERRED FROM"
SELECTED = "SELECTED FROM"


def concept(said: str | None) -> CodedConcept | None:
    """A code, without a meaning: nothing may depend on it."""
    if said is None:
        return None
    scheme, _, value = said.partition(":")
    return CodedConcept(value, scheme)


def item(value_type: str, said: str | None, *children: ContentItem | ByReference, **fields: Any) -> ContentItem:
    """A content item, related by CONTAINS unless said otherwise."""
    given = {"relationship": "CONTAINS"} | fields
    return ContentItem((), value_type=value_type, concept_name=concept(said), children=children, **given)


def container(
    said: str | None, *children: ContentItem | ByReference, tid: str | None = None, **fields: Any
) -> ContentItem:
    """A CONTAINER, maybe one that declares a template."""
    template = Template(tid, "DCMR") if tid is not None else None
    return item("CONTAINER", said, *children, **({"template": template} | fields))


def code(said: str, value: str, *children: ContentItem, **fields: Any) -> ContentItem:
    """A CODE; a modifier unless said otherwise."""
    given: dict[str, Any] = {"relationship": MOD, "value": Code(concept(value))} | fields
    return item("CODE", said, *children, **given)


def num(said: str, *children: ContentItem | ByReference, unit: str = "UCUM:mm", **fields: Any) -> ContentItem:
    """A NUM."""
    value: Value = MeasuredValue(("1",), concept(unit))
    return item("NUM", said, *children, **({"value": value} | fields))


def scoord(said: str | None, graphic_type: str, *children: ContentItem | ByReference, **fields: Any) -> ContentItem:
    """An SCOORD."""
    return item("SCOORD", said, *children, **({"value": SpatialCoordinates(graphic_type)} | fields))


def image(said: str | None = None, **fields: Any) -> ContentItem:
    """An IMAGE."""
    return item("IMAGE", said, **fields)


def link(*target: int, relationship: str = FROM) -> ByReference:
    """A relationship by reference."""
    return ByReference((), relationship, target)


def report(root: ContentItem, *, sop_class_uid: str | None = None, manufacturer: str | None = None) -> Report:
    """A report of a tree, its positions as they follow."""
    document = Document(sop_instance_uid="1.2.3", sop_class_uid=sop_class_uid)
    top = placed(replace(root, relationship=None))
    return Report(document=document, equipment=Equipment(manufacturer=manufacturer), root=top)


def rows(matching: Matching) -> dict[str, str | None]:
    """Position ↔ the row there, as `1411/3b`."""
    return dict(_rows(matching))


def _rows(matching: Matching) -> Iterator[tuple[str, str | None]]:
    for found, row in zip(matching.items, matching.rows, strict=True):
        name = f"{row.tid}/{row.row.row}" if row is not None else None
        yield ".".join(map(str, found.position)), name


def starts(matching: Matching) -> list[tuple[str, str, str]]:
    """Position, TID and reason of every template that was begun."""
    return [(".".join(map(str, each.position)), each.tid, each.how.value) for each in matching.starts]
