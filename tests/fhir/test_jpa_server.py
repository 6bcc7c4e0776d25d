"""Posting to HAPI FHIR's JPA server, which keeps references whole: what it stores, finds and refuses is asked back."""

import copy
import json
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from sr2graph.dicom.report import Report
from sr2graph.fhir import FhirBundle, to_fhir
from sr2graph.fhir.answers import DONE, What
from sr2graph.fhir.exporting import OF_ONE_REPORT
from sr2graph.fhir.posting import Posted, post
from sr2graph.fhir.server import Server
from sr2graph.samples import KINDS, sample
from tests.commands import run
from tests.fhir.jpa import PAGE, Jpa, Json, servers
from tests.test_notebooks import run_notebook

# One worker has the servers: they are as many as there are releases.
pytestmark = [pytest.mark.jpa, pytest.mark.slow, pytest.mark.xdist_group("jpa")]

KIND_OF = {
    "r4": "planar_roi",
    "r4-rds": "ct_dose",
    "r4-imr": "diagnostic_report",
    "r5-dicom-sr": "planar_roi",
    "r5-idr": "diagnostic_report",
}
"""Flavour ↔ a kind of report that it is made for."""
PLAIN = ("r4", "r5-dicom-sr")
BIG = "projection_xray_dose"
"""Hundreds of observations."""
LARGE = frozenset({BIG, "ct_dose", "mammography_dose", "obgyn", "radiomics"})
"""Kinds of reports with more than a hundred resources."""
SAMPLES = [(PLAIN[i % 2], kind) for i, kind in enumerate(sorted(set(KINDS) - LARGE))] + [("r4", BIG)]
"""Each kind in one release, in turn: a server of one refuses what one of the other does."""
UCUM = "http://unitsofmeasure.org"


@pytest.fixture(scope="session", name="running")
def _running() -> Iterator[dict[str, Jpa]]:
    with servers("R4", "R5") as started:
        yield started


@pytest.fixture(name="r4")
def _r4(running: dict[str, Jpa]) -> Jpa:
    return running["R4"].started()


def server_of(running: dict[str, Jpa], flavour: str) -> Jpa:
    return running[flavour[:2].upper()].started()


def made(report: Report, flavour: str, bundle: str = "transaction", ids: str = "put") -> FhirBundle:
    return to_fhir(report, flavour, bundle, ids, timezone="+01:00")


def posted(jpa: Jpa, bundle: FhirBundle) -> Posted:
    return post(bundle, Server(jpa.url, timeout=300))


def names(bundle: FhirBundle) -> list[str]:
    resources = [entry["resource"] for entry in bundle.resource["entry"]]
    return [f"{each['resourceType']}/{each['id']}" for each in resources]


def types(bundle: FhirBundle) -> set[str]:
    return {str(entry["resource"]["resourceType"]) for entry in bundle.resource["entry"]}


def state(jpa: Jpa, bundle: FhirBundle) -> tuple[int, dict[str, int]]:
    """How many versions there are of everything, and how many resources of the types of a bundle."""
    return jpa.versions(), jpa.counts(types(bundle))


def assert_twice_is_once(jpa: Jpa, bundle: FhirBundle) -> Posted:
    """Post it twice; the second time changes nothing, as the answer and the history of the server say."""
    first = posted(jpa, bundle)
    assert first.is_done, first.results
    before = state(jpa, bundle)
    second = posted(jpa, bundle)
    assert second.counts() == {What.UNCHANGED: len(first.results)}
    assert state(jpa, bundle) == before
    return first


# ---------------------------------------------------------------- twice is once


@pytest.mark.parametrize("kind", ["transaction", "batch"])
@pytest.mark.parametrize("flavour", PLAIN)
def test_the_server_may_choose_the_ids(running: dict[str, Jpa], flavour: str, kind: str) -> None:
    """First of all: a person who is there under two ids, one of them ours, would make later ones ambiguous (412)."""
    jpa = server_of(running, flavour)
    report = sample(KIND_OF[flavour], 11 + (kind == "batch"))
    first = assert_twice_is_once(jpa, made(report, flavour, kind, "conditional"))
    stored = jpa.found("DiagnosticReport", identifier=f"urn:dicom:uid|urn:oid:{report.sop_instance_uid}")
    (own,) = (each.id for each in first.results if each.type == "DiagnosticReport")
    assert len(stored) == 1
    assert own not in stored


@pytest.mark.parametrize(("flavour", "kind"), SAMPLES)
def test_samples_are_posted_once(running: dict[str, Jpa], flavour: str, kind: str) -> None:
    jpa = server_of(running, flavour)
    bundle = made(sample(kind), flavour)
    first = assert_twice_is_once(jpa, bundle)
    assert first.requests == 1
    new = [f"{each.type}/{each.id}" for each in first.results if each.what is What.CREATED]
    own = [name for name in names(bundle) if name.partition("/")[0] in OF_ONE_REPORT]
    assert set(own) <= set(new)
    assert jpa.versions_of(new) == {"1": len(new)}


@pytest.mark.parametrize(("kind", "ids"), [("transaction", "logical"), ("batch", "put"), ("batch", "logical")])
@pytest.mark.parametrize("flavour", PLAIN)
def test_every_way_posts_once(running: dict[str, Jpa], flavour: str, kind: str, ids: str) -> None:
    seed = 21 + (ids == "logical") + 2 * (kind == "batch")
    assert_twice_is_once(server_of(running, flavour), made(sample(KIND_OF[flavour], seed), flavour, kind, ids))


@pytest.mark.parametrize("flavour", [flavour for flavour in KIND_OF if flavour not in PLAIN])
def test_every_flavour_posts_once(running: dict[str, Jpa], flavour: str) -> None:
    assert_twice_is_once(server_of(running, flavour), made(sample(KIND_OF[flavour], 31), flavour))


def test_reports_that_share_are_posted_at_once(r4: Jpa) -> None:
    """The server refuses one of two that create the same patient at the same time, and takes it when it comes again."""
    bundles = [made(sample(kind, 51), "r4") for kind in ("planar_roi", "volumetric_roi", "diagnostic_report")]
    with ThreadPoolExecutor() as pool:
        results = list(pool.map(lambda bundle: posted(r4, bundle), bundles))
    assert [each.is_done for each in results] == [True] * 3, [each.results for each in results]


# ---------------------------------------------------------------- what is found


def referring(bundle: Json, type_: str, element: str) -> dict[str, set[str]]:
    """Reference ↔ the ids of the resources of a type that have it in an element."""
    found: dict[str, set[str]] = defaultdict(set)
    for entry in bundle["entry"]:
        resource = entry["resource"]
        values = resource.get(element, []) if resource["resourceType"] == type_ else []
        for each in values if isinstance(values, list) else [values]:
            if "reference" in each:
                found[each["reference"]].add(resource["id"])
    return found


REFERENCES = [
    ("Observation", "has-member", "hasMember"),
    ("Observation", "derived-from", "derivedFrom"),
    ("Observation", "subject", "subject"),
    ("Observation", "focus", "focus"),
    ("DiagnosticReport", "result", "result"),
    ("DiagnosticReport", "subject", "subject"),
    ("Provenance", "target", "target"),
]
"""Type, search parameter, element."""


@pytest.mark.parametrize("flavour", PLAIN)
def test_references_are_found(running: dict[str, Jpa], flavour: str) -> None:
    """Each search parameter finds what refers to each resource, and nothing else."""
    jpa = server_of(running, flavour)
    bundle = made(sample("obgyn", 61), flavour)
    assert posted(jpa, bundle).is_done
    name_of = {entry["fullUrl"]: entry["request"]["url"] for entry in bundle.resource["entry"]}
    wanted = {
        f"{type_}?{parameter}={name_of[reference]}&_count={PAGE}": ids
        for type_, parameter, element in REFERENCES
        for reference, ids in referring(bundle.resource, type_, element).items()
    }
    assert {parameter for _, parameter, _ in REFERENCES} == {url.partition("?")[2].partition("=")[0] for url in wanted}
    found = jpa.read(list(wanted))
    ids = [{entry["resource"]["id"] for entry in each.get("entry", ())} for each in found]
    assert dict(zip(wanted, ids, strict=True)) == wanted


@pytest.mark.parametrize("flavour", PLAIN)
def test_identifiers_are_found(running: dict[str, Jpa], flavour: str) -> None:
    jpa = server_of(running, flavour)
    bundle = made(sample("planar_roi", 62), flavour)
    assert posted(jpa, bundle).is_done
    wanted = {}
    for entry in bundle.resource["entry"]:
        resource = entry["resource"]
        told = resource.get("identifier", [])
        for each in told if isinstance(told, list) else [told]:
            if each.get("system"):
                query = urlencode({"identifier": f"{each['system']}|{each['value']}"})
                wanted[f"{resource['resourceType']}?{query}"] = {resource["id"]}
    found = [{entry["resource"]["id"] for entry in each.get("entry", ())} for each in jpa.read(list(wanted))]
    for (query, ids), told in zip(wanted.items(), found, strict=True):
        # What reports share may be there under an id of the server, too; of a study there are those of other reports.
        assert ids == told if query.partition("?")[0] in OF_ONE_REPORT - {"ImagingStudy"} else ids <= told, query
    assert len(wanted) > 40


def instances(study: Json) -> set[str]:
    """The SOP Instance UIDs that an ImagingStudy lists."""
    return {each["uid"] for series in study.get("series", ()) for each in series["instance"]}


@pytest.mark.parametrize("flavour", PLAIN)
def test_what_each_report_says_of_their_study_is_found(running: dict[str, Jpa], flavour: str) -> None:
    """One does not take the place of the other, and again nothing changes."""
    jpa = server_of(running, flavour)
    reports = [sample(kind, 64) for kind in ("planar_roi", "radiomics", "diagnostic_report")]
    (uid,) = {report.study.study_instance_uid for report in reports}
    bundles = [made(report, flavour) for report in reports]
    for bundle in bundles:
        assert posted(jpa, bundle).is_done
    before = jpa.versions()
    for bundle in bundles:
        assert set(posted(jpa, bundle).counts()) == {What.UNCHANGED}
    assert jpa.versions() == before
    studies = jpa.read([f"ImagingStudy/{each}" for each in jpa.found("ImagingStudy", identifier=f"urn:oid:{uid}")])
    assert len(studies) == len(reports)
    evidence = [
        {
            each.sop_instance_uid or ""
            for study in report.document.current_evidence
            for series in study.series
            for each in series.instances
        }
        for report in reports
    ]
    assert sorted(sorted(instances(each)) for each in studies) == sorted(sorted(each) for each in evidence)


@pytest.mark.parametrize("flavour", PLAIN)
def test_measurements_are_found(running: dict[str, Jpa], flavour: str) -> None:
    """By code, value and unit; in another unit, too, for UCUM tells how they relate."""
    jpa = server_of(running, flavour)
    bundle = made(sample("planar_roi", 63), flavour)
    assert posted(jpa, bundle).is_done
    resources = [entry["resource"] for entry in bundle.resource["entry"]]
    (patient,) = (each["id"] for each in resources if each["resourceType"] == "Patient")
    lengths = [each for each in resources if each.get("valueQuantity", {}).get("code") == "mm"]
    assert lengths
    for one in lengths:
        code, value = one["code"]["coding"][0], Decimal(str(one["valueQuantity"]["value"]))
        same = {
            each["id"]
            for each in lengths
            if each["code"]["coding"][0] == code and Decimal(str(each["valueQuantity"]["value"])) == value
        }
        for number, unit in ((value, "mm"), (value / 10, "cm")):
            asked = f"{code['system']}|{code['code']}${number}|{UCUM}|{unit}"
            found = jpa.found("Observation", code_value_quantity=asked, subject=f"Patient/{patient}")
            assert found == same, asked


# ---------------------------------------------------------------- what is refused


def changed(flavour: str, kind: str, seed: int, **elements: object) -> tuple[FhirBundle, int]:
    """A bundle with other elements in the fourth of its observations, and where that is."""
    resource = copy.deepcopy(made(sample("planar_roi", seed), flavour, kind).resource)
    places = [
        place for place, each in enumerate(resource["entry"]) if each["resource"]["resourceType"] == "Observation"
    ]
    resource["entry"][places[3]]["resource"] |= elements
    return FhirBundle(resource, (), flavour[:2].upper()), places[3]


MISSING = [{"reference": "Observation/missing"}]


@pytest.mark.parametrize("flavour", PLAIN)
def test_what_is_referred_to_stays(running: dict[str, Jpa], flavour: str) -> None:
    """The server keeps references whole, so that what is found there can be followed."""
    jpa = server_of(running, flavour)
    bundle = made(sample("key_objects", 64), flavour)
    assert posted(jpa, bundle).is_done
    (patient,) = (name for name in names(bundle) if name.startswith("Patient/"))
    status, answer = jpa.ask(patient, "DELETE")
    assert (status, answer["resourceType"]) == (409, "OperationOutcome")
    assert jpa.versions_of([patient]) == {"1": 1}


@pytest.mark.parametrize("flavour", PLAIN)
def test_a_transaction_with_a_dangling_reference_stores_nothing(running: dict[str, Jpa], flavour: str) -> None:
    jpa = server_of(running, flavour)
    bundle, place = changed(flavour, "transaction", 65, hasMember=MISSING)
    before = state(jpa, bundle)
    result = posted(jpa, bundle)
    assert result.counts() == {What.REFUSED: 1, What.NOT_DONE: len(result.results) - 1}
    assert result.results[place].what is What.REFUSED
    assert "Observation/missing not found" in result.results[place].reason
    assert state(jpa, bundle) == before


@pytest.mark.parametrize("flavour", PLAIN)
def test_a_batch_with_a_dangling_reference_stores_the_rest(running: dict[str, Jpa], flavour: str) -> None:
    """The rest, but for what refers to what was refused."""
    jpa = server_of(running, flavour)
    bundle, place = changed(flavour, "batch", 66, hasMember=MISSING)
    result = posted(jpa, bundle)
    refused = {names(bundle)[place]}
    while (
        more := refused | {name for name, each in _texts(bundle) if any(f'"{one}"' in each for one in refused)}
    ) > refused:
        refused = more
    told = {f"{each.type}/{each.id}" for each in result.results if each.what not in DONE}
    assert told == refused
    assert "Observation/missing not found" in result.results[place].reason
    assert jpa.versions_of([name for name in names(bundle) if name in refused]) == {"none": len(refused)}


def _texts(bundle: FhirBundle) -> Iterator[tuple[str, str]]:
    for name, entry in zip(names(bundle), bundle.resource["entry"], strict=True):
        yield name, json.dumps(entry["resource"], default=str)


@pytest.mark.parametrize("kind", ["transaction", "batch"])
def test_what_is_no_fhir_is_refused_as_a_whole(r4: Jpa, kind: str) -> None:
    """HAPI reads all of a batch before it does any of it."""
    bundle, _ = changed("r4", kind, 67, status="no-such-status")
    before = state(r4, bundle)
    result = posted(r4, bundle)
    assert result.counts() == {What.REFUSED: len(result.results)}
    assert "Unknown ObservationStatus code" in result.results[0].reason
    assert state(r4, bundle) == before


def test_an_entry_that_is_there_twice_is_named(r4: Jpa) -> None:
    resource = copy.deepcopy(made(sample("planar_roi", 68), "r4").resource)
    resource["entry"].append(resource["entry"][3])
    result = posted(r4, FhirBundle(resource, (), "R4"))
    refused = [each.number for each in result.results if each.what is What.REFUSED]
    assert refused == [3, len(result.results) - 1]


# ---------------------------------------------------------------- other ways in


@pytest.mark.parametrize("flavour", PLAIN)
def test_a_document_is_stored_as_it_is(running: dict[str, Jpa], flavour: str) -> None:
    """As one resource, whose references lead to what it holds."""
    jpa = server_of(running, flavour)
    document = made(sample("planar_roi"), flavour, "document")
    status, stored = jpa.ask("Bundle", "POST", document.json())
    assert (status, stored["type"]) == (201, "document")
    _, again = jpa.ask(f"Bundle/{stored['id']}")
    assert [each["fullUrl"] for each in again["entry"]] == [each["fullUrl"] for each in document.resource["entry"]]
    composition = again["entry"][0]["resource"]
    assert composition["resourceType"] == "Composition"


def test_ndjson_is_loaded(r4: Jpa, tmp_path: Path) -> None:
    """Every line is put under its id; references are relative, and all lead somewhere."""
    reports = tmp_path / "reports"
    reports.mkdir()
    for kind in ("planar_roi", "diagnostic_report"):
        (reports / f"{kind}.dcm").write_bytes(sample(kind, 71).to_dicom())
    assert run("fhir", reports, "--flavour", "r4", "--ndjson", tmp_path / "ndjson").exit_code == 0
    lines = [line for path in (tmp_path / "ndjson").iterdir() for line in path.read_text(encoding="utf-8").splitlines()]
    resources = [json.loads(line, parse_float=str) for line in lines]
    puts = [{"method": "PUT", "url": f"{each['resourceType']}/{each['id']}"} for each in resources]
    entries = [f'{{"resource":{line},"request":{json.dumps(put)}}}' for line, put in zip(lines, puts, strict=True)]
    text = f'{{"resourceType":"Bundle","type":"transaction","entry":[{",".join(entries)}]}}'
    status, answer = r4.ask("", "POST", text)
    assert status == 200, answer
    assert {entry["response"]["status"] for entry in answer["entry"]} <= {"201 Created", "200 OK"}
    assert r4.versions_of([put["url"] for put in puts])["none"] == 0


# ---------------------------------------------------------------- the command


@pytest.fixture(name="folder")
def _folder(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """Three reports of a patient, two of them of one study; those of one test are posted by no other."""
    folder = tmp_path / "folder"
    folder.mkdir()
    seed = 81 if request.node.name == "test_the_command_posts_a_folder" else 82
    for kind in ("planar_roi", "diagnostic_report", "key_objects"):
        (folder / f"{kind}.dcm").write_bytes(sample(kind, seed).to_dicom())
    return folder


def test_the_command_posts_a_folder(r4: Jpa, folder: Path, tmp_path: Path) -> None:
    """Nothing is written anew the second time: what these reports share all of them say alike."""
    options = ["--flavour", "r4", "--timezone", "+01:00", "--post", r4.url, "--posted", str(tmp_path / "posted.csv")]
    first, second = (run("fhir", folder, *options) for _ in range(2))
    assert (first.exit_code, second.exit_code) == (0, 0), first.stderr
    assert [len(each.stdout.splitlines()) for each in (first, second)] == [3, 3]
    assert "3 reports made FHIR, 0 skipped, 0 failed" in first.stderr
    assert "created" not in second.stdout
    rows = (tmp_path / "posted.csv").read_text(encoding="utf-8").splitlines()
    assert len(rows) > 40
    assert not any(",updated," in row for row in rows)


def test_the_command_posts_what_a_query_finds(r4: Jpa, folder: Path, tmp_path: Path) -> None:
    assert run("ingest", tmp_path / "corpus", folder, "--jobs", "1", "--quiet").exit_code == 0
    query = "SELECT ?report { ?report a sr:Report } ORDER BY ?report LIMIT 2"
    options = ["--query", query, "--flavour", "r4", "--post", r4.url]
    first, second = (run("fhir", tmp_path / "corpus", *options) for _ in range(2))
    assert (first.exit_code, second.exit_code) == (0, 0), first.stderr
    assert [len(each.stdout.splitlines()) for each in (first, second)] == [2, 2]
    assert "created" in first.stdout
    assert "created" not in second.stdout


def test_the_command_refuses_a_server_of_another_release(running: dict[str, Jpa], folder: Path) -> None:
    """HAPI would take the bundle and drop the elements that it does not know."""
    jpa = server_of(running, "r5")
    before = jpa.versions()
    # The first time it gathers what it can do, which takes long; then it keeps that.
    assert jpa.ask("metadata?_elements=fhirVersion")[1]["fhirVersion"] == "5.0.0"
    done = run("fhir", folder, "--flavour", "r4", "--post", jpa.url)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "the server speaks FHIR 5.0.0, and the bundle is R4" in done.stderr
    assert jpa.versions() == before


def test_a_bad_reference_is_told_by_the_command(r4: Jpa, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def spoiled(*_args: Any, **_options: Any) -> FhirBundle:
        return changed("r4", "transaction", 83, hasMember=MISSING)[0]

    monkeypatch.setattr("sr2graph.fhir.making.to_fhir", spoiled)
    done = run("fhir", folder / "planar_roi.dcm", "--flavour", "r4", "--post", r4.url)
    assert done.exit_code == 1
    assert "1 refused" in done.stdout
    assert "Resource Observation/missing not found" in done.stderr


# ---------------------------------------------------------------- the notebook


def test_the_notebook_posts_and_finds(running: dict[str, Jpa], monkeypatch: pytest.MonkeyPatch) -> None:
    """What it does with a server; tests/test_notebooks.py runs it without one."""
    monkeypatch.setenv("FHIR_SERVER", running["R5"].started().url)
    namespace = run_notebook("fhir.ipynb")
    first, second = namespace["answers"]
    assert first.is_done
    assert set(second.counts()) == {What.UNCHANGED}
    sizes = [Decimal(str(each["valueQuantity"]["value"])) for each in namespace["sizes"]]
    measured = namespace["measurements"]
    large = {Decimal(value) for value in measured.loc[measured["unit"] == "mm", "value"] if Decimal(value) > 20}
    assert large
    assert large <= set(sizes)  # other tests may have posted more of the patient
    assert min(sizes) > 20
