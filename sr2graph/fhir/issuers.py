"""Who issued an identifier: the Universal Entity ID of PS3.3 10.14 as the system of a FHIR Identifier."""

from __future__ import annotations

from collections.abc import Iterable

from sr2graph.dicom.attributes import Attribute
from sr2graph.dicom.vr import VALID_UID
from sr2graph.fhir.texts import token

ISSUER_OF_PATIENT_ID = 0x0010_0024
ISSUER_OF_ACCESSION_NUMBER = 0x0008_0051
LOCAL, UNIVERSAL, TYPE = 0x0040_0031, 0x0040_0032, 0x0040_0033

STATION_AE_TITLE = 0x0008_0055

PREFIXES = {"ISO": "urn:oid:", "UUID": "urn:uuid:", "URI": ""}
"""Universal Entity ID Type (0040,0033) ↔ what makes a URI of it; the other types have no URI of their own."""


def issuer_system(attributes: Iterable[Attribute], sequence: int) -> str | None:
    """Return the URI of the issuer in a sequence of the header, such as (0010,0024); None where it says none."""
    items = next((each.values for each in attributes if each.tag == sequence and each.vr == "SQ"), ())
    told = {each.tag: _text(each) for each in (items[0] if items else ())}
    universal, kind = told.get(UNIVERSAL), told.get(TYPE)
    prefix = PREFIXES.get((kind or "").upper())
    if universal is None or prefix is None or " " in universal:
        return None
    if prefix == "urn:oid:" and not VALID_UID.fullmatch(universal):
        return None
    return prefix + universal if prefix or ":" in universal else None


def station_ae_title(attributes: Iterable[Attribute]) -> str | None:
    """Return the Station AE Title (0008,0055), of the device that made the images."""
    found = (_text(each) for each in attributes if each.tag == STATION_AE_TITLE and each.vr == "AE")
    return next(found, None)


def _text(attribute: Attribute) -> str | None:
    first = attribute.values[0] if attribute.values else None
    return token(first) if isinstance(first, str) else None
