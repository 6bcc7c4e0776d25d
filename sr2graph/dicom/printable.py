"""Text from a file, made safe to print: a report must not be able to drive a terminal."""

from __future__ import annotations

import re
import unicodedata

_ASCII = re.compile(r"[ -~]*", re.ASCII)
_JOINERS = "\u200c\u200d\u00ad"
"""Format characters that ordinary text of many languages holds."""


def printable(text: str) -> str:
    r"""Return text without control characters: they, surrogates and direction overrides are spelled out.

    >>> printable("a\x1b[2Jb")
    'a\\x1b[2Jb'
    """
    if _ASCII.fullmatch(text):
        return text
    return "".join(c if _is_harmless(c) else _spelled(c) for c in text)


def _is_harmless(character: str) -> bool:
    category = unicodedata.category(character)
    # C*: control, format, surrogate, private, unassigned.  Zl, Zp: line and paragraph separators.
    return character in _JOINERS or not (category[0] == "C" or category in ("Zl", "Zp"))


def _spelled(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def cells(text: str) -> int:
    """Return how many columns of a terminal printable text takes."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
