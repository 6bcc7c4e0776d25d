"""The same tally as tests/proof/independent.py, of a Report."""

from collections.abc import Iterator
from typing import Any

from sr2graph.dicom import values as v
from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ByReference, ContentItem
from sr2graph.dicom.report import Report
from tests.proof.independent import Tally


def tally(report: Report) -> Tally:
    """Count the content tree of a Report."""
    result = Tally()
    for item in report.walk():
        if item.position != (1,):
            result.relationships[item.relationship or ""] += 1
        for child in item.children:
            if isinstance(child, ByReference):
                result.by_reference += 1
                result.relationships[child.relationship or ""] += 1
        result.by_value += 1
        result.items[item.value_type or "", _code(item.concept_name), tuple(_values(item))] += 1
    return result


def _code(concept: CodedConcept | None) -> tuple[str, str]:
    return ("", "") if concept is None else (concept.code or "", concept.scheme or "")


def _values(item: ContentItem) -> Iterator[str]:
    value: Any = item.value
    for cls, name, keyword in (
        (v.Text, "text", "TextValue"),
        (v.DateTime, "datetime", "DateTime"),
        (v.Date, "date", "Date"),
        (v.Time, "time", "Time"),
        (v.UIDReference, "uid", "UID"),
        (v.PersonName, "person_name", "PersonName"),
        (v.TemporalCoordinates, "range_type", "TemporalRangeType"),
    ):
        if isinstance(value, cls) and getattr(value, name):
            yield f"{keyword} {getattr(value, name)}"
    if isinstance(value, v.Code) and value.concept is not None:
        yield "Code " + " ".join(_code(value.concept))
    if isinstance(value, v.MeasuredValue):
        if value.numeric_value or value.unit is not None:
            yield "Number " + "\\".join(value.numeric_value)
            yield "Unit " + " ".join(_code(value.unit))
        if value.qualifier is not None:
            yield "Qualifier " + " ".join(_code(value.qualifier))
    references = v.CompositeReference | v.ImageReference | v.WaveformReference
    if isinstance(value, references) and (value.sop_instance_uid or value.sop_class_uid):
        yield f"Reference {value.sop_instance_uid or ''}"
        yield "Frames " + " ".join(value.frames if isinstance(value, v.ImageReference) else ())
        yield "Segments " + " ".join(map(str, value.segments if isinstance(value, v.ImageReference) else ()))
    if isinstance(value, v.SpatialCoordinates | v.SpatialCoordinates3D) and value.graphic_type:
        yield f"Graphic {value.graphic_type} {list(value.graphic_data)}"
