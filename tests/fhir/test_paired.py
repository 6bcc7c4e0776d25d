"""The official pair of the guide DICOM SR to FHIR: the structure of what we make of its input is that of its output.

The pair fixes structure and no values: numbers, dates and UIDs of its output are of another input.
"""

import csv
import json
import re
from functools import cache
from typing import Any

import pytest

from sr2graph import read
from sr2graph.dicom.concept import CodedConcept
from sr2graph.fhir import FhirBundle, to_fhir
from sr2graph.fhir.reading import Reading
from sr2graph.fhir.values import Values
from sr2graph.samples import sample
from tests.fhir.models import case, codings_of, parsed

pytestmark = pytest.mark.corpus

Json = dict[str, Any]

PAIRED = (
    *(f"imaging-measurement-00{number}" for number in (1, 2, 3)),
    *(f"qualitative-evaluation-00{number}" for number in (1, 2)),
    "imaging-measurement-group",
)
"""Observations of the output whose items the input has; the others show profiles that it has nothing for."""

OURS = {"bodyStructure", "category", "component", "identifier"}
"""What we say beside: identity of the item, the site that a group gives its members, and what else the group says."""


@cache
def bundle() -> FhirBundle:
    path = case("ig/dicom-sr/paired/input-MeasurementReport.fixed.dicom.json")
    if not path.is_file():
        pytest.skip("../shared/fhir is not beside this checkout")
    return to_fhir(read(path), timezone="+00:00")


def official(reference: str) -> Json:
    """A resource of the output by its relative reference."""
    type_, _, id_ = reference.partition("/")
    found: Json = json.loads(case(f"ig/dicom-sr/examples/{type_}-{id_}.json").read_text(encoding="utf-8"))
    return found


def ours(theirs: Json) -> Json:
    """The one Observation of ours that has the code of one of theirs."""
    wanted = codings_of(theirs["code"])
    entries = [entry["resource"] for entry in parsed(bundle())["entry"]]
    (found,) = [each for each in entries if "code" in each and codings_of(each["code"]) & wanted]
    return dict(found)


def target(reference: Json) -> tuple[str, list[str]]:
    """Type and profiles of what a reference of ours is to."""
    for entry in bundle().resource["entry"]:
        if entry["fullUrl"] == reference.get("reference"):
            return entry["resource"]["resourceType"], entry["resource"].get("meta", {}).get("profile", [])
    return str(reference["type"]), []


def test_coding_schemes_have_the_systems_of_fhir() -> None:
    """As HL7 Terminology and the guides have them, where they agree on one."""
    path = case("code_systems.csv")
    if not path.is_file():
        pytest.skip("../shared/fhir is not beside this checkout")
    report = sample("basic_text")
    values = Values(report, Reading(report).keys, None)
    looked_at = 0
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if re.fullmatch(r"(https?:|urn:)\S+", row["fhir_system"]):
                for designator in row["dicom_designator"].removesuffix(" (CPT)").split(", "):
                    (coding,) = values.concept(CodedConcept("X1", designator))["coding"]
                    assert coding["system"] == row["fhir_system"], designator
                    looked_at += 1
    assert looked_at > 15


@pytest.mark.parametrize("name", PAIRED)
def test_an_observation_has_what_that_of_the_guide_has(name: str) -> None:
    theirs = official(f"Observation/{name}")
    mine = ours(theirs)
    assert mine["meta"] == theirs["meta"]
    assert set(theirs) - {"text"} <= set(mine)
    assert set(mine) - set(theirs) <= OURS
    assert mine["status"] == theirs["status"]
    if name != "imaging-measurement-001" and "category" in theirs:
        assert [codings_of(each) for each in mine["category"]] == [codings_of(each) for each in theirs["category"]]
    for element in ("basedOn", "partOf", "performer", "hasMember", "derivedFrom"):
        types = {official(each["reference"])["resourceType"] for each in theirs.get(element, ())}
        assert {target(each)[0] for each in mine.get(element, ())} == types, element
    value = next((key for key in theirs if key.startswith("value")), None)
    if value == "valueQuantity":
        assert [mine[value][key] for key in ("system", "code")] == [theirs[value][key] for key in ("system", "code")]
    elif value is not None:
        assert value in mine


def test_the_group_has_the_members_of_the_guide() -> None:
    theirs = official("Observation/imaging-measurement-group")
    mine = ours(theirs)
    wanted = [codings_of(official(each["reference"])["code"]) for each in theirs["hasMember"]]
    ids = {entry["fullUrl"]: entry["resource"] for entry in bundle().resource["entry"]}
    found = [codings_of(ids[each["reference"]]["code"]) for each in mine["hasMember"]]
    assert len(found) == len(wanted)
    assert all(any(each & code for code in found) for each in wanted)


def test_what_was_measured_is_the_segment_and_what_measured_is_the_algorithm() -> None:
    mine = ours(official("Observation/imaging-measurement-001"))
    (source,) = mine["derivedFrom"]
    assert target(source)[1] == official("ImagingSelection/measurement-report-referenced-segment")["meta"]["profile"]
    assert target(mine["device"])[1] == official("Device/measurement-report-algorithm")["meta"]["profile"]
    assert (
        target(mine["bodyStructure"])[1] == official("BodyStructure/measurement-report-finding-site")["meta"]["profile"]
    )
