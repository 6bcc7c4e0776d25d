"""Observations: what a report found, each with all that the tree says about it elsewhere.

An observation is a NUM, or a CODE, TEXT, DATE ... image or region that is no property, modifier or context of another
item; the tables behind `roles` decide which is which.  Context and the properties of groups are resolved once per
container, on one walk, and shared.  By-reference relationships are followed one step, so cycles are harmless.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ByReference, ContentItem, RelationshipType
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import ValueType
from sr2graph.templates.context import NO_CONTEXT, Context, Said, concept_of, extended, observers_of
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

__all__ = ["Noted", "Observation", "noted", "observations", "observations_of"]

MAX_PLACES = 20_000
"""Places remembered between reports: a bound on memory; reports have some hundreds."""

PASSES_ON = frozenset({RelationshipType.CONTAINS, RelationshipType.HAS_PROPERTIES, None})
"""Relationships whose targets inherit the properties of their source, or of the group that it begins."""

CONTAINERS_PASS_ON = PASSES_ON | {
    RelationshipType.HAS_OBS_CONTEXT,
    RelationshipType.HAS_ACQ_CONTEXT,
    RelationshipType.HAS_CONCEPT_MOD,
}
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


class Noted(NamedTuple):
    """What is said of an observation beside its item: the same object for most of those of which it is the same."""

    role: str | None
    properties: Properties
    context: Context


def noted(matching: Matching) -> list[Noted | None]:
    """Return what is said of each item of a report as an observation; None for items that are none."""
    return _Walk(matching).noted() if matching.items else []


def observations(matching: Matching) -> list[Observation]:
    """Return the observations of a report, in document order."""
    rows = zip(matching.items, matching.rows, noted(matching), strict=True)
    return [Observation(item, i, row, *said) for i, (item, row, said) in enumerate(rows) if said is not None]


def observations_of(report: Report) -> list[Observation]:
    """Return the observations of a report, its items matched to templates first."""
    return observations(matched(report))


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """What an item is where it stands."""

    role: Role
    kind: Kind | None
    is_group: bool
    is_number: bool
    is_observation: bool
    """In its own right or as a number."""
    is_plain: bool
    """Nothing that it begins or is needs a closer look, as long as it has no children."""
    is_visited: bool
    """Whether it has to be visited even without children."""
    speaks: bool
    """Whether it says something of its parent."""


PlaceKey = tuple[ExpandedRow | None, str | None, str | None, str | None, Kind | None]
"""Row, IRI of the concept name, relationship, value type, what the parent begins."""

_places: dict[PlaceKey, Place] = {}


def _new_place(key: PlaceKey) -> Place:
    """Return what an item is, and remember it."""
    row, iri, relationship, value_type, within = key
    role = role_of(row, iri, relationship, value_type, within)
    kind = kind_of(row, iri, value_type) if role.observed or role.name in MAY_BEGIN else None
    is_number, is_plain = value_type == ValueType.NUM, kind is None and role.name != "library"
    is_observation = role.observed or is_number
    if len(_places) >= MAX_PLACES:
        _places.clear()
    found = _places[key] = Place(
        role=role,
        kind=kind,
        is_group=kind is not None and kind.group,
        is_number=is_number,
        is_observation=is_observation,
        is_plain=is_plain,
        is_visited=is_observation or not is_plain,
        speaks=role.name != "observed",
    )
    return found


def place_of(key: PlaceKey) -> Place:
    """Return what an item is where it stands."""
    return _places.get(key) or _new_place(key)


@dataclass(slots=True)
class _Frame:
    """What children of an item inherit."""

    properties: Properties
    context: Context
    outside: Properties
    """What a group that inherits nothing of the groups around it starts from."""
    quiet: str | None = None
    """The role of what they are part of, if that makes them no observations of their own."""
    _noted: dict[str | None, Noted] = field(default_factory=dict)

    def role(self, place: Place) -> str | None:
        """Return the role of an observation among them; None for one in its own right."""
        return self.quiet if place.role.observed else place.role.name

    def noted(self, role: str | None) -> Noted:
        """Return what is said of those of a role that say nothing more themselves."""
        found = self._noted.get(role)
        if found is None:
            found = self._noted[role] = Noted(role, self.properties, self.context)
        return found


_Visit = tuple[ContentItem, int, Place]
"""An item that has to be visited, and its place in document order."""


@dataclass(slots=True)
class _Group:
    """Stands on the stack below the children of a group: when it is met again, they are done."""

    visit: _Visit
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
    children: list[_Visit] = field(default_factory=list)

    def note(self, role: Role, item: ContentItem) -> None:
        """Gather an item in a role."""
        if role.name in FIELDS:
            self.gathered.setdefault(role.name, []).append((role, item))


def _base(place: Place, beside: _Frame) -> Properties:
    """Return what an item inherits: nothing of the groups around it if it begins afresh."""
    return beside.outside if place.kind is not None and place.kind.fresh else beside.properties


class _Tree:
    """Looks up items of a report and what they are there.  Of its own, so that nothing refers to a walk in a circle."""

    def __init__(self, matching: Matching) -> None:
        self._matching = matching
        self._by_reference = {id(reference): row for _, reference, row in matching.by_references}

    @cached_property
    def numbers(self) -> dict[int, int]:
        """Place of an item, by identity; most reports have something to say of the parts of some property."""
        return {id(item): number for number, item in enumerate(self._matching.items)}

    def place(
        self, number: int, row: ExpandedRow | None, relationship: str | None, within: Kind | None = None
    ) -> Place:
        """Return what an item is below a parent that begins `within`."""
        return place_of(
            (row, self._matching.iris[number], relationship, self._matching.items[number].value_type, within)
        )

    def said(self, item: ContentItem) -> Iterator[Said]:
        """Yield the by-value children of an item, each with its role."""
        for child in item.children:
            if isinstance(child, ContentItem):
                number = self.numbers[id(child)]
                yield self.place(number, self._matching.rows[number], child.relationship).role, child

    def target(self, reference: ByReference) -> ContentItem | None:
        """Return what a by-reference relationship is to."""
        index = self._matching.index(reference.target)
        return self._matching.items[index] if index is not None else None

    def role_of_target(self, reference: ByReference, kind: Kind | None) -> tuple[Role, ContentItem] | None:
        """Return the target of a by-reference relationship of what begins a kind, and its role there."""
        number = self._matching.index(reference.target)
        if number is None:
            return None
        row = self._by_reference.get(id(reference))
        return self.place(number, row, reference.relationship, kind).role, self._matching.items[number]


class _Walk:
    """One walk over the tree of a report."""

    def __init__(self, matching: Matching) -> None:
        self._matching = matching
        self._tree = _Tree(matching)
        self._images = Images(self._tree.target, self._tree.said)
        self._stack: list[tuple[_Visit, _Frame] | _Group] = []
        self._noted: list[Noted | None] = [None] * len(matching.items)
        self._proper = 0
        """How many observations in their own right there are."""

    def noted(self) -> list[Noted | None]:
        """Return what is said of each item as an observation."""
        frame = _Frame(NO_PROPERTIES, NO_CONTEXT, NO_PROPERTIES)
        root = self._matching.items[0], 0, self._tree.place(0, self._matching.rows[0], None)
        self._push([root], frame, frame, frozenset())
        while self._stack:
            entry = self._stack.pop()
            if isinstance(entry, _Group):
                self._close(entry)
            else:
                self._branch(*entry)
        return self._noted

    # ------------------------------------------------------------ one item

    def _branch(self, visit: _Visit, frame: _Frame) -> None:
        """Note an item that has children, and see to those of them that have to be visited."""
        item, number, place = visit
        proper_before = self._proper
        reading = self._read(item, number, place.kind)
        self._look_at_images(item, place, reading)
        beside = self._beside(item, reading, frame)
        is_proper = False
        if place.is_observation:
            properties = of_item(_base(place, beside), reading.gathered, place.kind, item)
            context = beside.context
            if reading.language is not None:
                context = context._replace(language=reading.language)
            is_proper = self._note(visit, beside, properties, context)
        if reading.children or place.is_group:
            inner = self._inner(item, place, beside, reading.gathered, is_observation=is_proper)
            if place.is_group and inner.quiet is None:
                self._stack.append(_Group(visit, inner, reading.gathered, proper_before))
            self._push_children(visit, reading.children, beside, inner)

    def _note(self, visit: _Visit, beside: _Frame, properties: Properties, context: Context) -> bool:
        """Note the observation that an item is, if it is one; tell whether it is one in its own right."""
        _, number, place = visit
        role = beside.role(place)
        if role is not None and not place.is_number:
            return False
        is_same = properties is beside.properties and context is beside.context
        self._noted[number] = beside.noted(role) if is_same else Noted(role, properties, context)
        self._proper += role is None
        return role is None

    def _beside(self, item: ContentItem, reading: _Reading, frame: _Frame) -> _Frame:
        """Return what an item inherits itself, in the context that it says."""
        context = self._context(item, reading, frame.context)
        return frame if context is frame.context else _Frame(frame.properties, context, frame.outside, frame.quiet)

    def _look_at_images(self, item: ContentItem, place: Place, reading: _Reading) -> None:
        """Note what an item says of images, or as one."""
        if place.role.name in SHOWN and reading.children:
            reading.gathered[place.role.name] = [(place.role, item), *reading.gathered.pop(place.role.name, ())]
        self._images.add(reading.gathered)
        if place.role.name == "library":
            self._images.shelve(item)
        if place.kind is not None and place.kind.name == "library":
            self._images.shelve_all((child for child, _, _ in reading.children), reading.gathered)

    def _push_children(self, visit: _Visit, children: list[_Visit], beside: _Frame, inner: _Frame) -> None:
        """See to the children of an item.

        What an item was inferred from, and what modifies an item that is no CONTAINER, is beside it, not part of it;
        but what a finding was inferred from is about the finding.
        """
        aside = beside
        if inner.quiet is not None and inner.quiet != beside.quiet:
            aside = _Frame(beside.properties, beside.context, beside.outside, inner.quiet)
        item, _, place = visit
        passes_on = CONTAINERS_PASS_ON if item.value_type == ValueType.CONTAINER else PASSES_ON
        kind = place.kind
        if kind is not None and kind.finding_is_value:
            passes_on |= {RelationshipType.INFERRED_FROM}
        self._push(children, inner, aside, passes_on)

    def _push(self, visits: list[_Visit], inner: _Frame, aside: _Frame, passes_on: frozenset[str | None]) -> None:
        """Put items on the stack, the first one on top; those that need no closer look are noted at once."""
        for visit in reversed(visits):
            item, number, place = visit
            frame = inner if item.relationship in passes_on else aside
            if item.children or not place.is_plain or item.observation_datetime is not None:
                self._stack.append((visit, frame))
                continue
            role = frame.role(place)
            if role is None or place.is_number:
                self._noted[number] = frame.noted(role)
                self._proper += role is None

    def _inner(
        self, item: ContentItem, place: Place, beside: _Frame, gathered: Gathered, *, is_observation: bool
    ) -> _Frame:
        """Return what an item passes on to what it contains."""
        container = item.value_type == ValueType.CONTAINER
        properties = below(_base(place, beside), gathered, place.kind, item, container=container)
        if (is_observation or place.role.name in SHOWN) and not (place.is_group or place.is_number):
            properties = changed(properties, {"group": item})
        outside = properties if container and not place.is_group else beside.outside
        speaks = place.is_observation or place.is_group or place.role.name in SPEAKS
        quiet = beside.quiet or (None if speaks else place.role.name)
        return _Frame(properties, beside.context, outside, quiet)

    def _close(self, group: _Group) -> None:
        """Note what a group has to say where nothing in it was an observation: its regions, its finding, itself."""
        if self._proper > group.before:
            return
        gathered, frame, (item, number, _) = group.gathered, group.frame, group.visit
        own = {id(child) for child in item.children}
        told = gathered.get("region") or gathered.get("image") or gathered.get("finding") or ()
        items = [(role, each) for role, each in told if id(each) in own]
        if items:
            properties = with_own(frame.properties, gathered)
            for role, each in items:
                self._stand_alone(role, each, properties, frame.context)
        elif item.value_type != ValueType.CONTAINER:
            self._noted[number] = frame.noted(None)
            self._proper += 1

    def _stand_alone(self, role: Role, item: ContentItem, base: Properties, context: Context) -> None:
        """Note a region or a finding as an observation in its own right, by what it says itself first."""
        number = self._tree.numbers[id(item)]
        reading = self._read(item, number, None)
        if role.name in SHOWN:
            reading.gathered[role.name] = [(role, item), *reading.gathered.pop(role.name, ())]
        self._images.add(reading.gathered)
        properties = of_item(base, reading.gathered, None, item)
        self._noted[number] = Noted(None, properties, self._context(item, reading, context))
        self._proper += 1

    # ------------------------------------------------------------ its children

    def _read(self, item: ContentItem, number: int, kind: Kind | None) -> _Reading:
        """Return what the children of an item that begins a kind say; each is looked at once."""
        reading, matching = _Reading(), self._matching
        rows, iris, ends = matching.rows, matching.iris, matching.ends
        container = item.value_type == ValueType.CONTAINER
        number += 1  # children come right after their parent
        for child in item.children:
            if isinstance(child, ByReference):
                self._refer(child, kind, reading)
                continue
            key = rows[number], iris[number], child.relationship, child.value_type, kind
            place = _places.get(key) or _new_place(key)  # as place_of, without a call for each item
            if place.is_visited or child.children:
                reading.children.append((child, number, place))
            if place.speaks:
                self._say(child, place.role, reading, container=container)
            number = ends[number] if child.children else number + 1
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
            reading.participants += self._tree.said(child)
        else:
            self._note_nested(child, role, reading, 2)

    def _note_nested(self, item: ContentItem, role: Role, reading: _Reading, depth: int) -> None:
        """Note what an item says, and what it says of that itself: the side of a site, the site of a lesion."""
        reading.note(role, item)
        if role.name in NESTED and depth and item.children:
            for nested, each in self._tree.said(item):
                if nested.name in OF_SITES:
                    self._note_nested(each, nested, reading, depth - 1)

    def _refer(self, reference: ByReference, kind: Kind | None, reading: _Reading) -> None:
        """Note what the target of a by-reference relationship says; it is not visited from here."""
        found = self._tree.role_of_target(reference, kind)
        if found is None:
            return
        role, target = found
        if role.name in CONTEXT_PARTS:
            reading.context.append((role, target))
        else:
            reading.note(role, target)

    def _context(self, item: ContentItem, reading: _Reading, outer: Context) -> Context:
        context = outer
        if reading.context or reading.participants:
            context = extended(outer, reading.context, observers_of(reading.participants))
        if item.observation_datetime is not None:
            context = context._replace(datetime=item.observation_datetime)
        return context
