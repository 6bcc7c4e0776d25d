"""Elements of an SR data set to a Report (PS3.3 C.17)."""

from __future__ import annotations

from functools import cache
from typing import Any

from sr2graph.dicom.attributes import tag_text
from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ByReference, ContentItem, Position, RelationshipType
from sr2graph.dicom.header import Document, Equipment, Patient, Series, Study
from sr2graph.dicom.reading import (
    SPECIFIC_CHARACTER_SET,
    Plan,
    Reading,
    enter_character_set,
    plan,
    read_fields,
    verbatim,
)
from sr2graph.dicom.report import Report, Source
from sr2graph.dicom.tokenise import Elements
from sr2graph.dicom.values import MEASURED_VALUE_SEQUENCE, VALUE_CLASSES, MeasuredValue, ValueType

VALUE_TYPE = 0x0040_A040
CONCEPT_NAME = 0x0040_A043
CONTENT_SEQUENCE = 0x0040_A730
REFERENCED_ITEM = 0x0040_DB73
DATA_SET_TRAILING_PADDING = 0xFFFC_FFFC

HEADER_CLASSES = {"document": Document, "patient": Patient, "study": Study, "series": Series, "equipment": Equipment}
"""The fields of Report that hold the header, and their classes."""

RELATIONSHIPS = frozenset(RelationshipType)
VALUE_TYPES = frozenset(ValueType)
CONCEPT_REQUIRED = frozenset("TEXT NUM CODE DATETIME DATE TIME UIDREF PNAME TABLE".split())
"""Value types that need a Concept Name (PS3.3 Table C.17-5)."""


@cache
def _item_plan(value_class: type[Any] | None) -> Plan:
    """Return how to read an item and its value in one pass; the value's fields are marked."""
    result = dict(plan(ContentItem))
    if value_class is not None:
        for tag, (name, reader) in plan(value_class).items():
            result[tag] = (None, _marked(reader)) if name is None else (f".{name}", reader)
    return result


def _marked(wrapped: Plan) -> Plan:
    return {tag: (f".{name}", reader) for tag, (name, reader) in wrapped.items()}


@cache
def _telling_tags() -> dict[int, type[Any]]:
    """Return which attribute tells the value class of an item without a usable value type."""
    return {tag: cls for cls in reversed(VALUE_CLASSES.values()) for tag in plan(cls)}


def _value_class(value_type: str | None, elements: Elements) -> type[Any] | None:
    if value_type is not None and value_type in VALUE_CLASSES:
        return VALUE_CLASSES[ValueType(value_type)]
    if value_type == ValueType.CONTAINER:
        return None
    telling = _telling_tags()
    return next((telling[tag] for tag in elements if tag in telling), None)


def _read_item(elements: Elements, position: Position, reading: Reading) -> ContentItem | ByReference:
    outer = enter_character_set(elements, reading)
    reading.position = position
    item = _by_reference(elements, position, reading) if REFERENCED_ITEM in elements else None
    if item is None:
        item = _by_value(elements, position, reading)
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
    _check_relationship(found.get("relationship"), reading)
    return ByReference(position=position, other=_others(inexact, elements, reading), **found)


def _by_value(elements: Elements, position: Position, reading: Reading) -> ContentItem:
    fields, inexact = _read_content(elements, reading)
    if len(position) > 1:
        _check_relationship(fields.get("relationship"), reading)
    others = _others(inexact, elements, reading)
    children = _children(elements, position, reading)
    return ContentItem(position=position, children=children, other=others, **fields)


def _read_content(elements: Elements, reading: Reading) -> tuple[dict[str, Any], list[int]]:
    """Return the fields of ContentItem but its position and children, and the tags left over."""
    raw = elements.get(VALUE_TYPE)
    value_type = None
    if raw is not None and isinstance(raw[1], bytes):
        value_type = raw[1].decode("ascii", "replace").strip(" \0") or None
    value_class = _value_class(value_type, elements)
    found: dict[str, Any] = {}
    inexact = read_fields(_item_plan(value_class), elements, reading, found)
    fields: dict[str, Any] = {}
    value: dict[str, Any] = {}
    for name, field in found.items():
        if name[0] == ".":
            value[name[1:]] = field
        else:
            fields[name] = field
    if value_class is not None:
        fields["value"] = value_class(**value)
    _check_content(fields, value_type, value, elements, reading)
    return fields, inexact


def _check_content(
    fields: dict[str, Any], value_type: str | None, value: dict[str, Any], elements: Elements, reading: Reading
) -> None:
    if value_type not in VALUE_TYPES:
        _deviating_value_type(fields, value_type, reading)
    elif value_type == "NUM":
        _check_number(fields["value"], elements, reading)
    elif not value and value_type != ValueType.CONTAINER:
        reading.deviates(f"the {value_type} item has no value")
    if "concept_name" not in fields:
        if value_type in CONCEPT_REQUIRED:
            reading.deviates(f"the {value_type} item has no concept name")
    elif fields["concept_name"].code is None:
        reading.deviates("the concept name has no code")


def _deviating_value_type(fields: dict[str, Any], value_type: str | None, reading: Reading) -> None:
    value = fields.get("value")
    taken = f"read as {type(value).__name__} by its attributes" if value is not None else "its value is carried verbatim"
    found = "no value type" if value_type is None else "a value type that does not exist"
    reading.deviates(f"the item has {found}; {taken}")


def _check_number(value: MeasuredValue, elements: Elements, reading: Reading) -> None:
    if len(value.numeric_value) > 1:
        reading.deviates(f"Numeric Value has {len(value.numeric_value)} values where one should be")
    elif value.numeric_value and value.number is None:
        reading.deviates("Numeric Value is not a number; kept as text")
    elif not value.numeric_value and value.qualifier is None:
        what = "an empty" if MEASURED_VALUE_SEQUENCE in elements else "no"
        reading.deviates(f"the NUM item has {what} Measured Value Sequence and no qualifier")


def _check_relationship(relationship: str | None, reading: Reading) -> None:
    if relationship is None:
        reading.deviates("the item has no relationship type")
    elif relationship not in RELATIONSHIPS:
        reading.deviates("the relationship type does not exist")


def _others(inexact: list[int], elements: Elements, reading: Reading) -> tuple[Any, ...]:
    if not inexact:
        return ()
    skipped = (SPECIFIC_CHARACTER_SET, CONTENT_SEQUENCE)
    return tuple(
        verbatim(tag, *elements[tag], reading)
        for tag in sorted(inexact)
        if tag not in skipped or (tag == CONTENT_SEQUENCE and not _is_tree(elements[tag][1]))
    )


def _is_tree(raw: bytes | list[Elements]) -> bool:
    return isinstance(raw, list) and bool(raw)


def _children(elements: Elements, position: Position, reading: Reading) -> tuple[ContentItem | ByReference, ...]:
    content = elements.get(CONTENT_SEQUENCE)
    if content is None:
        return ()
    items = reading.items(CONTENT_SEQUENCE, *content)
    if not items:
        reading.deviates("the Content Sequence has no items")
        return ()
    return tuple([_read_item(item, (*position, i), reading) for i, item in enumerate(items, 1)])


def _check_targets(root: ContentItem, reading: Reading) -> None:
    positions: set[Position] | None = None
    for _, reference in root.by_references():
        if positions is None:
            positions = {item.position for item in root.walk()}
        if reference.target not in positions:
            reading.position = reference.position
            reading.deviates("the referenced content item does not exist")


@cache
def _header_plan() -> Plan:
    """Return how to read all header classes in one pass; field names carry their class."""
    return {
        tag: (f"{part}.{name}", reader)
        for part, cls in HEADER_CLASSES.items()
        for tag, (name, reader) in plan(cls).items()
    }


def has_content_tree(elements: Elements) -> bool:
    """Tell whether a data set holds the root of a content tree."""
    return any(tag in elements for tag in (VALUE_TYPE, CONTENT_SEQUENCE)) and (
        CONTENT_SEQUENCE in elements or CONCEPT_NAME in elements
    )


def read_report(elements: Elements, reading: Reading, source: Source = Source()) -> Report:
    """Return the Report of a data set; every deviation met is noted in it."""
    found: dict[str, Any] = {}
    rest_tags = read_fields(_header_plan(), elements, reading, found)
    header: dict[str, dict[str, Any]] = {part: {} for part in HEADER_CLASSES}
    for name, value in found.items():
        part, _, field = name.partition(".")
        header[part][field] = value
    root, left = _root(elements, rest_tags, reading)
    not_carried = tuple(tag for tag in sorted(left) if _is_encoding(tag))
    reading.position = "header"
    other = _others([tag for tag in left if not _is_encoding(tag)], elements, reading)
    _check_header(header, reading)
    return Report(
        **{part: cls(**header[part]) for part, cls in HEADER_CLASSES.items()},
        root=root,
        other=other,
        deviations=tuple(reading.deviations),
        source=Source(source.transfer_syntax, source.character_sets, source.not_carried + not_carried),
    )


def _is_encoding(tag: int) -> bool:
    """Tell whether an attribute is about the encoding: group lengths, padding, character set."""
    return tag & 0xFFFF == 0 or tag in (DATA_SET_TRAILING_PADDING, SPECIFIC_CHARACTER_SET)


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
    return root, [tag for tag in inexact if tag != CONTENT_SEQUENCE or not _is_tree(elements[tag][1])]


def _check_header(header: dict[str, dict[str, Any]], reading: Reading) -> None:
    for part, field, tag in (
        ("document", "sop_class_uid", 0x0008_0016),
        ("study", "study_instance_uid", 0x0020_000D),
        ("series", "series_instance_uid", 0x0020_000E),
    ):
        if field not in header[part]:
            reading.deviates(f"{tag_text(tag)} is missing")
