"""The tokeniser: bytes to elements, errors at the first byte that makes no sense."""

from struct import pack
from typing import Any

import pytest

from sr2graph.dicom.limits import Limits
from sr2graph.dicom.tokenise import Elements, Tokeniser
from sr2graph.errors import LimitError, ReadError
from tests.dicom.encodings import code, element, item, nested

UNDEFINED = 0xFFFF_FFFF
ITEM_END = pack("<HHI", 0xFFFE, 0xE00D, 0)
SEQUENCE_END = pack("<HHI", 0xFFFE, 0xE0DD, 0)
CODE = 0x0040_A043
SEQUENCE = 0x0008_1199


def explicit(data: bytes) -> Elements:
    return Tokeniser(data).data_set(explicit=True)


def implicit(data: bytes) -> Elements:
    return Tokeniser(data, explicit=False).data_set(explicit=False)


def plain(tag: int, value: bytes, length: int | None = None) -> bytes:
    return pack("<HHI", tag >> 16, tag & 0xFFFF, len(value) if length is None else length) + value


def open_ended(tag: int, vr: str, content: bytes) -> bytes:
    return pack("<HH", tag >> 16, tag & 0xFFFF) + vr.encode() + pack("<HI", 0, UNDEFINED) + content + SEQUENCE_END


@pytest.mark.parametrize("vr", "AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split())
def test_short_lengths(vr: str) -> None:
    """VRs with 16-bit lengths (PS3.5 Table 7.1-2)."""
    assert explicit(element(0x0009_1001, vr, b"1234")) == {0x0009_1001: (vr, b"1234")}


@pytest.mark.parametrize("vr", "OB OD OF OL OV OW SV UC UN UR UT UV".split())
def test_long_lengths(vr: str) -> None:
    """VRs with 32-bit lengths (PS3.5 Table 7.1-1)."""
    assert explicit(element(0x0009_1001, vr, b"1234")) == {0x0009_1001: (vr, b"1234")}


def test_implicit_vr_comes_from_the_dictionary() -> None:
    """In implicit VR the dictionary tells the VR, UN where it does not know."""
    found = implicit(plain(0x0010_0020, b"7 ") + plain(0x0009_1001, b"ab"))
    assert found == {0x0010_0020: ("LO", b"7 "), 0x0009_1001: ("UN", b"ab")}


INNER = element(0x0008_1155, "UI", b"1.2\0")
PARSED: Any = {SEQUENCE: ("SQ", [{0x0008_1155: ("UI", b"1.2\0")}])}


@pytest.mark.parametrize(
    "data",
    [
        element(SEQUENCE, "SQ", [INNER]),
        open_ended(SEQUENCE, "SQ", item(INNER)),
        open_ended(SEQUENCE, "SQ", pack("<HHI", 0xFFFE, 0xE000, UNDEFINED) + INNER + ITEM_END),
        element(SEQUENCE, "SQ", pack("<HHI", 0xFFFE, 0xE000, UNDEFINED) + INNER + ITEM_END),
        open_ended(SEQUENCE, "UN", item(plain(0x0008_1155, b"1.2\0"))),
    ],
    ids=["defined", "undefined", "both undefined", "undefined items", "UN"],
)
def test_sequences(data: bytes) -> None:
    """Sequences of defined and undefined length, of items of either, and UN of undefined length are the same."""
    assert explicit(data) == PARSED


def test_implicit_sequences() -> None:
    """The same in implicit VR; an unknown attribute of undefined length is a sequence too."""
    inner = item(plain(0x0008_1155, b"1.2\0"))
    assert implicit(plain(SEQUENCE, inner)) == PARSED
    assert implicit(plain(SEQUENCE, inner, UNDEFINED) + SEQUENCE_END) == PARSED
    assert implicit(plain(0x0009_1001, inner, UNDEFINED) + SEQUENCE_END) == {0x0009_1001: PARSED[SEQUENCE]}


def test_code_sequences_stay_bytes() -> None:
    """Codes stay bytes, delimiters cut off, for a reader that may know them; `items` tokenises them."""
    data = code(CODE)
    ((_, raw),) = explicit(data).values()
    assert raw == data[12:]
    ((_, delimited),) = explicit(open_ended(CODE, "SQ", data[12:])).values()
    assert delimited == raw
    (found,) = Tokeniser(data[12:]).items(explicit=True)
    assert found == {0x0008_0100: ("SH", b"121071"), 0x0008_0102: ("SH", b"DCM "), 0x0008_0104: ("LO", b"Finding ")}


def test_a_code_sequence_that_ends_beyond_its_item() -> None:
    """A delimiter outside the item around it is no end."""
    cut = open_ended(CODE, "SQ", code(CODE)[12:])[:-4]
    with pytest.raises(ReadError):
        explicit(element(SEQUENCE, "SQ", item(cut)))


def test_duplicates_are_told() -> None:
    """Of two elements of one tag the last is taken, and the tag is told once."""
    tokeniser = Tokeniser(3 * element(0x0010_0020, "LO", b"1 ") + element(0x0010_0020, "LO", b"2 "))
    assert tokeniser.data_set(explicit=True) == {0x0010_0020: ("LO", b"2 ")}
    assert list(tokeniser.duplicates) == [0x0010_0020]


BROKEN = {
    "half a header": (INNER[:6], "in the middle of an element header"),
    "no VR": (b"\x08\0\x16\0zz\0\0", "no valid VR"),
    "past the end": (element(0x0010_0020, "LO", b"1234")[:-2], "runs past its data set"),
    "past the item": (element(SEQUENCE, "SQ", [INNER[:-2]]), "runs past its data set"),
    "item past the sequence": (element(SEQUENCE, "SQ", pack("<HHI", 0xFFFE, 0xE000, 99)), "runs past its sequence"),
    "sequence past the end": (element(SEQUENCE, "SQ", [INNER])[:-2], "runs past its data set"),
    "no item": (element(SEQUENCE, "SQ", INNER), "where a sequence item should start"),
    "no end of sequence": (open_ended(SEQUENCE, "SQ", item(INNER))[:-8], "no end"),
    "no end of item": (element(SEQUENCE, "SQ", pack("<HHI", 0xFFFE, 0xE000, UNDEFINED) + INNER), "no end"),
    "undefined text": (open_ended(0x0040_A160, "UT", b""), "undefined length"),
    "stray delimiter": (ITEM_END, "no valid VR"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_explicit_data(name: str) -> None:
    """Every kind of nonsense is a ReadError that says where and what."""
    data, message = BROKEN[name]
    with pytest.raises(ReadError, match=message):
        explicit(data)


@pytest.mark.parametrize(
    "data",
    [
        plain(0x0010_0020, b"12")[:6],
        plain(0x0010_0020, b"12", 99),
        ITEM_END,
        plain(SEQUENCE, b"", UNDEFINED),
        plain(SEQUENCE, INNER),
    ],
)
def test_broken_implicit_data(data: bytes) -> None:
    """The same in implicit VR."""
    with pytest.raises(ReadError):
        implicit(data)


def test_depth_is_bounded() -> None:
    """Nesting to the bound is fine, one more is a LimitError."""
    limits = Limits(max_depth=20)
    assert Tokeniser(nested(20, SEQUENCE), limits).data_set(explicit=True)
    with pytest.raises(LimitError):
        Tokeniser(nested(21, SEQUENCE), limits).data_set(explicit=True)


def test_items_are_bounded() -> None:
    """So is the count of items, those read before included."""
    data = element(SEQUENCE, "SQ", item(b"") * 10)
    limits = Limits(max_items=10)
    assert Tokeniser(data, limits).data_set(explicit=True)
    with pytest.raises(LimitError):
        Tokeniser(data, limits, items_read=1).data_set(explicit=True)
