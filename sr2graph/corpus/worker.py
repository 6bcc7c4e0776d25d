"""What a worker does: a chunk of inputs in, shares of stored rows and the outcomes out."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from sr2graph.batch.pool import Chunk
from sr2graph.batch.reading import Document, documents
from sr2graph.batch.sources import Input
from sr2graph.corpus import shards
from sr2graph.corpus.digest import DigestSet, content_digest, source_digest
from sr2graph.corpus.encode import Encoder, Origin
from sr2graph.corpus.keys import chunk_start, random_start
from sr2graph.corpus.log import DataFile
from sr2graph.corpus.outcome import Ingested, IngestState, rejected
from sr2graph.corpus.storage import Storage
from sr2graph.dicom.limits import DEFAULT_LIMITS, Limits
from sr2graph.dicom.printable import printable
from sr2graph.dicom.report import Report
from sr2graph.dicom.sop_classes import kind_of
from sr2graph.errors import ReadError
from sr2graph.graph.quads import report_iri
from sr2graph.graph.records import Record, records

_ITEMS_AT_ONCE = 16_384
"""Items that are kept as Python objects before they become Arrow, which takes a tenth of the memory."""
_INPUTS = 2048
"""Inputs of a share, or fewer where they have many items."""
_ITEMS = 400_000
"""Items after which a share is cut: the more stand in a file, sorted by concept, the more of it a query skips."""
_SMALL = 2 * 2**20
"""Bytes below which rows are handed over rather than written: many small files make a slow corpus."""


@dataclass(frozen=True, slots=True)
class Share:
    """Stored rows of some reports that wait for a commit, and what became of their inputs."""

    outcomes: tuple[Ingested, ...]
    """In the order of the inputs; those with an extent have rows here."""
    files: tuple[DataFile, ...]
    tables: dict[str, pa.Table]
    """What is too small for a file of its own."""


class ShareMaker:
    """Gathers reports until there are enough for a share."""

    def __init__(self, storage: Storage, start: int) -> None:
        """Give the reports the keys from `start` on."""
        self._storage = storage
        self._encoder = Encoder(start)
        self._shares: list[Share] = []
        self._begin()

    def note(self, outcome: Ingested) -> None:
        """Add an input that has no rows."""
        self._outcomes.append(outcome)
        if len(self._outcomes) >= _INPUTS:
            self._cut()

    def add(self, report: Report, found: list[Record], outcome: Ingested) -> None:
        """Add a report by its records."""
        extent = self._encoder.add(found, _origin(report, outcome))
        self._outcomes.append(replace(outcome, items=extent.items, extent=extent))
        self._waiting += extent.items
        if self._waiting >= _ITEMS_AT_ONCE:
            self._to_arrow()
        if self._rows >= _ITEMS or len(self._outcomes) >= _INPUTS:
            self._cut()

    def full(self) -> list[Share]:
        """Return the shares that are complete, each once."""
        taken, self._shares = self._shares, []
        return taken

    def rest(self) -> list[Share]:
        """Return all that was not returned yet."""
        self._cut()
        return self.full()

    def _begin(self) -> None:
        self._outcomes: list[Ingested] = []
        self._parts: dict[str, list[pa.Table]] = {}
        self._waiting = self._rows = 0

    def _to_arrow(self) -> None:
        for name, table in self._encoder.take().items():
            self._parts.setdefault(name, []).append(shards.without_empty_columns(table))
        self._rows, self._waiting = self._rows + self._waiting, 0

    def _cut(self) -> None:
        self._to_arrow()
        tables = {name: shards.concatenated(parts) for name, parts in self._parts.items()}
        large = {name: table for name, table in tables.items() if table.nbytes >= _SMALL}
        files = tuple(shards.write(self._storage, name, table) for name, table in large.items())
        small = {name: table for name, table in tables.items() if name not in large}
        self._shares.append(Share(tuple(self._outcomes), files, small))
        self._begin()


@dataclass(frozen=True, slots=True)
class IngestWork:
    """What to do with every input."""

    storage: Storage
    start: int
    """Where the keys of the run start."""
    sources: DigestSet
    """Of the reports that the corpus holds: inputs of the same bytes are not read."""
    contents: DigestSet
    """Of the same reports: equal ones are not stored again."""
    strict: bool = False
    limits: Limits = DEFAULT_LIMITS

    def __call__(self, chunk: Chunk[Input], mark: Callable[[int], None]) -> list[Share]:
        """Encode a chunk; `mark` says which input is at hand, should it be the last thing this process does."""
        maker = ShareMaker(self.storage, chunk_start(self.start, chunk.number))
        for number, entry in enumerate(chunk.inputs):
            if number in chunk.lost:
                maker.note(rejected(entry.name, ReadError(chunk.lost[number]), named=entry.named))
                continue
            mark(number)
            for document in documents(entry, self.limits):
                self._document(document, entry, maker)
        return maker.rest()

    def again(self, outcomes: Sequence[Ingested]) -> list[Share]:
        """Encode inputs of a chunk that were not, because the corpus held them at the time."""
        work = replace(self, sources=DigestSet(()), contents=DigestSet(()))
        maker = ShareMaker(self.storage, random_start())
        names = {outcome.file for outcome in outcomes}
        for entry in dict.fromkeys(outcome.entry for outcome in outcomes if outcome.entry is not None):
            for document in documents(entry, self.limits):
                if printable(document.name) in names:
                    work._document(document, entry, maker)  # noqa: SLF001 # one of our own
        return maker.rest()

    def _document(self, document: Document, entry: Input, maker: ShareMaker) -> None:
        digest = ""
        name = printable(document.name)
        try:
            if not isinstance(document.source, Exception):
                digest = source_digest(document.source)
            if digest and digest in self.sources:
                maker.note(unchanged(entry, name, digest))
                return
            report = document.read(strict=self.strict, limits=self.limits)
            found = records(report)
            outcome = read_outcome(report, found, name, digest, named=entry.named)
        except Exception as error:  # noqa: BLE001 # the door where any error becomes a row
            maker.note(rejected(document.name, error, named=entry.named, source_digest=digest))
            return
        if outcome.content_digest in self.contents:
            maker.note(replace(outcome, state=IngestState.UNCHANGED, entry=entry))
        else:
            maker.add(report, found, outcome)


def unchanged(entry: Input, name: str, digest: str) -> Ingested:
    """Return the outcome of a document whose very bytes the corpus holds."""
    return Ingested(file=name, state=IngestState.UNCHANGED, source_digest=digest, named=entry.named, entry=entry)


def read_outcome(report: Report, found: list[Record], name: str, digest: str, *, named: bool = False) -> Ingested:
    """Return the outcome of an input that was read: to be added, as far as a worker can tell."""
    return Ingested(
        file=name,
        state=IngestState.ADDED,
        sop_instance_uid=report.sop_instance_uid,
        kind=kind_of(report.document.sop_class_uid),
        warnings=len(report.deviations),
        named=named,
        source_digest=digest,
        content_digest=content_digest(found),
    )


def _origin(report: Report, outcome: Ingested) -> Origin:
    return Origin(
        iri=report_iri(report),
        sop_instance_uid=outcome.sop_instance_uid,
        kind=outcome.kind,
        warnings=outcome.warnings,
        content_digest=outcome.content_digest,
        source=outcome.file,
        source_digest=outcome.source_digest,
        ingested_at=now(),
    )


def now() -> str:
    """Return the time as it is stored: UTC, to the second."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
