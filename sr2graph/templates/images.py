"""The images of a report: those that regions were selected from, and what the image library says of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from sr2graph.dicom.content import ByReference, ContentItem, RelationshipType
from sr2graph.dicom.values import ImageReference, ValueType
from sr2graph.templates.context import Said
from sr2graph.templates.properties import Gathered, Items

MAX_SELECTED = 16
"""Images that a region is selected from, as far as they are looked at: conforming regions have one."""

MAX_REGIONS = 4
"""Regions looked at for one: it may be selected from another, a time range from an outline (PS3.16 TID 3909 row 6)."""

ABOUT_IMAGES = frozenset({"image_laterality", "image_view"})


class Images:
    """What is known of images; each is looked at once, however often it is referred to."""

    def __init__(
        self,
        target: Callable[[ByReference], ContentItem | None],
        said: Callable[[ContentItem], Iterator[Said]],
    ) -> None:
        self._target = target
        self._said = said
        self._selected: dict[int, Items] = {}
        self._told: dict[int, list[Said]] = {}
        self._library: dict[str, ContentItem] = {}
        self._of_groups: dict[int, list[Said]] = {}

    def shelve_all(self, entries: Iterable[ContentItem], gathered: Gathered) -> None:
        """Keep what a group of the library says of all its images (PS3.16 TID 1600 row 3)."""
        told = [gathered[name][0] for name in ABOUT_IMAGES if name in gathered]
        if told:
            self._of_groups |= {id(entry): told for entry in entries}

    def shelve(self, item: ContentItem) -> None:
        """Keep an entry of the image library."""
        if isinstance(item.value, ImageReference) and item.value.sop_instance_uid:
            self._library.setdefault(item.value.sop_instance_uid, item)

    def add(self, gathered: Gathered) -> None:
        """Add the images that regions were selected from, and what the report says of all of them."""
        known = {id(image) for _, image in gathered.get("image", ())}
        for role, region in tuple(gathered.get("region", ())):
            for image in self._of(region):
                if id(image) not in known:
                    known.add(id(image))
                    gathered.setdefault("image", []).append((role, image))
        for _, image in gathered.get("image", ())[:MAX_SELECTED]:
            for told in self._told_of(image):
                gathered.setdefault(told[0].name, [told])

    def _of(self, region: ContentItem) -> Items:
        """Return the images and waveforms that a region was selected from."""
        known = self._selected.get(id(region))
        if known is None:
            known = self._selected[id(region)] = tuple(islice(self._below(region), MAX_SELECTED))
        return known

    def _below(self, region: ContentItem) -> Iterator[ContentItem]:
        regions = [region]
        for each in regions:  # grows while it is walked
            for child in each.children[:MAX_SELECTED]:
                item = self._target(child) if isinstance(child, ByReference) else child
                if item is None or child.relationship != RelationshipType.SELECTED_FROM:
                    continue
                if item.value_type in (ValueType.IMAGE, ValueType.WAVEFORM):
                    yield item
                elif len(regions) < MAX_REGIONS:
                    regions.append(item)

    def _told_of(self, image: ContentItem) -> list[Said]:
        """Return what the report says of an image: its side and its view."""
        entry = self._entry(image)
        known = self._told.get(id(entry))
        if known is None:
            known = [each for each in self._said(entry) if each[0].name in ABOUT_IMAGES]
            known += self._of_groups.get(id(entry), ())  # of two that say the same, the first one counts
            self._told[id(entry)] = known
        return known

    def _entry(self, image: ContentItem) -> ContentItem:
        """Return the entry of the library about the same image; the image itself where there is none."""
        if image.children or id(image) in self._of_groups or not isinstance(image.value, ImageReference):
            return image
        return self._library.get(image.value.sop_instance_uid or "", image)
