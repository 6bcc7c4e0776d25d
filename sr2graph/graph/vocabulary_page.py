"""The reference page of the vocabulary, in Markdown, from the vocabulary table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sr2graph.graph.kinds import LITERALS
from sr2graph.graph.vocabulary import NAMESPACE, PREFIXES, NodeClass, Predicate, classes, predicates

INTRODUCTION = f"""\
<!-- Written by python -m sr2graph.graph.generate from ontologies/*.csv; edit those. -->
# The vocabulary

`sr:` is `{NAMESPACE}`.
Each report is a named graph whose name is the IRI of the report: `urn:oid:` and its SOP Instance UID.
Its parts are fragments of that IRI: `urn:oid:1.2.3#1.4.2` is the content item at position 1.4.2.

The tables below list the predicates of each class.
*Holds* is the datatype of a literal, or what the IRI names:
a *code* is the canonical IRI of a code, a *UID* the IRI of a unique identifier.
*Besides* lists predicates that are only there when the first does not say everything:

- `…AsWritten` keeps the text of the file where a number, date or time cannot be typed exactly (`1e-3`, `1200`),
  or the code as the report spelled it where its IRI does not tell (another scheme, another meaning, a version).
- `…List` keeps several values in order, as the file has them.

The same as an ontology: [`ontologies/sr2graph.ttl`](../../ontologies/sr2graph.ttl),
with a [JSON-LD context](../../ontologies/context.jsonld)
and, as an option, an [alignment to QUDT](../../ontologies/alignments-qudt.ttl).
"""

HOLDS = {
    "item": "content item",
    "node": "node",
    "resource": "node",
    "class": "class",
    "uid": "UID",
    "concept": "code",
    "written": "`sr:CodedConcept`",
    "datetime": "`xsd:dateTime`, `date`, `gYearMonth` or `gYear`",
}
"""Kind -> what a reader calls it; other kinds are called by their datatype."""

BESIDES = frozenset({"verbatim", "list", "written"})
"""Kinds that only complete another predicate of the same field."""

SECTION_OF = {"skos:Concept": "sr:CodedConcept"}
"""Classes of other vocabularies are told of in one of our sections."""

_COMMON = {name: PREFIXES[name] for name in ("sr", "rdfs", "skos", "geo")} | {"cdt": "https://w3id.org/cdt/"}


@dataclass(frozen=True, slots=True)
class Example:
    """A question, and the query that answers it."""

    question: str
    query: str

    @property
    def sparql(self) -> str:
        """The query with the prefixes it uses."""
        used = [f"PREFIX {name}: <{iri}>\n" for name, iri in _COMMON.items() if f"{name}:" in self.query]
        return "".join(used) + self.query


EXAMPLES = {
    "sr:Report": Example(
        "Which reports are there, of whom, and when were they made?",
        """\
SELECT ?report ?patient ?date ?title WHERE {
  GRAPH ?report {
    ?report a sr:Report ; sr:patient/sr:patientID ?patient ; sr:root/sr:conceptName/rdfs:label ?title .
    OPTIONAL { ?report sr:contentDate ?date }
  }
} ORDER BY ?date
""",
    ),
    "sr:ContentItem": Example(
        "What stands under each heading, in order?",
        """\
SELECT ?report ?heading ?position ?name WHERE {
  GRAPH ?report {
    ?container a sr:Container ; sr:conceptName/rdfs:label ?heading ; sr:contains ?item .
    ?item sr:position ?position ; sr:conceptName/rdfs:label ?name .
  }
} ORDER BY ?report ?container ?position
""",
    ),
    "sr:Num": Example(
        "All measurements with their units, each also as one `cdt:ucum` quantity.",
        """\
SELECT ?report ?name ?value ?unit ?quantity WHERE {
  GRAPH ?report {
    ?item a sr:Num ; sr:conceptName/rdfs:label ?name ; sr:numericValue ?value ; sr:unit ?code .
    ?code sr:codingScheme "UCUM" ; skos:notation ?unit .
  }
  BIND(STRDT(CONCAT(STR(?value), " ", ?unit), cdt:ucum) AS ?quantity)
}
""",
    ),
    "sr:Code": Example(
        "How often is each answer given to each question?",
        """\
SELECT ?name ?value (COUNT(*) AS ?times) WHERE {
  GRAPH ?report {
    ?item a sr:Code ; sr:conceptName/rdfs:label ?name ; sr:conceptCode/rdfs:label ?value .
  }
} GROUP BY ?name ?value ORDER BY DESC(?times)
""",
    ),
    "sr:Image": Example(
        "Which images do items refer to, and how?",
        """\
SELECT ?report ?item ?relationship ?instance WHERE {
  GRAPH ?report {
    ?item ?relationship ?image .
    ?image a sr:Image ; sr:referencedInstance ?instance .
  }
}
""",
    ),
    "sr:SCoord": Example(
        "Which outlines were drawn on which image?",
        """\
SELECT ?report ?instance ?outline WHERE {
  GRAPH ?report {
    ?region a sr:SCoord ; geo:asWKT ?outline ; sr:selectedFrom/sr:referencedInstance ?instance .
  }
}
""",
    ),
    "sr:ByReference": Example(
        "Which items point at another place in their tree?  The predicates of relationships lead there directly.",
        """\
SELECT ?report ?source ?relationship ?target WHERE {
  GRAPH ?report {
    ?source sr:byReference ?link ; ?relationship ?target .
    ?link sr:referencedItem ?target .
  }
}
""",
    ),
    "sr:CodedConcept": Example(
        "Which spellings do codes have that are not their canonical ones?",
        """\
SELECT DISTINCT ?canonical ?scheme ?code ?meaning WHERE {
  GRAPH ?report {
    ?written a sr:CodedConcept ; sr:canonicalCode ?canonical ; sr:codeMeaning ?meaning ;
             sr:codingScheme ?scheme ; skos:notation ?code .
  }
} ORDER BY ?canonical
""",
    ),
    "sr:StudyReference": Example(
        "Which instances does each report rest on?",
        """\
SELECT ?report ?series ?instance WHERE {
  GRAPH ?report {
    ?report sr:currentEvidence/sr:seriesReference ?reference .
    ?reference sr:referencedSeries ?series ; sr:instanceReference/sr:referencedInstance ?instance .
  }
}
""",
    ),
}
"""Class -> the example in its section."""


def vocabulary_page() -> str:
    """Return `docs/reference/vocabulary.md`."""
    sections = "\n".join(_section(found) for found in classes())
    return f"{INTRODUCTION}\n{sections}"


def _section(found: NodeClass) -> str:
    level = "###" if found.superclass else "##"
    parts = [f"{level} {found.curie}\n\n{found.meaning}\nFrom {found.source}.\n"]
    aligned = [name for name in (found.superclass, *found.aligned_to) if name]
    if aligned:
        parts.append(f"A sub-class of {_codes(aligned)}.\n")
    rows = list(_table(found.curie))
    if rows:
        head = "| predicate | holds | meaning | besides | from |\n| --- | --- | --- | --- | --- |\n"
        parts.append(head + "".join(rows))
    example = EXAMPLES.get(found.curie)
    if example is not None:
        parts.append(f"{example.question}\n\n```sparql\n{example.sparql}```\n")
    return "\n".join(parts)


def _table(curie: str) -> Iterator[str]:
    by_field: dict[str, list[Predicate]] = {}
    for row in predicates():
        if curie in (SECTION_OF.get(name, name) for name in row.domain.split()):
            by_field.setdefault(row.field or row.curie, []).append(row)
    for rows in by_field.values():
        yield from _rows(rows)


def _rows(rows: list[Predicate]) -> Iterator[str]:
    """Yield a line for each predicate of a field that stands by itself."""
    first = rows[0]
    besides = dict.fromkeys(r.curie for r in rows if _completes(r, first))
    alone = {r.curie: r for r in rows if r.curie not in besides}
    for row in alone.values():
        beside = _codes(list(besides)) if row.curie == first.curie else ""
        meaning = f"{row.meaning} Sub-property of {_codes(list(row.aligned_to))}." if row.aligned_to else row.meaning
        yield f"| `{row.curie}` | {_holds(row)} | {meaning} | {beside} | {row.source} |\n"


def _completes(row: Predicate, first: Predicate) -> bool:
    return row.curie != first.curie and (row.kind in BESIDES or row.curie == f"{first.curie}AsWritten")


def _holds(row: Predicate) -> str:
    if row.kind in ("node", "resource") and row.range:
        return f"`{row.range}`"
    if row.kind in HOLDS:
        return HOLDS[row.kind]
    datatype = LITERALS[row.kind].datatype("") or PREFIXES["xsd"] + "string"
    return next(f"`{p}:{datatype[len(ns) :]}`" for p, ns in PREFIXES.items() if datatype.startswith(ns))


def _codes(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
