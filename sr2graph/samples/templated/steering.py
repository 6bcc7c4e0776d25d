"""How to come from a root template to one inside it: the include rows on the way, with the rows above these."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from sr2graph.samples.templated.roots import root_templates
from sr2graph.templates.catalogue import Row, templates


@dataclass(frozen=True, slots=True)
class Route:
    """The shortest way from a root template to another one."""

    root: str
    rows: frozenset[tuple[str, str]]
    """(TID, row) of all that has to be there."""


@cache
def routes(tid: str) -> tuple[Route, ...]:
    """Return the ways to a template, one from each root that comes to it, the shortest first."""
    if tid in root_templates():
        return (Route(tid, frozenset()),)
    found = (_routes(root).get(tid) for root in root_templates())
    return tuple(sorted((route for route in found if route is not None), key=lambda route: len(route.rows)))


@cache
def _routes(root: str) -> dict[str, Route]:
    """Return TID ↔ route from a root, in order of their lengths."""
    found = {root: Route(root, frozenset())}
    waiting = [root]
    while waiting:
        tid = waiting.pop(0)
        for row in templates()[tid].rows:
            if row.include is not None and row.include in templates() and row.include not in found:
                found[row.include] = Route(root, found[tid].rows | frozenset(_upwards(row)))
                waiting.append(row.include)
    return found


def _upwards(row: Row) -> Iterator[tuple[str, str]]:
    """Yield a row and those it is nested in."""
    above: Row | None = row
    while above is not None:
        yield above.tid, above.row
        above = templates()[above.tid].row(above.parent) if above.parent is not None else None
