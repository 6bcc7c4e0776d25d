"""Context groups and sets of codes."""

from collections import Counter

import pytest

from sr2graph.templates.replaced import is_in
from sr2graph.templates.value_sets import (
    NO_CONSTRAINT,
    Code,
    Group,
    ValueSet,
    context_group,
    context_groups,
    member_units,
    value_set,
)


def test_uids_are_told_apart_but_for_misprints() -> None:
    """The standard prints three UIDs twice."""
    counts = Counter(group.uid for group in context_groups().values())
    assert {uid for uid, count in counts.items() if count > 1} == {f"1.2.840.10008.6.1.{n}" for n in (1318, 1319, 1320)}


def test_every_group_has_members_but_one() -> None:
    """CID 628 is empty in the standard; a whole scheme cannot be listed, and a retired group has none."""
    empty = [group.cid for group in context_groups().values() if not group.codes() and not group.schemes()]
    assert [cid for cid in empty if not context_group(cid).retired] == ["628"]


def test_includes_are_followed_and_members_come_once() -> None:
    group = context_group("7464")
    assert set(group.own_codes()) | set(context_group("3488").own_codes()) == set(group.codes())
    assert len(group.codes()) == len(set(group.codes()))


def test_no_group_includes_itself_by_any_way() -> None:
    def below(cid: str, above: tuple[str, ...] = ()) -> bool:
        return any(inner in (*above, cid) or below(inner, (*above, cid)) for inner in context_group(cid).includes)

    assert [cid for cid in context_groups() if below(cid)] == []


def test_iris_are_the_same_for_srt_and_sct() -> None:
    assert Code("SRT", "T-D1100").iri == Code("SCT", "69536005").iri
    assert is_in(Code("SRT", "G-A100").iri, value_set("DCID 244"))


def test_a_code_that_was_given_up_counts_as_its_successor() -> None:
    assert is_in(Code("DCM", "121070").iri, value_set("EV LN:59776-5"))
    assert not is_in(Code("LN", "59776-5").iri, value_set("EV DCM:121070"))
    assert not is_in(None, value_set("EV LN:59776-5"))


@pytest.mark.parametrize(
    ("text", "closed"),
    [
        ("EV DCM:121071", True),
        ("DT DCM:121071", False),
        ("EV DCM:121071 | DT DCM:121072", False),
        ("DCID 7464", False),  # extensible
        ("DCID 244", True),
        ("BCID 244", False),  # a baseline may be replaced
        ("DCID 82", False),  # all of UCUM
        ("$Measurement", False),
        ("", False),
    ],
)
def test_whether_other_codes_may_be_used(text: str, closed: bool) -> None:
    assert value_set(text).is_closed is closed


def test_parameters_are_replaced_by_what_they_are_bound_to() -> None:
    said = value_set("$Units")
    assert said.bound({"$Units": value_set("DCID 7181")}) == ValueSet(groups=(Group("7181", "DCID"),))  # type: ignore[arg-type]
    assert said.bound({}) == NO_CONSTRAINT
    assert value_set("row 4").value_of_row == "4"


def test_units_of_members_are_those_the_group_gives() -> None:
    """CID 4033 gives parts per million to the peaks of a spectrum."""
    assert member_units()["4033", Code("DCM", "113094").iri] == "ppm"
    assert {cid for cid, _ in member_units()} <= set(context_groups())
