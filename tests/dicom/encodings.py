"""One data set in many encodings, by pydicom and by hand: what reading must see through."""

import zlib
from collections.abc import Callable
from io import BytesIO
from struct import pack
from typing import Any

import pydicom
from pydicom import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from sr2graph.dicom.write import data_set_bytes

CONTENT_SEQUENCE = 0x0040_A730


def data_set(file: bytes) -> Dataset:
    """The data set of a DICOM file, by pydicom, every value decoded.

    What it has not decoded it writes as it stands, but only in the byte order it was read in: then one encoding of a
    value would have the blanks that another has not.
    """
    found = pydicom.dcmread(BytesIO(file), force=True)
    for _ in found.iterall():
        pass
    return found


def body(found: Dataset, *, implicit: bool = False, little: bool = True) -> bytes:
    """The data set, encoded, without preamble and meta information."""
    buffer = DicomBytesIO()
    buffer.is_implicit_VR, buffer.is_little_endian = implicit, little
    found = Dataset({tag: found[tag] for tag in sorted(found.keys()) if int(tag) >> 16 != 2})
    write_dataset(buffer, found)
    return bytes(buffer.getvalue())


def meta(syntax: str, found: Dataset) -> bytes:
    """Preamble and meta information for a transfer syntax."""
    elements = data_set_bytes(
        {
            0x0002_0001: ("OB", b"\0\1"),
            0x0002_0002: ("UI", str(found.get("SOPClassUID", "")).encode()),
            0x0002_0003: ("UI", str(found.get("SOPInstanceUID", "")).encode()),
            0x0002_0010: ("UI", syntax.encode()),
            0x0002_0012: ("UI", b"1.2.3"),
        }
    )
    return b"\0" * 128 + b"DICM" + pack("<HH2sHI", 2, 0, b"UL", 4, len(elements)) + elements


def explicit(file: bytes) -> bytes:
    found = data_set(file)
    return meta(ExplicitVRLittleEndian, found) + body(found)


def implicit(file: bytes) -> bytes:
    found = data_set(file)
    return meta(ImplicitVRLittleEndian, found) + body(found, implicit=True)


WORDS = {"OW": 2, "OL": 4, "OF": 4, "OD": 8, "OV": 8}
"""VRs whose values depend on byte order (PS3.5 7.3), and which pydicom writes as they stand in either."""


def big_endian(file: bytes) -> bytes:
    found = data_set(file)
    for element in found.iterall():
        size, value = WORDS.get(element.VR), element.value
        if size and isinstance(value, bytes) and len(value) % size == 0:
            element.value = b"".join(value[at : at + size][::-1] for at in range(0, len(value), size))
    return meta(ExplicitVRBigEndian, found) + body(found, little=False)


def deflated(file: bytes) -> bytes:
    found = data_set(file)
    squeeze = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return meta(DeflatedExplicitVRLittleEndian, found) + squeeze.compress(body(found)) + squeeze.flush()


def undefined_lengths(file: bytes) -> bytes:
    found = data_set(file)
    _undefine(found)
    return meta(ExplicitVRLittleEndian, found) + body(found)


def undefined_lengths_implicit(file: bytes) -> bytes:
    found = data_set(file)
    _undefine(found)
    return meta(ImplicitVRLittleEndian, found) + body(found, implicit=True)


def _undefine(found: Dataset) -> None:
    for element in found:
        if element.VR == "SQ":
            element.is_undefined_length = True
            for item in element.value:
                item.is_undefined_length_sequence_item = True
                _undefine(item)


def un_wrapped(file: bytes, *, undefined: bool = False) -> bytes:
    """Sequences that a device did not know: UN, their content in implicit VR (PS3.5 6.2.2)."""
    found = data_set(file)
    parts = []
    for tag in sorted(found.keys()):
        if int(tag) >> 16 == 2:
            continue
        element = found[tag]
        one = Dataset({tag: element})
        if element.VR != "SQ" or not element.value:
            parts.append(body(one))
            continue
        items = body(one, implicit=True)[8:]
        if undefined:
            end = pack("<HHI", 0xFFFE, 0xE0DD, 0)
            parts.append(pack("<HH2sHI", tag.group, tag.element, b"UN", 0, 0xFFFF_FFFF) + items + end)
        else:
            parts.append(pack("<HH2sHI", tag.group, tag.element, b"UN", 0, len(items)) + items)
    return meta(ExplicitVRLittleEndian, found) + b"".join(parts)


def un_wrapped_undefined(file: bytes) -> bytes:
    return un_wrapped(file, undefined=True)


def without_preamble(file: bytes) -> bytes:
    return explicit(file)[128:]


def without_prefix(file: bytes) -> bytes:
    return explicit(file)[132:]


def without_meta(file: bytes) -> bytes:
    return body(data_set(file))


def without_meta_implicit(file: bytes) -> bytes:
    return body(data_set(file), implicit=True)


def wrong_group_length(file: bytes) -> bytes:
    whole = explicit(file)
    return whole[:140] + pack("<I", 7) + whole[144:]


def zeros_at_the_end(file: bytes) -> bytes:
    return explicit(file) + b"\0" * 510


ENCODINGS: dict[str, Callable[[bytes], bytes]] = {
    encode.__name__: encode
    for encode in (
        explicit,
        implicit,
        big_endian,
        deflated,
        undefined_lengths,
        undefined_lengths_implicit,
        un_wrapped,
        un_wrapped_undefined,
        without_preamble,
        without_prefix,
        without_meta,
        without_meta_implicit,
        wrong_group_length,
        zeros_at_the_end,
    )
}
"""Name -> the same data set otherwise encoded."""

STANDARD_ONLY: tuple[str, ...] = (
    "implicit",
    "undefined_lengths_implicit",
    "un_wrapped",
    "un_wrapped_undefined",
    "without_meta_implicit",
)
"""Encodings that lose the VR of attributes which are not in the data dictionary."""


# ---------------------------------------------------------------- by hand, for what no toolkit would write


def element(tag: int, vr: str, value: bytes | list[bytes]) -> bytes:
    """One element in explicit VR little endian; a list makes a sequence of items."""
    if isinstance(value, list):
        value = b"".join(item(content) for content in value)
    head = pack("<HH", tag >> 16, tag & 0xFFFF) + vr.encode()
    if vr in ("OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"):
        return head + pack("<HI", 0, len(value)) + value
    return head + pack("<H", len(value)) + value


def item(content: bytes) -> bytes:
    """One sequence item of defined length."""
    return pack("<HHI", 0xFFFE, 0xE000, len(content)) + content


def padded(text: str | bytes) -> bytes:
    """Text bytes of even length."""
    raw = text.encode() if isinstance(text, str) else text
    return raw + b" " * (len(raw) % 2)


def code(tag: int, value: str = "121071", scheme: str = "DCM", meaning: str | bytes = "Finding") -> bytes:
    """A code sequence with one item."""
    content = element(0x0008_0100, "SH", padded(value)) + element(0x0008_0102, "SH", padded(scheme))
    return element(tag, "SQ", [content + element(0x0008_0104, "LO", padded(meaning))])


def text_item(text: str | bytes, *before: bytes, meaning: str | bytes = "Finding") -> bytes:
    """A TEXT content item, with whatever elements before its own."""
    return b"".join(before) + b"".join(
        (
            element(0x0040_A010, "CS", b"CONTAINS"),
            element(0x0040_A040, "CS", b"TEXT"),
            code(0x0040_A043, meaning=meaning),
            element(0x0040_A160, "UT", padded(text)),
        )
    )


def file(
    *items: bytes,
    charset: str | bytes = "",
    header: dict[int, tuple[str, bytes]] | None = None,
    root: bytes | None = None,
    content: bytes | None = None,
) -> bytes:
    """A Comprehensive SR with these content items below its root, each part replaceable."""
    parts: dict[int, bytes] = {
        0x0008_0016: element(0x0008_0016, "UI", b"1.2.840.10008.5.1.4.1.1.88.33\0"),
        0x0008_0018: element(0x0008_0018, "UI", b"1.2.3.4\0"),
        0x0020_000D: element(0x0020_000D, "UI", b"1.2.3.5\0"),
        0x0020_000E: element(0x0020_000E, "UI", b"1.2.3.6\0"),
        0x0040_A040: element(0x0040_A040, "CS", b"CONTAINER "),
        0x0040_A043: code(0x0040_A043, "126000", "DCM", "Imaging Measurement Report"),
    }
    if charset:
        parts[0x0008_0005] = element(0x0008_0005, "CS", padded(charset))
    for tag, (vr, value) in (header or {}).items():
        parts[tag] = element(tag, vr, value)
    if root is not None:
        parts.pop(0x0040_A040)
        parts.pop(0x0040_A043)
        parts[0x0040_A000] = root
    if content is not None:
        parts[CONTENT_SEQUENCE] = content
    elif items:
        parts[CONTENT_SEQUENCE] = element(CONTENT_SEQUENCE, "SQ", list(items))
    syntax = data_set_bytes({0x0002_0010: ("UI", str(UID(ExplicitVRLittleEndian)).encode())})
    return b"\0" * 128 + b"DICM" + syntax + b"".join(parts[tag] for tag in sorted(parts))


def nested(depth: int, tag: int = CONTENT_SEQUENCE, *, undefined: bool = False, implicit_vr: bool = False) -> bytes:
    """A sequence in a sequence in a sequence ... without recursion of ours."""
    group, number = tag >> 16, tag & 0xFFFF
    vr = b"" if implicit_vr else b"SQ\0\0"
    if undefined:
        start = pack("<HH", group, number) + vr + pack("<I", 0xFFFF_FFFF) + pack("<HHI", 0xFFFE, 0xE000, 0xFFFF_FFFF)
        end = pack("<HHI", 0xFFFE, 0xE00D, 0) + pack("<HHI", 0xFFFE, 0xE0DD, 0)
        return start * depth + end * depth
    heads: list[bytes] = []
    length = 0
    for _ in range(depth):
        heads.append(pack("<HH", group, number) + vr + pack("<I", length + 8) + pack("<HHI", 0xFFFE, 0xE000, length))
        length += len(heads[-1])
    return b"".join(reversed(heads))


def elements_of(found: Dataset) -> dict[int, Any]:
    """Tag -> pydicom element, without meta information."""
    return {int(e.tag): e for e in found if e.tag.group != 2}
