"""Conditions of template rows that a machine can decide (PS3.16 6.1.8), read from their notation in rows.csv.

`XOR xor(row 11) when or(present(row 7), present(row 10))`
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from sr2graph.templates.value_sets import Code


class Mode(StrEnum):
    """What follows from the expression of a condition."""

    IF = "IF"
    """True: shall be there. False: may be there."""
    IFF = "IFF"
    """True: shall be there. False: shall not."""
    XOR = "XOR"
    """Exactly one of this row and the rows of the expression; none is fine where the row is UC."""
    ONLY_IF = "ONLYIF"
    """False: shall not be there."""
    AT_LEAST_ONE = "ATLEASTONE"
    """One or more of the rows of the expression, this one among them."""
    WORDS = "words"
    """Only the standard's own sentence says it."""


@dataclass(frozen=True, slots=True)
class Expression:
    """`op(arguments)`: about rows of the template, or of another one, or about other expressions."""

    op: str
    """xor, at_least_one, value_in, concept_in, parent_value_in, root_concept_in, present, absent, all_absent, not,
    and, or."""
    rows: tuple[str, ...] = ()
    tid: str | None = None
    """The template that the row is in, if it is another one: one that invokes this template."""
    codes: tuple[Code, ...] = ()
    arguments: tuple[Expression, ...] = ()

    def __str__(self) -> str:
        """Return it in the notation of the table."""
        parts = [f"TID {self.tid}"] if self.tid is not None else []
        parts += [f"row {row}" for row in self.rows]
        parts += [f"{code.scheme}:{code.value}" for code in self.codes]
        parts += map(str, self.arguments)
        return f"{self.op}({', '.join(parts)})"


@dataclass(frozen=True, slots=True)
class Condition:
    """When a row shall, may or shall not be there."""

    mode: Mode
    expression: Expression | None = None
    """None where only words say it."""
    when: Expression | None = None
    """XOR: holds only then, otherwise none of the rows is allowed."""

    def __str__(self) -> str:
        """Return it in the notation of the table."""
        when = f" when {self.when}" if self.when is not None else ""
        return f"{self.mode} {self.expression}{when}" if self.expression is not None else str(self.mode)


@cache
def condition(text: str) -> Condition | None:
    """Return what the notation says; None for nothing."""
    if not text:
        return None
    mode, _, rest = text.partition(" ")
    if not rest:
        return Condition(Mode(mode))
    told, _, when = rest.partition(" when ")
    return Condition(Mode(mode), _expression(told), _expression(when) if when else None)


_TOKEN = re.compile(r"(?P<op>[a-z_]+)\(|row (?P<row>[^,()]+)|TID (?P<tid>\w+)|(?P<code>[^,()\s][^,()]*)|(?P<end>\))|, ")


def _expression(text: str) -> Expression:
    """Return an expression; the stack holds those that are still open."""
    whole: list[Expression] = []
    stack: list[tuple[str, list[str], list[str], list[Code], list[Expression]]] = []
    for token in _TOKEN.finditer(text):
        kind, said = token.lastgroup, token[token.lastgroup] if token.lastgroup else ""
        if kind == "op":
            stack.append((said, [], [], [], []))
        elif kind == "row":
            stack[-1][1].append(said)
        elif kind == "tid":
            stack[-1][2].append(said)
        elif kind == "code":
            scheme, _, value = said.partition(":")
            stack[-1][3].append(Code(scheme, value))
        elif kind == "end":
            op, rows, tids, codes, arguments = stack.pop()
            tid = tids[0] if tids else None
            done = Expression(op, tuple(rows), tid, tuple(codes), tuple(arguments))
            (stack[-1][4] if stack else whole).append(done)
    return whole[0]
