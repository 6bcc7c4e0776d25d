"""What an item is to others: an observation, a property of one, or context; read from mappings/observations/.

Two tables decide, by template row or by canonical code, relationship and value type, never by what a code means in
English: `roles.csv`, where the first line that fits an item wins, and `groups.csv`, which items begin a group: there a
line that names the template row comes before those that name the code.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain

from sr2graph.dicom.content import RelationshipType
from sr2graph.dicom.values import ValueType
from sr2graph.resources import rows
from sr2graph.templates.expansion import ExpandedRow
from sr2graph.templates.value_sets import Code, context_group

FOLDER = "mappings/observations/"
ANY_GROUP = "*"

MAX_REMEMBERED = 20_000
"""Answers that are remembered between reports: a bound on memory; reports ask some hundreds of questions."""


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """Which items a line of a table is about."""

    codes: frozenset[str]
    """Canonical IRIs of concept names; empty for any."""
    relationships: frozenset[str]
    """With the parent; empty for any."""
    value_types: frozenset[str]
    """Empty for any."""
    within: frozenset[str]
    """Kinds of the parent; `*` for any that is a group, empty for any parent."""
    templates: frozenset[str]
    """Template rows, `1411/3b`, whatever code stands there."""

    def template(self, row: str | None, relationship: str | None, value_type: str | None) -> bool:
        """Tell whether it is about a template row; an item can stand for a row that it does not quite fit."""
        return (
            row in self.templates
            and (relationship is None or self._relates(relationship))
            and (not self.value_types or value_type in self.value_types)
        )

    def code(self, iri: str | None, relationship: str | None, value_type: str | None) -> bool:
        """Tell whether it is about what an item says, its parent aside.

        Where a file has no relationship, a code alone tells.
        """
        if self.codes:
            named = iri in self.codes and (relationship is None or self._relates(relationship))
        else:
            named = (bool(self.within) or not self.templates) and self._relates(relationship)
        return named and (not self.value_types or value_type in self.value_types)

    def _relates(self, relationship: str | None) -> bool:
        return not self.relationships or relationship in self.relationships


@dataclass(frozen=True, slots=True, eq=False)
class Role:
    """A line of roles.csv."""

    name: str
    """`site`, or the part of the context it belongs to: `observer`."""
    field: str
    """Of that part: `device_uid`; empty where the name says all."""
    fit: Fit
    observed: bool
    """Whether such an item is an observation, too.  A NUM always is."""
    inherited: str
    """Whether what an item says so is true of all in it: `1` yes, `container` for a CONTAINER only, empty no."""
    source: str


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """A line of groups.csv: what an item holds together."""

    name: str
    fit: Fit
    group: bool
    """Whether what it holds is a group of observations."""
    finding_is_value: bool
    """Whether its value is the finding that all in it are about."""
    site_is_name: bool
    """Whether its concept name is the site of all in it."""
    site_is_value: bool
    """The same for its value."""
    identifier_is_value: bool
    """Whether its text is the tracking identifier."""
    fresh: bool
    """Whether it inherits nothing of a group that it is in."""
    source: str


def role_of(
    row: ExpandedRow | None, iri: str | None, relationship: str | None, value_type: str | None, within: Kind | None
) -> Role:
    """Return what an item is below a parent that begins `within`."""
    known_iri = iri if iri in _told_codes("roles.csv") else None
    return _role(_told_row("roles.csv", row), known_iri, _relationship(relationship), _value_type(value_type), within)


def kind_of(row: ExpandedRow | None, iri: str | None, value_type: str | None) -> Kind | None:
    """Return what an item begins, if anything."""
    known_iri = iri if iri in _told_codes("groups.csv") else None
    return _kind(_told_row("groups.csv", row), known_iri, _value_type(value_type))


@cache
def roles() -> tuple[Role, ...]:
    """Return the lines of roles.csv, in order."""
    return tuple(
        Role(
            name=line["role"].partition(".")[0],
            field=line["role"].partition(".")[2],
            fit=_fit(line),
            observed=bool(line["observed"]),
            inherited=line["inherited"],
            source=line["source"],
        )
        for line in rows(FOLDER + "roles.csv")
    )


@cache
def kinds() -> tuple[Kind, ...]:
    """Return the lines of groups.csv, in order."""
    return tuple(
        Kind(
            name=line["kind"],
            fit=_fit(line),
            group=bool(line["group"]),
            finding_is_value=line["finding"] == "value",
            site_is_name=line["site"] == "name",
            site_is_value=line["site"] == "value",
            identifier_is_value=bool(line["identifier"]),
            fresh=bool(line["fresh"]),
            source=line["source"],
        )
        for line in rows(FOLDER + "groups.csv")
    )


# ---------------------------------------------------------------- looking up


@lru_cache(MAX_REMEMBERED)
def _role(
    row: str | None, iri: str | None, relationship: str | None, value_type: str | None, within: Kind | None
) -> Role:
    """Return the first line that fits; the last one fits everything."""
    for role in roles():
        if role.fit.template(row, relationship, value_type):
            return role
        if role.fit.code(iri, relationship, value_type) and _is_within(role.fit.within, within):
            return role
    raise LookupError("roles.csv ends with a line that fits everything")


@lru_cache(MAX_REMEMBERED)
def _kind(row: str | None, iri: str | None, value_type: str | None) -> Kind | None:
    by_template = (kind for kind in kinds() if kind.fit.template(row, None, value_type))
    by_code = (kind for kind in kinds() if kind.fit.code(iri, None, value_type))
    return next(chain(by_template, by_code), None)


def _is_within(wanted: frozenset[str], kind: Kind | None) -> bool:
    if not wanted:
        return True
    return kind is not None and (kind.name in wanted or (kind.group and ANY_GROUP in wanted))


# Names, codes and rows that no line mentions are all alike; so what is remembered has a bound, whatever a file says.


@cache
def _told_codes(table: str) -> frozenset[str]:
    told: frozenset[str] = frozenset()
    return told.union(*(line.fit.codes for line in (roles() if table == "roles.csv" else kinds())))


@cache
def _told_rows(table: str) -> frozenset[str]:
    told: frozenset[str] = frozenset()
    return told.union(*(line.fit.templates for line in (roles() if table == "roles.csv" else kinds())))


def _told_row(table: str, row: ExpandedRow | None) -> str | None:
    if row is None:
        return None
    name = f"{row.row.tid}/{row.row.row}"
    return name if name in _told_rows(table) else None


_RELATIONSHIPS = frozenset(RelationshipType)
_VALUE_TYPES = frozenset(ValueType)


def _relationship(text: str | None) -> str | None:
    return text if text in _RELATIONSHIPS else None


def _value_type(text: str | None) -> str | None:
    return text if text in _VALUE_TYPES else None


# ---------------------------------------------------------------- reading the tables


def _fit(line: dict[str, str]) -> Fit:
    return Fit(
        codes=_iris(line["codes"]),
        relationships=_relationships(line.get("relationships", "")),
        value_types=frozenset(line["value_types"].split()),
        within=frozenset(filter(None, line.get("within", "").split(" | "))),
        templates=frozenset(line["templates"].split()),
    )


def _relationships(text: str) -> frozenset[str]:
    """Return those that are named, one behind the other: their names have spaces in them."""
    return frozenset(name for name in RelationshipType if name in text)


def _iris(text: str) -> frozenset[str]:
    found = set[str]()
    for part in filter(None, text.split(" | ")):
        if part.startswith("CID "):
            found |= context_group(part[4:]).iris()
        else:
            scheme, _, value = part.partition(":")
            found.add(Code(scheme, value).iri)
    return frozenset(found)
