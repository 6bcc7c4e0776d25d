"""What a code says wherever it is used: its columns, and its IRI where no report can change that."""

from __future__ import annotations

from dataclasses import dataclass

from sr2graph.dicom.attributes import bindings
from sr2graph.dicom.concept import CodedConcept
from sr2graph.graph.columns import Row
from sr2graph.graph.vocabulary import field_predicates
from sr2graph.terms.codes import CodeIRI, CodeScope, code_iri
from sr2graph.terms.schemes import coding_scheme

MAX_REMEMBERED = 8_000
"""Codes remembered between reports: a bound on memory, not on reports."""

_remembered: dict[CodedConcept, Spelling] = {}
_recognised: dict[int, tuple[CodedConcept, Spelling]] = {}
"""By identity, which costs less than a hash of all fields: reading gives the same code as the same object."""


class SharedRow(Row):
    """The row of a code that its IRI tells: the same in every report, and so are its statements."""

    __slots__ = ("statements",)

    statements: list[str] | None


@dataclass(frozen=True, slots=True, eq=False)
class Spelling:
    """A code as written; one object for all equal codes of a report, so identity compares them."""

    concept: CodedConcept
    columns: tuple[tuple[str, str], ...]
    """(column, cell) pairs of its record that are the same in every report."""
    iri: CodeIRI | None
    """None where it depends on the report: a private scheme."""
    row: SharedRow | None
    """Its record where its IRI tells it, None where that depends on the report."""


def spelling(concept: CodedConcept) -> Spelling:
    """Return what a code says wherever it is used."""
    known = _recognised.get(id(concept))
    if known is not None and known[0] is concept:
        return known[1]
    found = _remembered.get(concept)
    if found is None:
        columns, iri = _columns(concept), _standard_iri(concept)
        row = told_row(concept, columns, iri.iri) if iri is not None and iri.iri is not None else None
        found = _remembered[concept] = Spelling(concept, columns, iri, row)
    _recognised[id(concept)] = concept, found
    return found


def told_row(concept: CodedConcept, columns: tuple[tuple[str, str], ...], iri: str) -> SharedRow:
    """Return the record of a code that its IRI tells."""
    row = SharedRow(subject=iri, concept=iri)
    if concept.meaning is not None:
        row["label"] = concept.meaning
    row.update(columns)
    row.statements = None
    return row


def forget_codes() -> None:
    """Keep the memory within its bound; only between reports, for spellings compare by identity."""
    if len(_recognised) > MAX_REMEMBERED:
        _remembered.clear()
        _recognised.clear()


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
