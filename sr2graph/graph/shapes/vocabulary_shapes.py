"""`ontologies/shapes/vocabulary.ttl`: what each predicate of the vocabulary may be said of, hold, and how often."""

from __future__ import annotations

from sr2graph.graph.ontology import Property, properties
from sr2graph.graph.vocabulary import PREFIXES, NodeClass, classes

SHAPES = "https://w3id.org/sr2graph/shape/vocabulary/"
SHARED = frozenset({"sr:Patient", "sr:Study", "sr:Series"})
"""Nodes that several reports speak of, which need not agree: how often is not said of them."""

_PREFIXES = {"sh": "http://www.w3.org/ns/shacl#"} | PREFIXES


def vocabulary_shapes() -> str:
    """Return the shapes of the vocabulary, as Turtle."""
    body = "\n".join(_shape(found) for found in properties())
    used = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in _PREFIXES.items() if f"{prefix}:" in body)
    notice = "# Written by python -m sr2graph.graph.shapes from ontologies/vocabulary.csv; edit that.\n"
    return f"{notice}@base <{SHAPES}> .\n{used}\n{body}"


def _shape(found: Property) -> str:
    lines = [f"<{found.curie.partition(':')[2]}> a sh:NodeShape", f"sh:targetSubjectsOf {found.curie}"]
    parts = [f"[ sh:path {found.curie} ; {' ; '.join(_values(found))} ]"]
    if found.domains and "skos:Concept" not in found.domains:
        listed = " ".join(with_subclasses(found.domains))
        said = f'"{found.curie} is said of {" or ".join(found.domains)}"'
        parts.insert(0, f"[ sh:path rdf:type ; sh:minCount 1 ; sh:in ( {listed} ) ; sh:message {said} ]")
    return " ;\n  ".join([*lines, f"sh:property {', '.join(parts)}"]) + " .\n"


def _values(found: Property) -> list[str]:
    said = ["sh:maxCount 1"] if is_single(found) else []
    ranges = [name for name in found.ranges if name != "skos:Concept"]
    if not found.is_object_property:
        types = [f"sh:datatype {name}" for name in ranges]
        said.append(types[0] if len(types) == 1 else f"sh:or ( {' '.join(f'[ {each} ]' for each in types)} )")
        return said
    said.append("sh:nodeKind sh:IRI")
    if ranges:
        listed = " ".join(with_subclasses(tuple(ranges)))
        said.append(f"sh:node [ sh:property [ sh:path rdf:type ; sh:minCount 1 ; sh:in ( {listed} ) ] ]")
    return said


def is_single(found: Property) -> bool:
    """Whether a node has one value at most: all columns of the predicate are columns of the record of the node."""
    homes = {each.curie: each for each in classes()}
    return all(
        name in homes and name not in SHARED and (homes[name].table, homes[name].subject) == (row.table, row.subject)
        for row in found.rows
        for name in row.domain.split()
    )


def with_subclasses(names: tuple[str, ...]) -> list[str]:
    """Return classes and their sub-classes: graphs say the narrowest only."""
    found: list[NodeClass] = [each for each in classes() if each.curie in names or each.superclass in names]
    return [each.curie for each in found]
