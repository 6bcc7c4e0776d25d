"""VALUES as a block (SPARQL 10)."""

from __future__ import annotations

from typing import Any

from rdflib.term import Literal, URIRef, Variable

from sr2graph.corpus.sparql.block import Block
from sr2graph.corpus.sparql.kinds import NOTHING, Column
from sr2graph.corpus.sparql.sql import FALSE, Scan, Sql, joined, sql
from sr2graph.corpus.sparql.terms import Terms


def inline_data(terms: Terms, rows: list[dict[Variable, Any]]) -> Block:
    """Return the block of the rows of VALUES, as rdflib has them: a variable that is not in a row is UNDEF."""
    variables = list(dict.fromkeys(v for row in rows for v in row))
    if not rows:
        return Block(where=(FALSE,))
    scan, columns = Scan(), {}
    cells: list[list[Sql]] = [[] for _ in rows]
    for variable in variables:
        constants = [_constant(terms, row.get(variable)) for row in rows]
        kind, parts = terms.united(constants)
        first = len(cells[0])
        for cell, several in zip(cells, parts, strict=True):
            cell += [sql(f"CAST({{}} AS {t})", part) for part, t in zip(several, kind.types, strict=True)]
        names = [f"c{first + i}" for i in range(len(kind.types))]
        nullable = any(c is NOTHING for c in constants)
        columns[variable] = Column(kind, tuple(scan.column(n) for n in names), nullable)
    if not variables:
        return Block() if len(rows) == 1 else Block((_rows(len(rows)),))
    width = ", ".join(f'"c{i}"' for i in range(len(cells[0])))
    table = joined(", ", [sql("({})", joined(", ", cell)) for cell in cells])
    scan.source = sql(f"SELECT {width} FROM (VALUES {{}}) AS v({width})", table)  # noqa: S608 # names of ours
    return Block((scan,), variables=columns)


def _rows(number: int) -> Scan:
    return Scan(source=sql(f"SELECT * FROM range({number})"))  # noqa: S608 # a number


def _constant(terms: Terms, term: Any) -> Column:  # noqa: ANN401 # UNDEF is a plain text in rdflib
    return terms.constant(term) if isinstance(term, URIRef | Literal) and term != "UNDEF" else NOTHING
