"""Measurements of regions that an algorithm segmented in three dimensions (PS3.16 TID 1500 and 1411)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from sr2graph.dicom.report import Report
from sr2graph.samples.build import (
    Draft,
    code,
    composite,
    concept_mod,
    container,
    image,
    labelled,
    missing_num,
    num,
    scoord,
    scoord3d,
    selected_from,
    uidref,
)
from sr2graph.samples.codes import (
    CM3,
    DERIVATION,
    MAXIMUM,
    MEAN,
    MEASUREMENT_FAILURE,
    MEASUREMENT_GROUP,
    MEASUREMENT_METHOD,
    MM,
    NO_UNITS,
    coded,
    dcm,
    ucum,
)
from sr2graph.samples.document import report
from sr2graph.samples.identity import rounded
from sr2graph.samples.image_library import SLICE_THICKNESS
from sr2graph.samples.lesions import Lesion, Sighting
from sr2graph.samples.measurement_report import (
    IMAGE_REGION,
    IMAGING_MEASUREMENTS,
    REFERENCED_SEGMENT,
    SHORT_AXIS,
    SOURCE_SERIES,
    SPACING,
    VOLUME,
    Reading,
    algorithm,
    attenuations,
    identity,
    measurement_issue,
    measurement_root,
    overall,
    through,
)
from sr2graph.samples.sop_classes import COMPREHENSIVE_3D_SR, REAL_WORLD_VALUE_MAPPING, SEGMENTATION
from sr2graph.samples.visit import ImageSeries, Visit

KIND = "volumetric_roi"
TITLES = {
    "CT": dcm("126000", "Imaging Measurement Report"),
    "PT": dcm("126003", "PET Measurement Report"),
}
VOXEL_SUM = dcm("126030", "Sum of segmented voxel method for volume")
MAXIMUM_DIAMETER = coded("IBSI", "L0JK", "Maximum 3D Diameter of a Mesh")
SPHERICITY = coded("IBSI", "QCFX", "Sphericity")
VALUE_MAP = dcm("126100", "Real World Value Map used for measurement")
SUV = dcm("126401", "SUVbw")
SUV_UNIT = ucum("g/ml{SUVbw}", "Standardized Uptake Value body weight")
VERSIONS = ((2021, "2.5.0"), (2023, "2.7.1"), (2025, "3.0.0"))
"""Which version of the algorithm came into use in which year, after version 2.4."""


def volumetric_roi(visit: Visit, images: ImageSeries, lesions: Sequence[Lesion], *, double: bool = False) -> Report:
    """Return the volumes of the lesions; those of both readers, group by group, if it was a double reading."""
    reading = Reading(visit, images, names_reader=double)
    masks = ImageSeries(visit, 60, "SEG", SEGMENTATION, 1)
    maps = ImageSeries(visit, 61, "RWV", REAL_WORLD_VALUE_MAPPING, 1)
    readings = [reading, Reading(visit, images, 2, names_reader=True)] if double else [reading]
    groups = (group for each in readings for group in _groups(each, masks, maps, each.seen(lesions)))
    measurements = container(IMAGING_MEASUREMENTS, *algorithm("Gloam Contour", _version(visit)), *groups)
    body = (measurements, overall(reading, reading.seen(lesions)))
    issue = measurement_issue(reading, KIND, COMPREHENSIVE_3D_SR, (images, masks, maps))
    return report(visit, issue, measurement_root(reading, TITLES[images.modality], body))


def _version(visit: Visit) -> str:
    versions = [version for since, version in VERSIONS if visit.started.year >= since]
    return versions[-1] if versions else "2.4"


def _groups(reading: Reading, masks: ImageSeries, maps: ImageSeries, sightings: Sequence[Sighting]) -> Iterator[Draft]:
    """Draft TID 1411 for each lesion."""
    for sighting in sightings:
        parts = _gone() if sighting.is_gone else _parts(reading, masks, maps, sighting)
        group = container(MEASUREMENT_GROUP, *identity(reading, sighting.lesion), *parts, template="1411")
        yield labelled(sighting.lesion.uid, group) if reading.reader == 1 else group


def _gone() -> Iterator[Draft]:
    yield missing_num(VOLUME, MEASUREMENT_FAILURE)


def _parts(reading: Reading, masks: ImageSeries, maps: ImageSeries, sighting: Sighting) -> Iterator[Draft]:
    yield from _region(reading, masks, sighting)
    if reading.images.modality == "PT":
        yield composite(VALUE_MAP, maps.sop_class_uid, maps.instance(0))
    yield from _sizes(sighting)
    yield from _uptake(sighting) if reading.images.modality == "PT" else attenuations(sighting.lesion)


def _region(reading: Reading, masks: ImageSeries, sighting: Sighting) -> Iterator[Draft]:
    """Draft rows 5 to 12 of TID 1411: one lesion in three is a segment, one an ellipsoid, one stacked outlines."""
    images, lesion = reading.images, sighting.lesion
    if lesion.number % 3 == 1:
        yield image(REFERENCED_SEGMENT, masks.image(0, segments=(lesion.number + 20 * (reading.reader - 1),)))
        yield uidref(SOURCE_SERIES, images.uid)
    elif lesion.number % 3 == 2:
        points = _ellipsoid(images, sighting)
        yield scoord3d(dcm("121231", "Volume Surface"), "ELLIPSOID", points, images.frame_of_reference_uid)
        yield uidref(SOURCE_SERIES, images.uid)
    else:
        for offset in (-1, 0, 1):
            drawn_on = selected_from(image(None, images.image(through(images, lesion) + offset)))
            yield scoord(IMAGE_REGION, "POLYLINE", sighting.outline(SPACING, 12, offset), drawn_on)


def _ellipsoid(images: ImageSeries, sighting: Sighting) -> Iterator[float]:
    """Yield the end points of the three axes, x, y, z in mm."""
    x, y = (coordinate * SPACING - 200 for coordinate in sighting.lesion.center)
    z = -SLICE_THICKNESS * through(images, sighting.lesion)
    for axis, length in enumerate((sighting.long_axis, sighting.short_axis, sighting.short_axis)):
        for sign in (-1, 1):
            end = [x, y, z]
            end[axis] += sign * length / 2
            yield from end


def _sizes(sighting: Sighting) -> Iterator[Draft]:
    method = concept_mod(code(MEASUREMENT_METHOD, VOXEL_SUM))
    yield num(VOLUME, str(rounded(sighting.volume, "0.001")), CM3, method)
    yield num(MAXIMUM_DIAMETER, str(rounded(sighting.long_axis, "0.01")), MM)
    yield num(SHORT_AXIS, str(rounded(sighting.short_axis, "0.01")), MM)
    yield num(SPHERICITY, str(rounded(sighting.lesion.roundness**0.3, "0.0001")), NO_UNITS)


def _uptake(sighting: Sighting) -> Iterator[Draft]:
    peak = rounded(4 + sighting.long_axis / 6, "0.01")
    yield num(SUV, str(peak), SUV_UNIT, concept_mod(code(DERIVATION, MAXIMUM)))
    yield num(SUV, str(rounded(peak * Decimal("0.62"), "0.01")), SUV_UNIT, concept_mod(code(DERIVATION, MEAN)))
