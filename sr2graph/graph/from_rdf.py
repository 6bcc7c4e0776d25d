"""RDF back to Reports: the vocabulary table read from right to left."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sr2graph.dicom.attributes import Attribute, Binding, bindings, per_class
from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ByReference, ContentItem, Position
from sr2graph.dicom.json_model import attribute_from_text
from sr2graph.dicom.limits import DEFAULT_LIMITS
from sr2graph.dicom.reading import ENTITIES
from sr2graph.dicom.report import Report
from sr2graph.dicom.tree import HEADER_CLASSES
from sr2graph.dicom.values import VALUE_TYPES
from sr2graph.errors import GraphError, ReadError
from sr2graph.graph.columns import class_name
from sr2graph.graph.iris import iri_uid
from sr2graph.graph.kinds import LITERALS, list_values
from sr2graph.graph.records import OTHER_RELATIONSHIP, RELATIONSHIP_PREDICATES
from sr2graph.graph.statement_index import RDF_TYPE, Index, graphs
from sr2graph.graph.vocabulary import NAMESPACE, Predicate, expanded, field_predicates

if TYPE_CHECKING:
    import rdflib

LABEL = expanded("rdfs:label")
POSITION = expanded("sr:position")
RELATIONSHIP_TYPE = expanded("sr:relationshipType")
VALUE_TYPE = expanded("sr:valueType")
BY_REFERENCE = expanded("sr:byReference")
REFERENCED_ITEM = expanded("sr:referencedItem")
OTHER_ATTRIBUTE = expanded("sr:otherAttribute")

RELATIONSHIPS = {NAMESPACE + name: relationship for relationship, name in RELATIONSHIP_PREDICATES.items()}
RELATIONSHIPS[NAMESPACE + OTHER_RELATIONSHIP] = None

_POSITION = re.compile(r"[1-9]\d{0,9}(?:\.[1-9]\d{0,9})*", re.ASCII)


def from_rdf(source: rdflib.Graph | str | Path | bytes, format: str | None = None) -> Report:
    """Return the one report in an rdflib Graph or Dataset, an RDF file, or RDF text as bytes.

    Raises GraphError when there is none, several, or one that cannot be rebuilt.
    """
    found = list(reports_from_rdf(source, format))
    if len(found) != 1:
        raise GraphError(f"the graph holds {len(found)} reports, not one. Use reports_from_rdf for several")
    return found[0]


def reports_from_rdf(source: rdflib.Graph | str | Path | bytes, format: str | None = None) -> Iterator[Report]:
    """Yield the reports of a source; N-Quads in which each report stands together are streamed."""
    for iri, index in graphs(source, format):
        yield rebuilt(iri, index)


def rebuilt(iri: str, index: Index) -> Report:
    """Return the report of an IRI from its statements; raises GraphError."""
    try:
        return _Rebuilder(iri, index).report()
    except (ReadError, ValueError, OverflowError) as cause:
        raise GraphError(f"{iri}: a value of the graph is not of its kind ({cause})") from cause
    except RecursionError as cause:
        raise GraphError(f"{iri}: a part of the report is a part of itself") from cause


@dataclass(frozen=True, slots=True)
class _FieldRows:
    """How one field shows in RDF: the IRIs of its predicates, by what they say."""

    typed: tuple[tuple[str, str], ...] = ()
    """(predicate IRI, kind) of literals and IRIs."""
    verbatim: str | None = None
    listed: str | None = None
    written: str | None = None
    node: str | None = None
    json: str | None = None


@per_class
def _field_rows(cls: type[Any]) -> dict[str, _FieldRows]:
    return {name: _sorted(rows) for name, rows in field_predicates().get(cls.__name__, {}).items()}


def _sorted(rows: list[Predicate]) -> _FieldRows:
    special = {"verbatim": "verbatim", "list": "listed", "written": "written", "node": "node", "json": "json"}
    named = {special[r.kind]: r.iri for r in rows if r.kind in special}
    typed = dict.fromkeys((r.iri, r.kind) for r in rows if r.kind not in special and r.kind != "wkt")
    return _FieldRows(typed=tuple(typed), **named)


@dataclass(slots=True)
class _Rebuilder:
    iri: str
    index: Index
    _concepts: dict[str, CodedConcept] = field(default_factory=dict)

    def report(self) -> Report:
        if iri_uid(self.iri) is None:
            raise GraphError(f"{self.iri}: this is not the IRI of a report, which its SOP Instance UID makes")
        header = {part: self.entity(cls, self._part(part)) for part, cls in HEADER_CLASSES.items()}
        root = self.one(self.iri, NAMESPACE + "root")
        return Report(**header, root=self._item((1,), None) if root is not None else None, other=self.others(self.iri))

    def _part(self, part: str) -> str:
        if part == "document":
            return self.iri
        subject = self.one(self.iri, NAMESPACE + part)
        if subject is None:
            raise GraphError(f"{self.iri}: there is no sr:{part}")
        return subject

    # ------------------------------------------------------------ statements

    def all(self, subject: str, predicate: str) -> list[str]:
        return self.index.get(subject, {}).get(predicate, [])

    def one(self, subject: str, predicate: str) -> str | None:
        found = self.all(subject, predicate)
        if len(set(found)) > 1:
            raise GraphError(f"{subject}: {predicate} has {len(found)} values where one should be")
        return found[0] if found else None

    # ------------------------------------------------------------ items

    def _item(self, position: Position, relationship: str | None) -> ContentItem:
        if len(position) > DEFAULT_LIMITS.max_depth:
            raise GraphError(f"{self.iri}: content items nest deeper than {DEFAULT_LIMITS.max_depth} levels")
        subject = self._item_iri(position)
        value_class = self._value_class(subject)
        fields = self.fields(ContentItem, subject)
        default = VALUE_TYPES[value_class] if isinstance(value_class, type) else value_class
        written = self.one(subject, VALUE_TYPE)
        fields["value_type"] = default if written is None else written or None
        told = self.one(subject, RELATIONSHIP_TYPE)
        fields["relationship"] = relationship if told is None else told or None
        return ContentItem(
            position=position,
            value=self.entity(value_class, subject) if isinstance(value_class, type) else None,
            children=self._children(position, subject),
            other=self.others(subject),
            **fields,
        )

    def _item_iri(self, position: Position) -> str:
        return f"{self.iri}#{'.'.join(map(str, position))}"

    def _value_class(self, subject: str) -> type[Any] | str | None:
        """Return the class of an item's value, CONTAINER for containers, None where there is none."""
        known = _value_classes()
        found = [known[t] for t in dict.fromkeys(self.all(subject, RDF_TYPE)) if t in known]
        if len(found) > 1:
            raise GraphError(f"{subject}: there are {len(found)} value types where one should be")
        if found:
            return found[0]
        if subject not in self.index:
            raise GraphError(f"{subject}: this content item is missing")
        return None

    def _children(self, position: Position, subject: str) -> tuple[ContentItem | ByReference, ...]:
        found: dict[int, ContentItem | ByReference] = {}
        explained: set[tuple[str, str]] = set()
        for node in self.all(subject, BY_REFERENCE):
            reference = self._by_reference(node, position)
            found[reference.position[-1]] = reference
            name = RELATIONSHIP_PREDICATES.get(reference.relationship, OTHER_RELATIONSHIP)
            explained.add((NAMESPACE + name, self._item_iri(reference.target)))
        for ordinal, relationship in self._by_value(position, subject, explained).items():
            found[ordinal] = self._item((*position, ordinal), relationship)
        missing = next((i for i in range(1, len(found) + 1) if i not in found), None)
        if missing is not None:
            raise GraphError(f"{subject}.{missing}: this content item is missing")
        return tuple(found[i] for i in range(1, len(found) + 1))

    def _by_value(self, position: Position, subject: str, explained: set[tuple[str, str]]) -> dict[int, str | None]:
        stem = f"{self._item_iri(position)}."
        found: dict[int, str | None] = {}
        edges = [
            (predicate, target)
            for predicate in self.index.get(subject, {})
            if predicate in RELATIONSHIPS
            for target in self.all(subject, predicate)
            if target.startswith(stem) and target[len(stem) :].isdecimal()
        ]
        # An edge that a by-reference relationship explains counts only where no other reaches the child.
        for predicate, target in sorted(edges, key=lambda edge: edge not in explained):
            found[int(target[len(stem) :])] = RELATIONSHIPS[predicate]
        return found

    def _by_reference(self, node: str, parent: Position) -> ByReference:
        position = self._position(node)
        if position[:-1] != parent:
            raise GraphError(f"{node}: this by-reference relationship is not below its source")
        target = self.one(node, REFERENCED_ITEM)
        if target is None:
            raise GraphError(f"{node}: there is no sr:referencedItem")
        fragment = target.rpartition("#")[2]
        return ByReference(
            position=position,
            relationship=self.one(node, RELATIONSHIP_TYPE),
            target=tuple(map(int, fragment.split("."))),
            other=self.others(node),
        )

    def _position(self, node: str) -> Position:
        fragment = node.removeprefix(f"{self.iri}#")
        if not _POSITION.fullmatch(fragment):
            raise GraphError(f"{node}: this is not the IRI of a content item of {self.iri}")
        return tuple(map(int, fragment.split(".")))

    def others(self, subject: str) -> tuple[Attribute, ...]:
        found = map(attribute_from_text, dict.fromkeys(self.all(subject, OTHER_ATTRIBUTE)))
        return tuple(sorted(found, key=lambda attribute: attribute.tag))

    # ------------------------------------------------------------ entities

    def entity(self, cls: type[Any], subject: str) -> Any:
        return cls(**self.fields(cls, subject))

    def fields(self, cls: type[Any], subject: str) -> dict[str, Any]:
        rows = _field_rows(cls)
        found = {
            name: self._field(binding, rows.get(name), subject)
            for name, binding in bindings(cls).items()
            if name not in ("value_type", "relationship", "target")
        }
        return {name: value for name, value in found.items() if value is not None and value != ()}

    def _field(self, binding: Binding, rows: _FieldRows | None, subject: str) -> Any:
        if rows is None:
            return self._unlisted(binding, subject)
        if binding.entity == "CodedConcept":
            return self._codes(binding, rows, subject)
        if binding.entity is not None:
            nodes = self._in_order(subject, rows.node or "")
            values = tuple(self.entity(ENTITIES[binding.entity], node) for node in nodes)
            return values if binding.many else next(iter(values), None)
        if rows.json is not None:
            text = self.one(subject, rows.json)
            return attribute_from_text(text) if text is not None else None
        return self._many(binding, rows, subject) if binding.many else self._scalar(rows, subject)

    def _unlisted(self, binding: Binding, subject: str) -> Any:
        """Return a field that no predicate shows: told by an IRI, or inlined in its holder."""
        if binding.vr == "UI":
            return iri_uid(subject)
        if binding.entity is None:
            return None
        cls = ENTITIES[binding.entity]
        fields = self.fields(cls, subject)
        return cls(**fields) if fields else None

    def _in_order(self, subject: str, predicate: str) -> list[str]:
        return sorted(dict.fromkeys(self.all(subject, predicate)), key=lambda node: int(self.one(node, POSITION) or 0))

    def _scalar(self, rows: _FieldRows, subject: str) -> Any:
        if rows.verbatim is not None and (text := self.one(subject, rows.verbatim)) is not None:
            return text
        for predicate, kind in rows.typed:
            found = self.one(subject, predicate)
            if found is not None:
                return iri_uid(found) if kind == "uid" else LITERALS[kind].value(found)
        return None

    def _many(self, binding: Binding, rows: _FieldRows, subject: str) -> tuple[Any, ...]:
        if rows.listed is not None and (text := self.one(subject, rows.listed)) is not None:
            return list_values(binding.vr, text)
        for predicate, kind in rows.typed:
            found = self.one(subject, predicate)
            if found is not None:
                return (LITERALS[kind].value(found),)
        return ()

    # ------------------------------------------------------------ codes

    def _codes(self, binding: Binding, rows: _FieldRows, subject: str) -> Any:
        if binding.many:
            return tuple(self.concept(node) for node in self._in_order(subject, rows.node or ""))
        written = self.one(subject, rows.written or "")
        iri = written if written is not None else self.one(subject, rows.typed[0][0])
        return self.concept(iri) if iri is not None else None

    def concept(self, subject: str) -> CodedConcept:
        """Return the code that a code IRI or a code-as-written node tells of."""
        known = self._concepts.get(subject)
        if known is None:
            fields = self.fields(CodedConcept, subject)
            if not subject.startswith(self.iri + "#"):
                label = self.one(subject, LABEL)
                fields |= {"meaning": label} if label is not None else {}
            known = self._concepts[subject] = CodedConcept(**fields)
        return known


@cache
def _value_classes() -> dict[str, type[Any] | str]:
    known: dict[str, type[Any] | str] = {NAMESPACE + class_name(cls): cls for cls in VALUE_TYPES}
    known[NAMESPACE + "Container"] = "CONTAINER"
    return known
