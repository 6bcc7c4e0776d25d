"""Report to records: rows of named columns, the shape that quads are made from and tables store.

A record is (table, row); a row holds only the columns that have a value, as text.  Columns
that name a part of the report hold its fragment (`1.4.2` for an item); `resource` columns
hold `` for the report itself, `#fragment` for a part of it, or a full IRI.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from sr2graph.dicom.attributes import Attribute
from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ByReference, ContentItem, Position, RelationshipType, position_text
from sr2graph.dicom.json_model import attribute_text
from sr2graph.dicom.report import Report
from sr2graph.dicom.tree import HEADER_CLASSES
from sr2graph.dicom.values import VALUE_TYPES
from sr2graph.graph.codes import Spelling, forget_codes, scoped_iri, spelling, told_row
from sr2graph.graph.columns import Row, class_name, put_fields
from sr2graph.graph.iris import patient_iri, uid_iri
from sr2graph.graph.observation_rows import observation_rows
from sr2graph.graph.vocabulary import predicates
from sr2graph.terms.codes import CodeScope

Record = tuple[str, Row]

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
    recorder = Recorder(report)
    recorder.add_header()
    if report.root is not None:
        recorder.add_items(report.root)
    return recorder.taken()


class Recorder:
    """Makes the records of one report."""

    def __init__(self, report: Report) -> None:
        forget_codes()
        self._report = report
        self.rows: list[Record] = []
        """What was recorded and not yet taken."""
        self._codes = 0
        self._terms: dict[int, tuple[str | None, str | None]] = {}
        self._spellings: dict[Spelling, tuple[str | None, str | None]] = {}
        self._labelled: set[str] = set()
        uids = {s.designator: s.uid for s in report.document.coding_schemes if s.designator and s.uid}
        self._scope = CodeScope(uids, report.equipment.manufacturer)

    def add_header(self) -> None:
        """Add the records of all but the content tree."""
        report = self._report
        resources = _header_resources(report)
        row: Row = dict(resources)
        self.add("documents", row)
        for part in HEADER_CLASSES:
            entity = getattr(report, part)
            put_fields(self, row, entity, resources.get(part, ""), "")
        if report.root is not None:
            row["root"] = "1"
        self.add_others(report.other, "")

    def taken(self) -> list[Record]:
        """Return what was recorded since the last call."""
        rows, self.rows = self.rows, []
        return rows

    def add(self, table: str, row: Row) -> None:
        """Add a record."""
        self.rows.append((table, row))

    def add_others(self, attributes: tuple[Attribute, ...], resource: str) -> None:
        """Add the attributes carried verbatim by a part of the report."""
        for attribute in attributes:
            self.add("other_attributes", {"subject": resource, "attribute": attribute_text(attribute)})

    # ------------------------------------------------------------ items

    def add_items(self, root: ContentItem) -> None:
        """Add the records of a content tree."""
        positions: set[Position] | None = None
        for item, position, parent, _ in placed(root):
            if isinstance(item, ByReference):
                positions = positions or {i.position for i in root.walk()}
                self.add_by_reference(item, position, parent, positions)
            else:
                self._add_item(item, position, parent)
        if positions:
            self._tell_relationships(root)
        self._add_observations()

    def _add_observations(self) -> None:
        """Put what templates and observations say into the rows of the items, which are in document order."""
        rows = [row for table, row in self.rows if table == "items"]
        for number, own, measured, said, once in observation_rows(self._report, self):
            row = rows[number]
            row |= own
            if measured is not None:
                row["canonical_value"], row["canonical_unit"] = measured
            self.rows += once
            if said is not None:
                row |= said.cells
                if said.hanging:
                    subject = f"#{row['item']}"
                    self.rows += [(table, {"subject": subject, **cells}) for table, cells in said.hanging]

    def _tell_relationships(self, root: ContentItem) -> None:
        """Write out the relationship of children that their own parent points at too.

        The predicates between the two then do not tell which of them is by value.
        """
        own = {r.target for source, r in root.by_references() if r.target[:-1] == source.position}
        if own:
            told = {position_text(i.position): i.relationship or "" for i in root.walk() if i.position in own}
            for table, row in self.rows:
                if table == "items" and row["item"] in told:
                    row["relationship_type"] = told[row["item"]]

    def _add_item(self, item: ContentItem, position: str, parent: str) -> None:
        value = item.value
        row = item_row(item, position, parent)
        self.rows.append(("items", row))
        resource = f"#{position}"
        if item.concept_name is not None:
            self.put_concept_name(row, item.concept_name)
        if item.continuity or item.template or item.observation_datetime or item.observation_uid:
            put_fields(self, row, item, resource, position)
        if value is not None:
            put_fields(self, row, value, resource, position)
        if item.other:
            self.add_others(item.other, resource)

    def add_by_reference(self, item: ByReference, position: str, parent: str, positions: set[Position]) -> None:
        """Add the records of a by-reference relationship; `positions` are those of all items."""
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

    def put_concept_name(self, row: Row, concept: CodedConcept) -> None:
        """Put the name of an item into its row."""
        iri, written = self.term(concept)
        if iri is not None:
            row["concept_name"] = iri
        if written is not None:
            row["concept_name_as_written"] = written

    def term(self, concept: CodedConcept) -> tuple[str | None, str | None]:
        """Return (code IRI, fragment of the code as written or None when the IRI tells all).

        The first spelling of a code in the report is told by its IRI, unless the IRI is of
        another code (SRT mapped to SCT); later spellings get a node of their own.
        """
        known = self._terms.get(id(concept))
        if known is None:
            found = spelling(concept)
            known = self._spellings.get(found)
            if known is None:
                known = self._spellings[found] = self._new_term(found)
            self._terms[id(concept)] = known
        return known

    def canonical_iri(self, concept: CodedConcept) -> str | None:
        """Return the code IRI of a concept within this report."""
        return scoped_iri(spelling(concept), self._scope).iri

    def _new_term(self, found: Spelling) -> tuple[str | None, str | None]:
        code = scoped_iri(found, self._scope)
        iri = code.iri
        if iri is not None and not code.mapped and not found.concept.equivalent_codes and iri not in self._labelled:
            self._labelled.add(iri)
            self.add("concepts", found.row or told_row(found.concept, found.columns, iri))
            return iri, None
        self._codes += 1
        node = f"code.{self._codes}"
        self._add_written(found, node, iri, {})
        return iri, node

    def _add_written(self, found: Spelling, node: str, iri: str | None, row: Row) -> None:
        concept = found.concept
        row["subject"] = f"#{node}"
        row["class"] = class_name(CodedConcept)
        if iri is not None:
            row["concept"] = row["canonical"] = iri
            if iri not in self._labelled and concept.meaning is not None:
                row["label"] = concept.meaning
            self._labelled.add(iri)
        if concept.meaning is not None:
            row["meaning"] = concept.meaning
        row.update(found.columns)
        self.add("concepts", row)
        self.add_concepts(concept.equivalent_codes, "equivalent_codes", "equivalentCode", f"#{node}", node)

    def add_concepts(self, concepts: tuple[CodedConcept, ...], prop: str, name: str, resource: str, stem: str) -> None:
        """Add the codes of a field that holds several, each as written, in order."""
        for i, concept in enumerate(concepts, 1):
            node = f"{stem}.{name}.{i}" if stem else f"{name}.{i}"
            iri = self.canonical_iri(concept)
            self._add_written(spelling(concept), node, iri, {"parent": resource, "property": prop, "ordinal": str(i)})


def placed(root: ContentItem) -> Iterator[tuple[ContentItem | ByReference, str, str, int]]:
    """Yield (item or by-reference relationship, position, position of its parent, ordinal), in document order."""
    stack: list[tuple[ContentItem | ByReference, str, str, int]] = [(root, "1", "", 1)]
    while stack:
        place = stack.pop()
        yield place
        item, position, _, _ = place
        if isinstance(item, ContentItem) and item.children:
            below = [(child, f"{position}.{i}", position, i) for i, child in enumerate(item.children, 1)]
            below.reverse()
            stack += below


def item_row(item: ContentItem, position: str, parent: str) -> Row:
    """Return the row of an item with its place, class and relationship."""
    value_type: str | None
    if item.value is not None:
        value_type = VALUE_TYPES[type(item.value)]
        name = class_name(type(item.value))
    else:
        value_type = "CONTAINER" if item.value_type == "CONTAINER" else None
        name = "Container" if value_type else "ContentItem"
    row = {"item": position, "class": name, "ordinal": position.rpartition(".")[2]}
    if item.value_type != value_type:
        row["value_type"] = item.value_type or ""
    relationship = item.relationship
    predicate = RELATIONSHIP_PREDICATES.get(relationship, OTHER_RELATIONSHIP)
    if parent:
        row["relationship"] = predicate
        row["parent"] = parent
    if relationship is not None and (predicate is OTHER_RELATIONSHIP or not parent):
        row["relationship_type"] = relationship
    return row


def _header_resources(report: Report) -> dict[str, str]:
    patient, study, series = report.patient, report.study, report.series
    return {
        "document": "",
        "patient": patient_iri(patient.patient_id, patient.issuer) if patient.patient_id else "#patient",
        "study": uid_iri(study.study_instance_uid) if study.study_instance_uid else "#study",
        "series": uid_iri(series.series_instance_uid) if series.series_instance_uid else "#series",
        "equipment": "#equipment",
    }


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
