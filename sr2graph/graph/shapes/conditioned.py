"""What the conditions of template rows ask, where a machine can decide them (PS3.16 6.1.7, 6.1.8)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sr2graph.graph.shapes.expressions import All, ExactlyOne, Expression, Not, OneOrMore, either
from sr2graph.graph.shapes.nodes import Child, Node, could_be_both
from sr2graph.graph.shapes.presence import NotSaidError, Surroundings, is_there
from sr2graph.graph.shapes.rules import Kind, Rule, expected, items_of, made, optional_depth, rest_of_include
from sr2graph.templates.catalogue import Requirement, Row, templates
from sr2graph.templates.conditions import Condition, Mode


def condition_rules_of(node: Node) -> Iterator[Rule]:
    """Yield what the conditions of the rows below a place ask; nothing where these shapes cannot say it."""
    for child in node.children:
        for row in (*child.row.includes, child.row.row):
            try:
                yield from _rules(node, child, row)
            except NotSaidError:
                continue


def _rules(node: Node, child: Child, row: Row) -> Iterator[Rule]:
    said, around = row.condition, Surroundings(node, child.row, row)
    if said is None or said.expression is None:
        return
    if said.mode in (Mode.XOR, Mode.AT_LEAST_ONE):
        for text, expression in _one_of(said, around, row):
            yield made(row, Kind.CONDITION, text, expression)
        return
    is_true, unknown = around.expressed(said.expression), around.unknown(said.expression)
    if said.mode in (Mode.IF, Mode.IFF):
        guard = _guard(node, child, row)
        if guard is not None:
            text = f"{expected(child)} shall be here, as {said.expression}"
            parts = (Not(is_true), *unknown, *guard, is_there(child))
            yield made(child.row.row, Kind.CONDITION, text, OneOrMore(parts))
    if said.mode in (Mode.IFF, Mode.ONLY_IF) and not around.may_repeat:
        group = around.beside(row.row)
        inside = set(map(id, group))
        here = [each for each in group if inside.issuperset(map(id, node.rivals(each)))]
        if not here:
            return
        what = expected(child) if row is child.row.row else f"TID {row.include}"
        text = f"{what} shall not be here, unless {said.expression}"
        forbidden = OneOrMore((is_true, *unknown, Not(either(*(is_there(each) for each in here)))))
        yield replace(made(row, Kind.CONDITION, text, forbidden), about=items_of(here))


def _guard(node: Node, child: Child, row: Row) -> list[Expression] | None:
    """Return when a row whose condition is true may be missing all the same; None where it may always be.

    An include that need not be there has its rows only where some of them are.
    """
    others = [each for each in (*child.row.includes, child.row.row) if each is not row]
    rows = (*child.row.includes, child.row.row)
    if row.requirement is not Requirement.MANDATORY_CONDITIONAL or child.row.row.default.is_constrained:
        return None
    if node.rivals(child):
        return None
    if all(each.is_mandatory for each in others):
        return []
    depth = optional_depth(child)
    if (
        depth is None
        or rows[depth] is row
        or not all(each.is_mandatory for each in rows[depth + 1 :] if each is not row)
    ):
        return None
    rest = rest_of_include(node, child, depth)
    return [Not(either(*(is_there(each) for each in rest)))] if rest else None


def _one_of(said: Condition, around: Surroundings, row: Row) -> Iterator[tuple[str, Expression]]:
    if said.expression is None:
        return
    names = sorted({row.row, *said.expression.rows})
    if _is_said_before(row, names) or around.may_repeat:
        raise NotSaidError
    found = [around.beside(name) for name in names]
    if not all(found) or _mixed(found):
        raise NotSaidError
    parts = tuple(either(*(is_there(child) for child in children)) for children in found)
    listed = f"rows {', '.join(names)}"
    asked = row.requirement.value == "MC" and all(
        each.is_mandatory
        for child in found[0]
        for each in child.row.includes
        if each.tid != row.tid or each.row not in names
    )
    none = Not(either(*parts))
    if said.mode is Mode.AT_LEAST_ONE:
        if asked:
            yield f"one or more of {listed} shall be here", either(*parts)
        return
    one: Expression = ExactlyOne(parts) if asked else OneOrMore((ExactlyOne(parts), none))
    if said.when is not None:
        applies = around.expressed(said.when)
        one = either(All((applies, one)), All((Not(applies), none)))
    yield f"{'exactly' if asked else 'no more than'} one of {listed} shall be here", one


def _is_said_before(row: Row, names: list[str]) -> bool:
    """Whether a row printed above says the same of the same rows."""
    for name in names:
        other = templates()[row.tid].row(name)
        if other is None or other is row:
            continue
        said = other.condition
        if said is None or said.expression is None or row.condition is None or said.mode is not row.condition.mode:
            continue
        rows = templates()[row.tid].rows
        if sorted({name, *said.expression.rows}) == names and rows.index(other) < rows.index(row):
            return other.requirement is row.requirement and said.when == row.condition.when
    return False


def _mixed(found: list[list[Child]]) -> bool:
    """Whether an item could stand for two of the alternatives."""
    return any(
        could_be_both(one, other)
        for number, children in enumerate(found)
        for others in found[number + 1 :]
        for one in children
        for other in others
    )
