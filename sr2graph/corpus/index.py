"""What a corpus holds already, by UID, digest and key: looked up for every report of an ingest.

It is read from the files of a version and brought up to date from those of a later one, in
a private database on disk: memory stays flat over a million reports.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sr2graph.corpus.digest import DigestSet
from sr2graph.corpus.log import DataFile, Snapshot
from sr2graph.corpus.rejects import reject_key
from sr2graph.errors import CorpusError

_TABLES = """
DROP TABLE IF EXISTS documents;
DROP TABLE IF EXISTS rejects;
CREATE TABLE documents (
    first INTEGER PRIMARY KEY, last INTEGER, document INTEGER, iri TEXT, content BLOB, source BLOB, is_visible INTEGER
);
CREATE TABLE rejects (key BLOB PRIMARY KEY) WITHOUT ROWID;
"""
_INDEXES = """
CREATE INDEX IF NOT EXISTS by_iri ON documents (iri);
CREATE INDEX IF NOT EXISTS by_document ON documents (document);
CREATE INDEX IF NOT EXISTS by_source ON documents (source);
"""
Reader = Callable[[sqlite3.Connection, Snapshot, DataFile], None]
"""Takes the rows of a file into the database."""
_DOCUMENT_COLUMNS = ["document", "nodes", "items", "iri", "content_digest", "source_digest"]


@dataclass(frozen=True, slots=True)
class Held:
    """A report that the corpus shows."""

    document: int
    content_digest: str
    source_digest: str


class Index:
    """The documents and rejects of a version."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._read: set[str] = set()
        database.execute("PRAGMA journal_mode = OFF")
        database.executescript(_TABLES)

    def advance(self, snapshot: Snapshot) -> None:
        """Bring the index to a later version."""
        if not self._read <= snapshot.names():
            # Compacted meanwhile: the rows are in other files now.
            self._database.executescript(_TABLES)
            self._read.clear()
        self._read_files(snapshot, "documents", _read_documents)
        # Three times as fast as to keep them up to date row by row, where there are many.
        self._database.executescript(_INDEXES)
        self._read_files(snapshot, "removals", _read_removals)
        self._read_files(snapshot, "rejects", _read_rejects)

    def _read_files(self, snapshot: Snapshot, record: str, read: Reader) -> None:
        self._database.execute("BEGIN")
        for file in snapshot.files.get(record, ()):
            if file.name not in self._read:
                read(self._database, snapshot, file)
                self._read.add(file.name)
        self._database.execute("COMMIT")

    def held(self, iri: str) -> Held | None:
        """Return the report that is shown under an IRI."""
        found = self._database.execute(
            "SELECT document, lower(hex(content)), lower(hex(source)) FROM documents WHERE iri = ? AND is_visible",
            (iri,),
        ).fetchone()
        return Held(*found) if found is not None else None

    def iri_of_source(self, source_digest: str) -> str | None:
        """Return the IRI of the report that was read from an input, None where there is none, or it is gone."""
        found = self._database.execute(
            "SELECT iri FROM documents WHERE source = ? ORDER BY is_visible DESC LIMIT 1",
            (bytes.fromhex(source_digest),),
        ).fetchone()
        return str(found[0]) if found is not None else None

    def is_taken(self, first: int, last: int) -> bool:
        """Tell whether any key in a range belongs to a document, shown or removed."""
        before = self._database.execute(
            "SELECT last FROM documents WHERE first <= ? ORDER BY first DESC LIMIT 1", (last,)
        ).fetchone()
        return before is not None and before[0] >= first

    def is_rejected(self, key: bytes) -> bool:
        """Tell whether a reject is recorded."""
        return self._database.execute("SELECT 1 FROM rejects WHERE key = ?", (key,)).fetchone() is not None

    def sources(self) -> DigestSet:
        """Return the digests of what the shown reports were read from."""
        return DigestSet(self._column("source"))

    def contents(self) -> DigestSet:
        """Return the content digests of the shown reports."""
        return DigestSet(self._column("content"))

    def _column(self, name: str) -> Iterator[bytes]:
        rows = self._database.execute(
            f"SELECT {name} FROM documents WHERE is_visible AND {name} IS NOT NULL ORDER BY {name}"  # noqa: S608 # one of our own columns
        )
        return (row[0] for row in rows)


@contextmanager
def index(snapshot: Snapshot) -> Iterator[Index]:
    """Open the index of a version, gone without a trace when the block ends."""
    # An empty name: a private database that SQLite keeps in its cache, and spills to a temporary file.
    with closing(sqlite3.connect("", isolation_level=None)) as database:
        found = Index(database)
        found.advance(snapshot)
        yield found


def _rows(snapshot: Snapshot, file: DataFile, columns: list[str]) -> Iterator[tuple[Any, ...]]:
    storage = snapshot.storage
    try:
        with pq.ParquetFile(storage.path(file.name), filesystem=storage.filesystem) as parquet:
            for batch in parquet.iter_batches(columns=columns):
                values = batch.to_pydict()
                yield from zip(*(values[name] for name in columns), strict=True)
    except (OSError, pa.ArrowException) as cause:
        raise CorpusError(f"{storage.location}: {file.name} is missing or damaged. Restore it from a copy") from cause


def _read_documents(database: sqlite3.Connection, snapshot: Snapshot, file: DataFile) -> None:
    rows: Iterable[tuple[Any, ...]] = (
        (document - nodes, document + items, document, iri, bytes.fromhex(content), bytes.fromhex(source or "") or None)
        for document, nodes, items, iri, content, source in _rows(snapshot, file, _DOCUMENT_COLUMNS)
    )
    database.executemany("INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, 1)", rows)


def _read_removals(database: sqlite3.Connection, snapshot: Snapshot, file: DataFile) -> None:
    rows = _rows(snapshot, file, ["document"])
    database.executemany("UPDATE documents SET is_visible = 0 WHERE document = ?", rows)


def _read_rejects(database: sqlite3.Connection, snapshot: Snapshot, file: DataFile) -> None:
    rows = _rows(snapshot, file, ["file", "source_digest", "reason"])
    database.executemany("INSERT OR IGNORE INTO rejects VALUES (?)", ((reject_key(*row),) for row in rows))
