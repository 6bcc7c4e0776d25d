"""What an observation says beyond its item: finding, site, method, regions, and all that (PS3.16 TID 300, 1410, 1501).

The observations of a group that say nothing more of their own share one object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ContentItem
from sr2graph.templates.context import concept_of, merged, text_of
from sr2graph.templates.roles import Kind, Role

Items = tuple[ContentItem, ...]


class Properties(NamedTuple):
    """Inherited from group and section unless said otherwise; what is nearer replaces what is farther."""

    finding: CodedConcept | None = None
    finding_category: CodedConcept | None = None
    finding_sites: tuple[CodedConcept, ...] = ()
    laterality: CodedConcept | None = None
    site_modifiers: tuple[CodedConcept, ...] = ()
    target_region: CodedConcept | None = None
    method: CodedConcept | None = None
    rendering_intent: CodedConcept | None = None
    """Of a CAD finding: whether it is to be shown."""
    tracking_identifier: str | None = None
    tracking_uid: str | None = None
    regions: Items = ()
    """SCOORD, SCOORD3D, TCOORD, or IMAGE that is a segment."""
    images: Items = ()
    """IMAGE and WAVEFORM that were measured on, those that the regions were selected from included."""
    image_laterality: CodedConcept | None = None
    """Of these images, where the report tells: the breast of a mammogram."""
    image_view: CodedConcept | None = None
    illustrations: Items = ()
    """Images and regions that show it and were not measured on."""
    source_series: tuple[str, ...] = ()
    value_maps: Items = ()
    """Real World Value Maps."""
    group: ContentItem | None = None
    """The nearest measurement group, irradiation event, finding ... it is in."""
    section: ContentItem | None = None
    """The nearest heading above it that is no group; None for the document itself."""
    group_modifiers: Items = ()
    """HAS CONCEPT MOD of containers above, nearest first, that the fields above do not have."""
    # From here on: of the item itself, never inherited.
    presence: CodedConcept | None = None
    """Whether the finding is there at all (PS3.16 TID 1350)."""
    derivation: CodedConcept | None = None
    normality: CodedConcept | None = None
    significance: CodedConcept | None = None
    selection: CodedConcept | None = None
    """Selection Status."""
    equations: Items = ()
    reference_range: Items = ()
    statistics: Items = ()
    derived_from: Items = ()
    """What it was inferred from, by value or by reference, images and regions apart."""
    modifiers: Items = ()
    """HAS CONCEPT MOD that the fields above do not have."""
    translations: Items = ()
    """Equivalent meanings of its name or value."""


NO_PROPERTIES = Properties()

_PLACES = {name: place for place, name in enumerate(Properties._fields)}


def changed(base: Properties, changes: Mapping[str, Any]) -> Properties:
    """Return properties with some of them replaced."""
    if not changes:
        return base
    values = list[Any](base)
    for name, value in changes.items():
        values[_PLACES[name]] = value
    return Properties._make(values)


OWN = (
    "presence derivation normality significance selection equations reference_range statistics derived_from modifiers"
    " translations"
).split()
"""Fields that are not inherited."""

Gathered = dict[str, list[tuple[Role, ContentItem]]]
"""Role ↔ the items that have it."""


def _first_concept(items: Sequence[ContentItem]) -> CodedConcept | None:
    return concept_of(items[0])


def _concepts(items: Sequence[ContentItem]) -> tuple[CodedConcept, ...]:
    return tuple(concept for item in items if (concept := concept_of(item)) is not None)


def _first_text(items: Sequence[ContentItem]) -> str | None:
    return text_of(items[0])


def _texts(items: Sequence[ContentItem]) -> tuple[str, ...]:
    return tuple(text for item in items if (text := text_of(item)) is not None)


FIELDS: dict[str, tuple[str, Callable[[Sequence[ContentItem]], Any]]] = {
    "finding": ("finding", _first_concept),
    "category": ("finding_category", _first_concept),
    "site": ("finding_sites", _concepts),
    "laterality": ("laterality", _first_concept),
    "site_modifier": ("site_modifiers", _concepts),
    "target_region": ("target_region", _first_concept),
    "method": ("method", _first_concept),
    "rendering_intent": ("rendering_intent", _first_concept),
    "tracking_identifier": ("tracking_identifier", _first_text),
    "tracking_uid": ("tracking_uid", _first_text),
    "region": ("regions", tuple),
    "image": ("images", tuple),
    "image_laterality": ("image_laterality", _first_concept),
    "image_view": ("image_view", _first_concept),
    "illustration": ("illustrations", tuple),
    "source_series": ("source_series", _texts),
    "value_map": ("value_maps", tuple),
    "presence": ("presence", _first_concept),
    "derivation": ("derivation", _first_concept),
    "normality": ("normality", _first_concept),
    "significance": ("significance", _first_concept),
    "selection": ("selection", _first_concept),
    "equation": ("equations", tuple),
    "reference_range": ("reference_range", tuple),
    "statistics": ("statistics", tuple),
    "input": ("derived_from", tuple),
    "derived_from": ("derived_from", tuple),
    "modifier": ("modifiers", tuple),
    "region_purpose": ("modifiers", tuple),
    "translation": ("translations", tuple),
}
"""Role ↔ field of Properties, and how to read it from the items."""


def of_item(base: Properties, gathered: Gathered, kind: Kind | None, item: ContentItem) -> Properties:
    """Return the properties of an observation: its own, else those of the group."""
    changes = dict(_read({name: [each for _, each in some] for name, some in gathered.items()}))
    return _settled(base, changes, kind, item)


def below(base: Properties, gathered: Gathered, kind: Kind | None, item: ContentItem, *, container: bool) -> Properties:
    """Return what an item passes on to what it contains and to its own properties."""
    passed = {
        name: kept
        for name, some in gathered.items()
        if (kept := [each for role, each in some if role.inherited == "1" or (container and role.inherited)])
    }
    modifiers = (*passed.pop("modifier", ()), *passed.pop("region_purpose", ()))
    changes = {name: value for name, value in _read(passed) if name not in OWN}
    if modifiers:
        changes["group_modifiers"] = merged(modifiers, base.group_modifiers)
    if container and (kind is None or not kind.group):
        changes["section"] = item if len(item.position) > 1 else None
    elif kind is not None and kind.group:
        changes["group"] = item
    return _settled(base, changes, kind, item)


def with_own(passed_on: Properties, gathered: Gathered) -> Properties:
    """Return what a group passes on, together with what it says of itself alone."""
    own = {name: [each for _, each in some] for name, some in gathered.items() if FIELDS[name][0] in OWN}
    return changed(passed_on, dict(_read(own)))


def _settled(base: Properties, changes: dict[str, Any], kind: Kind | None, item: ContentItem) -> Properties:
    """Return the properties with changes, and without what was said of something that they replace."""
    if kind is not None:
        changes.update(_named(kind, item, changes))
    for name, attributes in _SAID_OF.items():
        if name in changes:
            changes |= {each: () for each in attributes if each not in changes}
    return changed(base, changes)


_SAID_OF = {"finding_sites": ("site_modifiers",), "regions": ("images",)}
"""Field ↔ fields that are about what it says.  A side is not: sections say it of all in them (PS3.16 TID 5103)."""


def _read(gathered: dict[str, list[ContentItem]]) -> Iterator[tuple[str, Any]]:
    told = dict[str, Any]()
    for name, items in gathered.items():
        field, read = FIELDS[name]
        value = read(items)
        told[field] = (*told[field], *value) if field in told else value
    yield from told.items()


def _named(kind: Kind, item: ContentItem, told: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield what the item that begins a group says by its own name or value."""
    value = concept_of(item)
    if kind.finding_is_value and value is not None:
        yield "finding", value
    if kind.site_is_value and value is not None:
        yield "finding_sites", (value,)
    if kind.site_is_name and item.concept_name is not None and "finding_sites" not in told:
        yield "finding_sites", (item.concept_name,)
    if kind.identifier_is_value and "tracking_identifier" not in told:
        yield "tracking_identifier", text_of(item)
