"""The study, the series of its evidence, the order, and when and how far the report was made (PS3.3 C.17.2)."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ContentItem, position_text
from sr2graph.dicom.header import ProcedureRequest
from sr2graph.dicom.report import Report
from sr2graph.fhir.evidence import Evidence
from sr2graph.fhir.issuers import ISSUER_OF_ACCESSION_NUMBER, issuer_system
from sr2graph.fhir.json_text import Json
from sr2graph.fhir.resources import Resources, resource_of
from sr2graph.fhir.tables import ANY, Flavour, Row, rows
from sr2graph.fhir.texts import URI_SYSTEM, clean, coding_of, date_time, is_uid, together, uid_identifier, zone_of
from sr2graph.fhir.values import Values
from sr2graph.graph.iris import uid_iri
from sr2graph.templates.context import Observer, ObserverKind

ACCESSION = ("http://terminology.hl7.org/CodeSystem/v2-0203", "ACSN")
STUDY_UID = ("110180", "Study Instance UID")
OBSERVATION_UID = ("http://hl7.org/fhir/uv/dicom-sr/CodeSystem/dicom-identifier-type", "observation-uid")


MOST_OTHERS = 64
"""Other studies of the evidence that a report refers to."""

MOST_ORDERS = 32
"""Orders that every resource refers to; reports answer one or two."""


class Studies:
    """What all resources of one report say of their study."""

    def __init__(  # noqa: PLR0913, PLR0917 # what it is made of
        self,
        report: Report,
        flavour: Flavour,
        resources: Resources,
        values: Values,
        subject: Json,
        reported: tuple[CodedConcept, ...],
        evidence: Evidence,
    ) -> None:
        self._report = report
        self._iri = uid_iri(report.sop_instance_uid)
        self._flavour = flavour
        self._resources = resources
        self._values = values
        self.subject = subject
        self.zone = values.zone
        self._reported = reported
        document = report.document
        self.evidence = evidence
        self._references: dict[str | None, Json | None] = {}
        """To studies, by UID."""
        self._orders: dict[str | None, list[Json]] = {}
        """References to orders, by accession number."""
        self.contained: list[Json] = []
        """Studies that only the DiagnosticReport refers to: what it knows of them is less than their own resources."""
        self.written = together(document.content_date, document.content_time)
        """When the content was made, in the notation of VR DT."""

    @property
    def report_uid(self) -> str:
        """The identity of the report."""
        return self._report.sop_instance_uid

    def predecessors(self) -> list[Json]:
        """Return the identifiers of the documents that the report replaces (PS3.3 C.17.2)."""
        return [
            uid_identifier(instance.sop_instance_uid)
            for study in self._report.document.predecessors
            for series in study.series
            for instance in series.instances
            if instance.sop_instance_uid
        ]

    # ------------------------------------------------------------ items

    def key(self, item: ContentItem) -> tuple[str, str]:
        """Return what identifies an item in the world."""
        return self._report.sop_instance_uid, position_text(item.position)

    def item_identifier(self, item: ContentItem) -> Json:
        """Return the IRI of an item, the same as in its RDF graph, as an Identifier."""
        return {"system": URI_SYSTEM, "value": f"{self._iri}#{position_text(item.position)}"}

    @staticmethod
    def identifiers(item: ContentItem, own: Json) -> list[Json]:
        """Return the identifiers of an item: its Observation UID, if any, and its own."""
        if not item.observation_uid:
            return [own]
        return [{"type": coding_of(*OBSERVATION_UID), **uid_identifier(item.observation_uid)}, own]

    # ------------------------------------------------------------ studies

    def study(self, uid: str | None = None) -> Json | None:
        """Return a reference to a study, that of the report by default; others are known by identifier only.

        Each report has an ImagingStudy of its own: several may be of one study, each of a part of it (FHIR,
        ImagingStudy, Scope and Usage), and no report knows the series of the others.
        """
        if uid not in self._references:
            self._references[uid] = self._reference(uid)
        return self._references[uid]

    def _reference(self, uid: str | None) -> Json | None:
        own = self._report.study.study_instance_uid
        wanted = uid or own
        if not wanted:
            return None
        identifier = uid_identifier(wanted, *STUDY_UID)
        if wanted != own:
            return {"type": "ImagingStudy", "identifier": identifier}
        resource = resource_of("ImagingStudy", self._report.sop_instance_uid, wanted)
        if resource["id"] not in self._resources:
            made = resource | self._study(identifier)
            if not self._resources.is_elsewhere("ImagingStudy"):
                made |= self.evidence.elements(wanted)
            self._resources.add(made, identifier)
        return self._resources.reference("ImagingStudy", str(resource["id"]), identifier)

    def procedures(self) -> list[Json]:
        """Return what was done: as the study says, and as the report says."""
        codes = [self._values.concept(code) for code in (*self._report.study.procedure_codes, *self._reported)]
        return list({str(code): code for code in codes}.values())

    def others(self, *, compared: bool) -> list[Json]:
        """Return references to the other studies of the evidence: those that were compared, or those asked for.

        They are contained in the DiagnosticReport, for the report knows of them its evidence and nothing more: a
        resource of its own would take the place of a better one.
        """
        uids = [uid for uid in self.evidence.studies if uid != self.evidence.own]
        return [self._other(uid) for uid in uids[:MOST_OTHERS] if (uid in self.evidence.compared) is compared]

    def _other(self, uid: str) -> Json:
        identifier = uid_identifier(uid, *STUDY_UID)
        told: Json = {"type": "ImagingStudy", "identifier": identifier}
        if self._resources.is_elsewhere("ImagingStudy"):
            return told
        resource = resource_of("ImagingStudy", self._report.sop_instance_uid, uid)
        started = self.evidence.started(uid)
        resource |= {"identifier": [identifier], "status": "unknown", "subject": self.subject}
        resource |= {"started": started} if started else {}
        self.contained.append(resource | self.evidence.elements(uid))
        return {"reference": f"#{resource['id']}", **told}

    def _study(self, identifier: Json) -> Json:
        study = self._report.study
        started = date_time(together(study.date, study.time), self.zone)
        description = clean(study.description)
        made: Json = {"identifier": [identifier], "status": "unknown", "subject": self.subject}
        made |= {"started": started} if started else {}
        based_on = self.orders()
        made |= {"basedOn": based_on} if based_on else {}
        codes = self.procedures()
        if codes and self._flavour.is_r5:
            made["procedure"] = [{"concept": code} for code in codes]
        elif codes:
            made["procedureCode"] = codes
        return made | ({"description": description} if description else {})

    def place(self, sop_instance_uid: str | None) -> Json:
        """Return study and series of an instance, for an ImagingSelection."""
        study, series = self.evidence.places.get(sop_instance_uid or "", (None, None))
        made: Json = {"studyUid": study} if is_uid(study) else {}
        reference = self.study(study)
        made |= {"derivedFrom": [reference]} if reference else {}
        return made | ({"seriesUid": series} if is_uid(series) else {})

    def series_of(self, sop_instance_uid: str | None) -> str | None:
        """Return the series of an instance, as the evidence has it."""
        return self.evidence.places.get(sop_instance_uid or "", (None, None))[1]

    def orders(self, accession: str | None = None) -> list[Json]:
        """Return references to the orders, by accession number: orders are made elsewhere (flavours.csv: orders)."""
        if accession not in self._orders:
            self._orders[accession] = self._ordered(accession)
        return [*self._orders[accession]]

    def _ordered(self, accession: str | None) -> list[Json]:
        own = [self._report.study.accession_number, *(each.accession_number for each in self._report.document.requests)]
        numbers = [number for each in ([accession] if accession else own) if (number := clean(each))]
        issuer = issuer_system(self._report.other, ISSUER_OF_ACCESSION_NUMBER)
        return [self._order(number, issuer) for number in list(dict.fromkeys(numbers))[:MOST_ORDERS]]

    def _order(self, number: str, issuer: str | None) -> Json:
        """Return a reference to the order of an accession number; within its study where there is no issuer."""
        system = {"system": issuer} if issuer else {}
        identifier: Json = {"type": coding_of(*ACCESSION), **system, "value": number}
        if not self._flavour.orders:
            return {"type": "ServiceRequest", "identifier": identifier}
        scope = issuer or self._report.study.study_instance_uid or self._report.sop_instance_uid
        resource = resource_of("ServiceRequest", scope, number)
        if resource["id"] not in self._resources:
            # Found by: unique also where the number is not.
            own: Json = {"system": URI_SYSTEM, "value": f"urn:uuid:{resource['id']}"}
            others = list(self._numbers(number))
            resource |= {"identifier": [identifier, *others, own], "status": "unknown", "intent": "order"}
            self._resources.add(resource | self._asked(number), identifier if issuer else own)
        return self._resources.reference("ServiceRequest", str(resource["id"]), identifier)

    def _request(self, number: str) -> ProcedureRequest | None:
        """Return what was asked for under an accession number (PS3.3 C.17.2 Referenced Request Sequence)."""
        found = (each for each in self._report.document.requests if clean(each.accession_number) == number)
        return next(found, None)

    def _numbers(self, number: str) -> Iterator[Json]:
        """Yield the numbers that those who placed and filled the order gave it."""
        request = self._request(number)
        if request is not None:
            for code, told in (("PLAC", request.placer_order_number), ("FILL", request.filler_order_number)):
                if (text := clean(told)) is not None:
                    yield {"type": coding_of(ACCESSION[0], code), "value": text}

    def _asked(self, number: str) -> Json:
        """Return what was asked for under an accession number, and why."""
        made: Json = {"subject": self.subject}
        request = self._request(number)
        if request is None:
            return made
        told = clean(request.requested_procedure_description)
        codes = [self._values.concept(code) for code in request.requested_procedure_codes[:1]]
        reasons = [self._values.concept(each) for each in request.reason_codes[:MOST_ORDERS]]
        reasons += [{"text": text}] if (text := clean(request.reason)) else []
        is_r5 = self._flavour.is_r5
        for code in codes or ([{"text": told}] if told else []):
            made = {"code": {"concept": code} if is_r5 else code} | made
        if reasons:
            made |= {"reason": [{"concept": each} for each in reasons]} if is_r5 else {"reasonCode": reasons}
        return made


def zone_of_report(report: Report, configured: str | None) -> str | None:
    """Return the offset from UTC of the report, else the configured one (PS3.3 C.12.1.1.8)."""
    return zone_of(report.document.timezone_offset) or zone_of(configured)


def status_of(report: Report, observers: Collection[Observer], *, has_addendum: bool = False) -> Row:
    """Return the line of status.csv that fits a report."""
    document = report.document
    is_device = bool(observers) and all(each.kind is not ObserverKind.PERSON for each in observers)
    is_device = is_device and not (document.authors or document.verifying_observers)
    told = {
        "completion": _flag(document.completion_flag),
        "verification": _flag(document.verification_flag),
        "preliminary": _flag(document.preliminary_flag),
        "predecessor": "yes" if document.predecessors else "no",
        "author": "device" if is_device else "person",
        "addendum": "yes" if has_addendum else "no",
    }
    return next(row for row in rows("status") if all(row[name] in {ANY, value} for name, value in told.items()))


def _flag(text: str | None) -> str:
    return (text or "").strip().upper()
