"""Parameters of a query put into its text: each variable becomes its value before anything is evaluated."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from sr2graph.errors import QueryError

if TYPE_CHECKING:
    from rdflib.term import Node

_TOKEN = re.compile(
    r"""
      (?P<comment>\#[^\r\n]*)
    | (?P<iri><[^<>"{}|^`\\\x00-\x20]*>)
    | (?P<string>\"{3}(?:\"{0,2}(?:[^"\\]|\\.))*\"{3}|'{3}(?:'{0,2}(?:[^'\\]|\\.))*'{3}
                 |"(?:[^"\\\r\n]|\\.)*"|'(?:[^'\\\r\n]|\\.)*')
    | (?P<variable>[?$]\w+)
    | (?P<name>(?:[^\W\d_](?:[\w.-]*[\w-])?)?:[\w:](?:[\w.:-]*[\w:-])?)
    | (?P<word>\w+)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
"""The tokens of SPARQL 1.1 (19.8), as far as it matters where a variable stands."""

_BEGINNING = frozenset({"SELECT", "BY", "HAVING"})
"""Words after which a bare value needs brackets."""
_ENDING = frozenset({"WHERE", "FROM", "LIMIT", "OFFSET", "VALUES", "ORDER", "GROUP"})


def prebound(query: str, values: Mapping[str, Node]) -> str:
    """Return a query with the values of parameters in the places of their variables.

    Raises QueryError where a parameter stands that a query gives a value to.
    """
    return "".join(_Binder(values).pieces(query)) if values else query


def speaks_of(query: str, word: str) -> bool:
    """Tell whether a word stands in a query other than in a text, an IRI, a comment or a name.

    It counts as part of a longer word, too: parsers differ in where they take one to end.
    """
    wanted = word.upper()
    return any(wanted in piece.upper() for kind, piece in _tokens(query) if kind in ("word", "prefix"))


def assigned(query: str) -> frozenset[str]:
    """Return the variables that a query gives values to: by AS and by VALUES."""
    found: set[str] = set()
    assigning = ""
    for kind, piece in _tokens(query):
        if kind == "variable" and assigning:
            found.add(piece[1:])
        assigning = _assigning(kind, piece, assigning)
    return frozenset(found)


def _assigning(kind: str, piece: str, before: str) -> str:
    """Return AS or VALUES where the next variable gets a value by it, after a token."""
    if kind == "word":
        return piece.upper() if piece.upper() in ("AS", "VALUES") else ""
    return "" if piece == "{" or (kind == "variable" and before == "AS") else before


def _tokens(query: str) -> Iterator[tuple[str, str]]:
    for match in _TOKEN.finditer(query):
        kind, piece = match.lastgroup or "", match[0]
        if kind == "name":
            yield "prefix", piece.partition(":")[0]
        yield kind, piece


def _text(name: str, term: Node) -> str:
    try:
        return term.n3()
    except Exception:  # noqa: BLE001 # rdflib has no class of its own for it
        raise QueryError(
            f"${name} is not an IRI that SPARQL can write. Percent-encode what an IRI cannot hold"
        ) from None


class _Binder:
    """Walks through the tokens and knows the clause it is in."""

    def __init__(self, values: Mapping[str, Node]) -> None:
        self._values = values
        self._clause = ""
        """The word that began it, SELECT, BY or HAVING; empty where a bare value may stand."""
        self._assigning = ""
        self._depth = 0

    def pieces(self, query: str) -> Iterator[str]:
        for kind, piece in _tokens(query):
            if kind == "variable" and piece[1:] in self._values:
                yield self._bound(piece[1:])
            elif kind != "prefix":
                self._see(kind, piece)
                yield piece

    def _bound(self, name: str) -> str:
        if self._assigning:
            raise QueryError(f"${name} is a parameter and cannot be given another value. Rename the variable")
        term = _text(name, self._values[name])
        if self._depth or not self._clause:
            return term
        return f"({term} AS ?{name})" if self._clause == "SELECT" else f"({term})"

    def _see(self, kind: str, piece: str) -> None:
        self._assigning = _assigning(kind, piece, self._assigning)
        if kind == "word":
            self._begin(piece.upper())
        elif kind == "iri":
            self._refuse_hidden(piece)
        elif piece in "{}":
            self._clause, self._depth = "", 0
        elif piece in "()":
            self._depth += 1 if piece == "(" else -1

    def _begin(self, word: str) -> None:
        if word in _BEGINNING:
            self._clause, self._depth = word, 0
        elif word in _ENDING:
            self._clause = ""

    def _refuse_hidden(self, iri: str) -> None:
        # `?a<$b&&?c>1` is an IRI for whoever follows the grammar to the letter.
        hidden = next((name for name in self._values if f"?{name}" in iri or f"${name}" in iri), None)
        if hidden is not None:
            raise QueryError(f"${hidden} stands between < and > as if it were an IRI. Put blanks around < and >")
