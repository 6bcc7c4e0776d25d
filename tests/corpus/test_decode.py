"""What is stored comes back: the same statements and an equal report, for every report there is."""

import tempfile
from collections.abc import Iterable
from pathlib import Path

import duckdb
import pyoxigraph
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sr2graph.corpus import decode
from sr2graph.corpus.connection import connect
from sr2graph.corpus.decode import report, stored_reports
from sr2graph.corpus.ingest import ingest_reports
from sr2graph.corpus.log import snapshot
from sr2graph.corpus.remove import remove
from sr2graph.corpus.storage import storage
from sr2graph.dicom.read import read
from sr2graph.dicom.report import Report
from sr2graph.errors import CorpusError
from sr2graph.graph.from_rdf import from_rdf
from sr2graph.graph.quads import nquads_of, report_iri, statements
from sr2graph.samples import KINDS, sample
from tests.conftest import corpus_files
from tests.graph.reports import full_reports
from tests.inputs import otherwise, small, with_uid
from tests.strategies import reports


def opened(folder: Path, found: Iterable[Report]) -> duckdb.DuckDBPyConnection:
    """A connection to a new corpus of some reports."""
    ingest_reports(folder, found)
    return connect(snapshot(storage(folder)))


def keys(connection: duckdb.DuckDBPyConnection) -> list[int]:
    return [key for (key,) in connection.execute("SELECT document FROM documents ORDER BY iri").fetchall()]


def assert_stored(folder: Path, found: list[Report]) -> None:
    """The reports come back out of a corpus, all of them."""
    expected = {report_iri(one): one for one in found}
    assert len(expected) == len(found)
    with opened(folder, found) as connection:
        back = {stored.iri: stored for stored in stored_reports(connection, keys(connection))}
    assert back.keys() == expected.keys()
    for iri, stored in back.items():
        assert set(stored.statements()) == set(statements(expected[iri])), iri
        assert stored.report() == expected[iri], iri


def told_apart(found: Iterable[Report]) -> list[Report]:
    """The reports, those of a UID that is taken under another one."""
    by_iri: dict[str, Report] = {}
    for number, one in enumerate(found):
        other = with_uid(one, f"1.2.3.4.{number}") if report_iri(one) in by_iri else one
        by_iri[report_iri(other)] = other
    return list(by_iri.values())


def test_samples_and_reports_with_everything_come_back(tmp_path: Path) -> None:
    assert_stored(tmp_path, told_apart([*full_reports().values(), *map(sample, KINDS)]))


@pytest.mark.corpus
@pytest.mark.slow
def test_real_reports_come_back(tmp_path: Path) -> None:
    assert_stored(tmp_path, told_apart(map(read, corpus_files())))


@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(reports(), min_size=1, max_size=12, unique_by=report_iri))
def test_any_reports_come_back(found: list[Report]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert_stored(Path(folder), found)


def test_statements_are_nquads(tmp_path: Path) -> None:
    """Independent parsers read them."""
    with opened(tmp_path, [small()]) as connection:
        (stored,) = stored_reports(connection, keys(connection))
    text = nquads_of(stored.statements(), stored.iri)
    assert len(list(pyoxigraph.parse(text, format=pyoxigraph.RdfFormat.N_QUADS))) == len(set(stored.statements()))
    assert from_rdf(text.encode()) == small()


# ---------------------------------------------------------------- which, and in what order


@pytest.mark.parametrize(("fetched", "converted"), [(1, 1), (60, 20), (10**6, 10**6)])
def test_groups_of_any_size_give_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fetched: int, converted: int
) -> None:
    monkeypatch.setattr(decode, "_FETCHED", fetched)
    monkeypatch.setattr(decode, "_CONVERTED", converted)
    monkeypatch.setattr(decode, "_SIZED", 2)
    found = [with_uid(small(), f"1.2.{i}") for i in range(5)]
    with opened(tmp_path, found) as connection:
        wanted = list(reversed(keys(connection)))
        back = list(stored_reports(connection, wanted))
    assert [stored.document for stored in back] == wanted
    assert [stored.report() for stored in back] == list(reversed(found))


def test_no_keys_no_reports(tmp_path: Path) -> None:
    with opened(tmp_path, []) as connection:
        assert list(stored_reports(connection, [])) == []


def test_a_report_is_found_by_its_uid(tmp_path: Path) -> None:
    found = [with_uid(small(), uid) for uid in ("1.2.3", "not a uid")]
    with opened(tmp_path, found) as connection:
        assert report(connection, "1.2.3") == found[0]
        assert report(connection, "not a uid") == found[1]
        with pytest.raises(CorpusError, match=r"1\.2\.4"):
            report(connection, "1.2.4")


def test_what_was_replaced_or_removed_does_not_come_back(tmp_path: Path) -> None:
    kept, old, gone = (with_uid(small(), uid) for uid in ("1.2.3", "1.2.4", "1.2.5"))
    ingest_reports(tmp_path, [kept, old, gone])
    remove(tmp_path, ["1.2.5"])
    with opened(tmp_path, [otherwise(old)]) as connection:
        back = [stored.report() for stored in stored_reports(connection, keys(connection))]
        with pytest.raises(CorpusError):
            report(connection, "1.2.5")
    assert back == [kept, otherwise(old)]
