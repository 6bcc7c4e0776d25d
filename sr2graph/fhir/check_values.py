"""Syntax of FHIR data types: times, URIs, identifiers, codes, quantities (FHIR 2.1.28)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from math import isfinite
from typing import Any
from uuid import UUID

from sr2graph.dicom.vr import VALID_UID

TOKEN = re.compile(r"[A-Za-z0-9.-]{1,64}", re.ASCII)
"""Data type id."""

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s]+", re.ASCII)
_CODE = re.compile(r"[^\s]+( [^\s]+)*")
_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?", re.ASCII)
_CLOCK = re.compile(r"([0-9]{2}):([0-9]{2}):([0-9]{2})(\.[0-9]{1,9})?", re.ASCII)
_ZONE = re.compile(r"Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00", re.ASCII)
_ZONED = re.compile(r"(Z|[+-][0-9]{2}:[0-9]{2})$", re.ASCII)
_UID = re.compile(r"[0-9.]{1,64}", re.ASCII)

UID_SYSTEM = "urn:dicom:uid"
URI_SYSTEM = "urn:ietf:rfc:3986"
CODINGS = frozenset({"coding", "valueCoding", "sopClass", "class"})
"""Elements of type Coding."""

QUANTITIES = frozenset({"valueQuantity", "low", "high", "numerator", "denominator"})


# ---------------------------------------------------------------- texts


def is_absolute_uri(text: str) -> bool:
    """Tell whether it is an absolute URI, and an OID or UUID where it says so."""
    if not _URI.fullmatch(text):
        return False
    if text.startswith("urn:oid:"):
        # What follows # is a part of what the OID names (RFC 8141 2.3.3): here an item of a report.
        return VALID_UID.fullmatch(text[8:].partition("#")[0]) is not None
    return not text.startswith("urn:uuid:") or _is_uuid(text[9:])


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _uri(text: str) -> str | None:
    return None if is_absolute_uri(text) else "no absolute URI"


def _uid(text: str) -> str | None:
    return None if _UID.fullmatch(text) else "no UID"


def _clock(text: str) -> bool:
    found = _CLOCK.fullmatch(text)
    return found is not None and int(found[1]) < 24 and int(found[2]) < 60 and int(found[3]) < 60


def _day(text: str) -> bool:
    found = _DATE.fullmatch(text)
    if found is None:
        return False
    try:
        date(int(found[1]), int(found[2] or 1), int(found[3] or 1))
    except ValueError:
        return False
    return True


def _date(text: str) -> str | None:
    return None if _day(text) else "no date"


def _time(text: str) -> str | None:
    return None if _clock(text) else "no time: hours, minutes and seconds"


def _date_time(text: str) -> str | None:
    day, mark, rest = text.partition("T")
    if not _day(day):
        return "no date"
    if not mark:
        return None
    zone = _ZONED.search(rest)
    if zone is None or not _ZONE.fullmatch(zone[0]):
        return "a time of day without a zone"
    return None if len(day) == 10 and _clock(rest[: zone.start()]) else "no dateTime"


def _instant(text: str) -> str | None:
    return _date_time(text) if "T" in text else "an instant has a time of day"


CHECKED_TEXTS: Mapping[str, Callable[[str], str | None]] = {
    **dict.fromkeys(("issued", "recorded", "timestamp", "lastUpdated"), _instant),
    **dict.fromkeys(
        (
            *("effectiveDateTime", "valueDateTime", "deceasedDateTime", "occurredDateTime", "authoredOn"),
            *("started", "date", "start", "end", "time"),
        ),
        _date_time,
    ),
    "birthDate": _date,
    "valueTime": _time,
    "system": _uri,
    "fullUrl": _uri,
    **dict.fromkeys(("studyUid", "seriesUid", "frameOfReferenceUid", "uid"), _uid),
}
"""Element ↔ what says what is wrong with its text; the names mean the same in all resources made here."""


# ---------------------------------------------------------------- objects


def value_problems(name: str, value: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the value of an element, if it is of a data type that is known here."""
    if name in CODINGS:
        yield from _of_coding(value)
    elif name == "identifier":
        yield from _of_identifier(value)
    elif name in QUANTITIES or _is_number(value.get("value")):
        yield from _of_quantity(value)
    elif name == "extension":
        yield from _of_extension(value)
    if "coding" in value and isinstance(value["coding"], list):
        told = [str(each) for each in value["coding"]]
        if len(set(told)) < len(told):
            yield "the same coding twice"


def _of_coding(value: Mapping[str, Any]) -> Iterator[str]:
    code = value.get("code")
    if code is None and "extension" in value:
        return  # it says why there is none
    if code is None:
        yield "a display without a code" if "display" in value else "a coding without a code"
    elif not isinstance(code, str) or not _CODE.fullmatch(code):
        yield "a code is text, with single blanks inside only"
    if code is not None and "system" not in value:
        yield "a code without a system"


def _of_identifier(value: Mapping[str, Any]) -> Iterator[str]:
    system, told = value.get("system"), value.get("value")
    if not isinstance(told, str):
        yield "an identifier without a value"
        return
    # A UID that breaks PS3.5 9.1 is a URI of another kind.
    if system == UID_SYSTEM and _UID.fullmatch(told):
        yield "a bare UID: urn:oid: is missing"
    elif system in {UID_SYSTEM, URI_SYSTEM} and not is_absolute_uri(told):
        yield "the value is no absolute URI"
    elif system is None and "type" not in value and is_absolute_uri(told) and told.startswith("urn:"):
        yield "a URN without its system"


def _of_quantity(value: Mapping[str, Any]) -> Iterator[str]:
    number = value.get("value")
    if not isinstance(number, int | float | Decimal) or isinstance(number, bool):
        yield "a quantity without a number"
    elif not isfinite(number):
        yield "not a number"
    if "code" in value and "system" not in value:
        yield "a unit code without a system (qty-3)"
    if "code" in value and "unit" not in value:
        yield "a unit code without a unit that people read"
    if "system" in value and "code" not in value:
        yield "a system of units without a code"


def _of_extension(value: Mapping[str, Any]) -> Iterator[str]:
    if not is_absolute_uri(str(value.get("url", ""))):
        yield "url is no absolute URI"
    has_value = any(key.startswith("value") for key in value)
    if has_value == ("extension" in value):
        yield "either a value or extensions (ext-1)"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)
