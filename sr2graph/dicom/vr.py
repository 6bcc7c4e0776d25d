"""Values to bytes and back, by Value Representation (PS3.5 6.2).

Text stays text, digits and all; binary numbers become int and float.
"""

from __future__ import annotations

import math
import re
import struct
from typing import Any

TEXT_VRS = frozenset("AE AS CS DA DS DT IS LO LT PN SH ST TM UC UI UR UT".split())
SINGLE_TEXT_VRS = frozenset({"LT", "ST", "UT", "UR"})
"""Text VRs in which a backslash is a character like any other."""
TRIMMED_VRS = frozenset("AE AS CS DA DS DT IS TM UI".split())
"""Text VRs whose leading blanks say nothing either."""
FORMATS = {"US": "H", "SS": "h", "UL": "I", "SL": "i", "FL": "f", "FD": "d", "SV": "q", "UV": "Q"}
"""struct codes of the numeric VRs."""
BYTE_VRS = frozenset("OB OD OF OL OV OW UN".split())
MAX_SHORT_LENGTH = 0xFFFE
INTEGER_VRS = frozenset({"US", "SS", "UL", "SL", "SV", "UV"})
VALID_UID = re.compile(r"[012](?:\.(?:0|[1-9]\d*))+", re.ASCII)
"""A UID that is an OID (PS3.5 9.1), whatever its length."""


def trimmed(text: str, vr: str) -> str:
    """Return text without its padding."""
    return text.strip(" \0") if vr in TRIMMED_VRS else text.rstrip(" \0")


def numbers(vr: str, raw: bytes) -> tuple[Any, ...] | None:
    """Return the numbers of a binary numeric value, None when its length does not fit."""
    code = FORMATS[vr]
    size = struct.calcsize(code)
    if len(raw) % size:
        return None
    values = struct.unpack(f"<{len(raw) // size}{code}", raw)
    # One NaN object for all: tuples that hold it then compare equal.
    return tuple(math.nan if math.isnan(v) else v for v in values) if code in "fd" else values


def number_bytes(vr: str, values: tuple[Any, ...]) -> bytes:
    """Return the bytes of numbers; raises struct.error or OverflowError when one does not fit."""
    return struct.pack(f"<{len(values)}{FORMATS[vr]}", *values)


def fits(vr: str, values: tuple[Any, ...]) -> bool:
    """Tell whether a numeric VR can hold values."""
    try:
        number_bytes(vr, values)
    except (struct.error, OverflowError):
        return False
    return True


def tag_bytes(tags: tuple[int, ...]) -> bytes:
    """Return the bytes of AT values: group, then element."""
    return struct.pack(f"<{2 * len(tags)}H", *(part for tag in tags for part in (tag >> 16, tag & 0xFFFF)))


def tags(raw: bytes) -> tuple[int, ...] | None:
    """Return AT values as 0xGGGGEEEE, None when the length does not fit."""
    if len(raw) % 4:
        return None
    parts = struct.unpack(f"<{len(raw) // 2}H", raw)
    return tuple(group << 16 | number for group, number in zip(parts[::2], parts[1::2], strict=True))
