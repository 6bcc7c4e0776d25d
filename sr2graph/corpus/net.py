"""What happens to a query that does not compile: it is asked in memory, over the reports that can matter."""

from __future__ import annotations

from dataclasses import replace

from sr2graph.corpus.answer import Bounds
from sr2graph.corpus.memory import answer_in_memory
from sr2graph.corpus.relevant import relevant
from sr2graph.corpus.result import Result, Solutions
from sr2graph.corpus.session import Session
from sr2graph.corpus.sparql.compiler import Compiler
from sr2graph.corpus.sparql.parse import Query
from sr2graph.corpus.sparql.sql import joined, render, sql, value
from sr2graph.errors import QueryError


def answered_in_memory(session: Session, query: Query, bounds: Bounds, reason: str) -> Result:
    """Return the answer of a query over the graphs of the reports that can matter to it.  Raises QueryError."""
    documents = documents_of(session, query, bounds)
    note = f"answered in memory, over {len(documents)} of the reports, because of {reason}"
    result = answer_in_memory(
        session.connection(),
        query.text,
        documents=documents,
        substitutions={str(name): term for name, term in query.parameters.items()},
        reason=reason,
        timeout=bounds.timeout,
    )
    if isinstance(result, Solutions) and bounds.max_rows is not None and len(result) > bounds.max_rows:
        raise QueryError(f"the query has more than {bounds.max_rows} rows. Add a LIMIT, or allow more rows")
    return replace(result, notes=(*result.notes, note))


def documents_of(session: Session, query: Query, bounds: Bounds) -> list[int]:
    """Return the keys of the reports that can matter to a query."""
    statement = relevant(Compiler(session.catalog, query.parameters), query.algebra)
    graphs = [str(clause.named or clause.default) for clause in query.algebra.datasetClause or []]
    if graphs:
        named = joined(", ", [value(iri) for iri in graphs])
        statement = sql(
            'SELECT "document" FROM documents WHERE iri IN ({}) AND "document" IN (SELECT "document" FROM ({}) AS f)',
            named,
            statement,
        )
    text, values = render(statement)
    table = session.table(f"SELECT DISTINCT document FROM ({text}) AS r", values, bounds.timeout)  # noqa: S608 # our SQL
    return [int(key) for key in table.column("document").to_pylist() if key is not None]
