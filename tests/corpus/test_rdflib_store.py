"""A corpus seen through rdflib is what the same reports are in an rdflib Dataset."""

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import product
from typing import Any

import pytest
import rdflib
from rdflib import Literal, URIRef, Variable
from rdflib.compare import to_canonical_graph
from rdflib.plugins.sparql import prepareQuery
from rdflib.query import Result
from rdflib.term import Node

from sr2graph.corpus.corpus import Corpus
from sr2graph.corpus.ingest import ingest_reports
from sr2graph.corpus.pattern_source import TablePatterns
from sr2graph.corpus.rdflib_store import PatternStore, Quad, dataset
from sr2graph.dicom.report import Report
from sr2graph.errors import WriteError
from sr2graph.graph.from_rdf import from_rdf
from sr2graph.graph.quads import report_iri
from sr2graph.graph.rdflib_graph import to_rdflib
from sr2graph.graph.vocabulary import NAMESPACE
from sr2graph.samples import sample
from tests.inputs import with_uid

SR = rdflib.Namespace(NAMESPACE)


class DatasetSource:
    """The quads of an rdflib Dataset."""

    def __init__(self, quads: rdflib.Dataset) -> None:
        self.quads = quads

    def match(
        self, subject: URIRef | None, predicate: URIRef | None, target: Node | None, graph: URIRef | None
    ) -> Iterator[Quad]:
        pattern: Any = (subject, predicate, target, graph)
        yield from self.quads.quads(pattern)  # type: ignore[misc] # no quad is in the default graph

    def graphs(self) -> Iterator[URIRef]:
        yield from sorted({URIRef(str(graph)) for _, _, _, graph in self.quads.quads()})

    def count(self, graph: URIRef | None) -> int:
        return len({(s, p, o) for s, p, o, _ in self.match(None, None, None, graph)})


@cache
def some_reports() -> tuple[Report, ...]:
    """Two reports of one patient that share codes, and one that is its own study and series."""
    first = with_uid(sample("key_objects"), "1.2.3")
    second = with_uid(sample("key_objects"), "1.2.4")
    assert first.study.study_instance_uid
    assert first.series.series_instance_uid
    return first, second, with_uid(first, first.study.study_instance_uid)


@cache
def plain() -> rdflib.Dataset:
    """The reports in rdflib's own store."""
    found = rdflib.Dataset(default_union=True)
    for report in some_reports():
        found.addN((s, p, o, found.graph(g)) for s, p, o, g in to_rdflib(report).quads())
    return found


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    """The reports in a corpus."""
    folder = tmp_path_factory.mktemp("corpus")
    ingest_reports(folder, some_reports())
    with Corpus(folder) as found:
        yield found


@pytest.fixture(scope="module", params=["dataset", "tables"])
def ours(request: pytest.FixtureRequest, corpus: Corpus) -> rdflib.Dataset:
    """The reports through our store, looked up in rdflib's own or in the tables of a corpus."""
    return over_dataset() if request.param == "dataset" else dataset(TablePatterns(corpus._session))


def over_dataset() -> rdflib.Dataset:
    return dataset(DatasetSource(plain()))


@cache
def triples() -> tuple[tuple[Node, Node, Node], ...]:
    """A triple of one graph, and triples of several."""
    study = URIRef(report_iri(some_reports()[2]))
    item = URIRef(report_iri(some_reports()[0]) + "#1")
    some = [next(iter(plain().triples((subject, None, None)))) for subject in (study, item)]
    label = next(iter(plain().triples((None, rdflib.RDFS.label, None))))
    is_a_study: Any = (study, rdflib.RDF.type, SR.Study)
    assert len({g for _, _, _, g in plain().quads(is_a_study)}) == 3
    return (*some, label, is_a_study)


def test_there_is_as_much(ours: rdflib.Dataset) -> None:
    assert len(ours) == len(plain()) == len(list(ours.triples((None, None, None))))
    assert sorted(ours.quads(), key=str) == sorted(plain().quads(), key=str)


@pytest.mark.parametrize("bound", list(product([True, False], repeat=3)))
def test_patterns_match_the_same(ours: rdflib.Dataset, bound: tuple[bool, bool, bool]) -> None:
    """Each triple of the union once, with all its graphs."""
    patterns = {tuple(term if is_bound else None for term, is_bound in zip(t, bound, strict=True)) for t in triples()}
    for each in patterns:
        pattern: Any = each
        found = list(ours.triples(pattern))
        assert len(found) == len(set(found))
        assert set(found) == set(plain().triples(pattern))
        assert sorted(ours.quads(pattern), key=str) == sorted(plain().quads(pattern), key=str)


def test_one_graph_is_one_report(ours: rdflib.Dataset) -> None:
    name = URIRef("urn:oid:1.2.3")
    graph, other = ours.graph(name), plain().graph(name)
    assert len(graph) == len(other) > 0
    assert set(graph) == set(other)
    assert from_rdf(graph) == some_reports()[0]
    assert len(ours.default_graph) == 0
    assert list(ours.default_graph) == []


def test_graphs_are_the_reports(ours: rdflib.Dataset) -> None:
    reports = {URIRef(report_iri(report)) for report in some_reports()}
    default = ours.default_graph.identifier
    assert {graph.identifier for graph in ours.graphs()} == reports | {default}
    shared = triples()[-1]
    assert {graph.identifier for graph in ours.graphs(shared)} == reports | {default}


@pytest.mark.parametrize("pattern", [(Literal("a"), None, None), (None, rdflib.BNode(), None)])
def test_what_cannot_be_there_is_not_found(ours: rdflib.Dataset, pattern: Any) -> None:
    assert list(ours.triples(pattern)) == []


@pytest.mark.parametrize("format", ["nquads", "trig"])
def test_serialisations_hold_everything(format: str) -> None:
    back = rdflib.Dataset()
    back.parse(data=over_dataset().serialize(format=format), format=format)
    assert len(list(back.quads())) == len(list(plain().quads()))


def test_a_graph_is_serialised_with_prefixes() -> None:
    text = over_dataset().graph(URIRef("urn:oid:1.2.3")).serialize(format="turtle")
    assert "@prefix sr: <https://w3id.org/sr2graph/> ." in text
    assert to_canonical_graph(rdflib.Graph().parse(data=text, format="turtle"))


QUERIES = (
    "SELECT ?item ?name { ?item a sr:Container ; sr:conceptName/rdfs:label ?name }",
    "SELECT ?report (COUNT(*) AS ?n) { GRAPH ?report { ?report sr:root/sr:contains ?item } } GROUP BY ?report",
    "SELECT DISTINCT ?p { ?s a sr:Container ; ?p ?o FILTER NOT EXISTS { ?s sr:contains ?o } }",
    "SELECT ?below { <urn:oid:1.2.3> (sr:root|sr:contains)+ ?below }",
)


@pytest.mark.parametrize("query", QUERIES)
def test_rdflib_evaluates_sparql(ours: rdflib.Dataset, query: str) -> None:
    expected = plain().query(query, initNs={"sr": SR, "rdfs": rdflib.RDFS})
    assert len(expected) > 0
    assert sorted(map(str, ours.query(query))) == sorted(map(str, expected))


# ---------------------------------------------------------------- delegation


class Answering:
    """Answers every query with yes and remembers what was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Mapping[str, Node]]] = []

    def __call__(self, text: str, bindings: Mapping[str, Node]) -> Result:
        self.asked.append((text, bindings))
        result = Result("ASK")
        result.askAnswer = True
        return result


def test_text_goes_to_the_engine_with_its_prefixes_and_bindings() -> None:
    answer = Answering()
    graph = dataset(DatasetSource(plain()), answer)
    graph.bind("mine", "http://example.org/")
    assert graph.query("ASK { ?s mine:p ?o }", initBindings={"s": URIRef("urn:s")}).askAnswer
    ((text, bindings),) = answer.asked
    assert text.endswith("ASK { ?s mine:p ?o }")
    assert "PREFIX mine: <http://example.org/> " in text
    assert "sct:" not in text
    assert bindings == {"s": URIRef("urn:s")}


def test_rdflib_answers_what_the_engine_is_not_for() -> None:
    answer = Answering()
    graph = dataset(DatasetSource(plain()), answer)
    prepared = prepareQuery("ASK { ?s <urn:no> ?o }")
    assert graph.query(prepared).askAnswer is False
    name = URIRef("urn:oid:1.2.3")
    assert graph.graph(name).query("ASK { <urn:oid:1.2.4> ?p ?o }").askAnswer is False
    assert answer.asked == []


@pytest.mark.parametrize(
    "query", [*QUERIES, "DESCRIBE <urn:oid:1.2.3>", "ASK { ?s a sr:Report }", "ASK { ?s a sr:Nil }"]
)
def test_a_corpus_answers_as_rdflib_would(corpus: Corpus, query: str) -> None:
    found, expected = corpus.to_rdflib().query(query), over_dataset().query(query)
    assert (found.type == "ASK", found.vars) == (expected.type == "ASK", expected.vars)
    if found.type == "ASK":
        assert found.askAnswer is expected.askAnswer
    elif found.type == "CONSTRUCT":
        assert set(found) == set(plain().triples((URIRef("urn:oid:1.2.3"), None, None)))
    else:
        assert _solutions(found) == _solutions(expected)


def _solutions(result: Result) -> Counter[frozenset[Any]]:
    return Counter(frozenset(row.items()) for row in result.bindings)


def test_values_are_given_to_the_corpus(corpus: Corpus) -> None:
    query = "SELECT ?root { ?report sr:root ?root }"
    found = corpus.to_rdflib().query(query, initBindings={"report": URIRef("urn:oid:1.2.3")})
    assert [row[Variable("root")] for row in found.bindings] == [URIRef("urn:oid:1.2.3#1")]


# ---------------------------------------------------------------- prefixes, writing


def test_a_prefix_is_bound_to_one_namespace_and_the_other_way() -> None:
    store = PatternStore(DatasetSource(plain()))
    first, second = URIRef("urn:1"), URIRef("urn:2")
    store.bind("a", first)
    store.bind("a", second, override=False)
    assert store.namespace("a") == first
    store.bind("a", second)
    assert list(store.namespaces()) == [("a", second)]
    assert store.prefix(first) is None
    store.bind("b", second)
    assert list(store.namespaces()) == [("b", second)]


def test_nothing_can_be_written(ours: rdflib.Dataset) -> None:
    triple: Any = (URIRef("urn:s"), URIRef("urn:p"), URIRef("urn:o"))
    for write in (
        lambda: ours.add(triple),
        lambda: ours.remove(triple),
        lambda: ours.addN([(*triple, ours.default_graph)]),
        lambda: ours.remove_graph(URIRef("urn:oid:1.2.3")),
        lambda: ours.update("INSERT DATA { <urn:s> <urn:p> 1 }"),
        lambda: ours.parse(data="<urn:s> <urn:p> 1 .", format="turtle"),
    ):
        with pytest.raises(WriteError, match="ingest"):
            write()
    assert len(ours) == len(plain())
