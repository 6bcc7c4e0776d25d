"""The FHIR exit: a Report becomes a Bundle of resources, and an account says what became of every content item."""

from __future__ import annotations

from sr2graph.errors import FhirError
from sr2graph.fhir.accounts import How, Loss, losses_csv
from sr2graph.fhir.checking import Problem, problems
from sr2graph.fhir.project import BUNDLES, FLAVOURS, IDS, FhirBundle, to_fhir

__all__ = [
    "BUNDLES",
    "FLAVOURS",
    "IDS",
    "FhirBundle",
    "FhirError",
    "How",
    "Loss",
    "Problem",
    "losses_csv",
    "problems",
    "to_fhir",
]
