"""Records to RDF text: the statements of a report, and its N-Quads (W3C N-Quads 1.1).

Statements are text from the start: `subject predicate object`, each term in N-Triples
notation.  Objects for terms would cost ten times as much.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

from sr2graph.dicom.report import Report
from sr2graph.graph.codes import SharedRow
from sr2graph.graph.columns import Row
from sr2graph.graph.iris import uid_iri
from sr2graph.graph.kinds import LITERALS
from sr2graph.graph.records import Record, records
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


def report_iri(report: Report) -> str:
    """Return the IRI of a report, which also names its graph."""
    return uid_iri(report.sop_instance_uid)


def statements(report: Report) -> list[str]:
    """Return the statements of a report, `subject predicate object`, in document order."""
    return statements_of(records(report), report_iri(report))


def statements_of(rows: list[Record], iri: str) -> list[str]:
    """Return the statements of records that belong to the report of an IRI."""
    out: list[str] = []
    add = out.append
    repeats = False
    renders, parts, edges = _item_plan()
    stem = f"<{iri}#"
    for table, row in rows:
        if table != "items":
            if isinstance(row, SharedRow):
                out += row.statements or _shared_statements(row)
            else:
                repeats = repeats or "property" in row
                _emit(_plan(table), row, iri, out)
            continue
        subject = f"{stem}{row['item']}>"
        for column, cell in row.items():
            render = renders.get(column)
            if render is not None:
                before, text, after = render
                add(f"{subject}{before}{text(cell) if text else cell}{after}")
            elif column in parts:
                add(f"{subject}{parts[column]}{stem}{cell}>")
        if "parent" in row:
            add(f"{stem}{row['parent']}>{edges[row['relationship']]}{subject}")
    # Several values of one property may be equal; a graph says a thing once.
    return list(dict.fromkeys(out)) if repeats else out


def nquads(report: Report) -> str:
    """Return a report as N-Quads, its graph named by its IRI."""
    return nquads_of(statements(report), report_iri(report))


def nquads_of(lines: list[str], iri: str) -> str:
    """Return statements as N-Quads in the graph of an IRI."""
    end = f" <{iri}> .\n"
    return end.join(lines) + end


# ---------------------------------------------------------------- from the vocabulary table


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


@cache
def _item_plan() -> tuple[dict[str, Render], dict[str, str], dict[str, str]]:
    """Return (column -> render, column of a part -> ` predicate `, relationship -> ` predicate `).

    The same as `_plan("items")`, in which every column has one predicate about the item itself.
    """
    plan = _plan("items")
    renders = {name: column.render for name, [column] in plan.columns.items() if column.render is not None}
    parts = {name: column.predicate for name, [column] in plan.columns.items() if column.render is None}
    edges = {name: column.predicate for name, [column] in plan.conditional["relationship"].items()}
    return renders, parts, edges


def _emit(plan: _TablePlan, row: Row, iri: str, out: list[str]) -> None:
    out += [_resource(iri, row[subject]) + statement for subject, statement in plan.types]
    for name, cell in row.items():
        if name in plan.columns:
            out += [_statement(column, row[column.subject], cell, iri) for column in plan.columns[name]]
    for name, by_value in plan.conditional.items():
        columns = by_value.get(row.get(name, ""), ())
        out += [_statement(c, row[c.subject], row[c.target], iri) for c in columns if c.target in row]


def _shared_statements(row: SharedRow) -> list[str]:
    """Return the statements of a row that names no part of a report, and remember them with it."""
    row.statements = []
    _emit(_plan("concepts"), row, "", row.statements)
    return row.statements


def _statement(column: _Column, subject: str, cell: str, iri: str) -> str:
    start = _resource(iri, subject)
    if column.render is None:
        return start + column.predicate + _resource(iri, cell)
    before, text, after = column.render
    return f"{start}{before}{text(cell) if text else cell}{after}"


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
