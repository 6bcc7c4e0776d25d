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
from sr2graph.graph.observation_rows import Said, observation_rows
from sr2graph.graph.records import Recorder, item_row, placed
from sr2graph.graph.rendering import item_edges, item_literal, item_parts, parts_of, statements_of

Parts = list[str]
"""` predicate object` of some statements, with what ends a statement; the subject goes before each."""

Stamp = list[str]
"""The same, with a place for the subject before each."""


def item_statements(report: Report, recorder: Recorder, iri: str, end: str) -> list[str] | None:
    """Return the statements of a content tree, in document order, and then what its observations add.

    They come in pieces, each statement ended by `end`: what statements share is the same piece, and is
    copied only once, into the text of all.  None if an item points at a child of its own: then records
    are needed, to tell which of the relationships is by value.
    """
    root = report.root
    writer = _Writer(recorder, iri, f"<{iri}#", end)
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
    end: str
    out: list[str] = field(default_factory=list)
    _subjects: dict[str, str] = field(default_factory=dict)
    """Position ↔ subject of the items, in document order."""
    _shapes: dict[tuple[object, ...], tuple[Parts, str]] = field(default_factory=dict)
    _ordinals: dict[int, str] = field(default_factory=dict)
    _known: dict[int | tuple[object, ...], Parts] = field(default_factory=dict)
    """By identity of a code or value, which the report keeps alive; by content for what is rare."""
    _cells: dict[tuple[str, str], str] = field(default_factory=dict)
    """What observations say, by column and cell."""

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
        subject = self._subjects[position] = f"{self.stem}{position}>"
        value = item.value
        shape = (type(value), item.value_type, item.relationship, not parent)
        (kind, *more), edge = self._shapes.get(shape) or self._new_shape(shape, item, parent)
        out = self.out
        out += (subject, kind, subject, self._ordinals.get(ordinal) or self._new_ordinal(ordinal))
        for part in more:
            out += (subject, part)
        concept = item.concept_name
        if concept is not None:
            for part in self._known.get(id(concept)) or self._new_concept(concept):
                out += (subject, part)
        if item.continuity or item.template or item.observation_datetime or item.observation_uid:
            for part in self._rare(item, position):
                out += (subject, part)
        if value is not None:
            for part in self._known.get(id(value)) or self._new_value(value, position):
                out += (subject, part)
        if parent:
            out += (self._subjects[parent], edge, subject, self.end)
        if item.other:
            self.recorder.add_others(item.other, f"#{position}")
        if self.recorder.rows:
            self._flush()

    def observe(self, report: Report) -> None:
        """Say what templates and observations say of the items."""
        out, subjects = self.out, list(self._subjects.values())
        owns: dict[int, Parts] = {}
        stamps: dict[int, tuple[Stamp, Stamp]] = {}
        before, after = item_literal("canonical_value")
        after += self.end
        for number, own, measured, said, once in observation_rows(report, self.recorder):
            subject = subjects[number]
            parts = owns.get(id(own))
            if parts is None:
                parts = owns[id(own)] = self._parts(own)
            for part in parts:
                out += (subject, part)
            if measured is not None:
                value, unit = measured
                cell = "canonical_unit", unit
                out += (subject, before, value, after, subject, self._cells.get(cell) or self._new_cell(cell))
            if said is not None:
                stamp, hanging = stamps.get(id(said)) or self._new_stamps(stamps, said)
                stamp[::2] = [subject] * (len(stamp) // 2)
                out += stamp
                if once:
                    self._add(statements_of(once, self.iri))
                if hanging:
                    hanging[::2] = [subject] * (len(hanging) // 2)
                    out += hanging
        self._flush()

    def _new_stamps(self, known: dict[int, tuple[Stamp, Stamp]], said: Said) -> tuple[Stamp, Stamp]:
        """Return the stamps of what is said in the row of an item, and in the rows that hang on it."""
        cells = [self._cells.get(cell) or self._new_cell(cell) for cell in said.cells.items()]
        hanging = [part + self.end for part in parts_of(said.hanging, self.iri)] if said.hanging else []
        found = known[id(said)] = _stamp(cells), _stamp(hanging)
        return found

    def _new_cell(self, cell: tuple[str, str]) -> str:
        (found,) = self._parts(dict((cell,)))
        self._cells[cell] = found
        return found

    def _parts(self, row: Row) -> Parts:
        return [part + self.end for part in item_parts(row, self.iri)]

    def _flush(self) -> None:
        """Say what the fields of an item put into rows of their own: codes, references, lists."""
        self._add(statements_of(self.recorder.taken(), self.iri))

    def _add(self, statements: list[str]) -> None:
        for statement in statements:
            self.out += (statement, self.end)

    def _new_shape(self, shape: tuple[object, ...], item: ContentItem, parent: str) -> tuple[Parts, str]:
        row = item_row(item, "1", parent)
        edge = item_edges()[row["relationship"]] if parent else ""
        del row["ordinal"]
        found = self._shapes[shape] = self._parts(row), edge
        return found

    def _new_ordinal(self, ordinal: int) -> str:
        (found,) = self._parts({"ordinal": str(ordinal)})
        self._ordinals[ordinal] = found
        return found

    def _new_concept(self, concept: CodedConcept) -> Parts:
        row: Row = {}
        self.recorder.put_concept_name(row, concept)
        found = self._known[id(concept)] = self._parts(row)
        return found

    def _rare(self, item: ContentItem, position: str) -> Parts:
        key = (item.continuity, id(item.template), item.observation_datetime, item.observation_uid)
        found = self._known.get(key)
        if found is None:
            row: Row = {}
            put_fields(self.recorder, row, item, f"#{position}", position)
            found = self._known[key] = self._parts(row)
        return found

    def _new_value(self, value: Value, position: str) -> Parts:
        row: Row = {}
        put_fields(self.recorder, row, value, f"#{position}", position)
        found = self._parts(row)
        # Rows that hang on this very item are wanted again for the next one; codes are not.
        rows = self.recorder.rows
        if not rows or all(table == "concepts" for table, _ in rows):
            self._known[id(value)] = found
        return found


def _stamp(parts: Parts) -> Stamp:
    return [piece for part in parts for piece in ("", part)]
