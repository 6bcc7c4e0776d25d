"""How findings name things: rows, sets and codes of the standard, and no word of the report."""

from __future__ import annotations

from functools import cache

from sr2graph.dicom.concept import CodedConcept
from sr2graph.templates.checking.annex_d import dcm_codes
from sr2graph.templates.code_keys import CodeKeys
from sr2graph.templates.expansion import ExpandedRow
from sr2graph.templates.value_sets import Code, ValueSet, meanings
from sr2graph.terms.schemes import coding_scheme, normal_designator

MOST_CODES = 3
"""Codes of a set that are printed one by one."""


@cache
def standard_codes() -> dict[str, Code]:
    """Return canonical IRI ↔ the code as the standard prints it, SNOMED CT before what it replaced."""
    known = [Code(scheme, value) for scheme, value in meanings()]
    known.sort(key=lambda code: code.scheme == "SCT")
    found = {code.iri: code for code in known}
    return {**{code.iri: code for code in (Code("DCM", value) for value in dcm_codes())}, **found}


def code_text(concept: CodedConcept | None, keys: CodeKeys) -> str:
    """Return a code of the standard, or which scheme the code is of, if that is a scheme of the standard."""
    if concept is None:
        return "nothing"
    code = standard_codes().get(keys.iri(concept) or "")
    if code is not None:
        return standard_code(code)
    scheme = coding_scheme(concept.scheme)
    return f"another code of {scheme.designator}" if scheme is not None else "a code of another scheme"


def standard_code(code: Code) -> str:
    """Return `(113813, DCM, "CT Dose Length Product Total")`."""
    meaning = f', "{code.meaning}"' if code.meaning else ""
    return f"({code.value}, {code.scheme}{meaning})"


def is_standard(concept: CodedConcept, keys: CodeKeys) -> bool:
    """Whether the tables of PS3.16 have the code."""
    return (keys.iri(concept) or "") in standard_codes()


def designator_text(concept: CodedConcept) -> str:
    """Return the designator, if it is one of the standard: another one could be anything."""
    scheme = coding_scheme(concept.scheme)
    if scheme is not None:
        return normal_designator(concept.scheme) if scheme.status == "active" else scheme.designator
    return "a designator that PS3.16 does not list"


@cache
def set_text(said: ValueSet) -> str:
    """Return what a set allows: its codes if they are few, and its groups."""
    codes = [standard_code(code) for code in said.codes[:MOST_CODES]]
    codes += [f"{len(said.codes) - MOST_CODES} more"] if len(said.codes) > MOST_CODES else []
    groups = [f"{group.binding} {group.cid}" for group in said.groups]
    return " or ".join([*codes, *groups]) or "any code"


@cache
def row_text(row: ExpandedRow) -> str:
    """Return what the standard says of a row: `CONTAINS NUM (113813, DCM, "…"), M, VM 1`."""
    relationship = f"{row.relationship} " if row.relationship else ""
    mode = "by reference " if row.row.by_reference else ""
    concept = f" {set_text(row.concept)}" if row.concept.is_constrained else ""
    return f"{relationship}{mode}{'/'.join(row.row.value_types)}{concept}, {row.row.requirement}, VM {row.row.vm}"
