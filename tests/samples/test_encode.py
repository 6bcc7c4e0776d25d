"""The fast way to bytes says what the writer of reports says."""

from itertools import islice

import pytest

from sr2graph.dicom.content import ContentItem
from sr2graph.dicom.header import Document
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import MeasuredValue, Text
from sr2graph.samples import KINDS, cohort_reports, sample
from sr2graph.samples.codes import COMMENT, MEASUREMENT_FAILURE
from sr2graph.samples.encode import to_dicom


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", [1, 2])
def test_a_sample_becomes_the_same_bytes(kind: str, seed: int) -> None:
    report = sample(kind, seed)
    assert to_dicom(report) == report.to_dicom()


def test_a_cohort_becomes_the_same_bytes() -> None:
    """Irregular reports too, in the order in which concepts are met and remembered."""
    reports = list(islice(cohort_reports(600, seed=2), 300, None))
    assert [to_dicom(report) for report in reports] == [report.to_dicom() for report in reports]


@pytest.mark.parametrize(
    "value", [Text("é"), Text("odd"), Text("\udc80"), MeasuredValue(), MeasuredValue(qualifier=MEASUREMENT_FAILURE)]
)
def test_rare_values_become_the_same_bytes(value: Text | MeasuredValue) -> None:
    """Text beyond ASCII asks for a character set; a number without a value keeps its empty sequence."""
    root = ContentItem((1,), value_type="CONTAINER", children=(ContentItem((1, 1), "CONTAINS", "NUM", COMMENT, value),))
    report = Report(Document(), root=root)
    assert to_dicom(report) == report.to_dicom()
