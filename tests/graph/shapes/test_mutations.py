"""One thing is wrong, and the shapes find just that, at the item and the row where it is."""

from collections.abc import Callable
from functools import cache

import pytest
import rdflib
from rdflib import RDF, Literal, URIRef

from sr2graph.samples.templated import instance
from tests.graph.shapes.agreement import SHAPE, Found, graph_of, results

SR = rdflib.Namespace("https://w3id.org/sr2graph/")
DCM = rdflib.Namespace("http://dicom.nema.org/resources/ontology/DCM/")
SCT = rdflib.Namespace("http://snomed.info/id/")
UCUM = rdflib.Namespace("https://units-of-measurement.org/")

Edit = Callable[["Draft"], None]


class Draft:
    """A graph that is about to go wrong."""

    def __init__(self, graph: rdflib.Graph) -> None:
        self.graph = graph
        self._report = str(graph.value(predicate=RDF.type, object=SR.Report))

    def item(self, position: str) -> URIRef:
        return URIRef(f"{self._report}#{position}")

    def remove(self, *positions: str) -> None:
        for position in positions:
            self.graph.remove((None, None, self.item(position)))
            self.graph.remove((self.item(position), None, None))

    def put(self, position: str, predicate: URIRef, value: URIRef | Literal) -> None:
        self.graph.set((self.item(position), predicate, value))

    def add(self, position: str, link: URIRef, value_type: URIRef, concept: URIRef) -> None:
        item = self.item(position)
        self.graph.add((self.item(position.rpartition(".")[0]), link, item))
        self.graph.add((item, RDF.type, value_type))
        self.graph.add((item, SR.conceptName, concept))
        self.graph.add((item, SR.position, Literal(int(position.rpartition(".")[2]))))


def exclude_and_misdraw(draft: Draft) -> None:
    """A group has two kinds of region; one of the regions is drawn as a group cannot have it."""
    draft.add("1.9.1.9", SR.contains, SR.Composite, DCM["130488"])
    draft.put("1.9.1.3", SR.graphicType, Literal("MULTIPOINT"))


@cache
def sample(tid: str) -> rdflib.Graph:
    return graph_of(instance(tid, 1))


def found(tid: str, *edits: Edit, severity: str = "Violation") -> list[Found]:
    draft = Draft(rdflib.Graph() + sample(tid))
    for edit in edits:
        edit(draft)
    told = []
    for result in results(draft.graph, f"TID{tid}"):
        shape = SHAPE.fullmatch(result["sourceShape"])
        assert shape
        if result["resultSeverity"].endswith(severity):
            row = f"TID {shape['tid']} row {shape['row']}"
            told.append(Found(result["focusNode"].partition("#")[2], shape["kind"] or "row", row))
    return sorted(told)


SPHERE = SCT["251795007"]
CASES: dict[str, tuple[str, Edit, list[Found]]] = {
    "a mandatory row is missing": (
        "2020",
        lambda draft: draft.remove("1.1.1"),
        [Found("1.1", "row", "TID 2021 row 1")],
    ),
    "a mandatory row has the wrong value type": (
        "2020",
        lambda draft: draft.put("1.1.1", RDF.type, SR.Text),
        [Found("1.1", "row", "TID 2021 row 1")],
    ),
    "a mandatory row has another concept": (
        "2020",
        lambda draft: draft.put("1.1.1", SR.conceptName, DCM["999999"]),
        [Found("1.1", "row", "TID 2021 row 1")],
    ),
    "a row is there too often": (
        "2020",
        lambda draft: draft.add("1.1.2", SR.contains, SR.Num, SPHERE),
        [Found("1.1", "row", "TID 2021 row 1")],
    ),
    "a condition is true and the row is missing": (
        "2020",
        lambda draft: draft.remove("1.2.3"),
        [Found("1.2", "condition", "TID 2021 row 3")],
    ),
    "a condition is false": (
        "2020",
        lambda draft: draft.remove("1.2.3", "1.2.2"),
        [],
    ),
    "a unit is another one": (
        "2020",
        lambda draft: draft.put("1.1.1", SR.unit, UCUM["mm"]),
        [Found("1.1.1", "unit", "TID 2021 row 1")],
    ),
    "rows exclude each other, and a graphic type is not allowed": (
        "1500",
        exclude_and_misdraw,
        [
            Found("1.9.1", "condition", "TID 1411 row 5"),
            Found("1.9.1.3", "graphic-type", "TID 1411 row 5"),
            Found("1.9.1.9", "row", "TID 1411 row 12c"),
        ],
    ),
    "a value is none of a closed set": (
        "2100",
        lambda draft: draft.put("1.5.1", SR.conceptCode, DCM["999999"]),
        [Found("1.5.1", "value", "TID 2101 row 2")],
    ),
    "an item is no row of a template that may not be extended": (
        "2010",
        lambda draft: draft.add("1.2", SR.contains, SR.Num, DCM["999999"]),
        [Found("1", "extra", "TID 2010 row 1")],
    ),
    "one of several rows shall be there": (
        "2010",
        lambda draft: draft.remove("1.1"),
        [Found("1", "condition", "TID 2010 row 8")],
    ),
}


@pytest.mark.parametrize("tid", ["2010", "2020", "2100", "1500"])
def test_what_is_right_conforms(tid: str) -> None:
    assert found(tid) == []


@pytest.mark.parametrize(("tid", "edit", "wanted"), CASES.values(), ids=CASES)
def test_what_is_wrong_is_found_where_it_is(tid: str, edit: Edit, wanted: list[Found]) -> None:
    assert found(tid, edit) == wanted


def test_other_documents_are_left_alone() -> None:
    """A report that neither declares the template nor begins with its concept."""
    edits: list[Edit] = [
        lambda draft: draft.remove("1.1"),
        lambda draft: draft.put("1", SR.templateIdentifier, Literal("2005")),
    ]
    assert found("2010", *edits)
    edits.append(lambda draft: draft.put("1", SR.conceptName, DCM["999999"]))
    assert found("2010", *edits) == []


def test_a_code_that_may_be_another_is_a_warning() -> None:
    def edit(draft: Draft) -> None:
        draft.put("1.2.6", SR.conceptCode, DCM["999999"])

    assert found("2020", edit) == []
    assert found("2020", edit, severity="Warning") == [Found("1.2.6", "value", "TID 2021 row 10")]
