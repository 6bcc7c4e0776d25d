"""Bundles as RDF: as the rules have it, the same in each notation, and all of the bundle."""

import json
import re
from collections import defaultdict
from dataclasses import replace
from functools import cache
from typing import Any

import pyoxigraph
import pytest
import rdflib
from hypothesis import given, settings
from hypothesis.strategies import characters, sampled_from, text

from sr2graph.dicom.content import position_text
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import Text
from sr2graph.errors import FhirError, NotFhirError
from sr2graph.fhir import BUNDLES, FLAVOURS, IDS, FhirBundle, to_fhir
from sr2graph.fhir.rdf_terms import canonical_iri, concept_iri, is_iri
from sr2graph.graph.quads import nquads, report_iri
from sr2graph.samples import KINDS, sample
from tests import strategies
from tests.fhir.models import resources
from tests.fhir.rdf_reader import FHIR, RDF, Number, canonical, read, triples

PROV = "http://www.w3.org/ns/prov#wasDerivedFrom"
ZONE = "+01:00"
WIDEST = ("r5-idr", "r4-rds")
"""Flavours with most elements of each release."""

BASE = "https://example.org/fhir"


@cache
def projected(kind: str, flavour: str = "r5-dicom-sr", bundle: str = "transaction", ids: str = "put") -> FhirBundle:
    return to_fhir(sample(kind), flavour, bundle, ids, timezone=ZONE)


def plain(bundle: FhirBundle) -> Any:
    """The JSON of a bundle, numbers by their digits."""
    return json.loads(bundle.json(), parse_float=Number, parse_int=Number)


def objects(bundle: FhirBundle, predicate: str, **options: Any) -> dict[str, set[str]]:
    """What subjects that are no blank nodes have for a predicate."""
    found: dict[str, set[str]] = {}
    for each in triples(bundle.to_turtle(**options)):
        if each.predicate.value == predicate and isinstance(each.subject, pyoxigraph.NamedNode):
            found.setdefault(each.subject.value, set()).add(getattr(each.object, "value", ""))
    return found


# ---------------------------------------------------------------- all of the bundle


@pytest.mark.parametrize("flavour", WIDEST)
@pytest.mark.parametrize("kind", KINDS)
def test_turtle_says_what_json_says(kind: str, flavour: str) -> None:
    """Read back by other code, every value is there, in order, digit by digit."""
    bundle = projected(kind, flavour)
    assert read(bundle.release, triples(bundle.to_turtle())) == plain(bundle)


@pytest.mark.parametrize("ids", IDS)
@pytest.mark.parametrize("type_", BUNDLES)
@pytest.mark.parametrize("flavour", ["r5-dicom-sr", "r4"])
def test_every_type_of_bundle(flavour: str, type_: str, ids: str) -> None:
    bundle = projected("key_objects", flavour, type_, ids)
    for base in (None, BASE):
        assert read(bundle.release, triples(bundle.to_turtle(base))) == plain(bundle)


@settings(max_examples=25)
@given(strategies.reports(), sampled_from(FLAVOURS))
def test_any_report_survives(report: Report, flavour: str) -> None:
    bundle = to_fhir(report, flavour, timezone=ZONE)
    assert read(bundle.release, triples(bundle.to_turtle())) == plain(bundle)


@pytest.mark.parametrize("flavour", ["r5-idr", "r4-imr"])
@pytest.mark.parametrize("kind", ["planar_roi", "key_objects", "radiopharmaceutical_dose"])
def test_all_notations_are_one_graph(kind: str, flavour: str) -> None:
    """Turtle and N-Quads are written by two writers."""
    bundle = projected(kind, flavour)
    graph = canonical(triples(bundle.to_turtle()))
    assert canonical(triples(bundle.to_nquads(), pyoxigraph.RdfFormat.N_QUADS)) == graph
    through = bundle.to_rdflib().serialize(format="nquads")
    assert canonical(triples(through, pyoxigraph.RdfFormat.N_QUADS)) == graph


def test_rdflib_reads_the_same() -> None:
    """It numbers blank nodes and prefixes by itself."""
    bundle = projected("key_objects")
    again = rdflib.Graph().parse(data=bundle.to_turtle(), format="turtle").serialize(format="nt")
    assert canonical(triples(again, pyoxigraph.RdfFormat.N_TRIPLES)) == canonical(triples(bundle.to_turtle()))
    (name,) = (each.identifier for each in bundle.to_rdflib().graphs() if len(each))
    assert str(name) == f"urn:uuid:{bundle.resource['id']}"


def test_the_same_report_gives_the_same_text() -> None:
    again = to_fhir(sample("radiomics"), timezone=ZONE)
    assert again.to_turtle() == projected("radiomics").to_turtle()
    assert again.to_nquads() == projected("radiomics").to_nquads()


def test_documents_can_be_put_together() -> None:
    """Blank nodes of two bundles stay apart, and so do their items."""
    one, other = projected("key_objects"), projected("basic_text")
    apart = triples(one.to_turtle()) + triples(other.to_turtle())
    assert canonical(triples(one.to_turtle() + other.to_turtle())) == canonical(apart)
    together = triples(one.to_nquads() + other.to_nquads(), pyoxigraph.RdfFormat.N_QUADS)
    assert canonical(together) == canonical(apart)


# ---------------------------------------------------------------- the rules


def small(release: str = "R5", **elements: Any) -> FhirBundle:
    """A bundle of one Observation."""
    id_ = "6e9a9d4e-0000-5000-8000-000000000001"
    observation = {"resourceType": "Observation", "id": id_, **elements}
    entry = {"fullUrl": f"urn:uuid:{id_}", "resource": observation}
    bundle = {"resourceType": "Bundle", "id": "b1", "type": "collection", "entry": [entry]}
    return FhirBundle(bundle, release=release, document="urn:oid:1.2.3", sources={f"Observation/{id_}": [(1, 2)]})


MEASURED: dict[str, Any] = {
    "status": "final",
    "category": [{"text": "one"}, {"text": "two"}],
    "code": {"coding": [{"system": "http://snomed.info/sct", "code": "410668003"}]},
    "subject": {"reference": "urn:uuid:6e9a9d4e-0000-5000-8000-000000000001"},
    "valueDateTime": "2024-03",
}


def test_r5() -> None:
    """hl7.org/fhir/R5/rdf.html."""
    found = small(**MEASURED).to_turtle().partition("a fhir:Observation ;\n")[2]
    assert (
        found
        == """\
    fhir:id [ fhir:v "6e9a9d4e-0000-5000-8000-000000000001" ] ;
    fhir:status [ fhir:v "final" ] ;
    fhir:category ( [
        fhir:text [ fhir:v "one" ]
    ] [
        fhir:text [ fhir:v "two" ]
    ] ) ;
    fhir:code [
        fhir:coding ( [
            a sct:410668003 ;
            fhir:system [ fhir:v "http://snomed.info/sct"^^xsd:anyURI ] ;
            fhir:code [ fhir:v "410668003" ]
        ] )
    ] ;
    fhir:subject [
        fhir:link <urn:uuid:6e9a9d4e-0000-5000-8000-000000000001> ;
        fhir:reference [ fhir:v "urn:uuid:6e9a9d4e-0000-5000-8000-000000000001" ]
    ] ;
    fhir:value [ a fhir:dateTime ; fhir:v "2024-03"^^xsd:gYearMonth ] ;
    prov:wasDerivedFrom item:1.2 .
"""
    )


def test_r4() -> None:
    """hl7.org/fhir/R4/rdf.html."""
    found = small("R4", **MEASURED).to_turtle(BASE).partition("a fhir:Observation ;\n")[2]
    assert (
        found
        == """\
    fhir:Resource.id [ fhir:value "6e9a9d4e-0000-5000-8000-000000000001" ] ;
    fhir:Observation.status [ fhir:value "final" ] ;
    fhir:Observation.category [ fhir:index 0 ;
        fhir:CodeableConcept.text [ fhir:value "one" ]
    ], [ fhir:index 1 ;
        fhir:CodeableConcept.text [ fhir:value "two" ]
    ] ;
    fhir:Observation.code [
        fhir:CodeableConcept.coding [ fhir:index 0 ;
            a sct:410668003 ;
            fhir:Coding.system [ fhir:value "http://snomed.info/sct" ] ;
            fhir:Coding.code [ fhir:value "410668003" ]
        ]
    ] ;
    fhir:Observation.subject [
        fhir:link <https://example.org/fhir/Observation/6e9a9d4e-0000-5000-8000-000000000001> ;
        fhir:Reference.reference [ fhir:value "urn:uuid:6e9a9d4e-0000-5000-8000-000000000001" ]
    ] ;
    fhir:Observation.valueDateTime [ fhir:value "2024-03"^^xsd:gYearMonth ] ;
    prov:wasDerivedFrom item:1.2 .
"""
    )


@pytest.mark.parametrize("release", ["R4", "R5"])
def test_a_resource_inside_another(release: str) -> None:
    """It is no subject of its own."""
    bundle = small(release, contained=[{"resourceType": "Patient", "id": "p", "birthDate": "1965"}])
    assert read(release, triples(bundle.to_turtle())) == plain(bundle)
    assert "a fhir:Patient ;" in bundle.to_turtle()
    nquads_ = triples(bundle.to_nquads(), pyoxigraph.RdfFormat.N_QUADS)
    assert canonical(nquads_) == canonical(triples(bundle.to_turtle()))


def test_a_canonical_has_its_version_as_a_parameter() -> None:
    """No IRI has a bar (FHIR R5 rdf.html)."""
    assert canonical_iri("http://example.org/a|1.0") == "http://example.org/a?version=1.0"
    assert canonical_iri("http://example.org/a?b=c|1.0") == "http://example.org/a?b=c&version=1.0"
    assert canonical_iri("a b") is None


# ---------------------------------------------------------------- links


@pytest.mark.parametrize("flavour", WIDEST)
@pytest.mark.parametrize("kind", KINDS)
def test_every_resource_says_where_it_comes_from(kind: str, flavour: str) -> None:
    """From items that the graph of the report has, or from the report; the DiagnosticReport from the report."""
    bundle, report = projected(kind, flavour), sample(kind)
    found = objects(bundle, PROV)
    iris = {entry["fullUrl"]: entry["resource"]["resourceType"] for entry in bundle.resource["entry"]}
    assert found.keys() == iris.keys()
    document = report_iri(report)
    items = {match[1] for match in re.finditer(r"^<([^>]*)>", nquads(report), re.MULTILINE)}
    assert set().union(*found.values()) <= items
    assert all(found[iri] == {document} for iri, type_ in iris.items() if type_ in {"DiagnosticReport", "Patient"})
    studies = [found[iri] for iri, type_ in iris.items() if type_ == "ImagingStudy"]
    assert all(document not in each for each in studies)
    observed = [found[iri] for iri, type_ in iris.items() if type_ in {"ImagingSelection", "Observation"}]
    assert sum(document in each for each in observed) <= 2, "only a dose summary and its indication have no item"


@pytest.mark.parametrize("flavour", WIDEST)
@pytest.mark.parametrize("kind", KINDS)
def test_what_items_tell_of_comes_from_them(kind: str, flavour: str) -> None:
    """Who observed, what was observed and where; the equipment that made the report is told of in its header."""
    bundle, document = projected(kind, flavour), report_iri(sample(kind))
    found = objects(bundle, PROV)
    of_type = defaultdict[str, list[set[str]]](list)
    for entry in bundle.resource["entry"]:
        of_type[entry["resource"]["resourceType"]].append(found[entry["fullUrl"]])
    for type_ in ("BodyStructure", "Specimen"):
        assert all(document not in each for each in of_type[type_]), type_
    assert sum(document in each for each in of_type["Device"]) <= 1


def test_twins_come_from_all_that_tells_of_them() -> None:
    """Each from the items that name it, in whichever section."""
    report = sample("obgyn")
    bundle = projected("obgyn")
    found = objects(bundle, PROV)
    named = {
        f"{report_iri(report)}#{position_text(item.position)}": item.value.text
        for item in report.walk()
        if isinstance(item.value, Text) and item.concept_name and item.concept_name.code == "11951-1"
    }
    fetuses = [each for each in resources(bundle, "BodyStructure") if each["identifier"][0].get("type")]
    told = {each["identifier"][0]["value"]: found[f"urn:uuid:{each['id']}"] for each in fetuses}
    assert told
    for name, items in told.items():
        assert {item for item, text in named.items() if text == name} == {item for item in items if item in named}


def test_an_observation_comes_from_its_item() -> None:
    """The number of the item is the number of the Observation."""
    bundle, report = projected("planar_roi", "r4"), sample("planar_roi")
    values = {f"{report_iri(report)}#{loss.position}": loss.target for loss in bundle.losses}
    found = objects(bundle, PROV)
    for each in resources(bundle, "Observation"):
        (item,) = found[f"urn:uuid:{each['id']}"]
        assert item.startswith(report_iri(report) + "#")
        assert values[item] in {f"Observation/{each['id']}", "DiagnosticReport.conclusion"}


@pytest.mark.parametrize("kind", KINDS)
def test_codes_have_the_iris_of_the_graph(kind: str) -> None:
    """A Coding that came from a code of the report has the IRI that the code has in the graph of the report."""
    graph = {match[1] for match in re.finditer(r"<([^<>\"]*)> <[^<>\"]*> \.$", nquads(sample(kind)), re.MULTILINE)}
    bundle = projected(kind)
    types = {
        str(each.object.value)  # type: ignore[union-attr] # an IRI
        for each in triples(bundle.to_turtle())
        if each.predicate.value == RDF + "type" and isinstance(each.subject, pyoxigraph.BlankNode)
    }
    concepts = {each for each in types if not each.startswith(FHIR)}
    made_here = re.compile(
        r"http://dicom.nema.org/resources/ontology/DCM/(?:\d+|[A-Z]{2,4})|http://loinc.org/rdf/18748-4"
    )
    assert concepts
    assert all(each in graph or made_here.fullmatch(each) for each in concepts)


@pytest.mark.parametrize(
    ("system", "code", "iri"),
    [
        ("http://loinc.org", "8302-2", "http://loinc.org/rdf/8302-2"),
        ("http://snomed.info/sct", "12738006", "http://snomed.info/id/12738006"),
        ("http://snomed.info/srt", "T-A0100", None),
        ("http://snomed.info/sct", "T-A0100", None),
        ("http://terminology.hl7.org/CodeSystem/v2-0203", "ACSN", None),
        ("urn:ietf:rfc:3986", "urn:oid:1.2.3", "urn:oid:1.2.3"),
        ("urn:ietf:rfc:3986", "> a <urn:x", None),
        ("http://www.ama-assn.org/go/cpt", "1", None),
        ("https://w3id.org/sr2graph/code/by/ACME/99A", "a b", "https://w3id.org/sr2graph/code/by/ACME/99A/a%20b"),
        ("https://w3id.org/sr2graph/code/by/> .", "1", None),
        ("urn:oid:1.2> .", "1", None),
        ("", "1", None),
    ],
)
def test_concepts(system: str, code: str, iri: str | None) -> None:
    """What is mapped, not known, or claimed by schemes that name their codes in different ways has none."""
    assert concept_iri(system, code) == iri


def test_references_lead_to_resources() -> None:
    """Also those of a batch, which are relative."""
    for bundle in (projected("planar_roi"), projected("planar_roi", bundle="batch")):
        for base in (None, BASE):
            found = triples(bundle.to_turtle(base))
            links = [each for each in found if each.predicate.value == FHIR + "link"]
            subjects = {each.subject for each in found if isinstance(each.subject, pyoxigraph.NamedNode)}
            told = {each.object for each in links if "StructureDefinition" not in str(each.object)}
            assert len(told) > 20
            assert told <= subjects


def test_without_provenance_there_is_nothing_but_fhir() -> None:
    found = triples(projected("planar_roi").to_turtle(provenance=False))
    assert {each.predicate.value.startswith((FHIR, RDF)) for each in found} == {True}
    assert "prov:" not in projected("planar_roi").to_turtle(provenance=False)


# ---------------------------------------------------------------- hostile

NASTY = (
    '" . <urn:evil> <urn:evil> <urn:evil> . "',
    "\\",
    '\\"',
    '"""',
    "'''",
    "\n\r\t\b\f\0",
    "\x7f\x85\u2028\ufeff",
    "\ud800 half",
    "> <urn:evil> .",
    "<urn:evil>",
    "] ; a fhir:Evil ; [",
    "@prefix fhir: <urn:evil#> .",
    "# no comment",
    "\\u0022 . <urn:evil>",
    "^^xsd:integer",
    "_:b1",
    "é漢😀",
)


def spoiled(nasty: str, release: str) -> FhirBundle:
    """A text wherever a bundle has one."""
    coding = {"system": nasty, "code": nasty, "display": nasty}
    known = {"system": "http://loinc.org", "code": nasty}
    private = {"system": f"urn:oid:{nasty}", "code": nasty}
    uri = {"system": "urn:ietf:rfc:3986", "code": nasty}
    return small(
        release,
        meta={"profile": [nasty, f"http://example.org/{nasty}"]},
        text={"status": "generated", "div": nasty},
        extension=[{"url": nasty, "valueDecimal": nasty}],
        identifier=[{"system": nasty, "value": nasty}],
        code={"coding": [coding, known, private, uri], "text": nasty},
        subject={"reference": nasty, "display": nasty},
        focus=[{"reference": f"Patient/{nasty}"}, {"reference": f"urn:uuid:{nasty}"}],
        effectiveDateTime=nasty,
        valueString=nasty,
        status=nasty,
    )


@settings(max_examples=100)
@given(sampled_from(NASTY) | text(characters(), max_size=30), sampled_from(["R4", "R5"]))
def test_no_text_says_more_than_it_is(nasty: str, release: str) -> None:
    """It is read as it was written, by two parsers, and there is no subject that was not there."""
    bundle = spoiled(nasty, release)
    for base in (None, BASE):
        found = triples(bundle.to_turtle(base))
        subjects = {str(each.subject) for each in found if isinstance(each.subject, pyoxigraph.NamedNode)}
        assert len(subjects) == 2
        assert not any("evil" in each.lower() for each in subjects)
        again = read(release, found)["entry"][0]["resource"]
        written = nasty.encode(errors="replace").decode()
        assert again["valueString"] == again["text"]["div"] == again["code"]["coding"][0]["code"] == written
        assert canonical(triples(bundle.to_nquads(base), pyoxigraph.RdfFormat.N_QUADS)) == canonical(found)
    rdflib.Graph().parse(data=bundle.to_turtle(), format="turtle")


@pytest.mark.parametrize("nasty", [each for each in NASTY if each not in {"_:b1", "'''"}])
def test_ids_are_iris_or_nothing(nasty: str) -> None:
    bundle = small(**MEASURED)
    resource = bundle.resource["entry"][0]["resource"] | {"id": nasty}
    entry = {"fullUrl": f"urn:uuid:{nasty}", "resource": resource}
    for base in (None, BASE):
        with pytest.raises(NotFhirError, match="entry 1"):
            FhirBundle(bundle.resource | {"entry": [entry]}).to_turtle(base)
    with pytest.raises(NotFhirError, match="Bundle"):
        FhirBundle(bundle.resource | {"id": nasty}).to_turtle()
    with pytest.raises(FhirError, match="base"):
        bundle.to_turtle(nasty)
    assert "prov" not in replace(bundle, document=f"urn:oid:{nasty}").to_turtle()


@pytest.mark.parametrize(
    ("elements", "said"),
    [
        ({"unknown": "x"}, "Observation.unknown"),
        ({"status": ["final"]}, "a list, and it is one"),
        ({"category": {"text": "x"}}, "no list, and it repeats"),
        ({"code": "x"}, "a str, and its type is CodeableConcept"),
        ({"status": {}}, "a dict, and its type is code"),
        ({"status": None}, "a NoneType"),
        ({"category": [["x"]]}, "a list, and its type"),
        ({"contained": [{"resourceType": "Evil> <"}]}, "no resource of FHIR"),
        ({"resourceType": "Encounter"}, "Encounter: no resource of FHIR"),
    ],
)
def test_what_is_no_fhir_is_told(elements: dict[str, Any], said: str) -> None:
    for release in ("R4", "R5"):
        for write in (FhirBundle.to_turtle, FhirBundle.to_nquads):
            with pytest.raises(NotFhirError, match=said):
                write(small(release, **elements))


def test_messages_never_quote_a_value() -> None:
    with pytest.raises(NotFhirError) as caught:
        small(code="Doe^Jane").to_turtle()
    assert "Jane" not in str(caught.value)


@pytest.mark.parametrize("iri", ["http://[::1]/", "http://a b/", "urn:x", "mailto:a@b", "http://a/%zz", "", "a", "//a"])
def test_what_parsers_might_refuse_is_no_link(iri: str) -> None:
    assert not is_iri(iri)
