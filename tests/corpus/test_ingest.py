"""Files in, versions out: each input accounted for, nothing twice."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sr2graph.batch.reading import Document
from sr2graph.corpus import ingest as module
from sr2graph.corpus import worker
from sr2graph.corpus.history import versions
from sr2graph.corpus.ingest import ingest, ingest_reports
from sr2graph.corpus.log import snapshot
from sr2graph.corpus.outcome import Ingested, IngestState
from sr2graph.corpus.remove import remove
from sr2graph.corpus.storage import storage
from sr2graph.dicom.limits import Limits
from sr2graph.dicom.report import Report
from sr2graph.graph.quads import report_iri
from tests.corpus.shown import ask, iris, shown
from tests.inputs import (
    JUNK,
    KIND_COUNT,
    ct_image,
    deviating,
    dicom,
    fill,
    implicit,
    json_array,
    otherwise,
    reports,
    small,
    zipped,
)

IRIS = {report_iri(report) for report in reports()}


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return tmp_path / "corpus"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One sample of each kind, and junk."""
    place = tmp_path / "in"
    place.mkdir()
    fill(place)
    return place


def written(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    return str(path)


def test_a_folder(corpus: Path, folder: Path) -> None:
    tally = ingest(corpus, [str(folder)], jobs=1)
    assert (tally.added, tally.skipped, tally.failed, tally.version) == (KIND_COUNT, JUNK, 0, 1)
    assert tally.items == sum(1 for report in reports() for _ in report.walk())
    assert iris(corpus) == IRIS
    assert [version.reports for version in versions(corpus)] == [0, KIND_COUNT]


def test_archives_arrays_and_lists(corpus: Path, tmp_path: Path) -> None:
    """What `convert` takes, `ingest` takes."""
    archive = written(tmp_path / "some.zip", zipped({"a/b": dicom(0), "inner.zip": zipped({"c": dicom(1)})}))
    array = written(tmp_path / "some.json", json_array(reports()[2], reports()[3]))
    listed = [f"{written(tmp_path / 'x', dicom(4))}\n".encode()]
    outcomes: list[Ingested] = []
    tally = ingest(corpus, [archive, array, "-"], jobs=1, listed=listed, watch=outcomes.append)
    assert tally.added == 5
    names = [outcome.file.removeprefix(f"{tmp_path}/") for outcome in outcomes]
    assert names == ["some.zip!a/b", "some.zip!inner.zip!c", "some.json[0]", "some.json[1]", "x"]
    assert [outcome.named for outcome in outcomes] == [False, False, True, True, False]
    sources = {source.removeprefix(f"{tmp_path}/") for (source,) in ask(corpus, "SELECT source FROM documents")}
    assert sources == set(names)


def test_workers_make_the_same_corpus(tmp_path: Path, folder: Path) -> None:
    outcomes: dict[int, list[Ingested]] = {1: [], 2: []}
    for jobs, seen in outcomes.items():
        ingest(tmp_path / str(jobs), [str(folder)], jobs=jobs, watch=seen.append)
    assert [outcome.file for outcome in outcomes[1]] == [outcome.file for outcome in outcomes[2]]
    assert [outcome.state for outcome in outcomes[1]] == [outcome.state for outcome in outcomes[2]]
    assert shown(tmp_path / "1", without={"ingested_at"}) == shown(tmp_path / "2", without={"ingested_at"})


def test_many_chunks_and_commits_make_the_same_corpus(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(tmp_path / "one", [str(folder)], jobs=1)
    monkeypatch.setattr(module, "_CHUNK_INPUTS", 2)
    monkeypatch.setattr(module, "_COMMIT_INPUTS", 4)
    monkeypatch.setattr(worker, "_ITEMS_AT_ONCE", 100)
    monkeypatch.setattr(worker, "_SMALL", 4000)
    tally = ingest(tmp_path / "many", [str(folder)], jobs=1)
    assert tally.version > 3
    assert shown(tmp_path / "one", without={"ingested_at"}) == shown(tmp_path / "many", without={"ingested_at"})


def test_the_same_bytes_are_not_even_read(corpus: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ingest(corpus, [str(folder)], jobs=1)
    read: list[str] = []
    genuine: Callable[..., object] = Document.read

    def noted(self: Document, **kwargs: Any) -> object:
        read.append(self.name)
        return genuine(self, **kwargs)

    monkeypatch.setattr(Document, "read", noted)
    tally = ingest(corpus, [str(folder)], jobs=1)
    assert (tally.added, tally.unchanged, tally.skipped) == (0, KIND_COUNT, JUNK)
    assert len(read) == JUNK


def test_the_same_report_in_other_bytes_is_unchanged(corpus: Path, tmp_path: Path) -> None:
    ingest(corpus, [written(tmp_path / "a", dicom(0))], jobs=1)
    before = shown(corpus, without=())
    tally = ingest(corpus, [written(tmp_path / "b", implicit(reports()[0]))], jobs=1)
    assert (tally.added, tally.unchanged, tally.version) == (0, 1, 1)
    assert shown(corpus, without=()) == before


def test_an_array_of_json_is_known_again(corpus: Path, tmp_path: Path) -> None:
    array = written(tmp_path / "some.json", json_array(*reports()[:3]))
    assert ingest(corpus, [array], jobs=1).added == 3
    assert ingest(corpus, [array], jobs=1).unchanged == 3


def test_the_newer_of_two_contents_wins(corpus: Path, tmp_path: Path) -> None:
    report = reports()[0]
    ingest(corpus, [written(tmp_path / "a", report.to_dicom()), written(tmp_path / "c", dicom(1))], jobs=1)
    outcomes: list[Ingested] = []
    tally = ingest(corpus, [written(tmp_path / "b", otherwise(report).to_dicom())], jobs=1, watch=outcomes.append)
    assert (tally.added, tally.replaced, tally.version) == (0, 1, 2)
    assert "same SOP Instance UID" in outcomes[0].reason
    assert ask(corpus, "SELECT count(*), count(DISTINCT iri) FROM documents") == [(2, 2)]
    number = f"SELECT instance_number FROM documents WHERE iri = '{report_iri(report)}'"  # noqa: S608 # our own IRI
    assert ask(corpus, number) == [(4711,)]
    assert ask(corpus, number, version=1) != [(4711,)]
    assert ask(corpus, "SELECT iri, reason FROM removals") == [(report_iri(report), "replaced")]
    assert [version.reports for version in versions(corpus)] == [0, 2, 2]


@pytest.mark.parametrize("commit_inputs", [1, 100])
def test_within_a_run_the_later_input_wins(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, commit_inputs: int
) -> None:
    """Whether a commit lies between the two or not."""
    monkeypatch.setattr(module, "_COMMIT_INPUTS", commit_inputs)
    monkeypatch.setattr(module, "_CHUNK_INPUTS", 1)
    report = reports()[0]
    paths = [written(tmp_path / "a", report.to_dicom()), written(tmp_path / "b", otherwise(report).to_dicom())]
    tally = ingest(corpus, paths, jobs=1)
    assert (tally.added, tally.replaced) == (1, 1)
    assert ask(corpus, "SELECT source FROM documents") == [(paths[1],)]
    assert ask(corpus, "SELECT count(*) FROM items") == [(sum(1 for _ in report.walk()),)]


def test_changed_and_changed_back_is_unchanged(corpus: Path, tmp_path: Path) -> None:
    report = reports()[0]
    ingest(corpus, [written(tmp_path / "a", report.to_dicom())], jobs=1)
    before = shown(corpus, without=())
    paths = [written(tmp_path / "b", otherwise(report).to_dicom()), written(tmp_path / "c", implicit(report))]
    # The second is known to the worker; a third, of other bytes again, is seen by the commit.
    ingest(corpus, paths, jobs=1)
    ingest_reports(corpus, [report, otherwise(report), report])
    after = shown(corpus)
    assert sum(after["documents"].values()) == 1
    assert after["items"] == before["items"]


@pytest.mark.parametrize("commit_inputs", [1, 100])
@pytest.mark.parametrize("encode", [Report.to_dicom, implicit], ids=["same bytes", "other bytes"])
def test_a_folder_with_two_contents_of_one_report_comes_out_the_same_again(
    corpus: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    commit_inputs: int,
    encode: Callable[[Report], bytes],
) -> None:
    """The corpus holds the later one when the run starts, and the earlier one when its turn comes."""
    monkeypatch.setattr(module, "_COMMIT_INPUTS", commit_inputs)
    monkeypatch.setattr(module, "_CHUNK_INPUTS", 1)
    report = reports()[0]
    paths = [written(tmp_path / "a", report.to_dicom()), written(tmp_path / "b", otherwise(report).to_dicom())]
    ingest(corpus, paths, jobs=1)
    before = shown(corpus)
    written(tmp_path / "b", encode(otherwise(report)))
    outcomes: list[Ingested] = []
    ingest(corpus, paths, jobs=1, watch=outcomes.append)
    assert [outcome.file for outcome in outcomes] == paths
    assert shown(corpus) == before


def test_a_stale_input_of_an_array_is_read_alone(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_COMMIT_INPUTS", 1)
    monkeypatch.setattr(module, "_CHUNK_INPUTS", 1)
    first, second = reports()[:2]
    array = written(tmp_path / "b.json", json_array(second, first))
    ingest(corpus, [array], jobs=1)
    before = shown(corpus)
    outcomes: list[Ingested] = []
    other = written(tmp_path / "a", otherwise(first).to_dicom())
    ingest(corpus, [other, array], jobs=1, watch=outcomes.append)
    assert [(outcome.file, outcome.state) for outcome in outcomes] == [
        (other, IngestState.REPLACED),
        (f"{array}[0]", IngestState.UNCHANGED),
        (f"{array}[1]", IngestState.REPLACED),
    ]
    assert shown(corpus) == before


def test_the_same_report_twice_in_a_run_is_there_once(corpus: Path, tmp_path: Path) -> None:
    paths = [written(tmp_path / name, dicom(0)) for name in "ab"]
    tally = ingest(corpus, paths, jobs=1)
    assert (tally.added, tally.unchanged) == (1, 1)
    assert ask(corpus, "SELECT count(*) FROM items") == [(sum(1 for _ in reports()[0].walk()),)]


def test_a_removed_report_can_come_back(corpus: Path, tmp_path: Path) -> None:
    path = written(tmp_path / "a", dicom(0))
    ingest(corpus, [path], jobs=1)
    remove(corpus, [reports()[0].sop_instance_uid])
    assert iris(corpus) == set()
    assert ingest(corpus, [path], jobs=1).added == 1
    assert iris(corpus) == {report_iri(reports()[0])}


def test_a_bad_file_is_a_row(corpus: Path, tmp_path: Path) -> None:
    """With the place, where the error tells it, and no value of the report."""
    paths = [
        written(tmp_path / "cut.dcm", dicom(0)[:600]),
        written(tmp_path / "ct.dcm", ct_image()),
        str(tmp_path / "absent"),
    ]
    tally = ingest(corpus, [*paths, written(tmp_path / "good.dcm", dicom(1))], jobs=1)
    assert (tally.added, tally.skipped, tally.failed) == (1, 1, 2)
    rejects = "SELECT file, state, place IS NOT NULL, source_digest IS NOT NULL FROM rejects ORDER BY file"
    assert ask(corpus, rejects) == [
        (paths[2], "failed", False, False),
        (paths[1], "skipped", False, False),
        (paths[0], "failed", True, True),
    ]


def test_a_reject_is_recorded_once(corpus: Path, tmp_path: Path) -> None:
    path = written(tmp_path / "notes.txt", b"no DICOM")
    assert [ingest(corpus, [path, path], jobs=1).skipped for _ in range(2)] == [2, 2]
    assert ask(corpus, "SELECT count(*) FROM rejects") == [(1,)]
    written(tmp_path / "notes.txt", b"no DICOM either")
    ingest(corpus, [path], jobs=1)
    assert ask(corpus, "SELECT count(*) FROM rejects") == [(2,)]


def test_a_file_that_was_bad_is_taken_once_it_is_good(corpus: Path, tmp_path: Path) -> None:
    path = written(tmp_path / "a", b"no DICOM")
    ingest(corpus, [path], jobs=1)
    written(tmp_path / "a", dicom(0))
    assert ingest(corpus, [path], jobs=1).added == 1


def test_strict_and_limits(corpus: Path, tmp_path: Path) -> None:
    path = written(tmp_path / "a", deviating())
    assert ingest(corpus, [path], jobs=1, strict=True).failed == 1
    assert ask(corpus, "SELECT place FROM rejects") == [("1",)]
    assert ingest(corpus, [path], jobs=1, limits=Limits(max_bytes=100)).failed == 1
    tally = ingest(corpus, [path], jobs=1)
    assert (tally.added, tally.warnings > 0) == (1, True)


def test_a_name_that_is_not_unicode(corpus: Path, tmp_path: Path) -> None:
    """A reject is stored under a name that can be shown."""
    listed = [bytes(tmp_path / "absent-") + b"\xff\n"]
    assert ingest(corpus, ["-"], listed=listed, jobs=1).failed == 1
    ((name,),) = ask(corpus, "SELECT file FROM rejects")
    assert name.endswith(r"absent-\udcff")


def test_a_run_that_brings_nothing_makes_no_version(corpus: Path, folder: Path) -> None:
    first = ingest(corpus, [str(folder)], jobs=1)
    again = ingest(corpus, [str(folder)], jobs=2)
    assert again.version == first.version
    named = {file.name for files in snapshot(storage(corpus)).files.values() for file in files}
    assert {str(path.relative_to(corpus)) for path in corpus.rglob("*.parquet")} == named


def test_outcomes_say_what_was_read(corpus: Path, tmp_path: Path) -> None:
    outcomes: list[Ingested] = []
    report = small()
    ingest(corpus, [written(tmp_path / "a", report.to_dicom())], jobs=1, watch=outcomes.append)
    (outcome,) = outcomes
    assert outcome.state is IngestState.ADDED
    assert (outcome.sop_instance_uid, outcome.items) == (report.sop_instance_uid, sum(1 for _ in report.walk()))
    assert ask(corpus, "SELECT kind, items, warnings, source, source_digest, content_digest FROM documents") == [
        (outcome.kind, outcome.items, outcome.warnings, outcome.file, outcome.source_digest, outcome.content_digest)
    ]


def test_reports_at_hand(corpus: Path) -> None:
    assert ingest_reports(corpus, reports()[:2]) == 1
    assert ingest_reports(corpus, reports()) == 2
    assert iris(corpus) == IRIS
    assert ask(corpus, "SELECT DISTINCT source, source_digest FROM documents") == [("", "")]


def test_a_tally_reads_as_a_line(corpus: Path, folder: Path) -> None:
    line = str(ingest(corpus, [str(folder)], jobs=1))
    assert line.startswith(f"{KIND_COUNT} added, 0 replaced, 0 unchanged, {JUNK} skipped, 0 failed, ")
    assert line.endswith("version 1")


def test_an_array_with_a_bad_element(corpus: Path, tmp_path: Path) -> None:
    array = json.loads(json_array(reports()[0]))
    path = written(tmp_path / "some.json", json.dumps([*array, {"a": 1}]).encode())
    tally = ingest(corpus, [path], jobs=1)
    assert (tally.added, tally.failed) == (1, 1)
    assert ask(corpus, "SELECT file FROM rejects") == [(f"{path}[1]",)]
