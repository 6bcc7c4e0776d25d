"""CT radiation dose reports (PS3.16 TID 10011)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.report import Report
from sr2graph.samples.build import (
    Draft,
    code,
    concept_mod,
    container,
    datetime,
    inferred_from,
    num,
    obs_context,
    properties,
    text,
    uidref,
)
from sr2graph.samples.codes import (
    ABDOMEN,
    ACQUISITION_PROTOCOL,
    AUTOMATED_DATA_COLLECTION,
    CHEST,
    CHEST_ABDOMEN_PELVIS,
    COMMENT,
    DATETIME_STARTED,
    DIAGNOSTIC_INTENT,
    EXPOSURE_TIME,
    HAS_INTENT,
    HEAD,
    IRRADIATION_ADMINISTERING,
    IRRADIATION_AUTHORIZING,
    IRRADIATION_EVENT_UID,
    KV,
    KVP,
    MA,
    MEASUREMENT_METHOD,
    MGY,
    MGY_CM,
    MM,
    MSV,
    NECK,
    NO,
    PROCEDURE_REPORTED,
    RATIO,
    REFERENCE_AUTHORITY,
    SCOPE_OF_ACCUMULATION,
    SOURCE_OF_DOSE_INFORMATION,
    STUDY_INSTANCE_UID,
    STUDY_SCOPE,
    TARGET_REGION,
    XRAY_RADIATION_DOSE_REPORT,
    XRAY_TUBE_CURRENT,
    YES,
    S,
    dcm,
    local,
    sct,
    ucum,
)
from sr2graph.samples.context import device_observer, device_participant, language, person_participant
from sr2graph.samples.document import Issue, report
from sr2graph.samples.identity import rounded, spread, within
from sr2graph.samples.visit import Visit

KIND = "ct_dose"
XRAY_RADIATION_DOSE_SR = "1.2.840.10008.5.1.4.1.1.88.67"
ENHANCED_SR = "1.2.840.10008.5.1.4.1.1.88.22"

CT = sct("77477000", "Computed Tomography X-Ray")
CONSTANT_ANGLE = dcm("113805", "Constant Angle Acquisition")
STATIONARY = dcm("113806", "Stationary Acquisition")
SEQUENCED = dcm("113804", "Sequenced Acquisition")
SPIRAL = sct("116152004", "Spiral Acquisition")
WITH_CONTRAST = sct("27483000", "Diagnostic radiography with contrast media")
WITHOUT_CONTRAST = sct("399331006", "CT without contrast")
HEAD_PHANTOM = dcm("113690", "IEC Head Dosimetry Phantom")
BODY_PHANTOM = dcm("113691", "IEC Body Dosimetry Phantom")
PHANTOM_TYPE = dcm("113835", "CTDIw Phantom Type")
EVENTS = ucum("{events}", "events")
SOURCES = ucum("{X-Ray sources}", "X-Ray sources")


@dataclass(frozen=True, slots=True)
class Phase:
    """One irradiation event of a protocol, as planned for a body mass index of 26."""

    name: str
    region: CodedConcept
    acquisition: CodedConcept
    length: float
    """Scanning length, mm."""
    ctdi: float
    """Median of the mean CTDIvol, mGy; 0 for a localizer."""
    kv: int
    pitch: float = 0
    contrast: CodedConcept = WITHOUT_CONTRAST
    phantom: CodedConcept = BODY_PHANTOM


@dataclass(frozen=True, slots=True)
class Protocol:
    """What is scanned for one kind of study."""

    description: str
    procedure: CodedConcept
    dose_factor: float
    """Effective dose per dose length product, mSv/(mGy.cm)."""
    phases: tuple[Phase, ...]


PROTOCOLS = {
    "head": Protocol(
        "CT head without contrast",
        local("CTHEAD", "CT head without contrast"),
        0.0021,
        (
            Phase("Topogram", HEAD, CONSTANT_ANGLE, 256, 0, 100, phantom=HEAD_PHANTOM),
            Phase("Head seq", HEAD, SEQUENCED, 140, 48, 120, 1, phantom=HEAD_PHANTOM),
            Phase("Skull base", HEAD, SPIRAL, 70, 42, 120, 0.55, phantom=HEAD_PHANTOM),
        ),
    ),
    "chest": Protocol(
        "CT chest without contrast",
        local("CTCHEST", "CT chest without contrast"),
        0.014,
        (
            Phase("Topogram pa", CHEST, CONSTANT_ANGLE, 512, 0, 100),
            Phase("Topogram lat", CHEST, CONSTANT_ANGLE, 512, 0, 100),
            Phase("Chest lowdose", CHEST, SPIRAL, 330, 4.6, 100, 1.2),
        ),
    ),
    "body": Protocol(
        "CT chest, abdomen and pelvis with contrast",
        local("CTCAP", "CT chest, abdomen and pelvis with contrast"),
        0.015,
        (
            Phase("Topogram", CHEST_ABDOMEN_PELVIS, CONSTANT_ANGLE, 768, 0, 120),
            Phase("Premonitoring", ABDOMEN, STATIONARY, 10, 1.1, 120, contrast=WITHOUT_CONTRAST),
            Phase("Monitoring", ABDOMEN, STATIONARY, 10, 7.5, 120, contrast=WITH_CONTRAST),
            Phase("Liver art", ABDOMEN, SPIRAL, 240, 8.9, 100, 0.9, WITH_CONTRAST),
            Phase("Body pv", CHEST_ABDOMEN_PELVIS, SPIRAL, 655, 9.8, 120, 0.9, WITH_CONTRAST),
        ),
    ),
    "head-neck": Protocol(
        "CT head and neck with contrast",
        local("CTHEADNECK", "CT head and neck with contrast"),
        0.0051,
        (
            Phase("Topogram", HEAD, CONSTANT_ANGLE, 512, 0, 100),
            Phase("Head seq", HEAD, SEQUENCED, 140, 47, 120, 1, phantom=HEAD_PHANTOM),
            Phase("Neck ce", NECK, SPIRAL, 290, 11.5, 120, 0.8, WITH_CONTRAST),
        ),
    ),
}

COLLIMATIONS = {SPIRAL: ("0.6", "38.4"), SEQUENCED: ("1.2", "14.4")}
"""Nominal single and total collimation, mm; else 0.6 by 6."""


@dataclass(frozen=True, slots=True)
class Event:
    """An irradiation event as it came out for this patient."""

    phase: Phase
    index: int
    started: float
    """Seconds into the visit."""
    length: Decimal
    ctdi: Decimal
    dlp: Decimal
    current: Decimal
    exposure_time: Decimal


def ct_dose(visit: Visit, protocol: str = "body") -> Report:
    """Return the dose report that the scanner sends at the end of a study."""
    events = _events(visit, PROTOCOLS[protocol])
    # Older scanners keep dose in an Enhanced SR; so do real ones.
    sop_class = ENHANCED_SR if visit.station.software[0].startswith("H64") else XRAY_RADIATION_DOSE_SR
    issue = Issue(
        kind=KIND,
        sop_class_uid=sop_class,
        description="Dose Report",
        series_number=997,
        minutes=events[-1].started / 60 + 2,
    )
    return report(visit, issue, _root(visit, PROTOCOLS[protocol], events))


def _events(visit: Visit, protocol: Protocol) -> tuple[Event, ...]:
    """Return what happened, with a dose that follows the patient's body mass index."""
    random = visit.random(KIND)
    build = 1.035 ** (visit.subject.body_mass_index - 26)
    return tuple(_event(random, phase, index, build) for index, phase in enumerate(protocol.phases))


def _event(random: Random, phase: Phase, index: int, build: float) -> Event:
    length = rounded(within(random.gauss(phase.length, phase.length * 0.05), 5, 900), "0.1")
    ctdi = rounded(spread(random, phase.ctdi or 0.12, 0.22) * build, "0.01")
    seconds = 30 + 75 * index + random.uniform(0, 20)
    return Event(
        phase,
        index,
        seconds,
        length,
        ctdi,
        rounded(ctdi * length / 10, "0.01"),
        rounded(within(spread(random, 160 * build, 0.2), 20, 640), "1"),
        rounded(float(length) / (90 if phase.pitch else 110), "0.01"),
    )


def _root(visit: Visit, protocol: Protocol, events: Sequence[Event]) -> Draft:
    return container(
        XRAY_RADIATION_DOSE_REPORT,
        language(),
        concept_mod(code(PROCEDURE_REPORTED, CT, concept_mod(code(HAS_INTENT, DIAGNOSTIC_INTENT)))),
        *device_observer(visit.station),
        obs_context(datetime(dcm("113809", "Start of X-Ray Irradiation"), visit.after(events[0].started))),
        obs_context(datetime(dcm("113810", "End of X-Ray Irradiation"), visit.after(events[-1].started + 12))),
        obs_context(code(SCOPE_OF_ACCUMULATION, STUDY_SCOPE, properties(uidref(STUDY_INSTANCE_UID, visit.study_uid)))),
        _accumulated(protocol, events),
        *(_acquisition(visit, event) for event in events),
        code(SOURCE_OF_DOSE_INFORMATION, AUTOMATED_DATA_COLLECTION),
        person_participant(visit.radiologist, IRRADIATION_AUTHORIZING, visit),
        template="10011",
    )


def _accumulated(protocol: Protocol, events: Sequence[Event]) -> Draft:
    """Draft TID 10012."""
    irradiated = [event for event in events if event.phase.ctdi]
    total = sum(event.dlp for event in irradiated)
    return container(
        dcm("113811", "CT Accumulated Dose Data"),
        num(dcm("113812", "Total Number of Irradiation Events"), str(len(events)), EVENTS),
        num(dcm("113813", "CT Dose Length Product Total"), str(total), MGY_CM),
        *_sub_totals(irradiated),
        num(
            dcm("113814", "CT Effective Dose Total"),
            str(rounded(float(total) * protocol.dose_factor, "0.01")),
            MSV,
            properties(code(REFERENCE_AUTHORITY, dcm("113841", "ICRP Pub 103"))),
            concept_mod(code(MEASUREMENT_METHOD, dcm("113800", "DLP to E conversion via MC computation"))),
            properties(text(dcm("113815", "Patient Model"), "Hermaphrodite adult phantom")),
        ),
    )


def _sub_totals(events: Sequence[Event]) -> Iterator[Draft]:
    """Draft row 3a: the dose length product per phantom, if there are several."""
    phantoms = dict.fromkeys(event.phase.phantom for event in events)
    for phantom in phantoms if len(phantoms) > 1 else ():
        dlp = sum(event.dlp for event in events if event.phase.phantom == phantom)
        name = dcm("130745", "CT Dose Length Product Sub-Total")
        yield num(name, str(dlp), MGY_CM, properties(code(PHANTOM_TYPE, phantom)))


def _acquisition(visit: Visit, event: Event) -> Draft:
    """Draft TID 10013."""
    phase = event.phase
    return container(
        dcm("113819", "CT Acquisition"),
        text(ACQUISITION_PROTOCOL, phase.name),
        code(TARGET_REGION, phase.region),
        code(dcm("113820", "CT Acquisition Type"), phase.acquisition),
        code(sct("408730004", "Procedure Context"), phase.contrast),
        uidref(IRRADIATION_EVENT_UID, visit.uid("irradiation event", event.index)),
        datetime(DATETIME_STARTED, visit.after(event.started)),
        _parameters(visit, event),
        _dose(visit, event) if phase.ctdi else None,
        text(dcm("113842", "X-Ray Modulation Type"), "XYZ_EC") if phase.pitch else None,
        text(COMMENT, "Internal technical scan parameters: automatic exposure control on") if phase.pitch else None,
        person_participant(visit.technologist, IRRADIATION_ADMINISTERING, visit),
        device_participant(visit.station),
    )


def _parameters(visit: Visit, event: Event) -> Draft:
    """Draft rows 7 to 20 of TID 10013."""
    phase = event.phase
    single, total = COLLIMATIONS.get(phase.acquisition, ("0.6", "6"))
    reconstructable = rounded(event.length - min(event.length / 10, Decimal(12)), "0.1")
    spiral = phase.acquisition is SPIRAL
    return container(
        dcm("113822", "CT Acquisition Parameters"),
        num(EXPOSURE_TIME, str(event.exposure_time), S),
        num(dcm("113825", "Scanning Length"), str(event.length), MM),
        num(dcm("113893", "Length of Reconstructable Volume"), str(reconstructable), MM) if phase.ctdi else None,
        num(dcm("113899", "Exposed Range"), str(event.length + 2), MM) if spiral else None,
        num(dcm("113897", "Top Z Location of Scanning Length"), str(event.length / 2), MM) if spiral else None,
        num(dcm("113898", "Bottom Z Location of Scanning Length"), str(-event.length / 2), MM) if spiral else None,
        uidref(dcm("112227", "Frame of Reference UID"), visit.uid("frame of reference")) if spiral else None,
        num(dcm("113826", "Nominal Single Collimation Width"), single, MM),
        num(dcm("113827", "Nominal Total Collimation Width"), total, MM),
        num(dcm("113828", "Pitch Factor"), str(phase.pitch), RATIO) if phase.pitch else None,
        num(dcm("113823", "Number of X-Ray Sources"), "1", SOURCES),
        _source(event),
    )


def _source(event: Event) -> Draft:
    """Draft rows 14 to 20 of TID 10013."""
    return container(
        dcm("113831", "CT X-Ray Source Parameters"),
        text(dcm("113832", "Identification of the X-Ray Source"), "A"),
        num(KVP, str(event.phase.kv), KV),
        num(dcm("113833", "Maximum X-Ray Tube Current"), str(event.current + 85), MA),
        num(XRAY_TUBE_CURRENT, str(event.current), MA),
        num(dcm("113834", "Exposure Time per Rotation"), "0.5", S) if event.phase.ctdi else None,
    )


def _dose(visit: Visit, event: Event) -> Draft:
    """Draft rows 21 to 35 of TID 10013."""
    return container(
        dcm("113829", "CT Dose"),
        num(dcm("113830", "Mean CTDIvol"), str(event.ctdi), MGY),
        code(PHANTOM_TYPE, event.phase.phantom),
        num(dcm("113838", "DLP"), str(event.dlp), MGY_CM),
        _size_specific(visit, event) if event.phase.phantom is BODY_PHANTOM and event.phase.pitch else None,
        _dose_check("113900", "Dose Check Alert Details", ALERT, "1000"),
        _dose_check("113908", "Dose Check Notification Details", NOTIFICATION, None),
    )


def _size_specific(visit: Visit, event: Event) -> Draft:
    """Draft row 30 of TID 10013: an estimate from the patient's width."""
    lateral = rounded(210 + 5.2 * visit.subject.body_mass_index, "0.1")
    diameter = rounded(0.87 * float(lateral), "0.1")
    factor = 3.704 * 2.718281828 ** (-0.0367 * float(diameter) / 10)  # AAPM report 204, 32 cm phantom
    return num(
        dcm("113930", "Size Specific Dose Estimate"),
        str(rounded(float(event.ctdi) * factor, "0.01")),
        MGY,
        concept_mod(code(MEASUREMENT_METHOD, dcm("113934", "AAPM 204 Lateral Dimension"))),
        inferred_from(num(dcm("113931", "Measured Lateral Dimension"), str(lateral), MM)),
        inferred_from(num(dcm("113933", "Derived Effective Diameter"), str(diameter), MM)),
    )


ALERT = (
    dcm("113901", "DLP Alert Value Configured"),
    dcm("113902", "CTDIvol Alert Value Configured"),
    dcm("113904", "CTDIvol Alert Value"),
)
NOTIFICATION = (
    dcm("113909", "DLP Notification Value Configured"),
    dcm("113910", "CTDIvol Notification Value Configured"),
    dcm("113912", "CTDIvol Notification Value"),
)


def _dose_check(value: str, meaning: str, concepts: tuple[CodedConcept, ...], limit: str | None) -> Draft:
    """Draft one half of TID 10015: what would have made the scanner warn."""
    dlp_configured, ctdi_configured, ctdi_limit = concepts
    return container(
        dcm(value, meaning),
        code(dlp_configured, NO),
        code(ctdi_configured, YES if limit else NO),
        num(ctdi_limit, limit, MGY) if limit else None,
    )
