"""The values of content items, one class per value type (PS3.3 C.17.3.2.1, C.18).

Numbers, dates and times keep the text of the file: 1.10 stays 1.10.  An attribute that is
absent or has no value is None, or an empty tuple.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from sr2graph.dicom.attributes import Attribute, attribute, code, sequence
from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.references import InstanceReference

MEASURED_VALUE_SEQUENCE = 0x0040_A300
REFERENCED_SOP_SEQUENCE = 0x0008_1199
TABULATED_VALUES_SEQUENCE = 0x0040_A801


class ValueType(StrEnum):
    """The value types of PS3.3 Table C.17.3-7."""

    TEXT = "TEXT"
    NUM = "NUM"
    CODE = "CODE"
    DATETIME = "DATETIME"
    DATE = "DATE"
    TIME = "TIME"
    UIDREF = "UIDREF"
    PNAME = "PNAME"
    COMPOSITE = "COMPOSITE"
    IMAGE = "IMAGE"
    WAVEFORM = "WAVEFORM"
    SCOORD = "SCOORD"
    SCOORD3D = "SCOORD3D"
    TCOORD = "TCOORD"
    CONTAINER = "CONTAINER"
    TABLE = "TABLE"


@dataclass(frozen=True, slots=True)
class Template:
    """The template a container follows: Content Template Macro, PS3.3 C.18.8."""

    identifier: str | None = attribute(0x0040_DB00, "CS")
    mapping_resource: str | None = attribute(0x0008_0105, "CS")
    mapping_resource_uid: str | None = attribute(0x0008_0118, "UI")
    mapping_resource_name: str | None = attribute(0x0008_0122, "LO")
    version: str | None = attribute(0x0040_DB06, "DT")
    local_version: str | None = attribute(0x0040_DB07, "DT")
    extension_flag: str | None = attribute(0x0040_DB0B, "CS")


@dataclass(frozen=True, slots=True)
class Text:
    """TEXT (PS3.3 Table C.17-5)."""

    text: str | None = attribute(0x0040_A160, "UT")


@dataclass(frozen=True, slots=True)
class Code:
    """CODE (PS3.3 Table C.17-5)."""

    concept: CodedConcept | None = code(0x0040_A168)


@dataclass(frozen=True, slots=True)
class DateTime:
    """DATETIME, in the notation of VR DT."""

    datetime: str | None = attribute(0x0040_A120, "DT")


@dataclass(frozen=True, slots=True)
class Date:
    """DATE, in the notation of VR DA."""

    date: str | None = attribute(0x0040_A121, "DA")


@dataclass(frozen=True, slots=True)
class Time:
    """TIME, in the notation of VR TM."""

    time: str | None = attribute(0x0040_A122, "TM")


@dataclass(frozen=True, slots=True)
class UIDReference:
    """UIDREF."""

    uid: str | None = attribute(0x0040_A124, "UI")


@dataclass(frozen=True, slots=True)
class PersonName:
    """PNAME, in the notation of VR PN: component groups separated by `=`."""

    person_name: str | None = attribute(0x0040_A123, "PN")


@dataclass(frozen=True, slots=True)
class MeasuredValue:
    """NUM: Numeric Measurement Macro (PS3.3 C.18.1).

    `numeric_value` has one element in conforming files; some devices write many.
    """

    numeric_value: tuple[str, ...] = attribute(0x0040_A30A, "DS", many=True, within=MEASURED_VALUE_SEQUENCE)
    unit: CodedConcept | None = code(0x0040_08EA, within=MEASURED_VALUE_SEQUENCE)
    floating_point: tuple[float, ...] = attribute(0x0040_A161, "FD", many=True, within=MEASURED_VALUE_SEQUENCE)
    rational_numerator: tuple[int, ...] = attribute(0x0040_A162, "SL", many=True, within=MEASURED_VALUE_SEQUENCE)
    rational_denominator: tuple[int, ...] = attribute(0x0040_A163, "UL", many=True, within=MEASURED_VALUE_SEQUENCE)
    qualifier: CodedConcept | None = code(0x0040_A301)

    @property
    def number(self) -> Decimal | None:
        """The one number, exactly; None when there is none, several, or no valid one."""
        if len(self.numeric_value) != 1:
            return None
        try:
            return Decimal(self.numeric_value[0])
        except InvalidOperation:
            return None


@dataclass(frozen=True, slots=True)
class CompositeReference:
    """COMPOSITE: another instance (PS3.3 C.18.3)."""

    sop_class_uid: str | None = attribute(0x0008_1150, "UI", within=REFERENCED_SOP_SEQUENCE)
    sop_instance_uid: str | None = attribute(0x0008_1155, "UI", within=REFERENCED_SOP_SEQUENCE)


@dataclass(frozen=True, slots=True)
class ImageReference:
    """IMAGE: an image, its frames or segments, and how it was shown (PS3.3 C.18.4)."""

    sop_class_uid: str | None = attribute(0x0008_1150, "UI", within=REFERENCED_SOP_SEQUENCE)
    sop_instance_uid: str | None = attribute(0x0008_1155, "UI", within=REFERENCED_SOP_SEQUENCE)
    frames: tuple[str, ...] = attribute(0x0008_1160, "IS", many=True, within=REFERENCED_SOP_SEQUENCE)
    segments: tuple[int, ...] = attribute(0x0062_000B, "US", many=True, within=REFERENCED_SOP_SEQUENCE)
    presentation_state: InstanceReference | None = sequence(
        REFERENCED_SOP_SEQUENCE, "InstanceReference", many=False, within=REFERENCED_SOP_SEQUENCE
    )
    real_world_value_map: InstanceReference | None = sequence(
        0x0008_114B, "InstanceReference", many=False, within=REFERENCED_SOP_SEQUENCE
    )
    icon_image: Attribute | None = attribute(0x0088_0200, "SQ", within=REFERENCED_SOP_SEQUENCE)


@dataclass(frozen=True, slots=True)
class WaveformReference:
    """WAVEFORM: a waveform and the channels meant, as pairs (PS3.3 C.18.5)."""

    sop_class_uid: str | None = attribute(0x0008_1150, "UI", within=REFERENCED_SOP_SEQUENCE)
    sop_instance_uid: str | None = attribute(0x0008_1155, "UI", within=REFERENCED_SOP_SEQUENCE)
    channels: tuple[int, ...] = attribute(0x0040_A0B0, "US", many=True, within=REFERENCED_SOP_SEQUENCE)


@dataclass(frozen=True, slots=True)
class SpatialCoordinates:
    """SCOORD: (column, row) pairs on an image (PS3.3 C.18.6)."""

    graphic_type: str | None = attribute(0x0070_0023, "CS")
    graphic_data: tuple[float, ...] = attribute(0x0070_0022, "FL", many=True)
    pixel_origin: str | None = attribute(0x0048_0301, "CS")
    fiducial_uid: str | None = attribute(0x0070_031A, "UI")


@dataclass(frozen=True, slots=True)
class SpatialCoordinates3D:
    """SCOORD3D: (x, y, z) triples in mm in a frame of reference (PS3.3 C.18.9)."""

    graphic_type: str | None = attribute(0x0070_0023, "CS")
    graphic_data: tuple[float, ...] = attribute(0x0070_0022, "FL", many=True)
    frame_of_reference_uid: str | None = attribute(0x3006_0024, "UI")
    fiducial_uid: str | None = attribute(0x0070_031A, "UI")


@dataclass(frozen=True, slots=True)
class TemporalCoordinates:
    """TCOORD: samples, offsets in seconds, or times (PS3.3 C.18.7)."""

    range_type: str | None = attribute(0x0040_A130, "CS")
    sample_positions: tuple[int, ...] = attribute(0x0040_A132, "UL", many=True)
    time_offsets: tuple[str, ...] = attribute(0x0040_A138, "DS", many=True)
    datetimes: tuple[str, ...] = attribute(0x0040_A13A, "DT", many=True)


@dataclass(frozen=True, slots=True)
class TableAxis:
    """The meaning of rows or columns of a TABLE (PS3.3 C.18.10.1.1)."""

    row: int | None = attribute(0x0040_A804, "UL")
    column: int | None = attribute(0x0040_A805, "UL")
    concept_name: CodedConcept | None = code(0x0040_A043)
    unit: CodedConcept | None = code(0x0040_08EA)


@dataclass(frozen=True, slots=True)
class TableCell:
    """The values of one cell, or of all cells of a row or column (PS3.3 C.18.10.1.2)."""

    row: int | None = attribute(0x0040_A804, "UL")
    column: int | None = attribute(0x0040_A805, "UL")
    vr: str | None = attribute(0x0072_0050, "CS")
    decimals: tuple[str, ...] = attribute(0x0072_0072, "DS", many=True)
    integers: tuple[str, ...] = attribute(0x0072_0064, "IS", many=True)
    unsigned: tuple[int, ...] = attribute(0x0072_0078, "UL", many=True)
    doubles: tuple[float, ...] = attribute(0x0072_0074, "FD", many=True)
    floats: tuple[float, ...] = attribute(0x0072_0076, "FL", many=True)
    texts: tuple[str, ...] = attribute(0x0072_006F, "UC", many=True)
    long_text: str | None = attribute(0x0072_0070, "UT")
    datetimes: tuple[str, ...] = attribute(0x0072_0063, "DT", many=True)
    codes: tuple[CodedConcept, ...] = sequence(0x0072_0080, "CodedConcept")
    qualifier: CodedConcept | None = code(0x0040_A301)


@dataclass(frozen=True, slots=True)
class Table:
    """TABLE: tabulated values, possibly sparse (PS3.3 C.18.10)."""

    rows: int | None = attribute(0x0040_A802, "UL", within=TABULATED_VALUES_SEQUENCE)
    columns: int | None = attribute(0x0040_A803, "UL", within=TABULATED_VALUES_SEQUENCE)
    row_definitions: tuple[TableAxis, ...] = sequence(0x0040_A806, "TableAxis", within=TABULATED_VALUES_SEQUENCE)
    column_definitions: tuple[TableAxis, ...] = sequence(0x0040_A807, "TableAxis", within=TABULATED_VALUES_SEQUENCE)
    cells: tuple[TableCell, ...] = sequence(0x0040_A808, "TableCell", within=TABULATED_VALUES_SEQUENCE)


Value = (
    Text
    | Code
    | DateTime
    | Date
    | Time
    | UIDReference
    | PersonName
    | MeasuredValue
    | CompositeReference
    | ImageReference
    | WaveformReference
    | SpatialCoordinates
    | SpatialCoordinates3D
    | TemporalCoordinates
    | Table
)

VALUE_CLASSES: dict[ValueType, type[Value]] = {
    ValueType.TEXT: Text,
    ValueType.CODE: Code,
    ValueType.NUM: MeasuredValue,
    ValueType.DATETIME: DateTime,
    ValueType.DATE: Date,
    ValueType.TIME: Time,
    ValueType.UIDREF: UIDReference,
    ValueType.PNAME: PersonName,
    ValueType.COMPOSITE: CompositeReference,
    ValueType.IMAGE: ImageReference,
    ValueType.WAVEFORM: WaveformReference,
    ValueType.SCOORD: SpatialCoordinates,
    ValueType.SCOORD3D: SpatialCoordinates3D,
    ValueType.TCOORD: TemporalCoordinates,
    ValueType.TABLE: Table,
}
"""The class that holds the value of each value type; a CONTAINER has no value."""

VALUE_TYPES: dict[type[Value], ValueType] = {cls: value_type for value_type, cls in VALUE_CLASSES.items()}
"""The value type that each class is the value of."""
