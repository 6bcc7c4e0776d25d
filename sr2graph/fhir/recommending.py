"""What a report recommends in codes, as orders that nobody has placed yet (IHE RAD IDR; recommendations.csv)."""

from __future__ import annotations

from collections.abc import Iterator

from sr2graph.dicom.content import ContentItem
from sr2graph.dicom.values import Code
from sr2graph.fhir.contexts import Contexts, Makers
from sr2graph.fhir.json_text import Json
from sr2graph.fhir.profiles import claimed
from sr2graph.fhir.reading import Reading
from sr2graph.fhir.resources import resource_of
from sr2graph.fhir.tables import for_code
from sr2graph.fhir.texts import date_time, uid_identifier
from sr2graph.templates.context import text_of

MOST_RECOMMENDED = 64
"""Recommendations that become orders; the observations have all of them."""


def recommendations(makers: Makers, contexts: Contexts) -> list[Json]:
    """Add a ServiceRequest for each recommendation that is a code; return references to them.

    Words are no order: they stay in the observations and in the narrative.
    """
    return [_recommended(makers, contexts, item) for item in list(_coded(makers.reading))[:MOST_RECOMMENDED]]


def _coded(reading: Reading) -> Iterator[ContentItem]:
    for number, item in enumerate(reading.items):
        is_shown = number not in reading.not_shown and reading.parents[number] not in reading.not_shown
        if is_shown and isinstance(item.value, Code) and item.value.concept is not None:
            row = for_code("recommendations", reading.keys.iri(item.concept_name))
            if row is not None and row["element"] == "code":
                yield item


def _recommended(makers: Makers, contexts: Contexts, item: ContentItem) -> Json:
    resource = resource_of("ServiceRequest", *makers.studies.key(item))
    identifier = makers.studies.item_identifier(item)
    resource |= {"identifier": [identifier], "status": "draft", "intent": "proposal"}
    code = makers.values.concept(item.value.concept)  # type: ignore[union-attr, arg-type] # CODE with a value
    resource |= {"code": {"concept": code}, "subject": makers.people.patient}
    when = next((told for each in _around(makers.reading, item) if (told := _when(makers, each))), None)
    resource |= {"occurrenceDateTime": when} if when else {}
    node = makers.reading.nodes.get(makers.reading.numbers[id(item)])
    who = contexts.who(node.context) if node is not None else {}
    requester = next(iter(who.get("performer", [])), who.get("device"))
    about = resource_of("DiagnosticReport", makers.studies.report_uid)
    source = makers.resources.reference("DiagnosticReport", str(about["id"]), uid_identifier(makers.studies.report_uid))
    resource["supportingInfo"] = [{"reference": source}]
    resource |= {"requester": requester} if requester is not None else {}
    made = claimed(resource, "recommendation", makers.flavour, makers.account)
    makers.resources.add(made, identifier)
    return makers.resources.reference("ServiceRequest", str(resource["id"]), identifier)


def _around(reading: Reading, item: ContentItem) -> Iterator[ContentItem]:
    """Yield what is said of a recommendation, and what stands beside it if it is the only one there."""
    yield from (child for child in item.children if isinstance(child, ContentItem))
    beside = [
        each
        for each in reading.items[reading.parents[reading.numbers[id(item)]]].children
        if isinstance(each, ContentItem)
    ]
    names = [reading.keys.iri(each.concept_name) for each in beside]
    if names.count(reading.keys.iri(item.concept_name)) == 1:
        yield from beside


def _when(makers: Makers, item: ContentItem) -> str | None:
    row = for_code("recommendations", makers.reading.keys.iri(item.concept_name))
    if row is None or row["element"] != "occurrenceDateTime":
        return None
    return date_time(text_of(item), makers.studies.zone)
