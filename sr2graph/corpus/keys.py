"""Keys of documents and codes.

A document owns the keys from `document - nodes` to `document + items`, one for each of its
nodes; no two documents of a corpus share one.  Each run of an ingest starts at a random
number and counts on from there, so that writers need not ask each other, and documents that
came together have keys, and rows, that lie together.
"""

from __future__ import annotations

import hashlib
import secrets
from bisect import bisect_left
from collections.abc import Iterable

_CHUNK = 2**32
"""Keys set aside for each chunk of a run; it uses as many as it has nodes."""
_RANDOM_BITS = 61
_MARGIN = 2**31
"""Node numbers are 32 bits wide: within this distance of zero, a key minus a number could be negative."""


def random_start() -> int:
    """Return where the keys of a run start.

    Two runs of a million reports meet with a probability below one in a billion; then it is
    noticed when the later one commits.
    """
    return secrets.randbits(_RANDOM_BITS) + _MARGIN


def chunk_start(run: int, number: int) -> int:
    """Return where the keys of a chunk of a run start."""
    return run + number * _CHUNK


def code_key(cells: Iterable[tuple[str, str]]) -> int:
    """Return the key of what is said of a code: equal for equal (column, cell) pairs."""
    digest = hashlib.blake2b(repr(sorted(cells)).encode(), digest_size=8).digest()
    # 63 bits: among 100,000 rows the chance that any two share a key is below one in a billion.
    return int.from_bytes(digest, "big") >> 1


class Ranges:
    """Ranges of keys that are taken."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []

    def take(self, start: int, end: int) -> bool:
        """Take the keys from `start` to `end`, both included; False when one of them is taken."""
        at = bisect_left(self._ends, start)
        if at < len(self._starts) and self._starts[at] <= end:
            return False
        self._starts.insert(at, start)
        self._ends.insert(at, end)
        return True
