"""TABLE items against the rows and columns that a template prints for them (PS3.16 6.1.9, PS3.3 C.18.10)."""

from __future__ import annotations

import re
from functools import cache

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ContentItem
from sr2graph.dicom.values import Table, TableAxis
from sr2graph.templates.checking.findings import Findings
from sr2graph.templates.checking.wording import set_text
from sr2graph.templates.code_keys import CodeKeys
from sr2graph.templates.expansion import ExpandedRow
from sr2graph.templates.value_sets import ValueSet, value_set

_COLUMN = re.compile(r"COLUMN (?P<number>\d+)(?P<what>| UNITS| VR)")


def check_table(item: ContentItem, value: Table, row: ExpandedRow, keys: CodeKeys, findings: Findings) -> None:
    """Note a table whose size, columns, units or cells are others than the row prints."""
    columns = {axis.column: axis for axis in value.column_definitions}

    def tell(standard: str, found: str) -> None:
        findings.add(item.position, "table", f"PS3.16: {standard}", found, row.row)

    for name, said in _printed(row.row.table):
        column = _COLUMN.fullmatch(name)
        if name == "NCOLUMNS" and value.columns is not None and str(value.columns) != said:
            tell(f"the table has {said} columns", "another number of columns")
        elif name == "NROWS" and value.rows is not None and str(value.rows) != said:
            tell(f"the table has {said} rows", "another number of rows")
        elif name == "CELL VR" and any(cell.vr not in (None, said) for cell in value.cells):
            tell(f"the cells are of VR {said}", "another VR")
        elif column is not None:
            number = int(column["number"])
            if column["what"] == " VR":
                if any(cell.vr not in (None, said) for cell in value.cells if cell.column == number):
                    tell(f"the cells of column {number} are of VR {said}", "another VR")
            elif not _has(columns.get(number), column["what"], value_set(said), keys):
                tell(f"column {number}{column['what'].lower()}: {set_text(value_set(said))}", "none or another code")


def _has(axis: TableAxis | None, what: str, allowed: ValueSet, keys: CodeKeys) -> bool:
    if axis is None:
        return False
    concept: CodedConcept | None = axis.unit if what else axis.concept_name
    return not allowed.is_constrained or keys.iri(concept) in allowed.iris()


@cache
def _printed(table: str) -> tuple[tuple[str, str], ...]:
    """Return (name, what it shall be): `NCOLUMNS = 2 ; COLUMN 1 = EV DCM:111526`."""
    parts = (part.partition(" = ") for part in table.split(" ; "))
    return tuple((name, said) for name, _, said in parts)
