"""The content tree as a networkx DiGraph, by-reference relationships included."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import networkx as nx

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ContentItem, position_text
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import Code, MeasuredValue, Value
from sr2graph.graph.quads import report_iri
from sr2graph.graph.records import Recorder

if TYPE_CHECKING:
    ContentGraph = nx.DiGraph[str]
    """Positions of content items, and how they relate."""
else:
    ContentGraph = nx.DiGraph  # only its type stubs say what its nodes are

Relation = tuple[str | None, bool]
"""(relationship type, whether by reference)."""


def to_networkx(report: Report) -> ContentGraph:
    """Return the content tree: a node for each position such as "1.4.2", an edge from each source to its targets.

    Nodes have `value_type`, `concept_name` (its meaning, else its code), `concept_iri`, `value`
    (Decimal, text, CodedConcept or the whole value), `unit` (its code), `label` and the `item` itself.
    Edges have `relationship` and `by_reference`.  A DiGraph has one edge from one item to another,
    so where they relate in several ways these two tell of the first, by-value before by-reference,
    and `relations` lists all as (relationship, by_reference).  A by-reference relationship to an
    item that does not exist has no edge: the graph attribute `dangling` lists (source, target).
    """
    graph: ContentGraph = nx.DiGraph(report=report_iri(report), dangling=[])
    recorder = Recorder(report)
    for item in report.walk():
        position = position_text(item.position)
        graph.add_node(position, **_attributes(item, recorder))
        if len(item.position) > 1:
            _relate(graph, position_text(item.position[:-1]), position, (item.relationship, False))
    for source, reference in report.by_references():
        position, target = position_text(source.position), position_text(reference.target)
        if target in graph:
            _relate(graph, position, target, (reference.relationship, True))
        else:
            graph.graph["dangling"].append((position, target))
    return graph


def _relate(graph: ContentGraph, source: str, target: str, relation: Relation) -> None:
    if graph.has_edge(source, target):
        graph.edges[source, target]["relations"] += (relation,)
        return
    relationship, by_reference = relation
    graph.add_edge(source, target, relationship=relationship, by_reference=by_reference, relations=(relation,))


def _attributes(item: ContentItem, recorder: Recorder) -> dict[str, Any]:
    name = _words(item.concept_name)
    value = _plain(item.value)
    unit = item.value.unit.code if isinstance(item.value, MeasuredValue) and item.value.unit else None
    shown = [_words(value) if isinstance(value, CodedConcept) else _shown(value), unit]
    said = " ".join(filter(None, shown))
    return {
        "value_type": item.value_type,
        "concept_name": name,
        "concept_iri": recorder.canonical_iri(item.concept_name) if item.concept_name is not None else None,
        "value": value,
        "unit": unit,
        "label": ": ".join(filter(None, [name or item.value_type, said])),
        "item": item,
    }


def _words(concept: CodedConcept | None) -> str | None:
    return (concept.meaning or concept.code) if concept is not None else None


def _plain(value: Value | None) -> Any:
    """Return a value as what people compute with; the whole value where it is more than one thing."""
    if isinstance(value, MeasuredValue):
        return value.number
    if isinstance(value, Code):
        return value.concept
    names = [field.name for field in dataclasses.fields(value)] if value is not None else []
    return getattr(value, names[0]) if len(names) == 1 else value


def _shown(value: Any) -> str | None:
    return str(value) if isinstance(value, str | Decimal) else None
