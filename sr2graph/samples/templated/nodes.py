"""Content items in the making: each knows the row it was made from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.values import Value
from sr2graph.templates.expansion import ExpandedRow
from sr2graph.templates.value_sets import Code


@dataclass(slots=True, eq=False)
class Node:
    """An item that may still get children, or a by-reference relationship whose target is not known yet."""

    row: ExpandedRow
    value_type: str
    relationship: str
    parent: Node | None
    name: Code | None = None
    """The concept name, as the tables have it."""
    code: Code | None = None
    """The value of a CODE, as the tables have it."""
    number: str = ""
    """The value of a NUM, and its unit."""
    unit: Code | None = None
    concept_name: CodedConcept | None = None
    value: Value | None = None
    is_added: bool = False
    """Whether no row asks for it, but the standard does; `row` is that of its parent then."""
    is_reference: bool = False
    target: Node | None = None
    observed: bool = False
    """Whether it has an observation date-time of its own."""
    children: list[Node] = field(default_factory=list)

    def walk(self) -> Iterator[Node]:
        """Yield this node and all below it, in document order."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack += reversed(node.children)

    def ancestors(self) -> Iterator[Node]:
        """Yield the nodes above it, nearest first."""
        node = self.parent
        while node is not None:
            yield node
            node = node.parent
