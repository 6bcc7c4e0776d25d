"""Radiopharmaceutical radiation dose reports (PS3.16 TID 10021)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.report import Report
from sr2graph.samples.build import (
    Draft,
    code,
    concept_mod,
    container,
    datetime,
    inferred_from,
    num,
    nums,
    obs_context,
    properties,
    text,
    uidref,
)
from sr2graph.samples.codes import (
    BODY_SURFACE_AREA,
    BODY_SURFACE_AREA_FORMULA,
    BRAIN,
    CM,
    CM3,
    DIAGNOSTIC_INTENT,
    DU_BOIS,
    EQUATION,
    FINDING_SITE,
    HAS_INTENT,
    IRRADIATION_ADMINISTERING,
    KG,
    LATERALITY,
    M2,
    MBQ,
    MEASUREMENT_METHOD,
    MGY,
    PATIENT_CHARACTERISTICS,
    PATIENT_HEIGHT,
    PATIENT_WEIGHT,
    REFERENCE_AUTHORITY,
    RIGHT,
    SEXES,
    SUBJECT_AGE,
    SUBJECT_SEX,
    YEAR,
    G,
    H,
    dcm,
    ln,
    local,
    sct,
    ucum,
)
from sr2graph.samples.context import language, person_participant
from sr2graph.samples.document import Issue, report
from sr2graph.samples.identity import rounded, spread
from sr2graph.samples.sop_classes import RADIOPHARMACEUTICAL_RADIATION_DOSE_SR
from sr2graph.samples.visit import Visit

KIND = "radiopharmaceutical_dose"


@dataclass(frozen=True, slots=True)
class Tracer:
    """A radiopharmaceutical, how it is given, and the organ doses per MBq (ICRP 106, rounded)."""

    description: str
    study_code: CodedConcept
    procedure: CodedConcept
    agent: CodedConcept
    radionuclide: CodedConcept
    half_life: str
    """Seconds."""
    per_kilogram: float
    """MBq/kg."""
    brand: str
    organs: tuple[tuple[CodedConcept, float, float], ...]
    """Organ, mass in g, mGy/MBq."""


BLADDER = sct("89837001", "Bladder")
HEART = sct("80891009", "Heart")
SKELETON = sct("425647002", "Bone Surface")

TRACERS = {
    "FDG": Tracer(
        "PET/CT whole body FDG",
        local("PTWBFDG", "PET/CT whole body FDG"),
        sct("45316007", "Radionuclide localization of tumor"),
        sct("35321007", "Fluorodeoxyglucose F^18^"),
        sct("77004003", "^18^Fluorine"),
        "6586.2",
        3.0,
        "Lumiglu",
        ((BLADDER, 45, 0.13), (HEART, 330, 0.067), (BRAIN, 1400, 0.038)),
    ),
    "florbetapir": Tracer(
        "PET/CT brain amyloid",
        local("PTAMYL", "PET/CT brain amyloid"),
        sct("764666002", "PET brain study"),
        sct("456995000", "Florbetapir F^18^"),
        sct("77004003", "^18^Fluorine"),
        "6586.2",
        4.6,
        "Corviscan",
        ((BLADDER, 45, 0.027), (BRAIN, 1400, 0.010)),
    ),
}


@dataclass(frozen=True, slots=True)
class Administration:
    """What was injected; activities in MBq."""

    drawn: Decimal
    residual: Decimal
    volume: Decimal
    seconds: float
    glucose: Decimal
    fasting: Decimal

    @property
    def activity(self) -> Decimal:
        """What went into the patient."""
        return self.drawn - self.residual


def radiopharmaceutical_dose(visit: Visit, tracer: str = "FDG") -> Report:
    """Return the report of one injection."""
    plan = TRACERS[tracer]
    issue = Issue(
        kind=KIND,
        sop_class_uid=RADIOPHARMACEUTICAL_RADIATION_DOSE_SR,
        description="Radiopharmaceutical Dose",
        series_number=996,
        minutes=75,
    )
    return report(visit, issue, _root(visit, plan, _administration(visit.random(KIND), visit, plan)))


def _administration(random: Random, visit: Visit, plan: Tracer) -> Administration:
    return Administration(
        drawn=rounded(spread(random, plan.per_kilogram * visit.subject.weight, 0.06), "0.01"),
        residual=rounded(spread(random, 4, 0.5), "0.01"),
        volume=rounded(spread(random, 1.8, 0.3), "0.1"),
        seconds=random.uniform(60, 600),
        glucose=rounded(spread(random, 5.4, 0.15), "0.1"),
        fasting=rounded(random.uniform(6, 14), "0.5"),
    )


def _root(visit: Visit, plan: Tracer, given: Administration) -> Draft:
    intent = concept_mod(code(HAS_INTENT, DIAGNOSTIC_INTENT))
    return container(
        dcm("113500", "Radiopharmaceutical Radiation Dose Report"),
        language(),
        concept_mod(code(sct("363589002", "Associated Procedure"), plan.procedure, intent)),
        _event(visit, plan, given),
        _characteristics(visit, given),
        template="10021",
    )


def _event(visit: Visit, plan: Tracer, given: Administration) -> Draft:
    """Draft TID 10022."""
    return container(
        dcm("113502", "Radiopharmaceutical Administration"),
        code(
            sct("349358000", "Radiopharmaceutical agent"),
            plan.agent,
            properties(code(sct("89457008", "Radionuclide"), plan.radionuclide)),
            properties(num(sct("304283002", "Radionuclide Half Life"), plan.half_life, ucum("s", "seconds"))),
        ),
        uidref(dcm("113503", "Radiopharmaceutical Administration Event UID"), visit.uid("administration")),
        datetime(dcm("123003", "Radiopharmaceutical Start DateTime"), visit.after(given.seconds)),
        datetime(dcm("123004", "Radiopharmaceutical Stop DateTime"), visit.after(given.seconds + 25)),
        num(dcm("113507", "Administered activity"), str(given.activity), MBQ),
        num(dcm("123005", "Radiopharmaceutical Volume"), str(given.volume), CM3),
        _measured("113508", "Pre-Administration Measured Activity", given.drawn),
        _measured("113509", "Post-Administration Measured Activity", given.residual),
        *_organ_doses(plan, given),
        _route(),
        person_participant(visit.technologist, IRRADIATION_ADMINISTERING, visit),
        text(dcm("111529", "Brand Name"), plan.brand),
        text(dcm("113511", "Radiopharmaceutical Dispense Unit Identifier"), f"DU-{visit.accession_number}"),
        text(dcm("113516", "Prescription Identifier"), f"RX-{visit.accession_number}"),
    )


def _measured(value: str, meaning: str, activity: Decimal) -> Draft:
    calibrator = code(dcm("113540", "Activity Measurement Device"), dcm("113541", "Dose Calibrator"))
    return num(dcm(value, meaning), str(activity), MBQ, obs_context(calibrator))


def _organ_doses(plan: Tracer, given: Administration) -> Iterator[Draft]:
    """Draft TID 10023 for each organ that the tracer has numbers for."""
    for organ, mass, factor in plan.organs:
        dose = rounded(factor * float(given.activity), "0.01")
        method = concept_mod(text(MEASUREMENT_METHOD, "Reference adult"))
        authority = properties(code(REFERENCE_AUTHORITY, dcm("113523", "ICRP Publication 106")))
        yield container(
            dcm("113517", "Organ Dose Information"),
            concept_mod(code(FINDING_SITE, organ)),
            num(sct("118538004", "Mass"), f"{mass:g}", G, method),
            num(dcm("113518", "Organ Dose"), str(dose), MGY, authority),
        )


def _route() -> Draft:
    site = code(sct("272737002", "Site of"), sct("261459001", "Via arm vein"), concept_mod(code(LATERALITY, RIGHT)))
    return code(sct("410675002", "Route of administration"), sct("47625008", "Intravenous route"), properties(site))


def _characteristics(visit: Visit, given: Administration) -> Draft:
    """Draft TID 10024."""
    subject = visit.subject
    area = str(rounded(subject.body_surface_area, "0.01"))
    mass_index = str(rounded(subject.body_mass_index, "0.1"))
    formula = inferred_from(code(EQUATION, dcm("122265", "BMI = Wt/Ht^2")))
    return container(
        PATIENT_CHARACTERISTICS,
        num(SUBJECT_AGE, str(subject.age(visit.started.date())), YEAR),
        code(SUBJECT_SEX, SEXES[subject.sex]),
        num(PATIENT_HEIGHT, f"{subject.height * 100:.0f}", CM),
        num(PATIENT_WEIGHT, f"{subject.weight:.1f}", KG),
        num(BODY_SURFACE_AREA, area, M2, inferred_from(code(BODY_SURFACE_AREA_FORMULA, DU_BOIS))),
        num(sct("60621009", "Body Mass Index"), mass_index, ucum("kg/m2", "kg/m^2"), formula),
        *nums(
            (ln("14749-6", "Glucose"), given.glucose, ucum("mmol/l")),
            (dcm("113550", "Fasting Duration"), given.fasting, H),
        ),
    )
