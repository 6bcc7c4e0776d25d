"""Graph patterns (SPARQL 1.1, 18.2 and 18.5): from a group to its solutions, inside out."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from rdflib.plugins.sparql.parserutils import CompValue

from tests.sparql.parsing import parts
from tests.sparql.spec.expressions import Scope, holds, value_or_none
from tests.sparql.spec.graph import Dataset, Graph
from tests.sparql.spec.parse import Item, item, path, term
from tests.sparql.spec.paths import Link, Path, Sequence, pairs
from tests.sparql.terms import Term

Solution = dict[str, Term]


class TooMuchError(Exception):
    """A query makes more solutions than the evaluator is meant for."""


@dataclass(slots=True)
class Budget:
    """How many solutions may still be made."""

    left: int

    def take(self, count: int = 1) -> None:
        """Count solutions."""
        self.left -= count
        if self.left < 0:
            raise TooMuchError


@dataclass(frozen=True, slots=True)
class Context:
    """Where a pattern is evaluated."""

    dataset: Dataset
    graph: Graph
    budget: Budget
    select: Callable[[CompValue, "Context"], list[Solution]]
    """Evaluates a subselect."""
    given: Solution = field(default_factory=dict)
    """Terms that stand in place of variables: EXISTS puts them there (18.6, substitute)."""

    def scope(self, solution: Solution) -> Scope:
        """Return what an expression sees."""
        return Scope({**self.given, **solution}, self.exists)

    def exists(self, pattern: CompValue, solution: Any) -> bool:
        """Whether a pattern matches once the terms of a solution are put in."""
        return bool(group(pattern, replace(self, given={**self.given, **solution})))


def group(node: CompValue, context: Context) -> list[Solution]:
    """Return the solutions of a group graph pattern (18.2.2.6)."""
    return filtered(_unfiltered(node, context), filters(node), context)


def filters(node: CompValue) -> list[Any]:
    """Return the conditions that stand directly in a group."""
    return [part["expr"] for part in _parts(node) if part.name == "Filter"]


def filtered(solutions: list[Solution], conditions: list[Any], context: Context) -> list[Solution]:
    """Return the solutions that meet all conditions."""
    return [s for s in solutions if all(holds(condition, context.scope(s)) for condition in conditions)]


def _parts(node: CompValue) -> list[CompValue]:
    # A subselect is a group by itself.
    return [node] if node.name == "SubSelect" else parts(node, "part")


def _unfiltered(node: CompValue, context: Context) -> list[Solution]:
    solutions: list[Solution] = [{}]
    for part in _parts(node):
        if part.name != "Filter":
            solutions = ELEMENTS[part.name](part, solutions, context)
    return solutions


# ---------------------------------------------------------------- elements of a group


def _joined(evaluate: Callable[[CompValue, Context], list[Solution]]) -> Any:
    return lambda part, solutions, context: join(solutions, evaluate(part, context), context.budget)


def _optional(part: CompValue, solutions: list[Solution], context: Context) -> list[Solution]:
    inner = part["graph"]
    right = Compatible(_unfiltered(inner, context))
    conditions = filters(inner)
    result = []
    for left in solutions:
        merged = filtered([{**left, **other} for other in right.of(left)], conditions, context)
        context.budget.take(len(merged) + 1)
        result += merged or [left]
    return result


def _minus(part: CompValue, solutions: list[Solution], context: Context) -> list[Solution]:
    right = Compatible(group(part["graph"], context))
    return [left for left in solutions if not any(left.keys() & other.keys() for other in right.of(left))]


def _bind(part: CompValue, solutions: list[Solution], context: Context) -> list[Solution]:
    name = str(part["var"])
    result = []
    for solution in solutions:
        value = value_or_none(part["expr"], context.scope(solution))
        if name in context.given:
            if value == context.given[name]:
                result.append(solution)
        else:
            result.append(solution if value is None else {**solution, name: value})
    return result


def _union(part: CompValue, context: Context) -> list[Solution]:
    return [solution for branch in part["graph"] for solution in group(branch, context)]


def _graph(part: CompValue, context: Context) -> list[Solution]:
    name = item(part["term"])
    if isinstance(name, str):
        name = context.given.get(name, name)
    if isinstance(name, Term):
        found = context.dataset.named.get(name)
        return [] if found is None else group(part["graph"], replace(context, graph=found))
    result = []
    for graph_name, graph in context.dataset.named.items():
        inside = group(part["graph"], replace(context, graph=graph))
        result += join(inside, [{name: graph_name}], context.budget)
    return result


def values(node: CompValue, given: Solution) -> list[Solution]:
    """Return the solutions of a VALUES block."""
    names = [str(name) for name in parts(node, "var")]
    result = []
    for row in parts(node, "value"):
        cells = list(row) if isinstance(row, (list, tuple)) or type(row).__name__ == "ParseResults" else [row]
        solution = {name: term(cell) for name, cell in zip(names, cells, strict=True) if cell != "UNDEF"}
        if all(given.get(name, value) == value for name, value in solution.items()):
            result.append({name: value for name, value in solution.items() if name not in given})
    return result


def _subselect(part: CompValue, context: Context) -> list[Solution]:
    return context.select(part, context)


def _triples(part: CompValue, context: Context) -> list[Solution]:
    return triples(part, context)


ELEMENTS: dict[str, Callable[[CompValue, list[Solution], Context], list[Solution]]] = {
    "TriplesBlock": _joined(_triples),
    "OptionalGraphPattern": _optional,
    "MinusGraphPattern": _minus,
    "Bind": _bind,
    "GroupOrUnionGraphPattern": _joined(_union),
    "GraphGraphPattern": _joined(_graph),
    "InlineData": _joined(lambda part, context: values(part, context.given)),
    "SubSelect": _joined(_subselect),
}


# ---------------------------------------------------------------- joins


class Compatible:
    """Solutions, found by what they share with another."""

    def __init__(self, solutions: list[Solution]) -> None:
        self.solutions = solutions
        self.always: frozenset[str] = frozenset.intersection(*map(frozenset, solutions)) if solutions else frozenset()
        self._by: dict[frozenset[str], dict[frozenset[tuple[str, Term]], list[Solution]]] = {}

    def of(self, other: Solution) -> Iterator[Solution]:
        """Yield the solutions that agree with another on every variable that both bind."""
        shared = self.always.intersection(other)
        candidates = self._index(shared).get(frozenset((name, other[name]) for name in shared), [])
        return (s for s in candidates if all(other.get(name, value) == value for name, value in s.items()))

    def _index(self, names: frozenset[str]) -> dict[frozenset[tuple[str, Term]], list[Solution]]:
        if names not in self._by:
            index: dict[frozenset[tuple[str, Term]], list[Solution]] = {}
            for solution in self.solutions:
                index.setdefault(frozenset((name, solution[name]) for name in names), []).append(solution)
            self._by[names] = index
        return self._by[names]


def join(one: list[Solution], other: list[Solution], budget: Budget) -> list[Solution]:
    """Return the join of two multisets of solutions."""
    if one == [{}]:
        return other
    right = Compatible(other)
    result = []
    for left in one:
        for match in right.of(left):
            budget.take()
            result.append({**left, **match})
    return result


# ---------------------------------------------------------------- triples


@dataclass(frozen=True, slots=True)
class Pattern:
    """A triple pattern, or a path pattern."""

    subject: Item
    predicate: Path | str
    object: Item

    @property
    def variables(self) -> set[str]:
        """The names of its variables."""
        return {part for part in (self.subject, self.predicate, self.object) if isinstance(part, str)}


def triple_patterns(node: CompValue) -> Iterator[Pattern]:
    """Yield the patterns of a block, a sequence taken apart (18.2.2.4)."""
    for number, flat in enumerate(parts(node, "triples")):
        terms = list(flat)
        for index in range(0, len(terms), 3):
            subject, predicate, object_ = terms[index : index + 3]
            yield from _steps(item(subject), path(predicate), item(object_), f"step{number}.{index}")


def _steps(subject: Item, predicate: Path | str, object_: Item, name: str) -> Iterator[Pattern]:
    if isinstance(predicate, Sequence):
        yield from _steps(subject, predicate.first, f"_:{name}", name + "a")
        yield from _steps(f"_:{name}", predicate.then, object_, name + "b")
    else:
        yield Pattern(subject, predicate, object_)


def triples(node: CompValue, context: Context) -> list[Solution]:
    """Return the solutions of a block of triples."""
    waiting = list(triple_patterns(node))
    solutions: list[Solution] = [{}]
    known = set(context.given)
    while waiting:
        best = max(waiting, key=lambda pattern: _selectivity(pattern, known))
        waiting.remove(best)
        known |= best.variables
        solutions = [{**s, **found} for s in solutions for found in _matches(best, s, context)]
    return [{name: value for name, value in s.items() if not name.startswith("_:")} for s in solutions]


def _selectivity(pattern: Pattern, known: set[str]) -> tuple[int, bool]:
    fixed = [not isinstance(part, str) or part in known for part in (pattern.subject, pattern.object)]
    return sum(fixed), isinstance(pattern.predicate, Link)


def _matches(pattern: Pattern, solution: Solution, context: Context) -> Iterator[Solution]:
    start, end = (_resolved(part, solution, context) for part in (pattern.subject, pattern.object))
    names = (pattern.subject, pattern.object)
    if isinstance(pattern.predicate, str):
        known = context.given.get(pattern.predicate) or solution.get(pattern.predicate)
        found: Iterable[tuple[Term, ...]] = context.graph.match((start, known, end))
        places: tuple[Item, ...] = (pattern.subject, pattern.predicate, pattern.object)
    elif _outside(pattern, solution, context):
        return
    else:
        found, places = pairs(context.graph, pattern.predicate, start, end), names
    for terms in found:
        context.budget.take()
        new: Solution = {}
        for place, value in zip(places, terms, strict=True):
            if isinstance(place, str) and place not in context.given and new.setdefault(place, value) != value:
                break
        else:
            yield new


def _resolved(part: Item, solution: Solution, context: Context) -> Term | None:
    if isinstance(part, Term):
        return part
    return context.given.get(part) or solution.get(part)


def _outside(pattern: Pattern, solution: Solution, context: Context) -> bool:
    """Whether a variable holds a term that is no node of the graph: then it lies on no path, not even on itself."""
    ends = [end for end in (pattern.subject, pattern.object) if isinstance(end, str) and end not in context.given]
    return any(solution[end] not in context.graph.nodes for end in ends if end in solution)
