"""Units of measurement: what the units of a report mean, and values in one canonical unit per dimension.

A canonical unit is the product of base units (mappings/units/bases.csv) in the order of their codes, the same for all
units of a dimension: `m3` for ml, `g.m-3` for mg/dl, `m2.s-2` for Gy.  It is there to compare by, not to be shown.
UCUM decides what is the same dimension: gray and sievert are, and so are hertz and becquerel; `{SUVbw}` is an
annotation and means nothing.  Two bases are the project's own: degrees for radians, and the mole is not a number.

Units without a canonical unit have None and are never guessed: arbitrary units (`[iU]`), units on a scale of their own
(`[hnsf'U]`), logarithms (`dB`, `[pH]`), and what is not UCUM.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow, Underflow
from fractions import Fraction
from functools import cache, lru_cache

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import MeasuredValue, Table
from sr2graph.terms.schemes import PADDING, coding_scheme, coding_scheme_by_uid, normal_designator
from sr2graph.terms.ucum_expression import Dimension, evaluate
from sr2graph.terms.ucum_tables import canonical_code, decimal_text, table, unit_system

MOST_DIGITS = 38
"""A value with up to that many digits is exact: what DECIMAL(38) holds."""

PLACES = 18
"""A value whose decimals do not end keeps that many: what Oxigraph and DECIMAL(38, 18) hold."""

LEAST_DIGITS = 28
"""... but a value below 1E-9 keeps that many digits, wherever they are."""

MOST_CHARACTERS = 512
MOST_MAGNITUDE = 400
"""Decimal exponents beyond that are of no double, and would be written out as so many zeros."""

NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,6})?", re.ASCII)
"""PS3.5 6.2, DS; xsd:decimal and finite xsd:double are written like that too."""

LONG = Context(prec=2000, traps=[Inexact, InvalidOperation, Overflow, Underflow])
EXACT = Context(prec=MOST_DIGITS, traps=[Inexact, InvalidOperation, Overflow, Underflow])
NEAR = Context(prec=MOST_DIGITS, traps=[InvalidOperation, Overflow, Underflow])
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class CanonicalUnit:
    """How values in some unit become values in the canonical unit of their dimension."""

    code: str
    """The UCUM code of the canonical unit: equal for all units of a dimension."""

    factor: Fraction
    """Canonical value = value × factor + offset, exactly."""

    offset: Fraction = Fraction(0)
    """For temperatures only.  A difference of two temperatures in Cel is not told apart from a temperature."""

    dimension: Dimension = ()
    """Base units and their exponents."""

    scale: Decimal | None = field(init=False, repr=False, compare=False)
    """The factor as a decimal number, where it has one and there is no offset: most values need one multiplication."""

    def __post_init__(self) -> None:
        text = None if self.offset else decimal_text(self.factor)
        object.__setattr__(self, "scale", Decimal(text) if text else None)


@lru_cache(maxsize=4096)
def canonical_unit(code: str) -> CanonicalUnit | None:
    """How to compare values in the unit of that UCUM code; None where that is not possible or it is not UCUM.

    >>> canonical_unit("mg/dl")
    CanonicalUnit(code='g.m-3', factor=Fraction(10, 1), offset=Fraction(0, 1), dimension=(('g', 1), ('m', -3)))
    >>> canonical_unit("[iU]/l") is None
    True
    """
    measure = evaluate(code, unit_system())
    if measure is None or not measure.comparable:
        return None
    return CanonicalUnit(canonical_code(measure.dimension), measure.factor, measure.offset, measure.dimension)


@lru_cache(maxsize=4096)
def is_ucum(code: str) -> bool:
    """Whether it is a UCUM code, with a canonical unit or without."""
    return evaluate(code, unit_system()) is not None


def canonical_value(lexical: str, unit: CanonicalUnit) -> str | None:
    """The value in the canonical unit, as the canonical xsd:decimal text; None when it is no number.

    >>> canonical_value("12.0", canonical_unit("mm"))
    '0.012'

    Up to 38 digits are exact.  Where there are more, or decimals that do not end (1/min in s-1), the exact value is
    rounded half-even to 18 decimals, or to 28 digits when it is below 1E-9.  What is equal stays equal in all units,
    and the order changes only between numbers that differ by less than that.
    """
    text = lexical.strip(PADDING)
    if len(text) > MOST_CHARACTERS or NUMBER.fullmatch(text) is None:
        return None
    number = Decimal(text) or ZERO
    if abs(number.adjusted()) > MOST_MAGNITUDE:
        return None
    try:
        return _text(EXACT.multiply(number, unit.scale) if unit.scale else _convert(number, unit, EXACT))
    except Inexact:
        return _text(_rounded(Fraction(number) * unit.factor + unit.offset, _convert(number, unit, NEAR).adjusted()))


def unit_code(concept: CodedConcept) -> str | None:
    """The UCUM code that a unit of a report means; None when nobody knows.

    mappings/units/spellings.csv says what other writings mean, and it goes first: some are UCUM codes of another unit.
    """
    code = (concept.code or "").strip(PADDING)
    return _unit_code(_designator(concept), code) if code else None


def quantity_kind(unit: CanonicalUnit) -> str | None:
    """What is measured in units of that dimension, such as "area"; None for dimensions without a usual name."""
    return _quantity_kinds().get(unit.code)


def units_of(report: Report) -> Iterator[CodedConcept]:
    """Every unit in the content tree: of NUM items, and of the rows and columns of TABLE items."""
    for item in report.walk():
        match item.value:
            case MeasuredValue(unit=unit) if unit is not None:
                yield unit
            case Table(row_definitions=rows, column_definitions=columns):
                yield from (axis.unit for axis in (*rows, *columns) if axis.unit is not None)


def unknown_units(report: Report) -> Counter[tuple[str, str]]:
    """How often the report uses units that neither UCUM nor the table of spellings knows, by (scheme, value)."""
    unknown: Counter[tuple[str, str]] = Counter()
    for concept in units_of(report):
        key = (_designator(concept), (concept.code or "").strip(PADDING))
        if unit_code(concept) is None and key not in spellings():
            unknown[key] += 1
    return unknown


@cache
def spellings() -> dict[tuple[str, str], str | None]:
    """Designator in upper case and code as written → the UCUM code meant, or None when it is known to be none."""
    rows = table("units/spellings.csv")
    return {(normal_designator(row["written_scheme"]), row["written_value"]): row["ucum"] or None for row in rows}


@lru_cache(maxsize=4096)
def _unit_code(designator: str, code: str) -> str | None:
    if (designator, code) in spellings():
        return spellings()[designator, code]
    return code if designator == "UCUM" and is_ucum(code) else None


def _designator(concept: CodedConcept) -> str:
    """The Coding Scheme Designator as it is compared, of the scheme itself when the table of schemes has it."""
    entry = coding_scheme(concept.scheme) or coding_scheme_by_uid(concept.scheme_uid)
    return normal_designator(entry.designator if entry else concept.scheme)


@cache
def _quantity_kinds() -> dict[str, str]:
    return {row["canonical"]: row["kind"] for row in table("units/quantities.csv")}


def _convert(number: Decimal, unit: CanonicalUnit, context: Context) -> Decimal:
    """In decimal arithmetic, with one division: Inexact where the context traps it and the result is longer."""
    factor, offset = unit.factor, unit.offset
    product = LONG.multiply(number, Decimal(factor.numerator))
    if not offset:
        return context.divide(product, Decimal(factor.denominator))
    total = LONG.add(
        LONG.multiply(product, Decimal(offset.denominator)), Decimal(offset.numerator * factor.denominator)
    )
    return context.divide(total, Decimal(factor.denominator * offset.denominator))


def _rounded(value: Fraction, magnitude: int) -> Decimal:
    """The value, of that decimal exponent, to as many decimals as canonical_value() says."""
    places = min(PLACES, MOST_DIGITS - 1 - magnitude) if magnitude >= -9 else LEAST_DIGITS - 1 - magnitude
    return Decimal(round(value * Fraction(10) ** places)).scaleb(-places, LONG)


def _text(number: Decimal) -> str:
    text = f"{number:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
