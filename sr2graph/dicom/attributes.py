"""Binding of dataclass fields to DICOM attributes.

Each dataclass of this room says, field by field, which attribute it carries:

    patient_id: str | None = attribute(0x00100020, "LO")

Reading, writing and the checks against the data dictionary all follow from these bindings;
there is no second list of tags.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

_KEY = "dicom"
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Binding:
    """What DICOM attribute a field carries (PS3.6)."""

    tag: int
    """Group and element: 0xGGGGEEEE."""
    vr: str
    """Value Representation of the data dictionary."""
    many: bool = False
    """True for a tuple of values (VM above 1, or a sequence of several items)."""
    entity: str | None = None
    """For a sequence: name of the dataclass of its items; None keeps the items verbatim."""
    within: int | None = None
    """Tag of the one-item sequence that wraps the attribute, e.g. (0040,A300)."""


def attribute(tag: int, vr: str, *, many: bool = False, within: int | None = None) -> Any:
    """Return a dataclass field that carries one attribute."""
    default: object = () if many else None
    return dataclasses.field(default=default, metadata={_KEY: Binding(tag, vr, many, None, within)})


def sequence(tag: int, entity: str, *, many: bool = True, within: int | None = None) -> Any:
    """Return a dataclass field that carries a sequence of `entity` items (one, if not `many`)."""
    default: object = () if many else None
    return dataclasses.field(default=default, metadata={_KEY: Binding(tag, "SQ", many, entity, within)})


def code(tag: int, *, within: int | None = None) -> Any:
    """Return a dataclass field that carries a one-item code sequence (PS3.3 section 8)."""
    return sequence(tag, "CodedConcept", many=False, within=within)


def per_class(function: Callable[[type[Any]], _T]) -> Callable[[type[Any]], _T]:
    """Return a function of a class that works out its result once.

    What functools.cache does, with types: mypy does not accept classes as hashable.
    """
    known: dict[type[Any], _T] = {}

    def remembering(cls: type[Any]) -> _T:
        found = known.get(cls)
        if found is None:
            found = known[cls] = function(cls)
        return found

    remembering.__doc__ = function.__doc__
    return remembering


@per_class
def bindings(cls: type[Any]) -> dict[str, Binding]:
    """Return field name -> binding for the bound fields of a dataclass, in field order."""
    return {f.name: f.metadata[_KEY] for f in dataclasses.fields(cls) if _KEY in f.metadata}


@per_class
def builder(cls: type[Any]) -> Callable[..., Any]:
    """Return a constructor of a frozen, slotted dataclass that takes a fifth of the time of its own.

    A frozen `__init__` pays for every field.  A mutable twin with the same slots does not, and
    once complete it becomes the frozen class.  Takes keywords only.
    """
    fields = [(f.name, Any, dataclasses.field(default=f.default)) for f in dataclasses.fields(cls)]

    def become(made: Any) -> None:
        made.__class__ = cls

    names = {"__post_init__": become}
    return dataclasses.make_dataclass(
        cls.__name__, fields, namespace=names, slots=True, kw_only=True, eq=False, repr=False
    )


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute carried as it stands, because no field can say it exactly.

    Private elements, standard elements outside the modelled modules, present-but-empty
    elements and malformed sequences all end here, so nothing of a data set is lost.
    """

    tag: int
    vr: str
    values: tuple[Any, ...] = ()
    """Text VRs: str.  Integers: int.  FL and FD: float.  AT: int.  OB, OW, UN ...: one bytes.
    SQ: one tuple of Attribute per item.  Empty for an attribute without a value."""

    def __repr__(self) -> str:
        """Return tag and VR only: values may be patient data."""
        return f"Attribute({tag_text(self.tag)}, {self.vr}, {len(self.values)} values)"


def tag_text(tag: int) -> str:
    """Return a tag as the standard prints it: `(0040,A730)`."""
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"
