"""Details of doses as components: an irradiation event is one Observation, not one for each of its numbers.

A simple item, one that nothing is said about, becomes a component.  A heading of simple items alone is taken up, too,
unless there is another of its name beside it: then what belongs together would no longer be told.
"""

from __future__ import annotations

from collections import Counter

from sr2graph.dicom.content import ContentItem
from sr2graph.dicom.values import ValueType
from sr2graph.fhir.reading import Node, Reading
from sr2graph.fhir.tables import for_code, keyed


def join_details(reading: Reading) -> None:
    """Take the details of dose containers (dose_containers.csv) up into them."""
    simple: set[int] = set()
    named = Counter(_key(reading, node) for node in reading.nodes.values())
    for number in reversed(reading.nodes):
        node = reading.nodes[number]
        if _is_leaf(node) or (named[_key(reading, node)] == 1 and _is_heading(reading, node, simple)):
            simple.add(number)
    detailed: set[int] = set()
    for number, node in tuple(reading.nodes.items()):
        if number not in reading.nodes or node.item.value_type != ValueType.CONTAINER:
            continue
        is_dose = for_code("dose_containers", reading.keys.iri(node.item.concept_name)) is not None
        if is_dose or node.parent in detailed:
            detailed.add(number)
            _join(reading, node, simple)


def _join(reading: Reading, node: Node, simple: set[int]) -> None:
    """Take up what is simple, and what stands under simple headings."""
    stack = [child for child in reversed(node.children) if child.number in simple]
    node.children = [child for child in node.children if child.number not in simple]
    while stack:
        child = stack.pop()
        del reading.nodes[child.number]
        if child.item.value_type == ValueType.CONTAINER or reading.parents[child.number] != node.number:
            node.details.append(child.item)
        stack += reversed(child.children)


def _is_leaf(node: Node) -> bool:
    """Tell whether an item has a value and nothing else, so that a component can hold it."""
    item = node.item
    row = keyed("value_types", "value_type").get(item.value_type or "")
    is_alone = not (item.children or item.observation_datetime or item.observation_uid)
    return is_alone and not node.is_selection and node.element == "hasMember" and bool(row and row["component"])


def _is_heading(reading: Reading, node: Node, simple: set[int]) -> bool:
    """Tell whether a container says nothing itself, holds what is simple, and is the only one of its name there."""
    item = node.item
    if item.value_type != ValueType.CONTAINER or node.parent is None or node.element != "hasMember":
        return False
    if item.observation_datetime or item.observation_uid or not item.children:
        return False
    if for_code("dose_containers", reading.keys.iri(item.concept_name)) is not None:
        return False
    held = (isinstance(child, ContentItem) and reading.numbers[id(child)] in simple for child in item.children)
    return all(held)


def _key(reading: Reading, node: Node) -> tuple[int, str | None]:
    """Return where a node is, and its name."""
    return reading.parents[node.number], reading.keys.iri(node.item.concept_name)
