"""When a row with a condition is there: as a machine reads it, or as mappings/samples/conditions.csv decides."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from sr2graph.samples.templated.roots import table
from sr2graph.templates.catalogue import Row, templates
from sr2graph.templates.conditions import Condition, Mode, condition

LATER = "LATER "
"""Before a condition about items anywhere in the report: the row is made, and dropped in the end if it is false."""
WORDS = frozenset({"always", "bound", "never", "rarely", "root", "several", "sometimes", "twice", "usually"})
"""always, usually, sometimes, rarely, never; root: below the root item only; several: where the include row occurs more
than once; bound: where the parameter has a value; twice: always, and at least twice."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition, or a word that stands for one that only the standard's sentence says."""

    condition: Condition | None
    word: str = ""
    is_later: bool = False
    """Whether the condition is about items anywhere in the report, some of which are made after the row."""


def one_of_several(row: Row) -> Mode | None:
    """Return XOR or AT_LEAST_ONE where a row is an alternative to others, as they are to it; None where it is not.

    Rows that are each required if all the others are absent are such alternatives too.
    """
    rule = rule_of(row)
    said = rule.condition if rule is not None else None
    if said is not None and said.mode in (Mode.XOR, Mode.AT_LEAST_ONE):
        return said.mode
    others = _unless(row)
    group = {row.row, *others}
    rows = (templates()[row.tid].row(name) for name in others)
    mutual = all(each is not None and {each.row, *_unless(each)} == group for each in rows)
    return Mode.AT_LEAST_ONE if others and mutual else None


def _unless(row: Row) -> tuple[str, ...]:
    """Return the rows that a row is required without: `IF all_absent(row 6, row 12)`."""
    rule = rule_of(row)
    said = rule.condition if rule is not None else None
    if said is None or said.mode is not Mode.IF or said.expression is None or said.expression.tid is not None:
        return ()
    return said.expression.rows if said.expression.op in ("absent", "all_absent") else ()


def rule_of(row: Row) -> Rule | None:
    """Return what decides about a row; None where it has no condition, or is there in any case."""
    return None if row.is_mandatory else _rule(row.tid, row.row, row.condition)


@cache
def _rule(tid: str, row: str, printed: Condition | None) -> Rule | None:
    said = decisions().get((tid, row))
    if said is not None and said in WORDS:
        return Rule(None, said)
    if said is not None:
        return Rule(condition(said.removeprefix(LATER)), is_later=said.startswith(LATER))
    if printed is None:
        return None
    return Rule(None, "sometimes") if printed.mode is Mode.WORDS else Rule(printed)


@cache
def decisions() -> dict[tuple[str, str], str]:
    """Return (TID, row) ↔ what instances make of its condition."""
    return {(line["tid"], line["row"]): line["rule"] for line in table("conditions.csv")}


@cache
def fetal() -> frozenset[str]:
    """Return the TIDs of templates that are invoked once for each fetus."""
    return frozenset(tid for (tid, _), rule in decisions().items() if rule == "several")
