"""Records back to a Report: `records` read from right to left, without statements between.

For each bound field there is a reader, made once, that takes its value from where `columns` puts it.  A part of a
report is named by its fragment here: `` is the report itself, `1.4.2` an item, `participant.1` another node.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache
from typing import Any, NamedTuple

from sr2graph.dicom.attributes import Attribute, Binding, bindings, builder, per_class
from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ByReference, ContentItem, Position
from sr2graph.dicom.json_model import attribute_from_text
from sr2graph.dicom.limits import DEFAULT_LIMITS
from sr2graph.dicom.reading import ENTITIES
from sr2graph.dicom.report import Report
from sr2graph.dicom.tree import HEADER_CLASSES
from sr2graph.dicom.values import VALUE_TYPES
from sr2graph.errors import GraphError, ReadError
from sr2graph.graph.codes import SharedRow
from sr2graph.graph.columns import Row, class_name, property_name
from sr2graph.graph.iris import iri_uid
from sr2graph.graph.kinds import LITERALS, list_values
from sr2graph.graph.records import RELATIONSHIP_PREDICATES, Record
from sr2graph.graph.vocabulary import Predicate, field_predicates

Reader = Callable[["_Rebuilder", Row, str], Any]
"""Takes a field from (rebuilder, row of its entity, fragment or IRI of the entity); None is no value."""
Readers = tuple[tuple[str, Reader], ...]
"""Name and reader of the fields that a row may have a value of."""
Choice = Callable[[Row], Reader | None]
"""What reads a field from rows with the columns of this one; None where they have no value of it."""
Concepts = dict[int, CodedConcept]
"""Codes by the identity of their row, for all reports that share these rows."""

RELATIONSHIPS = {name: relationship for relationship, name in RELATIONSHIP_PREDICATES.items()}

MAX_REMEMBERED = 4096
"""Positions remembered, and sets of columns for each dataclass: a bound on memory; reports share most of them."""

_POSITION = re.compile(r"[1-9]\d{0,9}(?:\.[1-9]\d{0,9})*", re.ASCII)


def report_of(iri: str, found: Iterable[Record], concepts: Concepts | None = None) -> Report:
    """Return the report of an IRI from its records, in any order; raises GraphError when they hold none.

    `concepts` remembers the codes of rows that several reports share; whoever keeps it keeps the rows.
    """
    try:
        return _Rebuilder(iri, found, {} if concepts is None else concepts).report()
    except (ReadError, ValueError, OverflowError) as cause:
        raise GraphError(f"{iri}: a value of the graph is not of its kind ({cause})") from cause
    except KeyError as cause:
        raise GraphError(f"{iri}: a row has no {cause}, or what it names is not there") from cause
    except RecursionError as cause:
        raise GraphError(f"{iri}: a part of the report is a part of itself") from cause


class _Rebuilder:
    """Rebuilds one report."""

    def __init__(self, iri: str, found: Iterable[Record], concepts: Concepts) -> None:
        self.iri = iri
        self._concepts = concepts
        self._header: Row | None = None
        self._items: dict[Position, tuple[str, Row]] = {}
        self._references: list[Row] = []
        self._others: dict[str, list[str]] = {}
        self._told: dict[str, Row] = {}
        """What is said of a code by its IRI."""
        self._written: dict[str, Row] = {}
        """Codes as written, by their fragment."""
        self.hanging: dict[tuple[str, str], list[Row]] = {}
        """Rows of what hangs on a part, by its fragment and the property."""
        for table, row in found:
            self._take(table, row)

    def _take(self, table: str, row: Row) -> None:
        if table == "items":
            self._items[_position(row["item"])] = row["item"], row
        elif table == "concepts":
            self._take_concept(row)
        elif table == "documents":
            self._header = row
        elif table == "by_reference":
            self._references.append(row)
        elif table == "other_attributes":
            self._others.setdefault(self._fragment(row["subject"]), []).append(row["attribute"])
        else:
            self._hang(row["parent"] if "parent" in row else row["subject"], row)

    def _take_concept(self, row: Row) -> None:
        if isinstance(row, SharedRow):
            known = self._told.get(row["concept"])
            # What is said twice of a code is rare: then it is a row of this report alone.
            self._told[row["concept"]] = row if known is None else {**known, **row}
            return
        self._written[self._fragment(row["subject"])] = row
        if "label" in row:
            self._told[row["concept"]] = {**self._told.get(row["concept"], {}), "label": row["label"]}
        if "property" in row:
            self._hang(row["parent"], row)

    def _hang(self, cell: str, row: Row) -> None:
        self.hanging.setdefault((self._fragment(cell), row["property"]), []).append(row)

    def _fragment(self, cell: str) -> str:
        """Return what a cell names: the fragment of a part of the report, else the IRI that it is."""
        if cell[:1] == "#":
            return cell[1:]
        return cell.removeprefix(f"{self.iri}#") if ":" in cell else cell

    # ------------------------------------------------------------ the report

    def report(self) -> Report:
        """Return the report."""
        row = self._header
        if row is None or iri_uid(self.iri) is None:
            raise GraphError(f"{self.iri}: there is no document, or this is not the IRI of one")
        parts = {name: self._fragment(row.get(name, "")) for name in HEADER_CLASSES}
        header = {name: self.entity(cls, row, parts[name]) for name, cls in HEADER_CLASSES.items()}
        return Report(**header, root=self._tree(), other=self.others(""))

    def others(self, fragment: str) -> tuple[Attribute, ...]:
        """Return the attributes carried verbatim by a part."""
        found = self._others.get(fragment)
        if found is None:
            return ()
        return tuple(sorted(map(attribute_from_text, dict.fromkeys(found)), key=lambda attribute: attribute.tag))

    # ------------------------------------------------------------ items

    def _tree(self) -> ContentItem | None:
        """Return the root; children are made before what they are below of."""
        below: dict[Position, dict[int, ContentItem | ByReference]] = {}
        for row in self._references:
            reference = self._by_reference(row)
            below.setdefault(reference.position[:-1], {})[reference.position[-1]] = reference
        for position in sorted(self._items, reverse=True):
            fragment, row = self._items[position]
            item = self._item(position, fragment, row, _children(fragment, below.pop(position, None)))
            if len(position) > 1:
                below.setdefault(position[:-1], {})[position[-1]] = item
            elif position == (1,) and not below:
                return item
        if self._items or below:
            raise GraphError(f"{self.iri}: content items are missing: these are below none that is there")
        return None

    def _item(
        self, position: Position, fragment: str, row: Row, children: tuple[ContentItem | ByReference, ...]
    ) -> ContentItem:
        if len(position) > DEFAULT_LIMITS.max_depth:
            raise GraphError(f"{self.iri}: content items nest deeper than {DEFAULT_LIMITS.max_depth} levels")
        own, value = _item_layouts(row["class"])
        fields = self.fields(own, row, fragment)
        if children:
            fields["children"] = children
        if fragment in self._others:
            fields["other"] = self.others(fragment)
        if value is not None:
            fields["value"] = value.build(**self.fields(value, row, fragment))
        made: ContentItem = own.build(position=position, **fields)
        return made

    def _by_reference(self, row: Row) -> ByReference:
        return ByReference(
            position=_position(row["node"]),
            relationship=row.get("relationship_type"),
            # As it is: a report may point at what no item is at.
            target=tuple(map(int, filter(None, row["target"].split(".")))),
            other=self.others(row["node"]),
        )

    # ------------------------------------------------------------ entities

    def entity(self, cls: type[Any], row: Row, fragment: str) -> Any:
        """Return the entity that a row holds."""
        layout = _layout(cls)
        return layout.build(**self.fields(layout, row, fragment))

    def fields(self, layout: _Layout, row: Row, fragment: str) -> dict[str, Any]:
        """Return the fields of an entity that have a value."""
        found = {}
        for name, read in layout.of(row):
            value = read(self, row, fragment)
            if value is not None:
                found[name] = value
        return found

    def concept(self, iri: str) -> CodedConcept:
        """Return the code of a code IRI."""
        row = self._told[iri]
        known = self._concepts.get(id(row))
        if known is None:
            label = {"meaning": row["label"]} if "label" in row else {}
            known = self.entity(CodedConcept, row | label, iri)
            assert isinstance(known, CodedConcept)  # noqa: S101 # what was asked for
            if isinstance(row, SharedRow):
                self._concepts[id(row)] = known
        return known

    def named(self, cell: str) -> CodedConcept:
        """Return the code as written that a cell names."""
        return self.written(self._written[self._fragment(cell)])

    def written(self, row: Row) -> CodedConcept:
        """Return the code that a row of a code as written holds."""
        made: CodedConcept = self.entity(CodedConcept, row, self._fragment(row["subject"]))
        return made

    def in_order(self, fragment: str, prop: str) -> list[Row]:
        """Return the rows of a property of a part, in the order they have."""
        found = self.hanging.get((fragment, prop), [])
        return sorted(found, key=_ordinal) if len(found) > 1 else found


def _ordinal(row: Row) -> int:
    return int(row.get("ordinal", "0"))


@lru_cache(MAX_REMEMBERED)
def _position(fragment: str) -> Position:
    if not _POSITION.fullmatch(fragment):
        raise GraphError(f"{fragment}: this is not the position of a content item")
    return tuple(map(int, fragment.split(".")))


def _children(
    fragment: str, found: dict[int, ContentItem | ByReference] | None
) -> tuple[ContentItem | ByReference, ...]:
    if found is None:
        return ()
    try:
        return tuple([found[ordinal] for ordinal in range(1, len(found) + 1)])
    except KeyError as missing:
        raise GraphError(f"{fragment}.{missing}: this content item is missing") from None


# ---------------------------------------------------------------- fields


class _Field(NamedTuple):
    """How a field is read."""

    name: str
    choose: Choice


class _Layout:
    """The fields of a dataclass.  Rows have few of the columns, and most have the same: what to read is remembered."""

    def __init__(self, cls: type[Any], fields: Iterable[_Field]) -> None:
        self.build = builder(cls)
        self._fields = tuple(fields)
        self._known: dict[tuple[str, ...], Readers] = {}

    def of(self, row: Row) -> Readers:
        """Return name and reader of the fields that a row may have a value of."""
        columns = tuple(row)
        found = self._known.get(columns)
        if found is None:
            if len(self._known) >= MAX_REMEMBERED:
                self._known.clear()
            told = ((each.name, each.choose(row)) for each in self._fields)
            found = self._known[columns] = tuple((name, read) for name, read in told if read is not None)
        return found


@cache
def _item_layouts(name: str) -> tuple[_Layout, _Layout | None]:
    """Return the fields of items of a class of rows, and those of their values."""
    cls, value_type = _value_classes()[name]
    own = (each for each in _fields(ContentItem) if each.name not in {"relationship", "value_type"})
    told = (_Field("relationship", _relationship), _Field("value_type", _value_type(value_type)))
    return _Layout(ContentItem, (*told, *own)), _layout(cls) if cls is not None else None


@cache
def _value_classes() -> dict[str, tuple[type[Any] | None, str | None]]:
    """Return class of a row ↔ class and value type of the value of an item."""
    known: dict[str, tuple[type[Any] | None, str | None]] = {
        class_name(cls): (cls, value_type) for cls, value_type in VALUE_TYPES.items()
    }
    return known | {"Container": (None, "CONTAINER"), "ContentItem": (None, None)}


def _relationship(row: Row) -> Reader:
    if "relationship_type" in row:
        return lambda _, row, _fragment: row["relationship_type"] or None
    return lambda _, row, _fragment: RELATIONSHIPS.get(row.get("relationship", ""))


def _value_type(of_class: str | None) -> Choice:
    """Return what tells the value type of an item: its class, unless the row says that it is written otherwise."""

    def choose(row: Row) -> Reader:
        if "value_type" in row:
            return lambda _, row, _fragment: row["value_type"] or None
        return lambda *_: of_class

    return choose


@per_class
def _layout(cls: type[Any]) -> _Layout:
    return _Layout(cls, _fields(cls))


def _fields(cls: type[Any]) -> Iterator[_Field]:
    rows = field_predicates().get(cls.__name__, {})
    for name, binding in bindings(cls).items():
        yield _Field(name, _choice(binding, rows.get(name, [])))


def _choice(binding: Binding, rows: list[Predicate]) -> Choice:
    if binding.entity == "CodedConcept":
        return _always(_concepts(rows[0])) if binding.many else _concept(rows[0])
    if binding.entity is not None:
        cls = ENTITIES[binding.entity]
        return _always(_nodes(rows[0], cls, many=binding.many)) if rows else _inlined(cls)
    if not rows:
        # Told by the IRI of the report, study or series.
        return _always(_uid if binding.vr == "UI" else None)
    return _many(binding.vr, rows) if binding.many else _scalar(rows)


def _always(reader: Reader | None) -> Choice:
    """Return what does not depend on the columns of a row."""
    return lambda _: reader


def _uid(rebuilder: _Rebuilder, _row: Row, fragment: str) -> Any:
    return iri_uid(fragment or rebuilder.iri)


def _concept(predicate: Predicate) -> Choice:
    column, written = predicate.column, f"{predicate.column}_as_written"

    def choose(row: Row) -> Reader | None:
        if written in row:
            return lambda rebuilder, row, _: rebuilder.named(row[written])
        return (lambda rebuilder, row, _: rebuilder.concept(row[column])) if column in row else None

    return choose


def _concepts(predicate: Predicate) -> Reader:
    prop = property_name(predicate)
    return lambda rebuilder, _, fragment: tuple(map(rebuilder.written, rebuilder.in_order(fragment, prop))) or None


def _nodes(predicate: Predicate, cls: type[Any], *, many: bool) -> Reader:
    prop = property_name(predicate)

    def read(rebuilder: _Rebuilder, _row: Row, fragment: str) -> Any:
        rows = rebuilder.in_order(fragment, prop)
        made = tuple(rebuilder.entity(cls, row, row["node"]) for row in rows)
        return (made or None) if many else next(iter(made), None)

    return read


def _inlined(cls: type[Any]) -> Choice:
    """Return the reader of an entity whose fields are in the row of its holder."""
    rows = [row for found in field_predicates().get(cls.__name__, {}).values() for row in found]
    hangs = any(row.where is not None for row in rows)
    columns = frozenset(row.column for row in rows) | {f"{row.column}_as_written" for row in rows}

    def read(rebuilder: _Rebuilder, row: Row, fragment: str) -> Any:
        layout = _layout(cls)
        fields = rebuilder.fields(layout, row, fragment)
        return layout.build(**fields) if fields else None

    return lambda row: read if hangs or not columns.isdisjoint(row) else None


def _scalar(rows: list[Predicate]) -> Choice:
    column, kind = rows[0].column, rows[0].kind
    written = next((row.column for row in rows if row.kind == "verbatim"), "")
    value = attribute_from_text if kind == "json" else LITERALS[kind].value if kind in LITERALS else str

    def choose(row: Row) -> Reader | None:
        if written in row:
            return lambda _, row, _fragment: row[written]
        return (lambda _, row, _fragment: value(row[column])) if column in row else None

    return choose


def _many(vr: str, rows: list[Predicate]) -> Choice:
    own = next((row for row in rows if row.where is None and row.kind not in {"list", "wkt"}), None)
    child = next((row for row in rows if row.where is not None), None)
    listed = next((row.column for row in rows if row.kind == "list"), "")
    column = own.column if own is not None else ""
    typed = own or child
    value = LITERALS[typed.kind].value if typed is not None and typed.kind in LITERALS else str

    hanging = _hanging(child, value) if child is not None else None

    def choose(row: Row) -> Reader | None:
        if listed in row:
            return lambda _, row, _fragment: list_values(vr, row[listed]) or None
        if column in row:
            return lambda _, row, _fragment: (value(row[column]),)
        return hanging

    return choose


def _hanging(predicate: Predicate, value: Callable[[str], Any]) -> Reader:
    """Return the reader of a value in a row that hangs on the part."""
    prop, column = property_name(predicate), predicate.column

    def read(rebuilder: _Rebuilder, _row: Row, fragment: str) -> Any:
        hung = rebuilder.hanging.get((fragment, prop))
        cell = hung[0].get(column) if hung else None
        return None if cell is None else (value(cell),)

    return read
