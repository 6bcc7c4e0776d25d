"""Whether the condition of a template row holds where it is asked for (PS3.16 6.1.8).

An answer is True, False, or None where it cannot be known: the row it is about lies in a template that the report
does not show, or only words say it.  None is never taken for either of the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from sr2graph.dicom.values import Code
from sr2graph.templates.catalogue import Row, templates
from sr2graph.templates.checking.tree import Child, Tree, is_of
from sr2graph.templates.conditions import Expression
from sr2graph.templates.expansion import ExpandedRow


@dataclass(frozen=True, slots=True)
class Situation:
    """A printed row at a place of a report: below an item, through some includes."""

    tree: Tree
    index: int
    """The item that the row is, or would be, below."""
    prefix: tuple[Row, ...]
    row: Row

    def holds(self, expression: Expression) -> bool | None:
        """Return whether an expression of the row's condition is true here."""
        op, arguments = expression.op, expression.arguments
        if op == "not":
            return _negated(self.holds(arguments[0]))
        if op == "and":
            return _all(self.holds(each) for each in arguments)
        if op == "or":
            return _negated(_all(_negated(self.holds(each)) for each in arguments))
        iris = frozenset(code.iri for code in expression.codes)
        if op == "parent_value_in":
            return self._value_in([Child(None, self.index, ())], iris, None)
        if op == "root_concept_in":
            return self.tree.keys.iri(self.tree.items[0].concept_name) in iris
        return self._of_rows(expression, iris)

    def _of_rows(self, expression: Expression, iris: frozenset[str]) -> bool | None:
        op = expression.op
        found = [self.found(name, expression.tid) for name in expression.rows]
        if op in ("present", "at_least_one"):
            return _negated(_all(_is_absent(each) for each in found))
        if op in ("absent", "all_absent"):
            return _all(_is_absent(each) for each in found)
        if op == "value_in":
            name = expression.rows[0]
            return self._value_in(found[0], iris, templates()[expression.tid or self.row.tid].row(name))
        if op == "concept_in":
            return self._concept_in(found[0], iris)
        return None

    def found(self, name: str, tid: str | None = None) -> list[Child] | None:
        """Return what stands for a row of the template, or of one that invokes it; None where nobody can know."""
        return self._in_this_template(name) if tid in (None, self.row.tid) else self._in_template(tid or "", name)

    def _in_this_template(self, name: str) -> list[Child] | None:
        way = _way(self.row.tid, self.row.row, name)
        if way is None:
            return None
        up, down = way
        index, prefix, parent = self.index, self.prefix, self.row.parent
        for _ in range(up):
            place = _place(self.tree.rows[index], self.row.tid, parent)
            if place is None or self.tree.parents[index] < 0:
                return None
            prefix, above = place
            index, parent = self.tree.parents[index], above.parent
        found = [Child(self.tree.rows[index], index, self.tree.items[index].position)]
        for step in down:
            below = [each.index for each in found if each.index is not None and not each.by_reference]
            found = [child for at in below for child in self.tree.standing_for(at, prefix, step)]
            prefix = ()
        return found

    def _in_template(self, tid: str, name: str) -> list[Child] | None:
        """Return what stands for a row of a template above, the nearest first."""
        template = templates().get(tid)
        wanted = template.row(name) if template is not None else None
        if wanted is None:
            return None
        index, seen = self.index, False
        while index >= 0:
            row = self.tree.rows[index]
            found = [Child(row, index, ())] if is_of(row, wanted) else self.tree.of_row(index, wanted)
            if found:
                return found
            seen = seen or _comes_from(row, tid)
            index = self.tree.parents[index]
        return [] if seen else None

    def _value_in(self, found: list[Child] | None, iris: frozenset[str], row: Row | None) -> bool | None:
        """Return whether one of some items has one of some codes as value.

        What is absent has its default; of what is absent and mandatory nobody knows what it would have been.
        """
        if found is None:
            return None
        if not found:
            if row is not None and row.default.is_constrained:
                return bool(row.default.iris() & iris)
            return None if row is None or row.is_mandatory else False
        values = [self._value(child) for child in found]
        if any(value in iris for value in values):
            return True
        return None if None in values else False

    def _value(self, child: Child) -> str | None:
        item = self.tree.items[child.index] if child.index is not None else None
        value = item.value if item is not None else None
        return self.tree.keys.iri(value.concept) if isinstance(value, Code) else None

    def _concept_in(self, found: list[Child] | None, iris: frozenset[str]) -> bool | None:
        if found is None:
            return None
        concepts = (self.tree.items[child.index].concept_name for child in found if child.index is not None)
        return any(self.tree.keys.iri(concept) in iris for concept in concepts)


def _negated(answer: bool | None) -> bool | None:  # noqa: FBT001 # three answers
    return None if answer is None else not answer


def _all(answers: Iterable[bool | None]) -> bool | None:
    unknown = False
    for answer in answers:
        if answer is False:
            return False
        unknown = unknown or answer is None
    return None if unknown else True


def _is_absent(found: list[Child] | None) -> bool | None:
    return None if found is None else not found


def _comes_from(found: ExpandedRow | None, tid: str) -> bool:
    return found is not None and tid in (found.tid, *(invocation.row.tid for invocation in found.invocations))


def _place(found: ExpandedRow | None, tid: str, name: str | None) -> tuple[tuple[Row, ...], Row] | None:
    """Return the prefix of a template's printed row that an item stands for, and the row."""
    if found is None:
        return None
    printed = [*(invocation.row for invocation in found.invocations), found.row]
    at = next((at for at, row in enumerate(printed) if row.tid == tid and row.row == name), None)
    return None if at is None else (tuple(printed[:at]), printed[at])


@cache
def _way(tid: str, start: str, end: str) -> tuple[int, tuple[Row, ...]] | None:
    """Return how to get from what a row is below to another row of its template: levels up, then rows down."""
    mine, other = _chain(tid, start)[:-1], _chain(tid, end)
    if not other:
        return None
    shared = 0
    while shared < len(mine) and shared < len(other) and mine[shared] is other[shared]:
        shared += 1
    return len(mine) - shared, tuple(other[shared:])


def _chain(tid: str, name: str) -> Sequence[Row]:
    """Return the rows from the top of a template down to one."""
    template, found = templates()[tid], list[Row]()
    row = template.row(name)
    while row is not None:
        found.append(row)
        row = template.row(row.parent) if row.parent is not None else None
    return found[::-1]
