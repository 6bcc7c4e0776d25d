"""Rows of records to statements, by the vocabulary table.

A statement is text: `subject predicate object`, each term in N-Triples notation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache

from sr2graph.graph.codes import SharedRow
from sr2graph.graph.columns import Row
from sr2graph.graph.iris import uid_iri
from sr2graph.graph.kinds import LITERALS
from sr2graph.graph.records import Record
from sr2graph.graph.vocabulary import NAMESPACE, PREFIXES, Predicate, classes, predicates

RDF_TYPE = f"<{PREFIXES['rdf']}type>"

_NEEDS_ESCAPE = re.compile(r'[\x00-\x1f"\\\x7f]').search
_ESCAPES = {i: f"\\u{i:04X}" for i in (*range(0x20), 0x7F)} | {
    ord("\\"): "\\\\",
    ord('"'): '\\"',
    ord("\n"): "\\n",
    ord("\r"): "\\r",
    ord("\t"): "\\t",
    ord("\b"): "\\b",
    ord("\f"): "\\f",
}


ESCAPED_KINDS = frozenset({"string", "verbatim", "list", "json", "wkt"})
"""Kinds whose text may hold anything; the others are numbers and dates."""


def escaped(text: str) -> str:
    """Return text as it stands inside the quotes of an N-Triples literal."""
    return text.translate(_ESCAPES) if _NEEDS_ESCAPE(text) else text


def statements_of(rows: Iterable[Record], iri: str) -> list[str]:
    """Return the statements of records that belong to the report of an IRI, in order."""
    out: list[str] = []
    repeats = False
    for table, row in rows:
        if isinstance(row, SharedRow):
            out += row.statements or _shared_statements(row)
        else:
            repeats = repeats or "property" in row
            _emit(_plan(table), row, iri, out)
    # Several values of one property may be equal; a graph says a thing once.
    return list(dict.fromkeys(out)) if repeats else out


def item_parts(row: Row, iri: str) -> list[str]:
    """Return what the columns of an item's row say of it: ` predicate object`, for any subject."""
    columns = _item_columns()
    return [_object(columns[name], cell, iri) for name, cell in row.items() if name in columns]


@cache
def item_literal(column: str) -> tuple[str, str]:
    """Return what stands before and after the cell of a column of numbers: ` predicate "` and `"^^<datatype>`."""
    before, text, after = _item_columns()[column].render or ("", None, "")
    assert text is None  # noqa: S101 # numbers stand as they are
    return before, after


def parts_of(rows: Iterable[Record], iri: str) -> list[str]:
    """Return what rows that lack their subject say of it: ` predicate object`, each once."""
    said = statements_of(((table, {"subject": "", **row}) for table, row in rows), iri)
    stem = len(f"<{iri}>")
    return [statement[stem:] for statement in said]


@cache
def _item_columns() -> dict[str, _Column]:
    """Return column -> predicate for the rows of content items, in which a column has one predicate."""
    return {name: column for name, [column] in _plan("items").columns.items()}


@cache
def item_edges() -> dict[str, str]:
    """Return relationship predicate -> ` predicate `, by its local name."""
    return {name: column.predicate for name, [column] in _plan("items").conditional["relationship"].items()}


Render = tuple[str, Callable[[str], str] | None, str]
"""What stands before the cell, what becomes of the cell, what stands after it."""


@dataclass(frozen=True, slots=True)
class _Column:
    """One predicate of a table: the column of its subject, and how its object is written."""

    subject: str
    target: str
    predicate: str
    """` <predicate> `."""
    render: Render | None
    """None for a column that names a resource: the report, a part of it, or any IRI."""


@dataclass(frozen=True, slots=True)
class _TablePlan:
    """What the rows of one table say."""

    columns: dict[str, list[_Column]] = field(default_factory=dict)
    """Column -> the predicates that always apply."""
    conditional: dict[str, dict[str, list[_Column]]] = field(default_factory=dict)
    """Column -> value -> the predicates that then apply."""
    types: list[tuple[str, str]] = field(default_factory=list)
    """(subject column, ` rdf:type class`)."""


@cache
def _plan(table: str) -> _TablePlan:
    plan = _TablePlan()
    seen = set()
    for p in predicates():
        key = (p.curie, p.subject, p.column, p.where)
        if p.table != table or key in seen:
            continue
        seen.add(key)
        column = _Column(p.subject, p.column, f" <{p.iri}> ", _render(p))
        if p.where is None:
            plan.columns.setdefault(p.column, []).append(column)
        else:
            plan.conditional.setdefault(p.where[0], {}).setdefault(p.where[1], []).append(column)
    # The class of an item is a column of its own; that of a code as written goes with its node.
    if table not in ("items", "concepts"):
        plan.types.extend((c.subject, f" {RDF_TYPE} <{c.iri}>") for c in classes() if c.table == table)
    return plan


def _emit(plan: _TablePlan, row: Row, iri: str, out: list[str]) -> None:
    subjects: dict[str, str] = {}
    for subject, statement in plan.types:
        subjects[subject] = _resource(iri, row[subject])
        out.append(subjects[subject] + statement)
    for name, cell in row.items():
        for column in plan.columns.get(name, ()):
            _say(column, cell, row, iri, subjects, out)
    for name, by_value in plan.conditional.items():
        for column in by_value.get(row.get(name, ""), ()):
            if column.target in row:
                _say(column, row[column.target], row, iri, subjects, out)


def _say(column: _Column, cell: str, row: Row, iri: str, subjects: dict[str, str], out: list[str]) -> None:  # noqa: PLR0913, PLR0917 # called for each statement
    subject = subjects.get(column.subject)
    if subject is None:
        subject = subjects[column.subject] = _resource(iri, row[column.subject])
    render = column.render
    if render is None:
        out.append(f"{subject}{column.predicate}{_resource(iri, cell)}")
    else:
        before, text, after = render
        out.append(f"{subject}{before}{text(cell) if text else cell}{after}")


def _shared_statements(row: SharedRow) -> list[str]:
    """Return the statements of a row that names no part of a report, and remember them with it."""
    row.statements = []
    _emit(_plan("concepts"), row, "", row.statements)
    return row.statements


def _object(column: _Column, cell: str, iri: str) -> str:
    if column.render is None:
        return column.predicate + _resource(iri, cell)
    before, text, after = column.render
    return f"{before}{text(cell) if text else cell}{after}"


def _resource(iri: str, cell: str) -> str:
    """Return the term of a cell that names the report (empty), a part of it, or an IRI."""
    if ":" in cell:
        return f"<{cell}>"
    return f"<{iri}#{cell}>" if cell and cell[0] != "#" else f"<{iri}{cell}>"


def _render(predicate: Predicate) -> Render | None:
    start = f" <{predicate.iri}> "
    kind = predicate.kind
    if kind == "datetime":
        return f'{start}"', _date_time, ""
    if kind in LITERALS:
        datatype = LITERALS[kind].datatype("")
        text = escaped if kind in ESCAPED_KINDS else None
        return f'{start}"', text, f'"^^<{datatype}>' if datatype else '"'
    if kind == "class":
        return f"{start}<{NAMESPACE}", None, ">"
    if kind == "uid":
        return f"{start}<", uid_iri, ">"
    return (f"{start}<", None, ">") if kind == "concept" else None


def _date_time(cell: str) -> str:
    return f'{cell}"^^<{LITERALS["datetime"].datatype(cell)}>'
