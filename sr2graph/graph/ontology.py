"""The vocabulary as an OWL 2 ontology in Turtle, for reasoners and editors.

Everything comes from the vocabulary table.  Nothing is imported from the net, and no term
of another vocabulary is a subject here: they are only pointed at.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sr2graph import __version__
from sr2graph.graph.kinds import IRI_KINDS, LITERALS
from sr2graph.graph.rendering import escaped
from sr2graph.graph.vocabulary import NAMESPACE, PREFIXES, NodeClass, Predicate, classes, predicates
from sr2graph.graph.wkt import PIXEL_SPACE, UNKNOWN_SPACE

Lines = list[tuple[str, str]]
"""(predicate, object) pairs of one subject, as Turtle."""

_STANDARD = "https://dicom.nema.org/medical/dicom/current/output/html/part03.html"
_QUDT = {"qudt": "http://qudt.org/schema/qudt/"}
_DATE_TIMES = ("xsd:gYear", "xsd:gYearMonth", "xsd:date", "xsd:dateTime")
"""What a DT value becomes, by its precision."""

_SPACES = (
    (PIXEL_SPACE, "pixel space", "The space of SCOORD geometries: columns and rows of the referenced image."),
    (UNKNOWN_SPACE, "unknown space", "The space of SCOORD3D geometries whose report names no frame of reference."),
)


def ontology() -> str:
    """Return `ontologies/sr2graph.ttl`."""
    blocks = [_header()]
    blocks += [_block(c.curie, _class_lines(c)) for c in classes()]
    blocks += [_block(p.curie, _property_lines(p)) for p in properties()]
    blocks += [_block(_term(iri), _space_lines(label, comment)) for iri, label, comment in _SPACES]
    return _prefixes(PREFIXES, blocks) + "\n" + "\n".join(blocks)


def qudt_alignments() -> str:
    """Return `ontologies/alignments-qudt.ttl`, to be loaded beside the ontology by those who use QUDT."""
    title = "sr2graph aligned to QUDT"
    iri = f"<{NAMESPACE}alignments-qudt>"
    comment = "An option: a NUM item as a QUDT quantity value. It reads the units as UCUM codes, not QUDT units."
    blocks = [
        _block(iri, [("a", "owl:Ontology"), ("rdfs:label", _text(title)), ("rdfs:comment", _text(comment))]),
        _block("sr:Num", [("rdfs:subClassOf", "qudt:QuantityValue")]),
        _block("sr:numericValue", [("rdfs:subPropertyOf", "qudt:numericValue")]),
        _block("sr:unit", [("rdfs:subPropertyOf", "qudt:hasUnit")]),
    ]
    return _prefixes(PREFIXES | _QUDT, blocks) + "\n" + "\n".join(blocks)


# ---------------------------------------------------------------- one property, maybe of several rows


@dataclass(frozen=True, slots=True)
class Property:
    """A predicate of this vocabulary: all rows of the table that speak of it."""

    curie: str
    rows: tuple[Predicate, ...]

    @property
    def is_object_property(self) -> bool:
        """Tell whether its objects are IRIs."""
        return self.rows[0].kind in IRI_KINDS

    @property
    def domains(self) -> tuple[str, ...]:
        """Classes of its subjects."""
        return _unique(name for row in self.rows for name in row.domain.split())

    @property
    def ranges(self) -> tuple[str, ...]:
        """Classes or datatypes of its objects; empty when anything is."""
        return _unique(name for row in self.rows for name in _ranges(row))

    @property
    def labels(self) -> tuple[str, ...]:
        """Names for people; one, unless rows differ."""
        return _unique(row.label for row in self.rows)

    @property
    def meanings(self) -> tuple[str, ...]:
        """What it says; one sentence, unless rows differ."""
        return _unique(row.meaning for row in self.rows)

    @property
    def sources(self) -> tuple[str, ...]:
        """Sections of the standard."""
        return _unique(row.source for row in self.rows)

    @property
    def aligned_to(self) -> tuple[str, ...]:
        """Wider properties."""
        return _unique(name for row in self.rows for name in row.aligned_to)


def properties() -> list[Property]:
    """Return the predicates of this vocabulary, in the order of the table."""
    rows: dict[str, list[Predicate]] = {}
    for predicate in predicates():
        if predicate.curie.startswith("sr:"):
            rows.setdefault(predicate.curie, []).append(predicate)
    return [Property(curie, tuple(found)) for curie, found in rows.items()]


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _ranges(row: Predicate) -> tuple[str, ...]:
    if row.range:
        return (row.range,)
    if row.kind in IRI_KINDS:
        return ()
    if row.kind == "datetime":
        return _DATE_TIMES
    return (_term(LITERALS[row.kind].datatype("") or PREFIXES["xsd"] + "string"),)


# ---------------------------------------------------------------- Turtle


def _header() -> str:
    return _block(
        f"<{NAMESPACE}>",
        [
            ("a", "owl:Ontology"),
            ("rdfs:label", '"sr2graph"'),
            ("dcterms:title", '"The sr2graph vocabulary: DICOM Structured Reports as RDF"'),
            ("dcterms:description", _text("A report is a named graph; a content item is a fragment of its IRI.")),
            ("dcterms:license", "<https://www.apache.org/licenses/LICENSE-2.0>"),
            ("dcterms:source", f"<{_STANDARD}>"),
            ("owl:versionInfo", _text(__version__)),
        ],
    )


def _class_lines(found: NodeClass) -> Lines:
    wider = [found.superclass] if found.superclass else []
    return [
        ("a", "owl:Class"),
        *(("rdfs:subClassOf", name) for name in (*wider, *found.aligned_to)),
        *_annotations((found.label,), (found.meaning,), (found.source,)),
    ]


def _property_lines(found: Property) -> Lines:
    lines = [("a", "owl:ObjectProperty" if found.is_object_property else "owl:DatatypeProperty")]
    lines += [("rdfs:subPropertyOf", name) for name in found.aligned_to]
    if found.domains:
        lines.append(("rdfs:domain", _union("owl:Class", found.domains)))
    if found.ranges:
        kind = "owl:Class" if found.is_object_property else "rdfs:Datatype"
        lines.append(("rdfs:range", _union(kind, found.ranges)))
    return lines + _annotations(found.labels, found.meanings, found.sources)


def _union(kind: str, names: tuple[str, ...]) -> str:
    """Return one class as it is, several as their union: two rdfs:domain would mean both at once."""
    if len(names) == 1:
        return names[0]
    return f"[ a {kind} ; owl:unionOf ( {' '.join(names)} ) ]"


def _annotations(labels: tuple[str, ...], meanings: tuple[str, ...], sources: tuple[str, ...]) -> Lines:
    return [
        ("rdfs:label", f"{_text(labels[0])}@en"),
        *(("rdfs:comment", f"{_text(meaning)}@en") for meaning in meanings),
        *(("dcterms:source", _text(_cited(source))) for source in sources),
        ("rdfs:isDefinedBy", f"<{NAMESPACE}>"),
    ]


def _cited(source: str) -> str:
    return f"DICOM {source}" if source.startswith("PS3") else source


def _space_lines(label: str, comment: str) -> Lines:
    return [("a", "owl:NamedIndividual"), *_annotations((label,), (comment,), ("OGC GeoSPARQL 1.1",))]


def _text(text: str) -> str:
    return f'"{escaped(text)}"'


def _term(iri: str) -> str:
    prefix, namespace = next(entry for entry in PREFIXES.items() if iri.startswith(entry[1]))
    return f"{prefix}:{iri[len(namespace) :]}"


def _block(subject: str, lines: Lines) -> str:
    grouped: dict[str, list[str]] = {}
    for predicate, target in lines:
        grouped.setdefault(predicate, []).append(target)
    body = " ;\n    ".join(f"{predicate} {', '.join(objects)}" for predicate, objects in grouped.items())
    return f"{subject}\n    {body} .\n"


def _prefixes(known: dict[str, str], blocks: list[str]) -> str:
    text = "".join(blocks)
    return "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in known.items() if f"{prefix}:" in text)
