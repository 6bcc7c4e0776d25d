"""All checks of a report, in the order of its content."""

from __future__ import annotations

from collections.abc import Iterator

from sr2graph.dicom.report import Report
from sr2graph.templates.checking.codes import check_codes
from sr2graph.templates.checking.findings import Finding, Findings, Severity
from sr2graph.templates.checking.iods import iods
from sr2graph.templates.checking.placement import check_placement
from sr2graph.templates.checking.references import DANGLING, check_references
from sr2graph.templates.checking.relationships import check_continuity, check_relationships
from sr2graph.templates.checking.roots import check_sop_class, check_templates, claims
from sr2graph.templates.checking.rows import RowChecks
from sr2graph.templates.checking.selections import check_coordinates, check_evidence, check_graphics
from sr2graph.templates.checking.tree import Tree
from sr2graph.templates.checking.values import check_values
from sr2graph.templates.matching import Matching, matched


def checked(report: Report, matching: Matching | None = None) -> list[Finding]:
    """Return what the standard does not allow in a report, and what could not be checked, in document order.

    The matching is made where none is given.  An empty list means that none of the rules of
    docs/reference/checking.md found anything.
    """
    matching = matched(report) if matching is None else matching
    iod, tree = iods().get(report.document.sop_class_uid or ""), Tree(matching)
    findings = Findings(claims(matching, iod))
    check_sop_class(report, iod, findings)
    check_templates(report, matching, iod, findings)
    if iod is not None:
        check_relationships(matching.items, iod, findings)
    check_continuity(matching.items, findings)
    check_references(matching, iod, findings)
    check_coordinates(tree, findings)
    check_graphics(matching.items, findings)
    check_evidence(matching.items, report, findings)
    check_placement(matching, tree, findings)
    RowChecks(tree, findings).check()
    check_values(tree, findings)
    check_codes(matching.items, report, matching.keys, findings)
    findings.extend(_of_reading(report))
    return sorted(findings, key=_place)


def _of_reading(report: Report) -> Iterator[Finding]:
    """Yield what reading noticed; dangling references are told by the rule about them."""
    for deviation in report.deviations:
        if deviation.problem != DANGLING:
            standard = "PS3.3 C.17.3, PS3.5: encoding and attributes of a content item"
            yield Finding(Severity.ERROR, deviation.position, "reading", "", standard, deviation.problem)


def _place(finding: Finding) -> tuple[tuple[int, ...], int, str]:
    """Return what findings are sorted by: the header and the file first, then by position, worst first."""
    ordinals = finding.position.split(".")
    place = tuple(map(int, ordinals)) if finding.position[:1].isdigit() else ()
    return place, list(Severity).index(finding.severity), finding.rule
