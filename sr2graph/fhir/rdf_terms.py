"""Literals and IRIs of FHIR RDF, as Turtle and N-Triples write them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache

from sr2graph.fhir.tables import keyed
from sr2graph.fhir.texts import URI_SYSTEM
from sr2graph.graph.rendering import escaped
from sr2graph.terms.codes import CODE_NAMESPACE, CodeScope, code_iri, quote_code
from sr2graph.terms.schemes import CodingSchemeEntry, coding_schemes

PRIVATE = "urn:oid:"
"""What the system of a code begins with whose scheme has a UID only."""

_LEGAL = r"(?:[A-Za-z0-9._~:/?@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})"
_IRI = re.compile(
    rf"(?:https?://[A-Za-z0-9._~-]+(?::[0-9]{{1,5}})?(?:[/?]{_LEGAL}*)?|urn:[A-Za-z0-9][A-Za-z0-9-]{{1,31}}:{_LEGAL}+)"
    rf"(?:\#{_LEGAL}*)?",
    re.ASCII,
)
"""Fewer than RFC 3987 has, so that no parser refuses one: of the web, or a URN (RFC 8141)."""

_YEAR, _MONTH, _DAY = r"[0-9]{4}", r"(?:0[1-9]|1[0-2])", r"(?:0[1-9]|[12][0-9]|3[01])"
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?"
_ZONE = r"(?:Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)"

_LEXICAL = {
    name: re.compile(pattern, re.ASCII)
    for name, pattern in {
        "anyURI": r"[^\x00-\x20<>\"{}|\\^`]+(?:\|[^\x00-\x20<>\"{}|\\^`]+)?",
        "base64Binary": r"[A-Za-z0-9+/=\s]*",
        "boolean": r"true|false",
        "date": f"{_YEAR}-{_MONTH}-{_DAY}",
        "dateTime": f"{_YEAR}-{_MONTH}-{_DAY}T{_CLOCK}{_ZONE}?",
        "decimal": r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)",
        "double": r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)[eE][+-]?[0-9]+",
        "gYear": _YEAR,
        "gYearMonth": f"{_YEAR}-{_MONTH}",
        "integer": r"[+-]?[0-9]+",
        "long": r"[+-]?[0-9]{1,18}",
        "nonNegativeInteger": r"\+?[0-9]+",
        "positiveInteger": r"\+?0*[1-9][0-9]*",
        "time": _CLOCK,
    }.items()
}
"""The texts of each datatype (XML Schema 1.1 Part 2), as far as FHIR has them."""


def literal(release: str, type_: str, value: object) -> tuple[str, str]:
    """Return a value of a primitive type as it stands inside the quotes of a literal, and the name of its datatype.

    A text that its type does not allow has no datatype: an ill-typed literal would be one that no store compares.

    >>> literal("R5", "date", "1965-01"), literal("R4", "uri", "urn:oid:1.2"), literal("R5", "boolean", True)
    (('1965-01', 'gYearMonth'), ('urn:oid:1.2', ''), ('true', 'boolean'))
    """
    text = _text(value)
    for name, pattern in _datatypes(release, type_):
        if pattern.fullmatch(text):
            return escaped(text), name
    return escaped(text), ""


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    # Exact: the digits of the file.
    return str(getattr(value, "text", value))


@cache
def _datatypes(release: str, type_: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    names = keyed("datatypes", "type")[type_][release.lower()].split("|")
    return tuple((name, _LEXICAL[name]) for name in names if name)


def encodable(text: str) -> str:
    """Return a text that UTF-8 can hold; half a surrogate pair, which it cannot, as the sign for that."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode(errors="replace").decode()
    return text


def is_iri(text: str) -> bool:
    """Tell whether a text is an absolute IRI that can be written between angle brackets."""
    return _IRI.fullmatch(text) is not None


def canonical_iri(text: str) -> str | None:
    """Return the IRI of a canonical; its version is a parameter, as no IRI has a bar (FHIR R5 rdf.html)."""
    url, bar, version = text.partition("|")
    iri = f"{url}{'&' if '?' in url else '?'}version={version}" if bar else url
    return iri if is_iri(iri) else None


@lru_cache(4096)
def concept_iri(system: str, code: str) -> str | None:
    """Return the IRI of what a Coding means, which is that of the code in graphs of reports; None for systems of FHIR.

    >>> concept_iri("http://snomed.info/sct", "69536005"), concept_iri("urn:oid:2.25.7", "A 1")
    ('http://snomed.info/id/69536005', 'https://w3id.org/sr2graph/code/uid/2.25.7/A%201')
    """
    if system == URI_SYSTEM:
        return code if is_iri(code) else None
    entry = _schemes().get(system)
    if entry is not None:
        found = code_iri(code, entry.designator)
        return None if found.mapped else found.iri
    if system.startswith(CODE_NAMESPACE) and is_iri(system):
        return f"{system}/{quote_code(code)}"
    uid = system.removeprefix(PRIVATE)
    if uid == system or not is_iri(system):
        return None
    return code_iri(code, "UID", scope=CodeScope({"UID": uid})).iri


@cache
def _schemes() -> Mapping[str, CodingSchemeEntry]:
    """Return the coding schemes by their system, without those that share it and name their codes in other ways."""
    found: dict[str, CodingSchemeEntry | None] = {}
    for entry in coding_schemes():
        system = entry.fhir_system or entry.iri_prefix.rstrip("/#")
        same = found.get(system, entry)
        found[system] = same if same is not None and same.iri_prefix == entry.iri_prefix else None
    return {system: entry for system, entry in found.items() if entry is not None}
