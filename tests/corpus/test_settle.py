"""Keys that are taken already: rare enough that only a forced one is ever seen."""

import itertools
from pathlib import Path

import pytest

from sr2graph.corpus import ingest, settle, worker
from sr2graph.corpus.ingest import ingest_reports
from sr2graph.corpus.remove import remove
from tests.corpus.shown import ask, shown
from tests.inputs import otherwise, reports

START = 2**40


def always(monkeypatch: pytest.MonkeyPatch, *starts: int) -> None:
    """Let runs start at the first of these keys, and documents whose keys are taken try the others."""
    others = iter(starts[1:])
    monkeypatch.setattr(ingest, "random_start", lambda: starts[0])
    monkeypatch.setattr(settle, "random_start", lambda: next(others))


def ranges(corpus: Path) -> list[tuple[int, int]]:
    return ask(corpus, "SELECT document - nodes, document + items FROM documents ORDER BY 1")


def assert_apart(corpus: Path) -> None:
    found = ranges(corpus)
    assert all(end < start for (_, end), (start, _) in itertools.pairwise(found))


@pytest.mark.parametrize("small", [2**21, 0], ids=["rows handed over", "rows in files"])
def test_two_runs_with_the_same_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: int) -> None:
    monkeypatch.setattr(worker, "_SMALL", small)
    found = reports()[:4]
    ingest_reports(tmp_path / "apart", found[:2])
    ingest_reports(tmp_path / "apart", found[2:])
    # The first other key is taken too.
    always(monkeypatch, START, START + 5, 2**50, 2**51)
    ingest_reports(tmp_path / "met", found[:2])
    ingest_reports(tmp_path / "met", found[2:])
    assert shown(tmp_path / "met") == shown(tmp_path / "apart")
    assert_apart(tmp_path / "met")
    assert {2**50, 2**51} <= {document for (document,) in ask(tmp_path / "met", "SELECT document FROM documents")}


def test_the_keys_of_a_removed_report_stay_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its rows are still in the files."""
    always(monkeypatch, START, 2**50)
    first, second = reports()[:2]
    ingest_reports(tmp_path, [first])
    remove(tmp_path, [first.sop_instance_uid])
    ingest_reports(tmp_path, [second])
    assert ask(tmp_path, "SELECT document FROM documents") == [(2**50,)]
    assert ask(tmp_path, "SELECT count(*) FROM items") == [(sum(1 for _ in second.walk()),)]


def test_a_report_that_meets_the_one_it_replaces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    always(monkeypatch, START, 2**50)
    report = reports()[0]
    ingest_reports(tmp_path, [report])
    before = shown(tmp_path)
    ingest_reports(tmp_path, [otherwise(report)])
    after = shown(tmp_path)
    assert ask(tmp_path, "SELECT document FROM documents") == [(2**50,)]
    assert after["items"] == before["items"]
    assert after["documents"] != before["documents"]
