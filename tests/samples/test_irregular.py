"""What varies from the templates: in a small share of reports, and legal all the same."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from functools import cache

import pytest

from sr2graph.dicom.content import ContentItem
from sr2graph.dicom.read import read
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import Code, MeasuredValue
from sr2graph.samples import sample
from sr2graph.samples.codes import GY, MM, sct
from sr2graph.samples.cohort import patient_reports, regular_reports
from sr2graph.samples.irregular import (
    in_centimetres,
    in_milligray,
    mislabelled,
    rewritten,
)
from sr2graph.samples.vocabularies import srt_values

PATIENTS = 120


@cache
def pairs() -> tuple[tuple[Report, Report], ...]:
    """Reports as the templates want them, and as they are in the cohort."""
    return tuple(
        (regular, written)
        for index in range(PATIENTS)
        for (_, regular), (_, written) in zip(regular_reports(1, index), patient_reports(1, index), strict=True)
    )


def changed() -> Iterator[Report]:
    return (written for regular, written in pairs() if written != regular)


def measured(number: str, name: str, unit: str) -> ContentItem:
    units = {"mm": MM, "Gy": GY}
    return ContentItem(
        (1,), value_type="NUM", concept_name=sct(name, "Anything"), value=MeasuredValue((number,), units[unit])
    )


def test_a_small_share_is_irregular() -> None:
    share = sum(1 for _ in changed()) / len(pairs())
    assert 0.05 < share < 0.2


def test_only_codes_and_units_vary() -> None:
    """The tree keeps its shape and the header its words."""
    for regular, written in pairs():
        assert [item.position for item in written.walk()] == [item.position for item in regular.walk()]
        assert [item.value_type for item in written.walk()] == [item.value_type for item in regular.walk()]
        assert (written.document, written.patient, written.study) == (regular.document, regular.patient, regular.study)


def test_the_same_finding_site_is_coded_in_many_schemes() -> None:
    schemes = Counter(
        item.value.concept.scheme
        for _, report in pairs()
        for item in report.walk()
        if isinstance(item.value, Code) and item.value.concept and item.concept_name
        if item.concept_name.value in {"363698007", "G-C0E3"}
    )
    assert set(schemes) >= {"SCT", "SRT", "RADLEX", "99WEIRVALLEY"}
    assert len(schemes) >= 5
    assert schemes["SCT"] > sum(schemes.values()) * 0.6


def test_a_code_is_said_in_several_ways() -> None:
    said = {
        item.value.concept.meaning
        for _, report in pairs()
        for item in report.walk()
        if isinstance(item.value, Code) and item.value.concept and item.value.concept.value == "10200004"
    }
    assert len(said) >= 3


def test_old_software_writes_snomed_rt_only() -> None:
    """... as long as there was a code."""
    old = [report for _, report in pairs() if "H64_3.9" in report.equipment.software_versions]
    assert old
    for report in old:
        values = {
            item.concept_name.value for item in report.walk() if item.concept_name and item.concept_name.scheme == "SCT"
        }
        assert values.isdisjoint(srt_values())


def test_irregular_reports_survive_being_written_and_read() -> None:
    for report in changed():
        again = read(report.to_dicom(), strict=True)
        assert again == report
        assert again.deviations == ()


def test_the_same_reports_are_irregular_each_time() -> None:
    for index in range(10):
        assert list(patient_reports(1, index)) == list(patient_reports(1, index))


@pytest.mark.parametrize(("number", "in_cm"), [("24.5", "2.45"), ("8.0", "0.80"), ("103", "10.3")])
def test_centimetres_keep_every_digit(number: str, in_cm: str) -> None:
    value = in_centimetres(measured(number, "103339001", "mm")).value
    assert isinstance(value, MeasuredValue)
    assert value.numeric_value == (in_cm,)
    assert value.unit
    assert value.unit.value == "cm"


def test_a_mislabelled_length_is_ten_times_too_long() -> None:
    value = mislabelled(measured("24.5", "103339001", "mm")).value
    assert isinstance(value, MeasuredValue)
    assert (value.number, value.unit and value.unit.value) == (Decimal("24.5"), "cm")


def test_lengths_of_other_things_stay() -> None:
    width = measured("2.5", "103355008", "mm")
    assert in_centimetres(width) is width


def test_milligray_is_a_thousandth() -> None:
    value = in_milligray(measured("0.00012345", "1", "Gy")).value
    assert isinstance(value, MeasuredValue)
    assert (value.numeric_value, value.unit and value.unit.value) == (("0.12345",), "mGy")


def test_what_nothing_changes_stays_the_same_object() -> None:
    root = sample("key_objects").root
    assert root is not None
    assert rewritten(root, in_centimetres) is root
