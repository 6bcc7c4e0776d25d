"""Two data sets compared element by element, with the differences that writing is allowed to make.

What our file may say otherwise than the file it was read from:

- character set: (0008,0005) is ISO_IR 192 or absent, in the data set and in its items; text is compared decoded;
- group lengths (gggg,0000), Data Set Trailing Padding (FFFC,FFFC) and meta information do not come along;
- padding: trailing blanks and NULs, leading ones where the VR gives them no meaning (PS3.5 6.2);
- a VR that contradicts the data dictionary, for an attribute that a Report has a field for, is set right;
- Measured Value Sequence (0040,A300), type 2, is there and empty where a NUM had none at all (PS3.3 C.18.1).
"""

from collections.abc import Iterator
from typing import Any

from pydicom import Dataset
from pydicom.multival import MultiValue

TRIMMED = frozenset("AE AS CS DA DS DT IS TM UI".split())
TEXT = TRIMMED | frozenset("LO LT PN SH ST UC UR UT".split())
ENCODING = frozenset({0x0008_0005, 0xFFFC_FFFC})
MEASURED_VALUE_SEQUENCE = 0x0040_A300
VALUE_TYPE = 0x0040_A040


def differences(found: Dataset, expected: Dataset, where: str = "") -> Iterator[str]:
    """Yield what differs; nothing when `found` says the same as `expected`."""
    ours, theirs = _tags(found), _tags(expected)
    for tag in sorted(ours ^ theirs):
        if tag == MEASURED_VALUE_SEQUENCE and expected.get(VALUE_TYPE) is not None and not found[tag].value:
            continue
        yield f"{where}({tag >> 16:04X},{tag & 0xFFFF:04X}) only in {'ours' if tag in ours else 'the original'}"
    for tag in sorted(ours & theirs):
        yield from _different(found[tag], expected[tag], f"{where}({tag >> 16:04X},{tag & 0xFFFF:04X})")


def _tags(data_set: Dataset) -> set[int]:
    tags = set(map(int, data_set.keys())) - ENCODING
    return {tag for tag in tags if tag & 0xFFFF and tag >> 16 != 2}


def _different(found: Any, expected: Any, where: str) -> Iterator[str]:
    if found.VR == "SQ" and expected.VR == "SQ":
        if len(found.value) != len(expected.value):
            yield f"{where} has {len(found.value)} items instead of {len(expected.value)}"
        for i, (one, other) in enumerate(zip(found.value, expected.value, strict=False)):
            yield from differences(one, other, f"{where}[{i}]")
        return
    if found.VR != expected.VR:
        yield f"{where} has VR {found.VR} instead of {expected.VR}"
    one, other = _value(found), _value(expected)
    if one != other:
        yield f"{where} {found.VR} is {one!r} instead of {other!r}"


def _value(element: Any) -> Any:
    value = element.value
    if value is None or value in ("", b""):
        return ()
    if element.VR in TEXT:
        values = value if isinstance(value, MultiValue | list) else [value]
        texts = [str(v if element.VR == "PN" else getattr(v, "original_string", v)) for v in values]
        trimmed = [t.strip(" \0") if element.VR in TRIMMED else t for t in texts]
        text = "\\".join(trimmed).rstrip(" \0")
        return text or ()
    if isinstance(value, bytes):
        return value.rstrip(b"\0") or ()
    return repr(list(value)) if isinstance(value, MultiValue | list) else repr([value])
