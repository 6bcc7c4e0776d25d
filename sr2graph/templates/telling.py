"""Observations as lines that people read: the item, what its group and its context say of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import Any

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ContentItem, position_text
from sr2graph.dicom.printable import printable
from sr2graph.dicom.value_text import concept_text, value_text
from sr2graph.templates.context import Context, Observer, ProcedureContext, Subject
from sr2graph.templates.observed import Observation
from sr2graph.templates.properties import Properties


def told(observed: Iterable[Observation]) -> Iterator[str]:
    """Yield the lines of observations: the item, and indented below it what else is said."""
    for each in observed:
        yield printable(_heading(each.item))
        for name, text in _said(each):
            yield f"    {name}: {printable(text)}"


def _heading(item: ContentItem) -> str:
    name = concept_text(item.concept_name) if item.concept_name is not None else ""
    value = f"= {value_text(item.value)}" if item.value is not None else ""
    return " ".join(filter(None, (position_text(item.position), item.value_type, name, value)))


def _said(each: Observation) -> Iterator[tuple[str, str]]:
    if each.row is not None:
        yield "template", each.row.row.name
    if each.role is not None:
        yield "role", each.role
    for part in (each.properties, each.context):
        for name, value in _filled(part):
            yield name.replace("_", " "), ", ".join(_text(one) for one in value)


def _filled(
    part: Properties | Context | Observer | Subject | ProcedureContext,
) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield the fields of a part that say something, always as several values."""
    names = part._fields if isinstance(part, tuple) else tuple(field.name for field in fields(part))
    for name in names:
        value = getattr(part, name)
        if value not in (None, ()):
            yield name, value if isinstance(value, tuple) else (value,)


def _text(value: object) -> str:
    if isinstance(value, CodedConcept):
        return concept_text(value)
    if isinstance(value, ContentItem):
        return position_text(value.position)
    if isinstance(value, Observer | Subject | ProcedureContext):
        said = (f"{name} {', '.join(_text(one) for one in some)}" for name, some in _filled(value))
        return f"({'; '.join(said)})"
    return str(value)
