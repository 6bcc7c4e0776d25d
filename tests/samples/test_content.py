"""What questions can be asked of a cohort: readers, scanners, doses, growth, and the marks of a computer."""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from functools import cache

from sr2graph.dicom.content import ByReference, ContentItem, RelationshipType
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import (
    Code,
    ImageReference,
    MeasuredValue,
    PersonName,
    SpatialCoordinates,
    Text,
    UIDReference,
)
from sr2graph.samples.cohort import regular_reports

PATIENTS = 150


@cache
def made() -> tuple[tuple[str, Report], ...]:
    return tuple(pair for index in range(PATIENTS) for pair in regular_reports(1, index))


def of_kind(kind: str) -> Iterator[Report]:
    return (report for found, report in made() if found == kind)


def named(item: ContentItem | Report, concept: str) -> Iterator[ContentItem]:
    """The items below with a concept name of this code."""
    return (each for each in item.walk() if each.concept_name and each.concept_name.value == concept)


def below(item: ContentItem, concept: str) -> Iterator[ContentItem]:
    """The children with a concept name of this code."""
    children = (child for child in item.children if isinstance(child, ContentItem))
    return (child for child in children if child.concept_name and child.concept_name.value == concept)


def number(item: ContentItem) -> Decimal:
    assert isinstance(item.value, MeasuredValue)
    assert item.value.number is not None
    return item.value.number


def code_of(item: ContentItem) -> str | None:
    assert isinstance(item.value, Code)
    assert item.value.concept is not None
    return item.value.concept.value


def uid_of(group: ContentItem) -> str | None:
    (uid,) = (child.value for child in below(group, "112040"))
    assert isinstance(uid, UIDReference)
    return uid.uid


def reader_of(item: ContentItem | Report) -> str | None:
    names = [each.value.person_name for each in named(item, "121008") if isinstance(each.value, PersonName)]
    return names[0] if names else None


def test_two_readers_measure_the_same_lesion_and_differ() -> None:
    """Two reports of one study, two people, one tracking UID, two long axes."""
    axes: dict[tuple[str | None, str | None], dict[str | None, Decimal]] = defaultdict(dict)
    for report in of_kind("planar_roi"):
        for group in named(report, "125007"):
            for axis in below(group, "103339001"):
                if isinstance(axis.value, MeasuredValue) and axis.value.number is not None:
                    key = report.study.study_instance_uid, uid_of(group)
                    axes[key][reader_of(report)] = axis.value.number
    pairs = [tuple(values.values()) for values in axes.values() if len(values) == 2]
    assert len(pairs) > 20
    assert all(abs(first - second) / first < Decimal("0.4") for first, second in pairs)
    assert sum(first != second for first, second in pairs) > len(pairs) * 0.8


def test_a_double_reading_names_the_reader_of_each_group() -> None:
    readers = defaultdict(set)
    for report in of_kind("volumetric_roi"):
        for group in named(report, "125007"):
            if reader := reader_of(group):
                readers[report.sop_instance_uid, uid_of(group)].add(reader)
    assert readers
    assert all(len(who) == 2 for who in readers.values())


def test_features_name_algorithm_segment_and_scanner() -> None:
    scanners = set()
    for report in of_kind("radiomics"):
        assert report.equipment.station_name
        assert "CT" in report.equipment.station_name
        scanners.add(report.equipment.manufacturer)
        for group in named(report, "125007"):
            assert list(below(group, "111001"))
            assert list(below(group, "111003"))
            (segment,) = below(group, "121191")
            assert isinstance(segment.value, ImageReference)
            assert len(segment.value.segments) == 1
            assert 0 < number(next(below(group, "QCFX"))) < 1
    assert len(scanners) >= 3


def test_some_scans_went_on_against_a_warning_and_say_why() -> None:
    """Forward estimates are there where they exceed the value, and only there (PS3.16 TID 10015)."""
    reasons = 0
    for report in of_kind("ct_dose"):
        for title, value, estimate in (("113908", "113912", "113914"), ("113900", "113903", "113905")):
            for half in named(report, title):
                limits, estimates = list(below(half, value)), list(below(half, estimate))
                assert all(number(estimates[0]) > number(limits[0]) for _ in estimates)
                reasons += len(list(below(half, "113907")))
                assert not list(below(half, "113907")) or list(below(half, "113870"))
    assert reasons > 3


def test_a_device_changes_its_software_and_nothing_else() -> None:
    versions, identities = defaultdict(set), defaultdict(set)
    for _, report in made():
        equipment = report.equipment
        versions[equipment.station_name].add(equipment.software_versions)
        identities[equipment.station_name].add((equipment.serial_number, equipment.device_uid, equipment.model_name))
    assert max(map(len, versions.values())) >= 3
    assert all(len(identity) == 1 for identity in identities.values())


def test_patients_come_back_over_years() -> None:
    years = defaultdict(set)
    for _, report in made():
        years[report.patient.patient_id].add((report.study.date or "")[:4])
    assert max(map(len, years.values())) >= 4


def test_an_impression_leads_to_an_image_step_by_step() -> None:
    """Impression, finding, size: each INFERRED FROM the next by reference; a path on an image ends it."""
    chains = 0
    for report in of_kind("diagnostic_report"):
        for impression in named(report, "121073"):
            for finding in linked(report, impression):
                for size in linked(report, finding):
                    if isinstance(size.value, MeasuredValue):
                        (path,) = (
                            item
                            for item in size.children
                            if isinstance(item, ContentItem) and isinstance(item.value, SpatialCoordinates)
                        )
                        (image,) = (report.item(link.target) for link in path.children if isinstance(link, ByReference))
                        assert isinstance(image.value, ImageReference)
                        chains += 1
    assert chains > 50


def linked(report: Report, item: ContentItem) -> list[ContentItem]:
    return [
        report.item(child.target)
        for child in item.children
        if isinstance(child, ByReference) and child.relationship == RelationshipType.INFERRED_FROM
    ]


def test_preliminary_reports_are_mostly_replaced() -> None:
    documents = [report.document for report in of_kind("basic_text")]
    preliminary = {each.sop_instance_uid for each in documents if each.preliminary_flag == "PRELIMINARY"}
    final = {
        instance.sop_instance_uid
        for each in documents
        if each.preliminary_flag == "FINAL"
        for study in each.predecessors
        for series in study.series
        for instance in series.instances
    }
    assert final
    assert final < preliminary


def test_only_complete_reports_are_verified() -> None:
    """PS3.3 C.17.2."""
    flags = {(report.document.completion_flag, report.document.verification_flag) for _, report in made()}
    assert ("PARTIAL", "UNVERIFIED") in flags
    assert ("PARTIAL", "VERIFIED") not in flags


def test_marks_of_cad_point_at_the_image_they_are_on() -> None:
    """Center and outline of a finding are SELECTED FROM one image of the library, of the breast in question."""
    marks = 0
    for report in of_kind("mammography_cad"):
        for finding in named(report, "111059"):
            targets = {
                link.target
                for shape in finding.children
                if isinstance(shape, ContentItem) and isinstance(shape.value, SpatialCoordinates)
                for link in shape.children
                if isinstance(link, ByReference)
            }
            assert len(targets) <= 1
            marks += len(targets)
            assert all(isinstance(report.item(target).value, ImageReference) for target in targets)
    assert marks > 20


def test_a_finding_of_cad_grows_old_with_its_patient() -> None:
    """What was found at one round of screening is found at the next."""
    rounds = defaultdict(list)
    for report in of_kind("mammography_cad"):
        found = len(list(named(report, "111059"))) + len(list(named(report, "111015")))
        rounds[report.patient.patient_id].append((report.study.date, found))
    followed = [sorted(dates) for dates in rounds.values() if len(dates) > 2]
    assert followed
    assert any(dates[-1][1] > dates[0][1] for dates in followed)


def test_glandular_doses_add_up() -> None:
    for report in of_kind("mammography_dose"):
        assert sum(map(number, named(report, "111631"))) == sum(map(number, named(report, "111637")))


def test_the_atrium_is_indexed_by_body_surface() -> None:
    for report in of_kind("echo"):
        (volume,), (index,), (surface,) = (list(named(report, code)) for code in ("399235004", "79984-1", "8277-6"))
        assert abs(number(index) - number(volume) / number(surface)) < 1
    fractions = [number(item) for report in of_kind("echo") for item in named(report, "18043-0")]
    assert min(fractions) < 40
    assert max(fractions) > 60


def test_fetuses_grow() -> None:
    heads: dict[str | None, list[tuple[str | None, Decimal]]] = defaultdict(list)
    for report in of_kind("obgyn"):
        means = [number(item) for item in named(report, "11984-2") if list(named(item, "121404"))]
        heads[report.patient.patient_id] += [(report.study.date, mean) for mean in means[:1]]
    series = [[mean for _, mean in sorted(dates)] for dates in heads.values()]
    assert all(sizes == sorted(sizes) for sizes in series)


def test_hundred_reports_are_hundred_reports() -> None:
    """No two say the same, whatever their UIDs."""
    said = {
        tuple(
            value
            for item in report.walk()
            for value in (item.value.numeric_value if isinstance(item.value, MeasuredValue) else ())
        )
        for _, report in made()
    }
    narrative = {"basic_text", "key_objects"}
    assert len(said) > 0.97 * sum(kind not in narrative for kind, _ in made())


def test_texts_vary() -> None:
    texts = [
        tuple(item.value.text for item in report.walk() if isinstance(item.value, Text))
        for report in of_kind("basic_text")
    ]
    assert len(set(texts)) > len(texts) * 0.6


def test_key_objects_have_many_titles() -> None:
    titles = {
        report.root.concept_name.value for report in of_kind("key_objects") if report.root and report.root.concept_name
    }
    assert len(titles) >= 8
