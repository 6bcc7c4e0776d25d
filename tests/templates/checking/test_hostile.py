"""Trees that mean harm: wide, deep, self-similar, full of links.  Checking ends, and says each thing once or per item.

How much work it is is counted, not timed.
"""

from dataclasses import replace

import pytest

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ContentItem
from sr2graph.dicom.values import Code
from sr2graph.templates.checking import checked
from sr2graph.templates.checking.tree import Tree
from sr2graph.templates.matching import matched
from tests.templates.checking.mutations import at_row, edited, link, rules, text, the_sample, with_child

PRIVATE = CodedConcept("1", "99TEST", "x")


def work(kind: str, row: str, copies: int, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """(items, comparisons of a child with a row) for a sample with so many copies of one item."""
    compared = 0
    stands = Tree.standing_for.__globals__["_stands"]

    def counting(*arguments: object) -> bool:
        nonlocal compared
        compared += 1
        return bool(stands(*arguments))

    monkeypatch.setitem(Tree.standing_for.__globals__, "_stands", counting)
    report = edited(the_sample(kind), at_row(kind, row), lambda item: (item,) * copies)
    matching = matched(report)
    checked(report, matching)
    monkeypatch.setitem(Tree.standing_for.__globals__, "_stands", stands)
    return len(matching.items), compared


@pytest.mark.parametrize(
    ("kind", "row", "copies"),
    [
        ("projection_xray_dose", "TID 10003B row 6", 800),
        ("projection_xray_dose", "TID 10003 row 1", 40),
        ("mammography_cad", "TID 4006 row 1", 60),
        ("planar_roi", "TID 1419 row 5", 400),
    ],
)
def test_the_work_grows_with_the_report(kind: str, row: str, copies: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four times as many siblings are about four times the comparisons, not sixteen."""
    few, many = (work(kind, row, copies * factor, monkeypatch) for factor in (1, 4))
    assert many[1] * few[0] <= 1.5 * few[1] * many[0] + 100 * many[0]


def test_a_deep_tree() -> None:
    group = ContentItem((0,), "CONTAINS", "CONTAINER", CodedConcept("125007", "DCM", "Measurement Group"))
    deep = replace(group, continuity="SEPARATE")
    for _ in range(300):
        deep = replace(group, continuity="SEPARATE", children=(deep,))
    report = with_child(the_sample("planar_roi"), at_row("planar_roi", "TID 1500 row 6"), deep)
    assert "row-missing" in rules(checked(report))


def test_a_template_that_includes_itself() -> None:
    """TID 4006 includes TID 4006: rows are made as deep as the report goes, and no deeper."""
    kind = "mammography_cad"
    finding = at_row(kind, "TID 4006 row 1")
    inner = the_sample(kind).item(finding)
    report = the_sample(kind)
    for _ in range(6):
        report = with_child(report, finding, replace(inner, relationship="INFERRED FROM"))
        inner = report.item(finding)
    assert len(matched(report).items) > 500
    assert checked(report)


def test_many_items_that_no_template_knows() -> None:
    kind = "mammography_cad"
    place = at_row(kind, "TID 4006 row 1")
    junk = [ContentItem((0,), "HAS PROPERTIES", "CODE", PRIVATE, Code(PRIVATE)) for _ in range(2_000)]
    found = checked(with_child(the_sample(kind), place, *junk))
    assert sum(f.rule == "not-in-template" for f in found) == 2_000


def test_links_in_circles() -> None:
    kind = "planar_roi"
    first, second = (at_row(kind, "TID 1419 row 5", nth) for nth in (0, 1))
    report = with_child(the_sample(kind), first, *(link("INFERRED FROM", second) for _ in range(500)))
    report = with_child(report, second, link("INFERRED FROM", first), link("INFERRED FROM", second))
    found = [f for f in checked(report) if f.rule.startswith("reference")]
    last = len(report.item(second).children)
    assert [(f.rule, f.position) for f in found] == [("reference-to-ancestor", f"{text(second)}.{last}")]


def test_a_position_that_is_no_place() -> None:
    report = with_child(the_sample("planar_roi"), (1, 11), link("INFERRED FROM", (1,) * 5_000), link("CONTAINS", ()))
    found = [f for f in checked(report) if f.rule == "reference-target"]
    assert len(found) == 2
    assert max(len(str(f)) for f in found) < 300
