"""Stored rows back to reports: their records, their statements, the Report.

Rows are read a batch of documents at a time, each table with one query.  A report read back
says the same as the report that was stored; the order of its statements is not kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from sr2graph.corpus.cells import canonical
from sr2graph.corpus.tables import KEY, Column, tables
from sr2graph.dicom.report import Report
from sr2graph.errors import CorpusError
from sr2graph.graph.codes import SharedRow
from sr2graph.graph.columns import Row
from sr2graph.graph.from_records import Concepts, report_of
from sr2graph.graph.iris import iri_uid, uid_iri
from sr2graph.graph.kinds import double
from sr2graph.graph.records import Record, table_columns
from sr2graph.graph.rendering import statements_of
from sr2graph.graph.vocabulary import NAMESPACE, predicates

if TYPE_CHECKING:
    import duckdb

_FETCHED = 150_000
"""Rows of items and other nodes fetched at a time: each time all files are looked through."""
_CONVERTED = 10_000
"""... and made rows of records at a time, which take ten times as much memory."""
_SIZED = 10_000
"""Documents asked for their sizes at a time."""
_CHUNK = 100_000
"""Rows of a query that memory holds with all their columns, most of which are empty."""
_REMEMBERED = 2**16
_KEYS = "(SELECT unnest(?::BIGINT[]))"
# Faster than a list of numbers: the keys are compared while the files are read.
_OF_DOCUMENTS = (*table_columns(), "nodes", "code_uses")

Names = Mapping[int, str]
"""Global key of a node -> its fragment; empty for the report itself."""


@dataclass(frozen=True, slots=True)
class StoredReport:
    """A report as the tables have it."""

    document: int
    iri: str
    records: list[Record]
    concepts: Concepts = field(default_factory=dict, repr=False, compare=False)
    """Codes that were made of rows that reports share."""

    def statements(self) -> list[str]:
        """Return its statements, `subject predicate object`, in no particular order."""
        return statements_of(self.records, self.iri)

    def report(self) -> Report:
        """Return the Report; raises GraphError when the tables do not hold one."""
        return report_of(self.iri, self.records, self.concepts)


def report(connection: duckdb.DuckDBPyConnection, uid: str) -> Report:
    """Return the report of a SOP Instance UID; raises CorpusError when the corpus does not hold it."""
    found = connection.execute("SELECT document FROM documents WHERE iri = ?", [uid_iri(uid)]).fetchall()
    if not found:
        raise CorpusError(
            f"there is no report with SOP Instance UID {uid} in the corpus. Look for it in another version"
        )
    return next(stored_reports(connection, [key for (key,) in found], derived=False)).report()


def stored_reports(
    connection: duckdb.DuckDBPyConnection, documents: Iterable[int], *, derived: bool = True
) -> Iterator[StoredReport]:
    """Yield the reports of some document keys, in the order of the keys; memory holds a bounded number of rows.

    Without `derived` they lack what follows from their content, which nobody needs who wants the Report.
    """
    for batch in batches(connection, documents, derived=derived):
        yield from batch


def batches(
    connection: duckdb.DuckDBPyConnection, documents: Iterable[int], *, derived: bool = True
) -> Iterator[list[StoredReport]]:
    """Yield the same, those together that are in memory together."""
    for sized in _cut(_sized(connection, documents), _FETCHED):
        fetched = _Fetched(connection, [document for document, _ in sized], derived=derived)
        for batch in _cut(sized, _CONVERTED):
            yield fetched.reports([document for document, _ in batch])


# ---------------------------------------------------------------- a batch

_Sized = tuple[int, int]
"""(document key, number of its nodes)."""


def _sized(connection: duckdb.DuckDBPyConnection, documents: Iterable[int]) -> Iterator[_Sized]:
    keys = iter(documents)
    query = f"SELECT document, 1 + items + nodes FROM documents WHERE document IN {_KEYS}"  # noqa: S608 # a constant
    while some := list(islice(keys, _SIZED)):
        sizes = dict(connection.execute(query, [some]).fetchall())
        yield from ((document, sizes[document]) for document in some)


def _cut(sized: Iterable[_Sized], most: int) -> Iterator[list[_Sized]]:
    """Cut documents into groups of at most so many nodes, or of one document."""
    group: list[_Sized] = []
    size = 0
    for entry in sized:
        if group and size + entry[1] > most:
            yield group
            group, size = [], 0
        group.append(entry)
        size += entry[1]
    if group:
        yield group


class _Fetched:
    """The rows of some documents, by table."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, documents: list[int], *, derived: bool) -> None:
        wanted = {name: "*" if derived else _told_columns(name) for name in _OF_DOCUMENTS}
        self._tables = {
            name: _fetched(connection, f'SELECT {columns} FROM "{name}" WHERE document IN {_KEYS}', documents)  # noqa: S608 # our names
            for name, columns in wanted.items()
            if columns
        }
        self._codes = _codes(connection, self._tables["code_uses"]["code"].unique().to_pylist())
        self._concepts: Concepts = {}

    def reports(self, documents: list[int]) -> list[StoredReport]:
        """Return the reports of some of the documents."""
        read = {name: _of_documents(table, documents) for name, table in self._tables.items()}
        iris = dict(_pairs(read["documents"], "document", "iri"))
        names = dict.fromkeys(iris, "")
        names.update(_pairs(read["items"], "item", "position"))
        names.update(_pairs(read["nodes"], "node", "name"))
        records: dict[int, list[Record]] = {document: [] for document in documents}
        for name in self._tables.keys() & table_columns().keys():
            for document, row in zip(_values(read[name], "document"), _rows(name, read[name], names), strict=True):
                records[document].append((name, row))
        for document, code in _pairs(read["code_uses"], "document", "code"):
            records[document].append(("concepts", self._codes[code]))
        return [StoredReport(each, iris[each], records[each], self._concepts) for each in documents]


@cache
def _told_columns(table: str) -> str:
    """Return the columns, as SQL, of what reports say; empty for a table of what follows from it."""
    said = [p for p in predicates() if p.table == table and not p.is_derived and p.kind != "wkt"]
    follows = {p.column for p in predicates() if p.table == table} - {p.column for p in said}
    if follows and not said:
        return ""
    names = [column.name for column in tables()[table].columns if column.cell not in follows]
    return ", ".join(f'"{name}"' for name in names if table != "items" or name not in _TOLD_BY_POSITION)


_TOLD_BY_POSITION = frozenset({"parent", "ordinal", "last", "run"})
"""Columns of items that only queries and statements look at."""


def _pairs(read: pa.Table, first: str, second: str) -> Iterator[tuple[Any, Any]]:
    return zip(_values(read, first), _values(read, second), strict=True)


def _values(read: pa.Table, name: str) -> list[Any]:
    """Return a column that has a value in every row."""
    return read[name].to_pylist() if read.num_rows else []


def _codes(connection: duckdb.DuckDBPyConnection, keys: list[int]) -> dict[int, SharedRow]:
    """Return what is said of codes, by key; rows are shared, so each becomes statements once."""
    read = _fetched(connection, f"SELECT * FROM codes WHERE code IN {_KEYS}", keys)  # noqa: S608 # a constant
    return {code: _shared(row) for code, row in zip(_values(read, "code"), _rows("codes", read, {}), strict=True)}


def _shared(row: Row) -> SharedRow:
    shared = SharedRow(row, subject=row["concept"])
    shared.statements = None
    return shared


def _fetched(connection: duckdb.DuckDBPyConnection, query: str, keys: list[int]) -> pa.Table:
    """Return the rows of a query without the columns that are empty."""
    reader = connection.sql(query, params=[keys]).to_arrow_reader(_CHUNK)
    parts = [_without_nulls(pa.Table.from_batches([batch])) for batch in reader]
    return pa.concat_tables(parts, promote_options="default") if parts else reader.schema.empty_table()


def _without_nulls(table: pa.Table) -> pa.Table:
    return table.select([name for name in table.column_names if table[name].null_count < table.num_rows])


def _of_documents(table: pa.Table, documents: list[int]) -> pa.Table:
    return table.filter(pc.is_in(table["document"], value_set=pa.array(documents, KEY)))


# ---------------------------------------------------------------- columns to rows of records


def _rows(table: str, read: pa.Table, names: Names) -> list[Row]:
    rows: list[Row] = [dict(_ALWAYS.get(table, {})) for _ in range(read.num_rows)]
    told = dict(zip(read.column_names, read.columns, strict=True))
    for column in _cell_columns(table):
        values = told.get(column.name)
        if values is not None and values.null_count < len(rows):
            _put(rows, column, values, names)
    return rows


def _put(rows: list[Row], column: Column, values: pa.ChunkedArray, names: Names) -> None:
    """Put the cells that a column holds into the rows; most columns have a value in few of them."""
    cell, text = column.cell, _TEXTS.get(column.kind)
    if column.is_node:
        text = names.__getitem__
    elif column.name.endswith(("_text", "_iri")):
        text = None
    filled = rows
    if values.null_count:
        filled = [rows[place] for place in pc.indices_nonzero(values.is_valid()).to_pylist()]
        values = values.drop_null()
    told = values.to_pylist()
    for row, value in zip(filled, map(text, told) if text else told, strict=True):
        row[cell] = value


@cache
def _cell_columns(table: str) -> tuple[Column, ...]:
    """Return the columns of a table that hold cells; a text comes after the number it corrects."""
    return tuple(column for column in tables()[table].columns if column.cell)


@lru_cache(_REMEMBERED)
def _decimal(number: float) -> str:
    # Where no canonical text exists the text is stored, and put over this one.
    return canonical(number) or ""


@lru_cache(_REMEMBERED)
def _uid(iri: str) -> str:
    return iri_uid(iri) or ""


_TEXTS: dict[str, Callable[[Any], str]] = {
    "decimal": _decimal,
    "double": double,
    "integer": str,
    "digits": str,
    "ordinal": str,
    "uid": _uid,
    "class": lambda iri: iri[len(NAMESPACE) :],
}
"""Kinds whose stored values are not their cells: the opposite of `cells`."""
_ALWAYS: dict[str, Row] = {"documents": {"document": "", "equipment": "#equipment"}}
"""Cells that the key of a document tells."""
