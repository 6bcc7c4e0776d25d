"""What a corpus shows, in a form in which two corpora can be compared: no keys, no times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb

from sr2graph.corpus.connection import connect
from sr2graph.corpus.log import snapshot
from sr2graph.corpus.storage import storage
from sr2graph.corpus.tables import Table, tables

BY_RUN = frozenset({"ingested_at", "source", "source_digest", "rejected_at", "removed_at", "reason"})
"""Columns that tell of the run rather than of the reports."""

Shown = dict[str, Counter[tuple[Any, ...]]]
"""Table -> its rows, the document by its IRI, nodes by their number in it."""


def opened(location: Path | str, version: int | None = None) -> duckdb.DuckDBPyConnection:
    """A connection to a version."""
    return connect(snapshot(storage(location), version), threads=1)


def ask(location: Path | str, sql: str, version: int | None = None) -> list[tuple[Any, ...]]:
    """The rows of a query on a version."""
    with closing(opened(location, version)) as connection:
        return connection.execute(sql).fetchall()


def iris(location: Path | str, version: int | None = None) -> set[str]:
    """The reports of a version; there must be one of each."""
    found = [iri for (iri,) in ask(location, "SELECT iri FROM documents", version)]
    assert len(found) == len(set(found))
    return set(found)


def shown(location: Path | str, version: int | None = None, without: Iterable[str] = BY_RUN) -> Shown:
    """All that a version shows of its reports."""
    with closing(opened(location, version)) as connection:
        return of_connection(connection, without)


def of_connection(connection: duckdb.DuckDBPyConnection, without: Iterable[str] = BY_RUN) -> Shown:
    """All that a connection shows of the reports."""
    return {
        table.name: Counter(connection.execute(_comparable(table, frozenset(without))).fetchall())
        for table in tables().values()
        if table.of_documents or table.name == "codes"
    }


def _comparable(table: Table, without: frozenset[str]) -> str:
    columns = [column for column in table.columns if column.name not in {"document", *without}]
    names = [f'"{c.name}" - document' if c.is_node else f'"{c.name}"' for c in columns]
    if not table.of_documents:
        return f"SELECT {', '.join(names)} FROM {table.name}"  # noqa: S608 # our own names
    owner = "iri" if table.name == "documents" else "(SELECT iri FROM documents d WHERE d.document = t.document)"
    return f'SELECT {", ".join((owner, *names))} FROM "{table.name}" t'  # noqa: S608 # the same
