"""The tables that say what items are to each other: their invariants, and how they are read."""

import csv
from itertools import chain, product
from pathlib import Path

import pytest

from sr2graph.dicom.content import RelationshipType
from sr2graph.dicom.values import ValueType
from sr2graph.templates.catalogue import templates
from sr2graph.templates.context import _OBSERVER_FIELDS, _SUBJECT_FIELDS, Context, ProcedureContext
from sr2graph.templates.expansion import ExpandedRow, roots
from sr2graph.templates.images import ABOUT_IMAGES
from sr2graph.templates.observations import CONTEXT_PARTS, MAY_BEGIN, NESTED, OF_SITES, SHOWN, SPEAKS
from sr2graph.templates.properties import FIELDS, OWN, Properties
from sr2graph.templates.roles import Kind, Role, kind_of, kinds, role_of, roles
from sr2graph.templates.value_sets import Code, context_groups, meanings
from tests.conftest import ROOT

FOLDER = ROOT / "mappings" / "observations"
TABLES = ("roles.csv", "groups.csv")

UNREAD = {
    "observer.type": "read apart",
    "observer.role_identifier": "below a role",
    "observer.class_uid": "of a class of devices",
    "observer.unique_device_identifiers": "a container",
    "observer.description": "of a reader",
    "participant.issuer": "of an identifier",
    "subject.age": "a number",
    "subject.breed": "stays with the items of the subject",
    "subject.racial_group": "the same",
    "subject.location": "the same",
    "time_point.types": "stays in the tree",
    "time_point.order": "a number",
    "time_point.offset": "a number",
    "language.value": "of one item",
}
"""Roles that are context and have no field of their own."""


def lines(table: str) -> list[dict[str, str]]:
    with Path(FOLDER / table).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


ALL = [
    pytest.param(table, line, id=f"{table}:{number}") for table in TABLES for number, line in enumerate(lines(table), 2)
]


@pytest.mark.parametrize(("table", "line"), ALL)
def test_codes_are_codes_of_the_standard(table: str, line: dict[str, str]) -> None:
    for part in filter(None, line["codes"].split(" | ")):
        if part.startswith("CID "):
            assert part[4:] in context_groups(), table
        else:
            scheme, _, value = part.partition(":")
            assert (scheme, value) in meanings() or part == "SCT:718499004", part  # a colour, of no template


@pytest.mark.parametrize(("table", "line"), ALL)
def test_template_rows_exist(table: str, line: dict[str, str]) -> None:
    for place in line["templates"].split():
        tid, _, row = place.partition("/")
        assert tid in templates(), table
        assert templates()[tid].row(row) is not None, place


@pytest.mark.parametrize(("table", "line"), ALL)
def test_relationships_value_types_and_sources(table: str, line: dict[str, str]) -> None:
    left = line.get("relationships", "")
    for name in RelationshipType:
        left = left.replace(name, "")
    assert not left.strip(), table
    assert set(line["value_types"].split()) <= set(ValueType)
    assert line["source"].startswith("PS3.")


def test_no_line_hides_behind_those_above_it() -> None:
    """The first line that fits decides, so a line that is never first would be dead."""
    relationships, value_types = tuple(RelationshipType), tuple(ValueType)
    for role in roles():
        fit = role.fit
        within: list[Kind | None] = [kind for kind in kinds() if kind.name in fit.within] or [None]
        assert any(
            role_of(None, iri, relationship, value_type, kind) is role
            for iri, relationship, value_type, kind in product(
                fit.codes or {None}, fit.relationships or relationships, fit.value_types or value_types, within
            )
        ) or (fit.templates and not fit.codes), label(role)


def test_kinds_that_roles_stand_within_exist() -> None:
    assert {name for role in roles() for name in role.fit.within} <= {kind.name for kind in kinds()}


def test_every_role_is_heard() -> None:
    """By the properties of an observation, by its context, or by the walk."""
    walked = {"observed", "member", "library", "section", "reference", "acquired", "presentation", "participant"}
    assert {role.name for role in roles()} == walked | CONTEXT_PARTS | FIELDS.keys()
    assert {role.name for role in roles()} >= MAY_BEGIN | NESTED | OF_SITES | SPEAKS | SHOWN | ABOUT_IMAGES


def test_every_role_of_the_context_has_a_field() -> None:
    read = _OBSERVER_FIELDS.keys() | {f"subject.{name}" for name in _SUBJECT_FIELDS}
    read |= {f"procedure.{name}" for name in ProcedureContext.__slots__}
    read |= {f"{part}.{name}" for part in ("event", "time_point") for name in Context._fields}
    told = {f"{role.name}.{role.field}" for role in roles() if role.field}
    assert told - read == UNREAD.keys()


def test_properties_that_are_not_inherited_come_last() -> None:
    assert Properties._fields[-len(OWN) :] == tuple(OWN)
    assert {field for field, _ in FIELDS.values()} <= set(Properties._fields)
    for role in roles():
        assert not (role.inherited and role.name in FIELDS and FIELDS[role.name][0] in OWN) or role.name in (
            "modifier",
            "region_purpose",
        )


def test_the_last_line_fits_everything() -> None:
    assert role_of(None, None, None, None, None) is roles()[-1]
    assert role_of(None, "https://example.org/x", "NONSENSE", "NONSENSE", None) is roles()[-1]


@pytest.mark.parametrize(
    ("said", "relationship", "value_type", "name"),
    [
        ("SCT:363698007", "HAS CONCEPT MOD", "CODE", "site"),
        ("SCT:363698007", "HAS CONCEPT MOD", "TEXT", "modifier"),
        ("SCT:363698007", "INFERRED FROM", "CODE", "input"),
        ("DCM:121012", "HAS PROPERTIES", "UIDREF", "participant.uid"),
        ("DCM:121012", "HAS OBS CONTEXT", "UIDREF", "observer.device_uid"),
        ("DCM:113876", "HAS OBS CONTEXT", "CODE", "observer.device_role"),
        ("DCM:113876", "CONTAINS", "CODE", "participant.device"),
        ("SCT:373098007", "HAS PROPERTIES", "NUM", "statistics"),
        ("SCT:373098007", "CONTAINS", "NUM", "observed"),
        ("DCM:121071", "CONTAINS", "CODE", "observed"),
    ],
)
def test_code_relationship_and_value_type_decide(said: str, relationship: str, value_type: str, name: str) -> None:
    scheme, _, value = said.partition(":")
    assert label(role_of(None, Code(scheme, value).iri, relationship, value_type, None)) == name


def label(role: Role) -> str:
    return f"{role.name}.{role.field}" if role.field else role.name


def test_unknown_codes_begin_nothing() -> None:
    assert kind_of(None, "https://example.org/x", "CONTAINER") is None
    assert kind_of(None, None, None) is None


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.name)
def test_every_kind_is_begun_by_its_codes_and_by_its_template_rows(kind: Kind) -> None:
    (value_type,) = kind.fit.value_types
    told = [kind_of(None, iri, value_type) for iri in sorted(kind.fit.codes)]
    told += [kind_of(row, None, value_type) for row in map(standing_for, sorted(kind.fit.templates)) if row is not None]
    assert told
    assert {each.name for each in told if each} == {kind.name}


def standing_for(place: str) -> ExpandedRow | None:
    """A row of a template as it stands at its top or below that; None where it is deeper."""
    tid, _, name = place.partition("/")
    above = roots(tid)
    return next(
        (row for row in chain(above, *(it.children for it in above)) if (row.tid, row.row.row) == (tid, name)), None
    )
