"""A query that was asked before is not parsed again, and answers the same."""

from pathlib import Path

import pytest
import rdflib
from rdflib import Literal

import sr2graph
from sr2graph.corpus.answer import Bounds
from sr2graph.corpus.ingest import ingest_reports
from sr2graph.corpus.prepared import MOST, asked
from sr2graph.corpus.result import Solutions, Triples
from sr2graph.samples import sample

QUERY = "SELECT ?m ?v { ?m sr:numericValue ?v FILTER(?v > $least) }"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> sr2graph.Corpus:
    folder: Path = tmp_path_factory.mktemp("prepared") / "corpus"
    ingest_reports(folder, [sample("ct_dose", seed) for seed in (1, 2)])
    return sr2graph.Corpus(folder)


def rows(corpus: sr2graph.Corpus, least: object) -> list[str]:
    found = corpus.query(QUERY, {"least": least})
    assert isinstance(found, Solutions)
    return sorted(map(str, found))


def test_again_is_the_same(corpus: sr2graph.Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    first = rows(corpus, 10)
    assert first
    monkeypatch.setattr("sr2graph.corpus.corpus.parsed", None)
    assert rows(corpus, 10) == first


def test_other_parameters_are_another_query(corpus: sr2graph.Corpus) -> None:
    assert (
        len(rows(corpus, 10)) > len(rows(corpus, 100)) == len(rows(corpus, Literal("1e2", datatype=rdflib.XSD.double)))
    )


def test_a_construct_is_remembered_with_its_template(corpus: sr2graph.Corpus) -> None:
    text = "CONSTRUCT { ?m sr:about [ rdfs:label ?v ] } { ?m sr:numericValue ?v }"
    first, again = corpus.query(text), corpus.query(text)
    assert isinstance(first, Triples)
    assert isinstance(again, Triples)
    assert len(first) == len(again) > 0


@pytest.mark.parametrize("other", [True, 1.0, "1", Literal(1), Literal("1", datatype=rdflib.XSD.integer)])
def test_types_of_parameters_tell_queries_apart(other: object) -> None:
    one = asked("ASK {}", {"n": 1}, Bounds())
    assert (asked("ASK {}", {"n": other}, Bounds()) == one) is False
    assert asked("ASK {}", {"n": 1}, Bounds(max_rows=5)) != one


def test_only_so_many_are_remembered(corpus: sr2graph.Corpus) -> None:
    for number in range(MOST + 5):
        corpus.query(f"ASK {{ ?s sr:numericValue {number} }}")
    assert len(corpus._prepared._known) == MOST
