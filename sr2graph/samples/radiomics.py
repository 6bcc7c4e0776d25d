"""Features of organs and lesions that the scanner's own software computes (PS3.16 TID 1500 and 1411, CID 7477)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import pi
from random import Random

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.report import Report
from sr2graph.samples.build import Draft, code, container, image, num, obs_context, text, uidref
from sr2graph.samples.codes import (
    CM3,
    FINDING,
    HOUNSFIELD,
    KIDNEY,
    LEFT,
    LIVER,
    LUNG,
    MEASUREMENT_GROUP,
    MM2,
    NO_UNITS,
    RIGHT,
    SPLEEN,
    coded,
    dcm,
    sct,
)
from sr2graph.samples.context import device_observer, language, procedure_context, subject_context
from sr2graph.samples.document import Issue, report
from sr2graph.samples.identity import rounded, spread, uid
from sr2graph.samples.lesions import Lesion
from sr2graph.samples.measurement_report import (
    IMAGING_MEASUREMENTS,
    REFERENCED_SEGMENT,
    SOURCE_SERIES,
    TRACKING_IDENTIFIER,
    TRACKING_UID,
    Reading,
    algorithm,
    identity,
    located,
)
from sr2graph.samples.sop_classes import COMPREHENSIVE_3D_SR, SEGMENTATION
from sr2graph.samples.visit import ImageSeries, Visit

KIND = "radiomics"
TITLE = dcm("126000", "Imaging Measurement Report")
ORGAN = sct("91772007", "Organ")


def ibsi(value: str, meaning: str) -> CodedConcept:
    """Return a feature of the Image Biomarker Standardisation Initiative."""
    return coded("IBSI", value, meaning)


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature, and how it comes from the shape and the voxels of a region."""

    name: CodedConcept
    unit: CodedConcept
    step: str
    usual: float = 0
    """Where neither volume nor intensity decides; 0 else."""


VOLUME = Feature(ibsi("YEKZ", "Volume from Voxel Summation"), CM3, "0.01")
SURFACE = Feature(ibsi("C0JK", "Surface Area of Mesh"), MM2, "0.1")
SPHERICITY = Feature(ibsi("QCFX", "Sphericity"), NO_UNITS, "0.0001")
INTENSITY = Feature(ibsi("Q4LE", "Mean Intensity"), HOUNSFIELD, "0.01")
TEXTURE = (
    Feature(ibsi("X6K6", "Intensity Histogram Mean"), NO_UNITS, "0.001", 14.2),
    Feature(ibsi("CH89", "Intensity Histogram Variance"), NO_UNITS, "0.001", 6.3),
    Feature(ibsi("88K1", "Intensity Histogram Skewness"), NO_UNITS, "0.0001", 0.21),
    Feature(ibsi("TLU2", "Intensity Histogram Entropy"), NO_UNITS, "0.0001", 3.1),
    Feature(ibsi("BJ5W", "Intensity Histogram Uniformity"), NO_UNITS, "0.0001", 0.14),
    Feature(ibsi("GPMT", "Intensity Histogram 10th Percentile"), NO_UNITS, "1", 9),
    Feature(ibsi("OZ0C", "Intensity Histogram 90th Percentile"), NO_UNITS, "1", 19),
    Feature(ibsi("ACUI", "Contrast of GLCM"), NO_UNITS, "0.001", 5.4),
    Feature(ibsi("TU9B", "Joint Entropy of GLCM"), NO_UNITS, "0.0001", 5.9),
    Feature(ibsi("WF0Z", "Inverse Difference Moment of GLCM"), NO_UNITS, "0.0001", 0.43),
    Feature(ibsi("8S9J", "Dissimilarity of GLCM"), NO_UNITS, "0.0001", 1.7),
    Feature(ibsi("22OV", "Short Runs Emphasis"), NO_UNITS, "0.0001", 0.82),
    Feature(ibsi("9ZK5", "Run Percentage"), NO_UNITS, "0.0001", 0.76),
)


@dataclass(frozen=True, slots=True)
class Organ:
    """An organ that is segmented, and what is usual."""

    segment: int
    site: CodedConcept
    laterality: CodedConcept | None
    volume: float
    """cm³."""
    intensity: float
    """HU."""
    sphericity: float


ORGANS = (
    Organ(1, LIVER, None, 1480, 108, 0.62),
    Organ(2, SPLEEN, None, 215, 118, 0.68),
    Organ(3, KIDNEY, LEFT, 168, 165, 0.66),
    Organ(4, KIDNEY, RIGHT, 160, 166, 0.66),
    Organ(5, LUNG, LEFT, 2250, -790, 0.48),
    Organ(6, LUNG, RIGHT, 2620, -795, 0.50),
)
FIRST_LESION = 10
"""Segment number of the first lesion, less one."""

ALGORITHMS = {
    "Borealis Imaging": "Boreal Segment",
    "Kestrel Systems": "KestrelQuant",
    "Asahi Tomo Works": "Kumo Measure",
}
OFFSETS = {"Boreal Segment": 0.0, "KestrelQuant": 2.5, "Kumo Measure": -4.0}
"""How many HU a scanner's software finds more than others do."""
OLD_BIAS = 1.06
"""How much larger regions came out before the algorithm was retrained."""


@dataclass(frozen=True, slots=True)
class Software:
    """The algorithm of a scanner, as it was on a day."""

    name: str
    version: str
    offset: float
    """HU."""
    scale: float
    """Of volumes."""


@dataclass(frozen=True, slots=True)
class Region:
    """What was segmented: volume in cm³, intensity in HU."""

    segment: int
    volume: float
    intensity: float
    sphericity: float


def radiomics(visit: Visit, images: ImageSeries, lesions: Sequence[Lesion]) -> Report:
    """Return the features of the organs, and of the lesions that are large enough."""
    masks = ImageSeries(visit, 62, "SEG", SEGMENTATION, 1)
    issue = Issue(
        kind=KIND,
        sop_class_uid=COMPREHENSIVE_3D_SR,
        description="Quantitative features",
        series_number=978,
        minutes=12,
        series=(images, masks),
        unused=(ImageSeries(visit, 1, images.modality, images.sop_class_uid, 2),),
    )
    return report(visit, issue, _root(visit, images, masks, lesions))


def _root(visit: Visit, images: ImageSeries, masks: ImageSeries, lesions: Sequence[Lesion]) -> Draft:
    return container(
        TITLE,
        language(),
        *device_observer(visit.station),
        *procedure_context(visit),
        subject_context(),
        container(IMAGING_MEASUREMENTS, *_groups(Reading(visit, images), masks, lesions)),
        template="1500",
    )


def _groups(reading: Reading, masks: ImageSeries, lesions: Sequence[Lesion]) -> Iterator[Draft]:
    visit = reading.visit
    random, software = visit.random(KIND), software_of(visit)
    for organ in ORGANS:
        region = _organ_region(random, visit, organ, software)
        yield _group(reading, masks, region, software, _organ(visit, organ))
    for sighting in reading.seen(lesions):
        lesion = sighting.lesion
        if not sighting.is_gone:
            shape = lesion.roundness**0.3
            seen = Region(FIRST_LESION + lesion.number, sighting.volume, lesion.attenuation, shape)
            yield _group(reading, masks, _as_computed(seen, software), software, identity(reading, lesion))


def software_of(visit: Visit) -> Software:
    """Return what computes features on the scanner of a visit; before 2023 it was an older version."""
    name = ALGORITHMS.get(visit.station.manufacturer, "Nordlys Features")
    is_old = visit.started.year < 2023
    version = "1.4.2" if is_old else f"2.{visit.started.year - 2023}.0"
    return Software(name, version, OFFSETS.get(name, 1.0), OLD_BIAS if is_old else 1.0)


def _organ(visit: Visit, organ: Organ) -> Iterator[Draft]:
    name = f"{organ.laterality.meaning} {organ.site.meaning}" if organ.laterality else str(organ.site.meaning)
    yield obs_context(text(TRACKING_IDENTIFIER, name))
    yield obs_context(uidref(TRACKING_UID, uid(visit.subject.patient_id, "organ", organ.segment)))
    yield code(FINDING, ORGAN)
    yield located(organ.site, organ.laterality)


def _organ_region(random: Random, visit: Visit, organ: Organ, software: Software) -> Region:
    """Return the organ as segmented: larger in taller patients, of the scanner's own density."""
    size = spread(random, organ.volume, 0.16) * (visit.subject.height / 1.7) ** 2
    found = Region(organ.segment, size, random.gauss(organ.intensity, 9), random.gauss(organ.sphericity, 0.02))
    return _as_computed(found, software)


def _as_computed(region: Region, software: Software) -> Region:
    volume, intensity = region.volume * software.scale, region.intensity + software.offset
    return Region(region.segment, volume, intensity, region.sphericity)


def _group(
    reading: Reading, masks: ImageSeries, region: Region, software: Software, who_and_where: Iterator[Draft]
) -> Draft:
    """Draft TID 1411."""
    return container(
        MEASUREMENT_GROUP,
        *who_and_where,
        *algorithm(software.name, software.version),
        image(REFERENCED_SEGMENT, masks.image(0, segments=(region.segment,))),
        uidref(SOURCE_SERIES, reading.images.uid),
        *(num(feature.name, value, feature.unit) for feature, value in _values(reading.visit, region)),
        template="1411",
    )


def _values(visit: Visit, region: Region) -> Iterator[tuple[Feature, str]]:
    random = visit.random(f"features {region.segment}")
    # Sphericity is the surface of the ball of this volume, per surface (IBSI QCFX).
    ball = pi ** (1 / 3) * (6 * region.volume * 1000) ** (2 / 3)
    shown = (
        (VOLUME, region.volume),
        (SURFACE, ball / region.sphericity),
        (SPHERICITY, region.sphericity),
        (INTENSITY, region.intensity),
        *((feature, spread(random, feature.usual, 0.2)) for feature in TEXTURE),
    )
    yield from ((feature, str(rounded(value, feature.step))) for feature, value in shown)
