"""Templates as trees: includes replaced, parameters bound, and finite whatever includes itself."""

from collections.abc import Iterator

import pytest

from sr2graph.templates.catalogue import Multiplicity, Requirement, templates
from sr2graph.templates.expansion import MAX_INCLUDES, ExpandedRow, roots
from sr2graph.templates.value_sets import NO_CONSTRAINT


def below(tid: str) -> Iterator[ExpandedRow]:
    """All rows of a tree, each once."""
    seen: set[ExpandedRow] = set()
    waiting = list(roots(tid))
    while waiting:
        row = waiting.pop()
        if row not in seen:
            seen.add(row)
            yield row
            waiting += row.children


def names(rows: tuple[ExpandedRow, ...]) -> list[str]:
    return [f"{row.tid}/{row.row.row}" for row in rows]


def the(rows: tuple[ExpandedRow, ...], name: str) -> ExpandedRow:
    (found,) = (row for row in rows if f"{row.tid}/{row.row.row}" == name)
    return found


def test_an_unknown_template_has_no_rows() -> None:
    assert roots("999999") == ()


def test_includes_stand_where_they_are_printed() -> None:
    (top,) = roots("1410")
    children = names(top.children)
    assert children[: children.index("1502/1")][-1] == "1410/3c"
    assert children[children.index("1502/6") + 1] == "1410/5"


def test_parameters_reach_the_template_they_are_passed_on_to() -> None:
    """TID 1500 binds $Measurement of TID 1410, which passes it on to TID 1419."""
    (top,) = roots("1500")
    measurements = the(top.children, "1500/6")
    number = the(the(measurements.children, "1410/1").children, "1419/5")
    assert (str(number.concept), str(number.units)) == ("BCID 218", "BCID 7181")
    assert str(the(number.children, "1419/8").values) == "BCID 7464"


def test_an_unbound_parameter_constrains_nothing_or_takes_its_default() -> None:
    (number,) = roots("300")
    site = the(number.children, "300/5")
    assert (number.concept, site.values) == (NO_CONSTRAINT, NO_CONSTRAINT)
    assert str(the(site.children, "300/6").values) == "DCID 244"


def test_a_row_keeps_the_relationship_it_prints() -> None:
    """TID 1410 row 11 includes TID 1419 with CONTAINS: that is for its NUM, which prints none."""
    (top,) = roots("1410")
    assert the(top.children, "1419/2").relationship == "HAS CONCEPT MOD"
    assert the(top.children, "1419/5").relationship == "CONTAINS"


def test_what_is_required_is_required_by_the_row_and_its_includes() -> None:
    """TID 1419 row 5 is M, but TID 1410 row 11, which includes it, is U."""
    (top,) = roots("1410")
    number = the(top.children, "1419/5")
    assert (number.row.requirement, number.requirement, number.is_mandatory) == ("M", Requirement.USER, False)
    assert [row.name for row in number.includes] == ["TID 1410 row 11"]


@pytest.mark.parametrize(
    ("tid", "parent", "name", "vm"),
    [("1500", "1500/6", "1410/1", Multiplicity(1, None)), ("10001", "10001/1", "10001/16", Multiplicity(1, None))],
)
def test_how_often_is_a_product(tid: str, parent: str, name: str, vm: Multiplicity) -> None:
    (top,) = roots(tid)
    rows = top.children if parent == f"{tid}/1" else the(top.children, parent).children
    assert the(rows, name).vm == vm


def test_rows_below_an_include_row_come_after_its_own() -> None:
    """They belong to the item that stands in the place of the include row."""
    nested = [
        (row, parent)
        for each in templates().values()
        for row in each.rows
        if row.parent is not None and (parent := each.row(row.parent)) is not None and parent.include is not None
    ]
    assert nested
    for row, parent in nested:
        tops = [top for top in below(row.tid) if parent in top.includes]
        assert all(row in [child.row for child in top.children] or row.include for top in tops), row.name


def test_rows_at_one_place_are_one_object() -> None:
    """That keeps what is remembered finite: TID 4006 includes itself, and stands there as a top row and as included."""
    (top,) = roots("4000")
    assert top.children is top.children
    again = [row for row in below("4006") if row.tid == "4006" and row.row.row == "1"]
    assert len(again) == 2


def test_every_tree_is_finite() -> None:
    """No more rows than the largest template has, and no chain of includes near the bound."""
    for tid in templates():
        tree = list(below(tid))
        assert len(tree) < 10_000, tid
        assert max(len(row.invocations) for row in tree) <= MAX_INCLUDES // 4, tid
