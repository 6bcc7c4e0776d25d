"""The header of a report: who, when, by what, in which study (PS3.3 C.7, C.12.1, C.17.1, C.17.2)."""

from __future__ import annotations

from dataclasses import dataclass

from sr2graph.dicom.attributes import attribute, code, sequence
from sr2graph.dicom.concept import CodedConcept, CodingScheme
from sr2graph.dicom.references import InstanceReference, StudyReference


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """Patient and patient study attributes (PS3.3 C.7.1.1, C.7.2.2)."""

    patient_id: str | None = attribute(0x0010_0020, "LO")
    issuer: str | None = attribute(0x0010_0021, "LO")
    name: str | None = attribute(0x0010_0010, "PN")
    birth_date: str | None = attribute(0x0010_0030, "DA")
    birth_time: str | None = attribute(0x0010_0032, "TM")
    sex: str | None = attribute(0x0010_0040, "CS")
    age: str | None = attribute(0x0010_1010, "AS")
    size: str | None = attribute(0x0010_1020, "DS")
    weight: str | None = attribute(0x0010_1030, "DS")
    other_ids: tuple[str, ...] = attribute(0x0010_1000, "LO", many=True)
    ethnic_group: str | None = attribute(0x0010_2160, "SH")
    comments: str | None = attribute(0x0010_4000, "LT")
    identity_removed: str | None = attribute(0x0012_0062, "CS")
    deidentification_method: tuple[str, ...] = attribute(0x0012_0063, "LO", many=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """General study attributes (PS3.3 C.7.2.1)."""

    study_instance_uid: str | None = attribute(0x0020_000D, "UI")
    date: str | None = attribute(0x0008_0020, "DA")
    time: str | None = attribute(0x0008_0030, "TM")
    study_id: str | None = attribute(0x0020_0010, "SH")
    accession_number: str | None = attribute(0x0008_0050, "SH")
    description: str | None = attribute(0x0008_1030, "LO")
    referring_physician: str | None = attribute(0x0008_0090, "PN")
    physicians_of_record: tuple[str, ...] = attribute(0x0008_1048, "PN", many=True)
    reading_physicians: tuple[str, ...] = attribute(0x0008_1060, "PN", many=True)
    procedure_codes: tuple[CodedConcept, ...] = sequence(0x0008_1032, "CodedConcept")


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """SR document series attributes (PS3.3 C.17.1)."""

    series_instance_uid: str | None = attribute(0x0020_000E, "UI")
    number: str | None = attribute(0x0020_0011, "IS")
    modality: str | None = attribute(0x0008_0060, "CS")
    date: str | None = attribute(0x0008_0021, "DA")
    time: str | None = attribute(0x0008_0031, "TM")
    description: str | None = attribute(0x0008_103E, "LO")
    protocol_name: str | None = attribute(0x0018_1030, "LO")
    body_part_examined: str | None = attribute(0x0018_0015, "CS")
    operators: tuple[str, ...] = attribute(0x0008_1070, "PN", many=True)
    performed_procedure_steps: tuple[InstanceReference, ...] = sequence(0x0008_1111, "InstanceReference")
    performed_procedure_step_id: str | None = attribute(0x0040_0253, "SH")
    performed_procedure_step_description: str | None = attribute(0x0040_0254, "LO")
    performed_procedure_step_start_date: str | None = attribute(0x0040_0244, "DA")
    performed_procedure_step_start_time: str | None = attribute(0x0040_0245, "TM")


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """The device that made the report (PS3.3 C.7.5.1)."""

    manufacturer: str | None = attribute(0x0008_0070, "LO")
    model_name: str | None = attribute(0x0008_1090, "LO")
    serial_number: str | None = attribute(0x0018_1000, "LO")
    device_uid: str | None = attribute(0x0018_1002, "UI")
    software_versions: tuple[str, ...] = attribute(0x0018_1020, "LO", many=True)
    station_name: str | None = attribute(0x0008_1010, "SH")
    institution_name: str | None = attribute(0x0008_0080, "LO")
    institution_address: str | None = attribute(0x0008_0081, "ST")
    department_name: str | None = attribute(0x0008_1040, "LO")


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyingObserver:
    """A person who verified the report, (0040,A073) of PS3.3 C.17.2."""

    name: str | None = attribute(0x0040_A075, "PN")
    identification: CodedConcept | None = code(0x0040_A088)
    organization: str | None = attribute(0x0040_A027, "LO")
    verified_at: str | None = attribute(0x0040_A030, "DT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """An author, participant or custodian, (0040,A078), (0040,A07A), (0040,A07C) of PS3.3 C.17.2."""

    participation_type: str | None = attribute(0x0040_A080, "CS")
    participated_at: str | None = attribute(0x0040_A082, "DT")
    observer_type: str | None = attribute(0x0040_A084, "CS")
    person_name: str | None = attribute(0x0040_A123, "PN")
    person_identification: tuple[CodedConcept, ...] = sequence(0x0040_1101, "CodedConcept")
    manufacturer: str | None = attribute(0x0008_0070, "LO")
    model_name: str | None = attribute(0x0008_1090, "LO")
    station_name: str | None = attribute(0x0008_1010, "SH")
    device_uid: str | None = attribute(0x0018_1002, "UI")
    institution_name: str | None = attribute(0x0008_0080, "LO")
    institution_code: CodedConcept | None = code(0x0008_0082)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcedureRequest:
    """A request the report answers, (0040,A370) of PS3.3 C.17.2."""

    study_instance_uid: str | None = attribute(0x0020_000D, "UI")
    accession_number: str | None = attribute(0x0008_0050, "SH")
    placer_order_number: str | None = attribute(0x0040_2016, "LO")
    filler_order_number: str | None = attribute(0x0040_2017, "LO")
    requested_procedure_id: str | None = attribute(0x0040_1001, "SH")
    requested_procedure_description: str | None = attribute(0x0032_1060, "LO")
    requested_procedure_codes: tuple[CodedConcept, ...] = sequence(0x0032_1064, "CodedConcept")
    reason: str | None = attribute(0x0040_1002, "LO")
    reason_codes: tuple[CodedConcept, ...] = sequence(0x0040_100A, "CodedConcept")
    referenced_studies: tuple[InstanceReference, ...] = sequence(0x0008_1110, "InstanceReference")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """SOP common and SR document general attributes (PS3.3 C.12.1, C.17.2)."""

    sop_class_uid: str | None = attribute(0x0008_0016, "UI")
    sop_instance_uid: str | None = attribute(0x0008_0018, "UI")
    instance_number: str | None = attribute(0x0020_0013, "IS")
    content_date: str | None = attribute(0x0008_0023, "DA")
    content_time: str | None = attribute(0x0008_0033, "TM")
    creation_date: str | None = attribute(0x0008_0012, "DA")
    creation_time: str | None = attribute(0x0008_0013, "TM")
    creator_uid: str | None = attribute(0x0008_0014, "UI")
    timezone_offset: str | None = attribute(0x0008_0201, "SH")
    completion_flag: str | None = attribute(0x0040_A491, "CS")
    completion_flag_description: str | None = attribute(0x0040_A492, "LO")
    verification_flag: str | None = attribute(0x0040_A493, "CS")
    preliminary_flag: str | None = attribute(0x0040_A496, "CS")
    content_qualification: str | None = attribute(0x0018_9004, "CS")
    verifying_observers: tuple[VerifyingObserver, ...] = sequence(0x0040_A073, "VerifyingObserver")
    authors: tuple[Participant, ...] = sequence(0x0040_A078, "Participant")
    participants: tuple[Participant, ...] = sequence(0x0040_A07A, "Participant")
    custodian: Participant | None = sequence(0x0040_A07C, "Participant", many=False)
    predecessors: tuple[StudyReference, ...] = sequence(0x0040_A360, "StudyReference")
    identical_documents: tuple[StudyReference, ...] = sequence(0x0040_A525, "StudyReference")
    requests: tuple[ProcedureRequest, ...] = sequence(0x0040_A370, "ProcedureRequest")
    performed_procedures: tuple[CodedConcept, ...] = sequence(0x0040_A372, "CodedConcept")
    current_evidence: tuple[StudyReference, ...] = sequence(0x0040_A375, "StudyReference")
    other_evidence: tuple[StudyReference, ...] = sequence(0x0040_A385, "StudyReference")
    coding_schemes: tuple[CodingScheme, ...] = sequence(0x0008_0110, "CodingScheme")
