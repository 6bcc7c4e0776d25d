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
from sr2graph.graph.iris import uid_iri
from sr2graph.graph.kinds import LITERALS
from sr2graph.graph.records import Record, Row, records
from sr2graph.graph.vocabulary import NAMESPACE, PREFIXES, Predicate, classes, predicates

Render = Callable[[str, str], str]
"""(IRI of the report, cell) -> ` predicate object`."""

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
    repeats = False
    render_of, relationships = _item_plan()
    add = out.append
    stem = f"<{iri}#"
    for table, row in rows:
        if table != "items":
            repeats = repeats or "property" in row
            _emit(_plan(table), row, iri, out)
            continue
        subject = f"{stem}{row['item']}>"
        for column, cell in row.items():
            render = render_of.get(column)
            if render is not None:
                add(subject + render(iri, cell))
        if "parent" in row:
            add(f"{stem}{row['parent']}>{relationships[row['relationship']]}{subject}")
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


@dataclass(frozen=True, slots=True)
class _TablePlan:
    """What the rows of one table say."""

    columns: dict[str, list[tuple[str, Render]]] = field(default_factory=dict)
    """Column -> (subject column, render) for each predicate that always applies."""
    conditional: dict[str, dict[str, list[tuple[str, str, Render]]]] = field(default_factory=dict)
    """Column -> value -> (subject column, object column, render) of those that then apply."""
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
        render = _render(p)
        if p.where is None:
            plan.columns.setdefault(p.column, []).append((p.subject, render))
        else:
            column, value = p.where
            plan.conditional.setdefault(column, {}).setdefault(value, []).append((p.subject, p.column, render))
    # The class of an item is a column of its own; that of a code only applies to its node.
    plan.types.extend(
        (c.subject, f" {RDF_TYPE} <{c.iri}>") for c in classes() if c.table == table and table not in ("items", "concepts")
    )
    return plan


@cache
def _item_plan() -> tuple[dict[str, Render], dict[str, str]]:
    """Return column -> render and relationship -> ` predicate `, for the rows of content items.

    The same as `_plan("items")`, in which every column has one predicate about the item itself.
    """
    plan = _plan("items")
    renders = {column: render for column, [(_, render)] in plan.columns.items()}
    edges = {name: f" <{NAMESPACE}{name}> " for name in plan.conditional["relationship"]}
    return renders, edges


def _emit(plan: _TablePlan, row: Row, iri: str, out: list[str]) -> None:
    for subject, statement in plan.types:
        out.append(_resource(iri, row[subject]) + statement)
    for column, cell in row.items():
        for subject, render in plan.columns.get(column, ()):
            out.append(_resource(iri, row[subject]) + render(iri, cell))
    for column, by_value in plan.conditional.items():
        for subject, target, render in by_value.get(row.get(column, ""), ()):
            if target in row:
                out.append(_resource(iri, row[subject]) + render(iri, row[target]))


def _resource(iri: str, cell: str) -> str:
    """Return the term of a cell that names a resource: the report, a part of it, or an IRI."""
    if not cell or cell[0] == "#":
        return f"<{iri}{cell}>"
    return f"<{cell}>" if ":" in cell else f"<{iri}#{cell}>"


def _render(predicate: Predicate) -> Render:
    start = f" <{predicate.iri}> "
    kind = predicate.kind
    if kind in LITERALS:
        return _literal_render(start, kind)
    if kind == "class":
        return lambda _iri, cell: f"{start}<{NAMESPACE}{cell}>"
    if kind == "uid":
        return lambda _iri, cell: f"{start}<{uid_iri(cell)}>"
    if kind == "concept":
        return lambda _iri, cell: f"{start}<{cell}>"
    if kind in ("item", "written"):
        return lambda iri, cell: f"{start}<{iri}#{cell}>"
    return lambda iri, cell: start + _resource(iri, cell)


def _literal_render(start: str, kind: str) -> Render:
    datatype = LITERALS[kind].datatype
    constant = datatype("") if kind != "datetime" else None
    if constant == "":
        return lambda _iri, cell: f'{start}"{escaped(cell)}"'
    if constant is None:
        return lambda _iri, cell: f'{start}"{cell}"^^<{datatype(cell)}>'
    end = f'"^^<{constant}>'
    if kind in ("json", "wkt"):
        return lambda _iri, cell: f'{start}"{escaped(cell)}{end}'
    return lambda _iri, cell: f'{start}"{cell}{end}'
