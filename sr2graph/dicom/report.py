"""The Report: one SR document, read completely."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sr2graph.dicom.attributes import Attribute
from sr2graph.dicom.content import ByReference, ContentItem, Position, position_text
from sr2graph.dicom.header import Document, Equipment, Patient, Series, Study

if TYPE_CHECKING:
    import rdflib

    from sr2graph.graph.networkx_graph import ContentGraph


@dataclass(frozen=True, slots=True)
class Deviation:
    """Something in a file that breaks the standard and was read all the same."""

    position: str
    """The content item (`1.4.2`), or `header`, or `file`."""
    problem: str
    """What was found and what was made of it; never a value of the report."""

    def __str__(self) -> str:
        """Return `1.4.2: problem`."""
        return f"{self.position}: {self.problem}"


@dataclass(frozen=True, slots=True)
class Source:
    """How the report was encoded and what became of the encoding; not part of its content."""

    transfer_syntax: str | None = None
    character_sets: tuple[str, ...] = ()
    not_carried: tuple[int, ...] = ()
    """Tags that the Report does not hold: encoding matters such as group lengths and padding."""


@dataclass(frozen=True, slots=True)
class Report:
    """One SR document: header, content tree, and whatever else its data set held.

    Two reports are equal when their content is; how it was encoded plays no part.
    """

    document: Document
    patient: Patient = Patient()
    study: Study = Study()
    series: Series = Series()
    equipment: Equipment = Equipment()
    root: ContentItem | None = None
    other: tuple[Attribute, ...] = ()
    """Attributes of the data set outside the fields above, verbatim, private ones included."""
    deviations: tuple[Deviation, ...] = field(default=(), compare=False)
    source: Source = field(default=Source(), compare=False)

    @property
    def sop_instance_uid(self) -> str:
        """The identity of the report; reading makes sure there is one."""
        return self.document.sop_instance_uid or ""

    def walk(self) -> Iterator[ContentItem]:
        """Yield the content items in document order; by-reference relationships are not followed."""
        return self.root.walk() if self.root is not None else iter(())

    def by_references(self) -> Iterator[tuple[ContentItem, ByReference]]:
        """Yield (source item, by-reference relationship), in document order."""
        return self.root.by_references() if self.root is not None else iter(())

    def item(self, position: str | Position) -> ContentItem:
        """Return the content item at a position such as `"1.4.2"` or `(1, 4, 2)`.

        Raises KeyError when there is no by-value item at that position.
        """
        ordinals = tuple(map(int, position.split("."))) if isinstance(position, str) else position
        found: ContentItem | ByReference | None = self.root if ordinals[:1] == (1,) else None
        for ordinal in ordinals[1:]:
            if not isinstance(found, ContentItem) or not 1 <= ordinal <= len(found.children):
                raise KeyError(position_text(ordinals))
            found = found.children[ordinal - 1]
        if not isinstance(found, ContentItem):
            raise KeyError(position_text(ordinals))
        return found

    # The three conveniences below are doors to the rooms above; they alone import upwards.

    def to_rdflib(self) -> rdflib.Dataset:
        """Return the report as an rdflib Dataset with one named graph, prefixes bound."""
        from sr2graph.graph.rdflib_graph import to_rdflib

        return to_rdflib(self)

    def to_networkx(self) -> ContentGraph:
        """Return the content tree as a networkx DiGraph, by-reference edges included."""
        from sr2graph.graph.networkx_graph import to_networkx

        return to_networkx(self)

    def to_nquads(self) -> str:
        """Return the report as N-Quads."""
        from sr2graph.graph.quads import nquads

        return nquads(self)

    def to_dicom(self) -> bytes:
        """Return the report as a DICOM file: Explicit VR Little Endian, UTF-8 where needed."""
        from sr2graph.dicom.write import to_dicom

        return to_dicom(self)
