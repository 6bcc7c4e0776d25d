"""Bounds on what an input may ask of us: every length and depth in a file is untrusted."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that no real report comes near; passing one raises LimitError."""

    max_bytes: int = 512 * 2**20
    """Size of one file, or of a data set after inflation."""
    max_depth: int = 100
    """Levels of nested sequences; real reports stay under 30."""
    max_items: int = 2_000_000
    """Sequence items in one data set."""
    max_ratio: int = 250
    """Times an archive or a deflated data set may exceed its size when unpacked; reports stay under 50."""


DEFAULT_LIMITS = Limits()
