"""Values of literals: numbers, times, comparison and truth (SPARQL 1.1, 17.2 and 17.3)."""

import math
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal
from typing import Any

from tests.sparql.terms import FLOATING, INTEGERS, MOMENTS, STRING, XSD, Term, literal

Number = int | Decimal | float

BOOLEAN = XSD + "boolean"
RANKS = (XSD + "integer", XSD + "decimal", XSD + "float", XSD + "double")
"""Numeric types; an operation takes the later one of its operands' (XPath type promotion)."""
EXACT = Context(prec=60)
DIVISION = Context(prec=34)

_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)
_DOUBLE = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|[+-]?INF|NaN", re.ASCII)


class ExpressionError(Exception):
    """An expression has no value."""


def boolean(value: bool) -> Term:
    """Return an xsd:boolean."""
    return literal("true" if value else "false", BOOLEAN)


TRUE, FALSE = boolean(True), boolean(False)


# ---------------------------------------------------------------- numbers


def rank(term: Term) -> int | None:
    """Return the place of a well-formed number's type in RANKS, None for anything else."""
    if term.datatype in INTEGERS:
        return 0 if _INTEGER.fullmatch(term.text) else None
    if term.datatype == RANKS[1]:
        return 1 if _DECIMAL.fullmatch(term.text) else None
    if term.datatype in FLOATING:
        return RANKS.index(term.datatype) if _DOUBLE.fullmatch(term.text) else None
    return None


def number(term: Term) -> tuple[int, Number]:
    """Return the rank and the value of a number; an error for anything else."""
    place = rank(term)
    if place is None:
        raise ExpressionError(f"{term} is not a number")
    if place == 0:
        return 0, int(term.text)
    if place == 1:
        return 1, Decimal(term.text)
    return place, rounded(float(term.text.replace("INF", "inf")), place)


def rounded(value: float, place: int) -> float:
    """Return a number in the precision of xsd:float or xsd:double."""
    if place == 2 and math.isfinite(value):
        try:
            (value,) = struct.unpack("<f", struct.pack("<f", value))
        except OverflowError:
            return math.copysign(math.inf, value)
    return value


def promoted(value: Number, place: int) -> Number:
    """Return a value in the type of a rank."""
    if place == 0:
        return int(value)
    if place == 1:
        return Decimal(value)
    return rounded(float(value), place)


def number_term(value: Number, place: int) -> Term:
    """Return a number as a literal."""
    return literal(number_text(value, place), RANKS[place])


def number_text(value: Number, place: int) -> str:
    """Return a number in canonical notation: no zeros that say nothing."""
    if place == 0:
        return str(int(value))
    if place == 1:
        plain = f"{Decimal(value):f}"
        plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
        return "0" if plain == "-0" else plain
    value = float(value)
    if math.isfinite(value):
        return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value).replace("e+", "e")
    return "NaN" if math.isnan(value) else "INF" if value > 0 else "-INF"


def _divided(one: Number, other: Number, place: int) -> Number:
    if place <= 1:
        if not other:
            raise ExpressionError("division by zero")
        return DIVISION.divide(Decimal(one), Decimal(other))
    one, other = float(one), float(other)
    if other:
        return one / other
    if math.isnan(one) or not one:
        return math.nan
    return math.copysign(math.inf, one) * math.copysign(1, other)


def _exactly(operation: str) -> Callable[[Number, Number, int], Number]:
    method = {"+": EXACT.add, "-": EXACT.subtract, "*": EXACT.multiply}[operation]
    plain: dict[str, Callable[[float, float], float]] = {
        "+": lambda a, b: a + b,
        "-": lambda a, b: a - b,
        "*": lambda a, b: a * b,
    }
    return lambda a, b, place: method(Decimal(a), Decimal(b)) if place <= 1 else plain[operation](float(a), float(b))


ARITHMETIC = {"+": _exactly("+"), "-": _exactly("-"), "*": _exactly("*"), "/": _divided}


def arithmetic(operation: str, one: Term, other: Term) -> Term:
    """Return the result of + - * /."""
    (first, a), (second, b) = number(one), number(other)
    place = max(first, second)
    result = ARITHMETIC[operation](promoted(a, place), promoted(b, place), place)
    if operation == "/" and place == 0:
        place = 1
    return number_term(rounded(result, place) if isinstance(result, float) else result, place)


# ---------------------------------------------------------------- times

_ZONE = r"(?P<zone>Z|[+-]\d\d:\d\d)?"
_DAY = r"(?P<year>-?\d{4,})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d))?)?"
_CLOCK = r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d(?:\.\d+)?)"
_MOMENT = {
    XSD + "dateTime": re.compile(f"{_DAY}T{_CLOCK}{_ZONE}", re.ASCII),
    XSD + "date": re.compile(f"{_DAY}{_ZONE}", re.ASCII),
    XSD + "gYearMonth": re.compile(f"{_DAY}{_ZONE}", re.ASCII),
    XSD + "gYear": re.compile(f"{_DAY}{_ZONE}", re.ASCII),
    XSD + "time": re.compile(f"{_CLOCK}{_ZONE}", re.ASCII),
}
FIELDS = {
    XSD + "dateTime": {"year", "month", "day", "hour", "minute", "second"},
    XSD + "date": {"year", "month", "day"},
    XSD + "gYearMonth": {"year", "month"},
    XSD + "gYear": {"year"},
    XSD + "time": {"hour", "minute", "second"},
}
HALF_DAY_AND_TWO = 14 * 3600
"""Seconds: how far a time without a zone may be from the same time in UTC."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A time, or part of one."""

    fields: dict[str, Decimal]
    zone: str
    """Z, +01:00 ... or empty."""

    @property
    def offset(self) -> int:
        """Seconds east of UTC."""
        if self.zone in ("", "Z"):
            return 0
        seconds = int(self.zone[1:3]) * 3600 + int(self.zone[4:6]) * 60
        return -seconds if self.zone[0] == "-" else seconds

    @property
    def instant(self) -> Decimal:
        """Seconds on the time line, as if in UTC where there is no zone."""
        get = self.fields.get
        days = date(int(get("year", 1972)), int(get("month", 1)), int(get("day", 1))).toordinal()
        clock = get("hour", Decimal(0)) * 3600 + get("minute", Decimal(0)) * 60 + get("second", Decimal(0))
        return days * 86400 + clock - self.offset


def moment(term: Term) -> Moment:
    """Return the time that a literal writes; an error for anything else."""
    pattern = _MOMENT.get(term.datatype)
    match = pattern and pattern.fullmatch(term.text)
    if not match:
        raise ExpressionError(f"{term} is not a time")
    found = {name: Decimal(text) for name, text in match.groupdict().items() if name != "zone" and text is not None}
    if found.keys() != FIELDS[term.datatype]:
        raise ExpressionError(f"{term} is not a time")
    made = Moment(found, match["zone"] or "")
    try:
        assert made.instant is not None
    except ValueError as cause:
        raise ExpressionError(f"{term} is not in the calendar") from cause
    return made


def _compare_moments(one: Term, other: Term) -> int | None:
    """Return -1, 0, 1, or None where the order depends on a zone that is not given (XSD 1.1, 3.3.7)."""
    first, second = moment(one), moment(other)
    a, b = first.instant, second.instant
    if bool(first.zone) != bool(second.zone) and abs(a - b) <= HALF_DAY_AND_TWO:
        return None
    return (a > b) - (a < b)


# ---------------------------------------------------------------- comparison


def is_known(term: Term) -> bool:
    """Whether the value of a literal is known: a datatype of SPARQL, well formed."""
    if term.language or term.datatype == STRING or rank(term) is not None:
        return True
    if term.datatype == BOOLEAN:
        return term.text in ("true", "false", "1", "0")
    if term.datatype in _MOMENT:
        try:
            moment(term)
        except ExpressionError:
            return False
        return True
    return False


def equal(one: Term, other: Term) -> bool:
    """Return `one = other`; an error where SPARQL cannot tell (17.4.1.7)."""
    if one.kind != "literal" or other.kind != "literal":
        return one == other
    if rank(one) is not None and rank(other) is not None:
        a, b = _common(one, other)
        return a == b
    if one.datatype == other.datatype and is_known(one) and is_known(other):
        return _equal_alike(one, other)
    if one == other:
        return True
    if is_known(one) and is_known(other):
        # 17.3.1 lets an engine know that values of different types differ, where the standard only has an error.
        return False
    raise ExpressionError(f"{one} = {other} cannot be told")


def _equal_alike(one: Term, other: Term) -> bool:
    if one.language:
        return (one.text, one.language.lower()) == (other.text, other.language.lower())
    if one.datatype in MOMENTS:
        return _compare_moments(one, other) == 0
    if one.datatype == BOOLEAN:
        return truth(one) == truth(other)
    return one.text == other.text


def _common(one: Term, other: Term) -> tuple[Number, Number]:
    (first, a), (second, b) = number(one), number(other)
    place = max(first, second)
    return promoted(a, place), promoted(b, place)


ORDERINGS: dict[str, Callable[[int], bool]] = {
    "<": lambda sign: sign < 0,
    ">": lambda sign: sign > 0,
    "<=": lambda sign: sign <= 0,
    ">=": lambda sign: sign >= 0,
}


def ordered(operator: str, one: Term, other: Term) -> bool:
    """Return `one < other` and the like; an error for what has no order."""
    if rank(one) is not None and rank(other) is not None:
        a, b = _common(one, other)
        if a != a or b != b:  # noqa: PLR0124  NaN is in no order
            return False
        return ORDERINGS[operator]((a > b) - (a < b))
    if one.datatype != other.datatype or one.kind != "literal" or not is_known(one) or not is_known(other):
        raise ExpressionError(f"{one} and {other} have no order")
    if one.datatype == STRING:
        return ORDERINGS[operator]((one.text > other.text) - (one.text < other.text))
    if one.datatype == BOOLEAN:
        return ORDERINGS[operator](truth(one) - truth(other))
    sign = _compare_moments(one, other) if one.datatype in _MOMENT else None
    if sign is None:
        raise ExpressionError(f"{one} and {other} have no order")
    return ORDERINGS[operator](sign)


def truth(term: Term) -> bool:
    """Return the effective boolean value (17.2.2)."""
    if term.kind == "literal":
        if term.datatype == BOOLEAN:
            return term.text in ("true", "1")
        if term.language or term.datatype == STRING:
            return bool(term.text)
        if term.datatype in INTEGERS or term.datatype in RANKS:
            if rank(term) is None:
                return False
            value = number(term)[1]
            return value == value and bool(value)  # noqa: PLR0124  NaN is false
    raise ExpressionError(f"{term} has no truth value")


# ---------------------------------------------------------------- ORDER BY

BANDS = {"blank": 1, "iri": 2, "literal": 3}
KINDS = {STRING: 1, BOOLEAN: 2}


def sort_key(term: Term | None) -> tuple[Any, ...]:
    """Return a key that sorts as ORDER BY does (15.1), the order it leaves open settled somehow."""
    if term is None:
        return (0,)
    if term.kind != "literal":
        return BANDS[term.kind], term.text
    if rank(term) is not None:
        value = number(term)[1]
        return (3, 0, 1, 0) if value != value else (3, 0, 0, value)  # noqa: PLR0124  NaN
    if term.datatype in _MOMENT and is_known(term):
        return 3, 3, term.datatype, moment(term).instant
    return 3, KINDS.get(term.datatype, 4), term.text, term.datatype, term.language
