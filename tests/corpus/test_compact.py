"""Compaction changes files, and no answer."""

import datetime
import itertools
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from sr2graph.corpus import compact as module
from sr2graph.corpus import log, shards
from sr2graph.corpus.compact import compact
from sr2graph.corpus.history import versions
from sr2graph.corpus.ingest import ingest, ingest_reports
from sr2graph.corpus.remove import remove
from sr2graph.corpus.storage import storage
from sr2graph.corpus.tables import tables
from sr2graph.errors import CorpusError
from tests.corpus.shown import ask, iris, shown
from tests.inputs import otherwise, reports
from tests.strategies import full_report

AT_ONCE = datetime.timedelta(0)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reports that came one by one, with one that was replaced and one that was removed."""
    place = tmp_path_factory.mktemp("corpora") / "corpus"
    for report in reports()[:4]:
        ingest_reports(place, [report])
    ingest_reports(place, [full_report(), otherwise(reports()[0])])
    remove(place, [reports()[1].sop_instance_uid])
    return place


@pytest.fixture
def corpus(made: Path, tmp_path: Path) -> Path:
    """The same, to be changed."""
    return shutil.copytree(made, tmp_path / "corpus")


def files(location: Path, record: str) -> list[Path]:
    return [location / file.name for file in log.snapshot(storage(location)).files.get(record, ())]


def on_disk(location: Path) -> set[str]:
    return {str(path.relative_to(location)) for path in location.rglob("*.parquet")}


def test_no_answer_changes(corpus: Path) -> None:
    before = shown(corpus, without=())
    version = compact(corpus).version
    assert shown(corpus, without=()) == before
    assert version == log.snapshot(storage(corpus)).version == 7


def test_one_file_for_each_table(corpus: Path) -> None:
    found = compact(corpus)
    held = {name: len(found) for name, found in log.snapshot(storage(corpus)).files.items()}
    assert set(held.values()) == {1}
    assert found.files_after == len(held) < found.files_before
    assert found.bytes_after < found.bytes_before


def test_what_was_removed_is_gone_from_the_files(corpus: Path) -> None:
    compact(corpus)
    documents = {document for (document,) in ask(corpus, "SELECT document FROM documents")}
    for table in tables().values():
        if table.of_documents:
            for file in files(corpus, table.name):
                assert set(pq.read_table(file, partitioning=None)["document"].to_pylist()) <= documents
    assert files(corpus, "removals") == []
    used = {code for (code,) in ask(corpus, "SELECT code FROM code_uses")}
    assert {code for (code,) in ask(corpus, "SELECT code FROM codes")} == used


@pytest.mark.parametrize(("record", "column"), [("nodes", "document"), ("items", "concept_name")])
def test_rows_are_sorted_so_that_row_groups_cover_narrow_ranges(
    corpus: Path, monkeypatch: pytest.MonkeyPatch, record: str, column: str
) -> None:
    monkeypatch.setattr(shards, "ROW_GROUP", 32)
    monkeypatch.setattr(shards, "ITEMS_GROUP", 64)
    ingest_reports(corpus, reports()[4:])
    compact(corpus)
    (file,) = files(corpus, record)
    assert_narrow_ranges(file, column)


def test_items_are_sorted_from_the_start(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not only when they are compacted."""
    monkeypatch.setattr(shards, "ITEMS_GROUP", 64)
    ingest_reports(corpus, reports()[4:])
    assert_narrow_ranges(max(files(corpus, "items"), key=lambda file: file.stat().st_size), "concept_name")


def assert_narrow_ranges(file: Path, column: str) -> None:
    metadata = pq.read_metadata(file)
    assert metadata.num_row_groups > 3
    at = metadata.schema.names.index(column)
    found = [metadata.row_group(i).column(at).statistics for i in range(metadata.num_row_groups)]
    ranges = [one for one in found if one.has_min_max]  # items without a name come last
    assert len(ranges) > 3
    assert all(one.max <= other.min for one, other in itertools.pairwise(ranges))
    assert ranges == found[: len(ranges)]


def test_earlier_versions_stay_readable(corpus: Path) -> None:
    before = {version.number: shown(corpus, version.number) for version in versions(corpus)}
    compact(corpus)
    assert {number: shown(corpus, number) for number in before} == before


def test_a_second_time_there_is_nothing_to_do(corpus: Path) -> None:
    first = compact(corpus)
    again = compact(corpus)
    assert (again.version, again.deleted) == (first.version, 0)
    assert again.bytes_before == again.bytes_after == first.bytes_after


def test_only_what_is_new_is_merged(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that is large enough stays as it is, until one of its documents goes."""
    monkeypatch.setattr(module, "_RUN_ITEMS", 200)
    compact(corpus)
    runs = set(files(corpus, "items"))
    ingest_reports(corpus, reports()[5:7])
    compact(corpus)
    kept = runs & set(files(corpus, "items"))
    assert kept
    assert kept != set(files(corpus, "items"))
    (largest,) = ask(corpus, "SELECT sop_instance_uid FROM documents ORDER BY items DESC LIMIT 1")
    remove(corpus, largest)
    before = shown(corpus)
    compact(corpus)
    assert shown(corpus) == before
    assert files(corpus, "removals") == []


def test_history_can_be_forgotten(corpus: Path) -> None:
    before = shown(corpus)
    version = compact(corpus, forget_history=True).version
    assert shown(corpus) == before
    assert on_disk(corpus) == log.snapshot(storage(corpus)).names()
    assert [found.number for found in versions(corpus) if found.is_readable] == [version]
    for number in range(version):
        with pytest.raises(CorpusError, match=f"version {number} was forgotten, the first one left is {version}"):
            shown(corpus, number)
    ingest_reports(corpus, reports()[5:6])
    assert len(iris(corpus, version)) == len(iris(corpus)) - 1


def test_history_can_be_forgotten_later(corpus: Path) -> None:
    """When there is nothing left to merge."""
    compact(corpus)
    found = compact(corpus, forget_history=True)
    assert found.deleted > 0
    assert on_disk(corpus) == log.snapshot(storage(corpus)).names()


def test_what_runs_that_died_left_behind_goes_when_it_is_old(corpus: Path) -> None:
    """A file of an ingest that still runs must stay."""
    place = storage(corpus)
    left = shards.write(place, "items", tables()["items"].schema.empty_table())
    assert compact(corpus).deleted == 0
    assert left.name in on_disk(corpus)
    named = on_disk(corpus) - {left.name}
    assert compact(corpus, left_over=AT_ONCE).deleted == 1
    assert on_disk(corpus) == named


def between(monkeypatch: pytest.MonkeyPatch, *turns: Callable[[], Any]) -> None:
    """Let other writers do these things, each just before a compaction commits."""
    genuine = log.commit
    todo = list(turns)

    def commit(*args: Any) -> log.Snapshot:
        if todo and args[3].operation == "compact":
            todo.pop(0)()
        return genuine(*args)

    monkeypatch.setattr(log, "commit", commit)


def test_what_others_add_and_remove_meanwhile_stays(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = corpus.with_name("expected")
    ingest_reports(expected, [otherwise(reports()[0]), reports()[3], full_report(), reports()[5]])
    between(
        monkeypatch,
        lambda: ingest_reports(corpus, [reports()[5]]),
        lambda: remove(corpus, [reports()[2].sop_instance_uid]),
    )
    compact(corpus)
    assert shown(corpus) == shown(expected)


def test_two_compactions_at_once(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The slower one sees that its work is done."""
    before = shown(corpus)
    between(monkeypatch, lambda: compact(corpus))
    compact(corpus, left_over=AT_ONCE)
    assert shown(corpus) == before
    assert [version.operation for version in versions(corpus)].count("compact") == 1
    history = set[str]().union(*(log.listed(storage(corpus), version.number).names() for version in versions(corpus)))
    assert on_disk(corpus) == history


def test_an_empty_corpus(tmp_path: Path) -> None:
    log.created(storage(tmp_path))
    assert compact(tmp_path).version == 0
    assert compact(tmp_path, forget_history=True).version == 1


def test_rejects_are_merged(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    for number in range(3):
        ingest(corpus, [str(tmp_path / f"absent-{number}")], jobs=1)
    compact(corpus)
    assert len(files(corpus, "rejects")) == 1
    assert ask(corpus, "SELECT count(*) FROM rejects") == [(3,)]
