"""A content tree walked with plain pydicom, for comparison with ours: no sr2graph reading in here."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pydicom import Dataset
from pydicom.multival import MultiValue

Item = tuple[str, tuple[str, str], tuple[str, ...]]
"""(value type, (concept code, scheme), value)."""


@dataclass
class Tally:
    """What a content tree holds, counted."""

    by_value: int = 0
    by_reference: int = 0
    items: Counter[Item] = field(default_factory=Counter)
    relationships: Counter[str] = field(default_factory=Counter)


def tally(root: Dataset) -> Tally:
    """Count a content tree as pydicom shows it; nothing where there is no tree."""
    result = Tally()
    if "ContentSequence" not in root and not ("ValueType" in root and "ConceptNameCodeSequence" in root):
        return result
    stack = [root]
    while stack:
        item = stack.pop()
        if item is not root:
            result.relationships[str(item.get("RelationshipType") or "")] += 1
        if item.get("ReferencedContentItemIdentifier") is not None and "ContentSequence" not in item:
            result.by_reference += 1
            continue
        result.by_value += 1
        concept = _code(item.get("ConceptNameCodeSequence"))
        result.items[str(item.get("ValueType") or ""), concept, tuple(_values(item))] += 1
        stack += item.get("ContentSequence") or []
    return result


def _code(sequence: Any) -> tuple[str, str]:
    if not sequence:
        return "", ""
    code = sequence[0]
    value = code.get("CodeValue") or code.get("LongCodeValue") or code.get("URNCodeValue") or ""
    return str(value).rstrip(" "), str(code.get("CodingSchemeDesignator") or "")


def _values(item: Dataset) -> Iterator[str]:
    for keyword in ("TextValue", "DateTime", "Date", "Time", "UID", "PersonName", "TemporalRangeType"):
        if item.get(keyword):
            yield f"{keyword} {item[keyword].value}".rstrip(" \0")
    if item.get("ConceptCodeSequence"):
        yield "Code " + " ".join(_code(item.ConceptCodeSequence))
    if item.get("MeasuredValueSequence"):
        measured = item.MeasuredValueSequence[0]
        yield "Number " + "\\".join(_decimal(v) for v in _several(measured.get("NumericValue")))
        yield "Unit " + " ".join(_code(measured.get("MeasurementUnitsCodeSequence")))
    if item.get("NumericValueQualifierCodeSequence"):
        yield "Qualifier " + " ".join(_code(item.NumericValueQualifierCodeSequence))
    if item.get("ReferencedSOPSequence"):
        reference = item.ReferencedSOPSequence[0]
        yield f"Reference {reference.get('ReferencedSOPInstanceUID') or ''}"
        yield "Frames " + " ".join(_decimal(v) for v in _several(reference.get("ReferencedFrameNumber")))
        yield "Segments " + " ".join(str(v) for v in _several(reference.get("ReferencedSegmentNumber")))
    if item.get("GraphicType"):
        yield f"Graphic {item.GraphicType} {[float(v) for v in _several(item.get('GraphicData'))]}"


def _decimal(value: Any) -> str:
    return str(getattr(value, "original_string", value)).strip(" ")


def _several(value: Any) -> list[Any]:
    if value is None or value == "":
        return []
    return list(value) if isinstance(value, MultiValue | list) else [value]
