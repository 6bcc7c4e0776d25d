"""Property paths (SPARQL 1.1, 9 and 18.5): pairs of terms, as often as there are ways."""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.sparql.spec.graph import Graph
from tests.sparql.terms import Term

Pair = tuple[Term, Term]


@dataclass(frozen=True, slots=True)
class Link:
    """One predicate."""

    predicate: Term


@dataclass(frozen=True, slots=True)
class Inverse:
    """A path backwards."""

    path: "Path"


@dataclass(frozen=True, slots=True)
class Sequence:
    """One path after another."""

    first: "Path"
    then: "Path"


@dataclass(frozen=True, slots=True)
class Alternative:
    """Either path."""

    one: "Path"
    other: "Path"


@dataclass(frozen=True, slots=True)
class Repeated:
    """A path several times: `?` (0 or 1), `*` (0 or more), `+` (1 or more)."""

    path: "Path"
    mark: str


@dataclass(frozen=True, slots=True)
class Negated:
    """Any predicate but some, forwards, backwards, or both."""

    forward: frozenset[Term] | None
    backward: frozenset[Term] | None


Path = Link | Inverse | Sequence | Alternative | Repeated | Negated


def pairs(graph: Graph, path: Path, start: Term | None, end: Term | None) -> Iterator[Pair]:
    """Yield (start, end) of each way along a path; None is any node."""
    match path:
        case Link(predicate):
            yield from ((s, o) for s, _, o in graph.match((start, predicate, end)))
        case Inverse(inner):
            yield from ((b, a) for a, b in pairs(graph, inner, end, start))
        case Alternative(one, other):
            yield from pairs(graph, one, start, end)
            yield from pairs(graph, other, start, end)
        case Sequence(first, then):
            yield from _sequence(graph, first, then, start, end)
        case Negated():
            yield from _negated(graph, path, start, end)
        case Repeated():
            yield from _repeated(graph, path, start, end)


def _sequence(graph: Graph, first: Path, then: Path, start: Term | None, end: Term | None) -> Iterator[Pair]:
    if start is None and end is not None:
        for middle, last in pairs(graph, then, None, end):
            yield from ((a, last) for a, _ in pairs(graph, first, None, middle) if middle in graph.nodes)
        return
    for begin, middle in pairs(graph, first, start, None):
        # The middle is a variable: it ranges over the nodes of the graph, whatever the start is.
        if middle in graph.nodes:
            yield from ((begin, b) for _, b in pairs(graph, then, middle, end))


def _negated(graph: Graph, path: Negated, start: Term | None, end: Term | None) -> Iterator[Pair]:
    if path.forward is not None:
        yield from ((s, o) for s, p, o in graph.match((start, None, end)) if p not in path.forward)
    if path.backward is not None:
        yield from ((o, s) for s, p, o in graph.match((end, None, start)) if p not in path.backward)


def _repeated(graph: Graph, path: Repeated, start: Term | None, end: Term | None) -> Iterator[Pair]:
    if start is None and end is not None:
        yield from ((a, end) for a in _reached(graph, Inverse(path.path), path.mark, end))
        return
    for begin in graph.nodes if start is None else (start,):
        reached = _reached(graph, path.path, path.mark, begin)
        yield from ((begin, node) for node in reached if end is None or node == end)


def _reached(graph: Graph, path: Path, mark: str, begin: Term) -> set[Term]:
    """The terms that a repeated path leads to, each once (18.5, ArbitraryLengthPath)."""
    step = {node for _, node in pairs(graph, path, begin, None)}
    if mark == "?":
        return step | {begin}
    found: set[Term] = {begin} if mark == "*" else set()
    waiting = step - found
    while waiting:
        node = waiting.pop()
        found.add(node)
        waiting |= {after for _, after in pairs(graph, path, node, None)} - found
    return found
