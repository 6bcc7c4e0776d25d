"""Mammography CAD reports: what a computer found in the four images of a screening (PS3.16 TID 4000)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import RelationshipType
from sr2graph.dicom.report import Report
from sr2graph.samples.breasts import (
    CLUSTER,
    DENSITY,
    MASS,
    SPACING,
    VIEWS,
    Suspicion,
    View,
    composition,
    suspicions,
)
from sr2graph.samples.build import (
    Draft,
    Link,
    acq_context,
    code,
    concept_mod,
    container,
    date,
    image,
    inferred_from,
    labelled,
    num,
    properties,
    scoord,
    text,
    time,
)
from sr2graph.samples.codes import (
    ALGORITHM_NAME,
    ALGORITHM_VERSION,
    DERIVATION,
    ESTIMATED,
    IMAGE_LIBRARY,
    MM,
    NO_UNITS,
    PERCENT,
    dcm,
    sct,
)
from sr2graph.samples.context import language
from sr2graph.samples.document import Issue, report
from sr2graph.samples.fleet import Station, station
from sr2graph.samples.sop_classes import MAMMOGRAPHY_CAD_SR
from sr2graph.samples.visit import ImageSeries, Visit

KIND = "mammography_cad"

SINGLE_IMAGE_FINDING = dcm("111059", "Single Image Finding")
COMPOSITE_FEATURE = dcm("111015", "Composite Feature")
RENDERING_INTENT = dcm("111056", "Rendering Intent")
PRESENTATION_REQUIRED = dcm("111150", "Presentation Required: Rendering device is expected to present")
PRESENTATION_OPTIONAL = dcm("111151", "Presentation Optional: Rendering device may present")
INDIVIDUAL_IMPRESSION = dcm("111034", "Individual Impression/Recommendation")
PROBABILITY_OF_CANCER = dcm("111047", "Probability of cancer")
CENTER = dcm("111010", "Center")
OUTLINE = dcm("111041", "Outline")
MASS_TRAITS = (dcm("111035", "Lesion Density"), sct("107644003", "Shape"), dcm("111037", "Margins"))
CLUSTER_TRAITS = (dcm("111009", "Calcification Type"), dcm("111008", "Calcification Distribution"))
SUCCESSFUL_DETECTIONS = dcm("111063", "Successful Detections")
DETECTION_PERFORMED = dcm("111022", "Detection Performed")
ANALYSIS_PERFORMED = dcm("111004", "Analysis Performed")
COMPOSITION_ANALYSIS = sct("133890006", "Breast composition analysis")
OVERALL_ANALYSIS = dcm("111234", "Overall Impression/Recommendation Analysis")
NOT_FOR_PRESENTATION = dcm("111152", "Not for Presentation: Rendering device expected not to present")
BREAST_COMPOSITION = sct("129715009", "Breast composition")
SUCCEEDED = dcm("111222", "Succeeded")
PARTIALLY_SUCCEEDED = dcm("111223", "Partially Succeeded")
SUMMARIES = {
    (True, False): dcm("111241", "All algorithms succeeded; without findings"),
    (True, True): dcm("111242", "All algorithms succeeded; with findings"),
    (False, False): dcm("111243", "Not all algorithms succeeded; without findings"),
    (False, True): dcm("111244", "Not all algorithms succeeded; with findings"),
}
"""By whether all algorithms succeeded, and whether there are findings."""
ASSESSMENTS = (
    (10, sct("397140005", "1 - Negative"), dcm("111140", "Normal interval follow-up")),
    (40, sct("397141009", "2 - Benign"), dcm("111140", "Normal interval follow-up")),
    (60, sct("397143007", "3 - Probably Benign"), dcm("111142", "Follow-up at short interval (1-11 months)")),
    (85, sct("397144001", "4 - Suspicious"), dcm("111143", "Biopsy should be considered")),
    (
        101,
        sct("397145000", "5 - Highly suggestive of malignancy"),
        dcm("111148", "Biopsy should be strongly considered"),
    ),
)
"""Below which highest certainty in percent, what, and what to do."""
ALGORITHMS = {MASS: "masses", DENSITY: "masses", CLUSTER: "calcifications"}
"""What each algorithm looks for; the one for density does the rest."""
FAILURES = 0.04
"""How often the search for calcifications fails on some image."""
MARKED = 55
"""Certainty in percent from which on a finding has to be shown."""
LIBRARY_LABELS = tuple(f"image {view.index}" for view in VIEWS)


@dataclass(frozen=True, slots=True)
class Processing:
    """One run of the CAD server over the images of a visit."""

    visit: Visit
    images: ImageSeries
    server: Station
    found: tuple[Suspicion, ...]
    succeeded: bool

    def algorithm(self, finding: CodedConcept) -> tuple[Draft, Draft]:
        """Draft TID 4019: the algorithm of the server that looks for this."""
        name = text(ALGORITHM_NAME, f"{self.server.model}: {ALGORITHMS.get(finding, 'density')}")
        return properties(name), properties(text(ALGORITHM_VERSION, self.server.software[0]))


def mammography_cad(visit: Visit, images: ImageSeries) -> Report:
    """Return what the CAD server of the hospital found at this round of screening."""
    random = visit.random(KIND)
    server = station(random, "CAD", visit.station.hospital, visit.started.date())
    succeeded = random.random() >= FAILURES
    seen = suspicions(visit.subject.patient_id, visit.number)
    found = tuple(suspicion for suspicion in seen if succeeded or suspicion.kind is MASS)
    processing = Processing(visit, images, server, found, succeeded)
    issue = Issue(
        kind=KIND,
        sop_class_uid=MAMMOGRAPHY_CAD_SR,
        description="Mammography CAD",
        series_number=940,
        station=server,
        minutes=9,
        series=(images,),
    )
    return report(visit, issue, _root(processing))


def _root(processing: Processing) -> Draft:
    return container(
        dcm("111036", "Mammography CAD Report"),
        language(),
        container(IMAGE_LIBRARY, *(_entry(processing, view) for view in VIEWS)),
        _overall(processing),
        _detections(processing),
        _analyses(processing),
        template="4000",
    )


def _entry(processing: Processing, view: View) -> Draft:
    """Draft TID 4020."""
    day, moment = processing.visit.day_time(0)
    _, taken = processing.visit.day_time(90 + 45 * view.index)
    context = (
        code(dcm("111027", "Image Laterality"), view.breast),
        code(dcm("111031", "Image View"), view.projection),
        text(dcm("111044", "Patient Orientation Row"), view.row),
        text(dcm("111043", "Patient Orientation Column"), view.column),
        date(dcm("111060", "Study Date"), day),
        time(dcm("111061", "Study Time"), moment),
        date(dcm("111018", "Content Date"), day),
        time(dcm("111019", "Content Time"), taken),
        num(dcm("111026", "Horizontal Pixel Spacing"), str(SPACING), MM),
        num(dcm("111066", "Vertical Pixel Spacing"), str(SPACING), MM),
    )
    shown = processing.images.image(view.index)
    return labelled(LIBRARY_LABELS[view.index], image(None, shown, *map(acq_context, context)))


# Findings


def _overall(processing: Processing) -> Draft:
    """Draft TID 4001: the summary, and what it is inferred from."""
    return code(
        dcm("111017", "CAD Processing and Findings Summary"),
        SUMMARIES[processing.succeeded, bool(processing.found)],
        *_assessment(processing),
        *(_impression(processing, suspicion) for suspicion in processing.found),
        _background(processing) if processing.found else None,
    )


def _assessment(processing: Processing) -> Iterator[Draft]:
    """Draft TID 4002: the assessment of both breasts, and what to do."""
    certainty = max((suspicion.certainty for suspicion in processing.found), default=0)
    assessment, advice = next((what, advice) for limit, what, advice in ASSESSMENTS if certainty < limit)
    yield properties(code(dcm("111005", "Assessment Category"), assessment))
    yield properties(code(dcm("111053", "Recommended Follow-up"), advice))
    _, percentage = composition(processing.visit.subject.patient_id)
    estimated = concept_mod(code(DERIVATION, ESTIMATED))
    yield properties(num(dcm("112191", "Breast tissue density"), str(percentage), PERCENT, estimated))
    yield from processing.algorithm(MASS)


def _impression(processing: Processing, suspicion: Suspicion) -> Draft:
    """Draft TID 4003 for one suspicion: as one feature of two images, or as findings in single images."""
    is_composite = suspicion.kind is MASS and suspicion.is_in_both_views
    singles = (_single(processing, suspicion, view) for view in suspicion.views)
    parts = (_composite(processing, suspicion, singles),) if is_composite else singles
    return inferred_from(container(INDIVIDUAL_IMPRESSION, _intent(suspicion), *parts))


def _intent(suspicion: Suspicion) -> Draft:
    intent = PRESENTATION_REQUIRED if suspicion.certainty >= MARKED else PRESENTATION_OPTIONAL
    return concept_mod(code(RENDERING_INTENT, intent))


def _composite(processing: Processing, suspicion: Suspicion, singles: Iterator[Draft]) -> Draft:
    """Draft TID 4004 and 4005: a mass that two images show."""
    body = (
        code(dcm("111016", "Composite type"), dcm("111154", "Target Content Items are related spatially")),
        code(dcm("111057", "Scope of Feature"), dcm("111158", "Feature detected on multiple images")),
        *processing.algorithm(MASS),
        num(dcm("111011", "Certainty of Feature"), str(suspicion.certainty), PERCENT),
        num(PROBABILITY_OF_CANCER, str(suspicion.cancer), PERCENT),
        code(dcm("111048", "Quadrant location"), suspicion.quadrant),
        *_traits(suspicion),
    )
    return code(
        COMPOSITE_FEATURE, MASS, _intent(suspicion), *map(properties, body), *(inferred_from(each) for each in singles)
    )


def _single(processing: Processing, suspicion: Suspicion, view: View) -> Draft:
    """Draft TID 4006: what one image shows."""
    finding = DENSITY if suspicion.kind is MASS else CLUSTER
    drawn_on = Link(RelationshipType.SELECTED_FROM, LIBRARY_LABELS[view.index])
    body = (
        *processing.algorithm(finding),
        num(dcm("111012", "Certainty of Finding"), str(suspicion.certainty), PERCENT),
        num(PROBABILITY_OF_CANCER, str(suspicion.cancer), PERCENT),
        scoord(CENTER, "POINT", suspicion.place(view), drawn_on),
        scoord(OUTLINE, "POLYLINE", suspicion.outline(view), drawn_on),
        *_traits(suspicion),
    )
    return code(SINGLE_IMAGE_FINDING, finding, _intent(suspicion), *map(properties, body))


def _traits(suspicion: Suspicion) -> Iterator[Draft]:
    """Draft TID 4010 of a cluster, TID 4011 of a density."""
    names = CLUSTER_TRAITS if suspicion.kind is CLUSTER else MASS_TRAITS
    yield from (code(name, trait) for name, trait in zip(names, suspicion.traits, strict=True))
    if suspicion.kind is CLUSTER:
        yield num(dcm("111038", "Number of calcifications"), str(suspicion.calcifications), NO_UNITS)


def _background(processing: Processing) -> Draft:
    """Draft what is found in all breasts and not meant to be shown: how dense they are."""
    category, percentage = composition(processing.visit.subject.patient_id)
    body = (
        *processing.algorithm(BREAST_COMPOSITION),
        code(BREAST_COMPOSITION, category),
        num(dcm("111046", "Percent Fibroglandular Tissue"), str(percentage), PERCENT),
    )
    intent = concept_mod(code(RENDERING_INTENT, NOT_FOR_PRESENTATION))
    finding = code(SINGLE_IMAGE_FINDING, BREAST_COMPOSITION, intent, *map(properties, body))
    return inferred_from(container(INDIVIDUAL_IMPRESSION, intent, finding))


# What was run


def _detections(processing: Processing) -> Draft:
    """Draft TID 4015: the searches, one of which may have failed."""
    masses, clusters = (_performed(processing, DETECTION_PERFORMED, finding) for finding in (DENSITY, CLUSTER))
    summary = dcm("111064", "Summary of Detections")
    if processing.succeeded:
        return code(summary, SUCCEEDED, inferred_from(container(SUCCESSFUL_DETECTIONS, masses, clusters)))
    return code(
        summary,
        PARTIALLY_SUCCEEDED,
        inferred_from(container(SUCCESSFUL_DETECTIONS, masses)),
        inferred_from(container(dcm("111025", "Failed Detections"), clusters)),
    )


def _analyses(processing: Processing) -> Draft:
    """Draft TID 4016."""
    run = [_performed(processing, ANALYSIS_PERFORMED, each) for each in (COMPOSITION_ANALYSIS, OVERALL_ANALYSIS)]
    successful = container(dcm("111062", "Successful Analyses"), *run)
    return code(dcm("111065", "Summary of Analyses"), SUCCEEDED, inferred_from(successful))


def _performed(processing: Processing, name: CodedConcept, what: CodedConcept) -> Draft:
    """Draft TID 4017 or 4018: what was run, by what, on which images."""
    images = (Link(RelationshipType.HAS_PROPERTIES, label) for label in LIBRARY_LABELS)
    return code(name, what, *processing.algorithm(what), *images)
