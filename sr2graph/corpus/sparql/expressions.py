"""Expressions (SPARQL 17): columns to columns.  A type error is NULL, and NULL spreads as errors do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import Literal, Node, URIRef, Variable

from sr2graph.corpus.sparql.block import Block
from sr2graph.corpus.sparql.comparison import compared, effective_boolean, number
from sr2graph.corpus.sparql.kinds import (
    ANY,
    BOOLEAN,
    DECIMAL,
    DOUBLE,
    EXACT,
    INTEGER,
    NOTHING,
    NUMBERS,
    Column,
    Unsupported,
)
from sr2graph.corpus.sparql.sql import FALSE, TRUE, Sql, disjunction, joined, once, sql
from sr2graph.corpus.sparql.terms import Terms

Exists = Callable[[CompValue, Block], Sql]
_MOST_IN = 10_000


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression sees: the solution it is evaluated on, and what EXISTS looks into."""

    block: Block
    exists: Exists


class Expressions:
    """Compiles expressions."""

    def __init__(self, terms: Terms, parameters: Mapping[Variable, Node]) -> None:
        self.terms = terms
        self._parameters = parameters

    def condition(self, expression: Node | CompValue, scope: Scope) -> Sql:
        """Return the effective boolean value of an expression (SPARQL 17.2.2)."""
        return effective_boolean(self.column(expression, scope))

    def column(self, expression: Node | CompValue | list[Node], scope: Scope) -> Column:
        """Return the value of an expression."""
        if isinstance(expression, Variable):
            given = self._parameters.get(expression)
            if given is not None:
                return self.terms.constant(given)
            return scope.block.variables.get(expression, NOTHING)
        if isinstance(expression, URIRef | Literal):
            return self.terms.constant(expression)
        if not isinstance(expression, CompValue):
            raise Unsupported(f"an expression of the form {type(expression).__name__}")
        own = _OPERATORS.get(expression.name)
        if own is not None:
            return own(self, expression, scope)
        from sr2graph.corpus.sparql.functions import function  # functions use expressions for their arguments

        return function(self, expression, scope)


def _relational(self: Expressions, e: CompValue, scope: Scope) -> Column:
    left = self.column(e.expr, scope)
    if e.op is None:
        return left
    if e.op in ("IN", "NOT IN"):
        return _in(self, left, e, scope)
    return _boolean(compared(self.terms, left, e.op, self.column(e.other, scope)))


def _in(self: Expressions, left: Column, e: CompValue, scope: Scope) -> Column:
    others = e.other if isinstance(e.other, list) else []
    if len(others) > _MOST_IN:
        raise Unsupported(f"IN with more than {_MOST_IN} values")
    found = disjunction([compared(self.terms, left, "=", self.column(other, scope)) for other in others])
    return _boolean(found if e.op == "IN" else sql("NOT ({})", found))


def _logic(word: str) -> Callable[[Expressions, CompValue, Scope], Column]:
    def operator(self: Expressions, e: CompValue, scope: Scope) -> Column:
        parts = [self.condition(part, scope) for part in (e.expr, *(e.other or ()))]
        return _boolean(sql("({})", joined(f" {word} ", [sql("({})", part) for part in parts])))

    return operator


def _not(self: Expressions, e: CompValue, scope: Scope) -> Column:
    return _boolean(sql("(NOT ({}))", self.condition(e.expr, scope)))


def _exists(self: Expressions, e: CompValue, scope: Scope) -> Column:  # noqa: ARG001 # one signature for all
    return Column(BOOLEAN, (scope.exists(e.graph, scope.block),))


def _not_exists(self: Expressions, e: CompValue, scope: Scope) -> Column:
    return Column(BOOLEAN, (sql("(NOT {})", _exists(self, e, scope).sql),))


def _boolean(condition: Sql) -> Column:
    return Column(BOOLEAN, (condition,), nullable=condition not in (TRUE, FALSE))


# ---------------------------------------------------------------- arithmetic


def _minus(self: Expressions, e: CompValue, scope: Scope) -> Column:
    value = self.column(e.expr, scope)
    return _calculated(self.terms, Column(INTEGER, (sql("CAST(0 AS BIGINT)"),)), "-", value)


def _plus(self: Expressions, e: CompValue, scope: Scope) -> Column:
    value = self.column(e.expr, scope)
    return _calculated(self.terms, Column(INTEGER, (sql("CAST(0 AS BIGINT)"),)), "+", value)


def _arithmetic(self: Expressions, e: CompValue, scope: Scope) -> Column:
    result = self.column(e.expr, scope)
    for op, other in zip(e.op or [], e.other or [], strict=True):
        result = _calculated(self.terms, result, str(op), self.column(other, scope))
    return result


def _calculated(terms: Terms, a: Column, op: str, b: Column) -> Column:  # noqa: PLR0911 # one way per type
    """Return a op b in the type that SPARQL 17.3 says: integers stay, except divided; double wins over decimal."""
    if NOTHING in (a, b):
        return NOTHING
    if ANY in (a.kind, b.kind):
        return _mixed(terms, a, op, b)
    if a.kind not in NUMBERS or b.kind not in NUMBERS:
        return NOTHING
    if DOUBLE in (a.kind, b.kind):
        x, y = (sql("CAST({} AS DOUBLE)", number(c)) for c in (a, b))
        result = sql("sr_divide_double({}, {})", x, y) if op == "/" else sql(f"({{}} {op} {{}})", x, y)
        return Column(DOUBLE, (result,), nullable=True)
    if a.kind is b.kind is INTEGER and op != "/":
        return Column(INTEGER, (sql(f"TRY({{}} {op} {{}})", a.sql, b.sql),), nullable=True)
    x, y = (exact(terms, c) for c in (a, b))
    if op in "*/":
        return Column(EXACT, (sql("sr_multiply({}, {})" if op == "*" else "sr_divide({}, {})", x, y),), nullable=True)
    return Column(EXACT, (sql(f"TRY(CAST({{}} {op} {{}} AS DECIMAL(38, 18)))", x, y),), nullable=True)


def _mixed(terms: Terms, a: Column, op: str, b: Column) -> Column:
    """Return a op b where the types of the terms decide row by row."""
    result = once((terms.spelled(a), terms.spelled(b)), lambda x, y: _by_type(x, op, y))
    return Column(ANY, (result,), nullable=True)


def _by_type(x: Sql, op: str, y: Sql) -> Sql:
    numbers, wholes, exacts = (
        [sql(f"{macro}({{}})", side) for side in (x, y)] for macro in ("sr_number", "sr_integer", "sr_decimal")
    )
    if op == "/":
        parts = [
            sql("sr_divide_double({}, {})", *numbers),
            sql("CAST(NULL AS BIGINT)"),
            sql("sr_divide({}, {})", *exacts),
        ]
    else:
        product = sql("sr_multiply({}, {})", *exacts)
        total = sql(f"TRY(CAST({{}} {op} {{}} AS DECIMAL(38, 18)))", *exacts)
        parts = [
            sql(f"({{}} {op} {{}})", *numbers),
            sql(f"TRY({{}} {op} {{}})", *wholes),
            product if op == "*" else total,
        ]
    return sql("sr_calculate({}, {}, {}, {}, {})", x, y, *parts)


def exact(terms: Terms, column: Column) -> Sql:
    """Return a number as DECIMAL(38, 18)."""
    if column.kind is EXACT:
        return column.sql
    if column.kind is DECIMAL:
        constant = column.constant
        if constant is not None:
            return sql("TRY_CAST({} AS DECIMAL(38, 18))", terms.lexical(column))
        return sql("sr_exact({}, {})", column.sql, column.text)
    if column.kind is DOUBLE:
        return sql("sr_exact({}, NULL)", column.sql)
    return sql("TRY_CAST({} AS DECIMAL(38, 18))", column.sql)


Operator = Callable[[Expressions, CompValue, Scope], Column]
_OPERATORS: dict[str, Operator] = {
    "RelationalExpression": _relational,
    "ConditionalAndExpression": _logic("AND"),
    "ConditionalOrExpression": _logic("OR"),
    "UnaryNot": _not,
    "UnaryMinus": _minus,
    "UnaryPlus": _plus,
    "AdditiveExpression": _arithmetic,
    "MultiplicativeExpression": _arithmetic,
    "Builtin_EXISTS": _exists,
    "Builtin_NOTEXISTS": _not_exists,
}
