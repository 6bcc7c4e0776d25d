"""Report -> bytes, quads, JSON -> the same Report."""

from hypothesis import given

from sr2graph.dicom.read import read
from sr2graph.dicom.report import Report
from sr2graph.dicom.write import to_dicom
from sr2graph.graph.from_rdf import from_rdf
from sr2graph.graph.quads import nquads
from tests.strategies import full_report, reports


def test_every_field_survives_dicom() -> None:
    """A Report in which every bound field has a value is equal after writing and reading it."""
    report = full_report()
    assert read(to_dicom(report)) == report


def test_every_field_survives_rdf() -> None:
    """A Report in which every bound field has a value is equal after N-Quads."""
    report = full_report()
    assert from_rdf(nquads(report).encode()) == report


@given(reports())
def test_any_report_survives_dicom(report: Report) -> None:
    """Report -> DICOM -> Report is equal."""
    assert read(to_dicom(report)) == report


@given(reports())
def test_any_report_survives_rdf(report: Report) -> None:
    """Report -> N-Quads -> Report is equal."""
    assert from_rdf(nquads(report).encode()) == report
