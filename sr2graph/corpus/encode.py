"""Reports to stored rows: records in, Arrow tables out.

Names of nodes become numbers: 0 the report, 1, 2, 3 ... its items in document order,
-1, -2, ... its other nodes in the order they are met.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import pyarrow as pa

from sr2graph.corpus.keys import code_key
from sr2graph.corpus.rows import Rows
from sr2graph.corpus.tables import tables
from sr2graph.graph.columns import Row
from sr2graph.graph.records import Record, table_columns

_HEADER = frozenset({"#patient", "#study", "#series", "#equipment"})
"""Parts of a report that have an IRI of their own rather than a number."""
_MOST_CODES = 50_000
"""Rows of codes remembered: a bound on memory, not on reports."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What is stored of a report beside its records; each field is a column of `documents`."""

    iri: str
    sop_instance_uid: str
    kind: str
    warnings: int
    content_digest: str
    source: str
    source_digest: str
    ingested_at: str


@dataclass(frozen=True, slots=True)
class Extent:
    """The keys of a report: `document - nodes` to `document + items`."""

    document: int
    items: int
    nodes: int


class Encoder:
    """Gathers the rows of reports until they are taken as Arrow tables."""

    def __init__(self, start: int) -> None:
        """Count keys from `start`."""
        self._next = start
        self._codes: dict[tuple[tuple[str, str], ...], int] = {}
        self._forget()

    def add(self, records: list[Record], origin: Origin) -> Extent:
        """Add the records of a report, under the next keys; its rows are changed on the way."""
        nodes = _Nodes(origin.iri, [row for table, row in records if table == "items"])
        used: set[int] = set()
        said: set[tuple[str, ...]] = set()
        for table, row in records:
            if table in _VALUES:  # a value that a list has twice is one triple
                value = table, row["subject"], row["property"], row["value"]
                if value in said:
                    continue
                said.add(value)
            if table == "concepts":
                used.update(map(self._code, _said_of_codes(row)))
                if row["subject"][0] != "#":
                    continue
            if table not in ("items", "documents"):
                nodes.number_cells(table, row)
                self._tables[table].rows.append(row)
        self._tables["items"].add(nodes.rows, nodes.item_columns())
        self._tables["code_uses"].add((), {"code": sorted(used)})
        self._tables["nodes"].add((), {"node": list(nodes.others.values()), "name": list(nodes.others)})
        self._tables["documents"].rows.append(_document_row(records[0][1], origin, nodes))
        return self._keyed(nodes)

    def take(self) -> dict[str, pa.Table]:
        """Return the tables that got rows since the last call."""
        taken = {name: rows.table(name) for name, rows in self._tables.items() if rows.documents}
        taken["codes"] = self._told.table("codes")
        self._forget()
        return {name: table for name, table in taken.items() if table.num_rows}

    def _forget(self) -> None:
        self._tables = {name: Rows() for name, table in tables().items() if table.of_documents}
        self._told = Rows()
        self._told_codes: set[int] = set()

    def _code(self, row: Row) -> int:
        """Return the key of what is said of a code; it is stored once for all reports at hand."""
        cells = tuple(row.items())
        code = self._codes.get(cells)
        if code is None:
            if len(self._codes) > _MOST_CODES:
                self._codes.clear()
            code = self._codes[cells] = code_key(cell for cell in cells if cell[0] != "subject")
        if code not in self._told_codes:
            self._told_codes.add(code)
            self._told.add((row,), {"code": [code]})
        return code

    def _keyed(self, nodes: _Nodes) -> Extent:
        extent = Extent(self._next + len(nodes.others), len(nodes.rows), len(nodes.others))
        self._next = extent.document + extent.items + 1
        for rows in self._tables.values():
            rows.documents += [extent.document] * (len(rows) - len(rows.documents))
        return extent


def _said_of_codes(row: Row) -> Iterator[Row]:
    """Yield what a row of concepts says of a code IRI, rather than of a code as written."""
    if row["subject"][0] != "#":
        yield row
    elif "label" in row:
        yield {"concept": row["concept"], "label": row["label"]}


def _document_row(row: Row, origin: Origin, nodes: _Nodes) -> Row:
    for name in ("patient", "study", "series"):
        row[name] = origin.iri + row[name] if row[name][0] == "#" else row[name]
    added = {name: str(getattr(origin, name)) for name in _ORIGIN}
    return row | added | {"items": str(len(nodes.rows)), "nodes": str(len(nodes.others))}


# ---------------------------------------------------------------- numbers of nodes


class _Nodes:
    """The numbers of the nodes of one report."""

    def __init__(self, iri: str, items: list[Row]) -> None:
        self._iri = iri
        self.rows = items
        self._items = {row["item"]: number for number, row in enumerate(items, 1)}
        self.others: dict[str, int] = {}
        self._edges: set[tuple[str, str, str]] = set()
        self._parents = [0, 0] if items else [0]
        self._parents += [self._items[row["parent"]] for row in items[1:]]

    def number_cells(self, table: str, row: Row) -> None:
        """Put numbers in the place of the names of nodes in a row; IRIs get a cell of their own."""
        for cell, kind in _NODE_CELLS[table]:
            name = row.get(cell)
            if name is None:
                continue
            number = self._resource(name) if kind == "resource" else self._number(name.removeprefix("#"))
            if number is None:
                row[f"{cell}_iri"] = self._iri + row.pop(cell) if name[0] == "#" else row.pop(cell)
            else:
                row[cell] = str(number)
        if table == "by_reference":
            self._tell_edge_once(row)

    def item_columns(self) -> dict[str, list[Any]]:
        """Return the numbers of the items, and those in the cells of their rows that name other nodes."""
        for row in self.rows:
            if not _NODES_IN_ITEMS.isdisjoint(row):
                row |= {cell: str(self._number(row[cell])) for cell in _NODES_IN_ITEMS.intersection(row)}
        count = len(self.rows)
        nothing: list[int | None] = [None] if count else []
        return {
            "item": list(range(1, count + 1)),
            "parent": nothing + self._parents[2 : count + 1],
            "last": self._last()[1 : count + 1],
            "run": nothing + self._runs()[2 : count + 1],
            "position": list(self._items),
        }

    def _number(self, name: str) -> int:
        """Return the number of a node by its fragment; a name met for the first time gets one."""
        known = self._items.get(name)
        return self.others.setdefault(name, -len(self.others) - 1) if known is None else known

    def _resource(self, cell: str) -> int | None:
        """Return the number of a resource, None where it has an IRI instead."""
        if not cell:
            return 0
        return self._number(cell[1:]) if cell[0] == "#" and cell not in _HEADER else None

    def _tell_edge_once(self, row: Row) -> None:
        """Drop the existing target of a by-reference relationship that is an edge already."""
        target = row.get("existing_target")
        if target is None:
            return
        edge = (row["parent"], row["relationship"], target)
        item = self.rows[int(target) - 1]
        by_value = (str(self._parents[int(target)]), item.get("relationship"), target)
        if edge == by_value or edge in self._edges:
            del row["existing_target"]
        self._edges.add(edge)

    def _last(self) -> list[int]:
        """Return for each item the number of its last descendant."""
        parents, last = self._parents, list(range(len(self._parents)))
        for number in range(len(self.rows), 1, -1):
            parent = parents[number]
            last[parent] = max(last[parent], last[number])
        return last

    def _runs(self) -> list[int]:
        """Return for each item the topmost ancestor that reaches it by edges of its own relationship only."""
        relationships = ["", *(row.get("relationship", "") for row in self.rows)]
        runs = [0]
        for number, parent in enumerate(self._parents[1:], 1):
            runs.append(runs[parent] if relationships[parent] == relationships[number] else parent)
        return runs


_NODE_CELLS = {
    table: [(cell, kind) for cell, kind in cells.items() if kind in ("item", "node", "written", "resource")]
    for table, cells in table_columns().items()
}
_VALUES = frozenset({"strings", "integers", "decimals", "doubles", "datetimes"})
_NODES_IN_ITEMS = frozenset(cell for cell, _ in _NODE_CELLS["items"]) - {"item", "parent"}
_ORIGIN = tuple(field.name for field in fields(Origin))
