"""Relationships of the SOP class: what is allowed is silent, what is not is told with its table."""

from dataclasses import replace

import pytest

from sr2graph.dicom.content import ContentItem
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import Code, Text
from sr2graph.templates.checking import Severity, checked
from sr2graph.templates.checking.findings import Findings
from sr2graph.templates.checking.iods import iods
from sr2graph.templates.checking.references import check_references
from sr2graph.templates.expansion import roots
from tests.templates.checking.mutations import (
    changed,
    dcm,
    link,
    new,
    rules,
    sct,
    the_matching,
    the_sample,
    with_child,
)

BASIC_TEXT = "1.2.840.10008.5.1.4.1.1.88.11"
COMPREHENSIVE = "1.2.840.10008.5.1.4.1.1.88.33"
KEY_OBJECTS = "1.2.840.10008.5.1.4.1.1.88.59"
PROCEDURE_LOG = "1.2.840.10008.5.1.4.1.1.88.40"
EXTENSIBLE = "1.2.840.10008.5.1.4.1.1.88.35"
COMMENT = dcm("121106", "Comment")


def item(
    value_type: str, *children: ContentItem, relationship: str | None = "CONTAINS", position: tuple[int, ...] = (1,)
) -> ContentItem:
    value = Code(sct("24028007", "Right")) if value_type == "CODE" else Text("x") if value_type == "TEXT" else None
    numbered = tuple(replace(child, position=(*position, at)) for at, child in enumerate(children, start=1))
    continuity = "SEPARATE" if value_type == "CONTAINER" else None
    return ContentItem(position, relationship, value_type, COMMENT, value, numbered, continuity)


def document(sop_class: str, root: ContentItem) -> Report:
    report = the_sample("basic_text")
    return replace(report, document=replace(report.document, sop_class_uid=sop_class), root=root)


def found_in(sop_class: str, *children: ContentItem) -> list[tuple[str, str]]:
    report = document(sop_class, item("CONTAINER", *children, relationship=None))
    about = {"relationship", "value-type", "relationship-conflict", "sop-class", "continuity"}
    return [(finding.rule, finding.position) for finding in checked(report) if finding.rule in about]


@pytest.mark.parametrize(
    ("sop_class", "child", "expected"),
    [
        (BASIC_TEXT, item("TEXT"), []),
        (BASIC_TEXT, item("NUM"), [("value-type", "1.1")]),
        (BASIC_TEXT, item("SCOORD"), [("value-type", "1.1")]),
        (COMPREHENSIVE, item("SCOORD"), []),
        (COMPREHENSIVE, item("SCOORD3D"), [("value-type", "1.1")]),
        (COMPREHENSIVE, item("TEXT", relationship="HAS PROPERTIES"), [("relationship", "1.1")]),
        (KEY_OBJECTS, item("CONTAINER"), [("relationship", "1.1")]),
        (EXTENSIBLE, item("TABLE", relationship="HAS PROPERTIES"), []),
        (COMPREHENSIVE, item("TEXT", relationship="HAS BEEN"), []),
        (COMPREHENSIVE, item("NOTHING"), []),
        ("1.2.840.10008.5.1.4.1.1.88.2", item("NUM"), [("sop-class", "1")]),
    ],
)
def test_the_tables_of_the_sop_classes(sop_class: str, child: ContentItem, expected: list[tuple[str, str]]) -> None:
    """Relationship and value types that do not exist are what reading tells, not this."""
    assert found_in(sop_class, child) == expected


def test_what_is_said_names_the_table_and_what_is_allowed() -> None:
    report = document(KEY_OBJECTS, item("CONTAINER", item("CONTAINER"), relationship=None))
    (finding,) = (each for each in checked(report) if each.rule == "relationship")
    assert finding.standard == (
        "Key Object Selection Document allows CONTAINER CONTAINS COMPOSITE IMAGE TEXT WAVEFORM, "
        "and CONTAINER CONTAINER as HAS OBS CONTEXT (PS3.3 2024c Table A.35.4-2)"
    )
    assert finding.found == "CONTAINER CONTAINS CONTAINER"
    assert finding.severity is Severity.ERROR


def test_where_the_standard_contradicts_itself_it_is_a_warning() -> None:
    """TID 3001 asks for TEXT HAS OBS CONTEXT CONTAINER, which Table A.35.7-2 does not list."""
    name = ("TEXT", "HAS OBS CONTEXT", "CONTAINER")
    assert name in iods()[PROCEDURE_LOG].conflicts
    child = replace(item("CONTAINER", relationship="HAS OBS CONTEXT"), position=(1, 1, 1))
    text = replace(item("TEXT"), children=(child,))
    report = document(PROCEDURE_LOG, item("CONTAINER", text, relationship=None))
    found = [finding for finding in checked(report) if finding.rule.startswith("relationship")]
    assert [(finding.rule, finding.position, finding.severity) for finding in found] == [
        ("relationship-conflict", "1.1.1", Severity.WARNING)
    ]


@pytest.mark.parametrize("continuity", [None, "JUMPY"])
def test_a_container_says_how_it_continues(continuity: str | None) -> None:
    report = changed(the_sample("ct_dose"), (1,), continuity=continuity)
    assert [(f.rule, f.position) for f in new(report, the_sample("ct_dose"))] == [("continuity", "1")]


# ---------------------------------------------------------------- by reference


def image_of(kind: str) -> tuple[int, ...]:
    return next(each.position for each in the_sample(kind).walk() if each.value_type == "IMAGE")


def number_of(kind: str) -> tuple[int, ...]:
    return next(each.position for each in the_sample(kind).walk() if each.value_type == "NUM")


def test_a_reference_to_nothing() -> None:
    kind = "planar_roi"
    source = number_of(kind)
    report = with_child(the_sample(kind), source, link("INFERRED FROM", (1, 99)))
    found = [finding for finding in new(report, the_sample(kind)) if finding.rule.startswith("reference")]
    last = len(the_sample(kind).item(source).children) + 1
    assert [(f.rule, f.position) for f in found] == [("reference-target", ".".join(map(str, (*source, last))))]


def test_reading_and_checking_tell_of_a_dangling_reference_once() -> None:
    from sr2graph import read

    kind = "planar_roi"
    broken = with_child(the_sample(kind), number_of(kind), link("INFERRED FROM", (1, 99)))
    again = read(broken.to_dicom())
    assert any("does not exist" in deviation.problem for deviation in again.deviations)
    assert [f.rule for f in new(again, the_sample(kind))] == ["reference-target"]


@pytest.mark.parametrize(
    ("sop_class", "rule"), [(COMPREHENSIVE, "reference-to-ancestor"), (BASIC_TEXT, "reference-upwards")]
)
def test_a_reference_to_an_ancestor(sop_class: str, rule: str) -> None:
    text = replace(item("TEXT"), children=(link("INFERRED FROM", (1,)),))
    report = document(sop_class, item("CONTAINER", text, relationship=None))
    assert rule in rules(checked(report))


@pytest.mark.parametrize(
    ("relationship", "expected"), [("INFERRED FROM", set()), ("HAS CONCEPT MOD", {"reference-relationship"})]
)
def test_which_relationships_may_be_by_reference(relationship: str, expected: set[str]) -> None:
    texts = (replace(item("TEXT"), children=(link(relationship, (1, 2)),)), item("TEXT"))
    report = document(COMPREHENSIVE, item("CONTAINER", *texts, relationship=None))
    assert {rule for rule in rules(checked(report)) if rule.startswith("reference")} == expected


def test_a_class_without_references() -> None:
    texts = (replace(item("TEXT"), children=(link("INFERRED FROM", (1, 2)),)), item("TEXT"))
    report = document(BASIC_TEXT, item("CONTAINER", *texts, relationship=None))
    (finding,) = (each for each in checked(report) if each.rule.startswith("reference"))
    assert finding.standard == "by reference Basic Text SR allows nothing (PS3.3 2024c Table A.35.1-2)"


def test_a_row_by_reference_is_not_by_value() -> None:
    """TID 4021 row 2: the centre is selected from an image of the image library, by reference."""
    kind = "mammography_cad"
    report = the_sample(kind)
    source, reference = next((s, r) for s, r in report.by_references() if r.relationship == "SELECTED FROM")
    image = report.item(reference.target)
    by_value = replace(image, relationship="SELECTED FROM", children=())
    position = source.position
    report = with_child(changed(report, position, children=()), position, by_value)
    assert ("row-by-reference", f"{'.'.join(map(str, position))}.1") in {
        (f.rule, f.position) for f in new(report, the_sample(kind))
    }


# ---------------------------------------------------------------- what coordinates and the header refer to


def test_coordinates_without_an_image() -> None:
    kind = "planar_roi"
    outline = next(each for each in the_sample(kind).walk() if each.value_type == "SCOORD")
    found = new(changed(the_sample(kind), outline.position, children=()), the_sample(kind))
    here = ".".join(map(str, outline.position))
    assert ("coordinates", here) in {(f.rule, f.position) for f in found}
    assert "coordinates" not in rules(checked(the_sample(kind)))


def test_coordinates_from_an_image_by_reference() -> None:
    kind = "planar_roi"
    outline = next(each for each in the_sample(kind).walk() if each.value_type == "SCOORD")
    image = image_of(kind)
    report = changed(the_sample(kind), outline.position, children=(link("SELECTED FROM", image),))
    assert "coordinates" not in rules(new(report, the_sample(kind)))


def test_instances_that_the_header_does_not_list() -> None:
    report = the_sample("key_objects")
    bare = replace(report, document=replace(report.document, current_evidence=(), other_evidence=()))
    found = [f for f in new(bare, report) if f.rule == "evidence"]
    instances = [each.position for each in report.walk() if each.value_type in {"IMAGE", "COMPOSITE", "WAVEFORM"}]
    assert [f.position for f in found] == [".".join(map(str, position)) for position in instances]
    assert found


def test_a_reference_to_nothing_is_told_once() -> None:
    """Not as coordinates without an image, and not as a missing row, too."""
    kind = "mammography_cad"
    report = the_sample(kind)
    source, reference = next((s, r) for s, r in report.by_references() if r.relationship == "SELECTED FROM")
    assert source.value_type == "SCOORD"
    dangling = replace(reference, target=(1, 99))
    children = tuple(dangling if child is reference else child for child in source.children)
    found = new(changed(report, source.position, children=children), report)
    assert [(f.rule, f.position) for f in found] == [("reference-target", ".".join(map(str, reference.position)))]


def test_a_row_by_value_that_is_by_reference_is_a_warning() -> None:
    """TID 1420 row 1 is inferred from measurements; our sample refers to whole groups, which no row there does."""
    found = [finding for finding in checked(the_sample("planar_roi")) if finding.rule == "row-by-value"]
    assert found
    assert {(finding.severity, finding.found) for finding in found} == {(Severity.WARNING, "by reference")}


def test_a_reference_that_the_row_asks_for_and_the_class_forbids_is_a_warning() -> None:
    """TID 1400 row 3 asks for SELECTED FROM by reference, which Table A.35.10-2 of Colon CAD does not list."""
    colon = next(iod for iod in iods().values() if iod.name.startswith("Colon CAD"))
    assert "1400/3" in colon.conflicting_references
    matching = the_matching("planar_roi")
    outline = next(each for each in matching.items if each.value_type == "SCOORD")
    image = next(each for each in matching.items if each.value_type == "IMAGE")
    reference = replace(link("SELECTED FROM", image.position), position=(*outline.position, 9))
    (row,) = (row for top in roots("1400") for below in top.children for row in below.children if row.row.row == "3")
    told = Findings()
    check_references(replace(matching, by_references=((outline, reference, row),)), colon, told)
    assert [(f.rule, f.severity, f.row) for f in told] == [("reference-conflict", Severity.WARNING, "TID 1400 row 3")]
    assert "although TID 1400 row 3 asks for it" in told[0].standard
