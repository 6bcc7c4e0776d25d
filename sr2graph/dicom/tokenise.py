"""Bytes of a little endian data set to elements: the hot path of reading (PS3.5 section 7).

An element is a (VR, value) pair, its value either the bytes as they stand or a list of
nested data sets.  Nothing is decoded here.  Code sequences and small content items stay bytes
even so: most are repetitions, which whoever reads them recognises by their bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct, error

from sr2graph.dicom.attributes import tag_text
from sr2graph.dicom.dictionary import dictionary_vr
from sr2graph.dicom.limits import DEFAULT_LIMITS, Limits
from sr2graph.errors import LimitError, ReadError

Elements = dict[int, tuple[str, "bytes | list[Elements | bytes]"]]
"""Tag -> (VR, value) of one data set.  A sequence (SQ) that is still bytes is for `Tokeniser.items`,
an item that still is one for `Tokeniser.data_set`."""

UNDEFINED = 0xFFFF_FFFF
ITEM = 0xFFFE_E000
ITEM_DELIMITER = 0xFFFE_E00D
SEQUENCE_DELIMITER = 0xFFFE_E0DD

CODE_SEQUENCES = frozenset({0x0040_A043, 0x0040_A168, 0x0040_08EA})
"""Concept Name, Concept and Measurement Units Code Sequence: half of the elements of a report."""

CONTENT_SEQUENCE = 0x0040_A730
SMALL_ITEM = 512
"""Content items up to this many bytes stay bytes; most of them are leaves of the tree."""

_STAY_BYTES = CODE_SEQUENCES | {CONTENT_SEQUENCE}
SHORT_VRS = {v.encode(): v for v in "AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split()}
"""VRs with a 16-bit length (PS3.5 Table 7.1-2)."""
LONG_VRS = {v.encode(): v for v in "OB OD OF OL OV OW SQ SV UC UN UR UT UV".split()}
"""VRs with two reserved bytes and a 32-bit length (PS3.5 Table 7.1-1)."""

_ITEM_DELIMITER_BYTES = b"\xfe\xff\x0d\xe0"
_SEQUENCE_DELIMITER_BYTES = b"\xfe\xff\xdd\xe0"
_explicit_header = Struct("<6sH").unpack_from
_implicit_header = Struct("<HHI").unpack_from
_length = Struct("<I").unpack_from

MAX_KNOWN = 10_000
"""Heads of elements, and code sequences, that are remembered: a bound on memory."""
_heads: dict[bytes, tuple[int, str, bool]] = {}
"""Tag and VR as bytes -> (tag, VR or empty where it is none, whether its length has 32 bits)."""
_known_codes: set[bytes] = set()
"""Code sequences of undefined length that have been read to their end."""


def _new_head(head: bytes) -> tuple[int, str, bool]:
    tag = int.from_bytes(head[:2], "little") << 16 | int.from_bytes(head[2:4], "little")
    long = LONG_VRS.get(head[4:])
    found = (tag, long or SHORT_VRS.get(head[4:], ""), long is not None)
    if len(_heads) >= MAX_KNOWN:
        _heads.clear()
    _heads[head] = found
    return found


_DataSetReader = Callable[[int, int, int, bool], tuple[Elements, int]]


class Tokeniser:
    """Reads the elements of one data set; raises ReadError at the first byte that makes no sense."""

    __slots__ = ("_data", "_limits", "_stay_explicit", "_stay_implicit", "duplicates", "items_read", "zeros")

    def __init__(
        self, data: bytes, limits: Limits = DEFAULT_LIMITS, *, explicit: bool = True, items_read: int = 0
    ) -> None:
        self._data = data
        self._limits = limits
        # Implicit VR may be nested in explicit VR (PS3.5 6.2.2): only what is in the VR of the
        # data set itself stays bytes, so that its reader knows how to read it.
        self._stay_explicit = _STAY_BYTES if explicit else frozenset()
        self._stay_implicit = frozenset() if explicit else _STAY_BYTES
        self.items_read = items_read
        """Sequence items so far, in this data set and, to begin with, in what was read before it."""
        self.duplicates: dict[int, None] = {}
        """Tags met twice in one data set; the last one prevails, as in pydicom."""
        self.zeros = 0
        """Zero bytes behind the data set."""

    def data_set(self, start: int = 0, *, explicit: bool) -> Elements:
        """Return the elements from byte `start` to the end of the data."""
        read = self._explicit if explicit else self._implicit
        try:
            elements, _ = read(start, len(self._data), 0, False)
        except error as cause:
            raise ReadError("the data set ends in the middle of an element header") from cause
        return elements

    def items(self, *, explicit: bool) -> list[Elements | bytes]:
        """Return the items of a sequence whose value is the whole data."""
        read = self._explicit if explicit else self._implicit
        try:
            items, _ = self._items(read, 0, len(self._data), len(self._data), 1, 0)
        except error as cause:
            raise ReadError("a sequence ends in the middle of an element header") from cause
        return items

    def _explicit(self, pos: int, end: int, depth: int, delimited: bool) -> tuple[Elements, int]:
        data = self._data
        elements: Elements = {}
        while pos < end:
            head, length = _explicit_header(data, pos)
            tag, vr, long = _heads.get(head) or _new_head(head)
            if tag in elements:
                self.duplicates[tag] = None
            if long:
                (length,) = _length(data, pos + 8)
                pos += 12
                if vr == "SQ" and tag in self._stay_explicit and tag != CONTENT_SEQUENCE:
                    stop = pos + length if length != UNDEFINED else self._end_of_codes(pos)
                    after = stop if length != UNDEFINED else stop + 8
                    if stop and after <= end:
                        elements[tag] = ("SQ", data[pos:stop])
                        pos = after
                        continue
                if vr == "SQ" or length == UNDEFINED:
                    if vr not in ("SQ", "UN"):
                        raise ReadError(f"byte {pos}: {tag_text(tag)} {vr} has an undefined length")
                    # PS3.5 6.2.2: UN of undefined length holds a sequence in implicit VR.
                    read = self._explicit if vr == "SQ" else self._implicit
                    small = SMALL_ITEM if tag == CONTENT_SEQUENCE and self._stay_explicit else 0
                    items, pos = self._items(read, pos, end, length, depth + 1, small)
                    elements[tag] = ("SQ", items)
                    continue
            elif vr:
                pos += 8
            elif tag == ITEM_DELIMITER and delimited:
                return elements, pos + 8
            elif depth == 0 and self._ends_in_zeros(pos):
                return elements, pos
            else:
                raise ReadError(f"byte {pos}: {tag_text(tag)} has no valid VR")
            stop = pos + length
            if stop > end:
                raise ReadError(f"byte {pos}: {tag_text(tag)} of {length} bytes runs past its data set")
            elements[tag] = (vr, data[pos:stop])
            pos = stop
        if delimited:
            raise ReadError(f"byte {pos}: an item of undefined length has no end")
        return elements, pos

    def _implicit(self, pos: int, end: int, depth: int, delimited: bool) -> tuple[Elements, int]:
        data = self._data
        elements: Elements = {}
        while pos < end:
            group, number, length = _implicit_header(data, pos)
            tag = group << 16 | number
            pos += 8
            if tag == ITEM_DELIMITER and delimited:
                return elements, pos
            if tag == 0 and depth == 0 and self._ends_in_zeros(pos - 8):
                return elements, pos - 8
            if group == 0xFFFE:
                raise ReadError(f"byte {pos - 8}: {tag_text(tag)} is out of place")
            vr = dictionary_vr(tag)
            if tag in elements:
                self.duplicates[tag] = None
            if vr == "SQ" or length == UNDEFINED:
                small = 0
                if tag in self._stay_implicit:
                    if tag == CONTENT_SEQUENCE:
                        small = SMALL_ITEM
                    elif length != UNDEFINED and pos + length <= end:
                        elements[tag] = ("SQ", data[pos : pos + length])
                        pos += length
                        continue
                items, pos = self._items(self._implicit, pos, end, length, depth + 1, small)
                elements[tag] = ("SQ", items)
                continue
            stop = pos + length
            if stop > end:
                raise ReadError(f"byte {pos}: {tag_text(tag)} of {length} bytes runs past its data set")
            elements[tag] = (vr, data[pos:stop])
            pos = stop
        if delimited:
            raise ReadError(f"byte {pos}: an item of undefined length has no end")
        return elements, pos

    def _ends_in_zeros(self, pos: int) -> bool:
        """Tell whether only zero bytes are left, and note how many."""
        left = len(self._data) - pos
        if self._data.count(0, pos) != left:
            return False
        self.zeros = left
        return True

    def _end_of_codes(self, pos: int) -> int:
        """Return where a code sequence of undefined length in explicit VR ends, 0 if that takes more than a glance."""
        data = self._data
        found = data.find(_SEQUENCE_DELIMITER_BYTES, pos)
        # Whether bytes are a code sequence depends on nothing but them.
        if found < 0 or (codes := data[pos:found]) in _known_codes:
            return max(found, 0)
        if self._end_of_code(pos) != found:
            return 0
        if len(codes) <= SMALL_ITEM:
            if len(_known_codes) >= MAX_KNOWN:
                _known_codes.clear()
            _known_codes.add(codes)
        return found

    def _end_of_code(self, pos: int) -> int:
        """Return where the one item of a code sequence ends, 0 if it holds anything but short VRs."""
        data = self._data
        group, number, length = _implicit_header(data, pos)
        if group << 16 | number != ITEM:
            return 0
        pos += 8
        if length != UNDEFINED:
            return int(pos + length)
        while data[pos : pos + 4] != _ITEM_DELIMITER_BYTES:
            head, length = _explicit_header(data, pos)
            if head[4:] not in SHORT_VRS:
                return 0
            pos += 8 + length
        return pos + 8

    def _items(
        self, read: _DataSetReader, pos: int, end: int, length: int, depth: int, small: int
    ) -> tuple[list[Elements | bytes], int]:
        if depth > self._limits.max_depth:
            raise LimitError(f"byte {pos}: sequences nest deeper than {self._limits.max_depth} levels")
        data = self._data
        delimited = length == UNDEFINED
        stop = end if delimited else pos + length
        if stop > end:
            raise ReadError(f"byte {pos}: a sequence of {length} bytes runs past its data set")
        items: list[Elements | bytes] = []
        while pos < stop:
            group, number, length = _implicit_header(data, pos)
            tag = group << 16 | number
            pos += 8
            if tag == SEQUENCE_DELIMITER and delimited:
                return items, pos
            if tag != ITEM:
                raise ReadError(f"byte {pos - 8}: {tag_text(tag)} where a sequence item should start")
            self.items_read += 1
            if self.items_read > self._limits.max_items:
                raise LimitError(f"byte {pos}: more than {self._limits.max_items} sequence items")
            if length == UNDEFINED:
                item, pos = read(pos, stop, depth, True)
            elif pos + length > stop:
                raise ReadError(f"byte {pos}: an item of {length} bytes runs past its sequence")
            elif 0 < length <= small:
                items.append(data[pos : pos + length])
                pos += length
                continue
            else:
                item, pos = read(pos, pos + length, depth, False)
            items.append(item)
        if delimited:
            raise ReadError(f"byte {pos}: a sequence of undefined length has no end")
        return items, pos
