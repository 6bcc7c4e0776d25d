"""The content tree (PS3.3 C.17.3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from sr2graph.dicom.attributes import Attribute, attribute, code, sequence
from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.values import Template, Value


class RelationshipType(StrEnum):
    """How a content item relates to its parent (PS3.3 C.17.3.2.4)."""

    CONTAINS = "CONTAINS"
    HAS_OBS_CONTEXT = "HAS OBS CONTEXT"
    HAS_ACQ_CONTEXT = "HAS ACQ CONTEXT"
    HAS_CONCEPT_MOD = "HAS CONCEPT MOD"
    HAS_PROPERTIES = "HAS PROPERTIES"
    INFERRED_FROM = "INFERRED FROM"
    SELECTED_FROM = "SELECTED FROM"


Position = tuple[int, ...]
"""Ordinals along the by-value path; the root is (1,) (PS3.3 C.17.3.2.5)."""


@lru_cache(4096)
def position_text(position: Position) -> str:
    """Return a position as it appears in item IRIs: `1.4.2`; reports share most of them."""
    return ".".join(map(str, position))


@dataclass(frozen=True, slots=True)
class ByReference:
    """A relationship to an item elsewhere in the same tree (PS3.3 C.17.3.2.5).

    It takes a place among the children of its source; the target may be an ancestor.
    """

    position: Position
    relationship: str | None = attribute(0x0040_A010, "CS")
    target: tuple[int, ...] = attribute(0x0040_DB73, "UL", many=True)
    other: tuple[Attribute, ...] = ()
    """Attributes that such an item should not have, verbatim."""


@dataclass(frozen=True, slots=True)
class ContentItem:
    """A name-value pair of the tree, with the items it is the source of."""

    position: Position
    relationship: str | None = attribute(0x0040_A010, "CS")
    """A RelationshipType in conforming files; None for the root."""
    value_type: str | None = attribute(0x0040_A040, "CS")
    """As the file says: a ValueType in conforming files."""
    concept_name: CodedConcept | None = code(0x0040_A043)
    value: Value | None = None
    """By value type; where the file has none that exists, by the attributes present.
    None for a CONTAINER."""
    children: tuple[ContentItem | ByReference, ...] = ()
    continuity: str | None = attribute(0x0040_A050, "CS")
    """SEPARATE or CONTINUOUS, for a CONTAINER (PS3.3 C.18.8)."""
    template: Template | None = sequence(0x0040_A504, "Template", many=False)
    observation_datetime: str | None = attribute(0x0040_A032, "DT")
    observation_uid: str | None = attribute(0x0040_A171, "UI")
    other: tuple[Attribute, ...] = ()
    """What the fields above cannot say exactly, verbatim; it prevails when written."""

    def walk(self) -> Iterator[ContentItem]:
        """Yield this item and all items below it, in document order."""
        stack: list[ContentItem] = [self]
        while stack:
            item = stack.pop()
            yield item
            stack.extend(child for child in reversed(item.children) if isinstance(child, ContentItem))

    def by_references(self) -> Iterator[tuple[ContentItem, ByReference]]:
        """Yield (source item, by-reference relationship) for this item and all below it."""
        for item in self.walk():
            for child in item.children:
                if isinstance(child, ByReference):
                    yield item, child
