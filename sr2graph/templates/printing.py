"""Templates and context groups as lines that people read in a terminal.

row      VM   req  content
1411 1   1    M    CONTAINER (125007, DCM, "Measurement Group")
1411 2   1    U      HAS OBS CONTEXT TEXT (112039, DCM, "Tracking Identifier")
"""

from __future__ import annotations

from collections.abc import Iterator

from sr2graph.dicom.show import Line, Span, folded
from sr2graph.templates.catalogue import Row, Template, templates
from sr2graph.templates.conditions import Mode
from sr2graph.templates.expansion import ExpandedRow, roots
from sr2graph.templates.search import named
from sr2graph.templates.value_sets import ContextGroup, ValueSet, context_group, member_units

STEP = 2
COLUMNS = ("row", "VM", "req", "content")
GAP = 2


# ---------------------------------------------------------------- templates


def template_lines(
    template: Template, *, depth: int | None = None, flat: bool = False, width: int = 0
) -> Iterator[Line]:
    """Yield the lines of a template, folded to `width` columns (0: not folded).

    Includes are replaced by the rows they stand for, down to `depth` levels of content items; a row that stands above
    itself is named and not opened again.  `flat` shows the table as printed.
    """
    yield from _folded(_head(template), width, len("parameters  "))
    yield []
    rows = list(_printed(template) if flat else _expanded(template, depth))
    widths = [max(len(cells[i]) for cells in ((*COLUMNS[:3],), *(row[0] for row in rows))) + GAP for i in range(3)]
    yield _columns(COLUMNS[:3], widths, [Span("label", COLUMNS[3])], "label")
    for cells, level, content in rows:
        line = _columns(cells, widths, [Span("", " " * (STEP * level)), *content], "position")
        yield from folded(line, width, sum(widths) + STEP * (level + 1))


Printed = tuple[tuple[str, str, str], int, Line]
"""Row, VM and requirement; level; content."""


def _head(template: Template) -> Iterator[Line]:
    yield [Span("label", f"TID {template.tid}  "), Span("name", template.name)]
    traits = [
        "extensible" if template.extensible else "not extensible",
        "order significant" if template.order_significant else "order not significant",
        *(["root"] if template.root else []),
    ]
    yield [Span("label", "type        "), Span("", ", ".join(traits))]
    if template.parameters:
        yield [Span("label", "parameters  "), Span("", " ".join(template.parameters))]
    yield [Span("label", "source      "), Span("", template.source)]


def _folded(lines: Iterator[Line], width: int, indent: int) -> Iterator[Line]:
    for line in lines:
        yield from folded(line, width, indent)


def _columns(cells: tuple[str, ...], widths: list[int], content: Line, part: str) -> Line:
    return [*(Span(part, f"{cell:{width}}") for cell, width in zip(cells, widths, strict=True)), *content]


def _printed(template: Template) -> Iterator[Printed]:
    """Yield the rows as the table prints them."""
    for row in template.rows:
        content: Line = []
        if row.include is None:
            content = list(_item(row, row.relationship, row.concept, row.values, row.units))
        else:
            bound = "; ".join(f"{name} = {described(value)}" for name, value in row.parameters.items())
            content = [
                *_relationship(row, row.relationship),
                Span("type", f"INCLUDE {row.include_binding or 'DTID'} {row.include} "),
                Span("name", templates()[row.include].name),
                *_notes([_condition(row), bound]),
            ]
        yield (f"{row.tid} {row.row}", str(row.vm), row.requirement), row.nest, content


def _expanded(template: Template, depth: int | None) -> Iterator[Printed]:
    stack = [(row, 0, frozenset[ExpandedRow]()) for row in reversed(roots(template.tid))]
    while stack:
        row, level, above = stack.pop()
        cells = f"{row.tid} {row.row.row}", str(row.vm), row.requirement.value
        content = list(_item(row.row, row.relationship, row.concept, row.values, row.units))
        if row in above:
            yield cells, level, [*content, Span("note", " ↑ again, as above")]
            continue
        below = row.children
        if depth is not None and level + 1 >= depth and below:
            yield cells, level, [*content, Span("note", f" … {len(below)} more below, see --depth")]
            continue
        yield cells, level, content
        stack += [(child, level + 1, above | {row}) for child in reversed(below)]


def _item(row: Row, relationship: str | None, concept: ValueSet, values: ValueSet, units: ValueSet) -> Iterator[Span]:
    yield from _relationship(row, relationship)
    yield Span("type", " ".join(row.value_types))
    name = described(concept) or described(row.concept)
    if name:
        yield Span("name", f" {name}")
    value = described(values) or described(row.values)
    if value:
        yield Span("value", f" = {value}")
    unit = described(units) or described(row.units)
    yield from _notes(
        [
            f"units {unit}" if unit else "",
            f"number {row.number}" if row.number else "",
            f"graphic type {' '.join(row.graphic_types)}" if row.graphic_types else "",
            f"graphic type not {' '.join(row.graphic_types_excluded)}" if row.graphic_types_excluded else "",
            f"default {described(row.default)}" if described(row.default) else "",
            f"table {row.table}" if row.table else "",
            _condition(row),
        ]
    )


def _condition(row: Row) -> str:
    if row.condition is None:
        return ""
    return "conditional, see the standard" if row.condition.mode is Mode.WORDS else str(row.condition)


def _relationship(row: Row, relationship: str | None) -> Iterator[Span]:
    if relationship is not None:
        yield Span("relationship", f"{'R-' if row.by_reference else ''}{relationship} ")


def _notes(notes: list[str]) -> Iterator[Span]:
    said = "; ".join(filter(None, notes))
    if said:
        yield Span("note", f" [{said}]")


def described(said: ValueSet) -> str:
    """Return a set of codes in the words of PS3.16; empty where it says nothing."""
    parts = [f"{'DT ' if code.binding.may_be_replaced else ''}{code}" for code in said.codes]
    parts += map(named, said.groups)
    parts += [said.parameter] if said.parameter is not None else []
    parts += [f"value of row {said.value_of_row}"] if said.value_of_row is not None else []
    return " or ".join(parts)


# ---------------------------------------------------------------- context groups


def group_lines(group: ContextGroup, *, width: int = 0) -> Iterator[Line]:
    """Yield the lines of a context group: what it is, then its members, those of included groups under their own."""
    yield from _folded(_group_head(group), width, len("includes    "))
    for each in _with_included(group):
        yield []
        if each.cid != group.cid:
            yield [Span("label", f"CID {each.cid}  "), Span("name", each.name)]
        yield from _folded(_members(each), width, 2 * STEP)


def _group_head(group: ContextGroup) -> Iterator[Line]:
    yield [Span("label", f"CID {group.cid}  "), Span("name", group.name)]
    traits = ["extensible" if group.extensible else "not extensible", *(["retired"] if group.retired else [])]
    yield [Span("label", "type        "), Span("", ", ".join(traits))]
    if group.keyword:
        yield [Span("label", "keyword     "), Span("", group.keyword)]
    yield [Span("label", "UID         "), Span("", group.uid)]
    if group.includes:
        yield [Span("label", "includes    "), Span("", " ".join(f"CID {cid}" for cid in group.includes))]
    yield [Span("label", "source      "), Span("", group.source)]


def _members(group: ContextGroup) -> Iterator[Line]:
    units = member_units()
    for code in group.own_codes():
        unit = units.get((group.cid, code.iri))
        yield [Span("", " " * STEP), Span("value", str(code)), *_notes([f"units {unit}" if unit else ""])]
    if group.whole_scheme:
        yield [Span("", " " * STEP), Span("note", f"all codes of {group.whole_scheme}")]


def _with_included(group: ContextGroup) -> Iterator[ContextGroup]:
    """Yield a group and those in it, each once, in the order of its includes."""
    seen: set[str] = set()
    stack = [group.cid]
    while stack:
        cid = stack.pop()
        if cid not in seen:
            seen.add(cid)
            yield context_group(cid)
            stack += reversed(context_group(cid).includes)
