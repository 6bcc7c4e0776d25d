"""Whether a row is there, and what its value is, said from the item that another row is below (PS3.16 6.1.8)."""

from __future__ import annotations

from collections.abc import Callable

from sr2graph.graph.records import RELATIONSHIP_PREDICATES
from sr2graph.graph.shapes.expressions import (
    ANY,
    CODE,
    CONCEPT,
    UP,
    All,
    Count,
    Expression,
    Is,
    Not,
    Path,
    Selection,
    both,
    either,
    is_one_of,
    some,
)
from sr2graph.graph.shapes.nodes import Child, Node, concepts
from sr2graph.templates import conditions
from sr2graph.templates.catalogue import Row, templates
from sr2graph.templates.expansion import ExpandedRow

PREDICATES = {str(relationship): f"sr:{name}" for relationship, name in RELATIONSHIP_PREDICATES.items() if relationship}
"""Relationship ↔ its predicate."""


class NotSaidError(Exception):
    """A condition that these shapes do not state."""


def predicate(relationship: str | None) -> str:
    """Return the step to a child by a relationship; that of any where the table prints none."""
    return PREDICATES[relationship] if relationship else ANY


def is_there(child: Child) -> Count:
    """Return that an item stands for the row."""
    return some((predicate(child.row.relationship),), Is(child.selection))


class Surroundings:
    """What the condition of one row is about: the place it is below, and the rows beside it."""

    def __init__(self, place: Node, row: ExpandedRow, conditioned: Row) -> None:
        self._place = place
        self._row = row
        self._conditioned = conditioned
        self._depth = self._invocation_depth()

    def _invocation_depth(self) -> int:
        """Return how many includes lead to the template that the condition is printed in."""
        names = [each.row for each in self._row.invocations]
        return names.index(self._conditioned) if self._conditioned in names else len(names)

    @property
    def may_repeat(self) -> bool:
        """Whether the table of the condition may be included several times here: then its rows are not one set."""
        return any(row.vm.most != 1 for row in self._row.includes[: self._depth])

    def beside(self, name: str) -> list[Child]:
        """Return the rows beside the conditioned one that a name of its table means, what it includes too."""
        return [child for child in self._place.children if self._means(child.row, name)]

    def _means(self, row: ExpandedRow, name: str) -> bool:
        depth = self._depth
        if len(row.invocations) < depth:
            return False
        printed = row.invocations[depth].row if len(row.invocations) > depth else row.row
        # Of most rows the name is another one; to compare what invoked them takes longer.
        is_named = printed.row == name and printed.tid == self._conditioned.tid
        return is_named and row.invocations[:depth] == self._row.invocations[:depth]

    # ------------------------------------------------------------ expressions

    def expressed(self, said: conditions.Expression) -> Expression:
        """Return what an expression of a condition says of the place.  Raises NotSaidError."""
        operations: dict[str, Callable[[conditions.Expression], Expression]] = {
            "present": self._present,
            "absent": self._all_absent,
            "all_absent": self._all_absent,
            "value_in": self._value_in,
            "concept_in": self._concept_in,
            "parent_value_in": lambda told: is_one_of(CODE, _iris(told)),
            "root_concept_in": lambda told: is_one_of((UP, *CONCEPT), _iris(told)),
            "not": lambda told: Not(self._combined(told)[0]),
            "and": lambda told: both(*self._combined(told)),
            "or": lambda told: either(*self._combined(told)),
        }
        return operations[said.op](said)

    def unknown(self, said: conditions.Expression) -> list[Expression]:
        """Return when nobody can know whether an expression is true: a value is asked for that should be there."""
        if said.op != "value_in":
            return [each for argument in said.arguments for each in self.unknown(argument)]
        tid = said.tid or self._conditioned.tid
        rows = [(name, templates()[tid].row(name)) for name in said.rows]
        return [Not(self._found(said.tid, name, None)) for name, row in rows if row is not None and self._asks(row)]

    def _asks(self, row: Row) -> bool:
        # The item that the row stands for is the place itself, or above it, and so is there.
        is_above = row.tid == self._conditioned.tid and row in _lineage(self._conditioned)
        return row.is_mandatory and not row.default.is_constrained and not is_above

    def _combined(self, said: conditions.Expression) -> list[Expression]:
        return [self.expressed(each) for each in said.arguments]

    def _present(self, said: conditions.Expression) -> Expression:
        return either(*(self._found(said.tid, name, None) for name in said.rows))

    def _all_absent(self, said: conditions.Expression) -> Expression:
        return both(*(Not(self._found(said.tid, name, None)) for name in said.rows))

    def _value_in(self, said: conditions.Expression) -> Expression:
        value = is_one_of(CODE, _iris(said))
        found = [self._found(said.tid, name, value) for name in said.rows]
        for name in said.rows:
            row = templates()[said.tid or self._conditioned.tid].row(name)
            if row is not None and row.default.iris() & _iris(said):
                found.append(Not(self._found(said.tid, name, None)))
        return either(*found)

    def _concept_in(self, said: conditions.Expression) -> Expression:
        name = is_one_of(CONCEPT, _iris(said))
        return either(*(self._found(said.tid, row, name) for row in said.rows))

    def _found(self, tid: str | None, name: str, told: Expression | None) -> Expression:
        """Return that a row is there, and what is told of it."""
        if tid is not None and tid != self._conditioned.tid:
            return _above(tid, name, told)
        beside = self.beside(name)
        if beside:
            return either(
                *(some((predicate(each.row.relationship),), _and(Is(each.selection), told)) for each in beside)
            )
        return self._elsewhere(name, told)

    def _elsewhere(self, name: str, told: Expression | None) -> Expression:
        """Return that a row of the same table is there which is not beside the conditioned one."""
        sought = templates()[self._conditioned.tid].row(name)
        if sought is None:
            raise NotSaidError
        down, here = _lineage(sought), _lineage(self._conditioned)[:-1]
        shared = 0
        while shared < min(len(down), len(here)) and down[shared] == here[shared]:
            shared += 1
        below, above = down[shared:], here[shared:]
        if here and (self._place.row.row is not here[-1] or any(each.include for each in (*above, *below))):
            raise NotSaidError
        if not shared and (above or not below or below[0].relationship is None):
            raise NotSaidError
        if not below:
            return _self_or_above(above, told)
        steps: Path = (*(_up(each) for each in reversed(above)), *(_down(each) for each in below))
        return some(steps, _and(_plain(sought), told))


def _self_or_above(above: list[Row], told: Expression | None) -> Expression:
    """Return what is told of the place itself, or of one above it."""
    if told is None:
        raise NotSaidError
    return some(tuple(_up(each) for each in reversed(above)), told) if above else told


def _above(tid: str, name: str, told: Expression | None) -> Expression:
    """Return that a row of a template that invokes this one is there: an item above, or one just below such an item."""
    sought = templates()[tid].row(name) if tid in templates() else None
    if sought is None or sought.include is not None or not sought.concept.codes:
        raise NotSaidError
    steps: Path = (UP,) if sought.relationship is None else (UP, predicate(sought.relationship))
    return some(steps, _and(_plain(sought), told))


def _plain(row: Row) -> Expression:
    """Return that an item is what a row without parameters names."""
    if not row.concept.codes or row.include is not None:
        raise NotSaidError
    return Is(Selection(frozenset(row.value_types), concepts(row.concept)))


def _lineage(row: Row) -> list[Row]:
    """Return a row with those it is nested in, outermost first."""
    found = [row]
    while found[0].parent is not None:
        above = templates()[row.tid].row(found[0].parent)
        if above is None:
            raise NotSaidError
        found.insert(0, above)
    return found


def _down(row: Row) -> str:
    return predicate(row.relationship)


def _up(row: Row) -> str:
    return f"^{predicate(row.relationship)}" if row.relationship else f"^{ANY}"


def _and(one: Expression, other: Expression | None) -> Expression:
    return one if other is None else All((one, other))


def _iris(said: conditions.Expression) -> frozenset[str]:
    return frozenset(code.iri for code in said.codes)
