"""Lesions that are followed over the visits of a patient, and how readers see them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import cos, exp, pi, sin

from sr2graph.dicom.concept import CodedConcept
from sr2graph.samples.codes import ADRENAL_GLAND, KIDNEY, LEFT, LIVER, LUNG, LYMPH_NODE, PANCREAS, RIGHT, coded, sct
from sr2graph.samples.identity import pick, spread, stream, uid

METASTASIS = sct("128462008", "Metastasis")
NODULE = CodedConcept("27925004", "SCT", "Nodule", equivalent_codes=(coded("RADLEX", "RID3875", "nodule"),))
"""As a workstation writes it that thinks in RadLex (PS3.3 8.9)."""
LESION = sct("52988006", "Lesion")

Site = tuple[CodedConcept, CodedConcept | None, CodedConcept, float, float]
"""Where, on which side, what; median long axis in mm; mean attenuation in HU."""

SITES: tuple[tuple[float, Site], ...] = (
    (36, (LIVER, None, METASTASIS, 24, 55)),
    (20, (LUNG, RIGHT, NODULE, 11, 25)),
    (16, (LUNG, LEFT, NODULE, 11, 25)),
    (11, (LYMPH_NODE, None, LESION, 17, 65)),
    (7, (ADRENAL_GLAND, LEFT, METASTASIS, 21, 40)),
    (4, (KIDNEY, RIGHT, LESION, 19, 48)),
    (3, (KIDNEY, LEFT, LESION, 19, 48)),
    (3, (PANCREAS, None, LESION, 26, 62)),
)
"""How often which site."""
LUNG_SITES = tuple(row for row in SITES if row[1][0] is LUNG)

GONE = 3.0
"""A lesion below this long axis, in mm, cannot be measured any more."""

LARGEST = 160.0
"""No lesion grows beyond this long axis, in mm."""

ERROR = (0.03, 0.05)
"""Spread of the logarithm of what the first and the second reader measure."""
BIAS = (0.0, 0.02)
"""How much more than the truth the first and the second reader measure: the logarithm of the ratio."""


@dataclass(frozen=True, slots=True)
class Lesion:
    """A lesion of one patient; the same tracking UID in every report about it."""

    number: int
    """From 1, per patient."""
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

    @property
    def identifier(self) -> str:
        """What readers call it."""
        return f"Lesion {self.number}"

    def seen(self, time_point: int, reader: int = 1) -> Sighting:
        """Return the lesion as reader 1 or 2 finds it at a visit, from 1."""
        error = stream(self.uid, "measured", time_point, reader).gauss(BIAS[reader - 1], ERROR[reader - 1])
        size = min(self.baseline * exp(self.growth * (time_point - 1)), LARGEST)
        return Sighting(self, time_point, reader, size * exp(error), is_gone=size < GONE)


@dataclass(frozen=True, slots=True)
class Sighting:
    """A lesion as one reader measured it at one visit; lengths in mm."""

    lesion: Lesion
    time_point: int
    reader: int
    long_axis: float
    is_gone: bool
    """Whether the lesion has become too small to measure."""

    @property
    def short_axis(self) -> float:
        """The longest axis at right angles to the long axis."""
        return self.long_axis * self.lesion.roundness

    @property
    def area(self) -> float:
        """Of an ellipse with these axes, in mm²."""
        return self.long_axis * self.short_axis * pi / 4

    @property
    def volume(self) -> float:
        """Of an ellipsoid with these axes, in cm³."""
        return pi / 6 * self.long_axis * self.short_axis**2 / 1000

    @property
    def change(self) -> float:
        """How much longer than at the first visit, as a share: -0.3 is 30 % shorter."""
        return exp(self.lesion.growth * (self.time_point - 1)) - 1

    def outline(self, spacing: float, corners: int = 24, part: int = 0) -> Iterator[float]:
        """Yield column, row, column, row, ... of a closed outline; pixel spacing in mm, one part per slice."""
        random = stream(self.lesion.uid, "outline", self.time_point, self.reader, part)
        radius = self.long_axis / 2 / spacing
        column, row = self.lesion.center
        steps = [(2 * pi * n / corners, random.uniform(0.95, 1.05)) for n in range(corners)]
        for angle, bulge in (*steps, steps[0]):
            yield column + radius * cos(angle) * bulge
            yield row + radius * self.lesion.roundness * sin(angle) * bulge


def lesions(patient: str, sites: tuple[tuple[float, Site], ...] = SITES, most: int = 6) -> tuple[Lesion, ...]:
    """Return the lesions of the patient that this key stands for; they respond alike to therapy."""
    random = stream(patient, "lesions")
    response = random.gauss(-0.05, 0.14)
    return tuple(_lesion(patient, number, response, sites) for number in range(1, random.randint(1, most) + 1))


def _lesion(patient: str, number: int, response: float, sites: tuple[tuple[float, Site], ...]) -> Lesion:
    random = stream(patient, "lesion", number)
    site, laterality, finding, median, attenuation = pick(random, sites)
    return Lesion(
        number=number,
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
