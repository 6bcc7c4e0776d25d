"""Irradiation events of projection X-ray systems: what is done, and how it comes out for one patient."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from math import log
from random import Random

from sr2graph.dicom.concept import CodedConcept
from sr2graph.samples.codes import ABDOMEN, CHEST, HEART, dcm, local, sct
from sr2graph.samples.identity import rounded, spread, within
from sr2graph.samples.sop_classes import DX_IMAGE, XA_IMAGE
from sr2graph.samples.visit import Visit

FLUOROSCOPY = sct("44491008", "Fluoroscopy")
STATIONARY = dcm("113611", "Stationary Acquisition")
ROTATIONAL = dcm("113613", "Rotational Acquisition")
SINGLE_PLANE = dcm("113622", "Single Plane")
PLANE_A = dcm("113620", "Plane A")
PLANE_B = dcm("113621", "Plane B")
FLUORO_SYSTEM = dcm("113957", "Fluoroscopy-Guided Projection Radiography System")
INTEGRATED_SYSTEM = dcm("113958", "Integrated Projection Radiography System")


@dataclass(frozen=True, slots=True)
class Filter:
    """What is in the beam."""

    kind: CodedConcept
    material: CodedConcept | None = None
    thickness: str = "0"
    """mm."""


COPPER = sct("66925006", "Copper")
STRIP_FILTER = dcm("113650", "Strip filter")
ALUMINUM_1 = Filter(dcm("113653", "Flat filter"), sct("12503006", "Aluminum"), "1")
NO_FILTER = Filter(dcm("111609", "No Filter"))


@dataclass(frozen=True, slots=True)
class Mode:
    """How the X-ray system was run for an irradiation event; the numbers are medians."""

    weight: float
    name: str
    event_type: CodedConcept
    seconds: float
    pulse_rate: float
    """Per second; 0 for a single exposure."""
    dose_rate: float
    """At the reference point, mGy/s; mGy for a single exposure."""
    kv: float
    current: float
    pulse_width: float
    """ms."""
    makes_images: bool
    filters: tuple[Filter, ...] = (NO_FILTER,)


@dataclass(frozen=True, slots=True)
class Procedure:
    """What is done on one kind of system."""

    description: str
    procedure: CodedConcept
    device_type: CodedConcept
    region: CodedConcept
    events: int
    """Median number of irradiation events."""
    reference_point: CodedConcept
    image_class: str
    modes: tuple[Mode, ...]
    intensity: float = 1
    """How much more dose an event gives than in other procedures with these modes."""


def _copper(thickness: str) -> tuple[Filter, ...]:
    return (Filter(STRIP_FILTER, COPPER, thickness), ALUMINUM_1)


ANGIOGRAPHY_MODES = (
    Mode(70, "Fluoro Low", FLUOROSCOPY, 9, 7.5, 0.3, 74, 62, 6.1, makes_images=False, filters=_copper("0.3")),
    Mode(12, "Fluoro High", FLUOROSCOPY, 6, 15, 0.8, 79, 98, 7.8, makes_images=False, filters=_copper("0.2")),
    Mode(17, "Coro 15 f/s", STATIONARY, 4.2, 15, 6.2, 81, 640, 6.4, makes_images=True, filters=_copper("0.1")),
    Mode(1, "3D rotation", ROTATIONAL, 5, 30, 3.4, 90, 420, 5.0, makes_images=True),
)
RADIOGRAPHY_MODES = (
    Mode(3, "Chest pa", STATIONARY, 0.01, 0, 0.09, 120, 310, 8, makes_images=True, filters=(ALUMINUM_1,)),
    Mode(1, "Chest lat", STATIONARY, 0.01, 0, 0.31, 125, 320, 14, makes_images=True),
)

PROCEDURES = {
    "coronary": Procedure(
        "Coronary angiography",
        local("XACORO", "Coronary angiography"),
        FLUORO_SYSTEM,
        HEART,
        24,
        dcm("113860", "15cm from Isocenter toward Source"),
        XA_IMAGE,
        ANGIOGRAPHY_MODES,
    ),
    "embolisation": Procedure(
        "Hepatic arterial embolisation",
        local("XAEMBO", "Hepatic arterial embolisation"),
        FLUORO_SYSTEM,
        ABDOMEN,
        45,
        dcm("113860", "15cm from Isocenter toward Source"),
        XA_IMAGE,
        ANGIOGRAPHY_MODES,
        intensity=3,
    ),
    "chest": Procedure(
        "Chest radiograph",
        local("DXCHEST", "Chest radiograph"),
        INTEGRATED_SYSTEM,
        CHEST,
        2,
        dcm("113941", "In Detector Plane"),
        DX_IMAGE,
        RADIOGRAPHY_MODES,
    ),
}


DIFFICULT = 0.07
"""How often an intervention is a difficult one."""
DIFFICULTY = 2.6
"""How many more events it has then, and how much more dose each of them gives."""
MOST_EVENTS = 140
"""After which most operators give up."""


@dataclass(frozen=True, slots=True)
class Event:
    """An irradiation event as it came out."""

    index: int
    mode: Mode
    plane: CodedConcept
    started: float
    """Seconds into the visit."""
    seconds: Decimal
    dose: Decimal
    """At the reference point, Gy."""
    area_product: Decimal
    """Gy.m2."""
    kv: Decimal
    current: Decimal
    angles: tuple[Decimal, Decimal]
    table: tuple[Decimal, Decimal, Decimal]
    """Longitudinal, lateral and height position, mm."""

    @property
    def pulses(self) -> int:
        """How many pulses of X-rays there were."""
        return max(1, round(float(self.seconds) * self.mode.pulse_rate))

    @property
    def is_fluoroscopy(self) -> bool:
        """Whether the dose counts as fluoroscopy, not as acquisition."""
        return self.mode.event_type is FLUOROSCOPY


def irradiation_events(visit: Visit, plan: Procedure, count: int | None) -> Iterator[Event]:
    """Yield so many events, or as many as is usual; biplane systems use their planes in turn."""
    random = visit.random("irradiation events")
    planes = (PLANE_A, PLANE_B) if "Biplane" in visit.station.model else (SINGLE_PLANE,)
    difficulty = DIFFICULTY if plan.events > 2 and random.random() < DIFFICULT else 1
    build = 1.05 ** (visit.subject.body_mass_index - 26) * difficulty * plan.intensity
    usual = plan.events * difficulty
    total = count or min(MOST_EVENTS, max(2, round(spread(random, usual, 0.4)) if plan.events > 2 else 2))
    moment = 60.0
    for index in range(total):
        mode = random.choices(plan.modes, [mode.weight for mode in plan.modes])[0]
        event = _event(random, mode, build, index, moment)
        yield replace(event, plane=planes[index % len(planes)])
        moment += float(event.seconds) + random.uniform(4, 50)


def _event(random: Random, mode: Mode, build: float, index: int, started: float) -> Event:
    seconds = rounded(within(spread(random, mode.seconds, 0.6), 0.003, 120), "0.001")
    exposed = float(seconds) if mode.pulse_rate else 1
    dose = rounded(within(spread(random, mode.dose_rate * exposed * build, 0.35) / 1000, 1e-6, 5), "0.00000001")
    return Event(
        index,
        mode,
        SINGLE_PLANE,
        started,
        seconds,
        dose,
        rounded(float(dose) * random.uniform(0.006, 0.022), "0.00000001"),
        rounded(within(random.gauss(mode.kv + 8 * log(build), 3), 50, 125), "0.1"),
        rounded(spread(random, mode.current, 0.15), "0.1"),
        (rounded(random.gauss(0, 22), "0.1"), rounded(random.gauss(0, 15), "0.1")),
        (
            rounded(random.uniform(900, 1400), "0.1"),
            rounded(random.gauss(0, 40), "0.1"),
            rounded(random.uniform(-160, -20), "0.1"),
        ),
    )
