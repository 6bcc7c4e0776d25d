"""What an image library says of studies, series and instances (PS3.16 TID 1600-1602; IHE MADO).

A group says things of all its entries, an entry of itself, and the nearest counts.  A group may name its series by UID
and have no entries at all.  library.csv says what an ImagingStudy has an element for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sr2graph.dicom.content import ContentItem
from sr2graph.dicom.values import (
    Code,
    CompositeReference,
    ImageReference,
    MeasuredValue,
    Time,
    ValueType,
    WaveformReference,
)
from sr2graph.fhir.reading import Reading
from sr2graph.fhir.tables import Row, for_code
from sr2graph.templates.context import text_of

Instance = ImageReference | WaveformReference | CompositeReference

MOST_SAID = 64
"""Items of a group, or of an entry, that are looked at: what many entries share would multiply."""

LONGEST_NUMBER = 9
"""Digits of a FHIR unsignedInt."""

SERIES, INSTANCE, STUDY = "series", "instance", "study"


@dataclass(frozen=True, slots=True)
class Remark:
    """An item of a library, and its line of library.csv."""

    item: ContentItem
    row: Row


class Described:
    """What was said of a series, an instance or a study, by element."""

    def __init__(self) -> None:
        self._remarks: dict[str, dict[int, Remark]] = {}
        self._by: dict[str, set[str]] = {}
        """Which entries say an element."""

    def add(self, remark: Remark, by: str = "") -> None:
        """Note a remark, and the instance that it is about."""
        element = remark.row["element"]
        self._remarks.setdefault(element, {})[id(remark.item)] = remark
        self._by.setdefault(element, set()).add(by)

    def on(self, element: str, of: int = 0) -> list[Remark]:
        """Return the remarks on an element if they agree, and if all of so many instances have one where all must."""
        found = list(self._remarks.get(element, {}).values())
        if found and found[0].row["throughout"] and len(self._by[element]) < of:
            return []
        return found if len({said(each.item) for each in found}) == 1 else []


class Library:
    """What the image libraries of one report say."""

    def __init__(self, reading: Reading, series_of: dict[str, tuple[str | None, str | None]]) -> None:
        self._reading = reading
        self._series_of = series_of
        self.series: dict[str, Described] = {}
        """By Series Instance UID, whole series: said by a group that names it."""
        self.entries: dict[str, Described] = {}
        """The same, said by entries."""
        self.instances: dict[str, Described] = {}
        """By SOP Instance UID."""
        self.studies: dict[str, Described] = {}
        """By Study Instance UID; empty for that of the report."""
        self.items: dict[str, list[ContentItem]] = {}
        """Entries, by SOP Instance UID."""
        self.sides: dict[str, ContentItem] = {}
        """What says the side of an instance, by SOP Instance UID."""
        self._said: dict[int, tuple[Remark, ...]] = {}
        for number, item in enumerate(reading.items):
            if reading.in_library[number]:
                self._look(number, item)

    def _look(self, number: int, item: ContentItem) -> None:
        if item.value_type == ValueType.CONTAINER:
            self._group(item, self._chain(number))
        elif isinstance(item.value, Instance) and item.value.sop_instance_uid:
            self.items.setdefault(item.value.sop_instance_uid, []).append(item)
            self._entry(item, item.value.sop_instance_uid, self._chain(number))

    def _chain(self, number: int) -> list[Remark]:
        """Return what is said of an item, the nearest of each element: by itself, its group, the library."""
        found: dict[str, Remark] = {}
        for _ in range(3):
            for each in self._remarks(self._reading.items[number]):
                found.setdefault(each.row["level"] + each.row["element"], each)
            number = self._reading.parents[number]
            if number < 0 or not self._reading.in_library[number]:
                break
        return list(found.values())

    def _remarks(self, item: ContentItem) -> tuple[Remark, ...]:
        made = self._said.get(id(item))
        if made is None:
            leaves = [child for child in item.children if isinstance(child, ContentItem)]
            made = self._said[id(item)] = tuple(self._told(leaves))
        return made

    def _told(self, leaves: list[ContentItem]) -> Iterable[Remark]:
        """Yield what children say of their parent, as far as they say it once."""
        found: dict[str, list[Remark]] = {}
        for child in leaves[:MOST_SAID]:
            row = for_code("library", self._reading.keys.iri(child.concept_name))
            if row is not None and said(child) is not None:
                found.setdefault(row["level"] + row["element"], []).append(Remark(child, row))
        return (each[0] for each in found.values() if len(each) == 1)

    def _group(self, item: ContentItem, chain: list[Remark]) -> None:
        """Note what a group says of the series that it names, and a library of its study."""
        named = [each for each in self._remarks(item) if each.row["element"] == "uid"]
        uid = said(named[0].item) if named else None
        for each in chain:
            if each.row["level"] == SERIES and isinstance(uid, str):
                self.series.setdefault(uid, Described()).add(each)
        for each in self._remarks(item):
            # What a library, of several series, says of a series is true of its study: its modality.
            if not named and (each.row["level"] == STUDY or each.row["element"] == "modality"):
                self.studies.setdefault("", Described()).add(each)

    def _entry(self, item: ContentItem, uid: str, chain: list[Remark]) -> None:
        """Note what an entry says of itself, and of its series and study if the evidence knows them."""
        study, series = self._series_of.get(uid, (None, None))
        for each in (*self._before(item), *chain):
            level = each.row["level"]
            if each.row["element"] == "laterality":
                self.sides.setdefault(uid, each.item)
            if level == INSTANCE:
                self.instances.setdefault(uid, Described()).add(each, uid)
            elif level == SERIES and series:
                self.entries.setdefault(series, Described()).add(each, uid)
            elif level == STUDY and study:
                self.studies.setdefault(study, Described()).add(each, uid)

    def _before(self, item: ContentItem) -> list[Remark]:
        """Return what stands just before an entry and is about an instance: writers put the number there, too."""
        parent = self._reading.items[self._reading.parents[self._reading.numbers[id(item)]]]
        number = item.position[-1] - 2
        before = parent.children[number] if 0 <= number < len(parent.children) else None
        if not isinstance(before, ContentItem):
            return []
        row = for_code("library", self._reading.keys.iri(before.concept_name))
        return [Remark(before, row)] if row is not None and row["level"] == INSTANCE and said(before) else []


def said(item: ContentItem) -> object:
    """Return what an item says, to be compared: a code, a text, a number; None where it says nothing."""
    value = item.value
    if isinstance(value, Code):
        return value.concept
    if isinstance(value, MeasuredValue):
        return value.numeric_value[0].strip() if len(value.numeric_value) == 1 else None
    if isinstance(value, Time):
        return value.time
    return text_of(item)


def integer(item: ContentItem) -> int | None:
    """Return a number as FHIR counts: not negative, and no fraction."""
    text = said(item)
    digits = text.strip() if isinstance(text, str) else ""
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= LONGEST_NUMBER else None
