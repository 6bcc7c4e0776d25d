"""Who observed, on whom, in which procedure, when: the observation context (PS3.16 TID 1001), as inherited.

A container says its context once and everything in it shares the object.  What is nearer replaces what is farther of
the same kind: observers as a whole, the subject as a whole, and so on (PS3.16 TID 1001).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from operator import attrgetter
from typing import Any, NamedTuple

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ContentItem
from sr2graph.dicom.values import Code, Date, DateTime, PersonName, Text, UIDReference
from sr2graph.templates.roles import Role

MAX_MERGED = 64
"""Items of outer levels that an inner level keeps beside its own: a bound on what deep trees cost."""

Said = tuple[Role, ContentItem]
"""An item and the part of the context it says."""


class ObserverKind(StrEnum):
    """What observes."""

    PERSON = "person"
    DEVICE = "device"
    ALGORITHM = "algorithm"


@dataclass(frozen=True, slots=True)
class Observer:
    """A person, device or algorithm (PS3.16 TID 1002-1004, 1020, 1021, 4019)."""

    kind: ObserverKind | None
    """None where only a type was given, and that is neither person nor device."""
    item: ContentItem
    """The first item that tells of it."""
    name: str | None = None
    uid: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    serial: str | None = None
    role: CodedConcept | None = None
    """In the procedure."""
    role_in_organization: CodedConcept | None = None
    organization: str | None = None
    version: str | None = None
    """Of an algorithm, as are the next two."""
    parameters: tuple[str, ...] = ()
    family: CodedConcept | None = None
    identifier: str | None = None
    """Login name or identifier of a person."""
    location: str | None = None
    station: str | None = None
    """Application entity title of a device."""


class SubjectKind(StrEnum):
    """What is observed."""

    PATIENT = "patient"
    FETUS = "fetus"
    SPECIMEN = "specimen"
    DEVICE = "device"


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom or what the observations are about (PS3.16 TID 1006-1010)."""

    kind: SubjectKind | None
    """By the class it says, else by what it is identified by."""
    item: ContentItem
    """The first item that tells of it."""
    items: tuple[ContentItem, ...]
    """All of them."""
    subject_class: CodedConcept | None = None
    """As said."""
    identifier: str | None = None
    uid: str | None = None
    name: str | None = None
    fetus: str | None = None
    """Fetus ID; the same in all sections about one fetus."""
    mother: str | None = None
    birth_date: str | None = None
    sex: CodedConcept | None = None
    species: CodedConcept | None = None
    specimen_type: CodedConcept | None = None
    container: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    serial: str | None = None


@dataclass(frozen=True, slots=True)
class ProcedureContext:
    """The study that was observed (PS3.16 TID 1005), and what was done in it."""

    study_uid: str | None = None
    component_uids: tuple[str, ...] = ()
    placer_number: str | None = None
    filler_number: str | None = None
    accession_number: str | None = None
    codes: tuple[CodedConcept, ...] = ()
    reported: tuple[CodedConcept, ...] = ()
    """Procedure reported: a modifier of the document or of a section."""
    items: tuple[ContentItem, ...] = ()


class Context(NamedTuple):
    """All of it, as it holds for an observation."""

    observers: tuple[Observer, ...] = ()
    """Persons and devices, then algorithms."""
    participants: tuple[Observer, ...] = ()
    """Persons and devices that took part in what was observed: the irradiating device (PS3.16 TID 1020, 1021)."""
    subject: Subject | None = None
    """None: the patient of the header."""
    procedure: ProcedureContext | None = None
    language: CodedConcept | None = None
    datetime: str | None = None
    """Observation DateTime (0040,A032) of the item, else of the nearest above it."""
    irradiation_event: str | None = None
    administration_event: str | None = None
    """Of a radiopharmaceutical."""
    started: str | None = None
    """When the event began, in the notation of VR DT."""
    ended: str | None = None
    time_point: str | None = None
    subject_time_point: str | None = None
    protocol_time_point: str | None = None
    session: str | None = None
    acquisition: tuple[ContentItem, ...] = ()
    """HAS ACQ CONTEXT, nearest first."""
    other: tuple[ContentItem, ...] = ()
    """HAS OBS CONTEXT that none of the fields above has, nearest first."""


NO_CONTEXT = Context()


def text_of(item: ContentItem) -> str | None:
    """Return what an item says, as text, for value types that name or identify."""
    read = _TEXTS.get(type(item.value))
    return read(item.value) if read is not None else None


def _code_text(value: Code) -> str | None:
    return (value.concept.meaning or value.concept.code) if value.concept is not None else None


_TEXTS: dict[type, Callable[[Any], str | None]] = {
    Text: attrgetter("text"),
    PersonName: attrgetter("person_name"),
    UIDReference: attrgetter("uid"),
    DateTime: attrgetter("datetime"),
    Date: attrgetter("date"),
    Code: _code_text,
}


def concept_of(item: ContentItem) -> CodedConcept | None:
    """Return the value of a CODE."""
    return item.value.concept if isinstance(item.value, Code) else None


# ---------------------------------------------------------------- observers

_OBSERVER_FIELDS: dict[str, tuple[ObserverKind | None, str, Callable[[ContentItem], Any]]] = {
    "observer.person_name": (ObserverKind.PERSON, "name", text_of),
    "observer.login": (ObserverKind.PERSON, "identifier", text_of),
    "observer.organization": (ObserverKind.PERSON, "organization", text_of),
    "observer.role_in_organization": (ObserverKind.PERSON, "role_in_organization", concept_of),
    "observer.role": (ObserverKind.PERSON, "role", concept_of),
    "observer.device_uid": (ObserverKind.DEVICE, "uid", text_of),
    "observer.device_name": (ObserverKind.DEVICE, "name", text_of),
    "observer.manufacturer": (ObserverKind.DEVICE, "manufacturer", text_of),
    "observer.model": (ObserverKind.DEVICE, "model", text_of),
    "observer.serial": (ObserverKind.DEVICE, "serial", text_of),
    "observer.location": (ObserverKind.DEVICE, "location", text_of),
    "observer.device_role": (ObserverKind.DEVICE, "role", concept_of),
    "observer.station": (ObserverKind.DEVICE, "station", text_of),
    "algorithm.name": (ObserverKind.ALGORITHM, "name", text_of),
    "algorithm.version": (ObserverKind.ALGORITHM, "version", text_of),
    "algorithm.parameters": (ObserverKind.ALGORITHM, "parameters", text_of),
    "algorithm.family": (ObserverKind.ALGORITHM, "family", concept_of),
    "algorithm.manufacturer": (ObserverKind.ALGORITHM, "manufacturer", text_of),
    "participant.person": (ObserverKind.PERSON, "name", text_of),
    "participant.device": (ObserverKind.DEVICE, "role", concept_of),
    "participant.role": (None, "role", concept_of),
    "participant.identifier": (None, "identifier", text_of),
    "participant.organization": (None, "organization", text_of),
    "participant.role_in_organization": (None, "role_in_organization", concept_of),
    "participant.name": (None, "name", text_of),
    "participant.manufacturer": (None, "manufacturer", text_of),
    "participant.model": (None, "model", text_of),
    "participant.serial": (None, "serial", text_of),
    "participant.uid": (None, "uid", text_of),
}
"""Role ↔ kind of observer it is about, field, how to read it."""

_OBSERVER_TYPES = {"121006": ObserverKind.PERSON, "121007": ObserverKind.DEVICE}
"""Codes of CID 270, whose scheme is DCM."""

_SEVERAL = {"parameters"}
"""Fields that an observer may have more than once; another name or UID begins another observer."""


def observers_of(said: Sequence[Said]) -> tuple[Observer, ...]:
    """Return the observers that items tell of one after the other (PS3.16 TID 1002 is a flat list)."""
    return tuple(Observer(**fields) for fields in _observers(said))


def _observers(said: Sequence[Said]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for role, item in said:
        name = f"{role.name}.{role.field}"
        if name == "observer.type":
            code = concept_of(item)
            found.append({"kind": _OBSERVER_TYPES.get((code and code.code) or ""), "item": item})
            continue
        kind, field, read = _OBSERVER_FIELDS.get(name, (None, "", text_of))
        if not field:
            continue
        if not found or _is_another(found[-1], kind, field):
            found.append({"kind": kind, "item": item})
        _put(found[-1], kind, field, read(item))
    return found


def _is_another(fields: dict[str, Any], kind: ObserverKind | None, field: str) -> bool:
    if kind is not None and fields["kind"] not in (kind, None):
        return True
    return field in fields and field not in _SEVERAL


def _put(fields: dict[str, Any], kind: ObserverKind | None, field: str, value: Any) -> None:  # noqa: ANN401 # by field
    fields["kind"] = fields["kind"] or kind
    if field in _SEVERAL:
        fields[field] = (*fields.get(field, ()), value) if value is not None else fields.get(field, ())
    else:
        fields[field] = value


# ---------------------------------------------------------------- subject, procedure

_SUBJECT_FIELDS: dict[str, tuple[SubjectKind | None, str, Callable[[ContentItem], Any]]] = {
    "class": (None, "subject_class", concept_of),
    "uid": (None, "uid", text_of),
    "name": (None, "name", text_of),
    "identifier": (None, "identifier", text_of),
    "birth_date": (None, "birth_date", text_of),
    "sex": (None, "sex", concept_of),
    "species": (None, "species", concept_of),
    "mother": (SubjectKind.FETUS, "mother", text_of),
    "fetus": (SubjectKind.FETUS, "fetus", text_of),
    "fetuses": (SubjectKind.FETUS, "", text_of),
    "specimen_uid": (SubjectKind.SPECIMEN, "uid", text_of),
    "specimen_identifier": (SubjectKind.SPECIMEN, "identifier", text_of),
    "specimen_issuer": (SubjectKind.SPECIMEN, "", text_of),
    "specimen_type": (SubjectKind.SPECIMEN, "specimen_type", concept_of),
    "specimen_container": (SubjectKind.SPECIMEN, "container", text_of),
    "device_name": (SubjectKind.DEVICE, "name", text_of),
    "device_uid": (SubjectKind.DEVICE, "uid", text_of),
    "manufacturer": (SubjectKind.DEVICE, "manufacturer", text_of),
    "model": (SubjectKind.DEVICE, "model", text_of),
    "serial": (SubjectKind.DEVICE, "serial", text_of),
}

_SUBJECT_CLASSES = {
    "121025": SubjectKind.PATIENT,
    "121026": SubjectKind.FETUS,
    "121027": SubjectKind.SPECIMEN,
    "121192": SubjectKind.DEVICE,
}
"""Codes of CID 271, whose scheme is DCM."""


def subject_of(said: Sequence[Said]) -> Subject:
    """Return the subject that items tell of; what is said twice is what is said first."""
    fields: dict[str, Any] = {}
    kinds: list[SubjectKind] = []
    for role, item in said:
        kind, field, read = _SUBJECT_FIELDS.get(role.field, (None, "", text_of))
        kinds += [kind] if kind is not None else []
        if field and field not in fields:
            fields[field] = read(item)
    code = fields.get("subject_class")
    kind = _SUBJECT_CLASSES.get(code.code or "") if code is not None else None
    items = tuple(item for _, item in said)
    return Subject(kind=kind or (kinds[0] if kinds else None), item=items[0], items=items, **fields)


_PROCEDURE_SEVERAL = {"component_uids", "codes"}


def _procedure(said: Sequence[Said], outer: ProcedureContext | None) -> ProcedureContext | None:
    """Return the procedure; what was reported and which study it was are said, and replaced, independently."""
    identified = [(role.field, item) for role, item in said if role.field != "reported"]
    reported = tuple(concept for role, item in said if role.field == "reported" and (concept := concept_of(item)))
    before = outer or ProcedureContext()
    if not identified:
        return replace(before, reported=reported)
    fields: dict[str, Any] = {}
    for field, item in identified:
        value = concept_of(item) if field == "codes" else text_of(item)
        if field in _PROCEDURE_SEVERAL:
            fields[field] = (*fields.get(field, ()), value) if value is not None else fields.get(field, ())
        else:
            fields.setdefault(field, value)
    items = tuple(item for _, item in identified)
    return ProcedureContext(reported=reported or before.reported, items=items, **fields)


# ---------------------------------------------------------------- all together

_EVENT = ("irradiation_event", "administration_event", "started", "ended")
_TIME_POINT = ("time_point", "subject_time_point", "protocol_time_point", "session")


def extended(outer: Context, said: Sequence[Said], participants: tuple[Observer, ...]) -> Context:
    """Return the context of an item and of what is below it: what it says itself, else that of outside."""
    parts: dict[str, list[Said]] = {}
    for each in said:
        parts.setdefault(each[0].name, []).append(each)
    changes = dict(_changes(outer, parts))
    if participants:
        changes["participants"] = participants
    return outer._replace(**changes) if changes else outer


def _changes(outer: Context, parts: dict[str, list[Said]]) -> Iterator[tuple[str, Any]]:
    if "observer" in parts or "algorithm" in parts:
        yield "observers", _observers_here(outer, parts)
    if "subject" in parts:
        yield "subject", subject_of(parts["subject"])
    if "procedure" in parts:
        yield "procedure", _procedure(parts["procedure"], outer.procedure)
    for role, item in parts.get("language", ()):
        if not role.field:
            yield "language", concept_of(item)
    if "event" in parts:
        yield from _event(parts["event"])
    if "time_point" in parts:
        told = {role.field: text_of(item) for role, item in reversed(parts["time_point"])}
        yield from ((field, told.get(field)) for field in _TIME_POINT)
    for name, field in (("acquisition", "acquisition"), ("context", "other")):
        if name in parts:
            yield field, merged(tuple(item for _, item in parts[name]), getattr(outer, field))


def _observers_here(outer: Context, parts: dict[str, list[Said]]) -> tuple[Observer, ...]:
    """Persons and devices replace persons and devices; algorithms replace algorithms."""
    own, algorithms = observers_of(parts.get("observer", ())), observers_of(parts.get("algorithm", ()))
    is_algorithm = ObserverKind.ALGORITHM
    return (
        *(own or tuple(each for each in outer.observers if each.kind is not is_algorithm)),
        *(algorithms or tuple(each for each in outer.observers if each.kind is is_algorithm)),
    )


def _event(said: Sequence[Said]) -> Iterator[tuple[str, str | None]]:
    """An event comes with its times: those of another one do not stand in for them."""
    told = {role.field: text_of(item) for role, item in reversed(said)}
    names = _EVENT if {"irradiation_event", "administration_event"} & told.keys() else ("started", "ended")
    return ((field, told.get(field)) for field in names)


def merged(own: tuple[ContentItem, ...], outer: tuple[ContentItem, ...]) -> tuple[ContentItem, ...]:
    """Return own items, then those of outside that say something else."""
    if not outer:
        return own
    names = {item.concept_name for item in own}
    return own + tuple(item for item in outer[:MAX_MERGED] if item.concept_name not in names)
