"""Records say the whole report: it comes back from them, in whatever order they are."""

import random

import pytest
from hypothesis import HealthCheck, given, settings

from sr2graph.dicom.report import Report
from sr2graph.errors import GraphError
from sr2graph.graph.from_records import report_of
from sr2graph.graph.quads import report_iri
from sr2graph.graph.records import Record, records
from sr2graph.samples import KINDS, sample
from tests.graph.reports import full_reports
from tests.inputs import small
from tests.strategies import reports

REPORTS = {**full_reports(), **{kind: sample(kind) for kind in KINDS}}


@pytest.mark.parametrize("name", REPORTS)
def test_records_in_any_order_are_the_report_again(name: str) -> None:
    report = REPORTS[name]
    found = records(report)
    random.Random(1).shuffle(found)
    assert report_of(report_iri(report), found) == report


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(reports())
def test_any_report_comes_back(report: Report) -> None:
    assert report_of(report_iri(report), records(report)) == report


def without(table: str, item: str | None = None) -> list[Record]:
    return [(name, row) for name, row in records(small()) if name != table or (item and row["item"] != item)]


def changed(**cells: str) -> list[Record]:
    """The records of a report, the first number below the root with other cells."""
    found = records(small())
    row = next(row for table, row in found if table == "items" and row["item"] == "1.1")
    row.update(cells)
    return found


@pytest.mark.parametrize(
    "found",
    [
        without("documents"),
        without("concepts"),
        without("items", "1"),
        without("items", "1.1"),
        changed(item="1.9"),
        changed(item="1.1.1.1"),
        changed(item="2"),
        changed(item="1." * 2000 + "1"),
        changed(item="one"),
        changed(concept_name="urn:no-such-code"),
        changed(**{"class": "NoSuchClass"}),
    ],
)
def test_records_that_are_no_report_are_an_error(found: list[Record]) -> None:
    with pytest.raises(GraphError):
        report_of(report_iri(small()), found)
