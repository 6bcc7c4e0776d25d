"""Single triple patterns over the tables, for rdflib: the compiler's own translation of one pattern."""

from __future__ import annotations

from collections.abc import Iterator

import rdflib.query
from rdflib.term import Node, URIRef, Variable

from sr2graph.corpus.rdflib_store import Quad
from sr2graph.corpus.result import Answer, Result, Solutions, Triples
from sr2graph.corpus.session import Session
from sr2graph.corpus.sparql.block import Block
from sr2graph.corpus.sparql.compiler import Compiler
from sr2graph.corpus.sparql.kinds import INTEGER, Column
from sr2graph.corpus.sparql.selection import Selection
from sr2graph.corpus.sparql.sql import sql
from sr2graph.corpus.sparql.statement import statement

_S, _P, _O, _G = (Variable(name) for name in ("s", "p", "o", "g"))
_COUNT = Variable("n")


def rdflib_result(result: Result) -> rdflib.query.Result:
    """Return an answer as rdflib gives answers."""
    if isinstance(result, Answer):
        answer = rdflib.query.Result("ASK")
        answer.askAnswer = result.value
        return answer
    if isinstance(result, Triples):
        graph = rdflib.query.Result("CONSTRUCT")
        graph.graph = result.to_rdflib()
        return graph
    table = rdflib.query.Result("SELECT")
    names = [Variable(name) for name in result.variables]
    table.vars = names
    rows = ({n: t for n, t in zip(names, row, strict=True) if t is not None} for row in result)
    table.bindings = list(rows)  # type: ignore[arg-type] # rdflib calls the terms of a result identifiers
    return table


class TablePatterns:
    """Matches triple patterns in a version of a corpus."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def match(
        self, subject: URIRef | None, predicate: URIRef | None, target: Node | None, graph: URIRef | None
    ) -> Iterator[Quad]:
        """Yield each quad that has these terms once; None stands for any term."""
        given = {_S: subject, _P: predicate, _O: target, _G: graph}
        compiler, block = self._block(subject, predicate, target, graph)
        wanted = {v: block.variables[v] for v in given if v in block.variables}
        if block.is_empty:
            return
        for row in self._rows(compiler, Selection(block, wanted, (), None, 0)):
            found = {**given, **dict(zip(wanted, row, strict=True))}
            s, p, o, g = (found[v] for v in (_S, _P, _O, _G))
            yield s, p, o, g  # type: ignore[misc] # what is not given is bound

    def graphs(self) -> Iterator[URIRef]:
        """Yield the names of all graphs."""
        table = self._session.table("SELECT iri FROM documents", [], None)
        yield from map(URIRef, table.column("iri").to_pylist())

    def count(self, graph: URIRef | None) -> int:
        """Return the number of triples of a graph, or of the union of all."""
        compiler = Compiler(self._session.catalog)
        block = compiler.bgp([(_S, _P, _O)], graph)
        if block.is_empty:
            return 0
        number = Column(INTEGER, (sql("COUNT(*)"),))
        ((found,),) = self._rows(compiler, Selection(block, {_COUNT: number}, (), None, 0))
        return int(str(found))

    def _block(
        self, subject: URIRef | None, predicate: URIRef | None, target: Node | None, graph: URIRef | None
    ) -> tuple[Compiler, Block]:
        compiler = Compiler(self._session.catalog)
        triple = (subject or _S, predicate or _P, _O if target is None else target)
        return compiler, compiler.bgp([triple], graph or _G)

    def _rows(self, compiler: Compiler, selection: Selection) -> Solutions:
        prepared = statement(compiler, selection)
        return Solutions(prepared.outputs, self._session.table(prepared.text, prepared.values, None))
