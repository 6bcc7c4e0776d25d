"""Which rows of a template are there: requirements, conditions and multiplicities of one invocation at one place.

A scope is a template in use below one content item.  Rows are decided on when they are asked for, so that a condition
may be about a row that is printed later; the answer, once given, stays.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from sr2graph.samples.templated.entries import Entry
from sr2graph.samples.templated.rules import Rule, one_of_several, rule_of
from sr2graph.templates.catalogue import Requirement, templates
from sr2graph.templates.conditions import Expression, Mode
from sr2graph.templates.value_sets import Code, ValueSet

if TYPE_CHECKING:
    from sr2graph.samples.templated.growth import Growth
    from sr2graph.samples.templated.nodes import Node

REQUIRED = frozenset({Requirement.MANDATORY, Requirement.MANDATORY_CONDITIONAL})
MOST_REPEATS = 4
"""Of one row, where the standard has no bound."""


class Scope:
    """A template in use below one content item."""

    __slots__ = ("counts", "entries", "growth", "include", "index", "invoker", "names", "nodes", "outer", "parent",
                 "presets", "tid")  # fmt: skip

    def __init__(  # noqa: PLR0913, PLR0917 # what a place consists of
        self,
        growth: Growth,
        tid: str,
        entries: tuple[Entry, ...],
        parent: Node | None,
        outer: Scope | None = None,
        invoker: Scope | None = None,
        include: Entry | None = None,
        index: int = 0,
    ) -> None:
        self.growth, self.tid, self.entries, self.parent = growth, tid, entries, parent
        self.outer = outer
        """The same invocation, where the parent's own row stands."""
        self.invoker = invoker
        """The scope that the include row stands in."""
        self.include, self.index = include, index
        self.names = {entry.row.row: entry for entry in entries}
        self.counts: dict[str, int] = {}
        self.presets: dict[str, Code] = {}
        """Values of CODE rows that had to be known before the item was made."""
        self.nodes: dict[str, list[Node]] = {}

    def above(self) -> Iterator[Scope]:
        """Yield this scope and those it stands in, innermost first."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.outer or scope.invoker

    def holding(self, row: str, tid: str | None = None) -> Scope | None:
        """Return the nearest scope that a row of this template, or of another one around it, stands in."""
        wanted = tid or self.tid
        return next((each for each in self.above() if each.tid == wanted and row in each.names), None)

    def source(self, bound: ValueSet, printed: ValueSet) -> tuple[Scope, str] | None:
        """Return the scope and the row whose value a value set means, where it means that of another row.

        What a parameter is bound to is a row of the template that invokes this one.
        """
        row = bound.value_of_row
        if row is None:
            return None
        own = printed.parameter is None
        found = next((each for each in self.above() if row in each.names and (each.tid == self.tid) is own), None)
        return (found, row) if found is not None else None

    def same(self, bound: ValueSet, printed: ValueSet) -> Code | None:
        """Return the code that a value set takes from another row, if that row has one."""
        source = self.source(bound, printed)
        return source[0].code_of(source[1]) if source is not None else None

    # ------------------------------------------------------------ how often

    def count(self, row: str) -> int:
        """Return how often a row is there."""
        if row not in self.counts:
            self.counts[row] = 0  # what is asked for while it is being decided is not there yet
            self.counts[row] = self._count(self.names[row])
        return self.counts[row]

    def _count(self, entry: Entry) -> int:
        if not self.growth.allows(entry, self.parent) or not self._is_there(entry):
            return 0
        return self.growth.repeats(entry)

    def _is_there(self, entry: Entry) -> bool:
        rule = rule_of(entry.row)
        if rule is None:
            return entry.row.requirement in REQUIRED or self.growth.coin(entry)
        return self._follows(entry, rule)

    def _follows(self, entry: Entry, rule: Rule) -> bool:
        """Return whether a row with a condition is there."""
        required = entry.row.requirement in REQUIRED
        condition = rule.condition
        if condition is None:
            return self._by_word(entry, rule.word)
        if rule.is_later:
            return required or self.growth.coin(entry)
        if (mode := one_of_several(entry.row)) is not None:
            return self._one_of(entry, mode)
        if condition.expression is None or self.holds(condition.expression):
            return (required and condition.mode is not Mode.ONLY_IF) or self.growth.coin(entry)
        # What IF does not ask for is allowed all the same, and odd.
        return condition.mode is Mode.IF and self.growth.coin(entry) and self._by_word(entry, "rarely")

    def _by_word(self, entry: Entry, word: str) -> bool:
        if word == "several":
            top = next(scope for scope in self.above() if scope.outer is None)
            return top.invoker is not None and top.include is not None and top.invoker.count(top.include.row.row) > 1
        if word == "root":
            return self.parent is self.growth.root
        if word == "bound":
            return any(row.values.is_constrained for row in entry.rows)
        return self.growth.random.random() < (
            1.0 if word != "never" and self.growth.is_forced(entry) else CHANCES[word]
        )

    def _one_of(self, entry: Entry, mode: Mode) -> bool:
        """Return whether this is the one of its alternatives that is there, or one of them; decides on all."""
        names = [
            name for name in alternatives(self.tid, entry.row.row) if name in self.names and self._has_choice(name)
        ]
        possible = [self.names[name] for name in names if self.growth.allows(self.names[name], self.parent)]
        required = mode is Mode.AT_LEAST_ONE or any(self.names[name].row.requirement in REQUIRED for name in names)
        taken: set[str] = set()
        if possible and self._may_be(names) and (required or self.growth.coin(entry)):
            taken.add(self.growth.preferred(possible).row.row)
        if mode is Mode.AT_LEAST_ONE:
            taken |= {each.row.row for each in possible if self.growth.coin(each)}
        for name in names:
            if name != entry.row.row:
                there = name in taken
                self.counts[name] = self.growth.repeats(self.names[name]) if there else 0
        return entry.row.row in taken

    def _has_choice(self, name: str) -> bool:
        """Return whether a row stands here and is not decided on by a word."""
        rule = rule_of(self.names[name].row) if name in self.names else Rule(None)
        return rule is None or rule.condition is not None

    def _may_be(self, names: list[str]) -> bool:
        """Return whether the conditions under which alternatives are alternatives hold."""
        rules = [rule_of(self.names[name].row) for name in names]
        whens = [rule.condition.when for rule in rules if rule and rule.condition and rule.condition.when]
        return all(self.holds(when) for when in whens)

    # ------------------------------------------------------------ conditions

    def holds(self, said: Expression) -> bool:
        """Return whether an expression about rows is true here."""
        if said.op == "and":
            return all(map(self.holds, said.arguments))
        if said.op == "or":
            return any(map(self.holds, said.arguments))
        if said.op == "not":
            return not any(map(self.holds, said.arguments))
        if said.op in ("present", "absent", "all_absent"):
            found = any(self.is_present(row, said.tid) for row in said.rows)
            return found if said.op == "present" else not found
        return self._code(said) in {code.iri for code in said.codes}

    def is_present(self, row: str, tid: str | None = None) -> bool:
        """Return whether a row is there; those nested in rows of this place count where they were made already."""
        scope = self.holding(row, tid)
        if scope is not None:
            return scope.count(row) > 0
        return any(node.row.row.row == row and node.row.tid == (tid or self.tid) for node in self._made())

    def _made(self) -> Iterator[Node]:
        for nodes in self.nodes.values():
            for node in nodes:
                yield from node.walk()

    def _code(self, said: Expression) -> str | None:
        """Return the code that an expression is about."""
        if said.op == "parent_value_in":
            code = self.parent.code if self.parent is not None else None
        elif said.op == "root_concept_in":
            code = self.growth.root.name if self.growth.root is not None else None
        else:
            code = self._code_of(said.rows[0], said.tid, of_name=said.op == "concept_in")
        return code.iri if code is not None else None

    def _code_of(self, row: str, tid: str | None, *, of_name: bool) -> Code | None:
        """Return the value or name of a row of this place, of one above, or of one nested in what was made here."""
        scope = self.holding(row, tid)
        if scope is not None:
            return scope.code_of(row, of_name=of_name)
        made = (node for node in self._made() if node.row.row.row == row and node.row.tid == (tid or self.tid))
        return next((node.name if of_name else node.code for node in made), None)

    def code_of(self, row: str, *, of_name: bool = False) -> Code | None:
        """Return the value, or the concept name, of a row; the choice is made now if it was not made before."""
        if made := self.nodes.get(row):
            return made[-1].name if of_name else made[-1].code
        entry = self.names[row]
        if entry.expanded is None or not self.count(row):
            return None
        key = f"{row} name" if of_name else row
        if key not in self.presets:
            choose = self.growth.name if of_name else self.growth.code
            found = choose(entry.expanded, self)
            if found is None:
                return None
            self.presets[key] = found
        return self.presets[key]


CHANCES = {"always": 1.0, "twice": 1.0, "usually": 0.85, "sometimes": 0.4, "rarely": 0.1, "never": 0.0}


@cache
def alternatives(tid: str, row: str) -> tuple[str, ...]:
    """Return the rows of a template that a row is an alternative to, itself among them, in the order printed."""
    links: dict[str, set[str]] = {}
    for each in templates()[tid].rows:
        rule = rule_of(each)
        condition = rule.condition if rule is not None else None
        if condition is not None and one_of_several(each) is not None:
            for other in condition.expression.rows if condition.expression is not None else ():
                links.setdefault(each.row, set()).add(other)
                links.setdefault(other, set()).add(each.row)
    found, waiting = {row}, [row]
    while waiting:
        for other in links.get(waiting.pop(), set()) - found:
            found.add(other)
            waiting.append(other)
    return tuple(each.row for each in templates()[tid].rows if each.row in found)
