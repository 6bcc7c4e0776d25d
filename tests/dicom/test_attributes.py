"""The bindings: every tag, VR and VM is that of the data dictionary (PS3.6), and none is bound twice."""

import dataclasses
from typing import Any

import pytest
from pydicom.datadict import dictionary_VM, dictionary_VR

from sr2graph.dicom.attributes import Attribute, Binding, bindings, builder, tag_text
from sr2graph.dicom.dictionary import dictionary_vr
from sr2graph.dicom.header import Patient
from sr2graph.dicom.reading import ENTITIES
from sr2graph.dicom.tree import HEADER_CLASSES
from sr2graph.dicom.values import VALUE_CLASSES, ValueType

CLASSES = {cls.__name__: cls for cls in (*HEADER_CLASSES.values(), *ENTITIES.values())}
FIELDS = [
    pytest.param(cls, name, binding, id=f"{cls.__name__}.{name}")
    for cls in CLASSES.values()
    for name, binding in bindings(cls).items()
]


@pytest.mark.parametrize("binding", [pytest.param(field.values[2], id=field.id) for field in FIELDS])
def test_vr_and_vm_are_those_of_the_dictionary(binding: Any) -> None:
    """A field has the VR of its attribute, and holds several values exactly when the attribute may."""
    assert dictionary_VR(binding.tag) == binding.vr
    if binding.vr != "SQ":
        assert (dictionary_VM(binding.tag) != "1") == binding.many


@pytest.mark.parametrize(("cls", "name", "binding"), FIELDS)
def test_entities_exist(cls: type[Any], name: str, binding: Binding) -> None:
    """A sequence names a dataclass that there is, and its wrapper is a sequence."""
    assert name in {f.name for f in dataclasses.fields(cls)}
    if binding.entity is not None:
        assert binding.vr == "SQ"
        assert binding.entity in ENTITIES
    if binding.within is not None:
        assert dictionary_VR(binding.within) == "SQ"


@pytest.mark.parametrize("cls", CLASSES.values(), ids=CLASSES)
def test_no_attribute_is_bound_twice(cls: type[Any]) -> None:
    """Within a dataclass each attribute belongs to one field."""
    places = [(binding.within, binding.tag) for binding in bindings(cls).values()]
    assert len(places) == len(set(places))


def test_the_header_shares_no_attribute() -> None:
    """Each attribute of the data set itself belongs to one class of the header."""
    tags = [binding.tag for cls in HEADER_CLASSES.values() for binding in bindings(cls).values()]
    assert len(tags) == len(set(tags))


def test_every_value_type_has_its_class() -> None:
    """Every value type of PS3.3 C.17.3.2.1 but CONTAINER has a class for its value."""
    assert set(ValueType) - set(VALUE_CLASSES) == {ValueType.CONTAINER}


@pytest.mark.parametrize("cls", [cls for cls in CLASSES.values() if bindings(cls)])
def test_builder_builds_the_same(cls: type[Any]) -> None:
    """A dataclass built the fast way is equal to one built by its constructor, and as frozen."""
    needed = {"position": (1,)} if "position" in {f.name for f in dataclasses.fields(cls)} else {}
    built = builder(cls)(**needed)
    assert built == cls(**needed)
    assert type(built) is cls
    assert hash(built) == hash(cls(**needed))
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(built, dataclasses.fields(cls)[0].name, "x")


def test_repr_shows_no_value() -> None:
    """The repr of a verbatim attribute, which ends up in logs, has no value in it."""
    assert "Doe" not in repr(Attribute(0x0010_1001, "PN", ("Doe^Jane",)))
    assert tag_text(0x0040_A730) == "(0040,A730)"


@pytest.mark.parametrize(
    ("tag", "vr"),
    [
        (0x0040_A160, "UT"),
        (0x0008_0000, "UL"),
        (0x0009_0010, "LO"),
        (0x0009_1001, "UN"),
        (0x0028_0106, "UN"),  # US or SS
        (0x0004_FFFF, "UN"),
        (0x6000_3000, "UN"),
    ],
)
def test_dictionary_vr(tag: int, vr: str) -> None:
    """A tag alone tells the VR of a standard attribute; what depends on more is UN."""
    assert dictionary_vr(tag) == vr


def test_patient_fields_are_none_when_absent() -> None:
    """What is absent is None or empty."""
    assert Patient().patient_id is None
    assert Patient().other_ids == ()
