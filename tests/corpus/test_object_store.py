"""A corpus in a bucket: everything that goes on in a folder goes on there."""

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sr2graph.corpus import log, shards
from sr2graph.corpus.compact import compact
from sr2graph.corpus.history import versions
from sr2graph.corpus.info import info
from sr2graph.corpus.ingest import ingest, ingest_reports
from sr2graph.corpus.log import Change, ConflictError
from sr2graph.corpus.remove import remove
from sr2graph.corpus.storage import storage
from sr2graph.errors import CorpusError
from tests.corpus.shown import of_connection, opened, shown
from tests.inputs import JUNK, KIND_COUNT, fill, otherwise, reports

pytest.importorskip("moto", reason="moto, the object store of these tests, is not installed: make dev")
pytest.importorskip("fsspec", reason="needs sr2graph[object-store]")

# One worker has the store.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("object-store")]

BUCKET = "reports"


def free_port() -> int:
    with closing(socket.socket()) as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """An object store of our own, on loopback."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            until = time.monotonic() + 60
            while not answers(port) and time.monotonic() < until:
                time.sleep(0.1)
            request = urllib.request.Request(f"http://127.0.0.1:{port}/{BUCKET}", method="PUT")  # our own
            urllib.request.urlopen(request).close()  # noqa: S310 # the same
            yield f"http://127.0.0.1:{port}"
        finally:
            server.kill()


@pytest.fixture
def location(endpoint: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A place in the bucket, for this test only."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ALLOW_HTTP": "true",
    }.items():
        monkeypatch.setenv(name, value)
    return f"s3://{BUCKET}/corpora/{request.node.name}"


def test_what_a_folder_can_do(location: str, tmp_path: Path) -> None:
    """Ingest by two workers, replace, remove, compact, look back, forget."""
    (tmp_path / "in").mkdir()
    fill(tmp_path / "in")
    corpora = (location, str(tmp_path / "corpus"))
    for corpus in corpora:
        tally = ingest(corpus, [str(tmp_path / "in")], jobs=2)
        assert (tally.added, tally.skipped, tally.version) == (KIND_COUNT, JUNK, 1)
        ingest_reports(corpus, [otherwise(reports()[0])])
        remove(corpus, [reports()[1].sop_instance_uid])
        compact(corpus)
    there, here = corpora
    assert shown(there) == shown(here)
    assert shown(there, 1) == shown(here, 1)
    assert [version.reports for version in versions(there)] == [0, KIND_COUNT, KIND_COUNT, *[KIND_COUNT - 1] * 2]
    assert ingest(there, [str(tmp_path / "in")], jobs=1).added == 1
    compact(there, forget_history=True)
    found = info(there)
    assert (found.reports, found.bytes_of_history) == (KIND_COUNT, 0)


def test_of_two_writers_one_starts_again(location: str) -> None:
    """The store itself has to refuse the second one."""
    ingest_reports(location, reports()[:1])
    base = log.snapshot(storage(location))
    ingest_reports(location, reports()[1:2])
    with pytest.raises(ConflictError):
        log.commit(base, [], [], Change("ingest"))


def test_a_reader_keeps_its_version(location: str) -> None:
    ingest_reports(location, reports()[:2])
    with closing(opened(location)) as connection:
        before = of_connection(connection)
        ingest_reports(location, reports()[2:3])
        compact(location)
        assert of_connection(connection) == before


def test_files_are_listed_and_removed(location: str) -> None:
    place = storage(location)
    assert place.files() == []
    ingest_reports(location, reports()[:1])
    names = {file.name for file in place.files()}
    assert names == log.snapshot(place).names()
    shards.remove_files(place, [min(names)])
    assert {file.name for file in place.files()} == names - {min(names)}


def test_nothing_there(location: str) -> None:
    with pytest.raises(CorpusError, match="not a corpus"):
        log.snapshot(storage(location))


def test_a_bucket_that_does_not_exist(location: str) -> None:
    with pytest.raises(CorpusError, match="s3://absent/corpus: "):
        ingest_reports(location.replace(BUCKET, "absent", 1).partition("/corpora")[0] + "/corpus", reports()[:1])


def test_without_fsspec_it_says_what_to_install(location: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ingest_reports(location, reports()[:1])
    monkeypatch.setitem(sys.modules, "fsspec.implementations.arrow", None)
    with pytest.raises(CorpusError, match=r"sr2graph\[object-store\]"):
        opened(location)
