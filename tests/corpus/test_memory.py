"""What does not compile is answered all the same: in memory, within limits, spelled as in the reports."""

import socket
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import duckdb
import pytest
from rdflib import Literal, URIRef
from rdflib.term import Node

from sr2graph.corpus import memory
from sr2graph.corpus.connection import connect
from sr2graph.corpus.ingest import ingest_reports
from sr2graph.corpus.log import snapshot
from sr2graph.corpus.memory import MemoryLimits, answer_in_memory
from sr2graph.corpus.memory_process import Task
from sr2graph.corpus.result import Answer, Solutions, Triples
from sr2graph.corpus.storage import storage
from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ContentItem
from sr2graph.dicom.header import Study
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import MeasuredValue, Text, Time
from sr2graph.errors import QueryError
from sr2graph.graph.quads import report_iri
from sr2graph.graph.rdflib_graph import to_rdflib
from sr2graph.graph.vocabulary import PREFIXES
from sr2graph.samples import KINDS, sample
from tests.graph.reports import item, report
from tests.inputs import with_uid

ALL = "SELECT document FROM documents"
XSD = PREFIXES["xsd"]
MM = CodedConcept("mm", "UCUM", "millimeter")


def number(text: str, *children: ContentItem) -> ContentItem:
    return item(MeasuredValue(numeric_value=(text,), unit=MM), *children)


def measured(uid: str, *numbers: str, study: str = "1.9") -> Report:
    """A report with some numbers, a time, and a text within the first number."""
    first, *others = numbers
    found = report(
        number(first, item(Text("within"))),
        *map(number, others),
        item(Time("120000.50")),
        study=Study(study_instance_uid=study),
    )
    return with_uid(found, uid)


REPORTS = (measured("1.1", "1.10", "2", "30"), measured("1.2", "1.1", "2", "4.0"), *map(sample, KINDS[:3]))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    folder = tmp_path_factory.mktemp("corpus")
    ingest_reports(folder, REPORTS)
    with closing(connect(snapshot(storage(folder)))) as connection:
        yield connection


def ask(connection: duckdb.DuckDBPyConnection, query: str, *uids: str, **arguments: Any) -> Any:
    """The answer of a query over the reports of some UIDs, or all."""
    listed = ", ".join(f"'{uid}'" for uid in uids)
    documents = f"{ALL} WHERE sop_instance_uid IN ({listed})" if uids else ALL
    return answer_in_memory(connection, query, documents=documents, **arguments)


def rows(
    connection: duckdb.DuckDBPyConnection, query: str, *uids: str, **arguments: Any
) -> list[tuple[str | None, ...]]:
    """The solutions of a query as text, in no particular order."""
    found = ask(connection, query, *uids, **arguments)
    assert isinstance(found, Solutions)
    assert found.engine == "memory"
    return sorted(tuple(None if term is None else str(term) for term in row) for row in found)


# ---------------------------------------------------------------- the same as rdflib


QUERIES = (
    "SELECT ?item ?n { ?item sr:numericValue ?n }",
    "SELECT ?report (COUNT(*) AS ?n) { GRAPH ?report { ?item a sr:Num } } GROUP BY ?report",
    "SELECT ?item ?text { ?item a sr:Num OPTIONAL { ?item sr:contains/sr:text ?text } }",
    "SELECT DISTINCT ?below { ?report sr:root/(sr:contains|sr:hasProperties)+ ?below }",
    "SELECT ?report ?t { { ?report sr:contentTime ?t } UNION { ?report sr:root/sr:contains/sr:time ?t } }",
    "SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p",
    "SELECT ?s ?p ?o { ?s ?p ?o FILTER(isLiteral(?o) && !isNumeric(?o)) }",
    "SELECT ?s ?p ?o { ?s ?p ?o }",
)


@pytest.fixture(scope="module")
def union() -> Any:
    """The same reports in rdflib."""
    found = to_rdflib(REPORTS[0])
    for one in REPORTS[1:]:
        found.addN((s, p, o, found.graph(g)) for s, p, o, g in to_rdflib(one).quads())
    return found


@pytest.mark.parametrize("query", QUERIES)
def test_solutions_are_those_of_rdflib(corpus: duckdb.DuckDBPyConnection, union: Any, query: str) -> None:
    """Term by term: datatypes, and the spelling of every number and time."""
    found = ask(corpus, query)
    expected = union.query(query)
    assert found.variables == tuple(map(str, expected.vars))
    assert found.notes == ()
    assert Counter(map(_spelled, found)) == Counter(map(_spelled, expected)) != Counter()


def _spelled(row: Any) -> tuple[str | None, ...]:
    return tuple(None if term is None else term.n3() for term in row)


def test_triples_are_those_of_rdflib(corpus: duckdb.DuckDBPyConnection, union: Any) -> None:
    for query in (
        "DESCRIBE ?item { ?item a sr:Num }",
        "CONSTRUCT { ?item sr:numericValue ?n } WHERE { ?item sr:numericValue ?n FILTER(?n > 1) }",
        "CONSTRUCT WHERE { ?item sr:time ?t }",
    ):
        found = ask(corpus, query)
        assert isinstance(found, Triples)
        # What rdflib describes goes on to what is described; ours, as the tables do, says what is said of it.
        expected = [t for t in union.query(query).graph if "DESCRIBE" not in query or _is_number(union, t[0])]
        assert Counter(map(_spelled, found)) == Counter(map(_spelled, expected)) != Counter()


def _is_number(union: Any, subject: Node) -> bool:
    return (subject, URIRef(PREFIXES["rdf"] + "type"), URIRef(PREFIXES["sr"] + "Num")) in union


def test_an_answer_is_yes_or_no(corpus: duckdb.DuckDBPyConnection) -> None:
    for query, expected in (("ASK { ?s sr:numericValue 30.0 }", True), ("ASK { ?s sr:numericValue 31.0 }", False)):
        assert ask(corpus, query, "1.1") == Answer(expected, "memory")


# ---------------------------------------------------------------- spelling

DECIMAL = URIRef(XSD + "decimal")


def test_a_number_is_spelled_as_where_it_comes_from(corpus: duckdb.DuckDBPyConnection) -> None:
    query = "SELECT ?report ?n { GRAPH ?report { ?item sr:numericValue ?n } FILTER(?n < 1.5) }"
    found = ask(corpus, query, "1.1", "1.2")
    # The item is not told, and the other report spells the number otherwise.
    assert [row[1] for row in found] == [Literal("1.1", datatype=DECIMAL)] * 2
    (note,) = found.notes
    assert "?n" in note
    found = ask(corpus, query.replace("SELECT", "SELECT ?item"), "1.1", "1.2")
    assert {str(row[2]) for row in found} == {"1.1", "1.10"}
    assert found.notes == ()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT DISTINCT ?n { ?x sr:numericValue ?n }", ["1.10", "2", "30"]),
        ("SELECT ?n { ?x sr:numericValue ?n } GROUP BY ?n", ["1.10", "2", "30"]),
        ("SELECT ?n { { SELECT ?n { ?x sr:numericValue ?n } } }", ["1.10", "2", "30"]),
        ("SELECT ?n { ?x ?p ?n FILTER(?p = sr:numericValue && DATATYPE(?n) = xsd:decimal) }", ["1.10", "2", "30"]),
        ("SELECT ?n { sr:x !sr:y ?z . ?z ^sr:y ?n }", []),
        ("SELECT ?n { ?x (sr:contains/sr:numericValue) ?n }", ["1.10", "2", "30"]),
        ("SELECT ?n { ?x sr:contains+/sr:numericValue ?n }", ["1.10", "2", "30"]),
        ("SELECT ?n { ?x (sr:numericValue|sr:time) ?n }", ["1.10", "12:00:00.50", "2", "30"]),
        ("SELECT (?n AS ?m) { ?x sr:numericValue ?n }", ["1.1", "2", "30"]),
        ("SELECT (MIN(?n) AS ?m) { ?x sr:numericValue ?n }", ["1.1"]),
        ("SELECT ?m { ?x sr:numericValue ?n BIND(?n * 1.0 AS ?m) }", ["1.1", "2", "30"]),
        ("SELECT ?n { VALUES ?n { 2.50 } }", ["2.5"]),
    ],
)
def test_only_what_comes_from_the_reports_is_spelled_like_them(
    corpus: duckdb.DuckDBPyConnection, query: str, expected: list[str]
) -> None:
    assert rows(corpus, query, "1.1") == [(text,) for text in expected]


# ---------------------------------------------------------------- graphs, parameters, the query vocabulary


def test_the_query_may_choose_its_graphs(corpus: duckdb.DuckDBPyConnection) -> None:
    count = "SELECT (COUNT(*) AS ?n) {} {{ ?item sr:numericValue ?v }}"
    graph = "SELECT ?g {} {{ GRAPH ?g {{ ?r a sr:Report }} }}"
    assert rows(corpus, count.format(""), "1.1", "1.2") == [("6",)]
    assert rows(corpus, count.format("FROM <urn:oid:1.1>"), "1.1", "1.2") == [("3",)]
    assert rows(corpus, count.format("FROM NAMED <urn:oid:1.1>"), "1.1", "1.2") == [("0",)]
    assert rows(corpus, graph.format("FROM NAMED <urn:oid:1.1>"), "1.1", "1.2") == [("urn:oid:1.1",)]


def test_what_several_reports_say_is_one_triple(corpus: duckdb.DuckDBPyConnection) -> None:
    """The default graph is a set, also where it is put together of named graphs."""
    study = "SELECT ?s {} {{ ?s a sr:Study }}"
    assert rows(corpus, study.format(""), "1.1", "1.2") == [("urn:oid:1.9",)]
    assert rows(corpus, study.format("FROM <urn:oid:1.1> FROM <urn:oid:1.2>"), "1.1", "1.2") == [("urn:oid:1.9",)]
    both = "SELECT ?g { ?s a sr:Study GRAPH ?g { ?s a sr:Study } }"
    assert rows(corpus, both, "1.1", "1.2") == [("urn:oid:1.1",), ("urn:oid:1.2",)]
    nested = "SELECT ?g { GRAPH ?g { ?s a sr:Study FILTER NOT EXISTS { ?s a sr:Num } } }"
    assert rows(corpus, nested, "1.1", "1.2") == [("urn:oid:1.1",), ("urn:oid:1.2",)]


def test_only_the_given_reports_are_asked(corpus: duckdb.DuckDBPyConnection) -> None:
    keys = corpus.execute(f"{ALL} WHERE sop_instance_uid = '1.2'").fetchall()
    query = "SELECT ?r { ?r a sr:Report }"
    assert len(ask(corpus, query)) == len(REPORTS)
    found = answer_in_memory(corpus, query, documents=[key for (key,) in keys])
    assert isinstance(found, Solutions)
    assert list(found) == [(URIRef("urn:oid:1.2"),)]
    assert answer_in_memory(corpus, "ASK { ?r a sr:Report }", documents=[]) == Answer(value=False, engine="memory")


def test_parameters_are_values_from_the_start(corpus: duckdb.DuckDBPyConnection) -> None:
    """Also where a variable of that name would not be bound: within a subquery, within EXISTS."""
    query = """SELECT ?x $limit { { SELECT ?x { ?x sr:numericValue ?n FILTER(?n > $limit) } }
               FILTER EXISTS { ?x sr:numericValue ?m FILTER(?m > $limit) } }"""
    found = rows(corpus, query, "1.1", substitutions={"limit": Literal("10.50", datatype=DECIMAL)})
    assert found == [("urn:oid:1.1#1.3", "10.50")]


def test_parameters_come_back_as_given(corpus: duckdb.DuckDBPyConnection) -> None:
    zero = Literal("+0.0", datatype=DECIMAL, normalize=False)
    ((value, number),) = ask(
        corpus, "SELECT $zero ?n { ?x sr:numericValue ?n FILTER(?n > $zero + 29) }", "1.1", substitutions={"zero": zero}
    )
    assert (str(value), str(number)) == ("+0.0", "30")


def test_the_query_vocabulary_is_stated(corpus: duckdb.DuckDBPyConnection) -> None:
    def of(predicate: str) -> list[tuple[str | None, ...]]:
        return rows(corpus, f"SELECT ?item ?x {{ ?item sr:{predicate} ?x }}", "1.1")

    items = sorted(f"urn:oid:1.1#{position}" for position in ("1", "1.1", "1.1.1", "1.2", "1.3", "1.4"))
    assert of("inReport") == [(name, "urn:oid:1.1") for name in items]
    assert of("ofStudy") == [(name, "urn:oid:1.9") for name in items]
    assert of("ofPatient") == [(name, "urn:oid:1.1#patient") for name in items]
    assert of("ofSeries") == [(name, "urn:oid:1.1#series") for name in items]
    assert of("ofEquipment") == [(name, "urn:oid:1.1#equipment") for name in items]
    below = [(items[0], name) for name in items[1:]] + [(items[1], items[2])]
    assert of("descendant") == sorted(below)
    assert rows(corpus, "SELECT ?x { ?item ?p ?x FILTER(?p = IRI(CONCAT(STR(sr:), 'in', 'Report'))) }", "1.1") == []


def test_blank_nodes_and_languages_are_kept(corpus: duckdb.DuckDBPyConnection) -> None:
    ((blank, text),) = ask(corpus, 'SELECT (BNODE() AS ?b) ("hallo"@de AS ?t) {}', "1.1")
    assert type(blank).__name__ == "BNode"
    assert text == Literal("hallo", lang="de")


# ---------------------------------------------------------------- limits

ENDLESS = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l FILTER(?c = ?f && ?f = ?i && ?i = ?b) }"


@pytest.mark.parametrize("limits", [MemoryLimits(reports=1), MemoryLimits(nodes=10)])
def test_too_many_reports_are_not_loaded(corpus: duckdb.DuckDBPyConnection, limits: MemoryLimits) -> None:
    began = time.monotonic()
    with pytest.raises(QueryError, match=r"a path of its own.* 2 reports with \d+ nodes.*Narrow"):
        ask(corpus, "ASK {}", "1.1", "1.2", limits=limits, reason="a path of its own")
    assert time.monotonic() - began < 1


def test_a_query_that_takes_too_long_is_killed(corpus: duckdb.DuckDBPyConnection) -> None:
    children: list[subprocess.Popen[bytes]] = []

    class Remembered(subprocess.Popen[bytes]):
        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(*arguments, **named)
            children.append(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess, "Popen", Remembered)
        with pytest.raises(QueryError, match="longer than 2 s"):
            ask(corpus, ENDLESS, timeout=2)
    (child,) = children
    assert child.poll() is not None


def test_time_is_up_while_reports_are_loaded(corpus: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(QueryError, match="longer than"):
        ask(corpus, "ASK {}", timeout=0.001)


def test_memory_is_bounded(corpus: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(QueryError, match="more memory"):
        ask(
            corpus,
            "SELECT ?a ?d ?g { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?c ?f ?i",
            limits=MemoryLimits(memory=2**29),
        )


def test_the_answer_is_bounded(corpus: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(QueryError, match="answer is too large"):
        ask(corpus, "SELECT * { ?a ?b ?c . ?d ?e ?f }", limits=MemoryLimits(output=2**16))


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("SELECT * { ?s ?p }", "line 1"),
        ("SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }", "SERVICE"),
        ("SELECT * { ?s ?p ?o FILTER(<urn:no-such-function>(?o)) }", "function"),
    ],
)
def test_what_cannot_be_asked_is_told(corpus: duckdb.DuckDBPyConnection, query: str, problem: str) -> None:
    with pytest.raises(QueryError, match=problem):
        ask(corpus, query, "1.1")


def test_the_process_opens_no_connections() -> None:
    """Even where SERVICE is not noticed before."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        query = f"SELECT * {{ SERVICE <http://127.0.0.1:{server.getsockname()[1]}/> {{ ?s ?p ?o }} }}"
        with memory._process(60) as process:
            process.send(Task(query, {}, {}, 2**32, 2**20), [])
            with pytest.raises(QueryError, match="cannot be answered"):
                process.result({})
        with pytest.raises(TimeoutError):
            server.accept()


def test_a_process_that_is_killed_by_others_is_told() -> None:
    with memory._process(None) as process:
        process._child.kill()
        with pytest.raises(QueryError, match="memory"):
            process.result({})


def test_a_process_that_breaks_is_told() -> None:
    with memory._process(None) as process:
        process.send(Task("ASK {}", {}, {}, 2**32, 2**20), [("this is no N-Triples", "")])
        with pytest.raises(QueryError, match="status 1"):
            process.result({})


def test_reports_are_asked_for_by_iri(corpus: duckdb.DuckDBPyConnection) -> None:
    iri = report_iri(REPORTS[0])
    assert rows(corpus, "SELECT ?study { $report sr:study ?study }", substitutions={"report": URIRef(iri)}) == [
        ("urn:oid:1.9",)
    ]
