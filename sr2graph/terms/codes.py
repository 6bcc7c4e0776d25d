"""From a coded concept to its IRI (PS3.3 8, PS3.16 8).

The IRI is canonical: two reports that mean the same code get the same IRI, however the designator was spelled.

1. A URN Code Value (0008,0120) is an identifier already: it is the IRI, with what an IRI may not hold
   percent-encoded and non-ASCII too (RFC 3987 3.1).  When it is no absolute IRI: `code/urn/<value>`.
2. A designator of mappings/schemes.csv, in any case, gives `iri_prefix` + code.  It wins over a Coding Scheme UID of
   the report: PS3.16 reserves these designators.  A `strip` prefix (`UBERON:`) in front of the code is taken off.
3. SNOMED-RT style codes (SRT, SNM3, 99SDM, and letter-hyphen codes written under SCT) become SNOMED CT through the
   SSSOM set of the scheme; without a mapping they stay under the project's own prefix, never under snomed.info.
   A number of 6 to 18 digits written under SRT is a SNOMED CT code already: the two designators share one OID.
4. Any other designator means what this report says it means, first rule that applies:
   `code/uid/<Coding Scheme UID>/<code>` (or rule 2, when the UID is that of a scheme in the table),
   `code/by/<MANUFACTURER>/<DESIGNATOR>/<code>` for designators that are private by name (L, 99…),
   `code/<DESIGNATOR>/<code>`.  Designator and manufacturer in upper case, as they are compared; a code without a
   designator is `code/-/<code>`.

`code/` is https://w3id.org/sr2graph/code/.  Inside a code everything but RFC 3986 unreserved characters is
percent-encoded as UTF-8, so that any text gives a valid IRI and no two texts give the same one; lone surrogates,
which undecodable bytes leave behind, are encoded like other code points.  Spaces and NULs around a value are
padding (PS3.5 6.2) and a value of nothing else is no code.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from sr2graph.terms.schemes import (
    PADDING,
    CodingSchemeEntry,
    coding_scheme,
    coding_scheme_by_uid,
    normal_designator,
)
from sr2graph.terms.sssom import mapping_set

CODE_NAMESPACE = "https://w3id.org/sr2graph/code/"

UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
"""RFC 3986 2.3."""

IN_URI = UNRESERVED | frozenset(b":/?#@!$&'()*+,;=%")
"""RFC 3986 2.2, without the brackets: they may only enclose an IPv6 address."""

QUOTED = tuple(chr(byte) if byte in UNRESERVED else f"%{byte:02X}" for byte in range(256))
CLEANED = tuple(chr(byte) if byte in IN_URI else f"%{byte:02X}" for byte in range(256))

# Patterns as text: URN Code Values are rare, and re keeps what it compiled.
ABSOLUTE = (
    r"[A-Za-z][A-Za-z0-9+.-]*:"  # RFC 3986 3.1
    r"(?:(?!//)[^?#]|//(?:[^@/?#]*@)?[^@:/?#]+(?::[0-9]*)?(?![^/?#]))"  # a path, or a host and maybe a port
)
BARE_PERCENT = r"%(?![0-9A-Fa-f]{2})"


@dataclass(frozen=True, slots=True)
class CodeIRI:
    """The IRI of a coded concept."""

    iri: str | None
    """None when the concept has no code."""

    mapped: bool
    """The IRI names another code than the one written: T-A0100 became 12738006."""


@dataclass(frozen=True, slots=True)
class CodeScope:
    """What a private coding scheme designator means in one report."""

    scheme_uids: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Designator → Coding Scheme UID (0008,010C), of the Coding Scheme Identification Sequence (0008,0110)."""

    manufacturer: str | None = None


NO_SCOPE = CodeScope()
NO_CODE = CodeIRI(None, mapped=False)


def code_iri(value: str | None, scheme: str | None, *, urn: str | None = None, scope: CodeScope = NO_SCOPE) -> CodeIRI:
    """The canonical IRI of a code: Code Value or Long Code Value, Coding Scheme Designator, URN Code Value.

    >>> code_iri("T-D1100", "SRT")
    CodeIRI(iri='http://snomed.info/id/69536005', mapped=True)
    >>> code_iri("{pulse}/s", "UCUM").iri
    'https://units-of-measurement.org/%7Bpulse%7D%2Fs'
    """
    reference = (urn or "").strip(PADDING)
    if reference:
        return CodeIRI(_urn_iri(reference), mapped=False)
    code = (value or "").strip(PADDING)
    if not code:
        return NO_CODE
    entry = coding_scheme(scheme)
    if entry is not None:
        return _known(code, entry)
    return _scoped(code, normal_designator(scheme), scope)


def quote_code(text: str) -> str:
    """Any text as one segment of an IRI; different texts give different segments."""
    if text in {".", ".."}:
        return text.replace(".", "%2E")  # RFC 3986 5.2.4: as they are, a resolver would remove them
    return "".join([QUOTED[byte] for byte in text.encode("utf-8", "surrogatepass")])


def _known(code: str, entry: CodingSchemeEntry) -> CodeIRI:
    if entry.designator == "SCT" and _is_snomed_rt(code):
        entry = _entry("SRT")
    elif entry.designator == "SRT" and _is_snomed_ct(code):
        entry = _entry("SCT")
    if entry.mapped_by is not None:
        exact = mapping_set(entry.mapped_by).exact
        target = exact.get(code) or exact.get(code.upper())
        if target is not None:
            return CodeIRI(target, mapped=True)
    return CodeIRI(entry.iri_prefix + quote_code(_bare(code, entry.strip)), mapped=False)


def _is_snomed_rt(code: str) -> bool:
    """T-A0100, P5-09051: axis, hyphen, number; no SNOMED CT identifier looks like that."""
    axis, hyphen, _ = code[:3].partition("-")
    return bool(hyphen) and axis[:1].isalpha() and axis.isalnum()


def _is_snomed_ct(code: str) -> bool:
    """SNOMED CT identifiers have 6 to 18 digits."""
    return code.isascii() and code.isdigit() and 6 <= len(code) <= 18


def _entry(designator: str) -> CodingSchemeEntry:
    entry = coding_scheme(designator)
    if entry is None:
        raise LookupError(f"mappings/schemes.csv has no row for {designator}")
    return entry


def _bare(code: str, prefixes: tuple[str, ...]) -> str:
    for prefix in prefixes:
        if len(code) > len(prefix) and code[: len(prefix)].upper() == prefix.upper():
            return code[len(prefix) :]
    return code


def _scoped(code: str, designator: str, scope: CodeScope) -> CodeIRI:
    uid = _scheme_uid(designator, scope)
    entry = coding_scheme_by_uid(uid)
    if entry is not None:
        return _known(code, entry)
    return CodeIRI(f"{CODE_NAMESPACE}{_scheme_path(designator, uid, scope)}/{quote_code(code)}", mapped=False)


def _scheme_uid(designator: str, scope: CodeScope) -> str:
    """The UID given to a designator; the keys compare like designators do."""
    if not designator:
        return ""
    uids = (uid for name, uid in scope.scheme_uids.items() if normal_designator(name) == designator)
    return next(uids, "").strip(PADDING)


def _scheme_path(designator: str, uid: str, scope: CodeScope) -> str:
    """What stands between code/ and the code; uid and by are lower case, a designator never is."""
    if uid:
        return f"uid/{quote_code(uid)}"
    manufacturer = " ".join((scope.manufacturer or "").replace("\0", " ").split()).upper()
    if manufacturer and (designator == "L" or designator.startswith("99")):
        return f"by/{quote_code(manufacturer)}/{quote_code(designator)}"
    if designator == "-":
        return "%2D"  # the bare hyphen stands for no designator
    return quote_code(designator) if designator else "-"


def _urn_iri(text: str) -> str:
    encoded = "".join([CLEANED[byte] for byte in text.encode("utf-8", "surrogatepass")])
    before, hash_sign, fragment = re.sub(BARE_PERCENT, "%25", encoded).partition("#")
    if re.match(ABSOLUTE, before):
        return before + hash_sign + fragment.replace("#", "%23")
    return f"{CODE_NAMESPACE}urn/{quote_code(text)}"
