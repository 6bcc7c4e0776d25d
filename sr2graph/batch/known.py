"""Which reports were seen before: a SOP Instance UID names one report only (PS3.5 9)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace

from sr2graph.batch.outcome import Outcome, State


class Known:
    """The UIDs met so far, on disk once they are many: memory stays flat over a million files."""

    def __init__(self, database: sqlite3.Connection, *, strict: bool = False) -> None:
        self._database = database
        self._strict = strict
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("CREATE TABLE seen (uid TEXT PRIMARY KEY, digest BLOB, file TEXT) WITHOUT ROWID")

    def settled(self, outcome: Outcome) -> Outcome:
        """Return the outcome, no longer converted if its UID was met before.

        The first report of a UID is kept, and any other skipped, as the two would run together
        in one named graph.  One of other content is told of, and a failure if strict.
        """
        if outcome.state is not State.CONVERTED:
            return outcome
        # SQLite takes no lone surrogates, file names may have them.
        uid, file = (text.encode("utf-8", "surrogatepass") for text in (outcome.sop_instance_uid, outcome.file))
        added = self._database.execute("INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", (uid, outcome.digest, file))
        if added.rowcount:
            return outcome
        digest, first = self._database.execute("SELECT digest, file FROM seen WHERE uid = ?", (uid,)).fetchone()
        name = first.decode("utf-8", "surrogatepass")
        if digest == outcome.digest:
            return replace(outcome, state=State.SKIPPED, quads=0, piece=None, reason=f"the same report as {name}")
        reason = (
            f"same SOP Instance UID, other content than {name}, which is kept. Convert this one to a file of its own"
        )
        state = State.FAILED if self._strict else State.SKIPPED
        return replace(outcome, state=state, quads=0, piece=None, reason=reason, conflict=True)


@contextmanager
def known(*, strict: bool = False) -> Iterator[Known]:
    """Open an empty memory of UIDs, gone without a trace when the block ends."""
    # An empty name: a private database that SQLite keeps in its cache, and spills to a temporary file.
    with closing(sqlite3.connect("", isolation_level=None)) as database:
        yield Known(database, strict=strict)
