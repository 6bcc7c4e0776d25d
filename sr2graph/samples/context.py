"""Parts of the tree that many templates share: language, observers, participants."""

from __future__ import annotations

from sr2graph.dicom.concept import CodedConcept
from sr2graph.samples.build import Draft, code, concept_mod, obs_context, pname, properties, text, uidref
from sr2graph.samples.codes import IRRADIATING_DEVICE, LANGUAGE, LANGUAGES, dcm
from sr2graph.samples.fleet import Station
from sr2graph.samples.people import Staff
from sr2graph.samples.visit import Visit

OBSERVER_TYPE = dcm("121005", "Observer Type")
PERSON = dcm("121006", "Person")
DEVICE = dcm("121007", "Device")
DEVICE_OBSERVER_UID = dcm("121012", "Device Observer UID")
PERSON_OBSERVER_NAME = dcm("121008", "Person Observer Name")
PERSON_OBSERVER_ORGANIZATION = dcm("121009", "Person Observer's Organization Name")
PERSON_OBSERVER_ROLE = dcm("121011", "Person Observer's Role in this Procedure")
PERFORMING = dcm("121094", "Performing")

PROCEDURE_STUDY_INSTANCE_UID = dcm("121018", "Procedure Study Instance UID")
ACCESSION_NUMBER = dcm("121022", "Accession Number")
SUBJECT_CLASS = dcm("121024", "Subject Class")
PATIENT = dcm("121025", "Patient")

PERSON_NAME = dcm("113870", "Person Name")
PERSON_ROLE_IN_PROCEDURE = dcm("113875", "Person Role in Procedure")
PERSON_ID = dcm("113871", "Person ID")
PERSON_ID_ISSUER = dcm("113872", "Person ID Issuer")
ORGANIZATION_NAME = dcm("113873", "Organization Name")
DEVICE_ROLE = dcm("113876", "Device Role in Procedure")


def language(tag: str = "en-US") -> Draft:
    """Draft TID 1204: the language of the report."""
    return concept_mod(code(LANGUAGE, LANGUAGES[tag]))


def device_observer(station: Station) -> tuple[Draft, ...]:
    """Draft TID 1002 for a device."""
    device = (
        code(OBSERVER_TYPE, DEVICE),
        uidref(DEVICE_OBSERVER_UID, station.uid),
        text(dcm("121013", "Device Observer Name"), station.name),
        text(dcm("121014", "Device Observer Manufacturer"), station.manufacturer),
        text(dcm("121015", "Device Observer Model Name"), station.model),
        text(dcm("121016", "Device Observer Serial Number"), station.serial_number),
        text(dcm("121017", "Device Observer Physical Location During Observation"), station.hospital.name),
    )
    return tuple(map(obs_context, device))


def person_observer(who: Staff, visit: Visit) -> tuple[Draft, ...]:
    """Draft TID 1002 for a person."""
    person = (
        code(OBSERVER_TYPE, PERSON),
        pname(PERSON_OBSERVER_NAME, who.name),
        text(PERSON_OBSERVER_ORGANIZATION, visit.station.hospital.name),
        code(PERSON_OBSERVER_ROLE, PERFORMING),
    )
    return tuple(map(obs_context, person))


def procedure_context(visit: Visit) -> tuple[Draft, ...]:
    """Draft TID 1005: the study that was observed."""
    study = (
        uidref(PROCEDURE_STUDY_INSTANCE_UID, visit.study_uid),
        text(ACCESSION_NUMBER, visit.accession_number),
    )
    return tuple(map(obs_context, study))


def subject_context() -> Draft:
    """Draft TID 1006: the patient is the subject."""
    return obs_context(code(SUBJECT_CLASS, PATIENT))


def person_participant(who: Staff, role: CodedConcept, visit: Visit) -> Draft:
    """Draft TID 1020: a person and what the person did."""
    return pname(
        PERSON_NAME,
        who.name,
        properties(code(PERSON_ROLE_IN_PROCEDURE, role)),
        properties(text(PERSON_ID, who.number)),
        properties(text(PERSON_ID_ISSUER, visit.station.hospital.name)),
        properties(text(ORGANIZATION_NAME, visit.station.hospital.name)),
    )


def device_participant(station: Station) -> Draft:
    """Draft TID 1021: the device that irradiated."""
    return code(
        DEVICE_ROLE,
        IRRADIATING_DEVICE,
        properties(text(dcm("113877", "Device Name"), station.name)),
        properties(text(dcm("113878", "Device Manufacturer"), station.manufacturer)),
        properties(text(dcm("113879", "Device Model Name"), station.model)),
        properties(text(dcm("113880", "Device Serial Number"), station.serial_number)),
        properties(uidref(DEVICE_OBSERVER_UID, station.uid)),
    )
