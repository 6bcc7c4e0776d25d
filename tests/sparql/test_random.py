"""The engine answers generated queries as SPARQL 1.1 says; `python -m tests.fuzz_sparql` goes on from here."""

from functools import cache

import pytest

import sr2graph
from tests.sparql.data import DataSet, odd, plain
from tests.sparql.generator.queries import generated
from tests.sparql.generator.sample import Sample
from tests.sparql.judge import agreement, judged, size
from tests.sparql.oracle import CannotAnswerError
from tests.sparql.shape import shape

SEEDS = range(150)
TIMEOUT = 20.0


@cache
def sample(name: str) -> Sample:
    return Sample(data(name).specification.dataset)


def data(name: str) -> DataSet:
    return {"odd": odd, "plain": plain}[name]()


@pytest.mark.parametrize("seed", SEEDS)
def test_hand_made_reports(seed: int, odd_corpus: sr2graph.Corpus) -> None:
    """Numbers in many spellings, by-reference links, cycles: the standard itself is the judge."""
    query = generated(seed, sample("odd")).text
    judgement = judged(odd_corpus, odd(), query, timeout=TIMEOUT)
    assert not judgement.problem, f"{judgement.engine}: {judgement.problem}\n{query}"


@pytest.mark.parametrize("seed", SEEDS)
def test_samples(seed: int, plain_corpus: sr2graph.Corpus) -> None:
    """More of everything, in one spelling: pyoxigraph is the judge, the standard the court of appeal."""
    query = generated(seed, sample("plain")).text
    judgement = judged(plain_corpus, plain(), query, by=plain().oxigraph, timeout=TIMEOUT)
    if judgement.problem:
        judgement = judged(plain_corpus, plain(), query, timeout=TIMEOUT)
    assert not judgement.problem, f"{judgement.engine}: {judgement.problem}\n{query}"


def test_generated_queries_find_something() -> None:
    """A query that finds nothing proves little: more than half find something."""
    found = [bool(size(plain().oxigraph.whole(generated(seed, sample("plain")).text))) for seed in SEEDS]
    assert sum(found) > 0.6 * len(found)


def test_generated_queries_are_different() -> None:
    assert len({generated(seed, sample("odd")).text for seed in SEEDS}) == len(SEEDS)


def test_a_seed_makes_the_same_query_again() -> None:
    assert generated(7, sample("odd")) == generated(7, Sample(odd().specification.dataset))


@pytest.mark.parametrize("seed", SEEDS[:60])
def test_pyoxigraph_agrees_with_the_standard(seed: int) -> None:
    """Our reading of the standard and an engine of many users, over numbers in one spelling."""
    query = generated(seed, sample("plain")).text
    try:
        answers = [oracle.whole(query) for oracle in (plain().specification, plain().oxigraph)]
    except CannotAnswerError:
        pytest.skip("one of the two does not take the query")
    assert agreement(answers[0], answers[1], shape(query)) == ""
