"""What coordinates are and are selected from, and whether the header lists what the content refers to (PS3.3 C.17)."""

from __future__ import annotations

from collections.abc import Iterable

from sr2graph.dicom.content import ContentItem
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import (
    CompositeReference,
    ImageReference,
    SpatialCoordinates,
    SpatialCoordinates3D,
    WaveformReference,
)
from sr2graph.templates.checking.findings import Findings
from sr2graph.templates.checking.tree import Tree

INSTANCES = CompositeReference | ImageReference | WaveformReference

SELECTED_FROM = {"SCOORD": frozenset({"IMAGE"}), "TCOORD": frozenset({"SCOORD", "IMAGE", "WAVEFORM"})}
"""Coordinates ↔ what they are coordinates in."""

POINTS: dict[str, tuple[int, int | None]] = {
    "POINT": (1, 1),
    "MULTIPOINT": (1, None),
    "POLYLINE": (2, None),
    "POLYGON": (3, None),
    "CIRCLE": (2, 2),
    "ELLIPSE": (4, 4),
    "ELLIPSOID": (6, 6),
}
"""Graphic type ↔ least and most points (PS3.3 C.18.6.1.2, C.18.9.1.2); types that do not exist are not counted."""


def check_coordinates(tree: Tree, findings: Findings) -> None:
    """Note coordinates that are selected from nothing."""
    for index, item in enumerate(tree.items):
        sources = SELECTED_FROM.get(item.value_type or "")
        if sources is None:
            continue
        # A relationship to nothing is told as that.
        below = tree.below[index]
        if not any(child.index is None or tree.items[child.index].value_type in sources for child in below):
            standard = f"a {item.value_type} is SELECTED FROM {' or '.join(sorted(sources))} (PS3.3 Table C.17.3-7)"
            findings.add(item.position, "coordinates", standard, "from none")


def check_graphics(items: Iterable[ContentItem], findings: Findings) -> None:
    """Note coordinates of fewer or more points than their graphic type has."""
    for item in items:
        value = item.value
        if not isinstance(value, SpatialCoordinates | SpatialCoordinates3D):
            continue
        axes, section = (2, "C.18.6.1.2") if isinstance(value, SpatialCoordinates) else (3, "C.18.9.1.2")
        least, most = POINTS.get(value.graphic_type or "", (0, None))
        points, rest = divmod(len(value.graphic_data), axes)
        if rest or points < least or (most is not None and points > most):
            number = f"{least} point{'s' * (least != 1)}" + ("" if most is not None else " or more")
            standard = f"a {value.graphic_type} has {number} of {axes} coordinates (PS3.3 {section})"
            findings.add(item.position, "graphic-data", standard, f"{len(value.graphic_data)} coordinates")


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
