"""Mammography dose reports: the average glandular dose of each exposure (PS3.16 TID 10001 and 10005)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from sr2graph.dicom.report import Report
from sr2graph.samples.breasts import CRANIO_CAUDAL, LEFT_BREAST, RIGHT_BREAST, VIEWS, View
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
    BREAST,
    DATETIME_STARTED,
    DEGREE,
    EXPOSURE_TIME,
    HAS_INTENT,
    IRRADIATION_ADMINISTERING,
    IRRADIATION_EVENT_UID,
    KV,
    KVP,
    LATERALITY,
    LEFT,
    M2,
    MA,
    MGY,
    MM,
    MS,
    NO_UNITS,
    PROCEDURE_REPORTED,
    RIGHT,
    SCOPE_OF_ACCUMULATION,
    SOURCE_OF_DOSE_INFORMATION,
    STUDY_INSTANCE_UID,
    STUDY_SCOPE,
    TARGET_REGION,
    XRAY_RADIATION_DOSE_REPORT,
    XRAY_TUBE_CURRENT,
    YES,
    dcm,
    sct,
    ucum,
)
from sr2graph.samples.context import device_observer, language, person_participant
from sr2graph.samples.document import Issue, report
from sr2graph.samples.identity import rounded, spread, within
from sr2graph.samples.irradiation import SINGLE_PLANE, STATIONARY, Filter
from sr2graph.samples.projection_xray_dose import ACQUISITION_PLANE, REFERENCE_POINT, filtration
from sr2graph.samples.sop_classes import MAMMOGRAPHY_IMAGE, XRAY_RADIATION_DOSE_SR
from sr2graph.samples.visit import ImageSeries, Visit

KIND = "mammography_dose"
MAMMOGRAPHY = sct("71651007", "Mammography")
SCREENING_INTENT = sct("360156006", "Screening Intent")
GLANDULAR_DOSE = dcm("111631", "Average Glandular Dose")
TUNGSTEN = sct("26194003", "Tungsten")
FLAT_FILTER = dcm("113653", "Flat filter")
RHODIUM_FILTER = Filter(FLAT_FILTER, sct("59801003", "Rhodium"), "0.05")
SILVER_FILTER = Filter(FLAT_FILTER, sct("41967008", "Silver"), "0.05")
THICK = 60
"""Thickness in mm from which on the systems filter with silver."""
REPEATS = 0.06
"""How often a view is taken again."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """One exposure as it came out."""

    index: int
    view: View
    repeats: int | None
    """The index of the exposure that this one repeats."""
    thickness: float
    """Of the compressed breast, mm."""
    force: float
    """N."""
    kv: int
    current: Decimal
    time: Decimal
    """ms."""
    glandular: Decimal
    """mGy."""
    entrance: Decimal
    """mGy."""


def mammography_dose(visit: Visit) -> Report:
    """Return the dose report of a screening."""
    exposures = tuple(_exposures(visit))
    images = ImageSeries(visit, 2, "MG", MAMMOGRAPHY_IMAGE, len(exposures))
    issue = Issue(
        kind=KIND,
        sop_class_uid=XRAY_RADIATION_DOSE_SR,
        description="Radiation Dose Information",
        series_number=994,
        minutes=8,
        series=(images,),
    )
    return report(visit, issue, _root(visit, exposures, images))


def _exposures(visit: Visit) -> Iterator[Exposure]:
    """Yield the four views, some of them twice; dose follows the thickness of the breast."""
    random = visit.random(KIND)
    usual = within(visit.subject.body_mass_index * 2.1 + random.gauss(0, 6), 22, 95)
    index = 0
    for view in VIEWS:
        for attempt in range(2 if random.random() < REPEATS else 1):
            yield _exposure(random, index, view, usual, index - 1 if attempt else None)
            index += 1


def _exposure(random: Random, index: int, view: View, usual: float, repeats: int | None) -> Exposure:
    thickness = usual + random.gauss(0, 3) + (0 if view.projection is CRANIO_CAUDAL else 4)
    glandular = rounded(spread(random, 1.35, 0.13) * 1.014 ** (thickness - 50), "0.01")
    return Exposure(
        index,
        view,
        repeats,
        thickness,
        random.gauss(105, 18),
        round(within(24 + thickness / 12, 25, 35)),
        rounded(spread(random, 92, 0.15), "0.1"),
        rounded(spread(random, 780, 0.2), "0.1"),
        glandular,
        rounded(float(glandular) * random.uniform(3.1, 3.8), "0.01"),
    )


def _root(visit: Visit, exposures: Sequence[Exposure], images: ImageSeries) -> Draft:
    scope = code(SCOPE_OF_ACCUMULATION, STUDY_SCOPE, properties(uidref(STUDY_INSTANCE_UID, visit.study_uid)))
    intent = concept_mod(code(HAS_INTENT, SCREENING_INTENT))
    return container(
        XRAY_RADIATION_DOSE_REPORT,
        language(),
        concept_mod(code(PROCEDURE_REPORTED, MAMMOGRAPHY, intent)),
        *device_observer(visit.station),
        obs_context(scope),
        *(code(dcm(value, f"X-Ray {what} Data Available"), YES) for value, what in AVAILABLE),
        _accumulated(exposures),
        *(_irradiation_event(visit, exposure, images) for exposure in exposures),
        code(SOURCE_OF_DOSE_INFORMATION, AUTOMATED_DATA_COLLECTION),
        template="10001",
    )


AVAILABLE = (("113945", "Detector"), ("113943", "Source"), ("113944", "Mechanical"))


def _accumulated(exposures: Sequence[Exposure]) -> Draft:
    """Draft TID 10002 and 10005: the dose of either breast."""
    name = dcm("111637", "Accumulated Average Glandular Dose")
    totals = (
        num(name, str(_total(exposures, breast)), MGY, concept_mod(code(LATERALITY, breast)))
        for breast in (LEFT_BREAST, RIGHT_BREAST)
    )
    plane = concept_mod(code(ACQUISITION_PLANE, SINGLE_PLANE))
    return container(dcm("113702", "Accumulated X-Ray Dose Data"), plane, *totals)


def _total(exposures: Sequence[Exposure], breast: object) -> Decimal:
    return sum((each.glandular for each in exposures if each.view.breast is breast), Decimal(0))


def _irradiation_event(visit: Visit, exposure: Exposure, images: ImageSeries) -> Draft:
    """Draft TID 10003."""
    side = LEFT if exposure.view.breast is LEFT_BREAST else RIGHT
    return container(
        dcm("113706", "Irradiation Event X-Ray Data"),
        concept_mod(code(ACQUISITION_PLANE, SINGLE_PLANE)),
        uidref(IRRADIATION_EVENT_UID, _event_uid(visit, exposure.index)),
        _repetition(visit, exposure.repeats) if exposure.repeats is not None else None,
        datetime(DATETIME_STARTED, visit.after(60 + 50 * exposure.index)),
        code(dcm("113721", "Irradiation Event Type"), STATIONARY),
        text(ACQUISITION_PROTOCOL, "Screening AEC"),
        code(dcm("111031", "Image View"), exposure.view.projection),
        code(TARGET_REGION, BREAST, concept_mod(code(LATERALITY, side))),
        num(dcm("111634", "Half Value Layer"), str(rounded(exposure.kv / 55, "0.001")), MM),
        num(dcm("111636", "Entrance Exposure at RP"), str(exposure.entrance), MGY),
        code(REFERENCE_POINT, dcm("113865", "4.2cm above Breast Support Surface")),
        person_participant(visit.technologist, IRRADIATION_ADMINISTERING, visit),
        image(dcm("113795", "Acquired Image"), images.image(exposure.index)),
        *_source(exposure),
        *_mechanics(exposure),
    )


def _event_uid(visit: Visit, index: int) -> str:
    return visit.uid("irradiation event", index)


def _repetition(visit: Visit, repeated: int) -> Draft:
    """Draft rows 5a to 5c of TID 10003."""
    reason = code(dcm("128552", "Reason for Repeating Acquisition"), dcm("111209", "Positioning"))
    first = uidref(IRRADIATION_EVENT_UID, _event_uid(visit, repeated))
    return code(dcm("128551", "Is Repeated Acquisition"), YES, concept_mod(reason), properties(first))


def _source(exposure: Exposure) -> Iterator[Draft]:
    """Draft TID 10003B."""
    yield num(GLANDULAR_DOSE, str(exposure.glandular), MGY)
    yield from nums(
        (dcm("113768", "Number of Pulses"), 1, NO_UNITS),
        (KVP, exposure.kv, KV),
        (XRAY_TUBE_CURRENT, exposure.current, MA),
        (EXPOSURE_TIME, exposure.time, MS),
        (dcm("113766", "Focal Spot Size"), "0.3", MM),
    )
    yield code(dcm("111632", "Anode Target Material"), TUNGSTEN)
    yield filtration(SILVER_FILTER if exposure.thickness >= THICK else RHODIUM_FILTER)
    yield num(dcm("113790", "Collimated Field Area"), "0.0696", M2)
    yield code(dcm("111635", "X-Ray Grid"), dcm("111643", "Reciprocating grid"))


def _mechanics(exposure: Exposure) -> Iterator[Draft]:
    """Draft TID 10003C."""
    tilt = 0 if exposure.view.projection is CRANIO_CAUDAL else 45
    return nums(
        (dcm("112011", "Positioner Primary Angle"), tilt if exposure.view.breast is LEFT_BREAST else -tilt, DEGREE),
        (dcm("111633", "Compression Thickness"), rounded(exposure.thickness, "0.1"), MM),
        (dcm("111647", "Compression Force"), rounded(exposure.force, "0.1"), ucum("N", "Newton")),
        (dcm("113750", "Distance Source to Detector"), "660", MM),
    )
