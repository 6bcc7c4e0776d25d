"""Running SQL over a version of a corpus: limits of time and memory, and what to do when DuckDB fails."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Lock, Thread
from typing import Any

import duckdb
import pyarrow as pa

from sr2graph.corpus.connection import connect
from sr2graph.corpus.log import Snapshot
from sr2graph.corpus.sparql.catalog import CorpusCatalog
from sr2graph.corpus.sparql.macros import definitions
from sr2graph.errors import QueryError

RESTING_RULES = ("join_elimination", "statistics_propagation", "join_order", "filter_pushdown,join_order")
"""Rules of the optimizer that internal errors came from, in the order in which one after the other is left out."""


SMALL = 500_000
"""Items of a corpus that is read as fast as a long query is planned."""


class InvalidSql(Exception):  # noqa: N818 # caught where the query is answered in another way
    """A number that does not fit or another error of the data: the statement cannot say what SPARQL means."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a query may take."""

    threads: int | None = None
    memory_limit: str | None = None
    """A size such as `4GB`; what does not fit goes to `spill`."""
    spill: str | None = None


class Session:
    """A connection to a version of a corpus, made when it is first needed, again when it broke."""

    def __init__(self, snapshot: Snapshot, limits: Limits) -> None:
        self.snapshot = snapshot
        self.limits = limits
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._lock = Lock()
        self._rested: str | None = None
        rows = sum(file.rows for file in snapshot.files.get("items", ()))
        self.catalog = CorpusCatalog(self._rows, is_small=rows < SMALL)

    def _rows(self, text: str, values: list[Any]) -> list[tuple[Any, ...]]:
        return self.connection().execute(text, values).fetchall()

    def connection(self) -> duckdb.DuckDBPyConnection:
        """Return a connection of the caller's own to the one database."""
        with self._lock:
            if self._connection is None:
                limits = self.limits
                self._connection = connect(
                    self.snapshot,
                    threads=limits.threads,
                    memory_limit=limits.memory_limit,
                    spill=limits.spill,
                    disabled_optimizers=self._rested,
                )
                for definition in (*definitions(), *self.catalog.kept):
                    self._connection.execute(definition)
            return self._connection.cursor()

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def table(self, text: str, values: list[Any], timeout: float | None) -> pa.Table:
        """Return the rows of a statement.

        Raises QueryError when it takes more time or memory than it may, InvalidSql when it
        meets data it cannot calculate with.
        """
        for rested in (self._rested, *RESTING_RULES, None):
            try:
                return self._table(text, values, timeout)
            except duckdb.InternalException as bug:
                # The database is unusable after that. One of the optimizer's rules is to blame, as a rule.
                problem = str(bug).splitlines()[0]
                self.close()
                self._rested = _next_rule(rested)
        raise QueryError(
            f"DuckDB {duckdb.__version__} failed on the SQL of this query ({problem[:200]}), with every rule of its "
            "optimizer that is known to fail switched off. Ask it in other words, and please report it"
        )

    def _table(self, text: str, values: list[Any], timeout: float | None) -> pa.Table:
        connection = self.connection()
        try:
            return _within(timeout, connection, lambda: connection.sql(text, params=values).to_arrow_table())
        except TimeoutError:
            raise QueryError(f"the query took longer than {timeout:g} s. Narrow it, or allow more time") from None
        except duckdb.OutOfMemoryException:
            raise QueryError(
                "the query needs more memory than it may have. Narrow it, allow more, or name a folder to spill to"
            ) from None
        except duckdb.InternalException:
            raise
        except duckdb.Error as problem:
            raise InvalidSql(str(problem).splitlines()[0]) from None
        finally:
            connection.close()


def _next_rule(rested: str | None) -> str | None:
    if rested is None:
        return RESTING_RULES[0]
    after = RESTING_RULES.index(rested) + 1
    return RESTING_RULES[after] if after < len(RESTING_RULES) else None


def _within(timeout: float | None, connection: duckdb.DuckDBPyConnection, run: Callable[[], pa.Table]) -> pa.Table:
    """Return what a query gives, interrupting it when its time is over or when this thread is to end.

    DuckDB does not come back to Python before it is done: Ctrl-C would wait for it.
    """
    outcome: Future[pa.Table] = Future()

    def work() -> None:
        try:
            outcome.set_result(run())
        except BaseException as problem:  # noqa: BLE001 # it is raised where the result is asked for
            outcome.set_exception(problem)

    thread = Thread(target=work, daemon=True)
    thread.start()
    try:
        return outcome.result(timeout)
    except BaseException:
        if outcome.done():
            raise
        while thread.is_alive():  # an interrupt that comes before the query starts is lost
            connection.interrupt()
            thread.join(_PATIENCE)
        raise


_PATIENCE = 0.05
"""Seconds."""
