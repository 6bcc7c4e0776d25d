"""From nodes to a Report: drafts, links, and the document of a visit around them."""

from __future__ import annotations

from dataclasses import replace
from operator import attrgetter

from sr2graph.dicom.attributes import Attribute
from sr2graph.dicom.content import RelationshipType
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import Template
from sr2graph.samples.build import DCMR_UID, Draft, Link
from sr2graph.samples.codes import local
from sr2graph.samples.course import Course
from sr2graph.samples.document import Issue, report
from sr2graph.samples.fleet import stations
from sr2graph.samples.identity import uid
from sr2graph.samples.sop_classes import KEY_OBJECT_SELECTION
from sr2graph.samples.templated.nodes import Node
from sr2graph.samples.templated.roots import Root
from sr2graph.samples.templated.values import Maker
from sr2graph.samples.visit import Visit
from sr2graph.templates.catalogue import templates

LIKE = {
    "OP": "US", "OPT": "US", "IVUS": "US", "NM": "PT", "ECG": "US", "MR": "CT",
}  # fmt: skip
"""Modality ↔ the one whose stations stand in for it: the fleet has none of its own."""


def visit_of(course: Course, root: Root, tid: str, modality: str) -> Visit:
    """Return the visit that an instance of a template is about."""
    visit = course.visit(LIKE.get(modality, modality), root.description, local(f"T{root.tid}", root.description))
    return replace(visit, key=f"{visit.key}/templated/{tid}")


def document(visit: Visit, root: Root, node: Node, maker: Maker) -> Report:
    """Return the report with this content."""
    is_selection = root.sop_class_uid == KEY_OBJECT_SELECTION
    workstation = stations("WS", visit.station.hospital)[0]
    issue = Issue(
        kind=f"templated {root.tid}",
        sop_class_uid=root.sop_class_uid,
        description=root.description,
        series_number=970,
        station=workstation,
        modality="KO" if is_selection else "SR",
        author=None if is_selection else visit.radiologist,
        verifier=visit.radiologist if maker.random.random() < VERIFIED else None,
        series=(maker.images, *maker.others.values()),
    )
    made = report(visit, issue, _draft(node, _labels(node)))
    own = OWN_ATTRIBUTES.get(root.sop_class_uid, ())
    return replace(made, other=tuple(sorted((*made.other, *own), key=attrgetter("tag"))))


OWN_ATTRIBUTES = {
    # Synchronization (PS3.3 C.7.4.2) is mandatory in Procedure Log (PS3.3 A.35.7).
    "1.2.840.10008.5.1.4.1.1.88.40": (
        Attribute(0x0018_106A, "CS", ("NO TRIGGER",)),
        Attribute(0x0018_1800, "CS", ("N",)),
        Attribute(0x0020_0200, "UI", (uid("synchronization"),)),
    ),
}
"""SOP Class UID ↔ what its IOD requires and others have no place for."""
VERIFIED = 0.5


def _labels(root: Node) -> dict[Node, str]:
    """Return the targets of links, each with a label."""
    targets = dict.fromkeys(node.target for node in root.walk() if node.target is not None)
    return {target: f"target {number}" for number, target in enumerate(targets)}


def _draft(node: Node, labels: dict[Node, str]) -> Draft:
    children = tuple(_link(each, labels) or _draft(each, labels) for each in node.children)
    return Draft(
        value=node.value,
        concept_name=node.concept_name,
        children=children,
        relationship=RelationshipType(node.relationship),
        label=labels.get(node),
        template=_template(node),
    )


def _link(node: Node, labels: dict[Node, str]) -> Link | None:
    return Link(RelationshipType(node.relationship), labels[node.target]) if node.target is not None else None


def _template(node: Node) -> Template | None:
    """Return what a CONTAINER that is all of a template says about it (PS3.3 C.18.8)."""
    if node.value_type != "CONTAINER" or node.row.row.nest:
        return None
    rows = [row for row in templates()[node.row.tid].rows if row.nest == 0]
    return Template(node.row.tid, "DCMR", DCMR_UID) if len(rows) == 1 else None
