"""OB-GYN ultrasound reports: fetal biometry of one or two fetuses (PS3.16 TID 5000)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from random import Random

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import RelationshipType
from sr2graph.dicom.report import Report
from sr2graph.samples.build import (
    Draft,
    Link,
    code,
    concept_mod,
    container,
    date,
    image,
    inferred_from,
    labelled,
    num,
    nums,
    obs_context,
    properties,
    text,
    uidref,
)
from sr2graph.samples.codes import (
    BPM,
    CALCULATED,
    CM,
    COMMENT,
    DERIVATION,
    EQUATION,
    FINDING_SITE,
    FINDINGS,
    IMAGE_LIBRARY,
    KG,
    LATERALITY,
    LEFT,
    MEAN,
    MM,
    NO_UNITS,
    PATIENT_CHARACTERISTICS,
    PATIENT_HEIGHT,
    PATIENT_WEIGHT,
    PERCENT,
    RIGHT,
    SUMMARY,
    D,
    G,
    dcm,
    ln,
    sct,
    ucum,
)
from sr2graph.samples.context import language, person_observer, procedure_context, subject_context
from sr2graph.samples.document import Issue, report
from sr2graph.samples.fetus import CROWN_RUMP, HEAD_AND_TRUNK, LONG_BONES, RATIOS, Biometry, Fetus, measured
from sr2graph.samples.identity import rounded, within
from sr2graph.samples.sop_classes import COMPREHENSIVE_SR
from sr2graph.samples.visit import ImageSeries, Visit

KIND = "obgyn"
TERM = timedelta(days=280)
EARLY = 14
"""Weeks before which the embryo is measured as a whole."""

GESTATIONAL_AGE = ln("18185-9", "Gestational Age")
GROWTH_RANK = dcm("125012", "Growth Percentile Rank")
BIOMETRY_GROUP = dcm("125005", "Biometry Group")
RANGE = ucum("{0:2}", "range 0:2")
INFERRED_FROM = RelationshipType.INFERRED_FROM

BIOPHYSICAL = (
    ln("11631-9", "Gross Body Movement"),
    ln("11632-7", "Fetal Breathing"),
    ln("11635-0", "Fetal Tone"),
    ln("11630-1", "Amniotic Fluid Volume"),
)
QUADRANTS = (
    ln("11624-4", "First Quadrant Diameter"),
    ln("11626-9", "Second Quadrant Diameter"),
    ln("11625-1", "Third Quadrant Diameter"),
    ln("11623-6", "Fourth Quadrant Diameter"),
)


@dataclass(frozen=True, slots=True)
class Examination:
    """What an examination at a gestational age found."""

    visit: Visit
    days: int
    fetuses: tuple[Fetus, ...]
    images: ImageSeries
    cervix: Decimal
    """Length in mm."""
    quadrants: tuple[Decimal, ...]
    """Depths of the amniotic fluid in cm."""

    @property
    def is_early(self) -> bool:
        """Whether the embryo is measured as a whole."""
        return self.days < EARLY * 7


def obgyn(visit: Visit, images: ImageSeries, *, days: int, twins: bool = False) -> Report:
    """Return the report of an examination at a gestational age in days."""
    random = visit.random(KIND)
    fetuses = tuple(measured(random, visit, number, 2 if twins else 1, days) for number in range(1, 3 if twins else 2))
    cervix = rounded(within(random.gauss(36, 5), 12, 55), "0.1")
    quadrants = tuple(rounded(within(random.gauss(3.4, 0.8), 0.5, 7), "0.01") for _ in QUADRANTS)
    issue = Issue(
        kind=KIND,
        sop_class_uid=COMPREHENSIVE_SR,
        description="OB Report",
        series_number=950,
        minutes=35,
        author=visit.technologist,
        verifier=visit.radiologist if random.random() < 0.5 else None,
        series=(images,),
    )
    return report(visit, issue, _root(Examination(visit, days, fetuses, images, cervix, quadrants)))


def _root(exam: Examination) -> Draft:
    visit = exam.visit
    sections = _early_sections if exam.is_early else _late_sections
    return container(
        dcm("125000", "OB-GYN Ultrasound Procedure Report"),
        language(),
        *person_observer(visit.technologist, visit),
        *procedure_context(visit),
        subject_context(),
        _characteristics(exam),
        container(IMAGE_LIBRARY, *(image(None, exam.images.image(index)) for index in range(exam.images.count))),
        _summary(exam),
        *(section for fetus in exam.fetuses for section in sections(exam, fetus)),
        _amniotic_sac(exam) if not exam.is_early else None,
        _pelvis(exam),
        *_uterine_arteries(exam),
        template="5000",
    )


def _characteristics(exam: Examination) -> Draft:
    """Draft TID 5001."""
    subject = exam.visit.subject
    return container(
        PATIENT_CHARACTERISTICS,
        num(PATIENT_HEIGHT, f"{subject.height * 100:.0f}", CM),
        num(PATIENT_WEIGHT, f"{subject.weight:.1f}", KG),
        num(ln("11996-6", "Gravida"), "2", NO_UNITS),
        num(ln("11977-6", "Para"), "1", NO_UNITS),
    )


def _summary(exam: Examination) -> Draft:
    """Draft TID 5002."""
    period = exam.visit.started.date() - timedelta(days=exam.days)
    return container(
        SUMMARY,
        date(ln("8665-2", "LMP"), period.strftime("%Y%m%d")),
        date(ln("11779-6", "EDD from LMP"), (period + TERM).strftime("%Y%m%d")),
        num(ln("11878-6", "Number of Fetuses by US"), str(len(exam.fetuses)), NO_UNITS),
        text(COMMENT, "Dating confirmed by crown rump length"),
        *(_fetus_summary(exam, fetus) for fetus in exam.fetuses),
    )


def _fetus_summary(exam: Examination, fetus: Fetus) -> Draft:
    """Draft TID 5003."""
    by_period = inferred_from(code(EQUATION, ln("11885-1", "Gestational Age by LMP")))
    return container(
        dcm("125008", "Fetus Summary"),
        *_subject(fetus),
        num(GESTATIONAL_AGE, str(exam.days), D, by_period),
        num(ln("11948-7", "Fetal Heart Rate"), str(fetus.heart_rate), BPM),
        *(() if exam.is_early else _weight(fetus)),
    )


def _weight(fetus: Fetus) -> Iterator[Draft]:
    equation = inferred_from(code(EQUATION, ln("11732-5", "EFW by AC, BPD, FL, HC, Hadlock 1985")))
    used = (Link(INFERRED_FROM, _label(fetus, label)) for label in ("AC", "BPD", "FL", "HC"))
    table = inferred_from(code(EQUATION, ln("33162-9", "EFW by GA, Hadlock 1991")))
    yield num(ln("11727-5", "Estimated Weight"), str(fetus.weight), G, equation, *used)
    yield num(ln("11767-1", "EFW percentile rank"), str(fetus.rank), PERCENT, table)


def _early_sections(_: Examination, fetus: Fetus) -> Iterator[Draft]:
    yield container(dcm("125009", "Early Gestation"), *_subject(fetus), _biometry(fetus, CROWN_RUMP))


def _late_sections(exam: Examination, fetus: Fetus) -> Iterator[Draft]:
    biometry = (_biometry(fetus, each) for each in HEAD_AND_TRUNK)
    bones = (_biometry(fetus, each) for each in LONG_BONES)
    yield container(dcm("125001", "Fetal Biometry Ratios"), *_subject(fetus), *_ratios(fetus))
    yield container(dcm("125002", "Fetal Biometry"), *_subject(fetus), *biometry)
    yield container(dcm("125003", "Fetal Long Bones"), *_subject(fetus), *bones)
    if exam.days > 28 * 7:
        yield _biophysical_profile(fetus)


def _subject(fetus: Fetus) -> Iterator[Draft]:
    """Draft TID 1008, which only several fetuses need."""
    if fetus.of > 1:
        yield obs_context(uidref(dcm("121028", "Subject UID"), fetus.uid))
        yield obs_context(text(ln("11951-1", "Fetus ID"), str(fetus.number)))
        yield obs_context(num(ln("11878-6", "Number of Fetuses by US"), str(fetus.of), NO_UNITS))


def _ratios(fetus: Fetus) -> Iterator[Draft]:
    """Draft rows 3 and 4 of TID 5004: ratios, by reference to what they are ratios of."""
    for upper, lower, name in RATIOS:
        ratio = rounded(fetus.mean(upper) / fetus.mean(lower), "0.001")
        links = (Link(INFERRED_FROM, _label(fetus, label)) for label in (upper, lower))
        yield num(name, str(ratio), NO_UNITS, *links)


def _biometry(fetus: Fetus, biometry: Biometry) -> Draft:
    """Draft TID 5008: the tries, their mean, and the age and rank that follow from it."""
    mean = fetus.mean(biometry.label)
    label = _label(fetus, biometry.label)
    days = str(round(biometry.age(float(mean))))
    chosen = properties(code(dcm("121404", "Selection Status"), dcm("121412", "Mean value chosen")))
    averaged = concept_mod(code(DERIVATION, MEAN))
    table = inferred_from(code(EQUATION, biometry.age_table))
    growth = biometry.growth_table
    return container(
        BIOMETRY_GROUP,
        *(num(biometry.name, str(each), MM) for each in fetus.tries[biometry.label]),
        labelled(label, num(biometry.name, str(mean), MM, averaged, chosen)),
        num(GESTATIONAL_AGE, days, D, table, Link(INFERRED_FROM, label)),
        num(GROWTH_RANK, str(fetus.rank), PERCENT, inferred_from(code(EQUATION, growth))) if growth else None,
    )


def _label(fetus: Fetus, label: str) -> str:
    return f"{label} of fetus {fetus.number}"


def _biophysical_profile(fetus: Fetus) -> Draft:
    """Draft TID 5009."""
    scores = nums(*((name, 2, RANGE) for name in BIOPHYSICAL))
    total = num(ln("11634-3", "Biophysical Profile Sum Score"), str(2 * len(BIOPHYSICAL)), NO_UNITS)
    return container(dcm("125006", "Biophysical Profile"), *_subject(fetus), *scores, total)


def _amniotic_sac(exam: Examination) -> Draft:
    """Draft TID 5010: the index, and the four depths it is the sum of."""
    depths = [
        labelled(f"quadrant {number}", num(name, str(depth), CM))
        for number, (name, depth) in enumerate(zip(QUADRANTS, exam.quadrants, strict=True))
    ]
    links = (Link(INFERRED_FROM, f"quadrant {number}") for number in range(len(depths)))
    total = str(sum(exam.quadrants, Decimal(0)))
    summed = concept_mod(code(DERIVATION, CALCULATED))
    return container(
        FINDINGS,
        concept_mod(code(FINDING_SITE, sct("70847004", "Amniotic Sac"))),
        num(ln("11627-7", "Amniotic Fluid Index"), total, CM, summed, *links),
        *depths,
    )


def _pelvis(exam: Examination) -> Draft:
    """Draft TID 5015."""
    shown = inferred_from(image(dcm("121112", "Source of Measurement"), exam.images.image(0)))
    cervix = num(ln("11961-0", "Cervix Length"), str(exam.cervix), MM, shown)
    return container(dcm("125011", "Pelvis and Uterus"), cervix)


def _uterine_arteries(exam: Examination) -> Iterator[Draft]:
    """Draft a section for the uterine artery of either side: TID 5000 row 24 has one TID 5026 in each."""
    random = exam.visit.random("uterine arteries")
    site = concept_mod(code(FINDING_SITE, sct("281496003", "Pelvic Vascular Structure")))
    yield from (container(FINDINGS, site, _artery(random, side)) for side in (LEFT, RIGHT))


def _artery(random: Random, side: CodedConcept) -> Draft:
    measured = nums(
        (ln("12008-9", "Pulsatility Index"), rounded(random.uniform(0.6, 1.6), "0.01"), NO_UNITS),
        (ln("12023-8", "Resistivity Index"), rounded(random.uniform(0.4, 0.75), "0.01"), NO_UNITS),
    )
    return container(
        sct("91079009", "Uterine Artery"),
        concept_mod(code(LATERALITY, side)),
        *measured,
    )
