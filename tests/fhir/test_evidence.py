"""Studies list the series and instances of the evidence, and what the image library says of them."""

import json
from dataclasses import replace
from typing import Any

import pytest

from sr2graph import read
from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ContentItem
from sr2graph.dicom.references import InstanceReference, SeriesReference, StudyReference
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import Code, ImageReference, Text, UIDReference, ValueType
from sr2graph.fhir import FLAVOURS, FhirBundle, to_fhir
from sr2graph.samples import sample
from tests.fhir.models import case, numbered, parsed, problems, resources

CT = "1.2.840.10008.5.1.4.1.1.2"
SECONDARY = "1.2.840.10008.5.1.4.1.1.7"


def study(bundle: FhirBundle) -> dict[str, Any]:
    (found,) = resources(bundle, "ImagingStudy")
    return found


def uids(references: tuple[StudyReference, ...], own: str | None) -> dict[str | None, set[str | None]]:
    return {
        series.series_instance_uid: {each.sop_instance_uid for each in series.instances}
        for told in references
        for series in told.series
        if told.study_instance_uid == own
    }


def listed(found: dict[str, Any]) -> dict[str | None, set[str | None]]:
    return {each["uid"]: {instance["uid"] for instance in each["instance"]} for each in found["series"]}


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("kind", ["planar_roi", "mammography_cad", "key_objects", "radiomics"])
def test_a_study_lists_what_the_evidence_lists(kind: str, flavour: str) -> None:
    report = sample(kind)
    found = study(to_fhir(report, flavour))
    document = report.document
    evidence = uids((*document.current_evidence, *document.other_evidence), report.study.study_instance_uid)
    assert listed(found) == evidence
    assert evidence
    assert "numberOfInstances" not in found  # what a report refers to need not be all there is


@pytest.mark.parametrize(("flavour", "path"), [("r4", "code"), ("r5-dicom-sr", "coding")])
def test_series_have_the_modality_of_their_class(flavour: str, path: str) -> None:
    found = study(to_fhir(sample("planar_roi"), flavour))
    assert "CT" in str(found["modality"][0][path])
    assert {instance["sopClass"]["display"] for each in found["series"] for instance in each["instance"]} >= {
        "CT Image Storage"
    }


def referring(series: SeriesReference, uid: str | None = None, *, is_compared: bool = False) -> Report:
    """A report whose evidence is one series, of its own study or another."""
    report = sample("basic_text")
    told = (StudyReference(study_instance_uid=uid or report.study.study_instance_uid, series=(series,)),)
    current, other = ((), told) if is_compared else (told, ())
    return replace(report, document=replace(report.document, current_evidence=current, other_evidence=other))


def series_of(*classes: str, **attributes: Any) -> SeriesReference:
    instances = tuple(
        InstanceReference(sop_class_uid=each, sop_instance_uid=f"1.2.3.{number}") for number, each in enumerate(classes)
    )
    return SeriesReference(series_instance_uid="1.2.3", instances=instances, **attributes)


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_what_is_not_known_says_so(flavour: str) -> None:
    """FHIR wants a modality of every series: a class of any modality has none to be told, nor two classes."""
    for classes in ((SECONDARY,), (CT, SECONDARY)):
        bundle = to_fhir(referring(series_of(*classes)), flavour)
        assert problems(bundle, flavour) == []
        (series,) = study(bundle)["series"]
        assert series["modality"] == {
            "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]
        }
        assert "modality" not in study(bundle)


def test_series_and_instances_without_a_uid_are_not_there() -> None:
    instance = InstanceReference(sop_class_uid=CT, sop_instance_uid="not a uid!")
    series = SeriesReference(series_instance_uid="1.2.3", instances=(instance,))
    assert "instance" not in study(to_fhir(referring(series)))["series"][0]
    assert "series" not in study(to_fhir(referring(replace(series, series_instance_uid="no uid"))))


# ---------------------------------------------------------------- where it is


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_retrieve_url_is_an_endpoint(flavour: str) -> None:
    where = {"retrieve_url": "https://pacs.example/rs/studies/1/series/1.2.3", "retrieve_ae_title": ("PACS1",)}
    bundle = to_fhir(referring(series_of(CT, **where)), flavour)
    assert problems(bundle, flavour) == []
    (endpoint,) = resources(bundle, "Endpoint")
    assert endpoint["address"] == where["retrieve_url"]
    assert [each["value"] for each in endpoint["identifier"]][1:] == ["PACS1"]
    reference = f"urn:uuid:{endpoint['id']}"
    found = study(bundle)
    assert found["series"][0]["endpoint"][0]["reference"] == found["endpoint"][0]["reference"] == reference


def test_with_an_endpoint_the_profile_of_a_study_is_claimed() -> None:
    """IMR and IDR want modality, time and endpoint."""
    report = referring(series_of(CT, retrieve_url="https://pacs.example/rs"))
    for flavour in ("r4-imr", "r5-idr"):
        claims = study(to_fhir(report, flavour, timezone="+01:00"))["meta"]["profile"]
        assert len(claims) == 1
        assert "imaging" in claims[0]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc/passwd", "https://a b", "http://x/<y>", ""])
def test_what_nobody_can_follow_is_no_endpoint(url: str) -> None:
    bundle = to_fhir(referring(series_of(CT, retrieve_url=url, retrieve_ae_title=("PACS1",))))
    assert not resources(bundle, "Endpoint")
    (told,) = study(bundle)["endpoint"]
    assert told == {"type": "Endpoint", "identifier": {"type": {"text": "Retrieve AE Title"}, "value": "PACS1"}}


# ---------------------------------------------------------------- other studies


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_study_that_was_compared_is_in_the_report(flavour: str) -> None:
    report = referring(series_of(CT), "1.9.9", is_compared=True)
    bundle = to_fhir(report, flavour)
    assert problems(bundle, flavour) == []
    (diagnostic,) = resources(bundle, "DiagnosticReport")
    (held,) = diagnostic["contained"]
    assert held["identifier"][0]["value"] == "urn:oid:1.9.9"
    assert listed(held) == {"1.2.3": {"1.2.3.0"}}
    (told,) = [each["valueReference"] for each in diagnostic["extension"] if "Study" in each["url"]]
    assert told["reference"] == f"#{held['id']}"
    assert study(bundle)["identifier"][0]["value"] == f"urn:oid:{report.study.study_instance_uid}"


def test_a_study_that_was_asked_for_is_one_of_the_report() -> None:
    """A report may be in another study than its images."""
    (diagnostic,) = resources(to_fhir(referring(series_of(CT), "1.9.9")), "DiagnosticReport")
    assert [each["identifier"]["value"] for each in diagnostic["study"]][1:] == ["urn:oid:1.9.9"]
    assert "extension" not in diagnostic
    (diagnostic,) = resources(to_fhir(referring(series_of(CT), "1.9.9"), ids="logical"), "DiagnosticReport")
    assert "contained" not in diagnostic
    assert "reference" not in diagnostic["study"][1]


# ---------------------------------------------------------------- manifests and libraries


def code(value: str, meaning: str = "x", scheme: str = "DCM") -> CodedConcept:
    return CodedConcept(value, scheme, meaning)


def image(number: int, *children: ContentItem) -> ContentItem:
    return ContentItem((1,), "CONTAINS", ValueType.IMAGE, None, ImageReference(CT, f"1.2.3.{number}"), children)


def entitled(title: str, *children: ContentItem, classes: tuple[str, ...] = (CT, CT)) -> Report:
    root = ContentItem((1,), None, ValueType.CONTAINER, code(title), children=children)
    return replace(referring(series_of(*classes)), root=numbered(root))


def test_a_manifest_lists_and_picks_nothing() -> None:
    images = image(0), image(1)
    assert not resources(to_fhir(entitled("113030", *images)), "ImagingSelection")
    assert not to_fhir(entitled("113030", *images), "r4").left_out()
    picked = resources(to_fhir(entitled("113000", *images)), "ImagingSelection")
    assert [each["uid"] for each in picked[0]["instance"]] == ["1.2.3.0", "1.2.3.1"]


def said(concept: str, value: Any, value_type: str) -> ContentItem:
    return ContentItem((1,), "HAS ACQ CONTEXT", value_type, code(concept), value)


def library(*children: ContentItem) -> ContentItem:
    group = ContentItem((1,), "CONTAINS", ValueType.CONTAINER, code("126200"), children=children)
    return ContentItem((1,), "CONTAINS", ValueType.CONTAINER, code("111028"), children=(group,))


LEFT, RIGHT = Code(code("7771000", "Left", "SCT")), Code(code("24028007", "Right", "SCT"))


@pytest.mark.parametrize(("sides", "told"), [((LEFT, LEFT), "7771000"), ((LEFT, RIGHT), None), ((LEFT, None), None)])
def test_a_series_has_a_side_if_all_its_instances_have_it(sides: tuple[Code | None, ...], told: str | None) -> None:
    entries = [image(n, *([said("111027", side, ValueType.CODE)] if side else [])) for n, side in enumerate(sides)]
    (series,) = study(to_fhir(entitled("126000", library(*entries)), "r4"))["series"]
    assert series.get("laterality", {}).get("code") == told


def test_an_instance_has_its_number_and_a_series_what_its_group_says() -> None:
    group = (
        said("121139", Code(code("MR")), ValueType.CODE),
        said("112002", UIDReference("1.2.3"), ValueType.UIDREF),
        said("113607", Text("4"), ValueType.TEXT),
        said("131564", Text("17"), ValueType.TEXT),
    )
    entry = image(0, said("113609", Text("12"), ValueType.TEXT))
    bundle = to_fhir(entitled("126000", library(*group, entry)), "r4")
    (series,) = study(bundle)["series"]
    assert (series["number"], series["numberOfInstances"], series["modality"]["code"]) == (4, 17, "MR")
    assert [each.get("number") for each in series["instance"]] == [12, None]
    targets = {loss.code: loss.target for loss in bundle.losses}
    assert targets["DCM:113609"] == "ImagingStudy.series.instance.number"
    assert targets["DCM:111028"] == targets["DCM:126200"] == "ImagingStudy.series"


@pytest.mark.parametrize("text", ["-1", "1.5", "1e3", "٣", "9" * 10, "one"])
def test_a_number_that_is_none_stays_in_the_narrative(text: str) -> None:
    bundle = to_fhir(entitled("126000", library(image(0, said("113609", Text(text), ValueType.TEXT)))))
    assert "number" not in study(bundle)["series"][0]["instance"][0]
    assert "DCM:113609" in {loss.code for loss in bundle.left_out()}


# ---------------------------------------------------------------- the official pair


def flat(found: dict[str, Any]) -> dict[str, Any]:
    """Paths and values of an ImagingStudy; series and instances by UID, for their order says nothing."""
    made: dict[str, Any] = {key: value for key, value in found.items() if isinstance(value, str | int)}
    made["modality"] = [each["code"] for each in found["modality"]]
    made["identifier"] = found["identifier"][0]["value"]
    made["order"] = found["basedOn"][0]["identifier"]["value"]
    for each in found["series"]:
        path = each["uid"]
        for key in ("number", "description", "numberOfInstances", "started"):
            made[f"{path}.{key}"] = each[key]
        made[f"{path}.modality"] = each["modality"]["code"]
        made[f"{path}.bodySite"] = (each["bodySite"]["system"], each["bodySite"]["code"])
        made[f"{path}.endpoint"] = len(each["endpoint"])
        made |= {f"{path}.{instance['uid']}": instance["sopClass"]["code"] for instance in each["instance"]}
        made |= {f"{path}.{i['uid']}.number": i["number"] for i in each["instance"] if "number" in i}
    return made


DIFFERENT = {
    "id": "ids follow from UIDs",
    "status": "a report does not know whether all of it can be had",
    "started": "the pair has summer time and whole seconds, the file +0100 and fractions",
    "series.started": "the same",
    "instance.number": "not in the file",
}
"""What the official bundle has otherwise than we make it of the file, and why."""


@pytest.mark.corpus
def test_the_official_manifest_says_the_same() -> None:
    """IHE MADO: a key object document and the FHIR manifest of the same study."""
    if not case("ig/ihe-mado/paired").is_dir():
        pytest.skip("../shared/fhir is not beside this checkout")
    told = json.loads(case("ig/ihe-mado/paired/bundle-101.json").read_text(encoding="utf-8"))
    theirs = {entry["resource"]["resourceType"]: entry["resource"] for entry in told["entry"]}
    bundle = to_fhir(read(case("ig/ihe-mado/paired/kos-101.dcm")), "r4", "document")
    assert problems(bundle, "r4") == []
    ours = {entry["resource"]["resourceType"]: entry["resource"] for entry in parsed(bundle)["entry"]}
    assert set(theirs) - set(ours) == {"ServiceRequest"}  # known by its accession number
    one, other = flat(theirs["ImagingStudy"]), flat(ours["ImagingStudy"])
    found = {_kind(path) for path in one.keys() | other.keys() if one.get(path) != other.get(path)}
    assert found == DIFFERENT.keys()
    assert sum("." in path and one[path] == other.get(path) for path in one) >= 86
    assert other["started"].partition(".")[0] == one["started"].partition("+")[0]
    for element in ("gender", "birthDate"):
        assert ours["Patient"][element] == theirs["Patient"][element]
    assert ours["Patient"]["identifier"][0]["value"] == theirs["Patient"]["identifier"][0]["value"]
    assert ours["Organization"]["name"] == theirs["Organization"]["name"]
    for element in ("address", "status", "connectionType"):
        assert ours["Endpoint"][element] == theirs["Endpoint"][element]


def _kind(path: str) -> str:
    """The name of a path in the table."""
    name = path.rpartition(".")[2]
    if name.isdigit():
        return "sopClass"
    return f"instance.{name}" if ".2.3." in path and name == "number" else f"series.{name}" if "." in path else path
