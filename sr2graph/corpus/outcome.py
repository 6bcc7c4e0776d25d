"""What became of one input of an ingest, and what a run came to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sr2graph.batch.outcome import State, unconverted
from sr2graph.batch.sources import Input
from sr2graph.corpus.encode import Extent
from sr2graph.dicom.printable import printable


class IngestState(StrEnum):
    """What can become of an input."""

    ADDED = "added"
    REPLACED = "replaced"
    """A report of the same SOP Instance UID and other content was there; this one took its place."""
    UNCHANGED = "unchanged"
    """The corpus holds this very report."""
    SKIPPED = "skipped"
    """Not a Structured Report."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingested:
    """What became of one input; holds no value of the report but its UID."""

    file: str
    """Display name: `archive.zip!folder/x.dcm`, `file.json[3]`."""
    state: IngestState
    sop_instance_uid: str = ""
    kind: str = ""
    items: int = 0
    warnings: int = 0
    reason: str = ""
    """Why it was skipped or failed, or which report it replaces."""
    named: bool = False
    """The user gave this very file, rather than a folder, archive or list that holds it."""
    source_digest: str = ""
    content_digest: str = ""
    extent: Extent | None = None
    """Where its rows are, until it turns out that they are not wanted."""
    entry: Input | None = None
    """Where to read it, should it turn out that it has no rows and needs some."""


@dataclass(slots=True)
class IngestTally:
    """What a run came to."""

    version: int = 0
    """The version of the corpus afterwards."""
    added: int = 0
    replaced: int = 0
    unchanged: int = 0
    skipped: int = 0
    failed: int = 0
    items: int = 0
    warnings: int = 0
    seconds: float = 0.0

    def add(self, outcome: Ingested) -> None:
        """Count an outcome."""
        setattr(self, outcome.state, getattr(self, outcome.state) + 1)
        if outcome.state in (IngestState.ADDED, IngestState.REPLACED):
            self.items += outcome.items
            self.warnings += outcome.warnings

    def __str__(self) -> str:
        """Return the closing line of a run."""
        return (
            f"{self.added:,} added, {self.replaced:,} replaced, {self.unchanged:,} unchanged, "
            f"{self.skipped:,} skipped, {self.failed:,} failed, {self.warnings:,} warnings, "
            f"{self.items:,} items in {self.seconds:.1f} s; version {self.version}"
        )


def rejected(file: str, error: Exception, *, named: bool = False, source_digest: str = "") -> Ingested:
    """Return the outcome of an input that raised an error."""
    found = unconverted(file, error)
    state = IngestState.SKIPPED if found.state is State.SKIPPED else IngestState.FAILED
    return Ingested(
        file=printable(file), state=state, reason=printable(found.reason), named=named, source_digest=source_digest
    )
