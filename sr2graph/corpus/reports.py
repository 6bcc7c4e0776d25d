"""The reports of a corpus for work on each of them: all, or those that a query selects, at one version."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from sr2graph.batch.outcome import Outcome, unconverted
from sr2graph.batch.pool import Chunk
from sr2graph.corpus.connection import connect
from sr2graph.corpus.decode import StoredReport, batches
from sr2graph.corpus.log import snapshot
from sr2graph.corpus.result import Result, Solutions
from sr2graph.corpus.storage import storage
from sr2graph.dicom.report import Report
from sr2graph.errors import CorpusError

if TYPE_CHECKING:
    import duckdb

MOST, FEWEST = 1000, 250
"""Reports of a share: each share looks through all files of the corpus, and a worker takes a second to start."""
_PER_JOB = 4
"""Shares for each worker, where there are few reports: the last ones end at about the same time."""


@dataclass(frozen=True, slots=True)
class Reports:
    """Reads reports of a version of a corpus by their keys; each process has a connection of its own."""

    location: str
    version: int

    def __call__(
        self, keys: Sequence[int], /, *, begun: Callable[[int], None]
    ) -> Iterator[tuple[str, Report | Outcome]]:
        """Yield (IRI, report), or what became of it.

        `begun` is told the number of each before it is made, and again before it is handed on.
        """
        before = 0
        for batch in batches(_connection(self.location, self.version), keys, derived=False):
            # One right after the other: in turns with what is done with them, each takes half as long again.
            made = []
            for number, stored in enumerate(batch, before):
                begun(number)
                made.append(_made(stored))
            batch.clear()
            for number, each in enumerate(made, before):
                begun(number)
                yield each
            before += len(made)

    def name(self, key: int) -> str:
        """Return the IRI of a report."""
        found = _connection(self.location, self.version).execute("SELECT iri FROM documents WHERE document = ?", [key])
        return str((found.fetchone() or ("",))[0])

    def all(self, selected: Result | None = None) -> list[int]:
        """Return the keys of the reports, or of those that a column of solutions has or has items of, in order.

        Raises CorpusError where no column has any.
        """
        if selected is None:
            return self._keys(None)
        columns = list(_columns(selected)) if isinstance(selected, Solutions) else []
        for iris in columns:
            found = self._keys(iris)
            if found:
                return found
        if any(columns) or not columns:
            raise CorpusError("no column of the query has reports or items of reports. SELECT one, such as ?report")
        return []

    def _keys(self, iris: list[str] | None) -> list[int]:
        wanted = "" if iris is None else " WHERE iri IN (SELECT unnest(?::VARCHAR[]))"
        rows = _connection(self.location, self.version).execute(
            f"SELECT document FROM documents{wanted} ORDER BY document",  # noqa: S608 # ours
            [iris] if wanted else [],
        )
        return [int(key) for (key,) in rows.fetchall()]


def _made(stored: StoredReport) -> tuple[str, Report | Outcome]:
    try:
        return stored.iri, stored.report()
    except Exception as error:  # noqa: BLE001 # one bad report is one line, whatever is wrong with it
        return stored.iri, unconverted(stored.iri, error)


@lru_cache(1)
def _connection(location: str, version: int) -> duckdb.DuckDBPyConnection:
    return connect(snapshot(storage(location), version))


def shares(keys: Sequence[int], jobs: int) -> Iterator[Chunk[int]]:
    """Yield the keys of reports in shares worth sending to one of so many workers."""
    size = min(MOST, max(FEWEST, -(-len(keys) // (jobs * _PER_JOB)))) if jobs > 1 else len(keys) or 1
    for number, start in enumerate(range(0, len(keys), size)):
        yield Chunk(number, tuple(keys[start : start + size]))


def _columns(found: Solutions) -> Iterator[list[str]]:
    """Yield the IRIs before any # of each column of texts, ?report first."""
    table = found.to_arrow()
    for name in sorted(table.column_names, key=lambda name: name != "report"):
        column = table.column(name)
        if pa.types.is_string(column.type):
            whole = pc.replace_substring_regex(column, "(?s)#.*", "")
            yield pc.unique(pc.drop_null(whole)).to_pylist()
