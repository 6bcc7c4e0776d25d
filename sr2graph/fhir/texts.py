"""Texts, dates and identifiers in the notation of FHIR data types."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha1
from typing import TYPE_CHECKING
from urllib.parse import quote

from sr2graph.fhir.json_text import Json
from sr2graph.graph.iris import uid_iri

if TYPE_CHECKING:
    from hashlib import _Hash as Hash

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://w3id.org/sr2graph/fhir/")
"""All ids are derived from it: the same report gives the same ids, everywhere."""

UID_SYSTEM = "urn:dicom:uid"
URI_SYSTEM = "urn:ietf:rfc:3986"
DCM = "http://dicom.nema.org/resources/ontology/DCM"

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
"""What neither a FHIR string nor XML may hold."""

_DATE_TIME = re.compile(
    r"(\d{4})(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(\.\d{1,6})?)?)?)?)?)?([+-]\d{4})?", re.ASCII
)
"""PS3.5 6.2, VR DT; a DA is one that ends after the day."""

_TIME = re.compile(r"(\d\d)(\d\d)(?:(\d\d)(\.\d{1,6})?)?", re.ASCII)
_ZONE = re.compile(r"([+-])(\d\d):?(\d\d)", re.ASCII)
_UID = re.compile(r"[0-9](?:[0-9.]{0,62}[0-9])?", re.ASCII)
"""A UID as data type id takes it; those that are no OID, as of devices that made them up, are told all the same."""


def clean(text: str | None) -> str | None:
    """Return a text as a FHIR string; None where nothing is left."""
    return (_FORBIDDEN.sub("\ufffd", text).strip() or None) if text else None


def token(text: str | None) -> str | None:
    """Return a text as a FHIR code: single spaces inside, none around."""
    return " ".join(_FORBIDDEN.sub("\ufffd", text).split()) or None if text else None


def identify(*parts: str) -> str:
    """Return the id of what such parts identify: a UUID of version 5 (RFC 9562, 5.5)."""
    named = _begun(*parts[:-1]).copy()
    for last in parts[-1:]:
        named.update(_line(last))
    told = named.hexdigest()
    return f"{told[:8]}-{told[8:12]}-5{told[13:16]}-{_VARIANT[told[16]]}{told[17:20]}-{told[20:32]}"


@lru_cache(256)
def _begun(*context: str) -> Hash:
    """Return the hash of all parts but the last: the items of one report differ in that one."""
    return sha1(NAMESPACE.bytes + b"".join(map(_line, context)), usedforsecurity=False)


@lru_cache(4096)
def _line(part: str) -> bytes:
    plain = part if _NEEDS_NO_QUOTES(part) else quote(part, safe="", errors="surrogatepass")
    return f"{plain}\n".encode()


_NEEDS_NO_QUOTES = re.compile(r"[A-Za-z0-9_.~-]*", re.ASCII).fullmatch
_VARIANT = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}


def uid_identifier(uid: str, code: str | None = None, display: str | None = None) -> Json:
    """Return a UID as an Identifier (FHIR, Identifier Registry: urn:dicom:uid)."""
    typed: Json = {"type": coding_of(DCM, code, display)} if code else {}
    return {**typed, "system": UID_SYSTEM, "value": uid_iri(uid)}


def coding_of(system: str, code: str, display: str | None = None) -> Json:
    """Return a CodeableConcept of one coding."""
    return {"coding": [{"system": system, "code": code, **({"display": display} if display else {})}]}


def is_uid(uid: str | None) -> bool:
    """Tell whether it is a UID as data type id takes it."""
    return uid is not None and _UID.fullmatch(uid) is not None


def zone_of(text: str | None) -> str | None:
    """Return an offset from UTC, `+0100` or `+01:00`, as FHIR writes it."""
    found = _ZONE.fullmatch(text.strip()) if text else None
    if found is None:
        return None
    sign, hours, minutes = found.groups()
    if int(hours) * 60 + int(minutes) > 14 * 60 or int(minutes) > 59:
        return None
    return f"{'+' if hours + minutes == '0000' else sign}{hours}:{minutes}"


@lru_cache(1024)
def date_time(text: str | None, zone: str | None) -> str | None:
    """Return a DA or DT as a dateTime, as precise as it is; a time of day needs minutes and a zone.

    >>> date_time("202403", None), date_time("20240301101512.5", "+01:00"), date_time("2024030110", "Z")
    ('2024-03', '2024-03-01T10:15:12.5+01:00', '2024-03-01')
    """
    found = _DATE_TIME.fullmatch(text.strip(" \0")) if text else None
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    if not _is_date(year, month, day):
        return None
    date = "-".join(filter(None, (year, month, day)))
    zone = zone_of(offset) or zone
    if day is None or minute is None or zone is None or not _is_time(hour, minute, second or "00"):
        return date
    return f"{date}T{hour}:{minute}:{second or '00'}{fraction or ''}{zone}"


def is_whole(text: str, written: str) -> bool:
    """Tell whether a dateTime says all that the DA or DT said."""
    return "T" in written or len(text.strip(" \0").partition(".")[0].partition("+")[0].partition("-")[0]) <= 8


def instant(text: str | None, zone: str | None) -> str | None:
    """Return a DT as an instant; None where seconds or zone are not known."""
    written = date_time(text, zone)
    return written if text and written and "T" in written and len(text.partition(".")[0]) >= 14 else None


def in_order(start: str, end: str) -> bool | None:
    """Tell whether a dateTime is not after another; None where precision or zone differ, as texts do not tell then."""
    zones = (text[-6:] if "T" in text else "" for text in (start, end))
    return start <= end if len(start) == len(end) and len(set(zones)) == 1 else None


def together(date: str | None, time: str | None) -> str | None:
    """Return a DA and a TM as one DT."""
    return f"{date.strip()}{(time or '').strip().replace(':', '')}" if date else None


def time_of(text: str | None) -> str | None:
    """Return a TM as a time; None where it has no minutes.

    >>> time_of("101512.50"), time_of("1015"), time_of("10")
    ('10:15:12.50', '10:15:00', None)
    """
    found = _TIME.fullmatch(text.strip(" \0")) if text else None
    if found is None:
        return None
    hour, minute, second, fraction = found.groups()
    return f"{hour}:{minute}:{second or '00'}{fraction or ''}" if _is_time(hour, minute, second or "00") else None


def _is_date(year: str, month: str | None, day: str | None) -> bool:
    try:
        datetime(int(year), int(month or 1), int(day or 1), tzinfo=UTC)
    except ValueError:
        return False
    return True


def _is_time(hour: str, minute: str, second: str) -> bool:
    return int(hour) < 24 and int(minute) < 60 and int(second) < 60
