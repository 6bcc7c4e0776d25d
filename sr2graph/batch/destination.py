"""Where the output goes: standard output, a file or a folder.

What is not complete lies aside, in a folder beside its destination; complete, it is renamed.
Whatever ends a run early, that folder goes with it.
"""

from __future__ import annotations

import contextlib
import gzip
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

from sr2graph.batch.formats import GZIP, Format, format_for
from sr2graph.batch.outcome import Outcome, Piece
from sr2graph.batch.safe_name import safe_name
from sr2graph.batch.sources import ASIDE
from sr2graph.errors import WriteError

STDOUT = "-"
_BLOCK = 2**20


class UsageError(WriteError):
    """The output cannot be what the user asked for; nothing has been written."""


class Destination(Protocol):
    """Takes the reports of a run, in order."""

    format: Format
    staging: str
    """Folder for what is not complete."""
    split: bool
    """Whether each report is a file of its own."""
    gzip: bool

    def add(self, outcome: Outcome) -> None:
        """Take over the text of a converted report."""


def is_folder(out: str) -> bool:
    """Tell whether an output is a folder: one that exists, or a name that ends in a slash."""
    return out.endswith(("/", os.sep)) or Path(out).is_dir()


@contextmanager
def destination(out: str, format_name: str | None) -> Iterator[Destination]:
    """Open the destination of a run; it is there when the block ends well, and not otherwise.

    Raises UsageError when nothing can be written there.
    """
    folder = is_folder(out)
    try:
        format_ = format_for(format_name, None if folder or out == STDOUT else out)
    except WriteError as cause:
        raise UsageError(str(cause)) from cause
    if folder:
        with created(Path(out)), aside(Path(out)) as staging:
            yield FolderDestination(Path(out), format_, staging)
    elif out == STDOUT:
        with aside(Path(tempfile.gettempdir())) as staging:
            yield from _stream(sys.stdout.buffer, format_, staging, packed=False)
    else:
        yield from _file(Path(os.path.realpath(out)), format_)


def _file(path: Path, format_: Format) -> Iterator[Destination]:
    packed = path.suffix.lower() == GZIP
    if path.exists() and not stat.S_ISREG(path.stat().st_mode):
        # A device or a pipe such as /dev/null: to be written to, not to be replaced.
        with aside(Path(tempfile.gettempdir())) as staging, opened(path) as file:
            yield from _stream(file, format_, staging, packed=packed)
        return
    with replacing(path) as (complete, staging), opened(complete) as file:
        yield from _stream(file, format_, staging, packed=packed)


def _stream(file: BinaryIO, format_: Format, staging: Path, *, packed: bool) -> Iterator[Destination]:
    found = StreamDestination(file, format_, staging, packed=packed)
    yield found
    found.finish()


class StreamDestination:
    """All reports in one file or stream."""

    split = False

    def __init__(self, file: BinaryIO, format_: Format, staging: Path, *, packed: bool) -> None:
        self.format = format_
        self.staging = str(staging)
        self.gzip = packed
        self._file = file
        self._count = 0

    def add(self, outcome: Outcome) -> None:
        """Copy the text of a report to the output."""
        if outcome.piece is None:
            return
        if self._count and not self.format.many:
            raise UsageError(
                f"{self.format.name} has no named graphs, and here is a second report ({outcome.file}). "
                "Use --format trig, or name a folder (ending in /) for one file per report"
            )
        self._frame(self.format.separator if self._count else self.format.start())
        self._count += 1
        with own_errors():
            _copy(outcome.piece, self._file)

    def finish(self) -> None:
        """Write what stands after the last report."""
        self._frame("" if self._count else self.format.start())
        self._frame(self.format.end())
        if self.gzip and not self._count:
            self._file.write(gzip.compress(b"", mtime=0))
        with own_errors():
            self._file.flush()

    def _frame(self, text: str) -> None:
        data = text.encode()
        with own_errors():
            # Members of a gzip file follow each other as they like.
            self._file.write(gzip.compress(data, mtime=0) if self.gzip and data else data)


def _copy(piece: Piece, file: BinaryIO) -> None:
    with Path(piece.path).open("rb", buffering=0) as shard:
        shard.seek(piece.start)
        left = piece.size
        while left:
            block = shard.read(min(left, _BLOCK))
            if not block:
                raise WriteError(f"{piece.path}: the shard is shorter than its worker said")
            file.write(block)
            left -= len(block)


class FolderDestination:
    """One file per report, named by its SOP Instance UID."""

    split = True
    gzip = False

    def __init__(self, folder: Path, format_: Format, staging: Path) -> None:
        self.format = format_
        self.staging = str(staging)
        self._folder = folder

    def add(self, outcome: Outcome) -> None:
        """Give a report its name."""
        if outcome.piece is not None:
            with own_errors():
                name = safe_name(outcome.sop_instance_uid) + self.format.suffixes[0]
                Path(outcome.piece.path).replace(self._folder / name)


# ---------------------------------------------------------------- files and folders


@contextmanager
def aside(folder: Path) -> Iterator[Path]:
    """Make a folder for what is not complete, and remove it with all it holds."""
    try:
        staging = Path(tempfile.mkdtemp(prefix=ASIDE, dir=folder))
    except OSError as cause:
        raise UsageError(f"{folder}: nothing can be written here ({cause.strerror})") from cause
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


@contextmanager
def replacing(path: Path) -> Iterator[tuple[Path, Path]]:
    """Yield (path to write to, folder beside it); rename it into place when the block ends well."""
    if path.is_dir():
        raise UsageError(f"{path}: this is a folder, not a file")
    with aside(path.parent) as staging:
        complete = staging / "complete"
        yield complete, staging
        with own_errors():
            if path.exists():
                shutil.copymode(path, complete)
            complete.replace(path)


@contextmanager
def created(folder: Path) -> Iterator[None]:
    """Make a folder where there is none; remove it again if nothing came to lie in it."""
    existed = folder.is_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as cause:
        raise UsageError(f"{folder}: the folder cannot be made ({cause.strerror})") from cause
    try:
        yield
    finally:
        if not existed:
            with contextlib.suppress(OSError):
                folder.rmdir()


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing."""
    try:
        file = path.open("wb")
    except OSError as cause:
        raise UsageError(f"{path}: cannot be written ({cause.strerror})") from cause
    with file:
        yield file


@contextmanager
def own_errors() -> Iterator[None]:
    """Turn what the disk says into a WriteError."""
    try:
        yield
    except BrokenPipeError:
        # Whoever reads our output has enough of it: not an error, and for the caller to handle.
        raise
    except OSError as cause:
        raise WriteError(f"the output cannot be written ({cause.strerror})") from cause
