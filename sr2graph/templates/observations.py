"""Observations: what a report found, each with all that the tree says about it elsewhere.

An observation is a NUM, or a CODE, TEXT, DATE ... image or region that is no property, modifier or context of another
item; the tables behind `roles` decide which is which.  Context and the properties of groups are resolved once per
container, on one walk, and shared.  By-reference relationships are followed one step, so cycles are harmless.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import NamedTuple

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ByReference, ContentItem, RelationshipType
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import ValueType
from sr2graph.templates.context import NO_CONTEXT, Context, Observer, Said, concept_of, extended, observers_of
from sr2graph.templates.expansion import ExpandedRow
from sr2graph.templates.images import Images
from sr2graph.templates.matching import Matching, matched
from sr2graph.templates.observed import Observation
from sr2graph.templates.properties import (
    FIELDS,
    NO_PROPERTIES,
    Gathered,
    Properties,
    below,
    changed,
    of_item,
    with_own,
)
from sr2graph.templates.roles import Kind, Role, kind_of, role_of

__all__ = ["Observation", "observations", "observations_of"]

PASSES_ON = frozenset({RelationshipType.CONTAINS, RelationshipType.HAS_PROPERTIES, None})
"""Relationships whose targets inherit the properties of their source, or of the group that it begins."""

OF_CONTAINERS = frozenset(
    {RelationshipType.HAS_OBS_CONTEXT, RelationshipType.HAS_ACQ_CONTEXT, RelationshipType.HAS_CONCEPT_MOD}
)
"""The same where the source is a CONTAINER."""

CONTEXT_PARTS = frozenset("observer algorithm subject procedure language event time_point acquisition context".split())
MAY_BEGIN = frozenset({"section", "member", "library", "derived_from"})
"""Roles of items that begin a group although they are no observations; what says something of others begins none."""

OF_SITES = frozenset({"site", "laterality", "site_modifier"})

SHOWN = frozenset({"region", "image"})
"""Roles of items that others were measured on; what they contain was measured on them."""

SPEAKS = SHOWN | {"section", "reference", "derived_from"}
"""Roles of items that are no observations, but whose content is."""

NESTED = frozenset({"site", "target_region", "tracking_identifier"})
"""Roles whose own children tell of the site, too: side and modifiers (PS3.16 TID 300 rows 6-7, 3252 row 3)."""


def observations(matching: Matching) -> list[Observation]:
    """Return the observations of a report, in document order."""
    return _Walk(matching).found() if matching.items else []


def observations_of(report: Report) -> list[Observation]:
    """Return the observations of a report, its items matched to templates first."""
    return observations(matched(report))


class _Place(NamedTuple):
    """What an item is where it stands."""

    role: Role
    kind: Kind | None
    is_group: bool
    is_number: bool
    is_plain: bool
    """Nothing that it begins or is needs a closer look, as long as it has no children."""


@dataclass(frozen=True, slots=True)
class _Frame:
    """What children of an item inherit."""

    properties: Properties
    context: Context
    outside: Properties
    """What a group that inherits nothing of the groups around it starts from."""
    quiet: str | None = None
    """The role of what they are part of, if that makes them no observations of their own."""


@dataclass(slots=True)
class _Group:
    """Stands on the stack below the children of a group: when it is met again, they are done."""

    item: ContentItem
    frame: _Frame
    gathered: Gathered
    before: int
    """How many observations in their own right there were."""


@dataclass(slots=True)
class _Reading:
    """What the children of an item say."""

    gathered: Gathered = field(default_factory=dict)
    context: list[Said] = field(default_factory=list)
    participants: list[Said] = field(default_factory=list)
    language: CodedConcept | None = None
    children: list[tuple[ContentItem, _Place]] = field(default_factory=list)
    """Those that have to be visited."""

    def note(self, role: Role, item: ContentItem) -> None:
        """Gather an item in a role."""
        if role.name in FIELDS:
            self.gathered.setdefault(role.name, []).append((role, item))


def _base(place: _Place, beside: _Frame) -> Properties:
    """Return what an item inherits: nothing of the groups around it if it begins afresh."""
    return beside.outside if place.kind is not None and place.kind.fresh else beside.properties


def _speaking(frame: _Frame, language: CodedConcept | None) -> _Frame:
    """Return the frame of an item that says its own language."""
    return frame if language is None else replace(frame, context=replace(frame.context, language=language))


class _Walk:
    """One walk over the tree of a report."""

    def __init__(self, matching: Matching) -> None:
        self._matching = matching
        self._iri = matching.keys.iri
        self._numbers = {id(item): number for number, item in enumerate(matching.items)}
        self._places: dict[tuple[ExpandedRow | None, str | None, str | None, str | None, Kind | None], _Place] = {}
        self._by_reference = {id(reference): row for _, reference, row in matching.by_references}
        self._images = Images(self._target, self._said)
        self._stack: list[tuple[ContentItem, _Place, _Frame] | _Group] = []
        self._found: list[Observation] = []
        self._proper = 0
        """How many observations in their own right there are."""
        self._is_late = False
        """Whether some were found only when their group was done."""

    def found(self) -> list[Observation]:
        """Return the observations."""
        root = self._matching.items[0]
        frame = _Frame(NO_PROPERTIES, NO_CONTEXT, NO_PROPERTIES)
        self._stack.append((root, self._place(root, self._matching.rows[0], None, None), frame))
        while self._stack:
            entry = self._stack.pop()
            if isinstance(entry, _Group):
                self._close(entry)
                continue
            item, place, frame = entry
            if place.is_plain and not item.children and item.observation_datetime is None:
                self._note(item, place, frame.properties, frame)
            else:
                self._branch(item, place, frame)
        if self._is_late:
            self._found.sort(key=attrgetter("number"))
        return self._found

    # ------------------------------------------------------------ one item

    def _place(
        self, item: ContentItem, row: ExpandedRow | None, relationship: str | None, within: Kind | None
    ) -> _Place:
        """Return what an item is below a parent that begins `within`."""
        key = row, self._iri(item.concept_name), relationship, item.value_type, within
        place = self._places.get(key)
        if place is None:
            _, iri, _, value_type, _ = key
            role = role_of(row, iri, relationship, value_type, within)
            kind = kind_of(row, iri, value_type) if role.observed or role.name in MAY_BEGIN else None
            is_group, is_plain = kind is not None and kind.group, kind is None and role.name != "library"
            place = self._places[key] = _Place(role, kind, is_group, value_type == ValueType.NUM, is_plain)
        return place

    def _note(self, item: ContentItem, place: _Place, properties: Properties, frame: _Frame) -> bool:
        """Note the observation that an item is, if it is one; tell whether it is one in its own right."""
        role, quiet = place.role, frame.quiet
        proper = role.observed and quiet is None
        if not proper and not place.is_number:
            return False
        self._add(item, None if proper else (quiet if role.observed else role.name), properties, frame.context)
        self._proper += proper
        return proper

    def _add(self, item: ContentItem, role: str | None, properties: Properties, context: Context) -> None:
        number = self._numbers[id(item)]
        self._found.append(Observation(item, number, self._matching.rows[number], role, properties, context))

    def _branch(self, item: ContentItem, place: _Place, frame: _Frame) -> None:
        """Note an item that has children, and put those on the stack that have to be visited."""
        proper_before = self._proper
        reading = self._read(item, place.kind)
        self._look_at_images(item, place, reading)
        beside = self._beside(item, reading, frame)
        is_proper = False
        if place.role.observed or place.is_number:
            properties = of_item(_base(place, beside), reading.gathered, place.kind, item)
            is_proper = self._note(item, place, properties, _speaking(beside, reading.language))
        if reading.children or place.is_group:
            inner = self._inner(item, place, beside, reading.gathered, is_observation=is_proper)
            if place.is_group and inner.quiet is None:
                self._stack.append(_Group(item, inner, reading.gathered, proper_before))
            self._push(item, place.kind, reading.children, beside, inner)

    def _beside(self, item: ContentItem, reading: _Reading, frame: _Frame) -> _Frame:
        """Return what an item inherits itself, in the context that it says."""
        context = self._context(item, reading, frame.context)
        return frame if context is frame.context else replace(frame, context=context)

    def _look_at_images(self, item: ContentItem, place: _Place, reading: _Reading) -> None:
        """Note what an item says of images, or as one."""
        if place.role.name in SHOWN and reading.children:
            reading.gathered[place.role.name] = [(place.role, item), *reading.gathered.pop(place.role.name, ())]
        self._images.add(reading.gathered)
        if place.role.name == "library":
            self._images.shelve(item)
        if place.kind is not None and place.kind.name == "library":
            self._images.shelve_all((child for child, _ in reading.children), reading.gathered)

    def _push(
        self,
        item: ContentItem,
        kind: Kind | None,
        children: list[tuple[ContentItem, _Place]],
        beside: _Frame,
        inner: _Frame,
    ) -> None:
        """Put children on the stack, the first one on top.

        What an item was inferred from, and what modifies an item that is no CONTAINER, is beside it, not part of it;
        but what a finding was inferred from is about the finding.
        """
        aside = beside if inner.quiet is None else replace(beside, quiet=inner.quiet)
        passes_on = PASSES_ON | OF_CONTAINERS if item.value_type == ValueType.CONTAINER else PASSES_ON
        if kind is not None and kind.finding_is_value:
            passes_on |= {RelationshipType.INFERRED_FROM}
        for child, place in reversed(children):
            self._stack.append((child, place, inner if child.relationship in passes_on else aside))

    def _inner(
        self, item: ContentItem, place: _Place, beside: _Frame, gathered: Gathered, *, is_observation: bool
    ) -> _Frame:
        """Return what an item passes on to what it contains."""
        container = item.value_type == ValueType.CONTAINER
        properties = below(_base(place, beside), gathered, place.kind, item, container=container)
        if (is_observation or place.role.name in SHOWN) and not (place.is_group or place.is_number):
            properties = changed(properties, {"group": item})
        outside = properties if container and not place.is_group else beside.outside
        speaks = place.role.observed or place.is_number or place.is_group or place.role.name in SPEAKS
        quiet = beside.quiet or (None if speaks else place.role.name)
        return _Frame(properties, beside.context, outside, quiet)

    def _close(self, group: _Group) -> None:
        """Note what a group has to say where nothing in it was an observation: its regions, its finding, itself."""
        if self._proper > group.before:
            return
        self._is_late = True
        gathered = group.gathered
        own = {id(child) for child in group.item.children}
        told = gathered.get("region") or gathered.get("image") or gathered.get("finding") or ()
        items = [(role, item) for role, item in told if id(item) in own]
        if items:
            properties = with_own(group.frame.properties, gathered)
            for role, item in items:
                self._stand_alone(role, item, properties, group.frame.context)
        elif group.item.value_type != ValueType.CONTAINER:
            self._add(group.item, None, group.frame.properties, group.frame.context)
            self._proper += 1

    def _stand_alone(self, role: Role, item: ContentItem, base: Properties, context: Context) -> None:
        """Note a region or a finding as an observation in its own right, by what it says itself first."""
        reading = self._read(item, None)
        if role.name in SHOWN:
            reading.gathered[role.name] = [(role, item), *reading.gathered.pop(role.name, ())]
        self._images.add(reading.gathered)
        self._add(item, None, of_item(base, reading.gathered, None, item), self._context(item, reading, context))
        self._proper += 1

    # ------------------------------------------------------------ its children

    def _read(self, item: ContentItem, kind: Kind | None) -> _Reading:
        """Return what the children of an item say; each is looked at once."""
        reading, numbers, rows = _Reading(), self._numbers, self._matching.rows
        container = item.value_type == ValueType.CONTAINER
        for child in item.children:
            if isinstance(child, ByReference):
                self._refer(child, kind, reading)
                continue
            place = self._place(child, rows[numbers[id(child)]], child.relationship, kind)
            role = place.role
            if child.children or role.observed or not place.is_plain or place.is_number:
                reading.children.append((child, place))
            if role.name != "observed":
                self._say(child, role, reading, container=container)
        return reading

    def _say(self, child: ContentItem, role: Role, reading: _Reading, *, container: bool) -> None:
        """Note what a child says in its role."""
        if role.name in CONTEXT_PARTS:
            # An item contains things of its own; only a CONTAINER contains what all in it share.
            if container or child.relationship != RelationshipType.CONTAINS:
                if role.name == "language" and role.field:
                    reading.language = concept_of(child)
                reading.context.append((role, child))
        elif role.name == "participant":
            reading.participants.append((role, child))
            reading.participants += self._said(child)
        else:
            self._note_nested(child, role, reading, 2)

    def _note_nested(self, item: ContentItem, role: Role, reading: _Reading, depth: int) -> None:
        """Note what an item says, and what it says of that itself: the side of a site, the site of a lesion."""
        reading.note(role, item)
        if role.name in NESTED and depth:
            for nested, each in self._said(item):
                if nested.name in OF_SITES:
                    self._note_nested(each, nested, reading, depth - 1)

    def _said(self, item: ContentItem) -> Iterator[Said]:
        """Yield the by-value children of an item, each with its role."""
        for child in item.children:
            if isinstance(child, ContentItem):
                row = self._matching.rows[self._numbers[id(child)]]
                yield self._place(child, row, child.relationship, None).role, child

    def _refer(self, reference: ByReference, kind: Kind | None, reading: _Reading) -> None:
        """Note what the target of a by-reference relationship says; it is not visited from here."""
        target = self._target(reference)
        if target is not None:
            place = self._place(target, self._by_reference.get(id(reference)), reference.relationship, kind)
            if place.role.name in CONTEXT_PARTS:
                reading.context.append((place.role, target))
            else:
                reading.note(place.role, target)

    def _target(self, reference: ByReference) -> ContentItem | None:
        index = self._matching.index(reference.target)
        return self._matching.items[index] if index is not None else None

    def _context(self, item: ContentItem, reading: _Reading, outer: Context) -> Context:
        context = outer
        if reading.context or reading.participants:
            context = extended(outer, reading.context, self._participants(reading))
        if item.observation_datetime is not None:
            context = replace(context, datetime=item.observation_datetime)
        return context

    def _participants(self, reading: _Reading) -> tuple[Observer, ...]:
        return observers_of(reading.participants)
