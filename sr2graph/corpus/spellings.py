"""Literals as the reports spell them, for a store that keeps values only.

The store knows 1.10 and 1.1 as one number, 12:00:00.50 and 12:00:00.5 as one time, and gives
back a spelling of its own.  Here the literals are kept as written, and a value that comes out
of the store gets its spelling back where it can only be one: where all the statements that it
may come from spell it alike.  Otherwise it stays in the store's spelling, and `ambiguous` has
the variable.

What cannot be had is the identity of terms within the store: patterns that share a variable
join 1.10 to 1.1, and DISTINCT makes them one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import TypeGuard

import pyoxigraph as ox

_XSD = "http://www.w3.org/2001/XMLSchema#"
_STRING = _XSD + "string"
_KEPT = "urn:x-sr2graph:as-written:"
"""Instead of _XSD: of what the store knows nothing, it keeps the text."""
_TYPED, _TYPED_KEPT = f'"^^<{_XSD}'.encode(), f'"^^<{_KEPT}'.encode()
_REMEMBERED = 2**17

Subject = ox.NamedNode | ox.BlankNode | ox.Triple
Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
Origins = Mapping[str, Sequence[Sequence[str | None]]]


class Spellings:
    """The typed literals of quads, as they are written."""

    def __init__(self, origins: Origins | None) -> None:
        """Keep what may be wanted: the objects of these patterns, or all when None."""
        self._origins = origins or {}
        self._predicates = None if origins is None else _predicates(origins)
        self._store = ox.Store()
        self._by_value: dict[str | None, dict[ox.Literal, set[ox.Literal]]] = {}
        self.ambiguous: set[str] = set()
        """Variables with a value that reports spell in several ways."""

    def add(self, quads: bytes) -> None:
        """Keep the literals of some N-Quads."""
        wanted = self._predicates
        typed = (line for line in quads.split(b"\n") if _TYPED in line)
        kept = b"\n".join(line for line in typed if wanted is None or any(part in line for part in wanted))
        self._store.load(kept.replace(_TYPED, _TYPED_KEPT), format=ox.RdfFormat.N_QUADS)

    def of_solution(self, solution: Mapping[str, Term | None]) -> Iterator[Term | None]:
        """Yield the values of a solution, spelled as in the reports."""
        for variable, value in solution.items():
            if variable in self._origins and _is_typed(value):
                yield self._spelled(variable, value, solution)
            else:
                yield value

    def of_triple(self, triple: ox.Triple) -> list[ox.Triple]:
        """Return a triple as the reports spell it; several where they spell it in several ways."""
        subject, value = triple.subject, triple.object
        found = self._of_subject(subject, triple.predicate.value, value) if _is_typed(value) else ()
        return [ox.Triple(subject, triple.predicate, spelled) for spelled in sorted(found, key=str)] or [triple]

    def _spelled(self, variable: str, value: ox.Literal, solution: Mapping[str, Term | None]) -> ox.Literal:
        found: set[ox.Literal] = set()
        for origin in self._origins[variable]:
            subject, predicate = (_resolved(part, solution) for part in origin)
            if subject is None:
                found |= self._index(predicate).get(value, set())
            else:
                found |= self._of_subject(ox.NamedNode(subject), predicate, value)
        if len(found) > 1:
            self.ambiguous.add(variable)
        return found.pop() if len(found) == 1 else value

    def _of_subject(self, subject: Subject, predicate: str | None, value: ox.Literal) -> set[ox.Literal]:
        return {literal for literal in self._written(subject, predicate) if normal(literal) == value}

    def _index(self, predicate: str | None) -> dict[ox.Literal, set[ox.Literal]]:
        """Return value -> spellings, of the objects of a predicate or of all."""
        known = self._by_value.get(predicate)
        if known is None:
            known = self._by_value[predicate] = {}
            for literal in self._written(None, predicate):
                known.setdefault(normal(literal), set()).add(literal)
        return known

    def _written(self, subject: Subject | None, predicate: str | None) -> Iterator[ox.Literal]:
        node = None if predicate is None else ox.NamedNode(predicate)
        for quad in self._store.quads_for_pattern(subject, node, None):
            kept = quad.object
            if isinstance(kept, ox.Literal) and kept.datatype.value.startswith(_KEPT):
                yield ox.Literal(kept.value, datatype=ox.NamedNode(_XSD + kept.datatype.value[len(_KEPT) :]))


def _predicates(origins: Origins) -> list[bytes] | None:
    """Return the predicates of patterns as they stand in N-Quads, None where one may be any."""
    found = {predicate for several in origins.values() for _, predicate in several}
    known = [predicate for predicate in found if predicate is not None and predicate[0] != "?"]
    return [f" <{predicate}> ".encode() for predicate in known] if len(known) == len(found) else None


def _resolved(part: str | None, solution: Mapping[str, Term | None]) -> str | None:
    """Return the IRI that a part of a pattern is in a solution, None where that is unknown."""
    if part is None or part[0] != "?":
        return part
    term = solution.get(part[1:])
    return term.value if isinstance(term, ox.NamedNode) else None


def _is_typed(term: Term | None) -> TypeGuard[ox.Literal]:
    return isinstance(term, ox.Literal) and term.datatype.value != _STRING and term.datatype.value.startswith(_XSD)


@lru_cache(_REMEMBERED)
def normal(literal: ox.Literal) -> ox.Literal:
    """Return a literal as a store gives it back."""
    store = _scratch()
    node = ox.NamedNode("urn:x")
    store.add(ox.Quad(node, node, literal))
    (found,) = (quad.object for quad in store)
    store.clear()
    assert isinstance(found, ox.Literal)  # noqa: S101 # what went in comes out
    return found


@cache
def _scratch() -> ox.Store:
    return ox.Store()
