"""What a shape can say of a node, as data that can be compared: SHACL Core, without its notation."""

from __future__ import annotations

from dataclasses import dataclass

Path = tuple["str | Path", ...]
"""Steps: CURIEs of predicates, `^` before one for its inverse; one of the names below; a tuple of steps that are
alternatives, when it begins with "|"; UP with predicates behind it for only those."""

UP = "UP"
"""Any number of steps to the parent: the item itself and all above it."""
SELF = "SELF"
"""The item itself."""
ANY = "ANY"
"""Every relationship."""

TYPE: Path = ("rdf:type",)
CONCEPT: Path = ("sr:conceptName",)
CODE: Path = ("sr:conceptCode",)
UNIT: Path = ("sr:unit",)
GRAPHIC: Path = ("sr:graphicType",)
NUMBER: Path = ("sr:numericValue",)


@dataclass(frozen=True, slots=True)
class Selection:
    """Items of some value types and concepts."""

    types: frozenset[str]
    """As in PS3.3; empty for any."""
    concepts: frozenset[str] | None
    """Canonical IRIs; None for any but the excluded."""
    excluded: frozenset[str] = frozenset()
    declares: str = ""
    """The TID that the item says it follows; empty where it does not matter."""

    @property
    def order(self) -> tuple[list[str], list[str], list[str], str]:
        """Return what selections are sorted by; the order of a set is another one in each run."""
        return sorted(self.types), sorted(self.concepts or ()), sorted(self.excluded), self.declares

    def overlaps(self, other: Selection) -> bool:
        """Whether an item can be in both."""
        if self.declares and other.declares and self.declares != other.declares:
            return False
        if self.types and other.types and not self.types & other.types:
            return False
        if self.concepts is not None and other.concepts is not None:
            return bool(self.concepts & other.concepts)
        if self.concepts is not None:
            return bool(self.concepts - other.excluded)
        return other.concepts is None or bool(other.concepts - self.excluded)


@dataclass(frozen=True, slots=True)
class Is:
    """The node is such an item."""

    selection: Selection


@dataclass(frozen=True, slots=True)
class Among:
    """All values of a path are among some."""

    path: Path
    iris: frozenset[str]
    literals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Within:
    """All values of a path are numbers of a range."""

    path: Path
    least: str
    most: str


@dataclass(frozen=True, slots=True)
class Count:
    """So many values of a path are as another expression says."""

    path: Path
    what: Expression
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    what: Expression


@dataclass(frozen=True, slots=True)
class All:
    """All of them."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class OneOrMore:
    """One or more of them."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class ExactlyOne:
    """One of them and no other."""

    parts: tuple[Expression, ...]


Expression = Is | Among | Within | Count | Not | All | OneOrMore | ExactlyOne


def some(path: Path, what: Expression) -> Count:
    """Return that a path has such a value."""
    return Count(path, what, least=1)


def is_one_of(path: Path, iris: frozenset[str]) -> Count:
    """Return that a path has a value, and that one is among some."""
    return some(path, Among((), iris))


def either(*parts: Expression) -> Expression:
    """Return that one or more hold; a single one as it is."""
    return parts[0] if len(parts) == 1 else OneOrMore(parts)


def both(*parts: Expression) -> Expression:
    """Return that all hold; a single one as it is."""
    return parts[0] if len(parts) == 1 else All(parts)
