"""Every kind of sample: complete, consistent in itself, the same each time."""

from collections.abc import Iterator
from decimal import Decimal
from functools import cache

import pytest

from sr2graph.dicom.content import ByReference, ContentItem
from sr2graph.dicom.header import Document
from sr2graph.dicom.read import read
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import (
    CompositeReference,
    DateTime,
    ImageReference,
    MeasuredValue,
    PersonName,
    Text,
    UIDReference,
)
from sr2graph.samples import KINDS, large_sample, sample

SEEDS = (1, 2, 3)


@cache
def samples() -> tuple[Report, ...]:
    return tuple(sample(kind, seed) for kind in KINDS for seed in SEEDS)


def children(item: ContentItem) -> Iterator[tuple[tuple[int, ...], ContentItem | ByReference]]:
    for ordinal, child in enumerate(item.children, start=1):
        yield (*item.position, ordinal), child


@pytest.mark.parametrize("kind", KINDS)
def test_a_sample_is_the_same_each_time(kind: str) -> None:
    assert sample(kind, 7).to_dicom() == sample(kind, 7).to_dicom()
    assert sample(kind, 7) != sample(kind, 8)


@pytest.mark.parametrize("kind", KINDS)
def test_positions_are_paths(kind: str) -> None:
    report = sample(kind)
    assert report.root is not None
    assert report.root.position == (1,)
    for item in report.walk():
        for path, child in children(item):
            assert child.position == path


@pytest.mark.parametrize("kind", KINDS)
def test_links_lead_to_items_that_are_not_ancestors(kind: str) -> None:
    """Comprehensive SR forbids loops by reference (PS3.3 A.35.3.3.1.2)."""
    report = sample(kind)
    for source, link in report.by_references():
        assert report.item(link.target).position == link.target
        assert source.position[: len(link.target)] != link.target


@pytest.mark.parametrize("kind", KINDS)
def test_a_sample_survives_being_written_and_read(kind: str) -> None:
    report = sample(kind)
    again = read(report.to_dicom())
    assert again == report
    assert again.deviations == ()


@pytest.mark.parametrize("kind", KINDS)
def test_the_header_is_complete(kind: str) -> None:
    report = sample(kind)
    document = report.document
    assert report.patient.patient_id
    assert report.patient.name
    assert report.study.accession_number
    assert report.series.number
    assert report.equipment.serial_number
    assert document.requests
    assert document.coding_schemes
    assert report.root is not None
    assert report.root.template is not None
    assert report.root.template.mapping_resource == "DCMR"


@pytest.mark.parametrize("kind", KINDS)
def test_evidence_lists_every_instance_the_content_refers_to(kind: str) -> None:
    """PS3.3 C.17.2.3.  It may list more: what was read without anything to say about it."""
    report = sample(kind)
    used = {
        item.value.sop_instance_uid
        for item in report.walk()
        if isinstance(item.value, ImageReference | CompositeReference)
    }
    assert used <= set(instances(report.document))


def instances(document: Document) -> Iterator[str | None]:
    for study in (*document.current_evidence, *document.other_evidence):
        for series in study.series:
            yield from (instance.sop_instance_uid for instance in series.instances)


@pytest.mark.parametrize("kind", KINDS)
def test_numbers_fit_their_vr(kind: str) -> None:
    """DS holds 16 characters at most (PS3.5 6.2)."""
    for item in sample(kind).walk():
        if isinstance(item.value, MeasuredValue):
            assert all(len(value) <= 16 and Decimal(value).is_finite() for value in item.value.numeric_value)


def test_all_kinds_are_in_the_storage_classes_they_belong_to() -> None:
    suffixes = {(sample(kind).document.sop_class_uid or "").split(".88.")[-1] for kind in KINDS}
    assert suffixes == {"67", "68", "33", "34", "50", "59", "11"}


def test_some_evidence_is_not_referred_to() -> None:
    """Series that were read, and nothing in them measured."""
    report = sample("planar_roi")
    used = {item.value.sop_instance_uid for item in report.walk() if isinstance(item.value, ImageReference)}
    unused = [
        series
        for study in report.document.current_evidence
        for series in study.series
        if used.isdisjoint(instance.sop_instance_uid for instance in series.instances)
    ]
    assert len(unused) == 1


def test_some_sample_has_by_reference_relationships() -> None:
    assert any(list(report.by_references()) for report in samples())


def test_some_number_has_a_qualifier_and_no_value() -> None:
    values = [item.value for report in samples() for item in report.walk() if isinstance(item.value, MeasuredValue)]
    assert any(value.qualifier and not value.numeric_value for value in values)


def test_some_datetime_says_how_far_from_utc_it_is() -> None:
    values = [item.value for report in samples() for item in report.walk() if isinstance(item.value, DateTime)]
    assert any((value.datetime or "")[-5:-4] in {"+", "-"} for value in values)
    assert any(len(value.datetime or "") == 14 for value in values)


def test_some_text_is_not_ascii() -> None:
    assert any(not (report.patient.name or "").isascii() for report in samples())
    texts = [item.value.text or "" for report in samples() for item in report.walk() if isinstance(item.value, Text)]
    assert any(not text.isascii() for text in texts)
    assert any(text.isascii() for text in texts)


def test_people_are_named_in_content_as_in_the_header() -> None:
    names = {
        item.value.person_name for report in samples() for item in report.walk() if isinstance(item.value, PersonName)
    }
    assert len(names) > 3


def test_uids_are_derived_from_uuids() -> None:
    """PS3.5 B.2: 2.25. and a number of up to 39 digits."""
    for report in samples():
        uids = [report.sop_instance_uid, report.study.study_instance_uid or "", report.series.series_instance_uid or ""]
        uids += [item.value.uid or "" for item in report.walk() if isinstance(item.value, UIDReference)]
        assert all(uid.startswith("2.25.") and len(uid) <= 64 for uid in uids)


def test_a_large_sample_is_as_large_as_asked_for() -> None:
    report = large_sample(200)
    events = [item for item in report.walk() if item.concept_name and item.concept_name.value == "113706"]
    assert len(events) == 200
    assert len(report.to_dicom()) > 1_000_000


@pytest.mark.parametrize("seed", SEEDS)
def test_ct_dose_adds_up(seed: int) -> None:
    """The total is the sum of the dose length products, to the last digit."""
    report = sample("ct_dose", seed)
    assert sum(numbers(report, "113838")) == next(numbers(report, "113813"))
    assert 100 <= len(list(report.walk())) <= 260


@pytest.mark.parametrize("seed", SEEDS)
def test_projection_dose_adds_up(seed: int) -> None:
    report = sample("projection_xray_dose", seed)
    assert sum(numbers(report, "122130")) == sum(numbers(report, "113722"))
    assert sum(numbers(report, "113738")) == sum(numbers(report, "113725"))


def numbers(report: Report, concept: str) -> Iterator[Decimal]:
    for item in report.walk():
        if item.concept_name and item.concept_name.value == concept and isinstance(item.value, MeasuredValue):
            assert item.value.number is not None
            yield item.value.number
