"""When an answer is right: the same multiset of solutions, in an order and a slice that the query allows."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cmp_to_key, partial
from itertools import pairwise
from typing import Any

import pyoxigraph

from tests.sparql.oracle import Answer, Statements, Table
from tests.sparql.shape import Shape
from tests.sparql.spec.values import moment
from tests.sparql.terms import MOMENTS, NUMERIC, STRING, XSD, Row, Term, close, number, value

MANY = 400
"""Rows up to which every pair is looked at when an order is only partly defined."""


def difference(found: Answer, expected: Answer, shape: Shape) -> str:
    """Return what is wrong with an answer, empty when nothing is.

    `expected` is the answer without LIMIT and OFFSET, in any order.
    """
    if isinstance(found, Table) and isinstance(expected, Table):
        return _table_difference(found, expected, shape)
    if isinstance(found, Statements) and isinstance(expected, Statements):
        return _statement_difference(found, expected, shape)
    return "" if found == expected else f"{_brief(found)} instead of {_brief(expected)}"


def _brief(answer: Answer) -> str:
    return str(answer) if isinstance(answer, bool) else type(answer).__name__


def bound_only(answer: Answer) -> Answer:
    """The answer without variables that no solution binds: engines differ in which they show for `*`."""
    if not isinstance(answer, Table):
        return answer
    kept = [i for i, _ in enumerate(answer.variables) if any(row[i] is not None for row in answer.rows)]
    return Table(tuple(answer.variables[i] for i in kept), tuple(tuple(row[i] for i in kept) for row in answer.rows))


# ---------------------------------------------------------------- tables


def _table_difference(found: Table, expected: Table, shape: Shape) -> str:
    if sorted(found.variables) != sorted(expected.variables):
        return f"variables {found.variables} instead of {expected.variables}"
    if shape.variables is not None and found.variables != shape.variables:
        return f"variables {found.variables} in another order than {shape.variables}"
    ours, theirs = _comparable(found, expected.variables, shape), _comparable(expected, expected.variables, shape)
    extra, missing = unmatched(ours, theirs)
    return _slice_problem(found, expected, shape, extra, missing) or misordered(found, shape)


def _comparable(table: Table, variables: tuple[str, ...], shape: Shape) -> list[Row]:
    """The rows by value, columns in that order, concatenations in an order of their own."""
    columns = [table.variables.index(name) for name in variables]
    separators = [shape.concatenations.get(name) for name in variables]
    return [
        tuple(
            value(row[column]) if separator is None else _sorted(row[column], separator)
            for column, separator in zip(columns, separators, strict=True)
        )
        for row in table.rows
    ]


def _sorted(term: Term | None, separator: str) -> Term | None:
    if term is None:
        return None
    return term._replace(text="\x00".join(sorted(term.text.split(separator) if separator else term.text)))


def unmatched(found: Iterable[Row], expected: Iterable[Row]) -> tuple[list[Row], list[Row]]:
    """Return the rows that only one side has, after pairing those whose numbers are close."""
    ours, theirs = Counter(found), Counter(expected)
    extra, missing = list((ours - theirs).elements()), list((theirs - ours).elements())
    if not extra or not missing:
        return extra, missing
    waiting: dict[Row, list[Row]] = {}
    for row in sorted(missing, key=_numbers):
        waiting.setdefault(_frame(row), []).append(row)
    alone = []
    for row in sorted(extra, key=_numbers):
        candidates = waiting.get(_frame(row), [])
        match = next((other for other in candidates if all(map(close, row, other))), None)
        if match is None:
            alone.append(row)
        else:
            candidates.remove(match)
    return alone, [row for rows in waiting.values() for row in rows]


def _frame(row: Row) -> Row:
    """The row without the numbers that may differ a little."""
    return tuple(term and (term._replace(text="") if term.datatype in NUMERIC else term) for term in row)


def _numbers(row: Row) -> list[float]:
    found = (number(term) if term else None for term in row)
    return [float(n) for n in found if n is not None and not math.isnan(n)]


def _slice_problem(found: Table, expected: Table, shape: Shape, extra: list[Row], missing: list[Row]) -> str:
    if extra:
        return f"{len(extra)} rows too many, such as {shown(extra[0])}; {_missing(missing, shape)}"
    if not shape.sliced:
        return _missing(missing, shape) if missing and not _reduced(found, expected, shape) else ""
    count = max(0, len(expected.rows) - shape.offset)
    count = count if shape.limit is None else min(count, shape.limit)
    if len(found.rows) != count:
        return f"{len(found.rows)} rows instead of {count}"
    return _misplaced(found, expected, shape)


def _missing(missing: list[Row], shape: Shape) -> str:
    if shape.sliced or not missing:
        return "none missing"
    return f"{len(missing)} rows missing, such as {shown(missing[0])}"


def _reduced(found: Table, expected: Table, shape: Shape) -> bool:
    """REDUCED may drop copies, but not all of them."""
    if shape.modifier != "REDUCED":
        return False
    variables = expected.variables
    return set(_comparable(found, variables, shape)) == set(_comparable(expected, variables, shape))


def _misplaced(found: Table, expected: Table, shape: Shape) -> str:
    """Tell when a slice of an ordered answer holds other sort keys than the full answer has there."""
    theirs = list(_keys(expected, shape))
    if not shape.order or not _uniform(theirs):
        return ""
    theirs.sort(key=cmp_to_key(partial(_compare_settled, shape)))
    for index, ours in enumerate(_keys(found, shape)):
        if compare_rows(ours, theirs[shape.offset + index], shape):
            return f"row {index} sorts by {shown(ours)}, {shown(theirs[shape.offset + index])} belongs there"
    return ""


def shown(row: Iterable[Term | None]) -> str:
    """Return a row as text."""
    return "(" + ", ".join("UNDEF" if term is None else str(term) for term in row) + ")"


# ---------------------------------------------------------------- order


def _keys(table: Table, shape: Shape) -> Iterator[Row]:
    columns = [table.variables.index(name) for name, _ in shape.order]
    for row in table.rows:
        yield tuple(row[column] for column in columns)


def misordered(table: Table, shape: Shape) -> str:
    """Return where an answer breaks the order that its query asks for, as far as SPARQL defines one (15.1)."""
    if not shape.order:
        return ""
    keys = list(_keys(table, shape))
    pairs = pairwise(keys) if _uniform(keys) else _pairs(keys[:MANY])
    for one, other in pairs:
        if (compare_rows(one, other, shape) or 0) > 0:
            return f"{shown(one)} stands before {shown(other)}"
    return ""


def _pairs(keys: list[Row]) -> Iterator[tuple[Row, Row]]:
    return ((one, other) for index, one in enumerate(keys) for other in keys[index + 1 :])


def _uniform(keys: list[Row]) -> bool:
    """Whether the literals of each key can all be compared, so that neighbours tell the whole order."""
    columns = zip(*keys, strict=True)
    kinds = [{_kind(term) for term in column if term and term.kind == "literal"} for column in columns]
    return all(len(found) <= 1 and "" not in found for found in kinds)


def _kind(term: Term) -> str:
    """What a literal can be compared with; empty when with nothing but itself."""
    if term.datatype in NUMERIC:
        found = number(term)
        return "number" if found is not None and not math.isnan(found) else ""
    if term.datatype in (STRING, XSD + "boolean"):
        return term.datatype
    if term.datatype in MOMENTS:
        return f"{term.datatype} {_zoned(term)}"
    return ""


def _zoned(term: Term) -> bool:
    return term.text.endswith("Z") or term.text[-6:-5] in ("+", "-")


def compare_rows(one: Row, other: Row, shape: Shape) -> int | None:
    """Return -1, 0 or 1 as a row of sort keys comes before, beside or after another; None where SPARQL is silent."""
    for first, second, (_, descending) in zip(one, other, shape.order, strict=True):
        sign = compare(first, second)
        if sign is None:
            return None
        if sign:
            return -sign if descending else sign
    return 0


def _compare_settled(shape: Shape, one: Row, other: Row) -> int:
    return compare_rows(one, other, shape) or 0


BANDS = {"blank": 1, "iri": 2, "literal": 3}
"""SPARQL 15.1: unbound comes first, then blank nodes, IRIs, literals."""


def compare(one: Term | None, other: Term | None) -> int | None:
    """Compare two terms as ORDER BY does; None where SPARQL leaves it open."""
    bands = [BANDS[term.kind] if term else 0 for term in (one, other)]
    if one is None or other is None or bands[0] != bands[1]:
        return _sign(bands[0], bands[1])
    if one.kind == "iri":
        return _sign(one.text, other.text)
    if one.kind == "blank":
        return None
    if value(one) == value(other):
        return 0
    return _compare_literals(one, other) if _kind(one) == _kind(other) != "" else None


def _compare_literals(one: Term, other: Term) -> int:
    if _kind(one) == "number":
        first, second = number(one), number(other)
        assert first is not None
        assert second is not None
        if isinstance(first, float) or isinstance(second, float):
            return _sign(float(first), float(second))
        return _sign(first, second)
    if one.datatype in MOMENTS:
        return _sign(moment(one).instant, moment(other).instant)
    return _sign(one.text, other.text)


def _sign(one: Any, other: Any) -> int:
    return int(one > other) - int(one < other)


# ---------------------------------------------------------------- graphs


def _statement_difference(found: Statements, expected: Statements, shape: Shape) -> str:
    ours, theirs = _canonical(found), _canonical(expected)
    strange = ours - theirs if shape.sliced else ours ^ theirs
    return f"{len(found.triples)} statements, {len(expected.triples)} expected; {min(strange)}" if strange else ""


def _canonical(statements: Statements) -> frozenset[str]:
    """The statements by value, blank nodes named by where they stand."""
    strange = {triple for triple in statements.triples if triple[0].kind == "literal" or triple[1].kind != "iri"}
    sound = statements.triples - strange
    graph = pyoxigraph.Dataset(pyoxigraph.Quad(*map(_node, triple)) for triple in sound)  # type: ignore[arg-type]
    graph.canonicalize(pyoxigraph.CanonicalizationAlgorithm.UNSTABLE)
    return frozenset(map(str, graph)) | frozenset(map(shown, strange))


def _node(term: Term) -> pyoxigraph.NamedNode | pyoxigraph.BlankNode | pyoxigraph.Literal:
    if term.kind == "iri":
        return pyoxigraph.NamedNode(term.text)
    if term.kind == "blank":
        return pyoxigraph.BlankNode(term.text)
    same = value(term)
    assert same is not None
    if same.language:
        return pyoxigraph.Literal(same.text, language=same.language)
    return pyoxigraph.Literal(same.text, datatype=pyoxigraph.NamedNode(same.datatype))


# ---------------------------------------------------------------- spelling


def respelled(found: Table, literals: frozenset[Term], shape: Shape) -> str:
    """Return a literal of the answer that was matched from the data but is not spelled as there."""
    columns = [i for i, name in enumerate(found.variables) if name in shape.matched]
    for row in found.rows:
        for column in columns:
            term = row[column]
            if term is not None and term.kind == "literal" and term not in literals:
                return f"?{found.variables[column]} = {term} is not in the data in that spelling"
    return ""
