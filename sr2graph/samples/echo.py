"""Adult echocardiography reports (PS3.16 TID 5200)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
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
    CM_S,
    DERIVATION,
    DU_BOIS,
    FINDING_SITE,
    FINDINGS,
    IMAGE_LIBRARY,
    M2,
    MEASUREMENT_GROUP,
    MEASUREMENT_METHOD,
    MEASUREMENT_NOT_ATTEMPTED,
    ML,
    MMHG,
    MS,
    NO_UNITS,
    PATIENT_CHARACTERISTICS,
    PERCENT,
    PROCEDURE_REPORTED,
    SEXES,
    SUBJECT_AGE,
    SUBJECT_SEX,
    YEAR,
    G,
    dcm,
    ln,
    sct,
    ucum,
)
from sr2graph.samples.context import language, person_observer, procedure_context, subject_context
from sr2graph.samples.document import Issue, report
from sr2graph.samples.identity import rounded, within
from sr2graph.samples.measurement_report import COMPREHENSIVE_SR
from sr2graph.samples.visit import ImageSeries, Visit

KIND = "echo"

IMAGE_MODE = sct("399264008", "Image Mode")
IMAGE_VIEW = dcm("111031", "Image View")
CARDIAC_CYCLE_POINT = sct("272518008", "Cardiac Cycle Point")
FLOW_DIRECTION = sct("260674002", "Flow Direction")
TWO_D = sct("399064001", "2D mode")
M_MODE = sct("399155008", "M mode")
PULSED = sct("261199008", "Doppler Pulsed")
CONTINUOUS = sct("261198000", "Doppler Continuous Wave")
TISSUE = sct("439858009", "Tissue Doppler Imaging")
PARASTERNAL = sct("399139001", "Parasternal long axis")
FOUR_CHAMBER = sct("399214001", "Apical four chamber")
END_DIASTOLE = sct("416190007", "End Diastole")
END_SYSTOLE = sct("416430001", "End Systole")
REGURGITANT = sct("397417004", "Regurgitant Flow")
ANTEGRADE = sct("263677008", "Antegrade Flow")
BIPLANE_DISKS = dcm("125207", "Method of Disks, Biplane")
LV_MASS_BY_M_MODE = dcm("125221", "Left Ventricle Mass by M-mode")
BERNOULLI = dcm("125218", "Simplified Bernoulli")
LATERAL_ANNULUS = sct("399086000", "Lateral Mitral Annulus")
OUTFLOW_TRACT = sct("13418002", "Left Ventricle Outflow Tract")


@dataclass(frozen=True, slots=True)
class Measurement:
    """A measurement of a section, and what is usually found."""

    name: CodedConcept
    unit: CodedConcept
    usual: float
    spread: float
    step: str = "0.1"
    method: CodedConcept | None = None
    site: CodedConcept | None = None
    direction: CodedConcept | None = None
    phase: CodedConcept | None = None
    view: CodedConcept | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the heart, and what is measured of it in one image mode."""

    subject: CodedConcept
    mode: CodedConcept
    measurements: tuple[Measurement, ...]


END_DIASTOLIC_VOLUME = ln("18026-5", "Left Ventricular End Diastolic Volume")
END_SYSTOLIC_VOLUME = ln("18148-7", "Left Ventricular End Systolic Volume")
EJECTION_FRACTION = ln("18043-0", "Left Ventricular Ejection Fraction by US")
STROKE_VOLUME = sct("90096001", "Stroke Volume")
LEFT_VENTRICLE = sct("87878005", "Left Ventricle")

SECTIONS = (
    Section(
        LEFT_VENTRICLE,
        M_MODE,
        (
            Measurement(
                ln("29436-3", "Left Ventricle Internal End Diastolic Dimension"), CM, 4.9, 0.5, "0.01", view=PARASTERNAL
            ),
            Measurement(
                ln("29438-9", "Left Ventricle Internal Systolic Dimension"), CM, 3.2, 0.45, "0.01", view=PARASTERNAL
            ),
            Measurement(ln("18154-5", "Interventricular Septum Diastolic Thickness"), CM, 1.0, 0.15, "0.01"),
            Measurement(ln("18152-9", "Left Ventricle Posterior Wall Diastolic Thickness"), CM, 0.95, 0.14, "0.01"),
            Measurement(ln("18087-7", "Left Ventricle Mass"), G, 165, 40, method=LV_MASS_BY_M_MODE),
        ),
    ),
    Section(
        LEFT_VENTRICLE,
        TISSUE,
        (
            Measurement(
                sct("399133000", "Left Ventricular Peak Early Diastolic Tissue Velocity"),
                CM_S,
                10.5,
                2.5,
                site=LATERAL_ANNULUS,
                view=FOUR_CHAMBER,
            ),
        ),
    ),
    Section(
        sct("82471001", "Left Atrium"),
        TWO_D,
        (
            Measurement(ln("29469-4", "Left Atrium Antero-posterior Systolic Dimension"), CM, 3.7, 0.5, "0.01"),
            Measurement(
                ln("17977-0", "Left Atrium Area A4C view"), ucum("cm2"), 19, 4, phase=END_SYSTOLE, view=FOUR_CHAMBER
            ),
        ),
    ),
    Section(
        sct("91134007", "Mitral Valve"),
        PULSED,
        (
            Measurement(ln("18037-2", "Mitral Valve E-Wave Peak Velocity"), CM_S, 78, 16, direction=ANTEGRADE),
            Measurement(ln("17978-8", "Mitral Valve A-Wave Peak Velocity"), CM_S, 70, 17, direction=ANTEGRADE),
            Measurement(sct("399354002", "Mitral Valve E-Wave Deceleration Time"), MS, 195, 35, "1"),
        ),
    ),
    Section(
        sct("34202007", "Aortic Valve"),
        CONTINUOUS,
        (
            Measurement(ln("20355-4", "Peak Blood Velocity"), CM_S, 140, 40, direction=ANTEGRADE),
            Measurement(
                ln("20256-4", "Mean Gradient"), MMHG, 6, 3, method=BERNOULLI, direction=ANTEGRADE, view=FOUR_CHAMBER
            ),
            Measurement(ln("20354-7", "Velocity Time Integral"), CM, 22, 4, site=OUTFLOW_TRACT),
        ),
    ),
    Section(
        sct("15825003", "Aorta"),
        TWO_D,
        (Measurement(ln("18015-8", "Aortic Root Diameter"), CM, 3.2, 0.35, "0.01", view=PARASTERNAL),),
    ),
    Section(
        sct("35532006", "Vena Cava"),
        M_MODE,
        (
            Measurement(ln("18006-7", "Inferior Vena Cava Diameter"), CM, 1.7, 0.3, "0.01"),
            Measurement(ln("18050-5", "Inferior Vena Cava % Collapse"), PERCENT, 55, 12, "1"),
        ),
    ),
)

WALL_SEGMENTS = (
    sct("264850008", "left ventricle basal anterior segment"),
    sct("396482007", "left ventricle basal anteroseptal segment"),
    sct("264846001", "left ventricle basal inferior segment"),
    sct("264848000", "left ventricle mid anterior segment"),
    sct("264847005", "left ventricle mid inferior segment"),
    sct("264844003", "left ventricle apical anterior segment"),
    sct("264845002", "left ventricle apical septal segment"),
    sct("264849008", "left ventricle apical inferior segment"),
)
WALL_MOTIONS = (
    (1, sct("373122000", "Normal wall motion")),
    (2, sct("37706002", "Hypokinesis")),
    (3, sct("195675009", "Akinesis")),
)
SCORE_WEIGHTS = (88, 9, 3)


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
        _function(random),
        *(_section(random, section, images) for section in SECTIONS),
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
        num(BODY_SURFACE_AREA, area, M2, inferred_from(code(BODY_SURFACE_AREA_FORMULA, DU_BOIS))),
    )


def _image_library(images: ImageSeries) -> Draft:
    clips = (labelled(f"image {index}", image(None, images.image(index))) for index in range(images.count))
    return container(IMAGE_LIBRARY, *clips)


def _function(random: Random) -> Draft:
    """Draft the volumes of the left ventricle, and what follows from them by reference."""
    diastolic = rounded(within(random.gauss(118, 28), 55, 260), "0.1")
    fraction = Decimal(str(within(random.gauss(0.58, 0.09), 0.15, 0.78)))
    systolic = rounded(diastolic * (1 - fraction), "0.1")
    stroke = diastolic - systolic
    method = concept_mod(code(MEASUREMENT_METHOD, BIPLANE_DISKS))
    computed = concept_mod(code(DERIVATION, CALCULATED))
    volumes = [Link(RelationshipType.INFERRED_FROM, label) for label in ("EDV", "ESV")]
    shown = Link(RelationshipType.INFERRED_FROM, "image 0")
    group = container(
        MEASUREMENT_GROUP,
        concept_mod(code(IMAGE_MODE, TWO_D)),
        labelled("EDV", num(END_DIASTOLIC_VOLUME, str(diastolic), ML, method, _at(END_DIASTOLE), shown)),
        labelled("ESV", num(END_SYSTOLIC_VOLUME, str(systolic), ML, method, _at(END_SYSTOLE), shown)),
        num(EJECTION_FRACTION, str(rounded(100 * stroke / diastolic, "0.1")), PERCENT, method, computed, *volumes),
        num(STROKE_VOLUME, str(stroke), ML, method, computed, *volumes),
    )
    return container(FINDINGS, concept_mod(code(FINDING_SITE, LEFT_VENTRICLE)), group)


def _at(phase: CodedConcept) -> Draft:
    return concept_mod(code(CARDIAC_CYCLE_POINT, phase))


def _section(random: Random, section: Section, images: ImageSeries) -> Draft:
    """Draft TID 5202."""
    clip = Link(RelationshipType.INFERRED_FROM, f"image {random.randrange(images.count)}")
    group = container(
        MEASUREMENT_GROUP,
        concept_mod(code(IMAGE_MODE, section.mode)),
        *(_measurement(random, measurement, clip) for measurement in section.measurements),
    )
    return container(FINDINGS, concept_mod(code(FINDING_SITE, section.subject)), group)


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
    return container(FINDINGS, concept_mod(code(FINDING_SITE, sct("46030003", "Tricuspid Valve"))), group)


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
