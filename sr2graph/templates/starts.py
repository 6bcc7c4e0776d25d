"""Where a template begins: at what declares one, at the root, and at known groups where nothing was expected.

A declaration is trusted when the template exists and its top row fits the item; else it is refused, which is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from sr2graph.dicom.content import ContentItem, Position
from sr2graph.resources import rows
from sr2graph.templates.catalogue import groups, templates
from sr2graph.templates.code_keys import CodeKeys
from sr2graph.templates.expansion import ExpandedRow, roots
from sr2graph.templates.likeness import Likeness
from sr2graph.templates.places import is_open
from sr2graph.templates.replaced import is_in, successors

PRINTED_NO_ROOT = ("3202", "3213", "5100")
"""Used as roots, though their tables print that they are none."""

MAPPING_RESOURCE = "DCMR"
MAPPING_RESOURCE_UID = "1.2.840.10008.8.1.1"
"""The DICOM Content Mapping Resource, PS3.16 itself."""

COMMON = 4
"""A concept that more templates begin with is a heading, not a name: Findings begins 40, Measurement Group 4."""


class How(StrEnum):
    """What a template was begun for."""

    DECLARED = "declared"
    """The item says so: Content Template Sequence (0040,A504)."""
    CONCEPT = "concept"
    """The concept of the root is that of its top row, and what lies below fits best."""
    SOP_CLASS = "SOP class"
    """The SOP class names the template, and its top row takes other concepts."""
    INCLUDED = "included"
    """A known group where nothing was expected."""


@dataclass(frozen=True, slots=True)
class Start:
    """Where a template was begun."""

    position: Position
    tid: str
    how: How


class Reason(StrEnum):
    """Why a declared template was not followed."""

    UNKNOWN = "unknown"
    """PS3.16 has no template of that number."""
    MISFIT = "misfit"
    """Its top row does not fit the item that declares it."""
    FOREIGN = "foreign"
    """Another mapping resource than PS3.16; no fault."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A declared template that was not followed."""

    item: ContentItem
    tid: str
    reason: Reason


def declared(item: ContentItem) -> str | None:
    """Return the TID that an item declares, without leading zeros."""
    said = item.template.identifier if item.template is not None else None
    return (said.strip(" \0").lstrip("0") or None) if said else None


def is_foreign(item: ContentItem) -> bool:
    """Whether the template that an item declares is one of another mapping resource; none said is PS3.16."""
    said = item.template
    if said is None:
        return False
    if said.mapping_resource:
        return said.mapping_resource.strip().upper() != MAPPING_RESOURCE
    return bool(said.mapping_resource_uid) and said.mapping_resource_uid != MAPPING_RESOURCE_UID


def top_row(tid: str, item: ContentItem, keys: CodeKeys) -> ExpandedRow | None:
    """Return the top row of a template that an item can be; by its concept rather than as an extension."""
    iri = keys.iri(item.concept_name)
    rows = [row for row in roots(tid) if item.value_type in row.row.value_types]
    named = (row for row in rows if is_in(iri, row.concept))
    open_ = (row for row in rows if not row.concept.is_constrained or (iri is not None and is_open(row.concept)))
    return next(named, None) or next(open_, None)


def refused(item: ContentItem, keys: CodeKeys) -> Refusal | None:
    """Return why the template that a container declares cannot be followed; None if it can, or if there is none.

    What other items declare says nothing: only a container can be the root of a template (PS3.3 Table C.18.8-1).
    """
    tid = declared(item) if item.value_type == "CONTAINER" else None
    if tid is None:
        return None
    if is_foreign(item):
        return Refusal(item, tid, Reason.FOREIGN)
    if tid not in templates():
        return Refusal(item, tid, Reason.UNKNOWN)
    return None if top_row(tid, item, keys) is not None else Refusal(item, tid, Reason.MISFIT)


def start(item: ContentItem, keys: CodeKeys, likeness: Likeness) -> tuple[Start, ExpandedRow] | None:
    """Return the template that begins at an item below the root, or at a root that is none of the root templates."""
    tid = declared(item)
    if tid is not None and item.value_type == "CONTAINER" and refused(item, keys) is None:
        row = top_row(tid, item, keys)
        return (Start(item.position, tid, How.DECLARED), row) if row is not None else None
    iri = keys.iri(item.concept_name)
    if item.value_type != "CONTAINER" or iri is None:
        return None
    known = iri if iri in _groups() else successors().get(iri, iri)
    best = _best(item, _group_rows(known) if known in _groups() else (), likeness)
    # A container alone proves nothing: something below it has to fit as well.
    if best is None or likeness.of(item, best) <= 0:
        return None
    return Start(item.position, best.tid, How.INCLUDED), best


def root_start(
    root: ContentItem, sop_class_uid: str | None, keys: CodeKeys, likeness: Likeness
) -> tuple[Start, ExpandedRow] | None:
    """Return the template of a document."""
    tid = declared(root)
    if tid is not None and refused(root, keys) is None:
        row = top_row(tid, root, keys)
        return (Start(root.position, tid, How.DECLARED), row) if row is not None else None
    named = named_roots().get(sop_class_uid or "", ())
    best = _best(root, _root_rows(root, named, keys), likeness)
    if best is not None:
        return Start(root.position, best.tid, How.CONCEPT), best
    best = _best(root, tuple(row for tid in named if (row := top_row(tid, root, keys)) is not None), likeness)
    if best is not None:
        return Start(root.position, best.tid, How.SOP_CLASS), best
    return start(root, keys, likeness)


def _best(item: ContentItem, rows: tuple[ExpandedRow, ...], likeness: Likeness) -> ExpandedRow | None:
    """Return the row that an item is most like; the first of those that are equally good."""
    if len(rows) < 2:
        return rows[0] if rows else None
    return max(rows, key=lambda row: likeness.of(item, row))


def _root_rows(root: ContentItem, named: tuple[str, ...], keys: CodeKeys) -> tuple[ExpandedRow, ...]:
    """Return the top rows of root templates that name the concept; those of the SOP class first."""
    iri = keys.iri(root.concept_name)
    found = (row for tid in dict.fromkeys((*named, *root_templates())) for row in roots(tid))
    return tuple(row for row in found if root.value_type in row.row.value_types and is_in(iri, row.concept))


@cache
def root_templates() -> tuple[str, ...]:
    """Return the TIDs that a document can be."""
    return tuple(tid for tid, template in templates().items() if template.root or tid in PRINTED_NO_ROOT)


@cache
def named_roots() -> Mapping[str, tuple[str, ...]]:
    """Return SOP Class UID ↔ the TIDs that PS3.3 A.35 names for its documents."""
    found: dict[str, tuple[str, ...]] = {}
    for line in rows("mappings/templates/root_templates.csv"):
        found[line["sop_class_uid"]] = (*found.get(line["sop_class_uid"], ()), line["tid"])
    return found


@cache
def _group_rows(iri: str) -> tuple[ExpandedRow, ...]:
    """Return the top rows that are containers of a concept."""
    rows = (row for tid in _groups().get(iri, ()) for row in roots(tid))
    return tuple(row for row in rows if not row.invocations and iri in {code.iri for code in row.concept.codes})


@cache
def _groups() -> Mapping[str, tuple[str, ...]]:
    """Return canonical IRI ↔ TIDs that a container of that concept begins, headings left out."""
    found: dict[str, tuple[str, ...]] = {}
    for tid, concept in groups():
        for code in concept.codes:
            found[code.iri] = (*found.get(code.iri, ()), tid)
    return {iri: tids for iri, tids in found.items() if len(tids) <= COMMON}
