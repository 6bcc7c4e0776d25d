"""Reports out of a corpus."""

from pathlib import Path

import pytest

from sr2graph.corpus import log
from sr2graph.corpus import remove as module
from sr2graph.corpus.history import versions
from sr2graph.corpus.ingest import ingest_reports
from sr2graph.corpus.remove import remove
from sr2graph.errors import CorpusError
from sr2graph.graph.quads import report_iri
from tests.corpus.shown import ask, iris
from tests.inputs import otherwise, reports, with_uid

UIDS = [report.sop_instance_uid for report in reports()]


def test_what_is_known_goes_and_what_is_not_is_told(tmp_path: Path) -> None:
    ingest_reports(tmp_path, reports()[:3])
    found = remove(tmp_path, ["1.2.3", UIDS[1], UIDS[5]])
    assert (found.version, found.removed, found.unknown) == (2, (UIDS[1],), ("1.2.3", UIDS[5]))
    assert iris(tmp_path) == {report_iri(reports()[0]), report_iri(reports()[2])}
    assert ask(tmp_path, "SELECT iri, reason FROM removals") == [(report_iri(reports()[1]), "removed")]


def test_what_is_gone_is_unknown(tmp_path: Path) -> None:
    ingest_reports(tmp_path, reports()[:2])
    remove(tmp_path, UIDS[:1])
    again = remove(tmp_path, UIDS[:1])
    assert (again.version, again.removed, again.unknown) == (2, (), (UIDS[0],))


def test_earlier_versions_still_hold_it(tmp_path: Path) -> None:
    ingest_reports(tmp_path, reports()[:2])
    remove(tmp_path, UIDS[:2])
    assert [len(iris(tmp_path, version)) for version in range(3)] == [0, 2, 0]
    assert [version.reports for version in versions(tmp_path)] == [0, 2, 0]


def test_a_uid_that_is_no_oid(tmp_path: Path) -> None:
    report = with_uid(reports()[0], "not/a uid")
    ingest_reports(tmp_path, [report])
    assert remove(tmp_path, ["not/a uid"]).removed == ("not/a uid",)


def test_a_report_that_is_replaced_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another writer commits between the look and the commit: what is there then is removed."""
    report = reports()[0]
    ingest_reports(tmp_path, [report])
    genuine = module._documents
    turns = iter([[otherwise(report)], []])

    def documents(base: log.Snapshot, wanted: dict[str, str]) -> list[tuple[int, str]]:
        found = genuine(base, wanted)
        if changed := next(turns):
            ingest_reports(tmp_path, changed)
        return found

    monkeypatch.setattr(module, "_documents", documents)
    assert remove(tmp_path, UIDS[:1]).removed == (UIDS[0],)
    assert iris(tmp_path) == set()
    assert ask(tmp_path, "SELECT reason FROM removals ORDER BY 1") == [("removed",), ("replaced",)]


def test_nothing_to_remove_from(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="not a corpus"):
        remove(tmp_path, UIDS)
