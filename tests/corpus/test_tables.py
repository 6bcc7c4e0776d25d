"""The stored tables follow from the vocabulary table."""

from collections import defaultdict

import pytest

from sr2graph.corpus.tables import RECORD, Column, Table, delta_schema, tables
from sr2graph.graph.records import table_columns
from sr2graph.graph.vocabulary import predicates

ELSEWHERE = {
    ("documents", "document"): "the key",
    ("documents", "equipment"): "computed by the view",
    ("concepts", "label"): "a row of codes",
}


def test_a_column_name_has_one_type() -> None:
    """All tables are one Delta table."""
    types = defaultdict(set)
    for table in tables().values():
        for column in table.columns:
            types[column.name].add((column.type, column.is_node))
    assert {name: found for name, found in types.items() if len(found) > 1} == {}


@pytest.mark.parametrize("table", tables().values(), ids=lambda table: table.name)
def test_no_two_columns_of_a_table_share_a_name(table: Table) -> None:
    names = [column.name for column in table.columns]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", table_columns())
def test_every_column_of_a_record_has_a_place(name: str) -> None:
    """A new row of the vocabulary table is stored without another line of code."""
    placed = {column.cell for column in tables()[name].columns}
    unplaced = {cell for cell in table_columns()[name] if cell not in placed}
    assert {(name, cell) for cell in unplaced} == {key for key in ELSEWHERE if key[0] == name}


def test_codes_hold_what_is_said_of_code_iris() -> None:
    said = {p.column for p in predicates() if p.table == "concepts" and "skos:Concept" in p.domain.split()}
    assert said == {column.name for column in tables()["codes"].columns} - {"code", "concept"}


def test_the_delta_schema_has_every_column_once() -> None:
    names = {column.name for table in tables().values() for column in table.columns}
    assert sorted(delta_schema().names) == sorted(names | {RECORD})


def test_another_column_makes_another_fingerprint() -> None:
    """Files from before a column came are told from those after."""
    table = tables()["items"]
    longer = Table(table.name, (*table.columns, Column("new", table.columns[-1].type)))
    assert table.fingerprint == tables()["items"].fingerprint != longer.fingerprint


def test_only_rows_of_documents_leave_with_them() -> None:
    others = {name for name, table in tables().items() if not table.of_documents}
    assert others == {"codes", "removals", "rejects"}
