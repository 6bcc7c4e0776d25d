"""FHIR RDF by others: HL7's own library writes the same graph, but for what it takes from R6; HAPI FHIR reads ours."""

import json
import subprocess
from collections.abc import Iterable
from functools import cache
from typing import Any
from xml.etree.ElementTree import canonicalize

import pyoxigraph
import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Triple

from sr2graph.fhir import FhirBundle, to_fhir
from sr2graph.samples import sample
from tests.conftest import HAPI, ROOT
from tests.fhir.rdf_reader import FHIR, RDF, Number, canonical, triples

pytestmark = [
    pytest.mark.hapi,
    pytest.mark.slow,
    pytest.mark.skipif(
        not (ROOT / "tests" / "fhir" / "validator" / "pom.xml").is_file(),
        reason="there is no project that builds Rdf.java",
    ),
]

KINDS = ("key_objects", "planar_roi", "radiopharmaceutical_dose")
FLAVOUR = {"R4": "r4-imr", "R5": "r5-idr"}
BUNDLES = ("transaction", "document")
OURS_ALONE = frozenset(
    {FHIR + "link", FHIR + "l", "http://www.w3.org/ns/prov#wasDerivedFrom", "http://www.w3.org/2002/07/owl#imports"}
)
"""Links: HL7's library makes those of R6, HAPI FHIR none; and the header of an ontology, which is no FHIR."""


@cache
def bundles(release: str) -> tuple[FhirBundle, ...]:
    return tuple(
        to_fhir(sample(kind), FLAVOUR[release], bundle, timezone="+01:00") for kind in KINDS for bundle in BUNDLES
    )


@cache
def answers(release: str) -> tuple[list[str], list[str]]:
    """What HL7's library writes, and what HAPI FHIR reads of ours; it knows the predicates of R4 only."""
    asked = [["hl7", bundle.json()] for bundle in bundles(release)]
    asked += [["read", plain_turtle(bundle)] for bundle in bundles(release)] if release == "R4" else []
    path = f"{HAPI}:{HAPI.parent}/lib/*"
    command = ["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", path, "Rdf", release]
    text = "".join(json.dumps(each) + "\n" for each in asked)
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == len(asked)
    return found[: len(bundles(release))], found[len(bundles(release)) :]


def common(found: Iterable[Triple]) -> list[Triple]:
    """What all write: no links, no concepts."""
    return [
        each
        for each in found
        if each.predicate.value not in OURS_ALONE
        and (each.predicate.value != RDF + "type" or str(getattr(each.object, "value", "")).startswith(FHIR))
    ]


def plain_turtle(bundle: FhirBundle) -> str:
    """A bundle as HAPI FHIR takes it."""
    found = common(triples(bundle.to_turtle()))
    written = pyoxigraph.serialize(found, format=RdfFormat.TURTLE)
    assert written is not None
    return written.decode()


def told(found: list[Triple], release: str) -> set[Quad]:
    """A graph, with names and texts as both write them."""
    firsts = {each.subject: each.object for each in found if each.predicate.value == RDF + "first"}
    texts = {each.subject: each.object for each in found if each.predicate.value == FHIR + "v"}
    left_out: set[Any] = set()
    made = []
    for each in common(found):
        subject, predicate, value = each.subject, each.predicate, each.object
        if isinstance(subject, NamedNode) and "Bundle/" in subject.value:
            subject = NamedNode(f"urn:uuid:{subject.value.rpartition('/')[2]}")
        if release == "R5" and predicate.value == RDF + "type" and isinstance(subject, BlankNode):
            name = value.value.removeprefix(FHIR)  # type: ignore[union-attr] # of a type
            value = NamedNode(FHIR + (name[0].lower() + name[1:] if name in IN_CAPITALS else name))
        if release == "R5" and predicate.value == FHIR + "resource" and value in firsts:
            # A list of one.
            left_out.add(value)
            value = firsts[value]  # type: ignore[index] # a node
        if predicate.value.rpartition(".")[2].rpartition("/")[2] == "div":
            if value in texts:
                left_out.add(value)
                value = texts[value]  # type: ignore[index] # a node
            # They write entities and attributes in their own way.
            value = Literal(canonicalize(str(value.value)))  # type: ignore[union-attr] # a literal
        made.append(Triple(subject, predicate, value))
    return canonical(each for each in made if each.subject not in left_out)


def grouped(release: str) -> Any:
    """A release as a parameter; one worker asks all there is to ask about it."""
    return pytest.param(release, marks=pytest.mark.xdist_group(f"rdf-{release}"))


IN_CAPITALS = frozenset({"Boolean", "Code", "DateTime", "Integer", "String", "Time", "Uri"})
"""Primitive types as R6 writes them."""


@pytest.mark.parametrize("number", range(len(KINDS) * len(BUNDLES)))
@pytest.mark.parametrize("release", [grouped("R4"), grouped("R5")])
def test_hl7_writes_the_same_graph(release: str, number: int) -> None:
    ours, theirs = bundles(release)[number].to_turtle(), answers(release)[0][number]
    assert told(triples(ours), release) == told(triples(theirs), release)


@pytest.mark.xdist_group("rdf-R4")
@pytest.mark.parametrize("number", range(len(KINDS) * len(BUNDLES)))
def test_hapi_reads_what_we_wrote(number: int) -> None:
    """All of it, but for ids of resources in entries, which it takes from their IRIs and leaves out."""
    found = json.loads(answers("R4")[1][number], parse_float=Number, parse_int=Number)
    wanted = json.loads(bundles("R4")[number].json(), parse_float=Number, parse_int=Number)
    for bundle in (found, wanted):
        for entry in bundle["entry"]:
            entry["resource"].pop("id", None)
            without_narratives(entry["resource"])
    assert found == wanted


def without_narratives(value: Any) -> None:
    """Take out what HAPI FHIR writes with other entities."""
    if isinstance(value, dict):
        value.pop("div", None)
        for each in value.values():
            without_narratives(each)
    elif isinstance(value, list):
        for each in value:
            without_narratives(each)
