import json
import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sr2graph.fhir.json_text import Exact, _pieces, exact, exact_float, json_bytes, json_text
from tests.fhir.models import as_json, same_number

R5_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,17})?([eE](0|[+\-]?[1-9][0-9]{0,9}))?")
"""FHIR R5: decimal, its regular expression."""


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("1.10", "1.10"),
        ("1.0", "1.0"),
        (" 12 ", "12"),
        ("+5", "5"),
        ("-0", "-0"),
        ("007.50", "7.50"),
        (".5", "0.5"),
        ("-.5", "-0.5"),
        ("5.", "5"),
        ("3.111220E+04", "3.111220E+4"),
        ("3.10E+00", "3.10"),
        ("2e-007", "2E-7"),
        ("1e-3", "1E-3"),
        ("0000", "0"),
        ("1234567890.12345\0", "1234567890.12345"),
        ("0.0012340000523254", "0.0012340000523254"),
        ("0.001234000052325427", "1.234000052325427E-3"),
        ("-12345678901234567890", "-123.45678901234567890E+17"),
        ("0.000000000000000000", "0E-18"),
        ("1" * 35, f"{'1' * 18}.{'1' * 17}E+17"),
    ],
)
def test_a_decimal_string_keeps_its_digits(text: str, written: str) -> None:
    number = exact(text)
    assert number is not None
    assert json_text({"value": number}) == f'{{"value":{written}}}'
    assert number == Decimal(text.strip(" \0"))


@pytest.mark.parametrize(
    "text", ["", " ", ".", "-", "1,5", "1.2.3", "NaN", "Infinity", "1e", "٣", "0x10", "1 2", "9" * 36, "9" * 65]
)
def test_what_is_no_number_is_none(text: str) -> None:
    assert exact(text) is None


@given(st.from_regex(r"[+-]?([0-9]{1,20}(\.[0-9]{0,20})?|\.[0-9]{1,20})([eE][+-]?[0-9]{1,2})?", fullmatch=True))
def test_any_decimal_string_is_json_with_the_same_digits(text: str) -> None:
    number = exact(text)
    assert number is not None
    assert same_number(number.text, as_json(text))
    assert R5_DECIMAL.fullmatch(number.text)
    assert json.loads(number.text, parse_float=Decimal, parse_int=Decimal) == Decimal(text)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.from_regex(r"[a-zA-Z]+", fullmatch=True), inner),
    max_leaves=20,
)


@given(json_values)
def test_everything_else_is_as_json_has_it(value: object) -> None:
    assert json.loads(json_text(value)) == value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_float_is_a_decimal_of_fhir(number: float) -> None:
    made = exact_float(number)
    assert float(made) == number
    assert R5_DECIMAL.fullmatch(made.text)


@given(json_values)
def test_what_the_fast_writer_does_not_take_is_written_all_the_same(value: object) -> None:
    """Half a surrogate pair, a number of more than 64 bits; and where both write, they write the same."""
    assert json_text([value, "\ud800", 2**70, exact("1.10")]) == f'[{json_text(value)},"\ud800",{2**70},1.10]'
    assert json_text(value) == "".join(_pieces(value))
    assert json_bytes(value) == json_text(value).encode()
    assert json_bytes(["\ud800"]) == b'["?"]'


def test_a_number_without_the_text_of_the_report_is_refused() -> None:
    """Its digits would be a guess."""
    with pytest.raises(TypeError, match="Decimal"):
        json_bytes([Decimal("1.1")])


def test_an_exact_number_is_a_decimal() -> None:
    assert isinstance(exact("1.10"), Decimal)
    assert str(Exact("1.10")) == "1.10"
