"""How a query would be answered."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from sr2graph.corpus.answer import compiled
from sr2graph.corpus.session import Session
from sr2graph.corpus.sparql.kinds import Unsupported
from sr2graph.corpus.sparql.parse import Query


@dataclass(frozen=True, slots=True)
class Explanation:
    """The way of a query."""

    sql: str
    """Empty where the query does not compile."""
    values: tuple[object, ...]
    """The parameters $1, $2 ... of the SQL."""
    plan: str
    """The plan of DuckDB; of a query that does not compile, of how its reports are found."""
    reason: str = ""
    """What does not compile; empty where all does."""

    def __str__(self) -> str:
        """Return all of it as text."""
        if self.reason:
            return f"in memory, because of {self.reason}\n\n{self.plan}"
        values = "".join(f"\n-- ${i} = {value!r}" for i, value in enumerate(self.values, start=1))
        return f"{self.sql}{values}\n\n{self.plan}"


def explained(session: Session, query: Query) -> Explanation:
    """Return how a query would be answered."""
    try:
        prepared = compiled(session, query)
    except Unsupported as reason:
        return Explanation("", (), "", str(reason))
    try:
        rows = session.connection().execute(f"EXPLAIN {prepared.text}", prepared.values).fetchall()
    except duckdb.Error as problem:
        return Explanation("", (), "", str(problem).splitlines()[0])
    return Explanation(prepared.text, tuple(prepared.values), "\n".join(str(row[1]) for row in rows))
