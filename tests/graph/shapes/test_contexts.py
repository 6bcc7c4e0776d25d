"""Where a rule holds: as little as tells it, and left out where nothing does."""

from sr2graph.graph.shapes.contexts import Chain
from sr2graph.graph.shapes.expressions import Selection
from sr2graph.graph.shapes.files import stated
from sr2graph.graph.shapes.rules import Kind
from sr2graph.graph.shapes.writing import merged


def selection(*codes: str, types: str = "NUM") -> Selection:
    return Selection(frozenset({types}), frozenset(codes))


ANYTHING = Selection(frozenset({"NUM"}), None, frozenset({"a"}))


def test_selections_overlap_where_an_item_could_be_in_both() -> None:
    assert selection("a", "b").overlaps(selection("b"))
    assert not selection("a").overlaps(selection("b"))
    assert not selection("a").overlaps(selection("a", types="CODE"))
    assert selection("b").overlaps(ANYTHING)
    assert not selection("a").overlaps(ANYTHING)
    assert ANYTHING.overlaps(ANYTHING)
    one, other = (Selection(frozenset(), frozenset("a"), declares=tid) for tid in ("1410", "1411"))
    assert not one.overlaps(other)


def test_chains_that_differ_in_codes_are_written_as_one() -> None:
    parent = selection("p", types="CONTAINER")
    some = [Chain((selection(code), parent), ("sr:contains",)) for code in "abc"]
    assert merged(some) == {Chain((selection("a", "b", "c"), parent), ("sr:contains",))}
    free = Chain((ANYTHING, parent), ("sr:contains",))
    (whole,) = merged([*some, free])
    assert whole.selections[0] == Selection(frozenset({"NUM"}), None)


def test_a_concept_that_stands_in_one_place_needs_no_parent() -> None:
    """The totals of TID 10012."""
    rules, _ = stated("10011")
    chains = [
        chain for rule, found in rules.items() if rule.kind is Kind.UNIT and rule.tid == "10012" for chain in found
    ]
    assert chains
    assert all(not chain.steps for chain in chains)


def test_what_cannot_be_told_apart_is_left_out() -> None:
    """TID 2010 rows 3 and 4 name the same modifier with other values, by the title of the document."""
    rules, lost = stated("2010")
    assert {(rule.row, rule.kind) for rule in lost} == {("3", Kind.VALUE), ("4", Kind.VALUE)}
    assert not lost.keys() & rules.keys()
