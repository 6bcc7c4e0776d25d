"""What a code says wherever it is used: its columns, and its IRI where no report can change that."""

from __future__ import annotations

from dataclasses import dataclass

from sr2graph.dicom.attributes import bindings
from sr2graph.dicom.concept import CodedConcept
from sr2graph.graph.vocabulary import field_predicates
from sr2graph.terms.codes import CodeIRI, CodeScope, code_iri
from sr2graph.terms.schemes import coding_scheme

MAX_REMEMBERED = 20_000
"""Codes remembered between reports: a bound on memory, not on reports."""

_remembered: dict[CodedConcept, Spelling] = {}


@dataclass(frozen=True, slots=True, eq=False)
class Spelling:
    """A code as written; one object for all equal codes of a report, so identity compares them."""

    concept: CodedConcept
    columns: tuple[tuple[str, str], ...]
    """(column, cell) pairs of its record that are the same in every report."""
    iri: CodeIRI | None
    """None where it depends on the report: a private scheme."""


def spelling(concept: CodedConcept) -> Spelling:
    """Return what a code says wherever it is used."""
    found = _remembered.get(concept)
    if found is None:
        found = _remembered[concept] = Spelling(concept, _columns(concept), _standard_iri(concept))
    return found


def forget_codes() -> None:
    """Keep the memory within its bound; only between reports, for spellings compare by identity."""
    if len(_remembered) > MAX_REMEMBERED:
        _remembered.clear()


def scoped_iri(found: Spelling, scope: CodeScope) -> CodeIRI:
    """Return the IRI of a code within a report."""
    if found.iri is not None:
        return found.iri
    concept = found.concept
    if concept.scheme_uid and concept.scheme:
        scope = CodeScope({**scope.scheme_uids, concept.scheme: concept.scheme_uid}, scope.manufacturer)
    return _iri(concept, scope)


def _standard_iri(concept: CodedConcept) -> CodeIRI | None:
    return _iri(concept, CodeScope({}, None)) if coding_scheme(concept.scheme) is not None else None


def _iri(concept: CodedConcept, scope: CodeScope) -> CodeIRI:
    return code_iri(concept.value or concept.long_value, concept.scheme, urn=concept.urn_value, scope=scope)


def _columns(concept: CodedConcept) -> tuple[tuple[str, str], ...]:
    rows = field_predicates()["CodedConcept"]
    names = (name for name in bindings(CodedConcept) if name not in ("meaning", "equivalent_codes"))
    cells = ((rows[name][0].column, getattr(concept, name)) for name in names)
    return tuple((column, cell) for column, cell in cells if cell is not None)
