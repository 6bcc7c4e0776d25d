"""Reports that follow the standard have no errors."""

import pytest

from sr2graph.samples import KINDS, sample
from sr2graph.samples.cohort import cohort_reports
from sr2graph.samples.templated import TEMPLATED, instance
from sr2graph.templates.checking import Severity, checked


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("kind", KINDS)
def test_samples_have_no_errors(kind: str, seed: int) -> None:
    errors = [finding for finding in checked(sample(kind, seed)) if finding.severity is Severity.ERROR]
    assert [str(finding) for finding in errors] == []


@pytest.mark.parametrize(("tid", "sop_class_uid"), TEMPLATED, ids=lambda value: value[-6:])
def test_instances_of_every_root_template_have_no_errors(tid: str, sop_class_uid: str) -> None:
    """They are grown from the same tables by other code: an independent reading of them."""
    report = instance(tid, 1, 0.5)
    assert report.document.sop_class_uid == sop_class_uid
    assert [str(finding) for finding in checked(report) if finding.severity is Severity.ERROR] == []


def test_most_reports_of_a_cohort_have_no_errors() -> None:
    """A cohort has irregular reports, as real archives do, among the others."""
    found = [{f.rule for f in checked(report) if f.severity is Severity.ERROR} for report in cohort_reports(20)]
    assert sum(map(bool, found)) <= len(found) // 4
