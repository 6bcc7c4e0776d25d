"""References to other composite instances (PS3.3 10.8, C.17.2.1, C.18.3)."""

from __future__ import annotations

from dataclasses import dataclass

from sr2graph.dicom.attributes import attribute, code, sequence
from sr2graph.dicom.concept import CodedConcept


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceReference:
    """SOP Instance Reference Macro (PS3.3 Table 10-11)."""

    sop_class_uid: str | None = attribute(0x0008_1150, "UI")
    sop_instance_uid: str | None = attribute(0x0008_1155, "UI")
    purpose: CodedConcept | None = code(0x0040_A170)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesReference:
    """The series level of the Hierarchical SOP Instance Reference Macro (PS3.3 Table C.17-3a)."""

    series_instance_uid: str | None = attribute(0x0020_000E, "UI")
    modality: str | None = attribute(0x0008_0060, "CS")
    retrieve_ae_title: tuple[str, ...] = attribute(0x0008_0054, "AE", many=True)
    retrieve_location_uid: str | None = attribute(0x0040_E011, "UI")
    retrieve_url: str | None = attribute(0x0008_1190, "UR")
    file_set_id: str | None = attribute(0x0088_0130, "SH")
    file_set_uid: str | None = attribute(0x0088_0140, "UI")
    instances: tuple[InstanceReference, ...] = sequence(0x0008_1199, "InstanceReference")


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyReference:
    """The study level of the Hierarchical SOP Instance Reference Macro (PS3.3 Table C.17-3)."""

    study_instance_uid: str | None = attribute(0x0020_000D, "UI")
    series: tuple[SeriesReference, ...] = sequence(0x0008_1115, "SeriesReference")
