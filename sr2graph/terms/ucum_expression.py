"""What an expression of the Unified Code for Units of Measure is worth, exactly (UCUM 2.2, §2-§23).

The grammar is that of the specification: components joined by `.` and `/` from left to right, a prefix before a metric
atom, an integer exponent after it, parentheses, and annotations in braces, which mean nothing.  An annotation may also
follow a number or a parenthesis, as in the examples that UCUM publishes.

An expression comes out of a file.  Its length, depth, exponents and the digits of its factor are bounded, and nothing
here recurses.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from fractions import Fraction

MOST_CHARACTERS = 128
MOST_DEPTH = 8
MOST_EXPONENT = 99
MOST_BITS = 4096
"""Of numerator and denominator of a factor together: the largest unit anyone measures with needs 300."""

TOKEN = re.compile(
    r"(?P<symbol>10[*^]|(?:\[[!-Z\\^-z|~]*\]|[A-Za-z%'_])+)(?P<exponent>[+-]?[1-9][0-9]{0,2})?"
    r"|(?P<number>[1-9][0-9]*)"
    r"|(?P<annotation>\{[!-z|~]*\})"
    r"|(?P<mark>[./()])"
)
"""UCUM §3: square brackets may hold what stands for something else outside of them; §6: braces hold ASCII 33 to 126."""

Dimension = tuple[tuple[str, int], ...]
"""Base units and their exponents, none of them zero, in the order of the codes; () for a number."""


@dataclass(frozen=True, slots=True)
class Measure:
    """What one of a unit is worth in base units: factor × base units + offset."""

    factor: Fraction = Fraction(1)
    dimension: Dimension = ()
    offset: Fraction = Fraction(0)
    comparable: bool = True
    """False for arbitrary units and logarithms (UCUM §21, §24): a value in them cannot be turned into base units."""

    def times(self, other: "Measure", exponent: int) -> "Measure":
        """The product of this unit and a power of the other.  A unit with an offset stands alone (UCUM §22)."""
        exponents = dict(self.dimension)
        for base, power in other.dimension:
            exponents[base] = exponents.get(base, 0) + power * exponent
        return Measure(
            factor=self.factor * other.factor**exponent,
            dimension=tuple(sorted((base, power) for base, power in exponents.items() if power)),
            comparable=self.comparable and other.comparable and not self.offset and not other.offset,
        )


ONE = Measure()


@dataclass(frozen=True, slots=True)
class Atom:
    """A unit atom: what it is worth, and whether it takes a prefix (UCUM §11)."""

    measure: Measure
    metric: bool


@dataclass(frozen=True, slots=True)
class UnitSystem:
    """The atoms and prefixes that expressions are made of."""

    atoms: Mapping[str, Atom]
    prefixes: Mapping[str, Fraction]

    def symbol(self, text: str) -> Measure | None:
        """What `mm` or `[in_i]` is worth: an atom, else a prefix and a metric atom."""
        atom = self.atoms.get(text)
        if atom is not None:
            return atom.measure
        for length in (1, 2):
            prefix, atom = self.prefixes.get(text[:length]), self.atoms.get(text[length:])
            if prefix is not None and atom is not None and atom.metric:
                return replace(atom.measure, factor=prefix * atom.measure.factor)
        return None


def evaluate(code: str, system: UnitSystem) -> Measure | None:
    """What the expression is worth; None when it is not UCUM or passes a bound."""
    if not 0 < len(code) <= MOST_CHARACTERS:
        return None
    reader = _Reader(system)
    for token in _tokens(code):
        if token is None or not reader.take(token):
            return None
    return reader.result()


def _tokens(code: str) -> Iterator[re.Match[str] | None]:
    """The tokens one after the other; None where there is none."""
    position = 0
    while position < len(code):
        token = TOKEN.match(code, position)
        yield token
        position = token.end() if token else len(code)


class _Place(Enum):
    """What may come next."""

    START = auto()
    """A component, or the `/` that begins a term."""
    COMPONENT = auto()
    AFTER = auto()
    """An operator, a closing parenthesis, or the annotation of what came before."""
    ANNOTATED = auto()
    """The same, without an annotation."""


class _Reader:
    """Multiplies the components of an expression as they come."""

    __slots__ = ("outer", "place", "sign", "system", "total")

    def __init__(self, system: UnitSystem) -> None:
        self.system = system
        self.outer: list[tuple[Measure | None, int]] = []
        self.total: Measure | None = None
        self.sign = 1
        self.place = _Place.START

    def take(self, token: re.Match[str]) -> bool:
        """Whether the token may stand here and keeps within the bounds."""
        text = token.group()
        match token.lastgroup:
            case "mark":
                return self._mark(text)
            case "annotation" if self.place is _Place.AFTER:
                self.place = _Place.ANNOTATED
                return True
            case "annotation":
                return self._multiply(ONE, _Place.ANNOTATED)
            case "number":
                return self._multiply(Measure(Fraction(int(text))), _Place.AFTER)
        return self._symbol(token)

    def result(self) -> Measure | None:
        complete = not self.outer and self.place in (_Place.AFTER, _Place.ANNOTATED)
        return self.total if complete else None

    def _symbol(self, token: re.Match[str]) -> bool:
        measure = self.system.symbol(token["symbol"])
        exponent = int(token["exponent"] or 1)
        if measure is None or abs(exponent) > MOST_EXPONENT:
            return False
        return self._multiply(measure if exponent == 1 else ONE.times(measure, exponent), _Place.AFTER)

    def _mark(self, mark: str) -> bool:
        opening = self.place in (_Place.START, _Place.COMPONENT)
        if mark == "(":
            self.outer.append((self.total, self.sign))
            self.total, self.sign, self.place = None, 1, _Place.START
            return opening and len(self.outer) <= MOST_DEPTH
        if mark == ")":
            return not opening and self._close()
        if opening and (mark == "." or self.place is not _Place.START):
            return False
        self.sign, self.place = -1 if mark == "/" else 1, _Place.COMPONENT
        return True

    def _close(self) -> bool:
        if not self.outer:
            return False
        inner = self.total or ONE
        self.total, self.sign = self.outer.pop()
        self.place = _Place.COMPONENT
        return self._multiply(inner, _Place.AFTER)

    def _multiply(self, measure: Measure, after: _Place) -> bool:
        if self.place not in (_Place.START, _Place.COMPONENT):
            return False
        alone = self.total is None and self.sign == 1
        self.total = measure if alone else (self.total or ONE).times(measure, self.sign)
        self.place = after
        factor = self.total.factor
        return factor.numerator.bit_length() + factor.denominator.bit_length() <= MOST_BITS
