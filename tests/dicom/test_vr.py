"""Values to bytes and back, by VR."""

import math
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sr2graph.dicom.vr import FORMATS, number_bytes, numbers, tag_bytes, tags, trimmed
from tests.strategies import numbers as any_number


@given(
    st.sampled_from(sorted(FORMATS)).flatmap(lambda vr: st.tuples(st.just(vr), st.lists(any_number(vr), max_size=5)))
)
def test_numbers_survive(case: tuple[str, list[Any]]) -> None:
    """Numbers -> bytes -> numbers is equal, NaN and infinities included."""
    vr, values = case
    assert numbers(vr, number_bytes(vr, tuple(values))) == tuple(values)


@pytest.mark.parametrize("vr", FORMATS)
def test_odd_lengths_are_no_numbers(vr: str) -> None:
    """Bytes that do not divide into numbers give None."""
    assert numbers(vr, b"123456789012345") is None
    assert numbers(vr, b"") == ()


def test_there_is_one_nan() -> None:
    """Every NaN is the same object, so that tuples that hold it are equal."""
    raw = struct.pack("<f", math.nan) + b"\1\0\xc0\xff"
    found = numbers("FL", raw)
    assert found is not None
    assert found[0] is found[1]
    assert math.isnan(found[0])


@given(st.lists(st.integers(0, 0xFFFF_FFFF), max_size=5))
def test_tags_survive(values: list[int]) -> None:
    """Tags -> bytes -> tags is equal."""
    assert tags(tag_bytes(tuple(values))) == tuple(values)


def test_tags_are_group_and_element() -> None:
    """An AT value is two 16-bit numbers, not one of 32 (PS3.5 6.2)."""
    assert tag_bytes((0x0040_A730,)) == b"\x40\0\x30\xa7"
    assert tags(b"\x40\0\x30") is None


@pytest.mark.parametrize(
    ("text", "vr", "expected"),
    [
        (" 1.5 ", "DS", "1.5"),
        ("1.2\0", "UI", "1.2"),
        (" Doe ", "PN", " Doe"),
        ("  indented \0", "UT", "  indented"),
        ("CT ", "CS", "CT"),
        (" \0 ", "LO", ""),
        ("tab\t", "LO", "tab\t"),
    ],
)
def test_padding(text: str, vr: str, expected: str) -> None:
    """Blanks and NULs at the end are padding, leading ones only where the VR says so (PS3.5 6.2)."""
    assert trimmed(text, vr) == expected


@pytest.mark.parametrize(("vr", "value"), [("US", 65536), ("SS", -32769), ("UL", -1), ("FL", 1e300), ("UV", 2**64)])
def test_what_does_not_fit(vr: str, value: float) -> None:
    """A number too large for its VR is an error, not another number."""
    with pytest.raises((struct.error, OverflowError)):
        number_bytes(vr, (value,))
