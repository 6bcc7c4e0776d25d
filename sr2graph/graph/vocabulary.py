"""The vocabulary table: every predicate and class, read from `ontologies/`.

It is the one place that knows predicates.  Records, quads, reading a graph back, the
ontology and the reference page all derive from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from sr2graph.resources import rows

NAMESPACE = "https://w3id.org/sr2graph/"

PREFIXES = {
    "sr": NAMESPACE,
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "dcterms": "http://purl.org/dc/terms/",
    "prov": "http://www.w3.org/ns/prov#",
    "sosa": "http://www.w3.org/ns/sosa/",
    "geo": "http://www.opengis.net/ont/geosparql#",
    "dcm": "http://dicom.nema.org/resources/ontology/DCM/",
    "sct": "http://snomed.info/id/",
    "loinc": "http://loinc.org/rdf/",
    "radlex": "http://www.radlex.org/RID/",
    "ucum": "https://units-of-measurement.org/",
}
"""The prefixes of everything this package writes."""


DERIVED = frozenset(
    {
        "CanonicalUnit",
        "Context",
        "Matching",
        "Observation",
        "Observer",
        "ProcedureContext",
        "Properties",
        "StatusRule",
        "Subject",
    }
)
"""The classes of `sr2graph.templates` and `sr2graph.terms` whose fields are predicates."""


class _Term:
    """What predicates and classes have in common: a name."""

    __slots__ = ()

    curie: str

    @property
    def iri(self) -> str:
        """The full IRI."""
        return expanded(self.curie)

    @property
    def local_name(self) -> str:
        """The name after the prefix."""
        return self.curie.partition(":")[2]


@dataclass(frozen=True, slots=True)
class Predicate(_Term):
    """One row of the vocabulary table: a predicate, and the column of a record that it shows."""

    curie: str
    table: str
    subject: str
    """Column of the table that holds the subject."""
    column: str
    """Column of the table that holds the object."""
    kind: str
    """What the column holds; see `sr2graph.graph.kinds`."""
    domain: str
    range: str
    field: str
    """`Class.field` the column comes from; empty for structure."""
    where: tuple[str, str] | None
    """(column, value) that a row must have for the predicate to apply."""
    label: str
    meaning: str
    source: str
    aligned_to: tuple[str, ...]

    @property
    def entity(self) -> str:
        """Name of the dataclass the field belongs to."""
        return self.field.partition(".")[0]

    @property
    def is_derived(self) -> bool:
        """Whether it follows from the content tree by templates and units, and a report is rebuilt without it."""
        return self.entity in DERIVED

    @property
    def field_name(self) -> str:
        """Name of the field within its dataclass."""
        return self.field.partition(".")[2]


@dataclass(frozen=True, slots=True)
class NodeClass(_Term):
    """One row of the class table: an RDF class and the records whose subjects have it."""

    curie: str
    entity: str
    """The dataclass whose objects have the class; empty where there is none."""
    table: str
    subject: str
    superclass: str
    label: str
    meaning: str
    source: str
    aligned_to: tuple[str, ...]


def expanded(curie: str) -> str:
    """Return the IRI of a CURIE with one of PREFIXES.

    >>> expanded("sr:contains")
    'https://w3id.org/sr2graph/contains'
    """
    prefix, _, name = curie.partition(":")
    return PREFIXES[prefix] + name


@cache
def predicates() -> tuple[Predicate, ...]:
    """Return the vocabulary table, in the order of the file."""
    return tuple(
        Predicate(
            curie=row["predicate"],
            table=row["table"],
            subject=row["subject"],
            column=row["column"],
            kind=row["kind"],
            domain=row["domain"],
            range=row["range"],
            field=row["field"],
            where=_where(row["where"]),
            label=row["label"],
            meaning=row["meaning"],
            source=row["source"],
            aligned_to=tuple(row["aligned_to"].split()),
        )
        for row in rows("ontologies/vocabulary.csv")
    )


@cache
def classes() -> tuple[NodeClass, ...]:
    """Return the class table, in the order of the file."""
    return tuple(
        NodeClass(
            curie=row["class"],
            entity=row["entity"],
            table=row["table"],
            subject=row["subject"],
            superclass=row["superclass"],
            label=row["label"],
            meaning=row["meaning"],
            source=row["source"],
            aligned_to=tuple(row["aligned_to"].split()),
        )
        for row in rows("ontologies/classes.csv")
    )


def _where(text: str) -> tuple[str, str] | None:
    column, _, value = text.partition("=")
    return (column, value) if text else None


@cache
def field_predicates() -> dict[str, dict[str, list[Predicate]]]:
    """Return dataclass name -> field name -> its rows of the vocabulary table."""
    result: dict[str, dict[str, list[Predicate]]] = {}
    for predicate in predicates():
        if predicate.field:
            result.setdefault(predicate.entity, {}).setdefault(predicate.field_name, []).append(predicate)
    return result


@cache
def entity_class(entity: str) -> NodeClass:
    """Return the class of the nodes that a dataclass becomes."""
    return next(c for c in classes() if c.entity == entity)
