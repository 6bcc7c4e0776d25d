"""Whole queries (SPARQL 1.1, 18.2.3 to 18.2.5, and 16): a third engine, written from the text of the standard.

It is slow and says so: past a budget of solutions it gives up.  Its parser is rdflib's.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

from pyoxigraph import Quad
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import Variable

from tests.sparql.oracle import Answer, CannotAnswerError, Parameters, Statements, Table, query_text
from tests.sparql.parsing import parsed, part, parts
from tests.sparql.shape import sources, without_sources
from tests.sparql.spec.expressions import Scope, holds, value_or_none
from tests.sparql.spec.graph import Dataset, Graph
from tests.sparql.spec.parse import item, term
from tests.sparql.spec.paths import Link
from tests.sparql.spec.patterns import (
    Budget,
    Context,
    Pattern,
    Solution,
    TooMuchError,
    group,
    join,
    triple_patterns,
    values,
)
from tests.sparql.spec.values import sort_key
from tests.sparql.terms import Row, Term, Triple, of_oxigraph

BUDGET = 400_000
"""Solutions of all steps together."""
QUICK_BUDGET = 40_000
"""The same for generated queries, of which there are always more."""


class Specification:
    """The standard, over some quads: the default graph is the set of all their triples, or of those FROM names."""

    def __init__(self, quads: list[Quad], budget: int = BUDGET) -> None:
        self.quads = quads
        self.budget = budget

    def quick(self) -> "Specification":
        """Return the same, but one that gives up early."""
        made = Specification(self.quads, QUICK_BUDGET)
        made.__dict__ |= {"named": self.named, "dataset": self.dataset}
        return made

    @cached_property
    def named(self) -> dict[str, list[Triple]]:
        """The triples of each graph."""
        found: dict[str, list[Triple]] = {}
        for quad in self.quads:
            triple = tuple(map(of_oxigraph, (quad.subject, quad.predicate, quad.object)))
            found.setdefault(quad.graph_name.value, []).append(triple)  # type: ignore[arg-type,union-attr]
        return found

    @cached_property
    def dataset(self) -> Dataset:
        """All graphs, and their union."""
        return Dataset((triple for triples in self.named.values() for triple in triples), self.named)

    def _dataset(self, text: str) -> Dataset:
        clause = sources(text)
        if clause is None:
            return self.dataset
        named = {name: triples for name, triples in self.named.items() if name in clause.named}
        return Dataset((t for name in clause.default for t in self.named.get(name, [])), named)

    def whole(self, query: str, parameters: Parameters | None = None) -> Answer:
        """Return the answer of a query without ORDER BY, LIMIT and OFFSET.

        Raises CannotAnswerError where it would take too long.
        """
        return self._answer(query, parameters, whole=True)

    def answer(self, query: str, parameters: Parameters | None = None) -> Answer:
        """Return the answer of a query, as `whole` does, but in order and sliced."""
        return self._answer(query, parameters, whole=False)

    def _answer(self, query: str, parameters: Parameters | None, *, whole: bool) -> Answer:
        text = query_text(query, parameters)
        dataset = self._dataset(text)
        context = Context(dataset, dataset.default, Budget(self.budget), subselect)
        try:
            return _answer(parsed(without_sources(text)), context, whole=whole)
        except TooMuchError as cause:
            raise CannotAnswerError("too many solutions") from cause


def _answer(tree: CompValue, context: Context, *, whole: bool) -> Answer:
    if tree.name == "SelectQuery":
        rows, names = select(tree, context, whole=whole)
        return Table(names, tuple(tuple(row.get(name) for name in names) for row in rows))
    if tree.name == "AskQuery":
        return bool(group(tree["where"], context))
    lines = _rows(tree, context)
    rows = [line.solution for line in (lines if whole else _sliced(tree, _ordered(tree, lines)))]
    if tree.name == "ConstructQuery":
        return Statements(frozenset(_constructed(tree, rows)))
    return Statements(frozenset(_described(tree, rows, context.graph)))


# ---------------------------------------------------------------- SELECT


@dataclass(frozen=True, slots=True)
class Line:
    """A solution on its way through the solution modifiers, with its group where there are groups."""

    solution: Solution
    scope: Scope

    def extended(self, name: str, value: Term | None) -> "Line":
        """Return the line with one more variable."""
        if value is None:
            return self
        solution = {**self.solution, name: value}
        return Line(solution, replace(self.scope, solution={**self.scope.solution, name: value}))


def subselect(tree: CompValue, context: Context) -> list[Solution]:
    """Return the solutions of a subselect; of what EXISTS puts in, it gets what it shows."""
    shown = projected(tree)
    given = {name: value for name, value in context.given.items() if name in shown}
    rows, names = select(tree, replace(context, given=given))
    return [{name: row[name] for name in names if name in row and name not in given} for row in rows]


def projected(tree: CompValue) -> list[str]:
    """Return the variables that a SELECT shows."""
    if "projection" in tree:
        return [str(part(column, "evar") or column["var"]) for column in tree["projection"]]
    names = visible(tree["where"])
    return list(dict.fromkeys([*names, *(str(name) for name in _trailing(tree, "var"))]))


def _trailing(tree: CompValue, name: str) -> list[Any]:
    clause = part(tree, "valuesClause")
    return parts(clause, name) if clause else []


def select(tree: CompValue, context: Context, *, whole: bool = False) -> tuple[list[Solution], tuple[str, ...]]:
    """Return the solutions of a SELECT, and its variables; the whole of them in no order."""
    lines = _rows(tree, context)
    for column in parts(tree, "projection"):
        if "evar" in column:
            name = str(column["evar"])
            lines = [line.extended(name, value_or_none(column["expr"], line.scope)) for line in lines]
    names = tuple(projected(tree))
    lines = lines if whole else _ordered(tree, lines)
    rows = [{name: line.solution[name] for name in names if name in line.solution} for line in lines]
    if "modifier" in tree and tree["modifier"] == "DISTINCT":
        rows = [dict(row) for row in dict.fromkeys(frozenset(row.items()) for row in rows)]
    return rows if whole else _sliced(tree, rows), names


def _rows(tree: CompValue, context: Context) -> list[Line]:
    """WHERE, GROUP BY, HAVING, VALUES."""
    solutions = group(tree["where"], context) if "where" in tree else [{}]
    if _is_grouped(tree):
        lines = list(_grouped(tree, solutions, context))
        conditions = parts(tree["having"], "condition") if "having" in tree else []
        lines = [line for line in lines if all(holds(condition, line.scope) for condition in conditions)]
    else:
        lines = [Line(solution, context.scope(solution)) for solution in solutions]
    if "valuesClause" not in tree or not tree["valuesClause"]:
        return lines
    return [
        Line(merged, replace(line.scope, solution={**line.scope.solution, **merged}))
        for line in lines
        for merged in join([line.solution], values(tree["valuesClause"], context.given), context.budget)
    ]


def _is_grouped(tree: CompValue) -> bool:
    modifiers = [tree[name] for name in ("projection", "having", "orderby") if name in tree]
    return "groupby" in tree or any(map(_has_aggregate, modifiers))


def _has_aggregate(node: Any) -> bool:
    if isinstance(node, CompValue):
        if node.name in ("Builtin_EXISTS", "Builtin_NOTEXISTS"):
            return False
        return node.name.startswith("Aggregate_") or any(map(_has_aggregate, node.values()))
    return isinstance(node, (list, tuple)) and any(map(_has_aggregate, node))


def _grouped(tree: CompValue, solutions: list[Solution], context: Context) -> Iterator[Line]:
    keys = list(_keys(tree))
    groups: dict[tuple[Term | None, ...], list[Scope]] = {}
    for solution in solutions:
        scope = context.scope(solution)
        groups.setdefault(tuple(value_or_none(key, scope) for _, key in keys), []).append(scope)
    if not keys and not groups:
        groups[()] = []
    for values_, members in groups.items():
        named = zip(keys, values_, strict=True)
        solution = {name: value for (name, _), value in named if name is not None and value is not None}
        yield Line(solution, replace(context.scope(solution), group=tuple(members)))


def _keys(tree: CompValue) -> Iterator[tuple[str | None, Any]]:
    for condition in parts(tree["groupby"], "condition") if "groupby" in tree else []:
        if isinstance(condition, Variable):
            yield str(condition), condition
        elif isinstance(condition, CompValue) and condition.name == "GroupAs":
            yield (str(condition["var"]) if "var" in condition else None), condition["expr"]
        else:
            yield None, condition


# ---------------------------------------------------------------- order and slice


def _ordered(tree: CompValue, lines: list[Line]) -> list[Line]:
    if "orderby" not in tree:
        return lines
    conditions = tree["orderby"]["condition"]
    for condition in reversed(conditions):
        descending = "order" in condition and condition["order"] == "DESC"
        lines = sorted(lines, key=partial(_order_key, condition["expr"]), reverse=descending)
    return lines


def _order_key(expression: Any, line: Line) -> tuple[Any, ...]:
    return sort_key(value_or_none(expression, line.scope))


def _sliced(tree: CompValue, rows: list[Any]) -> list[Any]:
    slice_ = part(tree, "limitoffset")
    if not slice_:
        return rows
    offset, limit = int(part(slice_, "offset") or 0), part(slice_, "limit")
    return rows[offset:] if limit is None else rows[offset : offset + int(limit)]


# ---------------------------------------------------------------- CONSTRUCT and DESCRIBE


def _constructed(tree: CompValue, rows: list[Solution]) -> Iterator[Triple]:
    for number, row in enumerate(rows):
        for pattern in _template(tree):
            made = tuple(_filled(place, row, number) for place in pattern)
            if None not in made and _is_triple(made):
                yield made  # type: ignore[misc]


def _template(tree: CompValue) -> Iterator[tuple[Any, Any, Any]]:
    if "template" in tree:
        for flat in tree["template"] or []:
            terms = [item(node) for node in flat]
            yield from ((terms[i], terms[i + 1], terms[i + 2]) for i in range(0, len(terms), 3))
        return
    if tree["where"].name == "FakeGroupGraphPatten":
        for block in parts(tree["where"], "part"):
            for pattern in triple_patterns(block):
                yield pattern.subject, _predicate(pattern), pattern.object


def _predicate(pattern: Pattern) -> Any:
    return pattern.predicate.predicate if isinstance(pattern.predicate, Link) else pattern.predicate


def _filled(place: Any, row: Solution, number: int) -> Term | None:
    if isinstance(place, Term):
        return place
    return Term("blank", f"{place[2:]}x{number}") if place.startswith("_:") else row.get(place)


def _is_triple(made: Row) -> bool:
    subject, predicate, _ = made
    return subject is not None and subject.kind != "literal" and predicate is not None and predicate.kind == "iri"


def _described(tree: CompValue, rows: list[Solution], graph: Graph) -> Iterator[Triple]:
    named = parts(tree, "var")
    names = [str(node) for node in named if isinstance(node, Variable)]
    found = {term(node) for node in named if not isinstance(node, Variable)}
    for row in rows:
        found |= {value for name, value in row.items() if (name in names or not named) and value.kind == "iri"}
    for subject in found:
        yield from graph.match((subject, None, None))


# ---------------------------------------------------------------- SELECT *


def visible(node: CompValue) -> list[str]:
    """Return the variables that are in scope after a group (18.2.1)."""
    if node.name == "SubSelect":
        return projected(node)
    return list(dict.fromkeys(name for element in parts(node, "part") for name in _introduced(element)))


def _introduced(element: CompValue) -> Iterator[str]:
    if element.name == "TriplesBlock":
        for pattern in triple_patterns(element):
            yield from (name for name in _in_order(pattern) if not name.startswith("_:"))
    elif element.name in ("Bind", "InlineData"):
        found = part(element, "var") or ()
        yield from [str(found)] if isinstance(found, Variable) else map(str, found)
    elif element.name in ("OptionalGraphPattern", "GraphGraphPattern"):
        if isinstance(part(element, "term"), Variable):
            yield str(element["term"])
        yield from visible(element["graph"])
    elif element.name == "GroupOrUnionGraphPattern":
        for branch in element["graph"]:
            yield from visible(branch)
    elif element.name == "SubSelect":
        yield from projected(element)


def _in_order(pattern: Pattern) -> list[str]:
    return [place for place in (pattern.subject, pattern.predicate, pattern.object) if isinstance(place, str)]
