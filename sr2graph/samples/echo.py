"""Adult echocardiography reports (PS3.16 TID 5200)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from random import Random

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import RelationshipType
from sr2graph.dicom.report import Report
from sr2graph.samples.build import (
    Draft,
    Link,
    acq_context,
    code,
    concept_mod,
    container,
    image,
    inferred_from,
    labelled,
    missing_num,
    num,
    properties,
)
from sr2graph.samples.codes import (
    ACQUISITION_PROTOCOL,
    BODY_SURFACE_AREA,
    BODY_SURFACE_AREA_FORMULA,
    BPM,
    CALCULATED,
    CM,
    DERIVATION,
    DU_BOIS,
    FINDING_SITE,
    FINDINGS,
    IMAGE_LIBRARY,
    LEFT_ATRIUM,
    M2,
    MEASUREMENT_GROUP,
    MEASUREMENT_METHOD,
    MEASUREMENT_NOT_ATTEMPTED,
    ML,
    MMHG,
    NO_UNITS,
    PATIENT_CHARACTERISTICS,
    PERCENT,
    PROCEDURE_REPORTED,
    SEXES,
    SUBJECT_AGE,
    SUBJECT_SEX,
    YEAR,
    dcm,
    ln,
    sct,
    ucum,
)
from sr2graph.samples.context import language, person_observer, procedure_context, subject_context
from sr2graph.samples.document import Issue, report
from sr2graph.samples.echo_sections import (
    BIPLANE_DISKS,
    CARDIAC_CYCLE_POINT,
    CONTINUOUS,
    EJECTION_FRACTION,
    END_DIASTOLE,
    END_DIASTOLIC_VOLUME,
    END_SYSTOLE,
    END_SYSTOLIC_VOLUME,
    FLOW_DIRECTION,
    IMAGE_MODE,
    IMAGE_VIEW,
    LEFT_VENTRICLE,
    LEFT_VENTRICLE_GROUPS,
    PARASTERNAL,
    REGURGITANT,
    SCORE_WEIGHTS,
    SECTIONS,
    STROKE_VOLUME,
    TWO_D,
    WALL_MOTIONS,
    WALL_SEGMENTS,
    Group,
    Measurement,
)
from sr2graph.samples.identity import rounded, stream, within
from sr2graph.samples.sop_classes import COMPREHENSIVE_SR
from sr2graph.samples.visit import ImageSeries, Visit

KIND = "echo"

ATRIUM_DIAMETER = ln("29469-4", "Left Atrium Antero-posterior Systolic Dimension")
ATRIUM_AREA = ln("17977-0", "Left Atrium Area A4C view")
ATRIUM_VOLUME = sct("399235004", "Left Atrium Systolic Volume")
ATRIUM_INDEX = ln("79984-1", "Left atrial end systolic volume biplane (MOD) / BSA")
CM2 = ucum("cm2")
ML_M2 = ucum("ml/m2")
REDUCED = 0.45
"""Ejection fraction below which the ventricle dilates."""


@dataclass(frozen=True, slots=True)
class Heart:
    """How the heart of a patient works at a visit."""

    fraction: float
    """Of ejection, as a share."""
    atrium: float
    """Volume of the left atrium, ml."""


def heart_of(visit: Visit) -> Heart:
    """Return the heart at a visit: the same heart as at the others, a little better or worse each time."""
    random = stream(visit.subject.patient_id, "heart")
    fraction = random.gauss(0.36, 0.07) if random.random() < 0.24 else random.gauss(0.6, 0.05)
    course, size = random.gauss(-0.008, 0.015), random.gauss(30, 6)
    now = stream(visit.key, "heart")
    ejected = within(fraction + course * visit.number + now.gauss(0, 0.02), 0.12, 0.78)
    index = within(size + 55 * max(0.0, 0.55 - ejected) + now.gauss(0, 2), 14, 90)
    return Heart(ejected, index * visit.subject.body_surface_area)


def echo(visit: Visit, images: ImageSeries) -> Report:
    """Return the report of a transthoracic examination."""
    random = visit.random(KIND)
    issue = Issue(
        kind=KIND,
        sop_class_uid=COMPREHENSIVE_SR,
        description="Echocardiography Measurements",
        series_number=960,
        minutes=40,
        author=visit.technologist,
        verifier=visit.radiologist if random.random() < 0.4 else None,
        series=(images,),
    )
    return report(visit, issue, _root(visit, images, random))


def _root(visit: Visit, images: ImageSeries, random: Random) -> Draft:
    heart = heart_of(visit)
    protocol = code(ACQUISITION_PROTOCOL, sct("433236007", "Transthoracic echocardiography"))
    return container(
        dcm("125200", "Adult Echocardiography Procedure Report"),
        language(),
        *person_observer(visit.technologist, visit),
        *procedure_context(visit),
        subject_context(),
        container(ln("55111-9", "Current Procedure Descriptions"), protocol),
        _characteristics(visit, random),
        _image_library(images),
        _section(LEFT_VENTRICLE, _function(random, heart), *_groups(random, LEFT_VENTRICLE_GROUPS, images)),
        _left_atrium(visit, heart),
        *(_section(section.subject, *_groups(random, (section.group,), images)) for section in SECTIONS),
        _tricuspid_valve(random),
        _wall_motion(random),
        template="5200",
    )


def _characteristics(visit: Visit, random: Random) -> Draft:
    """Draft TID 5201."""
    subject = visit.subject
    area = str(rounded(subject.body_surface_area, "0.01"))
    return container(
        PATIENT_CHARACTERISTICS,
        num(SUBJECT_AGE, str(subject.age(visit.started.date())), YEAR),
        code(SUBJECT_SEX, SEXES[subject.sex]),
        num(ln("8867-4", "Heart Rate"), str(round(random.gauss(71, 11))), BPM),
        num(sct("271649006", "Systolic Blood Pressure"), str(round(random.gauss(132, 16))), MMHG),
        num(sct("271650006", "Diastolic Blood Pressure"), str(round(random.gauss(79, 9))), MMHG),
        labelled("BSA", num(BODY_SURFACE_AREA, area, M2, inferred_from(code(BODY_SURFACE_AREA_FORMULA, DU_BOIS)))),
    )


def _image_library(images: ImageSeries) -> Draft:
    clips = (labelled(f"image {index}", image(None, images.image(index))) for index in range(images.count))
    return container(IMAGE_LIBRARY, *clips)


def _function(random: Random, heart: Heart) -> Draft:
    """Draft the volumes of the left ventricle, and what follows from them by reference."""
    diastolic = rounded(within(random.gauss(118 if heart.fraction > REDUCED else 165, 24), 55, 290), "0.1")
    systolic = rounded(float(diastolic) * (1 - heart.fraction), "0.1")
    stroke = diastolic - systolic
    method = concept_mod(code(MEASUREMENT_METHOD, BIPLANE_DISKS))
    computed = concept_mod(code(DERIVATION, CALCULATED))
    volumes = [Link(RelationshipType.INFERRED_FROM, label) for label in ("EDV", "ESV")]
    shown = Link(RelationshipType.INFERRED_FROM, "image 0")
    return container(
        MEASUREMENT_GROUP,
        concept_mod(code(IMAGE_MODE, TWO_D)),
        labelled("EDV", num(END_DIASTOLIC_VOLUME, str(diastolic), ML, method, _at(END_DIASTOLE), shown)),
        labelled("ESV", num(END_SYSTOLIC_VOLUME, str(systolic), ML, method, _at(END_SYSTOLE), shown)),
        num(EJECTION_FRACTION, str(rounded(100 * stroke / diastolic, "0.1")), PERCENT, method, computed, *volumes),
        num(STROKE_VOLUME, str(stroke), ML, method, computed, *volumes),
    )


def _left_atrium(visit: Visit, heart: Heart) -> Draft:
    """Draft the size of the left atrium, and its volume per body surface."""
    volume = rounded(heart.atrium, "0.1")
    index = rounded(heart.atrium / visit.subject.body_surface_area, "0.1")
    shown = Link(RelationshipType.INFERRED_FROM, "image 1")
    rests_on = [Link(RelationshipType.INFERRED_FROM, label) for label in ("LAV", "BSA")]
    diameter = rounded(2.0 + heart.atrium / 34, "0.01")
    method = concept_mod(code(MEASUREMENT_METHOD, BIPLANE_DISKS))
    group = container(
        MEASUREMENT_GROUP,
        concept_mod(code(IMAGE_MODE, TWO_D)),
        num(ATRIUM_DIAMETER, str(diameter), CM, acq_context(code(IMAGE_VIEW, PARASTERNAL)), shown),
        num(ATRIUM_AREA, str(rounded(8 + heart.atrium / 5, "0.1")), CM2, _at(END_SYSTOLE), shown),
        labelled("LAV", num(ATRIUM_VOLUME, str(volume), ML, method, shown)),
        num(ATRIUM_INDEX, str(index), ML_M2, concept_mod(code(DERIVATION, CALCULATED)), *rests_on),
    )
    return _section(LEFT_ATRIUM, group)


def _at(phase: CodedConcept) -> Draft:
    return concept_mod(code(CARDIAC_CYCLE_POINT, phase))


def _section(subject: CodedConcept, *groups: Draft) -> Draft:
    """Draft TID 5202: all about a part of the heart, of which TID 5200 has one section."""
    return container(FINDINGS, concept_mod(code(FINDING_SITE, subject)), *groups)


def _groups(random: Random, groups: Iterable[Group], images: ImageSeries) -> Iterator[Draft]:
    """Draft row 3 of TID 5202 for each image mode."""
    for group in groups:
        clip = Link(RelationshipType.INFERRED_FROM, f"image {random.randrange(images.count)}")
        yield container(
            MEASUREMENT_GROUP,
            concept_mod(code(IMAGE_MODE, group.mode)),
            *(_measurement(random, measurement, clip) for measurement in group.measurements),
        )


def _measurement(random: Random, usual: Measurement, clip: Link) -> Draft:
    """Draft TID 5203."""
    value = rounded(max(random.gauss(usual.usual, usual.spread), usual.usual * 0.3), usual.step)
    return num(usual.name, str(value), usual.unit, *_modifiers(usual), clip)


def _modifiers(usual: Measurement) -> Iterator[Draft]:
    modifiers = (
        (MEASUREMENT_METHOD, usual.method),
        (FINDING_SITE, usual.site),
        (FLOW_DIRECTION, usual.direction),
        (CARDIAC_CYCLE_POINT, usual.phase),
    )
    yield from (concept_mod(code(name, value)) for name, value in modifiers if value)
    if usual.view:
        yield acq_context(code(IMAGE_VIEW, usual.view))


def _tricuspid_valve(random: Random) -> Draft:
    """Draft the section whose gradient cannot always be had: no jet, no number."""
    gradient = ln("20247-3", "Peak Gradient")
    direction = concept_mod(code(FLOW_DIRECTION, REGURGITANT))
    measured = num(gradient, str(rounded(max(random.gauss(24, 7), 8), "0.1")), MMHG, direction)
    has_jet = random.random() < 0.4
    group = container(
        MEASUREMENT_GROUP,
        concept_mod(code(IMAGE_MODE, CONTINUOUS)),
        measured if has_jet else missing_num(gradient, MEASUREMENT_NOT_ATTEMPTED, direction),
    )
    return _section(sct("46030003", "Tricuspid Valve"), group)


def _wall_motion(random: Random) -> Draft:
    """Draft TID 5204: how each segment moves, and the mean score."""
    scores = random.choices(WALL_MOTIONS, SCORE_WEIGHTS, k=len(WALL_SEGMENTS))
    index = rounded(sum(score for score, _ in scores) / len(scores), "0.01")
    scale = concept_mod(code(sct("273249006", "Assessment Scale"), dcm("125223", "4 Point Segment Finding Scale")))
    segments = (
        _segment(segment, score, motion) for segment, (score, motion) in zip(WALL_SEGMENTS, scores, strict=True)
    )
    return container(
        FINDINGS,
        concept_mod(
            code(PROCEDURE_REPORTED, sct("35757004", "Echocardiography for Determining Ventricular Contraction"))
        ),
        num(dcm("125202", "LV Wall Motion Score Index"), str(index), NO_UNITS, scale),
        container(FINDINGS, concept_mod(code(FINDING_SITE, sct("272657006", "Myocardial Wall"))), *segments),
    )


def _segment(segment: CodedConcept, score: int, motion: CodedConcept) -> Draft:
    return code(
        ln("18179-2", "Wall Segment"),
        segment,
        properties(code(sct("60797005", "Cardiac Wall Motion"), motion)),
        properties(num(sct("246262008", "Score"), str(score), NO_UNITS)),
    )
