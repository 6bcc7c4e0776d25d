"""Lesions that are followed over the visits of a patient."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import cos, exp, pi, sin

from sr2graph.dicom.concept import CodedConcept
from sr2graph.samples.codes import ADRENAL_GLAND, LEFT, LIVER, LUNG, LYMPH_NODE, RIGHT, coded, sct
from sr2graph.samples.identity import pick, spread, stream, uid

METASTASIS = sct("128462008", "Metastasis")
NODULE = CodedConcept("27925004", "SCT", "Nodule", equivalent_codes=(coded("RADLEX", "RID3875", "nodule"),))
"""As a workstation writes it that thinks in RadLex (PS3.3 8.9)."""
LESION = sct("52988006", "Lesion")

SITES: tuple[tuple[float, tuple[CodedConcept, CodedConcept | None, CodedConcept, float, float]], ...] = (
    (40, (LIVER, None, METASTASIS, 24, 55)),
    (22, (LUNG, RIGHT, NODULE, 11, 25)),
    (18, (LUNG, LEFT, NODULE, 11, 25)),
    (12, (LYMPH_NODE, None, LESION, 17, 65)),
    (8, (ADRENAL_GLAND, LEFT, METASTASIS, 21, 40)),
)
"""How often, where, on which side, what; median long axis in mm; mean attenuation in HU."""

GONE = 3.0
"""A lesion below this long axis, in mm, cannot be measured any more."""


@dataclass(frozen=True, slots=True)
class Lesion:
    """A lesion of one patient; the same tracking UID in every report about it."""

    identifier: str
    uid: str
    site: CodedConcept
    laterality: CodedConcept | None
    finding: CodedConcept
    baseline: float
    """Long axis at the first visit, mm."""
    growth: float
    """Change of the logarithm of the long axis from visit to visit."""
    attenuation: float
    """Mean, HU."""
    roundness: float
    """Short axis per long axis."""
    center: tuple[float, float]
    """Column and row, pixels."""

    def long_axis(self, time_point: int) -> float:
        """Return the long axis in mm at a visit, from 1; with the error of the measurement."""
        error = stream(self.uid, "measured", time_point).gauss(0, 0.03)
        return self.baseline * exp(self.growth * (time_point - 1) + error)

    def is_gone(self, time_point: int) -> bool:
        """Whether the lesion has become too small to measure."""
        return self.long_axis(time_point) < GONE

    def outline(self, time_point: int, spacing: float, corners: int = 24) -> Iterator[float]:
        """Yield column, row, column, row, ... of a closed outline; pixel spacing in mm."""
        random = stream(self.uid, "outline", time_point)
        radius = self.long_axis(time_point) / 2 / spacing
        column, row = self.center
        points = [
            (
                column + radius * cos(2 * pi * n / corners) * random.uniform(0.95, 1.05),
                row + radius * self.roundness * sin(2 * pi * n / corners) * random.uniform(0.95, 1.05),
            )
            for n in range(corners)
        ]
        for point in (*points, points[0]):
            yield from point


def lesions(patient: str) -> tuple[Lesion, ...]:
    """Return the lesions of the patient that this key stands for; they respond alike to therapy."""
    random = stream(patient, "lesions")
    response = random.gauss(-0.06, 0.2)
    return tuple(_lesion(patient, number, response) for number in range(1, random.randint(1, 5) + 1))


def _lesion(patient: str, number: int, response: float) -> Lesion:
    random = stream(patient, "lesion", number)
    site, laterality, finding, median, attenuation = pick(random, SITES)
    return Lesion(
        identifier=f"Lesion {number}",
        uid=uid(patient, "lesion", number),
        site=site,
        laterality=laterality,
        finding=finding,
        baseline=spread(random, median, 0.35),
        growth=response + random.gauss(0, 0.06),
        attenuation=random.gauss(attenuation, 10),
        roundness=random.uniform(0.55, 0.95),
        center=(random.uniform(120, 390), random.uniform(120, 390)),
    )
