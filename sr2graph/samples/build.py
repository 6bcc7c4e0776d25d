"""The words samples are written in: content items drafted as a tree, numbered at the end.

    root = container(
        dcm("126000", "Imaging Measurement Report"),
        concept_mod(code(LANGUAGE, LANGUAGES["en-US"])),
        num(DIAMETER, "12.5", MM, inferred_from(scoord(PATH, "POLYLINE", points))),
        template="1500",
    )
    item = positioned(root)

A child CONTAINS unless it is wrapped in the name of another relationship; None among the
children is left out, so that optional rows of a template stay expressions.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ByReference, ContentItem, Position, RelationshipType
from sr2graph.dicom.values import (
    VALUE_TYPES,
    Code,
    CompositeReference,
    Date,
    DateTime,
    ImageReference,
    MeasuredValue,
    PersonName,
    SpatialCoordinates,
    SpatialCoordinates3D,
    Template,
    Text,
    Time,
    UIDReference,
    Value,
    ValueType,
)

DCMR_UID = "1.2.840.10008.8.1.1"
"""DICOM Content Mapping Resource (PS3.6 Annex A)."""


@dataclass(frozen=True, slots=True)
class Link:
    """A by-reference relationship to the draft that carries a label."""

    relationship: RelationshipType
    label: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A content item that does not know its position yet."""

    value: Value | None
    """None for a CONTAINER."""
    concept_name: CodedConcept | None = None
    children: tuple[Draft | Link, ...] = ()
    relationship: RelationshipType = RelationshipType.CONTAINS
    label: str | None = None
    """What a Link to this item calls it; unique in the tree."""
    observation_datetime: str | None = None
    observation_uid: str | None = None
    template: Template | None = None

    def walk(self) -> Iterator[Draft]:
        """Yield this draft and all drafts below it."""
        yield self
        for child in self.children:
            if isinstance(child, Draft):
                yield from child.walk()


Child = Draft | Link | None


def positioned(root: Draft) -> ContentItem:
    """Return the content tree of a draft: every item numbered, every link resolved."""
    return _item(root, (1,), None, dict(_labels(root, (1,))))


def _labels(draft: Draft, position: Position) -> Iterator[tuple[str, Position]]:
    if draft.label is not None:
        yield draft.label, position
    for ordinal, child in enumerate(draft.children, start=1):
        if isinstance(child, Draft):
            yield from _labels(child, (*position, ordinal))


def _item(draft: Draft, position: Position, relationship: str | None, labels: dict[str, Position]) -> ContentItem:
    children = (_child(child, (*position, ordinal), labels) for ordinal, child in enumerate(draft.children, start=1))
    return ContentItem(
        position=position,
        relationship=relationship,
        value_type=VALUE_TYPES[type(draft.value)].value if draft.value else ValueType.CONTAINER.value,
        concept_name=draft.concept_name,
        value=draft.value,
        children=tuple(children),
        continuity=None if draft.value else "SEPARATE",
        template=draft.template,
        observation_datetime=draft.observation_datetime,
        observation_uid=draft.observation_uid,
    )


def _child(child: Draft | Link, position: Position, labels: dict[str, Position]) -> ContentItem | ByReference:
    # .value: plain strings, as reading a file gives, not members of an enumeration.
    if isinstance(child, Link):
        return ByReference(position, child.relationship.value, labels[child.label])
    return _item(child, position, child.relationship.value, labels)


def _present(children: Iterable[Child]) -> tuple[Draft | Link, ...]:
    return tuple(child for child in children if child is not None)


# Value types


def container(name: CodedConcept, *children: Child, template: str | None = None) -> Draft:
    """Draft a CONTAINER, its items separate (PS3.3 C.18.8)."""
    follows = Template(template, "DCMR", DCMR_UID) if template else None
    return Draft(None, name, _present(children), template=follows)


def text(name: CodedConcept, value: str, *children: Child) -> Draft:
    """Draft a TEXT item."""
    return Draft(Text(value), name, _present(children))


def code(name: CodedConcept, value: CodedConcept, *children: Child) -> Draft:
    """Draft a CODE item."""
    return Draft(Code(value), name, _present(children))


def num(name: CodedConcept, value: str, unit: CodedConcept, *children: Child) -> Draft:
    """Draft a NUM item; the value is written as it stands, 16 characters at most."""
    return Draft(MeasuredValue((value,), unit), name, _present(children))


def nums(*rows: tuple[CodedConcept, str | Decimal | float | None, CodedConcept]) -> Iterator[Draft]:
    """Draft the NUM items of a table: name, value, unit; rows without a value are left out."""
    return (num(name, str(value), unit) for name, value, unit in rows if value is not None)


def missing_num(name: CodedConcept, qualifier: CodedConcept, *children: Child) -> Draft:
    """Draft a NUM item without a value, and the reason why it has none (PS3.3 C.18.1)."""
    return Draft(MeasuredValue(qualifier=qualifier), name, _present(children))


def datetime(name: CodedConcept, value: str, *children: Child) -> Draft:
    """Draft a DATETIME item, in the notation of VR DT."""
    return Draft(DateTime(value), name, _present(children))


def date(name: CodedConcept, value: str, *children: Child) -> Draft:
    """Draft a DATE item, in the notation of VR DA."""
    return Draft(Date(value), name, _present(children))


def time(name: CodedConcept, value: str, *children: Child) -> Draft:
    """Draft a TIME item, in the notation of VR TM."""
    return Draft(Time(value), name, _present(children))


def uidref(name: CodedConcept, uid: str, *children: Child) -> Draft:
    """Draft a UIDREF item."""
    return Draft(UIDReference(uid), name, _present(children))


def pname(name: CodedConcept, value: str, *children: Child) -> Draft:
    """Draft a PNAME item, in the notation of VR PN."""
    return Draft(PersonName(value), name, _present(children))


def composite(name: CodedConcept | None, sop_class_uid: str, sop_instance_uid: str, *children: Child) -> Draft:
    """Draft a COMPOSITE item."""
    return Draft(CompositeReference(sop_class_uid, sop_instance_uid), name, _present(children))


def image(name: CodedConcept | None, reference: ImageReference, *children: Child) -> Draft:
    """Draft an IMAGE item."""
    return Draft(reference, name, _present(children))


def scoord(name: CodedConcept, graphic_type: str, points: Iterable[float], *children: Child) -> Draft:
    """Draft an SCOORD item; points are column, row, column, row, ..."""
    return Draft(SpatialCoordinates(graphic_type, singles(points)), name, _present(children))


def scoord3d(
    name: CodedConcept, graphic_type: str, points: Iterable[float], frame_of_reference_uid: str, *children: Child
) -> Draft:
    """Draft an SCOORD3D item; points are x, y, z, x, y, z, ... in mm."""
    return Draft(SpatialCoordinates3D(graphic_type, singles(points), frame_of_reference_uid), name, _present(children))


def singles(values: Iterable[float]) -> tuple[float, ...]:
    """Return the values as VR FL will hold them: in single precision."""
    doubles = tuple(values)
    layout = f"<{len(doubles)}f"
    return struct.unpack(layout, struct.pack(layout, *doubles))


# Relationships other than CONTAINS


def obs_context(draft: Draft) -> Draft:
    """Return the draft as HAS OBS CONTEXT of its parent."""
    return replace(draft, relationship=RelationshipType.HAS_OBS_CONTEXT)


def acq_context(draft: Draft) -> Draft:
    """Return the draft as HAS ACQ CONTEXT of its parent."""
    return replace(draft, relationship=RelationshipType.HAS_ACQ_CONTEXT)


def concept_mod(draft: Draft) -> Draft:
    """Return the draft as HAS CONCEPT MOD of its parent."""
    return replace(draft, relationship=RelationshipType.HAS_CONCEPT_MOD)


def properties(draft: Draft) -> Draft:
    """Return the draft as HAS PROPERTIES of its parent."""
    return replace(draft, relationship=RelationshipType.HAS_PROPERTIES)


def inferred_from(draft: Draft) -> Draft:
    """Return the draft as INFERRED FROM of its parent."""
    return replace(draft, relationship=RelationshipType.INFERRED_FROM)


def selected_from(draft: Draft) -> Draft:
    """Return the draft as SELECTED FROM of its parent."""
    return replace(draft, relationship=RelationshipType.SELECTED_FROM)


def labelled(label: str, draft: Draft) -> Draft:
    """Return the draft with a label that links can point at."""
    return replace(draft, label=label)


def observed(draft: Draft, at: str | None = None, uid: str | None = None) -> Draft:
    """Return the draft with its own Observation DateTime and Observation UID."""
    return replace(draft, observation_datetime=at, observation_uid=uid)
