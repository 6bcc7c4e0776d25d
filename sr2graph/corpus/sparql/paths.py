"""Property paths (SPARQL 9): sequences become patterns, closures become intervals of the pre-order numbering."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from rdflib.paths import AlternativePath, InvPath, MulPath, NegatedPath, Path, SequencePath
from rdflib.term import Node, URIRef, Variable

from sr2graph.corpus.sparql.block import Block
from sr2graph.corpus.sparql.kinds import ITEM, Column, Unsupported
from sr2graph.corpus.sparql.mappings import RELATIONSHIPS, Mapping, mappings
from sr2graph.corpus.sparql.patterns import Graph, Patterns, Triple, stored, within
from sr2graph.corpus.sparql.sql import Scan, Sql, defined, joined, name, sql

Bgp = Callable[[list[Triple], Graph], Block]


@dataclass(slots=True)
class Paths:
    """Compiles property paths."""

    patterns: Patterns
    bgp: Bgp
    """Compiles a group of triple patterns: what sequences and steps of closures become."""

    def flat(self, triple: Triple) -> list[Triple]:
        """Return the patterns that a sequence or an inverse path stands for."""
        subject, path, target = triple
        if isinstance(path, InvPath):
            return self.flat((target, path.arg, subject))
        if isinstance(path, SequencePath):
            nodes = [subject, *(self.patterns.fresh() for _ in path.args[1:]), target]
            return [t for i, step in enumerate(path.args) for t in self.flat((nodes[i], step, nodes[i + 1]))]
        return [triple]

    def of_path(self, subject: Node, path: Path, target: Node, graph: Graph, known: Block) -> list[Block]:
        """Return where the ends of a path may come from."""
        if isinstance(path, AlternativePath):
            return self._alternatives(subject, path, target, graph, known)
        if isinstance(path, NegatedPath):
            return self._negated(subject, path, target, graph, known)
        if isinstance(path, MulPath):
            return self._closure(subject, path, target, graph, known)
        raise Unsupported(f"a path of the form {type(path).__name__}")

    def _alternatives(
        self, subject: Node, path: AlternativePath, target: Node, graph: Graph, known: Block
    ) -> list[Block]:
        relationships = relationships_of(path)
        if len(relationships) == len(path.args):
            return self._steps(relationships, subject, target, graph)
        found = []
        for step in path.args:
            if isinstance(step, URIRef):
                found += self.patterns.of_predicate(subject, str(step), target, graph, known)
            else:
                found.append(self.bgp([(subject, step, target)], graph))
        return found

    def _steps(self, relationships: list[str], subject: Node, target: Node, graph: Graph) -> list[Block]:
        return [
            self.patterns.edges(edges, subject, None, target, graph)
            for edges in _edges(relationships)
            if any(self.patterns.terms.catalog.has_rows(m.table, m.where) for m in edges)
        ]

    def _negated(self, subject: Node, path: NegatedPath, target: Node, graph: Graph, known: Block) -> list[Block]:
        forward = [str(p) for p in path.args if isinstance(p, URIRef)]
        backward = [str(p.arg) for p in path.args if isinstance(p, InvPath)]
        if len(forward) + len(backward) < len(path.args):  # rdflib loses what is behind the ^
            raise Unsupported("^ in a negated property set")
        found = []
        if forward:
            found += self.patterns.of_any(subject, None, target, graph, known, but=forward)
        if backward:
            found += self.patterns.of_any(target, None, subject, graph, known, but=backward)
        return found

    # ------------------------------------------------------------ closures

    def _closure(self, subject: Node, path: MulPath, target: Node, graph: Graph, known: Block) -> list[Block]:
        inner = path.path
        if isinstance(inner, InvPath):
            subject, target, inner = target, subject, inner.arg
        zero = [] if path.mod == "+" else [self._zero(subject, target, graph, known)]
        relationships = relationships_of(inner)
        if path.mod == "?":
            more = self._one_step(subject, inner, target, graph, distinct=bool(relationships))
        elif relationships:
            more = self._descent(relationships, subject, target, graph, known)
        else:
            more = [self._recursive(subject, inner, target, graph)]
        if zero:
            more = [self._not_itself(block, subject, target) for block in more]
        return [*zero, *more]

    def _zero(self, subject: Node, target: Node, graph: Graph, known: Block) -> Block:
        """Return the path of no step: the other end of an end that is known."""
        ends = [self.patterns.given(end) for end in (subject, target)]
        for end, other in (ends, ends[::-1]):
            if not isinstance(end, Variable):
                if graph is not None:
                    break  # then it is said once in each graph
                return self.patterns.bound(Block(), other, self.patterns.terms.constant(end))
            column = known.variables.get(end)
            if column is not None and not column.nullable:
                block = replace(known, where=(), lefts=(), variables={end: column})
                return self.patterns.bound(block, other, replace(column, constant=None))
        raise Unsupported("a path of length zero with both ends open")

    def _not_itself(self, block: Block, subject: Node, target: Node) -> Block:
        """Return the paths of a closure that do not lead back to where they start: the path of no step says that."""
        ends = [self.patterns.given(end) for end in (subject, target)]
        columns = [
            block.variables[end] if isinstance(end, Variable) else self.patterns.terms.constant(end) for end in ends
        ]
        same = self.patterns.terms.same(*columns)
        return block if same is None else block.having(sql("NOT ({})", same))

    def _one_step(
        self, subject: Node, inner: Path | URIRef, target: Node, graph: Graph, *, distinct: bool
    ) -> list[Block]:
        if distinct and len(relationships_of(inner)) == 1:
            return self._steps(relationships_of(inner), subject, target, graph)
        return [self.patterns.algebra.wrapped(self.bgp([(subject, inner, target)], graph), distinct=True)]

    def _descent(
        self, relationships: list[str], subject: Node, target: Node, graph: Graph, known: Block
    ) -> list[Block]:
        """Return pairs of an item and those below it by some relationships.

        A tree answers by its numbering, if it is asked for one relationship or all.  A report in
        which such a relationship points at an item by reference is a graph, maybe with cycles:
        there the edges are followed, and everywhere for a choice of relationships.
        """
        catalog = self.patterns.terms.catalog
        if len(relationships) > 1 and set(relationships) != RELATIONSHIPS:
            return [self._followed(relationships, [], subject, target, graph, known)]
        item, below = Scan("items"), Scan("items")
        block = Block((item, below)).having(*within(item, below), *_only(relationships, item, below))
        block = self.patterns.in_graph(block, graph, item.column("document"), item)
        referring = [r for r in relationships if catalog.has_rows("by_reference", ("relationship", r))]
        if referring:
            block = block.having(sql("{} NOT IN ({})", item.column("document"), _referring(referring)))
        block = self.patterns.bound(block, subject, stored(item, "item", ITEM, is_key=True))
        block = self.patterns.bound(block, target, stored(below, "item", ITEM, is_key=True))
        if not referring:
            return [block]
        return [block, self._followed(relationships, referring, subject, target, graph, known)]

    def _followed(  # noqa: PLR0913, PLR0917 # a pattern, its graph, and what is known
        self, relationships: list[str], referring: list[str], subject: Node, target: Node, graph: Graph, known: Block
    ) -> Block:
        """Return pairs that a chain of edges links, from the end that is known; only in reports that refer, if told."""
        steps = Block((edges := Scan(source=_edges_of(relationships)),))
        if referring:
            steps = steps.having(sql("{} IN ({})", edges.column("document"), _referring(referring)))
        start, end = "s", "o"
        seeds = self._seeds(subject, known)
        if seeds is None and (seeds := self._seeds(target, known)) is not None:
            start, end = end, start
        first = steps if seeds is None else steps.having(sql("{} IN ({})", edges.column(start), seeds))
        columns = sql("{} AS s, {} AS o, {} AS document", *map(edges.column, (start, end, "document")))
        more = Scan(source=steps.select(columns))
        pairs = Scan(
            source=sql(
                "WITH RECURSIVE reach AS ({} UNION SELECT r.s, {}, r.document FROM reach AS r JOIN {} ON {} = r.o) "
                "SELECT * FROM reach",
                first.select(columns),
                more.column("o"),
                defined(more),
                more.column("s"),
            )
        )
        block = self.patterns.in_graph(Block((pairs,)), graph, pairs.column("document"), pairs)
        ends = (subject, target) if start == "s" else (target, subject)
        block = self.patterns.bound(block, ends[0], Column(ITEM, (pairs.column("s"),)))
        return self.patterns.bound(block, ends[1], Column(ITEM, (pairs.column("o"),)))

    def _seeds(self, end: Node, known: Block) -> Sql | None:
        """Return the items that an end of a path can be, None where that is not known."""
        term = self.patterns.given(end)
        if not isinstance(term, Variable):
            parts = self.patterns.terms.constant_as(ITEM, term)
            return sql("-1") if parts is None else parts[0]
        column = known.variables.get(term)
        if column is None or column.kind is not ITEM or column.nullable:
            return None
        return known.select(column.sql, distinct=True)

    def _recursive(self, subject: Node, inner: Path | URIRef, target: Node, graph: Graph) -> Block:
        """Return the closure of any path whose ends are of one kind."""
        if graph is not None:
            raise Unsupported("a closure over a path inside GRAPH that is not a set of relationships")
        start, end = self.patterns.fresh(), self.patterns.fresh()
        step = self.bgp([(start, inner, end)], graph)
        ends = [step.variables[start], step.variables[end]]
        kind = self.patterns.terms.common(ends)
        if len(kind.types) > 1:
            raise Unsupported("a closure over numbers")
        first, second = (self.patterns.terms.as_kind(column, kind)[0] for column in ends)
        pairs = Scan(
            source=sql(
                "WITH RECURSIVE step AS ({}), reach AS (SELECT s, o FROM step UNION "
                "SELECT r.s, n.o FROM reach AS r JOIN step AS n ON n.s = r.o) SELECT * FROM reach",
                step.select(sql("{} AS s, {} AS o", first, second), distinct=True),
            )
        )
        block = self.patterns.bound(Block((pairs,)), subject, Column(kind, (pairs.column("s"),)))
        return self.patterns.bound(block, target, Column(kind, (pairs.column("o"),)))


def relationships_of(path: Path | URIRef) -> list[str]:
    """Return the relationship predicates a path is a choice of, empty where it is anything else."""
    if isinstance(path, URIRef):
        return [str(path)] if str(path) in RELATIONSHIPS else []
    if not isinstance(path, AlternativePath):
        return []
    parts = [relationships_of(part) for part in path.args]
    return list(dict.fromkeys(r for part in parts for r in part)) if all(parts) else []


def _edges(relationships: list[str]) -> list[list[Mapping]]:
    """Return the mappings of relationships, by table."""
    by_table: dict[str, list[Mapping]] = {}
    for relationship in relationships:
        for mapping in mappings()[relationship]:
            by_table.setdefault(mapping.table, []).append(mapping)
    return list(by_table.values())


def _only(relationships: list[str], item: Scan, below: Scan) -> list[Sql]:
    """Return when each edge from an item down to one below it is of the one relationship, or of any."""
    if set(relationships) == RELATIONSHIPS:
        return []
    return [
        sql("{} = {}", below.column("relationship"), name(relationships[0])),
        sql("{} <= {}", below.column("run"), item.column("item")),
    ]


def _edges_of(relationships: list[str]) -> Sql:
    """Return the edges of some relationships, by value and by reference."""
    wanted = joined(", ", map(name, relationships))
    return sql(
        'SELECT "parent" AS s, "item" AS o, "document" FROM items WHERE "relationship" IN ({}) '
        'UNION ALL SELECT "parent", "existing_target", "document" FROM by_reference '
        'WHERE "relationship" IN ({}) AND "existing_target" IS NOT NULL',
        wanted,
        wanted,
    )


def _referring(relationships: list[str]) -> Sql:
    """Return the reports in which one of some relationships points at an item by reference."""
    wanted = joined(", ", map(name, relationships))
    return sql(
        'SELECT b."document" FROM by_reference AS b WHERE b."existing_target" IS NOT NULL AND b."relationship" IN ({})',
        wanted,
    )
