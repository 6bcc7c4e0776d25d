"""Write mappings/templates/ from the tables of PS3.16 Annexes A and B as JSON.

Identifiers, structure, codes and constraints are carried over; prose is not: a condition that no machine can read
becomes the word `words`, and the standard has to be opened for it.  README.md of mappings/ explains the notation.
"""

import argparse
import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT.parent / "shared" / "dicom"
TARGET = ROOT / "mappings" / "templates"

Json = Mapping[str, Any]

TEMPLATES = ("tid", "name", "extensible", "order_significant", "root", "parameters", "source")
ROWS = (
    "tid row nest relationship by_reference value_types include include_binding concept vm requirement condition "
    "values units graphic_types number parameters defaults table"
).split()
GROUPS = ("cid", "name", "keyword", "uid", "extensible", "retired", "whole_scheme", "includes", "source")
MEMBERS = ("cid", "scheme", "value", "unit")
CODES = ("scheme", "value", "meaning")
REPLACED = ("scheme", "value", "by_scheme", "by_value", "source")
ROOTS = ("sop_class_uid", "tid", "required", "source")

ALIASES = {
    ("300", "$MeasType"): "$Measurement",
    ("300", "$FindingSite"): "$TargetSite",
    ("3990", "$X-AxisUnits"): "$X-AxisUnit",
    ("3990", "$Y-AxisUnits"): "$Y-AxisUnit",
}
"""(included template, parameter as printed in the row that includes it) ↔ the parameter that it means."""

OTHER_REPLACED = (
    # What TID 10022 and TID 1607 named their agent by before PS3.16 moved to SNOMED CT; Annex O does not have it.
    ("SRT", "F-61FDB", "SCT", "349358000", "DCMTK dcmsr/codes/srt.h"),
)

UNIT = re.compile(r"\((?P<value>[^,]+), UCUM")


def in_order(identifier: str) -> tuple[int, str]:
    """Return what TIDs and CIDs are sorted by: 1500, 10003, 10003A."""
    digits = identifier.rstrip("ABCDEFGH")
    return int(digits), identifier


class Codes:
    """The codes met on the way, each with its meaning."""

    def __init__(self) -> None:
        self.meanings: dict[tuple[str, str], str] = {}

    def name(self, code: Json) -> str:
        """Return `SCT:410668003`, and remember what it means."""
        scheme, value = code["scheme"].strip(), code["value"].strip()
        self.meanings.setdefault((scheme, value), code.get("meaning") or "")
        return f"{scheme}:{value}"


def templates(source: Json) -> Iterator[tuple[str, ...]]:
    """Yield the rows of templates.csv."""
    for tid in sorted(source, key=in_order):
        each = source[tid]
        parameters = " ".join(parameter["name"] for parameter in each["parameters"])
        flags = (_flag(each[name]) for name in ("extensible", "order_significant", "root"))
        yield tid, each["name"], *flags, parameters, f"PS3.16 {each['edition']} TID {tid}"


def rows(source: Json, codes: Codes, of_units: frozenset[str]) -> Iterator[tuple[str, ...]]:
    """Yield the rows of rows.csv, in the order of the standard; `of_units` are the CIDs whose members are units."""
    for tid in sorted(source, key=in_order):
        seen: set[str] = set()
        for row in source[tid]["rows"]:
            name = row["row"]
            while name in seen:  # TID 15310 prints row 1 twice
                name += "'"
            seen.add(name)
            yield tid, name, *_row(_with_units(_with_values(row), of_units), codes)


def _row(row: Json, codes: Codes) -> Iterator[str]:
    constraint = row.get("constraint") or {}
    include = row.get("include") or ""
    yield str(row["nest"])
    yield row["relationship"] or ""
    yield _flag(row.get("by_reference"))
    yield " ".join(row["value_types"])
    yield include
    yield row.get("include_bind") or ""
    yield value_set(row.get("concept") or {}, codes)
    yield row["vm"]
    yield row["req"]
    yield _condition(row, codes)
    yield value_set(constraint, codes)
    yield value_set(constraint.get("units") or {}, codes)
    yield _graphic_types(constraint.get("graphic_type") or {})
    yield constraint.get("value") or ""
    yield _parameters(include, constraint.get("params") or {}, codes)
    yield value_set(constraint.get("default") or {}, codes)
    yield _table(constraint.get("table") or {}, codes)


def _with_values(row: Json) -> Json:
    """Return a row with its constraint as a value set where the standard printed it as a binding: TIDs 5301, 5302."""
    said = (row.get("constraint") or {}).get("params")
    if not said or row.get("include"):
        return row
    (bound,) = said.values()
    return {**row, "constraint": bound}


def _with_units(row: Json, of_units: frozenset[str]) -> Json:
    """Return a row with its constraint under `units` where the standard left that word out: a NUM has no codes."""
    said = row.get("constraint") or {}
    if row["value_types"] != ["NUM"] or "units" in said:
        return row
    named = [code["scheme"] == "UCUM" for code in said.get("codes") or ()]
    named += [group["cid"] in of_units for group in said.get("cids") or ()]
    named += [said["param"].endswith("Units")] if "param" in said else []
    return {**row, "constraint": {"units": said}} if named and all(named) else row


def groups_of_units(source: Json) -> frozenset[str]:
    """Return the CIDs of groups with nothing but UCUM codes."""
    return frozenset(cid for cid, each in source.items() if {code[0] for code in each["codes"]} == {"UCUM"})


def value_set(said: Json, codes: Codes) -> str:
    """Return a set of codes in the notation of the tables: `EV SCT:410668003 | DCID 7464 | $Units | row 4`.

    A code without binding beside a context group is one that a sentence about the group mentions: TID 4005 row 1.
    """
    own = [code for code in said.get("codes") or () if code.get("bind") or not said.get("cids")]
    parts = [f"{code.get('bind') or 'EV'} {codes.name(code)}" for code in own]
    parts += [f"{group.get('bind') or 'DCID'} {group['cid']}" for group in said.get("cids") or ()]
    if "param" in said:
        parts.append(said["param"])
    if "value_of_row" in said:
        parts.append(f"row {said['value_of_row']}")
    return " | ".join(parts)


def _graphic_types(said: Json) -> str:
    return " | ".join([*said.get("in", ()), *(f"not {name}" for name in said.get("not", ()))])


def _parameters(include: str, said: Json, codes: Codes) -> str:
    bound = ((ALIASES.get((include, name), name), value_set(value, codes)) for name, value in said.items())
    return " ; ".join(f"{name} = {value}" for name, value in bound if value)


def _table(said: Json, codes: Codes) -> str:
    texts = ((name, value if isinstance(value, str) else value_set(value, codes)) for name, value in said.items())
    return " ; ".join(f"{name} = {value}" for name, value in texts)


def _condition(row: Json, codes: Codes) -> str:
    parsed = row.get("condition_parsed")
    if parsed is None:
        return "words" if row.get("condition") else ""
    when = f" when {_expression(parsed['when'], codes)}" if "when" in parsed else ""
    return f"{parsed['mode']} {_expression(parsed['expr'], codes)}{when}"


def _expression(said: Json, codes: Codes) -> str:
    """Return an expression as `op(argument, ...)`."""
    arguments: list[str] = []
    if "tid" in said:
        arguments.append(f"TID {said['tid']}")
    if "row" in said:
        arguments.append(f"row {said['row']}")
    arguments += [f"row {row}" for row in said.get("rows", ())]
    arguments += [codes.name(code) for code in said.get("codes", ())]
    arguments += [_expression(part, codes) for part in said.get("args", ())]
    return f"{said['op']}({', '.join(arguments)})"


def groups(source: Json) -> Iterator[tuple[str, ...]]:
    """Yield the rows of context_groups.csv."""
    for cid in sorted(source, key=in_order):
        group = source[cid]
        extensible = "" if group.get("extensible") is None else str(int(group["extensible"]))
        includes = " ".join(group.get("includes") or ())
        yield (cid, group["name"], group.get("keyword") or "", group["uid"], extensible, _flag(group.get("retired")),
               group.get("whole_scheme") or "", includes, f"PS3.16 2024c CID {cid}")  # fmt: skip


def members(source: Json, codes: Codes) -> Iterator[tuple[str, ...]]:
    """Yield the rows of context_group_codes.csv."""
    for cid in sorted(source, key=in_order):
        units = source[cid].get("units") or {}
        for scheme, value, meaning in source[cid]["codes"]:
            codes.name({"scheme": scheme, "value": value, "meaning": meaning})
            unit = UNIT.search(units.get(value) or "")
            yield cid, scheme.strip(), value.strip(), unit["value"] if unit else ""


def root_templates(source: Json) -> Iterator[tuple[str, ...]]:
    """Yield the rows of root_templates.csv: what PS3.3 A.35 says of the root template of a SOP class."""
    for uid, said in source.items():
        for named in said["root_templates"]:
            yield uid, named["tid"], _flag(named["required"]), "PS3.3 2024c A.35"


def replaced(source: Iterable[Mapping[str, str]]) -> Iterator[tuple[str, ...]]:
    """Yield the rows of replaced_codes.csv: codes that the standard gave up for another one."""
    for line in source:
        scheme, bar, value = line["replaced_by"].partition("|")
        if bar:
            yield "DCM", line["value"], scheme, value, "PS3.16 Annex D"
    yield from OTHER_REPLACED


def _flag(said: object) -> str:
    return "1" if said else ""


def write(path: Path, columns: Iterable[str], found: Iterable[tuple[str, ...]]) -> None:
    """Write a table."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(found)


def main() -> None:
    """Write the seven tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=Path, default=SOURCE)
    parser.add_argument("--target", type=Path, default=TARGET)
    given = parser.parse_args()
    every_template = _read(given.source / "templates.json")["templates"]
    every_group = _read(given.source / "context_groups.json")["context_groups"]
    sop_classes = _read(given.source / "relationship_constraints.json")["sop_classes"]
    codes = Codes()
    given.target.mkdir(exist_ok=True, parents=True)
    write(given.target / "templates.csv", TEMPLATES, templates(every_template))
    write(given.target / "rows.csv", ROWS, rows(every_template, codes, groups_of_units(every_group)))
    write(given.target / "context_groups.csv", GROUPS, groups(every_group))
    write(given.target / "context_group_codes.csv", MEMBERS, members(every_group, codes))
    write(given.target / "codes.csv", CODES, ((*key, meaning) for key, meaning in sorted(codes.meanings.items())))
    with (given.source / "dcm_codes.csv").open(encoding="utf-8", newline="") as file:
        write(given.target / "replaced_codes.csv", REPLACED, replaced(csv.DictReader(file)))
    write(given.target / "root_templates.csv", ROOTS, root_templates(sop_classes))


def _read(path: Path) -> Any:  # noqa: ANN401 # JSON can be anything
    return json.loads(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
