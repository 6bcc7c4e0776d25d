"""ImagingSelection: images, segments and regions that were measured, shown or picked (FHIR R5).

A content item names an instance by class and UID; its series comes from the evidence of the report (PS3.3 C.17.2).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from math import isfinite

from sr2graph.dicom.content import ContentItem
from sr2graph.dicom.values import (
    CompositeReference,
    ImageReference,
    SpatialCoordinates,
    SpatialCoordinates3D,
    TemporalCoordinates,
    WaveformReference,
)
from sr2graph.fhir.accounts import Account
from sr2graph.fhir.json_text import Json, exact_float
from sr2graph.fhir.profiles import claimed
from sr2graph.fhir.reading import Reading
from sr2graph.fhir.resources import Resources, once, resource_of
from sr2graph.fhir.studies import Studies
from sr2graph.fhir.tables import Flavour, for_code, rows
from sr2graph.fhir.texts import DCM, coding_of, is_uid
from sr2graph.fhir.values import Values

Instance = ImageReference | WaveformReference | CompositeReference
Coordinates = SpatialCoordinates | SpatialCoordinates3D

MOST_SELECTED = 16
"""Images that a region is selected from, as far as they are looked at: conforming regions have one."""

NO_INSTANCE = "no instance with a valid UID"
NO_PLACE = "coordinates in space have no place without an image (FHIR R5, FHIR-41429): in the narrative"
IMAGE_REGION = "Image Region"


class Selections:
    """Makes the selections of one report, each once."""

    def __init__(  # noqa: PLR0913, PLR0917 # what they are made of
        self,
        reading: Reading,
        flavour: Flavour,
        resources: Resources,
        values: Values,
        studies: Studies,
        account: Account,
    ) -> None:
        self._reading = reading
        self._flavour = flavour
        self._resources = resources
        self._values = values
        self._studies = studies
        self._account = account
        self._made: dict[int, Json | None] = {}

    def of(self, item: ContentItem) -> Json | None:
        """Return a reference to the selection that an item is; None where there can be none."""
        key = id(item)
        if key not in self._made:
            self._made[key] = None if self._studies.evidence.is_listed(item) else self._make([item])
        return self._made[key]

    def of_all(self, items: Sequence[ContentItem], about: Json | None = None) -> list[Json]:
        """Return references to the selections of items that stand together: one for each series and concept.

        `about` is what more is known of those that are made now.
        """
        series: dict[tuple[str | None, str | None, str | None], list[ContentItem]] = {}
        for item in items:
            if self._studies.evidence.is_listed(item):
                continue
            if isinstance(item.value, Instance) and not item.children and id(item) not in self._made:
                uid = self._studies.series_of(item.value.sop_instance_uid)
                series.setdefault((self._reading.keys.iri(item.concept_name), item.value_type, uid), []).append(item)
        for together in series.values():
            made = self._make(together, about)
            self._made |= {id(item): made for item in together}
        return once([made for item in items if (made := self.of(item)) is not None])

    # ------------------------------------------------------------ one selection

    def _make(self, items: list[ContentItem], about: Json | None = None) -> Json | None:
        """Return a reference to the selection of items of one kind and series."""
        first = items[0]
        told = [(item, instance) for item in items for instance in self._instances(item)]
        frame = first.value.frame_of_reference_uid if isinstance(first.value, SpatialCoordinates3D) else None
        if not told and not is_uid(frame):
            for item in items:
                self._account.refused(item, NO_INSTANCE)
            return None
        resource = resource_of("ImagingSelection", *self._studies.key(first))
        identifier = self._studies.item_identifier(first)
        resource |= {"identifier": [identifier], "status": "available", "subject": self._studies.subject}
        resource |= {"code": self._code(first)} | (about or {})
        uids = [instance["uid"] for _, instance in told]
        resource |= self._studies.place(uids[0] if uids else None)
        resource |= {"frameOfReferenceUid": frame} if is_uid(frame) else {}
        resource |= {"instance": [instance for _, instance in told]} if told else {}
        breast = self._studies.evidence.breast(uids) if uids else None
        resource |= {"bodySite": {"concept": self._values.concept(breast)}} if breast else {}
        self._add(resource, identifier, items)
        return self._resources.reference("ImagingSelection", str(resource["id"]), identifier)

    def _add(self, resource: Json, identifier: Json, items: list[ContentItem]) -> None:
        code = str(resource["code"].get("coding", [{}])[0].get("code", ""))
        self._resources.add(claimed(resource, code, self._flavour, self._account), identifier)
        for item in items:
            self._account.mapped(item, f"ImagingSelection/{resource['id']}", self._missing(item, resource))

    def _missing(self, item: ContentItem, resource: Json) -> str:
        """Return what of an item the selection does not say."""
        if isinstance(item.value, TemporalCoordinates):
            return "ImagingSelection has no time: in the narrative"
        if isinstance(item.value, Coordinates):
            regions = ("imageRegion2D", "imageRegion3D")
            drawn = any(name in each for each in resource.get("instance", ()) for name in regions)
            return "" if drawn else NO_PLACE
        if isinstance(item.value, ImageReference) and item.value.presentation_state is not None:
            return "presentation state: in the narrative"
        return ""

    def _code(self, item: ContentItem) -> Json:
        """Return what was selected: the one coding that a profile wants, else the concept name (ig: pattern)."""
        iri = self._reading.keys.iri(item.concept_name)
        row = for_code("selections", iri, item.value_type)
        if row is not None:
            return coding_of(row["system"], row["code"], row["display"])
        if item.concept_name is not None:
            return self._values.concept(item.concept_name)
        root = self._reading.items[0].concept_name
        return self._values.concept(root) if root is not None else coding_of(DCM, "111030", IMAGE_REGION)

    # ------------------------------------------------------------ instances

    def _instances(self, item: ContentItem) -> Iterator[Json]:
        if isinstance(item.value, Instance):
            yield from self._instance(item.value)
        elif isinstance(item.value, Coordinates | TemporalCoordinates):
            regions = _regions(item.value) if isinstance(item.value, Coordinates) else {}
            for image in images_of(self._reading, item):
                for instance in self._instance(image.value):
                    self._account.mapped(image, "ImagingSelection.instance")
                    yield instance | regions

    def _instance(self, value: object) -> Iterator[Json]:
        if not isinstance(value, Instance) or not is_uid(value.sop_instance_uid):
            return
        made: Json = {"uid": value.sop_instance_uid}
        if is_uid(value.sop_class_uid):
            made["sopClass"] = self._studies.evidence.sop_class(value.sop_class_uid)
        parts = subset(value)
        yield {**made, "subset": parts} if parts else made


def images_of(reading: Reading, item: ContentItem) -> list[ContentItem]:
    """Return the item if it is an image, else the images that a region is selected from, by value or by reference."""
    if isinstance(item.value, Instance):
        return [item]
    return [child for _, child in reading.children(item) if isinstance(child.value, Instance)][:MOST_SELECTED]


def subset(value: Instance) -> list[str]:
    """Return the segments, else the frames, else the channels that are meant."""
    if isinstance(value, ImageReference):
        return [str(each) for each in value.segments] or [each.strip() for each in value.frames if each.strip()]
    if isinstance(value, WaveformReference):
        return [str(each) for each in value.channels]
    return []


def _regions(value: Coordinates) -> Json:
    """Return the regions of an instance (PS3.3 C.18.6, C.18.9)."""
    flat = isinstance(value, SpatialCoordinates)
    value_type, size = ("SCOORD", 2) if flat else ("SCOORD3D", 3)
    row = _graphics().get((value_type, value.graphic_type or ""))
    data = value.graphic_data
    if row is None or not data or len(data) % size or not all(map(isfinite, data)):
        return {}
    numbers = [exact_float(each) for each in data]
    step = size if row["per_point"] else len(numbers)
    parts = [numbers[start : start + step] for start in range(0, len(numbers), step)]
    regions = [{"regionType": row["region"], "coordinate": part} for part in parts]
    return {"imageRegion2D" if flat else "imageRegion3D": regions}


@cache
def _graphics() -> dict[tuple[str, str], dict[str, str]]:
    return {(row["value_type"], row["graphic_type"]): dict(row) for row in rows("graphics")}
