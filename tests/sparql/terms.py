"""RDF terms of any engine in one shape, and when two of them say the same."""

import math
import re
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

import pyoxigraph
import rdflib

XSD = "http://www.w3.org/2001/XMLSchema#"
STRING = XSD + "string"
LANG_STRING = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"

INTEGERS = frozenset(
    XSD + name
    for name in (
        "integer byte short int long unsignedByte unsignedShort unsignedInt unsignedLong "
        "nonNegativeInteger nonPositiveInteger positiveInteger negativeInteger"
    ).split()
)
FLOATING = {XSD + "float": 1e-6, XSD + "double": 1e-12}
"""Binary numbers, and how far apart two results of the same sum may be, relative to their size."""
DECIMAL_TOLERANCE = Decimal("1e-12")
"""The same for decimals: engines differ in how many digits a division keeps."""
NUMERIC = INTEGERS | FLOATING.keys() | {XSD + "decimal"}
MOMENTS = frozenset(XSD + name for name in "dateTime date time gYear gYearMonth gMonthDay gDay gMonth".split())


class Term(NamedTuple):
    """An RDF term; `datatype` and `language` are empty where there is none."""

    kind: str
    """iri, blank or literal."""
    text: str
    datatype: str = ""
    language: str = ""

    def __str__(self) -> str:
        """Return the term in N-Triples notation."""
        if self.kind == "iri":
            return f"<{self.text}>"
        if self.kind == "blank":
            return f"_:{self.text}"
        quoted = '"' + self.text.translate(_ESCAPES) + '"'
        if self.language:
            return f"{quoted}@{self.language}"
        return quoted if self.datatype == STRING else f"{quoted}^^<{self.datatype}>"


_ESCAPES = {ord("\\"): "\\\\", ord('"'): '\\"', ord("\n"): "\\n", ord("\r"): "\\r"}

Row = tuple[Term | None, ...]
Triple = tuple[Term, Term, Term]


def iri(text: str) -> Term:
    """Return an IRI."""
    return Term("iri", text)


def literal(text: str, datatype: str = STRING, language: str = "") -> Term:
    """Return a literal."""
    return Term("literal", text, LANG_STRING if language else datatype, language)


def of_oxigraph(term: object) -> Term | None:
    """Return a term of pyoxigraph."""
    if term is None:
        return None
    if isinstance(term, pyoxigraph.NamedNode):
        return iri(term.value)
    if isinstance(term, pyoxigraph.BlankNode):
        return Term("blank", term.value)
    assert isinstance(term, pyoxigraph.Literal), type(term)
    return literal(term.value, term.datatype.value, term.language or "")


def of_rdflib(term: object) -> Term | None:
    """Return a term of rdflib."""
    if term is None:
        return None
    if isinstance(term, rdflib.URIRef):
        return iri(str(term))
    if isinstance(term, rdflib.BNode):
        return Term("blank", str(term))
    assert isinstance(term, rdflib.Literal), type(term)
    return literal(str(term), str(term.datatype or STRING), term.language or "")


# ---------------------------------------------------------------- when terms say the same

_FRACTION = re.compile(r"(\.\d*?)0+(?=$|[Z+-])")
_ZERO_OFFSET = re.compile(r"[+-]00:00$")


def number(term: Term) -> Decimal | float | None:
    """Return the number that a literal writes, None when it writes none."""
    try:
        if term.datatype in FLOATING:
            return float(term.text.replace("INF", "inf"))
        if term.datatype in NUMERIC:
            return Decimal(term.text)
    except (ValueError, InvalidOperation):
        pass
    return None


def value(term: Term | None) -> Term | None:
    """Return a term in one spelling per value: 1.10 and 1.1 become the same, 1 and 1.0 do not.

    It is how pyoxigraph sees terms; blank nodes are all alike.
    """
    if term is None or term.kind == "iri":
        return term
    if term.kind == "blank":
        return Term("blank", "")
    if term.datatype in NUMERIC:
        return _number_value(term)
    if term.datatype in MOMENTS:
        text = _FRACTION.sub(lambda match: match[1].rstrip("."), _ZERO_OFFSET.sub("Z", term.text))
        return term._replace(text=text)
    if term.datatype == XSD + "boolean":
        return term._replace(text={"1": "true", "0": "false"}.get(term.text, term.text))
    return term._replace(language=term.language.lower())


def _number_value(term: Term) -> Term:
    found = number(term)
    if found is None:
        return term
    datatype = XSD + "integer" if term.datatype in INTEGERS else term.datatype
    if isinstance(found, float):
        return term._replace(text=repr(found), datatype=datatype)
    return term._replace(text=f"{found.normalize() + 0:f}", datatype=datatype)


def close(one: Term | None, other: Term | None) -> bool:
    """Tell whether two values (see `value`) are equal, computed numbers to the precision engines keep."""
    if one == other:
        return True
    if one is None or other is None or one.datatype != other.datatype:
        return False
    first, second = number(one), number(other)
    if isinstance(first, float) and isinstance(second, float):
        tolerance = FLOATING[one.datatype]
        return math.isclose(first, second, rel_tol=tolerance, abs_tol=tolerance)
    if isinstance(first, Decimal) and isinstance(second, Decimal):
        return abs(first - second) <= DECIMAL_TOLERANCE * max(Decimal(1), abs(first))
    return False
