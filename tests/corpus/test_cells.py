"""Numbers are numbers in the tables, and every digit comes back."""

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sr2graph.corpus.cells import NUMBERS, VALUES, canonical
from sr2graph.graph import kinds
from sr2graph.graph.iris import uid_iri
from sr2graph.graph.vocabulary import NAMESPACE


@pytest.mark.parametrize(
    ("cell", "number", "text"),
    [
        ("450", 450.0, None),
        ("12.5", 12.5, None),
        ("-0.25", -0.25, None),
        ("0.0001", 0.0001, None),
        ("999999999999999", 999999999999999.0, None),
        ("1.10", 1.1, "1.10"),
        ("450.0", 450.0, "450.0"),
        ("+7", 7.0, "+7"),
        ("007", 7.0, "007"),
        ("-0", -0.0, "-0"),
        (".5", 0.5, ".5"),
        ("5.", 5.0, "5."),
        ("0.00001", 0.00001, "0.00001"),
        ("1000000000000000", 1e15, "1000000000000000"),
        ("0.1000000000000000055511151231257827", 0.1, "0.1000000000000000055511151231257827"),
        ("1" + "0" * 400, math.inf, "1" + "0" * 400),
    ],
)
def test_decimals(cell: str, number: float, text: str | None) -> None:
    assert NUMBERS["decimal"](cell) == (number, text)


@given(st.from_regex(r"[+-]?([0-9]{1,20}(\.[0-9]{0,20})?|\.[0-9]{1,20})", fullmatch=True))
def test_every_digit_of_a_decimal_comes_back(cell: str) -> None:
    number, text = NUMBERS["decimal"](cell)
    assert number is not None
    assert (canonical(number) if text is None else text) == cell


@pytest.mark.parametrize(
    ("cell", "number", "text"),
    [("450.0", 450.0, None), ("1e-05", 1e-05, None), ("1e-5", 1e-05, "1e-5"), ("INF", math.inf, None)],
)
def test_doubles(cell: str, number: float, text: str | None) -> None:
    assert NUMBERS["double"](cell) == (number, text)


def test_not_a_number_is_a_double() -> None:
    number, text = NUMBERS["double"]("NaN")
    assert number is not None
    assert math.isnan(number)
    assert text is None


@given(st.floats(width=64))
def test_every_double_comes_back(value: float) -> None:
    number, text = NUMBERS["double"](kinds.double(value))
    back = kinds.double_value(text) if text is not None else number
    assert back is not None
    assert struct.pack("<d", back) == struct.pack("<d", value) or (math.isnan(back) and math.isnan(value))


@pytest.mark.parametrize(
    ("cell", "number", "text"),
    [
        ("12", 12, None),
        ("-3", -3, None),
        ("+007", 7, "+007"),
        ("-0", 0, "-0"),
        ("9223372036854775807", 2**63 - 1, None),
        ("9223372036854775808", None, "9223372036854775808"),
        ("-9223372036854775808", -(2**63), None),
        ("0" * 30 + "5", 5, "0" * 30 + "5"),
        ("9" * 5000, None, "9" * 5000),
    ],
)
@pytest.mark.parametrize("kind", ["integer", "digits"])
def test_integers(kind: str, cell: str, number: int | None, text: str | None) -> None:
    assert NUMBERS[kind](cell) == (number, text)


def test_names_become_iris() -> None:
    assert VALUES["class"]("Num") == NAMESPACE + "Num"
    assert VALUES["uid"]("1.2.840") == uid_iri("1.2.840") == "urn:oid:1.2.840"
    assert VALUES["ordinal"]("12") == 12
