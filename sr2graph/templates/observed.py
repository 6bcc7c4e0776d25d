"""An observation, and what it says through the tree it stands in."""

from __future__ import annotations

from dataclasses import dataclass

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ContentItem
from sr2graph.templates.context import Context
from sr2graph.templates.expansion import ExpandedRow
from sr2graph.templates.properties import Items, Properties


@dataclass(frozen=True, slots=True)
class Observation:
    """Something that was measured, judged, written or outlined."""

    item: ContentItem
    """What it is about: name, value, unit and qualifier stand in it."""
    number: int
    """The place of the item in `Matching.items`."""
    row: ExpandedRow | None
    role: str | None
    """Of a NUM that says something about another observation or about the context: `reference_range`, `acquisition`."""
    properties: Properties
    context: Context

    @property
    def finding(self) -> CodedConcept | None:
        """What was found: the finding of the group, of the CAD mark."""
        return self.properties.finding

    @property
    def finding_category(self) -> CodedConcept | None:
        """What sort of finding it is."""
        return self.properties.finding_category

    @property
    def finding_sites(self) -> tuple[CodedConcept, ...]:
        """Where in the body."""
        return self.properties.finding_sites

    @property
    def laterality(self) -> CodedConcept | None:
        """On which side."""
        return self.properties.laterality

    @property
    def site_modifiers(self) -> tuple[CodedConcept, ...]:
        """Where within the site."""
        return self.properties.site_modifiers

    @property
    def target_region(self) -> CodedConcept | None:
        """What an acquisition or an irradiation aimed at."""
        return self.properties.target_region

    @property
    def method(self) -> CodedConcept | None:
        """How it was measured."""
        return self.properties.method

    @property
    def derivation(self) -> CodedConcept | None:
        """Mean, maximum, calculated ..."""
        return self.properties.derivation

    @property
    def presence(self) -> CodedConcept | None:
        """Whether the finding is there at all."""
        return self.properties.presence

    @property
    def rendering_intent(self) -> CodedConcept | None:
        """Whether a CAD finding is to be shown."""
        return self.properties.rendering_intent

    @property
    def selection(self) -> CodedConcept | None:
        """Why this value was chosen among several."""
        return self.properties.selection

    @property
    def normality(self) -> CodedConcept | None:
        """Whether it is normal."""
        return self.properties.normality

    @property
    def significance(self) -> CodedConcept | None:
        """How significant it is."""
        return self.properties.significance

    @property
    def equations(self) -> Items:
        """What it was calculated by: equation, table, or a description."""
        return self.properties.equations

    @property
    def reference_range(self) -> Items:
        """Limits of the normal range, their description and authority."""
        return self.properties.reference_range

    @property
    def statistics(self) -> Items:
        """What a population has, and how uncertain the value is."""
        return self.properties.statistics

    @property
    def modifiers(self) -> Items:
        """Its other concept modifiers."""
        return self.properties.modifiers

    @property
    def group_modifiers(self) -> Items:
        """Those of the containers above, nearest first."""
        return self.properties.group_modifiers

    @property
    def translations(self) -> Items:
        """Other names of the same."""
        return self.properties.translations

    @property
    def tracking_identifier(self) -> str | None:
        """The identifier that follows a finding through time."""
        return self.properties.tracking_identifier

    @property
    def tracking_uid(self) -> str | None:
        """The same, unique in the world."""
        return self.properties.tracking_uid

    @property
    def regions(self) -> Items:
        """What was measured: coordinates, or images that are segments."""
        return self.properties.regions

    @property
    def images(self) -> Items:
        """What was measured on."""
        return self.properties.images

    @property
    def image_laterality(self) -> CodedConcept | None:
        """The side that these images show."""
        return self.properties.image_laterality

    @property
    def image_view(self) -> CodedConcept | None:
        """The view of these images."""
        return self.properties.image_view

    @property
    def illustrations(self) -> Items:
        """What shows it."""
        return self.properties.illustrations

    @property
    def source_series(self) -> tuple[str, ...]:
        """UIDs of series that were measured on."""
        return self.properties.source_series

    @property
    def value_maps(self) -> Items:
        """Real World Value Maps that were used."""
        return self.properties.value_maps

    @property
    def derived_from(self) -> Items:
        """What it was inferred from."""
        return self.properties.derived_from

    @property
    def group(self) -> ContentItem | None:
        """What holds it together with others."""
        return self.properties.group

    @property
    def section(self) -> ContentItem | None:
        """The heading it stands under."""
        return self.properties.section
