"""Where a rule holds: the least that has to be known of an item, and of what is above it, to be sure of its row.

Most rows are told by value type and concept alone.  Where another row of the same template could be meant, one about
which the rule says nothing, the parent is looked at too, then its parent.  What three levels cannot tell apart is
left out: a rule that is not stated does no harm, one that is stated of the wrong item does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sr2graph.graph.shapes.expressions import ANY, Selection
from sr2graph.graph.shapes.nodes import Node
from sr2graph.graph.shapes.presence import predicate
from sr2graph.graph.shapes.rules import Rule

LEVELS = 3


@dataclass(frozen=True, slots=True)
class Chain:
    """An item and what is above it, as far as it matters."""

    selections: tuple[Selection, ...]
    """The item's, its parent's, and so on."""
    steps: tuple[str, ...]
    """Relationship of the item with its parent, and so on."""
    is_whole: bool = False
    """Whether it ends at the root."""

    @property
    def order(self) -> tuple[object, ...]:
        """Return what chains are sorted by."""
        return [each.order for each in self.selections], self.steps, self.is_whole


def _agree(some: tuple[str, ...], others: tuple[str, ...]) -> bool:
    return all(one == other or ANY in (one, other) for one, other in zip(some, others, strict=True))


def _matters(rule: Rule, rival: Node) -> bool:
    """Whether a rule could be wrong at a place that does not state it."""
    if rule.about is None:
        return True
    step, counted = rule.about
    return any(
        predicate(child.row.relationship) in (step, ANY) and any(child.selection.overlaps(each) for each in counted)
        for child in rival.children
    )


class Contexts:
    """The places of one template, and which of them can be mistaken for each other."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self._by_selection = defaultdict[Selection, list[Node]](list)
        for node in nodes:
            self._by_selection[node.selection].append(node)
        every = list(self._by_selection)
        self._overlapping = {one: frozenset(other for other in every if one.overlaps(other)) for one in every}
        self._chains: dict[tuple[int, int], frozenset[Chain]] = {}

    def of(self, rule: Rule, holders: Iterable[Node]) -> tuple[list[Chain], int]:
        """Return where a rule of some places holds, and for how many of them that cannot be told."""
        left = list(holders)
        good = {node.number for node in left}
        found: list[Chain] = []
        for level in range(LEVELS + 1):
            sure, left = self._sure(rule, left, good, level)
            found += sure
            if not left:
                break
        return list(dict.fromkeys(found)), len(left)

    def _sure(self, rule: Rule, left: list[Node], good: set[int], level: int) -> tuple[list[Chain], list[Node]]:
        sure: list[Chain] = []
        unsure: list[Node] = []
        by_selection = defaultdict[Selection, list[Node]](list)
        for node in left:
            by_selection[node.selection].append(node)
        for selection, some in by_selection.items():
            rivals = [
                rival
                for other in self._overlapping[selection]
                for rival in self._by_selection[other]
                if rival.number not in good and _matters(rule, rival)
            ]
            against = defaultdict[int, set[Chain]](set)
            for rival in rivals:
                for chain in self._chains_of(rival, level):
                    against[len(chain.steps)].add(chain)
            for node in some:
                chains = self._chains_of(node, level)
                clear = [chain for chain in chains if not self._is_taken(chain, against[len(chain.steps)])]
                sure += clear
                if len(clear) < len(chains):
                    unsure.append(node)
        return sure, unsure

    def _is_taken(self, chain: Chain, others: Iterable[Chain]) -> bool:
        """Whether an item can be in both a place and one of others that go as far up."""
        overlapping = [self._overlapping[selection] for selection in chain.selections]
        return any(
            all(selection in each for selection, each in zip(other.selections, overlapping, strict=True))
            and other.is_whole == chain.is_whole
            and _agree(chain.steps, other.steps)
            for other in others
        )

    def _chains_of(self, node: Node, level: int) -> frozenset[Chain]:
        key = (node.number, level)
        found = self._chains.get(key)
        if found is None:
            found = self._chains[key] = frozenset(self._made(node, level))
        return found

    def _made(self, node: Node, level: int) -> Iterable[Chain]:
        if not level:
            yield Chain((node.selection,), ())
            return
        if node.is_root:
            yield Chain((node.selection,), (), is_whole=True)
        for parent, relationship in node.parents:
            for above in self._chains_of(parent, level - 1):
                steps = (predicate(relationship), *above.steps)
                yield Chain((node.selection, *above.selections), steps, above.is_whole)


def placed(rules: Mapping[Rule, list[Node]], nodes: Sequence[Node]) -> tuple[dict[Rule, list[Chain]], dict[Rule, int]]:
    """Return rule ↔ where it holds, and rule ↔ the number of places where that cannot be told."""
    contexts = Contexts(nodes)
    found: dict[Rule, list[Chain]] = {}
    lost: dict[Rule, int] = {}
    for rule, holders in rules.items():
        chains, missed = contexts.of(rule, holders)
        if chains:
            found[rule] = chains
        if missed:
            lost[rule] = missed
    return found, lost
