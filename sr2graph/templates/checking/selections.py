"""What coordinates are selected from, and whether the header lists what the content refers to (PS3.3 C.17)."""

from __future__ import annotations

from collections.abc import Iterable

from sr2graph.dicom.content import ContentItem
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import CompositeReference, ImageReference, WaveformReference
from sr2graph.templates.checking.findings import Findings
from sr2graph.templates.checking.tree import Tree

INSTANCES = CompositeReference | ImageReference | WaveformReference

SELECTED_FROM = {"SCOORD": frozenset({"IMAGE"}), "TCOORD": frozenset({"SCOORD", "IMAGE", "WAVEFORM"})}
"""Coordinates ↔ what they are coordinates in."""


def check_coordinates(tree: Tree, findings: Findings) -> None:
    """Note coordinates that are selected from nothing."""
    for index, item in enumerate(tree.items):
        sources = SELECTED_FROM.get(item.value_type or "")
        if sources is None:
            continue
        targets = (tree.items[child.index] for child in tree.below[index] if child.index is not None)
        if not any(target.value_type in sources for target in targets):
            standard = f"a {item.value_type} is SELECTED FROM {' or '.join(sorted(sources))} (PS3.3 Table C.17.3-7)"
            findings.add(item.position, "coordinates", standard, "from none")


def check_evidence(items: Iterable[ContentItem], report: Report, findings: Findings) -> None:
    """Note instances that the content refers to and the header does not list."""
    studies = (*report.document.current_evidence, *report.document.other_evidence)
    listed = {each.sop_instance_uid for study in studies for series in study.series for each in series.instances}
    standard = (
        "what the content refers to is in the Current Requested Procedure Evidence Sequence (0040,A375) or in the "
        "Pertinent Other Evidence Sequence (0040,A385) (PS3.3 Table C.17-2)"
    )
    for item in items:
        value = item.value
        if isinstance(value, INSTANCES) and value.sop_instance_uid and value.sop_instance_uid not in listed:
            findings.add(item.position, "evidence", standard, "in neither")
