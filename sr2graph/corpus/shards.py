"""Parquet files of a corpus: no reader sees them until a commit names them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sr2graph.corpus.log import DataFile, file_name
from sr2graph.corpus.storage import Storage
from sr2graph.corpus.tables import Table, tables
from sr2graph.errors import CorpusError

ROW_GROUP = 120_000
"""Rows that a reader takes or skips as one."""
_ENCODINGS = {"item": "DELTA_BINARY_PACKED", "parent": "PLAIN", "last": "PLAIN", "position": "PLAIN"}
"""Columns that a dictionary makes larger."""
_WITH_STATISTICS = frozenset({"document", "code"})
"""Columns whose range tells that rows can be skipped; for the others it is dead weight."""

_RUN = "run-"
"""What tells the name of a sorted file from that of others."""

Keys = Mapping[int, int | None]
"""Key of a document -> the key it gets instead, None when its rows are not wanted."""


def write(storage: Storage, record: str, table: pa.Table) -> DataFile:
    """Write rows of a table as a file of its own.  Raises CorpusError."""
    with new_file(storage, record) as name:
        pq.write_table(
            table, storage.path(name), filesystem=storage.filesystem, row_group_size=ROW_GROUP, **options(record)
        )
    return DataFile(record, name, storage.size(name), table.num_rows)


def write_run(storage: Storage, table: Table, batches: Iterable[pa.RecordBatch]) -> DataFile | None:
    """Write sorted rows as a file, each batch a row group; None where there are no rows.  Raises CorpusError."""
    rows = 0
    with (
        new_file(storage, table.name, _RUN) as name,
        pq.ParquetWriter(
            storage.path(name), table.schema, filesystem=storage.filesystem, **options(table.name)
        ) as writer,
    ):
        for batch in batches:
            rows += batch.num_rows
            writer.write_table(pa.Table.from_batches([batch]).cast(table.schema), ROW_GROUP)
    if not rows:
        remove_files(storage, [name])
        return None
    return DataFile(table.name, name, storage.size(name), rows)


@contextmanager
def new_file(storage: Storage, record: str, stem: str = "") -> Iterator[str]:
    """Give the name of a file to be written; errors of the system become CorpusError, and leave no half a file."""
    name = file_name(record, f"{tables()[record].fingerprint}-{stem}{uuid.uuid4().hex}")
    try:
        storage.make_folder(name.rpartition("/")[0])
        yield name
    except OSError as cause:
        remove_files(storage, [name])
        problem = cause.strerror or str(cause).partition("\n")[0]
        raise CorpusError(
            f"{storage.location}: cannot be written ({problem}). "
            "What was committed before is kept; run again when mended"
        ) from cause


def options(record: str) -> dict[str, object]:
    """Return how the files of a table are written, for pyarrow."""
    names = tables()[record].schema.names
    return {
        "compression": "zstd",
        "use_dictionary": [name for name in names if name not in _ENCODINGS],
        "column_encoding": {name: encoding for name, encoding in _ENCODINGS.items() if name in names},
        "write_statistics": [name for name in names if name in _WITH_STATISTICS],
        "store_schema": False,
    }


def has_all_columns(file: DataFile) -> bool:
    """Tell whether a file has the columns that its table has today."""
    return _stem(file).startswith(f"{tables()[file.record].fingerprint}-")


def is_run(file: DataFile) -> bool:
    """Tell whether a file is sorted, and has the columns of today."""
    return _stem(file).startswith(f"{tables()[file.record].fingerprint}-{_RUN}")


def _stem(file: DataFile) -> str:
    return file.name.rpartition("/")[2]


def read(storage: Storage, file: DataFile) -> pa.Table:
    """Return the rows of a file."""
    return pq.read_table(storage.path(file.name), filesystem=storage.filesystem, partitioning=None)


def rekeyed(table: pa.Table, keys: Keys) -> pa.Table:
    """Return rows under the new keys of their documents, without those that are not wanted."""
    at = table.schema.get_field_index("document")
    documents = table.column(at)
    place = pc.index_in(documents, value_set=pa.array(keys.keys(), pa.int64()))
    new = pc.take(pa.array(keys.values(), pa.int64()), place)
    wanted = pc.or_(pc.is_null(place), pc.is_valid(new))
    return table.set_column(at, "document", pc.coalesce(new, documents)).filter(wanted)


def remove_files(storage: Storage, names: Iterable[str]) -> None:
    """Remove files that no version needs; one that is gone already is fine."""
    for name in names:
        with suppress(OSError):
            storage.filesystem.delete_file(storage.path(name))
