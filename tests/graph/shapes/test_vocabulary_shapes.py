"""The shapes of the vocabulary: graphs of this project conform, and what the vocabulary does not allow is found."""

import pytest
import rdflib
from rdflib import RDF, XSD, Literal, URIRef

import sr2graph
from sr2graph.graph.ontology import properties
from sr2graph.graph.shapes.vocabulary_shapes import is_single, with_subclasses
from sr2graph.samples.templated import instance
from tests.conftest import CORPUS
from tests.graph.shapes.agreement import graph_of, results, shapes_graph

SR = rdflib.Namespace("https://w3id.org/sr2graph/")
NAMES = {found.curie: found for found in properties()}


def wrong(graph: rdflib.Graph) -> set[str]:
    return {result["sourceShape"] + " " + result["resultPath"] for result in results(graph, "vocabulary")}


@pytest.mark.parametrize("tid", ["1500", "2000", "10021"])
def test_samples_conform(tid: str) -> None:
    assert wrong(graph_of(instance(tid, 1))) == set()


@pytest.mark.corpus
@pytest.mark.parametrize("name", ["comprehensive-offis-allvaluetypes-1", "rrdose-siemens-biograph-1", "ko-ihe-mado-2"])
def test_real_reports_conform(name: str) -> None:
    assert wrong(graph_of(sr2graph.read(CORPUS / f"{name}.dcm"))) == set()


@pytest.mark.parametrize(
    ("predicate", "value"),
    [
        ("position", Literal("first")),
        ("position", Literal(7)),
        ("sopClass", Literal("1.2.3")),
        ("contentDate", Literal("today", datatype=XSD.date)),
        ("root", URIRef("urn:oid:1.2#nowhere")),
        ("conceptName", Literal("113701")),
        ("graphicType", Literal("POINT")),
    ],
)
def test_what_the_vocabulary_does_not_allow_is_found(predicate: str, value: Literal | URIRef) -> None:
    """A wrong datatype, a second value, no such item, a predicate of another class."""
    graph = graph_of(instance("2010", 1))
    report = next(iter(graph.subjects(RDF.type, SR.Report)))
    subject = graph.value(report, SR.root) if predicate in ("position", "conceptName", "graphicType") else report
    assert subject is not None
    graph.add((subject, SR[predicate], value))
    assert wrong(graph)


def test_each_predicate_has_a_shape() -> None:
    shaped = set(shapes_graph("vocabulary").objects(None, rdflib.SH.targetSubjectsOf))
    assert shaped == {SR[curie.partition(":")[2]] for curie in NAMES}


@pytest.mark.parametrize(
    ("curie", "single"),
    [
        ("sr:contentDate", True),
        ("sr:conceptName", True),
        ("sr:unit", True),
        ("sr:numericValue", False),
        ("sr:softwareVersion", False),
        ("sr:patientName", False),
        ("sr:personIdentification", False),
    ],
)
def test_how_often_follows_from_the_columns(curie: str, *, single: bool) -> None:
    assert is_single(NAMES[curie]) is single


def test_a_class_stands_for_its_subclasses() -> None:
    assert "sr:Num" in with_subclasses(("sr:ContentItem",))
    assert with_subclasses(("sr:Report",)) == ["sr:Report"]
