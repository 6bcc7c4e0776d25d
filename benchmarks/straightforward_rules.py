"""What the straightforward converter says of each attribute: values to rdflib terms, and one rule per keyword."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import date
from decimal import Decimal, InvalidOperation
from struct import Struct
from typing import TYPE_CHECKING

from pydicom import DataElement, Dataset
from pydicom.multival import MultiValue
from rdflib import RDF, XSD, Literal, Namespace, URIRef

from sr2graph.graph.iris import uid_iri
from sr2graph.graph.vocabulary import NAMESPACE

if TYPE_CHECKING:
    from benchmarks.straightforward import Converter

SR = Namespace(NAMESPACE)
GEO = Namespace("http://www.opengis.net/ont/geosparql#")

Term = tuple[Literal | URIRef | None, bool]
"""What a value becomes, and whether that says all of it."""
Kind = Callable[[str], Term]
Rule = Callable[["Converter", URIRef, DataElement], None]
"""States what one attribute says of a subject."""
Rules = dict[str, Rule]
"""By keyword of the data dictionary."""

# ---------------------------------------------------------------- values to terms

SINGLE = Struct("<f")
DATETIME = re.compile(r"(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\.\d{1,6})?([+-]\d{4})?")


def typed(lexical: str, datatype: URIRef) -> Literal:
    """Return a literal with exactly these digits."""
    return Literal(lexical, datatype=datatype, normalize=False)


def text(value: str) -> Term:
    """Return a string."""
    return Literal(value), True


def uid(value: str) -> Term:
    """Return the IRI of a UID."""
    return URIRef(uid_iri(value)), True


def integer(value: str) -> Term:
    """Return an xsd:integer."""
    return (typed(value, XSD.integer), True) if value.lstrip("+-").isdigit() else (None, False)


def decimal(value: str) -> Term:
    """Return an xsd:decimal; one in scientific notation does not say how it was written."""
    with suppress(InvalidOperation):
        number = Decimal(value)
        if number.is_finite():
            plain = "e" not in value.lower()
            return typed(value if plain else format(number, "f"), XSD.decimal), plain
    return None, False


def double(value: str) -> Term:
    """Return an xsd:double."""
    return typed(value, XSD.double), True


def day(value: str) -> Term:
    """Return an xsd:date."""
    with suppress(ValueError):
        return typed(date.fromisoformat(value.replace(".", "")).isoformat(), XSD.date), len(value) == 8
    return None, False


def time(value: str) -> Term:
    """Return an xsd:time; without seconds it does not say how precise the file was."""
    if not value.replace(".", "").isdigit():
        return None, False
    lexical = f"{value[:2]}:{value[2:4] or '00'}:{value[4:6] or '00'}{value[6:]}"
    return typed(lexical, XSD.time), len(value) >= 6


def date_time(value: str) -> Term:
    """Return an xsd:gYear, gYearMonth, date or dateTime, by precision."""
    match = DATETIME.fullmatch(value)
    if match is None:
        return None, False
    year, month, day_, hour, minute, second, fraction, offset = match.groups("")
    zone = f"{offset[:3]}:{offset[3:]}" if offset else ""
    if not month:
        return typed(year + zone, XSD.gYear), True
    if not day_:
        return typed(f"{year}-{month}{zone}", XSD.gYearMonth), True
    if not hour:
        return typed(f"{year}-{month}-{day_}{zone}", XSD.date), True
    clock = f"{hour}:{minute or '00'}:{second or '00'}{fraction}"
    return typed(f"{year}-{month}-{day_}T{clock}{zone}", XSD.dateTime), bool(second)


def several(value: object) -> list[object]:
    """Return the values of an attribute, one or many."""
    return list(value) if isinstance(value, MultiValue | list) else [value]


def listed(values: Iterable[object]) -> Literal:
    """Return all values in order, as one string."""
    parts = list(values)
    return Literal((" " if type(parts[0]) in (int, float) else "\\").join(map(str, parts)))


def coordinates(value: object) -> list[str]:
    """Return 32-bit numbers in the notation they came from."""
    return [short if same_single(short := f"{number:.7g}", number) else f"{number:.9g}" for number in several(value)]


def same_single(text: str, number: object) -> bool:
    """Tell whether a text gives back the same 32-bit number."""
    return SINGLE.unpack(SINGLE.pack(float(text))) == (number,)


def well_known_text(item: Dataset) -> Literal | None:
    """Return the coordinates of an item as a GeoSPARQL literal, None for shapes that have no WKT."""
    kind, numbers = item.get("GraphicType", ""), coordinates(item.GraphicData)
    size = 3 if item.ValueType == "SCOORD3D" else 2
    space = uid_iri(item.get("ReferencedFrameOfReferenceUID", "")) if size == 3 else SR.pixelSpace
    points = [" ".join(numbers[i : i + size]) for i in range(0, len(numbers), size)]
    joined = ", ".join(points)
    if kind == "POINT":
        shape = f"POINT ({joined})"
    elif kind == "MULTIPOINT":
        shape = f"MULTIPOINT ({', '.join(f'({point})' for point in points)})"
    elif kind not in ("POLYLINE", "POLYGON"):
        return None
    else:
        shape = f"POLYGON (({joined}))" if points[0] == points[-1] else f"LINESTRING ({joined})"
    if size == 3:
        shape = shape.replace("(", "Z (", 1)
    return typed(f"<{space}> {shape}", GEO.wktLiteral)


# ---------------------------------------------------------------- rules


def one(name: str, kind: Kind = text, *, namespace: Namespace = SR) -> Rule:
    """Return the rule of an attribute with one value."""
    predicate, as_written = namespace[name], SR[f"{name}AsWritten"]

    def rule(converter: Converter, subject: URIRef, element: DataElement) -> None:
        value = "\\".join(map(str, several(element.value)))
        term, exact = kind(value)
        if term is not None:
            converter.say(subject, predicate, term)
        if not exact:
            converter.say(subject, as_written, Literal(value))

    return rule


def many(name: str, kind: Kind = text) -> Rule:
    """Return the rule of an attribute with any number of values."""
    predicate, as_list = SR[name], SR[f"{name}List"]

    def rule(converter: Converter, subject: URIRef, element: DataElement) -> None:
        values = several(element.value)
        exact = len(values) == 1
        for value in values:
            term, all_said = kind(str(value))
            exact = exact and all_said
            if term is not None:
                converter.say(subject, predicate, term)
        if not exact:
            converter.say(subject, as_list, listed(values))

    return rule


def code(name: str) -> Rule:
    """Return the rule of a sequence of one code."""
    predicate, as_written = SR[name], SR[f"{name}AsWritten"]

    def rule(converter: Converter, subject: URIRef, element: DataElement) -> None:
        iri, written = converter.code(element.value[0])
        if iri is not None:
            converter.say(subject, predicate, iri)
        if written is not None:
            converter.say(subject, as_written, written)

    return rule


def codes(name: str) -> Rule:
    """Return the rule of a sequence of any number of codes, each kept as written."""
    predicate, as_written = SR[name], SR[f"{name}AsWritten"]

    def rule(converter: Converter, subject: URIRef, element: DataElement) -> None:
        for i, concept in enumerate(element.value, 1):
            node = below(converter, subject, name, i)
            iri, _ = converter.canonical(concept)
            if iri is not None:
                converter.say(subject, predicate, iri)
            converter.say(subject, as_written, node)
            converter.say(node, SR.position, typed(str(i), XSD.integer))
            converter.describe_written(node, iri, concept)

    return rule


def nodes(name: str, cls: URIRef, rules: Rules) -> Rule:
    """Return the rule of a sequence whose items become nodes of their own."""
    predicate = SR[name]

    def rule(converter: Converter, subject: URIRef, element: DataElement) -> None:
        for i, entity in enumerate(element.value, 1):
            node = below(converter, subject, name, i)
            converter.say(subject, predicate, node)
            converter.say(node, RDF.type, cls)
            converter.say(node, SR.position, typed(str(i), XSD.integer))
            converter.apply(rules, node, entity)

    return rule


def below(converter: Converter, subject: URIRef, name: str, ordinal: int) -> URIRef:
    """Return the IRI of a node that belongs to a subject."""
    stem = subject.partition("#")[2]
    return converter.part(f"{stem}.{name}.{ordinal}" if stem else f"{name}.{ordinal}")


def inlined(rules: Rules) -> Rule:
    """Return the rule of a sequence whose one item speaks of the subject itself."""

    def rule(converter: Converter, subject: URIRef, element: DataElement) -> None:
        converter.apply(rules, subject, element.value[0])

    return rule


def graphic_data(converter: Converter, subject: URIRef, element: DataElement) -> None:
    """State coordinates verbatim."""
    converter.say(subject, SR.graphicData, Literal(" ".join(coordinates(element.value))))
