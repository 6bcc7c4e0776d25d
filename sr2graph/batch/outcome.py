"""What became of one input."""

from __future__ import annotations

import sys
import traceback
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sr2graph.errors import NotDicomError, NotStructuredReportError, SrError

_PACKAGE = Path(__file__).resolve().parent.parent


class State(StrEnum):
    """The three things that can become of an input."""

    CONVERTED = "converted"
    SKIPPED = "skipped"
    """Nothing to convert: not DICOM, not a Structured Report, or a UID that is taken."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Piece:
    """Where the text of a report lies until it has its final place."""

    path: str
    start: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one input; holds no value of the report but its UID."""

    file: str
    """Display name: `archive.zip!folder/x.dcm`, `file.json[3]`."""
    state: State
    sop_instance_uid: str = ""
    kind: str = ""
    items: int = 0
    by_reference: int = 0
    quads: int = 0
    warnings: int = 0
    reason: str = ""
    """Why it was skipped or failed."""
    named: bool = False
    """The user gave this very file, rather than a folder, archive or list that holds it."""
    conflict: bool = False
    """Another report of the same run has its UID, and other content."""
    digest: bytes = b""
    """Of the text: equal for equal content."""
    piece: Piece | None = None


@dataclass(slots=True)
class Tally:
    """What a run came to."""

    converted: int = 0
    skipped: int = 0
    failed: int = 0
    warnings: int = 0
    quads: int = 0
    seconds: float = 0.0

    def add(self, outcome: Outcome) -> None:
        """Count an outcome."""
        self.converted += outcome.state is State.CONVERTED
        self.skipped += outcome.state is State.SKIPPED
        self.failed += outcome.state is State.FAILED
        if outcome.state is State.CONVERTED:
            self.warnings += outcome.warnings
            self.quads += outcome.quads

    def __str__(self) -> str:
        """Return the closing line of a run."""
        return (
            f"{self.converted:,} converted, {self.skipped:,} skipped, {self.failed:,} failed, "
            f"{self.warnings:,} warnings, {self.quads:,} quads in {self.seconds:.1f} s"
        )


def unconverted(file: str, error: Exception, *, named: bool = False) -> Outcome:
    """Return the outcome of an input that raised an error."""
    skipped = isinstance(error, NotDicomError | NotStructuredReportError)
    state = State.SKIPPED if skipped else State.FAILED
    return Outcome(file=file, state=state, reason=_reason(error), named=named)


def _reason(error: Exception) -> str:
    if isinstance(error, SrError):
        return str(error)
    if isinstance(error, MemoryError):
        return "there is not enough memory for it. Use fewer --jobs, or convert it on its own"
    # The message of a foreign error may quote what it stumbled over: type and place have to do.
    return f"internal error: {type(error).__name__}{_place(error)}. Please report it with this line"


def _place(error: Exception) -> str:
    """Return ` at module:line` of the innermost frame that is ours."""
    frames = traceback.extract_tb(error.__traceback__ if error.__traceback__ is not None else sys.exc_info()[2])
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(_PACKAGE)]
    if not ours:
        return ""
    return f" at {Path(ours[-1].filename).relative_to(_PACKAGE)}:{ours[-1].lineno}"
