"""What is missing, too many, in the wrong place or order, below items that stand for template rows (PS3.16 6.1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum, auto

from sr2graph.templates.catalogue import Requirement, Row
from sr2graph.templates.checking.findings import Findings
from sr2graph.templates.checking.plan import Part, Rank, plan_below
from sr2graph.templates.checking.situations import Situation
from sr2graph.templates.checking.tree import Child, Tree
from sr2graph.templates.checking.wording import row_text
from sr2graph.templates.conditions import Condition, Mode
from sr2graph.templates.expansion import ExpandedRow
from sr2graph.templates.likeness import ITEMS, SHARE, Likeness
from sr2graph.templates.replaced import is_in


class Ruling(Enum):
    """What the standard says of a row at one place."""

    REQUIRED = auto()
    ALLOWED = auto()
    FORBIDDEN = auto()
    UNKNOWN = auto()
    """Its condition is in words, or about what the report does not show."""


class RowChecks:
    """The checks of one report against the rows of its templates."""

    def __init__(self, tree: Tree, findings: Findings) -> None:
        self._tree = tree
        self._findings = findings
        self._likeness = Likeness(tree.keys)
        self._likeness.allowance = SHARE * len(tree.items) + ITEMS
        self._told = set[tuple[int, str, frozenset[str]]]()
        self._unknown: dict[int, tuple[Row, int]] = {}
        """By identity of a row: the row, and where its condition was asked for first."""
        self._asked = Counter[int]()

    def check(self) -> None:
        """Check below every item that stands for a row."""
        for index, row in enumerate(self._tree.rows):
            if row is None:
                continue
            below, plan = self._tree.below[index], plan_below(row)
            if not below and not plan.asks:
                continue
            counts = Counter(child.row for child in below if child.row is not None)
            for part in plan.parts:
                self._check(part, index, counts)
            if len(counts) > 1:
                self._check_order(plan.ranks, below)
        self._tell_unknown()

    def _check(self, part: Part, index: int, counts: Counter[ExpandedRow], within: Part | None = None) -> None:
        """Check a part; `within` is the outermost include around it that need not be there."""
        present = any(leaf in counts for leaf in part.leaves)
        if not present and not part.may_be_missed:
            return
        situation = Situation(self._tree, index, part.prefix, part.row)
        doubtful = within is not None and not present and self._is_doubtful(within, index)
        ruling = Ruling.ALLOWED if doubtful else self._ruling(situation, part, present=present)
        if part.is_include:
            if present or ruling is Ruling.REQUIRED:
                within = part if within is None and ruling is not Ruling.REQUIRED else within
                for inner in part.parts:
                    self._check(inner, index, counts, within)
        elif present:
            self._check_multiplicity(part, index, counts)
        elif ruling is Ruling.REQUIRED:
            self._missing(part.leaf, index)
        if present and ruling is Ruling.FORBIDDEN and not part.may_repeat:
            self._forbidden(part, index)
        if not present and ruling is Ruling.UNKNOWN:
            self._unknown.setdefault(id(part.row), (part.row, index))
            self._asked[id(part.row)] += 1

    # ---------------------------------------------------------------- conditions

    def _ruling(self, situation: Situation, part: Part, *, present: bool) -> Ruling:
        condition, requirement = part.row.condition, part.row.requirement
        if requirement is Requirement.MANDATORY:
            return Ruling.REQUIRED
        if requirement is Requirement.USER or condition is None:
            return Ruling.ALLOWED
        if condition.expression is None:
            return Ruling.UNKNOWN
        if condition.mode in (Mode.XOR, Mode.AT_LEAST_ONE):
            return self._of_set(situation, condition, part, present=present)
        return _ruled(condition.mode, situation.holds(condition.expression), requirement)

    def _of_set(self, situation: Situation, condition: Condition, part: Part, *, present: bool) -> Ruling:
        """Rule on one of several rows of which one shall be there; the first of them that is asked tells."""
        rows = condition.expression.rows if condition.expression is not None else ()
        holds = True if condition.when is None else situation.holds(condition.when)
        others = [situation.found(name) for name in rows if name != part.row.row]
        if holds is None or None in others:
            return Ruling.UNKNOWN
        some = [found for found in others if found]
        if condition.mode is Mode.XOR and not holds:
            return Ruling.FORBIDDEN
        if condition.mode is Mode.XOR and present and some and not part.may_repeat:
            self._several(situation, part, some[0] or [])
        if not present and not some and part.row.requirement is Requirement.MANDATORY_CONDITIONAL:
            self._none(situation, part, rows)
        return Ruling.ALLOWED

    def _several(self, situation: Situation, part: Part, others: list[Child]) -> None:
        """Tell of rows that exclude each other, at the one that is printed later: each pair is met twice."""
        mine = self._tree.standing_for(situation.index, situation.prefix, part.row)
        if not mine or mine[0].position < others[0].position:
            return
        other = others[0].row.row.row if others[0].row is not None else ""
        standard = f"PS3.16: {row_text(part.leaves[0])}, XOR row {other}"
        self._findings.add(mine[0].position, "row-excluded", standard, "both are there", part.row)

    def _none(self, situation: Situation, part: Part, rows: Sequence[str]) -> None:
        names = {part.row.row, *rows}
        told = situation.index, part.row.tid, frozenset(names)
        if told in self._told or any(self._is_satisfied(leaf, situation.index) for leaf in part.leaves):
            return
        self._told.add(told)
        at_least = part.row.condition is not None and part.row.condition.mode is Mode.AT_LEAST_ONE
        standard = f"PS3.16: {'one or more' if at_least else 'one'} of rows {', '.join(sorted(names))}"
        position = self._tree.items[situation.index].position
        self._findings.add(position, "row-missing", standard, "none of them", part.row)

    def _tell_unknown(self) -> None:
        standard = "PS3.16: its condition is in words, or about what the report does not show; not checked"
        for key, (row, index) in self._unknown.items():
            count = self._asked[key]
            found = "it is absent" if count == 1 else f"it is absent at {count} places; this is the first"
            position = self._tree.items[index].position
            self._findings.add(position, "condition-not-checked", standard, found, row)

    # ---------------------------------------------------------------- presence

    def _missing(self, row: ExpandedRow, index: int) -> None:
        if row.row.default.is_constrained or self._is_satisfied(row, index):
            return
        position = self._tree.items[index].position
        self._findings.add(position, "row-missing", f"PS3.16: {row_text(row)}", "it is absent", row.row)

    def _is_satisfied(self, row: ExpandedRow, index: int) -> bool:
        """Whether an item that was placed at another row could stand for this one as well.

        So could a by-reference relationship to nothing, which is told as that.
        """
        rows = (row, *self._tree.in_other_invocations(index, row))
        return any(
            any(self._could_be(child, each) for each in rows) if child.row is not None else _could_refer(child, row)
            for child in self._tree.below[index]
        )

    def _is_doubtful(self, part: Part, index: int) -> bool:
        """Whether all that stands for the rows of an include could be meant as rows outside of it."""
        found = self._tree.standing_for(index, part.prefix, part.row)
        others = list(self._others(part, index))
        return all(any(self._is_as_like(child, row) for row in others) for child in found)

    def _could_be(self, child: Child, row: ExpandedRow) -> bool:
        if child.index is None or child.row is None:
            return False
        item = self._tree.items[child.index]
        if item.value_type not in row.row.value_types or row.relationship not in (None, child.relationship):
            return False
        return not row.concept.is_constrained or is_in(self._tree.keys.iri(item.concept_name), row.concept)

    def _is_as_like(self, child: Child, row: ExpandedRow) -> bool:
        """Whether an item is no less like a row than like the one it was placed at, by what it holds."""
        if child.index is None or child.row is None or not self._could_be(child, row):
            return False
        item = self._tree.items[child.index]
        return self._likeness.of(item, row) >= self._likeness.of(item, child.row)

    def _forbidden(self, part: Part, index: int) -> None:
        found = self._tree.standing_for(index, part.prefix, part.row)
        if not found or any(self._is_as_like(found[0], row) for row in self._others(part, index)):
            return
        standard = f"PS3.16: {row_text(part.leaves[0])}, only if {part.row.condition}"
        self._findings.add(found[0].position, "row-forbidden", standard, "the condition is false", part.row)

    def _others(self, part: Part, index: int) -> Iterator[ExpandedRow]:
        """Yield the rows beside a part: an item may be meant as another one than it was placed at."""
        row = self._tree.rows[index]
        return (other for other in (row.children if row is not None else ()) if other not in part.leaves)

    def _check_multiplicity(self, part: Part, index: int, counts: Counter[ExpandedRow]) -> None:
        row, count = part.leaf, counts[part.leaf]
        # Of what is optional in an include that repeats, nobody knows how often it has to be there.
        most = part.vm.most
        least = part.vm.least if row.row.is_mandatory else row.row.vm.least
        if count >= least and (most is None or count <= most):
            return
        standard = f"PS3.16: {row_text(row)}"
        if part.vm != row.row.vm:
            standard += f", with its includes VM {part.vm}"
        if most is not None and count > most:
            excess = [child for child in self._tree.below[index] if child.row is row][most]
            room = (each for each in self._others(part, index) if each.vm.most is None or counts[each] < each.vm.most)
            if not any(self._is_as_like(excess, each) for each in room):
                self._findings.add(excess.position, "row-too-many", standard, f"{count}", row.row)
        elif count < least:
            position = self._tree.items[index].position
            self._findings.add(position, "row-too-few", standard, f"{count}", row.row)

    # ---------------------------------------------------------------- order

    def _check_order(self, ranks: Mapping[ExpandedRow, Rank], below: Sequence[Child]) -> None:
        """Tell of the first item that comes after what its template prints below it."""
        last: dict[str, tuple[int, ...]] = {}
        for child in below:
            rank = ranks.get(child.row) if child.row is not None else None
            if rank is None or child.row is None:
                continue
            tid, place = rank
            if place < last.get(tid, ()):
                if any(at >= last[tid] for at in self._places(child, ranks, tid)):
                    continue
                standard = f"PS3.16: the order of TID {tid} is significant"
                found = "it comes after a row that is printed below it"
                self._findings.add(child.position, "row-order", standard, found, child.row.row)
                return
            last[tid] = place

    def _places(self, child: Child, ranks: Mapping[ExpandedRow, Rank], tid: str) -> Iterator[tuple[int, ...]]:
        """Yield where else in the order of a template an item could be meant."""
        return (place for row, (other, place) in ranks.items() if other == tid and self._could_be(child, row))


def _could_refer(child: Child, row: ExpandedRow) -> bool:
    """Whether a by-reference relationship that leads nowhere may have been meant as a row."""
    return (
        child.by_reference and child.index is None and row.row.by_reference and child.relationship == row.relationship
    )


def _ruled(mode: Mode, holds: bool | None, requirement: Requirement) -> Ruling:  # noqa: FBT001 # three answers
    """Return what follows from a condition (PS3.16 6.1.7, 6.1.8); what is UC is never required."""
    if holds is None:
        return Ruling.UNKNOWN
    if holds and mode is not Mode.ONLY_IF and requirement is Requirement.MANDATORY_CONDITIONAL:
        return Ruling.REQUIRED
    if not holds and mode is not Mode.IF:
        return Ruling.FORBIDDEN
    return Ruling.ALLOWED
