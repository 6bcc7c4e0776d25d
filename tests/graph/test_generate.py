"""The ontology, the context and the vocabulary page follow from the vocabulary table, and are current."""

import json
from pathlib import Path

import pyoxigraph
import pytest
import rdflib
from rdflib import OWL, RDF, RDFS
from rdflib.plugins.sparql import prepareQuery

from sr2graph import __version__
from sr2graph.graph import generate
from sr2graph.graph.jsonld import context
from sr2graph.graph.ontology import ontology, properties, qudt_alignments
from sr2graph.graph.quads import report_iri
from sr2graph.graph.rdflib_graph import to_rdflib
from sr2graph.graph.vocabulary import NAMESPACE, PREFIXES, classes, predicates
from sr2graph.graph.vocabulary_page import EXAMPLES
from tests.conftest import ROOT
from tests.graph.reports import full_reports, load

SR = rdflib.Namespace(NAMESPACE)


@pytest.fixture(scope="module")
def graph() -> rdflib.Graph:
    return rdflib.Graph().parse(data=ontology(), format="turtle")


def union(graph: rdflib.Graph, node: rdflib.term.Node | None) -> set[rdflib.term.Node]:
    """The members of a class that may be a union."""
    assert node is not None
    members = graph.value(node, OWL.unionOf)
    return {node} if members is None else set(graph.items(members))


# ---------------------------------------------------------------- files


def test_the_generated_files_are_current() -> None:
    """`python -m sr2graph.graph.generate` writes them."""
    assert generate.stale(ROOT) == []


def test_writing_makes_them_current(tmp_path: Path) -> None:
    assert generate.write(tmp_path) == list(generate.GENERATED)
    assert generate.stale(tmp_path) == []
    (tmp_path / "ontologies/sr2graph.ttl").write_text("old", encoding="utf-8")
    assert generate.write(tmp_path) == ["ontologies/sr2graph.ttl"]


def test_check_fails_when_a_file_is_old(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert generate.main(["--check"]) == 0
    monkeypatch.setitem(generate.GENERATED, "ontologies/context.jsonld", lambda: "new")
    assert generate.main(["--check"]) == 1
    assert capsys.readouterr().out == "ontologies/context.jsonld: not current\n"


# ---------------------------------------------------------------- ontology


def test_both_parsers_read_the_same_ontology(graph: rdflib.Graph) -> None:
    for text in (ontology(), qudt_alignments()):
        parsed = list(pyoxigraph.parse(text.encode(), format=pyoxigraph.RdfFormat.TURTLE))
        assert len(parsed) == len(rdflib.Graph().parse(data=text, format="turtle"))
    assert (rdflib.URIRef(NAMESPACE), OWL.versionInfo, rdflib.Literal(__version__)) in graph


def test_it_imports_nothing_and_defines_no_term_of_others(graph: rdflib.Graph) -> None:
    assert not list(graph.objects(None, OWL.imports))
    named = [s for s in graph.subjects() if isinstance(s, rdflib.URIRef)]
    assert [s for s in named if not s.startswith(NAMESPACE)] == []


def test_everything_is_labelled_explained_and_sourced(graph: rdflib.Graph) -> None:
    for subject in {s for s in graph.subjects() if isinstance(s, rdflib.URIRef)} - {rdflib.URIRef(NAMESPACE)}:
        assert len(list(graph.objects(subject, RDFS.label))) == 1, subject
        assert list(graph.objects(subject, RDFS.comment)), subject
        assert list(graph.objects(subject, rdflib.DCTERMS.source)), subject
        assert graph.value(subject, RDFS.isDefinedBy) == rdflib.URIRef(NAMESPACE)


def test_properties_have_one_domain_and_one_range_at_most(graph: rdflib.Graph) -> None:
    """Two would mean that a subject is in both."""
    for found in properties():
        subject = rdflib.URIRef(found.rows[0].iri)
        kinds = {OWL.ObjectProperty, OWL.DatatypeProperty} & set(graph.objects(subject, RDF.type))
        assert len(kinds) == 1
        assert len(list(graph.objects(subject, RDFS.domain))) == 1, subject
        assert len(list(graph.objects(subject, RDFS.range))) <= 1, subject
    assert union(graph, graph.value(SR.unit, RDFS.domain)) == {SR.Num, SR.TableAxis}
    assert rdflib.XSD.gYear in union(graph, graph.value(SR.dateTime, RDFS.range))
    assert graph.value(SR.numericValue, RDFS.range) == rdflib.XSD.decimal
    assert graph.value(SR.conceptName, RDFS.range) == rdflib.SKOS.Concept


def test_alignments(graph: rdflib.Graph) -> None:
    relationships = "contains hasObsContext hasAcqContext hasConceptMod hasProperties inferredFrom selectedFrom".split()
    assert set(graph.subjects(RDFS.subPropertyOf, SR.hasContentItem)) == {SR[name] for name in relationships}
    assert (SR.inferredFrom, RDFS.subPropertyOf, rdflib.PROV.wasDerivedFrom) in graph
    assert (SR.Num, RDFS.subClassOf, SR.ContentItem) in graph
    targets = {str(o) for p in (RDFS.subClassOf, RDFS.subPropertyOf) for o in graph.objects(None, p)}
    for prefix in ("prov", "sosa", "skos", "dcterms", "geo"):
        assert any(target.startswith(PREFIXES[prefix]) for target in targets), prefix


@pytest.mark.parametrize("source", ["exact", "odd", "planar_roi", "ct_dose"])
def test_reports_obey_domains_and_ranges(graph: rdflib.Graph, source: str) -> None:
    """What a reasoner would conclude about a node is what the node says of itself."""
    data = to_rdflib(load(source)).graph(rdflib.URIRef(report_iri(load(source))))
    for row in predicates():
        if not row.curie.startswith("sr:"):
            continue
        predicate = rdflib.URIRef(row.iri)
        domain = union(graph, graph.value(predicate, RDFS.domain))
        wanted = graph.value(predicate, RDFS.range)
        for subject, target in data.subject_objects(predicate):
            types = set(data.objects(subject, RDF.type)) or {rdflib.SKOS.Concept}
            wider = {w for t in types for w in graph.transitive_objects(t, RDFS.subClassOf)}
            assert wider & domain, f"{row.curie} of {types}"
            if isinstance(target, rdflib.Literal):
                assert (target.datatype or rdflib.XSD.string) in union(graph, wanted), row.curie


# ---------------------------------------------------------------- context and page


def test_the_published_context_is_the_one_embedded() -> None:
    published = json.loads((ROOT / "ontologies/context.jsonld").read_text(encoding="utf-8"))
    assert published == {"@context": context()}


def test_terms_of_the_context_are_told_apart() -> None:
    names = [c.local_name for c in classes()] + sorted({p.local_name for p in predicates() if p.curie != "rdf:type"})
    assert len(names) == len(set(names))
    assert not set(names) & PREFIXES.keys()
    assert len(context()) == len(names) + len(PREFIXES) + 1


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_of_the_page_finds_something(name: str) -> None:
    prepareQuery(EXAMPLES[name].sparql)
    store = pyoxigraph.Store()
    for source in (*full_reports(), "planar_roi", "volumetric_roi"):
        store.load(load(source).to_nquads().encode(), format=pyoxigraph.RdfFormat.N_QUADS)
    found = store.query(EXAMPLES[name].sparql)
    assert isinstance(found, pyoxigraph.QuerySolutions)
    assert next(found, None) is not None


def test_examples_are_about_classes_that_exist() -> None:
    assert EXAMPLES.keys() <= {c.curie for c in classes()}
