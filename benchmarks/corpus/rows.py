"""Whether two engines gave the same rows, without either keeping them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

from rdflib.term import Literal, Node, URIRef

Cell = float | str | None
"""A number, `<iri>`, any other literal as its text, or None where a variable is not bound."""

NUMBERS = frozenset(
    f"http://www.w3.org/2001/XMLSchema#{name}" for name in ("integer", "decimal", "double", "float", "int", "long")
)
TOLERANCE = 1e-9
"""Of sums, relative to the sum of the absolute values: engines calculate with decimals or with doubles."""


@dataclass(slots=True)
class Digest:
    """What is left of rows: equal for equal rows in any order.

    Everything but the numbers enters a hash; of the numbers there is a sum, in which each has a
    weight that depends on the rest of its row.
    """

    rows: int = 0
    texts: int = 0
    numbers: float = 0.0
    scale: float = 0.0

    def add(self, rows: Iterable[tuple[Cell, ...]]) -> None:
        """Add rows."""
        for row in rows:
            self.rows += 1
            parts = ["#" if isinstance(cell, float) else repr(cell) for cell in row]
            value = int.from_bytes(blake2b("\t".join(parts).encode(), digest_size=8).digest())
            self.texts = (self.texts + value) % 2**64
            for place, cell in enumerate(row, start=1):
                if isinstance(cell, float):
                    self._add_number(cell * (1 + (value + 7 * place) % 1009))

    def _add_number(self, weighted: float) -> None:
        self.numbers += weighted
        self.scale += abs(weighted)

    def difference(self, other: Digest) -> str:
        """Return what is different, empty if nothing is."""
        if self.rows != other.rows:
            return f"{self.rows:,} rows and {other.rows:,}"
        if self.texts != other.texts:
            return "other terms in as many rows"
        if not math.isclose(self.numbers, other.numbers, rel_tol=0, abs_tol=TOLERANCE * (self.scale + other.scale)):
            return "other numbers"
        return ""


def cell(text: str, datatype: str | None) -> Cell:
    """Return the cell of a literal."""
    if datatype not in NUMBERS:
        return text
    number = float(text)
    return number if math.isfinite(number) else text


def rdflib_cell(term: Node | None) -> Cell:
    """Return the cell of a term of rdflib."""
    if isinstance(term, Literal):
        return cell(str(term), None if term.datatype is None else str(term.datatype))
    if term is None:
        return None
    return f"<{term}>" if isinstance(term, URIRef) else "_:"
