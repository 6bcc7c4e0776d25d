"""Parquet files of a corpus: no reader sees them until a commit names them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
ITEMS_GROUP = 16_384
"""The same of items, where those of one concept stand together."""
_WITH_STATISTICS = frozenset({"document", "code", "concept_name"})
"""Columns whose range tells that rows can be skipped; for the others it is dead weight."""
_BY_DOCUMENT = ("document", "item", "node", "subject", "parent", "property", "ordinal", "code")
_BY_CONCEPT = ("concept_name", "document", "item")
_SORTED_AT_ONCE = 2**30
"""Bytes above which items stay in the order they had: Arrow counts the bytes of a column of texts in 31 bits."""


def order(record: str) -> list[str]:
    """Return the columns that the rows of a file are sorted by: items by what queries ask for, others by document."""
    names = tables()[record].schema.names
    return [name for name in (_BY_CONCEPT if record == "items" else _BY_DOCUMENT) if name in names]


def row_group(record: str) -> int:
    """Return how many rows of a table a reader takes or skips as one."""
    return ITEMS_GROUP if record == "items" else ROW_GROUP


_RUN = "sorted-"
"""What tells the name of a sorted file from that of others."""

Keys = Mapping[int, int | None]
"""Key of a document -> the key it gets instead, None when its rows are not wanted."""


def write(storage: Storage, record: str, table: pa.Table) -> DataFile:
    """Write rows of a table as a file of its own, items sorted; columns that are not there are empty.

    Raises CorpusError.
    """
    rows, size = table, row_group(record)
    is_sorted = record == "items" and table.nbytes <= _SORTED_AT_ONCE
    if is_sorted:
        rows = _by_concept(table)
    schema = tables()[record].schema
    with (
        new_file(storage, record, _RUN if is_sorted else "") as name,
        pq.ParquetWriter(storage.path(name), schema, filesystem=storage.filesystem, **options(record)) as writer,
    ):
        for start in range(0, max(rows.num_rows, 1), size):
            writer.write_table(_complete(rows.slice(start, size), schema), size)
    return DataFile(record, name, storage.size(name), table.num_rows)


def _by_concept(table: pa.Table) -> pa.Table:
    """Return items sorted by what they are called, and where that is the same in the order they had."""
    if "concept_name" not in table.column_names:
        return table
    whole = table.combine_chunks()
    names = whole["concept_name"].combine_chunks().dictionary_encode()
    ranks = pc.sort_indices(pc.sort_indices(names.dictionary))
    return whole.take(pc.sort_indices(ranks.take(names.indices)))


def _complete(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return rows with all columns of a table: those that are not there are empty."""
    columns = [
        table[field.name] if field.name in table.column_names else pa.nulls(table.num_rows, field.type)
        for field in schema
    ]
    return pa.table(columns, schema)


def concatenated(parts: Sequence[pa.Table]) -> pa.Table:
    """Return the rows of parts, of which some may lack columns that are empty."""
    return pa.concat_tables(parts, promote_options="default")


def without_empty_columns(table: pa.Table) -> pa.Table:
    """Return rows without columns that have no value: most columns of most rows, and memory is taken for them too."""
    keep = [name for name in table.column_names if name == "document" or table[name].null_count < table.num_rows]
    return table.select(keep)


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
            writer.write_table(pa.Table.from_batches([batch]).cast(table.schema), row_group(table.name))
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
    encodings = _encodings(record)
    names = tables()[record].schema.names
    return {
        "compression": "zstd",
        "use_dictionary": [name for name in names if name not in encodings],
        "column_encoding": encodings,
        "write_statistics": [name for name in names if name in _WITH_STATISTICS],
        "store_schema": False,
    }


def _encodings(record: str) -> dict[str, str]:
    """Return the columns that a dictionary makes larger, and how they are written instead."""
    if record != "items":
        return {}
    nodes = {column.name: "BYTE_STREAM_SPLIT" for column in tables()[record].columns if column.is_node}
    return {"document": "PLAIN", **nodes}


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
