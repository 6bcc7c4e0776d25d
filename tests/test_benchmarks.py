"""The benchmark runs, and what it compares does the same work."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import straightforward
from benchmarks.convert import main
from benchmarks.corpus.__main__ import main as corpus_main
from benchmarks.corpus.engines import OURS
from benchmarks.corpus.flags import flags
from benchmarks.corpus.measurements import Measured, Unanswered
from benchmarks.corpus.oxigraph import Oxigraph
from benchmarks.corpus.process import Process
from benchmarks.corpus.queries import Asked, queries
from benchmarks.corpus.rows import Cell, Digest
from benchmarks.corpus.tables import disagreements
from benchmarks.corpus.virtuoso import with_values
from benchmarks.corpus.worker import Answered, Run, TimeLimitError
from benchmarks.fhir import main as fhir_main
from benchmarks.ours import convert
from benchmarks.templates import main as templates_main
from sr2graph.graph.vocabulary import PREFIXES, expanded, predicates
from sr2graph.samples import KINDS, cohort_reports, sample

NAMES = (
    "conceptName conceptCode numericValue unit text uid "
    "contains hasObsContext hasAcqContext hasConceptMod hasProperties inferredFrom selectedFrom"
)
CORE = {f"<{expanded(f'sr:{name}')}>" for name in NAMES.split()}
"""Predicates whose statements must be the same, to the last."""
REPORTS = (
    "ctdose-siemens-flash-1",
    "ctdose-ge-optima-esr-1",
    "echo-terason-norootconcept-1",
    "ko-ihe-mado-1",
    "mgdose-ge-pristina-1",
    "rfdose-philips-veradius-1",
    "rfdose-siemens-zee-arabic-1",
    "tid1000-iowa-pet-1",
    "tid1500-dcmqi-1",
    "tid1500-highdicom-2",
)
"""Reports of the corpus by as many different makers."""


def lines(text: str) -> set[str]:
    return set(filter(None, text.splitlines()))


def core(quads: set[str]) -> set[str]:
    return {line for line in quads if line.split(" ", 2)[1] in CORE}


DERIVED = {f"<{predicate.iri}>" for predicate in predicates() if predicate.is_derived}
"""What templates say, which the other converter knows nothing of."""


def assert_same_work(data: bytes) -> None:
    ours = {line for line in lines(convert(data)) if line.split(" ", 2)[1] not in DERIVED}
    theirs = lines(straightforward.convert(data))
    assert core(ours)
    assert core(ours) == core(theirs)
    assert 0.95 <= len(theirs) / len(ours) <= 1.05


@pytest.mark.parametrize("kind", KINDS)
def test_the_straightforward_converter_says_the_same_of_samples(kind: str) -> None:
    """A converter that says less would be no fair peer."""
    assert_same_work(sample(kind, 3).to_dicom())


@pytest.mark.corpus
@pytest.mark.parametrize("name", REPORTS)
def test_the_straightforward_converter_says_the_same_of_real_reports(name: str, corpus_dir: Path) -> None:
    """... nor one that only manages what we wrote ourselves."""
    assert_same_work((corpus_dir / f"{name}.dcm").read_bytes())


@pytest.mark.slow
def test_the_benchmark_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It prints its tables and writes them as JSON; how fast anything was is not for a test to say."""
    output = tmp_path / "tables.json"
    nothing = tmp_path / "corpus"
    assert main(["--quick", "--corpus", str(nothing), "--json", str(output)]) == 0
    tables = json.loads(output.read_text(encoding="utf-8"))
    printed = capsys.readouterr().out
    assert all(f"## {table['title']}" in printed for table in tables)
    (compared,) = (table for table in tables if "pydicom" in table["title"])
    assert {row["report"] for row in compared["rows"]} >= {"ct_dose", "all"}


@pytest.mark.slow
def test_the_benchmark_of_templates_runs(tmp_path: Path) -> None:
    output = tmp_path / "tables.json"
    assert templates_main(["--quick", "--corpus", str(tmp_path / "nothing"), "--json", str(output)]) == 0
    samples, verdicts = json.loads(output.read_text(encoding="utf-8"))
    assert {row["reports"] for row in samples["rows"]} >= {"ct_dose", "key_objects"}
    assert [row["target"] for row in verdicts["rows"]] == [check["target"] for check in samples["checks"]]


@pytest.mark.slow
def test_the_benchmark_of_fhir_runs(tmp_path: Path) -> None:
    """The models of fhir.resources say the same as our text: the benchmark makes sure itself."""
    output = tmp_path / "tables.json"
    assert fhir_main(["--quick", "--json", str(output)]) == 0
    tables = {table["title"]: table for table in json.loads(output.read_text(encoding="utf-8"))}
    assert {row["report"] for row in tables["Bundles beside fhir.resources"]["rows"]} >= {"ct_dose", "all"}
    assert [row["reports"] for row in tables["Export of a corpus as NDJSON"]["rows"]] == ["5", "15"]
    told = [check["target"] for table in tables.values() for check in table["checks"]]
    assert [row["target"] for row in tables["Targets"]["rows"]] == told


# ---------------------------------------------------------------- benchmarks.corpus


def digest(*rows: tuple[Cell, ...]) -> Digest:
    found = Digest()
    found.add(rows)
    return found


ROWS: tuple[tuple[Cell, ...], ...] = (("<urn:a>", 1.5, None), ("<urn:b>", 2.5, "text"))


def test_rows_are_the_same_in_any_order_and_to_the_last_digit_but_few() -> None:
    """Engines sum decimals or doubles."""
    first, second = ROWS
    assert digest(*ROWS).difference(digest(second, ("<urn:a>", 1.5 + 1e-13, None))) == ""
    assert digest(*ROWS).difference(digest(second, first, first)) == "2 rows and 3"


@pytest.mark.parametrize(
    ("rows", "difference"),
    [
        ((("<urn:a>", 2.5, None), ("<urn:b>", 1.5, "text")), "other numbers"),
        ((("<urn:a>", 1.5, None), ("<urn:b>", 2.5001, "text")), "other numbers"),
        ((("<urn:a>", 1.5, ""), ("<urn:b>", 2.5, "text")), "other terms in as many rows"),
        ((("<urn:a>", 1.5, None), ("<urn:b>", "2.5", "text")), "other terms in as many rows"),
    ],
)
def test_other_rows_are_told(rows: tuple[tuple[Cell, ...], ...], difference: str) -> None:
    """Numbers in the rows of others are other rows, and so is a text where there was none."""
    assert digest(*ROWS).difference(digest(*rows)) == difference


def took(seconds: float) -> Answered:
    one = Run(seconds, {"parse": 0.01, "compile": 0.0, "SQL": seconds - 0.01, "terms": 0.0})
    return Answered(one, one, 4, Digest())


def found(reports: int, seconds: float) -> Measured:
    return Measured(reports, answers={OURS: {"devices": took(seconds)}})


@pytest.mark.parametrize(("seconds", "flagged"), [(0.5, 0), (1.9, 0), (2.2, 1), (3.5, 2)])
def test_a_query_is_flagged_when_it_grows_faster_than_the_data(seconds: float, flagged: int) -> None:
    """Ten times as many reports, and 20 ms that grow: 2 s are ten times linear, 3 s are too long for any."""
    (query,) = queries(["devices"])
    assert len(list(flags(query, found(10_000, seconds), found(1_000, 0.03)))) == flagged


def test_a_query_that_fails_is_flagged() -> None:
    (query,) = queries(["devices"])
    failed = Measured(300, answers={OURS: {"devices": Unanswered("over 30 s", 30)}})
    assert list(flags(query, failed, None)) == ["over 30 s"]


def test_a_peer_that_is_alone_with_its_rows_is_told_of_but_we_are_not_doubted() -> None:
    """Where no peer has our rows it is said loudly, and is a requirement that is not met."""
    other = replace(took(1), digest=digest(*ROWS))
    answers = {OURS: took(1), "pyoxigraph": took(1), "virtuoso": other}
    table = disagreements(Measured(300, answers={name: {"devices": answer} for name, answer in answers.items()}))
    assert table.rows == [("disagreement: devices", "virtuoso", "0 rows and 2", "pyoxigraph")]
    assert all(check.reached for check in table.checks)
    table = disagreements(Measured(300, answers={name: {"devices": answers[name]} for name in (OURS, "virtuoso")}))
    assert table.rows == [("DISAGREEMENT: devices", "virtuoso", "0 rows and 2", "NOBODY")]
    assert not any(check.reached for check in table.checks)


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the N-Quads of some reports, and a store of pyoxigraph."""
    folder = tmp_path_factory.mktemp("reports")
    text = "".join(report.to_nquads() for report in cohort_reports(20))
    (folder / "reports.nq").write_text(text, encoding="utf-8")
    Oxigraph(folder).load(folder / "reports.nq", 1)
    return folder


def test_a_peer_gets_the_parameters_of_a_query(reports: Path) -> None:
    """As VALUES in the text where it has no other way, with the same answer."""
    store = Oxigraph(reports)
    store.open()
    some = [query for query in queries() if query.parameters]
    assert some
    answers = [[digest(*rows(store, query)) for query in (one, replace(one, text=with_values(one)))] for one in some]
    assert any(bound.rows for bound, _ in answers)
    assert [bound.difference(text) for bound, text in answers] == [""] * len(some)


def rows(engine: Oxigraph, query: Asked) -> list[tuple[Cell, ...]]:
    return [tuple(map(engine.cell, row)) for row in engine.ask(query)]


def test_the_default_graph_of_pyoxigraph_is_a_set(reports: Path) -> None:
    """What several reports say of a code is there once, as in a corpus."""
    store = Oxigraph(reports)
    store.open()
    text = "SELECT ?label WHERE { <http://dicom.nema.org/resources/ontology/DCM/121071> rdfs:label ?label }"
    query = Asked("label", f"PREFIX rdfs: <{PREFIXES['rdfs']}> {text}", named=False)
    assert rows(store, query) == [("Finding",)]


@pytest.mark.slow
def test_an_engine_that_takes_too_long_is_killed_and_opened_again(reports: Path) -> None:
    """The next query is answered."""
    product = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
    with Process("pyoxigraph", reports) as process:
        process.do("open", limit=60)
        with pytest.raises(TimeLimitError):
            process.do("ask", Asked("product", product, named=False), limit=0.1)
        answer = process.do("ask", Asked("one", "SELECT (1 AS ?one) WHERE {}", named=False), limit=60)
    assert answer.digest.rows == 1


@pytest.mark.slow
def test_the_benchmark_of_the_corpus_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It prints its tables and writes them as JSON, and all engines that are here give the same rows."""
    output = tmp_path / "tables.json"
    names = ["devices", "units-of-quantities", "not-bound", "numbers-by-concept"]
    arguments = ["--reports", "20", "--keep", str(tmp_path), "--queries", ",".join(names), "--json", str(output)]
    assert corpus_main(arguments) == 0
    written = json.loads(output.read_text(encoding="utf-8"))
    printed = capsys.readouterr().out
    assert all(f"## {table['title']}" in printed for table in written["tables"])
    (figures,) = written["figures"]
    assert set(figures["answers"]) >= {"sr2graph", "pyoxigraph", "rdflib"}
    assert all(figures["answers"]["sr2graph"][name]["digest"]["rows"] for name in names)
