"""Measurements of regions drawn on single images (PS3.16 TID 1500 and 1410)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from sr2graph.dicom.content import RelationshipType
from sr2graph.dicom.report import Report
from sr2graph.samples.build import (
    Draft,
    Link,
    code,
    concept_mod,
    container,
    image,
    labelled,
    missing_num,
    num,
    observed,
    scoord,
    selected_from,
    text,
)
from sr2graph.samples.codes import (
    FINDING,
    MEASUREMENT_FAILURE,
    MEASUREMENT_GROUP,
    MEASUREMENT_METHOD,
    MM,
    MM2,
    dcm,
    sct,
)
from sr2graph.samples.document import report
from sr2graph.samples.identity import rounded
from sr2graph.samples.lesions import Lesion, Sighting
from sr2graph.samples.measurement_report import (
    AREA,
    IMAGE_REGION,
    IMAGING_MEASUREMENTS,
    LONG_AXIS,
    RECIST,
    SHORT_AXIS,
    SPACING,
    Reading,
    attenuations,
    identity,
    measurement_issue,
    measurement_root,
    overall,
    response,
    through,
)
from sr2graph.samples.sop_classes import COMPREHENSIVE_SR
from sr2graph.samples.visit import ImageSeries, Visit

KIND = "planar_roi"
TITLE = dcm("126001", "Oncology Measurement Report")
RECIST_1_1 = dcm("126081", "RECIST 1.1")
MEAN_OF_POPULATION = sct("373098007", "Mean Value of population")
INFERRED_FROM = RelationshipType.INFERRED_FROM


def planar_roi(visit: Visit, images: ImageSeries, lesions: Sequence[Lesion], *, reader: int = 1) -> Report:
    """Return the long and short axes that the first or the second reader drew on single images."""
    reading = Reading(visit, images, reader)
    # Read, but nothing is measured on it: evidence all the same (PS3.3 C.17.2.3).
    localizer = ImageSeries(visit, 1, images.modality, images.sop_class_uid, 2)
    issue = measurement_issue(reading, KIND, COMPREHENSIVE_SR, (images,), (localizer,))
    return report(visit, issue, measurement_root(reading, TITLE, _body(reading, reading.seen(lesions))))


def _body(reading: Reading, sightings: Sequence[Sighting]) -> Iterator[Draft]:
    groups = (labelled(sighting.lesion.uid, _group(reading, sighting)) for sighting in sightings)
    yield container(IMAGING_MEASUREMENTS, *groups)
    present = [sighting for sighting in sightings if not sighting.is_gone]
    if present:
        mean = sum((_axis(sighting) for sighting in present), Decimal(0)) / len(present)
        links = (Link(INFERRED_FROM, sighting.lesion.uid) for sighting in present)
        derived = num(MEAN_OF_POPULATION, str(rounded(mean, "0.01")), MM, *links)
        yield container(dcm("126011", "Derived Imaging Measurements"), derived)
    yield overall(reading, sightings)


def _group(reading: Reading, sighting: Sighting) -> Draft:
    """Draft TID 1410."""
    return container(
        MEASUREMENT_GROUP,
        *identity(reading, sighting.lesion),
        *(_gone() if sighting.is_gone else _measurements(reading, sighting)),
        template="1410",
    )


def _gone() -> Iterator[Draft]:
    yield missing_num(LONG_AXIS, MEASUREMENT_FAILURE)
    yield text(FINDING, "No longer seen")


def _measurements(reading: Reading, sighting: Sighting) -> Iterator[Draft]:
    visit, images, lesion = reading.visit, reading.images, sighting.lesion
    region = f"region of {lesion.uid}"
    long_axis = _axis(sighting)
    short_axis = rounded(float(long_axis) * lesion.roundness, "0.1")
    drawn_on = selected_from(image(None, images.image(through(images, lesion))))
    method = concept_mod(code(MEASUREMENT_METHOD, RECIST_1_1))
    yield labelled(region, scoord(IMAGE_REGION, "POLYLINE", sighting.outline(SPACING), drawn_on))
    yield num(LONG_AXIS, str(long_axis), MM, method, Link(INFERRED_FROM, region))
    yield num(SHORT_AXIS, str(short_axis), MM, Link(INFERRED_FROM, region))
    yield num(AREA, str(rounded(sighting.area, "0.1")), MM2)
    yield from attenuations(lesion)
    if visit.number > 1:
        yield observed(code(RECIST, response(sighting)), uid=visit.uid("response", lesion.uid, reading.reader))


def _axis(sighting: Sighting) -> Decimal:
    return rounded(sighting.long_axis, "0.1")
