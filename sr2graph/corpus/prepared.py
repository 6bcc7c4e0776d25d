"""Queries that were asked before: their SQL is made once for a version of a corpus.

To parse and to compile takes as long as to answer a small corpus, and a page or a notebook asks the same again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sr2graph.corpus.answer import Bounds
from sr2graph.corpus.sparql.parse import Query
from sr2graph.corpus.sparql.statement import Statement

MOST = 128
"""Queries that are remembered: a bound on memory."""

Key = tuple[object, ...]


def asked(text: str, params: Mapping[str, object] | None, bounds: Bounds) -> Key:
    """Return what makes two queries the same: text, parameters with their types, and the bound on rows.

    >>> asked("ASK {}", {"n": 1}, Bounds()) == asked("ASK {}", {"n": True}, Bounds())
    False
    """
    given = sorted((name, type(value).__qualname__, repr(value)) for name, value in (params or {}).items())
    return text, tuple(given), bounds.max_rows


@dataclass(slots=True)
class Prepared:
    """The queries of one session, the one that was remembered first is forgotten first."""

    _known: dict[Key, tuple[Query, Statement]] = field(default_factory=dict)

    def get(self, key: Key) -> tuple[Query, Statement] | None:
        """Return the query and its SQL, None where it was not asked before."""
        return self._known.get(key)

    def put(self, key: Key, prepared: tuple[Query, Statement]) -> None:
        """Remember a query."""
        while len(self._known) >= MOST:
            self._known.pop(next(iter(self._known)), None)
        self._known[key] = prepared
