"""Versions come about whole or not at all, and nothing foreign is taken for a corpus."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError, DeltaError

from sr2graph.corpus import log, rows, shards
from sr2graph.corpus.history import versions
from sr2graph.corpus.ingest import ingest, ingest_reports
from sr2graph.corpus.log import Change, ConflictError, DataFile, Snapshot
from sr2graph.corpus.storage import Storage, storage
from sr2graph.corpus.tables import Table, delta_schema, tables
from sr2graph.errors import CorpusError
from tests.corpus.shown import ask, shown
from tests.inputs import reports

REMOVALS = {"document": 1, "iri": "urn:x", "reason": "removed", "removed_at": "now"}


@pytest.fixture
def empty(tmp_path: Path) -> Snapshot:
    return log.created(storage(tmp_path / "corpus"))


def rows_file(place: Storage) -> DataFile:
    """A data file that no version names yet."""
    return shards.write(place, "removals", pa.Table.from_pylist([REMOVALS], schema=tables()["removals"].schema))


def test_a_new_corpus_is_empty(empty: Snapshot) -> None:
    assert (empty.version, empty.files) == (0, {})
    assert log.created(empty.storage) == empty


def test_a_commit_names_its_files(empty: Snapshot) -> None:
    file = rows_file(empty.storage)
    after = log.commit(empty, [file], [], Change("ingest", added=1))
    assert (after.version, after.files) == (1, {"removals": (file,)})
    assert log.commit(after, [], [file], Change("compact")).files == {}
    assert log.snapshot(empty.storage, 1) == after
    assert [change.operation for _, _, change in log.changes(empty.storage)] == ["create", "ingest", "compact"]


def test_of_two_writers_one_starts_again(empty: Snapshot) -> None:
    """Also where their changes have nothing to do with one another."""
    log.commit(empty, [rows_file(empty.storage)], [], Change("ingest"))
    with pytest.raises(ConflictError, match="version 1"):
        log.commit(empty, [rows_file(empty.storage)], [], Change("ingest"))
    assert len(log.snapshot(empty.storage).names()) == 1


def failing(monkeypatch: pytest.MonkeyPatch, *, after: bool) -> None:
    """Let commits fail, before or after they came about."""
    genuine: Callable[..., Any] = DeltaTable.create_write_transaction

    def fails(self: DeltaTable, *args: Any, **kwargs: Any) -> None:
        if after:
            genuine(self, *args, **kwargs)
        raise CommitFailedError("the line went dead")

    monkeypatch.setattr(DeltaTable, "create_write_transaction", fails)


def test_a_commit_that_came_about_in_spite_of_an_error(empty: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lost answer of an object store, or a checkpoint that could not be written."""
    failing(monkeypatch, after=True)
    assert log.commit(empty, [rows_file(empty.storage)], [], Change("ingest")).version == 1


def test_a_commit_that_failed(empty: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, after=False)
    with pytest.raises(CorpusError, match=r"the commit failed \(the line went dead\).*run again"):
        log.commit(empty, [rows_file(empty.storage)], [], Change("ingest"))
    assert log.snapshot(empty.storage).version == 0


@pytest.mark.parametrize("version", [2, -1])
def test_a_version_that_does_not_exist(empty: Snapshot, version: int) -> None:
    with pytest.raises(CorpusError, match=f"no version {version}"):
        log.snapshot(empty.storage, version)


# ---------------------------------------------------------------- what is no corpus


def test_a_folder_with_other_things_in_it(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(CorpusError, match="other things in it"):
        ingest(tmp_path, [], jobs=1)
    with pytest.raises(CorpusError, match="not a corpus"):
        log.snapshot(storage(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("mine")
    with pytest.raises(CorpusError, match="a file"):
        ingest(path, [], jobs=1)


def test_nothing(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="not a corpus"):
        log.snapshot(storage(tmp_path / "absent"))
    assert not (tmp_path / "absent").exists()


def test_the_log_of_a_corpus_that_was_never_finished(tmp_path: Path) -> None:
    """Made by a process that was killed at once."""
    (tmp_path / "_delta_log").mkdir()
    assert ingest_reports(tmp_path, reports()[:1]) == 1


def test_a_delta_table_of_somebody_else(tmp_path: Path) -> None:
    DeltaTable.create(str(tmp_path), pa.schema([("a", pa.int64())]))
    for use in (lambda: log.snapshot(storage(tmp_path)), lambda: ingest(tmp_path, [], jobs=1)):
        with pytest.raises(CorpusError, match="not a corpus of sr2graph"):
            use()


def test_a_damaged_log(empty: Snapshot) -> None:
    (entry,) = Path(empty.storage.location).rglob("*.json")
    entry.write_text("{")
    with pytest.raises(CorpusError, match="cannot be opened"):
        log.snapshot(empty.storage)


@pytest.mark.parametrize("format_", ["2", "x"])
def test_a_corpus_of_a_newer_format(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format_: str) -> None:
    monkeypatch.setitem(log._CONFIGURATION, log._FORMAT, format_)
    with pytest.raises(CorpusError, match="newer sr2graph"):
        log.created(storage(tmp_path))


def test_a_corpus_with_columns_of_a_newer_vocabulary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as newer:
        newer.setattr(log, "delta_schema", lambda: delta_schema().append(pa.field("new", pa.string())))
        log.created(storage(tmp_path))
    with pytest.raises(CorpusError, match="newer sr2graph"):
        log.snapshot(storage(tmp_path))


@pytest.mark.parametrize("location", ["ftp://host/x", "memory://x", "az://container/x"])
def test_a_url_of_something_else(location: str) -> None:
    with pytest.raises(CorpusError, match="Give a folder, or a URL"):
        storage(location)


def test_a_path_with_a_percent_sign() -> None:
    with pytest.raises(CorpusError, match="percent sign"):
        storage("a%20b")


@pytest.mark.parametrize("name", ["a b", "é#x", "q?x", "a[1]", "a*", "it's", 'a"b', "a:b", "file:x", "record=x"])
def test_odd_names_of_folders(tmp_path: Path, name: str) -> None:
    """What Delta Lake, Arrow and DuckDB might take for something else."""
    ingest_reports(tmp_path / name, reports()[:1])
    ingest_reports(f"file://{tmp_path / name}".replace("#", "%23").replace("?", "%3F"), reports()[:2])
    assert ask(tmp_path / name, "SELECT count(*) FROM documents") == [(2,)]
    assert [path.name for path in tmp_path.iterdir()] == [name]


# ---------------------------------------------------------------- an older vocabulary


LATER = {"items": ("text", "wkt"), "documents": ("patient_name",)}
"""Columns that an older sr2graph did not know."""


def older_tables() -> dict[str, Table]:
    return {
        name: Table(name, tuple(column for column in table.columns if column.name not in LATER.get(name, ())))
        for name, table in tables().items()
    }


def made_by_an_older_one(location: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    older = older_tables()
    fields = {column.name: column.type for table in older.values() for column in table.columns}
    with monkeypatch.context() as patched:
        patched.setattr(log, "delta_schema", lambda: pa.schema([("record", pa.string()), *fields.items()]))
        for module in ("rows", "shards", "encode", "assemble"):
            patched.setattr(f"sr2graph.corpus.{module}.tables", lambda: older)
        patched.setattr(rows, "_stored", rows._stored.__wrapped__)
        ingest_reports(location, reports()[:2])


def test_a_corpus_of_an_older_vocabulary_is_read_and_added_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it did not know is not there for its reports, and for those added later it is."""
    made_by_an_older_one(tmp_path, monkeypatch)
    names = "SELECT count(patient_name), count(*) FROM documents"
    texts = "SELECT count(text) > 0, count(wkt) FROM items"
    assert ask(tmp_path, names) == [(0, 2)]
    assert ask(tmp_path, texts) == [(False, 0)]
    ingest_reports(tmp_path, reports()[2:4])
    assert ask(tmp_path, names) == [(2, 4)]
    assert ask(tmp_path, texts)[0][0] is True
    assert [version.operation for version in versions(tmp_path)] == ["create", "ingest", "add column", "ingest"]
    without = {column for columns in LATER.values() for column in columns}
    ingest_reports(tmp_path.with_name("new"), reports()[:4])
    assert shown(tmp_path, without=without | {"ingested_at"}) == shown(
        tmp_path.with_name("new"), without=without | {"ingested_at"}
    )


def test_errors_of_delta_lake_do_not_get_out(empty: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise DeltaError("first line\nand more")

    monkeypatch.setattr(DeltaTable, "history", fails)
    with pytest.raises(CorpusError, match=r"\(first line\)"):
        versions(empty.storage.location)
