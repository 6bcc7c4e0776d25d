"""The worked examples of PS3.17: what the standard prints at a node is at that position."""

from pathlib import Path

import pytest

from sr2graph.dicom.content import position_text
from sr2graph.dicom.read import read_bytes
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import Code, MeasuredValue, SpatialCoordinates, SpatialCoordinates3D, Text
from sr2graph.samples.worked import WORKED, WorkedError, source, worked
from sr2graph.templates.checking import checked
from sr2graph.templates.matching import matched
from tests.samples.test_peers import problems_of_dciodvfy
from tests.templates.oracles.validators import pixelmed

UNKNOWN = ["Error - Information Object Not found"]
"""Of colon CAD, in Debian 12."""
OMITTED = {
    "mammography-cad-without-findings": {"row-missing TID 1204 row 1"},
    "mammography-cad-with-findings": {"row-missing TID 1204 row 1"},
    "chest-cad-without-findings": {"row-missing TID 1204 row 1"},
    "chest-cad-with-findings": {"row-missing TID 1204 row 1"},
}
"""What the templates require and the examples leave out, "for brevity"."""

PRINTED = [
    # PS3.17 E.3.1
    ("mammography-cad-without-findings", "1", "Mammography CAD Report", None),
    ("mammography-cad-without-findings", "1.1.4.1", "Image Laterality", "Left breast"),
    ("mammography-cad-without-findings", "1.1.4.2", "Image View", "medio-lateral oblique"),
    (
        "mammography-cad-without-findings",
        "1.2",
        "CAD Processing and Findings Summary",
        "All algorithms succeeded; without findings",
    ),
    ("mammography-cad-without-findings", "1.3", "Summary of Detections", "Succeeded"),
    ("mammography-cad-without-findings", "1.3.1.2.1", "Algorithm Name", "Calc Detector"),
    ("mammography-cad-without-findings", "1.4", "Summary of Analyses", "Not Attempted"),
    # PS3.17 E.3.2
    ("mammography-cad-with-findings", "1.2.1.2.2", "Composite type", "Target Content Items are related spatially"),
    ("mammography-cad-with-findings", "1.2.1.2.3", "Scope of Feature", "Feature detected on multiple images"),
    ("mammography-cad-with-findings", "1.2.1.2.7.6", "Area of defined region", "1 cm2"),
    ("mammography-cad-with-findings", "1.2.1.2.7.6.1", "Area Outline", "CIRCLE"),
    ("mammography-cad-with-findings", "1.2.3.2.6", "Number of calcifications", "20 1"),
    ("mammography-cad-with-findings", "1.2.4.2.8", "Single Image Finding", "Individual Calcification"),
    ("mammography-cad-with-findings", "1.3.1.3.1", "Algorithm Name", "Calc Clustering"),
    ("mammography-cad-with-findings", "1.4.1.1.2", "Algorithm Version", "V1.9"),
    # PS3.17 F.3.1, F.3.2
    ("chest-cad-without-findings", "1.1.1.1", "Image View", "postero-anterior"),
    ("chest-cad-without-findings", "1.3.1.1", "Detection Performed", "Nodule"),
    ("chest-cad-with-findings", "1.2.1", "Single Image Finding", "Abnormal opacity"),
    ("chest-cad-with-findings", "1.2.1.1", "Single Image Finding Modifier", "Nodule"),
    ("chest-cad-with-findings", "1.2.1.7", "Diameter", "2 cm"),
    ("chest-cad-with-findings", "1.2.1.7.1", "Path", "POLYLINE"),
    # PS3.17 SS.3.1, SS.3.2
    ("colon-cad-without-findings", "1.2.8", "Slice Thickness", "2.5 mm"),
    ("colon-cad-without-findings", "1.2.10", "Recumbent Patient Position with respect to gravity", "prone"),
    ("colon-cad-with-findings", "1.3.1", "Composite Feature", "Polyp of colon"),
    ("colon-cad-with-findings", "1.3.1.7", "Outline", "ELLIPSOID"),
    ("colon-cad-with-findings", "1.3.1.8", "Associated Morphology", "Pedunculated"),
    ("colon-cad-with-findings", "1.3.1.9", "Diameter", "20 mm"),
    # PS3.17 Q.2.2
    ("breast-report-negative", "1.2.3", "Comparison to previous studies", None),
    ("breast-report-negative", "1.3.1", "Procedure reported", "Film Screen Mammography"),
    ("breast-report-negative", "1.3.2.1.1", "Laterality", "Both breasts"),
    ("breast-report-negative", "1.3.3.1", "Assessment Category", "1 - Negative"),
    ("breast-report-negative", "1.3.3.2", "Recommended Follow-up", "Normal interval follow-up"),
]
"""Example, node, code meaning of the concept name, and of the value or the value itself."""

REFERENCES = [
    ("mammography-cad-without-findings", "1.3.1.1.6", "1.1.4"),
    ("mammography-cad-with-findings", "1.2.1.2.6.4.1", "1.1.2"),
    ("mammography-cad-with-findings", "1.2.1.2.7.6.1.1", "1.1.4"),
    ("mammography-cad-with-findings", "1.2.3.2.4.1", "1.1.3"),
    ("mammography-cad-with-findings", "1.4.1.1.4", "1.1.4"),
    ("chest-cad-with-findings", "1.2.1.7.1.1", "1.1.1"),
]
"""Example, node, and the node that it is a reference to."""


def said(report: Report, node: str) -> str | None:
    value = report.item(node).value
    if isinstance(value, Code):
        return value.concept.meaning if value.concept else None
    if isinstance(value, MeasuredValue):
        return f"{value.numeric_value[0]} {value.unit.value if value.unit else ''}"
    if isinstance(value, SpatialCoordinates | SpatialCoordinates3D):
        return value.graphic_type
    return value.text if isinstance(value, Text) else None


@pytest.mark.parametrize(("name", "node", "concept", "value"), PRINTED)
def test_a_node_says_what_the_standard_prints(name: str, node: str, concept: str, value: str | None) -> None:
    report = worked(name)
    item = report.item(node)
    assert item.concept_name is not None
    assert item.concept_name.meaning == concept
    assert said(report, node) == value


@pytest.mark.parametrize(("name", "node", "target"), REFERENCES)
def test_a_node_refers_to_the_node_that_the_standard_prints(name: str, node: str, target: str) -> None:
    links = {position_text(link.position): position_text(link.target) for _, link in worked(name).by_references()}
    assert links[node] == target


def test_each_section_is_named() -> None:
    assert [source(name) for name in WORKED] == [f"PS3.17 2020 {section}" for section in SECTIONS]
    with pytest.raises(WorkedError, match="mammography-cad-with-findings"):
        worked("cardiac-cad")


SECTIONS = ("E.3.1", "E.3.2", "F.3.1", "F.3.2", "SS.3.1", "SS.3.2", "Q.2.2")


@pytest.mark.parametrize("name", WORKED)
def test_an_example_reads_back_equal(name: str) -> None:
    report = worked(name)
    assert read_bytes(report.to_dicom()) == report


@pytest.mark.parametrize("name", WORKED)
def test_every_item_has_its_row(name: str) -> None:
    matching = matched(worked(name))
    assert matching.unplaced() == ()
    assert all(row is not None for _, _, row in matching.by_references)


@pytest.mark.parametrize("name", WORKED)
def test_checking_misses_only_what_the_example_leaves_out(name: str) -> None:
    findings = {f"{each.rule} {each.row}" for each in checked(worked(name)) if each.severity != "info"}
    assert findings == OMITTED.get(name, set())


@pytest.mark.dicom3tools
@pytest.mark.parametrize("name", WORKED)
def test_dciodvfy_finds_no_error(name: str, tmp_path: Path) -> None:
    path = tmp_path / "example.dcm"
    path.write_bytes(worked(name).to_dicom())
    assert problems_of_dciodvfy(path) == (UNKNOWN if name.startswith("colon") else [])


@pytest.mark.pixelmed
def test_pixelmed_misses_only_what_the_example_leaves_out(tmp_path: Path) -> None:
    """The language of the report.  Its rules, of 2022, have no chest CAD."""
    path = tmp_path / "example.dcm"
    path.write_bytes(worked("mammography-cad-with-findings").to_dicom())
    assert pixelmed(path) == {("row-missing", "1")}
