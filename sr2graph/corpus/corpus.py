"""A corpus: many reports in one place, at one version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from sr2graph.corpus.answer import Bounds, answered, compiled
from sr2graph.corpus.explain import Explanation, explained
from sr2graph.corpus.log import snapshot
from sr2graph.corpus.prepared import Prepared, asked
from sr2graph.corpus.result import Result
from sr2graph.corpus.session import InvalidSql, Limits, Session
from sr2graph.corpus.sparql.kinds import Unsupported
from sr2graph.corpus.sparql.parse import parsed
from sr2graph.corpus.storage import storage

if TYPE_CHECKING:
    import rdflib

    from sr2graph.dicom.report import Report


class Corpus:
    """A version of a corpus.  What others add later is seen by those who open it later."""

    def __init__(
        self,
        location: str | Path,
        *,
        version: int | None = None,
        threads: int | None = None,
        memory_limit: str | None = None,
        spill: str | Path | None = None,
    ) -> None:
        """Open a folder or the URL of an object store, at its latest version or an earlier one.

        `threads` defaults to all cores, `memory_limit` (`4GB`) to most of the memory; what does
        not fit goes to the folder `spill`.  Raises CorpusError.
        """
        self.location = str(location)
        self._snapshot = snapshot(storage(self.location), version)
        self._session = Session(self._snapshot, Limits(threads, memory_limit, None if spill is None else str(spill)))
        self._prepared = Prepared()

    @property
    def version(self) -> int:
        """The version that is read."""
        return self._snapshot.version

    def __enter__(self) -> Self:
        """Return the corpus; it is closed at the end of the block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the corpus."""
        self.close()

    def close(self) -> None:
        """Let go of files and memory."""
        self._session.close()

    # ------------------------------------------------------------ queries

    def query(
        self,
        text: str,
        params: Mapping[str, object] | None = None,
        *,
        timeout: float | None = None,
        max_rows: int | None = None,
    ) -> Result:
        """Return the answer of a SPARQL 1.1 query; the default graph is the union of all reports.

        `params` gives values to variables: rdflib terms, or Python values that become literals.
        `timeout` is in seconds.  A query that does not compile to SQL is asked over the graphs of
        the reports that can match; the result says so.  Raises QueryError.
        """
        bounds = Bounds(timeout, max_rows)
        key = asked(text, params, bounds)
        try:
            known = self._prepared.get(key)
            if known is not None:
                return answered(self._session, *known, bounds)
            query = parsed(text, params)
            statement = compiled(self._session, query, bounds)
            self._prepared.put(key, (query, statement))
            return answered(self._session, query, statement, bounds)
        except (Unsupported, InvalidSql) as reason:
            from sr2graph.corpus.net import answered_in_memory

            return answered_in_memory(self._session, parsed(text, params), bounds, str(reason))

    def to_rdflib(self) -> rdflib.Dataset:
        """Return a read-only rdflib Dataset over the corpus, nothing copied; its default graph is the union of all.

        Queries that it is given as text go to `query`.
        """
        from sr2graph.corpus.pattern_source import TablePatterns, rdflib_result
        from sr2graph.corpus.rdflib_store import dataset

        return dataset(TablePatterns(self._session), lambda text, given: rdflib_result(self.query(text, given)))

    # ------------------------------------------------------------ reports

    def __len__(self) -> int:
        """Return the number of reports."""
        return int(self._session.table("SELECT COUNT(*) AS n FROM documents", [], None).column("n")[0].as_py())

    def report(self, uid: str) -> Report:
        """Return the report of a SOP Instance UID, equal to what was read.  Raises CorpusError."""
        from sr2graph.corpus.decode import report

        return report(self._session.connection(), uid)

    def reports(self) -> Iterator[Report]:
        """Yield all reports, a bounded number in memory at a time."""
        from sr2graph.corpus.decode import stored_reports

        connection = self._session.connection()
        keys = [int(key) for (key,) in connection.execute("SELECT document FROM documents").fetchall()]
        for stored in stored_reports(connection, sorted(keys), derived=False):
            yield stored.report()

    # ------------------------------------------------------------ explanation

    def explain(self, text: str, params: Mapping[str, object] | None = None) -> Explanation:
        """Return how a query would be answered: its SQL and plan, or why it does not compile."""
        return explained(self._session, parsed(text, params))
