"""Reports again from graphs alone."""

from pathlib import Path

import pytest

from sr2graph.batch.convert import convert
from sr2graph.batch.outcome import Outcome, State, Tally
from sr2graph.batch.to_dicom import to_dicom
from sr2graph.dicom.read import read
from sr2graph.graph.quads import nquads
from tests import inputs as given
from tests.inputs import fill, leftovers, otherwise, small, with_uid


def run(sources: list[Path], out: Path, **options: str) -> tuple[Tally, list[Outcome]]:
    seen: list[Outcome] = []
    return to_dicom(map(str, sources), str(out), watch=seen.append, **options), seen


@pytest.mark.parametrize("suffix", ["nq", "trig", "jsonld"])
def test_all_reports_come_back(tmp_path: Path, suffix: str) -> None:
    (tmp_path / "in").mkdir()
    fill(tmp_path / "in")
    convert([str(tmp_path / "in")], str(tmp_path / f"g.{suffix}"), jobs=1)
    tally, _ = run([tmp_path / f"g.{suffix}"], tmp_path / "out")
    assert (tally.converted, tally.failed) == (given.KIND_COUNT, 0)
    for report in given.reports():
        assert read(tmp_path / "out" / f"{report.sop_instance_uid}.dcm") == report
    assert not leftovers(tmp_path)


def test_one_bad_report_spoils_no_other(tmp_path: Path) -> None:
    good = [with_uid(small(), f"2.25.{n}") for n in range(3)]
    lines = [nquads(report) for report in good]
    # The second loses the content items below its root, but not the statement that it has them.
    lines[1] = "".join(
        line for line in lines[1].splitlines(keepends=True) if not line.startswith("<urn:oid:2.25.1#1.1")
    )
    (tmp_path / "g.nq").write_text("".join(lines), encoding="utf-8")
    tally, seen = run([tmp_path / "g.nq"], tmp_path / "out")
    assert [o.state for o in seen] == [State.CONVERTED, State.FAILED, State.CONVERTED]
    assert "urn:oid:2.25.1" in seen[1].file
    assert (tally.converted, tally.failed) == (2, 1)


def test_a_broken_graph_gives_what_stands_before_the_break(tmp_path: Path) -> None:
    (tmp_path / "g.nq").write_text("not RDF", encoding="utf-8")
    (tmp_path / "h.nq").write_text(nquads(small()), encoding="utf-8")
    (tmp_path / "i.xyz").write_text("")
    tally, seen = run([tmp_path / "g.nq", tmp_path / "i.xyz", tmp_path / "h.nq"], tmp_path / "out")
    assert [o.state for o in seen] == [State.FAILED, State.FAILED, State.CONVERTED]
    assert tally.failed == 2


def test_two_graphs_of_one_report(tmp_path: Path) -> None:
    for name, report in (("a", small()), ("b", small()), ("c", otherwise(small()))):
        (tmp_path / f"{name}.nq").write_text(nquads(report), encoding="utf-8")
    _, seen = run([tmp_path / f"{name}.nq" for name in "abc"], tmp_path / "out")
    assert [o.state for o in seen] == [State.CONVERTED, State.SKIPPED, State.FAILED]
    assert read(tmp_path / "out" / f"{small().sop_instance_uid}.dcm") == small()


def test_a_uid_cannot_leave_the_folder(tmp_path: Path) -> None:
    report = with_uid(small(), "../../evil")
    (tmp_path / "g.nq").write_text(nquads(report), encoding="utf-8")
    tally, _ = run([tmp_path / "g.nq"], tmp_path / "a" / "b")
    assert tally.converted == 1
    assert [path.parent for path in tmp_path.rglob("*.dcm")] == [tmp_path / "a" / "b"]
