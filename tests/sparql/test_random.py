"""The engine answers generated queries as SPARQL 1.1 says; `python -m tests.fuzz_sparql` goes on from here."""

from collections import Counter
from functools import cache

import pytest

import sr2graph
from tests.sparql.data import DataSet, odd, plain
from tests.sparql.generator.queries import generated
from tests.sparql.generator.sample import Sample
from tests.sparql.judge import agreement, judged, size
from tests.sparql.oracle import CannotAnswerError, Remembered
from tests.sparql.shape import shape

SEEDS = range(80)
"""More of them: `python -m tests.fuzz_sparql`."""
TIMEOUT = 120.0
"""Seconds: against queries that never end, not a measure of speed."""


# What the standard says of each query is asked by several tests: a worker has all that are about the same data.
ODD, PLAIN = (pytest.mark.xdist_group(f"random-{name}") for name in ("odd", "plain"))


@cache
def sample(name: str) -> Sample:
    return Sample(data(name).specification.dataset)


@cache
def standard(name: str) -> Remembered:
    return Remembered(data(name).specification.quick())


def data(name: str) -> DataSet:
    return {"odd": odd, "plain": plain}[name]()


@ODD
@pytest.mark.parametrize("seed", SEEDS)
def test_hand_made_reports(seed: int, odd_corpus: sr2graph.Corpus) -> None:
    """Numbers in many spellings, by-reference links, cycles."""
    agrees("odd", seed, odd_corpus)


@PLAIN
@pytest.mark.parametrize("seed", SEEDS)
def test_samples(seed: int, plain_corpus: sr2graph.Corpus) -> None:
    """More of everything, each number in one spelling."""
    agrees("plain", seed, plain_corpus)


def agrees(name: str, seed: int, corpus: sr2graph.Corpus) -> None:
    query = generated(seed, sample(name)).text
    try:
        judgement = judged(corpus, data(name), query, by=standard(name), timeout=TIMEOUT)
    except CannotAnswerError:
        pytest.skip("too many solutions")
    # What does not compile to SQL is answered by pyoxigraph, and as wrong as pyoxigraph is.
    assert not judgement.problem or judgement.excused, f"{judgement.engine}: {judgement.problem}\n{query}"


@pytest.mark.parametrize("name", [pytest.param("odd", marks=ODD), pytest.param("plain", marks=PLAIN)])
def test_generated_queries_find_something(name: str) -> None:
    """A query that finds nothing proves little; one that finds too much is not tried."""
    found = Counter(found_by(name, seed) for seed in SEEDS)
    assert found["something"] > 0.5 * len(SEEDS)
    assert found["too much"] < 0.15 * len(SEEDS)


def found_by(name: str, seed: int) -> str:
    try:
        return "something" if size(standard(name).whole(generated(seed, sample(name)).text)) else "nothing"
    except CannotAnswerError:
        return "too much"


def test_generated_queries_are_different() -> None:
    assert len({generated(seed, sample("odd")).text for seed in SEEDS}) == len(SEEDS)


def test_a_seed_makes_the_same_query_again() -> None:
    assert generated(7, sample("odd")) == generated(7, Sample(odd().specification.dataset))


@PLAIN
@pytest.mark.parametrize("seed", SEEDS[::2])
def test_pyoxigraph_agrees_with_the_standard(seed: int) -> None:
    """Our reading of the standard and an engine of many users, over numbers in one spelling."""
    # REDUCED leaves open how many copies of a solution there are (18.2.5.3): both keep another number.
    query = generated(seed, sample("plain")).text.replace("SELECT REDUCED", "SELECT DISTINCT")
    try:
        ours = standard("plain").whole(query)
        theirs = plain().oxigraph.whole(query)
    except CannotAnswerError:
        pytest.skip("one of the two does not take the query")
    assert agreement(ours, theirs, shape(query)) == ""
