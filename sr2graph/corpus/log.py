"""The versions of a corpus: which files make up each, and how a new one comes about.

A version is a commit of the Delta log: it appears as a whole or not at all.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties, Schema, Transaction
from deltalake.exceptions import DeltaError
from deltalake.transaction import AddAction, RemoveAction

from sr2graph.corpus.storage import DATA, Storage
from sr2graph.corpus.tables import FORMAT, RECORD, delta_schema
from sr2graph.errors import CorpusError

_APPLICATION = "sr2graph"
_FORMAT = "sr2graph.format"
_COMMIT = "sr2graph.commit"
"""Tells the writer of a version its own from that of another."""
_LOG = "_delta_log"
_CONFIGURATION = {
    _FORMAT: str(FORMAT),
    # Old versions stay readable until somebody says that they are to be forgotten.
    "delta.enableExpiredLogCleanup": "false",
    "delta.logRetentionDuration": "interval 36500 days",
}


@dataclass(frozen=True, slots=True)
class DataFile:
    """A Parquet file with rows of one table."""

    record: str
    name: str
    """Relative to the corpus: `record=items/...parquet`."""
    size: int
    rows: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The files of a version."""

    storage: Storage
    version: int
    files: Mapping[str, tuple[DataFile, ...]]
    """By table; tables without rows are absent."""

    def names(self) -> set[str]:
        """Return the names of all files."""
        return {file.name for files in self.files.values() for file in files}


@dataclass(frozen=True, slots=True)
class Change:
    """What a commit did, in numbers of reports."""

    operation: str
    """create, ingest, remove or compact."""
    added: int = 0
    replaced: int = 0
    removed: int = 0
    rejected: int = 0
    forgets: bool = False
    """The versions before it cannot be read any more."""


class ConflictError(CorpusError):
    """Another writer was faster: the change is to be made again, on the version it made."""


def file_name(record: str, stem: str) -> str:
    """Return the name of a data file."""
    return f"{RECORD}={record}/{stem}{DATA}"


# ---------------------------------------------------------------- reading


def snapshot(storage: Storage, version: int | None = None) -> Snapshot:
    """Return the files of a version, the latest by default.  Raises CorpusError."""
    if version is not None:
        _refuse_forgotten(storage, version)
    return listed(storage, version)


def listed(storage: Storage, version: int | None = None) -> Snapshot:
    """Return the files of a version, even where they are forgotten and gone."""
    table = opened(storage, version)
    # Not pa.table(): it imports pandas, where that is installed, to ask whether it is given a data frame.
    stored = pa.RecordBatchReader.from_stream(table.get_add_actions()).read_all()
    actions = stored.select(["path", "size_bytes", "num_records"]).to_pylist()
    files: dict[str, list[DataFile]] = {}
    for action in sorted(actions, key=lambda action: str(action["path"])):
        record = action["path"].partition("/")[0].removeprefix(f"{RECORD}=")
        found = DataFile(record, action["path"], action["size_bytes"], action["num_records"])
        files.setdefault(record, []).append(found)
    return Snapshot(storage, table.version(), {record: tuple(found) for record, found in files.items()})


def _refuse_forgotten(storage: Storage, version: int) -> None:
    first = max((number for number, _, change in changes(storage) if change.forgets), default=0)
    if 0 <= version < first:
        raise CorpusError(f"{storage.location}: version {version} was forgotten, the first one left is {first}")


def opened(storage: Storage, version: int | None = None) -> DeltaTable:
    """Return the Delta table of a corpus, once it is known to be one that can be read."""
    with _own_errors(storage):
        if not is_corpus(storage):
            raise CorpusError(f"{storage.location}: not a corpus. Make one with: sr2graph ingest")
        table = DeltaTable(storage.location)
        _refuse_foreign(storage, table)
        if version is None or version == table.version():
            return table
        if not 0 <= version < table.version():
            raise CorpusError(f"{storage.location}: there is no version {version}, the latest is {table.version()}")
        return DeltaTable(storage.location, version=version)


def is_corpus(storage: Storage) -> bool:
    """Tell whether there is a Delta table."""
    if storage.is_local and not Path(storage.location).is_dir():
        return False
    return DeltaTable.is_deltatable(storage.location)


def _refuse_foreign(storage: Storage, table: DeltaTable) -> None:
    format_ = table.metadata().configuration.get(_FORMAT)
    if format_ is None:
        raise CorpusError(f"{storage.location}: a Delta table, but not a corpus of sr2graph. Choose another folder")
    unknown = {field.name for field in table.schema().fields} - set(delta_schema().names)
    if not format_.isdecimal() or int(format_) > FORMAT or unknown:
        raise CorpusError(f"{storage.location}: written by a newer sr2graph than this one. Upgrade sr2graph")


# ---------------------------------------------------------------- writing


def created(storage: Storage) -> Snapshot:
    """Return the latest version of a corpus to be written to, making an empty one where there is nothing."""
    with _own_errors(storage):
        if not is_corpus(storage):
            _refuse_occupied(storage)
            _create(storage)
        table = opened(storage)
        known = {field.name for field in table.schema().fields}
        missing = [field for field in delta_schema() if field.name not in known]
        if missing:
            table.alter.add_columns(list(Schema.from_arrow(pa.schema(missing)).fields))
    return snapshot(storage)


def _create(storage: Storage) -> None:
    try:
        DeltaTable.create(
            storage.location,
            delta_schema(),
            mode="ignore",
            partition_by=[RECORD],
            configuration=_CONFIGURATION,
            raise_if_key_not_exists=False,
            commit_properties=CommitProperties(custom_metadata=_described(Change("create"))),
        )
    except (DeltaError, OSError):
        # Another process may have made it at the same time.
        if not is_corpus(storage):
            raise


def _refuse_occupied(storage: Storage) -> None:
    """A folder with other things in it is no place for a corpus."""
    if not storage.is_local:
        return
    folder = Path(storage.location)
    # A process that was killed while it made the corpus may have left the empty folder of the log.
    if folder.is_dir() and any(entry.name != _LOG for entry in folder.iterdir()):
        raise CorpusError(f"{storage.location}: a folder with other things in it, and not a corpus. Choose another one")
    if folder.exists() and not folder.is_dir():
        raise CorpusError(f"{storage.location}: a file. A corpus is a folder: choose another name")


def commit(base: Snapshot, added: Iterable[DataFile], removed: Iterable[DataFile], change: Change) -> Snapshot:
    """Make the version after `base`.  Raises ConflictError when there is one already, else CorpusError."""
    now = int(time.time() * 1000)
    actions: list[AddAction | RemoveAction] = [_add(file, now) for file in added]
    actions += [
        RemoveAction(
            file.name, data_change=True, deletion_timestamp=now, size=file.size, partition_values={RECORD: file.record}
        )
        for file in removed
    ]
    metadata = _described(change)
    table = opened(base.storage, base.version)
    try:
        table.create_write_transaction(
            actions,
            "append",
            delta_schema(),
            partition_by=[RECORD],
            commit_properties=CommitProperties(
                custom_metadata=metadata,
                max_commit_retries=0,
                app_transactions=[Transaction(_APPLICATION, base.version + 1)],
            ),
            post_commithook_properties=PostCommitHookProperties(cleanup_expired_logs=False),
        )
    except (DeltaError, OSError) as cause:
        _judge(base, metadata[_COMMIT], cause)
    return snapshot(base.storage)


def _judge(base: Snapshot, commit_id: str, cause: Exception) -> None:
    """Return when the commit came about in spite of an error, raise what it amounts to otherwise."""
    after = next((entry for entry in _history(base.storage) if entry["version"] == base.version + 1), None)
    if after is None:
        raise CorpusError(
            f"{base.storage.location}: the commit failed ({_first_line(cause)}). "
            "What was committed before is kept; run again when mended"
        ) from cause
    if after.get(_COMMIT) != commit_id:
        raise ConflictError(f"{base.storage.location}: version {base.version + 1} is by another writer") from cause


def _add(file: DataFile, now: int) -> AddAction:
    stats = json.dumps({"numRecords": file.rows})
    return AddAction(file.name, file.size, {RECORD: file.record}, now, data_change=True, stats=stats)


def _described(change: Change) -> dict[str, Any]:
    return {_APPLICATION: json.dumps(asdict(change)), _COMMIT: uuid.uuid4().hex}


# ---------------------------------------------------------------- history


def changes(storage: Storage) -> list[tuple[int, int, Change]]:
    """Return (version, time in milliseconds since 1970, change) of each version, the first one first."""
    return [(entry["version"], entry["timestamp"], _change(entry)) for entry in reversed(_history(storage))]


def _history(storage: Storage) -> list[dict[str, Any]]:
    with _own_errors(storage):
        return opened(storage).history()


def _change(entry: Mapping[str, Any]) -> Change:
    described = entry.get(_APPLICATION)
    # Columns that a later vocabulary brings are added by a commit of Delta Lake's own.
    return Change(**json.loads(described)) if described else Change(str(entry["operation"]).lower())


# ---------------------------------------------------------------- errors


@contextmanager
def _own_errors(storage: Storage) -> Iterator[None]:
    try:
        yield
    except (DeltaError, OSError) as cause:
        raise CorpusError(f"{storage.location}: cannot be opened ({_first_line(cause)})") from cause


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
