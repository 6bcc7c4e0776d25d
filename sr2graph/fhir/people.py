"""People and devices: Patient, Practitioner, Device, and the names they have in each release of FHIR."""

from __future__ import annotations

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.header import Equipment, Patient
from sr2graph.dicom.report import Report
from sr2graph.fhir.accounts import Account
from sr2graph.fhir.issuers import ISSUER_OF_PATIENT_ID, issuer_system
from sr2graph.fhir.json_text import Json
from sr2graph.fhir.profiles import claimed
from sr2graph.fhir.resources import Resources, resource_of
from sr2graph.fhir.tables import Flavour
from sr2graph.fhir.texts import URI_SYSTEM, clean, coding_of, date_time, uid_identifier
from sr2graph.fhir.values import Values
from sr2graph.templates.context import Observer, ObserverKind

GENDERS = {"M": "male", "F": "female", "O": "other"}
"""PS3.3 C.7.1.1 (0010,0040) ↔ FHIR administrative-gender."""

REPRESENTATION = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation"
GROUPS = ("ABC", "IDE", "SYL")
"""PS3.5 6.2.1.2: alphabetic, ideographic, phonetic; codes of ISO 21090 EntityNameUse."""

NAME_PARTS = (("family", False), ("given", True), ("given", True), ("prefix", True), ("suffix", True))
"""Components of VR PN ↔ elements of HumanName, and whether they repeat."""


def human_names(text: str | None) -> list[Json]:
    """Return the component groups of a person name (PS3.5 6.2.1)."""
    groups = [_human_name(group) for group in (text or "").split("=")[:3]]
    several = sum(map(bool, groups)) > 1
    marked = zip(groups, GROUPS, strict=False)
    extension = ({"extension": [{"url": REPRESENTATION, "valueCode": code}]} if several else {} for _, code in marked)
    return [{**mark, **name} for name, mark in zip(groups, extension, strict=False) if name]


def _human_name(group: str) -> Json:
    name: Json = {}
    for text, (element, repeats) in zip(group.split("^"), NAME_PARTS, strict=False):
        told = clean(text)
        if told and repeats:
            name[element] = name.get(element, []) + told.split()
        elif told:
            name[element] = told
    return name


class People:
    """Makes the people and devices of one report, each once."""

    def __init__(  # noqa: PLR0913, PLR0917 # what they are made of
        self,
        report: Report,
        flavour: Flavour,
        resources: Resources,
        values: Values,
        account: Account,
        patient_system: str | None,
    ) -> None:
        self._report = report
        self._flavour = flavour
        self._resources = resources
        self._values = values
        self._account = account
        self._patient_system = patient_system
        self._seen: dict[int, tuple[Observer, Json | None]] = {}
        self._practitioners: dict[tuple[str | None, CodedConcept | None, str | None, bool], Json | None] = {}
        self.patient = self._patient(report.patient)
        self.equipment = self._equipment(report.equipment)

    # ------------------------------------------------------------ patient

    def _patient(self, patient: Patient) -> Json:
        """Return a reference to the patient.

        An ID without an issuer is unique in nothing we know of: then the patient is that of the study (PS3.3 C.7.1.1),
        so that no two people are merged.
        """
        told, issuer = clean(patient.patient_id), clean(patient.issuer)
        said = issuer_system(self._report.other, ISSUER_OF_PATIENT_ID)
        scope = (
            said
            or issuer
            or self._patient_system
            or self._report.study.study_instance_uid
            or self._report.sop_instance_uid
        )
        resource = resource_of("Patient", scope, told or "")
        if told is None:
            identifier: Json = {"system": URI_SYSTEM, "value": f"urn:uuid:{resource['id']}"}
        else:
            # What is configured is for IDs that say nothing themselves.
            uri = said or (None if issuer else self._patient_system)
            system = {"system": uri} if uri else {}
            identifier = {**system, "value": told, **({"assigner": {"display": issuer}} if issuer else {})}
        # Found by: unique also where the ID is not.
        own = {"system": URI_SYSTEM, "value": f"urn:uuid:{resource['id']}"}
        resource["identifier"] = [identifier] if told is None else [identifier, own]
        names = human_names(patient.name)
        gender = GENDERS.get((patient.sex or "").strip(), "unknown") if patient.sex else None
        born = date_time(patient.birth_date, None)
        resource |= {"name": names} if names else {}
        resource |= {"gender": gender} if gender else {}
        resource |= {"birthDate": born} if born else {}
        # One that the server has under the same system and ID is the same patient.
        self._resources.add(resource, identifier if "system" in identifier else own)
        return self._resources.reference("Patient", resource["id"], identifier)

    # ------------------------------------------------------------ practitioners

    def practitioner(
        self, name: str | None, code: CodedConcept | None = None, login: str | None = None, *, free: bool = False
    ) -> Json | None:
        """Return a reference to a person; a name alone is a person of this report only."""
        key = name, code, login, free
        if key not in self._practitioners:
            self._practitioners[key] = self._practitioner(name, code, login, free=free)
        return self._practitioners[key]

    def _practitioner(
        self, name: str | None, code: CodedConcept | None, login: str | None, *, free: bool
    ) -> Json | None:
        said, number = clean(name), clean(code.code) if code is not None else clean(login)
        if not said and not number:
            return None
        scheme = (code.scheme_uid or code.scheme or "") if code is not None else ""
        scope = ("identified", scheme) if code is not None and number else (self._report.sop_instance_uid, said or "")
        resource = resource_of("Practitioner", *scope, number or "")
        own: Json = {"system": URI_SYSTEM, "value": f"urn:uuid:{resource['id']}"}
        resource["identifier"] = [own, *([{"value": number}] if number else [])]
        # A TEXT may hold a name in any notation; a PNAME has that of VR PN.
        names = human_names(said) if said and not free else [{"text": said}] if said else []
        resource |= {"name": names} if names else {}
        self._resources.add(claimed(resource, "", self._flavour, self._account), own)
        return self._resources.reference("Practitioner", resource["id"], own, said)

    def organization(self, name: str | None) -> Json | None:
        """Return a reference to an institution; its name is all that a report says."""
        said = clean(name)
        if not said:
            return None
        resource = resource_of("Organization", said)
        own: Json = {"system": URI_SYSTEM, "value": f"urn:uuid:{resource['id']}"}
        self._resources.add(resource | {"identifier": [own], "name": said}, own)
        return self._resources.reference("Organization", str(resource["id"]), own, said)

    def member(self, person: Json, organization: str | None, role: CodedConcept | None = None) -> Json:
        """Return a reference to a person in an organization, or in a role there; the person where neither is said.

        Where people are elsewhere, so are their roles.
        """
        at = self.organization(organization)
        if self._resources.is_elsewhere("Practitioner") or (at is None and role is None):
            return person
        told = self._values.keys.iri(role) or str(role) if role is not None else ""
        resource = resource_of("PractitionerRole", person["identifier"]["value"], clean(organization) or "", told)
        own: Json = {"system": URI_SYSTEM, "value": f"urn:uuid:{resource['id']}"}
        resource |= {"identifier": [own], "practitioner": person}
        resource |= {"organization": at} if at is not None else {}
        resource |= {"code": [self._values.concept(role)]} if role is not None else {}
        self._resources.add(resource, own)
        return self._resources.reference("PractitionerRole", str(resource["id"]), own, person.get("display"))

    # ------------------------------------------------------------ devices

    def _equipment(self, equipment: Equipment) -> Json:
        """Return a reference to the device that made the report (PS3.3 C.7.5.1)."""
        key = (equipment.manufacturer, equipment.model_name, equipment.serial_number, *equipment.software_versions)
        scope = () if equipment.serial_number else (self._report.sop_instance_uid,)
        told = "equipment", *scope, *(clean(each) or "" for each in key)
        resource = resource_of("Device", *(_of_uid(equipment.device_uid) or told))
        fields = {
            "manufacturer": clean(equipment.manufacturer),
            "serialNumber": clean(equipment.serial_number),
            "modelNumber": clean(equipment.model_name),
        }
        versions = [version for each in equipment.software_versions if (version := clean(each))]
        return self._device(resource, "equipment", equipment.device_uid, clean(equipment.model_name), fields, versions)

    def device(self, observer: Observer) -> Json | None:
        """Return a reference to an observer that is a device or an algorithm."""
        seen = self._seen.get(id(observer))
        if seen is None:
            is_algorithm = observer.kind is ObserverKind.ALGORITHM
            made = self._algorithm(observer) if is_algorithm else self._participant(observer)
            seen = self._seen[id(observer)] = observer, made
        return seen[1]

    def _participant(self, observer: Observer) -> Json | None:
        fields = {
            "manufacturer": clean(observer.manufacturer),
            "serialNumber": clean(observer.serial),
            "modelNumber": clean(observer.model),
        }
        name = clean(observer.name) or clean(observer.model) or clean(observer.station)
        if not name and not observer.uid and not any(fields.values()):
            return None
        told = "device", self._report.sop_instance_uid, *(each or "" for each in (name, *fields.values()))
        resource = resource_of("Device", *(_of_uid(observer.uid) or told))
        place = clean(observer.location)
        resource |= {"location": {"type": "Location", "display": place}} if place else {}
        return self._device(resource, "device", observer.uid, name, fields, [])

    def _algorithm(self, observer: Observer) -> Json | None:
        name, version = clean(observer.name), clean(observer.version)
        if not name:
            return None
        parameters = [told for each in observer.parameters if (told := clean(each))]
        key = (name, version or "", clean(observer.manufacturer) or "", *parameters)
        resource = resource_of("Device", "algorithm", str(self.equipment.get("identifier", {}).get("value", "")), *key)
        if observer.family is not None:
            family = self._values.concept(observer.family)
            resource["type"] = [family] if self._flavour.is_r5 else family
        if parameters:
            resource["property"] = [self._parameter(each) for each in parameters]
        resource["parent"] = self.equipment
        fields = {"manufacturer": clean(observer.manufacturer)}
        return self._device(resource, "algorithm", observer.uid, name, fields, [version] if version else [])

    def _parameter(self, text: str) -> Json:
        """Return a property of an algorithm; in R4 only codes and quantities are values."""
        named = coding_of("http://dicom.nema.org/resources/ontology/DCM", "111002", "Algorithm Parameters")
        return {"type": named, "valueString": text} if self._flavour.is_r5 else {"type": named | {"text": text}}

    def _device(  # noqa: PLR0913, PLR0917 # the parts of a device
        self,
        resource: Json,
        kind: str,
        uid: str | None,
        name: str | None,
        fields: dict[str, str | None],
        versions: list[str],
    ) -> Json:
        own: Json = {"system": URI_SYSTEM, "value": f"urn:uuid:{resource['id']}"}
        told = uid_identifier(uid) if uid else own
        resource["identifier"] = [told]
        if name and self._flavour.is_r5:
            resource["displayName"] = name
        elif name:
            resource["deviceName"] = [
                {"name": name, "type": "model-name" if kind == "equipment" else "user-friendly-name"}
            ]
        resource |= {element: value for element, value in fields.items() if value}
        resource |= {"version": [{"value": version} for version in versions]} if versions else {}
        made = claimed(resource, kind, self._flavour, self._account)
        reference = self._resources.reference("Device", str(resource["id"]), told, name)
        known = self._resources.find(reference)
        if known is None:
            self._resources.add(made, told)
        else:  # what made the report may be an observer in it, too
            self._resources.replace(_joined(known, made, self._account))
        return reference


def _of_uid(uid: str | None) -> tuple[str, ...]:
    """Return what identifies a device that has a UID: whatever part it plays, it is one device."""
    return ("uid", uid) if uid else ()


def _joined(known: Json, made: Json, account: Account) -> Json:
    """Return one device of what was said of it twice: lists have all, of the rest the first word counts."""
    profiles = [profile for each in (known, made) for profile in each.get("meta", {}).get("profile", ())]
    meta = {"meta": {"profile": list(dict.fromkeys(profiles))}} if profiles else {}
    named, other = known.get("displayName"), made.get("displayName")
    if named and other and named != other:
        made = made | {"displayName": named, "name": [{"value": other, "type": "user-friendly-name"}]}
    for element, value in made.items():
        if element in known and not isinstance(value, list | dict) and value != known[element]:
            account.note(f"Device.{element}", "said twice of one device, and not the same: the first is kept")
    lists = {
        name: [*value, *(each for each in made.get(name, ()) if not any(each.items() <= one.items() for one in value))]
        for name, value in known.items()
        if isinstance(value, list)
    }
    return {"resourceType": known["resourceType"], "id": known["id"]} | meta | made | known | lists | meta
