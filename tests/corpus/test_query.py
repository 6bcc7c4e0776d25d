"""Queries at the door: what gets in, what it may take, and what it says when something is wrong."""

import time
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
from rdflib.term import Literal, URIRef

import sr2graph
from sr2graph.corpus import session as sessions
from sr2graph.corpus.answer import compiled
from sr2graph.corpus.connection import connect
from sr2graph.corpus.ingest import ingest_reports
from sr2graph.corpus.result import Answer, Solutions, Triples
from sr2graph.corpus.sparql.parse import parsed
from sr2graph.corpus.sparql.sql import Value
from sr2graph.errors import QueryError
from sr2graph.samples import cohort

NUMBERS = "SELECT ?m ?v { ?m sr:numericValue ?v }"
HOSTILE = (
    "'",
    "''; DROP VIEW items; --",
    '"; SELECT 1; --',
    "\\",
    "$1",
    "?",
    "{}",
    "\x00",
    "%s",
    "'||(SELECT iri FROM documents LIMIT 1)||'",
    "\u2019; --",
)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sr2graph.Corpus]:
    folder = tmp_path_factory.mktemp("corpus")
    ingest_reports(folder, cohort(4, seed=3))
    with sr2graph.Corpus(folder) as opened:
        yield opened


def solutions(corpus: sr2graph.Corpus, text: str, **given: Any) -> Solutions:
    result = corpus.query(text, given)
    assert isinstance(result, Solutions)
    return result


# ---------------------------------------------------------------- nothing gets into SQL


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("place", ["object", "filter", "regex", "bind", "values", "subject", "predicate", "graph"])
def test_no_text_of_a_query_reaches_sql(corpus: sr2graph.Corpus, text: str, place: str) -> None:
    """Whatever a constant holds, the SQL is the same text: constants are bound parameters."""
    literal, iri = Literal(text), URIRef("urn:" + text)
    queries = {
        "object": "SELECT * { ?m sr:text $x }",
        "filter": "SELECT * { ?m sr:text ?t FILTER(?t = $x || CONTAINS(?t, $x)) }",
        "regex": "SELECT (REPLACE(?t, 'a', $x) AS ?r) { ?m sr:text ?t FILTER(!REGEX(?t, $x, 'q')) }",
        "bind": "SELECT ?y { ?m sr:unit ?u BIND(CONCAT(STR(?u), $x) AS ?y) }",
        "values": "SELECT * { ?m sr:text ?t BIND($x AS ?y) FILTER(?t != ?y) }",
        "subject": "SELECT * { $x ?p ?o }",
        "predicate": "SELECT * { ?s $x ?o }",
        "graph": "SELECT * { GRAPH $x { ?s sr:unit ?o } }",
    }
    term = iri if place in ("subject", "predicate", "graph") else literal
    tame = URIRef("urn:tame") if isinstance(term, URIRef) else Literal("tame")
    expected = compiled(corpus._session, parsed(queries[place], {"x": tame}))  # the SQL is the point
    found = compiled(corpus._session, parsed(queries[place], {"x": term}))
    assert found.text == expected.text
    corpus.query(queries[place], {"x": term})
    assert len(solutions(corpus, NUMBERS)) > 0


def test_values_are_all_that_enters_sql(corpus: sr2graph.Corpus) -> None:
    """A literal in the text of a query is a parameter too."""
    prepared = compiled(corpus._session, parsed("SELECT * { ?m sr:text 'x''y' }".replace("''", "\\'")))
    assert "x'y" in prepared.values
    assert "x'y" not in prepared.text
    assert Value("x'y").value == "x'y"


def test_prefixes_are_declared(corpus: sr2graph.Corpus) -> None:
    assert len(solutions(corpus, "SELECT ?r { ?r a sr:Report ; dcterms:nothing ?x }")) == 0


# ---------------------------------------------------------------- parameters


def test_a_parameter_is_a_typed_term(corpus: sr2graph.Corpus) -> None:
    """A number is a number, whatever its Python type; a text is never one."""
    text = "SELECT ?m { ?m sr:numericValue ?v FILTER(?v > $least) }"
    all_of_them = [float(str(row[1])) for row in solutions(corpus, NUMBERS)]
    for least in (10, 10.0):
        assert len(solutions(corpus, text, least=least)) == sum(value > 10 for value in all_of_them)
    assert len(solutions(corpus, text, least="10")) == 0


def test_a_parameter_holds_everywhere(corpus: sr2graph.Corpus) -> None:
    """In subqueries, filters, projections and patterns alike."""
    text = (
        "SELECT $unit ?n { { SELECT (COUNT(*) AS ?n) { ?m sr:unit $unit } } "
        "FILTER EXISTS { ?x sr:unit $unit FILTER($unit = $unit) } }"
    )
    unit = URIRef("https://units-of-measurement.org/mm")
    expected = len(solutions(corpus, "SELECT * { ?m sr:unit ucum:mm }"))
    assert expected > 0
    assert [tuple(row) for row in solutions(corpus, text, unit=unit)] == [
        (unit, Literal(str(expected), datatype=URIRef("http://www.w3.org/2001/XMLSchema#integer")))
    ]


# ---------------------------------------------------------------- limits


def test_time_is_limited(corpus: sr2graph.Corpus) -> None:
    """A query that would run for hours ends soon after its time is over."""
    text = "SELECT (COUNT(*) AS ?n) { ?a sr:position ?p . ?b sr:position ?p . ?c sr:position ?p . ?d sr:position ?p }"
    began = time.monotonic()
    with pytest.raises(QueryError, match="longer than"):
        corpus.query(text, timeout=0.5)
    assert time.monotonic() - began < 30
    assert len(solutions(corpus, NUMBERS)) > 0


def test_rows_are_limited(corpus: sr2graph.Corpus) -> None:
    count = len(solutions(corpus, NUMBERS))
    assert len(corpus.query(NUMBERS, max_rows=count)) == count  # type: ignore[arg-type]
    with pytest.raises(QueryError, match="more than 3 rows"):
        corpus.query(NUMBERS, max_rows=3)


def test_memory_is_limited(corpus: sr2graph.Corpus) -> None:
    """What does not fit is an error that says so, not the end of the process."""
    text = "SELECT ?a ?b ?c { ?a sr:position ?p . ?b sr:position ?p . ?c sr:position ?p } ORDER BY ?b ?a ?c"
    with sr2graph.Corpus(corpus.location, memory_limit="60MB", threads=1) as small:
        with pytest.raises(QueryError, match=r"memory|longer than"):
            small.query(text, timeout=20)
        assert len(solutions(small, NUMBERS)) > 0


# ---------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT ?x WHERE { ?x sr:text }", "line 1, column"),
        ("SELECT ?x\nWHERE { ?x ?y ?z", "line 2, column"),
        ("SELECT ?x { ?x nowhere:at ?y }", "nowhere"),
        ("INSERT DATA { <urn:a> <urn:b> <urn:c> }", "not SPARQL 1.1 Query"),
        ("SELECT * { ?s ?p ?o " + "(" * 90 + ")" * 90 + " }", "deep"),
        ("SELECT * { ?s ?p ?o } #" + "x" * 1_000_001, "characters"),
        ("SELECT * { SERVICE <http://example.org/> { ?s ?p ?o } }", "SERVICE"),
    ],
)
def test_what_is_wrong_is_said(corpus: sr2graph.Corpus, text: str, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        corpus.query(text)


def test_an_internal_error_is_met_by_leaving_rules_out(
    corpus: sr2graph.Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DuckDB is opened again with a rule of its optimizer switched off, until the query passes."""
    rested: list[str | None] = []

    def recorded(*args: Any, **options: Any) -> duckdb.DuckDBPyConnection:
        rested.append(options["disabled_optimizers"])
        return connect(*args, **options)

    session = sessions.Session(corpus._snapshot, sessions.Limits())  # its version
    plain = session._table

    def broken(text: str, values: list[Any], timeout: float | None) -> Any:
        session.connection()
        if rested[-1] != "statistics_propagation":
            raise duckdb.InternalException("INTERNAL Error: made up")
        return plain(text, values, timeout)

    monkeypatch.setattr(sessions, "connect", recorded)
    monkeypatch.setattr(session, "_table", broken)
    assert session.table("SELECT 1 AS one", [], None).num_rows == 1
    assert rested == [None, "join_elimination", "statistics_propagation"]
    monkeypatch.setattr(sessions, "RESTING_RULES", ("join_order",))
    session._rested = None
    session.close()
    with pytest.raises(QueryError, match="DuckDB"):
        session.table("SELECT 1 AS one", [], None)


# ---------------------------------------------------------------- answers


def test_each_form_has_its_result(corpus: sr2graph.Corpus) -> None:
    assert bool(corpus.query("ASK { ?s sr:unit ?o }"))
    assert isinstance(corpus.query("ASK { ?s sr:nothing ?o }"), Answer)
    made = corpus.query("CONSTRUCT { ?s skos:related ?o } WHERE { ?s sr:unit ?o }")
    assert isinstance(made, Triples)
    assert len(made.to_rdflib()) == len(made) == made.to_networkx().number_of_edges()


def test_frames_have_numbers_as_numbers(corpus: sr2graph.Corpus) -> None:
    """A table is handed over as Arrow: doubles, 64-bit integers, texts."""
    result = solutions(corpus, "SELECT ?m ?v (STRLEN(STR(?u)) AS ?n) ?u { ?m sr:numericValue ?v ; sr:unit ?u }")
    table = result.to_arrow()
    assert [str(field.type) for field in table.schema] == ["string", "double", "int64", "string"]
    assert table.num_rows == len(result)
    row = next(iter(result))
    assert float(str(row[1])) == table.column("v")[0].as_py()


def test_a_note_says_what_was_answered_in_memory(corpus: sr2graph.Corpus) -> None:
    result = corpus.query("SELECT ?m (SHA512(?t) AS ?h) { ?m sr:text ?t } LIMIT 2")
    assert result.engine == "memory"
    assert any("SHA512" in note for note in result.notes)
    assert "SHA512" in str(corpus.explain("SELECT (SHA512(?t) AS ?h) { ?m sr:text ?t }"))


def test_explain_shows_sql_and_plan(corpus: sr2graph.Corpus) -> None:
    explanation = corpus.explain(NUMBERS)
    assert explanation.sql.startswith("SELECT")
    assert "PARQUET" in explanation.plan.upper()


def test_a_report_comes_back(corpus: sr2graph.Corpus) -> None:
    reports = {report.sop_instance_uid: report for report in cohort(4, seed=3)}
    assert len(corpus) == len(reports)
    assert {report.sop_instance_uid: report for report in corpus.reports()} == reports
    uid, report = next(iter(reports.items()))
    assert corpus.report(uid) == report
