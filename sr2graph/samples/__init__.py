"""Realistic synthetic structured reports: for the demo, the tests and the benchmarks.

Names, hospitals and devices are fictional.  The same seed gives the same reports, byte for byte.
A sample follows its template to the letter; some reports of a cohort are irregular, as in real archives.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

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
    radiomics,
    volumetric_roi,
)
from sr2graph.samples import projection_xray_dose as xray
from sr2graph.samples import radiopharmaceutical_dose as radiopharmaceutical
from sr2graph.samples.cohort import cohort, cohort_reports
from sr2graph.samples.course import course
from sr2graph.samples.lesions import lesions
from sr2graph.samples.pathways import CHILDBEARING
from sr2graph.samples.visits import (
    ct_images,
    ct_visit,
    echo_visit,
    mammograms,
    pet_visit,
    pregnancy_visit,
    screening_visit,
    us_clips,
    us_images,
    xray_visit,
)

__all__ = ["KINDS", "cohort", "cohort_reports", "large_sample", "sample", "write_samples"]


def _ct_dose(seed: int) -> Report:
    return ct_dose.ct_dose(ct_visit(course(seed, 0), "body"), "body")


def _projection_xray_dose(seed: int) -> Report:
    return large_sample(12, seed)


def _radiopharmaceutical_dose(seed: int) -> Report:
    return radiopharmaceutical.radiopharmaceutical_dose(pet_visit(course(seed, 0), "FDG"), "FDG")


def _planar_roi(seed: int) -> Report:
    patient = course(seed, 0)
    visit = ct_visit(patient, "body", number=2, days=60)
    return planar_roi.planar_roi(visit, ct_images(visit), lesions(patient.key))


def _volumetric_roi(seed: int) -> Report:
    patient = course(seed, 0)
    visit = ct_visit(patient, "body", number=2, days=60)
    return volumetric_roi.volumetric_roi(visit, ct_images(visit), lesions(patient.key))


def _radiomics(seed: int) -> Report:
    patient = course(seed, 0)
    visit = ct_visit(patient, "body", number=2, days=60)
    return radiomics.radiomics(visit, ct_images(visit), lesions(patient.key))


def _diagnostic_report(seed: int) -> Report:
    patient = course(seed, 0)
    visit = ct_visit(patient, "body", number=2, days=60)
    return diagnostic_report.diagnostic_report(visit, ct_images(visit), lesions(patient.key))


def _mammography_dose(seed: int) -> Report:
    return mammography_dose.mammography_dose(screening_visit(course(seed, 0, sex="F", ages=(50, 74)), number=3))


def _mammography_cad(seed: int) -> Report:
    visit = screening_visit(course(seed, 0, sex="F", ages=(50, 74)), number=3)
    return mammography_cad.mammography_cad(visit, mammograms(visit))


def _key_objects(seed: int) -> Report:
    visit = ct_visit(course(seed, 0), "body")
    return key_objects.key_objects(visit, ct_images(visit))


def _basic_text(seed: int) -> Report:
    visit = ct_visit(course(seed, 0), "body")
    return basic_text.basic_text(visit, "abdomen", ct_images(visit))


def _obgyn(seed: int) -> Report:
    visit = pregnancy_visit(course(seed, 0, sex="F", ages=CHILDBEARING))
    return obgyn.obgyn(visit, us_images(visit), days=220, twins=seed % 2 == 1)


def _echo(seed: int) -> Report:
    visit = echo_visit(course(seed, 0, ages=(35, 90)))
    return echo.echo(visit, us_clips(visit))


_MAKERS: dict[str, Callable[[int], Report]] = {
    ct_dose.KIND: _ct_dose,
    xray.KIND: _projection_xray_dose,
    radiopharmaceutical.KIND: _radiopharmaceutical_dose,
    planar_roi.KIND: _planar_roi,
    volumetric_roi.KIND: _volumetric_roi,
    radiomics.KIND: _radiomics,
    diagnostic_report.KIND: _diagnostic_report,
    mammography_dose.KIND: _mammography_dose,
    mammography_cad.KIND: _mammography_cad,
    key_objects.KIND: _key_objects,
    basic_text.KIND: _basic_text,
    obgyn.KIND: _obgyn,
    echo.KIND: _echo,
}

KINDS: tuple[str, ...] = tuple(_MAKERS)
"""The kinds of reports that there are samples of."""


def sample(kind: str, seed: int = 1) -> Report:
    """Return a typical report of a kind.  Raises KeyError for a kind not in KINDS."""
    return _MAKERS[kind](seed)


def large_sample(events: int, seed: int = 1) -> Report:
    """Return an angiography dose report with so many irradiation events: 150 make about a megabyte."""
    return xray.projection_xray_dose(xray_visit(course(seed, 0), "coronary"), "coronary", events)


def write_samples(folder: Path, patients: int = 5, seed: int = 1) -> list[Path]:
    """Write a cohort into a folder as `<kind>-<patient>-<n>.dcm`; return the paths in order of patients and time."""
    from sr2graph.samples.files import write_cohort

    return write_cohort(folder, patients, seed, "dicom")
