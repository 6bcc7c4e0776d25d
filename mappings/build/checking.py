"""Write mappings/checking/: what PS3.3 A.35 and PS3.16 Annex D say about reports, apart from templates."""

import argparse
import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT.parent / "shared" / "dicom"
TARGET = ROOT / "mappings" / "checking"
PRINTED = ROOT / "mappings" / "templates" / "codes.csv"

Json = Mapping[str, Any]
Row = tuple[str, ...]

IODS = ("sop_class", "name", "value_types", "root_required", "ancestors", "source")
RELATIONSHIPS = ("sop_class", "value_types", "relationship", "targets", "by_reference", "source")
CONFLICTS = ("sop_class", "value_type", "relationship", "target", "by_reference", "rows", "source")
CODES = ("value", "retired", "replaced_by", "source")
MEANINGS = ("scheme", "value", "meaning", "source")

RELATIONSHIP_TYPES = (
    "CONTAINS", "HAS OBS CONTEXT", "HAS ACQ CONTEXT", "HAS CONCEPT MOD", "HAS PROPERTIES", "INFERRED FROM",
    "SELECTED FROM",
)  # fmt: skip

ANCESTORS_FORBIDDEN = {
    "1.2.840.10008.5.1.4.1.1.88.33",
    "1.2.840.10008.5.1.4.1.1.88.34",
    "1.2.840.10008.5.1.4.1.1.88.35",
}
"""The IODs whose text says that a by-reference relationship does not lead to an ancestor of its source."""


def iods(classes: Json) -> Iterator[Row]:
    """Yield the rows of iods.csv."""
    for uid, iod in classes.items():
        roots = iod["root_templates"]
        required = _flag(roots and all(root["required"] for root in roots))
        ancestors = "forbidden" if uid in ANCESTORS_FORBIDDEN else ""
        source = iod["table"].replace("PS3.3 ", "PS3.3 2024c ")
        yield uid, iod["name"], " ".join(iod["value_types"]), required, ancestors, source


def relationships(classes: Json) -> Iterator[Row]:
    """Yield the rows of relationships.csv; a `*` stands for all value types of the IOD."""
    for uid, iod in classes.items():
        source = iod["table"].replace("PS3.3 ", "PS3.3 2024c ")
        for rule in iod["constraints"]:
            sources = "*" if rule.get("source_any") else " ".join(rule["source"])
            targets = "*" if rule.get("target_any") else " ".join(rule["target"])
            yield uid, sources, rule["relationship"], targets, _flag(rule["by_reference"]), source


def conflicts(found: Iterable[Json]) -> Iterator[Row]:
    """Yield the rows of conflicts.csv; by-reference rows name a relationship and no value types."""
    for entry in found:
        uid, source = entry["sop_class_uid"], f"PS3.16 2024c TID {entry['root_tid']} against PS3.3 2024c A.35"
        for triple, rows in entry["triples_not_in_iod_table"].items():
            relationship = next(name for name in RELATIONSHIP_TYPES if f" {name} " in triple)
            value_type, target = triple.split(f" {relationship} ")
            names = " ".join("/".join(row.split("/")[:2]) for row in rows)
            yield uid, value_type, relationship, target, "", names, source
        for row in entry["by_reference_rows_not_allowed"]:
            name, _, relationship = row.partition(" ")
            yield uid, "", relationship, "", "1", name, source


def codes(lines: Iterable[Mapping[str, str]]) -> Iterator[Row]:
    """Yield the rows of dcm_codes.csv."""
    for line in lines:
        replaced_by = line["replaced_by"].replace("|", ":")
        yield line["value"], "1" if line["retired"] == "1" else "", replaced_by, line["source"]


def meanings(groups: Json, annex_d: Iterable[Mapping[str, str]], first: Mapping[tuple[str, str], str]) -> Iterator[Row]:
    """Yield the rows of meanings.csv: what the standard calls a code elsewhere than in templates/codes.csv."""
    printed = [
        (scheme.strip(), value.strip(), meaning, f"PS3.16 2024c CID {cid}")
        for cid, group in groups.items()
        for scheme, value, meaning in group["codes"]
    ]
    printed += [("DCM", line["value"], line["meaning"], line["source"]) for line in annex_d]
    seen = {(*key, comparable(meaning)) for key, meaning in first.items()}
    for scheme, value, meaning, source in sorted(printed):
        key = scheme, value, comparable(meaning)
        if (scheme, value) in first and key not in seen:
            seen.add(key)
            yield scheme, value, meaning, source


def comparable(meaning: str) -> str:
    """Return a meaning as it is compared: letters and digits, in any case."""
    return "".join(letter for letter in meaning.casefold() if letter.isalnum())


def _flag(said: object) -> str:
    return "1" if said else ""


def lines(path: Path) -> Iterator[Mapping[str, str]]:
    """Yield the rows of a table."""
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def write(name: str, columns: Row, found: Iterable[Row]) -> None:
    """Write a table."""
    with (TARGET / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(found)


def main() -> None:
    """Write the five tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=Path, default=SOURCE)
    source = parser.parse_args().source
    classes = json.loads((source / "relationship_constraints.json").read_text(encoding="utf-8"))["sop_classes"]
    entries = json.loads((source / "template_iod_conflicts.json").read_text(encoding="utf-8"))["conflicts"]
    TARGET.mkdir(exist_ok=True)
    write("iods.csv", IODS, iods(classes))
    write("relationships.csv", RELATIONSHIPS, relationships(classes))
    write("conflicts.csv", CONFLICTS, conflicts(entries))
    annex_d = list(lines(source / "dcm_codes.csv"))
    write("dcm_codes.csv", CODES, codes(annex_d))
    groups = json.loads((source / "context_groups.json").read_text(encoding="utf-8"))["context_groups"]
    first = {(line["scheme"], line["value"]): line["meaning"] for line in lines(PRINTED)}
    write("meanings.csv", MEANINGS, meanings(groups, annex_d, first))


if __name__ == "__main__":
    main()
