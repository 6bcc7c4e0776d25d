"""Values of query parameters: from text to typed RDF terms."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from sr2graph.graph.vocabulary import PREFIXES

if TYPE_CHECKING:
    from rdflib.term import Node

EXAMPLES = {
    "decimal": "12.5",
    "integer": "12",
    "double": "1.5e3",
    "string": "any text",
    "date": "2024-05-31",
    "dateTime": "2024-05-31T14:30:00+01:00",
    "iri": "dcm:113830 or http://snomed.info/id/10200004",
}
"""Type of a parameter ↔ a value of it."""

ABSOLUTE = re.compile(r"urn:[^:]+:.+|[A-Za-z][A-Za-z0-9+.-]*://.+")
NOT_IN_IRI = re.compile(r'[\x00-\x20<>"{}|\\^`]')
"""SPARQL 1.1, IRIREF."""


def term(datatype: str, text: str) -> Node:
    """Return the term that a text stands for.  Raises ValueError, which says what is wrong with it."""
    from rdflib import XSD, Literal, URIRef

    if datatype == "iri":
        return URIRef(_iri(text.strip()))
    return Literal(LEXICAL[datatype](text), datatype=XSD[datatype])


def _iri(text: str) -> str:
    """Return the IRI of `<iri>`, of an absolute IRI, or of a name with one of PREFIXES."""
    found = text[1:-1] if text.startswith("<") and text.endswith(">") else text
    prefix, colon, name = found.partition(":")
    if NOT_IN_IRI.search(found):
        raise ValueError("it holds a character that an IRI cannot")
    if ABSOLUTE.fullmatch(found):
        return found
    if not colon or prefix not in PREFIXES:
        raise ValueError(f"it is neither an absolute IRI nor begins with one of {', '.join(PREFIXES)}")
    return PREFIXES[prefix] + name


def _decimal(text: str) -> str:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError("it is not a number") from None
    if not number.is_finite():
        raise ValueError("it is not a finite number")
    return f"{number:f}"


LEXICAL: dict[str, Callable[[str], str]] = {
    "decimal": _decimal,
    "integer": lambda text: str(int(text)),
    "double": lambda text: repr(float(text)),
    "string": str,
    "date": lambda text: date.fromisoformat(text).isoformat(),
    "dateTime": lambda text: datetime.fromisoformat(text).isoformat(),
}
"""Type of a parameter ↔ how a text becomes a lexical form of it; raises ValueError."""
