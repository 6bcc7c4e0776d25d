"""Which template a document follows, and which its SOP class asks for."""

from dataclasses import replace

import pytest

from sr2graph.dicom.report import Report
from sr2graph.dicom.values import Template
from sr2graph.templates.checking import Severity
from tests.templates.checking.mutations import changed, dcm, new, the_sample


@pytest.mark.parametrize(
    ("kind", "template", "expected"),
    [
        ("mammography_cad", None, {("template-not-declared", Severity.ERROR)}),
        ("ct_dose", None, {("baseline-not-declared", Severity.WARNING)}),
        ("planar_roi", None, set()),
        ("ct_dose", Template("99999", "DCMR"), {("template-unknown", Severity.WARNING)}),
        ("ct_dose", Template("4000", "DCMR"), {("template-misfit", Severity.ERROR)}),
        ("ct_dose", Template("1500", "99MINE"), set()),
    ],
)
def test_declarations(kind: str, template: Template | None, expected: set[tuple[str, Severity]]) -> None:
    """Without one, the concept of the root tells the template; another mapping resource is no fault."""
    found = new(changed(the_sample(kind), (1,), template=template), the_sample(kind))
    told = {(f.rule, f.severity) for f in found if f.rule.startswith("template")}
    told |= {(f.rule, f.severity) for f in found if f.rule == "baseline-not-declared"}
    assert expected <= told
    assert {f.position for f in found if f.rule.startswith("template")} <= {"1"}


def in_class(report: Report, sop_class: str) -> Report:
    return replace(report, document=replace(report.document, sop_class_uid=sop_class))


@pytest.mark.parametrize(
    ("sop_class", "rule", "severity", "says"),
    [
        ("1.2.840.10008.5.1.4.1.1.88.50", "root-template", Severity.ERROR, "Mammography CAD SR uses TID 4000"),
        (
            "1.2.840.10008.5.1.4.1.1.88.68",
            "root-template-baseline",
            Severity.INFO,
            "Radiopharmaceutical Radiation Dose SR is based on TID 10021",
        ),
    ],
)
def test_another_template_than_that_of_the_class(sop_class: str, rule: str, severity: Severity, says: str) -> None:
    found = [f for f in new(in_class(the_sample("planar_roi"), sop_class), the_sample("planar_roi")) if f.rule == rule]
    assert [(f.severity, f.position, f.found) for f in found] == [(severity, "1", "TID 1500")]
    assert says in found[0].standard


def test_a_document_that_follows_nothing_known() -> None:
    report = changed(the_sample("planar_roi"), (1,), template=None, concept_name=dcm("121106", "Comment"))
    found = [f for f in new(report, the_sample("planar_roi")) if f.rule == "template-none"]
    assert [(f.position, f.severity) for f in found] == [("1", Severity.INFO)]


def test_a_report_without_content_is_checked_too() -> None:
    report = replace(the_sample("ct_dose"), root=None)
    assert new(report, the_sample("ct_dose")) == []
