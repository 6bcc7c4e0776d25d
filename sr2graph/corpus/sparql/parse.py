"""SPARQL text to algebra, by rdflib; what is wrong with it is said with line and column."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any

import rdflib
from pyparsing import ParseBaseException
from rdflib.plugins.sparql.algebra import translateQuery, traverse
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.plugins.sparql.sparql import Query as Algebra
from rdflib.term import BNode, Literal, Node, URIRef, Variable

from sr2graph.errors import QueryError
from sr2graph.graph.kinds import XSD
from sr2graph.graph.vocabulary import PREFIXES

MAX_LENGTH = 1_000_000
"""Characters of a query."""
MAX_DEPTH = 60
"""Brackets within brackets: the parser needs time that grows with them."""

_FORMS = {"SelectQuery": "SELECT", "AskQuery": "ASK", "ConstructQuery": "CONSTRUCT", "DescribeQuery": "DESCRIBE"}


@dataclass(frozen=True, slots=True)
class Query:
    """A query that was understood."""

    text: str
    form: str
    """SELECT, ASK, CONSTRUCT or DESCRIBE."""
    algebra: CompValue
    prologue: Any
    parameters: Mapping[Variable, Node]
    selects_all: bool = False
    """SELECT *: all variables that are in scope, which rdflib takes for all that occur."""


def parsed(text: str, parameters: Mapping[str, object] | None = None) -> Query:
    """Return the algebra of a query.  The prefixes of this package need no declaration.

    `parameters` gives values to variables before anything else does: rdflib terms, or Python
    values that become literals.  Raises QueryError.
    """
    _check_size(text)
    try:
        with _as_written():
            tree = parseQuery(text)
            query: Algebra = translateQuery(_with_all_described(tree), initNs=PREFIXES)
    except ParseBaseException as problem:
        raise QueryError(_syntax_error(text, problem)) from None
    except RecursionError:
        raise QueryError("the query is nested too deeply. Split it into simpler ones") from None
    except Exception as problem:  # noqa: BLE001 # rdflib tells of unknown prefixes and misused variables this way
        raise QueryError(f"{_one_line(str(problem))}. Mend the query") from None
    algebra = query.algebra
    if algebra.name == "DescribeQuery" and algebra.p is not None:
        _describe_only(algebra, list(dict.fromkeys(tree[1].var)))
    given = {Variable(name.lstrip("$?")): _term(name, value) for name, value in (parameters or {}).items()}
    form = _FORMS[algebra.name]
    if form == "CONSTRUCT" and algebra.template is None and _EXPLICIT_TEMPLATE.search(text):
        algebra["template"] = []
    return Query(text, form, algebra, query.prologue, given, selects_all=form == "SELECT" and not tree[1].projection)


_WRITING = Lock()
_EXPLICIT_TEMPLATE = re.compile(r"\bCONSTRUCT\s*\{", re.IGNORECASE)
"""rdflib tells CONSTRUCT { } from CONSTRUCT WHERE no more."""


@contextmanager
def _as_written() -> Iterator[None]:
    """Keep rdflib from giving numbers another spelling: a term is its spelling."""
    with _WRITING:
        before = rdflib.NORMALIZE_LITERALS
        rdflib.NORMALIZE_LITERALS = False
        try:
            yield
        finally:
            rdflib.NORMALIZE_LITERALS = before


def _with_all_described(tree: Any) -> Any:  # noqa: ANN401 # a parse tree
    """Return a tree in which DESCRIBE * names its variables, which rdflib does not do."""
    query = tree[1]
    if query.name == "DescribeQuery" and not query.var and query.where is not None:
        found: dict[Variable, None] = {}
        traverse(query.where, visitPre=lambda node: found.setdefault(node) if isinstance(node, Variable) else None)
        query["var"] = list(found)
    return tree


def _describe_only(algebra: CompValue, written: list[Node]) -> None:
    """Take from a DESCRIBE what was not written there: rdflib adds the variables of the subselects in it."""
    project = algebra.p
    while project.name != "Project":
        project = project.p
    project["PV"] = algebra["PV"] = written


def _check_size(text: str) -> None:
    if len(text) > MAX_LENGTH:
        raise QueryError(f"the query has {len(text)} characters, more than {MAX_LENGTH}. Make it shorter")
    depth = deepest = 0
    for character in text:
        depth += (character in "({[") - (character in ")}]")
        deepest = max(deepest, depth)
    if deepest > MAX_DEPTH:
        raise QueryError(f"brackets stand {deepest} deep in each other, more than {MAX_DEPTH}. Split the query")


def _syntax_error(text: str, problem: ParseBaseException) -> str:
    lines = text.splitlines()
    line = lines[problem.lineno - 1] if 0 < problem.lineno <= len(lines) else ""
    found = line[problem.column - 1 :].split(maxsplit=1)
    what = f"{found[0][:40]!r} is not expected there" if found else "something is missing there"
    return f"line {problem.lineno}, column {problem.column}: {what}. This is not SPARQL 1.1 Query"


def _one_line(text: str) -> str:
    return " ".join(text.split())[:200].rstrip(".")


def _term(name: str, value: object) -> Node:
    if isinstance(value, Literal | URIRef):
        return value
    if isinstance(value, BNode):
        raise QueryError(f"${name.lstrip('$?')} is a blank node. Give it an IRI or a literal")
    literal = Literal(value)
    if literal.datatype is not None and not str(literal.datatype).startswith(XSD):
        raise QueryError(f"${name.lstrip('$?')} has a value of type {type(value).__name__}. Give it an rdflib term")
    return literal
