"""Templates, context groups and what was found of them as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sr2graph.templates.catalogue import Row, Template
from sr2graph.templates.expansion import ExpandedRow, roots
from sr2graph.templates.search import Hit
from sr2graph.templates.value_sets import Code, ContextGroup, ValueSet, context_group, member_units

Json = dict[str, Any]


def template_json(template: Template, *, depth: int | None = None, flat: bool = False) -> Json:
    """Return a template with its rows: as a tree with includes replaced, or `flat` as printed."""
    rows = (
        [_printed(row) for row in template.rows]
        if flat
        else [_expanded(row, depth, frozenset()) for row in roots(template.tid)]
    )
    return {
        "tid": template.tid,
        "name": template.name,
        "extensible": template.extensible,
        "orderSignificant": template.order_significant,
        "root": template.root,
        "parameters": list(template.parameters),
        "source": template.source,
        "rows": rows,
    }


def _printed(row: Row) -> Json:
    found = _row(row, row.relationship, row.concept, row.values, row.units)
    found["nest"] = row.nest
    found["vm"] = str(row.vm)
    found["requirement"] = row.requirement.value
    if row.include is not None:
        found["include"] = row.include
        found["bind"] = {name: _set(value) for name, value in row.parameters.items()}
    return _told(found)


def _expanded(row: ExpandedRow, depth: int | None, above: frozenset[ExpandedRow]) -> Json:
    found = _row(row.row, row.relationship, row.concept, row.values, row.units)
    found["vm"] = str(row.vm)
    found["requirement"] = row.requirement.value
    found["includes"] = [f"TID {each.tid} row {each.row}" for each in row.includes]
    if row in above:
        found["again"] = True
    elif depth is None or len(above) + 1 < depth:
        found["rows"] = [_expanded(child, depth, above | {row}) for child in row.children]
    else:
        found["more"] = len(row.children)
    return _told(found)


def _row(row: Row, relationship: str | None, concept: ValueSet, values: ValueSet, units: ValueSet) -> Json:
    return {
        "tid": row.tid,
        "row": row.row,
        "relationship": relationship,
        "byReference": row.by_reference,
        "valueTypes": list(row.value_types),
        "concept": _set(concept) or _set(row.concept),
        "values": _set(values) or _set(row.values),
        "units": _set(units) or _set(row.units),
        "condition": str(row.condition) if row.condition is not None else None,
        "graphicTypes": list(row.graphic_types),
        "graphicTypesExcluded": list(row.graphic_types_excluded),
        "number": row.number,
        "default": _set(row.default),
        "table": row.table,
    }


def _set(said: ValueSet) -> Json:
    return _told(
        {
            "codes": [{**_code(code), "bind": code.binding.value} for code in said.codes],
            "groups": [{"cid": each.cid, "bind": each.binding.value} for each in said.groups],
            "parameter": said.parameter,
            "valueOfRow": said.value_of_row,
        }
    )


def _code(code: Code) -> Json:
    return {"scheme": code.scheme, "code": code.value, "meaning": code.meaning}


def group_json(group: ContextGroup) -> Json:
    """Return a context group with its members; included groups are nested, each once."""
    return _group(group, {group.cid})


def _group(group: ContextGroup, seen: set[str]) -> Json:
    units = member_units()
    members = [_told({**_code(code), "unit": units.get((group.cid, code.iri))}) for code in group.own_codes()]
    inner = [cid for cid in group.includes if not (cid in seen or seen.add(cid))]  # type: ignore[func-returns-value]
    return {
        "cid": group.cid,
        "name": group.name,
        "keyword": group.keyword,
        "uid": group.uid,
        "extensible": group.extensible,
        "retired": group.retired,
        "wholeScheme": group.whole_scheme,
        "source": group.source,
        "members": members,
        "includes": [_group(context_group(cid), seen) for cid in inner],
    }


def hits_json(hits: Iterable[Hit]) -> list[Json]:
    """Return what was found."""
    return [{"kind": hit.kind.value, "number": hit.number, "text": hit.text} for hit in hits]


def _told(found: Json) -> Json:
    """Return it without what says nothing."""
    return {name: value for name, value in found.items() if value not in (None, "", [], {}, False)}
