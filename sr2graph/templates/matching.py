"""Template rows for content items: which row of PS3.16 each item of a report stands for.

The tree is walked once from the root.  Where a template begins is told in `starts`; from there each item takes one
of the rows below the row of its parent, by the rules in `places`.  Where several fit, what the item declares, its
value, and what lies below it decide, then how often each may occur, then the order of the template.  By-reference
relationships are matched afterwards and never followed, so cycles are harmless.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from operator import attrgetter

from sr2graph.dicom.content import ByReference, ContentItem, Position
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import Code
from sr2graph.templates.catalogue import templates
from sr2graph.templates.code_keys import CodeKeys
from sr2graph.templates.conditions import Mode
from sr2graph.templates.expansion import ExpandedRow
from sr2graph.templates.likeness import CONTRADICTION, SHARE, Likeness
from sr2graph.templates.places import NOWHERE, Fit, Found, Places, below
from sr2graph.templates.starts import How, Refusal, Start, declared, refused, root_start, start

__all__ = ["Matching", "Misplaced", "Refusal", "Start", "matched"]


@dataclass(frozen=True, slots=True)
class Misplaced:
    """An item whose concept is that of a row, but whose relationship or value type is not."""

    item: ContentItem
    row: ExpandedRow
    why: Fit
    """RELATIONSHIP or VALUE_TYPE."""


@dataclass(frozen=True, slots=True)
class Matching:
    """The rows that the items of a report stand for."""

    items: tuple[ContentItem, ...]
    """In document order."""
    rows: tuple[ExpandedRow | None, ...]
    """The row of each item; None where nothing fits."""
    starts: tuple[Start, ...]
    """The templates that were begun, in document order."""
    keys: CodeKeys
    iris: tuple[str | None, ...]
    """The canonical IRI of the concept name of each item."""
    ends: Mapping[int, int]
    """Of items that have children: place of the item ↔ place of the first item that is no longer below it."""
    by_references: tuple[tuple[ContentItem, ByReference, ExpandedRow | None], ...] = ()
    """Source item, relationship, and the row below that of the source."""
    misfits: tuple[Misplaced, ...] = ()
    """Of `rows`: those that the item does not quite fit."""
    refusals: tuple[Refusal, ...] = ()
    """Declared templates that were not followed."""

    def unplaced(self) -> tuple[ContentItem, ...]:
        """Return the items that stand for no row."""
        return tuple(item for item, row in zip(self.items, self.rows, strict=True) if row is None)

    def row_at(self, position: Position) -> ExpandedRow | None:
        """Return the row of the item at a position; None too where there is no such item."""
        index = self.index(position)
        return self.rows[index] if index is not None else None

    def index(self, position: Position) -> int | None:
        """Return the place of a position among the items: document order is the order of positions."""
        index = bisect_left(self.items, position, key=attrgetter("position"))
        return index if index < len(self.items) and self.items[index].position == position else None


def matched(report: Report) -> Matching:
    """Return the rows that the items of a report stand for."""
    return _Matcher(report).matching()


_Placed = tuple[ContentItem, ExpandedRow | None, str | None]
"""An item, its row, and the canonical IRI of its concept name."""


class _Matcher:
    """Matches one report."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._keys = CodeKeys(report)
        self._likeness = Likeness(self._keys)
        self._title = self._keys.iri(report.root.concept_name) if report.root is not None else None
        self._items: list[ContentItem] = []
        self._rows: list[ExpandedRow | None] = []
        self._iris: list[str | None] = []
        self._ends: dict[int, int] = {}
        self._starts: list[Start] = []
        self._references: list[tuple[ContentItem, ExpandedRow | None, ByReference]] = []
        self._named: dict[tuple[int, ExpandedRow], frozenset[str | None]] = {}
        """By identity of the items: the report keeps them."""
        self._misfits: list[Misplaced] = []
        self._refusals: list[Refusal] = []

    def matching(self) -> Matching:
        if self._report.root is not None:
            self._walk(self._report.root)
        items, rows, iris = tuple(self._items), tuple(self._rows), tuple(self._iris)
        found = Matching(items, rows, tuple(self._starts), self._keys, iris, self._ends)
        return replace(
            found,
            by_references=tuple(self._by_references(found)),
            misfits=tuple(self._misfits),
            refusals=tuple(self._refusals),
        )

    def _walk(self, root: ContentItem) -> None:
        """Note the items in document order; what is on the stack is still to be walked, for no tree is too deep."""
        self._note_refusal(root)
        begun = root_start(root, self._report.document.sop_class_uid, self._keys, self._likeness)
        items, rows, iris = self._items, self._rows, self._iris
        stack: list[tuple[int, Iterator[_Placed], ContentItem | None]] = []
        siblings: Iterator[_Placed] = iter(((root, self._begun(begun), self._title),))
        parent: ContentItem | None = None
        while True:
            for item, row, iri in siblings:
                items.append(item)
                rows.append(row)
                iris.append(iri)
                if item.children:
                    stack.append((len(items) - 1, siblings, parent))
                    siblings, parent = self._placed(item, row, parent), item
                    break
            else:
                if not stack:
                    return
                number, siblings, parent = stack.pop()
                self._ends[number] = len(items)

    def _begun(self, begun: tuple[Start, ExpandedRow] | None) -> ExpandedRow | None:
        if begun is None:
            return None
        self._starts.append(begun[0])
        return begun[1]

    def _placed(self, item: ContentItem, row: ExpandedRow | None, parent: ContentItem | None) -> Iterator[_Placed]:
        """Return the children of an item, each with its row and the IRI of its concept."""
        places = below(row) if row is not None else NOWHERE
        known, iri_of = places.known, self._keys.iri
        self._likeness.allowance += SHARE * len(item.children)
        taken: Counter[ExpandedRow] | None = None
        children: list[ContentItem] = []
        rows: list[ExpandedRow | None] = []
        iris: list[str | None] = []
        for child in item.children:
            if isinstance(child, ByReference):
                self._references.append((item, row, child))
                continue
            iri = iri_of(child.concept_name)
            key = child.relationship, child.value_type, iri
            found = known.get(key) or places.find(key)
            children.append(child)
            iris.append(iri)
            if found.is_sure and child.template is None:
                rows.append(found.rows[0])
                continue
            taken = Counter() if taken is None else taken
            rows.append(self._decided(child, found, places, taken, (item, parent)))
        return zip(children, rows, iris, strict=True)

    def _decided(
        self,
        item: ContentItem,
        found: Found,
        places: Places,
        taken: Counter[ExpandedRow],
        above: tuple[ContentItem, ContentItem | None],
    ) -> ExpandedRow | None:
        if item.template is not None:
            self._note_refusal(item)
        rows = found.rows or tuple(self._by_value_of(item, places, above))
        row = self._chosen(item, rows, taken) if rows else None
        if row is None or (item.value_type == "CONTAINER" and found.fit in (Fit.FREE, Fit.EXTENSION)):
            begun = start(item, self._keys, self._likeness)
            if row is None or (begun is not None and self._is_better(item, begun, row)):
                return self._begun(begun)
        taken[row] += 1
        if found.fit.is_misfit:
            self._misfits.append(Misplaced(item, row, found.fit))
        return row

    def _is_better(self, item: ContentItem, begun: tuple[Start, ExpandedRow], row: ExpandedRow) -> bool:
        """Whether an item is rather the top of a template than a row that says nothing of its concept."""
        where, top = begun
        return where.how is How.DECLARED or self._likeness.of(item, top) > self._likeness.of(item, row)

    def _chosen(
        self, item: ContentItem, rows: tuple[ExpandedRow, ...], taken: Counter[ExpandedRow]
    ) -> ExpandedRow | None:
        """Return the row that an item is most like, of those that it fits.

        None when it contradicts some of several and nothing speaks for the others: the section of an unknown organ.
        """
        tid = declared(item)
        if tid is not None:
            rows = tuple(row for row in rows if row.tid == tid) or rows
        if len(rows) == 1:
            return rows[0]
        scores = [self._likeness.of(item, row) for row in rows]
        best = max(scores)
        if best <= 0 and min(scores) < CONTRADICTION // 2:
            return None
        equal = [row for row, score in zip(rows, scores, strict=True) if score == best]
        equal = [row for row in equal if not self._is_ruled_out(row)] or equal
        free = (row for row in equal if row.vm.most is None or taken[row] < row.vm.most)
        return next(free, equal[0])

    def _is_ruled_out(self, row: ExpandedRow) -> bool:
        """Whether the row is only for documents of another title: TID 11004 rows 22 and 23."""
        conditions = (each.condition for each in (*row.includes, row.row))
        said = (each.expression for each in conditions if each is not None and each.mode in (Mode.IFF, Mode.ONLY_IF))
        titles = (each.codes for each in said if each is not None and each.op == "root_concept_in")
        return any(self._title not in {code.iri for code in codes} for codes in titles)

    def _by_value_of(
        self, item: ContentItem, places: Places, above: tuple[ContentItem, ContentItem | None]
    ) -> Iterator[ExpandedRow]:
        """Yield the rows whose concept is the value of another row, found beside the item or beside its parent."""
        iri = self._keys.iri(item.concept_name)
        for row in places.named_by_values if iri is not None else ():
            agrees = row.relationship in (None, item.relationship) and item.value_type in row.row.value_types
            if agrees and any(iri in self._values(row, each) for each in above if each is not None):
                yield row

    def _values(self, row: ExpandedRow, parent: ContentItem) -> frozenset[str | None]:
        """Return the codes below an item that are values of the row which another row takes its concept from."""
        known = self._named.get((id(parent), row))
        if known is None:
            said = templates()[row.tid].row(row.concept.value_of_row or "")
            concepts: frozenset[str | None] = frozenset(said.concept.iris() if said is not None else ())
            known = self._named[id(parent), row] = frozenset(
                self._keys.iri(child.value.concept)
                for child in parent.children
                if isinstance(child, ContentItem)
                and isinstance(child.value, Code)
                and self._keys.iri(child.concept_name) in concepts
            )
        return known

    def _note_refusal(self, item: ContentItem) -> None:
        refusal = refused(item, self._keys)
        if refusal is not None:
            self._refusals.append(refusal)

    def _by_references(self, found: Matching) -> Iterator[tuple[ContentItem, ByReference, ExpandedRow | None]]:
        for source, row, reference in self._references:
            target = found.index(reference.target)
            if row is None or target is None:
                yield source, reference, None
                continue
            item = found.items[target]
            key = reference.relationship, item.value_type, self._keys.iri(item.concept_name)
            fits = below(row).find_referred(key)
            yield source, reference, fits.rows[0] if fits.rows and not fits.fit.is_misfit else None
