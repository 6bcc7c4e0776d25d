"""Projection X-ray radiation dose reports: angiography and radiography (PS3.16 TID 10001)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.report import Report
from sr2graph.samples.build import (
    Draft,
    code,
    concept_mod,
    container,
    datetime,
    image,
    num,
    nums,
    obs_context,
    properties,
    text,
    uidref,
)
from sr2graph.samples.codes import (
    ACQUISITION_PROTOCOL,
    AUTOMATED_DATA_COLLECTION,
    DATETIME_STARTED,
    DEGREE,
    DERIVATION,
    DIAGNOSTIC_INTENT,
    ESTIMATED,
    EXPOSURE_TIME,
    GY,
    GY_M2,
    HAS_INTENT,
    IRRADIATION_AUTHORIZING,
    IRRADIATION_EVENT_UID,
    KV,
    KVP,
    M2,
    MA,
    MM,
    MS,
    NO_UNITS,
    PERCENT,
    PROCEDURE_REPORTED,
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
from sr2graph.samples.context import device_observer, language, person_participant
from sr2graph.samples.document import Issue, report
from sr2graph.samples.identity import rounded
from sr2graph.samples.irradiation import (
    FLUORO_SYSTEM,
    INTEGRATED_SYSTEM,
    PROCEDURES,
    ROTATIONAL,
    Event,
    Filter,
    Procedure,
    irradiation_events,
)
from sr2graph.samples.sop_classes import XRAY_RADIATION_DOSE_SR
from sr2graph.samples.visit import ImageSeries, Visit

KIND = "projection_xray_dose"
ACQUISITION_PLANE = dcm("113764", "Acquisition Plane")
REFERENCE_POINT = dcm("113780", "Reference Point Definition")
PULSES_PER_SECOND = ucum("{pulse}/s", "pulse/s")
MICROAMPERE_SECONDS = ucum("uA.s")


def projection_xray_dose(visit: Visit, procedure: str = "coronary", events: int | None = None) -> Report:
    """Return the dose report of a study, with this many irradiation events if so asked."""
    plan = PROCEDURES[procedure]
    happened = tuple(irradiation_events(visit, plan, events))
    images = ImageSeries(visit, 1, visit.station.modality, plan.image_class, len(happened))
    issue = Issue(
        kind=KIND,
        sop_class_uid=XRAY_RADIATION_DOSE_SR,
        description="Radiation Dose Information",
        series_number=995,
        minutes=happened[-1].started / 60 + 3,
        complete=visit.random("completion").random() < 0.95,
        series=(images,),
    )
    return report(visit, issue, _root(visit, plan, happened, images))


def _root(visit: Visit, plan: Procedure, events: Sequence[Event], images: ImageSeries) -> Draft:
    planes = dict.fromkeys(event.plane for event in events)
    available = (("113945", "Detector"), ("113943", "Source"), ("113944", "Mechanical"))
    scope = code(SCOPE_OF_ACCUMULATION, STUDY_SCOPE, properties(uidref(STUDY_INSTANCE_UID, visit.study_uid)))
    return container(
        XRAY_RADIATION_DOSE_REPORT,
        language(),
        concept_mod(
            code(
                PROCEDURE_REPORTED,
                dcm("113704", "Projection X-Ray"),
                concept_mod(code(HAS_INTENT, DIAGNOSTIC_INTENT)),
            )
        ),
        code(dcm("122142", "Acquisition Device Type"), plan.device_type),
        *device_observer(visit.station),
        obs_context(scope),
        *(code(dcm(value, f"X-Ray {what} Data Available"), YES) for value, what in available),
        *(_accumulated(plan, plane, [event for event in events if event.plane is plane]) for plane in planes),
        *(_irradiation_event(visit, plan, event, images) for event in events),
        person_participant(visit.radiologist, IRRADIATION_AUTHORIZING, visit),
        code(SOURCE_OF_DOSE_INFORMATION, AUTOMATED_DATA_COLLECTION),
        template="10001",
    )


def _accumulated(plan: Procedure, plane: CodedConcept, events: Sequence[Event]) -> Draft:
    """Draft TID 10002: calibration, then totals of one plane (TID 10004, 10007)."""
    fluoro = [event for event in events if event.is_fluoroscopy]
    acquired = [event for event in events if not event.is_fluoroscopy]
    frames = sum(event.pulses for event in acquired)
    return container(
        dcm("113702", "Accumulated X-Ray Dose Data"),
        concept_mod(code(ACQUISITION_PLANE, plane)),
        _calibration(),
        *(_fluoro_totals(fluoro, acquired) if plan.device_type is FLUORO_SYSTEM else ()),
        *nums(
            (dcm("113722", "Dose Area Product Total"), _total(event.area_product for event in events), GY_M2),
            (dcm("113725", "Dose (RP) Total"), _total(event.dose for event in events), GY),
            (dcm("113737", "Distance Source to Reference Point"), 600, MM),
            (dcm("113731", "Total Number of Radiographic Frames"), frames, NO_UNITS),
        ),
        code(REFERENCE_POINT, plan.reference_point),
    )


def _calibration() -> Draft:
    return container(
        dcm("122505", "Calibration"),
        concept_mod(code(dcm("113794", "Dose Measurement Device"), sct("15869005", "Dosimeter"))),
        datetime(dcm("113723", "Calibration DateTime"), "20221114083000"),
        num(dcm("122322", "Calibration Factor"), "0.98", NO_UNITS),
        num(dcm("113763", "Calibration Uncertainty"), "5", PERCENT),
        text(dcm("113724", "Calibration Responsible Party"), "Weir Valley Medical Physics"),
    )


def _fluoro_totals(fluoro: Sequence[Event], acquired: Sequence[Event]) -> Iterator[Draft]:
    """Draft TID 10004; rows 1 to 3 only if there was fluoroscopy."""
    if fluoro:
        yield from nums(
            (dcm("113726", "Fluoro Dose Area Product Total"), _total(e.area_product for e in fluoro), GY_M2),
            (dcm("113728", "Fluoro Dose (RP) Total"), _total(e.dose for e in fluoro), GY),
            (dcm("113730", "Total Fluoro Time"), _total(e.seconds for e in fluoro), S),
        )
    yield from nums(
        (dcm("113727", "Acquisition Dose Area Product Total"), _total(e.area_product for e in acquired), GY_M2),
        (dcm("113729", "Acquisition Dose (RP) Total"), _total(e.dose for e in acquired), GY),
        (dcm("113855", "Total Acquisition Time"), _total(e.seconds for e in acquired), S),
    )


def _total(values: Iterable[Decimal]) -> Decimal:
    return sum(values, Decimal(0))


def _irradiation_event(visit: Visit, plan: Procedure, event: Event, images: ImageSeries) -> Draft:
    """Draft TID 10003."""
    acquired = dcm("113795", "Acquired Image")
    return container(
        dcm("113706", "Irradiation Event X-Ray Data"),
        concept_mod(code(ACQUISITION_PLANE, event.plane)),
        uidref(IRRADIATION_EVENT_UID, visit.uid("irradiation event", event.index)),
        datetime(DATETIME_STARTED, visit.after(event.started)),
        code(dcm("113721", "Irradiation Event Type"), event.mode.event_type),
        text(ACQUISITION_PROTOCOL, event.mode.name),
        code(dcm("113745", "Patient Table Relationship"), sct("102540008", "headfirst")),
        _orientation(plan),
        code(TARGET_REGION, plan.region),
        num(dcm("122130", "Dose Area Product"), str(event.area_product), GY_M2),
        *(_detector(event) if plan.device_type is INTEGRATED_SYSTEM else ()),
        image(acquired, images.image(event.index)) if event.mode.makes_images else None,
        *_source(plan, event),
        *_mechanics(event),
    )


def _orientation(plan: Procedure) -> Draft:
    posture, modifier = (
        (("C86043", "NCIt", "erect"), sct("10904000", "standing"))
        if plan.device_type is INTEGRATED_SYSTEM
        else (("102538003", "SCT", "recumbent"), sct("40199007", "supine"))
    )
    name = dcm("113744", "Patient Orientation Modifier")
    return code(dcm("113743", "Patient Orientation"), CodedConcept(*posture), concept_mod(code(name, modifier)))


def _detector(event: Event) -> Iterator[Draft]:
    """Draft TID 10003A."""
    index = rounded(float(event.dose) * 3.1e6, "1")
    return nums(
        (dcm("113845", "Exposure Index"), index, NO_UNITS),
        (dcm("113846", "Target Exposure Index"), 280, NO_UNITS),
        (dcm("113847", "Deviation Index"), rounded(10 * (index / 280).log10(), "0.1"), NO_UNITS),
    )


def _source(plan: Procedure, event: Event) -> Iterator[Draft]:
    """Draft TID 10003B."""
    mode = event.mode
    yield num(dcm("113738", "Dose (RP)"), str(event.dose), GY)
    yield code(REFERENCE_POINT, plan.reference_point)
    if event.is_fluoroscopy:
        yield code(dcm("113732", "Fluoro Mode"), dcm("113631", "Pulsed"))
        yield num(dcm("113791", "Pulse Rate"), str(mode.pulse_rate), PULSES_PER_SECOND)
    counted = concept_mod(code(DERIVATION, ESTIMATED)) if event.is_fluoroscopy else None
    yield num(dcm("113768", "Number of Pulses"), str(event.pulses), NO_UNITS, counted)
    width = Decimal(str(mode.pulse_width))
    yield from nums(
        (dcm("113793", "Pulse Width"), width, MS),
        (dcm("113742", "Irradiation Duration"), event.seconds, S),
        (KVP, event.kv, KV),
        (XRAY_TUBE_CURRENT, event.current, MA),
        (EXPOSURE_TIME, width * event.pulses, MS),
        (dcm("113736", "Exposure"), rounded(event.current * width * event.pulses, "1"), MICROAMPERE_SECONDS),
        (dcm("113766", "Focal Spot Size"), "0.6", MM),
    )
    yield from map(filtration, mode.filters)
    yield num(dcm("113790", "Collimated Field Area"), str(rounded(event.area_product / event.dose, "0.00001")), M2)


def filtration(used: Filter) -> Draft:
    """Draft a filter, or that there is none: rows 18 to 22 of TID 10003B."""
    material = used.material
    return container(
        dcm("113771", "X-Ray Filters"),
        code(dcm("113772", "X-Ray Filter Type"), used.kind),
        code(dcm("113757", "X-Ray Filter Material"), material) if material else None,
        num(dcm("113758", "X-Ray Filter Thickness Minimum"), used.thickness, MM) if material else None,
        num(dcm("113773", "X-Ray Filter Thickness Maximum"), used.thickness, MM) if material else None,
    )


def _mechanics(event: Event) -> Iterator[Draft]:
    """Draft TID 10003C."""
    primary, secondary = event.angles
    longitudinal, lateral, height = event.table
    rotates = event.mode.event_type is ROTATIONAL
    return nums(
        (dcm("112011", "Positioner Primary Angle"), primary, DEGREE),
        (dcm("112012", "Positioner Secondary Angle"), secondary, DEGREE),
        (dcm("113739", "Positioner Primary End Angle"), primary + 200 if rotates else None, DEGREE),
        (dcm("113740", "Positioner Secondary End Angle"), secondary if rotates else None, DEGREE),
        (dcm("113754", "Table Head Tilt Angle"), "0", DEGREE),
        (dcm("113755", "Table Horizontal Rotation Angle"), "0", DEGREE),
        (dcm("113748", "Distance Source to Isocenter"), "785", MM),
        (dcm("113750", "Distance Source to Detector"), "1150", MM),
        (dcm("113751", "Table Longitudinal Position"), longitudinal, MM),
        (dcm("113752", "Table Lateral Position"), lateral, MM),
        (dcm("113753", "Table Height Position"), height, MM),
    )
