"""Comparison of terms by value (SPARQL 17.3): TRUE, FALSE, or NULL for a type error."""

from __future__ import annotations

from sr2graph.corpus.sparql.kinds import (
    ANY,
    BOOLEAN,
    DATE,
    DATETIME,
    DOUBLE,
    JSON,
    NUMBERS,
    STRING,
    TEMPORAL,
    TIME,
    UNBOUND,
    WKT,
    Column,
    Family,
)
from sr2graph.corpus.sparql.sql import FALSE, Sql, once, sql
from sr2graph.corpus.sparql.terms import Terms

ERROR = sql("CAST(NULL AS BOOLEAN)")
_OPERATORS = {"=": "=", "!=": "<>", "<": "<", ">": ">", "<=": "<=", ">=": ">="}
MOMENTS = (DATE, DATETIME, TEMPORAL)
_OPAQUE = (JSON, WKT)
"""Literals of datatypes that SPARQL knows nothing of: different ones may mean the same."""


def number(column: Column) -> Sql:
    """Return the number of a column, NULL where it is none."""
    if column.kind in NUMBERS:
        return column.sql
    if column.kind is not ANY:
        return sql("CAST(NULL AS DOUBLE)")
    return once((column.sql,), lambda x: sql("sr_number({})", x))


def effective_boolean(column: Column) -> Sql:
    """Return the effective boolean value (SPARQL 17.2.2)."""
    if column.kind is BOOLEAN:
        return column.sql
    if column.kind is STRING:
        return sql("length({}) > 0", column.sql)
    if column.kind is DOUBLE:
        return sql("({} <> 0 AND NOT isnan({}))", column.sql, column.sql)
    if column.kind in NUMBERS:
        return sql("({} <> 0)", column.sql)
    return once((column.sql,), lambda x: sql("sr_true({})", x)) if column.kind is ANY else ERROR


def compared(terms: Terms, a: Column, op: str, b: Column) -> Sql:  # noqa: PLR0911 # one way per pair of kinds
    """Return a op b, by value."""
    if UNBOUND in (a.kind, b.kind):
        return ERROR
    if a.kind in NUMBERS and b.kind in NUMBERS:
        return _numbers(a, op, b)
    if a.kind.family in _REFERRING and b.kind.family in _REFERRING:
        return _identity(terms, a, op, b)
    if ANY in (a.kind, b.kind):
        return _mixed(terms, a, op, b)
    if a.kind in MOMENTS and b.kind in MOMENTS:
        return _moments(a, op, b)
    if a.kind is b.kind and a.kind in (STRING, BOOLEAN):
        return sql(f"({{}} {_OPERATORS[op]} {{}})", a.sql, b.sql)
    if a.kind is b.kind is TIME:
        return sql(f"(TRY_CAST({{}} AS TIME) {_OPERATORS[op]} TRY_CAST({{}} AS TIME))", a.sql, b.sql)
    return _different(a, op, b)


_REFERRING = (Family.KEY, Family.IRI)


def _numbers(a: Column, op: str, b: Column) -> Sql:
    plain = sql(f"({{}} {_OPERATORS[op]} {{}})", a.sql, b.sql)
    if DOUBLE not in (a.kind, b.kind):
        return plain
    # DuckDB has NaN equal to itself and above all numbers.
    neither = [sql("isnan({})", c.sql) for c in (a, b) if c.kind is DOUBLE]
    some = neither[0] if len(neither) == 1 else sql("({} OR {})", *neither)
    return sql(f"CASE WHEN {{}} THEN {'TRUE' if op == '!=' else 'FALSE'} ELSE {{}} END", some, plain)


def _known(columns: tuple[Column, ...], result: Sql) -> Sql:
    """Return a result that does not depend on the terms, an error where one is missing."""
    missing = [c.bound for c in columns if c.nullable]
    if not missing:
        return result
    both = missing[0] if len(missing) == 1 else sql("{} AND {}", *missing)
    return sql("CASE WHEN {} THEN {} END", both, result)


def _identity(terms: Terms, a: Column, op: str, b: Column) -> Sql:
    if op not in ("=", "!="):
        return ERROR
    same = terms.same(a, b)
    if same is None or not same.scans():
        same = FALSE if same is None else same
        return _known((a, b), same if op == "=" else sql("(NOT {})", same))
    return sql("({})", same) if op == "=" else sql("(NOT ({}))", same)


def _mixed(terms: Terms, a: Column, op: str, b: Column) -> Sql:
    return once((terms.spelled(a), terms.spelled(b)), lambda x, y: _by_type(x, op, y))


def _by_type(x: Sql, op: str, y: Sql) -> Sql:
    equal = sql("sr_equal({}, {})", x, y)
    if op in ("=", "!="):
        return equal if op == "=" else sql("(NOT {})", equal)
    less = sql("sr_less({}, {})", x, y) if op[0] == "<" else sql("sr_less({}, {})", y, x)
    return sql("({} OR ({} IS NOT NULL AND {}))", less, less, equal) if len(op) > 1 else less


def _moments(a: Column, op: str, b: Column) -> Sql:
    """Compare dates and times; between different precisions there is no order."""
    if op in ("=", "!="):
        equal = sql(
            "(CASE WHEN sr_precision({}) <> sr_precision({}) THEN FALSE WHEN sr_precision({}) = 'dateTime' "
            "THEN sr_same_time({}, {}) ELSE {} = {} END)",
            a.sql, b.sql, a.sql, a.sql, b.sql, a.sql, b.sql,
        )  # fmt: skip
        return equal if op == "=" else sql("(NOT {})", equal)
    if op[0] == ">":
        return _moments(b, "<" + op[1:], a)
    less = sql(
        "(CASE WHEN sr_precision({}) <> sr_precision({}) THEN NULL WHEN sr_precision({}) = 'dateTime' "
        "THEN sr_before({}, {}) ELSE {} < {} END)",
        a.sql, b.sql, a.sql, a.sql, b.sql, a.sql, b.sql,
    )  # fmt: skip
    return sql("({} OR ({} IS NOT NULL AND {}))", less, less, _moments(a, "=", b)) if len(op) > 1 else less


def _different(a: Column, op: str, b: Column) -> Sql:
    if op not in ("=", "!="):
        return ERROR
    result = FALSE if op == "=" else sql("TRUE")
    if a.kind.family is Family.LITERAL and b.kind.family is Family.LITERAL and (a.kind in _OPAQUE or b.kind in _OPAQUE):
        if a.kind is not b.kind:
            return ERROR
        return sql(f"CASE WHEN {{}} = {{}} THEN {'TRUE' if op == '=' else 'FALSE'} END", a.sql, b.sql)
    return _known((a, b), result)
