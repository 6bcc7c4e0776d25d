"""Casts to the datatypes of XML Schema (SPARQL 17.5, XPath and XQuery Functions and Operators 18)."""

from __future__ import annotations

from collections.abc import Callable

from sr2graph.corpus.sparql.kinds import (
    ANY,
    BOOLEAN,
    DATE,
    DATETIME,
    DECIMAL,
    DOUBLE,
    EXACT,
    INTEGER,
    NOTHING,
    NUMBERS,
    STRING,
    TEMPORAL,
    TIME,
    UNBOUND,
    Column,
    Family,
    Kind,
    Unsupported,
)
from sr2graph.corpus.sparql.sql import Sql, name, sql
from sr2graph.corpus.sparql.terms import Terms
from sr2graph.graph.kinds import XSD

Cast = Callable[[Terms, Column], Column]

_INTEGER = "[+-]?[0-9]+"
_DECIMAL = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)"
_DOUBLE = rf"{_DECIMAL}([eE][+-]?[0-9]+)?|[+-]?INF|NaN"
_ZONE = "(Z|[+-][0-9][0-9]:[0-9][0-9])?"
_DATE = f"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}{_ZONE}"
_DATE_TIME = rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}(\.[0-9]+)?{_ZONE}"


def _from_text(pattern: str, result: str) -> Callable[[Sql], Sql]:
    return lambda text: sql(
        f"CASE WHEN regexp_full_match(trim({{}}), {{}}) THEN {result} END", text, name(pattern), sql("trim({})", text)
    )


def _plain(cast: Cast) -> Cast:
    """Return a cast for columns of one type; the type of mixed terms is not known in time."""

    def checked(terms: Terms, column: Column) -> Column:
        if column.kind is UNBOUND or column.kind.family in (Family.KEY, Family.IRI):
            return NOTHING
        if column.kind is ANY:
            raise Unsupported("a cast of terms that may be of several types")
        return cast(terms, column)

    return checked


def _number(kind: Kind, text: Callable[[Sql], Sql], numbers: str) -> Cast:
    def cast(_terms: Terms, column: Column) -> Column:
        if column.kind is STRING:
            return Column(kind, (text(column.sql),), nullable=True)
        if column.kind in NUMBERS:
            return Column(kind, (sql(numbers, column.sql),), nullable=True)
        if column.kind is BOOLEAN:
            return Column(kind, (sql(f"CAST(CAST({{}} AS INTEGER) AS {kind.types[0]})", column.sql),), nullable=True)
        return NOTHING

    return _plain(cast)


def _decimal(terms: Terms, column: Column) -> Column:
    if column.kind in (DECIMAL, EXACT):
        return column
    whole = sql("sr_exact({}, NULL)", column.sql) if column.kind is DOUBLE else None
    if whole is not None:
        return Column(EXACT, (whole,), nullable=True)
    text = _from_text(_DECIMAL, "TRY_CAST({} AS DECIMAL(38, 18))")
    return _number(EXACT, text, "TRY_CAST({} AS DECIMAL(38, 18))")(terms, column)


def _string(terms: Terms, column: Column) -> Column:
    if column.kind is UNBOUND:
        return NOTHING
    if column.kind is DOUBLE:
        raise Unsupported("a cast of xsd:double to xsd:string")
    if column.kind in (INTEGER, DECIMAL):  # canonical, not as written
        column = Column(column.kind, (column.sql,), column.nullable)
    return Column(STRING, (terms.lexical(column),), column.nullable)


def _boolean(_terms: Terms, column: Column) -> Column:
    if column.kind is BOOLEAN:
        return column
    if column.kind in NUMBERS:
        return Column(BOOLEAN, (sql("({} <> 0)", column.sql),), nullable=True)
    if column.kind is not STRING:
        return NOTHING
    text = "CASE WHEN trim({}) IN ('true', '1') THEN TRUE WHEN trim({}) IN ('false', '0') THEN FALSE END"
    return Column(BOOLEAN, (sql(text, column.sql, column.sql),), nullable=True)


def _moment(kind: Kind, pattern: str, parts: dict[Kind, str]) -> Cast:
    def cast(_terms: Terms, column: Column) -> Column:
        if column.kind is kind:
            return column
        if column.kind is STRING:
            text = _from_text(pattern, "{}")(column.sql)
            local = f"replace(regexp_replace({{}}, '{_ZONE[1:-2]}$', ''), 'T', ' ')"
            valid = sql(f"TRY_CAST({local} AS {_SQL_TYPES[kind]})", text)
            return Column(kind, (sql("CASE WHEN {} IS NOT NULL THEN {} END", valid, text),), nullable=True)
        template = parts.get(column.kind)
        if template is None:
            return NOTHING
        holes = [column.sql] * template.count("{}")
        return Column(kind, (sql(template, *holes),), nullable=True)

    return _plain(cast)


_SQL_TYPES = {DATE: "DATE", DATETIME: "TIMESTAMP", TIME: "TIME"}

_TO_DATE_TIME = {
    DATE: "({} || 'T00:00:00')",
    TEMPORAL: "CASE sr_precision({}) WHEN 'dateTime' THEN {} WHEN 'date' THEN "
    "(substr({}, 1, 10) || 'T00:00:00' || COALESCE(sr_zone({}), '')) END",
}
_TO_DATE = {
    DATETIME: "(substr({}, 1, 10) || COALESCE(sr_zone({}), ''))",
    TEMPORAL: "CASE WHEN length({}) >= 10 THEN (substr({}, 1, 10) || COALESCE(sr_zone({}), '')) END",
}
_TO_TIME = {
    DATETIME: "substr({}, 12)",
    TEMPORAL: "CASE sr_precision({}) WHEN 'dateTime' THEN substr({}, 12) END",
}

CASTS: dict[str, Cast] = {
    XSD + "integer": _number(INTEGER, _from_text(_INTEGER, "TRY_CAST({} AS BIGINT)"), "TRY_CAST(trunc({}) AS BIGINT)"),
    XSD + "decimal": _plain(_decimal),
    XSD + "double": _number(DOUBLE, _from_text(_DOUBLE, "TRY_CAST({} AS DOUBLE)"), "CAST({} AS DOUBLE)"),
    XSD + "string": _string,
    XSD + "boolean": _plain(_boolean),
    XSD + "dateTime": _moment(DATETIME, _DATE_TIME, _TO_DATE_TIME),
    XSD + "date": _moment(DATE, _DATE, _TO_DATE),
    XSD + "time": _moment(TIME, rf"[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}(\.[0-9]+)?{_ZONE}", _TO_TIME),
}
"""Datatype IRI → cast."""
