"""What all measurement reports have in common (PS3.16 TID 1500)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import inf

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import RelationshipType
from sr2graph.samples.build import (
    Draft,
    Link,
    code,
    concept_mod,
    container,
    num,
    obs_context,
    text,
    uidref,
)
from sr2graph.samples.codes import (
    ALGORITHM_NAME,
    ALGORITHM_VERSION,
    CHEST_ABDOMEN_PELVIS,
    CONCLUSION,
    DERIVATION,
    FINDING,
    FINDING_SITE,
    HOUNSFIELD,
    IMPRESSION,
    LATERALITY,
    MAXIMUM,
    MEAN,
    NO_UNITS,
    PROCEDURE_REPORTED,
    STANDARD_DEVIATION,
    coded,
    dcm,
    ln,
    local,
    sct,
)
from sr2graph.samples.context import language, person_observer, procedure_context, subject_context
from sr2graph.samples.document import Issue
from sr2graph.samples.fleet import station
from sr2graph.samples.identity import rounded
from sr2graph.samples.image_library import image_library
from sr2graph.samples.lesions import Lesion, Sighting
from sr2graph.samples.people import Staff
from sr2graph.samples.visit import ImageSeries, Visit

SPACING = 0.78125
"""Of the pixels, in mm."""

IMAGING_MEASUREMENTS = dcm("126010", "Imaging Measurements")
IMAGE_REGION = dcm("111030", "Image Region")
SOURCE_SERIES = dcm("121232", "Source series for segmentation")
REFERENCED_SEGMENT = dcm("121191", "Referenced Segment")
LONG_AXIS = sct("103339001", "Long Axis")
SHORT_AXIS = sct("103340004", "Short Axis")
AREA = sct("42798000", "Area")
VOLUME = sct("118565006", "Volume")
ATTENUATION = dcm("112031", "Attenuation Coefficient")
ACTIVITY_SESSION = coded("NCIt", "C67447", "Activity Session")
TRACKING_IDENTIFIER = dcm("112039", "Tracking Identifier")
TRACKING_UID = dcm("112040", "Tracking Unique Identifier")
TIME_POINT = coded("UMLS", "C2348792", "Time Point")
TIME_POINT_ORDER = dcm("126073", "Time Point Order")
RECIST = dcm("112022", "RECIST")
SERIES_NUMBERS = {"planar_roi": 970, "volumetric_roi": 972}
"""By kind; the reader's number is added."""
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
    (inf, dcm("112043", "Target Lesion Progressive Disease")),
)
CONCLUSIONS = {
    "en-US": (
        "{count} target lesions, sum of long axes {total} mm.",
        "Size {change} % since the first visit.",
    ),
    "fr-FR": ("{count} lésions cibles, somme des grands axes {total} mm.", "Évolution de {change} % depuis le début."),
    "ja-JP": ("標的病変{count}個、長径和{total}mm。", "初回からの変化率{change}%。"),
}
"""Impression and conclusion, by language."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The images of a visit as one reader goes through them."""

    visit: Visit
    images: ImageSeries
    reader: int = 1
    """1 or 2."""
    names_reader: bool = False
    """Whether each measurement group says who measured, because several readers share the report."""

    @property
    def who(self) -> Staff:
        """The reader."""
        return self.visit.reader(self.reader)

    def seen(self, lesions: Iterable[Lesion]) -> list[Sighting]:
        """Return the lesions as this reader finds them."""
        return [lesion.seen(self.visit.number, self.reader) for lesion in lesions]


def measurement_issue(
    reading: Reading,
    kind: str,
    sop_class_uid: str,
    series: tuple[ImageSeries, ...],
    unused: tuple[ImageSeries, ...] = (),
) -> Issue:
    """Return how a workstation issues measurements."""
    visit = reading.visit
    random = visit.random(f"{kind} {reading.reader}")
    return Issue(
        kind=kind if reading.reader == 1 else f"{kind} {reading.reader}",
        sop_class_uid=sop_class_uid,
        description="Measurements" if reading.reader == 1 else "Measurements, second reading",
        series_number=SERIES_NUMBERS[kind] + reading.reader,
        station=station(random, "WS", visit.station.hospital, visit.started.date()),
        minutes=70 if reading.reader == 1 else 400,
        author=reading.who,
        verifier=reading.who if random.random() < 0.6 else None,
        complete=random.random() < 0.96,
        series=series,
        unused=unused,
    )


def measurement_root(reading: Reading, title: CodedConcept, body: Iterable[Draft], shown: int = 18) -> Draft:
    """Draft TID 1500 around a body, with every so-many-th image in its library."""
    visit, images = reading.visit, reading.images
    chosen = range(0, images.count, max(1, images.count // shown))
    return container(
        title,
        language(),
        *person_observer(reading.who, visit),
        *procedure_context(visit),
        subject_context(),
        concept_mod(code(PROCEDURE_REPORTED, PROCEDURES[images.modality])),
        image_library(images, CHEST_ABDOMEN_PELVIS, chosen, SPACING),
        *body,
        template="1500",
    )


def algorithm(name: str, version: str) -> tuple[Draft, Draft]:
    """Draft TID 4019."""
    return concept_mod(text(ALGORITHM_NAME, name)), concept_mod(text(ALGORITHM_VERSION, version))


def identity(reading: Reading, lesion: Lesion) -> Iterator[Draft]:
    """Draft rows 1b to 4 of TID 1410 and 1411, and the finding site."""
    visit = reading.visit
    yield obs_context(text(ACTIVITY_SESSION, str(reading.reader)))
    yield obs_context(text(TRACKING_IDENTIFIER, lesion.identifier))
    yield obs_context(uidref(TRACKING_UID, lesion.uid))
    if reading.names_reader:
        yield from person_observer(reading.who, visit)
    yield code(FINDING, lesion.finding)
    yield obs_context(text(TIME_POINT, f"TP{visit.number - 1}"))
    yield obs_context(num(TIME_POINT_ORDER, str(visit.number), NO_UNITS))
    yield located(lesion.site, lesion.laterality)


def located(site: CodedConcept, laterality: CodedConcept | None) -> Draft:
    """Draft the finding site, and its side if it has one."""
    side = concept_mod(code(LATERALITY, laterality)) if laterality else None
    return concept_mod(code(FINDING_SITE, site, side))


def attenuations(lesion: Lesion) -> Iterator[Draft]:
    """Draft what the voxels of a lesion are in HU."""
    values = ((MEAN, lesion.attenuation), (MAXIMUM, lesion.attenuation + 48), (STANDARD_DEVIATION, 17.25))
    for derivation, value in values:
        modifier = concept_mod(code(DERIVATION, derivation))
        yield num(ATTENUATION, str(rounded(value, "0.01")), HOUNSFIELD, modifier)


def overall(reading: Reading, sightings: Sequence[Sighting]) -> Draft:
    """Draft rows 12 to 14 of TID 1500; there is no response to tell at the first visit.

    The impression rests on all sightings that carry their tracking UID as a label.
    """
    largest = max(sightings, key=lambda sighting: sighting.lesion.baseline)
    is_follow_up = reading.visit.number > 1
    impression, conclusion = concluded(reading, sightings, largest)
    links = (Link(RelationshipType.INFERRED_FROM, sighting.lesion.uid) for sighting in sightings)
    return container(
        coded("UMLS", "C0034375", "Qualitative Evaluations"),
        code(IMAGE_QUALITY, reading.visit.random("image quality").choice(QUALITIES)),
        code(RECIST, response(largest)) if is_follow_up else None,
        text(FINDING, f"{len(sightings)} lesions followed since the first visit"),
        text(IMPRESSION, impression, *links),
        text(CONCLUSION, conclusion) if is_follow_up else None,
    )


def concluded(reading: Reading, sightings: Sequence[Sighting], largest: Sighting) -> tuple[str, str]:
    """Return impression and conclusion in the language of the hospital."""
    impression, conclusion = CONCLUSIONS[reading.visit.station.hospital.language]
    total = sum(sighting.long_axis for sighting in sightings if not sighting.is_gone)
    return (
        impression.format(count=len(sightings), total=rounded(total, "0.1")),
        conclusion.format(change=f"{100 * largest.change:+.0f}"),
    )


def response(sighting: Sighting) -> CodedConcept:
    """Return how the lesion responded, by the limits of RECIST 1.1."""
    if sighting.is_gone:
        return RESPONSES[0][1]
    return next(response for limit, response in RESPONSES[1:] if sighting.change <= limit)


def through(images: ImageSeries, lesion: Lesion) -> int:
    """Return the index of the image through the middle of the lesion."""
    return 1 + int(lesion.center[1]) % (images.count - 2)
