"""The tables that say what becomes what in FHIR (mappings/fhir/); the modules beside this one walk them."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any

from sr2graph.resources import resource
from sr2graph.templates.value_sets import Code

FOLDER = "mappings/fhir/"
ANY = "*"

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Flavour:
    """What a bundle follows: a release of FHIR, and a guide whose profiles it may claim (flavours.csv)."""

    name: str
    release: str
    """R4 or R5."""
    selections: bool
    """Whether the release has ImagingSelection."""
    study_element: str
    """Of DiagnosticReport, for the study."""
    part_of_identifier: bool
    """Whether an Observation names its study by identifier only: IDR wants an endpoint of one that it refers to."""
    site_element: str
    """`bodyStructure`, or `extension` on bodySite."""
    guide: str
    sop_class_system: str
    """What a SOP Class UID is a code of."""
    imaging_category: bool
    """Whether every Observation has the category `imaging` beside its own."""
    report_category: str
    """Of the DiagnosticReport (categories.csv)."""
    presented: str
    """Content type of DiagnosticReport.presentedForm, if there is to be one."""
    orders: bool
    """Whether there is a ServiceRequest for each accession number; otherwise orders are known by identifier only."""
    doses: bool
    """Whether a dose report has a dose summary, and details of its events are components."""

    @property
    def is_r5(self) -> bool:
        """Whether it is FHIR R5."""
        return self.release == "R5"


@cache
def rows(name: str) -> tuple[Row, ...]:
    """Return the lines of a table."""
    with resource(f"{FOLDER}{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(MappingProxyType(row) for row in csv.DictReader(file))


@cache
def flavours() -> Mapping[str, Flavour]:
    """Return the flavours by name."""
    return {
        row["flavour"]: Flavour(
            row["flavour"],
            row["release"],
            bool(row["selections"]),
            row["study_element"],
            bool(row["part_of_identifier"]),
            row["site_element"],
            row["guide"],
            row["sop_class_system"],
            bool(row["imaging_category"]),
            row["report_category"],
            row["presented"],
            bool(row["orders"]),
            bool(row["doses"]),
        )
        for row in rows("flavours")
    }


@cache
def keyed(name: str, key: str) -> Mapping[str, Row]:
    """Return the lines of a table by one column."""
    return {row[key]: row for row in rows(name)}


@cache
def coded(name: str) -> Mapping[str, Row]:
    """Return the lines of a table by the canonical IRI of the code in `scheme` and `value`."""
    return {Code(row["scheme"], row["value"]).iri: row for row in rows(name)}


@cache
def listed(name: str) -> tuple[tuple[frozenset[str], Row], ...]:
    """Return the lines of a table, each with the canonical IRIs in `codes`; none for any code."""
    return tuple((_iris(row["codes"]), row) for row in rows(name))


def for_code(name: str, iri: str | None, value_type: str | None = None) -> Row | None:
    """Return the first line whose `codes`, and `value_types` if any, have what is asked for."""
    known = iri if iri in _told(name) else None
    return _first(name, known, value_type)


def category(name: str) -> Row:
    """Return a line of categories.csv."""
    return keyed("categories", "category")[name]


def identifier_type(row: Row) -> dict[str, Any]:
    """Return the coding of a line as a CodeableConcept."""
    return {"coding": [{"system": row["system"], "code": row["code"], "display": row["display"]}]}


@lru_cache(1024)
def _first(name: str, iri: str | None, value_type: str | None) -> Row | None:
    for iris, row in listed(name):
        if (row["codes"] == ANY or iri in iris) and value_type in (None, *row.get("value_types", "").split()):
            return row
    return None


@cache
def _told(name: str) -> frozenset[str]:
    told: frozenset[str] = frozenset()
    return told.union(*(iris for iris, _ in listed(name)))


def _iris(text: str) -> frozenset[str]:
    pairs = (part.partition(":") for part in text.split(" | ") if part not in {"", ANY})
    return frozenset(Code(scheme, value).iri for scheme, _, value in pairs)
