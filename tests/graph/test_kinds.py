"""Cells say what the file says, exactly, or stand beside its text."""

import math
import re
import struct
from decimal import Decimal
from typing import Any

import pyoxigraph
import pytest
import rdflib
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import RdfFormat

from sr2graph.graph.kinds import LITERALS, MAX_EXPONENT, list_text, list_values, says_all, single, single_value
from sr2graph.graph.vocabulary import PREFIXES
from tests.strategies import numbers, text_lists, texts

XSD = PREFIXES["xsd"]
DS = r"[ ]?[+-]?([0-9]{1,6}(\.[0-9]{0,6})?|\.[0-9]{1,6})([eE][+-]?[0-5]?[0-9])?"
LEXICAL = {
    "decimal": r"[+-]?(\d+(\.\d*)?|\.\d+)",
    "integer": r"[+-]?\d+",
    "date": r"\d{4}-\d\d-\d\d([+-]\d\d:\d\d)?",
    "time": r"\d\d:\d\d:\d\d(\.\d+)?",
    "dateTime": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:\d\d)?",
    "gYear": r"\d{4}([+-]\d\d:\d\d)?",
    "gYearMonth": r"\d{4}-\d\d([+-]\d\d:\d\d)?",
}
"""Lexical forms of XML Schema 1.1 Part 2."""


def cell(kind: str, value: Any) -> str | None:
    return LITERALS[kind].cell(value)


@given(st.from_regex(DS, fullmatch=True))
def test_decimals_have_exactly_the_digits_of_the_text(text: str) -> None:
    """DS is exact: no float on the way (PS3.5 Table 6.2-1)."""
    found = cell("decimal", text)
    if text.startswith(" "):
        assert found is None, "reading trims; what is left belongs to the value"
        return
    assert found is not None
    assert re.fullmatch(LEXICAL["decimal"], found)
    wanted, got = Decimal(text), Decimal(found)
    assert wanted == got
    assert wanted.is_signed() == got.is_signed()
    digits = text.lower().partition("e")[0].strip("+-").replace(".", "")
    assert digits.strip("0") == found.strip("+-").replace(".", "").strip("0")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.10", "1.10"),
        ("-0", "-0"),
        ("+.5", "+.5"),
        ("5.", "5."),
        ("1e-3", "0.001"),
        ("1.10E2", "110"),
        ("1.5e-2", "0.015"),
        ("-2E+3", "-2000"),
        ("1e64", "1" + "0" * MAX_EXPONENT),
        ("1e65", None),
        ("1e999999999", None),
        ("", None),
        (".", None),
        ("e5", None),
        ("NaN", None),
        ("1,5", None),
        ("१", None),
    ],
)
def test_decimal_cells(text: str, value: str | None) -> None:
    assert cell("decimal", text) == value


@pytest.mark.parametrize(
    ("text", "value", "datatype"),
    [
        ("2024", "2024", "gYear"),
        ("202402", "2024-02", "gYearMonth"),
        ("20240229", "2024-02-29", "date"),
        ("2024022912", "2024-02-29T12:00:00", "dateTime"),
        ("202402291230", "2024-02-29T12:30:00", "dateTime"),
        ("20240229123045.5", "2024-02-29T12:30:45.5", "dateTime"),
        ("20240229123045+0200", "2024-02-29T12:30:45+02:00", "dateTime"),
        ("2024-0330", "2024-03:30", "gYear"),
        ("20240229+1400", "2024-02-29+14:00", "date"),
        ("20240230", None, ""),
        ("202413", None, ""),
        ("00000101", None, ""),
        ("0000", None, ""),
        ("20240229123060", None, ""),
        ("2024022924", None, ""),
        ("2024022912.5", None, ""),
        ("20240229+1500", None, ""),
        ("2024.02.29", None, ""),
    ],
)
def test_date_times_keep_their_precision(text: str, value: str | None, datatype: str) -> None:
    found = cell("datetime", text)
    assert found == value
    if found is not None:
        assert LITERALS["datetime"].datatype(found) == XSD + datatype


@pytest.mark.parametrize(
    ("kind", "text", "exact"),
    [
        ("date", "20240229", True),
        ("date", "2024.02.29", False),
        ("date", "20230229", False),
        ("time", "120000", True),
        ("time", "120000.5", True),
        ("time", "1200", False),
        ("time", "12:00:00", False),
        ("time", "235960", False),
        ("datetime", "20240229", True),
        ("datetime", "2024022912", False),
        ("decimal", "1.10", True),
        ("decimal", "1e-3", False),
        ("digits", "+007", True),
        ("digits", "1.0", False),
    ],
)
def test_the_text_stands_beside_what_a_literal_cannot_say(kind: str, text: str, exact: bool) -> None:
    assert says_all(kind, text) is exact


KINDS_OF_TEXT = [
    ("date", "DA"),
    ("time", "TM"),
    ("datetime", "DT"),
    ("decimal", "DS"),
    ("digits", "IS"),
    ("string", "UT"),
]


@pytest.mark.parametrize(("kind", "vr"), KINDS_OF_TEXT)
def test_says_all_means_that_the_value_comes_back(kind: str, vr: str) -> None:
    @given(texts(vr))
    def check(text: str) -> None:
        found = cell(kind, text)
        assert says_all(kind, text) == (found is not None and LITERALS[kind].value(found) == text)
        if found is not None and kind != "string":
            datatype = LITERALS[kind].datatype(found).removeprefix(XSD)
            assert re.fullmatch(LEXICAL[datatype], found, re.ASCII)

    check()


@pytest.mark.parametrize("kind", ["decimal", "date", "time", "datetime", "digits"])
def test_no_text_breaks_a_kind(kind: str) -> None:
    @given(st.text() | st.from_regex(r"[0-9+.:eE-]{1,20}", fullmatch=True))
    def check(text: str) -> None:
        found = cell(kind, text)
        assert found is None or re.fullmatch(LEXICAL[LITERALS[kind].datatype(found).removeprefix(XSD)], found, re.ASCII)

    check()


@given(
    st.from_regex(r"(19|20)[0-9]{2}((0[1-9]|1[0-2])((0[1-9]|[12][0-9])([01][0-9]([0-5][0-9]){2})?)?)?", fullmatch=True)
)
def test_oxigraph_and_rdflib_accept_dates_of_any_precision(text: str) -> None:
    found = cell("datetime", text)
    if found is None:
        assert text[4:8] in ("0229", "0230")
        return
    datatype = LITERALS["datetime"].datatype(found)
    literal = rdflib.Literal(found, datatype=rdflib.URIRef(datatype), normalize=False)
    assert not literal.ill_typed
    term = pyoxigraph.Literal(found, datatype=pyoxigraph.NamedNode(datatype))
    asked = pyoxigraph.Store().query(f"ASK {{ FILTER(sameTerm({term}, {term}) && {term} = {term}) }}")
    assert bool(asked)


# ---------------------------------------------------------------- numbers of binary VRs


@given(numbers("FD"))
def test_doubles_come_back(value: float) -> None:
    text = cell("double", value)
    assert text is not None
    again = LITERALS["double"].value(text)
    assert struct.pack("<d", again) == struct.pack("<d", value)
    line = f'<urn:s> <urn:p> "{text}"^^<{XSD}double> .'
    (triple,) = pyoxigraph.parse(line, format=RdfFormat.N_TRIPLES)
    assert isinstance(triple.object, pyoxigraph.Literal)
    assert triple.object.value == text
    assert not rdflib.Literal(text, datatype=rdflib.XSD.double, normalize=False).ill_typed


@given(numbers("FL"))
def test_singles_come_back_bit_by_bit(value: float) -> None:
    again = single_value(single(value))
    assert struct.pack("<f", again) == struct.pack("<f", value)
    assert again == value or math.isnan(again)


@pytest.mark.parametrize("vr", ["FL", "FD", "US", "SS", "UL", "SL"])
def test_lists_of_numbers_come_back(vr: str) -> None:
    @given(st.lists(numbers(vr), min_size=1, max_size=8).map(tuple))
    def check(values: tuple[Any, ...]) -> None:
        # Compared by repr: there is -0.0, and NaN does not equal itself.
        assert repr(list_values(vr, list_text(vr, values))) == repr(values)

    check()


@pytest.mark.parametrize("vr", ["DS", "IS", "LO", "DT", "UC", "AE"])
def test_lists_of_texts_come_back(vr: str) -> None:
    @given(text_lists(vr))
    def check(values: tuple[str, ...]) -> None:
        if len(values) == 1 and "\\" in values[0]:
            return
        assert list_values(vr, list_text(vr, values)) == values

    check()


@pytest.mark.parametrize(("vr", "text"), [("FL", "one"), ("FD", ""), ("US", "1.5"), ("UL", "1  2"), ("FL", "1e99")])
def test_what_is_no_list_is_refused(vr: str, text: str) -> None:
    with pytest.raises((ValueError, OverflowError)):
        list_values(vr, text)
