"""Finding templates, rows and groups by number and by words."""

import pytest

from sr2graph.templates.search import Hit, Kind, UnknownNumberError, group, search, template


@pytest.mark.parametrize("said", ["1411", "01411", "TID 1411", " tid1411 ", "TID  1411"])
def test_a_template_is_found_by_its_number(said: str) -> None:
    assert template(said).tid == "1411"


def test_letters_belong_to_the_number() -> None:
    assert template("10003a").tid == "10003A"


@pytest.mark.parametrize("said", ["244", "CID 244", "cid 0244"])
def test_a_group_is_found_by_its_number(said: str) -> None:
    assert group(said).name == "Laterality"


@pytest.mark.parametrize(
    ("said", "near"),
    [
        ("1499", "1420, 1500, 1501, 1502"),
        ("10009", "10006, 10007, 10011, 10012"),
        ("999999999", "15400, 15401"),
        ("words", "none"),
        ("", "none"),
    ],
)
def test_the_nearest_numbers_are_named(said: str, near: str) -> None:
    with pytest.raises(UnknownNumberError) as caught:
        template(said)
    assert near in str(caught.value)


def test_a_number_of_thousands_of_digits_is_no_work() -> None:
    with pytest.raises(UnknownNumberError):
        group("9" * 5_000)


def test_templates_rows_groups_and_members_are_found_by_words() -> None:
    found = list(search("ejection fraction"))
    assert Hit(Kind.ROW, "TID 3803 row 14", 'NUM (10230-1, LN, "LV Ejection Fraction")') in found
    assert Hit(Kind.GROUP, "CID 3467", "Ejection Fraction (EjectionFraction)") in found
    assert Hit(Kind.MEMBER, "CID 12202", '(18043-0, LN, "Left Ventricular Ejection Fraction by US")') in found
    assert [each.kind for each in found] == sorted((each.kind for each in found), key=list(Kind).index)


def test_all_words_are_wanted_in_any_order_and_case() -> None:
    assert list(search("FRACTION ejection")) == list(search("ejection fraction"))
    assert all("planar" in hit.text.lower() and "roi" in hit.text.lower() for hit in search("planar ROI"))
    assert Hit(Kind.TEMPLATE, "TID 1410", "Planar ROI Measurements and Qualitative Evaluations") in search("planar roi")


def test_rows_that_include_are_found_by_the_template_they_include() -> None:
    text = "includes TID 1410 Planar ROI Measurements and Qualitative Evaluations"
    assert Hit(Kind.ROW, "TID 1500 row 7", text) in search("includes planar")


def test_codes_and_groups_of_a_row_are_found_too() -> None:
    assert any(hit.number == "TID 1411 row 3b" for hit in search("121071"))
    assert any(hit.kind is Kind.ROW and "DCID 7021" in hit.text for hit in search("DCID 7021"))
    assert any(hit.number == "TID 10001 row 2" and hit.text.startswith("value ") for hit in search("113704"))


@pytest.mark.parametrize("words", ["", "  ", "no such words in the standard"])
def test_nothing_is_found_for_nothing(words: str) -> None:
    assert list(search(words)) == []
