"""The functions of SPARQL (17.4) and the casts of XPath, as SQL."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import Literal

from sr2graph.corpus.sparql.casts import CASTS
from sr2graph.corpus.sparql.comparison import MOMENTS, effective_boolean, number
from sr2graph.corpus.sparql.kinds import (
    ANY,
    BOOLEAN,
    DATETIME,
    DOUBLE,
    EXACT,
    INTEGER,
    IRI,
    MADE_IRI,
    NOTHING,
    NUMBERS,
    STRING,
    TIME,
    UNBOUND,
    Column,
    Family,
    Kind,
    Unsupported,
)
from sr2graph.corpus.sparql.sql import FALSE, Lookup, Sql, joined, name, sql, value
from sr2graph.graph.iris import begins_like_report

if TYPE_CHECKING:
    from sr2graph.corpus.sparql.expressions import Expressions, Scope

NO_STRING = sql("CAST(NULL AS VARCHAR)")
_REGEX_FLAGS = frozenset("ims")
_ABSOLUTE = r"^[A-Za-z][A-Za-z0-9+.\-]*:[^\x00-\x20<>\"{}|\\^`]*$"


def function(self: Expressions, e: CompValue, scope: Scope) -> Column:
    """Return the value of a function call."""
    if e.name == "Function":
        cast = CASTS.get(str(e.iri))
        if cast is None or len(e.expr) != 1:
            raise Unsupported(f"the function <{e.iri}>")
        return cast(self.terms, self.column(e.expr[0], scope))
    call = _FUNCTIONS.get(e.name.removeprefix("Builtin_").upper())
    if call is None:
        raise Unsupported(f"the function {e.name.removeprefix('Builtin_')}")
    return call(self, e, scope)


def string(column: Column) -> Sql:
    """Return the text of an xsd:string, NULL for other terms."""
    if isinstance(column.constant, Literal) and column.constant.language:
        raise Unsupported("functions of strings with a language")
    if column.kind is STRING:
        return column.sql
    return sql("sr_string({})", column.sql) if column.kind is ANY else NO_STRING


def _text(sql_: Sql) -> Column:
    return Column(STRING, (sql_,), nullable=True)


def _truth(sql_: Sql) -> Column:
    return Column(BOOLEAN, (sql_,), nullable=True)


# ---------------------------------------------------------------- forms of calls

Call = Callable[["Expressions", CompValue, "Scope"], Column]


def _of_strings(template: str, *arguments: str, kind: Kind = STRING) -> Call:
    """Return a function whose arguments are all strings."""

    def call(self: Expressions, e: CompValue, scope: Scope) -> Column:
        texts = [string(self.column(getattr(e, argument), scope)) for argument in arguments]
        used = [texts[int(i)] for i in re.findall(r"\{(\d)\}", template)]
        return Column(kind, (sql(re.sub(r"\{\d\}", "{}", template), *used),), nullable=True)

    return call


def _of_number(template: str, whole: str = "{}") -> Call:
    """Return a function from numbers to numbers of the same type."""

    def call(self: Expressions, e: CompValue, scope: Scope) -> Column:
        from sr2graph.corpus.sparql.expressions import exact

        column = self.column(e.arg, scope)
        if column.kind is ANY:
            raise Unsupported("rounding of terms that may be of several types")
        if column.kind not in NUMBERS:
            return NOTHING
        if column.kind is INTEGER:
            return Column(INTEGER, (sql(whole, column.sql),), nullable=True)
        if column.kind is DOUBLE:
            return Column(DOUBLE, (sql(template, column.sql),), nullable=True)
        return Column(EXACT, (sql(f"CAST({template} AS DECIMAL(38, 18))", exact(self.terms, column)),), nullable=True)

    return call


def _moment(part: Callable[[Column], Column]) -> Call:
    def call(self: Expressions, e: CompValue, scope: Scope) -> Column:
        column = self.column(e.arg, scope)
        if column.kind is ANY:
            raise Unsupported("parts of dates among terms that may be of several types")
        return part(column) if column.kind in MOMENTS or column.kind is TIME else NOTHING

    return call


def _date_part(start: int, length: int) -> Call:
    def part(column: Column) -> Column:
        if column.kind is TIME:
            return NOTHING
        text = sql(f"TRY_CAST(substr({{}}, {start}, {length}) AS BIGINT)", column.sql)
        if start > 1:  # a year has no month
            long_enough = f"length(regexp_replace({{}}, '(Z|[+-][0-9][0-9]:[0-9][0-9])$', '')) >= {start + length - 1}"
            text = sql(f"CASE WHEN {long_enough} THEN {{}} END", column.sql, text)
        return Column(INTEGER, (text,), nullable=True)

    return _moment(part)


def _clock_part(start: int) -> Call:
    return _moment(
        lambda column: Column(
            INTEGER, (sql(f"TRY_CAST(substr(sr_clock({{}}), {start}, 2) AS BIGINT)", column.sql),), nullable=True
        )
    )


def _seconds(column: Column) -> Column:
    return Column(EXACT, (sql("TRY_CAST(substr(sr_clock({}), 7) AS DECIMAL(38, 18))", column.sql),), nullable=True)


def _zone(column: Column) -> Column:
    zone = "CASE sr_zone({}) WHEN '+00:00' THEN 'Z' ELSE COALESCE(sr_zone({}), '') END"
    return _text(sql(f"CASE WHEN {{}} IS NOT NULL THEN {zone} END", column.sql, column.sql, column.sql))


# ---------------------------------------------------------------- terms


def _bound(self: Expressions, e: CompValue, scope: Scope) -> Column:
    column = self.column(e.arg, scope)
    return Column(BOOLEAN, (column.bound if column.nullable else sql("TRUE"),))


def _starts(self: Expressions, e: CompValue, scope: Scope) -> Column:
    """STRSTARTS; the IRI of a node cannot begin with what no IRI of a report begins with."""
    text, start = self.column(e.arg1, scope), self.column(e.arg2, scope).constant
    of_node = not text.nullable and text.kind is STRING and isinstance(text.sql.pieces[0], Lookup)
    if of_node and isinstance(start, Literal) and not begins_like_report(str(start)):
        return Column(BOOLEAN, (FALSE,))
    return _STARTS(self, e, scope)


_STARTS = _of_strings("starts_with({0}, {1})", "arg1", "arg2", kind=BOOLEAN)


def _str(self: Expressions, e: CompValue, scope: Scope) -> Column:
    column = self.column(e.arg, scope)
    return Column(STRING, (self.terms.lexical(column),), column.nullable) if column.kind is not UNBOUND else NOTHING


def _datatype(self: Expressions, e: CompValue, scope: Scope) -> Column:
    return Column(IRI, (self.terms.datatype(self.column(e.arg, scope)),), nullable=True)


def _lang(self: Expressions, e: CompValue, scope: Scope) -> Column:
    column = self.column(e.arg, scope)
    if column.kind is ANY:
        return _text(sql("sr_language({})", column.sql))
    if column.kind.family is not Family.LITERAL:
        return NOTHING
    return _text(sql("CASE WHEN {} THEN '' END", column.bound))


def _iri(self: Expressions, e: CompValue, scope: Scope) -> Column:
    column = self.column(e.arg, scope)
    if column.kind.family in (Family.KEY, Family.IRI):
        return column
    text = string(column)
    iri = sql("CASE WHEN regexp_matches({}, {}) THEN {} END", text, name(_ABSOLUTE), text)
    if column.kind is ANY:
        iri = sql("CASE WHEN sr_is_iri({}) THEN {} ELSE {} END", column.sql, self.terms.lexical(column), iri)
    return Column(MADE_IRI, (iri,), nullable=True)


def _is(families: set[Family], spelled: str) -> Call:
    def call(self: Expressions, e: CompValue, scope: Scope) -> Column:
        column = self.column(e.arg, scope)
        if column.kind is UNBOUND:
            return NOTHING
        if column.kind is ANY:
            return _truth(sql(spelled, column.sql))
        result = str(column.kind.family in families).upper()
        return _truth(sql(f"CASE WHEN {{}} THEN {result} END", column.bound))

    return call


def _is_numeric(self: Expressions, e: CompValue, scope: Scope) -> Column:
    column = self.column(e.arg, scope)
    if column.kind is UNBOUND:
        return NOTHING
    if column.kind is ANY:
        return _truth(sql("CASE WHEN {} IS NOT NULL THEN sr_number({}) IS NOT NULL END", column.sql, column.sql))
    return _truth(sql(f"CASE WHEN {{}} THEN {str(column.kind in NUMBERS).upper()} END", column.bound))


def _same_term(self: Expressions, e: CompValue, scope: Scope) -> Column:
    a, b = self.column(e.arg1, scope), self.column(e.arg2, scope)
    if UNBOUND in (a.kind, b.kind):
        return NOTHING
    same = self.terms.same(a, b)
    result = sql("FALSE") if same is None else same
    return _truth(sql("CASE WHEN {} AND {} THEN {} END", a.bound, b.bound, result))


def _typed(self: Expressions, e: CompValue, scope: Scope) -> Column:
    text, datatype = self.column(e.arg1, scope), self.column(e.arg2, scope)
    if datatype.kind is not IRI:
        return NOTHING
    return Column(ANY, (sql("'\"' || {} || '\"^^<' || {} || '>'", string(text), datatype.sql),), nullable=True)


def _with_language(self: Expressions, e: CompValue, scope: Scope) -> Column:
    text, language = string(self.column(e.arg1, scope)), string(self.column(e.arg2, scope))
    return Column(ANY, (sql("'\"' || {} || '\"@' || lower(NULLIF({}, ''))", text, language),), nullable=True)


# ---------------------------------------------------------------- choices


def _if(self: Expressions, e: CompValue, scope: Scope) -> Column:
    condition = effective_boolean(self.column(e.arg1, scope))
    columns = [self.column(e.arg2, scope), self.column(e.arg3, scope)]
    kind, (yes, no) = self.terms.united(columns)
    parts = tuple(
        sql("CASE WHEN {} THEN {} WHEN NOT ({}) THEN {} END", condition, a, condition, b)
        for a, b in zip(yes, no, strict=True)
    )
    return Column(kind, parts, nullable=True)


def _coalesce(self: Expressions, e: CompValue, scope: Scope) -> Column:
    columns = [self.column(arg, scope) for arg in e.arg]
    result = columns[0]
    for column in columns[1:]:
        result = self.terms.coalesced(result, column)
    return result


# ---------------------------------------------------------------- strings


def _concat(self: Expressions, e: CompValue, scope: Scope) -> Column:
    texts = [string(self.column(arg, scope)) for arg in e.arg or []]
    return _text(sql("({})", joined(" || ", texts))) if texts else Column(STRING, (sql("''"),))


def _substr(self: Expressions, e: CompValue, scope: Scope) -> Column:
    text, start = string(self.column(e.arg, scope)), self.column(e.start, scope)
    first = sql("round(CAST({} AS DOUBLE))", number(start))
    begin = sql("greatest({}, 1)", first)
    if e.length is None:
        return _text(sql("substr({}, CAST({} AS BIGINT))", text, begin))
    length = sql("round(CAST({} AS DOUBLE))", number(self.column(e.length, scope)))
    return _text(sql("sr_substring({}, {}, {} + {} - {})", text, begin, first, length, begin))


def _regex(self: Expressions, e: CompValue, scope: Scope) -> Column:
    pattern = _pattern(self, e, scope)
    text = string(self.column(e.text, scope))
    return _truth(sql("TRY(regexp_matches({}, {}))", text, pattern))


def _pattern(self: Expressions, e: CompValue, scope: Scope) -> Sql:
    flags = _constant_text(e.flags, "the flags of a regular expression") if e.flags is not None else ""
    pattern = self.column(e.pattern, scope)
    if set(flags) - _REGEX_FLAGS - {"q"}:
        raise Unsupported(f"the flags {flags!r} of a regular expression")
    letters = "".join(sorted(set(flags) & _REGEX_FLAGS))
    inline = f"(?{letters})" if letters else "(?-s)"
    if "q" in flags:
        return value(inline + re.escape(_constant_text(pattern.constant, "a literal pattern")))
    return sql("{} || {}", name(inline), string(pattern))


def _replace(self: Expressions, e: CompValue, scope: Scope) -> Column:
    replacement = _constant_text(self.column(e.replacement, scope).constant, "the replacement of REPLACE")
    rewritten = re.sub(r"\\(\\|\$)|\$(\d)|(\\)", _group, replacement)
    pattern = _pattern(self, e, scope)
    text = string(self.column(e.arg, scope))
    return _text(sql("TRY(regexp_replace({}, {}, {}, 'g'))", text, pattern, value(rewritten)))


def _group(match: re.Match[str]) -> str:
    if match[2]:
        return "\\" + match[2]
    return "$" if match[1] == "$" else "\\\\"


def _constant_text(term: object, what: str) -> str:
    if not isinstance(term, Literal) or term.language:
        raise Unsupported(f"{what} that is not a constant")
    return str(term)


_NOT_FOUND = "CASE WHEN strpos({0}, {1}) > 0 THEN %s WHEN {0} IS NOT NULL AND {1} IS NOT NULL THEN '' END"


def _now(self: Expressions, e: CompValue, scope: Scope) -> Column:  # noqa: ARG001 # one signature for all
    return Column(DATETIME, (value(datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")),))


_HALF_UP = "floor({} + 0.5)"

_FUNCTIONS: dict[str, Call] = {
    "BOUND": _bound,
    "STR": _str,
    "DATATYPE": _datatype,
    "LANG": _lang,
    "IRI": _iri,
    "URI": _iri,
    "ISIRI": _is({Family.KEY, Family.IRI}, "sr_is_iri({})"),
    "ISURI": _is({Family.KEY, Family.IRI}, "sr_is_iri({})"),
    "ISLITERAL": _is({Family.LITERAL}, "starts_with({}, '\"')"),
    "ISBLANK": _is(set(), "CASE WHEN {} IS NOT NULL THEN FALSE END"),
    "ISNUMERIC": _is_numeric,
    "SAMETERM": _same_term,
    "STRDT": _typed,
    "STRLANG": _with_language,
    "IF": _if,
    "COALESCE": _coalesce,
    "CONCAT": _concat,
    "SUBSTR": _substr,
    "REGEX": _regex,
    "REPLACE": _replace,
    "NOW": _now,
    "STRLEN": _of_strings("CAST(length({0}) AS BIGINT)", "arg", kind=INTEGER),
    "UCASE": _of_strings("upper(replace({0}, 'ß', 'ss'))", "arg"),
    "LCASE": _of_strings("lower({0})", "arg"),
    "ENCODE_FOR_URI": _of_strings("url_encode({0})", "arg"),
    "CONTAINS": _of_strings("contains({0}, {1})", "arg1", "arg2", kind=BOOLEAN),
    "STRSTARTS": _starts,
    "STRENDS": _of_strings("ends_with({0}, {1})", "arg1", "arg2", kind=BOOLEAN),
    "STRBEFORE": _of_strings(_NOT_FOUND % "substr({0}, 1, strpos({0}, {1}) - 1)", "arg1", "arg2"),
    "STRAFTER": _of_strings(_NOT_FOUND % "substr({0}, strpos({0}, {1}) + length({1}))", "arg1", "arg2"),
    "LANGMATCHES": _of_strings(
        "CASE WHEN {1} = '*' THEN {0} <> '' "
        "ELSE lower({0}) = lower({1}) OR starts_with(lower({0}), lower({1}) || '-') END",
        "arg1",
        "arg2",
        kind=BOOLEAN,
    ),
    "MD5": _of_strings("md5({0})", "arg"),
    "SHA1": _of_strings("sha1({0})", "arg"),
    "SHA256": _of_strings("sha256({0})", "arg"),
    "ABS": _of_number("abs({})", "abs({})"),
    "CEIL": _of_number("ceil({})"),
    "FLOOR": _of_number("floor({})"),
    "ROUND": _of_number(_HALF_UP),
    "YEAR": _date_part(1, 4),
    "MONTH": _date_part(6, 2),
    "DAY": _date_part(9, 2),
    "HOURS": _clock_part(1),
    "MINUTES": _clock_part(4),
    "SECONDS": _moment(_seconds),
    "TZ": _moment(_zone),
}
"""Name in capitals → how it is called."""
