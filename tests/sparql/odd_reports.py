"""Hand-made reports with what queries trip over: spellings, several values, links, cycles, dates of every precision."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ByReference, ContentItem
from sr2graph.dicom.header import Document, Equipment, Participant, Patient, Series, Study, VerifyingObserver
from sr2graph.dicom.references import InstanceReference, SeriesReference, StudyReference
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import (
    Code,
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
    Template,
    TemporalCoordinates,
    Text,
    Time,
    UIDReference,
    WaveformReference,
)
from tests.graph.reports import full_reports, item, link, report


def dcm(value: str, meaning: str) -> CodedConcept:
    """A code of PS3.16."""
    return CodedConcept(value, "DCM", meaning)


def ucum(value: str) -> CodedConcept:
    """A unit."""
    return CodedConcept(value, "UCUM", value)


LENGTH = CodedConcept("410668003", "SCT", "Length")
LENGTH_OTHERWISE = CodedConcept("410668003", "sct", "length (straight)")
AREA = CodedConcept("42798000", "SCT", "Area")
HEAD = CodedConcept("T-D1100", "SRT", "Head")
GROUP = dcm("125007", "Measurement Group")
REPORT = dcm("126000", "Imaging Measurement Report")
LANGUAGE = dcm("121049", "Language of Content Item and Descendants")
ENGLISH = CodedConcept("en-US", "RFC5646", "English (United States)")
DERIVATION = dcm("121401", "Derivation")
MEAN = CodedConcept("373098007", "SCT", "Mean")
NOT_A_NUMBER = dcm("114000", "Not a number")
FINDING = dcm("121071", "Finding")
OBSERVER = dcm("121008", "Person Observer Name")
PRIVATE = CodedConcept("1", "99PRIVATE", "Eins")
PRIVATE_KNOWN = CodedConcept("1", "99PRIVATE", "Eins", scheme_uid="1.9.999")
MM, CM, MM2 = ucum("mm"), ucum("cm"), ucum("mm2")

Child = ContentItem | ByReference


def num(concept: CodedConcept, *values: str, unit: CodedConcept | None = MM, **more: Any) -> ContentItem:
    """A NUM item, its numbers spelled as a file might."""
    children: tuple[Child, ...] = more.pop("children", ())
    return item(MeasuredValue(numeric_value=values, unit=unit, **more), *children, concept_name=concept)


def code(concept: CodedConcept, value: CodedConcept, *children: Child, **fields: Any) -> ContentItem:
    """A CODE item."""
    return item(Code(value), *children, concept_name=concept, **fields)


def text(value: str | None, **fields: Any) -> ContentItem:
    """A TEXT item."""
    return item(Text(value), **({"concept_name": FINDING} | fields))


def container(concept: CodedConcept, *children: Child, **fields: Any) -> ContentItem:
    """A CONTAINER item."""
    return item(None, *children, concept_name=concept, **fields)


def observed(node: ContentItem, when: str, uid: str) -> ContentItem:
    """The item with the time and the identifier of its observation."""
    return replace(node, observation_datetime=when, observation_uid=uid)


def numbered(uid: str, *children: Child, **header: Any) -> Report:
    """A report of that UID."""
    document = replace(header.pop("document", Document()), sop_instance_uid=uid)
    return report(*children, document=document, **header)


# ---------------------------------------------------------------- who and when

JANE = Patient(
    patient_id="P1",
    issuer="H 1",
    name="Doe^Jane^^Dr.",
    birth_date="19650121",
    sex="F",
    age="058Y",
    size="1.68",
    weight="63.30",
    other_ids=("A-1", "B/2"),
)
JANE_LATER = replace(JANE, weight="63.3", age="059Y", other_ids=())
TARO = Patient(patient_id="P2", name="Yamada^Tarou=山田^太郎", birth_date="1980.02.29", sex="M", size="1.80")
FIRST_STUDY = Study(
    study_instance_uid="1.9.100",
    date="20240108",
    time="131146",
    accession_number="A100",
    description="CT Thorax",
    reading_physicians=("Reader^One", "Reader^Two"),
    procedure_codes=(CodedConcept("24627-2", "LN", "CT Chest"), CodedConcept("RPID16", "RADLEX", "CT CHEST")),
)
SECOND_STUDY = Study(study_instance_uid="1.9.200", date="20240301", time="0815", description="MR Schädel")
SCANNER = Equipment(
    manufacturer="Borealis Imaging", model_name="Helix 128", device_uid="1.9.900", software_versions=("1.0", "2.0")
)
OTHER_SCANNER = Equipment(manufacturer="Austral", model_name="Helix 128", institution_name="Kingsmere Infirmary")


def document(date: str, time: str, **more: Any) -> Document:
    """The document part of a header."""
    return Document(
        sop_class_uid="1.2.840.10008.5.1.4.1.1.88.33",
        instance_number="1",
        content_date=date,
        content_time=time,
        completion_flag="COMPLETE",
        **more,
    )


# ---------------------------------------------------------------- the reports


def measurements() -> Report:
    """Numbers spelled in many ways, by-reference links, a cycle, two links beside one edge of the tree."""
    numbers = container(
        GROUP,
        num(LENGTH, "1.10"),
        num(LENGTH, "+5"),
        num(LENGTH, "1e-3"),
        num(LENGTH, "5"),
        num(
            LENGTH,
            "1.1",
            unit=CM,
            children=(code(DERIVATION, MEAN, relationship="HAS CONCEPT MOD"), link(1, 2, 1)),
        ),
        num(LENGTH, qualifier=NOT_A_NUMBER),
        num(AREA, "1", "2.0", unit=MM2),
        num(AREA, "1.5", unit=MM2, floating_point=(1.5,), rational_numerator=(3,), rational_denominator=(2,)),
        num(AREA, "-0", unit=MM2),
        num(AREA, "n/a", unit=None),
        text('Größe 5 mm "α" \\ 😀\nsecond line'),  # noqa: RUF001
        link(1, 2, 1, relationship="CONTAINS"),
        link(1, 2, 2, relationship="HAS PROPERTIES"),
        template=Template(identifier="1410", mapping_resource="DCMR"),
    )
    inferred = container(
        FINDING,
        code(FINDING, PRIVATE),
        code(FINDING, PRIVATE_KNOWN),
        link(1),
        link(1, 99),
        link(1, 5),
        relationship="INFERRED FROM",
    )
    return numbered(
        "1.9.1",
        code(LANGUAGE, ENGLISH, relationship="HAS CONCEPT MOD"),
        numbers,
        container(GROUP),
        item(PersonName("Reader^One"), concept_name=OBSERVER, relationship="HAS OBS CONTEXT"),
        inferred,
        document=document(
            "20240108",
            "135146",
            verification_flag="VERIFIED",
            verifying_observers=(
                VerifyingObserver(name="Chief^Ann", organization="H 1", verified_at="20240108140000+0100"),
                VerifyingObserver(name="Chief^Bob", verified_at="20240109"),
            ),
            authors=(Participant(observer_type="PSN", person_name="Reader^One"),),
        ),
        patient=JANE,
        study=FIRST_STUDY,
        series=Series(series_instance_uid="1.9.101", number="7", modality="SR"),
        equipment=SCANNER,
    )


DATE_TIMES = (
    "2024",
    "202402",
    "20240229",
    "20240229120000",
    "20240229120000+0200",
    "20240229100000.50+0000",
    "2024022912-0330",
    "20240230",
    "20231231235959.999999",
)


def times() -> Report:
    """The same patient and study again, a label of its own for a concept, dates and times of every precision."""
    when = dcm("111526", "DateTime Started")
    moments = [item(DateTime(moment), concept_name=when) for moment in DATE_TIMES]
    days = [item(Date(day), concept_name=dcm("121023", "Procedure Date")) for day in ("20240229", "2024.03.01", "2024")]
    clocks = [item(Time(clock), concept_name=dcm("121024", "Time")) for clock in ("120000", "1200", "12:00:00.50")]
    return numbered(
        "1.9.2",
        observed(num(LENGTH_OTHERWISE, "1.10"), "20240301", "1.9.103"),
        num(LENGTH_OTHERWISE, "7.25"),
        *moments,
        *days,
        *clocks,
        text("second line"),
        text("Second Line"),
        text(""),
        text(None),
        document=document("20240301", "091500", verification_flag="UNVERIFIED"),
        patient=JANE_LATER,
        study=FIRST_STUDY,
        series=Series(series_instance_uid="1.9.102", number="8", modality="SR"),
        equipment=SCANNER,
    )


def images() -> Report:
    """References with several frames and segments, coordinates, waveforms, a table; a patient without an issuer."""
    image = ImageReference(
        sop_class_uid="1.2.840.10008.5.1.4.1.1.4",
        sop_instance_uid="1.9.301",
        frames=("1", "2", "5"),
        segments=(3, 4),
        presentation_state=InstanceReference(sop_instance_uid="1.9.302"),
    )
    region = item(
        SpatialCoordinates("POLYLINE", (1.0, 2.0, 3.5, 2.0, 1.0, 2.0), fiducial_uid="1.9.303"),
        item(image, relationship="SELECTED FROM"),
        concept_name=dcm("111030", "Image Region"),
        relationship="INFERRED FROM",
    )
    table = Table(
        rows=2,
        columns=2,
        row_definitions=(TableAxis(row=1, concept_name=LENGTH, unit=MM), TableAxis(row=2, concept_name=AREA, unit=MM2)),
        cells=(
            TableCell(row=1, column=1, vr="DS", decimals=("1.10", "2")),
            TableCell(row=1, column=2, vr="UC", texts=("α", "β")),  # noqa: RUF001
            TableCell(row=2, column=1, vr="FD", doubles=(0.1, 2e10)),
            TableCell(row=2, column=2, codes=(MEAN, HEAD)),
        ),
    )
    measured = observed(num(AREA, "12.50", unit=MM2, children=(region,)), "20240301081500", "1.9.304")
    return numbered(
        "1.9.3",
        measured,
        item(image, concept_name=None),
        item(ImageReference(sop_instance_uid="1.9.305", frames=("3",)), concept_name=None),
        item(SpatialCoordinates3D("POINT", (1.0, -2.5, 3.0), frame_of_reference_uid="1.9.306")),
        item(WaveformReference(sop_instance_uid="1.9.307", channels=(1, 1, 1, 2))),
        item(TemporalCoordinates("MULTIPOINT", time_offsets=("0.5", "1.50"))),
        item(UIDReference("1.9.308"), concept_name=dcm("112040", "Tracking Unique Identifier")),
        item(table, concept_name=dcm("125007", "Measurement Group")),
        code(CodedConcept("363698007", "SCT", "Finding Site"), HEAD),
        document=document(
            "20240301",
            "0900",
            current_evidence=(
                StudyReference(
                    study_instance_uid="1.9.200",
                    series=(
                        SeriesReference(
                            series_instance_uid="1.9.201",
                            instances=(
                                InstanceReference(sop_instance_uid="1.9.301"),
                                InstanceReference(sop_instance_uid="1.9.305"),
                            ),
                        ),
                    ),
                ),
            ),
        ),
        patient=TARO,
        study=SECOND_STUDY,
        series=Series(series_instance_uid="1.9.202", modality="SR"),
        equipment=OTHER_SCANNER,
    )


def headless() -> Report:
    """A report without content, without a patient and without a study."""
    return Report(document=Document(sop_instance_uid="1.9.4", content_date="2024"))


RELATIONSHIPS = ("CONTAINS", "CONTAINS", "HAS PROPERTIES", "CONTAINS", "HAS CONCEPT MOD", "CONTAINS", "CONTAINS")


def deep() -> Report:
    """A chain of relationships with a link back up, and a second tree that a link joins."""
    node = num(LENGTH, "0.5", children=(link(1, 1, 1), link(1, 2, 1, relationship="CONTAINS")))
    for relationship in RELATIONSHIPS:
        node = container(GROUP, replace(node, relationship=relationship))
    return numbered(
        "1.9.5",
        node,
        container(GROUP, num(AREA, "100", unit=MM2), link(1, 1, relationship="CONTAINS")),
        patient=TARO,
        study=SECOND_STUDY,
        equipment=OTHER_SCANNER,
    )


def odd_identity() -> Report:
    """A UID that is no OID, an unheard-of relationship and value type, a number that is not finite."""
    return numbered(
        "1.2.03",
        item(None, relationship="UNHEARD OF", value_type="TEXTO"),
        item(MeasuredValue(floating_point=(float("inf"),), unit=MM), concept_name=LENGTH),
        item(MeasuredValue(floating_point=(float("nan"), 2.5), unit=MM), concept_name=LENGTH),
        num(LENGTH, "450.0"),
        patient=Patient(patient_id="P 3", issuer="H 1", sex="O"),
    )


def everything() -> Report:
    """A report that needs almost every row of the vocabulary table."""
    made = full_reports()["exact"]
    return replace(made, document=replace(made.document, sop_instance_uid="1.9.7"))


def odd_reports() -> Iterator[Report]:
    """Yield the hand-made reports, always in the same order."""
    yield from (measurements(), times(), images(), headless(), deep(), odd_identity(), everything())
