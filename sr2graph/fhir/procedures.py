"""Procedure: who did what in the examination (PS3.16 TID 1020); they need not be those who observed or reported."""

from __future__ import annotations

from collections.abc import Iterator

from sr2graph.fhir.contexts import Contexts, Makers
from sr2graph.fhir.json_text import Json
from sr2graph.fhir.resources import resource_of
from sr2graph.fhir.texts import URI_SYSTEM
from sr2graph.templates.context import Observer, ObserverKind

MOST_PARTICIPANTS = 64
"""People that a procedure names; reports have some few."""


def procedure(makers: Makers, contexts: Contexts) -> Json | None:
    """Add the procedure that people of a report took part in; return a reference to it, None where none did."""
    performers = list({str(each): each for each in _performers(makers, contexts)}.values())
    if not performers:
        return None
    if len(performers) > MOST_PARTICIPANTS:
        makers.account.note("Procedure.performer", f"the first {MOST_PARTICIPANTS} people")
    report = makers.reading.report
    resource = resource_of("Procedure", report.sop_instance_uid)
    own: Json = {"system": URI_SYSTEM, "value": f"urn:uuid:{resource['id']}"}
    resource |= {"identifier": [own], "basedOn": makers.studies.orders(), "status": "unknown"}
    codes = [*makers.studies.procedures()]
    resource |= {"code": codes[0]} if len(codes) == 1 else {}
    resource |= {"subject": makers.people.patient, "performer": performers[:MOST_PARTICIPANTS]}
    resource = {key: value for key, value in resource.items() if value != []}
    makers.resources.add(resource, own)
    reference = makers.resources.reference("Procedure", str(resource["id"]), own)
    _of_study(makers, reference)
    return reference


def _performers(makers: Makers, contexts: Contexts) -> Iterator[Json]:
    """Yield people with what they did; a person who did several things is there for each."""
    seen: set[int] = set()
    for context in makers.reading.contexts:
        for observer in context.participants:
            if observer.kind is ObserverKind.PERSON and id(observer) not in seen:
                seen.add(id(observer))
                yield from _performer(contexts, observer)


def _performer(contexts: Contexts, observer: Observer) -> Iterator[Json]:
    actor = contexts.member(observer, "participant")
    if actor is None:
        return
    contexts.tell("participant", observer, (("person", "name"), ("identifier", "identifier")))
    function = contexts.function(observer, "participant")
    yield {**({"function": function} if function is not None else {}), "actor": actor}


def _of_study(makers: Makers, reference: Json) -> None:
    """Say of the study which procedure it is of."""
    told = makers.studies.study()
    study = makers.resources.find(told) if told is not None else None
    if study is not None:
        element = {"partOf": [reference]} if makers.flavour.is_r5 else {"procedureReference": reference}
        makers.resources.replace(study | element)
