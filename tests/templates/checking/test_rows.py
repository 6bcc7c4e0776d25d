"""Rows that are missing, too many, forbidden or out of order are told at the right place, and nothing else is."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import pytest

from sr2graph.dicom.content import ContentItem
from sr2graph.dicom.values import Text
from sr2graph.templates.checking import Severity, checked
from sr2graph.templates.checking.tree import Tree
from sr2graph.templates.expansion import ExpandedRow
from tests.templates.checking.mutations import (
    at_row,
    changed,
    dcm,
    edited,
    new,
    rules,
    sct,
    text,
    the_matching,
    the_sample,
    told,
    twice,
    ucum,
    valued,
    with_child,
    without,
)


@cache
def placed(kind: str) -> tuple[tuple[ContentItem, ExpandedRow], ...]:
    """The items below the root that stand for a row, one for each printed row."""
    matching, seen = the_matching(kind), set[str]()
    found = []
    for item, row in zip(matching.items[1:], matching.rows[1:], strict=True):
        if row is not None and row.row.name not in seen:
            seen.add(row.row.name)
            found.append((item, row))
    return tuple(found)


def alone(kind: str, item: ContentItem) -> bool:
    """Whether no item beside it has its concept."""
    parent = the_sample(kind).item(item.position[:-1])
    same = [child for child in parent.children if isinstance(child, ContentItem)]
    return sum(child.concept_name == item.concept_name for child in same) == 1


def mandatory(kind: str) -> Iterator[tuple[ContentItem, ExpandedRow]]:
    return (
        (item, row)
        for item, row in placed(kind)
        if row.is_mandatory and row.concept.codes and not row.row.default.is_constrained and alone(kind, item)
    )


LEAST_MANDATORY = {
    "ct_dose": 30,
    "projection_xray_dose": 15,
    "radiopharmaceutical_dose": 12,
    "diagnostic_report": 1,
    "mammography_dose": 10,
    "mammography_cad": 8,
    "basic_text": 1,
    "obgyn": 2,
    "echo": 5,
}
"""How many mandatory rows a sample has that can be told apart by their concept."""


@pytest.mark.parametrize("kind", LEAST_MANDATORY)
def test_every_mandatory_row_is_missed(kind: str) -> None:
    """Each of them in turn is taken out of a sample: it is told at the item above, by its row."""
    before, tried = the_sample(kind), 0
    for item, row in mandatory(kind):
        found = told(new(without(before, item.position), before))
        above, name = text(item.position[:-1]), row.row.name
        if row.relationship == "HAS CONCEPT MOD" and row.values.is_constrained:
            # A modifier may be what the row above was told by; then another row is missed there.
            assert any((rule, position) == ("row-missing", above) for rule, position, _ in found), (above, name)
        else:
            assert ("row-missing", above, name) in found
        tried += 1
    assert tried >= LEAST_MANDATORY[kind]


def single(kind: str) -> Iterator[tuple[ContentItem, ExpandedRow]]:
    return (
        (item, row)
        for item, row in placed(kind)
        if row.vm.most == 1 and row.concept.codes and alone(kind, item) and is_unique(kind, item, row)
    )


def is_unique(kind: str, item: ContentItem, row: ExpandedRow) -> bool:
    """Whether no other row beside it has its concept: TID 10003 prints some that TID 10003B has as well."""
    above = the_matching(kind).row_at(item.position[:-1])
    beside = above.children if above is not None else ()
    return not any(other is not row and other.concept.iris() & row.concept.iris() for other in beside)


@pytest.mark.parametrize("kind", ["ct_dose", "radiopharmaceutical_dose", "mammography_dose", "mammography_cad"])
def test_every_row_of_vm_1_is_told_when_there_are_two(kind: str) -> None:
    before, tried, missed = the_sample(kind), 0, []
    for item, row in list(single(kind))[:25]:
        second = (*item.position[:-1], item.position[-1] + 1)
        found = told(new(twice(before, item.position), before))
        missed += [] if ("row-too-many", text(second), row.row.name) in found else [(item.position, row.row.name)]
        tried += 1
    assert tried >= 10
    assert missed == []


@pytest.mark.parametrize("kind", ["ct_dose", "projection_xray_dose", "radiomics", "obgyn"])
def test_a_row_with_another_relationship_is_told(kind: str) -> None:
    before, tried = the_sample(kind), 0
    for item, row in list(placed(kind))[:25]:
        if not row.concept.codes or row.relationship is None or not alone(kind, item):
            continue
        other = "HAS PROPERTIES" if item.relationship != "HAS PROPERTIES" else "CONTAINS"
        found = new(changed(before, item.position, relationship=other), before)
        here = {finding.rule for finding in found if finding.position == text(item.position)}
        assert here & {"row-relationship", "relationship"}, item.position
        tried += 1
    assert tried >= 10


# ---------------------------------------------------------------- one rule at a time


def test_fewer_than_the_vm() -> None:
    """TID 5010 row 4: the amniotic fluid has four quadrants."""
    kind = "obgyn"
    section = at_row(kind, "TID 5010 row 1")
    quadrant = the_sample(kind).item(section).children[-1]
    assert quadrant.position[-1] == 6
    found = new(without(the_sample(kind), quadrant.position), the_sample(kind))
    assert ("row-too-few", text(section), "TID 300 row 1") in told(found)
    assert "with its includes VM 4" in next(f.standard for f in found if f.rule == "row-too-few")


def test_rows_that_exclude_each_other() -> None:
    """TID 300 rows 11 and 12: an equation is coded or in words."""
    kind = "obgyn"
    at = at_row(kind, "TID 315 row 1")
    words = ContentItem((0,), "INFERRED FROM", "TEXT", dcm("121420", "Equation"), Text("x"))
    found = told(new(with_child(the_sample(kind), at[:-1], words), the_sample(kind)))
    assert ("row-excluded", "TID 300 row 12") in {(rule, row) for rule, _, row in found}


def test_one_of_several_rows_has_to_be_there() -> None:
    """TID 4003 rows 4 and 5: an impression without any finding."""
    kind = "mammography_cad"
    impression = at_row(kind, "TID 4003 row 1")

    def bare(item: ContentItem) -> tuple[ContentItem, ...]:
        names = ("111059", "111015")  # Single Image Finding, Composite Feature
        left = tuple(
            child
            for child in item.children
            if isinstance(child, ContentItem) and child.concept_name and child.concept_name.value not in names
        )
        return (replace(item, children=left),)

    found = [f for f in new(edited(the_sample(kind), impression, bare), the_sample(kind)) if f.rule == "row-missing"]
    assert [(f.position, f.row) for f in found if f.position == text(impression)] == [
        (text(impression), "TID 4003 row 4")
    ]
    assert "one or more of rows 4, 5" in found[0].standard


def test_a_condition_that_becomes_true() -> None:
    """TID 10013 row 12: IF spiral acquisition, the pitch factor is there."""
    kind = "ct_dose"
    position = at_row(kind, "TID 10013 row 12")
    found = told(new(without(the_sample(kind), position), the_sample(kind)))
    assert ("row-missing", text(position[:-1]), "TID 10013 row 12") in found


def test_a_condition_that_is_false_asks_for_nothing() -> None:
    """The same row, where the acquisition is neither spiral nor constant angle."""
    kind = "ct_dose"
    position = at_row(kind, "TID 10013 row 12")
    acquisition = position[:2]
    type_ = next(
        child.position
        for child in the_sample(kind).item(acquisition).children
        if isinstance(child, ContentItem) and child.concept_name and child.concept_name.value == "113820"
    )
    stationary = valued(the_sample(kind), type_, concept=dcm("113806", "Stationary Acquisition"))
    assert "row-missing" not in rules(new(without(stationary, position), stationary))


def test_a_row_whose_condition_is_false_is_forbidden() -> None:
    """TID 10003B row 6: a pulse rate only where the fluoroscopy is pulsed."""
    kind = "projection_xray_dose"
    rate = at_row(kind, "TID 10003B row 6")
    mode = next(
        child.position
        for child in the_sample(kind).item(rate[:-1]).children
        if isinstance(child, ContentItem) and child.concept_name and child.concept_name.value == "113732"
    )
    continuous = valued(the_sample(kind), mode, concept=dcm("113630", "Continuous"))
    assert ("row-forbidden", text(rate), "TID 10003B row 6") in told(new(continuous, the_sample(kind)))


def test_a_condition_in_words_is_counted_and_not_guessed() -> None:
    found = [finding for finding in checked(the_sample("ct_dose")) if finding.rule == "condition-not-checked"]
    assert found
    assert {finding.severity for finding in found} == {Severity.INFO}
    assert len({finding.row for finding in found}) == len(found)


def test_order_matters_where_the_template_says_so() -> None:
    """TID 10011: the language comes before the accumulated dose."""
    kind = "ct_dose"
    first = the_sample(kind).item((1, 1))
    found = new(with_child(without(the_sample(kind), (1, 1)), (1,), first), the_sample(kind))
    last = f"1.{len(the_sample(kind).item((1,)).children)}"
    assert [(f.rule, f.position, f.severity) for f in found if f.rule == "row-order"] == [
        ("row-order", last, Severity.WARNING)
    ]


def test_order_does_not_matter_elsewhere() -> None:
    """TID 10003 prints that its order is not significant."""
    kind = "projection_xray_dose"
    event = at_row(kind, "TID 10003 row 1")

    def reversed_(item: ContentItem) -> tuple[ContentItem, ...]:
        return (replace(item, children=item.children[::-1]),)

    found = new(edited(the_sample(kind), event, reversed_), the_sample(kind))
    assert not {f.row for f in found if f.rule == "row-order" and f.row.startswith("TID 10003 ")}


def test_extra_items_are_an_error_only_where_the_template_is_not_extensible() -> None:
    extra = ContentItem((0,), "CONTAINS", "TEXT", dcm("121106", "Comment"), Text("x"))
    private = replace(extra, concept_name=replace(dcm("X1", "Something"), scheme="99TEST"))
    cad, dose = the_sample("mammography_cad"), the_sample("ct_dose")
    root = (1,)
    last = f"1.{len(cad.item(root).children) + 1}"
    assert ("not-in-template", last, "TID 4000 row 1") in told(new(with_child(cad, root, private), cad))
    found = new(with_child(dose, root, private), dose)
    assert rules(found) == {"extension"}
    assert "1 item, the first here" in found[0].found


def test_a_known_group_in_a_template_that_is_not_extensible() -> None:
    """TID 2010 has no place for an image library, although TID 1600 is one."""
    keys = the_sample("key_objects")
    library = ContentItem(
        (0,),
        "CONTAINS",
        "CONTAINER",
        dcm("111028", "Image Library"),
        children=(
            ContentItem((0,), "CONTAINS", "CONTAINER", dcm("126200", "Image Library Group"), continuity="SEPARATE"),
        ),
        continuity="SEPARATE",
    )
    found = [f for f in new(with_child(keys, (1,), library), keys) if f.rule == "not-in-template"]
    last = f"1.{len(keys.item((1,)).children) + 1}"
    assert [(f.position, f.row, f.severity) for f in found] == [(last, "TID 2010 row 1", Severity.ERROR)]


def test_what_extends_a_group_is_told_as_information() -> None:
    kind = "ct_dose"
    other = sct("123037004", "Body structure")
    position = at_row(kind, "TID 10013 row 3")
    found = new(valued(the_sample(kind), position, concept=other), the_sample(kind))
    assert [(f.rule, f.severity, f.position) for f in found] == [("value-extension", Severity.INFO, text(position))]


def test_errors_of_a_template_that_nobody_declared_are_warnings() -> None:
    """Without its declaration, in a SOP class that names no template, the document promises nothing."""
    kind = "planar_roi"
    report = the_sample(kind)
    broken = without(report, at_row(kind, "TID 1003 row 1"))
    undeclared = changed(broken, (1,), template=None)
    assert {f.severity for f in new(broken, report) if f.rule == "row-missing"} == {Severity.ERROR}
    missing = [f for f in checked(undeclared) if f.rule == "row-missing"]
    assert missing
    assert {f.severity for f in missing} == {Severity.WARNING}
    assert all("does not declare" in f.standard for f in missing)


def test_a_declared_template_counts_below_a_root_that_follows_nothing() -> None:
    """The measurement group declares TID 1410 itself, whatever the document is."""
    kind = "planar_roi"
    report, group = the_sample(kind), at_row(kind, "TID 1410 row 1")
    uid = at_row(kind, "TID 1502 row 3")
    assert uid[: len(group)] == group
    outline = at_row(kind, "TID 1410 row 6")
    unknown = replace(dcm("X1", "Something"), scheme="99TEST")
    broken = changed(without(report, outline), (1,), template=None, concept_name=unknown)
    found = {(f.row, f.severity) for f in checked(broken) if f.rule == "row-missing"}
    assert ("TID 1410 row 6", Severity.ERROR) in found


def test_the_concept_of_a_row_with_another_value_type() -> None:
    """TID 1003 row 1: the name of an observer is a PNAME."""
    kind = "planar_roi"
    position = at_row(kind, "TID 1003 row 1")
    report = changed(the_sample(kind), position, value_type="TEXT", value=Text("x"))
    (finding,) = (f for f in new(report, the_sample(kind)) if f.rule == "row-value-type")
    assert (finding.position, finding.row, finding.found) == (text(position), "TID 1003 row 1", "TEXT")
    assert "HAS OBS CONTEXT PNAME (121008, DCM" in finding.standard


def test_a_concept_that_extends_the_group_of_a_row() -> None:
    """TID 5004 row 3 takes ratios of CID 12004, which may be extended; the unit of a private one is its own matter."""
    kind = "obgyn"
    position = at_row(kind, "TID 5004 row 3")
    private = replace(dcm("019", "Ratio"), scheme="99TEST")
    report = valued(changed(the_sample(kind), position, concept_name=private), position, unit=ucum("kg"))
    found = new(report, the_sample(kind))
    assert [(f.rule, f.position, f.severity) for f in found] == [("concept-extension", text(position), Severity.INFO)]


def test_the_tree_knows_what_is_above_and_below() -> None:
    matching = the_matching("planar_roi")
    tree = Tree(matching)
    for index, item in enumerate(tree.items):
        assert [child.position for child in tree.below[index]] == [child.position for child in item.children]
        parent = tree.parents[index]
        assert (tree.items[parent].position if parent >= 0 else ()) == item.position[:-1]
