"""The dose summary of every kind of dose report, and its events (HL7 Radiation Dose Summary)."""

from dataclasses import replace
from typing import Any

import pytest

from sr2graph.dicom.attributes import Attribute
from sr2graph.dicom.content import ContentItem
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import Code, MeasuredValue
from sr2graph.fhir import FhirBundle, How, to_fhir
from sr2graph.fhir.tables import coded, rows
from sr2graph.samples import sample
from sr2graph.templates.context import text_of
from sr2graph.templates.value_sets import context_group, meanings
from tests.fhir.models import codings_of, numbered, numbers_not_found, problems, resources

DCM = "http://dicom.nema.org/resources/ontology/DCM"
SCT = "http://snomed.info/sct"
RDS = "http://hl7.org/fhir/uv/radiation-dose-summary/"
CT, XRAY, MG, RP = "ct_dose", "projection_xray_dose", "mammography_dose", "radiopharmaceutical_dose"
STATION_AE_TITLE = Attribute(0x0008_0055, "AE", ("CT01",))


def made(report: Report, bundle: str = "transaction", ids: str = "put") -> FhirBundle:
    return to_fhir(report, "r4-rds", bundle, ids, timezone="+01:00")


def summary(bundle: FhirBundle) -> dict[str, Any]:
    found = resources(bundle, "Observation")
    (one,) = [each for each in found if ("http://loinc.org", "73569-6") in codings_of(each["code"])]
    return one


def by_code(observation: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for each in observation.get("component", ()):
        for coding in each["code"].get("coding", ()):
            found.setdefault(coding["code"], []).append(each)
    return found


def numbers(report: Report, *codes: str) -> list[str]:
    """The texts of the numbers of some concepts in a report, read without the projection."""
    items = (each for each in report.walk() if named(each) in codes)
    return [each.value.numeric_value[0] for each in items if isinstance(each.value, MeasuredValue)]


ACCUMULATED = {
    CT: ("113812", "113813", "113814"),
    XRAY: ("113722", "113725", "113726", "113727", "113730", "113731"),
    MG: ("111637",),
    RP: ("113507", "123005"),
}


@pytest.mark.parametrize("kind", ACCUMULATED)
def test_the_summary_has_what_was_accumulated(kind: str) -> None:
    report = sample(kind)
    told = by_code(summary(made(report)))
    for code in ACCUMULATED[kind]:
        wanted = numbers(report, code)
        assert wanted
        assert [each["valueQuantity"]["value"].text for each in told[code]] == wanted
        assert all(each["valueQuantity"]["system"] == "http://unitsofmeasure.org" for each in told[code])


@pytest.mark.parametrize(
    ("kind", "system", "code"),
    [(CT, SCT, "77477000"), (XRAY, DCM, "113704"), (MG, SCT, "71651007"), (RP, DCM, "113502")],
)
def test_the_summary_says_of_what_procedure_it_is(kind: str, system: str, code: str) -> None:
    (told,) = by_code(summary(made(sample(kind))))["121058"]
    assert (system, code) in codings_of(told["valueCodeableConcept"])


def test_agent_nuclide_and_route() -> None:
    told = by_code(summary(made(sample(RP))))
    for code in ("349358000", "89457008", "410675002"):
        assert [each["valueCodeableConcept"]["coding"][0]["system"] for each in told[code]] == [SCT]


def test_each_breast_is_told_apart() -> None:
    told = by_code(summary(made(sample(MG))))["111637"]
    assert [each["code"]["text"].rpartition("(")[2] for each in told] == ["Left breast)", "Right breast)"]
    assert "(Left breast) = 2.76 mGy" in summary(made(sample(MG)))["valueString"]


def test_planes_are_told_apart() -> None:
    """Doses at the reference point of two planes are not one dose, and are not added."""
    report = sample(XRAY)
    assert report.root is not None
    children = list(report.root.children)
    (plane,) = [each for each in children if named(each) == "113702"]
    assert isinstance(plane, ContentItem)
    other = replace(plane, children=tuple(map(another_plane, plane.children)))
    children.insert(children.index(plane) + 1, other)
    two = replace(report, root=numbered(replace(report.root, children=tuple(children))))
    bundle = made(two)
    told = by_code(summary(bundle))["113725"]
    assert [each["code"]["text"] for each in told] == ["Dose (RP) Total (Single Plane)", "Dose (RP) Total (Plane B)"]
    assert problems(bundle, "r4-rds") == []


def named(item: object) -> str | None:
    return item.concept_name.code if isinstance(item, ContentItem) and item.concept_name else None


def another_plane(item: Any) -> Any:
    if named(item) != "113764":
        return item
    return replace(item, value=Code(replace(item.value.concept, value="113621", meaning="Plane B")))


# ---------------------------------------------------------------- events

EVENTS = {CT: "113819", XRAY: "113706", MG: "113706", RP: "113502"}


@pytest.mark.parametrize("kind", EVENTS)
def test_every_event_is_an_observation_and_a_member(kind: str) -> None:
    report = sample(kind)
    bundle = made(report)
    wanted = [each for each in report.walk() if named(each) == EVENTS[kind]]
    events = [each for each in resources(bundle, "Observation") if (DCM, EVENTS[kind]) in codings_of(each["code"])]
    assert len(events) == len(wanted) >= 1
    members = {each["reference"] for each in summary(bundle)["hasMember"]}
    assert {f"urn:uuid:{each['id']}" for each in events} <= members
    uids = [each["value"] for one in events for each in one["identifier"] if each["system"] == "urn:dicom:uid"]
    assert len(set(uids)) == len(events)
    assert all(each["component"] for each in events)


def test_an_event_has_its_uid_under_the_code_of_the_guide() -> None:
    event = next(each for each in resources(made(sample(CT))) if (DCM, "113819") in codings_of(each.get("code", {})))
    (told,) = [each for each in event["identifier"] if each["system"] == "urn:dicom:uid"]
    assert (RDS + "CodeSystem/dicom-identifier-type", "irradiation-event-uid") in codings_of(told["type"])


def test_what_stands_under_simple_headings_is_taken_up() -> None:
    """CT acquisition parameters, and those of the one source: components of the event."""
    report = sample(CT)
    bundle = made(report)
    found = [each for each in resources(bundle, "Observation") if "113733" in by_code(each)]
    told = [component["valueQuantity"]["value"].text for each in found for component in by_code(each)["113733"]]
    assert sorted(told) == sorted(numbers(report, "113733"))
    # Parameters with an item that has more to say stay an Observation of their own.
    names = [code for each in found for _, code in codings_of(each["code"])]
    assert (names.count("113819"), names.count("113822")) == (3, 2)
    lines = {loss.position: loss for loss in bundle.losses if loss.code == "DCM:113822"}
    assert lines
    assert {loss.how for loss in lines.values()} == {How.MAPPED}


def test_what_is_there_more_than_once_stays_together() -> None:
    """Two filters of one event: material and thickness of each are its own Observation's."""
    bundle = made(sample(XRAY))
    filters = [each for each in resources(bundle) if (DCM, "113771") in codings_of(each.get("code", {}))]
    assert len(filters) >= 2
    assert all(len(by_code(each)["113757"]) == 1 for each in filters)


def test_results_are_the_summary_and_what_it_does_not_have() -> None:
    bundle = made(sample(CT))
    (report,) = resources(bundle, "DiagnosticReport")
    one = summary(bundle)
    results = [each["reference"] for each in report["result"]]
    assert results[0] == f"urn:uuid:{one['id']}"
    assert not set(results) & {each["reference"] for each in one["hasMember"]}


# ---------------------------------------------------------------- people, device, profiles


def complete() -> Report:
    """A CT dose report that knows the AE title of the scanner, which made the report itself."""
    report = sample(CT)
    serials = {text_of(each) for each in report.walk() if named(each) == "113880"}
    (serial,) = serials
    return replace(report, equipment=replace(report.equipment, serial_number=serial), other=(STATION_AE_TITLE,))


def claims(bundle: FhirBundle) -> set[str]:
    told = (profile for each in resources(bundle) for profile in each.get("meta", {}).get("profile", ()))
    return {profile.rpartition("/")[2] for profile in told}


@pytest.mark.parametrize("ids", ["put", "conditional"])
def test_a_report_that_has_all_claims_the_profiles(ids: str) -> None:
    bundle = made(complete(), ids=ids)
    assert claims(bundle) == {"radiation-dose-summary", "modality-device", "indication-observation"}
    assert problems(bundle, "r4-rds") == []
    (device,) = [each for each in resources(bundle, "Device") if "meta" in each]
    assert device["type"]["coding"][0]["code"] == "CT"
    told = {code: each["value"] for each in device["identifier"] for _, code in codings_of(each.get("type", {}))}
    assert told["application-entity"] == "CT01"
    assert told["SNO"] == device["serialNumber"]


def test_the_ae_title_of_another_device_is_not_that_of_the_scanner() -> None:
    report = replace(sample(CT), other=(STATION_AE_TITLE,))
    report = replace(report, equipment=replace(report.equipment, serial_number="another", device_uid="2.25.7"))
    bundle = made(report)
    assert "CT01" not in bundle.json()
    reasons = {loss.reason for loss in bundle.losses if loss.target == "meta.profile"}
    assert reasons == {
        "modality-device is not claimed: no application-entity",
        "radiation-dose-summary is not claimed: no profile of device",
    }


def test_who_authorized_is_the_performer_and_nobody_else() -> None:
    """Without one there is no performer, and the profile is not claimed."""
    report = complete()
    (person,) = summary(made(report))["performer"]
    assert person["type"] == "Practitioner"
    assert report.root is not None
    items = [each for each in report.root.children if named(each) != "113870"]
    unknown = replace(report, root=numbered(replace(report.root, children=tuple(items))))
    bundle = made(unknown)
    assert "performer" not in summary(bundle)
    assert "radiation-dose-summary" not in claims(bundle)
    told = [loss.reason for loss in bundle.losses if loss.target == "meta.profile"]
    assert "radiation-dose-summary is not claimed: no performer" in told


def test_study_order_and_start() -> None:
    report = sample(CT)
    one = summary(made(report))
    study = f"urn:oid:{report.study.study_instance_uid}"
    assert [each["identifier"]["value"] for each in one["partOf"]] == [study]
    assert one["focus"] == one["partOf"]
    assert codings_of(one["focus"][0]["identifier"]["type"]) == {
        (RDS + "CodeSystem/dicom-identifier-type", "study-instance-uid")
    }
    (order,) = one["basedOn"]
    assert order["identifier"]["value"] == report.study.accession_number
    (start,) = [str(text_of(each)) for each in report.walk() if named(each) == "113809"]
    assert one["effectiveDateTime"].startswith(f"{start[:4]}-{start[4:6]}-{start[6:8]}T{start[8:10]}:{start[10:12]}")


def test_what_the_irradiation_was_for() -> None:
    report = sample(CT)
    found = [each for each in resources(made(report)) if (DCM, "121109") in codings_of(each.get("code", {}))]
    assert [each["valueString"] for each in found] == [each.reason for each in report.document.requests]


def test_a_document_has_the_sections_of_the_guide() -> None:
    bundle = made(complete(), "document")
    composition = resources(bundle)[0]
    assert composition["meta"]["profile"] == [RDS + "StructureDefinition/radiation-summary-report"]
    assert codings_of(composition["type"]) == {("http://loinc.org", "73569-6")}
    by = {code: each for each in composition["section"] for _, code in codings_of(each.get("code", {}))}
    assert [each["reference"] for each in by["73569-6"]["entry"]] == [f"urn:uuid:{summary(bundle)['id']}"]
    assert len(by["121109"]["entry"]) == 1
    assert problems(bundle, "r4-rds") == []


@pytest.mark.parametrize("report", [sample(CT), sample("basic_text")])
def test_a_document_claims_its_profile_with_such_a_summary_only(report: Report) -> None:
    bundle = made(report, "document")
    assert "meta" not in resources(bundle)[0]
    told = [loss.reason for loss in bundle.losses if loss.target == "meta.profile"]
    assert "radiation-summary-report is not claimed: no dose-section" in told


def test_other_reports_have_no_summary() -> None:
    """Text reports and measurements are as in the flavour r4."""
    for kind in ("basic_text", "radiomics"):
        assert made(sample(kind)).json() == to_fhir(sample(kind), "r4", timezone="+01:00").json()


@pytest.mark.parametrize("kind", ACCUMULATED)
def test_no_number_is_lost(kind: str) -> None:
    report = sample(kind)
    bundle = made(report)
    assert numbers_not_found(report, bundle) == []
    assert sum(loss.how is not How.NOTE for loss in bundle.losses) == len(list(report.walk()))


def test_a_summary_stays_a_summary() -> None:
    """What is too much for it is said, and its members have it."""
    report = sample(CT)
    assert report.root is not None
    (total,) = [each for each in report.root.children if named(each) == "113811"]
    many = replace(report, root=numbered(replace(report.root, children=(total,) * 400)))
    bundle = made(many)
    assert len(summary(bundle)["component"]) <= 512 + 1
    assert [loss.target for loss in bundle.losses if loss.reason.startswith("the first 512")] == ["component"]
    assert numbers_not_found(many, bundle) == []


# ---------------------------------------------------------------- tables


def test_codes_of_the_tables_are_in_the_standard() -> None:
    for name in ("dose_reports", "dose_components", "dose_modalities"):
        assert all((line["scheme"], line["value"]) in meanings() for line in rows(name))
        assert len(coded(name)) == len(rows(name))


def test_modalities_are_those_that_acquire() -> None:
    """PS3.16 CID 33, which the guide binds Device.type to."""
    codes = {("DCM", line["code"]) for line in rows("dose_modalities")}
    assert codes <= {(each.scheme, each.value) for each in context_group("33").codes()}
