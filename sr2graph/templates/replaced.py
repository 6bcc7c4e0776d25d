"""Codes that the standard gave up for others: files of earlier editions name the same rows by them.

The sections of TID 5000 used to be called (121070, DCM, "Findings"); they are (59776-5, LN, "Findings") in 2024c.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from sr2graph.resources import rows
from sr2graph.templates.value_sets import Code, ValueSet


def is_in(iri: str | None, said: ValueSet) -> bool:
    """Whether a code is one of a set, by itself or by the code that took its place."""
    if iri is None:
        return False
    iris = said.iris()
    return iri in iris or successors().get(iri) in iris


@cache
def successors() -> Mapping[str, str]:
    """Return IRI of a code that was given up ↔ IRI of the code in its place."""
    return {
        Code(line["scheme"], line["value"]).iri: Code(line["by_scheme"], line["by_value"]).iri
        for line in rows("mappings/templates/replaced_codes.csv")
    }
