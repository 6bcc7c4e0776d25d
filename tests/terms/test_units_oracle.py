"""Our evaluation of UCUM against ucumvert and pint, and where they differ, why."""

import csv
import math
import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Any, NamedTuple

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sr2graph.terms.ucum_expression import TOKEN
from sr2graph.terms.ucum_tables import unit_system
from sr2graph.terms.units import canonical_unit, is_ucum

ucumvert = pytest.importorskip("ucumvert", reason="ucumvert and pint, the oracle for UCUM, are not installed")

NEAR = 1e-9
"""pint calculates with binary floats."""

DIFFERENT = {
    # pint reads another unit
    "'": "pint: a minute of time",
    "''": "pint: a second of time",
    "G": "pint: Gaussian units have dimensions of their own",
    "Mx": "pint: Gaussian units have dimensions of their own",
    "Oe": "pint: Gaussian units have dimensions of their own",
    "[Cal]": "pint: the small calorie",
    "[cft_i]": "pint: centifoot",
    "[cyd_i]": "pint: centiyard",
    "[ch_br]": "ucumvert: defined by the foot instead of the rod",
    "[lk_br]": "ucumvert: defined by the foot instead of the rod",
    "[rd_br]": "ucumvert: defined by the inch instead of the foot",
    "g%": "ucumvert: gram times percent",
    # pint has another value for the same unit
    **dict.fromkeys(["m[Hg]", "[in_i'Hg]", "[PRU]", "[wood'U]"], "UCUM: 133.3220 kPa; pint: 133.322387415"),
    "[in_i'H2O]": "UCUM: water of 1000 kg/m3; pint: of 4 Cel",
    **dict.fromkeys(
        "[in_br] [ft_br] [yd_br] [fth_br] [pc_br] [mi_br] [nmi_br] [kn_br] [acr_br]".split(),
        "UCUM: an inch of 2.539998 cm; pint: the survey foot",
    ),
    **dict.fromkeys(["[Btu]", "[Btu_th]", "cal_[15]"], "pint: another of the many definitions"),
    **dict.fromkeys(["[didot]", "[cicero]", "[pnt_pr]", "[pca_pr]"], "pint: another of the many definitions"),
    **dict.fromkeys(["a_t", "mo_s", "pc"], "pint: more digits"),
    "u": "UCUM 2.2: CODATA 2018; pint: CODATA 2022",
}
"""Atom → why pint has another measure for it."""

DIFFERENT_WITH_PREFIX = {
    "R": "pint: the gas constant, so that mR is no milliroentgen",
    "[G]": "pint drops the brackets: gauss",
    "[g]": "pint drops the brackets: gram",
    "[h]": "pint drops the brackets: hour",
    "ph": "pint: pico and hour",
}
"""Metric atom → what a prefix makes of it."""

DIFFERENT_PREFIXED = {"hbar": "pint: the reduced Planck constant, not a hectobar"}

BASES = {
    "[length]": {"m": 1},
    "[mass]": {"g": 1},
    "[time]": {"s": 1},
    "[current]": {"C": 1, "s": -1},
    "[temperature]": {"K": 1},
    "[luminosity]": {"cd": 1},
    "[substance]": {"mol": 1},
}
"""The dimensions of pint in our base units."""


class Measure(NamedTuple):
    """What 1 of the unit is in base units, and their exponents; an angle counts as a number, as in pint."""

    value: float
    exponents: dict[str, int]


@pytest.fixture(scope="module")
def registry() -> Any:
    return ucumvert.PintUcumRegistry()


@pytest.fixture(scope="module")
def parser() -> object:
    return ucumvert.get_ucum_parser()


def theirs(registry: Any, code: str) -> Measure:
    quantity = registry.from_ucum(code)
    if not hasattr(quantity, "to_base_units"):
        return Measure(1.0, {})  # an annotation alone stays a token, and a quotient of two a float
    quantity = quantity.to_base_units()
    exponents: dict[str, int] = {}
    for dimension, power in dict(quantity.dimensionality).items():
        for base, times in BASES[dimension].items():
            exponents[base] = exponents.get(base, 0) + times * round(power)
    grams = 1000.0 ** exponents.get("g", 0)
    return Measure(quantity.magnitude * grams, {base: power for base, power in exponents.items() if power})


def ours(code: str) -> Measure | None:
    unit = canonical_unit(code)
    if unit is None:
        return None
    exponents = dict(unit.dimension)
    return Measure(float(unit.factor + unit.offset) * math.radians(1) ** exponents.pop("deg", 0), exponents)


def assert_same(registry: Any, code: str, near: float = NEAR) -> None:
    mine = ours(code)
    assert mine is not None, code
    other = theirs(registry, code)
    assert mine.exponents == other.exponents, code
    assert math.isclose(mine.value, other.value, rel_tol=near), (code, mine.value, other.value)


def differs(code: str) -> bool:
    """The expression has an atom in it that pint knows otherwise, such as m[Hg] in mm[Hg]."""
    symbols = [token["symbol"] for token in TOKEN.finditer(code) if token["symbol"]]
    return any(symbol in DIFFERENT or symbol[1:] in DIFFERENT for symbol in symbols)


COMPARABLE = sorted(code for code, atom in unit_system().atoms.items() if atom.measure.comparable)


@pytest.mark.parametrize("code", [code for code in COMPARABLE if code not in DIFFERENT])
def test_atoms_are_worth_the_same(registry: Any, code: str) -> None:
    assert_same(registry, code)


TEMPERATURES = ("Cel", "[degF]", "[degRe]")
"""pint multiplies no unit with an offset."""

MULTIPLIED = [code for code in COMPARABLE if code not in (*DIFFERENT, *TEMPERATURES)]
METRIC = [code for code in MULTIPLIED if unit_system().atoms[code].metric]


@pytest.mark.parametrize("atom", [code for code in METRIC if code not in DIFFERENT_WITH_PREFIX])
def test_prefixed_atoms_are_worth_the_same(registry: Any, atom: str) -> None:
    for code in (prefix + atom for prefix in unit_system().prefixes):
        if code not in DIFFERENT_PREFIXED:
            assert_same(registry, code)


@pytest.mark.parametrize("code", [*DIFFERENT, *(f"m{atom}" for atom in DIFFERENT_WITH_PREFIX), *DIFFERENT_PREFIXED])
def test_differences_are_still_there(registry: Any, code: str) -> None:
    """The essence decides, see test_units_tables; what ucumvert has mended is to be taken off the lists."""
    mine, other = ours(code), theirs(registry, code)
    assert mine is not None
    assert mine.exponents != other.exponents or not math.isclose(mine.value, other.value, rel_tol=NEAR)


@pytest.mark.parametrize(("code", "canonical"), [("/[pi].A/m", "C.m-1.s-1"), ("/m.s", "m-1.s"), ("/m/s", "m-1.s-1")])
def test_a_solidus_in_front_divides_by_one_component(registry: Any, code: str, canonical: str) -> None:
    """The essence needs it: an oersted is 250 of /[pi].A/m.  ucumvert divides by all that follows."""
    unit = canonical_unit(code)
    assert unit is not None
    assert unit.code == canonical
    assert ours(code) != theirs(registry, code)


def examples() -> Iterator[str]:
    """The table of example codes that UCUM publishes, as ucumvert carries it."""
    table = (files("ucumvert") / "vendor" / "ucum_examples.tsv").read_text(encoding="utf-8")
    yield from (row["UCUM_CODE"] for row in csv.DictReader(table.splitlines(), delimiter="\t"))


EXAMPLES = sorted(set(examples()))


def test_examples_of_ucum_are_ucum() -> None:
    """Torr stands among the examples but not in UCUM itself."""
    assert len(EXAMPLES) > 800
    assert [code for code in EXAMPLES if not is_ucum(code)] == ["Torr"]


def test_examples_of_ucum_are_worth_the_same(registry: Any) -> None:
    compared = [code for code in EXAMPLES if canonical_unit(code) and not differs(code)]
    assert len(compared) > 650
    for code in compared:
        assert_same(registry, code)


def digits(code: str) -> int:
    unit = canonical_unit(code)
    assert unit is not None
    return len(str(unit.factor))


PREFIXED = st.sampled_from([prefix + atom for prefix in "munkMcd" for atom in METRIC])
SYMBOLS = st.sampled_from(MULTIPLIED) | PREFIXED.filter(lambda code: code[1:] not in DIFFERENT_WITH_PREFIX)
SHORT = SYMBOLS.filter(lambda code: digits(code) < 150)  # nine times lm would pass the bound on a factor
EXPONENTS = st.sampled_from(["", "", "", "2", "3", "-1", "-2", "+2"])
NOTES = st.sampled_from(["", "", "{note}"])
COMPONENTS = st.tuples(SHORT, EXPONENTS, NOTES).map("".join) | st.integers(1, 999).map(str)
TERMS = st.tuples(COMPONENTS, st.sampled_from("./"), COMPONENTS).map("".join)
EXPRESSIONS = st.tuples(TERMS, st.sampled_from("./"), COMPONENTS | TERMS.map("({})".format)).map("".join)


@given(EXPRESSIONS | COMPONENTS.map("/{}".format))
def test_expressions_are_worth_the_same(registry: Any, code: str) -> None:
    assert_same(registry, code, near=9 * NEAR)  # three powers of a constant, each a little off


PIECES = ["m", "s", "kPa", "mm[Hg]", "10*", "2", "13", "%", "'", ".", "/", "(", ")", "{a}", "{b c}", "-1", "dB", "[iU]"]
PIECES += ["kkg", "mmin", "m²", "[]", "g{x}", "0", " "]
BEYOND_UCUM = re.compile(r"(?:^|[./(])[0-9]+[+-]|\}\{|[0-9]{3}")


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join))
def test_the_same_texts_are_ucum(parser: object, code: str) -> None:
    """But for exponents past our bound, and for 2-1 and {a}{b}, which no rule of UCUM makes and ucumvert takes."""
    assume(not BEYOND_UCUM.search(code))
    try:
        ucumvert.parse_ucum(code, parser)
    except ucumvert.InvalidUcumError:
        assert not is_ucum(code)
    else:
        assert is_ucum(code)
