"""The files of a commit, from the shares that wait for it and what was settled about them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from sr2graph.corpus import shards
from sr2graph.corpus.log import DataFile
from sr2graph.corpus.rejects import reject_row
from sr2graph.corpus.settle import Settlement
from sr2graph.corpus.shards import Keys
from sr2graph.corpus.storage import Storage
from sr2graph.corpus.tables import tables
from sr2graph.corpus.worker import Share, now


@dataclass(slots=True)
class Assembled:
    """The files of a commit."""

    kept: list[DataFile] = field(default_factory=list)
    """Files of shares that are taken as they are."""
    made: list[DataFile] = field(default_factory=list)
    """Files that are good for this very commit only."""

    @property
    def files(self) -> list[DataFile]:
        """All files of the commit."""
        return self.kept + self.made


def assemble(storage: Storage, shares: Iterable[Share], settlement: Settlement) -> Assembled:
    """Write what is to be committed and is not in files yet.  Raises CorpusError, and then leaves nothing."""
    result = Assembled()
    parts: dict[str, list[pa.Table]] = {}
    with _removed_on_error(storage, result.made):
        for share, keys in zip(shares, settlement.keys, strict=True):
            small = share.tables
            if keys:
                small = _rekeyed_share(storage, share, keys, result)
            else:
                result.kept += share.files
            for name, table in small.items():
                parts.setdefault(name, []).append(table)
        for name, rows in _bookkeeping(settlement).items():
            parts.setdefault(name, []).append(pa.Table.from_pylist(list(rows), schema=tables()[name].schema))
        for name, found in parts.items():
            _write(storage, name, _merged(name, found), result)
    return result


def _rekeyed_share(storage: Storage, share: Share, keys: Keys, result: Assembled) -> dict[str, pa.Table]:
    """Write a share's files again as settled, and return its small tables as settled."""
    stored = {file.record: shards.read(storage, file) for file in share.files}
    found = {
        name: table if name == "codes" else shards.rekeyed(table, keys)
        for name, table in (stored | share.tables).items()
    }
    uses = found["code_uses"].column("code") if "code_uses" in found else pa.array([], pa.int64())
    if "codes" in found:
        found["codes"] = found["codes"].filter(pc.is_in(found["codes"].column("code"), value_set=uses))
    for name in stored:
        _write(storage, name, found[name], result)
    return {name: table for name, table in found.items() if name not in stored}


def _bookkeeping(settlement: Settlement) -> Mapping[str, Sequence[Mapping[str, object]]]:
    time = now()
    return {
        "removals": [removal_row(document, iri, "replaced", time) for document, iri in settlement.replaced],
        "rejects": [reject_row(outcome, time) for outcome in settlement.rejects],
    }


def removal_row(document: int, iri: str, reason: str, time: str) -> dict[str, object]:
    """Return the row that takes a document out of sight."""
    return {"document": document, "iri": iri, "reason": reason, "removed_at": time}


def _merged(name: str, parts: list[pa.Table]) -> pa.Table:
    table = shards.concatenated(parts)
    if name != "codes":
        return table
    codes = table.column("code").combine_chunks()
    return table.take(pc.index_in(pc.unique(codes), value_set=codes))


def _write(storage: Storage, name: str, table: pa.Table, result: Assembled) -> None:
    if table.num_rows:
        result.made.append(shards.write(storage, name, table))


@contextmanager
def _removed_on_error(storage: Storage, made: list[DataFile]) -> Iterator[None]:
    try:
        yield
    except BaseException:
        # A disk that is full has no room for what nobody will name.
        shards.remove_files(storage, [file.name for file in made])
        raise
