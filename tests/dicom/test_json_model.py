"""The DICOM JSON Model (PS3.18 F)."""

import json
import math

import pytest
from hypothesis import given

from sr2graph.dicom.attributes import Attribute
from sr2graph.dicom.json_model import (
    attribute_from_text,
    attribute_text,
    attributes_from_json,
    attributes_to_json,
    load_json,
)
from sr2graph.dicom.limits import Limits
from sr2graph.errors import LimitError, ReadError
from tests.strategies import attributes, other_attributes


@given(attributes())
def test_an_attribute_survives_its_text(attribute: Attribute) -> None:
    """An attribute is equal after it was JSON text, as in graphs."""
    assert attribute_from_text(attribute_text(attribute)) == attribute


@given(other_attributes())
def test_a_data_set_survives(found: tuple[Attribute, ...]) -> None:
    """So are all attributes of a data set, in tag order, without a problem."""
    text = json.dumps(attributes_to_json(found))
    assert attributes_from_json(load_json(text)) == (found, ())


@pytest.mark.parametrize(
    ("member", "values"),
    [
        ({"vr": "DS", "Value": ["1.10"]}, ("1.10",)),
        ({"vr": "PN", "Value": [{"Alphabetic": "A^B", "Phonetic": "C"}]}, ("A^B==C",)),
        ({"vr": "PN", "Value": ["A^B"]}, ("A^B",)),
        ({"vr": "FD", "Value": ["NaN"]}, (math.nan,)),
        ({"vr": "FD", "Value": ["-Infinity", "inf"]}, (-math.inf, math.inf)),
        ({"vr": "LO", "Value": ["a", None, "b"]}, ("a", "", "b")),
        ({"vr": "AT", "Value": ["0040A730"]}, (0x0040_A730,)),
        ({"vr": "SQ", "Value": [{}, None]}, ((), ())),
        ({"vr": "OB", "InlineBinary": "AAE="}, (b"\0\1",)),
        ({"vr": "LO"}, ()),
        ({}, ()),
    ],
)
def test_members(member: dict[str, object], values: tuple[object, ...]) -> None:
    """Each way of giving a value (PS3.18 F.2.2 to F.2.7)."""
    ((attribute,), problems) = attributes_from_json({"00091001": member})
    assert attribute.values == values
    assert problems == ()


def test_digits_are_kept() -> None:
    """A number in JSON keeps its digits: 1.10 is not 1.1."""
    ((attribute,), _) = attributes_from_json(load_json('{"0040A30A":{"vr":"DS","Value":[1.10, -0, 1E+400]}}'))
    assert attribute.values == ("1.10", "-0", "1E+400")


def test_bulk_data_is_told() -> None:
    """Bulk data is not fetched; that it is missing is said."""
    ((attribute,), (problem,)) = attributes_from_json({"00091001": {"vr": "OB", "BulkDataURI": "file:///etc/passwd"}})
    assert attribute.values == ()
    assert "passwd" not in problem


def test_a_single_value_is_told() -> None:
    """A Value that is not a list is taken as one, and said."""
    assert attributes_from_json({"00100020": {"vr": "LO", "Value": "7"}})[1]


@pytest.mark.parametrize("text", [b"{", b'{"a":', b"\xff", b"[" * 100_000, b"nul"])
def test_broken_text(text: bytes) -> None:
    """Broken JSON is a ReadError."""
    with pytest.raises(ReadError):
        load_json(text)


def test_one_attribute_only() -> None:
    """The text of an attribute has one member."""
    with pytest.raises(ReadError):
        attribute_from_text("{}")


def test_depth_is_bounded() -> None:
    """Sequences nest no deeper than in a file."""
    model: dict[str, object] = {}
    for _ in range(11):
        model = {"0040A730": {"vr": "SQ", "Value": [model]}}
    assert attributes_from_json(model, Limits(max_depth=11))
    with pytest.raises(LimitError):
        attributes_from_json(model, Limits(max_depth=10))
