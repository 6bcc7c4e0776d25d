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
