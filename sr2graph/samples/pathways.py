"""Why patients come, what is examined when, and which reports that leaves behind."""

from __future__ import annotations

from collections.abc import Iterator

from sr2graph.dicom.report import Report
from sr2graph.samples import (
    basic_text,
    ct_dose,
    diagnostic_report,
    echo,
    key_objects,
    mammography_cad,
    mammography_dose,
    obgyn,
    planar_roi,
    projection_xray_dose,
    radiomics,
    radiopharmaceutical_dose,
    volumetric_roi,
)
from sr2graph.samples.course import Course
from sr2graph.samples.identity import stream
from sr2graph.samples.lesions import LUNG_SITES, Lesion, lesions
from sr2graph.samples.visit import Visit
from sr2graph.samples.visits import (
    ct_images,
    ct_visit,
    echo_visit,
    mammograms,
    pet_images,
    pet_visit,
    pregnancy_visit,
    screening_visit,
    us_clips,
    us_images,
    xray_images,
    xray_visit,
)

Made = tuple[str, Report]
"""A report and its kind."""

CHILDBEARING = (19, 43)
SECOND_READING = 0.35
"""How often the planar measurements of a study are made twice, as a share."""
DOUBLE_READING = 0.15
"""How often one report holds the volumes of two readers."""


def oncology(patient: Course) -> Iterator[Made]:
    """Yield CT studies at several time points that follow the same lesions, often a PET/CT after them."""
    random = stream(patient.key, "oncology")
    found = lesions(patient.key)
    points = random.randint(2, 6)
    for number in range(1, points + 1):
        days = 62 * (number - 1) + random.randrange(-6, 7) * (number > 1)
        yield from _staging(ct_visit(patient, "body", number=number, days=days), found)
    if random.random() < 0.5:
        visit = pet_visit(patient, "FDG", number=points + 1, days=62 * points)
        yield radiopharmaceutical_dose.KIND, radiopharmaceutical_dose.radiopharmaceutical_dose(visit, "FDG")
        yield volumetric_roi.KIND, volumetric_roi.volumetric_roi(visit, pet_images(visit), found)


def _staging(visit: Visit, found: tuple[Lesion, ...]) -> Iterator[Made]:
    """Yield the reports of one CT of the body."""
    random = visit.random("staging")
    images = ct_images(visit)
    yield ct_dose.KIND, ct_dose.ct_dose(visit, "body")
    yield radiomics.KIND, radiomics.radiomics(visit, images, found)
    yield planar_roi.KIND, planar_roi.planar_roi(visit, images, found)
    if random.random() < SECOND_READING:
        yield planar_roi.KIND, planar_roi.planar_roi(visit, images, found, reader=2)
    is_double = random.random() < DOUBLE_READING
    yield volumetric_roi.KIND, volumetric_roi.volumetric_roi(visit, images, found, double=is_double)
    if random.random() < 0.5:
        yield diagnostic_report.KIND, diagnostic_report.diagnostic_report(visit, images, found)
    else:
        yield basic_text.KIND, basic_text.basic_text(visit, "abdomen", images)
    if random.random() < 0.4:
        yield key_objects.KIND, key_objects.key_objects(visit, images)


def lung_screening(patient: Course) -> Iterator[Made]:
    """Yield a low dose CT of the lung a year; nodules, if there are any, are measured each time."""
    random = stream(patient.key, "lung screening")
    found = lesions(patient.key, LUNG_SITES, most=3) if random.random() < 0.45 else ()
    for number in range(1, random.randint(2, 6) + 1):
        days = 365 * (number - 1) + random.randrange(-20, 40) * (number > 1)
        visit = ct_visit(patient, "lung screening", number=number, days=days)
        images = ct_images(visit)
        yield ct_dose.KIND, ct_dose.ct_dose(visit, "lung screening")
        if found:
            yield planar_roi.KIND, planar_roi.planar_roi(visit, images, found)
        yield diagnostic_report.KIND, diagnostic_report.diagnostic_report(visit, images, found)


def pregnancy(patient: Course) -> Iterator[Made]:
    """Yield an examination per trimester, and more near term if growth is to be watched."""
    random = stream(patient.key, "pregnancy")
    twins = random.random() < 0.06
    first = random.randint(78, 94)
    ages = [first, random.randint(138, 154), random.randint(212, 236)]
    ages += [ages[-1] + 14 * extra for extra in range(1, random.choice((0, 0, 0, 1, 2)) + 1)]
    for number, days in enumerate(ages, start=1):
        visit = pregnancy_visit(patient, number=number, days=days - first)
        yield obgyn.KIND, obgyn.obgyn(visit, us_images(visit), days=days, twins=twins)


def cardiology(patient: Course) -> Iterator[Made]:
    """Yield an echocardiography, often an intervention soon after it, then another echocardiography each year."""
    random = stream(patient.key, "cardiology")
    yield from _echo(patient, 1, 0)
    number = 2
    if random.random() < 0.6:
        visit = xray_visit(patient, "coronary", number=number, days=random.randint(3, 20))
        yield projection_xray_dose.KIND, projection_xray_dose.projection_xray_dose(visit, "coronary")
        yield from _read(visit, "coronary")
        number += 1
    elif random.random() < 0.3:
        visit = ct_visit(patient, "heart", number=number, days=random.randint(3, 40))
        yield ct_dose.KIND, ct_dose.ct_dose(visit, "heart")
        number += 1
    for year in range(1, random.randint(0, 5) + 1):
        yield from _echo(patient, number, 365 * year + random.randrange(-40, 60))
        number += 1


def _echo(patient: Course, number: int, days: int) -> Iterator[Made]:
    visit = echo_visit(patient, number=number, days=days)
    yield echo.KIND, echo.echo(visit, us_clips(visit))


def _read(visit: Visit, reading: str) -> Iterator[Made]:
    """Yield the narrative report of a study: at once, or preliminary and mostly final later, some amended."""
    random = visit.random("versions")
    images = ct_images(visit) if visit.station.modality == "CT" else xray_images(visit)
    if random.random() < 0.2:
        yield basic_text.KIND, basic_text.basic_text(visit, reading, images, "preliminary")
        if random.random() < 0.85:
            yield basic_text.KIND, basic_text.basic_text(visit, reading, images, "final")
    else:
        yield basic_text.KIND, basic_text.basic_text(visit, reading, images)
        if random.random() < 0.1:
            yield basic_text.KIND, basic_text.basic_text(visit, reading, images, "addendum")


EMERGENCIES = (("head", 50, "head"), ("head-neck", 20, "head"), ("perfusion", 14, "head"), ("pulmonary", 16, "chest"))
"""Protocol, how many in a hundred, and what it is reported as."""


def emergency(patient: Course) -> Iterator[Made]:
    """Yield a CT of the head, of head and neck or of the chest, read at once and sometimes amended later."""
    random = stream(patient.key, "emergency")
    ((protocol, _, reading),) = random.choices(EMERGENCIES, [weight for _, weight, _ in EMERGENCIES])
    visit = ct_visit(patient, protocol)
    yield ct_dose.KIND, ct_dose.ct_dose(visit, protocol)
    yield from _read(visit, reading)
    if random.random() < 0.3:
        yield key_objects.KIND, key_objects.key_objects(visit, ct_images(visit))


def chest(patient: Course) -> Iterator[Made]:
    """Yield a chest radiograph, and a CT if a nodule is to be followed up; some have back pain too."""
    random = stream(patient.key, "chest")
    visit = xray_visit(patient, "chest")
    yield projection_xray_dose.KIND, projection_xray_dose.projection_xray_dose(visit, "chest")
    yield from _read(visit, "chest")
    if random.random() < 0.35:
        visit = ct_visit(patient, "chest", number=2, days=24)
        yield ct_dose.KIND, ct_dose.ct_dose(visit, "chest")
        found = lesions(patient.key, LUNG_SITES, most=2)
        yield diagnostic_report.KIND, diagnostic_report.diagnostic_report(visit, ct_images(visit), found)
    elif random.random() < 0.2:
        yield ct_dose.KIND, ct_dose.ct_dose(ct_visit(patient, "spine", number=2, days=130), "spine")


def embolisation(patient: Course) -> Iterator[Made]:
    """Yield a CT of the body and one or two long interventions."""
    random = stream(patient.key, "embolisation")
    yield ct_dose.KIND, ct_dose.ct_dose(ct_visit(patient, "body"), "body")
    for number in range(2, random.randint(2, 3) + 1):
        visit = xray_visit(patient, "embolisation", number=number, days=12 + 45 * (number - 2))
        yield projection_xray_dose.KIND, projection_xray_dose.projection_xray_dose(visit, "embolisation")
        yield key_objects.KIND, key_objects.key_objects(visit, xray_images(visit))


def memory(patient: Course) -> Iterator[Made]:
    """Yield a CT of the head and a PET of the brain."""
    yield ct_dose.KIND, ct_dose.ct_dose(ct_visit(patient, "head"), "head")
    visit = pet_visit(patient, "florbetapir", number=2, days=15)
    yield radiopharmaceutical_dose.KIND, radiopharmaceutical_dose.radiopharmaceutical_dose(visit, "florbetapir")


def screening(patient: Course) -> Iterator[Made]:
    """Yield a mammography every two years: what the computer found, and what the radiologist says."""
    random = stream(patient.key, "screening")
    for number in range(1, random.randint(1, 4) + 1):
        days = 730 * (number - 1) + random.randrange(-30, 90) * (number > 1)
        visit = screening_visit(patient, number=number, days=days)
        images = mammograms(visit)
        yield mammography_dose.KIND, mammography_dose.mammography_dose(visit)
        yield mammography_cad.KIND, mammography_cad.mammography_cad(visit, images)
        yield basic_text.KIND, basic_text.basic_text(visit, "breast", images)
        if random.random() < 0.12:
            yield key_objects.KIND, key_objects.key_objects(visit, images)
