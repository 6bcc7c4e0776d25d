"""Solutions as plain texts: what result formats write, without an rdflib term for every cell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from sr2graph.corpus.result import Solutions
from sr2graph.corpus.sparql.kinds import ANY, BOOLEAN, DECIMAL, DOUBLE, IRI, TEMPORAL, UNBOUND, Kind
from sr2graph.corpus.sparql.statement import Output
from sr2graph.corpus.sparql.terms import number_text
from sr2graph.graph.kinds import LITERALS, XSD, double

URI, BNODE, LITERAL = "uri", "bnode", "literal"
"""What a term is, in the words of the result formats (SPARQL 1.1 Query Results JSON, 3.2.2)."""
STRING = XSD + "string"

_ROWS_AT_ONCE = 10_000
_MOST_REMEMBERED = 50_000


class Term(NamedTuple):
    """An RDF term in parts."""

    what: str
    text: str
    """The IRI, the label of a blank node or the lexical form."""
    datatype: str = ""
    """Empty for IRIs, blank nodes, xsd:string and texts with a language."""
    language: str = ""


def written_rows(solutions: Solutions, write: Callable[[Term], str], unbound: str = "") -> Iterator[list[str]]:
    """Yield each solution as texts, made by `write` once for a value that repeats."""
    columns = [_column(output, write, unbound) for output in solutions.outputs]
    if not columns:
        yield from ([] for _ in range(len(solutions)))
        return
    for batch in solutions.table.to_batches(max_chunksize=_ROWS_AT_ONCE):
        cells = [column.to_pylist() for column in batch.columns]
        yield from map(list, zip(*(column(cells) for column in columns), strict=True))


def _column(output: Output, write: Callable[[Term], str], unbound: str) -> Callable[[list[list[Any]]], Iterator[str]]:
    """Return what makes the texts of a variable out of the cells of all columns."""
    first, *rest = output.columns
    term = _reader(output.kind)
    known: dict[Any, str] = {}

    def texts(cells: list[list[Any]]) -> Iterator[str]:
        if len(known) > _MOST_REMEMBERED:
            known.clear()
        # A number has its spelling beside it where it is not the canonical one.
        spellings = cells[rest[0]] if rest else cells[first]
        for number, spelling in zip(cells[first], spellings, strict=True):
            cell = number if spelling is None else spelling
            # 0.0 and -0.0 are equal, and two texts.
            text = known.get(cell) if cell else None
            if text is None:
                text = unbound if cell is None else write(term(cell))
                known[cell] = text
            yield text

    return texts


def _reader(kind: Kind) -> Callable[[Any], Term]:
    if kind in (ANY, UNBOUND):
        return term_of
    if kind is IRI:
        return lambda cell: Term(URI, cell)
    if kind is TEMPORAL:
        return lambda cell: Term(LITERAL, cell, LITERALS["datetime"].datatype(cell))
    text = _TEXTS.get(kind, str)
    datatype = "" if kind.datatype == STRING else kind.datatype
    return lambda cell: Term(LITERAL, cell if isinstance(cell, str) else text(cell), datatype)


def term_of(spelled: str) -> Term:
    """Return the term that a column of kind ANY spells, as N-Triples with nothing escaped."""
    if spelled[0] == "<":
        return Term(URI, spelled[1:-1])
    if spelled[0] == "_":
        return Term(BNODE, spelled[2:])
    end = spelled.rindex('"')
    text, rest = spelled[1:end], spelled[end + 1 :]
    if rest.startswith("@"):
        return Term(LITERAL, text, language=rest[1:])
    datatype = rest[3:-1]
    return Term(LITERAL, text, "" if datatype == STRING else datatype)


def _decimal_text(number: float) -> str:
    return number_text(number) or format(number, "f")


_TEXTS: dict[Kind, Callable[[Any], str]] = {
    BOOLEAN: lambda cell: "true" if cell else "false",
    DECIMAL: _decimal_text,
    DOUBLE: double,
}
"""Kind ↔ how its cells become lexical forms, where that is not what str() gives."""
