"""Many reports at once: what selects them, which files come of them, and what one bad report costs."""

import csv
import json
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from sr2graph.corpus.decode import StoredReport
from sr2graph.dicom.report import Report
from sr2graph.fhir import FLAVOURS, to_fhir
from sr2graph.fhir.exporting import OF_ONE_REPORT, BundleFolder, Ndjson
from sr2graph.samples import KINDS, sample
from sr2graph.samples.cohort import cohort_reports
from tests.commands import run
from tests.inputs import small, with_uid

JUNK = b"not DICOM at all"
MANY = [(kind, sample(kind)) for kind in ("planar_roi", "ct_dose", "key_objects", "basic_text")]


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def refer(value: object) -> list[str]:
    """All literal references in a resource."""
    if isinstance(value, dict):
        own = [value["reference"]] if isinstance(value.get("reference"), str) else []
        return own + [each for child in value.values() for each in refer(child)]
    return [each for child in value for each in refer(child)] if isinstance(value, list) else []


@pytest.fixture(name="folder", scope="module")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("in")
    for name, report in MANY:
        (place / f"{name}.dcm").write_bytes(report.to_dicom())
    return place


@pytest.fixture(name="corpus", scope="module")
def _corpus(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("corpora") / "corpus"
    assert run("ingest", place, folder, "--jobs", "1", "--quiet").exit_code == 0
    return place


# ---------------------------------------------------------------- a file for each report


def test_each_report_of_a_folder_is_a_file(folder: Path, tmp_path: Path) -> None:
    done = run("fhir", folder, "-o", f"{tmp_path / 'out'}/", "--flavour", "r4")
    assert done.exit_code == 0, done.output
    written = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "out").iterdir()}
    assert written == {f"{r.sop_instance_uid}.json": to_fhir(r, "r4").json() + "\n" for _, r in MANY}
    assert "4 reports made FHIR, 0 skipped, 0 failed" in done.stderr


def test_several_reports_are_a_line_each(folder: Path) -> None:
    done = run("fhir", folder / "ct_dose.dcm", folder / "planar_roi.dcm")
    assert [json.loads(line)["type"] for line in done.stdout.splitlines()] == ["transaction", "transaction"]


def test_a_file_has_room_for_one(folder: Path, tmp_path: Path) -> None:
    done = run("fhir", folder, "-o", tmp_path / "one.json")
    assert done.exit_code == 2
    assert "Name a folder" in done.stderr


def test_a_uid_is_no_way_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "staging").mkdir()
    sink = BundleFolder(tmp_path / "out", tmp_path / "staging")
    sink.add("../../etc/x", sink.render(to_fhir(small())))
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["%2E%2E%2F%2E%2E%2Fetc%2Fx.json"]


# ---------------------------------------------------------------- a file for each type


def test_ndjson_has_each_resource_once_and_its_references_lead_to_it(tmp_path: Path) -> None:
    """Reports of patients who came several times: shared resources are there once, and nothing is missing."""
    (tmp_path / "in").mkdir()
    reports = list(cohort_reports(8))
    for number, report in enumerate(reports):
        (tmp_path / "in" / f"{number}.dcm").write_bytes(report.to_dicom())
    done = run("fhir", tmp_path / "in", "--ndjson", tmp_path / "out")
    assert done.exit_code == 0, done.output
    found = {path.stem: lines(path) for path in (tmp_path / "out").iterdir()}
    assert all(each["resourceType"] == type_ for type_, resources in found.items() for each in resources)
    ids = Counter(f"{each['resourceType']}/{each['id']}" for resources in found.values() for each in resources)
    assert set(ids.values()) == {1}
    wanted = {
        f"{entry['resource']['resourceType']}/{entry['resource']['id']}"
        for report in reports
        for entry in to_fhir(report).resource["entry"]
    }
    assert set(ids) == wanted
    references = {each for resources in found.values() for resource in resources for each in refer(resource)}
    assert references
    assert references <= set(ids)
    assert len(found["Patient"]) < len(found["DiagnosticReport"]) == len(reports)


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_only_the_types_said_are_of_one_report(flavour: str) -> None:
    """What is not looked up must have an id that follows from the report: another UID, another id."""
    for kind in KINDS:
        one, other = sample(kind), with_uid(sample(kind), "2.25.4711")
        ids = [
            {
                entry["resource"]["id"]
                for entry in to_fhir(report, flavour, bundle).resource["entry"]
                if entry["resource"]["resourceType"] in OF_ONE_REPORT
            }
            for report in (one, other)
            for bundle in ("batch",)
        ]
        assert ids[0]
        assert not ids[0] & ids[1]


def test_numbers_keep_their_digits(tmp_path: Path) -> None:
    sink = Ndjson(tmp_path, lambda path: path.open("wb", buffering=0))
    bundle = to_fhir(sample("planar_roi"), bundle="batch")
    sink.add("1.2", sink.render(bundle))
    assert '"value":26.3,' in (tmp_path / "Observation.ndjson").read_text(encoding="utf-8")
    assert sink.names == sorted(f"{e['resource']['resourceType']}.ndjson" for e in _first_of_types(bundle.resource))


def _first_of_types(bundle: dict[str, Any]) -> list[dict[str, Any]]:
    return list({entry["resource"]["resourceType"]: entry for entry in bundle["entry"]}.values())


def test_files_of_another_run_are_not_mixed_with(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "Patient.ndjson").write_text("{}\n", encoding="utf-8")
    done = run("fhir", folder, "--ndjson", tmp_path)
    assert done.exit_code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["Patient.ndjson"]


# ---------------------------------------------------------------- what goes wrong


def test_a_bad_report_is_one_line_and_the_run_goes_on(folder: Path, tmp_path: Path) -> None:
    archive = tmp_path / "in.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.write(folder / "ct_dose.dcm", "a.dcm")
        packed.writestr("b.dcm", (folder / "planar_roi.dcm").read_bytes()[:700])
        packed.writestr("c.txt", JUNK)
        packed.write(folder / "key_objects.dcm", "d.dcm")
    done = run("fhir", archive, "--ndjson", tmp_path / "out")
    assert done.exit_code == 1
    assert done.stderr.count(f"failed: {archive}!b.dcm: ") == 1
    assert "2 reports made FHIR, 1 skipped, 1 failed" in done.stderr
    assert len(lines(tmp_path / "out" / "DiagnosticReport.ndjson")) == 2


def test_a_report_that_cannot_be_what_is_asked_fails_alone(folder: Path, tmp_path: Path) -> None:
    """A document needs an instant, and some samples have no zone."""
    done = run("fhir", folder, "--bundle", "document", "-o", f"{tmp_path / 'out'}/")
    fine = list((tmp_path / "out").iterdir()) if (tmp_path / "out").is_dir() else []
    assert done.stderr.count("failed: ") == len(MANY) - len(fine) > 0
    assert done.exit_code == 1


def test_what_is_no_report_has_exit_status_1(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(JUNK)
    done = run("fhir", tmp_path / "x")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "skipped: " in done.stderr


def test_a_uid_that_was_there_is_skipped(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.dcm").write_bytes(small().to_dicom())
    done = run("fhir", tmp_path)
    assert (done.exit_code, len(done.stdout.splitlines())) == (0, 1)
    assert "an earlier report has its SOP Instance UID" in done.stderr


@pytest.mark.parametrize(
    "options",
    [
        ["-o", "x", "--ndjson", "y"],
        ["--ndjson", "y", "--bundle", "batch"],
        ["--ndjson", "y", "--ids", "conditional"],
        ["--param", "a=1"],
        ["--query", "x", "--name", "y"],
        ["--name", "no-such-query"],
    ],
    ids=" ".join,
)
def test_wrong_use(folder: Path, options: list[str]) -> None:
    assert run("fhir", folder, *options).exit_code == 2


def test_a_query_is_asked_of_one_corpus(folder: Path) -> None:
    assert run("fhir", folder, folder, "--query", "SELECT ?r { ?r a sr:Report }").exit_code == 2


def test_a_folder_without_a_corpus_answers_no_query(folder: Path) -> None:
    done = run("fhir", folder, "--query", "SELECT ?r { ?r a sr:Report }")
    assert done.exit_code == 1
    assert "error: " in done.stderr


# ---------------------------------------------------------------- a corpus


def uids(text: str) -> set[str]:
    """The SOP Instance UIDs of the DiagnosticReports of bundles, a line each."""
    found = set()
    for line in text.splitlines():
        for entry in json.loads(line)["entry"]:
            if entry["resource"]["resourceType"] == "DiagnosticReport":
                found |= {each["value"].removeprefix("urn:oid:") for each in entry["resource"]["identifier"]}
    return found


def of_kinds(*kinds: str) -> set[str]:
    return {report.sop_instance_uid for kind, report in MANY if kind in kinds}


@pytest.mark.parametrize(
    ("query", "kinds"),
    [
        ("SELECT ?report { ?report a sr:Report }", ("planar_roi", "ct_dose", "key_objects", "basic_text")),
        ("SELECT ?item { ?item sr:conceptName dcm:113830 }", ("ct_dose",)),
        ("SELECT ?value ?item { ?item sr:conceptName dcm:113830 ; sr:numericValue ?value }", ("ct_dose",)),
        ("SELECT ?item { ?item sr:conceptName dcm:0 }", ()),
    ],
)
def test_a_query_selects_reports(corpus: Path, query: str, kinds: tuple[str, ...]) -> None:
    """A report that has several solutions is there once."""
    done = run("fhir", corpus, "--query", query)
    assert done.exit_code == 0, done.output
    assert len(done.stdout.splitlines()) == len(kinds)
    assert uids(done.stdout) >= of_kinds(*kinds)


def test_a_query_in_a_file_has_its_parameters(corpus: Path, tmp_path: Path) -> None:
    (tmp_path / "q.rq").write_text("SELECT ?i { ?i sr:numericValue ?v FILTER(?v > $least) }", encoding="utf-8")
    found = [
        len(run("fhir", corpus, "--query", tmp_path / "q.rq", "-p", f"least={least}").stdout.splitlines())
        for least in ("0", "1000000000")
    ]
    assert found[0] >= 2
    assert found[1] == 0


def test_a_named_query_selects_reports(corpus: Path) -> None:
    done = run("fhir", corpus, "--name", "ctdi-over-drl", "--param", "drl=0.001")
    assert done.exit_code == 0, done.output
    assert uids(done.stdout) >= of_kinds("ct_dose")


@pytest.mark.parametrize("query", ["ASK { ?i a sr:Report }", "SELECT ?v { ?i sr:numericValue ?v }"])
def test_a_query_without_reports_is_wrong_use(corpus: Path, query: str) -> None:
    done = run("fhir", corpus, "--query", query)
    assert done.exit_code == 2
    assert "no column of the query has reports" in done.stderr


def test_a_corpus_gives_what_its_files_give(corpus: Path, folder: Path, tmp_path: Path) -> None:
    for source, out in ((corpus, "a"), (folder, "b")):
        assert run("fhir", source, "--quiet", "-o", f"{tmp_path / out}/").exit_code == 0
    written = [{path.name: path.read_bytes() for path in (tmp_path / out).iterdir()} for out in "ab"]
    assert written[0] == written[1]


def test_a_bad_report_of_a_corpus_is_one_line(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the tables hold of one report does not make a report; the message of a foreign error is not quoted."""
    (bad,) = of_kinds("ct_dose")
    whole = StoredReport.report

    def report(self: StoredReport) -> Report:
        if self.iri.endswith(bad):
            raise KeyError("Doe^Jane")
        return whole(self)

    monkeypatch.setattr(StoredReport, "report", report)
    done = run("fhir", corpus, "--ndjson", tmp_path / "out")
    assert done.exit_code == 1
    assert done.stderr.count(f"failed: urn:oid:{bad}: internal error: KeyError") == 1
    assert "Doe" not in done.stderr
    assert len(lines(tmp_path / "out" / "DiagnosticReport.ndjson")) == len(MANY) - 1


def test_losses_of_many_name_their_report(corpus: Path, tmp_path: Path) -> None:
    assert run("fhir", corpus, "--ndjson", tmp_path / "out", "--losses", tmp_path / "x.csv").exit_code == 0
    with (tmp_path / "x.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["how"] != "note"]
    assert Counter(row["report"] for row in rows) == {r.sop_instance_uid: _items(r) for _, r in MANY}


def _items(report: Report) -> int:
    return len(list(report.walk()))
