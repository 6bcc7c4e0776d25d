"""Observation: what a node of the reading becomes (HL7 DICOM SR to FHIR; FHIR Observation).

A container becomes an Observation with members.  What an item says of another goes where roles.csv says; any other
simple item below an observation becomes a component, so nothing simple is lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from operator import attrgetter
from typing import NamedTuple

from sr2graph.dicom.content import ContentItem
from sr2graph.dicom.values import Code, MeasuredValue, UIDReference, ValueType
from sr2graph.fhir.commons import Common, Commons
from sr2graph.fhir.contexts import Contexts, Makers
from sr2graph.fhir.json_text import Json
from sr2graph.fhir.key_objects import KeyObjects
from sr2graph.fhir.reading import Node, is_selection
from sr2graph.fhir.resources import once
from sr2graph.fhir.selections import Instance
from sr2graph.fhir.tables import coded, identifier_type, keyed
from sr2graph.fhir.texts import clean, identify, uid_identifier
from sr2graph.fhir.values import Valued
from sr2graph.templates.context import text_of
from sr2graph.templates.properties import Items

MOST_SHOWN = 128
"""Selections, and groups, that one observation refers to: what many share would multiply."""

MOST_REPEATED = 4
"""Selections of a kind that members have beside their group; of more, the group alone has them."""

SHOWN = ("regions", "images", "illustrations", "value_maps")
"""Properties that are selections."""


class _Named(NamedTuple):
    """What identifies an Observation."""

    id: str
    identifier: Json
    reference: Json


class Observing:
    """Makes the observations of one report."""

    def __init__(self, makers: Makers) -> None:
        self._makers = makers
        self.contexts = Contexts(makers)
        self.key_objects = KeyObjects(makers, self.contexts)
        self.selected: list[Json] = []
        """References to the selections that no observation refers to."""
        self._names: dict[int, _Named] = {}
        self._commons = Commons(makers, self.contexts)
        self._selected: dict[tuple[int | None, ...], tuple[tuple[Items, ...], list[Json]]] = {}
        self._nothing: list[Json] = []
        self._derived: dict[tuple[int, bool], list[Json]] = {}
        """What observations are derived from, by their selections, and whether they are derived measurements."""
        groups = (node for node in makers.reading.nodes.values() if node.category == "group")
        self._groups = [self.reference(node) for node in islice(groups, MOST_SHOWN)]
        """What a derived measurement is derived from (TID 1420)."""
        self._codes = {id(node): self._code(node) for node in makers.reading.nodes.values() if not node.is_selection}

    def make_all(self) -> None:
        """Add the observations of the report, and the selections that stand on their own."""
        for node in self._makers.reading.nodes.values():
            if not node.is_selection:
                self._add(node)
        self._select()

    def reference(self, node: Node) -> Json:
        """Return a reference to the Observation of a node."""
        return self._named(node).reference

    def _named(self, node: Node) -> _Named:
        """Return what identifies the Observation of a node."""
        made = self._names.get(node.number)
        if made is None:
            makers = self._makers
            id_ = identify("Observation", *makers.studies.key(node.item))
            identifier = makers.studies.item_identifier(node.item)
            reference = makers.resources.reference("Observation", id_, identifier)
            made = self._names[node.number] = _Named(id_, identifier, reference)
        return made

    def results(self) -> list[Json]:
        """Return references to the observations that are members of no other."""
        nodes = self._makers.reading.nodes.values()
        return [self.reference(node) for node in nodes if node.parent is None and not node.is_selection]

    def _select(self) -> None:
        """Make the selections that are observations in their own right, those of one place together."""
        makers, reading = self._makers, self._makers.reading
        places: dict[int, list[ContentItem]] = {}
        for number, item in enumerate(reading.items):
            if reading.roles[number].name == "acquired":
                uid = item.value.sop_instance_uid if isinstance(item.value, Instance) else None
                if not makers.flavour.selections and makers.studies.evidence.holds(uid):
                    makers.account.mapped(item, "ImagingStudy.series.instance")
                    continue
                places.setdefault(reading.parents[number], []).append(item)
        for node in reading.nodes.values():
            if node.is_selection and node.parent is None:
                places.setdefault(reading.parents[node.number], []).append(node.item)
        for items in places.values():
            first = reading.nodes.get(reading.numbers[id(items[0])])
            about = self.key_objects.about(first.context) if first is not None else None
            self.selected += makers.selections.of_all(items, about)

    # ------------------------------------------------------------ one observation

    def _add(self, node: Node) -> None:
        makers, item, named = self._makers, node.item, self._named(node)
        valued = makers.values.value(item)
        common = self._commons.of(node)
        for positions in common.said:
            positions.append(item.position)
        value = self._value(node, valued)
        own = {"id": named.id, "identifier": self._identifiers(node, common), "code": self._codes[id(node)], **value}
        if item.children or node.details:
            own |= self._about(node, value)
        if node.children and (
            members := [self.reference(child) for child in node.children if self._is(child, "hasMember")]
        ):
            own["hasMember"] = members
        if sources := self._sources(node):
            own["derivedFrom"] = sources
        makers.resources.add(self._commons.resource(common, own, value), named.identifier)
        makers.account.mapped(item, f"Observation/{named.id}", valued.reason)
        for each in node.details:
            if each.value_type == ValueType.CONTAINER:
                makers.account.mapped(each, f"Observation/{named.id}", "a heading: its items are components")

    def _identifiers(self, node: Node, common: Common) -> list[Json]:
        """Return the identifiers of a node; an event has its UID, and what is tracked without a site its tracking."""
        makers = self._makers
        found = makers.studies.identifiers(node.item, self._named(node).identifier)
        for child in _leaves(node.item):
            if isinstance(child.value, UIDReference) and child.value.uid and makers.reading.role(child).name == "event":
                found.append({"type": self._event_type(child), **uid_identifier(child.value.uid)})
                makers.account.mapped(child, "Observation.identifier")
        return found + common.tracking if common.tracking else found

    def _event_type(self, item: ContentItem) -> Json:
        """Return what sort of UID an event has; the dose summary guide has a code of its own for it."""
        name = self._makers.values.name(item)
        row = keyed("dose_identifiers", "name").get(self._makers.reading.role(item).field)
        if row is None or not self._makers.flavour.doses:
            return name
        return name | {"coding": [*name.get("coding", []), *identifier_type(row)["coding"]]}

    def _code(self, node: Node) -> Json:
        values, properties = self._makers.values, node.properties
        if node.category == "group" and properties.finding_category is not None:
            return values.concept(properties.finding_category)
        return values.name(node.item)

    # ------------------------------------------------------------ value

    def _value(self, node: Node, valued: Valued) -> Json:
        values, properties = self._makers.values, node.properties
        if node.item.value_type == ValueType.CONTAINER:
            finding = properties.finding
            return {"valueCodeableConcept": values.concept(finding)} if finding is not None else {}
        # The guide wants a qualitative evaluation in words to be a concept of text alone (guide defect 6).
        if node.category == "qualitative" and "valueString" in valued.elements:
            rest = {name: value for name, value in valued.elements.items() if name != "valueString"}
            return rest | {"valueCodeableConcept": {"text": valued.elements["valueString"]}}
        if not valued.several:
            return valued.elements
        # obs-7: with components of the same code there is no value.
        code = self._codes[id(node)]
        return valued.elements | {"component": [{"code": code, "valueQuantity": each} for each in valued.several]}

    # ------------------------------------------------------------ what is said of it

    def _about(self, node: Node, value: Json) -> Json:
        """Return ranges, interpretation and components, beside those that its value has."""
        made: Json = {"referenceRange": [], "interpretation": [], "component": []}
        for child in node.item.children:
            if isinstance(child, ContentItem) and not self._is_done(child):
                self._tell(node, child, made)
        for child in node.details:
            if child.value_type != ValueType.CONTAINER and not self._is_done(child):
                self._tell(node, child, made)
        if made["referenceRange"]:
            made["referenceRange"] = [{key: told for each in made["referenceRange"] for key, told in each.items()}]
        return {name: value.get(name, []) + told for name, told in made.items() if told}

    @staticmethod
    def _is(child: Node, element: str) -> bool:
        return child.element == element and not child.is_selection

    def _is_done(self, item: ContentItem) -> bool:
        reading = self._makers.reading
        return self._makers.account.is_mapped(item) or reading.numbers[id(item)] in reading.nodes

    def _sources(self, node: Node) -> list[Json]:
        """Return what it was derived from: selections of its own, observations, the groups of a derived measurement."""
        shown = self._shown(node)
        own = self._own_sources(node) if node.children or node.properties.derived_from else []
        is_derived = node.category == "derived"
        if is_derived and len(self._groups) == MOST_SHOWN:
            self._makers.account.note("derivedFrom", f"at most {MOST_SHOWN} groups", node.item)
        if own:
            return once([*shown, *own, *(self._groups if is_derived else ())])
        key = id(shown), is_derived
        if key not in self._derived:
            self._derived[key] = once([*shown, *(self._groups if is_derived else ())])
        return self._derived[key]

    def _own_sources(self, node: Node) -> list[Json]:
        """Return what it was derived from and others with the same properties were not."""
        makers = self._makers
        below = [child.item for child in node.children if child.is_selection]
        found = [*makers.selections.of_all(below)] if below else []
        found += [self.reference(child) for child in node.children if self._is(child, "derivedFrom")]
        for item in node.properties.derived_from:
            source = makers.reading.nodes.get(makers.reading.numbers[id(item)])
            if source is not None and source is not node and not source.is_selection:
                found.append(self.reference(source))
            elif source is None and is_selection(item):
                found += makers.selections.of_all([item])
        return found

    def _shown(self, node: Node) -> list[Json]:
        """Return the selections of a node that its parent does not have already; members share them as they do."""
        own = _shown(node.properties)
        if not any(own):
            return self._nothing
        key = (*map(id, own), node.parent)
        if key not in self._selected:
            # With what the identities are of.
            self._selected[key] = own, self._selections(node, own)
        return self._selected[key][1]

    def _selections(self, node: Node, own: tuple[Items, ...]) -> list[Json]:
        inherited = self._makers.reading.nodes[node.parent].properties if node.parent is not None else None
        items: list[ContentItem] = []
        for name, some in zip(SHOWN, own, strict=True):
            # Found by its own code, a measurement says what it was measured on, as in the examples of the guide.
            if inherited is None or len(some) <= MOST_REPEATED or some != getattr(inherited, name):
                items += some
        regions = {id(image) for region in own[0] for _, image in self._makers.reading.children(region)}
        items = [item for item in items if id(item) not in regions]
        if len(items) > MOST_SHOWN and node.item.value_type != ValueType.CONTAINER:
            self._makers.account.note("derivedFrom", f"the first {MOST_SHOWN} selections", node.item)
            items = items[:MOST_SHOWN]
        return list(self._makers.selections.of_all(items))

    def _tell(self, node: Node, child: ContentItem, made: Json) -> None:
        """Put what a child says where roles.csv says, else into a component."""
        role = self._makers.reading.role(child)
        row = keyed("roles", "role").get(f"{role.name}.{role.field}" if role.field else role.name)
        use = row["use"] if row is not None else "component"
        if use == "interpretation" and isinstance(child.value, Code) and child.value.concept is not None:
            made["interpretation"].append(self._makers.values.concept(child.value.concept))
            self._makers.account.mapped(child, "Observation.interpretation")
        elif use == "range" and (told := self._range(child, made["referenceRange"])):
            made["referenceRange"].append(told)
            self._makers.account.mapped(child, f"Observation.referenceRange.{next(iter(told))}")
        elif use not in {"property", "selection", "context"} or not self._is_said(role.name, use, child):
            made["component"] += self._components(node, child)

    def _is_said(self, role: str, use: str, child: ContentItem) -> bool:
        """Tell whether an element of the observation, or another resource, has what a child says."""
        if use != "property":
            return use == "context" and child.value_type != ValueType.NUM
        value = _told(child)
        return value is not None and self._makers.account.say(child, role, value)

    def _range(self, item: ContentItem, before: list[Json]) -> Json | None:
        row = coded("reference_range").get(self._makers.reading.keys.iri(item.concept_name) or "")
        if row is None or any(row["element"] in each for each in before):
            return None
        if row["element"] == "text":
            text = clean(text_of(item))
            return {"text": text} if text else None
        quantities = self._makers.values.quantities(item.value) if isinstance(item.value, MeasuredValue) else []
        return {row["element"]: quantities[0]} if len(quantities) == 1 else None

    def _components(self, node: Node, item: ContentItem) -> Iterator[Json]:
        """Yield the components that an item becomes: one for each number, as a rule one."""
        values = self._makers.values
        valued = values.value(item, "component")
        has_value = bool(valued.several or set(valued.elements) - {"dataAbsentReason"})
        if not has_value and item.value_type != ValueType.NUM:
            return
        code = values.name(item)
        if _share(code, self._codes[id(node)]):
            # obs-7: a component of the same code is not allowed beside a value.
            code = {"text": code.get("text") or "the same"}
        self._makers.account.mapped(item, "Observation.component", valued.reason)
        for told in [{"valueQuantity": each} for each in valued.several] or [valued.elements]:
            yield {"code": code, **told}


_shown = attrgetter(*SHOWN)


def _leaves(item: ContentItem) -> Iterator[ContentItem]:
    """Yield the by-value children of an item."""
    return (child for child in item.children if isinstance(child, ContentItem))


def _told(item: ContentItem) -> object:
    """Return what an item says, as it is noted in the account."""
    return item.value.concept if isinstance(item.value, Code) else text_of(item)


def _share(one: Json, other: Json) -> bool:
    """Tell whether two concepts have a coding in common."""
    codes = {(each.get("system"), each.get("code")) for each in one.get("coding", ())}
    return any((each.get("system"), each.get("code")) in codes for each in other.get("coding", ()))
