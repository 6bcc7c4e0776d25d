"""Records to stored rows: numbers for nodes, edges once, codes apart from the reports that use them."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sr2graph.corpus.encode import Encoder, Extent, Origin
from sr2graph.corpus.rows import Rows
from sr2graph.corpus.tables import tables
from sr2graph.dicom.content import Position, position_text
from sr2graph.dicom.report import Report
from sr2graph.graph.quads import report_iri
from sr2graph.graph.records import OTHER_RELATIONSHIP, RELATIONSHIP_PREDICATES, records
from sr2graph.graph.vocabulary import NAMESPACE
from tests import strategies
from tests.graph.reports import item, link, report
from tests.inputs import reports

START = 2**40
Rowed = dict[str, list[dict[str, Any]]]


def origin(of: Report) -> Origin:
    return Origin(report_iri(of), of.sop_instance_uid, "kind", 2, "digest", "file", "other digest", "now")


def encoded(*found: Report) -> tuple[Rowed, list[Extent]]:
    """The rows of all tables, and the keys of the reports."""
    encoder = Encoder(START)
    extents = [encoder.add(records(one), origin(one)) for one in found]
    taken = encoder.take()
    return {name: taken[name].to_pylist() if name in taken else [] for name in tables()}, extents


def predicate(relationship: str | None) -> str:
    return NAMESPACE + RELATIONSHIP_PREDICATES.get(relationship, OTHER_RELATIONSHIP)


def assert_tree(of: Report, rows: list[dict[str, Any]]) -> None:
    """What each item row says of its place, by the content tree itself."""
    walked = list(of.walk())
    numbers = {one.position: number for number, one in enumerate(walked, 1)}
    relationships = {one.position: predicate(one.relationship) for one in walked}

    def run(position: Position) -> int | None:
        parent = position[:-1]
        while len(parent) > 1 and relationships[parent] == relationships[position]:
            parent = parent[:-1]
        return numbers[parent] if parent else None

    for one, row in zip(walked, rows, strict=True):
        place = one.position
        within = [number for other, number in numbers.items() if other[: len(place)] == place]
        assert (row["item"], row["position"]) == (numbers[place], position_text(place))
        assert row["parent"] == numbers.get(place[:-1])
        assert within == list(range(row["item"], row["last"] + 1))
        assert row["run"] == run(place)
        assert row["relationship"] == (relationships[place] if len(place) > 1 else None)


def assert_edges(of: Report, tree: list[dict[str, Any]], linked: list[dict[str, Any]]) -> None:
    """Edges of both tables: all there are, each once."""
    numbers = {one.position: number for number, one in enumerate(of.walk(), 1)}
    told = [(row["parent"], row["relationship"], row["item"]) for row in tree if row["parent"]]
    told += [(row["parent"], row["relationship"], row["existing_target"]) for row in linked if row["existing_target"]]
    wanted = {
        (numbers[one.position[:-1]], predicate(one.relationship), numbers[one.position])
        for one in of.walk()
        if len(one.position) > 1
    }
    wanted |= {
        (numbers[source.position], predicate(found.relationship), numbers[found.target])
        for source, found in of.by_references()
        if found.target in numbers
    }
    assert Counter(told) == Counter(wanted)


def assert_nodes(rows: Rowed, extent: Extent) -> None:
    """Every number that a row holds is the report, an item, or a node with a name."""
    names = [row["node"] for row in rows["nodes"] if row["document"] == extent.document]
    assert sorted(names) == list(range(-extent.nodes, 0))
    columns = [(t.name, c.name) for t in tables().values() if t.name != "nodes" for c in t.columns if c.is_node]
    used = {row[column] for table, column in columns for row in rows[table] if row["document"] == extent.document}
    assert used - {None} <= {*names, *range(extent.items + 1)}


@settings(max_examples=30)
@given(st.lists(strategies.reports(), min_size=1, max_size=3))
def test_any_reports(found: list[Report]) -> None:
    rows, extents = encoded(*found)
    for one, extent in zip(found, extents, strict=True):
        own = {name: [row for row in table if row.get("document") == extent.document] for name, table in rows.items()}
        assert_tree(one, own["items"])
        assert_edges(one, own["items"], own["by_reference"])
        assert_nodes(rows, extent)
        assert [row["items"] for row in own["documents"]] == [sum(1 for _ in one.walk())]


@pytest.mark.parametrize("one", reports(), ids=lambda one: one.series.description)
def test_samples(one: Report) -> None:
    rows, (extent,) = encoded(one)
    assert_tree(one, rows["items"])
    assert_edges(one, rows["items"], rows["by_reference"])
    assert_nodes(rows, extent)


def test_an_edge_that_is_said_twice_is_one_edge() -> None:
    """By value and by reference, or twice by reference; another relationship is another edge."""
    by_value = report(item(None), link(1, 1, relationship="CONTAINS"))
    twice = report(item(None), link(1, 1), link(1, 1))
    for of, edges in ((by_value, 1), (twice, 2)):
        rows, _ = encoded(of)
        assert_edges(of, rows["items"], rows["by_reference"])
        kept = [row for row in rows["by_reference"] if row["existing_target"] is not None]
        assert len(kept) + 1 == edges
        assert all(row["target"] == 2 for row in rows["by_reference"])


def test_documents_follow_one_another() -> None:
    """The keys of a run have no gaps, so that its rows lie together."""
    _, extents = encoded(*reports()[:4])
    ends = [START, *(extent.document + extent.items + 1 for extent in extents)]
    assert [extent.document - extent.nodes for extent in extents] == ends[:-1]


def test_a_code_is_stored_once_and_used_by_each() -> None:
    one, other = reports()[0], reports()[1]
    rows, extents = encoded(one, other)
    codes = {row["code"] for row in rows["codes"]}
    assert len(codes) == len(rows["codes"])
    uses = Counter((row["document"], row["code"]) for row in rows["code_uses"])
    assert max(uses.values()) == 1
    assert {code for _, code in uses} == codes
    both = [{code for document, code in uses if document == extent.document} for extent in extents]
    assert both[0] & both[1]


def test_what_is_said_of_a_code_is_the_same_row_everywhere() -> None:
    """Two workers give it one key."""
    one, _ = encoded(reports()[0])
    both, _ = encoded(*reports())
    assert {tuple(row.items()) for row in one["codes"]} <= {tuple(row.items()) for row in both["codes"]}


def test_rows_are_taken_once() -> None:
    encoder = Encoder(START)
    encoder.add(records(reports()[0]), origin(reports()[0]))
    assert encoder.take()["documents"].num_rows == 1
    assert encoder.take() == {}
    encoder.add(records(reports()[0]), origin(reports()[0]))
    taken = encoder.take()
    assert taken["documents"].num_rows == 1
    assert taken["codes"].num_rows == encoded(reports()[0])[0]["codes"].__len__()


def test_header_resources_are_iris_and_other_nodes_numbers() -> None:
    rows, _ = encoded(reports()[0])
    (document,) = rows["documents"]
    assert document["patient"].startswith(NAMESPACE + "patient/")
    told = {(row["subject"], row["subject_iri"]) for row in rows["strings"]}
    assert {iri for number, iri in told if number is None} <= {
        document["patient"],
        document["study"],
        document["series"],
        f"{document['iri']}#equipment",
    }
    assert all((number is None) is (iri is not None) for number, iri in told)


CELLS = {name: st.text(st.characters(exclude_categories=["Cs"]), max_size=3) for name in ("text", "person_name")}
NUMBERS = {"numeric_value": st.sampled_from(["1", "1.10", "-3", "007"]), "ordinal": st.sampled_from(["1", "22"])}


@given(st.lists(st.fixed_dictionaries({}, optional=CELLS | NUMBERS), max_size=12))
def test_rows_keep_their_order_whatever_columns_they_have(found: list[dict[str, str]]) -> None:
    rows = Rows()
    rows.add(found, {"item": list(range(len(found)))})
    rows.documents = [7] * len(found)
    table = rows.table("items").to_pylist()
    assert [row["item"] for row in table] == list(range(len(found)))
    for row, cells in zip(table, found, strict=True):
        assert row["text"] == cells.get("text")
        assert row["person_name"] == cells.get("person_name")
        assert row["ordinal"] == (int(cells["ordinal"]) if "ordinal" in cells else None)
        assert row["numeric_value"] == (float(cells["numeric_value"]) if "numeric_value" in cells else None)
        assert row["numeric_value_text"] == {"1.10": "1.10", "007": "007"}.get(cells.get("numeric_value", ""))
        assert (row["document"], row["uid"]) == (7, None)
