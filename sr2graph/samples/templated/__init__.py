"""Synthetic reports grown from the template catalogue: any root template of PS3.16, any seed, as rich as asked for.

An instance has all rows that are required, some of those that are optional, and follows conditions that a machine can
read.  The others are decided by mappings/samples/conditions.csv.  What it says is plausible row by row, not as a whole:
the hand-written kinds of `sr2graph.samples` tell one story, these cover what the templates allow.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from sr2graph.dicom.report import Report
from sr2graph.errors import SrError
from sr2graph.samples.course import course
from sr2graph.samples.identity import stream
from sr2graph.samples.templated.documents import document, visit_of
from sr2graph.samples.templated.growth import Growth
from sr2graph.samples.templated.nodes import Node
from sr2graph.samples.templated.roots import Root, root_templates
from sr2graph.samples.templated.steering import Route, routes
from sr2graph.samples.templated.values import IMAGES, Maker
from sr2graph.samples.visit import ImageSeries
from sr2graph.templates.checking.iods import iods
from sr2graph.templates.expansion import ExpandedRow

__all__ = ["TEMPLATED", "Instance", "TemplatedError", "grown", "instance"]

ATTEMPTS = 40
"""How often an instance is grown until it has the template that was asked for inside."""
MOST_ITEMS = 400
"""After so many items, nothing optional is added."""


class TemplatedError(SrError):
    """Instances of a template were asked for that there are none of."""


@dataclass(frozen=True, slots=True)
class Instance:
    """A report, and the row that each of its items was made from."""

    report: Report
    rows: tuple[ExpandedRow, ...]
    """In the order of `report.walk()`; what no row asks for, but the standard does, has the row of its parent."""


TEMPLATED: tuple[tuple[str, str], ...] = tuple((tid, roots[0].sop_class_uid) for tid, roots in root_templates().items())
"""(TID, SOP Class UID) of the root templates that there are instances of."""


def instance(tid: str, seed: int, richness: float = 0.3) -> Report:
    """Return an instance of a root template; richness, from 0 to 1, is how much of what is optional it has.

    For another template it is an instance of a root template that has it inside, by the shortest way.
    The same arguments give the same report.  Raises TemplatedError for a template that no instance has.
    """
    return grown(tid, seed, richness).report


def grown(tid: str, seed: int, richness: float = 0.3) -> Instance:
    """Return an instance together with the rows that its items were made from."""
    ways = routes(tid)
    if not ways:
        raise TemplatedError(f"no instances of TID {tid}; those of {', '.join(root_templates())} can be made")
    for way, root, attempt in _attempts(ways):
        random = stream(seed, "templated", tid, richness, root.sop_class_uid, attempt)
        node, maker = _grown(tid, way, root, random, seed, richness)
        if any(each.row.tid == tid or tid in _included(each.row) for each in node.walk()):
            return Instance(document(maker.visit, maker.root, node, maker), _rows(node))
    raise TemplatedError(f"no instance has TID {tid} in it: SOP classes or conditions are against it")


def _attempts(ways: Sequence[Route]) -> Iterator[tuple[Route, Root, int]]:
    for way in ways:
        for root in root_templates()[way.root]:
            yield from ((way, root, attempt) for attempt in range(ATTEMPTS))


def _grown(tid: str, way: Route, root: Root, random: Random, seed: int, richness: float) -> tuple[Node, Maker]:  # noqa: PLR0913, PLR0917
    modality, sop_class_uid = random.choice(root.images)
    visit = visit_of(course(seed, 0), root, tid, modality)
    maker = Maker(visit, root, ImageSeries(visit, 2, modality, sop_class_uid, IMAGES), random)
    growth = Growth(root.tid, iods()[root.sop_class_uid], random, maker, richness, MOST_ITEMS)
    growth.forced = way.rows
    return growth.grown(), maker


def _included(row: ExpandedRow) -> frozenset[str | None]:
    return frozenset(include.include for include in row.includes)


def _rows(root: Node) -> tuple[ExpandedRow, ...]:
    return tuple(node.row for node in root.walk() if not node.is_reference)
