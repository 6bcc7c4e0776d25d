"""Small files into large ones, sorted by document, without what was removed.

Each new file is a run: its row groups cover narrow ranges of documents, so that a query
about some documents skips most of it.  One commit puts the runs in the place of the files
they were made from; older versions still name those.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from sr2graph.corpus import log, shards
from sr2graph.corpus.connection import database, own_errors, stored
from sr2graph.corpus.history import replaced_files
from sr2graph.corpus.log import Change, ConflictError, DataFile, Snapshot
from sr2graph.corpus.storage import Storage, storage
from sr2graph.corpus.tables import Table, tables

_RUN_ROWS = 2_000_000
"""Rows that are sorted at a time."""
_RUN_ITEMS = 1_000_000
"""The same of items, where who reads one report looks at all of a run."""
_LEFT_OVER = datetime.timedelta(days=1)
"""Age of a file that no version names, after which no ingest that runs can still mean to commit it."""


@dataclass(frozen=True, slots=True)
class Compacted:
    """What a compaction came to."""

    version: int
    files_before: int
    files_after: int
    bytes_before: int
    bytes_after: int
    deleted: int
    """Files that were deleted: those of forgotten versions, and what runs that died left behind."""


def compact(
    location: str | Path,
    *,
    forget_history: bool = False,
    left_over: datetime.timedelta = _LEFT_OVER,
    memory_limit: str = "2GB",
) -> Compacted:
    """Merge small files, drop what was removed, and delete files that nothing needs.

    With `forget_history` earlier versions cannot be read any more, and what was removed is
    gone for good; do not do it while somebody reads.  Raises CorpusError.
    """
    place = storage(location)
    before = after = log.snapshot(place)
    while True:
        with (
            TemporaryDirectory() as spill,
            closing(database(place, memory_limit=memory_limit, temp_directory=spill)) as connection,
            own_errors(place),
        ):
            made, replaced = _Compaction(connection, before).files()
        committed = _committed(before, made, replaced, forget_history=forget_history)
        if committed is not None:
            after = committed
            break
        shards.remove_files(place, [file.name for file in made])
        before = log.snapshot(place)
    unneeded = set(_left_over(place, left_over))
    if forget_history:
        unneeded.update(replaced_files(place))
    shards.remove_files(place, unneeded)
    (files_before, bytes_before), (files_after, bytes_after) = _totals(before), _totals(after)
    return Compacted(after.version, files_before, files_after, bytes_before, bytes_after, len(unneeded))


class _Compaction:
    """Writes the files that take the place of those of a version."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, base: Snapshot) -> None:
        self._connection = connection
        self._storage = base.storage
        self._base = base
        self._made: list[DataFile] = []
        self._replaced: list[DataFile] = []

    def files(self) -> tuple[list[DataFile], list[DataFile]]:
        """Write them; return (new files, files they replace).  An error leaves no new file."""
        try:
            self._merge()
        except BaseException:
            shards.remove_files(self._storage, [file.name for file in self._made])
            raise
        return self._made, self._replaced

    def _merge(self) -> None:
        removals = self._stored("removals")
        self._connection.execute(f"CREATE TABLE removed AS SELECT DISTINCT document FROM {removals}")  # noqa: S608 # our own names
        for table in tables().values():
            if table.of_documents:
                self._merge_runs(table)
        self._merge_codes()
        self._merge_rejects()
        # The rows they hide are gone.
        self._replaced += self._base.files.get("removals", ())

    def _stored(self, name: str, files: Sequence[DataFile] | None = None) -> str:
        found = self._base.files.get(name, ()) if files is None else files
        return stored(self._storage, tables()[name], found)

    def _merge_runs(self, table: Table) -> None:
        order = ", ".join(shards.order(table.name))
        for run in self._runs(table):
            rows = f"{self._stored(table.name, run)} ANTI JOIN removed USING (document)"
            self._write(table, f"SELECT * FROM {rows} ORDER BY {order}", run)  # noqa: S608 # our own names

    def _runs(self, table: Table) -> Iterator[list[DataFile]]:
        """Yield the files to be merged, those of one run together."""
        files = self._base.files.get(table.name, ())
        dirty = self._with_removed(files)
        most = _most_rows(table.name)
        run: list[DataFile] = []
        for file in files:
            if file.name not in dirty and _is_settled(file):
                continue
            if run and sum(f.rows for f in run) + file.rows > most:
                yield run
                run = []
            run.append(file)
        if len(run) > 1 or any(file.name in dirty or not shards.is_run(file) for file in run):
            yield run

    def _with_removed(self, files: Sequence[DataFile]) -> set[str]:
        """Return the names of the files that hold rows of removed documents."""
        if not files or "removals" not in self._base.files:
            return set()
        names = {self._storage.url(file.name): file.name for file in files}
        found = self._connection.execute(
            "SELECT DISTINCT filename FROM read_parquet(?, hive_partitioning = false, filename = true) "
            "SEMI JOIN removed USING (document)",
            [list(names)],
        )
        return {names[url] for (url,) in found.fetchall()}

    def _merge_codes(self) -> None:
        files = self._base.files.get("codes", ())
        if len(files) > 1 or "removals" in self._base.files:
            uses = f"SELECT code FROM {self._stored('code_uses')} ANTI JOIN removed USING (document)"  # noqa: S608 # our own names
            distinct = f"SELECT DISTINCT ON (code) * FROM {self._stored('codes')} WHERE code IN ({uses})"  # noqa: S608 # the same
            self._write(tables()["codes"], f"{distinct} ORDER BY code", files)

    def _merge_rejects(self) -> None:
        files = self._base.files.get("rejects", ())
        if len(files) > 1:
            rows = self._stored("rejects")
            self._write(tables()["rejects"], f"SELECT * FROM {rows} ORDER BY rejected_at, file", files)  # noqa: S608 # our own names

    def _write(self, table: Table, sql: str, replaced: Sequence[DataFile]) -> None:
        batches = self._connection.sql(sql).to_arrow_reader(shards.row_group(table.name))
        made = shards.write_run(self._storage, table, batches)
        if made is not None:
            self._made.append(made)
        self._replaced += replaced


def _most_rows(record: str) -> int:
    """Return how many rows a run has at most, unless it is one file."""
    return _RUN_ITEMS if record == "items" else _RUN_ROWS


def _is_settled(file: DataFile) -> bool:
    return file.rows >= _most_rows(file.record) // 2 and shards.is_run(file)


def _committed(
    base: Snapshot, made: list[DataFile], replaced: list[DataFile], *, forget_history: bool
) -> Snapshot | None:
    """Commit a compaction; None when another one was faster."""
    if not (made or replaced or forget_history):
        return base
    while True:
        try:
            return log.commit(base, made, replaced, Change("compact", forgets=forget_history))
        except ConflictError:
            base = log.snapshot(base.storage)
            # What an ingest or a removal added meanwhile stays as it is.
            if not base.names().issuperset(file.name for file in replaced):
                return None


def _left_over(place: Storage, age: datetime.timedelta) -> Iterator[str]:
    """Yield the files that no version names."""
    known = log.snapshot(place).names().union(replaced_files(place))
    limit = datetime.datetime.now(datetime.UTC) - age
    yield from (file.name for file in place.files() if file.name not in known and file.modified <= limit)


def _totals(snapshot: Snapshot) -> tuple[int, int]:
    files = [file for found in snapshot.files.values() for file in found]
    return len(files), sum(file.size for file in files)
