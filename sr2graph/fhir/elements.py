"""The elements of the resources and data types of FHIR: types and cardinality, by release (mappings/fhir/elements.csv).

JSON does not say whether a text is a code, a date or a URI, and RDF does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from sr2graph.errors import NotFhirError
from sr2graph.fhir.tables import rows

CHOICE = "[x]"
INLINE = frozenset({"Element", "BackboneElement"})
"""Types whose parts are defined where they are used: Observation.component.code."""


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a resource or data type, as JSON names it."""

    path: str
    """Where it is defined, such as Observation.value[x] or DomainResource.text."""
    type: str
    """Of its value: a primitive type, a data type, or the path of a part such as Observation.component."""
    repeats: bool
    """Whether there may be several, which JSON has in a list."""

    @property
    def name(self) -> str:
        """The name that the element has in R5: value of valueQuantity."""
        return self.path.rpartition(".")[2].removesuffix(CHOICE)

    @property
    def is_choice(self) -> bool:
        """Whether it may have values of several types."""
        return self.path.endswith(CHOICE)

    @property
    def is_primitive(self) -> bool:
        """Whether its value is a literal."""
        return self.type[0].islower()


@dataclass(frozen=True, slots=True)
class _Line:
    types: tuple[str, ...]
    repeats: bool


@cache
def _lines(release: str) -> Mapping[str, _Line]:
    columns = f"{release.lower()}_types", f"{release.lower()}_max"
    told = ((row["path"], *(row[name] for name in columns)) for row in rows("elements"))
    return {path: _Line(tuple(types.split("|")), most not in {"", "1"}) for path, types, most in told if types}


@cache
def _choices(release: str) -> Mapping[str, tuple[str, ...]]:
    """Return the names of the choices of each type, longest first."""
    found: dict[str, list[str]] = {}
    for path in _lines(release):
        shape, _, name = path.rpartition(".")
        if name.endswith(CHOICE):
            found.setdefault(shape, []).append(name)
    return {shape: tuple(sorted(names, key=len, reverse=True)) for shape, names in found.items()}


@cache
def is_type(release: str, name: str) -> bool:
    """Tell whether a resource or data type of that name is in the table."""
    return "." not in name and name in _lines(release)


def element(release: str, shape: str, name: str) -> Element:
    """Return the element of a resource, data type or part, by its name in JSON.

    >>> element("R5", "Observation", "valueQuantity")
    Element(path='Observation.value[x]', type='Quantity', repeats=False)

    Raises NotFhirError where the release has none.
    """
    found = _find(release, shape, name)
    if found is None:
        raise NotFhirError(
            f"{shape}.{name}: FHIR {release} has no such element, or mappings/fhir/elements.csv lacks it"
        )
    return found


@cache
def _find(release: str, shape: str, name: str) -> Element | None:
    lines = _lines(release)
    seen: set[str] = set()
    if "." in name or name.endswith(CHOICE):
        return None
    while shape in lines and shape not in seen:
        seen.add(shape)
        path = f"{shape}.{name}"
        if path in lines:
            return Element(path, _shape(path, lines[path].types[0]), lines[path].repeats)
        for choice in _choices(release).get(shape, ()):
            type_ = _chosen(name, choice, lines[f"{shape}.{choice}"].types)
            if type_ is not None:
                return Element(f"{shape}.{choice}", type_, lines[f"{shape}.{choice}"].repeats)
        shape = lines[shape].types[0]
    return None


def _chosen(name: str, choice: str, types: tuple[str, ...]) -> str | None:
    """Return the type that a name has at its end: valueQuantity of value[x]."""
    stem = choice.removesuffix(CHOICE)
    ends = {type_[0].upper() + type_[1:]: type_ for type_ in types}
    return ends.get(name.removeprefix(stem)) if name.startswith(stem) else None


def _shape(path: str, type_: str) -> str:
    if type_ in INLINE:
        return path
    return type_.removeprefix("#")
