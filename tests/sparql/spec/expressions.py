"""Expressions (SPARQL 1.1, 17): operators, logic with errors, aggregates."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import BNode, Literal, URIRef, Variable

from tests.sparql.parsing import parts
from tests.sparql.spec.casts import CASTS, cast
from tests.sparql.spec.functions import FUNCTIONS, simple
from tests.sparql.spec.parse import term
from tests.sparql.spec.values import (
    ExpressionError,
    arithmetic,
    boolean,
    equal,
    number,
    number_term,
    ordered,
    sort_key,
    truth,
)
from tests.sparql.terms import XSD, Term, literal

Solution = Mapping[str, Term]


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression sees."""

    solution: Solution
    exists: Callable[[Any, Solution], bool]
    """Whether a pattern matches, with the variables of a solution put in."""
    group: tuple["Scope", ...] | None = None
    """The solutions that aggregates go over."""


def evaluated(node: Any, scope: Scope) -> Term:
    """Return the value of an expression; ExpressionError where it has none."""
    if isinstance(node, Variable):
        try:
            return scope.solution[str(node)]
        except KeyError:
            raise ExpressionError(f"{node} is unbound") from None
    if isinstance(node, (URIRef, Literal, BNode)):
        return term(node)
    name = node.name
    if name in ("pname", "literal"):
        return term(node)
    if name in OPERATORS:
        return OPERATORS[name](node, scope)
    if name.startswith("Aggregate_"):
        return _aggregate(node, scope)
    return _function(node, scope)


def value_or_none(node: Any, scope: Scope) -> Term | None:
    """Return the value of an expression, None where it has none."""
    try:
        return evaluated(node, scope)
    except ExpressionError:
        return None


def holds(node: Any, scope: Scope) -> bool:
    """Whether a filter lets a solution pass."""
    try:
        return truth(evaluated(node, scope))
    except ExpressionError:
        return False


# ---------------------------------------------------------------- operators


def _others(node: CompValue) -> list[Any]:
    return parts(node, "other")


def _logic(decisive: bool) -> Callable[[CompValue, Scope], Term]:
    """|| and &&: one decisive operand decides, whatever the others (17.2)."""

    def operator(node: CompValue, scope: Scope) -> Term:
        operands = [node["expr"], *_others(node)]
        if len(operands) == 1:
            return evaluated(operands[0], scope)
        error: ExpressionError | None = None
        for operand in operands:
            try:
                if truth(evaluated(operand, scope)) == decisive:
                    return boolean(decisive)
            except ExpressionError as cause:
                error = cause
        if error:
            raise error
        return boolean(not decisive)

    return operator


def _relation(node: CompValue, scope: Scope) -> Term:
    if "op" not in node:
        return evaluated(node["expr"], scope)
    operator = str(node["op"]).upper()
    one = evaluated(node["expr"], scope)
    if operator in ("IN", "NOT IN"):
        members = [] if isinstance(node["other"], URIRef) else list(node["other"])
        return boolean(_member(one, members, scope) == (operator == "IN"))
    other = evaluated(node["other"], scope)
    if operator in ("=", "!="):
        return boolean(equal(one, other) == (operator == "="))
    return boolean(ordered(operator, one, other))


def _member(one: Term, members: list[Any], scope: Scope) -> bool:
    error: ExpressionError | None = None
    for member in members:
        try:
            if equal(one, evaluated(member, scope)):
                return True
        except ExpressionError as cause:
            error = cause
    if error:
        raise error
    return False


def _chain(node: CompValue, scope: Scope) -> Term:
    result = evaluated(node["expr"], scope)
    for operator, other in zip(parts(node, "op"), _others(node), strict=True):
        result = arithmetic(str(operator), result, evaluated(other, scope))
    return result


def _negative(node: CompValue, scope: Scope) -> Term:
    place, value = number(evaluated(node["expr"], scope))
    return number_term(-value, place)


def _positive(node: CompValue, scope: Scope) -> Term:
    found = evaluated(node["expr"], scope)
    number(found)
    return found


def _first(node: CompValue, scope: Scope) -> Term:
    for argument in _list(node["arg"]):
        found = value_or_none(argument, scope)
        if found is not None:
            return found
    raise ExpressionError("COALESCE finds nothing")


def _blank(node: CompValue, scope: Scope) -> Term:
    return Term("blank", simple(evaluated(node["arg"], scope)) if "arg" in node else str(BNode()))


OPERATORS: dict[str, Callable[[CompValue, Scope], Term]] = {
    "ConditionalOrExpression": _logic(decisive=True),
    "ConditionalAndExpression": _logic(decisive=False),
    "RelationalExpression": _relation,
    "AdditiveExpression": _chain,
    "MultiplicativeExpression": _chain,
    "UnaryNot": lambda node, scope: boolean(not truth(evaluated(node["expr"], scope))),
    "UnaryMinus": _negative,
    "UnaryPlus": _positive,
    "Builtin_BOUND": lambda node, scope: boolean(str(node["arg"]) in scope.solution),
    "Builtin_EXISTS": lambda node, scope: boolean(scope.exists(node["graph"], scope.solution)),
    "Builtin_NOTEXISTS": lambda node, scope: boolean(not scope.exists(node["graph"], scope.solution)),
    "Builtin_IF": lambda node, scope: evaluated(
        node["arg2" if truth(evaluated(node["arg1"], scope)) else "arg3"], scope
    ),
    "Builtin_COALESCE": _first,
    "Builtin_BNODE": _blank,
}


def _list(arguments: Any) -> list[Any]:
    """The arguments of a call; `()` is parsed as rdf:nil."""
    return [] if isinstance(arguments, URIRef) else list(arguments)


def _function(node: CompValue, scope: Scope) -> Term:
    if node.name == "Function":
        return cast(_cast_name(node), *(evaluated(argument, scope) for argument in _list(node["expr"])))
    arguments = _list(node["arg"]) if node.name == "Builtin_CONCAT" else list(node.values())
    function = FUNCTIONS[node.name.removeprefix("Builtin_")]
    return function(*(evaluated(argument, scope) for argument in arguments))


def _cast_name(node: CompValue) -> str:
    name = term(node["iri"]).text
    if name not in CASTS:
        raise ExpressionError(f"no function {name}")
    return name


# ---------------------------------------------------------------- aggregates (18.5.1)


def _aggregate(node: CompValue, scope: Scope) -> Term:
    assert scope.group is not None, "an aggregate outside of a group"
    name = node.name.removeprefix("Aggregate_")
    distinct = node["distinct"] == "DISTINCT"
    if node["vars"] == "*":
        rows = [frozenset(member.solution.items()) for member in scope.group]
        return number_term(len(set(rows)) if distinct else len(rows), 0)
    values: list[Term | None] = [value_or_none(node["vars"], member) for member in scope.group]
    if distinct:
        values = list(dict.fromkeys(values))
    if name == "GroupConcat":
        return _concatenated(values, str(node["separator"]) if "separator" in node else " ")
    return AGGREGATES[name](values)


def _all(values: Iterable[Term | None]) -> list[Term]:
    found = []
    for value in values:
        if value is None:
            raise ExpressionError("an error in the group")
        found.append(value)
    return found


def _sum(values: list[Term | None]) -> Term:
    total = number_term(0, 0)
    for value in _all(values):
        total = arithmetic("+", total, value)
    return total


def _average(values: list[Term | None]) -> Term:
    return arithmetic("/", _sum(values), number_term(len(values), 0)) if values else number_term(0, 0)


def _extreme(values: list[Term | None], place: int) -> Term:
    """The first or last in the order of ORDER BY, where an error comes first."""
    found = sorted(values, key=sort_key)[place] if values else None
    if found is None:
        raise ExpressionError("no extreme")
    return found


def _sample(values: list[Term | None]) -> Term:
    found = next((value for value in values if value is not None), None)
    if found is None:
        raise ExpressionError("nothing to sample")
    return found


def _concatenated(values: list[Term | None], separator: str) -> Term:
    texts = [value.text for value in _all(values) if value.language or value.datatype == XSD + "string"]
    if len(texts) != len(values):
        raise ExpressionError("GROUP_CONCAT of what is no text")
    return literal(separator.join(texts))


AGGREGATES: dict[str, Callable[[list[Term | None]], Term]] = {
    "Count": lambda values: number_term(sum(value is not None for value in values), 0),
    "Sum": _sum,
    "Avg": _average,
    "Min": lambda values: _extreme(values, 0),
    "Max": lambda values: _extreme(values, -1),
    "Sample": _sample,
}
