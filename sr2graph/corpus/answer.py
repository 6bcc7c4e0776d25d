"""The four forms of queries (SPARQL 16) over the tables of a corpus."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import BNode, Node, URIRef, Variable

from sr2graph.corpus.result import TABLES, Answer, Result, Solutions, Triple, Triples
from sr2graph.corpus.session import Session
from sr2graph.corpus.sparql.block import Block
from sr2graph.corpus.sparql.compiler import Compiler
from sr2graph.corpus.sparql.in_scope import in_scope
from sr2graph.corpus.sparql.kinds import NOTHING, Unsupported
from sr2graph.corpus.sparql.parse import Query
from sr2graph.corpus.sparql.selection import Selection
from sr2graph.corpus.sparql.sql import FALSE
from sr2graph.corpus.sparql.statement import Statement, statement
from sr2graph.errors import QueryError

SUBJECT, PREDICATE, OBJECT = Variable("subject "), Variable("predicate "), Variable("object ")
"""Of a DESCRIBE; no query can name them."""


Template = list[tuple[Node, Node, Node]]


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long a query may take, and how many rows it may have."""

    timeout: float | None = None
    max_rows: int | None = None


def compiled(session: Session, query: Query, bounds: Bounds = Bounds()) -> Statement:
    """Return the SQL of a query.  Raises Unsupported."""
    if query.algebra.datasetClause:
        raise Unsupported("FROM")
    compiler = Compiler(session.catalog, query.parameters)
    selection = _FORMS[query.form](compiler, query.algebra)
    if query.selects_all:
        wanted = in_scope(query.algebra.p)
        columns = {v: c for v, c in selection.columns.items() if v in wanted or c is not NOTHING}
        selection = replace(selection, columns=columns)
    return statement(compiler, selection, max_rows=bounds.max_rows)


def answered(session: Session, query: Query, prepared: Statement, bounds: Bounds) -> Result:
    """Return the answer of a query out of the tables, by its SQL.  Raises InvalidSql and QueryError."""
    table = session.table(prepared.text, prepared.values, bounds.timeout)
    if bounds.max_rows is not None and table.num_rows > bounds.max_rows:
        raise QueryError(f"the query has more than {bounds.max_rows} rows. Add a LIMIT, or allow more rows")
    return shaped(query, Solutions(prepared.outputs, table))


def shaped(query: Query, solutions: Solutions) -> Result:
    """Return the answer of a query, from the solutions of its pattern."""
    if query.form == "SELECT":
        return solutions
    if query.form == "ASK":
        return Answer(len(solutions) > 0, TABLES)
    template: Template = [(SUBJECT, PREDICATE, OBJECT)]
    if query.form == "CONSTRUCT":
        template = template_of(query.algebra)
    return Triples(tuple(_instantiated(template, solutions, query)), TABLES)


# ---------------------------------------------------------------- forms


def _select(compiler: Compiler, algebra: CompValue) -> Selection:
    return compiler.selection(algebra.p, None, {})


def _ask(compiler: Compiler, algebra: CompValue) -> Selection:
    selection = compiler.selection(algebra.p, None, {})
    return Selection(selection.block, {}, (), 1, selection.offset) if selection.limit is None else selection


def _describe(compiler: Compiler, algebra: CompValue) -> Selection:
    """Return all statements about what is described, in the union of all graphs."""
    triple = (SUBJECT, PREDICATE, OBJECT)
    wanted = {SUBJECT, PREDICATE, OBJECT}
    blocks = []
    for iri in dict.fromkeys(term for term in algebra.PV if isinstance(term, URIRef)):
        block = compiler.bgp([(iri, PREDICATE, OBJECT)], None)
        blocks.append(block.binding({SUBJECT: compiler.terms.constant(iri)}))
    if algebra.p is not None:
        found = compiler.algebra.wrapped(compiler.pattern(algebra.p, None, {}), distinct=True)
        for column in found.variables.values():
            if column is not NOTHING:
                subjects = Block(found.scans, variables={SUBJECT: replace(column, nullable=False)})
                blocks += compiler.extended([subjects.having(column.bound)], [triple], None)
    nothing = Block(where=(FALSE,), variables=dict.fromkeys(triple, NOTHING))
    union = compiler.algebra.union(blocks) if blocks else nothing
    columns = {v: c for v, c in union.variables.items() if v in wanted}
    distinct = compiler.algebra.wrapped(Block(union.scans, union.lefts, union.where, columns), distinct=True)
    return Selection(distinct, distinct.variables, (), None, 0)


_FORMS = {"SELECT": _select, "ASK": _ask, "CONSTRUCT": _select, "DESCRIBE": _describe}


# ---------------------------------------------------------------- triples


def template_of(algebra: CompValue) -> Template:
    """Return the template of a CONSTRUCT; that of CONSTRUCT WHERE is its pattern."""
    if algebra.template is not None:
        return list(algebra.template)
    node: Any = algebra.p
    while node.name != "BGP":
        node = node.p
    return list(node.triples)


def _instantiated(template: Template, solutions: Solutions, query: Query) -> list[Triple]:
    """Return the triples of a template, each once (SPARQL 16.2)."""
    found: dict[Triple, None] = {}
    names = solutions.variables
    numbers = count(1)
    for row in solutions:
        bound = dict(zip(names, row, strict=True))
        blanks: dict[BNode, BNode] = {}

        def term(part: Node, bound: dict[str, Node | None] = bound, blanks: dict[BNode, BNode] = blanks) -> Node | None:
            if isinstance(part, Variable):
                return query.parameters.get(part, bound.get(str(part)))
            if isinstance(part, BNode):
                if part not in blanks:
                    blanks[part] = BNode(f"b{next(numbers)}")
                return blanks[part]
            return part

        for s, p, o in template:
            triple = term(s), term(p), term(o)
            if _is_triple(triple):
                found[triple] = None  # type: ignore[index] # checked just now
    return list(found)


def _is_triple(triple: tuple[Node | None, ...]) -> bool:
    subject, predicate, target = triple
    return isinstance(subject, URIRef | BNode) and isinstance(predicate, URIRef) and target is not None
