"""What the SR IODs allow: value types, relationships and root templates (PS3.3 A.35), from mappings/checking/."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from sr2graph.dicom.values import ValueType
from sr2graph.resources import rows
from sr2graph.templates.starts import named_roots

FOLDER = "mappings/checking/"
ANY = "*"

Triple = tuple[str, str, str]
"""Value type, relationship, value type of the target."""


@dataclass(frozen=True, slots=True)
class Iod:
    """What one SR IOD allows in its content tree."""

    sop_class: str
    name: str
    value_types: frozenset[str]
    triples: frozenset[Triple]
    """What is allowed by value."""
    by_reference: frozenset[Triple]
    """What is allowed by reference too."""
    ancestors_forbidden: bool
    """Whether its text says that no by-reference relationship leads to an item above its source."""
    root_templates: tuple[str, ...]
    root_required: bool
    """Whether one of the root templates shall be used; otherwise they are a baseline."""
    conflicts: frozenset[Triple]
    """What the table forbids and a root template of the IOD asks for."""
    conflicting_references: frozenset[str]
    """Rows, as `1400/3`, of a root template that ask for by-reference relationships that the table forbids."""
    source: str
    """The table of PS3.3."""

    @property
    def short_name(self) -> str:
        """Return the name without the word that all have in common."""
        return self.name.removesuffix(" Storage")


@cache
def iods() -> Mapping[str, Iod]:
    """Return SOP Class UID ↔ IOD, of all that carry an SR content tree."""
    return {line["sop_class"]: _iod(line) for line in lines("iods.csv")}


def lines(name: str) -> list[dict[str, str]]:
    """Return the rows of a table of this folder."""
    return rows(FOLDER + name)


@cache
def _lines_by_class(name: str) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    for line in lines(name):
        found.setdefault(line["sop_class"], []).append(line)
    return found


def _iod(line: dict[str, str]) -> Iod:
    uid, value_types = line["sop_class"], line["value_types"].split()
    rules = _lines_by_class("relationships.csv").get(uid, [])
    conflicts = _lines_by_class("conflicts.csv").get(uid, [])
    return Iod(
        sop_class=uid,
        name=line["name"],
        value_types=frozenset(value_types),
        triples=frozenset(triple for rule in rules for triple in _triples(rule, value_types)),
        by_reference=frozenset(
            triple for rule in rules if rule["by_reference"] for triple in _triples(rule, value_types)
        ),
        ancestors_forbidden=line["ancestors"] == "forbidden",
        root_templates=named_roots().get(uid, ()),
        root_required=bool(line["root_required"]),
        conflicts=frozenset(
            (each["value_type"], each["relationship"], each["target"]) for each in conflicts if not each["by_reference"]
        ),
        conflicting_references=frozenset(each["rows"] for each in conflicts if each["by_reference"]),
        source=line["source"],
    )


def _triples(rule: dict[str, str], value_types: list[str]) -> Iterator[Triple]:
    sources, targets = (
        value_types if rule[column] == ANY else rule[column].split() for column in ("value_types", "targets")
    )
    return ((source, rule["relationship"], target) for source in sources for target in targets)


VALUE_TYPES = frozenset(value_type.value for value_type in ValueType)
"""Those that exist; an item of another one has been told by reading."""
