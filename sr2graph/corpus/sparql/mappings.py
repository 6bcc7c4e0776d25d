"""Which columns a predicate stands for: the vocabulary table, as the compiler needs it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from rdflib.term import Node, URIRef

from sr2graph.corpus.sparql.kinds import IRI, ITEM, NODE, REPORT, RESOURCE, STORED, Kind
from sr2graph.graph.vocabulary import NAMESPACE, PREFIXES, Predicate, classes, expanded, predicates
from sr2graph.resources import rows

RDF_TYPE = PREFIXES["rdf"] + "type"

SHARED_CLASSES = frozenset({"sr:Patient", "sr:Study", "sr:Series", "skos:Concept"})
"""Classes whose members several reports speak of: each may state the same."""
_HEADER = SHARED_CLASSES | {"sr:Equipment"}
_VALUE_TABLES = frozenset({"strings", "integers", "decimals", "doubles", "datetimes"})
UNIQUE_KEYS = {
    "documents": frozenset({"document", "equipment"}),
    "items": frozenset({"item"}),
    "concepts": frozenset({"subject"}),
    "nodes": frozenset({"node"}),
}
"""Table → columns of which no two rows have the same value; of all others it is `node`."""
RELATIONSHIPS = {
    NAMESPACE + p.where[1]
    for p in predicates()
    if p.table == "items" and p.where is not None and p.where[0] == "relationship"
}
"""The IRIs of the relationship predicates."""


@dataclass(frozen=True, slots=True)
class Mapping:
    """The rows of one table that state triples of one predicate."""

    predicate: str
    table: str
    subject: str
    subject_kind: Kind
    object: str
    """Column of the object; empty where it is always the same."""
    object_kind: Kind
    where: tuple[str, str] | None = None
    """(column, value) that a row must have."""
    constant: Node | None = None
    """The object, where it is always the same."""
    repeats: bool = False
    """Whether several rows may state the same triple, in one report or in several."""

    @property
    def is_edge(self) -> bool:
        """Whether it links items by a relationship, by value or by reference."""
        return self.predicate in RELATIONSHIPS


@cache
def _code_columns() -> frozenset[tuple[str, str]]:
    told = {(p.table, p.column) for p in predicates() if p.kind == "concept" and p.table in {"items", "observed"}}
    return frozenset(told - {("items", "canonical_unit")})  # computed: no report need write it


def is_of_codes(places: Sequence[Mapping]) -> bool:
    """Tell whether triples from these places are about codes, and about nothing else."""
    return bool(places) and all(place.table == "codes" for place in places)


def names_code(table: str, column: str) -> bool:
    """Tell whether a column holds codes that the report of the row says what they are."""
    return (table, column) in _code_columns()


def is_unique(table: str, column: str) -> bool:
    """Tell whether no two rows of a table have the same value in a column."""
    return column in UNIQUE_KEYS.get(table, ("node",))


@cache
def mappings() -> dict[str, tuple[Mapping, ...]]:
    """Return predicate IRI → where its triples are."""
    found: dict[str, dict[Mapping, None]] = {}
    for row in predicates():
        for mapping in _mappings_of(row):
            found.setdefault(mapping.predicate, {})[mapping] = None
    for mapping in _types():
        found.setdefault(RDF_TYPE, {})[mapping] = None
    return {predicate: tuple(several) for predicate, several in found.items()}


@cache
def virtual_mappings() -> dict[str, tuple[str, str]]:
    """Return predicate IRI → (column of documents or items it leads to, CURIE) for predicates that no graph holds."""
    told = rows("ontologies/query_vocabulary.csv")
    return {expanded(row["predicate"]): (row["column"], row["predicate"]) for row in told}


def _mappings_of(row: Predicate) -> list[Mapping]:
    if row.table == "concepts":
        return _concept_mappings(row)
    return [_mapping(row, domain) for domain in _domains(row)]


def _domains(row: Predicate) -> list[str]:
    """Return the domain, once for each way its subjects are stored."""
    several = row.domain.split()
    return [row.domain] if len(several) > 1 else several


def _mapping(row: Predicate, domain: str) -> Mapping:
    subject, subject_kind = _subject(row, domain)
    column, kind = _object(row)
    where = row.where
    if where is not None and where[0] == "relationship":
        where = where[0], NAMESPACE + where[1]
    shared = subject_kind is IRI and domain in SHARED_CLASSES
    return Mapping(row.iri, row.table, subject, subject_kind, column, kind, where, None, repeats=shared)


def _subject(row: Predicate, domain: str) -> tuple[str, Kind]:
    if row.table == "documents":
        return row.subject, REPORT if row.subject == "document" else IRI
    if row.table in {"items", "by_reference"}:
        return row.subject, NODE if row.subject == "node" else ITEM
    if row.subject == "node":
        return row.subject, NODE
    if domain in _HEADER:
        return f"{row.subject}_iri", IRI
    return row.subject, _node_kind(domain)


def _node_kind(domain: str) -> Kind:
    if " " in domain:
        return RESOURCE
    if domain == "sr:Report":
        return REPORT
    return ITEM if _is_item(domain) else NODE


def _is_item(curie: str) -> bool:
    return curie == "sr:ContentItem" or any(c.curie == curie and c.superclass == "sr:ContentItem" for c in classes())


def _object(row: Predicate) -> tuple[str, Kind]:
    if row.kind == "resource":
        return row.column, IRI
    if row.table in _VALUE_TABLES:
        return f"{row.table[:-1]}_value", STORED[row.kind]
    if row.table == "by_reference" and row.column == "target":
        return row.column, RESOURCE  # a target that does not exist has a node of its own
    if row.table == "by_reference" and row.column == "node":
        return row.column, NODE
    return row.column, STORED[row.kind]


def _concept_mappings(row: Predicate) -> list[Mapping]:
    """A code IRI is told of in `codes`, a code as a report wrote it in `concepts`."""
    kind = STORED[row.kind]
    found = []
    if row.where is not None:
        subject, subject_kind = _subject(row, row.domain)
        # A code that stands twice in a list is one triple; its two spellings are two nodes.
        repeats = kind is IRI
        found.append(
            Mapping(row.iri, "concepts", subject, subject_kind, row.column, kind, row.where, None, repeats=repeats)
        )
        return found
    if "skos:Concept" in row.domain:
        found.append(Mapping(row.iri, "codes", "concept", IRI, row.column, kind, None, None, repeats=True))
    if "sr:CodedConcept" in row.domain:
        found.append(Mapping(row.iri, "concepts", "subject", NODE, row.column, kind))
    return found


def _types() -> list[Mapping]:
    """Return the classes that a row has by its table."""
    found = []
    for cls in classes():
        if cls.table in {"items", "concepts"}:  # there the class is a column
            continue
        if cls.table == "documents":
            kind = REPORT if cls.subject == "document" else IRI
            shared = cls.curie in SHARED_CLASSES
        else:
            kind, shared = NODE, False
        found.append(Mapping(RDF_TYPE, cls.table, cls.subject, kind, "", IRI, None, URIRef(cls.iri), repeats=shared))
    return found
