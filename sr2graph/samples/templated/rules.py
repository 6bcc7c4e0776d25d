"""When a row with a condition is there: as a machine reads it, or as mappings/samples/conditions.csv decides."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from sr2graph.samples.templated.roots import table
from sr2graph.templates.catalogue import Row
from sr2graph.templates.conditions import Condition, Mode, condition

WORDS = frozenset({"always", "never", "sometimes", "root", "several"})
"""always, never, sometimes; root: below the root item only; several: where the include row occurs more than once."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition, or a word that stands for one that only the standard's sentence says."""

    condition: Condition | None
    word: str = ""


def rule_of(row: Row) -> Rule | None:
    """Return what decides about a row; None where it has no condition."""
    return _rule(row.tid, row.row, row.condition)


@cache
def _rule(tid: str, row: str, printed: Condition | None) -> Rule | None:
    said = decisions().get((tid, row))
    if said is not None:
        return Rule(None, said) if said in WORDS else Rule(condition(said))
    if printed is None:
        return None
    return Rule(None, "sometimes") if printed.mode is Mode.WORDS else Rule(printed)


@cache
def decisions() -> dict[tuple[str, str], str]:
    """Return (TID, row) ↔ what instances make of its condition."""
    return {(line["tid"], line["row"]): line["rule"] for line in table("conditions.csv")}
