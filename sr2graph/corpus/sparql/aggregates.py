"""Groups and aggregates (SPARQL 18.5.1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import Node, Variable

from sr2graph.corpus.sparql.block import Algebra, Block
from sr2graph.corpus.sparql.expressions import Exists, Expressions, Scope, exact
from sr2graph.corpus.sparql.kinds import (
    ANY,
    DECIMAL,
    DOUBLE,
    EXACT,
    INTEGER,
    IRI,
    NOTHING,
    NUMBERS,
    STRING,
    TEMPORAL,
    UNBOUND,
    Column,
    Family,
    Kind,
)
from sr2graph.corpus.sparql.sql import Scan, Sql, joined, name, sql, value
from sr2graph.corpus.sparql.terms import Terms
from sr2graph.graph.kinds import XSD

_ZERO = '"0"^^<' + XSD + "integer>"


@dataclass(frozen=True, slots=True)
class _Group:
    """What the aggregates of one GROUP BY need to know."""

    expressions: Expressions
    scope: Scope
    is_keyless: bool
    """There is one group, and it may have no member."""

    @property
    def terms(self) -> Terms:
        return self.expressions.terms


def aggregated(algebra: Algebra, expressions: Expressions, node: CompValue, block: Block, exists: Exists) -> Block:
    """Return the block of an AggregateJoin over the solutions of a group."""
    keys: list[Variable] = []
    for key in node.p.expr or []:
        block, name_ = _named(expressions, block, key, exists)
        keys.append(name_)
    arguments: dict[Variable, Variable] = {}
    for aggregate in node.A:
        if aggregate.vars != "*":
            block, arguments[aggregate.res] = _named(expressions, block, aggregate.vars, exists, aggregate.name)
    # DuckDB has no subquery inside an aggregate and no parameter as a key: they become columns first.
    # So does what is long, for an aggregate repeats it.
    named = {*keys, *arguments.values()}
    if any(part.is_long or not part.scans() for v in named for part in block.variables[v].parts):
        block = algebra.wrapped(block)
    group = _Group(expressions, Scope(block, exists), is_keyless=not keys)
    outer, columns = Scan(), list[Sql]()
    variables: dict[Variable, Column] = {}
    key_parts: list[Sql] = []

    def export(column: Column) -> Column:
        names = [f"c{len(columns) + i}" for i in range(len(column.parts))]
        columns.extend(sql(f'{{}} AS "{n}"', part) for n, part in zip(names, column.parts, strict=True))
        return Column(column.kind, tuple(outer.column(n) for n in names), column.nullable)

    for key in keys:
        column = expressions.column(key, group.scope)
        key_parts += column.parts
        variables[key] = export(column)
    for aggregate in node.A:
        argument = arguments.get(aggregate.res)
        # What SELECT names besides aggregates is a key of the group: rdflib makes it a sample.
        if aggregate.name == "Aggregate_Sample" and argument in keys:
            variables[aggregate.res] = variables[argument]
            continue
        column = NOTHING if argument is None else expressions.column(argument, group.scope)
        variables[aggregate.res] = export(_AGGREGATES[aggregate.name](group, aggregate, column))
    tail = sql("GROUP BY {}", joined(", ", key_parts)) if key_parts else None
    outer.source = block.select(joined(", ", columns) if columns else sql("1 AS one"), tail=tail)
    return Block((outer,), variables=variables)


_AS_TEXT = frozenset({"Aggregate_Min", "Aggregate_Max", "Aggregate_GroupConcat"})
"""Aggregates that go by the texts of IRIs."""


def _named(
    expressions: Expressions, block: Block, expression: Node, exists: Exists, aggregate: str = ""
) -> tuple[Block, Variable]:
    """Return a block in which an expression is a variable."""
    column = expressions.column(expression, Scope(block, exists))
    text = aggregate in _AS_TEXT
    if text and column.kind.family is Family.KEY:
        column = Column(IRI, (expressions.terms.iri_text(column),), column.nullable)
    elif text and column.kind is ANY:
        column = Column(ANY, (expressions.terms.decoded(column),), column.nullable)
    elif isinstance(expression, Variable) and expression in block.variables:
        return block, expression
    name_ = Variable(f" a{len(block.variables)}")
    return block.binding({name_: column}), name_


def _count(group: _Group, aggregate: CompValue, column: Column) -> Column:
    distinct = "DISTINCT " if aggregate.distinct else ""
    if aggregate.vars == "*":
        if not distinct:
            return Column(INTEGER, (sql("COUNT(*)"),))
        own = (c for v, c in group.scope.block.variables.items() if not v.startswith(" "))
        parts = [part for c in own for part in c.parts]
        return Column(INTEGER, (sql("COUNT(DISTINCT {})", _row(parts)),))
    if len(column.parts) > 1:
        counted = sql("CASE WHEN {} THEN {} END", column.bound, _row(list(column.parts))) if distinct else column.sql
        return Column(INTEGER, (sql(f"COUNT({distinct}{{}})", counted),))
    return Column(INTEGER, (sql(f"COUNT({distinct}{{}})", column.sql),))


def _row(parts: list[Sql]) -> Sql:
    return sql("ROW({})", joined(", ", parts or [sql("1")]))


def _sum(group: _Group, aggregate: CompValue, column: Column) -> Column:
    return _total(group, aggregate, column, "SUM")


def _average(group: _Group, aggregate: CompValue, column: Column) -> Column:
    return _total(group, aggregate, column, "AVG")


def _total(group: _Group, aggregate: CompValue, column: Column, function: str) -> Column:
    distinct = bool(aggregate.distinct)
    if column.kind is ANY:
        return _mixed_total(column, function, distinct=distinct)
    if column.kind not in NUMBERS:  # nothing is a sum of no numbers; anything else is an error
        return Column(INTEGER, (sql("CASE WHEN COUNT(*) = 0 THEN CAST(0 AS BIGINT) END"),), nullable=True)
    kind, total = _sum_of(group.terms, column, function, distinct=distinct)
    if column.nullable:
        total = sql("CASE WHEN COUNT(*) = COUNT({}) THEN {} END", _counted(column), total)
    result = Column(kind, (total,), nullable=True)
    if not group.is_keyless:
        return result
    if kind is INTEGER:
        return Column(kind, (sql("CASE WHEN COUNT(*) = 0 THEN CAST(0 AS BIGINT) ELSE {} END", total),), nullable=True)
    # The sum of nothing is an integer, whatever the type of what is not there.
    spelled = sql("CASE WHEN COUNT(*) = 0 THEN {} ELSE {} END", name(_ZERO), group.terms.spelled(result))
    return Column(ANY, (spelled,), nullable=True)


def _mixed_total(column: Column, function: str, *, distinct: bool) -> Column:
    """Return SUM or AVG of terms that may be of several types: those of the numbers decide."""
    word = "DISTINCT " if distinct else ""
    x = column.sql
    doubles = sql("COUNT(*) FILTER (WHERE sr_is_double({}))", x)
    wholes = sql("COUNT(*) FILTER (WHERE sr_is_integer({}))", x)
    as_double = sql(f"{function}({word}sr_number({{}}))", x)
    total = sql(f"SUM({word}sr_decimal({{}}))", x)
    if function == "AVG":
        total = sql(f"sr_divide({{}}, COUNT({word}{{}}))", total, x)
        wholes = sql("-1")
    spelled = sql(
        "CASE WHEN COUNT(*) = 0 THEN {} WHEN COUNT(*) <> COUNT(sr_number({})) THEN NULL "
        "WHEN {} > 0 THEN '\"' || sr_double_text({}) || {} WHEN {} = COUNT(*) THEN '\"' || sr_exact_text({}) || {} "
        "ELSE '\"' || sr_exact_text({}) || {} END",
        name(_ZERO), x, doubles, as_double, name(f'"^^<{XSD}double>'), wholes, total, name(f'"^^<{XSD}integer>'),
        total, name(f'"^^<{XSD}decimal>'),
    )  # fmt: skip
    return Column(ANY, (spelled,), nullable=True)


def _counted(column: Column) -> Sql:
    return sql("CASE WHEN {} THEN 1 END", column.bound)


def _sum_of(terms: Terms, column: Column, function: str, *, distinct: bool) -> tuple[Kind, Sql]:
    word = "DISTINCT " if distinct else ""
    if column.kind is DOUBLE:
        return DOUBLE, sql(f"COALESCE({function}({word}{{}}), 0)", column.sql)
    number = column.sql if column.kind is INTEGER else exact(terms, column)
    total = sql(f"COALESCE(SUM({word}{{}}), 0)", number)
    if column.kind is DECIMAL:  # one that 38 digits cannot hold is an error, not nothing
        total = sql("CASE WHEN COUNT({}) = COUNT({}) THEN {} END", number, column.sql, total)
    if function == "SUM":
        return (INTEGER, sql("TRY_CAST({} AS BIGINT)", total)) if column.kind is INTEGER else (EXACT, total)
    return EXACT, sql(f"COALESCE(sr_divide({{}}, COUNT({word}{{}})), 0)", total, number)


# ---------------------------------------------------------------- one of several


def _extreme(function: str) -> Aggregate:
    """Return MIN or MAX, which go by the order of ORDER BY: what is unbound comes before everything."""

    def aggregate_(_group: _Group, _aggregate: CompValue, column: Column) -> Column:
        if column.kind is UNBOUND:
            return NOTHING
        chosen = sql(f"{function}({{}}) FILTER (WHERE {{}})", _sortable(column), column.bound)
        if function == "MIN" and column.nullable:
            chosen = sql("CASE WHEN COUNT(*) = COUNT({}) THEN {} END", _counted(column), chosen)
        return _unpacked(column, chosen)

    return aggregate_


def _sortable(column: Column) -> Sql:
    """Return a value whose order is that of the terms, and which has the parts of the term in it."""
    parts = [sql(f"'p{i}': {{}}", part) for i, part in enumerate(column.parts)]
    if column.kind is ANY:
        keys = "'r': sr_rank({}), 'n': sr_number({}), 't': sr_time({}), 'l': sr_lexical({})"
        parts.insert(0, sql(keys, *[column.sql] * 4))
    elif column.kind is TEMPORAL:
        parts.insert(0, sql("'i': sr_instant({})", column.sql))
    return _struct(parts)


def _struct(parts: list[Sql]) -> Sql:
    return Sql(("{", *joined(", ", parts).pieces, "}"))


def _unpacked(column: Column, struct: Sql) -> Column:
    parts = tuple(sql(f"({{}}).p{i}", struct) for i in range(len(column.parts)))
    return Column(column.kind, parts, nullable=True)


def _sample(_group: _Group, _aggregate: CompValue, column: Column) -> Column:
    parts = _struct([sql(f"'p{i}': {{}}", part) for i, part in enumerate(column.parts)])
    return _unpacked(column, sql("ANY_VALUE({}) FILTER (WHERE {})", parts, column.bound))


def _group_concat(group: _Group, aggregate: CompValue, column: Column) -> Column:
    separator = " " if aggregate.separator is None else str(aggregate.separator)
    word = "DISTINCT " if aggregate.distinct else ""
    if column.kind is UNBOUND:
        return Column(STRING, (sql("CASE WHEN COUNT(*) = 0 THEN '' END"),), nullable=True)
    text = sql(f"COALESCE(STRING_AGG({word}{{}}, {{}}), '')", _text(group.terms, column), value(separator))
    if column.nullable:
        text = sql("CASE WHEN COUNT(*) = COUNT({}) THEN {} END", _counted(column), text)
    return Column(STRING, (text,), nullable=True)


def _text(terms: Terms, column: Column) -> Sql:
    # The IRIs of nodes are in the column already.
    return sql("sr_lexical({})", column.sql) if column.kind is ANY else terms.lexical(column)


Aggregate = Callable[[_Group, CompValue, Column], Column]
_AGGREGATES: dict[str, Aggregate] = {
    "Aggregate_Count": _count,
    "Aggregate_Sum": _sum,
    "Aggregate_Avg": _average,
    "Aggregate_Min": _extreme("MIN"),
    "Aggregate_Max": _extreme("MAX"),
    "Aggregate_Sample": _sample,
    "Aggregate_GroupConcat": _group_concat,
}
