"""The tables under mappings/units: no row contradicts another, and the generated ones come out of the essence again."""

import csv
import subprocess
import sys
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest

from sr2graph.resources import resource
from sr2graph.terms.schemes import coding_scheme
from sr2graph.terms.ucum_expression import TOKEN
from sr2graph.terms.ucum_tables import canonical_code, decimal_text, dimension_of, unit_system
from sr2graph.terms.units import CanonicalUnit, canonical_unit, is_ucum, quantity_kind
from tests.conftest import ROOT

KEYS = {
    "atoms": ("code",),
    "bases": ("code",),
    "not_comparable": ("code",),
    "prefixes": ("code",),
    "quantities": ("canonical",),
    "spellings": ("written_scheme", "written_value"),
}

MEANT_OTHERWISE = {
    "N/A": "newton per ampere",
    "ML": "megalitre",
    "hu": "hundred atomic mass units",
    "{HU}": "a number",
    "[arb'U]{cm}": "an arbitrary unit",
    "[arb'U]{deg}": "an arbitrary unit",
    "mGy/mA.s": "mGy.s/mA",
    "mSv/mGy.cm": "mSv.cm/mGy",
    "ml/{H.B.}/min": "ml/min",
    "%/{H.B.}/min": "%/min",
    "ml/min/{H.B.}/min": "ml/min2",
}
"""Spellings that are UCUM for something else: each was looked at."""


def rows(name: str) -> list[dict[str, str]]:
    with resource(f"mappings/units/{name}.csv").open(encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table))


@pytest.mark.parametrize("name", KEYS)
def test_rows_are_unique_sorted_and_have_a_source(name: str) -> None:
    keys = [tuple(row[column] for column in KEYS[name]) for row in rows(name)]
    assert [key for key, count in Counter(keys).items() if count > 1] == []
    assert keys == sorted(keys)
    assert [row for row in rows(name) if not row["source"] or None in row or None in row.values()] == []


def test_every_table_is_tested() -> None:
    assert {path.stem for path in resource("mappings/units").glob("*.csv")} == set(KEYS)


def test_the_essence_is_complete() -> None:
    """UCUM 2.2 has 312 units in all and 24 prefixes."""
    kinds = Counter(row["kind"] for row in rows("atoms"))
    assert kinds == {"base": 8, "unit": 237, "arbitrary": 41, "special": 18, "temperature": 3, "procedure": 5}
    assert len(rows("prefixes")) == 24


@pytest.mark.parametrize("row", rows("atoms"), ids=lambda row: row["code"])
def test_an_atom_is_one_symbol(row: dict[str, str]) -> None:
    """The tokens hold every atom, and an exponent after it stays an exponent."""
    token = TOKEN.fullmatch(row["code"] + "-3")
    assert token is not None
    assert (token["symbol"], token["exponent"]) == (row["code"], "-3")


@pytest.mark.parametrize("row", rows("atoms"), ids=lambda row: row["code"])
def test_an_atom_has_a_measure_unless_it_cannot_be_compared(row: dict[str, str]) -> None:
    unit = canonical_unit(row["code"])
    if row["kind"] in ("arbitrary", "procedure", "special"):
        assert (unit, row["factor"], row["dimension"], row["offset"]) == (None, "", "", "")
    else:
        assert unit is not None
        assert (unit.code, unit.factor) == (row["dimension"], Fraction(row["factor"]))
        assert unit.factor > 0
        assert bool(unit.offset) == (row["kind"] == "temperature")


def test_no_prefixed_unit_has_two_readings() -> None:
    """Neither two prefixes nor an atom of that name, so that it does not matter what is looked up first."""
    system = unit_system()
    metric = [code for code, atom in system.atoms.items() if atom.metric]
    readings = Counter(prefix + atom for prefix in system.prefixes for atom in metric)
    assert [code for code, count in readings.items() if count > 1] == []
    assert readings.keys() & system.atoms.keys() == set()


def test_base_units_are_their_own_measure() -> None:
    assert {row["code"] for row in rows("bases")} == {row["code"] for row in rows("atoms") if row["kind"] == "base"}
    for row in rows("bases"):
        unit = canonical_unit(row["code"])
        assert unit is not None
        assert unit == CanonicalUnit(row["code"], Fraction(1), dimension=((row["code"], 1),))


@pytest.mark.parametrize("row", rows("quantities"), ids=lambda row: row["canonical"])
def test_the_examples_of_a_quantity_have_its_dimension(row: dict[str, str]) -> None:
    units = [canonical_unit(code) for code in (row["canonical"], *row["examples"].split("|"))]
    assert {unit.code if unit else None for unit in units} == {row["canonical"]}
    assert units[0] is not None
    assert quantity_kind(units[0]) == row["kind"]


@pytest.mark.parametrize("dimension", [(), (("m", 1),), (("C", -1), ("g", 1), ("m", 2), ("mol", -3), ("s", -2))])
def test_a_dimension_and_its_code_are_each_others_inverse(dimension: tuple[tuple[str, int], ...]) -> None:
    assert dimension_of(canonical_code(dimension)) == dimension


@pytest.mark.parametrize(
    ("number", "text"),
    [("1/8", "0.125"), ("-1/8", "-0.125"), ("20", "20"), ("1/3", None), ("7/10", "0.7"), ("1/4000", "0.00025")],
)
def test_fractions_are_decimals_when_their_decimals_end(number: str, text: str | None) -> None:
    assert decimal_text(Fraction(number)) == text


def test_spellings_lead_to_ucum() -> None:
    assert [row for row in rows("spellings") if row["ucum"] and not is_ucum(row["ucum"])] == []
    assert [row for row in rows("spellings") if not row["reason"]] == []


def test_a_spelling_is_needed() -> None:
    """What is UCUM already is no misspelling, apart from what was looked at."""
    valid = {row["written_value"] for row in rows("spellings") if row["written_scheme"] == "UCUM"}
    assert {value for value in valid if is_ucum(value)} == set(MEANT_OTHERWISE)


def test_a_scheme_is_written_as_the_table_of_schemes_has_it() -> None:
    """Look-ups go through that table, so an alias would never be found."""
    schemes = {row["written_scheme"] for row in rows("spellings")}
    entries = {scheme: coding_scheme(scheme) for scheme in schemes}
    assert [scheme for scheme, entry in entries.items() if entry and entry.designator != scheme] == []


def test_the_tables_come_out_of_the_essence(tmp_path: Path) -> None:
    """Nobody edited atoms.csv or prefixes.csv by hand."""
    pytest.importorskip("ucumvert", reason="ucumvert, which carries ucum-essence.xml, is not installed")
    script = ROOT / "mappings" / "build" / "units.py"
    subprocess.run([sys.executable, str(script), "--target", str(tmp_path)], check=True, cwd=ROOT)
    for name in ("atoms.csv", "prefixes.csv"):
        assert (tmp_path / name).read_text(encoding="utf-8") == resource(f"mappings/units/{name}").read_text(
            encoding="utf-8"
        )
