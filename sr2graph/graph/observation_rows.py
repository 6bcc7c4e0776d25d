"""What templates and observations say of content items, as cells of their records.

It follows from the content tree: reading a graph back takes no notice of it.  Properties and context are shared by the
items of a group, and are put into cells once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ContentItem, position_text
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import MeasuredValue
from sr2graph.graph.columns import Row
from sr2graph.graph.kinds import LITERALS
from sr2graph.templates.context import Context, Observer, ObserverKind
from sr2graph.templates.expansion import ExpandedRow
from sr2graph.templates.matching import matched
from sr2graph.templates.observations import Observation, observations
from sr2graph.templates.properties import Items, Properties
from sr2graph.templates.status import status_of
from sr2graph.terms.codes import code_iri
from sr2graph.terms.units import CanonicalUnit, canonical_unit, canonical_value, unit_code

if TYPE_CHECKING:
    from sr2graph.graph.records import Record, Recorder

OBSERVED = "observed"
"""The table of what there may be several of."""

_CONCEPTS = (
    "finding finding_category laterality target_region method derivation presence normality significance selection "
    "rendering_intent image_laterality image_view"
).split()
"""Fields of Properties that are codes, and columns of the same names."""
_TEXTS = ("tracking_identifier", "tracking_uid")
_ITEMS = {"group": "observation_group", "section": "section"}
"""Field ↔ column."""
_LISTS = ("regions", "images", "equations", "reference_range", "statistics")
"""Fields that hold items: rows of `observed`, whose property they are."""
MOST_LINKS = 32
"""Items of a list that each observation of a group is linked to.  Longer lists are told once, of the group: each of a
hundred features linked to each of a thousand outlines would be a product."""
_CONTEXT = {
    "irradiation_event": "irradiation_event",
    "administration_event": "administration_event",
    "time_point": "time_point",
    "subject_time_point": "subject_time_point",
    "session": "activity_session",
}
_TIMES = {"datetime": "observed_at", "started": "started_at"}
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

Said = tuple[Row, list["Record"]]
"""Cells for the row of an item, and rows that hang on it, whose subject is still to be told."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What templates and observations say of one content item."""

    number: int
    """Its place in document order."""
    item: ContentItem
    own: Row
    """Cells for its row."""
    shared: tuple[Row, ...] = ()
    """More of them, which other items have too: the same objects, for as long as rows are yielded."""
    hanging: Sequence[Record] = ()
    """Rows that hang on it."""


def observation_rows(report: Report, recorder: Recorder) -> Iterator[Observed]:
    """Yield what is said of the items of a report, in document order, for those of which there is anything to say.

    The codes of the report must have been recorded before: these are the same ones.
    """
    matching = matched(report)
    teller = _Teller(recorder, status_of(report.document))
    found = {observation.number: observation for observation in observations(matching)}
    for number, (item, row) in enumerate(zip(matching.items, matching.rows, strict=True)):
        own: Row = {} if row is None else {"template_row": teller.row_name(row)}
        observation = found.get(number)
        if observation is not None:
            yield teller.observed(observation, own)
        elif own:
            yield Observed(number, item, own)


class _Teller:
    """Puts observations into cells."""

    def __init__(self, recorder: Recorder, status: str | None) -> None:
        self._recorder = recorder
        self._status: Row = {}
        _put(self._status, "observation_status", status)
        # By identity: the observations keep them alive.
        self._properties: dict[int, Said] = {}
        self._contexts: dict[int, Row] = {}
        self._names: dict[int, str] = {}
        self._units: dict[int, tuple[CanonicalUnit, str] | None] = {}
        self._told: set[tuple[int, str, int]] = set()
        self._of_groups: list[Record] = []
        """Rows that hang on groups, not yet returned."""

    def row_name(self, row: ExpandedRow) -> str:
        """Return `1411 row 3b`."""
        name = self._names.get(id(row))
        if name is None:
            name = self._names[id(row)] = f"{row.tid} row {row.row.row}"
        return name

    def observed(self, observation: Observation, own: Row) -> Observed:
        """Return what an observation says, beside the cells that its item has already."""
        item = observation.item
        _put(own, "observation_role", observation.role)
        if isinstance(item.value, MeasuredValue):
            self._put_canonical(own, item.value)
        key = id(observation.properties)
        known = self._properties.get(key)
        if known is None:
            known = self._properties[key] = self._properties_said(observation.properties)
        key = id(observation.context)
        context = self._contexts.get(key)
        if context is None:
            context = self._contexts[key] = self._context_said(observation.context) | self._status
        properties, rows = known
        hanging = self._of_groups
        if hanging:
            self._of_groups = []
        if rows:
            subject = f"#{position_text(item.position)}"
            hanging = [*hanging, *((table, {"subject": subject, **row}) for table, row in rows)]
        return Observed(observation.number, item, own, (properties, context), hanging)

    def _put_canonical(self, cells: Row, value: MeasuredValue) -> None:
        if value.unit is None or len(value.numeric_value) != 1:
            return
        key = id(value.unit)
        if key not in self._units:
            self._units[key] = _canonical(value.unit)
        known = self._units[key]
        if known is not None:
            number = canonical_value(value.numeric_value[0], known[0])
            if number is not None:
                cells["canonical_value"] = number
                cells["canonical_unit"] = known[1]

    # ------------------------------------------------------------ properties

    def _properties_said(self, properties: Properties) -> Said:
        cells: Row = {}
        for name in _CONCEPTS:
            self._put_concept(cells, name, getattr(properties, name))
        for name in _TEXTS:
            _put(cells, name, getattr(properties, name))
        for name, column in _ITEMS.items():
            item = getattr(properties, name)
            if item is not None:
                cells[column] = position_text(item.position)
        _put(cells, "source_series", next(iter(properties.source_series), None))
        sites = self._iris(properties.finding_sites)
        if sites:
            cells["finding_site"] = sites[0]
        hanging = [
            *_codes("finding_sites", sites[1:]),
            *_codes("site_modifiers", self._iris(properties.site_modifiers)),
        ]
        for name in _LISTS:
            items = getattr(properties, name)
            if len(items) > MOST_LINKS and properties.group is not None:
                self._tell_of_group(name, items, properties.group)
            else:
                hanging += _items(name, items)
        return cells, hanging

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
        found = (self._recorder.term(concept)[0] for concept in concepts)
        return list(dict.fromkeys(iri for iri in found if iri is not None))

    # ------------------------------------------------------------ context

    def _context_said(self, context: Context) -> Row:
        cells: Row = {}
        for name, column in _CONTEXT.items():
            _put(cells, column, getattr(context, name))
        for name, column in _TIMES.items():
            said = getattr(context, name)
            _put(cells, column, None if said is None else LITERALS["datetime"].cell(said))
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
