"""Coordinates as Well Known Text (OGC Simple Features, GeoSPARQL 1.1 section 8.5)."""

from __future__ import annotations

from sr2graph.dicom.values import SpatialCoordinates, SpatialCoordinates3D
from sr2graph.graph.iris import uid_iri
from sr2graph.graph.kinds import single
from sr2graph.graph.vocabulary import NAMESPACE

PIXEL_SPACE = NAMESPACE + "pixelSpace"
"""The space of SCOORD: columns and rows of the referenced image.  Never an earth CRS."""
UNKNOWN_SPACE = NAMESPACE + "unknownSpace"

_SHAPES = {
    "POINT": "POINT",
    "MULTIPOINT": "MULTIPOINT",
    "MULTISEGMENT": "",
    "POLYLINE": "LINESTRING",
    "POLYGON": "POLYGON",
}
"""Graphic types that Simple Features can say; circles and ellipses have no exact form there."""


def wkt(value: SpatialCoordinates | SpatialCoordinates3D) -> str | None:
    """Return the geometry, None when its graphic type or its count of numbers has no WKT."""
    size = 3 if isinstance(value, SpatialCoordinates3D) else 2
    shape = _SHAPES.get(value.graphic_type or "")
    data = value.graphic_data
    if not shape or not data or len(data) % size or not all(map(_finite, data)):
        return None
    points = [" ".join(map(single, data[i : i + size])) for i in range(0, len(data), size)]
    body = _body(shape, points)
    if body is None:
        return None
    return f"<{_space(value)}> {body.replace('(', 'Z (', 1) if size == 3 else body}"


def _body(shape: str, points: list[str]) -> str | None:
    text = ", ".join(points)
    closed = len(points) > 3 and points[0] == points[-1]
    if shape == "POINT":
        return f"POINT ({text})" if len(points) == 1 else None
    if shape == "MULTIPOINT":
        return "MULTIPOINT (" + ", ".join(f"({p})" for p in points) + ")"
    if closed:
        return f"POLYGON (({text}))"
    return f"LINESTRING ({text})" if shape == "LINESTRING" and len(points) > 1 else None


def _space(value: SpatialCoordinates | SpatialCoordinates3D) -> str:
    if isinstance(value, SpatialCoordinates):
        return PIXEL_SPACE
    return uid_iri(value.frame_of_reference_uid) if value.frame_of_reference_uid else UNKNOWN_SPACE


def _finite(number: float) -> bool:
    return number - number == 0
