"""Images in R4, which has no ImagingSelection: DocumentReferences, and key object documents."""

from dataclasses import replace
from typing import Any

import pytest

from sr2graph.dicom.content import ContentItem
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import ImageReference, SpatialCoordinates, Text, ValueType
from sr2graph.fhir import FLAVOURS, FhirBundle, How, to_fhir
from sr2graph.fhir.pictures import NO_REGION
from sr2graph.samples import sample
from tests.fhir.models import corpus_reports, numbered, problems, references, resources
from tests.fhir.test_evidence import code, entitled, image, series_of
from tests.fhir.test_families import codes, resolved, with_code

R4 = [name for name in FLAVOURS if name.startswith("r4")]


def found(bundle: FhirBundle, observation: dict[str, Any]) -> list[dict[str, Any]]:
    told = [each for each in observation.get("derivedFrom", ()) if each["type"] == "DocumentReference"]
    return [resolved(bundle, each) for each in told]


@pytest.mark.parametrize("flavour", R4)
def test_an_observation_refers_to_the_images_it_was_made_of(flavour: str) -> None:
    report = sample("planar_roi")
    bundle = to_fhir(report, flavour, timezone="+01:00")
    groups = with_code(bundle, "125007")
    assert groups
    images = {each.value.sop_instance_uid for each in report.walk() if isinstance(each.value, ImageReference)}
    for group in groups:
        documents = found(bundle, group)
        assert documents
        for each in documents:
            assert each["masterIdentifier"]["value"].removeprefix("urn:oid:") in images
            (content,) = each["content"]
            assert content["attachment"]["contentType"] == "application/dicom"
            assert content["attachment"]["url"] == each["masterIdentifier"]["value"]
            assert each["context"]["related"][0]["type"] == "ImagingStudy"
    assert not resources(bundle, "ImagingSelection")


def test_regions_of_one_image_are_one_document() -> None:
    region = ContentItem(
        (1,), "INFERRED FROM", ValueType.SCOORD, code("111030"), SpatialCoordinates("POINT", (1.0, 2.0))
    )
    regions = [replace(region, children=(replace(image(0), relationship="SELECTED FROM"),)) for _ in range(5)]
    text = ContentItem((1,), "CONTAINS", ValueType.TEXT, code("121071"), Text("a"), tuple(regions))
    bundle = to_fhir(entitled("126000", text), "r4")
    (document,) = resources(bundle, "DocumentReference")
    assert document["content"][0]["format"]["code"] == "urn:oid:1.2.840.10008.5.1.4.1.1.2"
    (observation,) = resources(bundle, "Observation")
    assert len(observation["derivedFrom"]) == 1
    lines = [loss for loss in bundle.losses if loss.value_type == "SCOORD"]
    assert {(loss.how, loss.reason) for loss in lines} == {(How.NARRATIVE, NO_REGION)}
    assert {loss.target for loss in bundle.losses if loss.value_type == "IMAGE"} == {
        f"DocumentReference/{document['id']}"
    }


@pytest.mark.parametrize(
    ("value", "title"),
    [
        (ImageReference("1.2.840.10008.5.1.4.1.1.2", "1.2.3.0", frames=("3", "5")), "CT Image Storage, frames 3, 5"),
        (
            ImageReference("1.2.840.10008.5.1.4.1.1.66.4", "1.2.3.0", segments=(2,)),
            "Segmentation Storage, segments 2",
        ),
    ],
)
def test_frames_and_segments_are_told(value: ImageReference, title: str) -> None:
    whole = ContentItem((1,), "CONTAINS", ValueType.IMAGE, None, replace(value, frames=(), segments=()))
    part = replace(whole, value=value)
    documents = resources(to_fhir(entitled("113000", whole, part), "r4"), "DocumentReference")
    titles = [each["content"][0]["attachment"].get("title") for each in documents]
    assert titles[:2] == [title.partition(",")[0], title]


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("https://p/rs/studies/1.2/series/1.2.3", "https://p/rs/studies/1.2/series/1.2.3/instances/1.2.3.0"),
        ("https://p/rs", "urn:oid:1.2.3.0"),
        ("javascript:x/studies/1/series/1", "urn:oid:1.2.3.0"),
    ],
)
def test_an_image_is_where_its_series_is(base: str, url: str) -> None:
    report = entitled("113000", image(0))
    series = series_of("1.2.840.10008.5.1.4.1.1.2", retrieve_url=base)
    (study,) = report.document.current_evidence
    document = replace(report.document, current_evidence=(replace(study, series=(series,)),))
    picture, _ = resources(to_fhir(replace(report, document=document), "r4"), "DocumentReference")
    assert picture["content"][0]["attachment"]["url"] == url


# ---------------------------------------------------------------- key objects


def picked(flavour: str) -> tuple[Report, FhirBundle]:
    """A rejection, with a modifier, a description and a predecessor."""
    report = next(each for each in (sample("key_objects", seed=n) for n in range(80)) if _is_whole(each))
    return report, to_fhir(report, flavour, timezone="+01:00")


def _is_whole(report: Report) -> bool:
    told = {item.concept_name.code for item in report.walk() if item.concept_name is not None}
    return {"113011", "113012", "113001"} <= told


@pytest.mark.parametrize("flavour", R4)
def test_a_key_object_document_is_one_that_refers_to_its_objects(flavour: str) -> None:
    report, bundle = picked(flavour)
    assert problems(bundle, flavour) == []
    documents = resources(bundle, "DocumentReference")
    own = f"urn:oid:{report.sop_instance_uid}"
    (document,) = [each for each in documents if each["masterIdentifier"]["value"] == own]
    assert codes(document["type"]) == {"113001"}
    (modifier,) = [item for item in report.walk() if item.concept_name and item.concept_name.code == "113011"]
    assert codes(document["category"][0]) == {modifier.value.concept.code}  # type: ignore[union-attr] # CODE
    (described,) = [item for item in report.walk() if item.concept_name and item.concept_name.code == "113012"]
    assert document["description"] == described.value.text  # type: ignore[union-attr] # TEXT
    assert {each["type"] for each in document["author"]} <= {
        "Practitioner",
        "PractitionerRole",
        "Organization",
        "Device",
    }
    related = [resolved(bundle, each) for each in document["context"]["related"]]
    images = [item.value.sop_instance_uid for item in report.walk() if isinstance(item.value, ImageReference)]
    assert [each["masterIdentifier"]["value"] for each in related[1:]] == [f"urn:oid:{uid}" for uid in images]
    assert related[0]["resourceType"] == "ImagingStudy"
    assert not [loss for loss in bundle.left_out() if loss.value_type == "IMAGE"]


def test_a_selection_says_why_and_by_whom() -> None:
    """R5."""
    report, bundle = picked("r5-dicom-sr")
    assert problems(bundle, "r5-dicom-sr") == []
    (modifier,) = [item for item in report.walk() if item.concept_name and item.concept_name.code == "113011"]
    for each in resources(bundle, "ImagingSelection"):
        assert codes(each["category"][0]) == {modifier.value.concept.code}  # type: ignore[union-attr] # CODE
        assert resolved(bundle, each["performer"][0]["actor"])["resourceType"] == "Practitioner"
    assert "DCM:113011" not in {loss.code for loss in bundle.left_out()}


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_document_has_a_section_of_its_key_objects(flavour: str) -> None:
    bundle = to_fhir(sample("key_objects"), flavour, "document", timezone="+01:00")
    sections = {each["title"]: each for each in bundle.resource["entry"][0]["resource"]["section"]}
    kinds = {resolved(bundle, each)["resourceType"] for each in sections["Images"]["entry"]}
    assert kinds == {"DocumentReference" if flavour.startswith("r4") else "ImagingSelection"}


def test_a_new_selection_replaces_the_old_one() -> None:
    report = sample("key_objects")
    predecessors = replace(report, document=replace(report.document, predecessors=report.document.current_evidence))
    documents = resources(to_fhir(predecessors, "r4"), "DocumentReference")
    (own,) = [each for each in documents if "relatesTo" in each]
    assert {each["code"] for each in own["relatesTo"]} == {"replaces"}


@pytest.mark.corpus
def test_no_image_of_a_real_report_is_lost_in_r4() -> None:
    """All that are left out have no UID, or are of an item that is no observation."""
    why: dict[str, int] = {}
    count = 0
    for _, report in corpus_reports():
        bundle = to_fhir(report, "r4")
        lines = [loss for loss in bundle.losses if loss.value_type in {"IMAGE", "COMPOSITE", "WAVEFORM"}]
        count += len(lines)
        for loss in lines:
            if loss.how is not How.MAPPED:
                why[loss.reason] = why.get(loss.reason, 0) + 1
        known = {entry["fullUrl"] for entry in bundle.resource["entry"]}
        assert {each["reference"] for each in references(bundle.resource) if each["reference"][0] != "#"} <= known
    assert count > 1500
    assert sum(why.values()) < 60, why


def test_objects_without_a_valid_uid_are_listed() -> None:
    wrong = ContentItem((1,), "CONTAINS", ValueType.IMAGE, None, ImageReference("1.2", "not a uid!"))
    root = ContentItem((1,), None, ValueType.CONTAINER, code("113000"), children=(wrong,))
    bundle = to_fhir(replace(sample("key_objects"), root=numbered(root)), "r4")
    assert [loss.reason for loss in bundle.left_out()] == ["no instance with a valid UID"]
