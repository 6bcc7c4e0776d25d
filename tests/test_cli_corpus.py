"""The verbs of a corpus: what they print where, and how they end."""

import csv
import io
import json
import os
import pty
import re
import subprocess
from pathlib import Path

import pyarrow.parquet as pq
import pyoxigraph
import pytest

from sr2graph import cli_corpus
from sr2graph.corpus.formats import FORMATS
from sr2graph.dicom.values import MeasuredValue
from tests import inputs as given
from tests.commands import ENVIRONMENT, SR2GRAPH, on_a_terminal, process, run
from tests.inputs import JUNK, ct_image, deviating, dicom, fill, otherwise, small, with_uid

LENGTHS = "SELECT ?item ?value { ?item sr:numericValue ?value }"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One report of each kind, and things that are none."""
    place = tmp_path_factory.mktemp("in")
    fill(place)
    return place


@pytest.fixture(scope="module")
def corpus(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus that is only read."""
    place = tmp_path_factory.mktemp("corpora") / "corpus"
    assert run("ingest", place, folder, "--jobs", "1", "--quiet").exit_code == 0
    return place


@pytest.fixture
def own_corpus(tmp_path: Path) -> Path:
    """A corpus of three reports, to be changed."""
    (tmp_path / "in").mkdir()
    for number in range(3):
        (tmp_path / "in" / f"{number}.dcm").write_bytes(with_uid(small(), f"2.25.{number + 1}").to_dicom())
    assert run("ingest", tmp_path / "corpus", tmp_path / "in", "-j", "1", "-q").exit_code == 0
    return tmp_path / "corpus"


def count(corpus: Path, *options: str) -> int:
    """How many reports a corpus shows."""
    answer = run("query", corpus, "SELECT (COUNT(?r) AS ?n) { ?r a sr:Report }", "-f", "csv", *options)
    assert answer.exit_code == 0, answer.output
    return int(answer.stdout.split()[1])


def test_the_formats_offered_are_those_there_are() -> None:
    assert list(cli_corpus.RESULT_FORMATS) == list(FORMATS)


@pytest.mark.parametrize(
    "arguments",
    [
        ["ingest"],
        ["ingest", "c"],
        ["ingest", "c", "no/such/file"],
        ["query"],
        ["query", "{}"],
        ["query", "{}", "ASK {{}}", "--name", "devices"],
        ["query", "{}", "--name", "no-such-query"],
        ["query", "{}", "--name", "ctdi-over-drl", "--param", "drl"],
        ["query", "{}", "--name", "ctdi-over-drl", "--param", "no=1"],
        ["query", "{}", "--name", "ctdi-over-drl", "--param", "drl=much"],
        ["query", "{}", "ASK {{}}", "--param", "d=2024-13-01^^date"],
        ["query", "{}", "ASK {{}}", "--param", "d=1^^moment"],
        ["query", "{}", "no/such/file.rq"],
        ["query", "{}", "ASK {{}}", "--format", "html"],
        ["query", "{}", "ASK {{}}", "--format", "turtle"],
        ["query", "{}", "ASK {{}}", "-o", "answer.doc"],
        ["query", "{}", "ASK {{}}", "-o", "no/such/folder/a.csv"],
        ["query", "{}", "ASK {{}}", "--timeout", "0"],
        ["queries", "--name", "no-such-query"],
        ["queries", "--topic", "no-such-topic"],
        ["info"],
        ["remove", "{}"],
        ["load", "{}"],
        ["load", "{}", "no/such/file.nq"],
        ["dump", "{}", "-o", "no/such/folder/a.nq"],
    ],
    ids=" ".join,
)
def test_wrong_use_is_two(arguments: list[str], corpus: Path) -> None:
    result = run(*(argument.format(corpus) for argument in arguments))
    assert result.exit_code == 2, result.output
    assert result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    "arguments",
    [["query", "{}", "ASK {{}}"], ["info", "{}"], ["remove", "{}", "1.2"], ["compact", "{}"], ["dump", "{}"]],
)
def test_what_is_no_corpus_is_one(arguments: list[str], tmp_path: Path) -> None:
    result = run(*(argument.format(tmp_path) for argument in arguments))
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"error: {tmp_path}: not a corpus. Make one with: sr2graph ingest\n"


# ---------------------------------------------------------------- ingest


def test_a_folder_becomes_a_corpus(folder: Path, tmp_path: Path) -> None:
    result = run("ingest", tmp_path / "c", folder, "-j", "1")
    assert (result.exit_code, result.stdout) == (0, "")
    (summary,) = result.stderr.splitlines()
    assert summary.startswith(f"{given.KIND_COUNT} added, 0 replaced, 0 unchanged, {JUNK} skipped, 0 failed, ")
    assert re.search(r"[\d,]+ items in \d+\.\d s; version 1$", summary)
    assert count(tmp_path / "c") == given.KIND_COUNT


def test_again_changes_nothing(folder: Path, corpus: Path) -> None:
    before = run("info", corpus, "-f", "json").stdout
    result = run("ingest", corpus, folder, "-j", "1")
    assert result.exit_code == 0
    assert result.stderr.startswith(f"0 added, 0 replaced, {given.KIND_COUNT} unchanged, {JUNK} skipped, 0 failed, ")
    assert run("info", corpus, "-f", "json").stdout == before


def test_a_changed_report_takes_the_place_of_the_old_one(own_corpus: Path, tmp_path: Path) -> None:
    changed = tmp_path / "changed.dcm"
    changed.write_bytes(otherwise(with_uid(small(), "2.25.2")).to_dicom())
    result = run("ingest", own_corpus, changed)
    assert result.exit_code == 0
    note, summary = result.stderr.splitlines()
    assert note.startswith(f"replaced: {changed}: ")
    assert summary.startswith("0 added, 1 replaced, ")
    assert count(own_corpus) == 3
    number = "ASK { <urn:oid:2.25.2> sr:instanceNumber 4711 }"
    assert run("query", own_corpus, number).stdout == "true\n"
    assert run("query", own_corpus, number, "--version", "1").stdout == "false\n"


def test_some_failed_is_one(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "cut.dcm").write_bytes(dicom()[:340])
    (tmp_path / "in" / "fine.dcm").write_bytes(dicom())
    (tmp_path / "in" / "ct.dcm").write_bytes(ct_image())
    result = run("ingest", tmp_path / "c", tmp_path / "in", "-j", "1")
    assert result.exit_code == 1
    failure, summary = result.stderr.splitlines()
    assert failure.startswith(f"failed: {tmp_path}/in/cut.dcm: ")
    assert summary.startswith("1 added, 0 replaced, 0 unchanged, 1 skipped, 1 failed, ")
    assert "failed" in run("info", tmp_path / "c").stdout


def test_a_file_that_is_no_report_is_told_but_no_failure(tmp_path: Path) -> None:
    (tmp_path / "ct.dcm").write_bytes(ct_image())
    result = run("ingest", tmp_path / "c", tmp_path / "ct.dcm", "-q")
    assert result.exit_code == 0
    assert result.stderr == f"skipped: {tmp_path}/ct.dcm: not a Structured Report but CT Image Storage\n"


def test_strict_refusals_are_failures(tmp_path: Path) -> None:
    (tmp_path / "odd.dcm").write_bytes(deviating())
    assert run("ingest", tmp_path / "c", tmp_path / "odd.dcm", "--strict").exit_code == 1
    assert count(tmp_path / "c") == 0
    assert run("ingest", tmp_path / "c", tmp_path / "odd.dcm").exit_code == 0


def test_a_list_on_standard_input(tmp_path: Path) -> None:
    (tmp_path / "a.dcm").write_bytes(dicom())
    result = run("ingest", tmp_path / "c", "-", "-j", "1", stdin=f"{tmp_path}/a.dcm\n".encode())
    assert result.exit_code == 0
    assert result.stderr.startswith("1 added, ")


def test_progress_is_shown_on_a_terminal_only(folder: Path, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    command = [*SR2GRAPH, "ingest", str(tmp_path / "c"), str(folder)]
    done = subprocess.run(command, env=ENVIRONMENT | {"TERM": "xterm"}, stderr=theirs, check=True)
    os.close(theirs)
    talk = os.read(ours, 65536).decode()
    os.close(ours)
    assert done.returncode == 0
    assert f"/{given.KIND_COUNT + JUNK}" in talk
    assert f"{given.KIND_COUNT} added" in talk


# ---------------------------------------------------------------- query


def test_data_on_standard_output_and_nothing_else(corpus: Path) -> None:
    result = run("query", corpus, LENGTHS, "--format", "csv")
    assert (result.exit_code, result.stderr) == (0, "")
    found = list(csv.reader(io.StringIO(result.stdout)))
    assert found[0] == ["item", "value"]
    values = (item.value for report in given.reports() for item in report.walk())
    assert len(found) == 1 + sum(isinstance(value, MeasuredValue) and value.number is not None for value in values)


def test_how_long_it_took_is_told_when_asked(corpus: Path) -> None:
    result = run("query", corpus, LENGTHS, "-f", "csv", "--verbose")
    rows = len(result.stdout.splitlines()) - 1
    assert re.fullmatch(rf"{rows:,} solutions from version 1, by tables, in \d+\.\d\d s\n", result.stderr)
    assert "an answer" in run("query", corpus, "ASK {}", "-v").stderr
    assert "3 triples" in run("query", corpus, "DESCRIBE ucum:mm", "-v").stderr


def test_what_is_answered_in_memory_is_told(corpus: Path) -> None:
    result = run("query", corpus, "SELECT (SHA512(?t) AS ?sum) { ?i sr:text ?t } LIMIT 2", "-f", "csv")
    assert (result.exit_code, len(result.stdout.splitlines())) == (0, 3)
    assert re.fullmatch(r"note: answered in memory, .* because of the function SHA512\n", result.stderr)
    why = run("query", corpus, "SELECT (SHA512(?t) AS ?sum) { ?i sr:text ?t }", "--explain")
    assert why.stdout.startswith("in memory, because of the function SHA512\n")


def test_a_file_holds_the_question(corpus: Path, tmp_path: Path) -> None:
    (tmp_path / "lengths.rq").write_text(f"# all numbers\n{LENGTHS}\n", encoding="utf-8-sig")
    (tmp_path / "lengths").write_text(LENGTHS)
    expected = run("query", corpus, LENGTHS, "-f", "csv").stdout
    assert run("query", corpus, tmp_path / "lengths.rq", "-f", "csv").stdout == expected
    assert run("query", corpus, tmp_path / "lengths", "-f", "csv").stdout == expected
    assert run("query", corpus, "-", "-f", "csv", stdin=LENGTHS.encode()).stdout == expected


def test_a_named_query_with_its_parameters(corpus: Path) -> None:
    def found(*params: str) -> list[list[str]]:
        result = run("query", corpus, "--name", "ctdi-over-drl", *params, "-f", "csv")
        assert result.exit_code == 0
        return list(csv.reader(io.StringIO(result.stdout)))[1:]

    assert found() == found("--param", "drl=15")
    assert {row[9] for row in found("-p", "drl=0.5")} == {"0.5"}
    assert found("-p", "drl=1000") == []


def test_a_copy_of_a_named_query_keeps_its_parameters(corpus: Path, tmp_path: Path) -> None:
    copy = tmp_path / "mine.rq"
    copy.write_text(run("queries", "--name", "ctdi-over-drl").stdout)
    for params in ([], ["-p", "drl=0.5"]):
        ours = run("query", corpus, copy, *params, "-f", "csv")
        assert ours.exit_code == 0
        assert ours.stdout == run("query", corpus, "--name", "ctdi-over-drl", *params, "-f", "csv").stdout
    assert run("query", corpus, copy, "-p", "drl=much").exit_code == 2


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("15", '"15"^^<http://www.w3.org/2001/XMLSchema#integer>'),
        ("+1.50", '"1.50"^^<http://www.w3.org/2001/XMLSchema#decimal>'),
        ("1.5e3", '"1500.0"^^<http://www.w3.org/2001/XMLSchema#double>'),
        ("true", '"true"^^<http://www.w3.org/2001/XMLSchema#boolean>'),
        ("true^^string", '"true"'),
        ("<urn:oid:1.2>", "<urn:oid:1.2>"),
        ("dcm:113830^^iri", "<http://dicom.nema.org/resources/ontology/DCM/113830>"),
        ("2024-05-31^^date", '"2024-05-31"^^<http://www.w3.org/2001/XMLSchema#date>'),
        ("15^^decimal", '"15"^^<http://www.w3.org/2001/XMLSchema#decimal>'),
        ("a=b^^c^^string", '"a=b^^c"'),
        ("Lunge, links", '"Lunge, links"'),
        ("2024-05-31", '"2024-05-31"'),
        ("", '""'),
    ],
)
def test_values_tell_their_type(corpus: Path, written: str, shown: str) -> None:
    result = run("query", corpus, "CONSTRUCT { <urn:s> <urn:p> $x } {}", "-p", f"x={written}", "-f", "ntriples")
    assert result.stdout == f"<urn:s> <urn:p> {shown} .\n"


@pytest.mark.parametrize("query", ["SELECT ?x { ?x ", "SELECT * { ?s no:prefix ?o }", "SELECT ?x { ?x } } # \x1b[2J"])
def test_a_broken_question_is_one(corpus: Path, query: str) -> None:
    result = run("query", corpus, query)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("error: ")
    assert "\x1b" not in result.stderr
    assert "Traceback" not in result.stderr


def test_too_many_rows_are_an_error(corpus: Path) -> None:
    result = run("query", corpus, LENGTHS, "--max-rows", "3", "-f", "csv")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "more than 3 rows" in result.stderr


def test_too_long_is_an_error(corpus: Path) -> None:
    endless = (
        "SELECT (COUNT(*) AS ?n) { ?a sr:position ?p . ?b sr:position ?p . ?c sr:position ?p . ?d sr:position ?p }"
    )
    result = run("query", corpus, endless, "--timeout", "0.2", "--threads", "1")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "longer than 0.2 s" in result.stderr


def test_the_way_to_the_answer(corpus: Path) -> None:
    result = run("query", corpus, LENGTHS, "--explain")
    assert result.exit_code == 0
    assert "numeric_value" in result.stdout
    assert "Read Parquet" in result.stdout or "READ_PARQUET" in result.stdout


def test_limits_are_handed_on(corpus: Path, tmp_path: Path) -> None:
    limits = ["--memory", "1GB", "--spill", str(tmp_path), "--threads", "1"]
    assert run("query", corpus, LENGTHS, *limits).stdout == run("query", corpus, LENGTHS).stdout


def test_files_tell_the_format_by_their_suffix(corpus: Path, tmp_path: Path) -> None:
    for name in ("a.csv", "a.tsv", "a.json", "a.xml", "a.parquet", "a.txt"):
        result = run("query", corpus, LENGTHS, "-o", tmp_path / name)
        assert (result.exit_code, result.output) == (0, ""), result.output
    rows = pq.read_table(tmp_path / "a.parquet").num_rows
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 1 + rows
    assert len((tmp_path / "a.txt").read_text().splitlines()) == 2 + rows
    assert len(json.loads((tmp_path / "a.json").read_text())["results"]["bindings"]) == rows


def test_triples_are_turtle_unless_told_otherwise(corpus: Path, tmp_path: Path) -> None:
    construct = "CONSTRUCT { ?i sr:text ?t } { ?i sr:text ?t }"
    turtle = run("query", corpus, construct).stdout_bytes
    run("query", corpus, construct, "-o", tmp_path / "a.nt")
    again = set(pyoxigraph.parse(turtle, pyoxigraph.RdfFormat.TURTLE))
    assert again == set(pyoxigraph.parse(path=tmp_path / "a.nt", format=pyoxigraph.RdfFormat.N_TRIPLES))
    assert again


def test_a_terminal_gets_a_table_that_fits(corpus: Path) -> None:
    talk = on_a_terminal(
        "query", corpus, "SELECT ?report ?item ?name { ?item sr:inReport ?report ; sr:conceptName ?name }"
    )
    lines = talk.splitlines()
    assert lines[0].split() == ["report", "item", "name"]
    assert max(map(len, lines)) <= 100


def test_a_terminal_is_spared_parquet(corpus: Path) -> None:
    ours, theirs = pty.openpty()
    child = process("query", corpus, LENGTHS, "-f", "parquet", stdout=theirs)
    assert b"-o FILE" in child.communicate(timeout=60)[1]
    assert child.returncode == 2
    os.close(theirs)
    os.close(ours)
    assert run("query", corpus, LENGTHS, "-f", "parquet").stdout_bytes.startswith(b"PAR1")


# ---------------------------------------------------------------- queries


def test_every_named_query_is_listed() -> None:
    listed = run("queries").stdout
    names = re.findall(r"^  (\S+)$", listed, re.MULTILINE)
    assert len(names) == len(set(names)) > 50
    assert "--param drl=15  decimal: reference level of CTDIvol, mGy" in listed
    assert max(map(len, listed.splitlines())) <= 120
    topic = run("queries", "--topic", "dose").stdout
    assert topic.startswith("dose\n")
    assert topic in listed


def test_the_text_of_a_named_query() -> None:
    text = run("queries", "--name", "ctdi-over-drl").stdout
    assert text.startswith("# Which CT acquisitions")
    assert "SELECT" in text


# ---------------------------------------------------------------- upkeep


def test_what_a_corpus_holds(corpus: Path) -> None:
    text = run("info", corpus).stdout
    assert text.startswith(f"{corpus}, version 1\n{given.KIND_COUNT} reports of ")
    found = json.loads(run("info", corpus, "--format", "json").stdout)
    assert found["reports"] == given.KIND_COUNT == sum(kind["number"] for kind in found["kinds"])
    assert found["items"] == sum(1 for report in given.reports() for _ in report.walk())
    assert [version["operation"] for version in found["versions"]] == ["create", "ingest"]
    assert re.search(rf"^ +1  .*  ingest +{given.KIND_COUNT} +0 +0 +{given.KIND_COUNT}$", text, re.MULTILINE)


def test_a_removed_report_is_out_of_sight_and_then_gone(own_corpus: Path) -> None:
    result = run("remove", own_corpus, "2.25.1", "urn:oid:2.25.2")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "2 removed, 0 failed; version 2\n"
    assert count(own_corpus) == 1
    assert count(own_corpus, "--version", "1") == 3
    result = run("compact", own_corpus, "--forget-history")
    assert result.exit_code == 0
    assert re.search(r"\d+ files \(.*\) became \d+ \(.*\), \d+ deleted; version 3\n$", result.stderr)
    assert count(own_corpus) == 1
    assert run("query", own_corpus, "ASK {}", "--version", "1").exit_code == 1
    assert "forgotten" in run("info", own_corpus).stdout


def test_what_cannot_be_removed_is_told(own_corpus: Path) -> None:
    result = run("remove", own_corpus, "-", stdin=b"2.25.1\n\n2.25.4711\n")
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "failed: 2.25.4711: there is no such report",
        "1 removed, 1 failed; version 2",
    ]


def test_a_dump_makes_the_same_corpus_again(corpus: Path, tmp_path: Path) -> None:
    result = run("dump", corpus, "-o", tmp_path / "all.nq.gz")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"{given.KIND_COUNT} reports written\n"
    result = run("load", tmp_path / "again", tmp_path / "all.nq.gz")
    assert result.exit_code == 0, result.output
    assert f"{given.KIND_COUNT} reports" in result.stderr
    assert run("dump", tmp_path / "again", "-q").stdout_bytes == run("dump", corpus, "-q").stdout_bytes


def test_an_earlier_version_can_be_dumped(own_corpus: Path) -> None:
    before = run("dump", own_corpus).stdout
    run("remove", own_corpus, "2.25.1")
    assert run("dump", own_corpus).stdout != before
    assert run("dump", own_corpus, "--version", "1").stdout == before


def test_what_cannot_be_loaded_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.nq").write_text("<urn:oid:1.2> a <b>")
    result = run("load", tmp_path / "c", tmp_path / "a.nq")
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"{tmp_path}/a.nq: " in result.stderr


def test_convert_and_load_are_ingest(folder: Path, corpus: Path, tmp_path: Path) -> None:
    run("convert", folder, "-o", tmp_path / "all.nq", "-j", "1", "-q")
    assert run("load", tmp_path / "c", tmp_path / "all.nq", "-q").exit_code == 0
    assert run("dump", tmp_path / "c", "-q").stdout_bytes == run("dump", corpus, "-q").stdout_bytes
