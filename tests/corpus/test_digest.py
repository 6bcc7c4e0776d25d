"""Two reports have one digest exactly when they are equal."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sr2graph.corpus.digest import DigestSet, content_digest, source_digest
from sr2graph.dicom.read import read
from sr2graph.dicom.report import Report
from sr2graph.graph.records import Record, records
from tests.inputs import dicom_json, implicit, otherwise, reports

CELLS = st.text(st.sampled_from(["a", "b", "\0", "1"]), max_size=3)
RECORDS = st.lists(st.tuples(CELLS, st.dictionaries(CELLS, CELLS, max_size=3)), max_size=4)


@pytest.mark.parametrize("report", reports(), ids=lambda report: report.series.description)
def test_the_encoding_does_not_matter(report: Report) -> None:
    """The same report in another transfer syntax is other bytes and no other report."""
    source, other = report.to_dicom(), implicit(report)
    assert source_digest(source) != source_digest(other)
    assert content_digest(records(read(source))) == content_digest(records(read(other)))


def test_the_content_does() -> None:
    report = reports()[0]
    assert content_digest(records(otherwise(report))) != content_digest(records(report))


@given(RECORDS, RECORDS)
def test_records_are_told_apart(one: list[Record], other: list[Record]) -> None:
    """Also where a value looks like the end of itself."""
    ordered = [[(table, list(row.items())) for table, row in found] for found in (one, other)]
    assert (content_digest(one) == content_digest(other)) is (ordered[0] == ordered[1])


def test_an_object_of_json_has_a_digest_of_its_own() -> None:
    """Each element of an array is an input; the order of its members says nothing."""
    first, second = (dicom_json(report) for report in reports()[:2])
    backwards = json.loads(json.dumps(first))
    assert source_digest(dict(reversed(backwards.items()))) == source_digest(first) != source_digest(second)


@given(st.sets(st.binary(min_size=16, max_size=16)), st.binary(min_size=16, max_size=16))
def test_a_set_of_digests_knows_its_members(members: set[bytes], other: bytes) -> None:
    found = DigestSet(sorted(members))
    assert len(found) == len(members)
    assert all(member.hex() in found for member in members)
    assert (other.hex() in found) is (other in members)
