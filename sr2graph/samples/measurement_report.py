"""Measurement reports of planar and volumetric regions of interest (PS3.16 TID 1500)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from math import exp, pi

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import RelationshipType
from sr2graph.dicom.report import Report
from sr2graph.samples.build import (
    Draft,
    Link,
    code,
    composite,
    concept_mod,
    container,
    image,
    labelled,
    missing_num,
    num,
    obs_context,
    observed,
    scoord,
    scoord3d,
    selected_from,
    text,
    uidref,
)
from sr2graph.samples.codes import (
    CHEST_ABDOMEN_PELVIS,
    CM3,
    DERIVATION,
    FINDING,
    FINDING_SITE,
    HOUNSFIELD,
    LATERALITY,
    MAXIMUM,
    MEAN,
    MEASUREMENT_FAILURE,
    MEASUREMENT_GROUP,
    MEASUREMENT_METHOD,
    MM,
    MM2,
    NO_UNITS,
    PROCEDURE_REPORTED,
    coded,
    dcm,
    ln,
    local,
    sct,
    ucum,
)
from sr2graph.samples.context import language, person_observer, procedure_context, subject_context
from sr2graph.samples.document import Issue, report
from sr2graph.samples.fleet import station
from sr2graph.samples.identity import rounded
from sr2graph.samples.image_library import SLICE_THICKNESS, image_library
from sr2graph.samples.lesions import Lesion
from sr2graph.samples.visit import ImageSeries, Visit

PLANAR = "planar_roi"
VOLUMETRIC = "volumetric_roi"
COMPREHENSIVE_SR = "1.2.840.10008.5.1.4.1.1.88.33"
COMPREHENSIVE_3D_SR = "1.2.840.10008.5.1.4.1.1.88.34"
SEGMENTATION = "1.2.840.10008.5.1.4.1.1.66.4"
REAL_WORLD_VALUE_MAPPING = "1.2.840.10008.5.1.4.1.1.67"
SPACING = 0.78125
"""Of the pixels, in mm."""

IMAGING_MEASUREMENTS = dcm("126010", "Imaging Measurements")
IMAGE_REGION = dcm("111030", "Image Region")
SOURCE_SERIES = dcm("121232", "Source series for segmentation")
LONG_AXIS = sct("103339001", "Long Axis")
SHORT_AXIS = sct("103340004", "Short Axis")
AREA = sct("42798000", "Area")
VOLUME = sct("118565006", "Volume")
ATTENUATION = dcm("112031", "Attenuation Coefficient")
STANDARD_DEVIATION = sct("386136009", "Standard Deviation")
SUV = dcm("126401", "SUVbw")
SUV_UNIT = ucum("g/ml{SUVbw}", "Standardized Uptake Value body weight")
RECIST = dcm("112022", "RECIST")
PROCEDURES = {
    "CT": ln("25045-6", "CT unspecified body region"),
    "PT": ln("44136-0", "PET unspecified body region"),
}
IMAGE_QUALITY = local("IQ", "Image quality")
QUALITIES = (local("IQ3", "Good"), local("IQ2", "Sufficient"), local("IQ1", "Limited by motion"))
"""The hospitals' own, as such scales mostly are."""
RESPONSES = (
    (-10.0, dcm("112041", "Target Lesion Complete Response")),
    (-0.30, dcm("112042", "Target Lesion Partial Response")),
    (0.20, dcm("112044", "Target Lesion Stable Disease")),
    (10.0, dcm("112043", "Target Lesion Progressive Disease")),
)


def planar_roi(visit: Visit, images: ImageSeries, lesions: Sequence[Lesion]) -> Report:
    """Return the long and short axes that a radiologist drew on single images."""
    root = _root(visit, images, "126001", "Oncology Measurement Report", _planar_body(visit, images, lesions))
    return report(visit, _issue(visit, PLANAR, COMPREHENSIVE_SR, (images,)), root)


def volumetric_roi(visit: Visit, images: ImageSeries, lesions: Sequence[Lesion]) -> Report:
    """Return the volumes that an algorithm segmented."""
    masks = ImageSeries(visit, 60, "SEG", SEGMENTATION, 1)
    maps = ImageSeries(visit, 61, "RWV", REAL_WORLD_VALUE_MAPPING, 1)
    present = [lesion for lesion in lesions if not lesion.is_gone(visit.number)]
    groups = (_volumetric_group(visit, images, masks, maps, lesion) for lesion in present)
    title = (
        ("126003", "PET Measurement Report") if images.modality == "PT" else ("126000", "Imaging Measurement Report")
    )
    body = (container(IMAGING_MEASUREMENTS, *map(concept_mod, _algorithm()), *groups), *_overall(visit, lesions))
    root = _root(visit, images, *title, body)
    return report(visit, _issue(visit, VOLUMETRIC, COMPREHENSIVE_3D_SR, (images, masks, maps)), root)


def _issue(visit: Visit, kind: str, sop_class_uid: str, series: tuple[ImageSeries, ...]) -> Issue:
    verified = visit.random(kind).random() < 0.6
    return Issue(
        kind=kind,
        sop_class_uid=sop_class_uid,
        description="Measurements",
        series_number=970 if kind == PLANAR else 971,
        station=station(visit.random(kind), "WS", visit.station.hospital),
        minutes=70,
        author=visit.radiologist,
        verifier=visit.radiologist if verified else None,
        series=series,
    )


def _root(visit: Visit, images: ImageSeries, value: str, meaning: str, body: Iterable[Draft]) -> Draft:
    chosen = range(0, images.count, max(1, images.count // 12))
    return container(
        dcm(value, meaning),
        language(),
        *person_observer(visit.radiologist, visit),
        *procedure_context(visit),
        subject_context(),
        concept_mod(code(PROCEDURE_REPORTED, PROCEDURES[images.modality])),
        image_library(images, CHEST_ABDOMEN_PELVIS, chosen, SPACING),
        *body,
        template="1500",
    )


# Planar regions


def _planar_body(visit: Visit, images: ImageSeries, lesions: Sequence[Lesion]) -> Iterator[Draft]:
    groups = (labelled(lesion.uid, _planar_group(visit, images, lesion)) for lesion in lesions)
    yield container(IMAGING_MEASUREMENTS, *groups)
    present = [lesion for lesion in lesions if not lesion.is_gone(visit.number)]
    if present:
        mean = sum((_axis(lesion, visit.number) for lesion in present), Decimal(0)) / len(present)
        links = (Link(RelationshipType.INFERRED_FROM, lesion.uid) for lesion in present)
        name = sct("373098007", "Mean Value of population")
        yield container(
            dcm("126011", "Derived Imaging Measurements"), num(name, str(rounded(mean, "0.01")), MM, *links)
        )
    yield from _overall(visit, lesions)


def _planar_group(visit: Visit, images: ImageSeries, lesion: Lesion) -> Draft:
    """Draft TID 1410."""
    return container(
        MEASUREMENT_GROUP,
        *_identity(visit, lesion),
        *(_gone() if lesion.is_gone(visit.number) else _planar_measurements(visit, images, lesion)),
        template="1410",
    )


def _gone() -> Iterator[Draft]:
    yield missing_num(LONG_AXIS, MEASUREMENT_FAILURE)
    yield text(FINDING, "No longer seen")


def _planar_measurements(visit: Visit, images: ImageSeries, lesion: Lesion) -> Iterator[Draft]:
    long_axis = _axis(lesion, visit.number)
    short_axis = rounded(float(long_axis) * lesion.roundness, "0.1")
    drawn_on = selected_from(image(None, images.image(_slice(images, lesion))))
    yield scoord(IMAGE_REGION, "POLYLINE", lesion.outline(visit.number, SPACING), drawn_on)
    yield num(LONG_AXIS, str(long_axis), MM, concept_mod(code(MEASUREMENT_METHOD, dcm("126081", "RECIST 1.1"))))
    yield num(SHORT_AXIS, str(short_axis), MM)
    yield num(AREA, str(rounded(float(long_axis * short_axis) * pi / 4, "0.1")), MM2)
    yield from _attenuations(lesion)
    if visit.number > 1:
        yield observed(code(RECIST, _response(lesion, visit.number)), uid=visit.uid("response", lesion.uid))


# Volumetric regions


def _volumetric_group(
    visit: Visit, images: ImageSeries, masks: ImageSeries, maps: ImageSeries, lesion: Lesion
) -> Draft:
    """Draft TID 1411."""
    is_pet = images.modality == "PT"
    return container(
        MEASUREMENT_GROUP,
        *_identity(visit, lesion),
        *_volumetric_region(visit, images, masks, lesion),
        _value_map(maps) if is_pet else None,
        *_volumes(visit, lesion),
        *(_uptake(visit, lesion) if is_pet else _attenuations(lesion)),
        template="1411",
    )


def _volumetric_region(visit: Visit, images: ImageSeries, masks: ImageSeries, lesion: Lesion) -> Iterator[Draft]:
    """Draft rows 5 to 12 of TID 1411: one lesion in three is an ellipsoid, one stacked outlines, one a segment."""
    number = int(lesion.identifier.split()[-1])
    if number % 3 == 1:
        yield image(dcm("121191", "Referenced Segment"), masks.image(0, segments=(number,)))
        yield uidref(SOURCE_SERIES, images.uid)
    elif number % 3 == 2:
        points = _ellipsoid(images, lesion, visit.number)
        yield scoord3d(dcm("121231", "Volume Surface"), "ELLIPSOID", points, images.frame_of_reference_uid)
        yield uidref(SOURCE_SERIES, images.uid)
    else:
        for offset in (-1, 0, 1):
            drawn_on = selected_from(image(None, images.image(_slice(images, lesion) + offset)))
            yield scoord(IMAGE_REGION, "POLYLINE", lesion.outline(visit.number + offset, SPACING, 12), drawn_on)


def _ellipsoid(images: ImageSeries, lesion: Lesion, time_point: int) -> Iterator[float]:
    """Yield the end points of the three axes, x, y, z in mm."""
    x, y = (coordinate * SPACING - 200 for coordinate in lesion.center)
    z = -SLICE_THICKNESS * _slice(images, lesion)
    radius = lesion.long_axis(time_point) / 2
    for axis, length in enumerate((radius, radius * lesion.roundness, radius * lesion.roundness)):
        for sign in (-1, 1):
            end = [x, y, z]
            end[axis] += sign * length
            yield from end


def _volumes(visit: Visit, lesion: Lesion) -> Iterator[Draft]:
    axis = lesion.long_axis(visit.number)
    volume = pi / 6 * axis**3 * lesion.roundness**2 / 1000
    method = concept_mod(code(MEASUREMENT_METHOD, dcm("126030", "Sum of segmented voxel method for volume")))
    yield num(VOLUME, str(rounded(volume, "0.001")), CM3, method)
    yield num(coded("IBSI", "L0JK", "Maximum 3D Diameter of a Mesh"), str(rounded(axis, "0.01")), MM)
    yield num(coded("IBSI", "QCFX", "Sphericity"), str(rounded(lesion.roundness**0.3, "0.0001")), NO_UNITS)


def _value_map(maps: ImageSeries) -> Draft:
    name = dcm("126100", "Real World Value Map used for measurement")
    return composite(name, maps.sop_class_uid, maps.instance(0))


def _uptake(visit: Visit, lesion: Lesion) -> Iterator[Draft]:
    peak = rounded(4 + lesion.long_axis(visit.number) / 6, "0.01")
    yield num(SUV, str(peak), SUV_UNIT, concept_mod(code(DERIVATION, MAXIMUM)))
    yield num(SUV, str(rounded(peak * Decimal("0.62"), "0.01")), SUV_UNIT, concept_mod(code(DERIVATION, MEAN)))


def _algorithm() -> Iterator[Draft]:
    """Draft TID 4019."""
    yield text(dcm("111001", "Algorithm Name"), "Gloam Contour")
    yield text(dcm("111003", "Algorithm Version"), "2.7.1")


# What both have in common


def _identity(visit: Visit, lesion: Lesion) -> Iterator[Draft]:
    """Draft rows 1b to 4 of TID 1410 and 1411, and the finding site."""
    side = concept_mod(code(LATERALITY, lesion.laterality)) if lesion.laterality else None
    yield obs_context(text(coded("NCIt", "C67447", "Activity Session"), "1"))
    yield obs_context(text(dcm("112039", "Tracking Identifier"), lesion.identifier))
    yield obs_context(uidref(dcm("112040", "Tracking Unique Identifier"), lesion.uid))
    yield code(FINDING, lesion.finding)
    yield obs_context(text(coded("UMLS", "C2348792", "Time Point"), f"TP{visit.number - 1}"))
    yield obs_context(num(dcm("126073", "Time Point Order"), str(visit.number), NO_UNITS))
    yield concept_mod(code(FINDING_SITE, lesion.site, side))


def _attenuations(lesion: Lesion) -> Iterator[Draft]:
    values = ((MEAN, lesion.attenuation), (MAXIMUM, lesion.attenuation + 48), (STANDARD_DEVIATION, 17.25))
    for derivation, value in values:
        modifier = concept_mod(code(DERIVATION, derivation))
        yield num(ATTENUATION, str(rounded(value, "0.01")), HOUNSFIELD, modifier)


def _overall(visit: Visit, lesions: Sequence[Lesion]) -> Iterator[Draft]:
    """Draft rows 12 to 14 of TID 1500; there is no response to tell at the first visit."""
    largest = max(lesions, key=lambda lesion: lesion.baseline)
    yield container(
        coded("UMLS", "C0034375", "Qualitative Evaluations"),
        code(IMAGE_QUALITY, visit.random("image quality").choice(QUALITIES)),
        code(RECIST, _response(largest, visit.number)) if visit.number > 1 else None,
        text(FINDING, f"{len(lesions)} lesions followed since the first visit"),
    )


def _axis(lesion: Lesion, time_point: int) -> Decimal:
    return rounded(lesion.long_axis(time_point), "0.1")


def _slice(images: ImageSeries, lesion: Lesion) -> int:
    """Return the index of the image through the middle of the lesion."""
    return 1 + int(lesion.center[1]) % (images.count - 2)


def _response(lesion: Lesion, time_point: int) -> CodedConcept:
    """Return how the lesion responded, by the limits of RECIST 1.1."""
    if lesion.is_gone(time_point):
        return RESPONSES[0][1]
    change = exp(lesion.growth * (time_point - 1)) - 1
    return next(response for limit, response in RESPONSES[1:] if change <= limit)
