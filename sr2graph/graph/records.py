"""Report to records: rows of named columns, the shape that quads are made from and tables store.

A record is (table, row); a row holds only the columns that have a value, as text.  Columns
that name a part of the report hold its fragment (`1.4.2` for an item); `resource` columns
hold `` for the report itself, `#fragment` for a part of it, or a full IRI.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

from sr2graph.dicom.attributes import Attribute, Binding, bindings
from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ByReference, ContentItem, Position, RelationshipType, position_text
from sr2graph.dicom.header import Document
from sr2graph.dicom.json_model import attribute_text
from sr2graph.dicom.report import Report
from sr2graph.dicom.reading import ENTITIES
from sr2graph.dicom.tree import HEADER_CLASSES
from sr2graph.dicom.values import VALUE_TYPES
from sr2graph.graph.iris import patient_iri, uid_iri
from sr2graph.graph.kinds import LITERALS, list_text
from sr2graph.graph.vocabulary import Predicate, entity_class, field_predicates, predicates
from sr2graph.graph.wkt import wkt
from sr2graph.terms.codes import CodeScope, code_iri

Row = dict[str, str]
Record = tuple[str, Row]
Step = Callable[["Recorder", Row, Any, str, str], None]
"""Puts one field of an entity into a row: (recorder, row, entity, resource, stem)."""

RELATIONSHIP_PREDICATES: dict[str | None, str] = {
    RelationshipType.CONTAINS: "contains",
    RelationshipType.HAS_OBS_CONTEXT: "hasObsContext",
    RelationshipType.HAS_ACQ_CONTEXT: "hasAcqContext",
    RelationshipType.HAS_CONCEPT_MOD: "hasConceptMod",
    RelationshipType.HAS_PROPERTIES: "hasProperties",
    RelationshipType.INFERRED_FROM: "inferredFrom",
    RelationshipType.SELECTED_FROM: "selectedFrom",
}
OTHER_RELATIONSHIP = "hasContentItem"
"""The predicate of a relationship that is missing or not in the standard."""


def records(report: Report) -> list[Record]:
    """Return the records of a report: its documents row first, then items in document order.

    The rows that belong to another row (its codes, references, lists) follow or precede it.
    """
    return Recorder(report).records()


class Recorder:
    """Makes the records of one report."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._rows: list[Record] = []
        self._codes = 0
        self._terms: dict[int, tuple[str | None, str | None]] = {}
        self._spellings: dict[CodedConcept, tuple[str | None, str | None]] = {}
        self._labelled: set[str] = set()
        uids = {s.designator: s.uid for s in report.document.coding_schemes if s.designator and s.uid}
        self._scope = CodeScope(uids, report.equipment.manufacturer)

    def records(self) -> list[Record]:
        """Return all records; call once."""
        report = self._report
        resources = _header_resources(report)
        row: Row = dict(resources)
        self.add("documents", row)
        for part in HEADER_CLASSES:
            entity = getattr(report, part)
            for step in steps(type(entity)):
                step(self, row, entity, resources.get(part, ""), "")
        if report.root is not None:
            row["root"] = "1"
        self.add_others(report.other, "")
        if report.root is not None:
            self._add_items(report.root)
        return self._rows

    def add(self, table: str, row: Row) -> None:
        """Add a record."""
        self._rows.append((table, row))

    def add_others(self, attributes: tuple[Attribute, ...], resource: str) -> None:
        """Add the attributes carried verbatim by a part of the report."""
        for attribute in attributes:
            self.add("other_attributes", {"subject": resource, "attribute": attribute_text(attribute)})

    # ------------------------------------------------------------ items

    def _add_items(self, root: ContentItem) -> None:
        positions: set[Position] | None = None
        stack: list[tuple[ContentItem | ByReference, str, str]] = [(root, "1", "")]
        while stack:
            item, position, parent = stack.pop()
            if isinstance(item, ByReference):
                positions = positions or {i.position for i in root.walk()}
                self._add_by_reference(item, position, parent, positions)
                continue
            self._add_item(item, position, parent)
            if item.children:
                below = [(child, f"{position}.{i}", position) for i, child in enumerate(item.children, 1)]
                below.reverse()
                stack += below

    def _add_item(self, item: ContentItem, position: str, parent: str) -> None:
        row: Row = {"item": position}
        value = item.value
        value_type: str | None
        if value is not None:
            value_class = type(value)
            row["class"] = class_name(value_class)
            value_type = VALUE_TYPES[value_class]
        else:
            value_type = "CONTAINER" if item.value_type == "CONTAINER" else None
            row["class"] = "Container" if value_type else "ContentItem"
        if item.value_type != value_type:
            row["value_type"] = item.value_type or ""
        row["ordinal"] = position.rpartition(".")[2]
        relationship = item.relationship
        if parent:
            predicate = row["relationship"] = RELATIONSHIP_PREDICATES.get(relationship, OTHER_RELATIONSHIP)
            row["parent"] = parent
            if predicate is OTHER_RELATIONSHIP and relationship is not None:
                row["relationship_type"] = relationship
        elif relationship is not None:
            row["relationship_type"] = relationship
        self._rows.append(("items", row))
        resource = f"#{position}"
        if item.concept_name is not None:
            iri, written = self.term(item.concept_name)
            if iri is not None:
                row["concept_name"] = iri
            if written is not None:
                row["concept_name_as_written"] = written
        if item.continuity or item.template or item.observation_datetime or item.observation_uid:
            for step in _rare_item_steps():
                step(self, row, item, resource, position)
        if value is not None:
            for step in steps(value_class):
                step(self, row, value, resource, position)
        if item.other:
            self.add_others(item.other, resource)

    def _add_by_reference(self, item: ByReference, position: str, parent: str, positions: set[Position]) -> None:
        row: Row = {
            "node": position,
            "ordinal": position.rpartition(".")[2],
            "parent": parent,
            "relationship": RELATIONSHIP_PREDICATES.get(item.relationship, OTHER_RELATIONSHIP),
            "target": position_text(item.target),
        }
        if item.relationship is not None:
            row["relationship_type"] = item.relationship
        if item.target in positions:
            row["existing_target"] = row["target"]
        self.add("by_reference", row)
        self.add_others(item.other, f"#{position}")

    # ------------------------------------------------------------ codes

    def term(self, concept: CodedConcept) -> tuple[str | None, str | None]:
        """Return (code IRI, fragment of the code as written or None when the IRI tells all).

        The first spelling of a code in the report is told by its IRI, unless the IRI is of
        another code (SRT mapped to SCT); later spellings get a node of their own.
        """
        known = self._terms.get(id(concept))
        if known is None:
            known = self._spellings.get(concept)
            if known is None:
                known = self._spellings[concept] = self._new_term(concept)
            self._terms[id(concept)] = known
        return known

    def _new_term(self, concept: CodedConcept) -> tuple[str | None, str | None]:
        found = self.canonical(concept)
        iri = found.iri
        if iri is not None and not found.mapped and not concept.equivalent_codes and iri not in self._labelled:
            self._add_concept(concept, {"subject": iri, "concept": iri})
            return iri, None
        self._codes += 1
        node = f"code.{self._codes}"
        self._add_written(concept, node, {})
        return iri, node

    def canonical(self, concept: CodedConcept) -> Any:
        """Return the CodeIRI of a concept within this report."""
        scope = self._scope
        if concept.scheme_uid and concept.scheme:
            scope = CodeScope({**scope.scheme_uids, concept.scheme: concept.scheme_uid}, scope.manufacturer)
        return code_iri(concept.value or concept.long_value, concept.scheme, urn=concept.urn_value, scope=scope)

    def _add_written(self, concept: CodedConcept, node: str, row: Row) -> None:
        iri = self.canonical(concept).iri
        row["subject"] = f"#{node}"
        if iri is not None:
            row["concept"] = row["canonical"] = iri
        if concept.meaning is not None:
            row["meaning"] = concept.meaning
        self._add_concept(concept, row)
        self.add_concepts(concept.equivalent_codes, "equivalent_codes", "equivalentCode", f"#{node}", node)

    def _add_concept(self, concept: CodedConcept, row: Row) -> None:
        iri = row.get("concept")
        if iri is not None and iri not in self._labelled:
            self._labelled.add(iri)
            if concept.meaning is not None:
                row["label"] = concept.meaning
        row.update(_concept_columns(concept))
        self.add("concepts", row)

    def add_concepts(
        self, concepts: tuple[CodedConcept, ...], prop: str, name: str, resource: str, stem: str
    ) -> None:
        """Add the codes of a field that holds several, each as written, in order."""
        for i, concept in enumerate(concepts, 1):
            node = f"{stem}.{name}.{i}" if stem else f"{name}.{i}"
            self._add_written(concept, node, {"parent": resource, "property": prop, "ordinal": str(i)})


def _header_resources(report: Report) -> dict[str, str]:
    patient, study, series = report.patient, report.study, report.series
    return {
        "document": "",
        "patient": patient_iri(patient.patient_id, patient.issuer) if patient.patient_id else "#patient",
        "study": uid_iri(study.study_instance_uid) if study.study_instance_uid else "#study",
        "series": uid_iri(series.series_instance_uid) if series.series_instance_uid else "#series",
        "equipment": "#equipment",
    }


@cache
def class_name(cls: type[Any]) -> str:
    """Return the local name of the RDF class of a dataclass."""
    return entity_class(cls.__name__).local_name


# ---------------------------------------------------------------- fields to columns


@cache
def _rare_item_steps() -> tuple[Step, ...]:
    """Return the steps for the fields of an item that most items do not have."""
    return steps(ContentItem, skipped=("relationship", "value_type", "concept_name"))


@lru_cache(maxsize=4096)
def _concept_columns(concept: CodedConcept) -> tuple[tuple[str, str], ...]:
    """Return the columns that a code fills, whatever report it is in."""
    row: Row = {}
    recorder = Recorder(Report(Document()))  # these columns are plain text: nothing is recorded
    for step in steps(CodedConcept, skipped=("meaning", "equivalent_codes")):
        step(recorder, row, concept, "", "")
    return tuple(row.items())


@cache
def steps(cls: type[Any], skipped: tuple[str, ...] = ()) -> tuple[Step, ...]:
    """Return how to put the bound fields of a dataclass into rows, by the vocabulary table."""
    rows = field_predicates().get(cls.__name__, {})
    return tuple(
        step
        for name, binding in bindings(cls).items()
        if name not in skipped
        for step in _field_steps(name, binding, rows.get(name, []))
    )


def _field_steps(name: str, binding: Binding, rows: list[Predicate]) -> list[Step]:
    if binding.entity == "CodedConcept":
        return [_concepts_step(name, rows[0])] if binding.many else [_concept_step(name, rows[0])]
    if binding.entity is not None:
        nested = ENTITIES[binding.entity]
        return [_node_step(name, nested, rows[0], many=binding.many)] if rows else [_inlined_step(name, nested)]
    if not rows:  # told by the IRI of the report, study or series
        return []
    if binding.many:
        return [_many_step(name, binding.vr, rows)] + [_wkt_step(r.column) for r in rows if r.kind == "wkt"]
    return [_scalar_step(name, rows)]


def _concept_step(name: str, predicate: Predicate) -> Step:
    column = predicate.column
    written_column = f"{column}_as_written"

    def step(recorder: Recorder, row: Row, entity: Any, _resource: str, _stem: str) -> None:
        concept = getattr(entity, name)
        if concept is not None:
            iri, written = recorder.term(concept)
            if iri is not None:
                row[column] = iri
            if written is not None:
                row[written_column] = written

    return step


def _property(predicate: Predicate) -> str:
    return predicate.where[1] if predicate.where is not None else predicate.column


def _concepts_step(name: str, predicate: Predicate) -> Step:
    prop, local_name = _property(predicate), predicate.local_name

    def step(recorder: Recorder, _row: Row, entity: Any, resource: str, stem: str) -> None:
        recorder.add_concepts(getattr(entity, name), prop, local_name, resource, stem)

    return step


def _node_step(name: str, nested: type[Any], predicate: Predicate, *, many: bool) -> Step:
    prop, local_name, table = _property(predicate), predicate.local_name, predicate.table

    def step(recorder: Recorder, _row: Row, entity: Any, resource: str, stem: str) -> None:
        value = getattr(entity, name)
        values = value if many else () if value is None else (value,)
        for i, item in enumerate(values, 1):
            node = f"{stem}.{local_name}.{i}" if stem else f"{local_name}.{i}"
            row: Row = {"node": node, "parent": resource, "property": prop, "ordinal": str(i)}
            recorder.add(table, row)
            for inner in steps(nested):
                inner(recorder, row, item, f"#{node}", node)

    return step


def _inlined_step(name: str, nested: type[Any]) -> Step:
    def step(recorder: Recorder, row: Row, entity: Any, resource: str, stem: str) -> None:
        value = getattr(entity, name)
        if value is not None:
            for inner in steps(nested):
                inner(recorder, row, value, resource, stem)

    return step


def _scalar_step(name: str, rows: list[Predicate]) -> Step:
    typed = rows[0]
    column, kind = typed.column, typed.kind
    written_column = next((r.column for r in rows if r.kind == "verbatim"), None)
    literal = LITERALS.get(kind)

    def plain(_recorder: Recorder, row: Row, entity: Any, _resource: str, _stem: str) -> None:
        value = getattr(entity, name)
        if value is not None:
            row[column] = value

    def other(_recorder: Recorder, row: Row, entity: Any, _resource: str, _stem: str) -> None:
        value = getattr(entity, name)
        if value is None:
            return
        if isinstance(value, Attribute):
            row[column] = attribute_text(value)
            return
        assert literal is not None
        cell = literal.cell(value)
        if cell is not None:
            row[column] = cell
        if written_column is not None and (cell is None or literal.value(cell) != value):
            row[written_column] = value

    return plain if kind in ("string", "uid") else other


def _many_step(name: str, vr: str, rows: list[Predicate]) -> Step:
    own = next((r for r in rows if r.kind in LITERALS and r.where is None and r.kind not in ("list", "wkt")), None)
    child = next((r for r in rows if r.where is not None), None)
    listed = next((r.column for r in rows if r.kind == "list"), None)
    kind = own or child

    def step(recorder: Recorder, row: Row, entity: Any, resource: str, _stem: str) -> None:
        values = getattr(entity, name)
        if not values:
            return
        exact = False
        if kind is not None:
            literal = LITERALS[kind.kind]
            cells = [literal.cell(value) for value in values]
            exact = len(values) == 1 and cells[0] is not None and literal.value(cells[0]) == values[0]
            if own is not None and len(values) == 1:
                if cells[0] is not None:
                    row[own.column] = cells[0]
            elif child is not None:
                _add_values(recorder, child, resource, cells)
        if not exact and listed is not None:
            row[listed] = list_text(vr, values)

    return step


def _add_values(recorder: Recorder, child: Predicate, resource: str, cells: list[str | None]) -> None:
    prop = _property(child)
    for i, cell in enumerate(cells, 1):
        if cell is not None:
            recorder.add(child.table, {"subject": resource, "property": prop, "ordinal": str(i), child.column: cell})


def _wkt_step(column: str) -> Step:
    def step(_recorder: Recorder, row: Row, entity: Any, _resource: str, _stem: str) -> None:
        text = wkt(entity)
        if text is not None:
            row[column] = text

    return step


# ---------------------------------------------------------------- the shape of tables


@cache
def table_columns() -> dict[str, dict[str, str]]:
    """Return table -> column -> kind, for whoever stores records.

    Key columns come first; every table also belongs to a document.
    """
    keys = {
        "items": {"item": "item", "parent": "item", "relationship": "class"},
        "by_reference": {"node": "item", "parent": "item", "relationship": "class"},
        "documents": {"document": "resource"},
    }
    result: dict[str, dict[str, str]] = {}
    for predicate in predicates():
        columns = result.setdefault(predicate.table, dict(keys.get(predicate.table, {})))
        if predicate.table not in keys:
            columns.setdefault(predicate.subject, "node" if predicate.subject == "node" else "resource")
            if predicate.where is not None:
                columns.setdefault("property", "class")
                columns.setdefault("ordinal", "integer")
        columns.setdefault(predicate.column, predicate.kind)
    return result

