"""Which template the document and its parts follow, and which the SOP class asks for (PS3.3 A.35.x, C.18.8)."""

from __future__ import annotations

from sr2graph.dicom.content import Position
from sr2graph.dicom.report import Report
from sr2graph.templates.catalogue import templates
from sr2graph.templates.checking.findings import Findings
from sr2graph.templates.checking.iods import Iod
from sr2graph.templates.matching import Matching
from sr2graph.templates.starts import How, Reason

ROOT = (1,)


def check_sop_class(report: Report, iod: Iod | None, findings: Findings) -> None:
    """Note a SOP class whose relationships are in no table; a missing one has been told by reading."""
    if iod is None and report.document.sop_class_uid:
        standard = "the SR SOP classes are those of PS3.3 A.35; relationships are not checked"
        findings.add(ROOT, "sop-class", standard, "a retired or another SOP class")


def check_templates(report: Report, matching: Matching, iod: Iod | None, findings: Findings) -> None:
    """Note templates that are declared and not there, not declared, or not those of the SOP class."""
    _refusals(matching, findings)
    if report.root is None:
        return
    begun = next((start for start in matching.starts if start.position == ROOT), None)
    if begun is None:
        findings.add(ROOT, "template-none", "PS3.16 Annex A: no template is known for it",
                     "the root is no row, and only what begins a known group is checked")  # fmt: skip
    if iod is None or not iod.root_templates:
        return
    wanted = " or ".join(iod.root_templates)
    standard = f"{iod.short_name} {'uses' if iod.root_required else 'is based on'} TID {wanted}"
    section = iod.source.rpartition("-")[0].replace("Table ", "")
    if begun is None or begun.tid not in iod.root_templates:
        found = f"TID {begun.tid}" if begun is not None else "no known template"
        rule = "root-template" if iod.root_required else "root-template-baseline"
        findings.add(ROOT, rule, f"{standard} ({section})", found)
    elif begun.how is not How.DECLARED:
        findings.add(
            ROOT,
            "template-not-declared" if iod.root_required else "baseline-not-declared",
            f"{standard}, and Content Template Sequence (0040,A504) says so (PS3.3 Table C.18.8-1)",
            f"it follows TID {begun.tid} without saying so",
        )


def _refusals(matching: Matching, findings: Findings) -> None:
    for refusal in matching.refusals:
        position = refusal.item.position
        if refusal.reason is Reason.UNKNOWN:
            standard = "a template of DCMR is one of PS3.16 Annex A, C or D (PS3.3 C.18.8.1.2)"
            found = "none of them, as far as edition 2024c is known"
            findings.add(position, "template-unknown", standard, found)
        elif refusal.reason is Reason.MISFIT:
            standard = f"PS3.16 TID {refusal.tid} ({templates()[refusal.tid].name}) is declared"
            found = "an item that its first row does not allow"
            findings.add(position, "template-misfit", standard, found)


def claims(matching: Matching, iod: Iod | None) -> dict[Position, bool]:
    """Return where templates begin ↔ whether the report claims to follow them.

    It does where it declares the template, and at the root also where its SOP class names the template.
    """
    named = iod.root_templates if iod is not None else ()
    return {
        start.position: start.how is How.DECLARED or (start.position == ROOT and start.tid in named)
        for start in matching.starts
    }
