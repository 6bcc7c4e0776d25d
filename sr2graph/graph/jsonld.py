"""JSON-LD 1.1: one named graph object per report, its nodes one to a line.

The terms are those of `ontologies/context.jsonld`, which is generated from the vocabulary
table.  A file holds the same context, so that reading it needs no net.  Numbers other than
plain whole ones are strings: JSON knows no difference between 1.1 and 1.10.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from sr2graph.dicom.report import Report
from sr2graph.graph.kinds import IRI_KINDS, LITERALS
from sr2graph.graph.quads import report_iri, statements
from sr2graph.graph.rendering import RDF_TYPE
from sr2graph.graph.statements import grouped, literal
from sr2graph.graph.turtle import PART_PREFIX
from sr2graph.graph.vocabulary import NAMESPACE, PREFIXES, classes, predicates

SEPARATOR: Final = ",\n"
"""What stands between two graphs of a file."""

Context = dict[str, Any]

_XSD = PREFIXES["xsd"]
_PLAIN = re.compile(r"0|-?[1-9]\d{0,14}", re.ASCII)
_LOCAL = re.compile(r"[A-Za-z0-9_.-]+", re.ASCII)


def jsonld(report: Report) -> str:
    """Return a report as a JSON-LD document."""
    return jsonld_start() + jsonld_graph(report) + jsonld_end()


def jsonld_start() -> str:
    """Return how a file begins: the context, and a list of graphs left open."""
    return f'{{"@context": {_text(context())},\n"@graph": [\n'


def jsonld_end() -> str:
    """Return how a file ends."""
    return "\n]}\n"


def jsonld_graph(report: Report) -> str:
    """Return the graph of a report; SEPARATOR goes between two of them."""
    iri = report_iri(report)
    nodes = grouped(statements(report), iri)
    writer = _Writer(iri, nodes)
    lines = ",\n".join(_text(writer.node(subject, found)) for subject, found in nodes.items())
    return f'{{"@context": {_text(writer.local_context)}, "@id": {_text(iri)}, "@graph": [\n{lines}\n]}}'


def context_document() -> str:
    """Return the published context file."""
    return json.dumps({"@context": context()}, indent=2) + "\n"


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


# ---------------------------------------------------------------- the context


@cache
def context() -> Context:
    """Return the context: prefixes, a term for each class, a term with its type for each predicate."""
    found: Context = {"@version": 1.1, **PREFIXES}
    found |= {c.local_name: c.curie for c in classes()}
    for p in predicates():
        if p.curie == "rdf:type":
            continue
        coercion = _coercion(p.kind)
        found[p.local_name] = {"@id": p.curie, "@type": coercion} if coercion else p.curie
    return found


def _coercion(kind: str) -> str:
    """Return the `@type` of a term; the kind of any of its rows tells, as they agree."""
    if kind in IRI_KINDS:
        return "@id"
    if kind == "datetime":  # by precision; anything but the full form says its own type
        return "xsd:dateTime"
    return _compact(LITERALS[kind].datatype(""))


def _compact(iri: str) -> str:
    namespace = next((ns for ns in PREFIXES.values() if iri.startswith(ns)), None)
    return next(f"{p}:{iri[len(ns) :]}" for p, ns in PREFIXES.items() if ns == namespace) if namespace else iri


@cache
def _terms() -> dict[str, tuple[str, str]]:
    """Return predicate IRI -> (term, the datatype IRI or `@id` that its context coerces to)."""
    found = {}
    for p in predicates():
        coercion = _coercion(p.kind)
        prefix, _, name = coercion.partition(":")
        found[p.iri] = (p.local_name, PREFIXES[prefix] + name if name else coercion)
    return found


# ---------------------------------------------------------------- one graph


class _Writer:
    """Writes the nodes of one report with the terms of the context."""

    def __init__(self, iri: str, nodes: dict[str, dict[str, list[str]]]) -> None:
        prefix_of = {namespace: prefix for prefix, namespace in PREFIXES.items()}
        prefix_of[f"{iri}#"] = PART_PREFIX
        taken = set(_schemes(nodes)) & set(prefix_of.values())
        # A code may be an IRI such as `sct:x`, whose scheme would be read as our prefix.
        self._prefix_of = {ns: prefix for ns, prefix in prefix_of.items() if prefix not in taken}
        self._short: dict[str, str] = {}
        self.local_context: Context = {PART_PREFIX: f"{iri}#"} | dict.fromkeys(sorted(taken))

    def node(self, subject: str, said: dict[str, list[str]]) -> dict[str, Any]:
        """Return the object of a subject."""
        node: dict[str, Any] = {"@id": self._iri(subject)}
        types = said.get(RDF_TYPE)
        if types is not None:
            node["@type"] = _one([t[1:-1].removeprefix(NAMESPACE) for t in types])
        for predicate, objects in said.items():
            if predicate != RDF_TYPE:
                term, coercion = _terms()[predicate[1:-1]]
                node[term] = _one([self._value(target, coercion) for target in objects])
        return node

    def _value(self, term: str, coercion: str) -> Any:
        if coercion == "@id":
            return self._iri(term)
        text, datatype = literal(term)
        if datatype != coercion:
            return {"@value": text, "@type": _compact(datatype)} if datatype else {"@value": text}
        return int(text) if datatype == f"{_XSD}integer" and _PLAIN.fullmatch(text) else text

    def _iri(self, term: str) -> str:
        short = self._short.get(term)
        if short is None:
            short = self._short[term] = self._compacted(term[1:-1])
        return short

    def _compacted(self, iri: str) -> str:
        cut = max(iri.rfind("#"), iri.rfind("/")) + 1
        prefix = self._prefix_of.get(iri[:cut])
        return f"{prefix}:{iri[cut:]}" if prefix is not None and _LOCAL.fullmatch(iri, cut) else iri


def _one(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values


def _schemes(nodes: dict[str, dict[str, list[str]]]) -> Iterator[str]:
    for subject, found in nodes.items():
        yield subject[1:].partition(":")[0]
        for objects in found.values():
            yield from (term[1:].partition(":")[0] for term in objects if term[0] == "<")
