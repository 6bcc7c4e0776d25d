"""LEFT JOINs of a block: scans that have rows together, or none."""

from __future__ import annotations

from dataclasses import dataclass

from sr2graph.corpus.sparql.mappings import is_unique
from sr2graph.corpus.sparql.sql import Ref, Scan, Sql


@dataclass(frozen=True, slots=True)
class LeftJoin:
    """Scans that may have no row, and the condition on which they have."""

    scans: tuple[Scan, ...]
    inner: tuple[Sql, ...]
    """Conditions among the scans themselves."""
    on: tuple[Sql, ...]

    def replaced(self, scans: dict[Scan, Scan]) -> LeftJoin:
        """Return it with other scans in the place of some."""
        return LeftJoin(
            tuple(scans.get(scan, scan) for scan in self.scans),
            tuple(c.replaced(scans) for c in self.inner),
            tuple(c.replaced(scans) for c in self.on),
        )


def left_joins(own: list[Scan], conditions: list[Sql], told: set[Scan]) -> list[LeftJoin]:
    """Return how scans are joined that have rows together or not at all; `told` are those that variables come from.

    A scan of which there is at most one row for what is there already, and which only leads to the others, is joined
    first: joined with the others, all its rows would be.
    """
    for scan in own:
        others = [other for other in own if other is not scan]
        first = [c for c in conditions if scan in c.scans() and c.scans().isdisjoint(others)]
        rest = [c for c in conditions if c not in first]
        leads = any(scan in _equated(c) for c in rest)  # where it has no row, the others have none
        if leads and scan not in told and _is_one_row(scan, first):
            return [_left_join([scan], first), *left_joins(others, rest, told)]
    return [_left_join(own, conditions)]


def _left_join(own: list[Scan], conditions: list[Sql]) -> LeftJoin:
    inner = tuple(c for c in conditions if c.scans() <= set(own) and not c.defines)
    return LeftJoin(tuple(own), inner, tuple(c for c in conditions if c not in inner))


def _is_one_row(scan: Scan, conditions: list[Sql]) -> bool:
    """Tell whether a condition gives a unique key of a scan, from the row of another."""
    given = [found for c in conditions if len(found := _equated(c)) > 1]
    return any(is_unique(scan.table, found[scan]) for found in given if scan.table and scan in found)


def _equated(condition: Sql) -> dict[Scan, str]:
    """Return scan -> column of a condition that two columns are equal, nothing for another."""
    pieces = [piece for piece in condition.pieces if piece not in ("(", ")")]
    if len(pieces) != 3 or pieces[1] != " = ":  # a = b
        return {}
    return {piece.scan: piece.column for piece in pieces if isinstance(piece, Ref)}
