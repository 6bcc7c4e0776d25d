"""Drafts become content items: numbered, linked, in the precision that files keep."""

from sr2graph.dicom.content import ByReference, RelationshipType
from sr2graph.dicom.values import MeasuredValue, SpatialCoordinates
from sr2graph.samples.build import (
    Link,
    concept_mod,
    container,
    inferred_from,
    labelled,
    missing_num,
    num,
    nums,
    positioned,
    scoord,
    text,
)
from sr2graph.samples.codes import COMMENT, FINDINGS, MEASUREMENT_FAILURE, MM, dcm

LENGTH = dcm("121207", "Height")
INFERRED_FROM = RelationshipType.INFERRED_FROM


def test_children_are_numbered_from_one() -> None:
    root = positioned(container(FINDINGS, container(FINDINGS, text(COMMENT, "a")), text(COMMENT, "b")))
    assert [item.position for item in root.walk()] == [(1,), (1, 1), (1, 1, 1), (1, 2)]


def test_the_root_has_no_relationship_and_names_its_template() -> None:
    root = positioned(container(FINDINGS, template="1500"))
    assert root.relationship is None
    assert root.template is not None
    assert root.template.identifier == "1500"


def test_what_is_absent_takes_no_position() -> None:
    root = positioned(container(FINDINGS, None, text(COMMENT, "a")))
    assert [item.position for item in root.walk()] == [(1,), (1, 1)]


def test_a_child_is_contained_unless_said_otherwise() -> None:
    root = positioned(container(FINDINGS, text(COMMENT, "a"), concept_mod(text(COMMENT, "b"))))
    assert [item.relationship for item in root.walk()] == [None, "CONTAINS", "HAS CONCEPT MOD"]


def test_a_link_takes_a_position_and_points_backwards_or_forwards() -> None:
    """By-reference items count as children (PS3.3 C.17.3.2.5)."""
    before = labelled("before", num(LENGTH, "1", MM))
    after = labelled("after", num(LENGTH, "3", MM))
    between = num(LENGTH, "2", MM, Link(INFERRED_FROM, "before"), Link(INFERRED_FROM, "after"))
    root = positioned(container(FINDINGS, before, between, after))
    links = [link for _, link in root.by_references()]
    assert links == [
        ByReference((1, 2, 1), "INFERRED FROM", (1, 1)),
        ByReference((1, 2, 2), "INFERRED FROM", (1, 3)),
    ]


def test_coordinates_are_single_precision() -> None:
    """What VR FL cannot hold would come back different from a file."""
    root = positioned(container(FINDINGS, num(LENGTH, "1", MM, inferred_from(scoord(LENGTH, "POINT", (0.1, 0.5))))))
    *_, drawn = root.walk()
    assert isinstance(drawn.value, SpatialCoordinates)
    assert drawn.value.graphic_data == (0.10000000149011612, 0.5)


def test_a_missing_number_says_why() -> None:
    item = positioned(missing_num(LENGTH, MEASUREMENT_FAILURE))
    assert item.value == MeasuredValue(qualifier=MEASUREMENT_FAILURE)


def test_a_table_leaves_out_rows_without_a_value() -> None:
    assert len(list(nums((LENGTH, "1.50", MM), (LENGTH, None, MM)))) == 1
