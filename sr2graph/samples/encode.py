"""Reports to DICOM files: the same bytes as `Report.to_dicom`, sooner.

What differs from `sr2graph.dicom.write`: the order of elements is worked out once for each class, not for
each item, and a coded concept becomes bytes once for all items that share it, as samples do.  Items must
not carry attributes verbatim, which those of samples never do.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from operator import attrgetter, itemgetter
from struct import Struct, pack
from typing import Any

from sr2graph.dicom.attributes import Attribute, Binding, bindings, per_class
from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ByReference, ContentItem
from sr2graph.dicom.part10 import EXPLICIT_LITTLE
from sr2graph.dicom.reading import ENTITIES, SPECIFIC_CHARACTER_SET
from sr2graph.dicom.report import Report
from sr2graph.dicom.tokenise import CONTENT_SEQUENCE, SHORT_VRS
from sr2graph.dicom.tree import HEADER_CLASSES
from sr2graph.dicom.values import MEASURED_VALUE_SEQUENCE
from sr2graph.dicom.vr import FORMATS, TEXT_VRS, number_bytes
from sr2graph.dicom.write import (
    IMPLEMENTATION_CLASS_UID,
    IMPLEMENTATION_VERSION_NAME,
    UTF_8,
    data_set_bytes,
    encoded,
)

Foreign = list[bool]
"""Grows with each text that is not ASCII."""
Encoder = Callable[[Any, Foreign], bytes]
"""A value to the bytes of its element, tag and length included; no bytes if there is nothing to say."""
Step = tuple[int, Callable[[Any], Any], Encoder]
"""Tag, how to get the value from its entity, and how to encode it."""

SHORT = frozenset(SHORT_VRS.values())
ITEM = pack("<HH", 0xFFFE, 0xE000)
short_length = Struct("<H").pack
long_length = Struct("<I").pack


def to_dicom(report: Report) -> bytes:
    """Return the report as a DICOM file (PS3.10 7)."""
    foreign: Foreign = []
    elements = [
        (tag, encode(value, foreign))
        for part, steps in _header_steps()
        for tag, get, encode in steps
        if (value := get(getattr(report, part))) is not None and value != ()
    ]
    elements += [(each.tag, _verbatim(each, foreign)) for each in report.other]
    if foreign:
        elements.append((SPECIFIC_CHARACTER_SET, data_set_bytes({SPECIFIC_CHARACTER_SET: ("CS", UTF_8.encode())})))
    elements.sort(key=itemgetter(0))
    return b"".join((_preamble(report), *(element for _, element in elements)))


@cache
def _header_steps() -> tuple[tuple[str, tuple[Step, ...]], ...]:
    classes: dict[str, type[Any]] = {**HEADER_CLASSES, "root": ContentItem}
    return tuple((part, _steps(cls)) for part, cls in classes.items())


def _preamble(report: Report) -> bytes:
    """Return what comes before the data set: the preamble and the file meta information."""
    document = report.document
    meta = data_set_bytes(
        {
            0x0002_0001: ("OB", b"\0\1"),
            0x0002_0002: ("UI", (document.sop_class_uid or "").encode()),
            0x0002_0003: ("UI", (document.sop_instance_uid or "").encode()),
            0x0002_0010: ("UI", EXPLICIT_LITTLE.encode()),
            0x0002_0012: ("UI", IMPLEMENTATION_CLASS_UID.encode()),
            0x0002_0013: ("SH", IMPLEMENTATION_VERSION_NAME.encode()),
        }
    )
    length = data_set_bytes({0x0002_0000: ("UL", long_length(len(meta)))})
    return b"".join((b"\0" * 128, b"DICM", length, meta))


# ---------------------------------------------------------------- entities and items


@per_class
def _steps(cls: type[Any]) -> tuple[Step, ...]:
    """Return how the fields of a class become elements, and the children of an item, in order of tags."""
    return tuple(sorted((*_fields(cls), *_children_of(cls)), key=itemgetter(0)))


def _fields(cls: type[Any]) -> list[Step]:
    fields = bindings(cls)
    steps: list[Step] = [(b.tag, attrgetter(name), _encoder(b)) for name, b in fields.items() if b.within is None]
    for outer in dict.fromkeys(b.within for b in fields.values() if b.within is not None):
        inner = [(b.tag, attrgetter(name), _encoder(b)) for name, b in fields.items() if b.within == outer]
        steps.append((outer, lambda entity: entity, _wrapping(outer, tuple(sorted(inner, key=itemgetter(0))))))
    return steps


def _children_of(cls: type[Any]) -> list[Step]:
    return [(CONTENT_SEQUENCE, attrgetter("children"), _children)] if cls is ContentItem else []


@per_class
def _item_steps(value_class: type[Any]) -> tuple[tuple[bool, Callable[[Any], Any], Encoder], ...]:
    """Return the steps of an item and of its value, merged; whether each is of the value."""
    of_item = [(tag, False, get, encode) for tag, get, encode in _steps(ContentItem)]
    of_value = [(tag, True, get, encode) for tag, get, encode in _steps(value_class)]
    return tuple(step[1:] for step in sorted((*of_item, *of_value), key=itemgetter(0)))


def _item(item: ContentItem | ByReference, foreign: Foreign) -> bytes:
    value = item.value if isinstance(item, ContentItem) else None
    if value is None:
        return _entity(item, _steps(type(item)), foreign)
    parts = [
        encode(found, foreign)
        for is_of_value, get, encode in _item_steps(type(value))
        if (found := get(value if is_of_value else item)) is not None and found != ()
    ]
    return b"".join(parts)


def _children(children: tuple[ContentItem | ByReference, ...], foreign: Foreign) -> bytes:
    parts: list[bytes] = []
    for child in children:
        body = _item(child, foreign)
        parts += ITEM, long_length(len(body)), body
    return _sequence(CONTENT_SEQUENCE, b"".join(parts))


def _entity(entity: object, steps: tuple[Step, ...], foreign: Foreign) -> bytes:
    return b"".join(
        [encode(value, foreign) for _, get, encode in steps if (value := get(entity)) is not None and value != ()]
    )


# ---------------------------------------------------------------- elements


def _encoder(binding: Binding) -> Encoder:
    """Return how a field becomes an element."""
    if binding.entity is None and binding.vr == "SQ":
        return _verbatim
    if binding.vr == "SQ":
        return _concept(binding.tag) if _is_code(binding) else _entities(binding)
    if binding.vr in FORMATS:
        return _packed(binding)
    return _joined(binding) if binding.many else _text(binding)


def _is_code(binding: Binding) -> bool:
    return binding.entity == "CodedConcept" and not binding.many


def _head(tag: int, vr: str) -> bytes:
    """Return tag and VR, with the reserved bytes of those VRs that have a long length."""
    return pack("<HH", tag >> 16, tag & 0xFFFF) + vr.encode() + (b"" if vr in SHORT else b"\0\0")


def _text(binding: Binding) -> Encoder:
    head = _head(binding.tag, binding.vr)
    length = short_length if binding.vr in SHORT else long_length
    padding = b"\0" if binding.vr == "UI" or binding.vr not in TEXT_VRS else b" "

    def encode(value: str, foreign: Foreign) -> bytes:
        body = value.encode("utf_8", "replace")
        if not body.isascii():
            foreign.append(True)
        if len(body) % 2:
            body += padding
        return head + length(len(body)) + body

    return encode


def _joined(binding: Binding) -> Encoder:
    text = _text(binding)

    def encode(values: tuple[str, ...], foreign: Foreign) -> bytes:
        return text("\\".join(values), foreign)

    return encode


def _packed(binding: Binding) -> Encoder:
    head, vr = _head(binding.tag, binding.vr), binding.vr
    length = short_length if vr in SHORT else long_length

    def encode(values: tuple[Any, ...], _: Foreign) -> bytes:
        body = number_bytes(vr, values)
        return head + length(len(body)) + body

    return encode if binding.many else lambda value, foreign: encode((value,), foreign)


def _entities(binding: Binding) -> Encoder:
    cls = ENTITIES[binding.entity or ""]

    def encode(values: tuple[Any, ...], foreign: Foreign) -> bytes:
        bodies = [_entity(value, _steps(cls), foreign) for value in values]
        return _sequence(binding.tag, b"".join(ITEM + long_length(len(body)) + body for body in bodies))

    return encode if binding.many else lambda value, foreign: encode((value,), foreign)


def _wrapping(tag: int, steps: tuple[Step, ...]) -> Encoder:
    """Return how the fields become a sequence of one item that wraps them."""

    def encode(entity: object, foreign: Foreign) -> bytes:
        body = _entity(entity, steps, foreign)
        if body:
            return _sequence(tag, ITEM + long_length(len(body)) + body)
        # Type 2 (PS3.3 C.18.1): there even when the measurement has no value.
        return _sequence(tag, b"") if tag == MEASURED_VALUE_SEQUENCE else b""

    return encode


def _verbatim(value: Attribute, _: Foreign) -> bytes:
    return data_set_bytes({value.tag: (value.vr, encoded(value))})


def _concept(tag: int) -> Encoder:
    """Return how a coded concept becomes an element, from memory if it did before."""
    known: dict[int, tuple[CodedConcept, bytes, bool]] = {}

    def encode(concept: CodedConcept, foreign: Foreign) -> bytes:
        # By identity, which is faster than by value; holding the concept keeps its identity its own.
        memory = known.get(id(concept))
        if memory is None:
            own: Foreign = []
            body = _entity(concept, _steps(CodedConcept), own)
            if len(known) > MOST_CONCEPTS:
                known.clear()
            memory = known[id(concept)] = concept, _sequence(tag, ITEM + long_length(len(body)) + body), bool(own)
        if memory[2]:
            foreign.append(True)
        return memory[1]

    return encode


MOST_CONCEPTS = 10_000
"""How many concepts are remembered per attribute: more than samples share."""


def _sequence(tag: int, items: bytes) -> bytes:
    return _head(tag, "SQ") + long_length(len(items)) + items
