import csv

import pytest

from sr2graph.dicom.content import RelationshipType
from sr2graph.dicom.values import ValueType
from sr2graph.fhir.accounts import Account
from sr2graph.fhir.profiles import claimed
from sr2graph.fhir.resources import BundleType, Ids, Resources
from sr2graph.fhir.tables import coded, flavours, for_code, rows
from sr2graph.templates.roles import roles
from sr2graph.templates.value_sets import Code, context_group, meanings
from tests.conftest import ROOT

FOLDER = ROOT / "mappings" / "fhir"
TABLES = sorted(path.stem for path in FOLDER.glob("*.csv"))


@pytest.mark.parametrize("name", TABLES)
def test_every_line_says_where_it_comes_from(name: str) -> None:
    lines = list(csv.DictReader((FOLDER / f"{name}.csv").open(encoding="utf-8")))
    assert lines
    assert all(line["source"] and None not in line and None not in line.values() for line in lines)


@pytest.mark.parametrize("name", sorted({*TABLES} - {"status", "profiles", "graphics", "report_extensions"}))
def test_no_line_is_there_twice(name: str) -> None:
    keys = [
        next(iter(line.values())) if "scheme" not in line else (line["scheme"], line["value"]) for line in rows(name)
    ]
    assert len(keys) == len(set(keys))


def test_every_value_type_has_its_line() -> None:
    assert {line["value_type"] for line in rows("value_types")} == set(ValueType)


def test_relationships_are_those_of_the_standard() -> None:
    assert {line["relationship"] for line in rows("relationships")} - {"*"} <= set(RelationshipType)


def test_roles_are_those_of_the_observations() -> None:
    """A role that no item can have would be a line that does nothing."""
    known = {f"{role.name}.{role.field}" if role.field else role.name for role in roles()}
    assert {line["role"] for line in rows("roles")} <= known
    assert {line["role"] for line in rows("reasons")} <= known


def test_every_qualifier_of_the_standard_has_a_reason() -> None:
    """PS3.16 CID 42."""
    assert set(coded("qualifiers")) == context_group("42").iris()


def test_limits_are_told_apart_by_what_their_codes_mean() -> None:
    """PS3.16 CID 223: the numbers alone do not tell which is the upper one."""
    named = {line["element"]: meanings()[line["scheme"], line["value"]].lower() for line in rows("reference_range")}
    assert "upper" in named["high"]
    assert "lower" in named["low"]
    assert "description" in named["text"]


@pytest.mark.parametrize(
    ("flags", "statuses"),
    [
        (("COMPLETE", "VERIFIED", "", "no", "person"), ("final", "final", "final")),
        (("COMPLETE", "VERIFIED", "", "yes", "person"), ("amended", "final", "amended")),
        (("COMPLETE", "VERIFIED", "PRELIMINARY", "no", "person"), ("preliminary",) * 3),
        (("COMPLETE", "UNVERIFIED", "FINAL", "no", "person"), ("final",) * 3),
        (("COMPLETE", "UNVERIFIED", "", "no", "person"), ("partial", "preliminary", "preliminary")),
        (("COMPLETE", "UNVERIFIED", "", "no", "device"), ("partial", "final", "preliminary")),
        (("PARTIAL", "VERIFIED", "FINAL", "no", "person"), ("partial", "preliminary", "preliminary")),
        (("", "", "", "no", "device"), ("final",) * 3),
        (("", "", "", "no", "person"), ("unknown", "unknown", "preliminary")),
    ],
)
def test_the_first_line_that_fits_is_the_status(flags: tuple[str, ...], statuses: tuple[str, ...]) -> None:
    names = ("completion", "verification", "preliminary", "predecessor", "author", "addendum")
    told = list(zip(names, (*flags, "no"), strict=True))
    line = next(row for row in rows("status") if all(row[name] in {"*", flag} for name, flag in told))
    assert (line["report"], line["observation"], line["composition"]) == statuses


def test_codes_decide_however_they_are_written() -> None:
    assert for_code("conclusions", Code("DCM", "121073").iri) is not None
    assert for_code("conclusions", Code("LN", "59776-5").iri) is None
    assert for_code("conclusions", None) is None


def test_flavours() -> None:
    assert {each.release for each in flavours().values()} == {"R4", "R5"}
    assert not flavours()["r4"].selections


def _measurement(**elements: object) -> dict[str, object]:
    return {"resourceType": "Observation", "id": "1", "subject": {}, "device": {}, "partOf": [], **elements}


def test_a_profile_is_claimed_only_with_all_it_requires() -> None:
    account, r5 = Account(), flavours()["r5-dicom-sr"]
    whole = claimed(_measurement(issued="x", valueQuantity={}), "measurement", r5, account)
    assert whole["meta"]["profile"] == ["http://hl7.org/fhir/uv/dicom-sr/StructureDefinition/imaging-measurement"]
    assert not account.lines([], 0)
    assert "meta" not in claimed(_measurement(valueQuantity={}), "measurement", r5, account)
    assert [line.reason for line in account.lines([], 0)] == ["imaging-measurement is not claimed: no issued"]
    assert "meta" not in claimed(_measurement(issued="x", valueQuantity={}), "measurement", flavours()["r4"], account)


def test_two_regions_are_one_too_many_for_a_profile() -> None:
    """The guide has one slice of derivedFrom for each kind of selection, of which there is one at most."""
    account, r5 = Account(), flavours()["r5-dicom-sr"]
    resources = Resources(BundleType.TRANSACTION, Ids.PUT)
    for id_, code in (("a", "111030"), ("b", "111030"), ("c", "121191"), ("d", "121112"), ("e", "121112")):
        selected = {"resourceType": "ImagingSelection", "id": id_, "code": {"coding": [{"code": code}]}}
        resources.add(selected, {"value": id_})
    for names, is_claimed in (("acde", True), ("abc", False)):
        found = [resources.reference("ImagingSelection", name) for name in names]
        measured = _measurement(issued="x", valueQuantity={}, derivedFrom=found)
        assert ("meta" in claimed(measured, "measurement", r5, account, resources)) is is_claimed
    assert [line.reason for line in account.lines([], 0)] == ["imaging-measurement is not claimed: no one-of-each"]
