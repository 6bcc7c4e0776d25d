"""The numbers of a corpus, by SQL, against those of the reports themselves."""

from collections import Counter
from pathlib import Path

import pytest

from sr2graph.corpus.compact import compact
from sr2graph.corpus.info import Count, info
from sr2graph.corpus.ingest import ingest, ingest_reports
from sr2graph.dicom.sop_classes import kind_of
from tests.inputs import JUNK, dicom, fill, reports


def counts(found: tuple[Count, ...]) -> Counter[tuple[str | None, ...]]:
    return Counter({count.what: count.number for count in found})


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    fill(folder)
    ingest(tmp_path / "corpus", [str(folder)], jobs=1)
    return tmp_path / "corpus"


def test_reports_are_counted(corpus: Path) -> None:
    found = info(corpus)
    assert (found.location, found.version, found.reports) == (str(corpus), 1, len(reports()))
    assert found.patients == len({(report.patient.issuer, report.patient.patient_id) for report in reports()})
    assert found.items == sum(1 for report in reports() for _ in report.walk())
    assert counts(found.kinds) == Counter((kind_of(report.document.sop_class_uid),) for report in reports())
    roots = [report.root.template for report in reports() if report.root is not None]
    assert counts(found.templates) == Counter((template and template.identifier,) for template in roots)
    devices = [report.equipment for report in reports()]
    assert counts(found.devices) == Counter((device.manufacturer, device.model_name) for device in devices)
    assert [version.operation for version in found.versions] == ["create", "ingest"]


def test_the_most_frequent_come_first(corpus: Path) -> None:
    numbers = [count.number for count in info(corpus).kinds]
    assert numbers == sorted(numbers, reverse=True)


def test_rejects_are_counted_by_reason(corpus: Path, tmp_path: Path) -> None:
    """Numbers in a reason, such as the place, do not make it another one."""
    for number in (600, 700):
        (tmp_path / str(number)).write_bytes(dicom(0)[:number])
    ingest(corpus, [str(tmp_path / "600"), str(tmp_path / "700")], jobs=1)
    found = counts(info(corpus).rejects)
    assert sum(found.values()) == JUNK + 2
    assert 2 in {number for (state, _), number in found.items() if state == "failed"}


def test_bytes_are_those_on_disk(corpus: Path) -> None:
    def on_disk() -> int:
        return sum(path.stat().st_size for path in corpus.rglob("*.parquet"))

    found = info(corpus)
    assert (found.bytes, found.bytes_of_history) == (on_disk(), 0)
    assert found.bytes_per_report == found.bytes / len(reports())
    ingest_reports(corpus, [])
    compact(corpus)
    found = info(corpus)
    assert found.bytes + found.bytes_of_history == on_disk()
    assert 0 < found.bytes < found.bytes_of_history + found.bytes


def test_an_earlier_version(corpus: Path) -> None:
    assert info(corpus, 0).reports == 0
    assert info(corpus, 0).bytes_per_report == 0


@pytest.mark.parametrize("what", ["kinds", "templates", "devices", "rejects"])
def test_an_empty_corpus_has_nothing_to_count(corpus: Path, what: str) -> None:
    assert getattr(info(corpus, 0), what) == ()
