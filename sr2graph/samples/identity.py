"""Where identity and chance come from: the same seed gives the same UIDs and the same numbers."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from hashlib import sha1
from random import Random
from typing import TypeVar
from uuid import UUID

NAMESPACE = UUID("6d0ecf3c-6a0c-5ac7-9d0e-5b1f5f0f2a5e").bytes
"""Of all UIDs of samples; any constant would do."""
CLEARED = (1 << 128) - 1 - (0xF << 76) - (0x3 << 62)
VERSION_5 = (0x5 << 76) + (0x2 << 62)
"""Version and variant of a UUID, and the bits they take."""

T = TypeVar("T")


def uid(*parts: object) -> str:
    """Return the UID of whatever the parts name, in the UUID-derived form (PS3.5 B.2)."""
    digest = sha1(NAMESPACE + "/".join(map(str, parts)).encode(), usedforsecurity=False).digest()
    # What uuid.uuid5 does (RFC 9562 5.5), without an object for each of a million UIDs.
    number = int.from_bytes(digest[:16]) & CLEARED | VERSION_5
    return f"2.25.{number}"


def stream(*parts: object) -> Random:
    """Return the random numbers of whatever the parts name, independent of all other streams."""
    # A string seed goes through SHA-512: the same numbers on every platform and in every process.
    return Random("/".join(map(str, parts)))


def pick(random: Random, weighted: Sequence[tuple[float, T]]) -> T:
    """Return one of the (weight, value) rows."""
    return random.choices([value for _, value in weighted], [weight for weight, _ in weighted])[0]


def spread(random: Random, median: float, sigma: float) -> float:
    """Return a log-normal number: half of them above the median, sigma the spread of the logarithm."""
    return median * random.lognormvariate(0, sigma)


def within(value: float, low: float, high: float) -> float:
    """Return the value, or the bound it lies beyond."""
    return min(max(value, low), high)


def rounded(value: float | Decimal, step: str) -> Decimal:
    """Return the value rounded to a step such as 0.01; its text keeps trailing zeros."""
    return Decimal(value).quantize(Decimal(step))
