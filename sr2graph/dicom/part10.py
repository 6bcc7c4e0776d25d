"""Files and streams to elements: preamble, meta information, transfer syntaxes (PS3.10 7, PS3.5 A)."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from struct import Struct, error

from sr2graph.dicom.attributes import tag_text
from sr2graph.dicom.limits import DEFAULT_LIMITS, Limits
from sr2graph.dicom.tokenise import LONG_VRS, SHORT_VRS, Elements, Tokeniser
from sr2graph.errors import LimitError, NotDicomError, ReadError

IMPLICIT_LITTLE = "1.2.840.10008.1.2"
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
DEFLATED_LITTLE = "1.2.840.10008.1.2.1.99"
EXPLICIT_BIG = "1.2.840.10008.1.2.2"

TRANSFER_SYNTAX_UID = 0x0002_0010
MEDIA_STORAGE_SOP_CLASS_UID = 0x0002_0002
MEDIA_STORAGE_SOP_INSTANCE_UID = 0x0002_0003

_PREAMBLE = 128
_PREFIX = b"DICM"
_VRS = SHORT_VRS.keys() | LONG_VRS.keys()
_tag = Struct("<HH").unpack_from
_short_length = Struct("<H").unpack_from
_long_length = Struct("<I").unpack_from


@dataclass(frozen=True, slots=True)
class Encoded:
    """The elements of one data set and how they were encoded."""

    elements: Elements
    transfer_syntax: str
    meta: dict[int, bytes] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    by_pydicom: bool = False
    damage: ReadError | None = None
    """What made the tokeniser give up; pydicom then read as far as it could."""


def read_encoded(
    data: bytes, limits: Limits = DEFAULT_LIMITS, *, by_pydicom: bool = False, because: ReadError | None = None
) -> Encoded:
    """Return the elements of a DICOM file or bare data set.

    Explicit and implicit VR little endian are tokenised here; big endian, and whatever the
    tokeniser cannot make sense of, goes through pydicom (`by_pydicom` forces that, `because`
    of an error met later).  Raises NotDicomError, ReadError or LimitError.
    """
    if len(data) > limits.max_bytes:
        raise LimitError(f"{len(data)} bytes are more than the limit of {limits.max_bytes}")
    meta, start, problems = _meta(data)
    syntax = _uid(meta.get(TRANSFER_SYNTAX_UID, b""))
    if not syntax:
        syntax = _guessed_syntax(data, start)
        problems.append("no transfer syntax is declared; it is guessed from the first bytes")
    body = data
    if syntax == DEFLATED_LITTLE:
        body, start = _inflated(data[start:], limits, problems), 0
    cause = because
    if not by_pydicom and syntax != EXPLICIT_BIG:
        try:
            elements, found = _tokenised(body, start, syntax, limits)
            return Encoded(elements, syntax, meta, (*problems, *found))
        except LimitError:
            raise
        except ReadError as error:
            cause = error
    if cause is not None:
        problems.append(f"{cause}; read as far as pydicom could")
    elements = _through_pydicom(body[start:], syntax, limits, cause)
    return Encoded(elements, syntax, meta, tuple(problems), by_pydicom=True, damage=cause)


def _tokenised(data: bytes, start: int, syntax: str, limits: Limits) -> tuple[Elements, list[str]]:
    """Return the elements from byte `start`, and what was odd about them."""
    explicit = syntax != IMPLICIT_LITTLE
    tokeniser = Tokeniser(data, limits, explicit=explicit)
    elements = tokeniser.data_set(start, explicit=explicit)
    problems = [f"{tokeniser.zeros} zero bytes follow the data set"] if tokeniser.zeros else []
    problems += [f"{tag_text(tag)} appears twice; the last one is taken" for tag in tokeniser.duplicates]
    return elements, problems


def _through_pydicom(data: bytes, syntax: str, limits: Limits, cause: ReadError | None) -> Elements:
    from sr2graph.dicom.pydicom_reader import elements_by_pydicom

    explicit, big_endian = syntax != IMPLICIT_LITTLE, syntax == EXPLICIT_BIG
    try:
        elements = elements_by_pydicom(data, explicit=explicit, big_endian=big_endian, limits=limits)
    except ReadError as failure:
        raise cause or failure from failure
    if not elements and cause is not None:
        raise cause
    return elements


def _uid(raw: bytes) -> str:
    return raw.decode("ascii", "replace").strip(" \0")


def _meta(data: bytes) -> tuple[dict[int, bytes], int, list[str]]:
    """Return (meta elements, start of the data set, problems)."""
    if data[_PREAMBLE : _PREAMBLE + 4] == _PREFIX:
        meta, start = _meta_elements(data, _PREAMBLE + 4)
        return meta, start, []
    if data[:4] == _PREFIX:
        meta, start = _meta_elements(data, 4)
        return meta, start, ["the preamble is missing"]
    if data[:4] == b"\x02\0\0\0":
        meta, start = _meta_elements(data, 0)
        return meta, start, ["the preamble is missing"]
    if _looks_like_data_set(data):
        return {}, 0, ["the preamble and meta information are missing"]
    raise NotDicomError("not a DICOM file: it has neither a DICM prefix nor a data set at its start")


def _looks_like_data_set(data: bytes) -> bool:
    """Tell whether bytes start like a composite object: group 8, ascending, with sane lengths."""
    if len(data) < 16 or data[:2] != b"\x08\0" or data[3:4] != b"\0":
        return False
    if data[4:6] in _VRS:
        return True
    (length,) = _long_length(data, 4)
    return 8 + int(length) <= len(data) and length < 0x10000


def _meta_elements(data: bytes, pos: int) -> tuple[dict[int, bytes], int]:
    # PS3.10 7.1: always explicit VR little endian, whatever follows.  Its declared length is
    # often wrong, so the group itself says where it ends.
    meta: dict[int, bytes] = {}
    try:
        while pos < len(data):
            group, number = _tag(data, pos)
            if group != 2:
                break
            if data[pos + 4 : pos + 6] in SHORT_VRS:
                (length,) = _short_length(data, pos + 6)
                head = 8
            else:
                (length,) = _long_length(data, pos + 8)
                head = 12
            if pos + head + length > len(data):
                raise ReadError(f"byte {pos}: the meta information runs past the end of the file")
            meta[group << 16 | number] = data[pos + head : pos + head + length]
            pos += head + length
    except error as cause:
        raise ReadError("the file ends inside its meta information") from cause
    return meta, pos


def _guessed_syntax(data: bytes, start: int) -> str:
    if data[start + 4 : start + 6] in _VRS:
        return EXPLICIT_LITTLE if data[start : start + 1] != b"\0" else EXPLICIT_BIG
    return IMPLICIT_LITTLE


def _inflated(data: bytes, limits: Limits, problems: list[str]) -> bytes:
    # PS3.5 A.5: raw deflate (RFC 1951).  pydicom would inflate without a bound.
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    bound = min(limits.max_bytes, limits.max_ratio * len(data))
    try:
        result = inflater.decompress(data, bound)
    except zlib.error as cause:
        raise ReadError("the deflated data set cannot be inflated") from cause
    if inflater.unconsumed_tail:
        raise LimitError(f"the data set inflates to more than {bound} bytes")
    if not inflater.eof:
        problems.append("the deflated data set is cut short")
    return result
