"""Fetuses: usual sizes by gestational age, and how one fetus measures (PS3.16 CID 12005, 12013)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from random import Random

from sr2graph.dicom.concept import CodedConcept
from sr2graph.samples.codes import ln
from sr2graph.samples.identity import pick, rounded, stream, uid, within
from sr2graph.samples.visit import Visit

WEEKS = (7, 10, 14, 20, 26, 32, 38, 42)


@dataclass(frozen=True, slots=True)
class Biometry:
    """A measurement of the fetus, its usual size by age, and the tables for age and growth."""

    label: str
    name: CodedConcept
    sizes: tuple[float, ...]
    """In mm at each of WEEKS."""
    age_table: CodedConcept
    growth_table: CodedConcept | None = None

    def size(self, days: float) -> float:
        """Return the usual size in mm at an age in days."""
        return interpolated(days / 7, WEEKS, self.sizes)

    def age(self, size: float) -> float:
        """Return the age in days at which a size in mm is usual."""
        return 7 * interpolated(size, self.sizes, WEEKS)


CROWN_RUMP = Biometry(
    "CRL",
    ln("11957-8", "Crown Rump Length"),
    (10, 33, 82, 160, 230, 290, 340, 370),
    ln("11910-7", "CRL, Hadlock 1992"),
)
HEAD_AND_TRUNK = (
    Biometry(
        "BPD",
        ln("11820-8", "Biparietal Diameter"),
        (5, 14, 28, 47, 66, 81, 93, 98),
        ln("11902-4", "BPD, Hadlock 1984"),
        ln("33198-3", "BPD by GA, Hadlock 1984"),
    ),
    Biometry(
        "HC",
        ln("11984-2", "Head Circumference"),
        (18, 50, 102, 175, 243, 298, 335, 350),
        ln("11932-1", "HC, Hadlock 1984"),
        ln("33173-6", "HC by GA, Hadlock 1984"),
    ),
    Biometry(
        "AC",
        ln("11979-2", "Abdominal Circumference"),
        (15, 41, 82, 150, 218, 281, 340, 372),
        ln("11892-7", "AC, Hadlock 1984"),
        ln("33146-2", "AC by GA, Hadlock 1984"),
    ),
    Biometry(
        "FL",
        ln("11963-6", "Femur Length"),
        (1, 5, 15, 33, 49, 62, 73, 78),
        ln("11920-6", "FL, Hadlock 1984"),
        ln("33166-0", "FL by GA, Hadlock 1984"),
    ),
)
LONG_BONES = (
    Biometry(
        "HUM",
        ln("11966-9", "Humerus length"),
        (1, 5, 15, 31, 45, 56, 64, 68),
        ln("11936-2", "Humerus, Jeanty 1984"),
    ),
)
RATIOS = (
    ("HC", "AC", ln("11947-9", "HC/AC")),
    ("FL", "AC", ln("11871-1", "FL/AC")),
    ("FL", "BPD", ln("11872-9", "FL/BPD")),
)


def interpolated(x: float, xs: tuple[float, ...], ys: tuple[float, ...]) -> float:
    """Return y at x on the straight lines through the points (xs, ys); xs ascend."""
    x = within(x, xs[0], xs[-1])
    right = next(n for n in range(1, len(xs)) if x <= xs[n])
    share = (x - xs[right - 1]) / (xs[right] - xs[right - 1])
    return ys[right - 1] + share * (ys[right] - ys[right - 1])


@dataclass(frozen=True, slots=True)
class Fetus:
    """One fetus as measured: three tries in mm per measurement, named by its label."""

    number: int
    uid: str
    of: int
    """How many there are."""
    tries: dict[str, tuple[Decimal, ...]]
    heart_rate: int
    rank: int
    """Percentile of its growth."""

    def mean(self, label: str) -> Decimal:
        """Return the mean of the three tries, in mm."""
        values = self.tries[label]
        return rounded(sum(values, Decimal(0)) / len(values), "0.01")

    @property
    def weight(self) -> Decimal:
        """Estimated weight in g, after Hadlock 1985."""
        biparietal, head, abdomen, femur = (float(self.mean(label)) / 10 for label in ("BPD", "HC", "AC", "FL"))
        shape = 0.00061 * biparietal * abdomen - 0.00386 * abdomen * femur
        return rounded(10 ** (1.3596 + shape + 0.0064 * head + 0.0424 * abdomen + 0.174 * femur), "1")


GROWTHS = ((86, 0.0), (8, -0.11), (6, 0.09))
"""How many fetuses in a hundred grow as usual, too slowly, too fast; by how much they differ at term, as a share."""


def _growth(fetus: str, days: int) -> float:
    """Return how much a fetus is larger than usual, as a share: nothing until mid-pregnancy, then more and more."""
    return pick(stream(fetus, "growth"), GROWTHS) * within((days - 140) / 100, 0, 1)


def measured(random: Random, visit: Visit, number: int, of: int, days: int) -> Fetus:
    """Return fetus `number` of so many, as measured at a gestational age in days."""
    # The same fetus keeps its UID, and its way of growing, from visit to visit: both belong to the patient.
    subject_uid = uid(visit.subject.patient_id, "fetus", number)
    deviation = random.gauss(0, 0.035) + _growth(subject_uid, days)
    tries = {
        biometry.label: tuple(
            rounded(biometry.size(days) * (1 + deviation + random.gauss(0, 0.008)), "0.01") for _ in range(3)
        )
        for biometry in (*HEAD_AND_TRUNK, *LONG_BONES, CROWN_RUMP)
    }
    rank = round(within(50 + deviation * 900, 1, 99))
    return Fetus(number, subject_uid, of, tries, round(random.gauss(145, 8)), rank)
