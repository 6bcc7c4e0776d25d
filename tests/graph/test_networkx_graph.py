"""The content tree as a networkx graph: every item a node, every relationship told."""

from decimal import Decimal
from pathlib import Path

import networkx as nx
import pytest

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import position_text
from sr2graph.dicom.header import Document
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import Code, MeasuredValue, Text
from tests.graph.reports import FINDING, IRI, every_report, item, link, load, report

MM = CodedConcept("mm", "UCUM", "millimeter")


@pytest.mark.parametrize("source", every_report())
def test_every_item_and_relationship_is_there(source: str | Path) -> None:
    found = load(source)
    graph = found.to_networkx()
    assert set(graph) == {position_text(i.position) for i in found.walk()}
    relations = [relation for _, _, edge in graph.edges(data=True) for relation in edge["relations"]]
    links = list(found.by_references())
    assert len(relations) + len(graph.graph["dangling"]) == max(len(graph) - 1, 0) + len(links)
    assert sum(by_reference for _, by_reference in relations) == len(links) - len(graph.graph["dangling"])


@pytest.mark.parametrize("source", every_report())
def test_without_references_it_is_a_tree(source: str | Path) -> None:
    graph = load(source).to_networkx()
    by_value = [(s, t) for s, t, edge in graph.edges(data=True) if not edge["relations"][0][1]]
    tree: nx.DiGraph[str] = nx.DiGraph(by_value)
    assert len(graph) < 2 or nx.is_arborescence(tree)


def test_nodes_tell_what_items_say() -> None:
    found = report(
        item(MeasuredValue(numeric_value=("1.10",), unit=MM), concept_name=CodedConcept("410668003", "SCT", "Length")),
        item(Code(FINDING), concept_name=None),
        item(Text("words"), concept_name=CodedConcept("1", "99X")),
    )
    nodes = found.to_networkx().nodes
    assert dict(nodes["1.1"]) == {
        "value_type": "NUM",
        "concept_name": "Length",
        "concept_iri": "http://snomed.info/id/410668003",
        "value": Decimal("1.10"),
        "unit": "mm",
        "label": "Length: 1.10 mm",
        "item": found.item("1.1"),
    }
    assert nodes["1.2"]["value"] == FINDING
    assert nodes["1.2"]["label"] == "CODE: Finding"
    assert nodes["1.3"]["label"] == "1: words"
    assert nodes["1"]["label"] == "Finding"


def test_several_relationships_between_two_items_are_all_kept() -> None:
    found = report(item(Text("a")), link(1, 1), link(1, 1, relationship="CONTAINS"))
    edge = found.to_networkx().edges["1", "1.1"]
    assert (edge["relationship"], edge["by_reference"]) == ("CONTAINS", False)
    assert edge["relations"] == (("CONTAINS", False), ("INFERRED FROM", True), ("CONTAINS", True))


def test_cycles_and_dangling_references() -> None:
    graph = report(item(Text("a"), link(1), link(7, 7))).to_networkx()
    assert graph.edges["1.1", "1"] == {
        "relationship": "INFERRED FROM",
        "by_reference": True,
        "relations": (("INFERRED FROM", True),),
    }
    assert not nx.is_directed_acyclic_graph(graph)
    assert graph.graph == {"report": IRI, "dangling": [("1.1", "7.7")]}
    assert "7.7" not in graph


def test_a_report_without_a_tree_is_an_empty_graph() -> None:
    assert len(Report(document=Document(sop_instance_uid="1.2.3")).to_networkx()) == 0
