"""The command line: what it prints where, and how it ends."""

import os
import pty
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import click
import pytest

from sr2graph import __version__
from sr2graph.cli import main
from sr2graph.dicom.read import read
from sr2graph.dicom.values import Text
from sr2graph.graph.quads import nquads
from sr2graph.samples import large_sample
from tests import inputs as given
from tests.commands import ENVIRONMENT, SR2GRAPH, on_a_terminal, process, run
from tests.inputs import JUNK, ct_image, deviating, dicom, fill, leftovers, otherwise, small, with_uid, zipped


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "in"
    place.mkdir()
    fill(place)
    return place


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "report.dcm"
    path.write_bytes(dicom())
    return path


# ---------------------------------------------------------------- all commands


@pytest.mark.parametrize("command", main.commands.values(), ids=lambda command: command.name)
def test_every_command_and_option_is_explained(command: click.Command) -> None:
    assert command.help
    assert all(parameter.help for parameter in command.params if isinstance(parameter, click.Option))
    assert run(str(command.name), "--help").exit_code == 0


def test_the_version() -> None:
    assert run("--version").output == f"sr2graph, version {__version__}\n"


_MODULES_OF_HELP = """
import sys
from sr2graph.cli import main
main(["--help"], standalone_mode=False)
print(*{name.partition(".")[0] for name in sys.modules} - sys.stdlib_module_names, file=sys.stderr)
"""


def test_help_is_instant() -> None:
    """It waits for no library but the one that prints it."""
    done = subprocess.run([sys.executable, "-c", _MODULES_OF_HELP], check=True, capture_output=True, text=True)
    assert {name for name in done.stderr.split() if name[0] != "_"} == {"click", "sr2graph"}


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["show"],
        ["convert"],
        ["show", "no/such/file"],
        ["convert", "no/such/file", "-o", "x.nq"],
        ["convert", "{}", "--format", "xml"],
        ["convert", "{}", "--jobs", "0"],
        ["convert", "{}", "-o", "no/such/folder/x.nq"],
        ["convert", "{}", "-o", "x.rdf"],
        ["convert", "{}", "-o", "-", "--report", "no/such/folder/r.csv"],
        ["convert", "{}", "-o", "/proc/x.nq"],
        ["to-dicom", "{}"],
        ["to-dicom", "no/such/graph.nq", "-o", "out"],
        ["to-dicom", "{}", "-o", "{}/below/a/file"],
        ["frobnicate"],
    ],
    ids=" ".join,
)
def test_wrong_use_is_two(arguments: list[str], report: Path) -> None:
    result = run(*(argument.format(report) for argument in arguments))
    assert result.exit_code == 2
    assert result.stderr
    assert result.stdout == ""


# ---------------------------------------------------------------- convert


def test_a_good_run_is_zero(folder: Path, tmp_path: Path) -> None:
    result = run("convert", folder, "-o", tmp_path / "out.nq", "--report", tmp_path / "r.csv", "--jobs", "1")
    assert (result.exit_code, result.stdout) == (0, "")
    (summary,) = result.stderr.splitlines()
    assert summary.startswith(f"{given.KIND_COUNT} converted, {JUNK} skipped, 0 failed, 0 warnings, ")
    assert re.search(r"[\d,]+ quads in \d+\.\d s$", summary)
    assert len((tmp_path / "r.csv").read_text().splitlines()) == 1 + given.KIND_COUNT + JUNK


def test_a_file_that_is_no_report_is_told_but_no_failure(tmp_path: Path) -> None:
    (tmp_path / "ct.dcm").write_bytes(ct_image())
    result = run("convert", tmp_path / "ct.dcm", "-o", tmp_path / "out.nq", "--quiet")
    assert result.exit_code == 0
    assert result.stderr == f"skipped: {tmp_path}/ct.dcm: not a Structured Report but CT Image Storage\n"


def test_some_failed_is_one(folder: Path, tmp_path: Path) -> None:
    (folder / "cut.dcm").write_bytes(dicom()[:340])
    (folder / "other.dcm").write_bytes(otherwise(given.reports()[1]).to_dicom())
    result = run("convert", folder, "-o", tmp_path / "out.nq", "-j", "1")
    assert result.exit_code == 1
    lines = result.stderr.splitlines()
    assert [line.split(": ")[:2] for line in lines[:-1]] == [
        ["failed", f"{folder}/cut.dcm"],
        ["skipped", f"{folder}/other.dcm"],
    ]
    assert " 1 failed, " in lines[-1]


def test_strict_refusals_are_failures(tmp_path: Path) -> None:
    (tmp_path / "odd.dcm").write_bytes(deviating())
    assert run("convert", tmp_path / "odd.dcm", "-o", tmp_path / "out.nq").exit_code == 0
    result = run("convert", tmp_path / "odd.dcm", "-o", tmp_path / "out.nq", "--strict")
    assert result.exit_code == 1
    assert "deviations from the standard, the first at 1" in result.stderr


def test_turtle_for_many_is_wrong_use(folder: Path, tmp_path: Path) -> None:
    result = run("convert", folder, "-o", tmp_path / "out.ttl", "-j", "1")
    assert result.exit_code == 2
    assert "--format trig" in result.stderr
    assert not (tmp_path / "out.ttl").exists()


def test_standard_output_holds_data_only(report: Path) -> None:
    result = run("convert", report)
    assert result.stdout_bytes == nquads(given.reports()[0]).encode()
    assert "1 converted" in result.stderr
    assert run("convert", report, "--format", "turtle").stdout.startswith("@prefix ")


def test_a_list_on_standard_input(report: Path, tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({"m": dicom(1)}))
    result = run("convert", "-", "-o", tmp_path / "out.nq", stdin=f"{report}\n{tmp_path}/a.zip\n".encode())
    assert result.exit_code == 0
    assert "2 converted" in result.stderr


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_interrupt_leaves_nothing_half_done(tmp_path: Path, jobs: str) -> None:
    fill_generously(tmp_path / "in")
    (tmp_path / "out").mkdir()
    child = process(
        *("convert", tmp_path / "in", "-o", tmp_path / "out" / "o.nq", "-j", jobs),
        *("--report", tmp_path / "out" / "r.csv"),
        start_new_session=True,
    )
    wait_for_shards(tmp_path / "out")
    # As a terminal does: to the parent and to the workers.
    os.killpg(child.pid, signal.SIGINT)
    _, talk = child.communicate(timeout=20)
    assert child.returncode == 130
    assert talk.decode().splitlines() == ["interrupted: nothing was left half-written"]
    assert list((tmp_path / "out").iterdir()) == []
    with pytest.raises(ProcessLookupError):
        os.killpg(child.pid, 0)


def test_being_told_to_end_leaves_nothing_half_done(tmp_path: Path) -> None:
    fill_generously(tmp_path / "in")
    (tmp_path / "out").mkdir()
    child = process("convert", tmp_path / "in", "-o", tmp_path / "out" / "o.nq", "-j", "2", start_new_session=True)
    wait_for_shards(tmp_path / "out")
    child.terminate()
    child.communicate(timeout=20)
    assert child.returncode == 128 + signal.SIGTERM
    assert list((tmp_path / "out").iterdir()) == []
    with pytest.raises(ProcessLookupError):
        os.killpg(child.pid, 0)


def fill_generously(folder: Path) -> None:
    """Work for some seconds."""
    folder.mkdir()
    large = large_sample(40).to_dicom()
    uid = read(large).sop_instance_uid.encode()
    for number in range(150):
        (folder / f"{number}.dcm").write_bytes(large.replace(uid, uid[:-4] + f"{number:04d}".encode()))


def wait_for_shards(folder: Path) -> None:
    """Return when workers have written something."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if any(path.is_file() and path.stat().st_size for path in folder.glob(".sr2graph-*/0*")):
            return
        time.sleep(0.01)
    pytest.fail("the run has written nothing")


def test_a_dying_worker_costs_one_file(folder: Path, tmp_path: Path) -> None:
    """The run goes on with a new process, and the row says which file it was."""
    program = f"""if True:
        import os
        from sr2graph.batch import worker
        from sr2graph.cli import main
        documents = worker.documents
        def fatal(entry, limits):
            if entry.name.endswith("01.txt"):
                os.abort()
            return documents(entry, limits)
        worker.documents = fatal
        main(["convert", {str(folder)!r}, "-o", {str(tmp_path / "out.nq")!r}, "--jobs", "2"])
    """
    done = subprocess.run([sys.executable, "-c", program], env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    failure, summary = (
        line for line in done.stderr.splitlines() if line.startswith(("failed", str(given.KIND_COUNT - 1)))
    )
    assert failure == f"failed: {folder}/01.txt: the worker process died over this input (SIGABRT)"
    assert summary.startswith(f"{given.KIND_COUNT - 1} converted, {JUNK} skipped, 1 failed")
    assert not leftovers(tmp_path)


def test_a_reader_that_has_enough_is_no_error(tmp_path: Path) -> None:
    fill_generously(tmp_path / "in")
    child = process("convert", tmp_path / "in", stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.readline().endswith(b" .\n")
    child.stdout.close()
    assert child.stderr is not None
    assert child.stderr.read() == b""
    child.wait(timeout=20)


def test_progress_is_shown_on_a_terminal_only(folder: Path, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    command = [*SR2GRAPH, "convert", str(folder), "-o", str(tmp_path / "out.nq")]
    done = subprocess.run(command, env=ENVIRONMENT | {"TERM": "xterm"}, stderr=theirs, check=True)
    os.close(theirs)
    talk = os.read(ours, 65536).decode()
    os.close(ours)
    assert done.returncode == 0
    assert f"/{given.KIND_COUNT + JUNK}" in talk
    assert f"{given.KIND_COUNT} converted" in talk


# ---------------------------------------------------------------- show


def test_show_prints_a_line_per_item(report: Path) -> None:
    result = run("show", report)
    assert result.exit_code == 0
    expected = given.reports()[0]
    header, tree = result.stdout.split("\n\n")
    assert expected.sop_instance_uid in header
    positions = [line.split()[0] for line in tree.splitlines()]
    assert positions[: sum(1 for _ in expected.walk())] == [
        ".".join(map(str, item.position)) for item in expected.walk()
    ]


def test_show_without_header(report: Path) -> None:
    assert run("show", "--no-header", report).stdout.startswith("1 ")


def test_show_lists_deviations_on_standard_error(tmp_path: Path) -> None:
    (tmp_path / "odd.dcm").write_bytes(deviating())
    result = run("show", tmp_path / "odd.dcm")
    assert result.exit_code == 0
    assert f"warning: {tmp_path}/odd.dcm: 1: " in result.stderr
    assert "warning" not in result.stdout


def test_show_looks_into_folders_and_archives(folder: Path) -> None:
    (folder / "a.zip").write_bytes(zipped({"m": with_uid(small(), "2.25.77").to_dicom()}))
    result = run("show", folder)
    assert result.exit_code == 0
    assert len(re.findall("^report ", result.stdout, re.MULTILINE)) == given.KIND_COUNT + 1
    assert len(re.findall("^skipped: ", result.stderr, re.MULTILINE)) == JUNK


@pytest.mark.parametrize("data", [b"nothing", ct_image(), dicom()[:340]], ids=["text", "image", "cut"])
def test_nothing_to_show_is_one(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x").write_bytes(data)
    result = run("show", tmp_path / "x")
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"{tmp_path}/x: " in result.stderr


def hostile() -> bytes:
    """A report that would clear the screen, set the title and reverse the direction of writing."""
    evil = "\x1b[2J\x1b]0;gotcha\x07\x9b31m\u202egnp\x00"
    base = small()
    assert base.root is not None
    root = base.root
    assert root.concept_name is not None
    name = replace(root.concept_name, meaning=evil, value="1\x1b[3m")
    item = replace(root, position=(1, 1), value_type="TEXT", value=Text(evil), concept_name=name, children=())
    root = replace(root, concept_name=name, children=(item,))
    return replace(base, root=root, patient=replace(base.patient, name=evil)).to_dicom()


def test_a_report_cannot_drive_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "evil\x1b[2J.dcm").write_bytes(hostile())
    result = run("show", tmp_path)
    assert result.exit_code == 0
    assert "gotcha" in result.stdout
    assert re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", result.output) is None
    # On a terminal, the only escapes are our colours.
    painted = on_a_terminal("show", tmp_path)
    assert "\x1b[" in painted
    assert "\x1b" not in re.sub(r"\x1b\[[0-9;]*m", "", painted)
    assert run("convert", tmp_path / "no\x1b[2J").stderr.count("\x1b") == 0


def test_show_folds_to_the_width(report: Path) -> None:
    result = run("show", report, "--width", "60")
    assert max(map(len, result.stdout.splitlines())) <= 60
    unfolded = run("show", report)
    same = "".join(result.stdout.split()) == "".join(unfolded.stdout.split())
    assert same


# ---------------------------------------------------------------- to-dicom


def test_there_and_back_again(folder: Path, tmp_path: Path) -> None:
    run("convert", folder, "-o", tmp_path / "corpus.nq", "-j", "1")
    result = run("to-dicom", tmp_path / "corpus.nq", "-o", tmp_path / "again")
    assert result.exit_code == 0
    assert f"{given.KIND_COUNT} converted" in result.stderr
    for report in given.reports():
        assert read(tmp_path / "again" / f"{report.sop_instance_uid}.dcm") == report


def test_there_and_back_through_a_pipe(tmp_path: Path) -> None:
    graph = nquads(small()).encode()
    assert run("to-dicom", "-", "-o", tmp_path / "again", stdin=graph).exit_code == 0
    (path,) = (tmp_path / "again").iterdir()
    assert read(path) == small()


def test_a_broken_graph_is_one(tmp_path: Path) -> None:
    (tmp_path / "g.nq").write_text("<a> <b>")
    result = run("to-dicom", tmp_path / "g.nq", "-o", tmp_path / "again")
    assert result.exit_code == 1
    assert f"failed: {tmp_path}/g.nq: " in result.stderr
