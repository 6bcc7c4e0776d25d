"""Synthetic reports grown from the template catalogue: any root template of PS3.16, any seed, as rich as asked for.

An instance has all rows that are required, some of those that are optional, and follows conditions that a machine can
read.  The others are decided by mappings/samples/conditions.csv.  What it says is plausible row by row, not as a whole:
the hand-written kinds of `sr2graph.samples` tell one story, these cover what the templates allow.
"""

from __future__ import annotations

from dataclasses import dataclass

from sr2graph.dicom.report import Report
from sr2graph.errors import SrError
from sr2graph.samples.course import course
from sr2graph.samples.identity import stream
from sr2graph.samples.templated.documents import document, visit_of
from sr2graph.samples.templated.growth import Growth
from sr2graph.samples.templated.nodes import Node
from sr2graph.samples.templated.roots import root_templates
from sr2graph.samples.templated.values import Maker
from sr2graph.templates.checking.iods import iods
from sr2graph.templates.expansion import ExpandedRow

__all__ = ["TEMPLATED", "Instance", "TemplatedError", "grown", "instance"]

MOST_ITEMS = 400
"""After so many items, nothing optional is added."""


class TemplatedError(SrError):
    """Instances of a template were asked for that there are none of."""


@dataclass(frozen=True, slots=True)
class Instance:
    """A report, and the row that each of its items was made from."""

    report: Report
    rows: tuple[ExpandedRow, ...]
    """In the order of `report.walk()`."""


TEMPLATED: tuple[tuple[str, str], ...] = tuple((root.tid, root.sop_class_uid) for root in root_templates().values())
"""(TID, SOP Class UID) of the root templates that there are instances of."""


def instance(tid: str, seed: int, richness: float = 0.3) -> Report:
    """Return an instance of a root template; richness, from 0 to 1, is how much of what is optional it has.

    The same arguments give the same report.  Raises TemplatedError for a template that is not in TEMPLATED.
    """
    return grown(tid, seed, richness).report


def grown(tid: str, seed: int, richness: float = 0.3) -> Instance:
    """Return an instance together with the rows that its items were made from."""
    root = root_templates().get(tid)
    if root is None:
        raise TemplatedError(f"no instances of TID {tid}; those of {', '.join(root_templates())} can be made")
    random = stream(seed, "templated", tid, richness)
    visit = visit_of(course(seed, 0), root)
    maker = Maker(visit, root, random)
    growth = Growth(tid, iods()[root.sop_class_uid], random, maker, richness, MOST_ITEMS)
    node = growth.grown()
    return Instance(document(visit, root, node, maker), _rows(node))


def _rows(root: Node) -> tuple[ExpandedRow, ...]:
    return tuple(node.row for node in root.walk() if not node.is_reference)
