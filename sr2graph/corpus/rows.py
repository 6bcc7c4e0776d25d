"""Rows of cells to an Arrow table, many at a time.

Most rows of a table have few of its columns, and the same ones as many other rows.  So rows
are taken apart by the columns they have, which needs no look at a column they lack.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from sr2graph.corpus.cells import NUMBERS, VALUES
from sr2graph.corpus.tables import NUMBER, Column, tables
from sr2graph.graph.columns import Row

Shape = tuple[str, ...]
"""The columns of a row that have a cell, in its order."""


class Rows:
    """Rows of one table, on their way to Arrow."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        """Cells by column; rows may have none when all they say is in `columns`."""
        self.columns: dict[str, list[Any]] = {}
        """Stored columns whose values are at hand, for all rows."""
        self.documents: list[int] = []

    def __len__(self) -> int:
        values = next(iter(self.columns.values()), None)
        return len(self.rows) if values is None else len(values)

    def add(self, rows: Sequence[Row], columns: Mapping[str, list[Any]]) -> None:
        """Add rows, and for each of them what their cells do not say."""
        self.rows += rows
        for name, values in columns.items():
            self.columns.setdefault(name, []).extend(values)

    def table(self, name: str) -> pa.Table:
        """Return the rows in the columns of a table; a column without a value is null."""
        schema = tables()[name].schema
        found = {"document": self.documents, **self.columns}
        arrays = {field.name: pa.array(found[field.name], field.type) for field in schema if field.name in found}
        if self.rows:
            cells = _in_order(name, self.rows, frozenset(found))
            arrays.update(zip(cells.column_names, cells.columns, strict=True))
        for field in schema:
            if field.name not in arrays:
                arrays[field.name] = pa.nulls(len(self), field.type)
        return pa.table({field.name: arrays[field.name] for field in schema}, schema)


def _in_order(name: str, rows: list[Row], found: frozenset[str]) -> pa.Table:
    """Return the cells of rows, without columns that none has and those that are found already."""
    shapes: dict[Shape, list[int]] = {}
    for number, row in enumerate(rows):
        shape = tuple(row)
        if shape in shapes:
            shapes[shape].append(number)
        else:
            shapes[shape] = [number]
    parts = [_alike(name, shape, [rows[number] for number in numbers], found) for shape, numbers in shapes.items()]
    table = pa.concat_tables(parts, promote_options="default").combine_chunks()
    order = pa.array([number for numbers in shapes.values() for number in numbers], NUMBER)
    return table.take(pc.sort_indices(order))


def _alike(name: str, shape: Shape, rows: list[Row], found: frozenset[str]) -> pa.Table:
    """Return rows that have the same columns."""
    arrays = {}
    for cell in shape:
        columns = [column for column in _stored(name).get(cell, ()) if column.name not in found]
        cells = list(map(itemgetter(cell), rows)) if columns else []
        for column in columns:
            arrays[column.name] = pa.array(_values(column, cells), column.type)
    # A column to tell how many rows there are, should they have no stored cell.
    return pa.table({"": pa.nulls(len(rows)), **arrays})


@cache
def _stored(table: str) -> dict[str, list[Column]]:
    """Return cell -> the columns it is stored in."""
    result: dict[str, list[Column]] = {}
    for column in tables()[table].columns:
        cell = column.name if column.name.endswith("_iri") else column.cell or column.name
        result.setdefault(cell, []).append(column)
    return result


def _values(column: Column, cells: list[str]) -> list[Any]:
    """Return what is stored in a column, for its cells."""
    if column.kind in NUMBERS:
        number, part = NUMBERS[column.kind], 1 if column.name.endswith("_text") else 0
        return [number(cell)[part] for cell in cells]
    if column.kind in VALUES:
        return list(map(VALUES[column.kind], cells))
    return list(map(int, cells)) if column.type == NUMBER else cells
