"""Rows whose conditions are about items anywhere in the report: decided on when all of it is there.

Totals come before the events they are totals of (PS3.16 TID 10001), algorithms after what they found (TID 4000).
"""

from __future__ import annotations

from collections.abc import Sequence

from sr2graph.samples.templated.nodes import Node
from sr2graph.samples.templated.rules import rule_of
from sr2graph.templates.conditions import Expression


def drop_unwanted(root: Node) -> None:
    """Drop the items, with what is below them, whose conditions do not hold in the report as it is."""
    nodes = tuple(root.walk())
    for node in nodes:
        rule = rule_of(node.row.row)
        said = rule.condition.expression if rule is not None and rule.is_later and rule.condition else None
        if said is not None and node.parent is not None and not node.is_added and not _holds(said, node, nodes):
            node.parent.children.remove(node)


def _holds(said: Expression, node: Node, nodes: Sequence[Node]) -> bool:
    """Return whether an expression is true of an item; rows of it are those anywhere in the report."""
    if said.op == "and":
        return all(_holds(each, node, nodes) for each in said.arguments)
    if said.op == "parent_value_in":
        return node.parent is not None and _is_one_of(node.parent, said)
    found = [each for each in nodes if each.row.row.row in said.rows and each.row.tid == said.tid]
    if said.op == "present":
        return bool(found)
    if said.op == "value_in":
        return any(_is_one_of(each, said) for each in found)
    raise ValueError(f"no {said.op} in a condition that is decided later: {said}")


def _is_one_of(node: Node, said: Expression) -> bool:
    return node.code is not None and node.code.iri in {code.iri for code in said.codes}
