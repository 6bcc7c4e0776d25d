"""Items that a template has no place for, or another one (PS3.16 6.1, 6.2)."""

from __future__ import annotations

from sr2graph.dicom.tree import RELATIONSHIPS
from sr2graph.templates.catalogue import templates
from sr2graph.templates.checking.findings import Findings
from sr2graph.templates.checking.tree import Tree
from sr2graph.templates.checking.wording import row_text
from sr2graph.templates.expansion import ExpandedRow
from sr2graph.templates.matching import Matching, Misplaced
from sr2graph.templates.places import Fit
from sr2graph.templates.replaced import is_in


def check_placement(matching: Matching, tree: Tree, findings: Findings) -> None:
    """Note misfits, what extends a template that may not be extended, and how much extends others."""
    for misplaced in matching.misfits:
        _misfit(misplaced, findings)
    extensions: list[int] = []
    begun = {start.position for start in matching.starts}
    for index, row in enumerate(tree.rows):
        above = tree.rows[tree.parents[index]] if tree.parents[index] >= 0 else None
        # A template that begins where nothing was expected is none of the rows above it either.
        if above is None or (row is not None and tree.items[index].position not in begun):
            continue
        if _is_extensible(above):
            extensions.append(index)
            continue
        standard = f"PS3.16: TID {above.tid} is not extensible"
        found = "an item that is none of the rows below this one"
        position = tree.items[index].position
        findings.add(position, "not-in-template", standard, found, above.row, within=position[:-1])
    if extensions:
        found = f"{len(extensions)} item{'s' * (len(extensions) > 1)}, the first here"
        standard = "PS3.16 6.2.4: an extensible template may hold items that are none of its rows; not checked"
        findings.add(tree.items[extensions[0]].position, "extension", standard, found)
    _concepts(tree, findings)


def _is_extensible(row: ExpandedRow) -> bool:
    """Whether a template that has rows below that one may be extended."""
    return any(templates()[tid].extensible for tid in (row.tid, *(each.row.tid for each in row.invocations)))


def _misfit(misplaced: Misplaced, findings: Findings) -> None:
    item, row = misplaced.item, misplaced.row
    if misplaced.why is Fit.RELATIONSHIP:
        if item.relationship not in RELATIONSHIPS:
            return  # told by reading
        rule, found = "row-relationship", f"{item.relationship or 'no relationship'}"
    else:
        rule, found = "row-value-type", f"{item.value_type or 'no value type'}"
    findings.add(item.position, rule, f"PS3.16: {row_text(row)}", found, row.row)


def _concepts(tree: Tree, findings: Findings) -> None:
    """Note concept names that extend a context group, and items by value at rows that are by reference."""
    told = set[tuple[int, str | None]]()
    for item, row in zip(tree.items, tree.rows, strict=True):
        if row is None:
            continue
        if row.row.by_reference:
            findings.add(item.position, "row-by-reference", f"PS3.16: {row_text(row)}", "by value", row.row)
        if not row.concept.is_constrained:
            continue
        iri = tree.keys.iri(item.concept_name)
        key = id(row.row), iri
        if iri is None or key in told or is_in(iri, row.concept):
            continue
        told.add(key)
        standard = f"PS3.16: {row_text(row)}; the group may be extended"
        findings.add(item.position, "concept-extension", standard, "another concept", row.row)
