import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sr2graph.fhir.people import human_names
from sr2graph.fhir.texts import clean, date_time, identify, instant, is_uid, is_whole, time_of, token, zone_of

DATE_TIME = re.compile(
    r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01])(T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?"
    r"(Z|[+-]((0\d|1[0-3]):[0-5]\d|14:00)))?)?)?"
)
"""FHIR 2.24.0.1, dateTime."""


@pytest.mark.parametrize(
    ("text", "zone", "written"),
    [
        ("2024", None, "2024"),
        ("202403", None, "2024-03"),
        ("20240301", "+01:00", "2024-03-01"),
        ("20240301101512", "+01:00", "2024-03-01T10:15:12+01:00"),
        ("20240301101512.123456", "+01:00", "2024-03-01T10:15:12.123456+01:00"),
        ("20240301101512-0500", "+01:00", "2024-03-01T10:15:12-05:00"),
        ("20240301101512+0000", None, "2024-03-01T10:15:12+00:00"),
        ("202403011015", "+01:00", "2024-03-01T10:15:00+01:00"),
        ("20240301101512", None, "2024-03-01"),
        ("2024030110", "+01:00", "2024-03-01"),
        ("20240230", None, None),
        ("20241301", None, None),
        ("0000", None, None),
        ("20240301256060", "+01:00", "2024-03-01"),
        ("2024-03-01", None, None),
        ("yesterday", None, None),
        ("", None, None),
        (None, None, None),
    ],
)
def test_a_date_is_as_precise_as_it_was(text: str | None, zone: str | None, written: str | None) -> None:
    """FHIR wants a zone beside a time of day; none is made up."""
    assert date_time(text, zone) == written


@given(
    st.from_regex(r"[0-9]{4}([0-9]{2}){0,5}(\.[0-9]{1,6})?([+-][0-9]{4})?", fullmatch=True),
    st.sampled_from([None, "+14:00"]),
)
def test_any_date_is_valid_or_none(text: str, zone: str | None) -> None:
    written = date_time(text, zone)
    assert written is None or DATE_TIME.fullmatch(written)


@pytest.mark.parametrize(
    ("text", "zone", "written"),
    [
        ("20240301101512", "+01:00", "2024-03-01T10:15:12+01:00"),
        ("202403011015", "+01:00", None),
        ("20240301101512", None, None),
        ("20240301", "+01:00", None),
    ],
)
def test_an_instant_needs_seconds_and_a_zone(text: str, zone: str | None, written: str | None) -> None:
    assert instant(text, zone) == written


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("+0100", "+01:00"),
        ("-0930", "-09:30"),
        ("-0000", "+00:00"),
        ("+01:00", "+01:00"),
        ("+1500", None),
        ("+0160", None),
    ],
)
def test_offsets(text: str, zone: str | None) -> None:
    assert zone_of(text) == zone


def test_the_part_of_a_date_that_is_not_written_is_known() -> None:
    assert is_whole("20240301", "2024-03-01")
    assert not is_whole("20240301101512", "2024-03-01")


@pytest.mark.parametrize(
    ("text", "time"), [("101512.5", "10:15:12.5"), ("1015", "10:15:00"), ("10", None), ("2560", None)]
)
def test_times(text: str, time: str | None) -> None:
    assert time_of(text) == time


@pytest.mark.parametrize(
    ("text", "kept"), [(" a\x00b ", "a\ufffdb"), ("\ud800", "\ufffd"), ("a\tb\n", "a\tb"), ("  ", None), (None, None)]
)
def test_text_is_what_xml_and_fhir_can_hold(text: str | None, kept: str | None) -> None:
    assert clean(text) == kept


def test_a_code_has_single_spaces() -> None:
    assert token("  A  B\t") == "A B"


@pytest.mark.parametrize(
    ("uid", "valid"), [("1.2.3", True), ("5.1.600", True), ("1." * 40, False), ("a", False), ("", False)]
)
def test_uids_as_ids(uid: str, valid: bool) -> None:
    assert is_uid(uid) is valid


@given(st.lists(st.text(st.characters())), st.lists(st.text(st.characters())))
def test_other_parts_are_another_id(one: list[str], other: list[str]) -> None:
    """Parts do not run into each other."""
    assert (identify(*one) == identify(*other)) is (one == other)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (
            "Doe^Jane Mary^Q^Dr^MD",
            [{"family": "Doe", "given": ["Jane", "Mary", "Q"], "prefix": ["Dr"], "suffix": ["MD"]}],
        ),
        ("Doe", [{"family": "Doe"}]),
        ("^^^^", []),
        (None, []),
    ],
)
def test_names_of_people(text: str | None, names: list[dict[str, object]]) -> None:
    assert human_names(text) == names


def test_each_group_of_a_name_says_how_it_is_written() -> None:
    roman, ideographic, phonetic = human_names("Yamada^Tarou=山田^太郎=やまだ^たろう")
    assert [each["extension"][0]["valueCode"] for each in (roman, ideographic, phonetic)] == ["ABC", "IDE", "SYL"]
    assert (roman["family"], ideographic["given"]) == ("Yamada", ["太郎"])
