"""Reports as lines that people read."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ByReference, ContentItem
from sr2graph.dicom.header import Document
from sr2graph.dicom.printable import cells, printable
from sr2graph.dicom.references import InstanceReference
from sr2graph.dicom.report import Report
from sr2graph.dicom.show import Line, Span, folded, shown
from sr2graph.dicom.value_text import value_text
from sr2graph.dicom.values import (
    VALUE_CLASSES,
    Code,
    ImageReference,
    MeasuredValue,
    SpatialCoordinates,
    SpatialCoordinates3D,
    Table,
    TableAxis,
    TableCell,
    TemporalCoordinates,
    Text,
    Value,
    WaveformReference,
)
from tests.strategies import full_report, reports

MM = CodedConcept("mm", "UCUM", "millimeter")
LENGTH = CodedConcept("410668003", "SCT", "Length")
CT = "1.2.840.10008.5.1.4.1.1.2"


def plain(lines: list[Line]) -> list[str]:
    return ["".join(span.text for span in line).rstrip() for line in lines]


def tree(*children: ContentItem | ByReference) -> Report:
    root = ContentItem((1,), None, "CONTAINER", LENGTH, None, children, "SEPARATE")
    return Report(Document(sop_instance_uid="1.2"), root=root)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (MeasuredValue(("1.10",), MM), "1.10 mm"),
        (MeasuredValue(("1", "2"), MM), "1\\2 mm"),
        (MeasuredValue((), None), "no value"),
        (MeasuredValue((), None, qualifier=CodedConcept("114006", "DCM", "failed")), "[failed (114006, DCM)]"),
        (MeasuredValue(("0.5",), MM, (0.5,), (1,), (2,)), "0.5 mm (floating point 0.5; exactly 1/2)"),
        (MeasuredValue(("3",), CodedConcept("1", "99X", "pixels")), "3 pixels (1, 99X)"),
        (Code(LENGTH), "Length (410668003, SCT)"),
        (Code(CodedConcept(None, None, None)), "(?, ?)"),
        (
            ImageReference(CT, "1.2.3", ("1", "2"), (7,), InstanceReference(sop_instance_uid="1.9")),
            "CT Image Storage 1.2.3, frames 1, 2, segments 7, shown by 1.9",
        ),
        (
            ImageReference("1.99", "1.2.3", tuple(map(str, range(1, 12)))),
            "1.99 1.2.3, frames 1, 2, 3, 4, 5, 6, 7, 8, … 3 more",
        ),
        (WaveformReference("1.99", "1.2.3", (1, 2, 1, 3)), "1.99 1.2.3, channels 1/2, 1/3"),
        (SpatialCoordinates("CIRCLE", (1.5, 2.0, 3.25, 4.0), "FRAME"), "CIRCLE (1.5, 2) (3.25, 4), origin FRAME"),
        (SpatialCoordinates("POINT", (0.1,)), "POINT (0.1)"),
        (SpatialCoordinates3D("POINT", (1.0, 2.0, 3.0), "1.5"), "POINT (1, 2, 3), frame of reference 1.5"),
        (TemporalCoordinates("SEGMENT", (1, 2)), "SEGMENT, samples 1, 2"),
        (TemporalCoordinates("POINT", (), ("0.5",)), "POINT, offsets 0.5 s"),
        (
            Table(1, 2, (), (TableAxis(None, 1, LENGTH, MM),), (TableCell(1, 1, "DS", ("1.0",)),)),
            "1 rows × 2 columns; columns: Length (410668003, SCT) in mm; cells: [1, 1] 1.0",
        ),
    ],
)
def test_values_are_readable(value: Value, text: str) -> None:
    assert value_text(value) == text


@pytest.mark.parametrize("cls", VALUE_CLASSES.values())
def test_every_kind_of_value_is_shown_even_empty(cls: type[Value]) -> None:
    assert isinstance(value_text(cls()), str)


def test_a_tree() -> None:
    report = tree(
        ContentItem((1, 1), "CONTAINS", "NUM", LENGTH, MeasuredValue(("12",), MM), observation_datetime="2024"),
        ByReference((1, 2), "SELECTED FROM", (1, 1)),
        ContentItem((1, 3), None, None, None),
    )
    assert plain(list(shown(report))) == [
        "report    no SOP class · 1.2",
        "",
        "1    CONTAINER  Length (410668003, SCT) [SEPARATE]",
        "1.1    CONTAINS  NUM  Length (410668003, SCT) = 12 mm [observed 2024]",
        "1.2    SELECTED FROM  → item 1.1",
        "1.3    no value type",
    ]
    assert plain(list(shown(Report(Document(sop_instance_uid="1.2")), header=False))) == ["no content tree"]


def test_long_texts_are_folded_and_cut() -> None:
    text = "\n".join(["A finding of some length."] * 40)
    report = tree(ContentItem((1, 1), "CONTAINS", "TEXT", LENGTH, Text(text)))
    lines = plain(list(shown(report, width=60, header=False)))
    assert len(lines) == 12
    assert re.fullmatch(r" +… [\d,]+ more characters, see --full", lines[-1])
    everything = plain(list(shown(report, width=60, header=False, full=True)))
    assert " ".join(" ".join(everything).split()).count("A finding of some length.") == 40


def test_everything_a_report_can_say_is_shown() -> None:
    report = full_report()
    lines = plain(list(shown(report, width=80)))
    assert sum(1 for _ in report.walk()) <= len(lines)


@given(reports(), st.sampled_from([0, *range(50, 120)]))
def test_any_report_is_printable_and_keeps_to_the_width(report: Report, width: int) -> None:
    for line in plain(list(shown(report, width=width))):
        assert printable(line) == line
        assert not width or cells(line) <= width


@given(st.text(), st.integers(1, 100), st.integers(0, 40))
def test_folding_loses_nothing(text: str, width: int, indent: int) -> None:
    lines = list(folded([Span("", printable(text))], width, indent))
    assert re.sub(r"\s", "", "".join(plain(lines))) == re.sub(r"\s", "", printable(text))


@given(st.text(st.characters()))
def test_printable_text_is_what_it_says(text: str) -> None:
    found = printable(text)
    assert printable(found) == found
    assert "\x1b" not in found
    assert not any(0xD800 <= ord(character) < 0xE000 for character in found)


def test_letters_of_all_scripts_are_left_alone() -> None:
    for text in ("Müller^Jürgen", "Yamada^Tarou=山田^太郎=やまだ^たろう", "Дмитрий", "قباني^لنزار", "नमस्ते"):
        assert printable(text) == text
    assert cells("山田") == 4
