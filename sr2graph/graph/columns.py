"""Fields of dataclasses to columns of records, by the vocabulary table.

For each bound field there is a step, made once, that puts its value where the table says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sr2graph.dicom.attributes import Attribute, Binding, bindings, per_class
from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ContentItem
from sr2graph.dicom.json_model import attribute_text
from sr2graph.dicom.values import SpatialCoordinates, SpatialCoordinates3D
from sr2graph.graph.kinds import LITERALS, Literal, list_text
from sr2graph.graph.vocabulary import Predicate, entity_class, field_predicates
from sr2graph.graph.wkt import wkt

if TYPE_CHECKING:
    from sr2graph.graph.records import Recorder

Row = dict[str, str]
"""Column -> cell, for the columns that have a value."""
Step = Callable[["Recorder", Row, Any, str, str], None]
"""Puts the value of one field into a row: (recorder, row, value, resource, stem).

The resource is the entity as the subject of rows of its own, the stem what the names of
nodes below it start with.
"""


@per_class
def class_name(cls: type[Any]) -> str:
    """Return the local name of the RDF class of a dataclass."""
    return entity_class(cls.__name__).local_name


def put_fields(recorder: Recorder, row: Row, entity: Any, resource: str, stem: str) -> None:
    """Put the bound fields of an entity into its row, and into rows that hang on it.

    Of a ContentItem only the fields that most items do not have: Recorder sees to the others.
    """
    for name, step in _steps(type(entity)):
        value = getattr(entity, name)
        if value is not None and value != ():
            step(recorder, row, value, resource, stem)
    if isinstance(entity, SpatialCoordinates | SpatialCoordinates3D) and (text := wkt(entity)) is not None:
        row["wkt"] = text


@per_class
def _steps(cls: type[Any]) -> tuple[tuple[str, Step], ...]:
    """Return (field, step) pairs for the fields that have columns."""
    rows = field_predicates().get(cls.__name__, {})
    skipped = ("relationship", "value_type", "concept_name") if cls is ContentItem else ()
    found = (
        (name, _field_step(binding, rows.get(name, [])))
        for name, binding in bindings(cls).items()
        if name not in skipped
    )
    return tuple((name, step) for name, step in found if step is not None)


def _field_step(binding: Binding, rows: list[Predicate]) -> Step | None:
    if binding.entity == "CodedConcept":
        return _concepts_step(rows[0]) if binding.many else _concept_step(rows[0])
    if binding.entity is not None:
        return _node_step(rows[0], many=binding.many) if rows else put_fields
    if not rows:  # told by the IRI of the report, study or series
        return None
    return _many_step(binding.vr, rows) if binding.many else _scalar_step(rows)


def _concept_step(predicate: Predicate) -> Step:
    column = predicate.column
    written_column = f"{column}_as_written"

    def step(recorder: Recorder, row: Row, concept: CodedConcept, _resource: str, _stem: str) -> None:
        iri, written = recorder.term(concept)
        if iri is not None:
            row[column] = iri
        if written is not None:
            row[written_column] = written

    return step


def property_name(predicate: Predicate) -> str:
    """Return what the `property` column of a row says for a predicate."""
    return predicate.where[1] if predicate.where is not None else predicate.column


def _concepts_step(predicate: Predicate) -> Step:
    prop, local_name = property_name(predicate), predicate.local_name

    def step(recorder: Recorder, _row: Row, concepts: tuple[CodedConcept, ...], resource: str, stem: str) -> None:
        recorder.add_concepts(concepts, prop, local_name, resource, stem)

    return step


def _node_step(predicate: Predicate, *, many: bool) -> Step:
    prop, local_name, table = property_name(predicate), predicate.local_name, predicate.table

    def step(recorder: Recorder, _row: Row, value: Any, resource: str, stem: str) -> None:
        for i, entity in enumerate(value if many else (value,), 1):
            node = f"{stem}.{local_name}.{i}" if stem else f"{local_name}.{i}"
            row: Row = {"node": node, "parent": resource, "property": prop, "ordinal": str(i)}
            recorder.add(table, row)
            put_fields(recorder, row, entity, f"#{node}", node)

    return step


def _scalar_step(rows: list[Predicate]) -> Step:
    column, kind = rows[0].column, rows[0].kind
    written_column = next((r.column for r in rows if r.kind == "verbatim"), None)

    def plain(_recorder: Recorder, row: Row, value: str, _resource: str, _stem: str) -> None:
        row[column] = value

    def json(_recorder: Recorder, row: Row, value: Attribute, _resource: str, _stem: str) -> None:
        row[column] = attribute_text(value)

    if kind in ("string", "uid"):
        return plain
    return json if kind == "json" else _typed_step(column, LITERALS[kind], written_column)


def _typed_step(column: str, literal: Literal, written_column: str | None) -> Step:
    def step(_recorder: Recorder, row: Row, value: Any, _resource: str, _stem: str) -> None:
        cell = literal.cell(value)
        if cell is not None:
            row[column] = cell
        if written_column is not None and (cell is None or literal.value(cell) != value):
            row[written_column] = value

    return step


def _many_step(vr: str, rows: list[Predicate]) -> Step:
    own = next((r for r in rows if r.where is None and r.kind not in ("list", "wkt")), None)
    child = next((r for r in rows if r.where is not None), None)
    listed = next((r.column for r in rows if r.kind == "list"), None)
    kind = own or child
    literal = LITERALS[kind.kind] if kind is not None else None

    def step(recorder: Recorder, row: Row, values: tuple[Any, ...], resource: str, _stem: str) -> None:
        cells = [literal.cell(value) for value in values] if literal is not None else []
        if own is not None and len(cells) == 1:
            if cells[0] is not None:
                row[own.column] = cells[0]
        elif child is not None:
            _add_values(recorder, child, resource, cells)
        if listed is not None and not _one_says_all(literal, cells, values):
            row[listed] = list_text(vr, values)

    return step


def _one_says_all(literal: Literal | None, cells: list[str | None], values: tuple[Any, ...]) -> bool:
    """Tell whether there is one value and its typed cell gives it back."""
    if literal is None or len(cells) != 1:
        return False
    cell = cells[0]
    return cell is not None and bool(literal.value(cell) == values[0])


def _add_values(recorder: Recorder, child: Predicate, resource: str, cells: list[str | None]) -> None:
    prop = property_name(child)
    for i, cell in enumerate(cells, 1):
        if cell is not None:
            recorder.add(child.table, {"subject": resource, "property": prop, "ordinal": str(i), child.column: cell})
