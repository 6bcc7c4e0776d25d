"""The worked examples of PS3.17: what the standard prints at a node is at that position."""

from pathlib import Path

import pytest

from sr2graph.dicom.content import position_text
from sr2graph.dicom.read import read_bytes
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import Code, ImageReference, MeasuredValue, SpatialCoordinates, SpatialCoordinates3D, Text
from sr2graph.samples.worked import WORKED, WorkedError, source, worked
from sr2graph.templates.checking import checked
from sr2graph.templates.matching import matched
from tests.samples.test_peers import problems_of_dciodvfy
from tests.templates.oracles.validators import PixelMed

UNKNOWN = ["Error - Information Object Not found"]
"""Of colon CAD, in Debian 12."""
OMITTED = {
    "mammography-cad-without-findings": {"row-missing TID 1204 row 1"},
    "mammography-cad-with-findings": {"row-missing TID 1204 row 1"},
    "chest-cad-without-findings": {"row-missing TID 1204 row 1"},
    "chest-cad-with-findings": {"row-missing TID 1204 row 1"},
    "obgyn-summary": {"row-order TID 1005 row 1", "row-order TID 5003 row 3"},
    "obgyn-twins": {"row-order TID 1005 row 7", "row-order TID 310 row 5"},
    "obgyn-biometry": {"row-order TID 1005 row 1"},
    "vascular-renal": {"row-order TID 1005 row 1"},
}
"""What the templates require and the examples leave out, "for brevity", or have in another order."""
WITHOUT_ROW = {"echo-left-ventricle": ("1.2.3", "1.2.4")}
"""Height and weight: TID 5201 asks for the body surface only, since."""

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
    # PS3.17 I.8.2, I.8.3 and I.8.6
    ("obgyn-summary", "1.8.3", "Aborta", "2 1"),
    ("obgyn-summary", "1.9.5", "Gestational Age by ovulation date", "185 d"),
    ("obgyn-summary", "1.9.6.1", "Estimated Weight", "2222 g"),
    ("obgyn-summary", "1.9.6.1.1", "+/-, range of measurement uncertainty", "200 g"),
    ("obgyn-summary", "1.9.6.2", "Comment", "Enlarged cisterna magna"),
    ("obgyn-twins", "1.5.2.1", "Fetus ID", "A"),
    ("obgyn-twins", "1.5.2.2.1", "Equation", "EFW by AC, BPD, Hadlock 1984"),
    ("obgyn-twins", "1.5.3.3", "Estimated Weight", "1.4 kg"),
    ("obgyn-twins", "1.7.1", "Fetus ID", "B"),
    ("obgyn-biometry", "1.8.1.3", "Biparietal Diameter", "5.4 cm"),
    ("obgyn-biometry", "1.8.1.4.2", "5th Percentile Value of population", "131 d"),
    ("obgyn-biometry", "1.8.4.5.1", "Equation", "AC, Hadlock 1984"),
    ("obgyn-biometry", "1.8.5.1", "Femur Length", "4.5 cm"),
    # PS3.17 M.2.1
    ("vascular-renal", "1.9.1", "Finding Site", "Vascular Structure of Kidney"),
    ("vascular-renal", "1.9.3.2", "Peak Systolic Velocity", "420 cm/s"),
    ("vascular-renal", "1.9.7.1", "Topographical modifier", "Middle"),
    ("vascular-renal", "1.9.8", "Renal Artery/Aorta velocity ratio", "2.9 1"),
    # PS3.17 N.4.2, RRR.1
    ("echo-left-ventricle", "1.3.2.5", "Left Ventricle Internal End Diastolic Dimension", "5.22 cm"),
    ("echo-left-ventricle", "1.3.2.13", "Left Ventricular Fractional Shortening", "54.8 %"),
    ("ct-volume", "1.4.1.1", "Tracking Identifier", "Object1"),
    ("ct-volume", "1.4.1.6", "Volume", "3267.46 mm3"),
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


def test_a_segment_and_its_images_are_of_one_study() -> None:
    """RRR.1: one segment that spans two images."""
    report = worked("ct-volume")
    images = [report.item(f"1.4.1.{number}").value for number in (3, 4, 5)]
    assert all(isinstance(image, ImageReference) for image in images)
    assert [image.segments for image in images if isinstance(image, ImageReference)] == [(1,), (), ()]
    assert len({image.sop_instance_uid for image in images if isinstance(image, ImageReference)}) == 3


def test_each_section_is_named() -> None:
    assert [source(name) for name in WORKED] == [f"PS3.17 {section}" for section in SECTIONS]
    with pytest.raises(WorkedError, match="mammography-cad-with-findings"):
        worked("cardiac-cad")


SECTIONS = (
    *(f"2020 {section}" for section in ("E.3.1", "E.3.2", "F.3.1", "F.3.2", "SS.3.1", "SS.3.2", "Q.2.2")),
    *(f"2024b {section}" for section in ("I.8.2", "I.8.3", "I.8.6", "M.2.1", "N.4.2", "RRR.1")),
)


@pytest.mark.parametrize("name", WORKED)
def test_an_example_reads_back_equal(name: str) -> None:
    report = worked(name)
    assert read_bytes(report.to_dicom()) == report


@pytest.mark.parametrize("name", WORKED)
def test_every_item_has_its_row(name: str) -> None:
    matching = matched(worked(name))
    assert tuple(position_text(item.position) for item in matching.unplaced()) == WITHOUT_ROW.get(name, ())
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
@pytest.mark.slow
@pytest.mark.xdist_group("pixelmed")
def test_pixelmed_misses_only_what_the_example_leaves_out(tmp_path: Path, pixelmed: PixelMed) -> None:
    """The language of the report.  Its rules, of 2022, have no chest CAD."""
    path = tmp_path / "example.dcm"
    path.write_bytes(worked("mammography-cad-with-findings").to_dicom())
    assert pixelmed.found(path) == {("row-missing", "1")}
