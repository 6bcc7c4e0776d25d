"""A corpus as one N-Quads file: `load` makes the same corpus of it again.

Reports come in the order of their IRIs and the statements of each in alphabetical order, so
two corpora that hold equal reports have equal dumps, byte for byte.
"""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from sr2graph.batch.destination import opened, own_errors, replacing
from sr2graph.batch.formats import GZIP
from sr2graph.corpus.decode import stored_reports
from sr2graph.graph.quads import nquads_of

if TYPE_CHECKING:
    import duckdb

_LEVEL = 6
"""Of compression: the highest takes three times as long and saves a tenth."""


def dump(connection: duckdb.DuckDBPyConnection, out: Path, documents: Sequence[int] | None = None) -> int:
    """Write reports, all or those with these document keys, as N-Quads; return how many.

    A name that ends in .gz is compressed.  The file is there when all is written, and not
    before.  Raises WriteError.
    """
    with replacing(out) as (complete, _), opened(complete) as file:
        if out.suffix.lower() != GZIP:
            return write_nquads(connection, file, documents)
        with _packed(file) as packed:
            return write_nquads(connection, packed, documents)


def write_nquads(
    connection: duckdb.DuckDBPyConnection, file: BinaryIO | gzip.GzipFile, documents: Sequence[int] | None = None
) -> int:
    """Write reports, all or those with these document keys, to a stream; return how many."""
    count = 0
    for stored in stored_reports(connection, _by_iri(connection, documents)):
        text = nquads_of(sorted(set(stored.statements())), stored.iri)
        with own_errors():
            file.write(text.encode())
        count += 1
    return count


def _by_iri(connection: duckdb.DuckDBPyConnection, documents: Sequence[int] | None) -> list[int]:
    """Return document keys in the order of the reports' IRIs."""
    found = connection.execute("SELECT document FROM documents ORDER BY iri").fetchall()
    wanted = None if documents is None else frozenset(documents)
    return [document for (document,) in found if wanted is None or document in wanted]


def _packed(file: BinaryIO) -> gzip.GzipFile:
    # No name and no time in the header: equal corpora have equal files.
    return gzip.GzipFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=file, mtime=0)
