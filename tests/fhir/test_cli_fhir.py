import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from pyoxigraph import NamedNode, RdfFormat, parse

from sr2graph import cli_fhir
from sr2graph.errors import NotFhirError
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


def reports(folder: Path, *kinds: str) -> Path:
    """A folder of samples."""
    folder.mkdir()
    for kind in kinds:
        (folder / f"{kind}.dcm").write_bytes(sample(kind).to_dicom())
    return folder


@pytest.mark.parametrize(("options", "text"), [([], "to_turtle"), (["--base", "https://example.org/fhir"], "base")])
def test_turtle_is_printed(report: Path, options: list[str], text: str) -> None:
    done = CliRunner().invoke(cli_fhir.fhir, [str(report), "--format", "turtle", *options])
    assert done.exit_code == 0
    base = options[1] if text == "base" else None
    assert done.stdout == to_fhir(sample("echo")).to_turtle(base)


@pytest.mark.parametrize(
    ("name", "options", "format"),
    [
        ("all.nq", [], RdfFormat.N_QUADS),
        ("all.ttl", [], RdfFormat.TURTLE),
        ("all", ["--format", "nquads"], RdfFormat.N_QUADS),
    ],
)
def test_many_reports_are_one_file_of_rdf(tmp_path: Path, name: str, options: list[str], format: RdfFormat) -> None:
    folder, out = reports(tmp_path / "in", "key_objects", "basic_text"), tmp_path / name
    done = CliRunner().invoke(cli_fhir.fhir, [str(folder), "-o", str(out), "--flavour", "r4", *options])
    assert (done.exit_code, done.stdout) == (0, "")
    found = list(parse(path=out, format=format))
    roots = {quad.subject for quad in found if quad.object == NamedNode("http://hl7.org/fhir/treeRoot")}
    assert len(roots) == 2
    if format == RdfFormat.N_QUADS:
        assert {quad.graph_name for quad in found} == roots


def test_a_folder_of_turtle(tmp_path: Path) -> None:
    folder, out = reports(tmp_path / "in", "key_objects", "basic_text"), tmp_path / "out"
    done = CliRunner().invoke(cli_fhir.fhir, [str(folder), "-o", f"{out}/", "--format", "turtle"])
    assert done.exit_code == 0
    assert sorted(each.suffix for each in out.iterdir()) == [".ttl", ".ttl"]
    assert all(list(parse(path=each, format=RdfFormat.TURTLE)) for each in out.iterdir())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--format", "turtle", "--ndjson", "x"], "--format"),
        (["--format", "turtle", "--post", "http://127.0.0.1:9/fhir"], "--format"),
        (["--base", "https://example.org/fhir"], "--base is for RDF"),
        (["--format", "turtle", "--base", "> <urn:evil"], "no absolute IRI"),
        (["--format", "rdf"], "--format"),
    ],
)
def test_wrong_use_of_rdf(report: Path, options: list[str], said: str) -> None:
    done = CliRunner().invoke(cli_fhir.fhir, [str(report), *options])
    assert done.exit_code == 2
    assert said in done.stderr


def test_a_bundle_that_has_no_rdf_costs_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are written."""
    folder, out = reports(tmp_path / "in", "key_objects", "basic_text"), tmp_path / "all.nq"
    to_nquads = FhirBundle.to_nquads

    def refuse(bundle: FhirBundle, base: str | None = None) -> str:
        if "Rejected" in bundle.json():
            raise NotFhirError("Observation.x: FHIR R5 has no such element")
        return to_nquads(bundle, base)

    monkeypatch.setattr(FhirBundle, "to_nquads", refuse)
    done = CliRunner().invoke(cli_fhir.fhir, [str(folder), "-o", str(out)])
    assert done.exit_code == 1
    assert "Observation.x: FHIR R5 has no such element" in done.stderr
    assert list(parse(path=out, format=RdfFormat.N_QUADS))
