"""The tables of UCUM under mappings/units: atoms, prefixes, and the canonical code of a dimension."""

import re
from fractions import Fraction
from functools import cache

from sr2graph.resources import rows
from sr2graph.terms.ucum_expression import Atom, Dimension, Measure, UnitSystem

FACTOR = re.compile(r"([A-Za-z]+)(-?[0-9]+)?")


@cache
def unit_system() -> UnitSystem:
    """The atoms and prefixes, read once."""
    return UnitSystem(
        atoms={row["code"]: _atom(row) for row in table("units/atoms.csv")},
        prefixes={row["code"]: Fraction(row["factor"]) for row in table("units/prefixes.csv")},
    )


def table(name: str) -> list[dict[str, str]]:
    """The rows of a table under mappings/."""
    return rows(f"mappings/{name}")


def canonical_code(dimension: Dimension) -> str:
    """The one UCUM code of a dimension: base units in the order of their codes.

    >>> canonical_code((("g", 1), ("m", -3)))
    'g.m-3'
    """
    return ".".join(base if power == 1 else f"{base}{power}" for base, power in dimension) or "1"


def dimension_of(code: str) -> Dimension:
    """The dimension that a canonical code stands for: the inverse of canonical_code()."""
    return tuple((base, int(power or 1)) for base, power in FACTOR.findall(code))


def decimal_text(number: Fraction) -> str | None:
    """The number as a decimal without exponent and needless zeros; None when its decimals never end."""
    places, rest = 0, number.denominator
    for prime in (2, 5):
        count = 0
        while rest % prime == 0:
            rest, count = rest // prime, count + 1
        places = max(places, count)
    if rest != 1:
        return None
    digits = str(abs(number.numerator) * 10**places // number.denominator).rjust(places + 1, "0")
    text = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    return f"-{text}" if number < 0 else text


def _atom(row: dict[str, str]) -> Atom:
    metric = row["metric"] == "1"
    if not row["factor"]:
        return Atom(Measure(comparable=False), metric)
    return Atom(Measure(Fraction(row["factor"]), dimension_of(row["dimension"]), Fraction(row["offset"] or 0)), metric)
