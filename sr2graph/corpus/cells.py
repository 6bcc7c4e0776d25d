"""Cells of records to stored values, by kind.

A number is stored as a number; its text only where the canonical text of that number is
another one, so that every digit comes back.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from sr2graph.graph.iris import uid_iri
from sr2graph.graph.kinds import double
from sr2graph.graph.vocabulary import NAMESPACE

Number = tuple[float | int | None, str | None]
"""A number, and its text where the number does not tell it."""

_REMEMBERED = 2**16
_LARGEST = 1e15
"""Whole numbers below this are written without an exponent, and doubles hold them exactly."""
_SMALLEST = 1e-4
_MOST_DIGITS = 19


def canonical(number: float) -> str | None:
    """Return the text of a decimal that is not stored beside its number; None where it always is.

    >>> canonical(3.0), canonical(0.25), canonical(1e-9)
    ('3', '0.25', None)
    """
    if number.is_integer() and abs(number) < _LARGEST:
        return str(int(number))
    return repr(number) if _SMALLEST <= abs(number) < _LARGEST else None


@lru_cache(_REMEMBERED)
def decimal_number(cell: str) -> Number:
    """Return the double nearest to an xsd:decimal, infinite where there is none."""
    number = float(cell)
    return number, None if canonical(number) == cell else cell


@lru_cache(_REMEMBERED)
def double_number(cell: str) -> Number:
    """Return the number of an xsd:double."""
    number = float(cell)
    return number, None if double(number) == cell else cell


@lru_cache(_REMEMBERED)
def integer_number(cell: str) -> Number:
    """Return the 64-bit number of an xsd:integer, None where it does not fit."""
    if len(cell.lstrip("+-0")) > _MOST_DIGITS:
        return None, cell
    number = int(cell)
    if not -(2**63) <= number < 2**63:
        return None, cell
    return number, None if str(number) == cell else cell


NUMBERS: dict[str, Callable[[str], Number]] = {
    "decimal": decimal_number,
    "double": double_number,
    "integer": integer_number,
    "digits": integer_number,
}


@lru_cache(_REMEMBERED)
def _uid(cell: str) -> str:
    return uid_iri(cell)


@lru_cache(_REMEMBERED)
def _name(cell: str) -> str:
    return NAMESPACE + cell


VALUES: dict[str, Callable[[str], str | int]] = {"ordinal": int, "uid": _uid, "class": _name}
"""Kinds that are stored otherwise than they stand in the record."""
