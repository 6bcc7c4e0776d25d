"""The status of observations follows from the flags of the document."""

import pytest

from sr2graph.dicom.header import Document
from sr2graph.samples import sample
from sr2graph.templates.status import status_of, status_rules


@pytest.mark.parametrize(
    ("preliminary", "completion", "verification", "status"),
    [
        ("PRELIMINARY", "COMPLETE", "VERIFIED", "preliminary"),
        ("FINAL", "PARTIAL", "UNVERIFIED", "partial"),
        ("FINAL", "COMPLETE", "VERIFIED", "verified"),
        (None, "COMPLETE", "UNVERIFIED", "complete"),
        (None, None, "UNVERIFIED", "unverified"),
        (None, "NONSENSE", None, None),
        (None, None, None, None),
    ],
)
def test_the_first_rule_that_holds_decides(
    preliminary: str | None, completion: str | None, verification: str | None, status: str | None
) -> None:
    document = Document(preliminary_flag=preliminary, completion_flag=completion, verification_flag=verification)
    assert status_of(document) == status


def test_key_objects_have_none() -> None:
    assert status_of(sample("key_objects").document) is None


def test_each_rule_is_sourced_and_reached_by_some_document() -> None:
    for rule in status_rules():
        flags = [None if flag == "*" else flag for flag in (rule.preliminary_flag, rule.completion_flag)]
        verification = None if rule.verification_flag == "*" else rule.verification_flag
        document = Document(preliminary_flag=flags[0], completion_flag=flags[1], verification_flag=verification)
        assert status_of(document) == rule.status
        assert rule.source.startswith("PS3.3")
