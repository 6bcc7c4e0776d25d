"""Sites and subjects: bodySite, BodyStructure, and whom or what an observation is about.

A site alone is a bodySite.  With a side, a modifier or something that is tracked it is a BodyStructure; in R5 an
Observation has one or the other (invariant obs-8).  A fetus is a BodyStructure of its mother, one for each fetus.
"""

from __future__ import annotations

from collections.abc import Iterable

from sr2graph.dicom.content import ContentItem, position_text
from sr2graph.dicom.report import Report
from sr2graph.fhir.accounts import Account
from sr2graph.fhir.json_text import Json
from sr2graph.fhir.people import People
from sr2graph.fhir.profiles import claimed
from sr2graph.fhir.resources import Resources, resource_of
from sr2graph.fhir.tables import Flavour
from sr2graph.fhir.texts import DCM, URI_SYSTEM, clean, coding_of, uid_identifier
from sr2graph.fhir.values import Values
from sr2graph.templates.context import Observer, ObserverKind, Subject, SubjectKind
from sr2graph.templates.properties import Properties

TRACKING_IDENTIFIER = ("112039", "Tracking Identifier")
TRACKING_UID = ("112040", "Tracking Unique Identifier")
FETUS = ("121026", "Fetus")
FETUS_ID = ("http://loinc.org", "11951-1", "Fetus ID")
FOCUS_CODE = "http://hl7.org/fhir/StructureDefinition/observation-focusCode"
MOST_SITES = 32
"""Sites, and modifiers, of one observation: what many observations share would multiply. The others are components."""

BODY_SITE = "http://hl7.org/fhir/StructureDefinition/bodySite"


class Sites:
    """Makes the body structures and subjects of one report, each once."""

    def __init__(  # noqa: PLR0913, PLR0917 # what they are made of
        self, report: Report, flavour: Flavour, resources: Resources, values: Values, people: People, account: Account
    ) -> None:
        self._report = report
        self._flavour = flavour
        self._resources = resources
        self._values = values
        self._people = people
        self._account = account
        self._fetuses: dict[str, set[str]] = {}
        """Subject UID ↔ the fetuses that the report gives it to."""
        self._uids: dict[str, set[str]] = {}
        """The other way round."""
        self._made: dict[int, tuple[Properties, Json]] = {}

    def expect(self, subjects: Iterable[Subject]) -> None:
        """Note which subjects there are, so that a fetus is the same one however it is told of."""
        for subject in subjects:
            told = _fetus_of(subject)
            if subject.uid and told:
                self._fetuses.setdefault(subject.uid, set()).add(told)
                self._uids.setdefault(told, set()).add(subject.uid)

    # ------------------------------------------------------------ sites

    def elements(self, properties: Properties, item: ContentItem) -> Json:
        """Return the elements of an Observation that say where, as an item tells; empty where nothing does."""
        made = self._made.get(id(properties))
        if made is None:
            made = self._made[id(properties)] = properties, self._elements(_few(properties), item)
        return made[1]

    def _elements(self, properties: Properties, item: ContentItem) -> Json:
        sites = properties.finding_sites
        if not sites:
            return {}
        if not self._is_structure(properties):
            return {"bodySite": self._values.concept(sites[0])}
        reference = self._structure(properties, item)
        if self._flavour.site_element == "bodyStructure":
            return {"bodyStructure": reference}
        extension = {"extension": [{"url": BODY_SITE, "valueReference": reference}]}
        return {"bodySite": {**extension, **self._values.concept(sites[0])}}

    @staticmethod
    def tracking(properties: Properties) -> list[Json]:
        """Return the identifiers that follow a finding through time."""
        text, uid = clean(properties.tracking_identifier), properties.tracking_uid
        made = [{"type": coding_of(DCM, *TRACKING_IDENTIFIER), "value": text}] if text else []
        return made + ([uid_identifier(uid, *TRACKING_UID)] if uid else [])

    def _is_structure(self, properties: Properties) -> bool:
        tracked = properties.tracking_identifier or properties.tracking_uid
        several = len(properties.finding_sites) > 1
        return bool(several or properties.laterality or properties.site_modifiers or tracked)

    def _structure(self, properties: Properties, item: ContentItem) -> Json:
        """Return a reference to the structure; a tracking UID is the same lesion in all reports about a patient."""
        concepts = (*properties.finding_sites, properties.laterality, *properties.site_modifiers)
        told = [self._values.keys.iri(each) or str(each) for each in concepts if each is not None]
        uid = properties.tracking_uid
        patient = str(self._people.patient.get("identifier", {}))
        text = properties.tracking_identifier or ""
        scope = (patient, uid) if uid else (self._report.sop_instance_uid, text)
        resource = resource_of("BodyStructure", *scope, *told)
        own: Json = {"system": URI_SYSTEM, "value": f"urn:uuid:{resource['id']}"}
        resource["identifier"] = [*self.tracking(properties), own]
        resource["patient"] = self._people.patient
        resource |= self._where(properties)
        self._resources.add(claimed(resource, "", self._flavour, self._account), own)
        self._account.derived(resource, item)
        return self._resources.reference("BodyStructure", str(resource["id"]), own)

    def _where(self, properties: Properties) -> Json:
        concept = self._values.concept
        if self._flavour.is_r5:
            side = {"laterality": concept(properties.laterality)} if properties.laterality else {}
            more = {"qualifier": [concept(each) for each in properties.site_modifiers]}
            rest = side | (more if properties.site_modifiers else {})
            return {"includedStructure": [{"structure": concept(site), **rest} for site in properties.finding_sites]}
        sides = [*([properties.laterality] if properties.laterality else []), *properties.site_modifiers]
        made: Json = {"location": concept(properties.finding_sites[0])}
        made |= {"locationQualifier": [concept(each) for each in sides]} if sides else {}
        others = [clean(str(each)) for each in properties.finding_sites[1:]]
        return made | ({"description": "; ".join(filter(None, others))} if others else {})

    # ------------------------------------------------------------ subjects

    def subject(self, subject: Subject | None) -> Json:
        """Return subject, focus and specimen of an observation; the subject is the patient of the header."""
        elements: Json = {"subject": self._people.patient}
        if subject is None or subject.kind in {None, SubjectKind.PATIENT}:
            return elements
        if subject.kind is SubjectKind.SPECIMEN:
            return elements | {"specimen": self._specimen(subject)}
        focus = self._fetus(subject) if subject.kind is SubjectKind.FETUS else self._device(subject)
        return elements | ({"focus": [focus]} if focus is not None else {})

    @staticmethod
    def focus_code(subject: Subject | None) -> list[Json]:
        """Return the extension that tells those who ignore focus that it is not the patient."""
        if subject is None or subject.kind is not SubjectKind.FETUS:
            return []
        return [{"url": FOCUS_CODE, "valueCodeableConcept": coding_of(DCM, *FETUS)}]

    def _key(self, subject: Subject, told: str | None) -> tuple[str, ...]:
        """Return what identifies a subject: its UID, else its number in the report, else where it is told of.

        A UID that is given to twins tells neither of them.
        """
        uids = self._uids.get(told or "", set())
        uid = subject.uid or (min(uids) if len(uids) == 1 else None)
        if uid and len(self._fetuses.get(uid, ())) < 2:
            return "uid", str(self._people.patient.get("identifier", {})), uid
        place = told or f"at {position_text(subject.item.position)}"
        return self._report.sop_instance_uid, "told" if told else "at", uid or "", place

    def _fetus(self, subject: Subject) -> Json:
        told = _fetus_of(subject)
        resource = resource_of("BodyStructure", "fetus", *self._key(subject, told))
        own: Json = {"system": URI_SYSTEM, "value": f"urn:uuid:{resource['id']}"}
        named = [{"type": coding_of(*FETUS_ID), "value": told}] if told else []
        resource["identifier"] = [*named, *([uid_identifier(subject.uid)] if subject.uid else []), own]
        resource["patient"] = self._people.patient
        fetus = coding_of(DCM, *FETUS)
        resource |= {"includedStructure": [{"structure": fetus}]} if self._flavour.is_r5 else {"location": fetus}
        self._resources.add(resource, own)
        self._account.derived(resource, *subject.items)
        return self._resources.reference("BodyStructure", str(resource["id"]), own, told and f"Fetus {told}")

    def _specimen(self, subject: Subject) -> Json:
        told = clean(subject.identifier)
        resource = resource_of("Specimen", *self._key(subject, told))
        own: Json = {"system": URI_SYSTEM, "value": f"urn:uuid:{resource['id']}"}
        identifiers = [uid_identifier(subject.uid)] if subject.uid else []
        resource["identifier"] = [*identifiers, *([{"value": told}] if told else []), own]
        resource |= {"type": self._values.concept(subject.specimen_type)} if subject.specimen_type else {}
        resource["subject"] = self._people.patient
        self._resources.add(resource, own)
        self._account.derived(resource, *subject.items)
        return self._resources.reference("Specimen", str(resource["id"]), own)

    def _device(self, subject: Subject) -> Json | None:
        observer = Observer(
            ObserverKind.DEVICE,
            subject.item,
            name=subject.name,
            uid=subject.uid,
            manufacturer=subject.manufacturer,
            model=subject.model,
            serial=subject.serial,
        )
        made = self._people.device(observer)
        self._account.derived(self._resources.find(made or {}), *subject.items)
        return made


def _fetus_of(subject: Subject) -> str | None:
    return clean(subject.fetus) or clean(subject.identifier)


def _few(properties: Properties) -> Properties:
    """Return properties with as many sites as one observation has."""
    if len(properties.finding_sites) <= MOST_SITES and len(properties.site_modifiers) <= MOST_SITES:
        return properties
    return properties._replace(
        finding_sites=properties.finding_sites[:MOST_SITES],
        site_modifiers=properties.site_modifiers[:MOST_SITES],
    )
