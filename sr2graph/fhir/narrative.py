"""The narrative: the content tree as XHTML, escaped, without anything active (FHIR Narrative, invariant txt-1)."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

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

OPEN, CLOSE = '<div xmlns="http://www.w3.org/1999/xhtml">', "</div>"


def narrative(items: Sequence[ContentItem]) -> tuple[Json, int]:
    """Return a Narrative of items in document order, the first one above the others, and how many of them it has."""
    parts, size, level, count = [OPEN], 0, 0, 0
    for item in items[:MOST_ITEMS]:
        depth = min(len(item.position) - len(items[0].position), MOST_LEVELS)
        step = _step(level, depth) + _line(item)
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
    if depth + 1 > level:
        return "<ul><li>" * (depth + 1 - level)
    return "</li></ul>" * (level - depth - 1) + "</li><li>"


def _line(item: ContentItem) -> str:
    name = _concept(item.concept_name) if item.concept_name is not None else (item.value_type or "")
    value = _value(item)
    if item.value_type == ValueType.CONTAINER or not value:
        return f"<b>{_escaped(name)}</b>"
    return f"<b>{_escaped(name)}</b>: {_escaped(value)}"


def _value(item: ContentItem) -> str:
    """Return a value as people read it; codes by their meaning."""
    if item.value is None:
        return ""
    if isinstance(item.value, Code):
        return _concept(item.value.concept) if item.value.concept is not None else ""
    if isinstance(item.value, Text):
        return item.value.text or ""
    if isinstance(item.value, UIDReference):
        return item.value.uid or ""
    return value_text(item.value, MANY)


def _concept(concept: CodedConcept) -> str:
    return clean(concept.meaning) or f"{concept.code or ''} ({concept.scheme or ''})"


def _escaped(text: str) -> str:
    lines = (escape(line) for line in (clean(text) or "").splitlines())
    return "<br/>".join(lines)
