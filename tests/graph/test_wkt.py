"""Coordinates as Well Known Text: what Simple Features can say, and None for the rest."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sr2graph.dicom.values import SpatialCoordinates, SpatialCoordinates3D
from sr2graph.graph.wkt import PIXEL_SPACE, UNKNOWN_SPACE, wkt
from tests.strategies import entities


def flat(kind: str | None, *data: float) -> str | None:
    found = wkt(SpatialCoordinates(graphic_type=kind, graphic_data=data))
    return found and found.removeprefix(f"<{PIXEL_SPACE}> ")


@pytest.mark.parametrize(
    ("kind", "data", "text"),
    [
        ("POINT", (1, 2.5), "POINT (1 2.5)"),
        ("POINT", (1, 2, 3, 4), None),
        ("POINT", (1,), None),
        ("MULTIPOINT", (1, 2, 3, 4), "MULTIPOINT ((1 2), (3 4))"),
        ("POLYLINE", (0, 0, 1, 1), "LINESTRING (0 0, 1 1)"),
        ("POLYLINE", (0, 0), None),
        ("POLYLINE", (0, 0, 1, 0, 1, 1, 0, 0), "POLYGON ((0 0, 1 0, 1 1, 0 0))"),
        ("POLYLINE", (0, 0, 1, 0, 0, 0), "LINESTRING (0 0, 1 0, 0 0)"),
        ("CIRCLE", (0, 0, 1, 1), None),
        ("ELLIPSE", (0, 0, 1, 1, 2, 2, 3, 3), None),
        ("SQUIGGLE", (0, 0), None),
        (None, (0, 0), None),
        ("POINT", (), None),
        ("POINT", (math.nan, 0), None),
        ("POINT", (math.inf, 0), None),
        ("POLYGON", (0, 0, 1, 0, 1, 1), None),
    ],
)
def test_shapes_on_an_image(kind: str | None, data: tuple[float, ...], text: str | None) -> None:
    assert flat(kind, *data) == text


@pytest.mark.parametrize(
    ("uid", "space"),
    [("1.2.3", "urn:oid:1.2.3"), (None, UNKNOWN_SPACE), ("a b", "https://w3id.org/sr2graph/uid/a%20b")],
)
def test_shapes_in_space_name_their_frame_of_reference(uid: str | None, space: str) -> None:
    value = SpatialCoordinates3D(graphic_type="POINT", graphic_data=(1.0, 2.0, 3.0), frame_of_reference_uid=uid)
    assert wkt(value) == f"<{space}> POINT Z (1 2 3)"


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("MULTIPOINT", "MULTIPOINT Z ((0 0 0), (1 0 0), (1 1 0), (0 0 0))"),
        ("POLYGON", "POLYGON Z ((0 0 0, 1 0 0, 1 1 0, 0 0 0))"),
        ("POLYLINE", "POLYGON Z ((0 0 0, 1 0 0, 1 1 0, 0 0 0))"),
        ("ELLIPSOID", None),
    ],
)
def test_shapes_in_space(kind: str, text: str | None) -> None:
    value = SpatialCoordinates3D(graphic_type=kind, graphic_data=(0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 0, 0))
    found = wkt(value)
    assert (found and found.partition("> ")[2]) == text


def test_coordinates_keep_the_precision_of_the_file() -> None:
    assert flat("POINT", 0.10000000149011612, 1e-07) == "POINT (0.1 1e-07)"


@given(st.one_of(entities(SpatialCoordinates), entities(SpatialCoordinates3D)))
def test_no_coordinates_break_it(value: SpatialCoordinates | SpatialCoordinates3D) -> None:
    found = wkt(value)
    assert found is None or (found.startswith("<") and found.endswith(")") and found.count("(") == found.count(")"))
