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
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from sr2graph.dicom.attributes import builder
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
    WaveformReference,
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

    value: Value | None = None
    """None for a CONTAINER."""
    concept_name: CodedConcept | None = None
    children: tuple[Draft | Link, ...] = ()
    relationship: RelationshipType = RelationshipType.CONTAINS
    label: str | None = None
    """What a Link to this item calls it; unique in the tree."""
    observation_datetime: str | None = None
    observation_uid: str | None = None
    template: Template | None = None


Child = Draft | Link | None

_draft: Callable[..., Draft] = builder(Draft)
_content_item: Callable[..., ContentItem] = builder(ContentItem)
_by_reference: Callable[..., ByReference] = builder(ByReference)

_VALUE_TYPES = {cls: value_type.value for cls, value_type in VALUE_TYPES.items()}
# Plain strings, as reading a file gives, not members of an enumeration.
_CONTAINER = ValueType.CONTAINER.value


@dataclass(frozen=True, slots=True)
class Survey:
    """What a tree of drafts holds, found in one walk."""

    labels: dict[str, Position]
    """Where the labelled drafts are."""
    instances: frozenset[str]
    """The SOP Instance UIDs that the content refers to."""


def survey(root: Draft) -> Survey:
    """Return the labels and the references of a tree of drafts."""
    labels: dict[str, Position] = {}
    instances = set()
    stack: list[tuple[Draft, Position]] = [(root, (1,))]
    while stack:
        draft, position = stack.pop()
        if draft.label is not None:
            labels[draft.label] = position
        if isinstance(draft.value, CompositeReference | ImageReference | WaveformReference):
            instances.add(draft.value.sop_instance_uid or "")
        for ordinal, child in enumerate(draft.children, start=1):
            if isinstance(child, Draft):
                stack.append((child, (*position, ordinal)))
    return Survey(labels, frozenset(instances))


def positioned(root: Draft, labels: dict[str, Position] | None = None) -> ContentItem:
    """Return the content tree of a draft: every item numbered, every link resolved."""
    return _item(root, (1,), None, survey(root).labels if labels is None else labels)


def _item(draft: Draft, position: Position, relationship: str | None, labels: dict[str, Position]) -> ContentItem:
    value = draft.value
    return _content_item(
        position=position,
        relationship=relationship,
        value_type=_CONTAINER if value is None else _VALUE_TYPES[type(value)],
        concept_name=draft.concept_name,
        value=value,
        children=_children(draft.children, position, labels),
        continuity="SEPARATE" if value is None else None,
        template=draft.template,
        observation_datetime=draft.observation_datetime,
        observation_uid=draft.observation_uid,
    )


def _children(
    children: tuple[Draft | Link, ...], parent: Position, labels: dict[str, Position]
) -> tuple[ContentItem | ByReference, ...]:
    items: list[ContentItem | ByReference] = []
    for ordinal, child in enumerate(children, start=1):
        position = (*parent, ordinal)
        if isinstance(child, Draft):
            items.append(_item(child, position, child.relationship.value, labels))
        else:
            target = labels[child.label]
            items.append(_by_reference(position=position, relationship=child.relationship.value, target=target))
    return tuple(items)


def _present(children: tuple[Child, ...]) -> tuple[Draft | Link, ...]:
    return tuple([child for child in children if child is not None])


# Value types


def container(name: CodedConcept, *children: Child, template: str | None = None) -> Draft:
    """Draft a CONTAINER, its items separate (PS3.3 C.18.8)."""
    follows = Template(template, "DCMR", DCMR_UID) if template else None
    return _draft(concept_name=name, children=_present(children), template=follows)


def text(name: CodedConcept, value: str, *children: Child) -> Draft:
    """Draft a TEXT item."""
    return _draft(value=Text(value), concept_name=name, children=_present(children))


def code(name: CodedConcept, value: CodedConcept, *children: Child) -> Draft:
    """Draft a CODE item."""
    return _draft(value=Code(value), concept_name=name, children=_present(children))


def num(name: CodedConcept, value: str, unit: CodedConcept, *children: Child) -> Draft:
    """Draft a NUM item; the value is written as it stands, 16 characters at most."""
    return _draft(value=MeasuredValue((value,), unit), concept_name=name, children=_present(children))


def nums(*rows: tuple[CodedConcept, str | Decimal | float | None, CodedConcept]) -> Iterator[Draft]:
    """Draft the NUM items of a table: name, value, unit; rows without a value are left out."""
    return (num(name, str(value), unit) for name, value, unit in rows if value is not None)


def missing_num(name: CodedConcept, qualifier: CodedConcept, *children: Child) -> Draft:
    """Draft a NUM item without a value, and the reason why it has none (PS3.3 C.18.1)."""
    return _draft(value=MeasuredValue(qualifier=qualifier), concept_name=name, children=_present(children))


def datetime(name: CodedConcept, value: str, *children: Child) -> Draft:
    """Draft a DATETIME item, in the notation of VR DT."""
    return _draft(value=DateTime(value), concept_name=name, children=_present(children))


def date(name: CodedConcept, value: str, *children: Child) -> Draft:
    """Draft a DATE item, in the notation of VR DA."""
    return _draft(value=Date(value), concept_name=name, children=_present(children))


def time(name: CodedConcept, value: str, *children: Child) -> Draft:
    """Draft a TIME item, in the notation of VR TM."""
    return _draft(value=Time(value), concept_name=name, children=_present(children))


def uidref(name: CodedConcept, uid: str, *children: Child) -> Draft:
    """Draft a UIDREF item."""
    return _draft(value=UIDReference(uid), concept_name=name, children=_present(children))


def pname(name: CodedConcept, value: str, *children: Child) -> Draft:
    """Draft a PNAME item, in the notation of VR PN."""
    return _draft(value=PersonName(value), concept_name=name, children=_present(children))


def composite(name: CodedConcept | None, sop_class_uid: str, sop_instance_uid: str, *children: Child) -> Draft:
    """Draft a COMPOSITE item."""
    return _draft(
        value=CompositeReference(sop_class_uid, sop_instance_uid), concept_name=name, children=_present(children)
    )


def image(name: CodedConcept | None, reference: ImageReference, *children: Child) -> Draft:
    """Draft an IMAGE item."""
    return _draft(value=reference, concept_name=name, children=_present(children))


def scoord(name: CodedConcept, graphic_type: str, points: Iterable[float], *children: Child) -> Draft:
    """Draft an SCOORD item; points are column, row, column, row, ..."""
    return _draft(
        value=SpatialCoordinates(graphic_type, singles(points)), concept_name=name, children=_present(children)
    )


def scoord3d(
    name: CodedConcept, graphic_type: str, points: Iterable[float], frame_of_reference_uid: str, *children: Child
) -> Draft:
    """Draft an SCOORD3D item; points are x, y, z, x, y, z, ... in mm."""
    return _draft(
        value=SpatialCoordinates3D(graphic_type, singles(points), frame_of_reference_uid),
        concept_name=name,
        children=_present(children),
    )


def singles(values: Iterable[float]) -> tuple[float, ...]:
    """Return the values as VR FL will hold them: in single precision."""
    doubles = tuple(values)
    layout = f"<{len(doubles)}f"
    return struct.unpack(layout, struct.pack(layout, *doubles))


# Relationships other than CONTAINS


def obs_context(draft: Draft) -> Draft:
    """Return the draft as HAS OBS CONTEXT of its parent."""
    return _changed(draft, relationship=RelationshipType.HAS_OBS_CONTEXT)


def acq_context(draft: Draft) -> Draft:
    """Return the draft as HAS ACQ CONTEXT of its parent."""
    return _changed(draft, relationship=RelationshipType.HAS_ACQ_CONTEXT)


def concept_mod(draft: Draft) -> Draft:
    """Return the draft as HAS CONCEPT MOD of its parent."""
    return _changed(draft, relationship=RelationshipType.HAS_CONCEPT_MOD)


def properties(draft: Draft) -> Draft:
    """Return the draft as HAS PROPERTIES of its parent."""
    return _changed(draft, relationship=RelationshipType.HAS_PROPERTIES)


def inferred_from(draft: Draft) -> Draft:
    """Return the draft as INFERRED FROM of its parent."""
    return _changed(draft, relationship=RelationshipType.INFERRED_FROM)


def selected_from(draft: Draft) -> Draft:
    """Return the draft as SELECTED FROM of its parent."""
    return _changed(draft, relationship=RelationshipType.SELECTED_FROM)


def labelled(label: str, draft: Draft) -> Draft:
    """Return the draft with a label that links can point at."""
    return _changed(draft, label=label)


def observed(draft: Draft, at: str | None = None, uid: str | None = None) -> Draft:
    """Return the draft with its own Observation DateTime and Observation UID."""
    return _changed(draft, observation_datetime=at, observation_uid=uid)


def _changed(draft: Draft, **changes: object) -> Draft:
    # dataclasses.replace does the same, at the price of a walk over the fields: this is the hot path.
    return _draft(
        **{
            "value": draft.value,
            "concept_name": draft.concept_name,
            "children": draft.children,
            "relationship": draft.relationship,
            "label": draft.label,
            "observation_datetime": draft.observation_datetime,
            "observation_uid": draft.observation_uid,
            "template": draft.template,
            **changes,
        }
    )
