"""What became of the items that no resource was made of: told once somebody asks, for most who make a bundle do not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload

from sr2graph.dicom.content import ContentItem
from sr2graph.dicom.values import Code
from sr2graph.fhir.accounts import NO_ELEMENT, Loss
from sr2graph.fhir.contexts import Makers
from sr2graph.fhir.narrative import MANY, is_cut
from sr2graph.fhir.pictures import NO_REGION
from sr2graph.fhir.reading import LIBRARY, is_selection
from sr2graph.fhir.selections import Instance
from sr2graph.fhir.tables import keyed
from sr2graph.templates.context import text_of
from sr2graph.templates.observations import NESTED


class Losses(Sequence[Loss]):
    """The account of a report: one line for each content item in document order, then notes.

    It is made when it is first looked at; until then it holds on to the report.
    """

    def __init__(self, makers: Makers, narrated: int) -> None:
        self._makers = makers
        self._narrated = narrated
        self._is_settled = False
        self._lines: tuple[Loss, ...] | None = None

    @property
    def items(self) -> int:
        """Content items of the report."""
        return len(self._makers.reading.items)

    @property
    def left_out(self) -> int:
        """... that no element has; cheaper than to count lines."""
        self._settle()
        return self._makers.account.left_out(self._makers.reading.items)

    def __len__(self) -> int:
        return len(self._all())

    @overload
    def __getitem__(self, index: int) -> Loss: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Loss, ...]: ...
    def __getitem__(self, index: int | slice) -> Loss | tuple[Loss, ...]:
        return self._all()[index]

    def __iter__(self) -> Iterator[Loss]:
        return iter(self._all())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Losses) and self._all() == other._all()

    __hash__ = None  # type: ignore[assignment] # as that of a list

    def _all(self) -> tuple[Loss, ...]:
        if self._lines is None:
            self._settle()
            account, items = self._makers.account, self._makers.reading.items
            self._lines = account.lines(items, self._narrated, self._why)
        return self._lines

    # ------------------------------------------------------------ items that no resource was made of

    def _settle(self) -> None:
        """Tell of every item that no resource was made of whether some element has what it says."""
        if self._is_settled:
            return
        self._is_settled = True
        account = self._makers.account
        account.sort()
        self._makers.studies.evidence.settle()
        for number, item in enumerate(self._makers.reading.items):
            if not account.is_mapped(item):
                role, (_, levels) = self._role(number), self._around(number)
                value = item.value.concept if isinstance(item.value, Code) else None
                # What names a thing may be a code where text is meant, as for an algorithm.
                told = (each for each in (value, text_of(item)) if each is not None)
                if role in keyed("roles", "role"):
                    any(account.say(item, role, each, levels) for each in told)

    def _role(self, number: int) -> str:
        role = self._makers.reading.roles[number]
        return f"{role.name}.{role.field}" if role.field else role.name

    def _around(self, number: int) -> tuple[ContentItem, int]:
        """Return what an item says something of, and how many levels above it that is."""
        reading = self._makers.reading
        parent, levels = reading.parents[number], 1
        while number and levels < 3 and reading.roles[parent].name in NESTED:
            parent, levels = reading.parents[parent], levels + 1
        return reading.items[parent], levels

    def _why(self, number: int) -> str:
        """Return why no element has an item."""
        cut = f"; the first {MANY} members" if is_cut(self._makers.reading.items[number]) else ""
        return self._reason(number) + cut

    def _reason(self, number: int) -> str:
        reading, flavour = self._makers.reading, self._makers.flavour
        item, (parent, _) = reading.items[number], self._around(number)
        above = reading.numbers[id(parent)]
        not_shown = reading.not_shown.get(number) or reading.not_shown.get(above)
        if not_shown is not None:
            return not_shown
        row = keyed("reasons", "role").get(LIBRARY if reading.in_library[number] else self._role(number))
        if is_selection(item) and not isinstance(item.value, Instance) and not flavour.selections:
            return NO_REGION
        if row is not None:
            return row["reason"]
        if parent is reading.items[0]:
            return "about the report as a whole, and DiagnosticReport has no element for it"
        if above not in reading.nodes or is_selection(parent):
            return "about an item that is no Observation"
        return NO_ELEMENT
