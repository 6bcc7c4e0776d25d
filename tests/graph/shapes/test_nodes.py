"""The places of a template: finite, each row with the items that stand for it rather than for another one."""

import pytest

from sr2graph.graph.shapes.nodes import children_of, concepts, could_be_both, nodes
from sr2graph.templates.expansion import roots
from sr2graph.templates.value_sets import value_set


@pytest.mark.parametrize(("tid", "most"), [("1500", 1_000), ("4000", 500), ("3900", 7_000)])
def test_places_are_finite_though_templates_include_themselves(tid: str, most: int) -> None:
    found = nodes(tid)
    assert 10 < len(found) < most
    assert [node.number for node in found if node.is_root] == [0]


def test_a_code_that_a_row_names_is_not_for_the_row_that_takes_any() -> None:
    """TID 1411 rows 16 and 17 take any concept; Finding is row 3b."""
    group = next(node for node in nodes("1500") if node.row.row.name == "TID 1411 row 1")
    children = {child.row.row.name: child for child in group.children}
    named, free = children["TID 1411 row 3b"], children["TID 1411 row 16"]
    assert free.selection.concepts is None
    assert named.selection.concepts is not None
    assert named.selection.concepts <= free.selection.excluded
    assert not could_be_both(named, free)


def test_a_group_that_begins_like_others_has_to_declare_its_template() -> None:
    found = {node.selection.declares for node in nodes("1500") if node.row.tid in ("1410", "1411", "1501")}
    assert found >= {"1410", "1411", "1501"}


def test_codes_that_were_given_up_count_too() -> None:
    """(121070, DCM, "Findings") became (59776-5, LN, "Findings")."""
    said = value_set("EV LN:59776-5")
    assert len(said.iris()) == 1
    assert "http://dicom.nema.org/resources/ontology/DCM/121070" in concepts(said)


def test_extensions_of_a_group_are_for_the_one_row_that_may_have_them() -> None:
    (root,) = children_of(roots("2000"))
    assert root.selection.concepts is None
    assert root.known.concepts == concepts(root.row.concept)
