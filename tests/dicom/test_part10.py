"""Files: preamble, meta information, transfer syntaxes, padding."""

from struct import pack

import pytest

from sr2graph.dicom.limits import Limits
from sr2graph.dicom.part10 import (
    DEFLATED_LITTLE,
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    TRANSFER_SYNTAX_UID,
    read_encoded,
)
from sr2graph.dicom.write import to_dicom
from sr2graph.errors import LimitError, NotDicomError, ReadError
from sr2graph.samples import sample
from tests.dicom.encodings import ENCODINGS, element, file, text_item

SYNTAXES = {
    "explicit": EXPLICIT_LITTLE,
    "implicit": IMPLICIT_LITTLE,
    "big_endian": EXPLICIT_BIG,
    "deflated": DEFLATED_LITTLE,
    "without_meta": EXPLICIT_LITTLE,
    "without_meta_implicit": IMPLICIT_LITTLE,
}


@pytest.mark.parametrize("encoding", SYNTAXES)
def test_the_transfer_syntax_is_told(encoding: str) -> None:
    """The transfer syntax is that of the meta information, or guessed from the first bytes."""
    found = read_encoded(ENCODINGS[encoding](to_dicom(sample("key_objects"))))
    assert found.transfer_syntax == SYNTAXES[encoding]
    assert bool(found.problems) == encoding.startswith("without")


@pytest.mark.parametrize(
    ("encoding", "problem"),
    [
        ("without_preamble", "the preamble is missing"),
        ("without_prefix", "the preamble is missing"),
        ("without_meta", "the preamble and meta information are missing"),
        ("zeros_at_the_end", "510 zero bytes follow the data set"),
    ],
)
def test_what_is_missing_is_told(encoding: str, problem: str) -> None:
    """A file that is not quite one is read, and it is said what it lacks."""
    assert problem in read_encoded(ENCODINGS[encoding](to_dicom(sample("key_objects")))).problems


def test_values_that_end_in_zeros_are_whole() -> None:
    """Zeros at the end are padding only when they are not part of the last value."""
    data = file(text_item("x")) + element(0x7FE1_1001, "OB", b"\1" + b"\0" * 63)
    found = read_encoded(data)
    assert found.elements[0x7FE1_1001] == ("OB", b"\1" + b"\0" * 63)
    assert found.problems == ()
    padded = read_encoded(data + b"\0" * 32)
    assert padded.elements == found.elements
    assert padded.problems == ("32 zero bytes follow the data set",)


def test_big_endian_numbers_are_turned() -> None:
    """Numbers of big endian files come out as those of little endian ones."""
    data = to_dicom(sample("planar_roi"))
    little, big = (read_encoded(ENCODINGS[name](data), by_pydicom=True).elements for name in ("explicit", "big_endian"))
    assert little == big


@pytest.mark.parametrize("data", [b"", b"\0" * 132, b"\0" * 128 + b"DICX", b"II*\0" + b"\0" * 200, b"text" * 100])
def test_not_dicom(data: bytes) -> None:
    """What has neither a prefix nor a data set at its start is not DICOM."""
    with pytest.raises(NotDicomError):
        read_encoded(data)


@pytest.mark.parametrize("length", [0xFFFF_FFFF, 0x7FFF_FFFF, 5000])
def test_meta_information_that_lies(length: int) -> None:
    """Meta information that runs past the file is an error of ours."""
    with pytest.raises(ReadError):
        read_encoded(b"\0" * 128 + b"DICM" + pack("<HH2sHI", 2, 1, b"OB", 0, length) + b"\0\1")


def test_wrong_transfer_syntax_is_read_by_pydicom() -> None:
    """A file that is implicit VR but says explicit is read all the same."""
    data = ENCODINGS["implicit"](to_dicom(sample("key_objects")))
    wrong = data.replace(b"1.2.840.10008.1.2\0", b"1.2.840.10008.1.2.1\0", 1)
    at = wrong.index(b"\x02\x00\x10\x00UI") + 6
    wrong = wrong[:at] + pack("<H", 20) + wrong[at + 2 :]
    found = read_encoded(wrong)
    assert found.by_pydicom
    assert len(found.problems) == 1


def test_size_is_bounded() -> None:
    """A file past the bound is not looked at."""
    with pytest.raises(LimitError):
        read_encoded(file(text_item("x")), Limits(max_bytes=100))


def test_meta_elements_are_kept_apart() -> None:
    """The meta information is not part of the data set."""
    found = read_encoded(to_dicom(sample("key_objects")))
    assert TRANSFER_SYNTAX_UID in found.meta
    assert not [tag for tag in found.elements if tag >> 16 == 2]
