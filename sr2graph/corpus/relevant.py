"""Which reports can matter to a query: those in which some part of its patterns can match at all.

Patterns that share an item or another node of a report are matched in one report, so a report
matters to them only if all of them match there.  The answer is SQL for the keys of reports.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from rdflib.paths import Path
from rdflib.plugins.sparql.algebra import translateGroupGraphPattern, translatePath, traverse
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import BNode, Node, URIRef, Variable

from sr2graph.corpus.sparql.compiler import Compiler
from sr2graph.corpus.sparql.kinds import Family, Unsupported
from sr2graph.corpus.sparql.mappings import mappings, virtual_mappings
from sr2graph.corpus.sparql.patterns import Triple
from sr2graph.corpus.sparql.sql import Sql, joined, sql

ALL = 'SELECT "document" FROM documents'
_GRAPH = Variable(" graph")


class _EverythingError(Exception):
    """Every report can matter."""


@dataclass(slots=True)
class _Search:
    compiler: Compiler
    found: list[Sql] = field(default_factory=list)

    def walk(self, node: Any, anchored: frozenset[Node]) -> frozenset[Node]:  # noqa: ANN401 # a parse tree
        """Add what finds the reports of a part of a query; return the nodes it pins to a report.

        `anchored` are nodes that patterns before it pin: with them it adds no report.
        """
        if isinstance(node, list):
            for part in node:
                self.walk(part, anchored)
            return frozenset()
        if not isinstance(node, CompValue):
            return frozenset()
        if node.name == "BGP":
            return self._bgp(node.triples, anchored)
        if node.name.startswith("GroupGraphPattern"):
            return self.walk(translateGroupGraphPattern(traverse(node, visitPost=translatePath)), anchored)
        if node.name in ("Join", "LeftJoin", "Minus"):
            first = self.walk(node.p1, anchored)
            second = self.walk(node.p2, anchored | first)
            self.walk(node.get("expr"), anchored | first | second)
            return first | second if node.name == "Join" else first
        return self._others(node, anchored)

    def _others(self, node: CompValue, anchored: frozenset[Node]) -> frozenset[Node]:
        if node.name == "Project":  # inside, other variables have the same names
            anchored &= frozenset(node.PV)
        pins = self.walk(node.p, anchored) if node.get("p") is not None else frozenset()
        for name, part in node.items():
            if name != "p":
                self.walk(part, anchored | pins)
        return frozenset() if node.name in ("Union", "LeftJoin", "Project", "AggregateJoin") else pins

    def _bgp(self, triples: Iterable[Triple], anchored: frozenset[Node]) -> frozenset[Node]:
        pins = frozenset[Node]()
        flat = [t for triple in triples for t in self.compiler.paths.flat(triple)]
        for component in _components(flat):
            nodes = frozenset(_pinned(component))
            if not nodes & anchored:
                self.found.append(self._reports(component))
            pins |= nodes
        return pins

    def _reports(self, component: list[Triple]) -> Sql:
        """Return what finds the reports in which some patterns match, as far as they compile."""
        kept = [t for t in component if self._compiles([t])]
        if not kept:
            raise _EverythingError
        block = self.compiler.extended_in(kept, _GRAPH)
        return block.select(sql('{} AS "document"', block.variables[_GRAPH].sql), distinct=True)

    def _compiles(self, triples: list[Triple]) -> bool:
        try:
            block = self.compiler.extended_in(triples, _GRAPH)
        except Unsupported:
            return False
        return _GRAPH in block.variables


def relevant(compiler: Compiler, algebra: CompValue) -> Sql:
    """Return SQL for the keys of the reports that can matter to a query."""
    search = _Search(compiler)
    try:
        search.walk(algebra.p, frozenset())
    except (_EverythingError, Unsupported):
        return sql(ALL)
    if algebra.name == "DescribeQuery" or "Graph" in _names(algebra.p):
        return sql(ALL)
    if not search.found:
        return sql(f"{ALL} WHERE FALSE")
    return joined(" UNION ", dict.fromkeys(search.found))


def _names(node: Any) -> set[str]:  # noqa: ANN401 # a parse tree
    """Return the names of the operators of a query."""
    if isinstance(node, list):
        return {name for part in node for name in _names(part)}
    if not isinstance(node, CompValue):
        return set()
    return {node.name} | {name for part in node.values() for name in _names(part)}


def _components(triples: list[Triple]) -> list[list[Triple]]:
    """Return patterns in groups that share a node of a report."""
    groups: list[tuple[set[Node], list[Triple]]] = []
    for triple in triples:
        nodes = set(_pinned([triple]))
        touching = [group for group in groups if group[0] & nodes]
        merged = set(nodes).union(*(group[0] for group in touching)), [t for g in touching for t in g[1]] + [triple]
        groups = [group for group in groups if group not in touching] + [merged]
    return [patterns for _, patterns in groups]


def _pinned(triples: Iterable[Triple]) -> Iterable[Node]:
    """Yield the terms of patterns that can only be nodes of one report."""
    for subject, predicate, target in triples:
        if isinstance(predicate, Path | Variable | BNode):
            continue
        of_subject, of_target = _is_node(str(predicate))
        if of_subject and not isinstance(subject, URIRef):
            yield subject
        if of_target and not isinstance(target, URIRef):
            yield target


def _is_node(predicate: str) -> tuple[bool, bool]:
    """Tell whether the subjects and the objects of a predicate are always nodes of a report."""
    if predicate in virtual_mappings():
        return True, virtual_mappings()[predicate][0] in ("document", "item")
    several = mappings().get(predicate, ())
    return (
        bool(several) and all(m.subject_kind.family is Family.KEY for m in several),
        bool(several) and all(m.object_kind.family is Family.KEY and m.constant is None for m in several),
    )
