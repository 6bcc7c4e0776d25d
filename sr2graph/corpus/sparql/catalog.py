"""What the compiler asks of a corpus before there is SQL: which keys IRIs have, which tables have rows."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import duckdb

from sr2graph.corpus.sparql.kinds import ITEM, NODE, REPORT, Kind

Rows = list[tuple[Any, ...]]
Ask = Callable[[str, list[Any]], Rows]

MOST_KEPT = 2_000_000
"""Rows of a table that is kept in memory: some 100 MB."""


class CorpusCatalog:
    """The catalog of a version of a corpus; it remembers what it was asked."""

    def __init__(self, ask: Ask, *, is_small: bool) -> None:
        self._ask = ask
        self.is_small = is_small
        self.key = cache(self._key)
        self._values = cache(self._distinct)
        self._some = cache(self._has_any)
        self.keeps = cache(self._keep)
        self.kept: list[str] = []
        """The statements that make the tables that are kept."""

    def _key(self, iri: str) -> tuple[Kind, int] | None:
        report, _, fragment = iri.partition("#")
        found = self._ask('SELECT "document" FROM documents WHERE iri = $1 LIMIT 1', [report])
        if not found:
            return None
        document = int(found[0][0])
        if not fragment:
            return (REPORT, document) if "#" not in iri else None
        for kind, table, key, text in ((ITEM, "items", "item", "position"), (NODE, "nodes", "node", "name")):
            rows = self._ask(
                f'SELECT "{key}" FROM {table} WHERE "document" = $1 AND "{text}" = $2 LIMIT 1',  # noqa: S608 # names of ours
                [document, fragment],
            )
            if rows:
                return kind, int(rows[0][0])
        return None

    def has_rows(self, table: str, condition: tuple[str, str] | None = None) -> bool:
        """Tell whether a table has rows, with (column, value) if given."""
        if condition is None:
            return self._some(table)
        return self._some(table) and condition[1] in self._values(table, condition[0])

    def _keep(self, table: str, rows: str) -> bool:
        """Keep the rows of a SELECT as a table, unless they are too many; a scan of it is fast, and DuckDB knows it."""
        made = f'CREATE TABLE IF NOT EXISTS "{table}" AS {rows} LIMIT {MOST_KEPT + 1}'
        try:
            self._ask(made, [])
        except duckdb.OutOfMemoryException:
            return False
        ((count,),) = self._ask(f'SELECT count(*) FROM "{table}"', [])  # noqa: S608 # names of ours
        if count > MOST_KEPT:
            self._ask(f'DROP TABLE "{table}"', [])
            return False
        self.kept.append(made)
        return True

    def _has_any(self, table: str) -> bool:
        return bool(self._ask(f'SELECT 1 FROM "{table}" LIMIT 1', []))  # noqa: S608 # names of ours

    def _distinct(self, table: str, column: str) -> frozenset[str]:
        rows = self._ask(f'SELECT DISTINCT "{column}" FROM "{table}"', [])  # noqa: S608 # names of ours
        return frozenset(row[0] for row in rows)
