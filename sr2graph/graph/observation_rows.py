"""What templates and observations say of content items, as cells of their records.

It follows from the content tree: reading a graph back takes no notice of it.  Properties and context are shared by the
items of a group, and are put into cells once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ContentItem, position_text
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import MeasuredValue
from sr2graph.graph.columns import Row
from sr2graph.graph.kinds import LITERALS
from sr2graph.templates.context import Context, Observer, ObserverKind
from sr2graph.templates.expansion import ExpandedRow
from sr2graph.templates.matching import matched
from sr2graph.templates.observations import Noted, noted
from sr2graph.templates.properties import Items, Properties
from sr2graph.templates.status import status_of
from sr2graph.terms.codes import code_iri
from sr2graph.terms.units import CanonicalUnit, canonical_unit, canonical_value, unit_code

if TYPE_CHECKING:
    from sr2graph.graph.records import Record, Recorder

OBSERVED = "observed"
"""The table of what there may be several of."""


def _placed(names: Iterable[str], fields: tuple[str, ...]) -> tuple[tuple[int, str], ...]:
    """Return (place in the tuple, name) of fields: most of the fields of a tuple say nothing, and are passed over."""
    return tuple((fields.index(name), name) for name in names)


_COLUMNS = {
    "group": "observation_group",
    "session": "activity_session",
    "datetime": "observed_at",
    "started": "started_at",
}
"""Field ↔ column, where their names are not the same."""

_CONCEPTS = _placed(
    (
        "finding finding_category laterality target_region method derivation presence normality significance selection"
        " rendering_intent image_laterality image_view"
    ).split(),
    Properties._fields,
)
"""Fields of Properties that are codes, and columns of the same names."""
_TEXTS = _placed(("tracking_identifier", "tracking_uid"), Properties._fields)
_ITEMS = _placed(("group", "section"), Properties._fields)
_LISTS = _placed(("regions", "images", "equations", "reference_range", "statistics"), Properties._fields)
"""Fields that hold items: rows of `observed`, whose property they are."""
MOST_LINKS = 32
"""Items of a list that each observation of a group is linked to.  Longer lists are told once, of the group: each of a
hundred features linked to each of a thousand outlines would be a product."""
_CONTEXT = _placed(
    "irradiation_event administration_event time_point subject_time_point session".split(), Context._fields
)
_TIMES = _placed(("datetime", "started"), Context._fields)
_Columns = Mapping[ObserverKind | None, tuple[tuple[str, str], ...]]
_OBSERVERS: _Columns = {
    ObserverKind.PERSON: (("name", "person_observer"),),
    ObserverKind.DEVICE: (("uid", "device_observer"), ("name", "device_observer_name")),
    ObserverKind.ALGORITHM: (("name", "algorithm"), ("version", "algorithm_version")),
}
"""Kind of observer ↔ (field, column) pairs."""

_PARTICIPANTS: _Columns = {
    ObserverKind.PERSON: (("name", "person_participant"),),
    ObserverKind.DEVICE: (("uid", "device_participant"),),
}
"""The same of participants."""

Measured = tuple[str, str]
"""A number in the canonical unit of its dimension (`canonical_value`), and the IRI of that unit (`canonical_unit`)."""


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """What is said of an observation beside its item."""

    cells: Row
    """For the row of the item."""
    hanging: Sequence[Record]
    """Rows that hang on the item, without their `subject`."""


Observed = tuple[int, Row, Measured | None, Said | None, Sequence["Record"]]
"""What templates and observations say of one content item:

- its place in document order
- cells that it has of its own: template row, role
- its value, if it is a number with a unit
- cells and rows that it shares
- rows that are told once, of the group

Cells and what is shared are the same objects for all items that have them, for as long as rows are yielded.
"""


def observation_rows(report: Report, recorder: Recorder) -> Iterator[Observed]:
    """Yield what is said of the items of a report, in document order, for those of which there is anything to say.

    The codes of the report must have been recorded before: these are the same ones.
    """
    matching = matched(report)
    teller = _Teller(recorder, status_of(report.document))
    known: dict[int, Said] = {}
    for number, (item, row, found) in enumerate(zip(matching.items, matching.rows, noted(matching), strict=True)):
        if found is None:
            if row is not None:
                yield number, teller.own(row, None), None, None, ()
            continue
        measured = teller.measured(item.value) if isinstance(item.value, MeasuredValue) else None
        said = known.get(id(found))
        if said is not None:
            yield number, teller.own(row, found.role), measured, said, ()
            continue
        said = known[id(found)] = teller.said(found)
        yield number, teller.own(row, found.role), measured, said, teller.told_of_groups()


class _Teller:
    """Puts observations into cells."""

    def __init__(self, recorder: Recorder, status: str | None) -> None:
        self._recorder = recorder
        self._status: Row = {}
        _put(self._status, "observation_status", status)
        self._own: dict[tuple[ExpandedRow | None, str | None], Row] = {}
        # By identity: the observations and the report keep them alive.
        self._measured: dict[int, Measured | None] = {}
        self._properties: dict[int, tuple[Row, list[Record]]] = {}
        self._contexts: dict[int, Row] = {}
        self._units: dict[int, tuple[CanonicalUnit, str] | None] = {}
        self._told: set[tuple[int, str, int]] = set()
        self._of_groups: list[Record] = []
        """Rows that hang on groups, not yet returned."""

    def own(self, row: ExpandedRow | None, role: str | None) -> Row:
        """Return the template row, as `1411 row 3b`, and the role."""
        key = row, role
        cells = self._own.get(key)
        if cells is None:
            cells = self._own[key] = {}
            _put(cells, "template_row", None if row is None else f"{row.tid} row {row.row.row}")
            _put(cells, "observation_role", role)
        return cells

    def measured(self, value: MeasuredValue) -> Measured | None:
        """Return a number in the canonical unit of its dimension."""
        key = id(value)
        if key not in self._measured:
            self._measured[key] = self._newly_measured(value)
        return self._measured[key]

    def _newly_measured(self, value: MeasuredValue) -> Measured | None:
        if value.unit is None or len(value.numeric_value) != 1:
            return None
        key = id(value.unit)
        if key not in self._units:
            self._units[key] = _canonical(value.unit)
        known = self._units[key]
        if known is None:
            return None
        unit, iri = known
        number = canonical_value(value.numeric_value[0], unit)
        return None if number is None else (number, iri)

    def told_of_groups(self) -> Sequence[Record]:
        """Return what is to be told of groups since the last call."""
        if not self._of_groups:
            return ()
        told, self._of_groups = self._of_groups, []
        return told

    def said(self, found: Noted) -> Said:
        """Return what is said of an observation."""
        properties = self._properties.get(id(found.properties))
        if properties is None:
            properties = self._properties[id(found.properties)] = self._properties_said(found.properties)
        context = self._contexts.get(id(found.context))
        if context is None:
            context = self._contexts[id(found.context)] = self._context_said(found.context) | self._status
        cells, hanging = properties
        return Said(cells | context, hanging)

    # ------------------------------------------------------------ properties

    def _properties_said(self, properties: Properties) -> tuple[Row, list[Record]]:
        cells: Row = {}
        values: tuple[Any, ...] = properties
        for place, name in _CONCEPTS:
            if values[place] is not None:
                self._put_concept(cells, name, values[place])
        for place, name in _TEXTS:
            if values[place]:
                cells[name] = values[place]
        for place, name in _ITEMS:
            if values[place] is not None:
                cells[_COLUMNS.get(name, name)] = position_text(values[place].position)
        if properties.source_series:
            _put(cells, "source_series", properties.source_series[0])
        sites = self._iris(properties.finding_sites)
        if sites:
            cells["finding_site"] = sites[0]
        hanging = self._of_lists(properties)
        if len(sites) > 1 or properties.site_modifiers:
            modifiers = self._iris(properties.site_modifiers)
            hanging = [*_codes("finding_sites", sites[1:]), *_codes("site_modifiers", modifiers), *hanging]
        return cells, hanging

    def _of_lists(self, properties: Properties) -> list[Record]:
        found: list[Record] = []
        values: tuple[Any, ...] = properties
        for place, name in _LISTS:
            items = values[place]
            if len(items) > MOST_LINKS and properties.group is not None:
                self._tell_of_group(name, items, properties.group)
            elif items:
                found += _items(name, items)
        return found

    def _tell_of_group(self, name: str, items: Items, group: ContentItem) -> None:
        key = id(group), name, id(items)
        if key not in self._told:
            self._told.add(key)
            subject = f"#{position_text(group.position)}"
            self._of_groups += [(table, {"subject": subject, **row}) for table, row in _items(name, items)]

    def _put_concept(self, cells: Row, column: str, concept: CodedConcept | None) -> None:
        iri = None if concept is None else self._recorder.term(concept)[0]
        if iri is not None:
            cells[column] = iri

    def _iris(self, concepts: tuple[CodedConcept, ...]) -> list[str]:
        """Return the IRIs of codes, each once."""
        if not concepts:
            return []
        found = (self._recorder.term(concept)[0] for concept in concepts)
        return list(dict.fromkeys(iri for iri in found if iri is not None))

    # ------------------------------------------------------------ context

    def _context_said(self, context: Context) -> Row:
        cells: Row = {}
        values: tuple[Any, ...] = context
        for place, name in _CONTEXT:
            if values[place]:
                cells[_COLUMNS.get(name, name)] = values[place]
        for place, name in _TIMES:
            if values[place] is not None:
                _put(cells, _COLUMNS[name], LITERALS["datetime"].cell(values[place]))
        self._put_concept(cells, "language", context.language)
        if context.procedure is not None:
            self._put_concept(cells, "procedure_reported", next(iter(context.procedure.reported), None))
        if context.subject is not None:
            _put(cells, "fetus", context.subject.fetus)
            _put(cells, "specimen", context.subject.uid)
            self._put_concept(cells, "subject_class", context.subject.subject_class)
        for columns, observers in ((_OBSERVERS, context.observers), (_PARTICIPANTS, context.participants)):
            for observer in reversed(observers):  # the first one of a kind prevails
                _put_observer(cells, observer, columns)
        return cells


def _canonical(unit: CodedConcept) -> tuple[CanonicalUnit, str] | None:
    """Return the canonical unit of a unit, and its IRI."""
    code = unit_code(unit)
    found = None if code is None else canonical_unit(code)
    return None if found is None else (found, code_iri(found.code, "UCUM").iri or "")


def _put(cells: Row, column: str, text: str | None) -> None:
    if text:
        cells[column] = text


def _put_observer(cells: Row, observer: Observer, columns: _Columns) -> None:
    for name, column in columns.get(observer.kind, ()):
        cells.pop(column, None)
        _put(cells, column, getattr(observer, name))


def _codes(name: str, iris: list[str]) -> Iterator[Record]:
    for ordinal, iri in enumerate(iris, 1):
        yield OBSERVED, {"property": name, "ordinal": str(ordinal), "concept": iri}


def _items(name: str, items: Items) -> Iterator[Record]:
    positions = dict.fromkeys(position_text(item.position) for item in items)
    for ordinal, position in enumerate(positions, 1):
        yield OBSERVED, {"property": name, "ordinal": str(ordinal), "item": position}
