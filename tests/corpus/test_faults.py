"""Killed, full, contested: a corpus is always as of its last commit, and the next run does the rest."""

import errno
import os
import random
import resource
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from contextlib import closing
from itertools import cycle
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from sr2graph.corpus import log
from sr2graph.corpus.compact import compact
from sr2graph.corpus.history import versions
from sr2graph.corpus.ingest import ingest, ingest_reports
from sr2graph.corpus.remove import remove
from sr2graph.corpus.storage import storage
from sr2graph.errors import CorpusError
from tests.conftest import ROOT
from tests.corpus.shown import Shown, ask, iris, of_connection, opened, shown
from tests.corpus.test_compact import AT_ONCE, on_disk
from tests.inputs import dicom, otherwise, reports

RUN = """
import os, sys, signal
from sr2graph.corpus import assemble, index, ingest, log, shards
{patch}
if __name__ == "__main__":
    ingest._CHUNK_INPUTS, ingest._COMMIT_INPUTS = 2, 4
    ingest.ingest({corpus!r}, [{folder!r}], jobs={jobs})
"""
"""An ingest that commits often, in a process of its own."""

DIES = """
def dying(genuine, calls=[0]):
    def call(*args, **kwargs):
        calls[0] += 1
        result = genuine(*args, **kwargs)
        if calls[0] == {call}:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    return call
{step} = dying({step})
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The samples, and another content of the first one."""
    place = tmp_path_factory.mktemp("in")
    for number in range(len(reports())):
        (place / f"{number:02d}.dcm").write_bytes(dicom(number))
    (place / "99.dcm").write_bytes(otherwise(reports()[0]).to_dicom())
    return place


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> Shown:
    """What a corpus shows when nothing happens."""
    place = tmp_path_factory.mktemp("corpora") / "clean"
    ingest(place, [str(folder)], jobs=1)
    return shown(place)


def started(corpus: Path, folder: Path, patch: str = "", jobs: int = 1) -> subprocess.Popen[bytes]:
    program = RUN.format(corpus=str(corpus), folder=str(folder), patch=textwrap.dedent(patch), jobs=jobs)
    # A file, as workers that are not forked want to import it again.
    script = corpus.with_name(f"{folder.name}.py")
    script.write_text(program)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, str(script)], stderr=subprocess.PIPE, env=environment)


def assert_mends(corpus: Path, folder: Path, clean: Shown) -> None:
    """What is there is whole, and a further run and a compaction leave no trace of what happened."""
    if log.is_corpus(storage(corpus)):
        with closing(opened(corpus)) as connection:
            found = connection.execute("SELECT iri FROM documents").fetchall()
            of_items = "SELECT DISTINCT d.iri FROM items JOIN documents d USING (document)"
            assert sorted(found) == sorted(connection.execute(of_items).fetchall())
        assert versions(corpus)[-1].reports == len(found)
    ingest(corpus, [str(folder)], jobs=1)
    assert shown(corpus) == clean
    compact(corpus, left_over=AT_ONCE, forget_history=True)
    assert shown(corpus) == clean
    assert on_disk(corpus) == log.snapshot(storage(corpus)).names()


STEPS = {
    "log.created": (1,),
    "ingest.index": (1,),
    "shards.write": (1, 3),
    "ingest.assemble": (1, 3),
    "log.commit": (1, 3),
    "shards.remove_files": (1,),
}
"""Steps of a run, and after which of their turns it dies: in its first commit or a later one.

What is on disk before a step is what is there after the one before it.
"""


@pytest.mark.parametrize(("step", "call"), [(step, call) for step, calls in STEPS.items() for call in calls])
def test_killed_at_a_certain_point(tmp_path: Path, folder: Path, clean: Shown, step: str, call: int) -> None:
    corpus = tmp_path / "corpus"
    process = started(corpus, folder, DIES.format(step=step, call=call))
    _, problem = process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL, problem.decode()
    assert_mends(corpus, folder, clean)


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 2])
def test_killed_at_any_moment(tmp_path: Path, folder: Path, clean: Shown, jobs: int) -> None:
    """Again and again, at random times, into one corpus."""
    corpus = tmp_path / "corpus"
    killed = 0
    for seed in range(5):
        process = started(corpus, folder, jobs=jobs)
        time.sleep(random.Random(seed).uniform(0.1, 2.5))
        killed += process.poll() is None
        process.kill()
        process.communicate()
        if log.is_corpus(storage(corpus)):
            assert versions(corpus)[-1].reports == len(iris(corpus))
    assert killed
    assert_mends(corpus, folder, clean)


# ---------------------------------------------------------------- disks


def test_a_full_disk(tmp_path: Path, folder: Path, clean: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some commits are made, then there is no room: what is committed stays, half a file does not."""
    corpus = tmp_path / "corpus"
    genuine: Callable[..., None] = pq.ParquetWriter.write_table
    calls = iter(range(10**6))

    def write_table(self: Any, table: Any, row_group_size: int) -> None:
        if next(calls) >= 25:
            Path(self.where).write_bytes(b"half")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        genuine(self, table, row_group_size)

    with monkeypatch.context() as full:
        full.setattr(pq.ParquetWriter, "write_table", write_table)
        full.setattr("sr2graph.corpus.ingest._CHUNK_INPUTS", 2)
        full.setattr("sr2graph.corpus.ingest._COMMIT_INPUTS", 4)
        with pytest.raises(
            CorpusError, match=r"cannot be written \(No space left on device\).*committed before is kept"
        ):
            ingest(corpus, [str(folder)], jobs=1)
    assert len(iris(corpus)) == 4
    assert on_disk(corpus) == log.snapshot(storage(corpus)).names()
    assert_mends(corpus, folder, clean)


LIMITED = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))
"""


@pytest.mark.parametrize("size", [200, 5_000, 40_000])
def test_no_file_may_be_larger(tmp_path: Path, folder: Path, clean: Shown, size: int) -> None:
    """The system refuses in the middle of a file, be it the log's or a data file, of this process or a worker's."""
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    corpus = tmp_path / "corpus"
    process = started(corpus, folder, LIMITED.format(size=size), jobs=2)
    _, problem = process.communicate(timeout=120)
    assert (b"CorpusError" in problem) is (process.returncode != 0), problem.decode()
    assert_mends(corpus, folder, clean)


def test_a_folder_that_cannot_be_written(tmp_path: Path, folder: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    place = tmp_path / "sealed"
    place.mkdir(mode=0o500)
    with pytest.raises(CorpusError, match="sealed"):
        ingest(place / "corpus", [str(folder)], jobs=1)


def test_a_data_file_that_is_lost(tmp_path: Path) -> None:
    """Somebody tidied up: the next ingest says so rather than lose more."""
    ingest_reports(tmp_path, reports()[:1])
    next(tmp_path.glob("record=documents/*.parquet")).unlink()
    with pytest.raises(CorpusError, match=r"record=documents.* missing or damaged"):
        ingest_reports(tmp_path, reports()[1:2])


@pytest.mark.parametrize("record", ["removals", "codes"])
def test_a_lost_file_is_told_to_readers(tmp_path: Path, record: str) -> None:
    ingest_reports(tmp_path, reports()[:2])
    remove(tmp_path, [reports()[0].sop_instance_uid])
    next(tmp_path.glob(f"record={record}/*.parquet")).write_bytes(b"no Parquet")
    for use in (opened, compact):
        with pytest.raises(CorpusError, match=f"cannot be read .*record={record}"):
            use(tmp_path)


# ---------------------------------------------------------------- several at once


def test_two_writers_of_one_corpus(tmp_path: Path, folder: Path, clean: Shown) -> None:
    """Nothing is lost, nothing is there twice."""
    corpus = tmp_path / "corpus"
    others = tmp_path / "others"
    others.mkdir()
    for number in range(3, len(reports())):
        (others / f"{number}.dcm").write_bytes(dicom(number))
    processes = [started(corpus, folder), started(corpus, others)]
    for process in processes:
        _, problem = process.communicate(timeout=240)
        assert process.returncode == 0, problem.decode()
    assert shown(corpus) == clean
    assert ask(corpus, "SELECT count(*) FROM (SELECT iri FROM documents GROUP BY iri HAVING count(*) > 1)") == [(0,)]
    assert versions(corpus)[-1].reports == len(reports())


def test_a_writer_that_is_always_too_late(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each time it commits another one was faster, with the same reports, or others of the same UIDs."""
    corpus = tmp_path / "corpus"
    genuine = log.commit
    turns = [lambda: ingest_reports(corpus, reports()[:2]), lambda: ingest_reports(corpus, [otherwise(reports()[3])])]

    def commit(*args: Any) -> log.Snapshot:
        if turns:
            turns.pop(0)()
        return genuine(*args)

    monkeypatch.setattr(log, "commit", commit)
    tally = ingest(corpus, [str(folder)], jobs=1)
    assert (tally.unchanged, tally.added + tally.replaced) == (2, len(reports()) - 1)
    assert len(iris(corpus)) == len(reports())
    assert on_disk(corpus) == log.snapshot(storage(corpus)).names()


def test_a_writer_while_others_compact(
    tmp_path: Path, folder: Path, clean: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it knew of the files is no longer true after each of its commits."""
    corpus = tmp_path / "corpus"
    monkeypatch.setattr("sr2graph.corpus.ingest._CHUNK_INPUTS", 2)
    monkeypatch.setattr("sr2graph.corpus.ingest._COMMIT_INPUTS", 2)
    genuine = log.commit
    compacts = cycle([True, False])  # the second try of each commit is left alone, or it would never end

    def commit(*args: Any) -> log.Snapshot:
        if args[3].operation == "ingest" and next(compacts):
            compact(corpus, forget_history=True)
        return genuine(*args)

    monkeypatch.setattr(log, "commit", commit)
    ingest(corpus, [str(folder)], jobs=1)
    assert shown(corpus) == clean


def test_a_reader_keeps_its_version(tmp_path: Path) -> None:
    """Whatever writers do, short of forgetting history."""
    ingest_reports(tmp_path, reports()[:3])
    with closing(opened(tmp_path)) as connection:
        before = of_connection(connection)
        ingest_reports(tmp_path, [reports()[3], otherwise(reports()[0])])
        remove(tmp_path, [reports()[1].sop_instance_uid])
        compact(tmp_path, left_over=AT_ONCE)
        assert of_connection(connection) == before
    assert shown(tmp_path, 1) == before != shown(tmp_path)


def test_old_versions_give_old_answers(tmp_path: Path) -> None:
    answers = []
    for number, report in enumerate(reports()[:4], 1):
        ingest_reports(tmp_path, [report])
        answers.append((number, shown(tmp_path)))
    remove(tmp_path, [reports()[0].sop_instance_uid])
    compact(tmp_path)
    assert all(shown(tmp_path, number) == answer for number, answer in answers)
