"""Write mappings/units/atoms.csv and prefixes.csv from ucum-essence.xml, the published table of UCUM.

The essence defines each atom by an expression of others.  Here they are worked out to exact fractions of the base
units of bases.csv, with the evaluator that the package itself uses; tests compare the outcome with ucumvert and pint.
The essence is the copy that ucumvert carries, or the file given with --essence.
"""

import argparse
import csv
import importlib.resources
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path

from sr2graph.terms.ucum_expression import Atom, Measure, UnitSystem, evaluate
from sr2graph.terms.ucum_tables import canonical_code, decimal_text

UNITS = Path(__file__).resolve().parents[1] / "units"
NAMESPACE = {"ucum": "http://unitsofmeasure.org/ucum-essence"}

ATOM_COLUMNS = ("code", "kind", "metric", "factor", "dimension", "offset", "source")
PREFIX_COLUMNS = ("code", "factor", "source")

KELVIN_AT_ZERO = {"Cel": Fraction("273.15"), "degF": Fraction("459.67") * 5 / 9, "degRe": Fraction("273.15")}
"""UCUM §43, §46: the temperature that is 0 of the special unit; all other functions are logarithms and the like."""

NOT_COMPARABLE = Measure(comparable=False)


def columns(path: Path, *names: str) -> list[tuple[str, ...]]:
    """Some columns of a table."""
    with path.open(encoding="utf-8", newline="") as table:
        return [tuple(row[name] for name in names) for row in csv.DictReader(table)]


def bases() -> list[str]:
    """The codes of the base units."""
    return [code for (code,) in columns(UNITS / "bases.csv", "code")]


def elements(root: ET.Element, tag: str) -> Iterator[tuple[str, ET.Element]]:
    """The elements of that name and their case-sensitive codes."""
    return ((element.attrib["Code"], element) for element in root.findall(f"ucum:{tag}", NAMESPACE))


def value_of(element: ET.Element) -> ET.Element:
    """The definition: value and unit, of the function if there is one."""
    value = element.find("ucum:value", NAMESPACE)
    if value is None:
        raise LookupError(f"{element.attrib['Code']} has no value")
    function = value.find("ucum:function", NAMESPACE)
    return value if function is None else function


def kind(code: str, element: ET.Element, procedures: Iterable[str]) -> str:
    """How the unit can be used."""
    if element.get("isArbitrary") == "yes":
        return "arbitrary"
    if code in procedures:
        return "procedure"
    if element.get("isSpecial") == "yes":
        return "temperature" if value_of(element).get("name") in KELVIN_AT_ZERO else "special"
    return "unit"


def measure(definition: ET.Element, system: UnitSystem) -> Measure | None:
    """The measure of a definition; None as long as an atom in it is not known yet."""
    unit = evaluate(definition.attrib["Unit"], system)
    if unit is None:
        return None
    offset = KELVIN_AT_ZERO.get(definition.get("name", ""), Fraction(0))
    return Measure(unit.factor * Fraction(definition.attrib["value"]), unit.dimension, offset)


def base_atoms(root: ET.Element) -> dict[str, Atom]:
    """The base units of bases.csv; UCUM's radian, which is not one of them, in degrees."""
    atoms = {
        code: Atom(Measure(dimension=((code, 1),)), metric=True) for (code,) in columns(UNITS / "bases.csv", "code")
    }
    pi = Fraction(value_of(dict(elements(root, "unit"))["[pi]"]).attrib["value"])
    atoms["rad"] = Atom(Measure(180 / pi, (("deg", 1),)), metric=True)
    atoms["deg"] = Atom(atoms["deg"].measure, metric=False)
    return atoms


def solve(root: ET.Element, kinds: Mapping[str, str], prefixes: Mapping[str, Fraction]) -> dict[str, Atom]:
    """Work out the definitions, round after round, until none is left."""
    atoms = base_atoms(root)
    left = {code: element for code, element in elements(root, "unit") if code not in atoms}
    while left:
        solved = {}
        for code, element in left.items():
            plain = kinds[code] in ("unit", "temperature")
            found = measure(value_of(element), UnitSystem(atoms, prefixes)) if plain else NOT_COMPARABLE
            if found is not None:
                solved[code] = Atom(found, metric=element.attrib["isMetric"] == "yes")
        if not solved:
            raise LookupError(f"these definitions lead nowhere: {', '.join(left)}")
        atoms |= solved
        left = {code: element for code, element in left.items() if code not in solved}
    return atoms


def fraction_text(number: Fraction) -> str:
    """A decimal number where there is one, else numerator/denominator; empty for 0."""
    return (decimal_text(number) or str(number)) if number else ""


def atom_row(code: str, atom: Atom, kind_: str, source: str) -> tuple[str, ...]:
    """One row of atoms.csv."""
    metric = "1" if atom.metric else "0"
    if not atom.measure.comparable:
        return (code, kind_, metric, "", "", "", source)
    found = atom.measure
    dimension = canonical_code(found.dimension)
    return (code, kind_, metric, fraction_text(found.factor), dimension, fraction_text(found.offset), source)


def write(path: Path, header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    """Write a table, sorted by its first column."""
    with path.open("w", encoding="utf-8", newline="") as table:
        writer = csv.writer(table, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(sorted(rows))


def build(essence: Path, folder: Path) -> None:
    """Write both tables."""
    root = ET.parse(essence).getroot()  # noqa: S314 (a file of our own choosing)
    source = f"UCUM {root.attrib['version']} essence of {root.attrib['revision-date']}"
    prefixes = {code: Fraction(value_of(element).attrib["value"]) for code, element in elements(root, "prefix")}
    procedures = [code for (code,) in columns(UNITS / "not_comparable.csv", "code")]
    kinds = {code: kind(code, element, procedures) for code, element in elements(root, "unit")}
    atoms = solve(root, kinds, prefixes)
    bases = {code for (code,) in columns(UNITS / "bases.csv", "code")}
    rows = (
        atom_row(code, atom, "base" if code in bases else kinds.get(code, "unit"), source)
        for code, atom in atoms.items()
    )
    write(folder / "atoms.csv", ATOM_COLUMNS, rows)
    write(
        folder / "prefixes.csv",
        PREFIX_COLUMNS,
        ((code, fraction_text(size), source) for code, size in prefixes.items()),
    )


def main() -> None:
    """Build the tables of UCUM's atoms and prefixes."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--essence", type=Path, help="ucum-essence.xml; without it, the copy inside ucumvert")
    parser.add_argument("--target", type=Path, default=UNITS, help="folder to write the tables to")
    arguments = parser.parse_args()
    if arguments.essence:
        build(arguments.essence, arguments.target)
        return
    with importlib.resources.as_file(importlib.resources.files("ucumvert") / "vendor" / "ucum-essence.xml") as essence:
        build(essence, arguments.target)


if __name__ == "__main__":
    main()
