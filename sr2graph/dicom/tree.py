"""Elements of an SR data set to a Report (PS3.3 C.17)."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from sr2graph.dicom.attributes import Attribute, builder, tag_text
from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ByReference, ContentItem, Position, RelationshipType
from sr2graph.dicom.header import Document, Equipment, Patient, Series, Study
from sr2graph.dicom.reading import (
    SPECIFIC_CHARACTER_SET,
    Plan,
    Raw,
    Reading,
    carried,
    enter_item,
    in_part,
    plan,
    read_fields,
    verbatim,
)
from sr2graph.dicom.report import Report, Source
from sr2graph.dicom.tokenise import CONTENT_SEQUENCE, Elements
from sr2graph.dicom.values import MEASURED_VALUE_SEQUENCE, VALUE_CLASSES, MeasuredValue, ValueType
from sr2graph.dicom.vr import VALID_UID

VALUE_TYPE = 0x0040_A040
CONCEPT_NAME = 0x0040_A043
REFERENCED_ITEM = 0x0040_DB73
DATA_SET_TRAILING_PADDING = 0xFFFC_FFFC

MAX_LEAVES = 5_000
"""Leaves remembered per character set: a bound on memory."""
MAX_REMEMBERED_DEPTH = 40
"""Below this, limits on depth are near enough that each leaf is read anew."""

HEADER_CLASSES = {"document": Document, "patient": Patient, "study": Study, "series": Series, "equipment": Equipment}
"""The fields of Report that hold the header, and their classes."""

RELATIONSHIPS = frozenset(relationship.value for relationship in RelationshipType)
VALUE_TYPES = frozenset(value_type.value for value_type in ValueType)
DECIMAL_STRING = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
"""A number as VR DS writes it (PS3.5 Table 6.2-1)."""
CONCEPT_REQUIRED = frozenset("TEXT NUM CODE DATETIME DATE TIME UIDREF PNAME TABLE".split())
"""Value types that need a Concept Name (PS3.3 Table C.17-5)."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """How to read the items of one value type in one pass: the item is part 0, its value part 1."""

    value_type: str | None
    plan: Plan
    build: Callable[..., Any] | None
    """Constructor of the value, None for items without one."""


def _shape_of(value_type: str | None, value_class: type[Any] | None) -> _Shape:
    by_tag = plan(ContentItem) | {CONTENT_SEQUENCE: (0, "children", _content_reader)}
    if value_class is None:
        return _Shape(value_type, by_tag, None)
    return _Shape(value_type, by_tag | in_part(1, plan(value_class)), builder(value_class))


def _content_reader(vr: str, raw: Raw, reading: Reading) -> tuple[None, bool]:
    """Leave the Content Sequence to `_children`; only what is no tree is carried verbatim."""
    if isinstance(raw, list):
        return None, bool(raw)
    return None, vr == "UN" and bool(reading.items(CONTENT_SEQUENCE, vr, raw))


@cache
def _shapes() -> dict[bytes, _Shape]:
    """Return the shape for the raw Value Type of every value type there is."""
    return {
        raw: _shape_of(value_type.value, VALUE_CLASSES.get(value_type))
        for value_type in ValueType
        for raw in (value_type.encode(), value_type.encode() + b" ")
    }


_NOTHING_TELLS = -1


@cache
def _telling_shapes() -> dict[int, _Shape]:
    """Return which attribute tells the shape of an item without a usable value type."""
    shapes = {_NOTHING_TELLS: _shape_of(None, None)}
    for cls in reversed(VALUE_CLASSES.values()):
        shapes |= dict.fromkeys(plan(cls), _shape_of(None, cls))
    return shapes


def _shape(elements: Elements) -> _Shape:
    _, raw = elements.get(VALUE_TYPE, ("CS", b""))
    if isinstance(raw, list):
        raw = b""
    shape = _shapes().get(raw)
    if shape is not None:
        return shape
    value_type = raw.decode("ascii", "replace").strip(" \0") or None
    if value_type in VALUE_TYPES:
        return _shapes()[value_type.encode()]
    telling = _telling_shapes()
    return telling[min(telling.keys() & elements.keys(), default=_NOTHING_TELLS)]


_build_item = builder(ContentItem)
_LEAF_FIELDS = tuple(f.name for f in dataclasses.fields(ContentItem) if f.name not in ("position", "children"))


def _read_item(item: Elements | bytes, position: Position, reading: Reading) -> ContentItem | ByReference:
    if isinstance(item, dict):
        return _read_elements(item, position, reading)
    if len(position) > MAX_REMEMBERED_DEPTH:
        return _read_elements(reading.elements(item), position, reading)
    known = reading.decoder.leaves[reading.explicit]
    fields = known.get(item)
    if fields is not None:
        found: ContentItem = _build_item(position=position, **fields)
        return found
    reading.position = position
    deviations = len(reading.deviations)
    read = _read_elements(reading.elements(item), position, reading)
    if isinstance(read, ContentItem) and not read.children and deviations == len(reading.deviations):
        if len(known) >= MAX_LEAVES:
            known.clear()
        known[item] = {name: value for name in _LEAF_FIELDS if (value := getattr(read, name))}
    return read


def _read_elements(elements: Elements, position: Position, reading: Reading) -> ContentItem | ByReference:
    reading.depth = len(position) - 2
    outer = enter_item(elements, reading)
    reading.position = position
    reference = _by_reference(elements, position, reading) if REFERENCED_ITEM in elements else None
    item = reference or _by_value(elements, position, reading)
    if outer is not None:
        reading.decoder = outer
    return item


def _by_reference(elements: Elements, position: Position, reading: Reading) -> ByReference | None:
    if CONTENT_SEQUENCE in elements:
        reading.deviates("the item has both content and the position of another item; read by value")
        return None
    found: dict[str, Any] = {}
    inexact = read_fields(plan(ByReference), elements, reading, found)
    if "target" not in found:
        return None
    if VALUE_TYPE in elements:
        reading.deviates("the by-reference item also has a value; carried verbatim")
    if found.get("relationship") not in RELATIONSHIPS:
        _deviating_relationship(found.get("relationship"), reading)
    reference = ByReference(position=position, other=_others(inexact, elements, reading), **found)
    reading.references.append(reference)
    return reference


def _by_value(elements: Elements, position: Position, reading: Reading) -> ContentItem:
    fields, inexact = _read_content(elements, reading)
    if fields.get("relationship") not in RELATIONSHIPS:
        _deviating_relationship(fields.get("relationship"), reading)
    if inexact:
        fields["other"] = _others(inexact, elements, reading)
    if CONTENT_SEQUENCE in elements:
        fields["children"] = _children(elements, position, reading)
    item: ContentItem = _build_item(position=position, **fields)
    return item


def _read_content(elements: Elements, reading: Reading) -> tuple[dict[str, Any], list[int]]:
    """Return the fields of ContentItem but its position and children, and the tags left over."""
    shape = _shape(elements)
    fields: dict[str, Any] = {}
    value: dict[str, Any] = {}
    inexact = read_fields(shape.plan, elements, reading, fields, value)
    if shape.build is not None:
        fields["value"] = shape.build(**value)
    value_type = shape.value_type
    if value_type is None:
        _deviating_value_type(fields, reading)
    elif value_type == "NUM":
        _check_number(fields["value"], elements, reading)
    elif not value and value_type != "CONTAINER":
        reading.deviates(f"the {value_type} item has no value")
    concept_name = fields.get("concept_name")
    if concept_name is None:
        if value_type in CONCEPT_REQUIRED:
            reading.deviates(f"the {value_type} item has no concept name")
    elif concept_name.value is None and concept_name.code is None:
        reading.deviates("the concept name has no code")
    return fields, inexact


def _deviating_value_type(fields: dict[str, Any], reading: Reading) -> None:
    value = fields.get("value")
    found = "no value type" if fields.get("value_type") is None else "a value type that does not exist"
    taken = f"read as {type(value).__name__} by its attributes" if value is not None else "it is read without a value"
    reading.deviates(f"the item has {found}; {taken}")


def _check_number(value: MeasuredValue, elements: Elements, reading: Reading) -> None:
    numbers = value.numeric_value
    if len(numbers) > 1:
        reading.deviates(f"Numeric Value has {len(numbers)} values where one should be")
    elif numbers and not DECIMAL_STRING.fullmatch(numbers[0]):
        reading.deviates("Numeric Value is not a number; kept as text")
    elif not numbers and value.qualifier is None:
        what = "an empty" if MEASURED_VALUE_SEQUENCE in elements else "no"
        reading.deviates(f"the NUM item has {what} Measured Value Sequence and no qualifier")


def _deviating_relationship(relationship: str | None, reading: Reading) -> None:
    what = "has no relationship type" if relationship is None else "has a relationship type that does not exist"
    reading.deviates(f"the item {what}")


def _others(inexact: list[int], elements: Elements, reading: Reading) -> tuple[Attribute, ...]:
    return tuple(verbatim(tag, *elements[tag], reading) for tag in carried(sorted(inexact), reading))


def _children(elements: Elements, position: Position, reading: Reading) -> tuple[ContentItem | ByReference, ...]:
    content = elements.get(CONTENT_SEQUENCE)
    if content is None:
        return ()
    items = reading.raw_items(CONTENT_SEQUENCE, *content)
    if not items:
        reading.deviates("the Content Sequence has no items")
        return ()
    return tuple([_read_item(item, (*position, i), reading) for i, item in enumerate(items, 1)])


def _check_targets(root: ContentItem, reading: Reading) -> None:
    if not reading.references:
        return
    positions = {item.position for item in root.walk()}
    for reference in reading.references:
        if reference.target not in positions:
            reading.position = reference.position
            reading.deviates("the referenced content item does not exist")


@cache
def _header_plan() -> Plan:
    """Return how to read all header classes in one pass, one part each."""
    result: Plan = {}
    for part, cls in enumerate(HEADER_CLASSES.values()):
        result |= in_part(part, plan(cls))
    return result


def has_content_tree(elements: Elements) -> bool:
    """Tell whether a data set holds the root of a content tree."""
    return any(tag in elements for tag in (VALUE_TYPE, CONTENT_SEQUENCE)) and (
        CONTENT_SEQUENCE in elements or CONCEPT_NAME in elements
    )


def read_report(elements: Elements, reading: Reading, source: Source) -> Report:
    """Return the Report of a data set; every deviation met is noted in it."""
    header: dict[str, dict[str, Any]] = {part: {} for part in HEADER_CLASSES}
    rest_tags = read_fields(_header_plan(), elements, reading, *header.values())
    root, left = _root(elements, rest_tags, reading)
    reading.not_carried.update(tag for tag in elements if _is_encoding(tag))
    reading.position, reading.depth = "header", 0
    other = _others([tag for tag in left if not _is_encoding(tag)], elements, reading)
    _check_header(header, reading)
    return Report(
        **{part: cls(**header[part]) for part, cls in HEADER_CLASSES.items()},
        root=root,
        other=other,
        deviations=tuple(reading.deviations),
        source=Source(source.transfer_syntax, source.character_sets, tuple(sorted(reading.not_carried))),
    )


def _is_encoding(tag: int) -> bool:
    """Tell whether an attribute is about the encoding: group lengths, padding, character set, meta information."""
    return tag & 0xFFFF == 0 or tag >> 16 == 2 or tag in (DATA_SET_TRAILING_PADDING, SPECIFIC_CHARACTER_SET)


def _root(elements: Elements, tags: list[int], reading: Reading) -> tuple[ContentItem | None, list[int]]:
    if not has_content_tree(elements):
        reading.position = "1"
        reading.deviates("there is no content tree; only the header is read")
        return None, tags
    reading.position = (1,)
    fields, inexact = _read_content({tag: elements[tag] for tag in tags}, reading)
    concept = fields.get("concept_name")
    if not isinstance(concept, CodedConcept):
        reading.deviates("the root has no concept name, so the document has no title")
    if fields.get("value_type") not in (None, ValueType.CONTAINER):
        reading.deviates("the root is not a CONTAINER")
    root = ContentItem(position=(1,), children=_children(elements, (1,), reading), **fields)
    _check_targets(root, reading)
    return root, inexact


def _check_header(header: dict[str, dict[str, Any]], reading: Reading) -> None:
    for part, field, tag in (
        ("document", "sop_class_uid", 0x0008_0016),
        ("document", "sop_instance_uid", 0x0008_0018),
        ("study", "study_instance_uid", 0x0020_000D),
        ("series", "series_instance_uid", 0x0020_000E),
    ):
        uid = header[part].get(field)
        if uid is None:
            reading.deviates(f"{tag_text(tag)} is missing")
        elif not VALID_UID.fullmatch(uid):
            reading.deviates(f"{tag_text(tag)} is not a valid UID; its IRI is one of this project")
