"""Women who are screened: what is in their breasts, and what a computer finds in the mammograms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import cos, pi, sin

from sr2graph.dicom.concept import CodedConcept
from sr2graph.samples.codes import dcm, sct
from sr2graph.samples.identity import pick, spread, stream, within

RIGHT_BREAST = sct("73056007", "Right breast")
LEFT_BREAST = sct("80248007", "Left breast")
CRANIO_CAUDAL = sct("399162004", "cranio-caudal")
OBLIQUE = sct("399368009", "medio-lateral oblique")
MASS = sct("129788004", "Mammographic breast mass")
DENSITY = sct("129793001", "Mammography breast density")
CLUSTER = sct("129769006", "Calcification Cluster")

SPACING = 0.07
"""Of the pixels, in mm."""


@dataclass(frozen=True, slots=True)
class View:
    """One of the four standard images, and which way its rows and columns run."""

    index: int
    breast: CodedConcept
    projection: CodedConcept
    row: str
    column: str


VIEWS = (
    View(0, RIGHT_BREAST, CRANIO_CAUDAL, "P", "L"),
    View(1, LEFT_BREAST, CRANIO_CAUDAL, "A", "R"),
    View(2, RIGHT_BREAST, OBLIQUE, "P", "FL"),
    View(3, LEFT_BREAST, OBLIQUE, "A", "FR"),
)

QUADRANTS = (
    (52, sct("76365002", "Upper outer quadrant of breast")),
    (18, sct("77831004", "Upper inner quadrant of breast")),
    (17, sct("33564002", "Lower outer quadrant of breast")),
    (13, sct("19100000", "Lower inner quadrant of breast")),
)
SHAPES = (
    (20, sct("42700002", "Round shape")),
    (30, sct("84360004", "Ovoid shape (Oval)")),
    (15, sct("40266001", "Lobular")),
    (35, sct("49608001", "Irregular")),
)
MARGINS = (
    (25, sct("129738007", "Circumscribed lesion")),
    (15, sct("129739004", "Microlobulated lesion")),
    (15, sct("129740002", "Obscured lesion")),
    (20, sct("129741003", "Indistinct lesion")),
    (25, sct("129742005", "Spiculated lesion")),
)
DENSITIES = (
    (35, sct("129744006", "High density lesion")),
    (50, sct("129745007", "Equal density (isodense) lesion")),
    (15, sct("129746008", "Low density (not containing fat) lesion")),
)
CALCIFICATIONS = (
    (25, sct("129755006", "Punctate calcification")),
    (30, sct("129760005", "Amorphous calcification")),
    (20, dcm("111344", "Fine pleomorphic calcification")),
    (15, sct("129763007", "Heterogeneous calcification")),
    (10, sct("129761009", "Fine, linear (casting) calcification")),
)
DISTRIBUTIONS = (
    (55, sct("129766004", "Grouped calcification distribution")),
    (20, sct("129765000", "Linear calcification distribution")),
    (15, sct("129768003", "Segmental calcification distribution")),
    (10, sct("129767008", "Regional calcification distribution")),
)
TRAITS = {MASS.value: (DENSITIES, SHAPES, MARGINS), CLUSTER.value: (CALCIFICATIONS, DISTRIBUTIONS)}
COMPOSITIONS = (
    (14, (sct("129716005", "Almost entirely fat"), 12)),
    (41, (sct("129717001", "Scattered fibroglandular densities"), 33)),
    (36, (sct("129718006", "Heterogeneously dense"), 58)),
    (9, (sct("129719003", "Extremely dense"), 81)),
)
"""With the usual percentage of fibroglandular tissue."""


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Something in a breast that may be a cancer, as it is at one round of screening."""

    number: int
    kind: CodedConcept
    """MASS or CLUSTER."""
    breast: CodedConcept
    quadrant: CodedConcept
    diameter: float
    """mm."""
    certainty: int
    """Percent."""
    is_in_both_views: bool
    center: tuple[float, float]
    """Column and row of the first view that shows it, pixels."""
    traits: tuple[CodedConcept, ...]
    """Of a mass: density, shape and margins; of a cluster: type and distribution."""
    calcifications: int

    @property
    def views(self) -> tuple[View, ...]:
        """The images that show it."""
        shown = tuple(view for view in VIEWS if view.breast is self.breast)
        return shown if self.is_in_both_views else shown[:1]

    @property
    def cancer(self) -> int:
        """The probability that it is a cancer, in percent."""
        return max(1, round(self.certainty * 0.62 - 4))

    def place(self, view: View) -> tuple[float, float]:
        """Return column and row of its centre in a view."""
        column, row = self.center
        return (column, row) if view.projection is CRANIO_CAUDAL else (column + 140, row * 0.8 + 310)

    def outline(self, view: View, corners: int = 12) -> Iterator[float]:
        """Yield column, row, column, row, ... of a closed outline in a view."""
        column, row = self.place(view)
        radius = self.diameter / 2 / SPACING
        for corner in (*range(corners), 0):
            angle = 2 * pi * corner / corners
            yield column + radius * cos(angle)
            yield row + radius * sin(angle) * (0.7 + self.number % 3 / 10)


def composition(patient: str) -> tuple[CodedConcept, int]:
    """Return how dense the breasts of a woman are: the category, and the percentage of fibroglandular tissue."""
    random = stream(patient, "breast composition")
    category, percentage = pick(random, COMPOSITIONS)
    return category, round(within(percentage + random.gauss(0, 4), 2, 97))


def suspicions(patient: str, round_: int) -> tuple[Suspicion, ...]:
    """Return what is suspicious at a round of screening, from 1: what was there before, larger, and new marks."""
    random = stream(patient, "breasts")
    arisen = [first for first in range(1, round_ + 1) for _ in range(random.choices((0, 1, 2), (62, 29, 9))[0])]
    return tuple(_suspicion(patient, number, round_ - first) for number, first in enumerate(arisen, start=1))


def _suspicion(patient: str, number: int, rounds: int) -> Suspicion:
    """Return suspicion number `number` of a woman, so many rounds after it arose."""
    random = stream(patient, "suspicion", number)
    kind = MASS if random.random() < 0.55 else CLUSTER
    growth = random.gauss(0.12, 0.15)
    return Suspicion(
        number=number,
        kind=kind,
        breast=random.choice((RIGHT_BREAST, LEFT_BREAST)),
        quadrant=pick(random, QUADRANTS),
        diameter=spread(random, 9, 0.4) * (1 + growth * rounds),
        certainty=round(within(random.gauss(48, 19) + 100 * growth * rounds, 8, 99)),
        is_in_both_views=random.random() < 0.7,
        center=(random.uniform(500, 1900), random.uniform(900, 2500)),
        traits=tuple(pick(random, table) for table in TRAITS[kind.value]),
        calcifications=random.randint(4, 27),
    )
