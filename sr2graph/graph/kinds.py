"""What a cell of a record holds: from field value to cell, from cell to literal, and back.

A typed cell (decimal, date ...) may say less than the text of the file: `1e-3`, `1200`.
Then the text is kept beside it; `says_all` decides.
"""

from __future__ import annotations

import datetime
import math
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sr2graph.graph.vocabulary import PREFIXES

XSD = PREFIXES["xsd"]
RDF_JSON = PREFIXES["rdf"] + "JSON"
WKT_LITERAL = PREFIXES["geo"] + "wktLiteral"

MAX_EXPONENT = 64
"""Decimals that would need more zeros than this stay text: `1e999999999` is an attack."""

_DECIMAL = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)", re.ASCII)
_SCIENTIFIC = re.compile(r"([+-]?)(\d*)(?:\.(\d*))?[eE]([+-]?\d{1,6})", re.ASCII)
_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_DATE = re.compile(r"(\d{4})\.?(\d\d)\.?(\d\d)", re.ASCII)
_TIME = re.compile(r"(\d\d):?(?:(\d\d):?(?:(\d\d)(\.\d{1,6})?)?)?", re.ASCII)
_DATETIME = re.compile(r"(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\.\d{1,6})?([+-]\d{4})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Literal:
    """How one kind of cell becomes an RDF literal and comes back."""

    cell: Callable[[Any], str | None]
    """Field value -> lexical form, None when the kind cannot say it."""
    datatype: Callable[[str], str]
    """Lexical form -> datatype IRI; empty for xsd:string."""
    value: Callable[[str], Any]
    """Lexical form -> field value."""


def _same(value: Any) -> Any:
    return value


def _typed(name: str) -> Callable[[str], str]:
    iri = XSD + name
    return lambda _: iri


# ---------------------------------------------------------------- numbers


def decimal(text: str) -> str | None:
    """Return the xsd:decimal of a DS value, digits untouched; None when it is not a number."""
    if _DECIMAL.fullmatch(text):
        return text
    match = _SCIENTIFIC.fullmatch(text)
    if match is None or not (match[2] or match[3]):
        return None
    exponent = int(match[4])
    if abs(exponent) > MAX_EXPONENT:
        return None
    return match[1] + _shifted(match[2], match[3] or "", exponent)


def _shifted(whole: str, fraction: str, exponent: int) -> str:
    digits = whole + fraction
    point = len(whole) + exponent
    if point <= 0:
        return "0." + "0" * -point + digits
    if point >= len(digits):
        return digits + "0" * (point - len(digits))
    return f"{digits[:point]}.{digits[point:]}"


def digits(text: str) -> str | None:
    """Return the xsd:integer of an IS value, None when it is not a whole number."""
    return text if _INTEGER.fullmatch(text) else None


def double(value: float) -> str:
    """Return the xsd:double of a number."""
    if math.isfinite(value):
        return repr(value)
    return "NaN" if math.isnan(value) else "INF" if value > 0 else "-INF"


def double_value(text: str) -> float:
    """Return the number of an xsd:double; there is one NaN for all."""
    if text == "NaN":
        return math.nan
    return math.inf if text in ("INF", "+INF") else -math.inf if text == "-INF" else float(text)


def single(value: float) -> str:
    """Return the shortest text that gives back the same 32-bit number."""
    text = f"{value:.7g}"
    if math.isfinite(value) and struct.pack("<f", float(text)) != struct.pack("<f", value):
        text = f"{value:.9g}"
    return text


def single_value(text: str) -> float:
    """Return the number of a 32-bit number's text, as it is once packed and unpacked."""
    value = float(text)
    if math.isnan(value):
        return math.nan
    (packed,) = struct.unpack("<f", struct.pack("<f", value))
    return float(packed)


# ---------------------------------------------------------------- dates and times


def date(text: str) -> str | None:
    """Return the xsd:date of a DA value, None when there is no such day."""
    match = _DATE.fullmatch(text)
    return _day(match[1], match[2], match[3]) if match else None


def _day(year: str, month: str, day: str) -> str | None:
    try:
        datetime.date(int(year), int(month), int(day))
    except ValueError:
        return None
    return f"{year}-{month}-{day}"


def date_value(text: str) -> str:
    """Return the DA value of an xsd:date."""
    return text.replace("-", "")


def time(text: str) -> str | None:
    """Return the xsd:time of a TM value, None when there is no such time."""
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    return _clock(match[1], match[2] or "00", match[3] or "00", match[4] or "")


def _clock(hour: str, minute: str, second: str, fraction: str) -> str | None:
    # xsd knows no leap second and writes midnight as 00, so 24 and 60 stay text.
    if hour > "23" or minute > "59" or second > "59":
        return None
    return f"{hour}:{minute}:{second}{fraction}"


def time_value(text: str) -> str:
    """Return the TM value of an xsd:time."""
    return text.replace(":", "")


def date_time(text: str) -> str | None:
    """Return the xsd:gYear, gYearMonth, date or dateTime of a DT value, by its precision."""
    match = _DATETIME.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups("")
    offset = f"{zone[:3]}:{zone[3:]}" if zone else ""
    if offset[1:3] > "14" or offset[4:] > "59" or (fraction and not second) or year == "0000":
        return None
    if not month:
        return year + offset
    if not day:
        return f"{year}-{month}{offset}" if "01" <= month <= "12" else None
    calendar = _day(year, month, day)
    if calendar is None or not hour:
        return calendar and calendar + offset
    clock = _clock(hour, minute or "00", second or "00", fraction)
    return clock and f"{calendar}T{clock}{offset}"


_ZONE = re.compile(r"[+-]\d\d:\d\d$")


def date_time_value(text: str) -> str:
    """Return the DT value of what `date_time` gives."""
    zone = _ZONE.search(text)
    offset = zone[0].replace(":", "") if zone else ""
    body = text[: zone.start()] if zone else text
    return body.replace("-", "").replace(":", "").replace("T", "") + offset


def _date_time_type(text: str) -> str:
    zone = _ZONE.search(text)
    length = zone.start() if zone else len(text)
    return XSD + {4: "gYear", 7: "gYearMonth", 10: "date"}.get(length, "dateTime")


# ---------------------------------------------------------------- the kinds


def _plain(_: str) -> str:
    return ""


LITERALS: dict[str, Literal] = {
    "string": Literal(_same, _plain, _same),
    "verbatim": Literal(_same, _plain, _same),
    "list": Literal(_same, _plain, _same),
    "decimal": Literal(decimal, _typed("decimal"), _same),
    "digits": Literal(digits, _typed("integer"), _same),
    "integer": Literal(str, _typed("integer"), int),
    "double": Literal(double, _typed("double"), double_value),
    "date": Literal(date, _typed("date"), date_value),
    "time": Literal(time, _typed("time"), time_value),
    "datetime": Literal(date_time, _date_time_type, date_time_value),
    "json": Literal(_same, lambda _: RDF_JSON, _same),
    "wkt": Literal(_same, lambda _: WKT_LITERAL, _same),
}
"""Kinds whose cells become literals.  The other kinds become IRIs: class, item, node,
resource, uid, concept and written."""

IRI_KINDS = frozenset({"class", "item", "node", "resource", "uid", "concept", "written"})


def says_all(kind: str, value: Any) -> bool:
    """Tell whether the literal of a kind gives back exactly the value it comes from.

    >>> says_all("decimal", "1.10"), says_all("decimal", "1e-3"), says_all("time", "1200")
    (True, False, False)
    """
    literal = LITERALS[kind]
    cell = literal.cell(value)
    return cell is not None and bool(literal.value(cell) == value)


# ---------------------------------------------------------------- lists


def list_text(vr: str, values: tuple[Any, ...]) -> str:
    """Return several values in one text: numbers separated by blanks, texts by backslashes."""
    if vr == "FL":
        return " ".join(map(single, values))
    if vr == "FD":
        return " ".join(map(double, values))
    return " ".join(map(str, values)) if isinstance(values[0], int) else "\\".join(values)


def list_values(vr: str, text: str) -> tuple[Any, ...]:
    """Return the values of a list text; raises ValueError when it is not one."""
    if vr == "FL":
        return tuple(map(single_value, text.split(" ")))
    if vr == "FD":
        return tuple(map(double_value, text.split(" ")))
    if vr in ("US", "SS", "UL", "SL", "UV", "SV"):
        return tuple(map(int, text.split(" ")))
    return tuple(text.split("\\"))
