"""TABLE items as a row prints them: `NCOLUMNS = 2 ; COLUMN 1 = EV DCM:111526 ; COLUMN 1 VR = DT` (PS3.3 C.18.10)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from random import Random

from sr2graph.dicom.values import Table, TableAxis, TableCell
from sr2graph.samples.build import singles
from sr2graph.samples.templated.choosing import chosen, concept
from sr2graph.samples.templated.quantities import quantities
from sr2graph.templates.expansion import ExpandedRow
from sr2graph.templates.value_sets import value_set

UNITY = 4
"""Rows and columns of a transformation matrix."""


def tabulated(random: Random, row: ExpandedRow, times: Sequence[str]) -> Table:
    """Return a table as the row wants it; times go down the first column."""
    said = _said(row.row.table)
    columns = int(said.get("NCOLUMNS", "2"))
    if "NROWS" in said:
        return _matrix(int(said["NROWS"]), columns, said.get("CELL VR", "FD"))
    cells = tuple(
        _cell(random, row, (number, column), said, time)
        for number, time in enumerate(times, start=1)
        for column in range(1, columns + 1)
    )
    return Table(
        len(times), columns, column_definitions=tuple(_axis(said, n) for n in range(1, columns + 1)), cells=cells
    )


@cache
def _said(table: str) -> dict[str, str]:
    return dict(re.findall(r"(?:^|; )([A-Z0-9 ]+?) = ([^;]*[^; ])", table))


def _axis(said: dict[str, str], column: int) -> TableAxis:
    codes = value_set(said.get(f"COLUMN {column}", "")).codes
    units = value_set(said.get(f"COLUMN {column} UNITS", "")).codes
    return TableAxis(
        column=column,
        concept_name=concept(codes[0]) if codes else None,
        unit=concept(units[0]) if units else None,
    )


def _cell(random: Random, row: ExpandedRow, place: tuple[int, int], said: dict[str, str], time: str) -> TableCell:
    number, column = place
    vr = said.get(f"COLUMN {column} VR", "FD")
    if vr == "DT":
        return TableCell(number, column, vr, datetimes=(time,))
    if vr == "SQ":
        code = chosen(random, row.values)
        return TableCell(number, column, vr, codes=(concept(code),) if code is not None else ())
    codes = value_set(said.get(f"COLUMN {column}", "")).codes
    units = value_set(said.get(f"COLUMN {column} UNITS", "")).codes
    keys = [f"{code.scheme}:{code.value}" for code in (*codes, *units)]
    found = next((quantities()[key] for key in keys if key in quantities()), quantities()["UCUM:1"])
    value = float(found.number(random))
    if vr == "FL":
        return TableCell(number, column, vr, floats=singles((value,)))
    return TableCell(number, column, vr, doubles=(value,))


def _matrix(rows: int, columns: int, vr: str) -> Table:
    """Return the identity, in 4 x 4 cells as a rule."""
    cells = tuple(
        TableCell(row, column, vr, doubles=(float(row == column),))
        for row in range(1, rows + 1)
        for column in range(1, columns + 1)
    )
    return Table(rows, columns, cells=cells)
