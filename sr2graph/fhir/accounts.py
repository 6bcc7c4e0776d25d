"""The account of a projection: what each content item of the report became, or why it did not.

Every item has one line: mapped to an element, in the narrative, or listed as left out.
"""

from __future__ import annotations

import csv
import io
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum

from sr2graph.dicom.content import ContentItem, Position, position_text
from sr2graph.fhir.json_text import Json
from sr2graph.fhir.tables import keyed


class How(StrEnum):
    """What became of an item."""

    MAPPED = "mapped"
    NARRATIVE = "narrative"
    """Only the narrative of the DiagnosticReport has it."""
    LISTED = "listed"
    """Nothing has it, and the reason says why."""
    NOTE = "note"
    """Not about an item alone: a profile that is not claimed, an element that is not filled."""


@dataclass(frozen=True, slots=True)
class Loss:
    """One line of the account; it never has a value of the report."""

    position: str
    value_type: str
    code: str
    """Concept name of the item, as the report wrote its code."""
    how: How
    target: str = ""
    """Element of which resource."""
    reason: str = ""
    """What is not there, and why."""


NO_ELEMENT = "no element for it"
ORDINAL_AFTER_ALL = (2**32,)


class Account:
    """Gathers what becomes of the items of one report."""

    def __init__(self) -> None:
        self._mapped: dict[int, tuple[str, str]] = {}
        self._reasons: dict[int, str] = {}
        self._said: dict[tuple[str, object], tuple[str, list[Position]]] = {}
        self._notes: dict[tuple[str, str], Loss] = {}
        self._sources: dict[str, dict[Position, None]] = {}

    def mapped(self, item: ContentItem, target: str, reason: str = "") -> None:
        """Note that an item is in an element; what is noted first stays."""
        self._mapped.setdefault(id(item), (target, reason))
        if "/" in target:
            self.made(target, item)

    def made(self, target: str, item: ContentItem) -> None:
        """Note that a resource, `Observation/<id>`, was made of an item, and maybe of others."""
        self._sources.setdefault(target, {})[item.position] = None

    def derived(self, resource: Json | None, *items: ContentItem) -> None:
        """Note the items that a resource was made of; None is a resource that is elsewhere."""
        if resource is not None:
            for item in items:
                self.made(f"{resource['resourceType']}/{resource['id']}", item)

    @property
    def sources(self) -> Mapping[str, Collection[Position]]:
        """The positions of the items that each resource was made of."""
        return self._sources

    def is_mapped(self, item: ContentItem) -> bool:
        """Tell whether an item is in an element."""
        return id(item) in self._mapped

    def refused(self, item: ContentItem, reason: str) -> None:
        """Note why an item is in no element."""
        self._reasons.setdefault(id(item), reason)

    def said(self, role: str, value: object, position: Position, target: str | None = None) -> None:
        """Note that a resource made of the item at a position has a value in an element, by default that of roles.csv.

        None is no value.
        """
        if value is not None:
            self.sayers(role, value, target).append(position)

    def sayers(self, role: str, value: object, target: str | None = None) -> list[Position]:
        """Return the positions that `said` notes for a value, to add to."""
        noted = self._said.get((role, value))
        if noted is None:
            noted = self._said[role, value] = (target or keyed("roles", "role")[role]["element"], [])
        return noted[1]

    def say(self, item: ContentItem, role: str, value: object, above: int = 1) -> bool:
        """Map an item to what was noted of its value by something at, below or beside what it says it of.

        That is its parent, or so many levels above it; what was noted of no position is true of the whole report.
        """
        target, positions = self._said.get((role, value), ("", []))
        around = item.position[:-above]
        place = bisect_left(positions, around)
        within = place < len(positions) and positions[place] < (*around, *ORDINAL_AFTER_ALL)
        if within or () in positions[:1]:
            self.mapped(item, target)
            return True
        return False

    def note(self, target: str, reason: str, item: ContentItem | None = None) -> None:
        """Note something once, with the first item it is about."""
        if (target, reason) not in self._notes:
            self._notes[target, reason] = _line(item, How.NOTE, target, reason)

    def sort(self) -> None:
        """Put positions in order, so that they can be searched."""
        for _, positions in self._said.values():
            positions.sort()

    def left_out(self, items: Iterable[ContentItem]) -> int:
        """Return how many items are in no element."""
        return sum(id(item) not in self._mapped for item in items)

    def lines(
        self, items: Iterable[ContentItem], narrated: int, why: Callable[[int], str] = lambda _: NO_ELEMENT
    ) -> tuple[Loss, ...]:
        """Return the account; the narrative has as many items as said, in document order.

        `why` tells for the number of an item why it is in no element, where that was not noted.
        """
        found = [self._of(number, item, narrated, why) for number, item in enumerate(items)]
        return (*found, *self._notes.values())

    def _of(self, number: int, item: ContentItem, narrated: int, why: Callable[[int], str]) -> Loss:
        target, reason = self._mapped.get(id(item), ("", ""))
        if target:
            return _line(item, How.MAPPED, target, reason)
        reason = self._reasons.get(id(item)) or why(number)
        if number < narrated:
            return _line(item, How.NARRATIVE, "DiagnosticReport.text", reason)
        return _line(item, How.LISTED, "", f"{reason}; the narrative is full")


def _line(item: ContentItem | None, how: How, target: str, reason: str) -> Loss:
    if item is None:
        return Loss("", "", "", how, target, reason)
    name = item.concept_name
    code = f"{name.scheme or ''}:{name.code or ''}" if name is not None else ""
    return Loss(position_text(item.position), item.value_type or "", code, how, target, reason)


def losses_csv(losses: Iterable[Loss]) -> str:
    """Return the account as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = [each.name for each in fields(Loss)]
    writer.writerow(names)
    writer.writerows([inert(str(getattr(loss, name))) for name in names] for loss in losses)
    return text.getvalue()


def inert(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: codes come from the file."""
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell
