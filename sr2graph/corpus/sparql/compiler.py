"""The algebra of a query (SPARQL 18.2, as rdflib translates it) to one block, and that to one SQL statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

from rdflib.paths import MulPath, NegatedPath, Path
from rdflib.plugins.sparql.algebra import translateGroupGraphPattern, translatePath, traverse
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import Node, URIRef, Variable

from sr2graph.corpus.sparql.aggregates import aggregated
from sr2graph.corpus.sparql.block import Algebra, Block, Variables
from sr2graph.corpus.sparql.expressions import Expressions, Scope
from sr2graph.corpus.sparql.facts import FACTS
from sr2graph.corpus.sparql.inline_data import inline_data
from sr2graph.corpus.sparql.kinds import IRI, NOTHING, Column, Unsupported
from sr2graph.corpus.sparql.mappings import is_of_codes, mappings
from sr2graph.corpus.sparql.paths import Paths
from sr2graph.corpus.sparql.patterns import Graph, Patterns, Triple
from sr2graph.corpus.sparql.selection import Selection, SortKey, sort_keys
from sr2graph.corpus.sparql.sql import FALSE, Scan, Sql, recurses, sql
from sr2graph.corpus.sparql.terms import Catalog, Terms

MAX_ALTERNATIVES = 8
"""Places that a pattern may come from are kept apart up to so many, then they become one UNION."""
_PATH_COST = 4
"""Of a path, beside the number of tables that a predicate may be in."""
MAX_BRANCHES = 4
"""Blocks that a pattern is kept apart in for what follows it."""
MAX_LAST_ALTERNATIVES = 48
"""The same for the last pattern of a group, after which nothing multiplies."""
MAX_ARMS = 256
"""SELECTs that stand in blocks that are kept apart: what they have in common is there once for each."""


class Compiler:
    """Compiles the patterns of one query."""

    def __init__(self, catalog: Catalog, parameters: Mapping[Variable, Node] | None = None) -> None:
        self.terms = Terms(catalog)
        self.algebra = Algebra(self.terms)
        self.parameters = parameters or {}
        self.expressions = Expressions(self.terms, self.parameters)
        self.patterns = Patterns.over(self.algebra, self.parameters)
        self.paths = Paths(self.patterns, self.bgp)

    # ------------------------------------------------------------ patterns

    def pattern(self, node: CompValue, graph: Graph, outer: Variables) -> Block:
        """Return the block of an algebra node.

        `outer` are the variables that EXISTS substitutes in the pattern it holds.
        """
        if node.name in _BRANCHING:
            return self.algebra.union(_BRANCHING[node.name](self, node, graph, outer))
        compile_ = _NODES.get(node.name)
        if compile_ is None:
            raise Unsupported(node.name)
        return compile_(self, node, graph, outer)

    def branches(self, node: CompValue, graph: Graph, outer: Variables) -> list[Block]:
        """Return the blocks that the block of an algebra node is the union of: each tells more than their union."""
        if node.name not in _BRANCHING:
            return [self.pattern(node, graph, outer)]
        found = _BRANCHING[node.name](self, node, graph, outer)
        return found if len(found) <= MAX_BRANCHES else [self.algebra.union(found)]

    def bgp(self, triples: list[Triple], graph: Graph) -> Block:
        """Return the block of a group of triple patterns; variables that paths put in between are gone."""
        return self.algebra.union(self.bgp_branches(triples, graph))

    def bgp_branches(self, triples: list[Triple], graph: Graph) -> list[Block]:
        """Return the blocks that the block of a group of triple patterns is the union of."""
        flat = [t for triple in triples for t in self.paths.flat(triple)]
        branches = self.extended([Block()], flat, graph)
        if not branches:
            return [self._nothing(flat, graph)]
        if graph is not None and not flat:
            branches = [self._all_graphs(graph)]
        own = {self.patterns.given(term) for s, _, o in triples for term in (s, o)}
        return [_without_hidden(branch, own) for branch in branches]

    def extended_in(self, triples: list[Triple], graph: Graph) -> Block:
        """Return the block of triple patterns in a graph, with all variables."""
        branches = self.extended([Block()], triples, graph)
        return self.algebra.union(branches) if branches else self._nothing(triples, graph)

    def extended(self, branches: list[Block], triples: list[Triple], graph: Graph) -> list[Block]:
        """Return blocks joined with triple patterns, one after the other."""
        left = list(triples)
        while left and branches:
            triple = self._next(left, set(branches[0].variables))
            left.remove(triple)
            branches = self._extended(branches, triple, graph, _most(branches, is_last=not left))
            if len(branches) > 1 and any(recurses(scan) for branch in branches for scan in branch.scans):
                # DuckDB multiplies the scans beside a recursion; and each arm would join what follows for itself.
                branches = [self.algebra.union(branches)]
        return branches

    def _next(self, triples: list[Triple], known: set[Node]) -> Triple:
        """Return the pattern to go on with: one that is tied to what is known, and leaves few alternatives."""
        objects = {self.patterns.given(target) for _, _, target in triples}

        def cost(triple: Triple) -> tuple[int, bool, bool, int]:
            subject, predicate, target = triple
            given = predicate if isinstance(predicate, Path) else self.patterns.given(predicate)
            ends = {self.patterns.given(term) for term in (subject, target)}
            is_loose = not (ends & known) and all(isinstance(end, Variable) for end in ends)
            if isinstance(given, URIRef):
                places = mappings().get(str(given), ())
                # What is said of a code is found fast once it is known which row names the code.
                is_early = self.patterns.given(subject) in objects - known and is_of_codes(places)
                return 0, is_loose, is_early, len(places)
            if isinstance(given, MulPath) and given.mod != "+" and not ends & known:
                return 3, is_loose, False, 0  # a path of no step needs an end that is known
            return (2 if isinstance(given, Variable | NegatedPath) else 0), is_loose, False, _PATH_COST

        return min(triples, key=cost)

    def _extended(self, branches: list[Block], triple: Triple, graph: Graph, most: int) -> list[Block]:
        alternatives = (
            extended
            for branch in branches
            for part in self._parts(triple, graph, branch)
            if not (extended := self.algebra.join(branch, part)).is_empty
        )
        found = list(islice(alternatives, most + 1))  # joining all only to unite them would take longer than the query
        if len(found) <= most:
            return found
        if isinstance(triple[1], MulPath) and triple[1].mod != "+":
            raise Unsupported("a path of length zero among many alternatives")
        if sum(len(self._parts(triple, graph, branch)) for branch in branches) > MAX_ARMS:
            branches = [self.algebra.union(branches)]
        return [
            extended
            for branch in branches
            if not (extended := self.algebra.join(branch, self._united(triple, graph, branch))).is_empty
        ]

    def _united(self, triple: Triple, graph: Graph, branch: Block) -> Block:
        parts = self._parts(triple, graph, branch)
        return self.algebra.union(parts) if parts else Block(where=(FALSE,))

    def _parts(self, triple: Triple, graph: Graph, known: Block) -> list[Block]:
        """Return the places that a pattern may come from."""
        subject, predicate, target = triple
        if isinstance(predicate, Path):
            return self.paths.of_path(subject, predicate, target, graph, known)
        given = self.patterns.given(predicate)
        if isinstance(given, URIRef):
            return self.patterns.of_predicate(subject, str(given), target, graph, known)
        return self.patterns.of_any(subject, predicate, target, graph, known)

    def _nothing(self, triples: list[Triple], graph: Graph) -> Block:
        terms = [term for s, p, o in triples for term in (s, p, o)] + [graph]
        named = [t for t in terms if isinstance(t, Variable) and t not in self.parameters]
        column = Column(IRI, (sql("CAST(NULL AS VARCHAR)"),))
        return Block(where=(FALSE,), variables=dict.fromkeys(named, column))

    def _all_graphs(self, graph: Graph) -> Block:
        scan = Scan("documents")
        return self.patterns.in_graph(Block((scan,)), graph, scan.column("document"), scan)

    def scope(self, block: Block, graph: Graph, outer: Variables) -> Scope:
        """Return what an expression on the solutions of a block sees."""
        inside = replace(block, variables={**outer, **block.variables})

        def exists(pattern: CompValue, on: Block) -> Sql:
            # rdflib leaves an EXISTS inside && and ||, or in SELECT, as the parser gave it.
            if pattern.name.startswith("GroupGraphPattern"):
                pattern = translateGroupGraphPattern(traverse(pattern, visitPost=translatePath))
            return self.algebra.exists(on, self.pattern(pattern, graph, on.variables))

        return Scope(inside, exists)

    # ------------------------------------------------------------ queries

    def selection(self, node: CompValue, graph: Graph, outer: Variables) -> Selection:
        """Return a query with its modifiers (SPARQL 18.2.5) still apart."""
        limit = offset = None
        if node.name == "Slice":
            limit, offset, node = node.length, node.start, node.p
        distinct = node.name in ("Distinct", "Reduced")  # REDUCED may leave out copies, or none
        if distinct:
            node = node.p
        projected = list(node.PV) if node.name == "Project" else None
        if projected is not None:
            node = node.p
        order = node.expr if node.name == "OrderBy" else []
        block = self.pattern(node.p if order else node, graph, outer)
        own = projected if projected is not None else list(block.variables)
        columns = {v: self._projected(block, v) for v in own}
        if distinct:
            block = self.algebra.wrapped(replace(block, variables=columns), distinct=True)
            columns = block.variables
        keys = tuple(key for o in order for key in self._order_keys(o, block, graph, outer, distinct=distinct))
        return Selection(block, columns, keys, limit, offset or 0)

    def _projected(self, block: Block, variable: Variable) -> Column:
        if variable in self.parameters:
            return self.terms.constant(self.parameters[variable])
        return block.variables.get(variable, NOTHING)

    def _order_keys(
        self, condition: CompValue, block: Block, graph: Graph, outer: Variables, *, distinct: bool
    ) -> list[SortKey]:
        if distinct and not _variables(condition.expr) <= set(block.variables) | set(self.parameters):
            raise Unsupported("ORDER BY of what SELECT DISTINCT leaves out")
        column = self.expressions.column(condition.expr, self.scope(block, graph, outer))
        way = " DESC NULLS LAST" if condition.order == "DESC" else " ASC NULLS FIRST"
        return [SortKey(key, way) for key in sort_keys(self.terms, column)]


def _variables(expression: Any) -> set[Variable]:  # noqa: ANN401 # a parse tree
    if isinstance(expression, Variable):
        return {expression}
    if isinstance(expression, CompValue):
        return {v for part in expression.values() for v in _variables(part)}
    return {v for part in expression for v in _variables(part)} if isinstance(expression, list) else set()


# ---------------------------------------------------------------- algebra nodes


def _without_hidden(block: Block, but: set[Node]) -> Block:
    """Return a block without the variables that no query can name, but for some."""
    kept = {v: c for v, c in block.variables.items() if not v.startswith(" ") or v in but}
    return replace(block, variables=kept)


def _bgp(self: Compiler, node: CompValue, graph: Graph, outer: Variables) -> list[Block]:  # noqa: ARG001 # one signature
    return [_without_hidden(branch, set()) for branch in self.bgp_branches(node.triples, graph)]


def _join(self: Compiler, node: CompValue, graph: Graph, outer: Variables) -> list[Block]:
    if not any(_is_inline_data(part) for part in (node.p1, node.p2)):  # each branch would read the other side
        return [self.algebra.join(self.pattern(node.p1, graph, outer), self.pattern(node.p2, graph, outer))]
    left, right = self.branches(node.p1, graph, outer), self.branches(node.p2, graph, outer)
    return [self.algebra.join(a, b) for a in left for b in right]


def _is_inline_data(node: CompValue) -> bool:
    return bool(node.name == "ToMultiSet" and isinstance(node.p, CompValue) and node.p.name == "values")


def _left_join(self: Compiler, node: CompValue, graph: Graph, outer: Variables) -> list[Block]:
    if graph is not None and node.p1.name == "BGP" and not node.p1.triples:
        lefts = [self._all_graphs(graph)]
    else:
        lefts = self.branches(node.p1, graph, outer)
    if len(lefts) > 1:
        found = [_optional(self, left, node, graph, outer) for left in lefts]
        if all(_reads_no_more(left, block) for left, block in zip(lefts, found, strict=True)):
            return found
    return [_optional(self, self.algebra.union(lefts), node, graph, outer)]


def _most(branches: list[Block], *, is_last: bool) -> int:
    """Return how many alternatives of a pattern are kept apart: each repeats what its branch holds."""
    held = max(sum(scan.source.unions + 1 for scan in b.scans if scan.source is not None) for b in branches)
    if held:
        return max(1, min(MAX_ALTERNATIVES, MAX_ARMS // held))
    return MAX_LAST_ALTERNATIVES if is_last else MAX_ALTERNATIVES


def _reads_no_more(before: Block, after: Block) -> bool:
    """Tell whether what was joined to a block is columns of its rows, or what is said of codes."""
    added = {scan for left in after.lefts[len(before.lefts) :] for scan in left.scans}
    return after.scans == before.scans and all(scan.table.startswith(FACTS) for scan in added)


def _optional(self: Compiler, left: Block, node: CompValue, graph: Graph, outer: Variables) -> Block:
    right = _single(self, node.p2, graph, left) or self.pattern(node.p2, graph, outer)
    if node.expr is None or (isinstance(node.expr, CompValue) and node.expr.name == "TrueFilter"):
        return self.algebra.left_join(left, right, None)
    expression = node.expr
    return self.algebra.left_join(
        left, right, lambda both: self.expressions.condition(expression, self.scope(both, graph, outer))
    )


def _single(self: Compiler, node: CompValue, graph: Graph, left: Block) -> Block | None:
    """Return the one place that the triples of an OPTIONAL may come from, given what it is joined to; else None.

    What cannot be compatible with it is left out; what follows from a row of it may need that row.
    """
    if node.name != "BGP" or len(node.triples) != 1:
        return None
    ((subject, predicate, target),) = node.triples
    given = predicate if isinstance(predicate, Path) else self.patterns.given(predicate)
    if not isinstance(given, URIRef):
        return None
    parts = self.patterns.of_predicate(subject, str(given), target, graph, left, is_optional=True)
    if not parts:
        return self._nothing(node.triples, graph)
    return _without_hidden(parts[0], set()) if len(parts) == 1 else None


def _union(self: Compiler, node: CompValue, graph: Graph, outer: Variables) -> list[Block]:
    arms: list[list[Block]] = []
    rest = node
    while rest.name == "Union":  # rdflib nests them to the left
        arms.insert(0, self.branches(rest.p2, graph, outer))
        rest = rest.p1
    arms.insert(0, self.branches(rest, graph, outer))
    if sum(map(len, arms)) > MAX_BRANCHES:
        arms = [[self.algebra.union(arm)] for arm in arms]
    found = [block for arm in arms for block in arm]
    return [block for block in found if not block.is_empty] or found[:1]


def _minus(self: Compiler, node: CompValue, graph: Graph, outer: Variables) -> Block:
    return self.algebra.minus(self.pattern(node.p1, graph, outer), self.pattern(node.p2, graph, outer))


def _filter(self: Compiler, node: CompValue, graph: Graph, outer: Variables) -> list[Block]:
    def filtered(block: Block) -> Block:
        return block.having(self.expressions.condition(node.expr, self.scope(block, graph, outer)))

    branches = self.branches(node.p, graph, outer)
    found = [filtered(block) for block in branches]
    if len(branches) > 1 and sum(condition.unions for block in found for condition in block.where) > MAX_ARMS:
        return [filtered(self.algebra.union(branches))]
    return [block for block in found if not block.is_empty] or found[:1]


def _extend(self: Compiler, node: CompValue, graph: Graph, outer: Variables) -> Block:
    block = self.pattern(node.p, graph, outer)
    column = self.expressions.column(node.expr, self.scope(block, graph, outer))
    return block.binding({node.var: replace(column, origin=None) if column is not NOTHING else column})


def _graph(self: Compiler, node: CompValue, graph: Graph, outer: Variables) -> list[Block]:  # noqa: ARG001
    term = self.patterns.given(node.term)
    if not isinstance(term, Variable | URIRef):
        raise Unsupported("a graph that is named by a literal")
    _check_in_graph(node.p)
    return self.branches(node.p, term, outer)


_APART = frozenset({"AggregateJoin", "Slice", "Graph", "Distinct", "Minus"})


def _check_in_graph(node: Any) -> None:  # noqa: ANN401 # a parse tree
    """Refuse what is evaluated graph by graph and would come out differently over all graphs at once."""
    if isinstance(node, CompValue):
        if node.name in _APART:
            raise Unsupported(f"{node.name} inside GRAPH")
        for part in node.values():
            _check_in_graph(part)
    elif isinstance(node, list):
        for part in node:
            _check_in_graph(part)


def _values(self: Compiler, node: CompValue, graph: Graph, outer: Variables) -> Block:  # noqa: ARG001
    return inline_data(self.terms, node.res)


def _aggregate(self: Compiler, node: CompValue, graph: Graph, outer: Variables) -> Block:
    _name_keys(self, node.p)
    block = self.pattern(node.p.p, graph, outer)
    scope = self.scope(block, graph, outer)
    return aggregated(self.algebra, self.expressions, node, block, scope.exists)


def _name_keys(self: Compiler, group: CompValue) -> None:
    """Give a variable to each expression that is a key of a group without a name."""
    unnamed = []
    node = group.p
    while node.name == "Extend":
        if node.var is None:
            unnamed.append(node)
        node = node.p
    for extend in unnamed:
        extend["var"] = self.patterns.fresh()
    names = iter([extend.var for extend in reversed(unnamed)])
    group["expr"] = [next(names) if key is None else key for key in group.expr or []]


def _subquery(self: Compiler, node: CompValue, graph: Graph, outer: Variables) -> Block:  # noqa: ARG001
    selection = self.selection(node, graph, {})
    columns = dict(selection.columns)
    if isinstance(graph, Variable) and graph in selection.block.variables:  # each graph has its own solutions
        columns.setdefault(graph, selection.block.variables[graph])
    block = replace(selection.block, variables=columns)
    tail = selection.tail()
    if selection.limit is None and not selection.offset:
        return block
    return self.algebra.wrapped(block, tail=tail)


def _multiset(self: Compiler, node: CompValue, graph: Graph, outer: Variables) -> Block:
    if isinstance(node.p, list):
        raise Unsupported("VALUES without a variable or without a row")
    return self.pattern(node.p, graph, outer)


_BRANCHING = {"BGP": _bgp, "Join": _join, "LeftJoin": _left_join, "Union": _union, "Filter": _filter, "Graph": _graph}
_NODES = {
    "Minus": _minus,
    "Extend": _extend,
    "values": _values,
    "AggregateJoin": _aggregate,
    "ToMultiSet": _multiset,
    "Project": _subquery,
    "Distinct": _subquery,
    "Reduced": _subquery,
    "Slice": _subquery,
    "OrderBy": _subquery,
}
