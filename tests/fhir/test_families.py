"""What each family of templates becomes: real content, not only valid shapes."""

from collections import Counter
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ByReference, ContentItem
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import Code, ImageReference, MeasuredValue, Text, UIDReference, ValueType
from sr2graph.fhir import FhirBundle, How, to_fhir
from sr2graph.samples import sample
from tests.fhir.models import numbered, resources

DCM = "http://dicom.nema.org/resources/ontology/DCM"
PROFILE = "http://hl7.org/fhir/uv/dicom-sr/StructureDefinition/"


@cache
def report(kind: str) -> Report:
    return sample(kind)


@cache
def bundle(kind: str, flavour: str = "r5-dicom-sr") -> FhirBundle:
    return to_fhir(report(kind), flavour, timezone="+01:00")


def codes(concept: dict[str, Any]) -> set[str]:
    return {coding["code"] for coding in concept.get("coding", ())}


def with_code(made: FhirBundle, code: str) -> list[dict[str, Any]]:
    return [each for each in resources(made, "Observation") if code in codes(each["code"])]


def resolved(made: FhirBundle, reference: dict[str, Any]) -> dict[str, Any]:
    return next(entry["resource"] for entry in made.resource["entry"] if entry["fullUrl"] == reference["reference"])


def members(made: FhirBundle, observation: dict[str, Any]) -> list[dict[str, Any]]:
    return [resolved(made, each) for each in observation.get("hasMember", ())]


def items(found: Report, code: str) -> list[ContentItem]:
    return [item for item in found.walk() if item.concept_name is not None and item.concept_name.code == code]


# ---------------------------------------------------------------- measurement reports (TID 1500)


def test_a_measurement_group_has_its_measurements_and_claims_the_profile() -> None:
    made = bundle("planar_roi")
    groups = with_code(made, "125007")
    assert len(groups) == len(items(report("planar_roi"), "125007"))
    for group in groups:
        assert group["meta"]["profile"] == [PROFILE + "imaging-measurement-group"]
        assert codes(group["category"][0]) == {"125007"}
        assert group["valueCodeableConcept"]
        structure = resolved(made, group["bodyStructure"])
        assert {code for each in structure["identifier"] for code in codes(each.get("type", {}))} == {
            "112039",
            "112040",
        }
        kinds = Counter(
            each["meta"]["profile"][0].rpartition("/")[2] for each in members(made, group) if "meta" in each
        )
        assert kinds["imaging-measurement"] >= 5
        region = resolved(made, group["derivedFrom"][0])
        assert region["meta"]["profile"] == [PROFILE + "image-region-2d"]
        assert region["instance"][0]["imageRegion2D"][0]["regionType"] == "polyline"


def test_results_are_what_is_member_of_nothing() -> None:
    made = bundle("planar_roi")
    (diagnostic,) = resources(made, "DiagnosticReport")
    results = {each["reference"] for each in diagnostic["result"]}
    held = {each["reference"] for found in resources(made, "Observation") for each in found.get("hasMember", ())}
    assert not results & held
    assert len(results | held) == len(resources(made, "Observation"))
    assert {group["id"] for group in with_code(made, "125007")} <= {each.rpartition(":")[2] for each in results}


def test_segments_are_selected_by_number() -> None:
    segments = [
        each for each in resources(bundle("volumetric_roi"), "ImagingSelection") if codes(each["code"]) & {"121191"}
    ]
    assert segments
    for each in segments:
        assert each["meta"]["profile"] == [PROFILE + "referenced-segment"]
        assert [len(instance["subset"]) for instance in each["instance"]] == [1]
        assert each["seriesUid"]


def test_without_a_zone_no_profile_that_wants_issued_is_claimed() -> None:
    found = report("planar_roi")
    timeless = replace(found, document=replace(found.document, timezone_offset=None))
    made = to_fhir(timeless)
    claims = {profile for each in resources(made, "Observation") for profile in each.get("meta", {}).get("profile", ())}
    assert not claims
    notes = {loss.reason for loss in made.losses if loss.how is How.NOTE}
    assert "imaging-measurement is not claimed: no issued" in notes
    assert resources(to_fhir(timeless, timezone="+01:00"), "DiagnosticReport")[0]["issued"].endswith("+01:00")


def test_a_site_is_one_thing_or_the_other() -> None:
    """obs-8: no bodySite beside a bodyStructure."""
    for kind in ("planar_roi", "radiomics", "echo", "obgyn", "mammography_cad"):
        assert not [
            each for each in resources(bundle(kind), "Observation") if {"bodySite", "bodyStructure"} <= set(each)
        ]


def test_r4_keeps_the_coded_site_beside_the_structure() -> None:
    group = with_code(bundle("planar_roi", "r4"), "125007")[0]
    assert group["bodySite"]["coding"]
    structure = resolved(bundle("planar_roi", "r4"), group["bodySite"]["extension"][0]["valueReference"])
    assert structure["location"] == {key: value for key, value in group["bodySite"].items() if key != "extension"}


# ---------------------------------------------------------------- dose


@pytest.mark.parametrize(
    ("kind", "event", "total"),
    [
        ("ct_dose", "113819", "113813"),
        ("projection_xray_dose", "113706", "113722"),
        ("mammography_dose", "113706", "111637"),
    ],
)
@pytest.mark.parametrize("flavour", ["r5-dicom-sr", "r4"])
def test_dose_is_told_in_total_and_for_every_event(kind: str, event: str, total: str, flavour: str) -> None:
    made, found = bundle(kind, flavour), report(kind)
    events = with_code(made, event)
    uids = {item.value.uid for item in items(found, "113769")}  # type: ignore[union-attr] # UIDREF
    assert len(events) == len(items(found, event)) == len(uids) > 1
    told = {
        each["value"].removeprefix("urn:oid:")
        for found_event in events
        for each in found_event["identifier"]
        if codes(each.get("type", {})) == {"113769"}
    }
    assert told == uids
    assert all(len(each["hasMember"]) > 2 for each in events)
    numbers = [item.value.numeric_value[0] for item in items(found, total)]  # type: ignore[union-attr] # NUM
    assert [each["valueQuantity"]["value"].text for each in with_code(made, total)] == numbers


def test_a_ct_event_has_its_time_and_the_totals_have_theirs() -> None:
    totals = with_code(bundle("ct_dose"), "113813")
    assert set(totals[0]["effectivePeriod"]) == {"start", "end"}
    assert len({each["effectiveDateTime"] for each in with_code(bundle("ct_dose"), "113819")}) > 1


# ---------------------------------------------------------------- obstetrics


def test_twins_are_two_and_the_mother_is_the_subject() -> None:
    made = bundle("obgyn")
    (patient,) = resources(made, "Patient")
    observations = resources(made, "Observation")
    assert {each["subject"]["reference"] for each in observations} == {f"urn:uuid:{patient['id']}"}
    foci = Counter(each["focus"][0]["reference"] for each in observations if "focus" in each)
    assert len(foci) == 2
    assert min(foci.values()) > 20
    for each in with_code(made, "125008"):
        assert {found["focus"][0]["reference"] for found in members(made, each)} == {each["focus"][0]["reference"]}
        assert each["extension"][0]["url"].endswith("observation-focusCode")


def without_subject_uids(item: ContentItem, uid: str | None) -> ContentItem:
    """The same tree, with one Subject UID in place of all, or with none at all."""
    children: list[ContentItem | ByReference] = []
    for child in item.children:
        if isinstance(child, ContentItem):
            code = child.concept_name.code if child.concept_name is not None else None
            if code == "121028" and uid is None:
                continue
            if code == "121028" and isinstance(child.value, UIDReference):
                children.append(replace(child, value=replace(child.value, uid=uid)))
            else:
                children.append(without_subject_uids(child, uid))
        else:
            children.append(child)
    return replace(item, children=tuple(children))


@pytest.mark.parametrize("uid", [None, "1.2.3.4"])
def test_twins_stay_two_whatever_their_uids(uid: str | None) -> None:
    """Without UIDs the number tells, and with one UID for both, too."""
    found = report("obgyn")
    assert found.root is not None
    spoiled = replace(found, root=numbered(without_subject_uids(found.root, uid)))
    fetuses = [
        each
        for each in resources(to_fhir(spoiled, timezone="+01:00"), "BodyStructure")
        if any(codes(structure["structure"]) == {"121026"} for structure in each["includedStructure"])
    ]
    assert len(fetuses) == 2


# ---------------------------------------------------------------- CAD, key objects, text


def test_cad_findings_have_regions_and_the_device_that_found_them() -> None:
    made = bundle("mammography_cad")
    findings = [each for each in with_code(made, "111059") if "derivedFrom" in each]
    outlined = [
        item
        for item in items(report("mammography_cad"), "111059")
        if any(isinstance(child, ContentItem) and child.value_type == ValueType.SCOORD for child in item.children)
    ]
    assert len(findings) == len(outlined) > 3
    for finding in findings:
        assert finding["valueCodeableConcept"]
        selections = [resolved(made, each) for each in finding["derivedFrom"]]
        shapes = {
            region["regionType"]
            for each in selections
            for i in each["instance"]
            for region in i.get("imageRegion2D", ())
        }
        assert "point" in shapes
        device = resolved(made, finding["device"])
        assert device["parent"]
        assert device["version"]


def test_a_region_on_a_mammogram_is_in_the_breast_that_it_shows() -> None:
    """The finding says no side itself: the image library says which breast is on the image."""
    library = items(report("mammography_cad"), "111028")[0]
    sides = {
        entry.value.sop_instance_uid: child.value.concept.value
        for entry in library.children
        if isinstance(entry, ContentItem) and isinstance(entry.value, ImageReference)
        for child in entry.children
        if isinstance(child, ContentItem) and isinstance(child.value, Code) and child.value.concept is not None
        if child.concept_name is not None and child.concept_name.code == "111027"
    }
    assert len(set(sides.values())) == 2
    selections = [each for each in resources(bundle("mammography_cad"), "ImagingSelection") if "instance" in each]
    drawn = [each for each in selections if any("imageRegion2D" in instance for instance in each["instance"])]
    assert len(drawn) > 10
    for each in drawn:
        assert {sides[instance["uid"]] for instance in each["instance"]} == codes(each["bodySite"]["concept"])


def test_a_side_alone_is_no_site() -> None:
    assert not any("bodySite" in each for each in resources(bundle("planar_roi"), "ImagingSelection"))


def test_what_a_cad_does_not_want_shown_is_listed() -> None:
    """PS3.16 CID 6034: not for presentation."""
    intent = ContentItem((1,), "HAS CONCEPT MOD", ValueType.CODE, code("111056", "DCM"), Code(code("111152", "DCM")))
    certainty = ContentItem((1,), "HAS PROPERTIES", ValueType.NUM, code("111012", "DCM"), num(("69",), None))
    finding = ContentItem(
        (1, 1), "CONTAINS", ValueType.CODE, code("111059", "DCM"), Code(code("129769006", "SCT")), (intent, certainty)
    )
    made = one(finding)
    assert resources(made, "Observation") == []
    reasons = {loss.code: loss.reason for loss in made.left_out()}
    assert reasons["DCM:111059"] == reasons["DCM:111012"] == "rendering intent: not for presentation"
    shown = replace(finding, children=(certainty,))
    assert len(resources(one(shown), "Observation")) == 2


def test_an_absent_finding_says_so_beside_its_value() -> None:
    presence = ContentItem((1,), "HAS CONCEPT MOD", ValueType.CODE, code("121052", "DCM"), Code(code("2667000", "SCT")))
    finding = ContentItem(
        (1, 1), "CONTAINS", ValueType.CODE, code("121071", "DCM"), Code(code("129769006", "SCT")), (presence,)
    )
    (said,) = resources(one(finding), "Observation")
    assert codes(said["valueCodeableConcept"]) == {"129769006"}
    assert [codes(each) for each in said["interpretation"]] == [{"2667000"}]


def test_key_objects_are_one_selection_for_each_series() -> None:
    made, found = bundle("key_objects"), report("key_objects")
    selections = resources(made, "ImagingSelection")
    images = [item.value for item in found.walk() if isinstance(item.value, ImageReference)]
    uids = [instance["uid"] for each in selections for instance in each["instance"]]
    assert sorted(uids) == sorted(image.sop_instance_uid or "" for image in images)
    assert len({each["seriesUid"] for each in selections}) == len(selections)
    assert found.root is not None
    assert found.root.concept_name is not None
    assert {found.root.concept_name.code} == codes(selections[0]["code"])


def test_a_text_report_concludes() -> None:
    (diagnostic,) = resources(bundle("basic_text"), "DiagnosticReport")
    impressions = [item.value.text for item in items(report("basic_text"), "121073") if isinstance(item.value, Text)]
    assert diagnostic["conclusion"] == "\n\n".join(filter(None, impressions))
    assert diagnostic["status"] == "final"
    assert diagnostic["resultsInterpreter"]
    assert diagnostic["identifier"][0]["value"] == f"urn:oid:{report('basic_text').sop_instance_uid}"
    findings = with_code(bundle("basic_text"), "59776-5")[0]
    assert {each.get("valueString") for each in members(bundle("basic_text"), findings)} >= {"No ascites."}


def test_where_it_comes_from() -> None:
    provenance, verified = resources(bundle("basic_text"), "Provenance")
    assert provenance["entity"][0]["what"]["identifier"]["value"] == f"urn:oid:{report('basic_text').sop_instance_uid}"
    kinds = [next(iter(codes(agent["type"]))) for each in (provenance, verified) for agent in each["agent"]]
    assert kinds == ["assembler", "enterer", "verifier"]


# ---------------------------------------------------------------- hand-made


def code(value: str, scheme: str, meaning: str | None = None) -> CodedConcept:
    return CodedConcept(value, scheme, meaning or value)


def num(numbers: tuple[str, ...], unit: CodedConcept | None, qualifier: CodedConcept | None = None) -> MeasuredValue:
    return MeasuredValue(numeric_value=numbers, unit=unit, qualifier=qualifier)


def one(item: ContentItem, **header: Any) -> FhirBundle:
    """The bundle of a report that holds one item, with headers of the sample of a text report."""
    found = report("basic_text")
    root = ContentItem((1,), None, ValueType.CONTAINER, code("126000", "DCM"), children=(item,))
    document = replace(found.document, **header)
    return to_fhir(replace(found, document=document, root=numbered(root)), timezone="+01:00")


def measured(value: MeasuredValue, name: CodedConcept | None = None) -> dict[str, Any]:
    item = ContentItem((1, 1), "CONTAINS", ValueType.NUM, name or code("118565006", "SCT"), value)
    return resources(one(item), "Observation")[0]


MM = code("mm", "UCUM", "millimeter")


def test_a_known_unit_is_ucum_and_an_unknown_one_is_text() -> None:
    known = measured(num(("1.10",), MM))["valueQuantity"]
    assert (known["value"].text, known["unit"], known["code"]) == ("1.10", "millimeter", "mm")
    assert known["system"] == "http://unitsofmeasure.org"
    assert set(measured(num(("1",), code("blobs", "99X", "Blobs")))["valueQuantity"]) == {"value", "unit"}


@pytest.mark.parametrize(
    ("qualifier", "reason"),
    [("114000", "not-a-number"), ("114007", "not-performed"), ("114009", "error"), (None, "unknown")],
)
def test_a_number_that_is_not_there_has_a_reason(qualifier: str | None, reason: str) -> None:
    said = measured(num((), MM, code(qualifier, "DCM") if qualifier else None))
    assert said["dataAbsentReason"]["coding"][0]["code"] == reason
    assert not [key for key in said if key.startswith("value")]


def test_a_value_with_a_qualifier_keeps_both() -> None:
    """obs-6: no dataAbsentReason beside a value."""
    said = measured(num(("999",), MM, code("114009", "DCM")))
    assert said["valueQuantity"]["value"].text == "999"
    assert codes(said["interpretation"][0]) == {"114009"}
    assert "dataAbsentReason" not in said


def test_several_numbers_are_components_of_the_same_code() -> None:
    """obs-7: then there is no value."""
    said = measured(num(("1.0", "2.50"), MM))
    assert [each["valueQuantity"]["value"].text for each in said["component"]] == ["1.0", "2.50"]
    assert not [key for key in said if key.startswith("value")]


def test_other_forms_of_a_number_are_not_forgotten() -> None:
    value = MeasuredValue(numeric_value=("0.333",), unit=MM, rational_numerator=(1,), rational_denominator=(3,))
    made = one(ContentItem((1, 1), "CONTAINS", ValueType.NUM, code("118565006", "SCT"), value))
    assert [loss.reason for loss in made.losses if loss.value_type == "NUM"] == [
        "floating point or rational form: in the narrative"
    ]
    assert "exactly 1/3" in resources(made, "DiagnosticReport")[0]["text"]["div"]
    alone = measured(MeasuredValue(floating_point=(0.1,), unit=MM))
    assert alone["valueQuantity"]["value"].text == "0.1"
    assert measured(MeasuredValue(floating_point=(float("inf"),), unit=MM))["dataAbsentReason"]


def test_what_is_no_number_is_kept_as_text() -> None:
    assert measured(num(("1,5",), MM))["valueString"] == "1,5"


@pytest.mark.parametrize(
    ("name", "codings"),
    [
        (
            code("T-62000", "SRT", "Liver"),
            [("http://snomed.info/sct", "10200004"), ("http://snomed.info/srt", "T-62000")],
        ),
        (code("10200004", "SCT"), [("http://snomed.info/sct", "10200004")]),
        (code("8302-2", "LN"), [("http://loinc.org", "8302-2")]),
        (code("X1", "99MINE"), [("urn:oid:1.2.3.99", "X1")]),
        (code("1.2.840.10008.1.1", "DCMUID"), [("urn:ietf:rfc:3986", "urn:oid:1.2.840.10008.1.1")]),
        (CodedConcept(urn_value="urn:example:x"), [("urn:ietf:rfc:3986", "urn:example:x")]),
        (
            CodedConcept("8302-2", "LN", urn_value="urn:example:x"),
            [("urn:ietf:rfc:3986", "urn:example:x"), ("http://loinc.org", "8302-2")],
        ),
        (
            CodedConcept("mm", None, urn_value="urn:example:x"),
            [("urn:ietf:rfc:3986", "urn:example:x"), ("https://w3id.org/sr2graph/code/-", "mm")],
        ),
    ],
)
def test_codes_are_told_canonically_and_as_written(name: CodedConcept, codings: list[tuple[str, str]]) -> None:
    from sr2graph.dicom.concept import CodingScheme

    item = ContentItem((1, 1), "CONTAINS", ValueType.NUM, name, num(("1",), MM))
    said = resources(one(item, coding_schemes=(CodingScheme("99MINE", uid="1.2.3.99"),)), "Observation")[0]
    assert [(each["system"], each["code"]) for each in said["code"]["coding"]] == codings


def test_a_designator_alone_is_no_system() -> None:
    said = measured(num(("1",), MM), code("X1", "99OTHER"))["code"]["coding"][0]
    assert said["system"].startswith("https://w3id.org/sr2graph/code/")
    assert said["code"] == "X1"


def test_limits_of_normal_and_modifiers_go_where_they_belong() -> None:
    limits = [
        ContentItem((1,), "HAS PROPERTIES", ValueType.NUM, code(value, "SCT"), num((number,), MM))
        for value, number in (("385524004", "1.50"), ("371933006", "9.0"))
    ]
    derivation = ContentItem(
        (1,), "HAS CONCEPT MOD", ValueType.CODE, code("121401", "DCM"), Code(code("373098007", "SCT"))
    )
    item = ContentItem(
        (1, 1), "CONTAINS", ValueType.NUM, code("118565006", "SCT"), num(("3",), MM), (*limits, derivation)
    )
    (said,) = resources(one(item), "Observation")
    (limit,) = said["referenceRange"]
    assert (limit["low"]["value"].text, limit["high"]["value"].text) == ("1.50", "9.0")
    assert [codes(each["code"]) for each in said["component"]] == [{"121401"}]


def test_narrative_has_nothing_active() -> None:
    evil = "<script>alert(1)</script> & <img src=x onerror=y>\x00"
    item = ContentItem((1, 1), "CONTAINS", ValueType.TEXT, code("121073", "DCM", evil), Text(evil))
    (diagnostic,) = resources(one(item), "DiagnosticReport")
    assert "<script" not in diagnostic["text"]["div"]
    assert "<img" not in diagnostic["text"]["div"]
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp;" in diagnostic["text"]["div"]


def test_a_new_version_replaces_the_old_one() -> None:
    from sr2graph.dicom.references import InstanceReference, SeriesReference, StudyReference

    instance = InstanceReference(sop_class_uid="1.2", sop_instance_uid="1.2.3.4")
    study = StudyReference(
        study_instance_uid="1.9", series=(SeriesReference(series_instance_uid="1.8", instances=(instance,)),)
    )
    item = ContentItem((1, 1), "CONTAINS", ValueType.TEXT, code("121073", "DCM"), Text("x"))
    (diagnostic,) = resources(one(item, predecessors=(study,)), "DiagnosticReport")
    assert diagnostic["status"] == "amended"
    assert diagnostic["extension"][0]["valueReference"]["identifier"]["value"] == "urn:oid:1.2.3.4"


def patient_id(**fields: Any) -> str:
    found = report("basic_text")
    changed = replace(
        found, patient=replace(found.patient, **fields), study=replace(found.study, study_instance_uid="1.2")
    )
    return str(resources(to_fhir(changed), "Patient")[0]["id"])


def test_a_patient_is_never_merged_with_another() -> None:
    """An ID is unique for its issuer only; without one it is that of the study."""
    assert patient_id(patient_id="1", issuer="A") != patient_id(patient_id="1", issuer="B")
    assert patient_id(patient_id="1", issuer="A") == patient_id(patient_id="1", issuer="A", name="Other")
    alone = patient_id(patient_id="1", issuer=None)
    assert alone != patient_id(patient_id="2", issuer=None)
    other = replace(report("basic_text"), study=replace(report("basic_text").study, study_instance_uid="1.3"))
    other = replace(other, patient=replace(other.patient, patient_id="1", issuer=None))
    assert alone != resources(to_fhir(other), "Patient")[0]["id"]
    told = {
        resources(to_fhir(each, patient_system="urn:x"), "Patient")[0]["id"]
        for each in (other, replace(other, study=report("basic_text").study))
    }
    assert len(told) == 1
