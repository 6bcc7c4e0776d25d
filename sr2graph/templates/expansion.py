"""Templates as trees: includes replaced by the rows they stand for, parameters by what they are bound to.

Trees are made when they are looked at and kept, because templates include each other and some include themselves.
Rows below the same row with the same parameters are the same objects, wherever they stand, so that what is kept stays
finite however deep a tree goes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from math import prod

from sr2graph.templates.catalogue import Multiplicity, Requirement, Row, templates
from sr2graph.templates.value_sets import NO_CONSTRAINT, ValueSet

Arguments = tuple[tuple[str, ValueSet], ...]
"""Parameter ↔ what it is bound to, in the order of their names."""

MAX_INCLUDES = 40
"""Includes within includes before the first row that is not one: a bound should a table be wrong."""


@dataclass(frozen=True, slots=True)
class Invocation:
    """An include row, and what the parameters of the template it is printed in are bound to."""

    row: Row
    arguments: Arguments = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class ExpandedRow:
    """A row that content items can match, in its place below another one."""

    row: Row
    relationship: str | None
    """With the parent; where the row prints none, that of the include it stands for."""
    concept: ValueSet
    values: ValueSet
    units: ValueSet
    arguments: Arguments = field(repr=False)
    """What the parameters of the row's template are bound to."""
    invocations: tuple[Invocation, ...]
    """The include rows it stands for, outermost first; empty for a row of the template itself."""

    @property
    def tid(self) -> str:
        """The template that the row is printed in."""
        return self.row.tid

    @property
    def includes(self) -> tuple[Row, ...]:
        """The include rows it stands for, outermost first."""
        return tuple(invocation.row for invocation in self.invocations)

    @property
    def children(self) -> tuple[ExpandedRow, ...]:
        """The rows below it, includes replaced; those printed below an include row come after its own."""
        return _children(self)

    @property
    def is_mandatory(self) -> bool:
        """Whether the row and all includes it stands for are required without a condition."""
        return all(row.is_mandatory for row in (*self.includes, self.row))

    @property
    def requirement(self) -> Requirement:
        """The weakest requirement of the row and the includes it stands for."""
        order = list(Requirement)
        return max((row.requirement for row in (*self.includes, self.row)), key=order.index)

    @property
    def vm(self) -> Multiplicity:
        """How often it may occur: the product of its own and those of the includes."""
        several = [row.vm for row in (*self.includes, self.row)]
        most = [vm.most for vm in several if vm.most is not None]
        return Multiplicity(prod(vm.least for vm in several), prod(most) if len(most) == len(several) else None)


@cache
def roots(tid: str, arguments: Arguments = ()) -> tuple[ExpandedRow, ...]:
    """Return the top rows of a template that is invoked with some parameters; nothing for an unknown TID."""
    return _below(tid, None, arguments) if tid in templates() else ()


@cache
def _children(parent: ExpandedRow) -> tuple[ExpandedRow, ...]:
    places = [(parent.row, parent.arguments), *((each.row, each.arguments) for each in reversed(parent.invocations))]
    return tuple(row for at, arguments in places for row in _below(at.tid, at.row, arguments))


@cache
def _below(tid: str, parent: str | None, arguments: Arguments) -> tuple[ExpandedRow, ...]:
    return tuple(_expanded(tid, parent, arguments, None, ()))


def _expanded(
    tid: str,
    parent: str | None,
    arguments: Arguments,
    relationship: str | None,
    invocations: tuple[Invocation, ...],
) -> Iterator[ExpandedRow]:
    """Yield the rows of a template below one of them (None: the top), includes replaced.

    A row that prints a relationship keeps it: TID 1410 row 11 includes TID 1419 with CONTAINS, and the modifiers among
    its rows are HAS CONCEPT MOD all the same.
    """
    bound = dict(arguments)
    for row in templates()[tid].rows:
        if row.parent != parent:
            continue
        relation = row.relationship or relationship
        if row.include is None:
            sets = (row.concept.bound(bound), _values(row, bound), row.units.bound(bound))
            yield ExpandedRow(row, relation, *sets, arguments, invocations)
        elif row.include in templates() and len(invocations) < MAX_INCLUDES:
            inner = tuple(sorted((name, value.bound(bound)) for name, value in row.parameters.items()))
            yield from _expanded(row.include, None, inner, relation, (*invocations, Invocation(row, arguments)))


def _values(row: Row, bound: Mapping[str, ValueSet]) -> ValueSet:
    """Return what a row allows as value; `$Property, defaults to DCID 12304` is that group where nothing is bound."""
    values = row.values.bound(bound)
    return row.default if row.values.parameter is not None and values == NO_CONSTRAINT else values
