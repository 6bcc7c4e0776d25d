"""The values of content items as text that people read on one line.

Text comes as the file has it: whoever prints it makes it printable first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.references import InstanceReference
from sr2graph.dicom.sop_classes import other_sop_class_name, sr_sop_classes
from sr2graph.dicom.values import (
    Code,
    CompositeReference,
    Date,
    DateTime,
    ImageReference,
    MeasuredValue,
    PersonName,
    SpatialCoordinates,
    SpatialCoordinates3D,
    Table,
    TableAxis,
    TableCell,
    TemporalCoordinates,
    Text,
    Time,
    UIDReference,
    Value,
    WaveformReference,
)

MANY = 8
"""How many members of a long list are shown."""


def concept_text(concept: CodedConcept | None) -> str:
    """Return `meaning (code, scheme)`; the code of a report, not what it is mapped to."""
    if concept is None:
        return ""
    code = f"({concept.code or '?'}, {concept.scheme or '?'})"
    return f"{concept.meaning} {code}" if concept.meaning else code


def unit_text(unit: CodedConcept | None) -> str:
    """Return a unit: UCUM codes read as they are, others need their scheme."""
    if unit is None:
        return ""
    return unit.code or "" if (unit.scheme or "").upper() == "UCUM" and unit.code else concept_text(unit)


def sop_class_text(uid: str | None) -> str:
    """Return the name of a SOP class, or its UID where the standard has no name for it."""
    known = sr_sop_classes().get(uid or "")
    return known.name if known is not None else other_sop_class_name(uid or "") or uid or ""


def value_text(value: Value, many: int | None = MANY) -> str:
    """Return a value as text; lists longer than `many` are cut, with a count."""
    return _TEXTS[type(value)](value, many)


def _listed(values: Iterable[object], many: int | None, separator: str = ", ") -> str:
    shown = [str(value) for value in values]
    if many is None or len(shown) <= many:
        return separator.join(shown)
    return f"{separator.join(shown[:many])}{separator}… {len(shown) - many} more"


def _joined(*parts: str | None) -> str:
    return ", ".join(part for part in parts if part)


# ---------------------------------------------------------------- by value type


def _measured(value: MeasuredValue, many: int | None) -> str:
    number = _listed(value.numeric_value, many, "\\") or ("" if value.qualifier else "no value")
    exact = []
    if value.floating_point:
        exact.append(f"floating point {_listed(value.floating_point, many)}")
    if value.rational_numerator or value.rational_denominator:
        pairs = zip(value.rational_numerator, value.rational_denominator, strict=False)
        exact.append(f"exactly {_listed((f'{n}/{d}' for n, d in pairs), many)}")
    qualifier = f"[{concept_text(value.qualifier)}]" if value.qualifier is not None else ""
    return " ".join(filter(None, (number, unit_text(value.unit), qualifier, f"({'; '.join(exact)})" if exact else "")))


def _instance(sop_class_uid: str | None, sop_instance_uid: str | None) -> str:
    return " ".join(filter(None, (sop_class_text(sop_class_uid), sop_instance_uid)))


def _reference(label: str, reference: InstanceReference | None) -> str:
    if reference is None:
        return ""
    return f"{label} {_instance(reference.sop_class_uid, reference.sop_instance_uid)}"


def _image(value: ImageReference, many: int | None) -> str:
    return _joined(
        _instance(value.sop_class_uid, value.sop_instance_uid),
        f"frames {_listed(value.frames, many)}" if value.frames else "",
        f"segments {_listed(value.segments, many)}" if value.segments else "",
        _reference("shown by", value.presentation_state),
        _reference("mapped by", value.real_world_value_map),
        "with an icon" if value.icon_image is not None else "",
    )


def _waveform(value: WaveformReference, many: int | None) -> str:
    pairs = zip(value.channels[::2], value.channels[1::2], strict=False)
    channels = _listed((f"{group}/{channel}" for group, channel in pairs), many)
    return _joined(_instance(value.sop_class_uid, value.sop_instance_uid), f"channels {channels}" if channels else "")


def _points(data: tuple[float, ...], size: int, many: int | None) -> str:
    points = [data[i : i + size] for i in range(0, len(data), size)]
    return _listed((f"({', '.join(f'{x:.9g}' for x in point)})" for point in points), many, " ")


def _scoord(value: SpatialCoordinates, many: int | None) -> str:
    return _joined(
        f"{value.graphic_type or 'no graphic type'} {_points(value.graphic_data, 2, many)}".rstrip(),
        f"origin {value.pixel_origin}" if value.pixel_origin else "",
        f"fiducial {value.fiducial_uid}" if value.fiducial_uid else "",
    )


def _scoord3d(value: SpatialCoordinates3D, many: int | None) -> str:
    return _joined(
        f"{value.graphic_type or 'no graphic type'} {_points(value.graphic_data, 3, many)}".rstrip(),
        f"frame of reference {value.frame_of_reference_uid}" if value.frame_of_reference_uid else "",
        f"fiducial {value.fiducial_uid}" if value.fiducial_uid else "",
    )


def _tcoord(value: TemporalCoordinates, many: int | None) -> str:
    return _joined(
        value.range_type or "no range type",
        f"samples {_listed(value.sample_positions, many)}" if value.sample_positions else "",
        f"offsets {_listed(value.time_offsets, many)} s" if value.time_offsets else "",
        f"times {_listed(value.datetimes, many)}" if value.datetimes else "",
    )


def _table(value: Table, many: int | None) -> str:
    return "; ".join(
        filter(
            None,
            (
                f"{value.rows} rows × {value.columns} columns",
                f"rows: {_listed(map(_axis, value.row_definitions), many)}" if value.row_definitions else "",
                f"columns: {_listed(map(_axis, value.column_definitions), many)}" if value.column_definitions else "",
                f"cells: {_listed((_cell(cell, many) for cell in value.cells), many)}" if value.cells else "no cells",
            ),
        )
    )


def _axis(axis: TableAxis) -> str:
    unit = f" in {unit_text(axis.unit)}" if axis.unit is not None else ""
    return concept_text(axis.concept_name) + unit


def _cell(cell: TableCell, many: int | None) -> str:
    where = f"[{'*' if cell.row is None else cell.row}, {'*' if cell.column is None else cell.column}]"
    numbers = (*cell.decimals, *cell.integers, *cell.unsigned, *cell.doubles, *cell.floats)
    texts = (*cell.texts, *((cell.long_text,) if cell.long_text else ()), *cell.datetimes)
    codes = tuple(map(concept_text, (*cell.codes, *((cell.qualifier,) if cell.qualifier else ()))))
    return f"{where} {_listed((*numbers, *texts, *codes), many)}"


_TEXTS: dict[type[Any], Callable[[Any, int | None], str]] = {
    Text: lambda value, _: value.text or "",
    Code: lambda value, _: concept_text(value.concept),
    DateTime: lambda value, _: value.datetime or "",
    Date: lambda value, _: value.date or "",
    Time: lambda value, _: value.time or "",
    UIDReference: lambda value, _: value.uid or "",
    PersonName: lambda value, _: value.person_name or "",
    CompositeReference: lambda value, _: _instance(value.sop_class_uid, value.sop_instance_uid),
    MeasuredValue: _measured,
    ImageReference: _image,
    WaveformReference: _waveform,
    SpatialCoordinates: _scoord,
    SpatialCoordinates3D: _scoord3d,
    TemporalCoordinates: _tcoord,
    Table: _table,
}
