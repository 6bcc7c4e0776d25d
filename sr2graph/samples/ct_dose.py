"""CT radiation dose reports (PS3.16 TID 10011)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random

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
    ACQUISITION_PROTOCOL,
    AUTOMATED_DATA_COLLECTION,
    COMMENT,
    DATETIME_STARTED,
    DIAGNOSTIC_INTENT,
    EXPOSURE_TIME,
    HAS_INTENT,
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
    sct,
    ucum,
)
from sr2graph.samples.context import device_observer, device_participant, language, person_participant
from sr2graph.samples.ct_protocols import (
    BODY_PHANTOM,
    PROTOCOLS,
    SEQUENCED,
    SPIRAL,
    Phase,
    Protocol,
    limits,
    protocol_name,
)
from sr2graph.samples.document import Issue, report
from sr2graph.samples.dose_check import Planned, dose_check
from sr2graph.samples.identity import rounded, spread, within
from sr2graph.samples.sop_classes import ENHANCED_SR, XRAY_RADIATION_DOSE_SR
from sr2graph.samples.visit import Visit

KIND = "ct_dose"

CT = sct("77477000", "Computed Tomography X-Ray")
PHANTOM_TYPE = dcm("113835", "CTDIw Phantom Type")
EVENTS = ucum("{events}", "events")
SOURCES = ucum("{X-Ray sources}", "X-Ray sources")


COLLIMATIONS = {SPIRAL: ("0.6", "38.4"), SEQUENCED: ("1.2", "14.4")}
"""Nominal single and total collimation, mm; else 0.6 by 6."""


OUTLIERS = 0.015
"""How often an event gives several times the usual dose: the wrong protocol, or arms beside the body."""
REPEATS = 0.03
"""How often a spiral is done again because the patient moved."""


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
    repeats: int | None
    """The index of the event that this one repeats."""


def ct_dose(visit: Visit, protocol: str = "body") -> Report:
    """Return the dose report that the scanner sends at the end of a study."""
    events = tuple(_events(visit, PROTOCOLS[protocol]))
    # Older scanners keep dose in an Enhanced SR; so do real ones.
    sop_class = ENHANCED_SR if visit.station.software[0].startswith("H64") else XRAY_RADIATION_DOSE_SR
    issue = Issue(
        kind=KIND,
        sop_class_uid=sop_class,
        description="Dose Report",
        series_number=997,
        minutes=events[-1].started / 60 + 2,
        complete=visit.random("completion").random() < 0.98,
    )
    return report(visit, issue, _root(visit, PROTOCOLS[protocol], events))


def _events(visit: Visit, protocol: Protocol) -> Iterator[Event]:
    """Yield what happened, with a dose that follows the patient's body mass index."""
    random, mishaps = visit.random(KIND), visit.random("mishaps")
    build = 1.035 ** (visit.subject.body_mass_index - 26)
    index = 0
    for phase in protocol.phases:
        factor = mishaps.uniform(2.2, 4) if phase.ctdi and mishaps.random() < OUTLIERS else 1
        yield _event(random, phase, index, build * factor, None)
        index += 1
        if phase.pitch and mishaps.random() < REPEATS:
            yield _event(random, phase, index, build, index - 1)
            index += 1


def _event(random: Random, phase: Phase, index: int, build: float, repeats: int | None) -> Event:
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
        repeats,
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
        *(_acquisition(visit, event, before) for event, before in zip(events, _running(events), strict=True)),
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


def _running(events: Sequence[Event]) -> Iterator[tuple[Decimal, Decimal]]:
    """Yield for each event the CTDIvol and the dose length product of all events up to it."""
    ctdi = dlp = Decimal(0)
    for event in events:
        ctdi += event.ctdi
        dlp += event.dlp
        yield ctdi, dlp


def _acquisition(visit: Visit, event: Event, accumulated: tuple[Decimal, Decimal]) -> Draft:
    """Draft TID 10013."""
    phase = event.phase
    return container(
        dcm("113819", "CT Acquisition"),
        text(ACQUISITION_PROTOCOL, protocol_name(phase, visit.station)),
        code(TARGET_REGION, phase.region),
        code(dcm("113820", "CT Acquisition Type"), phase.acquisition),
        code(sct("408730004", "Procedure Context"), phase.contrast),
        uidref(IRRADIATION_EVENT_UID, _event_uid(visit, event.index)),
        _repetition(visit, event.repeats) if event.repeats is not None else None,
        datetime(DATETIME_STARTED, visit.after(event.started)),
        _parameters(visit, event),
        _dose(visit, event, accumulated) if phase.ctdi else None,
        text(dcm("113842", "X-Ray Modulation Type"), "XYZ_EC") if phase.pitch else None,
        text(COMMENT, "Internal technical scan parameters: automatic exposure control on") if phase.pitch else None,
        person_participant(visit.technologist, IRRADIATION_ADMINISTERING, visit),
        device_participant(visit.station),
    )


def _event_uid(visit: Visit, index: int) -> str:
    return visit.uid("irradiation event", index)


def _repetition(visit: Visit, repeated: int) -> Draft:
    """Draft rows 6d to 6e1 of TID 10013."""
    reason = code(dcm("128552", "Reason for Repeating Acquisition"), dcm("128553", "Patient motion"))
    return code(
        dcm("128551", "Is Repeated Acquisition"),
        YES,
        concept_mod(reason),
        properties(uidref(IRRADIATION_EVENT_UID, _event_uid(visit, repeated))),
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


def _dose(visit: Visit, event: Event, accumulated: tuple[Decimal, Decimal]) -> Draft:
    """Draft rows 21 to 35 of TID 10013."""
    random = visit.random(f"dose check {event.index}")
    planned = Planned(event.ctdi, event.dlp, *accumulated)
    return container(
        dcm("113829", "CT Dose"),
        num(dcm("113830", "Mean CTDIvol"), str(event.ctdi), MGY),
        code(PHANTOM_TYPE, event.phase.phantom),
        num(dcm("113838", "DLP"), str(event.dlp), MGY_CM),
        _size_specific(visit, event) if event.phase.phantom is BODY_PHANTOM and event.phase.pitch else None,
        *dose_check(random, visit, limits(event.phase, visit.station), planned),
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
