"""Conditions: what each kind of expression asks, and that it is answered both ways where reports differ."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import pytest

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ContentItem
from sr2graph.dicom.values import Code
from sr2graph.samples import KINDS
from sr2graph.samples.templated import instance
from sr2graph.templates.catalogue import Requirement, Row, templates
from sr2graph.templates.checking import checked
from sr2graph.templates.checking.rows import Ruling, _ruled
from sr2graph.templates.checking.situations import Situation
from sr2graph.templates.checking.tree import Tree
from sr2graph.templates.conditions import Expression, Mode, condition
from sr2graph.templates.matching import matched
from tests.templates.checking.mutations import at_row, changed, sct, the_matching, the_sample, valued, without

MC, UC = Requirement.MANDATORY_CONDITIONAL, Requirement.USER_CONDITIONAL


@pytest.mark.parametrize(
    ("mode", "holds", "requirement", "ruling"),
    [
        (Mode.IF, True, MC, Ruling.REQUIRED),
        (Mode.IF, False, MC, Ruling.ALLOWED),
        (Mode.IFF, True, MC, Ruling.REQUIRED),
        (Mode.IFF, False, MC, Ruling.FORBIDDEN),
        (Mode.ONLY_IF, True, MC, Ruling.ALLOWED),
        (Mode.ONLY_IF, False, MC, Ruling.FORBIDDEN),
        (Mode.IF, True, UC, Ruling.ALLOWED),
        (Mode.IFF, True, UC, Ruling.ALLOWED),
        (Mode.IFF, False, UC, Ruling.FORBIDDEN),
        (Mode.ONLY_IF, False, UC, Ruling.FORBIDDEN),
        (Mode.IF, None, MC, Ruling.UNKNOWN),
        (Mode.IFF, None, UC, Ruling.UNKNOWN),
    ],
)
def test_what_follows_from_a_condition(
    mode: Mode, holds: bool | None, requirement: Requirement, ruling: Ruling
) -> None:
    """PS3.16 6.1.7 and 6.1.8; nothing follows from what is not known, and nothing that is UC is required."""
    assert _ruled(mode, holds, requirement) is ruling


# ---------------------------------------------------------------- one place, many questions


@cache
def row(tid: str, name: str) -> Row:
    found = templates()[tid].row(name)
    assert found is not None
    return found


def acquisition(**fields: object) -> Situation:
    """Below a CT acquisition of TID 10013, as its row 21 (the dose) would be."""
    kind = "ct_dose"
    report = the_sample(kind)
    position = at_row(kind, "TID 10013 row 1")
    type_ = next(
        child.position
        for child in report.item(position).children
        if isinstance(child, ContentItem) and child.concept_name and child.concept_name.value == "113820"
    )
    if fields.get("concept"):
        report = valued(report, type_, **fields)
    if fields.get("absent"):
        report = without(report, type_)
    matching = matched(report)
    index = matching.index(position)
    assert index is not None
    return Situation(Tree(matching), index, (), row("10013", "21"))


SPIRAL = sct("116152004", "Spiral Acquisition")


def asked(text: str, **fields: object) -> bool | None:
    told = condition(f"IF {text}")
    assert told is not None
    assert told.expression is not None
    return acquisition(**fields).holds(told.expression)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("value_in(row 4, SCT:116152004)", True),
        ("value_in(row 4, DCM:113806)", False),
        ("not(value_in(row 4, SCT:116152004))", False),
        ("present(row 4)", True),
        ("absent(row 4)", False),
        ("present(row 7)", True),
        ("at_least_one(row 4, row 6)", True),
        ("all_absent(row 4, row 6)", False),
        ("concept_in(row 4, DCM:113820)", True),
        ("concept_in(row 4, DCM:113821)", False),
        ("root_concept_in(DCM:113701)", True),
        ("root_concept_in(DCM:126000)", False),
        ("parent_value_in(DCM:113701)", None),
        ("and(present(row 4), present(row 6))", True),
        ("and(present(row 4), absent(row 6))", False),
        ("or(absent(row 4), present(row 6))", True),
        ("or(absent(row 4), absent(row 6))", False),
        ("present(TID 10011, row 1)", True),
        ("value_in(TID 10011, row 2, SCT:77477000)", True),
        ("value_in(TID 10011, row 2, SCT:1)", False),
        ("value_in(TID 10001, row 2, SCT:1)", None),
        ("present(row 4711)", None),
    ],
)
def test_what_an_expression_asks(text: str, answer: bool | None) -> None:
    assert asked(text, concept=SPIRAL) is answer


def test_codes_of_conditions_are_compared_as_all_codes() -> None:
    """(P5-08001, SRT) and (116152004, SCT) are the same spiral acquisition."""
    old = CodedConcept("P5-08001", "SRT", "Spiral Acquisition")
    assert asked("value_in(row 4, SCT:116152004)", concept=old) is True


def test_of_a_mandatory_row_that_is_missing_nobody_knows_the_value() -> None:
    assert asked("value_in(row 4, SCT:116152004)", absent=True) is None
    assert asked("not(value_in(row 4, SCT:116152004))", absent=True) is None
    assert asked("present(row 4)", absent=True) is False


def test_one_unknown_part_does_not_hide_what_is_known() -> None:
    unknown = "present(row 4711)"
    assert asked(f"and({unknown}, absent(row 4))") is False
    assert asked(f"and({unknown}, present(row 4))") is None
    assert asked(f"or({unknown}, present(row 4))") is True
    assert asked(f"or({unknown}, absent(row 4))") is None


def test_what_is_absent_has_its_default() -> None:
    """TID 1002 row 1: without an Observer Type the observer is a person."""
    kind = "ct_dose"
    matching = the_matching(kind)
    tree = Tree(matching)
    prefix = next(
        tuple(each.row for each in found.invocations)
        for found in matching.rows
        if found is not None and found.row.name == "TID 1002 row 1"
    )
    report = without(the_sample(kind), at_row(kind, "TID 1002 row 1"))
    situation = Situation(Tree(matched(report)), 0, prefix, row("1002", "2"))
    told = row("1002", "2").condition
    assert told is not None
    assert told.expression is not None
    assert situation.holds(told.expression) is True
    assert replace(situation, tree=tree).holds(told.expression) is not None


# ---------------------------------------------------------------- all conditions of many reports


def asked_in_reports(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, bool | None]]:
    answers: list[tuple[str, bool | None]] = []
    holds = Situation.holds

    def noting(situation: Situation, expression: Expression) -> bool | None:
        answer = holds(situation, expression)
        answers.append((expression.op, answer))
        return answer

    monkeypatch.setattr(Situation, "holds", noting)
    for report in (
        *(the_sample(kind) for kind in KINDS),
        *(instance(tid, 1, 0.4) for tid in ("3001", "3900", "4100", "4120", "5100", "7000", "10040", "11001")),
    ):
        checked(report)
    yield from answers


def test_every_kind_of_expression_is_answered_both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = defaultdict(set)
    for op, answer in asked_in_reports(monkeypatch):
        answers[op].add(answer)
    for op in ("value_in", "parent_value_in", "root_concept_in", "absent", "all_absent", "not"):
        assert {True, False} <= answers[op], op


def test_the_value_of_the_item_above() -> None:
    """TID 4009, individual calcifications, is only below a finding that is one."""
    kind = "mammography_cad"
    position = at_row(kind, "TID 4006 row 1")
    report = changed(the_sample(kind), position, value=Code(sct("129770007", "Individual Calcification")))
    matching = matched(report)
    index = matching.index(position)
    assert index is not None
    situation = Situation(Tree(matching), index, (), row("4006", "12"))
    for codes, answer in (("SCT:129770007", True), ("SCT:129769006", False)):
        told = condition(f"ONLYIF parent_value_in({codes})")
        assert told is not None
        assert told.expression is not None
        assert situation.holds(told.expression) is answer
