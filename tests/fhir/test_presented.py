"""The IHE report flavours: the form people read, extensions, and what their profiles want."""

import base64
import hashlib
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from sr2graph.dicom.references import StudyReference
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import Text
from sr2graph.fhir import FhirBundle, to_fhir
from sr2graph.samples import KINDS, sample
from tests.fhir.models import codings_of, numbered, problems, resources

IHE = ("r5-idr", "r4-imr")
IMR = "https://profiles.ihe.net/RAD/IMR/StructureDefinition/"
IDR = "https://profiles.ihe.net/RAD/IDR/StructureDefinition/"


def made(kind: str, flavour: str) -> FhirBundle:
    return to_fhir(sample(kind), flavour, timezone="+01:00")


def diagnostic_report(bundle: FhirBundle) -> dict[str, Any]:
    (found,) = resources(bundle, "DiagnosticReport")
    return found


class Page(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


def page(bundle: FhirBundle) -> tuple[dict[str, Any], bytes]:
    (form,) = diagnostic_report(bundle)["presentedForm"]
    return form, base64.b64decode(form["data"], validate=True)


@pytest.mark.parametrize("flavour", IHE)
@pytest.mark.parametrize("kind", KINDS)
def test_the_form_is_the_report_as_a_page(kind: str, flavour: str) -> None:
    bundle = made(kind, flavour)
    form, data = page(bundle)
    assert form["contentType"] == "text/html"
    # Of two types: integer64 is a text in the JSON of R5.
    assert form["size"] == (str(len(data)) if flavour == "r5-idr" else len(data))
    assert form["hash"] == base64.b64encode(hashlib.sha1(data).digest()).decode()  # noqa: S324 # FHIR Attachment.hash
    read = Page(data.decode())
    assert read.tags == {"html", "head", "meta", "title", "body", "div", "ul", "li", "b"} | (read.tags & {"br"})
    assert read.attributes <= {"lang", "xml:lang", "charset", "xmlns"}
    assert diagnostic_report(bundle)["text"]["div"] in data.decode()


@pytest.mark.parametrize("flavour", ["r4", "r5-idr"])
def test_the_narrative_says_its_language(flavour: str) -> None:
    """As XHTML and as XML say it."""
    report = diagnostic_report(made("basic_text", flavour))
    assert report["language"] == "en-US"
    assert report["text"]["div"].startswith(
        '<div xmlns="http://www.w3.org/1999/xhtml" lang="en-US" xml:lang="en-US"><ul>'
    )


def hostile() -> Report:
    """A report whose title and first text are markup."""
    report = sample("basic_text")
    assert report.root is not None
    assert report.root.concept_name is not None
    title = replace(report.root.concept_name, meaning="<script>alert(1)</script>")
    text = next(each for each in report.walk() if isinstance(each.value, Text))
    text = replace(text, value=Text('"><img src=x onerror=alert(1)>&'))
    return replace(report, root=numbered(replace(report.root, concept_name=title, children=(text,))))


@pytest.mark.parametrize("flavour", IHE)
def test_what_a_report_says_is_never_markup(flavour: str) -> None:
    _, data = page(to_fhir(hostile(), flavour))
    read = Page(data.decode())
    assert not {"script", "img"} & read.tags
    assert '"><img src=x onerror=alert(1)>&' in read.text
    assert "<script>alert(1)</script>" in read.text


def test_other_flavours_have_no_form() -> None:
    assert not any("presentedForm" in diagnostic_report(made("basic_text", each)) for each in ("r4", "r5-dicom-sr"))


@pytest.mark.parametrize("flavour", IHE)
def test_categories(flavour: str) -> None:
    """The profiles want `imaging` on every Observation."""
    bundle = made("radiomics", flavour)
    imaging = ("http://terminology.hl7.org/CodeSystem/observation-category", "imaging")
    for each in resources(bundle, "Observation"):
        found = [one for told in each["category"] for one in codings_of(told)]
        assert found.count(imaging) == 1
    assert codings_of(diagnostic_report(bundle)["category"][0]) == {
        ("http://terminology.hl7.org/CodeSystem/v2-0074", "RAD")
    }


def claims(bundle: FhirBundle) -> set[str]:
    return {profile for each in resources(bundle) for profile in each.get("meta", {}).get("profile", ())}


def test_a_report_that_has_all_claims_the_profiles() -> None:
    bundle = made("basic_text", "r4-imr")
    assert diagnostic_report(bundle)["meta"]["profile"] == [IMR + "imr-diagnosticreport"]
    assert {each["type"] for each in diagnostic_report(bundle)["performer"]} >= {"Organization"}
    assert claims(bundle) == {IMR + each for each in ("imr-diagnosticreport", "imr-observation", "imr-servicerequest")}
    assert all("meta" in each for each in resources(bundle, "Observation"))


def test_without_an_institution_it_is_not_claimed() -> None:
    report = sample("basic_text")
    report = replace(report, equipment=replace(report.equipment, institution_name=None))
    bundle = to_fhir(report, "r4-imr", timezone="+01:00")
    assert "meta" not in diagnostic_report(bundle)
    told = [loss.reason for loss in bundle.losses if loss.target == "meta.profile"]
    assert "imr-diagnosticreport is not claimed: no organization" in told


def test_an_institution_known_by_identifier_only_keeps_no_profile() -> None:
    """The profile tells performers apart by their type, which is that of what is referred to."""
    bundle = to_fhir(sample("basic_text"), "r4-imr", "batch", "conditional", timezone="+01:00")
    assert "Organization" in {each["type"] for each in diagnostic_report(bundle)["performer"]}
    assert "meta" not in diagnostic_report(bundle)


def test_the_profile_of_a_study_needs_an_endpoint_which_no_report_knows() -> None:
    """So the IDR profile that wants such a study is not claimed either; the account says so."""
    bundle = made("basic_text", "r5-idr")
    assert claims(bundle) == {IDR + "imaging-service-request", IDR + "idr-observation"}
    told = {loss.reason for loss in bundle.losses if loss.target == "meta.profile"}
    assert "imaging-diagnosticreport is not claimed: no profile of study" in told
    assert any(each.startswith("idr-imaging-study-in-imaging-report is not claimed") for each in told)


@pytest.mark.parametrize("flavour", IHE)
def test_orders_are_resources(flavour: str) -> None:
    report = sample("basic_text")
    bundle = made("basic_text", flavour)
    (order,) = resources(bundle, "ServiceRequest")
    (request,) = report.document.requests
    number = report.study.accession_number
    placed = [each for each in (request.placer_order_number, request.filler_order_number) if each]
    assert [each["value"] for each in order["identifier"] if "type" in each] == [number, *placed]
    assert placed
    code, reason = (
        (order["code"]["concept"], order["reason"][0]["concept"])
        if flavour == "r5-idr"
        else (order["code"], order["reasonCode"][0])
    )
    assert code["coding"][0]["code"] == request.requested_procedure_codes[0].value
    assert reason == {"text": request.reason}
    told = diagnostic_report(bundle)["basedOn"]
    assert [each["reference"] for each in told] == [f"urn:uuid:{order['id']}"]


def test_an_accession_number_without_an_issuer_is_that_of_the_study() -> None:
    """Two institutions may have the same number: their orders are two."""
    report = sample("basic_text")
    other = replace(report, study=replace(report.study, study_instance_uid="1.2.3"), other=())
    one, two = (resources(to_fhir(each, "r4-imr"), "ServiceRequest")[0] for each in (replace(report, other=()), other))
    assert one["identifier"][0] == two["identifier"][0]
    assert one["id"] != two["id"]


def test_orders_are_referred_to_and_not_made_where_they_are_elsewhere() -> None:
    bundle = to_fhir(sample("basic_text"), "r4-imr", ids="logical", timezone="+01:00")
    assert not resources(bundle, "ServiceRequest")
    assert not resources(made("basic_text", "r4"), "ServiceRequest")
    assert "identifier" in diagnostic_report(bundle)["basedOn"][0]


def extension(bundle: FhirBundle, url: str) -> list[dict[str, Any]]:
    told = diagnostic_report(bundle).get("extension", ())
    return [each["valueReference"] for each in told if each["url"] == url]


def test_impressions_and_history_are_extensions_in_idr() -> None:
    bundle = made("basic_text", "r5-idr")
    by_url = {f"urn:uuid:{each['id']}": each for each in resources(bundle)}
    impressions = [by_url[each["reference"]] for each in extension(bundle, IDR + "idrImpression")]
    assert impressions
    assert {each["resourceType"] for each in impressions} == {"Observation"}
    assert not extension(made("basic_text", "r4-imr"), IDR + "idrImpression")


def test_observations_name_their_study_by_identifier_in_idr() -> None:
    """What refers to a study that has no endpoint does not keep the profile."""
    for each in resources(made("basic_text", "r5-idr"), "Observation"):
        (study,) = each["partOf"]
        assert study.keys() == {"type", "identifier"}
        assert each["meta"]["profile"] == [IDR + "idr-observation"]


def test_an_impression_is_referred_to_if_it_keeps_its_profile() -> None:
    """IDR wants it to be final, which those of a preliminary report are not."""
    bundle = made("diagnostic_report", "r5-idr")
    assert diagnostic_report(bundle)["status"] == "partial"
    assert not extension(bundle, IDR + "idrImpression")
    assert extension(bundle, IDR + "idrPatientHistory")
    told = [loss.reason for loss in bundle.losses if loss.target == "extension"]
    assert "no idrImpression: what it refers to does not keep idr-observation" in told


@pytest.mark.parametrize(
    ("flavour", "url"), [("r5-idr", IDR + "idrComparisonStudy"), ("r4-imr", IMR + "associatedStudy")]
)
def test_other_studies_of_the_evidence_are_comparisons(flavour: str, url: str) -> None:
    report = sample("basic_text")
    own = report.study.study_instance_uid
    document = replace(
        report.document, other_evidence=(*(StudyReference(study_instance_uid=uid) for uid in ("1.2.3", "1.2.3", own)),)
    )
    bundle = to_fhir(replace(report, document=document), flavour)
    found = extension(bundle, url)
    assert [each["identifier"]["value"] for each in found] == ["urn:oid:1.2.3"]
    assert problems(bundle, flavour) == []
