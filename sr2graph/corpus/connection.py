"""DuckDB over a version of a corpus: one view for each table, with global keys.

The key of a node is that of its document plus its number.  A view shows what is not removed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import duckdb
import pyarrow as pa

from sr2graph.corpus import shards, variants
from sr2graph.corpus.log import DataFile, Snapshot
from sr2graph.corpus.storage import Storage
from sr2graph.corpus.tables import Column, Table, tables
from sr2graph.errors import CorpusError

_SQL_TYPES = {pa.string(): "VARCHAR", pa.int32(): "INTEGER", pa.int64(): "BIGINT", pa.float64(): "DOUBLE"}
_COMPUTED = {"documents": (("equipment", "iri || '#equipment'"),)}
"""Columns that are not stored because others tell them."""


def connect(
    snapshot: Snapshot,
    *,
    threads: int | None = None,
    memory_limit: str | None = None,
    spill: str | None = None,
    disabled_optimizers: str | None = None,
) -> duckdb.DuckDBPyConnection:
    """Return a connection with the views of a version; it gets at the files of the corpus and at no others.

    `memory_limit` is a size such as `4GB`, `spill` a folder for what does not fit into it; without
    one, what does not fit fails.
    `disabled_optimizers` names rules of DuckDB's optimizer that are to rest.
    """
    connection = database(
        snapshot.storage,
        threads=threads,
        memory_limit=memory_limit,
        temp_directory=spill or "",
        disabled_optimizers=disabled_optimizers,
    )
    with own_errors(snapshot.storage):
        for statement in _statements(snapshot):
            connection.execute(statement)
        variants.define(connection, [c.name for c in tables()["codes"].columns if c.name not in ("code", "concept")])
    _lock(connection, snapshot)
    return connection


@contextmanager
def own_errors(storage: Storage) -> Iterator[None]:
    """Turn what DuckDB raises over a data file into a CorpusError."""
    try:
        yield
    except (duckdb.IOException, duckdb.InvalidInputException) as cause:
        problem = str(cause).partition("\n")[0]
        raise CorpusError(f"{storage.location}: cannot be read ({problem})") from cause


def database(storage: Storage, **settings: object) -> duckdb.DuckDBPyConnection:
    """Return a connection to an empty database that can read the files of a corpus; None leaves a setting as it is."""
    connection = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
    for name, value in {"parquet_metadata_cache": True, **settings}.items():
        if value is not None:
            # Else it would not be a setting of the cursors, which queries run on.
            connection.execute(f"SET GLOBAL {name} = {_literal(str(value))}")
    storage.register(connection)
    return connection


def stored(storage: Storage, table: Table, files: Sequence[DataFile]) -> str:
    """Return what SQL selects the rows of a table from that are stored in some files."""
    nothing = ", ".join(f"NULL::{_SQL_TYPES[c.type]} AS {_name(c.name)}" for c in table.columns)
    names = ", ".join(_literal(storage.url(file.name)) for file in _typical_first(files))
    if not names:
        return f"(SELECT {nothing} WHERE false)"
    if all(shards.has_all_columns(file) for file in files):
        return f"read_parquet([{names}], hive_partitioning = false)"
    # Some files are older than columns that the vocabulary got later.
    older = f"read_parquet([{names}], hive_partitioning = false, union_by_name = true)"
    return f"(SELECT {nothing} WHERE false UNION ALL BY NAME SELECT * FROM {older})"  # noqa: S608 # our own names


def _typical_first(files: Sequence[DataFile]) -> list[DataFile]:
    """Return files with one of average size before the others: DuckDB takes all to have as many rows as the first."""
    if not files:
        return []
    average = sum(file.rows for file in files) / len(files)
    first = min(files, key=lambda file: abs(file.rows - average))
    return [first, *(file for file in files if file is not first)]


def _statements(snapshot: Snapshot) -> Iterable[str]:
    """Yield what makes the views."""
    removals = _source(snapshot, tables()["removals"])
    yield f"CREATE TABLE removed AS SELECT DISTINCT document FROM {removals}"  # noqa: S608 # our own names
    any_removed = bool(snapshot.files.get("removals"))
    for table in tables().values():
        source = _source(snapshot, table)
        if table.of_documents and any_removed:
            source += " ANTI JOIN removed USING (document)"
        if table.name != "codes":
            yield f"CREATE VIEW {_name(table.name)} AS SELECT {_columns(table)} FROM {source}"  # noqa: S608 # the same
    # The same is said of a code in many files, and in some only by reports that are gone.
    used = "WHERE code IN (SELECT code FROM code_uses)" if any_removed else ""
    columns = ", ".join(f"any_value({_name(c.name)}) AS {_name(c.name)}" for c in tables()["codes"].columns[1:])
    codes = _source(snapshot, tables()["codes"])
    yield f"CREATE TABLE codes AS SELECT code, {columns} FROM {codes} {used} GROUP BY code"  # noqa: S608 # the same


def _source(snapshot: Snapshot, table: Table) -> str:
    return stored(snapshot.storage, table, snapshot.files.get(table.name, ()))


def _columns(table: Table) -> str:
    stored = [_column(column) for column in table.columns]
    computed = [f"{sql} AS {_name(name)}" for name, sql in _COMPUTED.get(table.name, ())]
    return ", ".join(stored + computed)


def _column(column: Column) -> str:
    name = _name(column.name)
    return f"document + {name} AS {name}" if column.is_node else name


def _lock(connection: duckdb.DuckDBPyConnection, snapshot: Snapshot) -> None:
    """Keep queries from getting at anything but the corpus, and from undoing that."""
    connection.execute(f"SET allowed_directories = [{_literal(snapshot.storage.location + '/')}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def _name(name: str) -> str:
    return f'"{name}"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
