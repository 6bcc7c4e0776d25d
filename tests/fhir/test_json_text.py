import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sr2graph.fhir.json_text import Exact, exact, json_text
from tests.fhir.models import as_json


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
        ("3.111220E+04", "3.111220E+04"),
        ("1e-3", "1E-3"),
        ("0000", "0"),
        ("1234567890.12345\0", "1234567890.12345"),
    ],
)
def test_a_decimal_string_keeps_its_digits(text: str, written: str) -> None:
    number = exact(text)
    assert number is not None
    assert json_text({"value": number}) == f'{{"value":{written}}}'
    assert number == Decimal(text.strip(" \0"))


@pytest.mark.parametrize(
    "text", ["", " ", ".", "-", "1,5", "1.2.3", "NaN", "Infinity", "1e", "٣", "0x10", "1 2", "9" * 65]
)
def test_what_is_no_number_is_none(text: str) -> None:
    assert exact(text) is None


@given(st.from_regex(r"[+-]?([0-9]{1,6}(\.[0-9]{0,5})?|\.[0-9]{1,5})([eE][+-]?[0-9]{1,2})?", fullmatch=True))
def test_any_decimal_string_is_json_with_the_same_digits(text: str) -> None:
    number = exact(text)
    assert number is not None
    assert number.text == as_json(text)
    assert json.loads(number.text, parse_float=Decimal, parse_int=Decimal) == Decimal(text)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.from_regex(r"[a-zA-Z]+", fullmatch=True), inner),
    max_leaves=20,
)


@given(json_values)
def test_everything_else_is_as_json_has_it(value: object) -> None:
    assert json.loads(json_text(value)) == value


def test_an_exact_number_is_a_decimal() -> None:
    assert isinstance(exact("1.10"), Decimal)
    assert str(Exact("1.10")) == "1.10"
