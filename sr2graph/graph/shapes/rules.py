"""What the rows of a template ask of an item: each rule is one shape, about one row and one kind of mistake."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from math import inf
from operator import attrgetter

from sr2graph.graph.shapes.expressions import (
    ANY,
    CODE,
    GRAPHIC,
    NUMBER,
    UNIT,
    Among,
    Count,
    Expression,
    Is,
    Not,
    OneOrMore,
    Path,
    Selection,
    Within,
    both,
    either,
)
from sr2graph.graph.shapes.nodes import Child, Node, concepts, could_be_both
from sr2graph.graph.shapes.presence import PREDICATES, is_there, predicate
from sr2graph.templates.catalogue import Multiplicity, Row, templates
from sr2graph.templates.places import is_open
from sr2graph.templates.value_sets import ValueSet, context_group

MOST_CODES = 600
"""A longer list of codes that may be extended is not worth its size: a warning about it says little."""


class Kind(StrEnum):
    """What kind of mistake a rule finds."""

    ROW = "row"
    """Missing, or too many."""
    CONDITION = "condition"
    EXTRA = "extra"
    VALUE = "value"
    UNIT = "unit"
    GRAPHIC = "graphic-type"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Rule:
    """One shape, without the places it holds at."""

    tid: str
    row: str
    kind: Kind
    is_strict: bool
    """A violation; otherwise a warning."""
    message: str
    expression: Expression
    """What the item has to be."""
    about: tuple[str, frozenset[Selection]] | None = None
    """Step to the items that there may be no more of; at a place without a row for those, they are no matter."""


def rules_of(node: Node) -> Iterator[Rule]:
    """Yield what a place asks of the item that stands there."""
    if node.is_root or not node.row.row.by_reference:
        yield from _value_rules(node)
    yield from _row_rules(node)
    yield from _nothing_else(node)


# ---------------------------------------------------------------- the item's own value


def _value_rules(node: Node) -> Iterator[Rule]:
    row = node.row
    for kind, path, said in ((Kind.VALUE, CODE, row.values), (Kind.UNIT, UNIT, row.units)):
        if _is_listed(said):
            strict = not is_open(said) and not any(code.binding.may_be_replaced for code in said.codes)
            text = f"{'shall' if strict else 'should'} be of {_said(said)}"
            yield made(row.row, kind, f"the {kind} {text}", _of_named(node, Among(path, said.iris())), is_strict=strict)
    if row.row.graphic_types:
        types = row.row.graphic_types
        yield made(
            row.row, Kind.GRAPHIC, f"the graphic type shall be {' or '.join(types)}", Among(GRAPHIC, frozenset(), types)
        )
    if row.row.graphic_types_excluded:
        types = row.row.graphic_types_excluded
        none = Not(Count(GRAPHIC, Among((), frozenset(), types), least=1))
        yield made(row.row, Kind.GRAPHIC, f"the graphic type shall not be {' or '.join(types)}", none)
    least, dash, most = row.row.number.partition(" - ")
    if dash and least.isdigit() and most.isdigit():
        yield made(row.row, Kind.NUMBER, f"the number shall be {least} to {most}", Within(NUMBER, least, most))


def _of_named(node: Node, expression: Expression) -> Expression:
    """Return what is asked of concepts that the row names: what extends its group may have other values."""
    if node.selection.concepts is not None or not node.row.concept.is_constrained:
        return expression
    return OneOrMore((expression, Not(Is(Selection(frozenset(), concepts(node.row.concept))))))


def _is_listed(said: ValueSet) -> bool:
    """Whether a set can be written as a list: no whole coding scheme, none too long."""
    if not said.is_constrained or not said.iris():
        return False
    whole = any(context_group(group.cid).schemes() for group in said.groups)
    return not whole and len(said.iris()) <= MOST_CODES


# ---------------------------------------------------------------- how many


def clusters(children: tuple[Child, ...]) -> list[tuple[Child, ...]]:
    """Return the rows in groups: those of a group can be the same items, so only their sum can be counted."""
    found: list[list[Child]] = []
    for child in children:
        mixed = [group for group in found if any(could_be_both(child, other) for other in group)]
        found = [group for group in found if group not in mixed]
        found.append([each for group in mixed for each in group] + [child])
    return [tuple(group) for group in found]


def _row_rules(node: Node) -> Iterator[Rule]:
    """Yield how many items the rows below a place expect."""
    for cluster in clusters(node.children):
        yield from _counts(node, cluster)
    for child in node.children:
        yield from _with_the_include(node, child)


def _counts(node: Node, cluster: tuple[Child, ...]) -> Iterator[Rule]:
    steps = {predicate(child.row.relationship) for child in cluster}
    if len(steps) > 1:
        return
    (step,) = steps
    asked = [child for child in cluster if child.row.is_mandatory and not child.row.row.default.is_constrained]
    first = max(asked, key=lambda child: child.row.vm.least, default=cluster[0])
    # In a graph, two relationships by reference from one item to another are one statement.
    least = (min(1, first.row.vm.least) if first.row.row.by_reference else first.row.vm.least) if asked else None
    total = sum(inf if child.row.vm.most is None else child.row.vm.most for child in cluster)
    is_bounded = total != inf and all(child.known.concepts is not None for child in cluster)
    most = int(total) if is_bounded else None
    if least is None and most is None:
        return
    text = f"{Multiplicity(least or 0, most)} of {expected(first)}"
    told = _told_by_concept(node, cluster) if least is None else None
    expression = _number(step, {told}, None, most) if told else _counted(step, cluster, least, most)
    rule = made(first.row.row, Kind.ROW, text, expression)
    yield rule if least is not None else replace(rule, about=items_of(cluster))


def items_of(children: Iterable[Child]) -> tuple[str, frozenset[Selection]] | None:
    """Return the items of some rows, and the step that leads to them; None where there are several."""
    steps = {predicate(child.row.relationship) for child in children}
    return (next(iter(steps)), frozenset(child.known for child in children)) if len(steps) == 1 else None


def _with_the_include(node: Node, child: Child) -> Iterator[Rule]:
    """Yield that a row is there where other rows of its include are, which itself need not be there."""
    depth = optional_depth(child)
    inner = (*child.row.includes[depth + 1 :], child.row.row) if depth is not None else ()
    if depth is None or not all(row.is_mandatory for row in inner) or child.row.row.default.is_constrained:
        return
    others = rest_of_include(node, child, depth)
    if others and not any(could_be_both(child, each) for each in node.children if each is not child):
        text = f"1 of {expected(child)}, where anything else of TID {child.row.includes[depth].include} is"
        here = either(*(is_there(each) for each in others))
        yield replace(
            made(child.row.row, Kind.ROW, text, OneOrMore((Not(here), is_there(child)))), about=items_of(others)
        )


def optional_depth(child: Child) -> int | None:
    """Return the number of the first include, of those a row stands for, that need not be there."""
    return next((at for at, row in enumerate(child.row.includes) if not row.is_mandatory), None)


def rest_of_include(node: Node, child: Child, depth: int) -> list[Child]:
    """Return the other rows of an include that tell that it is there: those that could be nothing else."""
    within = child.row.invocations[: depth + 1]
    group = [each for each in node.children if each.row.invocations[: depth + 1] == within]
    outside = [each for each in node.children if each not in group]
    return [each for each in group if each is not child and not any(could_be_both(each, other) for other in outside)]


def _told_by_concept(node: Node, cluster: tuple[Child, ...]) -> Selection | None:
    """Return the items of the concepts of some rows, where no other row has them: quicker to tell than value types."""
    codes = frozenset(iri for child in cluster for iri in child.known.concepts or ())
    free = any(not child.row.concept.is_constrained for child in node.children)
    others = (iri for child in node.children if child not in cluster for iri in concepts(child.row.concept))
    return None if free or not codes.isdisjoint(others) else Selection(frozenset(), codes)


def _counted(step: str, cluster: tuple[Child, ...], least: int | None, most: int | None) -> Expression:
    """Return how many items there are; codes that others added to a context group are not too many of them."""
    every, known = ({getattr(child, which) for child in cluster} for which in ("selection", "known"))
    if least is None or most is None or every == known:
        return _number(step, known if least is None else every, least, most)
    return both(_number(step, every, least, None), _number(step, known, None, most))


def _number(step: str, selections: set[Selection], least: int | None, most: int | None) -> Count:
    return Count((step,), either(*(Is(each) for each in sorted(selections, key=attrgetter("order")))), least, most)


# ---------------------------------------------------------------- nothing else


def _nothing_else(node: Node) -> Iterator[Rule]:
    """Yield that there are only items of rows, where the templates of the rows may not be extended."""
    tids = {node.row.tid, *(row.tid for row in node.row.includes)}
    if any(templates()[tid].extensible for tid in tids) or not node.children:
        return
    steps = {predicate(child.row.relationship) for child in node.children}
    if ANY in steps:
        return
    parts: list[Expression] = [
        Count((step,), Not(either(*(Is(c.selection) for c in node.children if _goes(c, step)))), most=0)
        for step in sorted(steps)
    ]
    others = sorted(set(PREDICATES.values()) - steps)
    parts += [Count(_alternatives(others), Is(Selection(frozenset(), None)), most=0)] if others else []
    text = f"TID {node.row.tid} may not be extended: only items of its rows shall be here"
    yield made(node.row.row, Kind.EXTRA, text, both(*parts))


def _alternatives(steps: list[str]) -> Path:
    return (("|", *steps),) if len(steps) > 1 else tuple(steps)


def _goes(child: Child, step: str) -> bool:
    return predicate(child.row.relationship) == step


# ---------------------------------------------------------------- words


def made(row: Row, kind: Kind, text: str, expression: Expression, *, is_strict: bool = True) -> Rule:
    """Return a rule about a row."""
    return Rule(row.tid, row.row, kind, is_strict, f"{row.name}: {text}", expression)


def expected(child: Child) -> str:
    """Return what items of a row are, in words."""
    row = child.row
    relationship = f" by {row.relationship}" if row.relationship else ""
    return f"{'/'.join(row.row.value_types)} {_said(row.concept) or 'of any concept'}{relationship}"


def _said(said: ValueSet) -> str:
    parts = [str(code) for code in said.codes[:3]]
    parts += ["..."] if len(said.codes) > 3 else []
    parts += [f"CID {group.cid}" for group in said.groups]
    return " or ".join(parts)
