"""sr2graph check: what it prints, in which form, and how it ends."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from sr2graph.batch.checks import COLUMNS
from sr2graph.dicom.content import ContentItem
from sr2graph.dicom.report import Report
from sr2graph.samples import sample
from tests.commands import run
from tests.inputs import JUNK, deviating, dicom_json, fill, zipped


def broken(kind: str = "ct_dose") -> Report:
    """A report with one error more than the sample: the accumulated dose is gone."""
    report = sample(kind)
    assert report.root is not None
    names = ("113811",)  # CT Accumulated Dose Data
    left = tuple(child for child in report.root.children if _name(child) not in names)
    return replace(report, root=replace(report.root, children=left))


def _name(child: object) -> str | None:
    concept = getattr(child, "concept_name", None)
    return concept.value if concept is not None else None


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.dcm"
    path.write_bytes(sample("key_objects").to_dicom())
    return path


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    path = tmp_path / "bad.dcm"
    path.write_bytes(broken().to_dicom())
    return path


def test_a_report_without_errors(good: Path) -> None:
    result = run("check", good)
    assert result.exit_code == 0
    assert result.output == f"{good}: 0 errors, 0 warnings, 0 notes\n"


def test_an_error_is_told_with_place_rule_row_and_section(bad: Path) -> None:
    result = run("check", bad, "--severity", "error")
    assert result.exit_code == 1
    first, *lines = result.output.splitlines()
    assert first.startswith(f"{bad}: 1 error, ")
    assert [line.strip() for line in lines] == [
        "error    1  [row-missing]  TID 10012 row 1",
        'PS3.16: CONTAINS CONTAINER (113811, DCM, "CT Accumulated Dose Data"), M, VM 1',
        "found: it is absent",
    ]


def test_the_least_severity_filters_what_is_told_and_not_the_exit_status(good: Path, bad: Path) -> None:
    for least, some in (
        ("error", {"error"}),
        ("warning", {"error", "warning"}),
        ("info", {"error", "warning", "info"}),
    ):
        result = run("check", bad, "--severity", least, "--format", "json")
        assert result.exit_code == 1
        assert {row["severity"] for row in json.loads(result.output)} == some
    assert run("check", good, "--severity", "info").exit_code == 0


def test_json_and_csv_have_the_same_rows(good: Path, bad: Path) -> None:
    rows = json.loads(run("check", good, bad, "-f", "json", "--severity", "info").output)
    table = list(csv.DictReader(io.StringIO(run("check", good, bad, "-f", "csv", "--severity", "info").output)))
    assert rows == table
    assert {tuple(row) for row in rows} == {COLUMNS}
    assert {row["file"] for row in rows} == {str(bad)}


def test_json_of_nothing_is_an_empty_array(good: Path) -> None:
    assert json.loads(run("check", good, "-f", "json").output) == []


def test_a_file_that_cannot_be_read_is_one_row_and_the_run_goes_on(tmp_path: Path, bad: Path) -> None:
    torn = tmp_path / "a-torn.dcm"
    torn.write_bytes(bad.read_bytes()[:3000])
    rows = json.loads(run("check", torn, bad, "-f", "json", "--severity", "error").output)
    assert [(row["file"], row["rule"], row["position"]) for row in rows] == [
        (str(torn), "unreadable", "file"),
        (str(bad), "row-missing", "1"),
    ]
    assert run("check", torn).exit_code == 1


def test_what_reading_noticed_is_told(tmp_path: Path) -> None:
    path = tmp_path / "deviating.dcm"
    path.write_bytes(deviating())
    rows = json.loads(run("check", path, "-f", "json").output)
    assert "reading" in {row["rule"] for row in rows}


def test_what_is_no_report_is_skipped(tmp_path: Path, good: Path) -> None:
    note = tmp_path / "note.txt"
    note.write_text("x", encoding="utf-8")
    result = run("check", note, good)
    assert result.exit_code == 0
    assert result.stderr.startswith(f"skipped: {note}: ")
    assert run("check", note).exit_code == 1


def test_folders_archives_json_and_lists(tmp_path: Path, bad: Path) -> None:
    archive = tmp_path / "some.zip"
    archive.write_bytes(zipped({"one.dcm": bad.read_bytes(), "two.json": json.dumps(dicom_json(broken())).encode()}))
    whole = run("check", archive, "-f", "csv", "--severity", "error")
    assert [row["file"] for row in csv.DictReader(io.StringIO(whole.stdout))] == [
        f"{archive}!one.dcm",
        f"{archive}!two.json",
    ]
    listed = run("check", "-", "--severity", "error", stdin=f"{bad}\n".encode())
    assert listed.stdout == run("check", bad, "--severity", "error").stdout


def test_a_folder_of_everything(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    count = fill(folder)
    result = run("check", folder, "--severity", "error")
    assert sum(line.endswith((" notes", " note")) for line in result.stdout.splitlines()) >= count
    assert len(result.stderr.splitlines()) <= JUNK


@pytest.mark.parametrize(
    "arguments",
    [["check"], ["check", "nowhere.dcm"], ["check", ".", "-f", "xml"], ["check", ".", "--severity", "fatal"]],
)
def test_wrong_use(arguments: list[str]) -> None:
    assert run(*arguments).exit_code == 2


def test_findings_that_differ_only_in_their_place_are_one_in_the_table(tmp_path: Path) -> None:
    path = tmp_path / "report.dcm"
    report = sample("ct_dose")
    assert report.root is not None
    children = tuple(
        replace(child, continuity=None) if isinstance(child, ContentItem) and _name(child) == "113819" else child
        for child in report.root.children
    )
    path.write_bytes(replace(report, root=replace(report.root, children=children)).to_dicom())
    lines = [line for line in run("check", path, "--severity", "error").output.splitlines() if "[continuity]" in line]
    (line,) = lines
    assert line.count(", ") == 2
    assert " more  [continuity]" in line or "1.17" in line
