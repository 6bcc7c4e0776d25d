"""Statements of content items, straight from the items.

They are those of the items' records (a test says so), but what repeats is put into words only
once: reading gives equal codes and values of a report as the same object, and all that differs
is the subject.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ContentItem, Position, position_text
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import Value
from sr2graph.graph.columns import Row, put_fields
from sr2graph.graph.observation_rows import observation_rows
from sr2graph.graph.records import Recorder, item_row, placed
from sr2graph.graph.rendering import item_edges, item_parts, statements_of

Parts = list[str]
"""` predicate object` of some statements; the subject goes before each."""


_ONCE = frozenset({"canonical_value"})


def item_statements(report: Report, recorder: Recorder, iri: str) -> list[str] | None:
    """Return the statements of a content tree, in document order, and then what its observations add.

    None if an item points at a child of its own: then records are needed, to tell which of the
    relationships is by value.
    """
    root = report.root
    writer = _Writer(recorder, iri, f"<{iri}#")
    if root is None:
        return writer.out
    if not writer.write(root):
        return None
    writer.observe(report)
    return writer.out


@dataclass(slots=True)
class _Writer:
    recorder: Recorder
    iri: str
    stem: str
    out: list[str] = field(default_factory=list)
    _shapes: dict[tuple[object, ...], tuple[Parts, str]] = field(default_factory=dict)
    _ordinals: dict[int, str] = field(default_factory=dict)
    _known: dict[int | tuple[object, ...], Parts] = field(default_factory=dict)
    """By identity of a code or value, which the report keeps alive; by content for what is rare."""

    def write(self, root: ContentItem) -> bool:
        positions: set[Position] | None = None
        for item, position, parent, ordinal in placed(root):
            if isinstance(item, ContentItem):
                self._item(item, position, parent, ordinal)
                continue
            if position_text(item.target[:-1]) == parent:
                return False
            positions = positions or {i.position for i in root.walk()}
            self.recorder.add_by_reference(item, position, parent, positions)
            self._flush()
        return True

    def _item(self, item: ContentItem, position: str, parent: str, ordinal: int) -> None:  # noqa: C901 # the hot path
        subject = f"{self.stem}{position}>"
        value = item.value
        shape = (type(value), item.value_type, item.relationship, not parent)
        (kind, *more), edge = self._shapes.get(shape) or self._new_shape(shape, item, parent)
        add = self.out.append
        add(subject + kind)
        add(subject + (self._ordinals.get(ordinal) or self._new_ordinal(ordinal)))
        for part in more:
            add(subject + part)
        concept = item.concept_name
        if concept is not None:
            for part in self._known.get(id(concept)) or self._new_concept(concept):
                add(subject + part)
        if item.continuity or item.template or item.observation_datetime or item.observation_uid:
            for part in self._rare(item, position):
                add(subject + part)
        if value is not None:
            for part in self._known.get(id(value)) or self._new_value(value, position):
                add(subject + part)
        if parent:
            add(f"{self.stem}{parent}>{edge}{subject}")
        if item.other:
            self.recorder.add_others(item.other, f"#{position}")
        if self.recorder.rows:
            self._flush()

    def observe(self, report: Report) -> None:
        """Say what templates and observations say of the items."""
        known: dict[int | tuple[str, str], Parts] = {}
        for observed in observation_rows(report, self.recorder):
            subject = f"{self.stem}{position_text(observed.item.position)}>"
            for cell in observed.own.items():
                # Numbers hardly ever come again.
                parts = item_parts(dict((cell,)), self.iri) if cell[0] in _ONCE else known.get(cell)
                if parts is None:
                    parts = known[cell] = item_parts(dict((cell,)), self.iri)
                self.out.append(subject + parts[0])
            for row in observed.shared:
                parts = known.get(id(row))
                if parts is None:
                    parts = known[id(row)] = item_parts(row, self.iri)
                self.out += [subject + part for part in parts]
            if observed.hanging:
                self.out += statements_of(observed.hanging, self.iri)
        self._flush()

    def _flush(self) -> None:
        """Say what the fields of an item put into rows of their own: codes, references, lists."""
        self.out += statements_of(self.recorder.taken(), self.iri)

    def _new_shape(self, shape: tuple[object, ...], item: ContentItem, parent: str) -> tuple[Parts, str]:
        row = item_row(item, "1", parent)
        edge = item_edges()[row["relationship"]] if parent else ""
        del row["ordinal"]
        found = self._shapes[shape] = item_parts(row, self.iri), edge
        return found

    def _new_ordinal(self, ordinal: int) -> str:
        (found,) = item_parts({"ordinal": str(ordinal)}, self.iri)
        self._ordinals[ordinal] = found
        return found

    def _new_concept(self, concept: CodedConcept) -> Parts:
        row: Row = {}
        self.recorder.put_concept_name(row, concept)
        found = self._known[id(concept)] = item_parts(row, self.iri)
        return found

    def _rare(self, item: ContentItem, position: str) -> Parts:
        key = (item.continuity, id(item.template), item.observation_datetime, item.observation_uid)
        found = self._known.get(key)
        if found is None:
            row: Row = {}
            put_fields(self.recorder, row, item, f"#{position}", position)
            found = self._known[key] = item_parts(row, self.iri)
        return found

    def _new_value(self, value: Value, position: str) -> Parts:
        row: Row = {}
        put_fields(self.recorder, row, value, f"#{position}", position)
        found = item_parts(row, self.iri)
        # Rows that hang on this very item are wanted again for the next one; codes are not.
        rows = self.recorder.rows
        if not rows or all(table == "concepts" for table, _ in rows):
            self._known[id(value)] = found
        return found
