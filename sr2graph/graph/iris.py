"""IRIs of reports, parts of reports, UIDs and patients, and back.

A UID that is a valid OID becomes `urn:oid:`; any other is kept, percent-encoded, under the
project's namespace.  Parts of a report are fragments of its IRI: `#1.4.2` is the content
item at that position.
"""

from __future__ import annotations

from urllib.parse import quote, unquote

from sr2graph.dicom.vr import VALID_UID
from sr2graph.graph.vocabulary import NAMESPACE

_URN = "urn:oid:"
_OTHER_UID = NAMESPACE + "uid/"
_PATIENT = NAMESPACE + "patient/"
_SAFE = "-._~"


def uid_iri(uid: str) -> str:
    """Return the IRI of a UID.

    >>> uid_iri("1.2.840.10008.1.1"), uid_iri("1.2.03")
    ('urn:oid:1.2.840.10008.1.1', 'https://w3id.org/sr2graph/uid/1.2.03')
    """
    return _URN + uid if VALID_UID.fullmatch(uid) else _OTHER_UID + quote(uid, safe=_SAFE, errors="replace")


def begins_like_report(text: str) -> bool:
    """Tell whether the IRI of a report, or of a part of one, can begin with a text.

    >>> begins_like_report("urn:"), begins_like_report("urn:oid:1.2"), begins_like_report("http://snomed.info/")
    (True, True, False)
    """
    return any(text.startswith(start) or start.startswith(text) for start in (_URN, _OTHER_UID))


def iri_uid(iri: str) -> str | None:
    """Return the UID of an IRI made by `uid_iri`, None for any other."""
    if "#" in iri:
        return None
    if iri.startswith(_URN):
        return iri[len(_URN) :]
    return unquote(iri[len(_OTHER_UID) :]) if iri.startswith(_OTHER_UID) else None


def patient_iri(patient_id: str, issuer: str | None) -> str:
    """Return the IRI of a patient: the identifier is unique only for its issuer (PS3.3 C.7.1.1)."""
    parts = (quote(part, safe=_SAFE, errors="replace") for part in (issuer or "", patient_id))
    return _PATIENT + "/".join(parts)
