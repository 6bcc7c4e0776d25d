"""DiagnosticReport, Composition and Provenance: the report as a whole (FHIR; PS3.3 C.17.2)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ContentItem
from sr2graph.dicom.header import Participant, VerifyingObserver
from sr2graph.dicom.values import Code, Text, ValueType
from sr2graph.errors import FhirError
from sr2graph.fhir.contexts import Makers
from sr2graph.fhir.doses import SUMMARY, Doses
from sr2graph.fhir.json_text import Json
from sr2graph.fhir.narrative import narrative, spoken
from sr2graph.fhir.observing import Observing
from sr2graph.fhir.presented import extensions, presented_form
from sr2graph.fhir.resources import resource_of
from sr2graph.fhir.tables import category, for_code, keyed
from sr2graph.fhir.texts import clean, coding_of, date_time, instant, uid_identifier
from sr2graph.templates.context import Observer, ObserverKind
from sr2graph.templates.replaced import successors
from sr2graph.templates.value_sets import meanings

LOINC = "http://loinc.org"
REPORT = "18748-4"
"""LOINC: diagnostic imaging report, for reports whose root has no concept name."""

REPLACES = "http://hl7.org/fhir/StructureDefinition/diagnosticReport-replaces"
AGENT_TYPES = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
ATTESTATION = "http://hl7.org/fhir/composition-attestation-mode"
COMPLETION = "http://terminology.hl7.org/CodeSystem/v3-DocumentCompletion"
FUNCTION = "http://hl7.org/fhir/StructureDefinition/event-performerFunction"
SOURCE_ROLE = "source"

_CONCLUDING = frozenset({ValueType.TEXT, ValueType.CODE})
"""Value types of what a report concludes."""


class Documents:
    """Makes what there is once for a report."""

    def __init__(self, makers: Makers, observing: Observing, doses: Doses) -> None:
        self._makers = makers
        self._observing = observing
        self._doses = doses
        self._report = makers.reading.report
        self.identifier = uid_identifier(self._report.sop_instance_uid)
        self.procedure: Json | None = None
        """A reference to what people took part in."""
        self._selected: list[Json] = []
        self.narrated = 0
        """Items that the narrative has."""

    # ------------------------------------------------------------ DiagnosticReport

    def diagnostic_report(self) -> Json:
        """Add the DiagnosticReport; return a reference to it."""
        makers = self._makers
        resource = resource_of("DiagnosticReport", self._report.sop_instance_uid)
        language = self._language()
        resource |= {"language": language} if language else {}
        text, self.narrated = narrative(makers.reading.items)
        text = spoken(text, language) if language else text
        told = [{"type": "DiagnosticReport", "identifier": each} for each in makers.studies.predecessors()]
        replaces = [{"url": REPLACES, "valueReference": each} for each in told]
        extension = [*replaces, *extensions(makers, self._observing, self.procedure)]
        # DomainResource has it before extensions; filled below, once all is known that refers to it.
        resource |= {
            "text": text,
            "contained": makers.studies.contained,
            "extension": extension,
            "identifier": self._identifiers(),
        }
        resource |= {"basedOn": makers.studies.orders(), "status": makers.status["report"]}
        sort = category(makers.flavour.report_category)
        resource["category"] = [coding_of(sort["system"], sort["code"], sort["display"])]
        resource |= {"code": self.code(), "subject": makers.people.patient} | self._when()
        resource |= {"performer": self._with_functions(self._performers), "resultsInterpreter": self._verifiers()}
        study = makers.studies.study()
        asked = [*([study] if study else []), *makers.studies.others(compared=False)]
        resource |= {"result": self._doses.results(), makers.flavour.study_element: asked}
        resource |= self._conclusion()
        if makers.flavour.presented:
            resource["presentedForm"] = [presented_form(text, self._title(), language, makers.flavour)]
        resource = {key: value for key, value in resource.items() if value not in ([], None)}
        makers.resources.add(resource, self.identifier)
        self._map_containers(str(resource["id"]))
        return makers.resources.reference("DiagnosticReport", str(resource["id"]), self.identifier)

    def _map_containers(self, id_: str) -> None:
        """Note the document, and the headings whose observations are its results."""
        reading = self._makers.reading
        held = {reading.parents[node.number] for node in reading.nodes.values() if node.parent is None}
        for number, item in enumerate(reading.items):
            if not number and not reading.nodes.get(0):
                self._makers.account.mapped(item, f"DiagnosticReport/{id_}")
            elif number in held and item.value_type == ValueType.CONTAINER and number not in reading.nodes:
                self._makers.account.mapped(item, "DiagnosticReport.result")

    def code(self) -> Json:
        """Return the document title."""
        items = self._makers.reading.items
        if not items or items[0].concept_name is None:
            return coding_of(LOINC, REPORT)
        return self._makers.values.concept(items[0].concept_name)

    def _identifiers(self) -> list[Json]:
        """Return the SOP Instance UID, and those under which the same document is elsewhere."""
        others = [
            instance.sop_instance_uid
            for study in self._report.document.identical_documents
            for series in study.series
            for instance in series.instances
        ]
        uids = dict.fromkeys([self._report.sop_instance_uid, *filter(None, others)])
        return [uid_identifier(uid) for uid in uids]

    def _when(self) -> Json:
        studies = self._makers.studies
        issued = instant(studies.written, studies.zone)
        if issued is None:
            self._makers.account.note("issued", "no zone or no seconds: (0008,0201) is absent and none was configured")
        root = self._makers.reading.items[0].observation_datetime if self._makers.reading.items else None
        return {"effectiveDateTime": date_time(root or studies.written, studies.zone), "issued": issued}

    def _language(self) -> str | None:
        """Return the language of the content, as a tag of BCP 47."""
        items = self._makers.reading.items
        for child in items[0].children if items else ():
            if not isinstance(child, ContentItem) or not isinstance(child.value, Code):
                continue
            role, concept = self._makers.reading.role(child), child.value.concept
            if role.name == "language" and not role.field and concept is not None:
                tag = self._tag(concept.code or "", concept.scheme or "")
                if tag:
                    self._makers.account.mapped(child, "DiagnosticReport.language")
                return tag
        return None

    @staticmethod
    def _tag(code: str, scheme: str) -> str | None:
        row = keyed("languages", "code").get(code.strip().lower())
        if row is not None:
            return row["tag"]
        is_tag = scheme.strip().upper() in {"RFC5646", "RFC3066", "IETF4646", "ISO639_1"}
        return code.strip() if is_tag and code.strip().replace("-", "").isalnum() and code.isascii() else None

    # ------------------------------------------------------------ people

    @cached_property
    def _performers(self) -> list[Json]:
        """Return who is responsible: authors, else those who observed; the institution of the equipment."""
        authors = [self._person(each) for each in self._report.document.authors]
        if not any(authors):
            authors = [self._observing.contexts.member(each) for each in self._observers()]
        at = self._makers.people.organization(self._report.equipment.institution_name)
        return _once([each for each in (*authors, at) if each is not None])

    def _observers(self) -> list[Observer]:
        """Return the people who observed, each once."""
        contexts = self._makers.reading.contexts
        observers = {id(each): each for context in contexts for each in context.observers}.values()
        return [each for each in observers if each.kind is ObserverKind.PERSON]

    def _with_functions(self, performers: list[Json]) -> list[Json]:
        """Return performers, each with the role in the procedure that the observer context says, if one."""
        contexts, said = self._observing.contexts, dict[str, list[Json]]()
        for each in self._observers():
            who, function = contexts.member(each), contexts.function(each)
            if who is not None and function is not None:
                said.setdefault(str(who), []).append({"url": FUNCTION, "valueCodeableConcept": function})
        return [{**({"extension": said[str(each)][:1]} if str(each) in said else {}), **each} for each in performers]

    def _person(self, participant: Participant) -> Json | None:
        code = participant.person_identification[0] if participant.person_identification else None
        person = self._makers.people.practitioner(participant.person_name, code)
        return self._makers.people.member(person, participant.institution_name) if person is not None else None

    def _verifiers(self) -> list[Json]:
        return _once([made for _, made in self._verified()])

    # ------------------------------------------------------------ key objects

    def key_objects(self) -> None:
        """Add what a key object document is in R4; the selections of the report are made already."""
        authors = self._performers or [self._makers.people.equipment]
        made = self._observing.key_objects.document(authors, self._observing.selected)
        self._selected = [made] if made is not None else self._observing.selected

    # ------------------------------------------------------------ conclusion

    def _conclusion(self) -> Json:
        """Return what the report concludes, in words and codes (conclusions.csv)."""
        values, account = self._makers.values, self._makers.account
        texts: list[str] = []
        codes: dict[str, Json] = {}
        for item in self._concluding():
            if isinstance(item.value, Text) and (text := clean(item.value.text)):
                texts.append(text)
                account.mapped(item, "DiagnosticReport.conclusion")
            elif isinstance(item.value, Code) and item.value.concept is not None:
                code = values.concept(item.value.concept)
                codes[str(code)] = code
                account.mapped(item, "DiagnosticReport.conclusionCode")
        made: Json = {"conclusion": "\n\n".join(texts)} if texts else {}
        return made | ({"conclusionCode": list(codes.values())} if codes else {})

    def _concluding(self) -> Iterator[ContentItem]:
        reading = self._makers.reading
        iris = reading.matching.iris
        for number, item in enumerate(reading.items):
            if item.relationship == "CONTAINS" and item.value_type in _CONCLUDING:
                around = iris[reading.parents[number]] if number else None
                if any(iri is not None and for_code("conclusions", iri) for iri in (iris[number], around)):
                    yield item

    # ------------------------------------------------------------ Composition

    def composition(self) -> None:
        """Add the Composition of a document; its sections are the containers of the document."""
        makers = self._makers
        resource = resource_of("Composition", self._report.sop_instance_uid)
        date = date_time(makers.studies.written, makers.studies.zone)
        if date is None:
            raise FhirError("header: no Content Date (0008,0023), which a document needs. Make another type of bundle")
        identifier, subject = self.identifier, makers.people.patient
        is_r5 = makers.flavour.is_r5
        resource |= {
            "identifier": [identifier] if is_r5 else identifier,
            "status": makers.status["composition"],
            "type": SUMMARY if self._doses.summary is not None else self.code(),
            "subject": [subject] if is_r5 else subject,
            "date": date,
            "author": self._performers or [makers.people.equipment],
            "title": self._title(),
        }
        attesters = [self._attester(each.verified_at, made) for each, made in self._verified()]
        resource |= {"attester": attesters} if attesters else {}
        custodian = self._custodian()
        resource |= {"custodian": custodian} if custodian is not None else {}
        relates = [self._relates(each) for each in makers.studies.predecessors()]
        resource |= {"relatesTo": relates} if relates else {}
        resource["section"] = [*self._doses.sections(), *self._sections()]
        makers.resources.add(resource, self.identifier)

    def _custodian(self) -> Json | None:
        custodian = self._report.document.custodian
        return self._makers.people.organization(custodian.institution_name if custodian is not None else None)

    def _title(self) -> str:
        code = self.code()
        return str(code.get("text") or code["coding"][0].get("display") or "Imaging report")

    def _verified(self) -> Iterator[tuple[VerifyingObserver, Json]]:
        for each in self._report.document.verifying_observers:
            made = self._makers.people.practitioner(each.name, each.identification)
            if made is not None:
                yield each, self._makers.people.member(made, each.organization)

    def _attester(self, at: str | None, party: Json) -> Json:
        mode = coding_of(ATTESTATION, "legal") if self._makers.flavour.is_r5 else "legal"
        time = date_time(at, self._makers.studies.zone)
        return {"mode": mode, **({"time": time} if time else {}), "party": party}

    def _relates(self, identifier: Json) -> Json:
        if not self._makers.flavour.is_r5:
            return {"code": "replaces", "targetIdentifier": identifier}
        return {"type": "replaces", "resourceReference": {"type": "Composition", "identifier": identifier}}

    def _sections(self) -> Iterator[Json]:
        """Yield a section for each part of the document, then one of the report itself."""
        makers, reading = self._makers, self._makers.reading
        for child in reading.items[0].children if reading.items else ():
            if not isinstance(child, ContentItem):
                continue
            start = reading.numbers[id(child)]
            end = next((n for n in range(start + 1, len(reading.items)) if len(reading.items[n].position) == 2), None)
            if child.value_type != ValueType.CONTAINER:
                continue
            text, _ = narrative(reading.items[start:end])
            nodes = (reading.nodes[n] for n in range(start, end or len(reading.items)) if n in reading.nodes)
            top = [node for node in nodes if node.parent is None and not node.is_selection]
            entry = [self._observing.reference(node) for node in top]
            code = self._section_code(child)
            title = code.get("text") or code.get("coding", [{}])[0].get("display")
            named = {"title": title} if title else {}
            yield {**named, "code": code, "text": text, **({"entry": entry} if entry else {})}
        report = resource_of("DiagnosticReport", self._report.sop_instance_uid)
        reference = makers.resources.reference("DiagnosticReport", str(report["id"]), self.identifier)
        yield {"title": "Diagnostic report", "entry": [reference]}
        if self._selected:
            yield {"title": "Images", "entry": self._selected}

    def _section_code(self, item: ContentItem) -> Json:
        """Return the name of a section, first as it is coded since the standard gave up codes of DICOM for LOINC."""
        values = self._makers.values
        made, name = values.name(item), item.concept_name
        successor = successors().get(values.keys.iri(name) or "") if name is not None else None
        if successor is None:
            return made
        code = successor.rpartition("/")[2]
        meaning = meanings().get(("LN", code))
        newer = values.concept(CodedConcept(code, "LN", meaning)) if meaning is not None else {"coding": []}
        return made | {"coding": [*newer["coding"], *made.get("coding", [])]}

    # ------------------------------------------------------------ Provenance

    def provenance(self, target: Json) -> None:
        """Add where it all comes from, the SR instance, and who stands for it: a Provenance for each verification."""
        makers, document = self._makers, self._report.document
        written = instant(makers.studies.written, makers.studies.zone)
        agents = [("assembler", makers.people.equipment)]
        for each in document.participants:
            row, who = keyed("participations", "participation").get(_flag(each.participation_type)), self._person(each)
            agents += [(row["agent"], who)] if row is not None and who is not None else []
        custodian = self._custodian()
        agents += [("custodian", custodian)] if custodian is not None else []
        what = {"identifier": self.identifier, "display": "DICOM Structured Report"}
        self._provenance(target, written, agents, {"entity": [{"role": SOURCE_ROLE, "what": what}]})
        for number, (one, who) in enumerate(self._verified()):
            at = date_time(one.verified_at, makers.studies.zone)
            told: Json = {"occurredDateTime": at} if at else {}
            told |= {"activity": coding_of(COMPLETION, "LA", "legally authenticated")}
            recorded = instant(one.verified_at, makers.studies.zone) or written
            self._provenance(target, recorded, [("verifier", who)], told, f"verification {number}")

    def _provenance(
        self, target: Json, recorded: str | None, agents: list[tuple[str, Json]], about: Json, *key: str
    ) -> None:
        makers = self._makers
        if recorded is None and not makers.flavour.is_r5:
            makers.account.note("Provenance", "not made: R4 wants the instant it was recorded, and there is no zone")
            return
        resource = resource_of("Provenance", self._report.sop_instance_uid, *key)
        resource["target"] = [target]
        resource |= {"recorded": recorded} if recorded else {}
        resource["agent"] = [{"type": coding_of(AGENT_TYPES, kind), "who": who} for kind, who in agents]
        makers.resources.add(resource | about, self.identifier)


def _flag(text: str | None) -> str:
    return (text or "").strip().upper()


def _once(references: list[Json]) -> list[Json]:
    """Return references without those that were there before."""
    return list({str(each): each for each in references}.values())
