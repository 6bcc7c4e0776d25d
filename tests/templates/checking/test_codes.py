"""Codes as such: scheme, value and meaning, wherever they stand; each is told once."""

from dataclasses import replace

import pytest

from sr2graph.dicom.concept import CodedConcept, CodingScheme
from sr2graph.dicom.report import Report
from sr2graph.templates.checking import Finding, Severity
from tests.templates.checking.mutations import at_row, dcm, new, text, the_sample, valued

KIND = "ct_dose"
PLACE = at_row(KIND, "TID 10013 row 3")
"""Target region: a code of a group that may be extended."""


def found_for(concept: CodedConcept, report: Report | None = None) -> list[Finding]:
    before = report or the_sample(KIND)
    return [f for f in new(valued(before, PLACE, concept=concept), before) if f.rule != "value-extension"]


@pytest.mark.parametrize(
    ("concept", "rule", "severity"),
    [
        (CodedConcept("818981001", "SCT", "Abdomen"), None, None),
        (CodedConcept("818981001", "SCT", "ABDOMEN "), None, None),
        (CodedConcept("818981001", "sct", "Abdomen"), None, None),
        (CodedConcept("818981001", "SCT"), "code-without-meaning", Severity.ERROR),
        (CodedConcept("818981001", None, "Abdomen"), "code-without-scheme", Severity.ERROR),
        (CodedConcept("1", "99TEST", "Abdomen"), None, None),
        (CodedConcept("1", "L", "Abdomen"), None, None),
        (CodedConcept("1", "QDOC", "Abdomen"), "scheme-unknown", Severity.WARNING),
        (CodedConcept(urn_value="http://example.com/a", meaning="Abdomen"), None, None),
        (CodedConcept("113999", "DCM", "Nothing"), "code-unknown", Severity.WARNING),
        (dcm("121083", "Radiologic Technologist"), "code-retired", Severity.WARNING),
        (dcm("113701", "Bestrahlungsbericht"), "meaning-differs", Severity.INFO),
        (dcm("113701", "X-RAY radiation dose report."), None, None),
        (dcm("113701", "CT Acquisition"), "meaning-of-another", Severity.WARNING),
        (CodedConcept("T-D4000", "SRT", "Abdomen"), "scheme-retired", Severity.INFO),
        (CodedConcept("en-US", "RFC5646", "American"), None, None),
    ],
)
def test_one_code(concept: CodedConcept, rule: str | None, severity: Severity | None) -> None:
    found = found_for(concept)
    assert [(f.rule, f.severity) for f in found] == ([] if rule is None else [(rule, severity)])
    assert {f.position for f in found} <= {text(PLACE)}


def test_a_retired_code_names_the_one_to_use() -> None:
    (finding,) = found_for(dcm("121083", "Radiologic Technologist"))
    assert '(159016003, SCT, "Radiologic Technologist")' in finding.standard


def test_a_meaning_of_another_code_names_that_code() -> None:
    (finding,) = found_for(dcm("113701", "CT Acquisition"))
    assert finding.standard == 'it means (113701, DCM, "X-Ray Radiation Dose Report") (PS3.16)'
    assert finding.found == 'the meaning of (113819, DCM, "CT Acquisition")'


def test_a_scheme_that_the_document_explains_is_known() -> None:
    report = the_sample(KIND)
    document = replace(report.document, coding_schemes=(CodingScheme(designator="QDOC", uid="1.2.3"),))
    assert found_for(CodedConcept("1", "QDOC", "Abdomen"), replace(report, document=document)) == []


def test_a_code_is_told_once_at_its_first_place() -> None:
    wrong = dcm("113999", "Nothing")
    report, places = the_sample(KIND), [at_row(KIND, "TID 10013 row 3", nth) for nth in (0, 1)]
    for place in places:
        report = valued(report, place, concept=replace(wrong))
    found = [f for f in new(report, the_sample(KIND)) if f.rule == "code-unknown"]
    assert [f.position for f in found] == [text(min(places))]


@pytest.mark.parametrize(
    "concept",
    [
        CodedConcept("PATIENT^NAME", "DCM", "SECRET MEANING"),
        CodedConcept("PATIENT^NAME", "PATIENT^SCHEME", "SECRET MEANING"),
        CodedConcept("PATIENT^NAME", "99PATIENT", "SECRET MEANING"),
        dcm("113701", "SECRET MEANING"),
    ],
)
def test_nothing_of_a_code_that_is_not_the_standards_is_repeated(concept: CodedConcept) -> None:
    said = " ".join(str(f) for f in new(valued(the_sample(KIND), PLACE, concept=concept), the_sample(KIND)))
    assert said
    assert "SECRET" not in said
    assert "PATIENT" not in said
