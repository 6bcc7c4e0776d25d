"""A dump is the corpus as text: loading it makes the same corpus again."""

import gzip
from collections.abc import Iterable
from pathlib import Path

import pyoxigraph
import pytest

from sr2graph.corpus.connection import connect
from sr2graph.corpus.decode import stored_reports
from sr2graph.corpus.dump import dump
from sr2graph.corpus.ingest import ingest_reports
from sr2graph.corpus.load import load
from sr2graph.corpus.log import snapshot
from sr2graph.corpus.storage import storage
from sr2graph.dicom.read import read
from sr2graph.dicom.report import Report
from sr2graph.errors import GraphError, WriteError
from sr2graph.graph.jsonld import jsonld
from sr2graph.graph.quads import nquads, report_iri, statements
from sr2graph.graph.turtle import trig, turtle
from sr2graph.samples import KINDS, sample
from tests.conftest import corpus_files
from tests.graph.reports import full_reports
from tests.inputs import leftovers, otherwise, small, with_uid


def made(folder: Path, found: Iterable[Report]) -> Path:
    ingest_reports(folder, found)
    return folder


def dumped(corpus: Path, out: Path) -> bytes:
    with connect(snapshot(storage(corpus))) as connection:
        dump(connection, out)
    return out.read_bytes()


def held(corpus: Path) -> list[Report]:
    """The reports of a corpus, in the order of their IRIs."""
    with connect(snapshot(storage(corpus))) as connection:
        keys = [key for (key,) in connection.execute("SELECT document FROM documents ORDER BY iri").fetchall()]
        return [stored.report() for stored in stored_reports(connection, keys)]


def assert_inverse(folder: Path, found: list[Report]) -> None:
    first, second = made(folder / "first", found), folder / "second"
    text = dumped(first, folder / "first.nq")
    loaded = load(second, folder / "first.nq")
    assert (loaded.reports, loaded.failures, loaded.others) == (len(found), (), 0)
    assert dumped(second, folder / "second.nq") == text
    assert held(second) == held(first) == sorted(found, key=report_iri)


def test_loading_a_dump_makes_the_same_corpus(tmp_path: Path) -> None:
    assert_inverse(tmp_path, [full_reports()["odd"], *map(sample, KINDS)])


@pytest.mark.corpus
@pytest.mark.slow
def test_loading_a_dump_of_real_reports_makes_the_same_corpus(tmp_path: Path) -> None:
    reports = {report_iri(found): found for found in map(read, corpus_files())}
    assert_inverse(tmp_path, list(reports.values()))


# ---------------------------------------------------------------- dump


def test_a_dump_is_the_sorted_statements_of_each_report(tmp_path: Path) -> None:
    found = [with_uid(small(), uid) for uid in ("1.2.4", "1.2.30", "1.2.3")]
    lines = dumped(made(tmp_path / "c", found), tmp_path / "c.nq").decode().splitlines()
    expected = []
    for one in sorted(found, key=report_iri):
        expected += sorted({f"{statement} <{report_iri(one)}> ." for statement in statements(one)})
    assert lines == expected


def test_a_dump_does_not_tell_how_the_corpus_came_about(tmp_path: Path) -> None:
    """Order and number of commits, replaced reports: none shows."""
    found = [with_uid(small(), f"1.2.{i}") for i in range(4)]
    at_once = made(tmp_path / "a", found)
    bit_by_bit = made(tmp_path / "b", [otherwise(found[3])])
    for one in reversed(found):
        made(bit_by_bit, [one])
    assert dumped(at_once, tmp_path / "a.nq") == dumped(bit_by_bit, tmp_path / "b.nq")


def test_compressed_dumps_are_the_same_text_and_stable(tmp_path: Path) -> None:
    corpus = made(tmp_path / "c", [small()])
    text = dumped(corpus, tmp_path / "c.nq")
    packed = dumped(corpus, tmp_path / "c.nq.gz")
    assert gzip.decompress(packed) == text
    assert dumped(corpus, tmp_path / "again.nq.gz") == packed


def test_some_documents_only(tmp_path: Path) -> None:
    corpus = made(tmp_path / "c", [with_uid(small(), uid) for uid in ("1.2.3", "1.2.4")])
    with connect(snapshot(storage(corpus))) as connection:
        wanted = connection.execute("SELECT document FROM documents WHERE sop_instance_uid = '1.2.4'").fetchall()
        assert dump(connection, tmp_path / "one.nq", [key for (key,) in wanted]) == 1
        assert dump(connection, tmp_path / "none.nq", []) == 0
    assert load(tmp_path / "d", tmp_path / "one.nq").reports == 1
    assert held(tmp_path / "d") == [with_uid(small(), "1.2.4")]
    assert (tmp_path / "none.nq").read_bytes() == b""


def test_an_old_file_stays_when_the_dump_fails(tmp_path: Path) -> None:
    corpus = made(tmp_path / "c", [small()])
    out = tmp_path / "c.nq"
    out.write_text("old")
    with connect(snapshot(storage(corpus))) as connection:
        connection.execute("DROP VIEW items")
        with pytest.raises(Exception, match="items"):
            dump(connection, out)
    assert out.read_text() == "old"
    assert leftovers(tmp_path) == []


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    corpus = made(tmp_path / "c", [small()])
    with connect(snapshot(storage(corpus))) as connection, pytest.raises(WriteError, match="folder"):
        dump(connection, tmp_path)


# ---------------------------------------------------------------- load

NOTATIONS = {"nq": nquads, "trig": trig, "ttl": turtle, "jsonld": jsonld}


@pytest.mark.parametrize("suffix", NOTATIONS)
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gz"])
def test_every_notation_is_read(tmp_path: Path, suffix: str, packed: bool) -> None:
    data = NOTATIONS[suffix](small()).encode()
    source = tmp_path / f"report.{suffix}{'.gz' if packed else ''}"
    source.write_bytes(gzip.compress(data) if packed else data)
    loaded = load(tmp_path / "corpus", source)
    assert (loaded.reports, loaded.failures, loaded.others) == (1, (), 0)
    assert held(tmp_path / "corpus") == [small()]


def test_graphs_may_be_mixed(tmp_path: Path) -> None:
    """A tool that sorted the lines costs memory, not the reports."""
    found = [with_uid(small(), uid) for uid in ("1.2.3", "1.2.4")]
    lines = [line for one in found for line in nquads(one).splitlines()]
    source = tmp_path / "mixed.nq"
    source.write_text("\n".join(sorted(lines)))
    assert load(tmp_path / "corpus", source).others == 0
    assert held(tmp_path / "corpus") == found


def test_what_is_no_report_is_counted(tmp_path: Path) -> None:
    """Notes about a report, other graphs, other spellings of a value, statements about statements."""
    iri = report_iri(small())
    others = [
        f'<{iri}> <http://example.org/note> "seen" <{iri}> .',
        next(f"{line}@en <{iri}> ." for line in statements(small()) if line.endswith('"')),
        "<urn:a> <urn:b> <urn:c> <urn:another> .",
        "<urn:a> <urn:b> _:c .",
        f"<urn:a> <urn:b> <<( <urn:c> <urn:d> <urn:e> )>> <{iri}> .",
    ]
    source = tmp_path / "more.nq"
    source.write_text(nquads(small()) + "\n".join(others))
    loaded = load(tmp_path / "corpus", source)
    assert loaded.others == len(others)
    assert held(tmp_path / "corpus") == [small()]


def test_statements_that_are_repeated_count_once(tmp_path: Path) -> None:
    source = tmp_path / "twice.nq"
    source.write_text(nquads(small()) * 2)
    loaded = load(tmp_path / "corpus", source)
    assert (loaded.reports, loaded.others) == (1, 0)


def test_a_report_that_cannot_be_rebuilt_is_told(tmp_path: Path) -> None:
    good, bad = with_uid(small(), "1.2.3"), with_uid(small(), "1.2.4")
    broken = "\n".join(line for line in nquads(bad).splitlines() if "/study>" not in line)
    source = tmp_path / "both.nq"
    source.write_text(nquads(good) + broken)
    loaded = load(tmp_path / "corpus", source)
    ((iri, problem),) = loaded.failures
    assert iri == report_iri(bad)
    assert "sr:study" in problem
    assert loaded.others == len(broken.splitlines())
    assert held(tmp_path / "corpus") == [good]


def test_loading_again_changes_nothing(tmp_path: Path) -> None:
    source = tmp_path / "report.nq"
    source.write_text(nquads(small()))
    assert load(tmp_path / "corpus", source) == load(tmp_path / "corpus", source)


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("broken.nq", b"<urn:a> <urn:b> ", "broken.nq"),
        ("broken.nq.gz", b"not gzip", "broken.nq.gz"),
        ("cut.nq.gz", gzip.compress(b"<urn:a> <urn:b> <urn:c> .\n" * 99, mtime=0)[:-9], "cut.nq.gz"),
        ("report.txt", b"", r"suffix.*\.nq"),
        ("report", b"", r"suffix.*\.nq"),
        ("missing.nq", None, "no such file"),
    ],
)
def test_what_is_no_rdf_is_refused(tmp_path: Path, name: str, content: bytes | None, problem: str) -> None:
    source = tmp_path / name
    if content is not None:
        source.write_bytes(content)
    with pytest.raises(GraphError, match=problem):
        load(tmp_path / "corpus", source)


def test_dumps_are_what_other_tools_read(tmp_path: Path) -> None:
    """The union of all quads, by an independent parser, is that of the reports."""
    found = [full_reports()["exact"], small()]
    text = dumped(made(tmp_path / "c", found), tmp_path / "c.nq")
    quads = set(pyoxigraph.parse(text, format=pyoxigraph.RdfFormat.N_QUADS))
    assert quads == {q for one in found for q in pyoxigraph.parse(nquads(one), format=pyoxigraph.RdfFormat.N_QUADS)}
