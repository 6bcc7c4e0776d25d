"""The narrative: the content tree as XHTML, escaped, without anything active (FHIR Narrative, invariant txt-1)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from html import escape
from operator import attrgetter
from typing import Any

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ContentItem
from sr2graph.dicom.value_text import value_text
from sr2graph.dicom.values import Code, Text, UIDReference, ValueType
from sr2graph.fhir.json_text import Json
from sr2graph.fhir.texts import clean

MOST_ITEMS = 20_000
"""Items that a narrative has; the account lists the others."""

MOST_LEVELS = 30
"""Levels of lists; readers of XHTML have bounds of their own."""

MOST_CHARACTERS = 4_000_000
MANY = 4096
"""Members of a list, such as the points of an outline, that are written out."""

UNNAMED = "unnamed"
"""Of an item without name and value type: a narrative has some text (FHIR txt-2)."""

OPEN, CLOSE = '<div xmlns="http://www.w3.org/1999/xhtml">', "</div>"


def narrative(items: Sequence[ContentItem]) -> tuple[Json, int]:
    """Return a Narrative of items in document order, the first one above the others, and how many of them it has."""
    parts, size, level, count = [OPEN], 0, 0, 0
    top = len(items[0].position) if items else 0
    names: dict[int, str] = {}
    for item in items[:MOST_ITEMS]:
        depth = min(len(item.position) - top, MOST_LEVELS)
        concept = item.concept_name
        name = names.get(id(concept))
        if name is None or concept is None:
            name = names[id(concept)] = _name(item)
        step = f"{_step(level, depth)}{name}{_value(item)}"
        size += len(step)
        if size > MOST_CHARACTERS:
            break
        parts.append(step)
        level, count = depth + 1, count + 1
    if not count:
        parts.append("<p>no content</p>")
    elif count < len(items):
        parts.append(f"</li><li>{len(items) - count} more items")
    parts.append("</li></ul>" * level)
    return {"status": "generated", "div": "".join(parts) + CLOSE}, count


def spoken(text: Json, language: str) -> Json:
    """Return a Narrative that says its language, as XHTML and as XML want it (FHIR 3.1.0.5, Resource.language)."""
    told = escape(language)
    return text | {"div": text["div"].replace(OPEN, f'{OPEN[:-1]} lang="{told}" xml:lang="{told}">', 1)}


def is_cut(item: ContentItem) -> bool:
    """Tell whether a list is longer than the narrative writes it out."""
    if item.value is None or isinstance(item.value, Code | Text | UIDReference):
        return False
    shown = value_text(item.value, MANY)
    return "…" in shown and shown != value_text(item.value, None)


def _step(level: int, depth: int) -> str:
    """Return the marks between an item at a level (0: none yet) and the next at a depth."""
    if depth + 1 == level:
        return "</li><li>"
    if depth + 1 > level:
        return "<ul><li>" * (depth + 1 - level)
    return "</li></ul>" * (level - depth - 1) + "</li><li>"


def _name(item: ContentItem) -> str:
    concept = item.concept_name
    if concept is None:
        return f"<b>{_escaped(item.value_type or '') or UNNAMED}</b>"
    return f"<b>{_escaped(_concept(concept))}</b>"


def _value(item: ContentItem) -> str:
    """Return a value as people read it, after a colon; codes by their meaning."""
    value = item.value
    if value is None or item.value_type == ValueType.CONTAINER:
        return ""
    make = _TEXTS.get(type(value))
    text = make(value) if make is not None else value_text(value, MANY)
    return f": {_escaped(text)}" if text else ""


_TEXTS: dict[type, Callable[[Any], str | None]] = {
    Code: lambda value: _concept(value.concept) if value.concept is not None else None,
    Text: attrgetter("text"),
    UIDReference: attrgetter("uid"),
}
"""The others are as everywhere."""


def _concept(concept: CodedConcept) -> str:
    return clean(concept.meaning) or f"{concept.code or ''} ({concept.scheme or ''})"


def _escaped(text: str) -> str:
    if _PLAIN(text):
        return text.strip()
    lines = (escape(line) for line in (clean(text) or "").splitlines())
    return "<br/>".join(lines)


_PLAIN = re.compile("[ !#$%(-;=?-~]*").fullmatch
"""ASCII without what is escaped and without ends of lines."""
