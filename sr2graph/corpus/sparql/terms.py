"""Columns as terms: constants, texts of IRIs, and when two columns are the same term."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import Protocol

from rdflib.term import Literal, Node, URIRef

from sr2graph.corpus.sparql.kinds import (
    ANY,
    BOOLEAN,
    DATE,
    DATETIME,
    DECIMAL,
    DOUBLE,
    EXACT,
    INTEGER,
    IRI,
    ITEM,
    JSON,
    MADE_IRI,
    NODE,
    NUMBERS,
    REPORT,
    RESOURCE,
    STRING,
    TEMPORAL,
    TIME,
    UNBOUND,
    WKT,
    Column,
    Family,
    Kind,
    Unsupported,
)
from sr2graph.corpus.sparql.sql import FALSE, TRUE, Lookup, Sql, disjunction, name, once, sql, value
from sr2graph.graph.kinds import XSD, decimal, digits, double, double_value

BY_DATATYPE = {k.datatype: k for k in (STRING, INTEGER, DECIMAL, DOUBLE, BOOLEAN, DATE, TIME, DATETIME, JSON, WKT)}
_DATES = {
    XSD + "gYear": re.compile(r"\d{4}([+-]\d\d:\d\d)?"),
    XSD + "gYearMonth": re.compile(r"\d{4}-\d\d([+-]\d\d:\d\d)?"),
    XSD + "date": re.compile(r"\d{4}-\d\d-\d\d([+-]\d\d:\d\d)?"),
    XSD + "dateTime": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)?"),
}
"""What a TEMPORAL column can hold."""
_PLAIN_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_PLAIN_TIME = re.compile(r"\d\d:\d\d:\d\d(\.\d{1,6})?")
_MOST_DIGITS = 1e15
_LEAST = 1e-4
_BIGINT = 2**63
_MOST_CHARACTERS = 300
"""Of a number in a query: far more than a number in SQL can have."""

_IRIS = {ITEM: "item_iris", NODE: "node_iris", RESOURCE: "resource_iris"}
"""Kind → the view that has the IRIs of its keys."""
_OVERLAPS = {frozenset((RESOURCE, other)) for other in (ITEM, REPORT, NODE)}


class Catalog(Protocol):
    """What the compiler asks of the corpus."""

    is_small: bool
    """Whether reading every column of it takes no time to speak of."""

    def key(self, iri: str) -> tuple[Kind, int] | None:
        """Return the kind and key of a report, item or other node by its IRI."""

    def has_rows(self, table: str, condition: tuple[str, str] | None = None) -> bool:
        """Tell whether a table has rows, with (column, value) if given."""

    def keeps(self, table: str, rows: str) -> bool:
        """Tell whether the rows of a SELECT, which are always the same, are kept in memory as a table of that name."""


def number_text(number: float) -> str | None:
    """Return the canonical spelling of a decimal, None where every spelling is kept."""
    if number == int(number) if abs(number) < _MOST_DIGITS else False:
        return str(int(number))
    return repr(number) if _LEAST <= abs(number) < _MOST_DIGITS else None


class Terms:
    """Translates terms for one corpus."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog

    # ------------------------------------------------------------ constants

    def constant(self, term: Node) -> Column:
        """Return the column of a constant, in the kind that its own type says."""
        if isinstance(term, URIRef):
            node = self.catalog.key(str(term)) if "#" in term else None
            if node is not None and node[0] is not REPORT:
                return Column(node[0], (sql(str(node[1])),), constant=term)
            return Column(IRI, (value(str(term)),), constant=term)
        if not isinstance(term, Literal):
            raise Unsupported(f"a {type(term).__name__} as a constant")
        kind = STRING if term.datatype is None and not term.language else BY_DATATYPE.get(str(term.datatype))
        parts = literal_parts(kind, str(term)) if kind is not None and not term.language else None
        if kind is None or parts is None:
            return Column(ANY, (value(spelling(term)),), constant=term)
        return Column(kind, parts, constant=term)

    def constant_as(self, kind: Kind, term: Node) -> tuple[Sql, ...] | None:
        """Return the parts of a constant in a column of a kind, None when the column cannot hold it."""
        if kind is ANY:
            return (self.spelled(self.constant(term)),)
        if isinstance(term, URIRef):
            if kind.family is Family.KEY:
                found = self.catalog.key(str(term))
                fits = found is not None and (found[0] is kind or kind is RESOURCE)
                return (sql(str(found[1])),) if found is not None and fits else None
            return (value(str(term)),) if kind.family is Family.IRI else None
        if not isinstance(term, Literal) or term.language:
            return None
        datatype = str(term.datatype or STRING.datatype)
        if kind is TEMPORAL:
            pattern = _DATES.get(datatype)
            return (value(str(term)),) if pattern is not None and pattern.fullmatch(str(term)) else None
        if kind is EXACT:
            kind = DECIMAL
        return literal_parts(kind, str(term)) if datatype == kind.datatype else None

    # ------------------------------------------------------------ texts

    def iri_text(self, column: Column) -> Sql:
        """Return the full text of an IRI."""
        if column.kind.family is Family.IRI:
            return column.sql
        if column.kind is REPORT and column.origin is not None and column.origin[0].table == "documents":
            return column.origin[0].column("iri")
        if column.kind is REPORT:
            return looked_up("documents", "document", column.sql)
        if column.kind is ITEM and column.place is not None:
            document, position = column.place
            return sql("{} || '#' || {}", looked_up("documents", "document", document), position)
        if column.kind.family is Family.KEY:
            return looked_up(_IRIS[column.kind], "node", column.sql)
        raise Unsupported(f"the IRI of a {column.kind.name}")

    def lexical(self, column: Column) -> Sql:
        """Return STR() of a column (SPARQL 17.4.2.5)."""
        kind = column.kind
        if kind.family in (Family.KEY, Family.IRI):
            return self.iri_text(column)
        if kind is ANY:
            text = once((column.sql,), partial(sql, "sr_lexical({})"))
            return sql("COALESCE({}, {})", text, self._node_iri(column))
        if kind is EXACT:
            return sql("sr_exact_text({})", column.sql)
        if kind in NUMBERS:
            texts = {INTEGER: "CAST({} AS VARCHAR)", DECIMAL: "sr_canonical({})", DOUBLE: "sr_double_text({})"}
            own = sql(texts[kind], column.sql)
            return own if len(column.parts) == 1 else sql("COALESCE({}, {})", column.text, own)
        return sql("CAST({} AS VARCHAR)", column.sql) if kind is BOOLEAN else column.sql

    @staticmethod
    def _node_iri(column: Column) -> Sql:
        """Return the IRI of a node in a column of kind ANY, NULL for other terms."""
        return looked_up("resource_iris", "node", sql("sr_node({})", column.sql))

    def decoded(self, column: Column) -> Sql:
        """Return a column of kind ANY with the IRIs of nodes in it."""
        iri = self._node_iri(column)
        return sql("CASE WHEN {}[1] = '@' THEN '<' || {} || '>' ELSE {} END", column.sql, iri, column.sql)

    def datatype(self, column: Column) -> Sql:
        """Return the datatype IRI of literals, NULL for other terms."""
        if column.kind is ANY:
            return sql("sr_datatype({})", column.sql)
        if column.kind is TEMPORAL:
            return sql("{} || sr_precision({})", name(XSD), column.sql)
        if column.kind.family is not Family.LITERAL:
            return sql("CAST(NULL AS VARCHAR)")
        return sql("CASE WHEN {} THEN {} END", column.bound, name(column.kind.datatype))

    def spelled(self, column: Column) -> Sql:  # noqa: PLR0911 # one way per kind
        """Return the term as columns of kind ANY hold it."""
        kind = column.kind
        if kind in (ANY, UNBOUND):
            return column.sql
        if kind in (ITEM, NODE):
            return sql("'@' || CAST({} AS VARCHAR)", column.sql)
        if column.constant is not None:
            return value(spelling(column.constant))
        if kind is MADE_IRI:
            raise Unsupported("IRI() among terms that may be of several types")
        if kind is RESOURCE:
            report = looked_up("documents", "document", column.sql)
            return sql("COALESCE('<' || {} || '>', '@' || CAST({} AS VARCHAR))", report, column.sql)
        if kind.family is not Family.LITERAL:
            return sql("'<' || {} || '>'", self.iri_text(column))
        lexical = self.lexical(column)
        if kind is STRING:
            return sql("'\"' || {} || '\"'", lexical)
        if kind is TEMPORAL:
            return sql("'\"' || {} || '\"^^<' || {} || '>'", lexical, self.datatype(column))
        return sql("'\"' || {} || {}", lexical, name(f'"^^<{kind.datatype}>'))

    # ------------------------------------------------------------ kinds

    def as_kind(self, column: Column, kind: Kind) -> tuple[Sql, ...]:
        """Return the parts of a column in a kind that can hold all its terms."""
        if column.kind is kind:
            return column.parts if len(column.parts) == len(kind.types) else (column.sql, column.text)
        if column.kind is UNBOUND:
            return tuple(sql(f"CAST(NULL AS {type_})") for type_ in kind.types)
        if kind is DECIMAL and column.kind is EXACT:
            text = self.lexical(column)
            number = sql("CAST({} AS DOUBLE)", column.sql)
            return number, sql("NULLIF({}, sr_canonical({}))", text, number)
        if kind is IRI:
            return (self.iri_text(column),)
        if kind is RESOURCE and column.kind.family is Family.KEY:
            return column.parts
        return (self.spelled(column),)

    def common(self, columns: list[Column]) -> Kind:
        """Return the kind that can hold the terms of several columns."""
        kinds = {column.kind for column in columns} - {UNBOUND}
        if len(kinds) == 1:
            return kinds.pop()
        if not kinds:
            return UNBOUND
        if kinds == {DECIMAL, EXACT}:
            return DECIMAL
        if all(kind.family is Family.KEY for kind in kinds):
            return RESOURCE
        return IRI if all(kind.family is Family.IRI for kind in kinds) else ANY

    def united(self, columns: list[Column]) -> tuple[Kind, list[tuple[Sql, ...]]]:
        """Return the common kind and the parts of each column in it."""
        kind = self.common(columns)
        return kind, [self.as_kind(column, kind) for column in columns]

    # ------------------------------------------------------------ sameness

    def same(self, a: Column, b: Column) -> Sql | None:
        """Return when two columns that are bound are the same term, None when they cannot be."""
        if UNBOUND in (a.kind, b.kind):
            return None
        for one, other in ((a, b), (b, a)):
            if one.constant is not None:
                parts = self.constant_as(other.kind, one.constant)
                if other.constant is not None:
                    return TRUE if other.constant == one.constant else None
                return None if parts is None else _equal(other, replace(other, parts=parts))
        return self._same_kinds(a, b)

    def _same_kinds(self, a: Column, b: Column) -> Sql | None:  # noqa: PLR0911 # one way per pair of kinds
        if a.kind is b.kind or frozenset((a.kind, b.kind)) in _OVERLAPS:
            return _equal(a, b)
        families = {a.kind.family, b.kind.family}
        if families == {Family.KEY}:
            return None
        if {a.kind, b.kind} == {DECIMAL, EXACT}:
            return sql("{} = {}", self.lexical(a), self.lexical(b))
        if families <= {Family.KEY, Family.IRI}:
            # No UID or code has the IRI of an item: a `#` in a UID is percent-encoded.
            if IRI in (a.kind, b.kind) and {ITEM, NODE} & {a.kind, b.kind}:
                return None
            return sql("{} = {}", self.iri_text(a), self.iri_text(b))
        temporal = TEMPORAL in (a.kind, b.kind) and {DATE, DATETIME} & {a.kind, b.kind}
        if Family.ANY in families or temporal:
            return sql("{} = {}", self.spelled(a), self.spelled(b))
        return None

    def joinable(self, a: Column, b: Column) -> Sql:
        """Return when two columns, bound or not, are compatible (SPARQL 18.3)."""
        same = self.same(a, b)
        missing = [column.unbound for column in (a, b) if column.nullable]
        return disjunction([FALSE if same is None else same, *missing])

    def coalesced(self, a: Column, b: Column) -> Column:
        """Return the first of two columns that is bound."""
        kind, (first, second) = self.united([a, b])
        if len(kind.types) == 1:
            return Column(kind, (sql("COALESCE({}, {})", first[0], second[0]),), a.nullable and b.nullable)
        choice = "CASE WHEN {} THEN {} ELSE {} END"
        parts = tuple(sql(choice, a.bound, x, y) for x, y in zip(first, second, strict=True))
        return Column(kind, parts, a.nullable and b.nullable)


def _equal(a: Column, b: Column) -> Sql:
    if a.parts == b.parts:
        return TRUE
    first = sql("{} = {}", a.sql, b.sql)
    if len(a.parts) == len(b.parts) == 1:
        return first
    text = sql("{} IS NOT DISTINCT FROM {}", a.text, b.text)
    if a.kind is INTEGER:  # a number of more than 64 bits has only its spelling
        return sql("{} IS NOT DISTINCT FROM {} AND {}", a.sql, b.sql, text)
    return sql("{} AND {}", first, text)


def looked_up(table: str, key: str, value_: Sql) -> Sql:
    """Return the IRI in the row of a table that has a key."""
    return Sql((Lookup(table, key, "iri", value_),))


def spelling(term: Node) -> str:
    """Return a term in the spelling of N-Triples with nothing escaped.

    >>> spelling(Literal("1.10", datatype=XSD + "decimal"))
    '"1.10"^^<http://www.w3.org/2001/XMLSchema#decimal>'
    """
    if isinstance(term, URIRef):
        return f"<{term}>"
    if not isinstance(term, Literal):
        raise Unsupported(f"a {type(term).__name__} as a constant")
    if term.language:
        return f'"{term}"@{term.language.lower()}'
    if term.datatype is None or str(term.datatype) == STRING.datatype:
        return f'"{term}"'
    return f'"{term}"^^<{term.datatype}>'


def literal_parts(kind: Kind, text: str) -> tuple[Sql, ...] | None:  # noqa: C901, PLR0911 # one way out per kind
    """Return the parts of a literal of a kind, None where its text is not of the kind."""
    null = sql("CAST(NULL AS VARCHAR)")
    if kind is INTEGER:
        if digits(text) is None or len(text) > _MOST_CHARACTERS or abs(int(text)) >= _BIGINT:
            return None
        return sql(f"CAST({int(text)} AS BIGINT)"), null if str(int(text)) == text else value(text)
    if kind is DECIMAL:
        if decimal(text) != text or len(text) > _MOST_CHARACTERS:
            return None
        number = float(text)
        return _double(number), null if number_text(number) == text else value(text)
    if kind is DOUBLE:
        try:
            number = double_value(text)
        except ValueError:
            return None
        return _double(number), null if double(number) == text else value(text)
    if kind is BOOLEAN:
        return (TRUE if text == "true" else FALSE,) if text in ("true", "false") else None
    if kind is DATE:
        return (value(text),) if _PLAIN_DATE.fullmatch(text) else None
    if kind is TIME:
        return (value(text),) if _PLAIN_TIME.fullmatch(text) else None
    if kind is DATETIME:
        return (value(text),) if _DATES[XSD + "dateTime"].fullmatch(text) else None
    return (value(text),)


def _double(number: float) -> Sql:
    text = {"nan": "'NaN'", "inf": "'Infinity'", "-inf": "'-Infinity'"}.get(repr(number), f"{number!r}")
    return sql(f"CAST({text} AS DOUBLE)")
