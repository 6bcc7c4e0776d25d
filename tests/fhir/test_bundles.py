"""Bundles as a whole: valid, the same every time, entries that find each other."""

import json
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis.strategies import sampled_from

from sr2graph.dicom.report import Report
from sr2graph.fhir import BUNDLES, FLAVOURS, IDS, FhirBundle, FhirError, How, to_fhir
from sr2graph.fhir.resources import ELSEWHERE
from sr2graph.samples import KINDS, sample
from sr2graph.samples.templated import TEMPLATED, instance
from tests import strategies
from tests.fhir.models import numbers_not_found, ours, parsed, problems, references, resources

ZONE = "+01:00"


@cache
def report(kind: str) -> Report:
    return sample(kind)


@cache
def projected(kind: str, flavour: str = "r5-dicom-sr", bundle: str = "transaction", ids: str = "put") -> FhirBundle:
    return to_fhir(report(kind), flavour, bundle, ids, timezone=ZONE)


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_sample_is_valid(kind: str, flavour: str) -> None:
    """fhir.resources has nothing against it, nor do we."""
    assert problems(projected(kind, flavour), flavour) == []


def test_validation_would_notice() -> None:
    """An oracle that accepts all proves nothing."""
    bundle = projected("key_objects")
    spoiled = json.loads(bundle.json())
    spoiled["entry"][0]["resource"]["gender"] = 5
    spoiled["entry"][-1]["resource"]["unknown"] = "x"
    spoiled["entry"][1]["resource"]["version"] = []
    spoiled["entry"].append({"resource": contradictory()})
    found = problems(FhirBundle(spoiled), "r5-dicom-sr")
    assert len(found) >= 8
    assert {"obs-3", "obs-6", "obs-7", "obs-8", "per-1"} <= set(found)


def contradictory() -> dict[str, Any]:
    """An Observation that breaks all rules beyond its shape."""
    code = {"coding": [{"system": "http://loinc.org", "code": "8302-2"}]}
    return {
        "resourceType": "Observation",
        "code": code,
        "status": "final",
        "valueString": "x",
        "dataAbsentReason": code,
        "component": [{"code": code, "valueString": "y"}],
        "referenceRange": [{"appliesTo": [code]}],
        "bodySite": code,
        "bodyStructure": {"type": "BodyStructure"},
        "effectivePeriod": {"start": "2024-01-02", "end": "2024-01-01"},
    }


@pytest.mark.parametrize("number", range(len(TEMPLATED)), ids=[tid for tid, _ in TEMPLATED])
def test_any_root_template_goes_through(number: int) -> None:
    """The generic rules leave no template out, in neither release: the guide's R5, and the others in turn."""
    grown = instance(TEMPLATED[number][0], 1)
    others = [each for each in FLAVOURS if each != "r5-dicom-sr"]
    for flavour in ("r5-dicom-sr", others[number % len(others)]):
        bundle = to_fhir(grown, flavour, timezone=ZONE)
        assert list(ours(parsed(bundle))) == []
        assert bundle.problems() == []
        assert numbers_not_found(grown, bundle) == []
        assert sum(loss.how is not How.NOTE for loss in bundle.losses) == len(list(grown.walk()))
        assert resources(bundle, "DiagnosticReport")


@settings(max_examples=50)
@given(strategies.reports(), sampled_from(FLAVOURS))
def test_anything_that_can_be_read_goes_through(report: Report, flavour: str) -> None:
    bundle = to_fhir(report, flavour, timezone=ZONE)
    assert problems(bundle, flavour) == []
    assert bundle.problems() == []
    assert numbers_not_found(report, bundle) == []
    assert sum(loss.how is not How.NOTE for loss in bundle.losses) == len(list(report.walk()))


@pytest.mark.parametrize("kind", ["ct_dose", "radiomics", "mammography_cad"])
def test_the_same_report_gives_the_same_bytes(kind: str) -> None:
    assert to_fhir(sample(kind), timezone=ZONE).json() == projected(kind).json()


def test_another_report_has_other_ids() -> None:
    other = replace(report("radiomics"), document=replace(report("radiomics").document, sop_instance_uid="1.2.3"))
    one, two = (
        {each["id"] for each in resources(bundle) if each["resourceType"] in {"Observation", "DiagnosticReport"}}
        for bundle in (projected("radiomics"), to_fhir(other, timezone=ZONE))
    )
    assert not one & two


# ---------------------------------------------------------------- entries and references


def targets(bundle: FhirBundle) -> set[str]:
    return {entry["fullUrl"] for entry in bundle.resource["entry"]} | {
        f"{each['resourceType']}/{each['id']}" for each in resources(bundle)
    }


@pytest.mark.parametrize(
    ("kind", "ids"), [*((kind, "put") for kind in KINDS), *(("obgyn", ids) for ids in IDS), ("planar_roi", "logical")]
)
def test_every_reference_is_to_an_entry_of_its_type(kind: str, ids: str) -> None:
    bundle = projected(kind, ids=ids)
    known = {entry["fullUrl"]: entry["resource"]["resourceType"] for entry in bundle.resource["entry"]}
    assert len(known) == len(bundle.resource["entry"])
    found = list(references(bundle.resource))
    assert found
    assert all(known[each["reference"]] == each["type"] for each in found)


@pytest.mark.parametrize("ids", IDS)
def test_a_transaction_can_be_posted_twice(ids: str) -> None:
    """Put under an id that follows from the report, or created only if there is none (FHIR 3.2.0.8)."""
    entries = projected("radiomics", ids=ids).resource["entry"]
    if ids == "conditional":
        # Provenance has no identifier that a server could search by.
        assert {entry["request"]["method"] for entry in entries if "Provenance" in entry["request"]["url"]} == {"PUT"}
        entries = [entry for entry in entries if entry["resource"]["resourceType"] != "Provenance"]
        searches = [entry["request"]["ifNoneExist"] for entry in entries]
        assert {entry["request"]["method"] for entry in entries} == {"POST"}
        assert all(entry["request"]["url"] == entry["resource"]["resourceType"] for entry in entries)
        types = [(entry["request"]["url"], search) for entry, search in zip(entries, searches, strict=True)]
        assert len(set(types)) == len(types)
    else:
        assert {entry["request"]["method"] for entry in entries} == {"PUT"}
        assert all(
            entry["request"]["url"] == f"{entry['resource']['resourceType']}/{entry['resource']['id']}"
            for entry in entries
        )


def test_what_a_resource_is_searched_by_it_has() -> None:
    """ifNoneExist finds what an earlier post created."""
    from urllib.parse import parse_qs

    for entry in projected("obgyn", ids="conditional").resource["entry"]:
        if entry["resource"]["resourceType"] == "Provenance":
            continue
        system, _, value = parse_qs(entry["request"]["ifNoneExist"])["identifier"][0].partition("|")
        told = entry["resource"]["identifier"]
        assert any((each.get("system"), each["value"]) == (system, value) for each in told)


def test_a_patient_is_searched_by_id_where_the_system_is_known() -> None:
    anonymous = replace(report("key_objects"), patient=replace(report("key_objects").patient, issuer=None))
    made = to_fhir(anonymous, ids="conditional", patient_system="urn:oid:1.2.3")
    search = made.resource["entry"][0]["request"]["ifNoneExist"]
    assert search == f"identifier=urn%3Aoid%3A1.2.3%7C{anonymous.patient.patient_id}"
    assert "urn%3Auuid" in to_fhir(anonymous, ids="conditional").resource["entry"][0]["request"]["ifNoneExist"]


def test_logical_references_create_nothing_that_is_elsewhere() -> None:
    bundle = projected("obgyn", ids="logical")
    assert not {each["resourceType"] for each in resources(bundle)} & ELSEWHERE
    observation = resources(bundle, "Observation")[0]
    assert observation["subject"]["identifier"]["value"] == report("obgyn").patient.patient_id
    assert "reference" not in observation["subject"]


@pytest.mark.parametrize("ids", IDS)
def test_entries_of_a_batch_do_not_count_on_each_other(ids: str) -> None:
    """FHIR 3.2.0.11.1: references are by id, and by identifier where the server gives the ids."""
    bundle = projected("radiomics", bundle="batch", ids=ids)
    found = [each["reference"] for each in references(bundle.resource)]
    assert not any(each.startswith("urn:uuid:") for each in found)
    assert set(found) <= targets(bundle)
    assert bool(found) is (ids != "conditional")


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("bundle", ["collection", "document"])
def test_bundles_that_are_not_sent_make_no_request(bundle: str, flavour: str) -> None:
    made = projected("basic_text", flavour, bundle)
    assert made.resource["type"] == bundle
    assert not any("request" in entry for entry in made.resource["entry"])
    assert problems(made, flavour) == []


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_document_begins_with_its_composition(flavour: str) -> None:
    """bdl-9 to bdl-11: identifier, time, Composition first."""
    made = projected("basic_text", flavour, "document")
    composition = made.resource["entry"][0]["resource"]
    assert composition["resourceType"] == "Composition"
    assert made.resource["identifier"]["value"] == f"urn:oid:{report('basic_text').sop_instance_uid}"
    assert made.resource["timestamp"]
    sections = [section["code"]["text"] for section in composition["section"] if "code" in section]
    assert sections == ["Clinical Information", "Findings", "Impressions", "Recommendations"]
    assert all(section["text"]["div"] for section in composition["section"] if "code" in section)


def test_a_document_needs_to_know_when() -> None:
    undated = replace(report("basic_text"), document=replace(report("basic_text").document, content_date=None))
    with pytest.raises(FhirError, match="Content Date"):
        to_fhir(undated, bundle="document", timezone=ZONE)
    homeless = replace(report("basic_text"), document=replace(report("basic_text").document, timezone_offset=None))
    with pytest.raises(FhirError, match="timezone="):
        to_fhir(homeless, bundle="document")


@pytest.mark.parametrize("wrong", [{"flavour": "r3"}, {"bundle": "history"}, {"ids": "post"}])
def test_what_is_not_known_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(FhirError, match=f"{next(iter(wrong))}: .* is none of"):
        to_fhir(report("key_objects"), **wrong)


def test_r4_has_nothing_of_r5() -> None:
    types = Counter(each["resourceType"] for kind in KINDS for each in resources(projected(kind, "r4")))
    assert "ImagingSelection" not in types
    assert not any("meta" in each for kind in KINDS for each in resources(projected(kind, "r4")))
    assert all(
        "bodyStructure" not in each for kind in KINDS for each in resources(projected(kind, "r4"), "Observation")
    )


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("bundle", BUNDLES)
def test_a_bundle_is_a_model_as_a_whole(bundle: str, flavour: str) -> None:
    """What fhir.resources writes again says the same: nothing was dropped or read as something else."""
    made = projected("diagnostic_report", flavour, bundle)
    written = json.loads(made.model().model_dump_json(), parse_float=Decimal)
    assert normal(written) == normal(parsed(made))


def normal(value: Any) -> Any:
    """Without the differences that fhir.resources makes: forms of one instant, numbers of one value, integer64."""
    if isinstance(value, dict):
        return {key: str(each) if key == "size" else normal(each) for key, each in value.items()}
    if isinstance(value, list):
        return [normal(each) for each in value]
    if isinstance(value, str) and "T" in value:
        with suppress(ValueError):
            return datetime.fromisoformat(value)
    return value
