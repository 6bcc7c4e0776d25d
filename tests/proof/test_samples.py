"""Every kind of generated sample: accepted by others, equal after every journey."""

from functools import cache
from io import BytesIO
from pathlib import Path

import pydicom
import pytest

from sr2graph.dicom.read import read
from sr2graph.dicom.report import Report
from sr2graph.graph.from_rdf import from_rdf
from sr2graph.graph.quads import nquads
from sr2graph.samples import KINDS, sample
from tests.proof import independent, ours, peers

each_kind = pytest.mark.parametrize("kind", KINDS)
each_sample = pytest.mark.parametrize(("kind", "seed"), [(kind, seed) for kind in KINDS for seed in (1, 2)])


@cache
def report_of(kind: str, seed: int = 1) -> Report:
    return sample(kind, seed)


@each_sample
def test_equal_after_dicom_and_rdf(kind: str, seed: int) -> None:
    """Report -> DICOM -> Report and Report -> N-Quads -> Report are equal, without any deviation."""
    report = report_of(kind, seed)
    again = read(report.to_dicom(), strict=True)
    assert again == report
    assert again.deviations == ()
    assert from_rdf(nquads(report).encode()) == report


@each_sample
def test_same_counts_as_an_independent_walk(kind: str, seed: int) -> None:
    """The sample holds the items that pydicom finds in its file."""
    report = report_of(kind, seed)
    assert ours.tally(report) == independent.tally(pydicom.dcmread(BytesIO(report.to_dicom())))


@each_kind
def test_both_readers_agree(kind: str) -> None:
    """The tokeniser and pydicom give equal Reports."""
    data = report_of(kind).to_dicom()
    assert read(data, by_pydicom=True) == read(data)


@each_kind
def test_writing_twice_gives_the_same_bytes(kind: str) -> None:
    """What was read from our file is written as the same bytes."""
    data = report_of(kind).to_dicom()
    assert read(data).to_dicom() == data


@each_kind
@pytest.mark.dcmtk
def test_dsrdump_reads_it_without_leniency(kind: str, tmp_path: Path) -> None:
    """dcmtk reads the sample with all its checks on."""
    path = tmp_path / "sample.dcm"
    path.write_bytes(report_of(kind).to_dicom())
    status, _, talk = peers.run("dsrdump", path)
    assert status == 0, talk.decode()
    assert b"E: " not in talk


@each_kind
@pytest.mark.dicom3tools
def test_dciodvfy_accepts_it(kind: str, tmp_path: Path) -> None:
    """dciodvfy has no Error for the sample."""
    path = tmp_path / "sample.dcm"
    path.write_bytes(report_of(kind).to_dicom())
    assert peers.dciodvfy_errors(path) == {}
