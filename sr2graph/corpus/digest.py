"""Digests that tell whether two inputs, or two reports, are the same."""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from typing import Any

from sr2graph.graph.records import Record

_SIZE = 16
_SEPARATOR = "\0"


def source_digest(source: bytes | Mapping[str, Any]) -> str:
    """Return the digest of what a report is read from: bytes, or an object of DICOM JSON."""
    data = source if isinstance(source, bytes) else json.dumps(source, sort_keys=True).encode()
    return hashlib.blake2b(data, digest_size=_SIZE).hexdigest()


def content_digest(records: list[Record]) -> str:
    """Return the digest of a report, equal for reports that are equal."""
    parts: list[str] = []
    shapes: dict[tuple[str, ...], str] = {}
    for table, row in records:
        shape = (table, *row)
        number = shapes.get(shape)
        if number is None:
            number = shapes[shape] = str(len(shapes))
            parts += (number, str(len(row)), *shape)
        else:
            parts.append(number)
        parts += row.values()
    text = _SEPARATOR.join(parts)
    if text.count(_SEPARATOR) >= len(parts):
        # A value holds the separator, so what is joined could be taken apart in two ways.
        text = repr(records)
    # Strict: text that is not Unicode could not be stored either, and is found here, within its own report.
    return hashlib.blake2b(text.encode(), digest_size=_SIZE).hexdigest()


class DigestSet:
    """Digests in 16 bytes each: small enough to hand those of a million reports to every worker."""

    def __init__(self, ordered: Iterable[bytes]) -> None:
        """Take them in ascending order."""
        self._bytes = b"".join(ordered)

    def __contains__(self, digest: str) -> bool:
        """Tell whether a digest, in hexadecimal, is among them."""
        wanted = bytes.fromhex(digest)
        at = bisect_left(self, wanted)
        return at < len(self) and self[at] == wanted

    def __len__(self) -> int:
        return len(self._bytes) // _SIZE

    def __getitem__(self, at: int) -> bytes:
        if at >= len(self):
            raise IndexError(at)
        return self._bytes[at * _SIZE : (at + 1) * _SIZE]
