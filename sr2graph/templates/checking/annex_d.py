"""The codes of DCM (PS3.16 Annex D), from mappings/checking/dcm_codes.csv."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from sr2graph.templates.checking.iods import lines


@dataclass(frozen=True, slots=True)
class DcmCode:
    """A code of DCM."""

    value: str
    retired: bool
    replaced_by: str
    """Another code, as `SCT:314453003`; empty where there is none."""


@cache
def dcm_codes() -> Mapping[str, DcmCode]:
    """Return code value ↔ code."""
    return {
        line["value"]: DcmCode(line["value"], bool(line["retired"]), line["replaced_by"])
        for line in lines("dcm_codes.csv")
    }
