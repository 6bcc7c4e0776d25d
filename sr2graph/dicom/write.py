"""Report to bytes: a DICOM file in Explicit VR Little Endian, UTF-8 where ASCII does not do."""

from __future__ import annotations

from struct import error as struct_error
from struct import pack
from typing import Any

from sr2graph.dicom.attributes import Attribute, bindings
from sr2graph.dicom.content import ByReference, ContentItem
from sr2graph.dicom.part10 import EXPLICIT_LITTLE
from sr2graph.dicom.reading import SPECIFIC_CHARACTER_SET
from sr2graph.dicom.report import Report
from sr2graph.dicom.tokenise import CONTENT_SEQUENCE, SHORT_VRS, Elements
from sr2graph.dicom.tree import HEADER_CLASSES
from sr2graph.dicom.values import MEASURED_VALUE_SEQUENCE, MeasuredValue
from sr2graph.dicom.vr import FORMATS, MAX_SHORT_LENGTH, TEXT_VRS, number_bytes, tag_bytes
from sr2graph.errors import WriteError

IMPLEMENTATION_CLASS_UID = "2.25.212409873541637849243164981236870321841"
IMPLEMENTATION_VERSION_NAME = "SR2GRAPH"
UTF_8 = "ISO_IR 192"
_SHORT = frozenset(SHORT_VRS.values())


# ---------------------------------------------------------------- dataclasses to elements


def report_elements(report: Report) -> Elements:
    """Return the data set of a report as elements; text is encoded in UTF-8."""
    elements: Elements = {}
    for part in HEADER_CLASSES:
        _add_fields(getattr(report, part), elements)
    if report.root is not None:
        elements.update(_item_elements(report.root))
    _add_verbatim(report.other, elements)
    return elements


def _item_elements(item: ContentItem | ByReference) -> Elements:
    elements: Elements = {}
    _add_fields(item, elements)
    if isinstance(item, ContentItem):
        if item.value is not None:
            if isinstance(item.value, MeasuredValue):
                # Type 2 (PS3.3 C.18.1): there even when the measurement has no value.
                elements[MEASURED_VALUE_SEQUENCE] = ("SQ", [])
            _add_fields(item.value, elements)
        if item.children:
            elements[CONTENT_SEQUENCE] = ("SQ", [_item_elements(child) for child in item.children])
    _add_verbatim(item.other, elements)
    return elements


def _add_fields(entity: Any, elements: Elements) -> None:
    wrapped: dict[int, Elements] = {}
    for name, binding in bindings(type(entity)).items():
        value = getattr(entity, name)
        if value is None or value == ():
            continue
        target = elements
        if binding.within is not None:
            target = wrapped.setdefault(binding.within, {})
            elements[binding.within] = ("SQ", [target])
        target[binding.tag] = _field_element(binding.vr, value, many=binding.many)


def _field_element(vr: str, value: Any, *, many: bool) -> tuple[str, bytes | list[Elements | bytes]]:
    if isinstance(value, Attribute):
        return value.vr, encoded(value)
    values = value if many else (value,)
    if vr == "SQ":
        return vr, [_entity_elements(entity) for entity in values]
    if vr in FORMATS:
        return vr, _packed(vr, values)
    return vr, "\\".join(values).encode("utf_8", "replace")


def _entity_elements(entity: Any) -> Elements:
    elements: Elements = {}
    _add_fields(entity, elements)
    return elements


def _add_verbatim(attributes: tuple[Attribute, ...], elements: Elements) -> None:
    for attribute in attributes:
        elements[attribute.tag] = (attribute.vr, encoded(attribute))


def _packed(vr: str, values: tuple[Any, ...]) -> bytes:
    try:
        return number_bytes(vr, values)
    except (struct_error, OverflowError) as cause:
        raise WriteError(f"a number does not fit VR {vr}") from cause


def encoded(attribute: Attribute) -> bytes | list[Elements | bytes]:
    """Return the value of a verbatim attribute as elements hold it."""
    vr, values = attribute.vr, attribute.values
    if vr == "SQ":
        return [{a.tag: (a.vr, encoded(a)) for a in item} for item in values]
    if values and isinstance(values[0], bytes):
        return values[0]
    if vr in TEXT_VRS:
        return "\\".join(values).encode("utf_8", "replace")
    if vr == "AT":
        return tag_bytes(values)
    return _packed(vr, values) if vr in FORMATS else b""


# ---------------------------------------------------------------- elements to bytes


def to_dicom(report: Report) -> bytes:
    """Return the report as a DICOM file (PS3.10 7).  Raises WriteError."""
    try:
        return _file(report, report_elements(report))
    except RecursionError as cause:
        raise WriteError("the report nests deeper than can be written") from cause


def _file(report: Report, elements: Elements) -> bytes:
    if not _is_ascii(elements):
        elements[SPECIFIC_CHARACTER_SET] = ("CS", UTF_8.encode())
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
    length = data_set_bytes({0x0002_0000: ("UL", pack("<I", len(meta)))})
    return b"".join((b"\0" * 128, b"DICM", length, meta, data_set_bytes(elements)))


def data_set_bytes(elements: Elements) -> bytes:
    """Return elements as an Explicit VR Little Endian data set, in tag order (PS3.5 7.1)."""
    parts: list[bytes] = []
    for tag in sorted(elements):
        vr, value = elements[tag]
        body = value if isinstance(value, bytes) else _sequence_bytes(value)
        if len(body) % 2:
            body += b"\0" if vr == "UI" or vr not in TEXT_VRS else b" "
        if vr in _SHORT and len(body) > MAX_SHORT_LENGTH:
            vr = "UN"  # PS3.5 6.2.2: the way to write a value too long for its VR
        head = pack("<HH", tag >> 16, tag & 0xFFFF) + vr.encode()
        parts += head, pack("<H", len(body)) if vr in _SHORT else pack("<HI", 0, len(body)), body
    return b"".join(parts)


def _sequence_bytes(items: list[Elements | bytes]) -> bytes:
    parts: list[bytes] = []
    for item in items:
        body = data_set_bytes(item) if isinstance(item, dict) else item
        parts += pack("<HHI", 0xFFFE, 0xE000, len(body)), body
    return b"".join(parts)


def _is_ascii(elements: Elements | bytes) -> bool:
    return isinstance(elements, dict) and all(
        all(map(_is_ascii, value)) if isinstance(value, list) else vr not in TEXT_VRS or value.isascii()
        for vr, value in elements.values()
    )
