"""The table of elements: it has all that bundles have, and says what HL7 says."""

import csv
import json
import re
from decimal import Decimal
from typing import Any

import pytest

from sr2graph.errors import NotFhirError
from sr2graph.fhir import FLAVOURS, IDS, to_fhir
from sr2graph.fhir.elements import Element, element
from sr2graph.fhir.rdf_terms import literal
from sr2graph.fhir.tables import flavours, rows
from sr2graph.samples import KINDS, sample
from tests.fhir.models import SHARED

RELEASES = ("R4", "R5")

KINDS_OF: dict[str, set[type]] = {
    "boolean": {bool},
    "decimal": {Decimal, int},
    "positiveInt": {int},
    "unsignedInt": {int},
    "integer": {int},
}
"""FHIR json.html: all other primitives are texts, integer64 among them."""


def walk(release: str, shape: str, value: dict[str, Any]) -> None:
    """Look up every element of a value."""
    for name, each in value.items():
        if name == "resourceType":
            continue
        how = element(release, shape, name)
        assert isinstance(each, list) is how.repeats, f"{shape}.{name}"
        for one in each if how.repeats else [each]:
            assert isinstance(one, dict) is not how.is_primitive, f"{shape}.{name}"
            assert how.type not in KINDS_OF or type(one) in KINDS_OF[how.type], f"{shape}.{name}"
            assert how.type in KINDS_OF or isinstance(one, str | dict), f"{shape}.{name}"
            if isinstance(one, dict):
                walk(release, one["resourceType"] if how.type == "Resource" else how.type, one)


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_element_of_every_sample_is_there(kind: str, flavour: str) -> None:
    """As often as it may be there, and of the shape that its type has."""
    made = to_fhir(sample(kind), flavour, "document", timezone="+01:00")
    walk(flavours()[flavour].release, "Bundle", json.loads(made.json(), parse_float=Decimal))


@pytest.mark.parametrize("ids", IDS)
def test_requests_are_there(ids: str) -> None:
    walk("R5", "Bundle", json.loads(to_fhir(sample("key_objects"), ids=ids).json(), parse_float=Decimal))


@pytest.mark.parametrize("release", RELEASES)
def test_every_type_that_is_needed_is_there(release: str) -> None:
    """But for what an extension alone may hold, and resources that no bundle has."""
    paths = {row["path"] for row in rows("elements")}
    primitive = {row["type"] for row in rows("datatypes")}
    for row in rows("elements"):
        types = row[f"{release.lower()}_types"].split("|") if row["path"] != "Extension.value[x]" else []
        wanted = {type_.removeprefix("#") for type_ in types if type_} - primitive
        assert wanted <= paths, row["path"]


@pytest.mark.parametrize("release", RELEASES)
def test_it_agrees_with_the_other_table_of_core_elements(release: str) -> None:
    """Made by others from the same definitions: path, types and cardinality."""
    path = SHARED / "core_elements_R4_R4B_R5.csv"
    if not path.is_file():
        pytest.skip(f"{path} is absent")
    compared = 0
    for line in csv.DictReader(path.open(encoding="utf-8")):
        # Reference(Patient|Group) is a Reference.
        types = re.split(r"[|/ ]+", re.sub(r"\([^)]*\)", "", line[f"{release}_types"]))
        own = next((row for row in rows("elements") if row["path"] == line["path"]), None)
        if own is None or types == [""]:
            continue
        found = own[f"{release.lower()}_types"].split("|")
        assert {each.lower() for each in found} == {each.lower() for each in types}, line
        assert own[f"{release.lower()}_max"] == line[f"{release}_card"].rpartition("..")[2], line
        compared += 1
    assert compared > 250


@pytest.mark.parametrize(
    ("release", "shape", "name", "path", "type_"),
    [
        ("R5", "Observation", "valueQuantity", "Observation.value[x]", "Quantity"),
        ("R5", "Observation", "id", "Resource.id", "id"),
        ("R4", "Observation", "text", "DomainResource.text", "Narrative"),
        ("R4", "Coding", "extension", "Element.extension", "Extension"),
        ("R5", "Observation.component", "modifierExtension", "BackboneElement.modifierExtension", "Extension"),
        ("R4", "Observation.component", "referenceRange", "Observation.component.referenceRange",
         "Observation.referenceRange"),
        ("R5", "Observation.referenceRange", "low", "Observation.referenceRange.low", "Quantity"),
        ("R5", "Extension", "valueCode", "Extension.value[x]", "code"),
        ("R4", "Observation", "component", "Observation.component", "Observation.component"),
    ],
)  # fmt: skip
def test_elements_are_found_where_they_are_defined(release: str, shape: str, name: str, path: str, type_: str) -> None:
    found = element(release, shape, name)
    assert (found.path, found.type) == (path, type_)


@pytest.mark.parametrize(
    ("release", "shape", "name"),
    [
        ("R4", "Observation", "bodyStructure"),
        ("R4", "ImagingSelection", "status"),
        ("R5", "Observation", "value"),
        ("R5", "Observation", "value[x]"),
        ("R5", "Observation", "valueCoding"),
        ("R5", "Observation", "component.code"),
        ("R5", "", "code"),
        ("R5", "Nothing", "code"),
    ],
)
def test_what_a_release_does_not_have_is_refused(release: str, shape: str, name: str) -> None:
    with pytest.raises(NotFhirError, match=f"FHIR {release}"):
        element(release, shape, name)


def test_names_of_choices() -> None:
    assert Element("Observation.value[x]", "Quantity", repeats=False).name == "value"


@pytest.mark.parametrize(
    ("type_", "value", "r4", "r5"),
    [
        ("decimal", "1.10", "decimal", "decimal"),
        ("decimal", "3.111220E+04", "double", "double"),
        ("decimal", "-0", "decimal", "decimal"),
        ("integer", 7, "integer", "integer"),
        ("unsignedInt", 0, "nonNegativeInteger", "nonNegativeInteger"),
        ("positiveInt", 3, "positiveInteger", "positiveInteger"),
        ("positiveInt", 0, "", ""),
        ("boolean", True, "boolean", "boolean"),
        ("boolean", "maybe", "", ""),
        ("dateTime", "2024", "gYear", "gYear"),
        ("dateTime", "2024-03", "gYearMonth", "gYearMonth"),
        ("date", "2024-03-08", "date", "date"),
        ("dateTime", "2024-03-08T12:30:00.5+01:00", "dateTime", "dateTime"),
        ("dateTime", "2024-03-08T12:30", "", ""),
        ("instant", "2024-03-08T12:30:00Z", "dateTime", "dateTime"),
        ("time", "12:30:00", "time", "time"),
        ("uri", "urn:oid:1.2", "", "anyURI"),
        ("canonical", "http://example.org/a|2", "", "anyURI"),
        ("uri", "no uri", "", ""),
        ("base64Binary", "AAE=", "base64Binary", "base64Binary"),
        ("code", "final", "", ""),
        ("string", "2024", "", ""),
        ("id", "x", "", ""),
        ("markdown", "*", "", ""),
    ],
)
def test_datatypes_follow_type_and_value(type_: str, value: object, r4: str, r5: str) -> None:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    assert literal("R4", type_, value) == (text, r4)
    assert literal("R5", type_, value) == (text, r5)
