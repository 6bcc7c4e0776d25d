"""The visits that patients make, and the series of images that come of them."""

from __future__ import annotations

from sr2graph.samples import irradiation as xray
from sr2graph.samples import radiopharmaceutical_dose as radiopharmaceutical
from sr2graph.samples.codes import local
from sr2graph.samples.course import Course
from sr2graph.samples.ct_protocols import PROTOCOLS
from sr2graph.samples.sop_classes import (
    CT_IMAGE,
    DX_IMAGE,
    MAMMOGRAPHY_IMAGE,
    PET_IMAGE,
    US_IMAGE,
    US_MULTIFRAME_IMAGE,
    XA_IMAGE,
)
from sr2graph.samples.visit import ImageSeries, Visit


def ct_visit(patient: Course, protocol: str, *, number: int = 1, days: int = 0) -> Visit:
    """Return a visit to a CT scanner."""
    plan = PROTOCOLS[protocol]
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
    sop_class = DX_IMAGE if visit.station.modality == "DX" else XA_IMAGE
    return ImageSeries(visit, 1, visit.station.modality, sop_class, 2)


def screening_visit(patient: Course, *, number: int = 1, days: int = 0) -> Visit:
    """Return a visit to a mammography system."""
    procedure = local("MGSCR", "Screening mammography")
    return patient.visit("MG", "Screening mammography", procedure, number=number, days=days)


def mammograms(visit: Visit) -> ImageSeries:
    """Return the four images of a screening mammography."""
    return ImageSeries(visit, 1, "MG", MAMMOGRAPHY_IMAGE, 4)
