"""Which entries of a transaction a refusal is about, where the server tells that in words only.

HAPI names no place (`Bundle.entry[2]`) but the reference that it cannot follow, or the id that is there twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sr2graph.fhir.json_text import Json

_NAME = re.compile(
    r"(?<![\w:/-])(?:urn:uuid:[0-9a-f-]{36}(?![\w-])|[A-Z][A-Za-z]{2,63}/[A-Za-z0-9.-]{0,63}[A-Za-z0-9-])", re.ASCII
)
"""What a fullUrl or a relative reference looks like (FHIR 2.1.28.0.1: ids have up to 64 letters)."""
_READ = 3000
"""Letters that are looked at."""
_MOST_NAMES = 10


def blamed(text: str, entries: Sequence[Json]) -> list[int]:
    """Return the places of the entries that a text names, or else of those that refer to what it names."""
    names = set(_NAME.findall(text[:_READ])[:_MOST_NAMES])
    if not names:
        return []
    own = [place for place, entry in enumerate(entries) if not names.isdisjoint(_names(entry))]
    return own or [place for place, entry in enumerate(entries) if not names.isdisjoint(_references(entry["resource"]))]


def _names(entry: Json) -> set[str]:
    resource = entry["resource"]
    return {str(entry["fullUrl"]), f"{resource['resourceType']}/{resource['id']}"}


def _references(value: object) -> Iterator[str]:
    """Yield what a resource refers to; resources are our own, so their depth is known."""
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        for each in value.values():
            yield from _references(each)
    elif isinstance(value, list):
        for each in value:
            yield from _references(each)
