"""A query as one SQL statement, and its rows as RDF terms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rdflib.term import BNode, Literal, Node, URIRef, Variable

from sr2graph.corpus.sparql.compiler import Compiler
from sr2graph.corpus.sparql.kinds import (
    ANY,
    BOOLEAN,
    DECIMAL,
    DOUBLE,
    EXACT,
    INTEGER,
    IRI,
    MADE_IRI,
    NUMBERS,
    STRING,
    TEMPORAL,
    UNBOUND,
    Column,
    Family,
    Kind,
)
from sr2graph.corpus.sparql.selection import Selection
from sr2graph.corpus.sparql.sql import Lookup, Scalar, Scan, Sql, defined, joined, render, sql
from sr2graph.corpus.sparql.terms import looked_up, number_text
from sr2graph.graph.kinds import LITERALS, double


@dataclass(frozen=True, slots=True)
class Output:
    """A variable of a result: the SQL columns it comes in."""

    variable: str
    kind: Kind
    columns: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """A query that is ready to run."""

    text: str
    values: list[Scalar]
    outputs: tuple[Output, ...]


def statement(compiler: Compiler, selection: Selection, *, max_rows: int | None = None) -> Statement:
    """Return the statement of a selection; keys become IRIs in its outermost SELECT.

    With `max_rows` it gives at most one row more than that.
    """
    columns, outside, scan = compiler.algebra.exported(selection.columns)
    keys = [sql(f'{{}} AS "k{i}"', key.value) for i, key in enumerate(selection.keys)]
    is_part = selection.limit is not None or selection.offset  # else it is enough to sort the result
    inner = selection.block.select(joined(", ", [columns, *keys]), tail=selection.tail() if is_part else None)
    outputs, decoded = _decoded(compiler, outside)
    scan.source = inner
    source, decoded = _with_nodes(scan, decoded)
    outer = sql("SELECT {} FROM {}", joined(", ", decoded) if decoded else sql("1"), source)
    if selection.keys:
        order = [sql(f"{{}}{key.way}", scan.column(f"k{i}")) for i, key in enumerate(selection.keys)]
        outer = sql("{} ORDER BY {}", outer, joined(", ", order))
    if max_rows is not None:
        outer = sql(f"{{}} LIMIT {max_rows + 1}", outer)
    text, values = render(outer)
    return Statement(text, values, outputs)


def _with_nodes(scan: Scan, columns: list[Sql]) -> tuple[Sql, list[Sql]]:
    """Return a scan joined with the nodes that columns look up, and the columns without those lookups.

    As a subquery DuckDB would look a node up in a hash table of all nodes; joined, it can read the nodes and look
    for the few that are wanted, and makes IRIs for those only.  Reports are few, and joined only where several
    columns look the same one up.
    """
    source, told = defined(scan), dict[Lookup, Sql]()
    wanted = [lookup for column in columns for lookup in column.lookups() if not lookup.value.defines]
    for lookup, times in Counter(wanted).items():
        if lookup.table in _NODES:
            table, key, name = _NODES[lookup.table]
            row = Scan(table)
            report = looked_up("documents", "document", row.column("document"))
            told[lookup] = sql("{} || '#' || {}", report, row.column(name))
        elif lookup.table == "documents" and times > 1:
            key, row = lookup.key, Scan(lookup.table)
            told[lookup] = row.column(lookup.column)
        else:
            continue
        source = sql("{} LEFT JOIN {} ON {} = {}", source, defined(row), row.column(key), lookup.value)
    return source, [column.without(told) for column in columns]


_NODES = {"item_iris": ("items", "item", "position"), "node_iris": ("nodes", "node", "name")}
"""Where IRIs of nodes are looked up -> the table they are made from, its key, and the name of a node in its report."""


def _decoded(compiler: Compiler, columns: dict[Variable, Column]) -> tuple[tuple[Output, ...], list[Sql]]:
    outputs, decoded = [], list[Sql]()
    for variable, column in columns.items():
        is_key = column.kind.family is Family.KEY
        parts = (compiler.terms.iri_text(column),) if is_key else column.parts
        if column.kind is ANY:
            parts = (compiler.terms.decoded(column),)
        if column.kind is EXACT:
            parts = (column.sql, compiler.terms.lexical(column))
        kind = IRI if is_key or column.kind is MADE_IRI else column.kind
        outputs.append(Output(str(variable), kind, tuple(range(len(decoded), len(decoded) + len(parts)))))
        decoded += [sql(f'{{}} AS "v{len(decoded) + i}"', part) for i, part in enumerate(parts)]
    return tuple(outputs), decoded


Decoder = Callable[[tuple[Any, ...]], Node | None]


def decoder(output: Output) -> Decoder:
    """Return what makes the term of a variable out of a row."""
    first = output.columns[0]
    kind = output.kind
    if kind in NUMBERS:
        return _number_decoder(kind, first, output.columns[1] if len(output.columns) > 1 else None)
    make = _MAKERS.get(kind) or _literal_maker(kind.datatype)
    known: dict[Any, Node] = {}

    def decode(row: tuple[Any, ...]) -> Node | None:
        cell = row[first]
        if cell is None:
            return None
        term = known.get(cell)
        if term is None:
            term = known[cell] = make(cell)
            if len(known) > _MOST_REMEMBERED:
                known.clear()
        return term

    return decode


_MOST_REMEMBERED = 50_000


def _number_decoder(kind: Kind, first: int, second: int | None) -> Decoder:
    datatype = URIRef(kind.datatype)
    text = _TEXTS[kind]

    def decode(row: tuple[Any, ...]) -> Node | None:
        written = row[second] if second is not None else None
        if written is None:
            number = row[first]
            if number is None:
                return None
            written = text(number)
        return Literal(written, datatype=datatype, normalize=False)

    return decode


def _decimal_text(number: float) -> str:
    text = number_text(number)
    return text if text is not None else format(number, "f")


_TEXTS: dict[Kind, Callable[[Any], str]] = {INTEGER: str, DECIMAL: _decimal_text, EXACT: str, DOUBLE: double}


def _literal_maker(datatype: str) -> Callable[[Any], Node]:
    iri = URIRef(datatype)
    return lambda cell: Literal(cell, datatype=iri, normalize=False)


def _boolean(cell: bool) -> Node:  # noqa: FBT001 # a cell
    return Literal("true" if cell else "false", datatype=URIRef(BOOLEAN.datatype), normalize=False)


def _temporal(cell: str) -> Node:
    return Literal(cell, datatype=URIRef(LITERALS["datetime"].datatype(cell)), normalize=False)


def term_of(spelled: str) -> Node:
    """Return the term that a column of kind ANY spells."""
    if spelled[0] == "<":
        return URIRef(spelled[1:-1])
    if spelled[0] == "_":
        return BNode(spelled[2:])
    end = spelled.rindex('"')
    lexical, rest = spelled[1:end], spelled[end + 1 :]
    if not rest:
        return Literal(lexical)
    if rest[0] == "@":
        return Literal(lexical, lang=rest[1:])
    return Literal(lexical, datatype=URIRef(rest[3:-1]), normalize=False)


_MAKERS: dict[Kind, Callable[[Any], Node]] = {
    IRI: URIRef,
    STRING: Literal,
    BOOLEAN: _boolean,
    TEMPORAL: _temporal,
    ANY: term_of,
    UNBOUND: term_of,
}
