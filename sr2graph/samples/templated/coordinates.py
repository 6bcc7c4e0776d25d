"""Shapes on images, in space and in time, of the graphic types that a row allows (PS3.3 C.18.6, C.18.7, C.18.9)."""

from __future__ import annotations

from math import cos, pi, sin
from random import Random

from sr2graph.dicom.values import SpatialCoordinates, SpatialCoordinates3D, TemporalCoordinates
from sr2graph.samples.build import singles
from sr2graph.templates.catalogue import Row

PLANAR = ("POLYLINE", "CIRCLE", "ELLIPSE", "POINT", "MULTIPOINT")
OUTLINES = PLANAR[:3]
SPATIAL = ("POLYGON", "ELLIPSE", "POINT", "POLYLINE", "ELLIPSOID", "MULTIPOINT")
TEMPORAL = ("SEGMENT", "POINT", "MULTIPOINT", "MULTISEGMENT", "BEGIN", "END")
MATRIX = 512
SAMPLES = 10_000
SLICES = 5.0
"""Distance of slices, in mm."""


def _graphic_type(random: Random, row: Row, usual: tuple[str, ...]) -> str:
    """Return the first usual type, as a rule, of those that the row allows."""
    allowed = [each for each in usual if not row.graphic_types or each in row.graphic_types]
    allowed = [each for each in allowed if each not in row.graphic_types_excluded] or list(row.graphic_types)
    return allowed[0] if random.random() < USUAL else random.choice(allowed)


USUAL = 0.6


def planar(random: Random, row: Row, *, is_outline: bool = False) -> SpatialCoordinates:
    """Return a shape in an image, as column, row, column, row, ... from the top left corner.

    An outline goes around something, even where its row allows points.
    """
    kind = _graphic_type(random, row, OUTLINES if is_outline else PLANAR)
    x, y = (random.uniform(MATRIX * 0.25, MATRIX * 0.75) for _ in range(2))
    a, b = sorted((random.uniform(6, 60) for _ in range(2)), reverse=True)
    points: dict[str, list[float]] = {
        "POINT": [x, y],
        "MULTIPOINT": [x, y, x + a, y, x, y + b],
        "CIRCLE": [x, y, x + a, y],
        # The ends of the major axis, then those of the minor (PS3.3 C.18.6.1.2).
        "ELLIPSE": [x - a, y, x + a, y, x, y - b, x, y + b],
        "POLYLINE": _outline(random, x, y, a, b),
    }
    return SpatialCoordinates(kind, singles(points[kind]))


def _outline(random: Random, x: float, y: float, a: float, b: float) -> list[float]:
    """Return a closed outline: the last point is the first one again (PS3.3 C.18.6.1.2)."""
    corners = random.randint(6, 12)
    angles = [2 * pi * corner / corners for corner in range(corners)]
    points = [part for angle in angles for part in (x + a * cos(angle), y + b * sin(angle))]
    return points + points[:2]


def spatial(random: Random, row: Row, frame_of_reference_uid: str) -> SpatialCoordinates3D:
    """Return a shape in the space of the patient, as x, y, z, x, y, z, ... in mm; planar ones lie in a slice."""
    kind = _graphic_type(random, row, SPATIAL)
    x, y = (random.uniform(-120, 120) for _ in range(2))
    z = SLICES * random.randint(-30, 30)
    a, b, c = sorted((random.uniform(3, 30) for _ in range(3)), reverse=True)
    ring = _outline(random, x, y, a, b)
    polygon = [part for column in range(0, len(ring), 2) for part in (ring[column], ring[column + 1], z)]
    ellipse = [x - a, y, z, x + a, y, z, x, y - b, z, x, y + b, z]
    points: dict[str, list[float]] = {
        "POINT": [x, y, z],
        "MULTIPOINT": [x, y, z, x + a, y, z, x, y + b, z],
        "POLYLINE": [x, y, z, x + a, y + b, z],
        "POLYGON": polygon,
        "ELLIPSE": ellipse,
        "ELLIPSOID": [*ellipse, x, y, z - c, x, y, z + c],
    }
    return SpatialCoordinates3D(kind, singles(points[kind]), frame_of_reference_uid)


def temporal(random: Random, row: Row) -> TemporalCoordinates:
    """Return points or intervals of a waveform, by the numbers of its samples."""
    kind = _graphic_type(random, row, TEMPORAL)
    count = {"POINT": 1, "BEGIN": 1, "END": 1, "SEGMENT": 2, "MULTIPOINT": 3, "MULTISEGMENT": 4}[kind]
    return TemporalCoordinates(kind, tuple(sorted(random.sample(range(1, SAMPLES), count))))
