"""The dose summary of a dose report, its indications and its device (HL7 Radiation Dose Summary, FHIR R4).

What the report accumulated, or administered, are components of one Observation; it has the accumulated data and every
irradiation event as members, each an Observation with the details as components.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ContentItem, RelationshipType
from sr2graph.dicom.values import Code, PersonName
from sr2graph.fhir.contexts import Makers
from sr2graph.fhir.issuers import station_ae_title
from sr2graph.fhir.json_text import Json
from sr2graph.fhir.observing import Observing
from sr2graph.fhir.profiles import claimed
from sr2graph.fhir.reading import Node
from sr2graph.fhir.resources import resource_of
from sr2graph.fhir.tables import Row, category, coded, for_code, identifier_type, keyed
from sr2graph.fhir.texts import DCM, URI_SYSTEM, clean, coding_of, date_time, instant, together, uid_identifier
from sr2graph.templates.context import ObserverKind, text_of
from sr2graph.templates.value_sets import Code as Coded

SUMMARY = {
    "coding": [
        {
            "system": "http://loinc.org",
            "code": "73569-6",
            "display": "Radiation exposure and protection information [Description] Document Diagnostic imaging",
        }
    ]
}
INDICATION = {
    "coding": [{"system": DCM, "version": "2025.2.20250411", "code": "121109", "display": "Indications for Procedure"}]
}
"""The guide fixes the version, too."""

PROCEDURE_REPORTED = coding_of(DCM, "121058", "Procedure reported")
AUTHORIZING = Coded("DCM", "113850").iri
"""PS3.16 CID 7445: Irradiation Authorizing."""

MOST_COMPONENTS = 512
"""Components of a summary, and indications; the members have all of them."""


class Doses:
    """Makes what the dose summary guide wants of a report that is a dose report; nothing of others."""

    def __init__(self, makers: Makers, observing: Observing, reported: tuple[CodedConcept, ...]) -> None:
        self._makers = makers
        self._observing = observing
        self._report = makers.reading.report
        items = makers.reading.items
        root = makers.reading.keys.iri(items[0].concept_name) if items else None
        self._kind = coded("dose_reports").get(root or "") if makers.flavour.doses else None
        self._reported = reported
        self._parts = dict(self._containers())
        self.summary: Json | None = None
        """A reference to the summary."""
        self.indications: list[Json] = []
        """References to what the irradiation was for."""

    def make(self) -> None:
        """Add summary and indications; the observations of the report are made already."""
        if self._kind is None:
            return
        self.summary = self._summary(self._kind)
        self.indications = list(self._indications())

    def results(self) -> list[Json]:
        """Return references to the results of the report: its summary, and what the summary does not have."""
        if self.summary is None:
            return self._observing.results()
        members = {str(each) for each in self._members()}
        return [self.summary, *(each for each in self._observing.results() if str(each) not in members)]

    def sections(self) -> list[Json]:
        """Return the sections of the Composition that the guide has a code for."""
        found = [("Radiation dose summary", SUMMARY, [self.summary] if self.summary is not None else [])]
        found += [("Indications for procedure", INDICATION, self.indications)]
        return [{"title": title, "code": code, "entry": entry} for title, code, entry in found if entry]

    # ------------------------------------------------------------ summary

    def _summary(self, kind: Row) -> Json:
        makers, studies = self._makers, self._makers.studies
        resource = resource_of("Observation", self._report.sop_instance_uid, "dose summary")
        identifier = self._identifier("report", uid_identifier(self._report.sop_instance_uid))
        resource |= {"identifier": [identifier]} | self._about() | {"code": SUMMARY}
        study = self._study()
        resource |= {"subject": makers.people.patient, "focus": study}
        resource |= {"effectiveDateTime": self._started(), "issued": instant(studies.written, studies.zone)}
        components = [*self._procedures(kind), *self._components()]
        text = "; ".join(filter(None, map(_said, components)))
        resource |= {"performer": self._authorizing(), "valueString": text, "device": self._device()}
        resource |= {"hasMember": self._members(), "component": components}
        resource = {key: value for key, value in resource.items() if value not in ([], None, "")}
        makers.resources.add(claimed(resource, "dose", makers.flavour, makers.account, makers.resources), identifier)
        return makers.resources.reference("Observation", str(resource["id"]), identifier)

    def _about(self) -> Json:
        """Return order, study, status and category: of the summary and of indications."""
        imaging = category("imaging")
        orders = [each | {"identifier": self._identifier("order", each["identifier"])} for each in self._orders()]
        return {
            "basedOn": orders,
            "partOf": self._study(),
            "status": self._makers.status["observation"],
            "category": [coding_of(imaging["system"], imaging["code"], imaging["display"])],
        }

    def _orders(self) -> list[Json]:
        """Return the first order: the guide has room for one, and the DiagnosticReport has all."""
        return self._makers.studies.orders()[:1]

    def _study(self) -> list[Json]:
        study = self._makers.studies.study()
        return [study | {"identifier": self._identifier("study", study["identifier"])}] if study is not None else []

    @staticmethod
    def _identifier(name: str, identifier: Json) -> Json:
        """Return an identifier with the type that the guide has for it (dose_identifiers.csv)."""
        return {"type": identifier_type(keyed("dose_identifiers", "name")[name])} | {
            key: value for key, value in identifier.items() if key != "type"
        }

    def _started(self) -> str | None:
        """Return when the irradiation began: as the report says, else with its first event, else with the study."""
        study, zone = self._report.study, self._makers.studies.zone
        root = self._makers.reading.items[0]
        said = [text_of(child) for child in root.children if isinstance(child, ContentItem) and self._is_start(child)]
        events = sorted(filter(None, (node.context.started for node, _ in self._parts.values())))
        found = (date_time(each, zone) for each in (*said, *events, together(study.date, study.time)))
        return next(filter(None, found), None)

    def _is_start(self, item: ContentItem) -> bool:
        role = self._makers.reading.role(item)
        return (role.name, role.field) == ("event", "started")

    # ------------------------------------------------------------ components

    def _containers(self) -> Iterator[tuple[int, tuple[Node, str]]]:
        """Yield the dose containers and what they are a part of, by the number of their item."""
        if self._kind is None:
            return
        for number, node in self._makers.reading.nodes.items():
            row = for_code("dose_containers", self._makers.reading.keys.iri(node.item.concept_name))
            if row is not None:
                yield number, (node, row["part"])

    def _members(self) -> list[Json]:
        return [self._observing.reference(node) for node, _ in self._parts.values()]

    def _procedures(self, kind: Row) -> list[Json]:
        """Return the procedure that all reports of a kind are about, else the ones reported (dose_reports.csv)."""
        codes = [identifier_type(kind)] if kind["code"] else map(self._makers.values.concept, self._reported)
        return [{"code": PROCEDURE_REPORTED, "valueCodeableConcept": each} for each in codes]

    def _components(self) -> Iterator[Json]:
        """Yield what was accumulated or administered; what is there more than once says which one it is."""
        found = list(self._counted())
        if len(found) > MOST_COMPONENTS:
            self._makers.account.note(
                "component", f"the first {MOST_COMPONENTS} of a dose summary; its members have all"
            )
            found = found[:MOST_COMPONENTS]
        several = Counter(self._makers.reading.keys.iri(item.concept_name) for item, _ in found)
        seen: Counter[str | None] = Counter()
        for item, node in found:
            iri = self._makers.reading.keys.iri(item.concept_name)
            seen[iri] += 1
            code = self._makers.values.name(item)
            if several[iri] > 1:
                which = ", ".join([*self._modifiers(item)] or self._modifiers(node.item)) or str(seen[iri])
                code = code | {"text": f"{_text(code)} ({which})"}
            valued = self._makers.values.value(item, "component")
            for told in [{"valueQuantity": each} for each in valued.several] or [valued.elements]:
                yield {"code": code, **told}

    def _counted(self) -> Iterator[tuple[ContentItem, Node]]:
        """Yield the items that a summary has, each with its dose container (dose_components.csv)."""
        reading = self._makers.reading
        within: list[tuple[Node, str] | None] = []
        for number, item in enumerate(reading.items):
            within.append(self._parts.get(number) or (within[reading.parents[number]] if number else None))
            row, part = coded("dose_components").get(reading.keys.iri(item.concept_name) or ""), within[number]
            if row is not None and part is not None and part[1] == row["part"]:
                yield item, part[0]

    @staticmethod
    def _modifiers(item: ContentItem) -> Iterator[str]:
        """Yield what tells an item from others of its name: side, acquisition plane."""
        for child in item.children:
            is_modifier = child.relationship == RelationshipType.HAS_CONCEPT_MOD
            if is_modifier and isinstance(child, ContentItem) and isinstance(child.value, Code):
                said = clean(child.value.concept.meaning) if child.value.concept is not None else None
                if said:
                    yield said

    # ------------------------------------------------------------ people and devices

    def _authorizing(self) -> list[Json]:
        """Return who authorized the irradiation (PS3.16 TID 1020): nobody else is the performer of a summary."""
        makers, reading = self._makers, self._makers.reading
        for number, item in enumerate(reading.items):
            role = reading.roles[number]
            if (role.name, role.field) != ("participant", "person") or not isinstance(item.value, PersonName):
                continue
            said = {reading.role(child).field: child for child in item.children if isinstance(child, ContentItem)}
            told, login = said.get("role"), said.get("identifier")
            is_code = told is not None and isinstance(told.value, Code)
            if not is_code or reading.keys.iri(told.value.concept) != AUTHORIZING:  # type: ignore[union-attr]
                continue
            made = makers.people.practitioner(item.value.person_name, login=text_of(login) if login else None)
            if made is not None:
                for each, target in ((item, "performer"), (told, "performer"), (login, "Practitioner.identifier")):
                    if each is not None:
                        makers.account.mapped(each, target)
                makers.account.derived(makers.resources.find(made), item)
                return [made]
        return []

    def _device(self) -> Json:
        """Return the irradiating device: one that took part, else one that observed, else what made the report."""
        made = self._makers.people.equipment
        contexts = [node.context for node, _ in self._parts.values()]
        took_part = [each for context in contexts for each in context.participants]
        for each in (*took_part, *(each for context in contexts for each in context.observers)):
            if each.kind is ObserverKind.DEVICE:
                made = self._observing.contexts.device(each) or made
                break
        self._describe(made)
        return made

    def _describe(self, reference: Json) -> None:
        """Say of the device what the guide wants of a modality, as far as the report knows."""
        makers, resource = self._makers, self._makers.resources.find(reference)
        if resource is None or "modality" in str(resource.get("meta")):
            return
        told = [*resource["identifier"]]
        serial, own = resource.get("serialNumber"), clean(self._report.equipment.serial_number)
        title = station_ae_title(self._report.other)
        is_made = reference.get("identifier") == makers.people.equipment.get("identifier")
        is_own = is_made or (serial is not None and serial == own)
        told += [self._identifier("serial", {"value": serial})] if serial else []
        told += [self._identifier("application_entity", {"value": title})] if title and is_own else []
        told = [self._identifier("device", each) if each["system"] != URI_SYSTEM else each for each in told[:1]] + told[
            1:
        ]
        row = next(filter(None, (coded("dose_modalities").get(self._iri(each)) for each in self._reported)), None)
        typed = {"type": identifier_type(row)} if row is not None else {}
        makers.resources.replace(
            claimed(resource | {"identifier": told} | typed, "modality", makers.flavour, makers.account)
        )

    def _iri(self, concept: CodedConcept) -> str:
        return self._makers.reading.keys.iri(concept) or ""

    # ------------------------------------------------------------ indications

    def _indications(self) -> Iterator[Json]:
        """Add an Observation for each reason that the orders give (0040,1002), (0040,100A); yield references."""
        makers, studies = self._makers, self._makers.studies
        for value in self._reasons():
            resource = resource_of("Observation", self._report.sop_instance_uid, "indication", str(value))
            own: Json = {"system": URI_SYSTEM, "value": f"urn:uuid:{resource['id']}"}
            resource |= {"identifier": [own]} | self._about() | {"code": INDICATION}
            resource |= {"subject": makers.people.patient, "issued": instant(studies.written, studies.zone)} | value
            resource = {key: told for key, told in resource.items() if told not in ([], None)}
            makers.resources.add(claimed(resource, "indication", makers.flavour, makers.account), own)
            yield makers.resources.reference("Observation", str(resource["id"]), own)

    def _reasons(self) -> list[Json]:
        found: list[Json] = []
        for request in self._report.document.requests[:MOST_COMPONENTS]:
            text = clean(request.reason)
            found += [{"valueString": text}] if text else []
            found += [{"valueCodeableConcept": self._makers.values.concept(each)} for each in request.reason_codes]
        return list({str(each): each for each in found}.values())[:MOST_COMPONENTS]


def _text(code: Json) -> str:
    return str(code.get("text") or code["coding"][0].get("display") or code["coding"][0]["code"])


def _said(component: Json) -> str | None:
    """Return a quantity in words, as the guide's examples have it."""
    quantity = component.get("valueQuantity")
    if quantity is None:
        return None
    unit = quantity.get("code") or quantity.get("unit")
    return f"{_text(component['code'])} = {quantity['value'].text}{f' {unit}' if unit else ''}"
