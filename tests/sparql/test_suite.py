"""The engine answers each query of the suite as SPARQL 1.1 says."""

import pytest

import sr2graph
from sr2graph.corpus.answer import compiled
from sr2graph.corpus.sparql.kinds import Unsupported
from sr2graph.corpus.sparql.parse import parsed
from tests.sparql.data import small
from tests.sparql.judge import judged
from tests.sparql.oracle import Oracle
from tests.sparql.suite import Query, choices, disagreements, suite

TIMEOUT = 120.0
"""Seconds: far more than any query of the suite should take, on a machine that does other work too."""
CHOSEN = {choice.query: choice.oracle for choice in choices()}
MISTAKEN = {d.query for d in disagreements() if d.engine == "pyoxigraph"}


def oracle(query: Query) -> Oracle:
    """Who says what is right: pyoxigraph, which is fast, wherever it is known to agree with the standard."""
    data = small()
    if CHOSEN.get(query.name) == "rdflib":
        return data.rdflib
    if query.name in MISTAKEN and query.name not in CHOSEN:
        return data.specification
    return data.oxigraph


@pytest.mark.parametrize("query", suite(), ids=str)
def test_the_engine_answers_as_the_standard_says(query: Query, small_corpus: sr2graph.Corpus) -> None:
    judgement = judged(small_corpus, small(), query.text, query.parameters, by=oracle(query), timeout=TIMEOUT)
    # What does not compile to SQL is answered by pyoxigraph, and as wrong as pyoxigraph is.
    assert not judgement.problem or judgement.excused, f"{judgement.engine}: {judgement.problem}\n{query.text}"


def test_most_queries_are_answered_by_tables(small_corpus: sr2graph.Corpus) -> None:
    """Loading graphs into memory is a way out, not the way."""
    asked = [query for query in suite() if not query.parameters][::3]
    in_memory = [query.name for query in asked if reason(small_corpus, query)]
    assert len(in_memory) < 0.1 * len(asked), in_memory


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { ?a ?p 123456.789 . ?b !rdf:type ?a . ?b rdf:type ?c }",
        "SELECT * { ?a ?p 12.5 . ?b ?q ?a . ?c ?r ?b }",
        """SELECT * { ?a sr:hasProperties <urn:oid:1.9.5#1.1.1> . ?b sr:contains ?a
            FILTER NOT EXISTS { ?b ?p ?c . <urn:oid:1.9.5#1.1> sr:contains ?a } }""",
    ],
)
def test_alternatives_do_not_multiply(query: str, small_corpus: sr2graph.Corpus) -> None:
    """DuckDB plans hundreds of SELECTs for many seconds: each of these had from 500 to 800."""
    text = compiled(small_corpus._session, parsed(query)).text
    assert text.count("UNION ALL") < 300


def test_what_is_aggregated_is_written_once(small_corpus: sr2graph.Corpus) -> None:
    query = parsed("SELECT (SUM(COALESCE(?n, 0) * 2) AS ?s) { ?m sr:patientSize ?n }")
    assert compiled(small_corpus._session, query).text.count("sr_calculate(") == 1


def reason(corpus: sr2graph.Corpus, query: Query) -> str:
    """Return what does not compile in a query; empty where all does."""
    try:
        compiled(corpus._session, parsed(query.text))
    except Unsupported as found:
        return str(found)
    return ""


def test_choices_are_about_queries() -> None:
    assert CHOSEN.keys() <= {query.name for query in suite()}
    assert set(CHOSEN.values()) <= {"pyoxigraph", "rdflib"}
