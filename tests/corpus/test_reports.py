"""The reports of a corpus in shares for workers."""

from itertools import chain
from pathlib import Path

import pytest

from sr2graph.corpus.reports import FEWEST, MOST, Reports, shares
from sr2graph.dicom.report import Report
from sr2graph.samples import sample
from tests.commands import run


@pytest.mark.parametrize("count", [0, 1, FEWEST, FEWEST + 1, 3 * FEWEST, 20 * MOST + 7])
@pytest.mark.parametrize("jobs", [1, 2, 16])
def test_shares_have_each_report_once_and_in_order(count: int, jobs: int) -> None:
    keys = range(0, 2 * count, 2)
    found = list(shares(keys, jobs))
    assert list(chain.from_iterable(share.inputs for share in found)) == list(keys)
    assert [share.number for share in found] == list(range(len(found)))
    if jobs == 1:
        assert len(found) <= 1
    else:
        assert all(FEWEST <= len(share.inputs) <= MOST for share in found[:-1])


def test_a_report_is_read_by_its_key_and_named_by_its_iri(tmp_path: Path) -> None:
    written = [sample(kind) for kind in ("echo", "planar_roi")]
    (tmp_path / "in").mkdir()
    for number, report in enumerate(written):
        (tmp_path / "in" / f"{number}.dcm").write_bytes(report.to_dicom())
    assert run("ingest", tmp_path / "corpus", tmp_path / "in", "--jobs", "1", "--quiet").exit_code == 0
    reports = Reports(str(tmp_path / "corpus"), 1)
    begun: list[int] = []
    found, keys = [], reports.all()
    for number, each in enumerate(reports(keys, begun=begun.append)):
        found.append(each)
        assert begun[-1] == number, "whoever dies over it has to be told of it"
    assert list(dict.fromkeys(begun)) == [0, 1]
    assert [name for name, _ in found] == [reports.name(key) for key in keys]
    uids = {report.sop_instance_uid for _, report in found if isinstance(report, Report)}
    assert uids == {report.sop_instance_uid for report in written}
