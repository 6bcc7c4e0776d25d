"""Corpora that the engine under test is asked about; each is made once."""

import pytest

import sr2graph
from tests.sparql.data import odd, plain, small
from tests.sparql.engine import corpus_of


@pytest.fixture(scope="session")
def small_corpus(tmp_path_factory: pytest.TempPathFactory) -> sr2graph.Corpus:
    """A sample of each kind, and the hand-made reports."""
    return corpus_of(small().reports, tmp_path_factory.mktemp("small") / "corpus")


@pytest.fixture(scope="session")
def odd_corpus(tmp_path_factory: pytest.TempPathFactory) -> sr2graph.Corpus:
    """The hand-made reports."""
    return corpus_of(odd().reports, tmp_path_factory.mktemp("odd") / "corpus")


@pytest.fixture(scope="session")
def plain_corpus(tmp_path_factory: pytest.TempPathFactory) -> sr2graph.Corpus:
    """Some samples and the hand-made reports, each number in one spelling."""
    return corpus_of(plain().reports, tmp_path_factory.mktemp("plain") / "corpus")
