"""What IHE adds to a DiagnosticReport: the form people read, and extensions (IHE RAD IDR and IMR)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator
from hashlib import sha1
from html import escape

from sr2graph.dicom.values import ValueType
from sr2graph.fhir.contexts import Makers
from sr2graph.fhir.json_text import Json
from sr2graph.fhir.observing import Observing
from sr2graph.fhir.recommending import recommendations
from sr2graph.fhir.tables import Flavour, listed


def presented_form(text: Json, title: str, language: str | None, flavour: Flavour) -> Json:
    """Return a Narrative as an HTML document in an Attachment, with its size and hash (FHIR Attachment: SHA-1)."""
    named = f' lang="{escape(language)}"' if language else ""
    head = f'<head><meta charset="utf-8"/><title>{escape(title)}</title></head>'
    page = f"<!DOCTYPE html>\n<html{named}>{head}<body>{text['div']}</body></html>\n".encode()
    told = {"language": language} if language else {}
    return {
        "contentType": flavour.presented,
        **told,
        "data": b64encode(page).decode(),
        # An integer64, which is a text in JSON; R4 has an unsignedInt (FHIR R5 2.1.28.0.1, Primitive Types).
        "size": str(len(page)) if flavour.is_r5 else len(page),
        "hash": b64encode(sha1(page, usedforsecurity=False).digest()).decode(),
        "title": title,
    }


def extensions(makers: Makers, observing: Observing, procedure: Json | None) -> Iterator[Json]:
    """Yield what the guide wants said of the report in extensions (report_extensions.csv)."""
    others: dict[str, Callable[[], list[Json]]] = {
        "comparison": lambda: makers.studies.others(compared=True),
        "procedure": lambda: [procedure] if procedure is not None else [],
        "recommendation": lambda: recommendations(makers, observing.contexts),
    }
    for iris, row in listed("report_extensions"):
        if row["guide"] == makers.flavour.guide:
            told = others.get(row["what"])
            references = _observed(makers, observing, iris) if told is None else told()
            yield from ({"url": row["url"], "valueReference": each} for each in references)


def _observed(makers: Makers, observing: Observing, iris: frozenset[str]) -> Iterator[Json]:
    """Yield references to the observations whose own name, or that of the section around, is of the codes."""
    reading = makers.reading
    for number, node in reading.nodes.items():
        if node.is_selection or node.item.value_type == ValueType.CONTAINER:
            continue
        around = reading.items[reading.parents[number]]
        if any(reading.keys.iri(each.concept_name) in iris for each in (node.item, around)):
            yield observing.reference(node)
