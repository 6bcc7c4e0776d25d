"""The engine answers each query of the suite as SPARQL 1.1 says."""

import pytest

import sr2graph
from tests.sparql.data import small
from tests.sparql.judge import judged
from tests.sparql.oracle import Oracle
from tests.sparql.suite import Query, choices, disagreements, suite

TIMEOUT = 20.0
"""Seconds: far more than any query of the suite should take."""
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
    assert not judgement.problem, f"{judgement.engine}: {judgement.problem}\n{query.text}"


def test_most_queries_are_answered_by_tables(small_corpus: sr2graph.Corpus) -> None:
    """Loading graphs into memory is a way out, not the way."""
    engines = [small_corpus.query(query.text, timeout=TIMEOUT).engine for query in suite()[::7] if not query.parameters]
    assert engines.count("tables") > 0.9 * len(engines)


def test_choices_are_about_queries() -> None:
    assert CHOSEN.keys() <= {query.name for query in suite()}
    assert set(CHOSEN.values()) <= {"pyoxigraph", "rdflib"}
