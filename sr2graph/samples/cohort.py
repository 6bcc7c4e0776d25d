"""A cohort: patients who come for different reasons, and the reports that follow from that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count as integers
from itertools import islice

from sr2graph.dicom.report import Report
from sr2graph.samples import pathways
from sr2graph.samples.course import Course, course
from sr2graph.samples.identity import pick, stream
from sr2graph.samples.irregular import varied
from sr2graph.samples.pathways import Made


@dataclass(frozen=True, slots=True)
class Pathway:
    """Why patients come, and which reports they leave behind."""

    weight: float
    reports: Callable[[Course], Iterator[Made]]
    sex: str | None = None
    ages: tuple[int, int] = (18, 92)
    """At the first visit; some years less for those who come earlier than others."""
    earlier: int = 0
    """How many days before the others these patients come for the first time, to be followed for years."""


PATHWAYS = (
    Pathway(16, pathways.chest),
    Pathway(16, pathways.emergency),
    Pathway(14, pathways.cardiology, ages=(38, 92), earlier=3 * 365),
    Pathway(14, pathways.screening, sex="F", ages=(54, 79), earlier=5 * 365),
    Pathway(6, pathways.lung_screening, ages=(59, 80), earlier=4 * 365),
    Pathway(20, pathways.oncology, ages=(38, 86), earlier=365),
    Pathway(9, pathways.pregnancy, sex="F", ages=pathways.CHILDBEARING),
    Pathway(3, pathways.memory, ages=(55, 88)),
    Pathway(2, pathways.embolisation, ages=(45, 85)),
)
"""How often which reason, in percent."""


def cohort(patients: int, seed: int = 1) -> Iterator[Report]:
    """Yield the reports of so many patients, one after the other.

    The same seed gives the same reports, byte for byte; how many patients are asked for
    makes no difference to those that are in both cohorts.
    """
    for index in range(patients):
        for _, report in patient_reports(seed, index):
            yield report


def cohort_reports(count: int, seed: int = 1) -> Iterator[Report]:
    """Yield the first so many reports of an endless cohort; the last patient may lack some."""
    return islice((report for _, report in endless(seed)), count)


def endless(seed: int) -> Iterator[Made]:
    """Yield the (kind, report) pairs of one patient after the other, without end."""
    for index in integers():
        yield from patient_reports(seed, index)


def patient_reports(seed: int, index: int) -> Iterator[Made]:
    """Yield the (kind, report) pairs of patient number `index`, in order of time; some are irregular."""
    yield from ((kind, varied(kind, report)) for kind, report in regular_reports(seed, index))


def regular_reports(seed: int, index: int) -> Iterator[Made]:
    """Yield the (kind, report) pairs of patient number `index`, all of them as the templates want them."""
    pathway = pick(stream(seed, "pathway", index), WEIGHTED)
    patient = course(seed, index, sex=pathway.sex, ages=pathway.ages, earlier=pathway.earlier)
    yield from pathway.reports(patient)


WEIGHTED = tuple((pathway.weight, pathway) for pathway in PATHWAYS)
