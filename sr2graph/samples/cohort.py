"""A cohort: patients who come for different reasons, and the reports that follow from that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sr2graph.dicom.report import Report
from sr2graph.samples import basic_text, ct_dose, echo, key_objects, measurement_report, obgyn, projection_xray_dose
from sr2graph.samples import irradiation as xray
from sr2graph.samples import radiopharmaceutical_dose as radiopharmaceutical
from sr2graph.samples.codes import local
from sr2graph.samples.course import Course, course
from sr2graph.samples.identity import pick, stream
from sr2graph.samples.lesions import lesions
from sr2graph.samples.visit import ImageSeries, Visit

CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"
PET_IMAGE = "1.2.840.10008.5.1.4.1.1.128"
US_IMAGE = "1.2.840.10008.5.1.4.1.1.6.1"
US_MULTIFRAME_IMAGE = "1.2.840.10008.5.1.4.1.1.3.1"

Made = tuple[str, Report]
"""A report and its kind."""


@dataclass(frozen=True, slots=True)
class Pathway:
    """Why patients come, and which reports they leave behind."""

    weight: float
    reports: Callable[[Course], Iterator[Made]]
    sex: str | None = None
    ages: tuple[int, int] = (18, 92)


def cohort(patients: int, seed: int = 1) -> Iterator[Report]:
    """Yield the reports of so many patients, one after the other.

    The same seed gives the same reports, byte for byte; how many patients are asked for
    makes no difference to those that are in both cohorts.
    """
    for index in range(patients):
        for _, report in patient_reports(seed, index):
            yield report


def patient_reports(seed: int, index: int) -> Iterator[Made]:
    """Yield the (kind, report) pairs of patient number `index`, in order of time."""
    pathway = pick(stream(seed, "pathway", index), [(pathway.weight, pathway) for pathway in PATHWAYS])
    yield from pathway.reports(course(seed, index, sex=pathway.sex, ages=pathway.ages))


# Visits


def ct_visit(patient: Course, protocol: str, *, number: int = 1, days: int = 0) -> Visit:
    """Return a visit to a CT scanner."""
    plan = ct_dose.PROTOCOLS[protocol]
    return patient.visit("CT", plan.description, plan.procedure, number=number, days=days)


def pet_visit(patient: Course, tracer: str, *, number: int = 1, days: int = 0) -> Visit:
    """Return a visit to a PET/CT scanner."""
    plan = radiopharmaceutical.TRACERS[tracer]
    return patient.visit("PT", plan.description, plan.study_code, number=number, days=days)


def xray_visit(patient: Course, procedure: str, *, number: int = 1, days: int = 0) -> Visit:
    """Return a visit to an angiography or radiography room."""
    plan = xray.PROCEDURES[procedure]
    modality = "DX" if plan.device_type is xray.INTEGRATED_SYSTEM else "XA"
    return patient.visit(modality, plan.description, plan.procedure, number=number, days=days)


def pregnancy_visit(patient: Course, *, number: int = 1, days: int = 0) -> Visit:
    """Return a visit for an obstetric ultrasound."""
    procedure = local("USOB", "Obstetric ultrasound")
    return patient.visit("US", "Obstetric ultrasound", procedure, number=number, days=days)


def echo_visit(patient: Course, *, number: int = 1, days: int = 0) -> Visit:
    """Return a visit for an echocardiography."""
    procedure = local("USECHO", "Transthoracic echocardiography")
    return patient.visit("US", "Transthoracic echocardiography", procedure, number=number, days=days)


def ct_images(visit: Visit) -> ImageSeries:
    """Return the main series of a CT study."""
    return ImageSeries(visit, 2, "CT", CT_IMAGE, 96)


def pet_images(visit: Visit) -> ImageSeries:
    """Return the attenuation corrected series of a PET study."""
    return ImageSeries(visit, 3, "PT", PET_IMAGE, 120)


def us_images(visit: Visit) -> ImageSeries:
    """Return the stills of an ultrasound study."""
    return ImageSeries(visit, 1, "US", US_IMAGE, 8)


def us_clips(visit: Visit) -> ImageSeries:
    """Return the clips of an ultrasound study."""
    return ImageSeries(visit, 1, "US", US_MULTIFRAME_IMAGE, 12)


def xray_images(visit: Visit) -> ImageSeries:
    """Return the images of an angiography or radiography."""
    sop_class = xray.DX_IMAGE if visit.station.modality == "DX" else xray.XA_IMAGE
    return ImageSeries(visit, 1, visit.station.modality, sop_class, 2)


# Pathways


def oncology(patient: Course) -> Iterator[Made]:
    """Yield CT studies at several time points that follow the same lesions, often a PET/CT after them."""
    random = stream(patient.key, "oncology")
    found = lesions(patient.key)
    points = random.randint(2, 4)
    for number in range(1, points + 1):
        visit = ct_visit(
            patient, "body", number=number, days=62 * (number - 1) + random.randrange(-6, 7) * (number > 1)
        )
        images = ct_images(visit)
        yield ct_dose.KIND, ct_dose.ct_dose(visit, "body")
        yield measurement_report.PLANAR, measurement_report.planar_roi(visit, images, found)
        yield measurement_report.VOLUMETRIC, measurement_report.volumetric_roi(visit, images, found)
        yield basic_text.KIND, basic_text.basic_text(visit, "abdomen", images)
        if random.random() < 0.4:
            yield key_objects.KIND, key_objects.key_objects(visit, images)
    if random.random() < 0.5:
        visit = pet_visit(patient, "FDG", number=points + 1, days=62 * points)
        yield radiopharmaceutical.KIND, radiopharmaceutical.radiopharmaceutical_dose(visit, "FDG")
        yield measurement_report.VOLUMETRIC, measurement_report.volumetric_roi(visit, pet_images(visit), found)


def pregnancy(patient: Course) -> Iterator[Made]:
    """Yield an examination per trimester."""
    random = stream(patient.key, "pregnancy")
    twins = random.random() < 0.06
    first = random.randint(78, 94)
    for number, days in enumerate((first, random.randint(138, 154), random.randint(212, 236)), start=1):
        visit = pregnancy_visit(patient, number=number, days=days - first)
        yield obgyn.KIND, obgyn.obgyn(visit, us_images(visit), days=days, twins=twins)


def cardiology(patient: Course) -> Iterator[Made]:
    """Yield an echocardiography, often a coronary angiography, then another echocardiography."""
    random = stream(patient.key, "cardiology")
    visit = echo_visit(patient)
    yield echo.KIND, echo.echo(visit, us_clips(visit))
    if random.random() < 0.45:
        visit = xray_visit(patient, "coronary", number=2, days=random.randint(3, 20))
        yield projection_xray_dose.KIND, projection_xray_dose.projection_xray_dose(visit, "coronary")
        yield basic_text.KIND, basic_text.basic_text(visit, "coronary", xray_images(visit))
        visit = echo_visit(patient, number=3, days=random.randint(60, 120))
        yield echo.KIND, echo.echo(visit, us_clips(visit))


def emergency(patient: Course) -> Iterator[Made]:
    """Yield a CT of the head, sometimes of the neck too, read at once and sometimes amended later."""
    random = stream(patient.key, "emergency")
    protocol = "head-neck" if random.random() < 0.3 else "head"
    visit = ct_visit(patient, protocol)
    images = ct_images(visit)
    yield ct_dose.KIND, ct_dose.ct_dose(visit, protocol)
    yield basic_text.KIND, basic_text.basic_text(visit, "head", images)
    if random.random() < 0.3:
        yield key_objects.KIND, key_objects.key_objects(visit, images)
    if random.random() < 0.2:
        yield basic_text.KIND, basic_text.basic_text(visit, "head", images, addendum=True)


def chest(patient: Course) -> Iterator[Made]:
    """Yield a chest radiograph, and a CT if a nodule is to be followed up."""
    visit = xray_visit(patient, "chest")
    yield projection_xray_dose.KIND, projection_xray_dose.projection_xray_dose(visit, "chest")
    yield basic_text.KIND, basic_text.basic_text(visit, "chest", xray_images(visit))
    if stream(patient.key, "chest").random() < 0.35:
        visit = ct_visit(patient, "chest", number=2, days=24)
        yield ct_dose.KIND, ct_dose.ct_dose(visit, "chest")


def embolisation(patient: Course) -> Iterator[Made]:
    """Yield a CT of the body and a long intervention."""
    yield ct_dose.KIND, ct_dose.ct_dose(ct_visit(patient, "body"), "body")
    visit = xray_visit(patient, "embolisation", number=2, days=12)
    yield projection_xray_dose.KIND, projection_xray_dose.projection_xray_dose(visit, "embolisation")
    yield key_objects.KIND, key_objects.key_objects(visit, xray_images(visit))


def memory(patient: Course) -> Iterator[Made]:
    """Yield a CT of the head and a PET of the brain."""
    yield ct_dose.KIND, ct_dose.ct_dose(ct_visit(patient, "head"), "head")
    visit = pet_visit(patient, "florbetapir", number=2, days=15)
    yield radiopharmaceutical.KIND, radiopharmaceutical.radiopharmaceutical_dose(visit, "florbetapir")


CHILDBEARING = (19, 43)

PATHWAYS = (
    Pathway(24, chest),
    Pathway(20, emergency),
    Pathway(19, cardiology, ages=(35, 90)),
    Pathway(16, oncology, ages=(38, 86)),
    Pathway(13, pregnancy, sex="F", ages=CHILDBEARING),
    Pathway(5, memory, ages=(55, 88)),
    Pathway(3, embolisation, ages=(45, 85)),
)
"""How often which reason."""
