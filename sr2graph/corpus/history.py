"""The versions of a corpus, and what happened in each."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from sr2graph.corpus import log
from sr2graph.corpus.storage import Storage, storage


@dataclass(frozen=True, slots=True)
class Version:
    """A version, and how it came about; counts are of reports."""

    number: int
    time: datetime.datetime
    operation: str
    """create, ingest, remove or compact."""
    added: int
    replaced: int
    removed: int
    rejected: int
    """Inputs that failed or were skipped, recorded for the first time."""
    reports: int
    """How many reports the version shows."""
    is_readable: bool
    """False once `compact` was told to forget it."""


def versions(location: str | Path) -> list[Version]:
    """Return the versions of a corpus, the first one first.  Raises CorpusError."""
    found = log.changes(storage(location))
    reports = accumulate(change.added - change.removed for _, _, change in found)
    forgotten = max((number for number, _, change in found if change.forgets), default=0)
    return [
        Version(
            number,
            datetime.datetime.fromtimestamp(milliseconds / 1000, datetime.UTC),
            change.operation,
            change.added,
            change.replaced,
            change.removed,
            change.rejected,
            shown,
            number >= forgotten,
        )
        for (number, milliseconds, change), shown in zip(found, reports, strict=True)
    ]


def replaced_files(place: Storage) -> Iterator[str]:
    """Yield the names of the files that earlier versions need and the latest one does not."""
    latest = log.snapshot(place).names()
    for number, _, change in log.changes(place):
        if change.operation == "compact":
            # Files leave in no other way.
            yield from log.listed(place, number - 1).names() - latest
