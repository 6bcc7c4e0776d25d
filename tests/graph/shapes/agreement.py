"""What the shapes find in a report, and what checking finds, in the same terms."""

import functools
import re
from dataclasses import dataclass

import pyshacl
import rdflib
from rdflib import RDF, SH

from sr2graph.dicom.report import Report
from sr2graph.graph.shapes.files import FOLDER
from sr2graph.resources import resource
from sr2graph.templates.checking import checked
from sr2graph.templates.matching import matched
from sr2graph.templates.starts import root_templates

KINDS = {
    "row-missing": "row",
    "row-too-few": "row",
    "row-too-many": "row",
    "row-excluded": "row",
    "row-forbidden": "row",
    "not-in-template": "extra",
    "value-set": "value",
    "unit": "unit",
    "graphic-type": "graphic-type",
    "number-range": "number",
}
"""Rules of checking that shapes state too ↔ the kind of shape."""
OF_PARENTS = ("row-too-many", "row-excluded", "row-forbidden", "not-in-template")
"""Checking tells of the item, shapes of what it is below."""

SHAPE = re.compile(r".*/shape/TID\w+/TID(?P<tid>\w+)/row(?P<row>[^/]+)(?:/(?P<kind>[a-z-]+))?(?:/\d+)?")


@dataclass(frozen=True, order=True)
class Found:
    """One mistake: where, what kind, and which row it is about."""

    position: str
    kind: str
    row: str


def graph_of(report: Report) -> rdflib.Graph:
    graph = rdflib.Graph()
    for subject, predicate, value, _ in report.to_rdflib().quads():
        graph.add((subject, predicate, value))
    return graph


@functools.cache
def shapes_graph(name: str) -> rdflib.Graph:
    return rdflib.Graph().parse(resource(f"{FOLDER}{name}.ttl"), format="turtle")


def results(graph: rdflib.Graph, name: str) -> list[dict[str, str]]:
    """The validation results, each as its properties."""
    _, found, _ = pyshacl.validate(graph, shacl_graph=shapes_graph(name))
    assert isinstance(found, rdflib.Graph)
    return [
        {str(key).removeprefix(str(SH)): str(value) for key, value in found.predicate_objects(result)}
        for result in found.subjects(RDF.type, SH.ValidationResult)
    ]


def by_shapes(report: Report, tid: str, severity: str = "Violation") -> set[Found]:
    """What the shapes of a root template find."""
    found = set()
    for result in results(graph_of(report), f"TID{tid}"):
        told = SHAPE.fullmatch(result["sourceShape"])
        assert told, result["sourceShape"]
        if result["resultSeverity"].endswith(severity):
            kind = "row" if told["kind"] in (None, "condition") else told["kind"]
            found.add(Found(result["focusNode"].partition("#")[2], kind, f"TID {told['tid']} row {told['row']}"))
    return found


def by_checking(report: Report) -> set[Found]:
    """What checking finds by the rules that shapes state too."""
    found = set()
    for each in checked(report):
        kind = KINDS.get(each.rule)
        if kind is not None:
            position = each.position.rpartition(".")[0] if each.rule in OF_PARENTS else each.position
            found.add(Found(position, kind, each.row))
    return found


def template_of(report: Report) -> str | None:
    """The root template that a report follows; None for one that has no shapes."""
    tid = next((start.tid for start in matched(report).starts if start.position == (1,)), None)
    return tid if tid in root_templates() else None
