"""The engine under test, answering in the terms of the oracles."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import rdflib

import sr2graph
from sr2graph.corpus import result as results
from sr2graph.corpus.ingest import ingest_reports
from sr2graph.dicom.report import Report
from tests.sparql.oracle import Answer, Parameters, Statements, Table
from tests.sparql.terms import Term, of_rdflib


def corpus_of(reports: Iterable[Report], folder: Path) -> sr2graph.Corpus:
    """Return a corpus of reports, made in a folder."""
    ingest_reports(folder, reports)
    return sr2graph.Corpus(folder)


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer, and what gave it."""

    answer: Answer
    engine: str
    """`tables` or `memory`."""


def asked(
    corpus: sr2graph.Corpus, query: str, parameters: Parameters | None = None, timeout: float | None = None
) -> Answered:
    """Ask a corpus."""
    given = {name: to_rdflib(term) for name, term in (parameters or {}).items()}
    result = corpus.query(query, given, timeout=timeout)
    return Answered(_answer(result), result.engine)


def to_rdflib(term: Term) -> rdflib.term.Node:
    """Return a term of rdflib, in its spelling."""
    if term.kind == "iri":
        return rdflib.URIRef(term.text)
    if term.language:
        return rdflib.Literal(term.text, lang=term.language)
    return rdflib.Literal(term.text, datatype=rdflib.URIRef(term.datatype), normalize=False)


def _answer(result: object) -> Answer:
    if isinstance(result, results.Solutions):
        return Table(result.variables, tuple(tuple(map(of_rdflib, row)) for row in result))
    if isinstance(result, results.Triples):
        triples = (tuple(map(of_rdflib, triple)) for triple in result)
        return Statements(frozenset(triples))  # type: ignore[arg-type]
    return bool(result)
