"""Reports with one thing changed: the tree is rebuilt, numbered anew, and by-reference links follow their targets."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ByReference, ContentItem, Position
from sr2graph.dicom.report import Report
from sr2graph.samples import sample
from sr2graph.templates.checking import Finding, checked
from sr2graph.templates.matching import Matching, matched

Node = ContentItem | ByReference
Edit = Callable[[ContentItem], tuple[Node, ...]]
"""Given an item, what stands in its place: nothing, itself changed, or several."""


def edited(report: Report, position: Position, edit: Edit) -> Report:
    """The report with the item at a position replaced by what `edit` makes of it."""
    assert report.root is not None
    moved: dict[Position, Position] = {}
    (root,) = _rebuilt(report.root, position, edit)
    assert isinstance(root, ContentItem)
    numbered = _numbered(root, (1,), moved)
    return replace(report, root=_linked(numbered, moved))


def _rebuilt(item: Node, position: Position, edit: Edit) -> tuple[Node, ...]:
    if isinstance(item, ByReference) or position[: len(item.position)] != item.position:
        return (item,)
    if item.position == position:
        return edit(item)
    children = tuple(new for child in item.children for new in _rebuilt(child, position, edit))
    return (replace(item, children=children),)


def _numbered(item: ContentItem, position: Position, moved: dict[Position, Position]) -> ContentItem:
    moved.setdefault(item.position, position)
    children = tuple(
        _numbered(child, (*position, ordinal), moved)
        if isinstance(child, ContentItem)
        else replace(child, position=(*position, ordinal))
        for ordinal, child in enumerate(item.children, start=1)
    )
    return replace(item, position=position, children=children)


def _linked(item: ContentItem, moved: dict[Position, Position]) -> ContentItem:
    children = tuple(
        _linked(child, moved)
        if isinstance(child, ContentItem)
        else replace(child, target=moved.get(child.target, child.target))
        for child in item.children
    )
    return replace(item, children=children)


# ---------------------------------------------------------------- edits


def without(report: Report, position: Position) -> Report:
    return edited(report, position, lambda _: ())


def twice(report: Report, position: Position) -> Report:
    return edited(report, position, lambda item: (item, item))


def changed(report: Report, position: Position, **fields: object) -> Report:
    return edited(report, position, lambda item: (replace(item, **fields),))  # type: ignore[arg-type]


def valued(report: Report, position: Position, **fields: object) -> Report:
    """The item's value with other fields."""
    return edited(report, position, lambda item: (replace(item, value=replace(item.value, **fields)),))  # type: ignore[type-var]


def with_child(report: Report, position: Position, *nodes: Node) -> Report:
    """The item with more children, after the others."""
    return edited(report, position, lambda item: (replace(item, children=(*item.children, *nodes)),))


def link(relationship: str, target: Position) -> ByReference:
    return ByReference((0,), relationship, target)


# ---------------------------------------------------------------- finding places


@cache
def the_sample(kind: str) -> Report:
    return sample(kind)


@cache
def the_matching(kind: str) -> Matching:
    return matched(the_sample(kind))


def at_row(kind: str, name: str, nth: int = 0) -> Position:
    """Where the sample has an item of a row: `TID 10012 row 3`."""
    matching = the_matching(kind)
    found = [
        item.position
        for item, row in zip(matching.items, matching.rows, strict=True)
        if row is not None and row.row.name == name
    ]
    return found[nth]


# ---------------------------------------------------------------- what is found


def told(findings: list[Finding]) -> set[tuple[str, str, str]]:
    """(rule, position, row) of findings."""
    return {(finding.rule, finding.position, finding.row) for finding in findings}


_KNOWN: dict[int, tuple[Report, set[tuple[str, str, str]]]] = {}


def new(report: Report, before: Report) -> list[Finding]:
    """What is found in a report and was not in the one it was made from."""
    if id(before) not in _KNOWN:
        _KNOWN[id(before)] = before, told(checked(before))
    _, known = _KNOWN[id(before)]
    return [found for found in checked(report) if (found.rule, found.position, found.row) not in known]


def rules(findings: list[Finding]) -> set[str]:
    return {finding.rule for finding in findings}


def text(position: Position) -> str:
    return ".".join(map(str, position))


def sct(value: str, meaning: str) -> CodedConcept:
    return CodedConcept(value, "SCT", meaning)


def dcm(value: str, meaning: str) -> CodedConcept:
    return CodedConcept(value, "DCM", meaning)


def ucum(value: str) -> CodedConcept:
    return CodedConcept(value, "UCUM", value)
