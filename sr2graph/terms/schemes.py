"""The coding schemes of PS3.16 Tables 8-1 and 8-2, with the IRIs of their codes (mappings/schemes.csv)."""

from dataclasses import dataclass
from functools import cache

from sr2graph.resources import rows

PADDING = " \0"
"""PS3.5 6.2: spaces around a short string mean nothing; some writers pad with NUL instead."""


@dataclass(frozen=True, slots=True)
class CodingSchemeEntry:
    """One row of mappings/schemes.csv; mappings/README.md says what the columns are."""

    designator: str
    aliases: tuple[str, ...]
    uid: str | None
    name: str
    iri_prefix: str
    iri_source: str
    strip: tuple[str, ...]
    fhir_system: str | None
    fhir_system_source: str
    status: str
    mapped_by: str | None
    note: str
    source: str


def normal_designator(text: str | None) -> str:
    """The designator as it is compared: without padding, in upper case."""
    return (text or "").strip(PADDING).upper()


@cache
def coding_schemes() -> tuple[CodingSchemeEntry, ...]:
    """All rows, in the order of the table."""
    return tuple(map(_entry, rows("mappings/schemes.csv")))


def coding_scheme(designator: str | None) -> CodingSchemeEntry | None:
    """The scheme of that Coding Scheme Designator (0008,0102) or alias, in any case."""
    return _by_designator().get(normal_designator(designator))


def coding_scheme_by_uid(uid: str | None) -> CodingSchemeEntry | None:
    """The scheme of that Coding Scheme UID (0008,010C); SCT for the OID that it shares with SRT."""
    return _by_uid().get((uid or "").strip(PADDING))


@cache
def _by_designator() -> dict[str, CodingSchemeEntry]:
    return {normal_designator(name): entry for entry in coding_schemes() for name in (entry.designator, *entry.aliases)}


@cache
def _by_uid() -> dict[str, CodingSchemeEntry]:
    # A deprecated scheme never hides the active one that has the same OID.
    ordered = sorted(coding_schemes(), key=lambda entry: entry.status == "active")
    return {entry.uid: entry for entry in ordered if entry.uid}


def _entry(row: dict[str, str]) -> CodingSchemeEntry:
    return CodingSchemeEntry(
        designator=row["designator"],
        aliases=_several(row["aliases"]),
        uid=row["uid"] or None,
        name=row["name"],
        iri_prefix=row["iri_prefix"],
        iri_source=row["iri_source"],
        strip=_several(row["strip"]),
        fhir_system=row["fhir_system"] or None,
        fhir_system_source=row["fhir_system_source"],
        status=row["status"],
        mapped_by=row["mapped_by"] or None,
        note=row["note"],
        source=row["source"],
    )


def _several(cell: str) -> tuple[str, ...]:
    return tuple(cell.split("|")) if cell else ()
