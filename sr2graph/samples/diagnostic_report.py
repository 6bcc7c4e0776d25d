"""Diagnostic reports that say what they rest on: impression, finding, measurement, image (PS3.16 TID 2000).

Each is INFERRED FROM the next by reference, which Comprehensive SR allows and Basic Text SR does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sr2graph.dicom.content import RelationshipType
from sr2graph.dicom.report import Report
from sr2graph.samples.build import (
    Draft,
    Link,
    code,
    concept_mod,
    container,
    image,
    inferred_from,
    labelled,
    num,
    observed,
    scoord,
    text,
)
from sr2graph.samples.codes import (
    BEST_ILLUSTRATION,
    CHEST,
    CHEST_ABDOMEN_PELVIS,
    CONCLUSION,
    FINDING,
    FINDINGS,
    HISTORY,
    IMPRESSION,
    IMPRESSIONS,
    KEY_IMAGES,
    LUNG,
    MM,
    NORMAL,
    PROCEDURE_REPORTED,
    RECOMMENDATION,
    RECOMMENDATIONS,
    TARGET_REGION,
    dcm,
    ln,
    sct,
)
from sr2graph.samples.context import language, person_observer, procedure_context, subject_context
from sr2graph.samples.document import Issue, report
from sr2graph.samples.fleet import station
from sr2graph.samples.identity import rounded
from sr2graph.samples.lesions import Lesion, Sighting
from sr2graph.samples.measurement_report import LONG_AXIS, SPACING, Reading, concluded, located, through
from sr2graph.samples.sop_classes import COMPREHENSIVE_SR
from sr2graph.samples.visit import ImageSeries, Visit
from sr2graph.samples.wordings import ABDOMEN_WORDINGS, CHEST_WORDINGS, Wording

KIND = "diagnostic_report"
TITLES = {True: ln("24627-2", "CT Chest Report"), False: ln("25045-6", "CT Report")}
"""By whether only the chest was looked at."""
PATH = dcm("121055", "Path")
INFERRED_FROM = RelationshipType.INFERRED_FROM
SELECTED_FROM = RelationshipType.SELECTED_FROM


def diagnostic_report(visit: Visit, images: ImageSeries, lesions: Sequence[Lesion]) -> Report:
    """Return what the radiologist concluded from the lesions, or that there is nothing to see."""
    random = visit.random(KIND)
    issue = Issue(
        kind=KIND,
        sop_class_uid=COMPREHENSIVE_SR,
        description="Radiology Report",
        series_number=981,
        station=station(random, "WS", visit.station.hospital, visit.started.date()),
        minutes=110,
        author=visit.radiologist,
        verifier=visit.radiologist if random.random() < 0.8 else None,
        complete=random.random() < 0.97,
        series=(images,),
        unused=(ImageSeries(visit, 4, images.modality, images.sop_class_uid, 3),),
    )
    reading = Reading(visit, images)
    present = [sighting for sighting in reading.seen(lesions) if not sighting.is_gone]
    return report(visit, issue, _root(reading, present, is_chest=all(lesion.site is LUNG for lesion in lesions)))


def _root(reading: Reading, sightings: Sequence[Sighting], *, is_chest: bool) -> Draft:
    visit = reading.visit
    tag = visit.station.hospital.language
    words = (CHEST_WORDINGS if is_chest else ABDOMEN_WORDINGS)[tag]
    return container(
        TITLES[is_chest],
        concept_mod(code(PROCEDURE_REPORTED, sct("77477000", "Computed tomography"))),
        concept_mod(code(TARGET_REGION, CHEST if is_chest else CHEST_ABDOMEN_PELVIS)),
        language(tag),
        *person_observer(visit.radiologist, visit),
        *procedure_context(visit),
        subject_context(),
        container(HISTORY, text(HISTORY, visit.random("history").choice(words.histories))),
        container(FINDINGS, *_findings(reading, sightings, words)),
        container(KEY_IMAGES, *_key_images(reading, sightings)) if sightings else None,
        container(IMPRESSIONS, *_impressions(reading, sightings, words)),
        container(RECOMMENDATIONS, text(RECOMMENDATION, words.recommendation if sightings else words.none)),
        template="2000",
    )


def _findings(reading: Reading, sightings: Sequence[Sighting], words: Wording) -> Iterator[Draft]:
    for sighting in sightings:
        yield _finding(reading, sighting)
        yield _size(sighting)
    if not sightings:
        yield code(FINDING, NORMAL)
    yield from (text(FINDING, sentence) for sentence in words.negatives)


def _finding(reading: Reading, sighting: Sighting) -> Draft:
    """Draft a coded finding, which rests on its measurement and on an image."""
    lesion = sighting.lesion
    drafted = code(
        FINDING,
        lesion.finding,
        Link(INFERRED_FROM, _label("size", lesion)),
        Link(INFERRED_FROM, _label("image", lesion)),
    )
    uid = reading.visit.uid("finding", lesion.uid)
    return labelled(_label("finding", lesion), observed(drafted, at=reading.visit.after(5400), uid=uid))


def _size(sighting: Sighting) -> Draft:
    """Draft TID 1400: the long axis along a path on one of the key images, and where in the body it is.

    The site is that of the measurement: TID 2002 has no place for one below a finding, and is not extensible.
    """
    lesion = sighting.lesion
    column, row = lesion.center
    half = sighting.long_axis / 2 / SPACING
    path = scoord(
        PATH, "POLYLINE", (column - half, row, column + half, row), Link(SELECTED_FROM, _label("image", lesion))
    )
    site = located(lesion.site, lesion.laterality)
    size = num(LONG_AXIS, str(rounded(sighting.long_axis, "0.1")), MM, site, inferred_from(path))
    return labelled(_label("size", lesion), size)


def _key_images(reading: Reading, sightings: Sequence[Sighting]) -> Iterator[Draft]:
    for sighting in sightings:
        shown = reading.images.image(through(reading.images, sighting.lesion))
        yield labelled(_label("image", sighting.lesion), image(BEST_ILLUSTRATION, shown))


def _impressions(reading: Reading, sightings: Sequence[Sighting], words: Wording) -> Iterator[Draft]:
    """Draft the impression, which rests on all findings, and a conclusion about the largest lesion."""
    if not sightings:
        yield text(IMPRESSION, words.normal)
        return
    largest = max(sightings, key=lambda sighting: sighting.lesion.baseline)
    impression, conclusion = concluded(reading, sightings, largest)
    yield text(IMPRESSION, impression, *(Link(INFERRED_FROM, _label("finding", each.lesion)) for each in sightings))
    if reading.visit.number > 1:
        yield text(CONCLUSION, conclusion, Link(INFERRED_FROM, _label("finding", largest.lesion)))


def _label(what: str, lesion: Lesion) -> str:
    return f"{what} of {lesion.uid}"
