"""Inputs that did not become reports: kept as rows, so that nobody has to keep a log."""

from __future__ import annotations

import re

from sr2graph.corpus.digest import source_digest
from sr2graph.corpus.outcome import Ingested

_PLACE = re.compile(r"(?:^|first at )(byte \d+|header|file|\d+(?:\.\d+)*): ")


def reject_row(outcome: Ingested, now: str) -> dict[str, str | None]:
    """Return the row of an input that was skipped or failed."""
    return {
        "file": outcome.file,
        "state": str(outcome.state),
        "reason": outcome.reason,
        "place": place(outcome.reason),
        "source_digest": outcome.source_digest or None,
        "rejected_at": now,
    }


def reject_key(file: str, digest: str | None, reason: str) -> bytes:
    """Return what is equal for the same file, of the same bytes, rejected for the same reason."""
    return bytes.fromhex(source_digest("\0".join((file, digest or "", reason)).encode("utf-8", "surrogatepass")))


def place(reason: str) -> str | None:
    """Return the place that a reason names: a byte offset, or the position of a content item.

    >>> place("byte 132: (0008,0016) has no valid VR"), place("not a DICOM file")
    ('byte 132', None)
    """
    match = _PLACE.search(reason)
    return match[1] if match else None
