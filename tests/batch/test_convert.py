"""Runs: many inputs to one output."""

import csv
import gzip
import io
import os
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat

from sr2graph.batch.convert import chunks, convert
from sr2graph.batch.destination import UsageError
from sr2graph.batch.outcome import Outcome, State, Tally
from sr2graph.batch.sources import Input
from sr2graph.errors import WriteError
from sr2graph.graph.from_rdf import reports_from_rdf
from sr2graph.graph.quads import nquads, report_iri
from tests import inputs as given
from tests.inputs import JUNK, deviating, dicom, fill, leftovers, otherwise, quads, small, zipped


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of samples and junk."""
    place = tmp_path / "in"
    place.mkdir()
    fill(place)
    return place


def run(paths: list[Path], out: Path | str, **options: object) -> tuple[Tally, list[Outcome]]:
    seen: list[Outcome] = []
    options.setdefault("jobs", 1)
    tally = convert(map(str, paths), str(out), watch=seen.append, **options)  # type: ignore[arg-type]
    return tally, seen


def test_every_input_is_accounted_for(folder: Path, tmp_path: Path) -> None:
    tally, seen = run([folder], tmp_path / "out.nq", report=str(tmp_path / "r.csv"))
    assert (tally.converted, tally.skipped, tally.failed) == (given.KIND_COUNT, JUNK, 0)
    with (tmp_path / "r.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(seen) == given.KIND_COUNT + JUNK
    by_uid = {row["sop_instance_uid"]: row for row in rows if row["sop_instance_uid"]}
    for report in given.reports():
        row = by_uid[report.sop_instance_uid]
        assert int(row["items"]) == sum(1 for _ in report.walk())
        assert int(row["by_reference"]) == sum(1 for _ in report.by_references())
        assert int(row["quads"]) == nquads(report).count("\n")
    assert sum(int(row["quads"] or 0) for row in rows) == tally.quads
    image = next(row for row in rows if row["file"].endswith("image.dcm"))
    assert image["error"] == "skipped: not a Structured Report but CT Image Storage"


def test_all_reports_come_back(folder: Path, tmp_path: Path) -> None:
    run([folder], tmp_path / "out.nq")
    found = {report.sop_instance_uid: report for report in reports_from_rdf(tmp_path / "out.nq")}
    assert found == {report.sop_instance_uid: report for report in given.reports()}


@pytest.mark.parametrize("out", ["out.nq", "out.trig", "out.jsonld", "out.nq.gz", "folder/"])
def test_the_number_of_jobs_changes_no_byte(
    folder: Path, tmp_path: Path, out: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sr2graph.batch.convert._CHUNK_INPUTS", 2)
    trees = []
    for jobs in (1, 2, 4):
        place = tmp_path / str(jobs)
        place.mkdir()
        run([folder], f"{place}/{out}", jobs=jobs, report=f"{place}/report.csv")
        trees.append(
            {path.relative_to(place): path.read_bytes() for path in sorted(place.rglob("*")) if path.is_file()}
        )
    assert len(trees[0]) > 1
    assert trees[0] == trees[1] == trees[2]


@pytest.mark.parametrize(
    ("suffix", "format_"), [("nq", RdfFormat.N_QUADS), ("trig", RdfFormat.TRIG), ("jsonld", RdfFormat.JSON_LD)]
)
def test_every_format_says_the_same(folder: Path, tmp_path: Path, suffix: str, format_: RdfFormat) -> None:
    (tmp_path / "expected.nq").write_text("".join(map(nquads, given.reports())), encoding="utf-8")
    run([folder], tmp_path / f"out.{suffix}")
    assert quads(tmp_path / f"out.{suffix}", format_) == quads(tmp_path / "expected.nq", RdfFormat.N_QUADS)


@pytest.mark.parametrize(
    ("name", "suffix", "format_"),
    [
        ("nquads", ".nq", RdfFormat.N_QUADS),
        ("trig", ".trig", RdfFormat.TRIG),
        ("turtle", ".ttl", RdfFormat.TURTLE),
        ("jsonld", ".jsonld", RdfFormat.JSON_LD),
    ],
)
def test_a_folder_gets_one_file_per_report(
    folder: Path, tmp_path: Path, name: str, suffix: str, format_: RdfFormat
) -> None:
    run([folder], f"{tmp_path}/out/", format=name)
    assert len(list((tmp_path / "out").iterdir())) == given.KIND_COUNT
    for report in given.reports():
        (tmp_path / "expected.nq").write_text(nquads(report), encoding="utf-8")
        path = tmp_path / "out" / f"{report.sop_instance_uid}{suffix}"
        graph = f"<{report_iri(report)}>"
        assert quads(path, format_, graph) == quads(tmp_path / "expected.nq", RdfFormat.N_QUADS)


@pytest.mark.parametrize(
    ("suffix", "format_"), [("nq", RdfFormat.N_QUADS), ("trig", RdfFormat.TRIG), ("jsonld", RdfFormat.JSON_LD)]
)
@pytest.mark.parametrize("packed", ["", ".gz"])
def test_nothing_to_convert_is_a_valid_file(tmp_path: Path, suffix: str, format_: RdfFormat, packed: str) -> None:
    (tmp_path / "in").mkdir()
    out = tmp_path / f"out.{suffix}{packed}"
    run([tmp_path / "in"], out)
    if packed:
        (tmp_path / "plain").write_bytes(gzip.decompress(out.read_bytes()))
        out = tmp_path / "plain"
    assert quads(out, format_) == set()


def test_gzip_holds_the_same(folder: Path, tmp_path: Path) -> None:
    for suffix in ("nq", "trig", "jsonld"):
        run([folder], tmp_path / f"out.{suffix}")
        run([folder], tmp_path / f"out.{suffix}.gz")
        assert (
            gzip.decompress((tmp_path / f"out.{suffix}.gz").read_bytes()) == (tmp_path / f"out.{suffix}").read_bytes()
        )


def test_turtle_holds_one_report(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.ttl"
    out.write_text("old")
    with pytest.raises(UsageError, match="trig"):
        run([folder], out)
    assert out.read_text() == "old"
    run([folder / "image.dcm", folder / "01.txt"], out)
    assert quads(out, RdfFormat.TURTLE)
    assert not leftovers(tmp_path)


def test_archives_arrays_and_lists(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({"x/1": dicom(0), "i": given.ct_image(), "2": dicom(1)}))
    (tmp_path / "b.json").write_bytes(given.json_array(*given.reports()[2:4]))
    (tmp_path / "c.dcm").write_bytes(dicom(4))
    lines = [f"{tmp_path}/{name}\n".encode() for name in ("c.dcm", "gone.dcm", "a.zip")]
    tally, seen = run([tmp_path / "b.json", Path("-")], tmp_path / "out.nq", listed=lines)
    assert [(o.file.removeprefix(f"{tmp_path}/"), o.state.value) for o in seen] == [
        ("b.json[0]", "converted"),
        ("b.json[1]", "converted"),
        ("c.dcm", "converted"),
        ("gone.dcm", "failed"),
        ("a.zip!x/1", "converted"),
        ("a.zip!i", "skipped"),
        ("a.zip!2", "converted"),
    ]
    assert tally.failed == 1


def test_a_report_met_twice_is_written_once(tmp_path: Path) -> None:
    (tmp_path / "a.dcm").write_bytes(small().to_dicom())
    (tmp_path / "b.dcm").write_bytes(small().to_dicom())
    (tmp_path / "c.json").write_bytes(given.json_array(small()))
    (tmp_path / "d.dcm").write_bytes(otherwise(small()).to_dicom())
    for out in ("out.nq", "out/"):
        tally, seen = run([tmp_path / name for name in ("a.dcm", "b.dcm", "c.json", "d.dcm")], f"{tmp_path}/{out}")
        assert [o.state for o in seen] == [State.CONVERTED, State.SKIPPED, State.SKIPPED, State.SKIPPED]
        assert "same SOP Instance UID" in seen[3].reason
        assert tally.quads == nquads(small()).count("\n")
    assert (tmp_path / "out.nq").read_text(encoding="utf-8") == nquads(small())
    assert [path.name for path in (tmp_path / "out").iterdir()] == [f"{small().sop_instance_uid}.nq"]


def test_damaged_files_are_rows(folder: Path, tmp_path: Path) -> None:
    (folder / "cut.dcm").write_bytes(dicom(0)[:340])
    (folder / "a.zip").write_bytes(zipped({"m": dicom(0)})[:-30])
    tally, seen = run([folder], tmp_path / "out.nq")
    failed = {Path(o.file).name: o.reason for o in seen if o.state is State.FAILED}
    assert failed.keys() == {"cut.dcm", "a.zip"}
    assert all(failed.values())
    assert tally.converted == given.KIND_COUNT


def test_strict_refuses_what_deviates(folder: Path, tmp_path: Path) -> None:
    (folder / "odd.dcm").write_bytes(deviating())
    lenient, _ = run([folder], tmp_path / "out.nq")
    strict, seen = run([folder], tmp_path / "out.nq", strict=True)
    assert (lenient.failed, strict.failed) == (0, 1)
    assert lenient.warnings > 0
    (refused,) = (o for o in seen if o.state is State.FAILED)
    assert refused.file.endswith("odd.dcm")
    assert "deviations from the standard" in refused.reason


@pytest.mark.parametrize("error", [KeyError("DOE^JOHN"), MemoryError(), RecursionError("x")])
def test_foreign_errors_are_rows(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """A bug costs one report, not the run, and quotes nothing."""

    def stumble(_: object) -> str:
        raise error

    monkeypatch.setattr("sr2graph.batch.worker._described", stumble)
    monkeypatch.setattr("sr2graph.batch.worker.Work._text", lambda _, report: stumble(report))
    tally, seen = run([folder], tmp_path / "out.nq")
    assert tally.failed == given.KIND_COUNT
    assert not any("DOE" in o.reason for o in seen)
    assert (tmp_path / "out.nq").read_bytes() == b""


# ---------------------------------------------------------------- destinations


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("out", ["out.nq", "out/"])
def test_what_ends_a_run_early_leaves_nothing_half_done(folder: Path, tmp_path: Path, out: str, jobs: int) -> None:
    (tmp_path / "out.nq").write_text("old")

    def interrupt(_: Outcome) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        convert([str(folder)], f"{tmp_path}/{out}", jobs=jobs, watch=interrupt, report=f"{tmp_path}/r.csv")
    assert (tmp_path / "out.nq").read_text() == "old"
    assert not (tmp_path / "r.csv").exists()
    assert not leftovers(tmp_path)


def test_the_output_may_lie_among_the_inputs(folder: Path) -> None:
    for _ in range(2):
        tally, _ = run([folder], folder / "out.nq", report=str(folder / "r.csv"))
        assert (tally.converted, tally.failed) == (given.KIND_COUNT, 0)


def test_a_linked_output_stays_a_link_and_keeps_its_mode(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "real.nq"
    target.write_text("old")
    target.chmod(0o640)
    (tmp_path / "out.nq").symlink_to(target)
    run([folder], tmp_path / "out.nq")
    assert (tmp_path / "out.nq").is_symlink()
    assert target.stat().st_size > 100
    assert target.stat().st_mode & 0o777 == 0o640


def test_a_new_output_has_the_usual_mode(folder: Path, tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        run([folder], tmp_path / "out.nq")
        run([folder], f"{tmp_path}/out/")
    finally:
        os.umask(before)
    made = [tmp_path / "out.nq", *(tmp_path / "out").iterdir()]
    assert {path.stat().st_mode & 0o777 for path in made} == {0o640}


def test_a_device_is_written_to_not_replaced(folder: Path) -> None:
    run([folder], "/dev/null", format="nquads")
    assert Path("/dev/null").is_char_device()


def test_a_pipe_is_written_to(folder: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.nq"
    os.mkfifo(pipe)
    child = os.fork()
    if child == 0:
        (tmp_path / "copy").write_bytes(pipe.read_bytes())
        os._exit(0)
    run([folder / "01.txt"], pipe)
    os.waitpid(child, 0)
    assert (tmp_path / "copy").read_bytes() == nquads(given.reports()[1]).encode()


@pytest.mark.parametrize("out", ["no/such/out.nq", "out.rdf", "file/out/", "file/out.nq"])
def test_an_impossible_output_is_told_at_once(folder: Path, tmp_path: Path, out: str) -> None:
    (tmp_path / "file").write_bytes(b"")

    def unread(_: Outcome) -> None:
        pytest.fail("nothing should have been read")

    with pytest.raises(UsageError):
        convert([str(folder)], f"{tmp_path}/{out}", jobs=1, watch=unread)


def test_a_full_disk_ends_the_run(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sr2graph.batch.destination._copy", full)
    with pytest.raises(WriteError, match="No space left"):
        run([folder], tmp_path / "out.nq")
    assert not (tmp_path / "out.nq").exists()
    assert not leftovers(tmp_path)


def test_a_full_device_ends_the_run(folder: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    with pytest.raises(WriteError, match="No space left"):
        run([folder], "/dev/full", format="nquads")


def test_standard_output(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stdout:
        buffer = io.BytesIO()

    monkeypatch.setattr("sys.stdout", Stdout)
    run([folder / "01.txt"], "-")
    assert Stdout.buffer.getvalue() == nquads(given.reports()[1]).encode()


# ---------------------------------------------------------------- sharing out


@pytest.mark.parametrize(("sizes", "expected"), [([10] * 130, [64, 64, 2]), ([2**19] * 5, [2, 2, 1]), ([], [])])
def test_shares_are_bounded_by_number_and_size(sizes: list[int], expected: list[int]) -> None:
    found = list(chunks((Input("x", "x", size=size) for size in sizes), 64, 2**20))
    assert [len(chunk.inputs) for chunk in found] == expected
    assert [chunk.number for chunk in found] == list(range(len(expected)))


def test_shares_grow_with_what_came_before() -> None:
    """Large ones are better to query, but at the end no worker should have much more to do than the others."""
    found = [len(chunk.inputs) for chunk in chunks([Input("x", "x")] * 10_000, 500, 2**20, first_inputs=8)]
    assert sum(found) == 10_000
    assert found[:4] == [8, 8, 8, 8]
    assert max(found) == 500
    for number in range(1, len(found)):
        assert found[number] <= max(8, sum(found[:number]) / 8)


# ---------------------------------------------------------------- real reports


def listed(corpus_dir: Path) -> list[Path]:
    with (corpus_dir / "manifest.csv").open(encoding="utf-8", newline="") as file:
        names = [row["file"] for row in csv.DictReader(file)]
    found = {path.name: path for path in corpus_dir.rglob("*")}
    return [found[Path(name).name] for name in sorted(names)]


@pytest.mark.corpus
@pytest.mark.parametrize("jobs", [1, 2])
def test_every_real_report_is_accounted_for(corpus_dir: Path, tmp_path: Path, jobs: int) -> None:
    """Two of them are copies of others, and one bears the SOP Instance UID of another."""
    tally, seen = run(listed(corpus_dir), tmp_path / "out.nq", jobs=jobs, report=str(tmp_path / "r.csv"))
    assert len(seen) == 78
    assert all(o.sop_instance_uid for o in seen)
    assert (tally.converted, tally.skipped, tally.failed) == (75, 3, 0)
    assert [o.reason.partition(" than ")[0] for o in seen if o.conflict] == ["same SOP Instance UID, other content"]


@pytest.mark.corpus
def test_every_real_report_converts_by_itself(corpus_dir: Path, tmp_path: Path) -> None:
    states = [run([path], tmp_path / "out.nq")[0] for path in listed(corpus_dir)]
    assert [(tally.converted, tally.failed) for tally in states] == [(1, 0)] * 78
