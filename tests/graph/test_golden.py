"""Graphs of small reports, reviewed as text: `pytest --update-golden` rewrites them, the diff is the review."""

from collections.abc import Callable

import pytest

from sr2graph.dicom.attributes import Attribute
from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.header import Document, Equipment, Patient, Series, Study, VerifyingObserver
from sr2graph.dicom.references import InstanceReference, SeriesReference, StudyReference
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import (
    Code,
    Date,
    DateTime,
    ImageReference,
    MeasuredValue,
    SpatialCoordinates,
    SpatialCoordinates3D,
    Table,
    TableAxis,
    TableCell,
    Template,
    TemporalCoordinates,
    Text,
    Time,
    WaveformReference,
)
from sr2graph.graph.from_rdf import from_rdf
from sr2graph.graph.turtle import trig
from tests.conftest import ROOT
from tests.graph.reports import UID, item, link, report

GOLDEN = ROOT / "tests" / "golden"

LENGTH = CodedConcept("410668003", "SCT", "Length")
MM = CodedConcept("mm", "UCUM", "millimeter")


def measurement() -> Report:
    """A length on an outline on an image: the shape of TID 1500."""
    image = ImageReference(sop_class_uid="1.2.840.10008.5.1.4.1.1.2", sop_instance_uid="1.2.3.9", frames=("1", "3"))
    outline = SpatialCoordinates(graphic_type="POLYLINE", graphic_data=(1.5, 2.0, 10.0, 2.0))
    length = MeasuredValue(numeric_value=("12.50",), unit=MM)
    return report(
        item(
            length,
            item(outline, item(image, relationship="SELECTED FROM", concept_name=None), relationship="INFERRED FROM"),
            concept_name=LENGTH,
            observation_datetime="20240229",
            template=Template(identifier="1501", mapping_resource="DCMR"),
        ),
        link(1, 1, 1),
    )


def codes() -> Report:
    """The same code as two reports would write it, a private code, equivalents, words without a code."""
    sct = CodedConcept("39607008", "SCT", "Lung")
    return report(
        item(Code(sct)),
        item(Code(CodedConcept("39607008", "SCT", "Pulmo"))),
        item(Code(CodedConcept("T-28000", "SRT", "Lung"))),
        item(Code(CodedConcept("LU", "99LOCAL", "Lung", version="1", equivalent_codes=(sct,)))),
        item(Code(CodedConcept(meaning="lung, no code"))),
        equipment=Equipment(manufacturer="ACME"),
    )


def header() -> Report:
    """Who, when, and on what the report rests; no content tree."""
    instances = (InstanceReference(sop_class_uid="1.2.840.10008.5.1.4.1.1.2", sop_instance_uid="1.2.3.9"),)
    evidence = StudyReference(
        study_instance_uid="1.2.3.5", series=(SeriesReference(series_instance_uid="1.2.3.6", instances=instances),)
    )
    observer = VerifyingObserver(name="Doe^Jane", organization="General Hospital", verified_at="202402291200+0100")
    return Report(
        document=Document(
            sop_instance_uid=UID,
            content_date="2024.02.29",
            content_time="1200",
            verification_flag="VERIFIED",
            verifying_observers=(observer,),
            current_evidence=(evidence,),
        ),
        patient=Patient(
            patient_id="P 1", issuer="General Hospital", name="Doe^John", birth_date="19500101", weight="72.50"
        ),
        study=Study(study_instance_uid="1.2.3.5", reading_physicians=("Roe^Richard", "Poe^Edgar")),
        series=Series(series_instance_uid="1.2.3.7", number="+1", modality="SR"),
        other=(Attribute(0x0009_0010, "LO", ("ACME 1.1",)), Attribute(0x0009_1001, "DS", ("1.10",))),
    )


def odd() -> Report:
    """What breaks the standard and is kept: value types, relationships, numbers, dates, cycles."""
    return report(
        item(Text("x"), value_type=None, relationship="MADE UP", concept_name=None),
        item(MeasuredValue(numeric_value=("1e-3",)), link(1), concept_name=LENGTH),
        item(MeasuredValue(numeric_value=("1", "2")), concept_name=LENGTH),
        item(Date("20240230"), relationship=None),
        item(DateTime("2024"), value_type="DATETIMES"),
        item(Time("235960")),
        link(1, 9, relationship="CONTAINS"),
        document=Document(sop_instance_uid="1.2.03"),
    )


def coordinates() -> Report:
    """Space, time, and a table."""
    ring = (0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0)
    axis = TableAxis(column=1, concept_name=LENGTH, unit=MM)
    return report(
        item(SpatialCoordinates3D(graphic_type="POLYGON", graphic_data=ring, frame_of_reference_uid="1.2.3.8")),
        item(SpatialCoordinates(graphic_type="CIRCLE", graphic_data=(5.0, 5.0, 5.0, 7.25), pixel_origin="FRAME")),
        item(TemporalCoordinates(range_type="SEGMENT", time_offsets=("0.50", "1.5"))),
        item(WaveformReference(sop_instance_uid="1.2.3.9", channels=(1, 2))),
        item(
            Table(rows=1, columns=1, column_definitions=(axis,), cells=(TableCell(row=1, column=1, decimals=("1.0",)),))
        ),
    )


CASES: list[Callable[[], Report]] = [measurement, codes, header, odd, coordinates]


@pytest.mark.parametrize("make", CASES, ids=lambda make: make.__name__)
def test_the_graph_is_the_one_reviewed(make: Callable[[], Report], *, update_golden: bool) -> None:
    path = GOLDEN / make.__name__ / "graph.trig"
    text = trig(make())
    if update_golden:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    assert path.read_text(encoding="utf-8") == text, "review the difference, then pytest --update-golden"


@pytest.mark.parametrize("make", CASES, ids=lambda make: make.__name__)
def test_the_reviewed_graph_gives_the_report(make: Callable[[], Report]) -> None:
    assert from_rdf(GOLDEN / make.__name__ / "graph.trig") == make()
