"""What a template row asks of the items below it: its rows as they are printed, includes as branches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby

from sr2graph.templates.catalogue import Multiplicity, Requirement, Row, templates
from sr2graph.templates.expansion import ExpandedRow

Rank = tuple[str, tuple[int, ...]]
"""A template, and a place in it: rows of one template are compared, includes within includes."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A printed row: one that items match, or an include with the rows it stands for."""

    row: Row
    prefix: tuple[Row, ...]
    """The includes through which its template got there, outermost first."""
    leaves: tuple[ExpandedRow, ...]
    """The rows that items match: itself, or all within the include."""
    parts: tuple[Part, ...]
    """What an include stands for; empty for a row that items match."""
    vm: Multiplicity
    """Of the row that items match, with its includes; of an include, its own."""

    @property
    def is_include(self) -> bool:
        """Whether it stands for the rows of another template."""
        return self.row.include is not None

    @property
    def leaf(self) -> ExpandedRow:
        """The row that items match, of what is no include."""
        return self.leaves[0]

    @property
    def may_repeat(self) -> bool:
        """Whether its template may be included several times at the same place: then rows cannot be told apart."""
        return any(row.vm.most != 1 for row in self.prefix)

    @property
    def may_be_missed(self) -> bool:
        """Whether the standard may ask for it."""
        return self.row.requirement in (Requirement.MANDATORY, Requirement.MANDATORY_CONDITIONAL)


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """The parts below one row."""

    parts: tuple[Part, ...]
    asks: bool
    """Whether anything may be missed where there is nothing."""
    ranks: Mapping[ExpandedRow, Rank]
    """Where the rows stand whose order is significant."""


@cache
def plan_below(row: ExpandedRow) -> Plan:
    """Return what a row asks of the items below it."""
    parts = tuple(_parts(row.children, 0))
    ordered = enumerate(part for part in parts if templates()[part.row.tid].order_significant)
    ranks = {leaf: (part.row.tid, path) for at, part in ordered for leaf, path in _ranks(part, (at,))}
    return Plan(parts, any(part.may_be_missed for part in parts), ranks)


def _parts(leaves: Sequence[ExpandedRow], depth: int) -> Iterator[Part]:
    """Yield the parts of consecutive rows that share the first includes."""

    def printed(leaf: ExpandedRow) -> int:
        return id(leaf.invocations[depth].row if len(leaf.invocations) > depth else leaf)

    for _, group in groupby(leaves, printed):
        some = tuple(group)
        prefix = tuple(invocation.row for invocation in some[0].invocations[:depth])
        if len(some[0].invocations) > depth:
            row = some[0].invocations[depth].row
            yield Part(row, prefix, some, tuple(_parts(some, depth + 1)), row.vm)
        else:
            yield Part(some[0].row, prefix, some, (), some[0].vm)


def _ranks(part: Part, path: tuple[int, ...]) -> Iterator[tuple[ExpandedRow, tuple[int, ...]]]:
    """Yield the rows of a part with their places; those of an include that may repeat share one."""
    ordered = part.is_include and part.row.vm.most == 1 and templates()[part.row.include or ""].order_significant
    if not ordered:
        yield from ((leaf, path) for leaf in part.leaves)
        return
    for at, inner in enumerate(part.parts):
        yield from _ranks(inner, (*path, at))
