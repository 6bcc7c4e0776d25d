"""JSON with decimal numbers written as they were measured: 1.10 stays 1.10 (FHIR 2.24.0.1, decimal)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Any, Self

import orjson

Json = dict[str, Any]

_DECIMAL_STRING = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]{1,6}))?", re.ASCII)
"""PS3.5 6.2, VR DS."""

_PLAIN = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,17})?", re.ASCII)
"""What most of them are, which JSON takes as it is."""

MOST_DIGITS = 64
"""VR DS has 16 characters; longer numbers are read leniently up to here."""

MOST_WHOLE, MOST_FRACTION = 18, 17
"""Digits before and behind the point of a decimal (FHIR R5 2.1.28.0.1, its regular expression)."""

_quoted = json.encoder.encode_basestring


class Exact(Decimal):
    """A decimal number with the text that JSON is to have."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, text: str) -> Self:
        """Make the number of a text that JSON takes for one."""
        self = super().__new__(cls, text)
        self.text = text
        return self


def exact(text: str) -> Exact | None:
    """Return the number that a Decimal String means; None where it means none.

    Digits stay as they are; what JSON does not allow is put right: a plus sign, leading zeros, a bare point; and so is
    what the decimal of FHIR R5 does not allow: zeros before an exponent, a long row of digits without one.

    >>> exact("+01.10 ").text, exact(".5").text, exact("3.1E+04").text
    ('1.10', '0.5', '3.1E+4')
    >>> exact("0.000123400000000000").text
    '1.23400000000000E-4'
    """
    return _exact(text) if len(text) <= MOST_DIGITS else None


@lru_cache(2**14)
def _exact(text: str) -> Exact | None:
    if _PLAIN.fullmatch(text):
        return Exact(text)
    found = _DECIMAL_STRING.fullmatch(text.strip(" \0"))
    if found is None:
        return None
    sign, whole, fraction, exponent = found.groups()
    if not whole and not fraction:
        return None
    whole, fraction, power = whole.lstrip("0") or "0", fraction or "", int(exponent or 0)
    if len(whole) > MOST_WHOLE or len(fraction) > MOST_FRACTION:
        significant = (whole + fraction).lstrip("0") or "0"
        behind = min(len(significant) - 1, MOST_FRACTION)
        power += behind - len(fraction)
        whole, fraction = significant[: len(significant) - behind], significant[len(significant) - behind :]
        if len(whole) > MOST_WHOLE:
            return None
    number = ("-" if sign == "-" else "") + whole + (f".{fraction}" if fraction else "")
    return Exact(number + (f"E{power:+d}" if power else ""))


def exact_float(number: float) -> Exact:
    """Return the number with the shortest text that means a finite float.

    >>> exact_float(0.1).text, exact_float(1e-05).text
    ('0.1', '1E-5')
    """
    text = repr(number)
    # Most texts are short, and decimals of FHIR as they are.
    made = exact(text) if len(text) > MOST_FRACTION or "e" in text else None
    return Exact(text) if made is None else made


def json_text(value: object) -> str:
    """Return FHIR JSON, compact; keys stay in the order they were put in."""
    try:
        return orjson.dumps(value, _number).decode()
    except TypeError:
        # Half a surrogate pair, or a whole number of more than 64 bits.
        return "".join(_pieces(value))


def json_bytes(value: object) -> bytes:
    """Return FHIR JSON in UTF-8; half a surrogate pair, which no encoding has, as the sign for that."""
    try:
        return orjson.dumps(value, _number)
    except TypeError:
        return json_text(value).encode(errors="replace")


def _number(value: object) -> orjson.Fragment:
    """Return the text of a number, to be written as it is."""
    if type(value) is not Exact:
        raise TypeError(f"{type(value).__name__} is not for FHIR JSON")
    return orjson.Fragment(value.text)


def _pieces(value: object) -> list[str]:
    """Return the same text as pieces: slow, and takes any text and number."""
    parts: list[str] = []
    _write(value, parts.append)
    return parts


def _write(value: object, put: Callable[[str], None]) -> None:
    kind = type(value)
    if kind is str:
        put(_quoted(value))  # type: ignore[arg-type] # a str
    elif kind is dict:
        sign = "{"
        for key, each in value.items():  # type: ignore[attr-defined] # a dict
            put(f'{sign}"{key}":')
            _write(each, put)
            sign = ","
        put("}" if value else "{}")
    elif kind is list:
        sign = "["
        for each in value:  # type: ignore[attr-defined] # a list
            put(sign)
            _write(each, put)
            sign = ","
        put("]" if value else "[]")
    elif kind is Exact:
        put(value.text)  # type: ignore[attr-defined] # Exact
    else:
        put(json.dumps(value))
