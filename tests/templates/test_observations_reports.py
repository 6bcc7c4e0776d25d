"""Observations of whole reports: samples and other people's files, family by family, and what holds for all of them."""

from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from sr2graph.dicom.content import ContentItem, position_text
from sr2graph.dicom.read import read
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import MeasuredValue, ValueType
from sr2graph.samples import KINDS, sample
from sr2graph.samples.templated import TEMPLATED, instance
from sr2graph.templates.context import ObserverKind, SubjectKind
from sr2graph.templates.matching import Matching, matched
from sr2graph.templates.observations import Observation, observations
from tests.conftest import CORPUS, corpus_files

# ---------------------------------------------------------------- what holds for all

CONSUMED = "equations reference_range statistics modifiers translations illustrations value_maps regions images".split()


def found(report: Report) -> tuple[Matching, list[Observation]]:
    matching = matched(report)
    return matching, observations(matching)


def used(each: Observation) -> Iterator[ContentItem]:
    for name in CONSUMED:
        yield from getattr(each, name)


def check(report: Report) -> None:
    """Every NUM is one observation, and nothing that says something of another is one in its own right."""
    matching, observed = found(report)
    numbers = [each.number for each in observed]
    assert len(set(numbers)) == len(numbers)
    assert numbers == sorted(numbers)
    for each in observed:
        assert matching.items[each.number] is each.item
        assert matching.rows[each.number] is each.row
    measured = {n for n, item in enumerate(matching.items) if item.value_type == ValueType.NUM}
    assert measured <= set(numbers)
    referred = {reference.target for _, reference in report.by_references()}
    own = {id(each.item) for each in observed if each.role is None}
    for each in (each for each in observed if each.role is None):
        for item in used(each):
            # A region alone is an observation, its own region; what is referred to may be one of its own.
            is_free = item is each.item or item.position in referred
            assert id(item) not in own or is_free, position_text(item.position)


@pytest.mark.parametrize("kind", KINDS)
def test_samples(kind: str) -> None:
    check(sample(kind))


@pytest.mark.parametrize("tid", [tid for tid, _ in TEMPLATED])
def test_reports_of_every_template(tid: str) -> None:
    check(instance(tid, 3, 0.3))


@pytest.mark.corpus
@pytest.mark.parametrize("path", corpus_files(), ids=lambda path: path.name)
def test_other_peoples_reports(path: Path) -> None:
    check(read(path))


# ---------------------------------------------------------------- how to ask


@cache
def sampled(kind: str, seed: int = 1) -> tuple[Observation, ...]:
    return tuple(found(sample(kind, seed))[1])


@cache
def real(name: str) -> tuple[Observation, ...]:
    return tuple(found(read(CORPUS / name))[1])


def named(observed: tuple[Observation, ...], *codes: str) -> list[Observation]:
    """Those with a concept name, in their own right."""
    return [
        each
        for each in observed
        if each.role is None and each.item.concept_name is not None and each.item.concept_name.code in codes
    ]


def value(each: Observation) -> str:
    assert isinstance(each.item.value, MeasuredValue)
    return " ".join(each.item.value.numeric_value)


def at(item: ContentItem | None) -> str | None:
    return position_text(item.position) if item is not None else None


def meanings(concepts: object) -> list[str | None]:
    assert isinstance(concepts, tuple)
    return [each.meaning for each in concepts]


# ---------------------------------------------------------------- measurement reports


def test_a_lesion_measured_on_an_image() -> None:
    """Planar ROI: finding, site, side, tracking, region, image, method, reader, time point."""
    (axis, *_) = named(sampled("planar_roi"), "103339001")
    assert axis.finding is not None
    assert axis.finding.code == "52988006"
    assert [site.code for site in axis.finding_sites] == ["64033007"]
    assert axis.laterality is not None
    assert axis.laterality.code == "7771000"
    assert axis.tracking_identifier == "Lesion 1"
    assert axis.tracking_uid is not None
    assert axis.tracking_uid.startswith("2.25.")
    assert [region.value_type for region in axis.regions] == ["SCOORD"]
    assert [image.position[:-1] for image in axis.images] == [axis.regions[0].position]
    assert axis.method is not None
    assert axis.method.code == "126081"
    assert [observer.kind for observer in axis.context.observers] == [ObserverKind.PERSON]
    assert axis.context.time_point == "TP1"


def test_lesions_are_told_apart_by_tracking() -> None:
    axes = named(sampled("planar_roi"), "103339001")
    assert len({each.tracking_uid for each in axes}) == len({at(each.group) for each in axes}) == len(axes) > 1


def test_an_algorithm_of_the_section_measured_the_volumes() -> None:
    volumes = named(sampled("volumetric_roi"), "118565006")
    assert volumes
    for each in volumes:
        reader, algorithm = each.context.observers
        assert (reader.kind, algorithm.kind) == (ObserverKind.PERSON, ObserverKind.ALGORITHM)
        assert (algorithm.name, algorithm.version) == ("Gloam Contour", "2.7.1")
        assert each.source_series or each.images
        assert {region.value_type for region in each.regions} <= {"IMAGE", "SCOORD", "SCOORD3D"}


@pytest.mark.corpus
def test_a_real_segmentation() -> None:
    """dcmqi: the segment is the region; SRT codes; a derivation for each of four attenuations."""
    observed = real("tid1500-dcmqi-liver-1.dcm")
    attenuations = named(observed, "112031")
    assert [(each.derivation and each.derivation.code, value(each)) for each in attenuations] == [
        ("R-00317", "37.3289"),
        ("R-404FB", "-778"),
        ("G-A437", "221"),
        ("R-10047", "59.1691"),
    ]
    for each in (*attenuations, *named(observed, "G-D705")):
        assert meanings(each.finding_sites) == ["Liver"]
        assert each.finding is not None
        assert each.finding.meaning == "Organ"
        assert (each.tracking_identifier, each.context.time_point, each.context.session) == (
            "Measurements group 1",
            "1",
            "1",
        )
        assert [at(region) for region in each.regions] == ["1.6.1.6"]
        assert (at(each.group), at(each.section)) == ("1.6.1", "1.6")
    assert {each.role for each in observed} == {None, "acquisition"}


@pytest.mark.corpus
def test_a_real_pet_measurement() -> None:
    """dcmqi: method and real world value map of the group."""
    uptake = named(real("tid1500-dcmqi-1.dcm"), "126401")
    assert uptake
    for each in uptake:
        assert each.method is not None
        assert each.method.meaning == "SUV body weight calculation method"
        assert [item.value_type for item in each.value_maps] == ["COMPOSITE"]
        assert [observer.name for observer in each.context.observers] == ["User2"]


@pytest.mark.corpus
def test_groups_of_highdicom() -> None:
    by_group = {at(each.group): each for each in real("tid1500-highdicom-2.dcm")}
    nodule, aorta = by_group["1.7.2"], by_group["1.7.3"]
    assert (nodule.tracking_identifier, aorta.tracking_identifier) == ("LungNodule0001", "Aorta0001")
    assert nodule.finding_category is not None
    assert nodule.finding_category.code == "49755003"
    assert (meanings(nodule.finding_sites), aorta.finding_sites) == (["Lung"], ())
    assert [(observer.kind, observer.name) for observer in nodule.context.observers] == [
        (ObserverKind.PERSON, "Doe^John"),
        (ObserverKind.DEVICE, None),
    ]
    assert nodule.context.procedure is not None
    assert meanings(nodule.context.procedure.reported) == ["CT unspecified body region"]


@pytest.mark.corpus
def test_regions_of_single_measurements() -> None:
    """dcmjs and AIM: each measurement is inferred from its own coordinates."""
    observed = real("tid1500-dcmjs-1.dcm")
    long, short = (named(observed, code)[0] for code in ("G-A185", "G-A186"))
    assert long.group is short.group
    assert [at(region) for region in (*long.regions, *short.regions)] == ["1.5.3.3.1", "1.5.3.4.1"]
    assert [at(image) for image in long.images] == ["1.5.3.3.1.1"]
    (kidney,) = [each for each in real("tid1500-pixelmed-aim-1.dcm") if each.role is None]
    assert meanings(kidney.finding_sites) == ["Kidney"]


@pytest.mark.corpus
def test_annotations_without_measurements() -> None:
    """dwv: three arrows, each an observation of its own."""
    observed = real("basictext-dwv-arrow-1.dcm")
    assert [(each.item.value_type, each.tracking_identifier) for each in observed] == [
        ("SCOORD", "27ap77up9yb"),
        ("SCOORD", "t1a0s1kdhv"),
        ("SCOORD", "nge7f59kjbg"),
    ]


# ---------------------------------------------------------------- dose


def test_doses_belong_to_their_event_and_its_device() -> None:
    ctdi = named(sampled("ct_dose"), "113830")
    assert len({each.context.irradiation_event for each in ctdi}) == len(ctdi) > 1
    for each in ctdi:
        assert each.group is not None
        assert each.group.concept_name is not None
        assert each.group.concept_name.code == "113819"
        assert each.target_region is not None
        devices = [it for it in each.context.participants if it.kind is ObserverKind.DEVICE]
        assert [(device.model, device.role and device.role.code) for device in devices] == [("Peregrine CT", "113859")]
    (total,) = named(sampled("ct_dose"), "113813")
    assert total.context.irradiation_event is None
    assert total.group is not None
    assert total.group.concept_name is not None
    assert total.group.concept_name.code == "113811"


@pytest.mark.corpus
def test_events_of_a_real_ct() -> None:
    ctdi = named(real("ctdose-ge-pixelmed-1.dcm"), "113830")
    assert [(value(each), at(each.group)) for each in ctdi] == [("60.41", "1.11"), ("222.59", "1.12")]
    assert [each.context.irradiation_event for each in ctdi] == [
        "1.3.6.1.4.1.5962.99.1.3581082065.863539667.1365085747665.9.0",
        "1.3.6.1.4.1.5962.99.1.3581082065.863539667.1365085747665.3.0",
    ]
    for each in ctdi:
        device, operator = each.context.participants
        assert (device.kind, device.model) == (ObserverKind.DEVICE, "LightSpeed RT16")
        assert (operator.kind, operator.organization) == (ObserverKind.PERSON, "Royal Marsden Hospital")
        assert operator.role_in_organization is not None
        assert operator.role_in_organization.code == "121083"
    (tube,) = named(real("ctdose-ge-pixelmed-1.dcm"), "113833")
    assert (at(tube.group), tube.context.irradiation_event) == ("1.12.6.9", ctdi[1].context.irradiation_event)


@pytest.mark.corpus
def test_events_of_a_real_angiography() -> None:
    """Philips: over 6,000 items; each dose area product has its event, its time and its plane."""
    products = named(real("rfdose-philips-azurion-1.dcm"), "122130")
    events = {each.context.irradiation_event for each in products}
    assert len(events) == len(products) > 80
    for each in products:
        assert each.context.started is not None
        planes = [item.value for item in each.group_modifiers]
        assert len(planes) == 2
        assert [(it.name, it.model) for it in each.context.observers] == [("Azurion71", "Azurion")]
    filters = named(real("rfdose-philips-azurion-1.dcm"), "113757")
    assert {each.group.concept_name.code for each in filters if each.group and each.group.concept_name} == {"113771"}
    assert {each.context.irradiation_event for each in filters} <= events


@pytest.mark.corpus
def test_glandular_doses_have_their_side() -> None:
    accumulated = named(real("mgdose-hologic-1.dcm"), "111637")
    assert {each.laterality.meaning for each in accumulated if each.laterality} == {"Left breast", "Right breast"}
    doses = named(real("mgdose-ge-pristina-1.dcm"), "111631")
    assert doses
    assert all(each.context.irradiation_event and each.laterality for each in doses)


@pytest.mark.corpus
def test_organ_doses_of_a_radiopharmaceutical() -> None:
    observed = real("rrdose-siemens-biograph-1.dcm")
    doses = {each.finding_sites[0].meaning: each for each in named(observed, "113518")}
    assert (value(doses["Adrenal gland"]), value(doses["Brain"])) == ("4.73", "14.97")
    assert doses["Adrenal gland"].laterality is not None
    assert doses["Adrenal gland"].laterality.meaning == "Right and left"
    assert doses["Brain"].laterality is None
    assert [at(item) for item in doses["Brain"].statistics] == ["1.2.8.2.1"]
    (activity,) = named(observed, "113507")
    assert (value(activity), activity.context.started) == ("394", "20220224104030.000000")
    assert activity.context.administration_event is not None
    assert doses["Brain"].context.administration_event == activity.context.administration_event


# ---------------------------------------------------------------- ultrasound


def test_twins_stay_apart() -> None:
    """PS3.16 TID 5000: each section says whose it is, and each fetus has the same biometry."""
    observed = [each for each in sampled("obgyn") if each.role is None]
    fetuses = [each for each in observed if each.context.subject and each.context.subject.fetus]
    counts = Counter(each.context.subject.fetus for each in fetuses if each.context.subject)
    assert counts.keys() == {"1", "2"}
    assert counts["1"] == counts["2"] > 10
    for each in named(sampled("obgyn"), "11820-8"):
        assert each.context.subject is not None
        assert each.context.subject.kind is SubjectKind.FETUS
        assert each.group is not None
    weights = named(sampled("obgyn"), "11727-5")
    for each in weights:
        used = {at(item) for item in each.derived_from}
        own = each.context.subject
        sources = [it for it in observed if at(it.item) in used]
        assert len(used) == len(sources) > 1
        assert {it.context.subject.fetus for it in sources if it.context.subject} == {own.fetus if own else None}
    (height,) = named(sampled("obgyn"), "8302-2")
    assert height.context.subject is not None
    assert height.context.subject.kind is SubjectKind.PATIENT


@pytest.mark.corpus
def test_a_real_fetus() -> None:
    observed = real("obgyn-canon-1.dcm")
    (diameter,) = named(observed, "11820-8")
    assert (value(diameter), at(diameter.group), at(diameter.section)) == ("8.35", "1.6.4", "1.6")
    assert diameter.derivation is not None
    assert diameter.derivation.meaning == "Mean"
    assert diameter.selection is not None
    assert diameter.selection.meaning == "Mean value chosen"
    assert diameter.context.subject is not None
    assert (diameter.context.subject.fetus, diameter.context.language and diameter.context.language.meaning) == (
        "1",
        "English",
    )
    ages = named(observed, "18185-9")
    assert len(ages) == 8
    assert all(len(each.equations) == 1 for each in ages)
    (index,) = named(observed, "11627-7")
    assert meanings(index.finding_sites) == ["Amniotic Sac"]
    counts = [each for each in observed if each.role == "subject"]
    assert {each.item.concept_name.code for each in counts if each.item.concept_name} == {"11878-6"}


def test_an_echo_section_says_what_was_measured() -> None:
    (volume,) = named(sampled("echo"), "18026-5")
    assert meanings(volume.finding_sites) == ["Left Ventricle"]
    assert volume.method is not None
    assert volume.method.meaning == "Method of Disks, Biplane"
    assert len(volume.images) == 1
    assert [item.concept_name.meaning for item in volume.group_modifiers if item.concept_name] == ["Image Mode"]
    (fraction,) = [each for each in sampled("echo") if "Ejection Fraction" in str(each.item.concept_name)]
    assert fraction.derivation is not None
    assert fraction.derivation.meaning == "Calculated"
    assert volume.item in fraction.derived_from


# ---------------------------------------------------------------- CAD, reports, key objects


def test_mammography_findings_have_breast_view_and_intent() -> None:
    findings = named(sampled("mammography_cad"), "111059")
    outlined = [each for each in findings if each.regions]
    assert outlined
    for each in outlined:
        assert each.finding is not None
        assert each.image_laterality is not None
        assert each.image_laterality.meaning in ("Left breast", "Right breast")
        assert each.image_view is not None
        assert each.image_view.meaning in ("cranio-caudal", "medio-lateral oblique")
        assert each.rendering_intent is not None
        assert [observer.kind for observer in each.context.observers] == [ObserverKind.ALGORITHM]
    certainties = named(sampled("mammography_cad"), "111012")
    assert {at(each.group) for each in certainties} <= {at(each.item) for each in findings}


@pytest.mark.corpus
def test_a_real_mammography_cad() -> None:
    observed = real("mammocad-brayz-1.dcm")
    by_tracking = {each.tracking_identifier: each for each in named(observed, "111059")}
    first = by_tracking["finding 1"]
    assert first.finding is not None
    assert first.finding.meaning == "Mammographic breast density"
    assert first.image_laterality is not None
    assert first.image_view is not None
    assert (first.image_laterality.meaning, first.image_view.meaning) == ("Left breast", "cranio-caudal")
    nipple, wall = (named(observed, code)[0] for code in ("121242", "121244"))
    assert (value(nipple), value(wall)) == ("110.21", "27.65")
    assert nipple.tracking_identifier == wall.tracking_identifier == "finding 1"
    assert nipple.regions != wall.regions


def test_a_diagnostic_report_in_sections() -> None:
    observed = sampled("diagnostic_report")
    lesion, *_ = named(observed, "121071")
    assert lesion.finding is not None
    size, *_ = named(observed, "103339001")
    assert (lesion.finding.code, meanings(size.finding_sites)) == ("52988006", ["Kidney"])
    assert size.item in lesion.derived_from
    assert lesion.section is not None
    assert lesion.target_region is not None
    (impression,) = named(observed, "121073")
    assert impression.section is not lesion.section
    assert lesion.item in impression.derived_from


@pytest.mark.corpus
def test_key_objects() -> None:
    observed = real("ko-ihe-xtehr-1.dcm")
    assert [each.item.value_type for each in observed] == ["IMAGE"] * 3 + ["TEXT"]
    manifest = real("ko-ihe-mado-1.dcm")
    images = [each for each in manifest if each.item.value_type == "IMAGE"]
    assert images
    assert all(len(each.item.position) == 2 for each in images)  # none of the library
