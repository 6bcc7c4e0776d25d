"""What a server says about a refused resource, without the values of the patient that it quotes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

from sr2graph.fhir.json_text import Json

LONGEST = 300
"""Letters of a reason."""
HIDDEN = "[...]"
_READ = 10 * LONGEST
"""Letters that are looked at; so many more than are shown that a value cut in two at their end is not shown."""

_PEOPLE = frozenset({"Patient", "Practitioner", "PractitionerRole", "RelatedPerson"})
_PLAIN = frozenset({"resourceType", "id", "system", "use", "profile", "url", "status", "gender", "code", "type"})
"""Elements that say nothing of a person."""
_FREE = frozenset({"valueString", "conclusion", "data", "div", "text", "value", "valueDateTime", "valueDate"})
"""Elements of other resources that hold what the report says, or an identifier."""
_SHORTEST = 2


class Redactor:
    """Hides the values of some resources in a text."""

    def __init__(self, resources: list[Json]) -> None:
        found = {text for resource in resources for text in _values(resource, is_person=False) if _is_telling(text)}
        spelled = found | {quote(text, safe="", errors="replace") for text in found}
        self._hidden = sorted({text.lower() for text in spelled}, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        """Return a text in one line, cut where it is long."""
        shown = " ".join(text[:_READ].split())
        # A bundle has thousands of values, and a reason few of them: one pattern of all would be slow.
        lower = shown.lower()
        hits = [re.escape(each) for each in self._hidden if each in lower]
        if hits:
            shown = re.sub(rf"(?<!\w)(?:{'|'.join(hits)})(?!\w)", HIDDEN, shown, flags=re.IGNORECASE)
        return shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}..."


def _is_telling(text: str) -> bool:
    """Tell whether a value is one to hide; IRIs of reports and items are what a log is to name."""
    return len(text) >= _SHORTEST and not text.startswith("urn:")


def _values(value: object, *, is_person: bool, key: str = "") -> Iterator[str]:
    """Yield the values to hide; resources are our own, so their depth is known."""
    if isinstance(value, dict):
        person = is_person or value.get("resourceType") in _PEOPLE
        for name, each in value.items():
            is_told_name = name == "display" and ("reference" in value or "identifier" in value)
            yield from _values(each, is_person=person, key="valueString" if is_told_name else name)
    elif isinstance(value, list):
        for each in value:
            yield from _values(each, is_person=is_person, key=key)
    elif isinstance(value, str) and (key in _FREE or (is_person and key not in _PLAIN)):
        yield value.strip()
