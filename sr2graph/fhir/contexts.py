"""What the context of an observation becomes: study, subject, times, performers, device (PS3.16 TID 1001-1010)."""

from __future__ import annotations

from typing import NamedTuple

from sr2graph.dicom.values import Text
from sr2graph.fhir.accounts import Account
from sr2graph.fhir.json_text import Json
from sr2graph.fhir.people import People
from sr2graph.fhir.pictures import Pictures
from sr2graph.fhir.reading import Reading
from sr2graph.fhir.resources import Resources
from sr2graph.fhir.selections import Selections
from sr2graph.fhir.sites import Sites
from sr2graph.fhir.studies import Studies
from sr2graph.fhir.tables import Flavour, Row, keyed
from sr2graph.fhir.texts import date_time, in_order, instant
from sr2graph.fhir.values import Values
from sr2graph.templates.context import Context, Observer, ObserverKind, SubjectKind


class Makers(NamedTuple):
    """What makes the resources of one report."""

    reading: Reading
    flavour: Flavour
    resources: Resources
    values: Values
    account: Account
    people: People
    studies: Studies
    sites: Sites
    selections: Selections | Pictures
    """Pictures where the release has no ImagingSelection."""
    status: Row


MOST_PERFORMERS = 32
"""People that an observation refers to; the DiagnosticReport has all of them."""


class Contexts:
    """Says the context of observations, and notes in the account what of it is said."""

    def __init__(self, makers: Makers) -> None:
        self._makers = makers
        # With the context itself, for identities are used again once their owner is gone.
        self._made: dict[int, tuple[Context, Json, Json]] = {}
        self._who: dict[tuple[int, int], tuple[Context, Json]] = {}
        """By observers and participants: contexts differ by their times."""

    def of(self, context: Context) -> tuple[Json, Json]:
        """Return what comes before and after the code of an Observation; most observations share their context."""
        made = self._made.get(id(context))
        if made is None:
            about = self.whom(context) | self.when(context) | self.who(context)
            made = self._made[id(context)] = context, self.study(context), about
        return made[1], made[2]

    def study(self, context: Context) -> Json:
        """Return order and study."""
        studies, procedure = self._makers.studies, context.procedure
        study = studies.study(procedure.study_uid if procedure else None)
        if study is not None and self._makers.flavour.part_of_identifier:
            study = {key: value for key, value in study.items() if key != "reference"}
        orders = studies.orders(procedure.accession_number if procedure else None)
        if procedure is not None:
            self.tell("procedure", procedure, (("study_uid", "study_uid"), ("accession_number", "accession_number")))
        return {"basedOn": orders, "partOf": [study] if study else []}

    def whom(self, context: Context) -> Json:
        """Return subject, focus and specimen, and note what of them is told."""
        subject = context.subject
        made = self._makers.sites.subject(subject)
        if subject is None:
            return made
        if subject.subject_class is not None:
            self._note("subject.class", subject.subject_class)
        if set(made) & {"focus", "specimen"}:
            self.tell("subject", subject, _OF_SUBJECTS[subject.kind])
        return made

    def when(self, context: Context) -> Json:
        """Return effective and issued: of the item, else of the event, else of the content (guide defect 8)."""
        studies = self._makers.studies
        issued = instant(context.datetime, studies.zone) or instant(studies.written, studies.zone)
        started, ended = (date_time(each, studies.zone) for each in (context.started, context.ended))
        if context.datetime is not None or started is None:
            when = date_time(context.datetime or studies.written, studies.zone)
            return {"effectiveDateTime": when, "issued": issued}
        self._note("event.started", context.started)
        # per-1: a period does not end before it begins.
        if ended is None or not in_order(started, ended):
            return {"effectiveDateTime": started, "issued": issued}
        self._note("event.ended", context.ended)
        return {"effectivePeriod": {"start": started, "end": ended}, "issued": issued}

    def who(self, context: Context) -> Json:
        """Return performers and the device: the nearest algorithm, else a device that took part or observed."""
        key = id(context.observers), id(context.participants)
        if key not in self._who:
            self._who[key] = context, self._who_of(context)
        return {**self._who[key][1]}

    def _who_of(self, context: Context) -> Json:
        people = self._makers.people
        persons = [self.person(each) for each in context.observers if each.kind is ObserverKind.PERSON]
        devices = [each for each in context.observers if each.kind is ObserverKind.DEVICE]
        algorithms = [each for each in context.observers if each.kind is ObserverKind.ALGORITHM]
        took_part = [each for each in context.participants if each.kind is ObserverKind.DEVICE]
        made = (self.device(each) for each in (*algorithms, *took_part, *devices))
        device = next((reference for reference in made if reference is not None), people.equipment)
        performers = [each for each in persons if each is not None]
        return {"performer": performers[:MOST_PERFORMERS], "device": device}

    def person(self, observer: Observer) -> Json | None:
        """Return a reference to a person, and note what of it is told."""
        free = isinstance(observer.item.value, Text)
        made = self._makers.people.practitioner(observer.name, login=observer.identifier, free=free)
        if made is not None:
            self.tell("observer", observer, (("person_name", "name"), ("login", "identifier")))
            self._type(observer, made)
        return made

    def member(self, observer: Observer, group: str = "observer") -> Json | None:
        """Return a reference to a person in the role they have where they work; note what of it is told."""
        person = self.person(observer)
        if person is None:
            return None
        made = self._makers.people.member(person, observer.organization, observer.role_in_organization)
        if made is not person:
            self.tell(group, observer, (("organization",) * 2, ("role_in_organization",) * 2))
            self._makers.account.derived(self._makers.resources.find(made), observer.item)
        return made

    def function(self, observer: Observer, group: str = "observer") -> Json | None:
        """Return the role of a person in the procedure, and note that it is told."""
        if observer.role is None:
            return None
        self._note(f"{group}.role", observer.role)
        return self._makers.values.concept(observer.role)

    def device(self, observer: Observer) -> Json | None:
        """Return a reference to a device, and note what of it is told."""
        made = self._makers.people.device(observer)
        if made is not None:
            algorithm = observer.kind is ObserverKind.ALGORITHM
            for group in ("algorithm",) if algorithm else ("observer", "participant"):
                self.tell(group, observer, _OF_DEVICES)
            self._type(observer, made)
            for each in observer.parameters:
                self._note("algorithm.parameters", each)
        return made

    def _type(self, observer: Observer, made: Json) -> None:
        """Note that an item says who observes, and of what kind, and that a resource was made of it."""
        self._makers.account.derived(self._makers.resources.find(made), observer.item)
        row = keyed("roles", "role")
        role = self._makers.reading.role(observer.item)
        name = f"{role.name}.{role.field}"
        if name in row and role.name in {"observer", "participant"}:
            self._makers.account.mapped(observer.item, row[name]["element"])

    def tell(self, group: str, holder: object, fields: tuple[tuple[str, str], ...]) -> None:
        """Note the parts of a role that a resource made of their holder says."""
        for field, attribute in fields:
            value = getattr(holder, attribute)
            if value is not None:
                self._note(f"{group}.{field}", value)

    def _note(self, role: str, value: object) -> None:
        row = keyed("roles", "role").get(role)
        if row is not None:
            self._makers.account.said(role, value, (), row["element"])


_OF_SUBJECTS: dict[SubjectKind | None, tuple[tuple[str, str], ...]] = {
    SubjectKind.FETUS: (("fetus", "fetus"), ("uid", "uid"), ("identifier", "identifier")),
    SubjectKind.SPECIMEN: (("specimen_uid", "uid"), ("specimen_identifier", "identifier"), ("specimen_type",) * 2),
    SubjectKind.DEVICE: (
        ("device_name", "name"),
        ("device_uid", "uid"),
        ("manufacturer", "manufacturer"),
        ("model", "model"),
        ("serial", "serial"),
    ),
}
"""Kind of subject ↔ part of a role and attribute of Subject that another resource says."""

_OF_DEVICES = (
    ("device_uid", "uid"),
    ("uid", "uid"),
    ("device_name", "name"),
    ("name", "name"),
    ("manufacturer", "manufacturer"),
    ("model", "model"),
    ("serial", "serial"),
    ("version", "version"),
    ("family", "family"),
    ("location", "location"),
)
"""Part of a role ↔ attribute of Observer, for what a Device says."""
