"""Reports out of a corpus: out of sight at once, out of the files with the next `compact`."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from sr2graph.corpus import log, shards
from sr2graph.corpus.assemble import removal_row
from sr2graph.corpus.connection import connect
from sr2graph.corpus.log import Change, ConflictError, Snapshot
from sr2graph.corpus.storage import storage
from sr2graph.corpus.tables import tables
from sr2graph.corpus.worker import now
from sr2graph.graph.iris import uid_iri


@dataclass(frozen=True, slots=True)
class Removed:
    """What a removal came to, as SOP Instance UIDs in the order they were given."""

    version: int
    removed: tuple[str, ...]
    unknown: tuple[str, ...]
    """The corpus does not hold them, or no longer."""


def remove(location: str | Path, uids: Iterable[str]) -> Removed:
    """Remove reports by SOP Instance UID.  Raises CorpusError.

    Earlier versions still hold them, until `compact` is told to forget history.
    """
    wanted = {uid_iri(uid): uid for uid in uids}
    base = log.snapshot(storage(location))
    while True:
        found = _documents(base, wanted)
        try:
            version = _commit(base, found).version if found else base.version
            break
        except ConflictError:
            base = log.snapshot(base.storage)
    removed = {iri for _, iri in found}
    return Removed(
        version,
        tuple(uid for iri, uid in wanted.items() if iri in removed),
        tuple(uid for iri, uid in wanted.items() if iri not in removed),
    )


def _documents(base: Snapshot, iris: Iterable[str]) -> list[tuple[int, str]]:
    with closing(connect(base)) as connection:
        sql = "SELECT document, iri FROM documents WHERE iri IN (SELECT unnest(?::VARCHAR[]))"
        return connection.execute(sql, [list(iris)]).fetchall()


def _commit(base: Snapshot, found: list[tuple[int, str]]) -> Snapshot:
    time = now()
    rows = [removal_row(document, iri, "removed", time) for document, iri in found]
    file = shards.write(base.storage, "removals", pa.Table.from_pylist(rows, schema=tables()["removals"].schema))
    try:
        return log.commit(base, [file], (), Change("remove", removed=len(found)))
    except ConflictError:
        shards.remove_files(base.storage, [file.name])
        raise
