"""The suite itself: queries that find something, and engines that agree about them, or are known not to."""

from collections import Counter
from functools import cache

import pytest

from tests.sparql.compare import difference
from tests.sparql.data import DataSet, odd, small
from tests.sparql.judge import agreement, size
from tests.sparql.oracle import Answer, CannotAnswerError, Oracle, Remembered
from tests.sparql.shape import shape
from tests.sparql.suite import Query, disagreements, suite

BY_NAME = {query.name: query for query in suite()}
ON_SAMPLES = frozenset(
    "dose-per-patient doses-of-events events-with-target findings-text code-as-object-and-subject".split()
)
"""Queries that are about samples, not about the hand-made reports."""


def data_of(query: Query) -> DataSet:
    return small() if query.name in ON_SAMPLES else odd()


@cache
def standard(name: str) -> Answer:
    query = BY_NAME[name]
    return data_of(query).specification.answer(query.text, query.parameters)


@cache
def hand_made() -> Remembered:
    """The standard over the hand-made reports."""
    return Remembered(odd().specification)


def known(engine: str) -> dict[str, str]:
    return {d.query: d.reason for d in disagreements() if d.engine == engine}


def test_the_suite_is_broad() -> None:
    topics = Counter(query.topic for query in suite())
    assert len(suite()) > 600
    assert len(topics) == 20
    assert min(topics.values()) >= 10
    assert len(BY_NAME) == len(suite()), "names are used twice"


@pytest.mark.parametrize("query", suite(), ids=str)
def test_it_finds_something_unless_emptiness_is_the_point(query: Query) -> None:
    answer = standard(query.name)
    if not isinstance(answer, bool):
        assert bool(size(answer)) != query.empty


@pytest.mark.parametrize("query", [query for query in suite() if "ORDER BY" in query.text], ids=str)
def test_the_order_is_an_order(query: Query) -> None:
    """The standard, as we read it, passes the same check as the engine under test."""
    found = data_of(query).specification.whole(query.text, query.parameters)
    assert difference(standard(query.name), found, shape(query.text)) == ""


def opinion(oracle: Oracle, query: Query) -> str:
    ours = hand_made().whole(query.text, query.parameters)
    try:
        return agreement(oracle.whole(query.text, query.parameters), ours, shape(query.text))
    except CannotAnswerError as cause:
        return str(cause)


def agrees_unless_known(engine: str, oracle: Oracle, query: Query) -> None:
    problem = opinion(oracle, query)
    reason = known(engine).get(query.name)
    assert not problem or reason, f"{engine} disagrees, and nobody said why: {problem}"
    assert problem or not reason, f"{engine} agrees by now; remove the line from disagreements.csv"


@pytest.mark.parametrize("query", suite(), ids=str)
def test_pyoxigraph_agrees_with_the_standard(query: Query) -> None:
    agrees_unless_known("pyoxigraph", odd().oxigraph, query)


@pytest.mark.slow
@pytest.mark.parametrize("query", suite(), ids=str)
def test_rdflib_agrees_with_the_standard(query: Query) -> None:
    agrees_unless_known("rdflib", odd().rdflib, query)


def test_known_disagreements_are_about_queries() -> None:
    assert {d.query for d in disagreements()} <= BY_NAME.keys()
    assert all(d.reason for d in disagreements())
