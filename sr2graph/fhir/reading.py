"""What the projection reads from a report: its observations as a tree, and the role of every item.

A node is an item that becomes a resource of its own: an observation, or a container that holds some.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from sr2graph.dicom.content import ByReference, ContentItem, RelationshipType
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import ValueType
from sr2graph.fhir.tables import for_code, keyed
from sr2graph.templates.context import NO_CONTEXT, Context
from sr2graph.templates.matching import matched
from sr2graph.templates.observations import NESTED, OF_SITES, noted, place_of
from sr2graph.templates.properties import NO_PROPERTIES, Gathered, Properties, below
from sr2graph.templates.roles import Kind, Role, role_of

KEY_OBJECTS = "key objects"
"""Kind of a key object document."""

LIBRARY = "library"
"""Role of entries, and kind of what holds them."""


@dataclass(slots=True, eq=False)
class Node:
    """An item that becomes a resource."""

    item: ContentItem
    number: int
    properties: Properties = NO_PROPERTIES
    context: Context = NO_CONTEXT
    category: str = "imaging"
    """Of categories.csv."""
    is_selection: bool = False
    """Whether it is a reference or a region, no observation."""
    parent: int | None = None
    """Number of the node that it belongs to: a node that knew another one would be garbage that knows itself."""
    element: str = "hasMember"
    """Of the parent, that refers to it."""
    children: list[Node] = field(default_factory=list)
    details: list[ContentItem] = field(default_factory=list)
    """Headings that it has taken up, and the items below them: they become components of it."""


class Reading:
    """One report, read."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.matching = matched(report)
        self.items = self.matching.items
        self.keys = self.matching.keys
        self.numbers = {id(item): number for number, item in enumerate(self.items)}
        self.parents: list[int] = []
        """By number, as the next three; -1 of the document itself."""
        self.roles: list[Role] = []
        self.kinds: list[Kind | None] = []
        self.in_library: list[bool] = []
        """Whether an item is of the image library: details of instances, no observations."""
        self._look()
        self.not_shown: dict[int, str] = {}
        """Why observations are no nodes, by the number of their item."""
        self.nodes: dict[int, Node] = {}
        """By the number of their item, in document order."""
        self._find_nodes()

    @cached_property
    def contexts(self) -> list[Context]:
        """Return the contexts of the nodes, each once."""
        return list({id(node.context): node.context for node in self.nodes.values()}.values())

    # ------------------------------------------------------------ roles

    def _look(self) -> None:
        """Tell parent, role and kind of every item; parents come first."""
        matching, kinds, in_library = self.matching, self.kinds, self.in_library
        above: list[tuple[int, int]] = []
        """Number of each item above, and of the first one that is no longer below it."""
        for number, item in enumerate(self.items):
            while above and above[-1][1] <= number:
                above.pop()
            parent = above[-1][0] if above else -1
            if item.children:
                above.append((number, matching.ends[number]))
            within = kinds[parent] if above and number else None
            found = place_of((matching.rows[number], matching.iris[number], item.relationship, item.value_type, within))
            self.parents.append(parent)
            self.roles.append(found.role)
            kinds.append(found.kind)
            is_library = found.role.name == LIBRARY or (found.kind is not None and found.kind.name == LIBRARY)
            in_library.append(is_library or (number > 0 and in_library[parent]))

    def role(self, item: ContentItem) -> Role:
        """Return the role of an item below its parent."""
        return self.roles[self.numbers[id(item)]]

    def target(self, reference: ByReference) -> ContentItem | None:
        """Return what a by-reference relationship is to."""
        number = self.matching.index(reference.target)
        return self.items[number] if number is not None else None

    def children(self, item: ContentItem) -> Iterator[tuple[str | None, ContentItem]]:
        """Yield relationship and target of the children of an item, by value and by reference."""
        for child in item.children:
            target = child if isinstance(child, ContentItem) else self.target(child)
            if target is not None:
                yield child.relationship, target

    # ------------------------------------------------------------ nodes

    def _find_nodes(self) -> None:
        found = [(number, each) for number, each in enumerate(noted(self.matching)) if each is not None]
        selections = {number for number, _ in found if is_selection(self.items[number])}
        own = {number for number, each in found if each.role is None} - selections
        for number, each in found:
            item = self.items[number]
            intent = each.properties.rendering_intent
            not_shown = for_code("not_shown", self.keys.iri(intent)) if intent is not None else None
            if not_shown is not None:
                self.not_shown[number] = not_shown["reason"]
                continue
            if self.in_library[number] and for_code("library", self.matching.iris[number]):
                continue
            if each.role is None or not (self.in_library[number] or self._is_part(number, own)):
                self.nodes[number] = Node(
                    item, number, each.properties, each.context, is_selection=number in selections
                )
        for number in tuple(self.nodes):
            self._find_containers(number)
        self.nodes = dict(sorted(self.nodes.items()))
        for node in self.nodes.values():
            self._hang(node)
        for node in reversed(self.nodes.values()):
            if node.item.value_type == ValueType.CONTAINER:
                self._describe(node)
        for node in self.nodes.values():
            node.category = self._category(node)

    def _is_part(self, number: int, own: set[int]) -> bool:
        """Tell whether a NUM says something about its parent and nothing else: it becomes a component."""
        parent, item = self.parents[number], self.items[number]
        if item.children or parent not in own:
            return False
        return self.matching.iris[number] != self.matching.iris[parent]

    def _find_containers(self, number: int) -> None:
        """Make nodes of the containers above a node, the document itself apart."""
        above = self.parents[number]
        while above > 0 and above not in self.nodes:
            item = self.items[above]
            if item.value_type == ValueType.CONTAINER and self._is_observation(above):
                self.nodes[above] = Node(item, above)
            above = self.parents[above]

    def _is_observation(self, number: int) -> bool:
        row = for_code("containers", self.matching.iris[number])
        return row is None or bool(row["observation"])

    def _hang(self, node: Node) -> None:
        """Give a node its parent: the nearest node above that is an observation."""
        below_, above = node.number, self.parents[node.number]
        while above > 0 and (above not in self.nodes or self.nodes[above].is_selection):
            below_, above = above, self.parents[above]
        if above > 0:
            node.parent = above
            node.element = _element(self.items[below_].relationship)
            self.nodes[above].children.append(node)

    # ------------------------------------------------------------ groups

    def _describe(self, node: Node) -> None:
        """Tell properties and context of a container: what it says itself, in the context of what it holds."""
        gathered: Gathered = {}
        for relationship, child in self.children(node.item):
            by_value = self.parents[self.numbers[id(child)]] == node.number
            role = self.role(child) if by_value else self._of_reference(child, relationship, node)
            self._gather(gathered, role, child, 2)
        node.properties = below(NO_PROPERTIES, gathered, self.kinds[node.number], node.item, container=True)
        node.context = next((each.context for each in node.children if not _says_context(each.item)), NO_CONTEXT)
        if node.context is NO_CONTEXT and node.children:
            node.context = node.children[0].context

    def _of_reference(self, item: ContentItem, relationship: str | None, node: Node) -> Role:
        iri = self.keys.iri(item.concept_name)
        return role_of(None, iri, relationship, item.value_type, self.kinds[node.number])

    def _gather(self, gathered: Gathered, role: Role, item: ContentItem, depth: int) -> None:
        if role.name in _KNOWN:
            gathered.setdefault(role.name, []).append((role, item))
        if role.name in NESTED and depth:
            for child in item.children:
                if isinstance(child, ContentItem) and self.role(child).name in OF_SITES:
                    self._gather(gathered, self.role(child), child, depth - 1)

    def _category(self, node: Node) -> str:
        """Return what sort of observation it is, by its container."""
        iris = self.matching.iris
        if node.item.value_type == ValueType.CONTAINER:
            row = for_code("containers", iris[node.number])
            return row["category"] if row else "imaging"
        parent = self.parents[node.number]
        around = for_code("containers", iris[parent]) if parent >= 0 else None
        category = around["category"] if around else "imaging"
        if node.item.value_type == ValueType.NUM:
            return {"group": "measurement", "derived": "derived"}.get(category, "imaging")
        is_evaluation = node.item.value_type in {ValueType.CODE, ValueType.TEXT}
        return "qualitative" if is_evaluation and category in {"group", "qualitative"} else "imaging"


_KNOWN = frozenset(
    "finding category site laterality site_modifier method tracking_identifier tracking_uid region image illustration"
    " value_map".split()
)
"""Roles that say something of a group as a whole."""


def is_selection(item: ContentItem) -> bool:
    """Tell whether an item is a reference or a region: what ImagingSelection is for."""
    row = keyed("value_types", "value_type").get(item.value_type or "")
    return row is not None and row["observation"] == "selection"


def _element(relationship: str | None) -> str:
    table = keyed("relationships", "relationship")
    return (table.get(relationship or "") or table["*"])["element"]


def _says_context(item: ContentItem) -> bool:
    return item.observation_datetime is not None or any(
        child.relationship == RelationshipType.HAS_OBS_CONTEXT for child in item.children
    )
