"""Who did what: in the examination, in the report, where they work, and when they verified it."""

from dataclasses import replace
from typing import Any

import pytest

from sr2graph.dicom.content import ContentItem
from sr2graph.dicom.header import Participant, ProcedureRequest, VerifyingObserver
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import Code, Date, PersonName, Text, UIDReference, ValueType
from sr2graph.fhir import FLAVOURS, FhirBundle, to_fhir
from sr2graph.samples import sample
from tests.fhir.models import numbered, problems, resources
from tests.fhir.test_evidence import code, entitled
from tests.fhir.test_families import codes, resolved

ZONE = "+01:00"


def names(made: FhirBundle, reference: dict[str, Any]) -> tuple[str, str | None]:
    """Family name of a person, and where they work."""
    found = resolved(made, reference)
    if found["resourceType"] == "Practitioner":
        return found["name"][0]["family"], None
    at = resolved(made, found["organization"])["name"] if "organization" in found else None
    return resolved(made, found["practitioner"])["name"][0]["family"], at


# ---------------------------------------------------------------- in the examination


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_who_took_part_is_told_with_what_they_did(flavour: str) -> None:
    """PS3.16 TID 1020: authorizing and administering a dose is no observing."""
    report = sample("ct_dose")
    made = to_fhir(report, flavour, timezone=ZONE)
    (procedure,) = resources(made, "Procedure")
    people = [item for item in report.walk() if item.concept_name and item.concept_name.code == "113870"]
    told = {each.value.person_name.partition("^")[0] for each in people if isinstance(each.value, PersonName)}  # type: ignore[union-attr] # a name
    found = {names(made, each["actor"]): next(iter(codes(each["function"]))) for each in procedure["performer"]}
    assert {name for name, _ in found} == told
    assert set(found.values()) == {"113850", "113851"}
    assert {at for _, at in found} == {report.equipment.institution_name}
    (study,) = resources(made, "ImagingStudy")
    linked = study["partOf"][0] if flavour.startswith("r5") else study["procedureReference"]
    assert resolved(made, linked) == procedure
    assert {"DCM:113870", "DCM:113871", "DCM:113873", "DCM:113875"}.isdisjoint(loss.code for loss in made.left_out())


def test_without_people_there_is_no_procedure() -> None:
    assert not resources(to_fhir(sample("planar_roi")), "Procedure")
    logical = resources(to_fhir(sample("ct_dose"), ids="logical"), "Procedure")
    assert {each["actor"]["type"] for each in logical[0]["performer"]} == {"Practitioner"}


# ---------------------------------------------------------------- in the report


def observer(*said: tuple[str, Any, str]) -> list[ContentItem]:
    kind = Code(code("121006", "Person"))
    return [
        ContentItem((1,), "HAS OBS CONTEXT", value_type, code(concept), value)
        for concept, value, value_type in (("121005", kind, ValueType.CODE), *said)
    ]


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_an_observer_works_somewhere_and_has_a_role(flavour: str) -> None:
    context = observer(
        ("121008", PersonName("Able^Ann"), ValueType.PNAME),
        ("121009", Text("North Clinic"), ValueType.TEXT),
        ("121010", Code(code("121081", "Physician")), ValueType.CODE),
        ("121011", Code(code("121093", "Recording")), ValueType.CODE),
    )
    finding = ContentItem((1,), "CONTAINS", ValueType.TEXT, code("121071"), Text("small"))
    report = entitled("126000", *context, finding)
    report = replace(report, document=replace(report.document, authors=()))
    made = to_fhir(report, flavour, timezone=ZONE)
    assert problems(made, flavour) == []
    (diagnostic,) = resources(made, "DiagnosticReport")
    performer = diagnostic["performer"][0]
    assert names(made, performer) == ("Able", "North Clinic")
    assert codes(resolved(made, performer)["code"][0]) == {"121081"}
    (function,) = performer["extension"]
    assert function["url"].endswith("event-performerFunction")
    assert codes(function["valueCodeableConcept"]) == {"121093"}
    (observation,) = resources(made, "Observation")
    assert resolved(made, observation["performer"][0])["resourceType"] == "Practitioner"
    assert not made.left_out()


def verified(report: Report, *at: tuple[str, str | None, str]) -> Report:
    observers = tuple(VerifyingObserver(name=name, organization=where, verified_at=when) for name, where, when in at)
    return replace(report, document=replace(report.document, verifying_observers=observers))


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_each_verification_has_its_time_and_its_person(flavour: str) -> None:
    report = verified(
        sample("basic_text"), ("Able^Ann", "North Clinic", "20240301101500+0100"), ("Best^Bo", None, "20240302")
    )
    made = to_fhir(report, flavour, timezone=ZONE)
    assert problems(made, flavour) == []
    found = {
        names(made, agent["who"]): each.get("occurredDateTime")
        for each in resources(made, "Provenance")
        for agent in each["agent"]
        if codes(agent["type"]) == {"verifier"}
    }
    assert found == {("Able", "North Clinic"): "2024-03-01T10:15:00+01:00", ("Best", None): "2024-03-02"}
    (diagnostic,) = resources(made, "DiagnosticReport")
    assert [names(made, each) for each in diagnostic["resultsInterpreter"]] == list(found)
    ids = [each["id"] for each in resources(made, "Provenance")]
    assert len(set(ids)) == len(ids) == 3


@pytest.mark.parametrize(
    ("participation", "agent"), [("SOURCE", "informant"), ("ENT", "enterer"), ("ATTEST", "attester"), ("X", None)]
)
def test_participants_of_the_document_are_agents(participation: str, agent: str | None) -> None:
    report = sample("basic_text")
    who = Participant(participation_type=participation, person_name="Able^Ann")
    made = to_fhir(replace(report, document=replace(report.document, participants=(who,))))
    told = [next(iter(codes(each["type"]))) for each in resources(made, "Provenance")[0]["agent"]]
    assert told == ["assembler", *([agent] if agent else [])]


@pytest.mark.parametrize(("section", "status"), [("55107-7", "appended"), ("121070", "amended")])
def test_an_addendum_is_appended(section: str, status: str) -> None:
    report = sample("basic_text")
    assert report.root is not None
    text = ContentItem((1,), "CONTAINS", ValueType.TEXT, code("121071"), Text("Late finding."))
    scheme = "LN" if "-" in section else "DCM"
    added = ContentItem((1,), "CONTAINS", ValueType.CONTAINER, code(section, "x", scheme), children=(text,))
    root = numbered(replace(report.root, children=(*report.root.children, added)))
    document = replace(report.document, predecessors=report.document.current_evidence)
    (diagnostic,) = resources(to_fhir(replace(report, root=root, document=document)), "DiagnosticReport")
    assert diagnostic["status"] == status


# ---------------------------------------------------------------- recommendations


def recommended(*children: ContentItem) -> FhirBundle:
    section = ContentItem((1,), "CONTAINS", ValueType.CONTAINER, code("121074"), children=children)
    return to_fhir(entitled("126000", section), "r5-idr", timezone=ZONE)


def advice(value_type: str, value: Any, concept: str = "111053", *children: ContentItem) -> ContentItem:
    return ContentItem((1,), "CONTAINS", value_type, code(concept), value, children)


def proposals(made: FhirBundle) -> list[dict[str, Any]]:
    return [each for each in resources(made, "ServiceRequest") if each["intent"] == "proposal"]


def test_a_coded_recommendation_is_a_proposal() -> None:
    when = replace(advice(ValueType.DATE, Date("20240901"), "111054"), relationship="HAS PROPERTIES")
    made = recommended(advice(ValueType.CODE, Code(code("111143", "Biopsy should be considered")), "111053", when))
    assert problems(made, "r5-idr") == []
    (proposal,) = proposals(made)
    assert (proposal["status"], proposal["occurrenceDateTime"]) == ("draft", "2024-09-01")
    assert codes(proposal["code"]["concept"]) == {"111143"}
    assert proposal["meta"]["profile"][0].endswith("idr-recommendation-service-request")
    (diagnostic,) = resources(made, "DiagnosticReport")
    told = [each["valueReference"] for each in diagnostic["extension"] if each["url"].endswith("idrRecommendation")]
    assert [resolved(made, each) for each in told] == [proposal]


def test_words_are_no_order_and_a_date_of_two_is_of_neither() -> None:
    assert not proposals(recommended(advice(ValueType.TEXT, Text("Repeat in six months."), "121075")))
    several = [advice(ValueType.CODE, Code(code(each))) for each in ("111143", "111144")]
    found = proposals(recommended(*several, advice(ValueType.DATE, Date("20240901"), "111054")))
    assert len(found) == 2
    assert not any("occurrenceDateTime" in each or "meta" in each for each in found)


# ---------------------------------------------------------------- orders, procedures, sections


@pytest.mark.parametrize("flavour", ["r4-imr", "r5-idr"])
def test_an_order_has_the_numbers_of_those_who_placed_and_filled_it(flavour: str) -> None:
    report = sample("basic_text")
    request = ProcedureRequest(accession_number="A1", placer_order_number="P7", filler_order_number="F8")
    made = to_fhir(replace(report, document=replace(report.document, requests=(request,))), flavour)
    told = [
        {(next(iter(codes(each["type"]))), each["value"]) for each in order["identifier"] if "type" in each}
        for order in resources(made, "ServiceRequest")
    ]
    assert {("ACSN", "A1"), ("PLAC", "P7"), ("FILL", "F8")} in told


def test_the_procedure_of_the_context_is_that_of_the_study() -> None:
    """PS3.16 TID 1005; of another study it is none of ours."""

    def made(uid: str | None) -> FhirBundle:
        said = [
            ContentItem((1,), "HAS OBS CONTEXT", ValueType.CODE, code("121023"), Code(code("P5-1", "Head CT", "99X")))
        ]
        if uid:
            said.append(ContentItem((1,), "HAS OBS CONTEXT", ValueType.UIDREF, code("121018"), UIDReference(uid)))
        finding = ContentItem((1,), "CONTAINS", ValueType.TEXT, code("121071"), Text("small"))
        return to_fhir(entitled("126000", *said, finding), timezone=ZONE)

    told = [each["concept"]["text"] for each in resources(made(None), "ImagingStudy")[0]["procedure"]]
    assert "Head CT" in told
    assert "DCM:121023" not in {loss.code for loss in made(None).left_out()}
    other = resources(made("1.9.9"), "ImagingStudy")[0].get("procedure", [])
    assert "Head CT" not in [each["concept"]["text"] for each in other]


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_sections_have_the_code_of_loinc(flavour: str) -> None:
    """PS3.16 Annex D: DCM 121070 became LN 59776-5."""
    text = ContentItem((1,), "CONTAINS", ValueType.TEXT, code("121071"), Text("small"))
    section = ContentItem((1,), "CONTAINS", ValueType.CONTAINER, code("121070", "Findings"), children=(text,))
    made = to_fhir(entitled("126000", section), flavour, "document", timezone=ZONE)
    assert problems(made, flavour) == []
    (found,) = [each for each in made.resource["entry"][0]["resource"]["section"] if each["title"] == "Findings"]
    assert [(each["system"], each["code"]) for each in found["code"]["coding"]] == [
        ("http://loinc.org", "59776-5"),
        ("http://dicom.nema.org/resources/ontology/DCM", "121070"),
    ]


def test_an_algorithm_that_is_named_by_a_code_is_the_device() -> None:
    name = ContentItem(
        (1,), "HAS CONCEPT MOD", ValueType.CODE, code("111001"), Code(code("N1", "Nodule finder", "99X"))
    )
    version = ContentItem((1,), "HAS CONCEPT MOD", ValueType.TEXT, code("111003"), Text("2.1"))
    finding = ContentItem((1,), "CONTAINS", ValueType.TEXT, code("121071"), Text("small"), (name, version))
    made = to_fhir(entitled("126000", finding), timezone=ZONE)
    (observation,) = resources(made, "Observation")
    assert resolved(made, observation["device"])["displayName"] == "Nodule finder"
    assert not made.left_out()


# ---------------------------------------------------------------- devices


@pytest.mark.parametrize("kind", ["ct_dose", "projection_xray_dose", "mammography_dose", "planar_roi"])
@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_device_is_there_once(kind: str, flavour: str) -> None:
    """What made a dose report is an observer in it, too: two resources with one UID are one to a server."""
    made = to_fhir(sample(kind), flavour, ids="conditional", timezone=ZONE)
    searches = [
        (entry["resource"]["resourceType"], entry["request"]["ifNoneExist"])
        for entry in made.resource["entry"]
        if "ifNoneExist" in entry["request"]
    ]
    assert len(searches) > 5
    assert len(set(searches)) == len(searches)


def test_a_device_has_what_is_said_of_it_in_both_places() -> None:
    report = sample("ct_dose")
    for flavour, told in (("r4", "deviceName"), ("r5-dicom-sr", "name")):
        (device,) = (
            each for each in resources(to_fhir(report, flavour, timezone=ZONE), "Device") if "location" in each
        )
        assert {"version", "serialNumber", told} <= device.keys()
        assert "Peregrine CT" in str(device)
        assert "KMCT2" in str(device[told])
    assert len(device["meta"]["profile"]) == 2


def test_what_is_said_otherwise_of_a_device_is_noted() -> None:
    report = sample("ct_dose")
    made = to_fhir(replace(report, equipment=replace(report.equipment, serial_number="another")), timezone=ZONE)
    noted = [loss.reason for loss in made.losses if loss.target == "Device.serialNumber" and loss.reason]
    assert noted == ["said twice of one device, and not the same: the first is kept"]
