import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from sr2graph import cli_fhir
from sr2graph.fhir import BUNDLES, FLAVOURS, IDS, FhirBundle, Problem, to_fhir
from sr2graph.samples import sample
from tests.commands import run


@pytest.fixture(name="report")
def _report(tmp_path: Path) -> Path:
    path = tmp_path / "report.dcm"
    path.write_bytes(sample("echo").to_dicom())
    return path


def test_the_choices_are_those_of_the_library() -> None:
    """They are written twice so that --help needs not load it."""
    assert (cli_fhir.FLAVOURS, cli_fhir.BUNDLES, cli_fhir.IDS) == (FLAVOURS, BUNDLES, IDS)


def test_a_report_is_printed(report: Path) -> None:
    done = CliRunner().invoke(cli_fhir.fhir, [str(report)])
    assert done.exit_code == 0
    assert done.stdout == to_fhir(sample("echo")).json() + "\n"
    assert "content items in no element: --losses" in done.stderr


def test_files_are_written(report: Path, tmp_path: Path) -> None:
    out, losses = tmp_path / "out.json", tmp_path / "losses.csv"
    options = ["--flavour", "r4", "--bundle", "batch", "--ids", "conditional", "--timezone", "+01:00"]
    done = CliRunner().invoke(cli_fhir.fhir, [str(report), *options, "-o", str(out), "--losses", str(losses)])
    assert (done.exit_code, done.stdout) == (0, "")
    assert json.loads(out.read_text(encoding="utf-8"))["type"] == "batch"
    lines = list(csv.DictReader(losses.open(encoding="utf-8")))
    assert len([line for line in lines if line["how"] != "note"]) == len(list(sample("echo").walk()))


def test_a_bundle_with_a_problem_goes_nowhere(report: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out.json"
    options = [str(report), "--check", "-o", str(out)]
    found = [Problem("Bundle.entry[1].resource", "empty"), Problem("Bundle", "empty")]
    with monkeypatch.context() as context:
        context.setattr(FhirBundle, "problems", lambda _: found)
        done = CliRunner().invoke(cli_fhir.fhir, options)
    assert done.exit_code == 1
    assert "report.dcm: 2 problems, the first Bundle.entry[1].resource: empty" in done.stderr
    assert not out.exists()
    assert CliRunner().invoke(cli_fhir.fhir, options).exit_code == 0
    assert out.exists()


def test_a_folder_that_is_not_there_is_one_line(report: Path, tmp_path: Path) -> None:
    done = run("fhir", report, "-o", tmp_path / "no" / "out.json")
    assert done.exit_code == 1
    assert "No such file" in done.stderr


@pytest.mark.parametrize("option", ["--flavour", "--bundle", "--ids"])
def test_wrong_choices_are_wrong_use(report: Path, option: str) -> None:
    assert CliRunner().invoke(cli_fhir.fhir, [str(report), option, "x"]).exit_code == 2
