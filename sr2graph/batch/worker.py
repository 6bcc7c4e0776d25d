"""What a worker does: a chunk of inputs in, a shard of RDF text and the outcomes out."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from sr2graph.batch.formats import formats
from sr2graph.batch.outcome import Outcome, Piece, State, unconverted
from sr2graph.batch.pool import Chunk
from sr2graph.batch.reading import Document, documents
from sr2graph.batch.sources import Input
from sr2graph.dicom.limits import DEFAULT_LIMITS, Limits
from sr2graph.dicom.report import Report
from sr2graph.dicom.sop_classes import kind_of
from sr2graph.errors import ReadError, WriteError
from sr2graph.graph.quads import statements


@dataclass(frozen=True, slots=True)
class Work:
    """What to do with every input."""

    format: str
    staging: str
    """Folder for the shards."""
    split: bool = False
    """One file per report, rather than one per chunk."""
    gzip: bool = False
    strict: bool = False
    limits: Limits = DEFAULT_LIMITS

    def __call__(self, chunk: Chunk[Input], mark: Callable[[int], None]) -> list[Outcome]:
        """Convert a chunk; `mark` says which input is at hand, should it be the last thing this process does."""
        shards = _Shards(Path(self.staging) / f"{chunk.number:08d}", split=self.split)
        found: list[Outcome] = []
        for number, entry in enumerate(chunk.inputs):
            if number in chunk.lost:
                found.append(unconverted(entry.name, ReadError(chunk.lost[number]), named=entry.named))
                continue
            mark(number)
            outcomes = (self._document(document, shards) for document in documents(entry, self.limits))
            found += (replace(outcome, named=entry.named) for outcome in outcomes)
        return found

    def _document(self, document: Document, shards: _Shards) -> Outcome:
        try:
            report = document.read(strict=self.strict, limits=self.limits)
            text = self._text(report)
            outcome = _described(document.name, report, text, self.format)
        except Exception as error:  # noqa: BLE001 # the door where any error becomes a row
            return unconverted(document.name, error)
        # Outside the door: what a full disk does to one report it does to all.
        return replace(outcome, piece=shards.add(gzip.compress(text, mtime=0) if self.gzip else text))

    def _text(self, report: Report) -> bytes:
        format_ = formats()[self.format]
        return (format_.whole if self.split else format_.part)(report).encode()


def _described(name: str, report: Report, text: bytes, format_: str) -> Outcome:
    # One walk for both counts: every child is an item or a by-reference relationship.
    children = [len(item.children) for item in report.walk()]
    return Outcome(
        file=name,
        state=State.CONVERTED,
        sop_instance_uid=report.sop_instance_uid,
        kind=kind_of(report.document.sop_class_uid),
        items=len(children),
        by_reference=sum(children) + 1 - len(children) if children else 0,
        quads=text.count(b"\n") if format_ == "nquads" else len(statements(report)),
        warnings=len(report.deviations),
        digest=hashlib.sha256(text).digest(),
    )


@dataclass(slots=True)
class _Shards:
    """The files of a chunk: one for all its reports, or one each."""

    path: Path
    split: bool
    _size: int = 0
    _count: int = 0

    def add(self, text: bytes) -> Piece:
        """Write a report, and return where it stands."""
        path = Path(f"{self.path}-{self._count}") if self.split else self.path
        start = 0 if self.split else self._size
        try:
            # A first report begins the file anew: an earlier worker may have died over this chunk.
            with path.open("ab" if start else "wb") as file:
                file.write(text)
        except OSError as cause:
            raise WriteError(f"{path}: cannot be written ({cause.strerror})") from cause
        self._size += len(text)
        self._count += 1
        return Piece(str(path), start, len(text))
