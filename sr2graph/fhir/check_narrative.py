"""What people read of a resource: XHTML of the subset that FHIR allows, and nothing in it that acts (txt-1, txt-2)."""

from __future__ import annotations

import binascii
import xml.etree.ElementTree as ET
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from hashlib import sha1
from html.parser import HTMLParser
from typing import Any

XHTML = "{http://www.w3.org/1999/xhtml}"
ELEMENTS = frozenset(
    "a abbr acronym b big blockquote br caption cite code col colgroup dd dfn div dl dt em h1 h2 h3 h4 h5 h6 hr i img"
    " li ol p pre q samp small span strong sub sup table tbody td tfoot th thead tr tt ul var".split()
)
"""Basic HTML formatting of FHIR 2.4.0; images and links are looked at below."""

ATTRIBUTES = frozenset(
    "abbr align alt axis border cellhalign cellpadding cellspacing cellvalign char charoff charset cite class colspan"
    " dir headers height href id lang name rel rowspan scope span src style title type valign width"
    " {http://www.w3.org/XML/1998/namespace}lang".split()
)
PAGE = frozenset({"html", "head", "meta", "title", "body"})
"""What a whole page has beside."""

LINKS = frozenset({"href", "src", "cite", "action", "formaction", "background", "poster", "data"})


def narrative_problems(div: str) -> Iterator[str]:
    """Yield what is wrong with Narrative.div."""
    if "<!" in div or "<?" in div:
        # Entities can be made to grow without bound; FHIR allows none but those of characters.
        yield "narrative with declarations or instructions"
        return
    try:
        top = ET.fromstring(div)  # noqa: S314 # without declarations there are no entities
    except ET.ParseError:
        yield "narrative that is no well-formed XHTML"
        return
    if top.tag != f"{XHTML}div":
        yield "narrative that is no div of XHTML"
    yield from dict.fromkeys(what for each in top.iter() for what in _of_element(each))
    if not any((text or "").strip() for text in top.itertext()) and next(top.iter(f"{XHTML}img"), None) is None:
        yield "narrative without content (txt-2)"


def _of_element(element: ET.Element) -> Iterator[str]:
    name = element.tag.removeprefix(XHTML)
    if name not in ELEMENTS:
        yield "narrative with an element that FHIR does not allow (txt-1)"
    for attribute, value in element.attrib.items():
        if attribute not in ATTRIBUTES:
            yield "narrative with an attribute that FHIR does not allow (txt-1)"
        if _leads_out(attribute, value):
            yield "narrative with a link"


def _leads_out(attribute: str, value: str | None) -> bool:
    """Tell whether an attribute makes a reader fetch or run something."""
    told = (value or "").strip().lower()
    if attribute == "style":
        return "url(" in told or "expression(" in told or "@import" in told
    return attribute in LINKS and not told.startswith("#")


def attachment_problems(value: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with an Attachment that has data: size, hash, and what acts in a page."""
    told = value.get("data")
    if not isinstance(told, str):
        return
    try:
        data = b64decode(told, validate=True)
    except binascii.Error:
        yield "data that is no base64"
        return
    if "size" in value and str(value["size"]) != str(len(data)):
        yield "size is not that of the data"
    if "hash" in value and value["hash"] != b64encode(sha1(data, usedforsecurity=False).digest()).decode():
        yield "hash is not the SHA-1 of the data"
    if str(value["contentType"]).startswith("text/html"):
        page = _Page(data.decode(errors="replace"))
        yield from dict.fromkeys(page.problems)


class _Page(HTMLParser):
    """Reads a page as a browser would, and notes what acts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.problems: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at an element."""
        if tag not in ELEMENTS | PAGE:
            self.problems.append("a page with an element that a narrative may not have")
        if any(name.startswith("on") or _leads_out(name, value) for name, value in attrs):
            self.problems.append("a page with an event handler or a link")
        if tag == "meta" and any(name == "http-equiv" for name, _ in attrs):
            self.problems.append("a page that sends the reader elsewhere")
