"""Statements taken apart again, for the notations that group them: Turtle, JSON-LD, rdflib."""

from __future__ import annotations

import re
from collections.abc import Iterable

Grouped = dict[str, dict[str, list[str]]]
"""Subject -> predicate -> objects, all in N-Triples notation, in document order."""

_ESCAPE = re.compile(r"\\(?:u([0-9A-F]{4})|(.))")
_CHARACTERS = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


def split(line: str) -> tuple[str, str, str]:
    """Return subject, predicate and object of a statement, in N-Triples notation."""
    subject, predicate, target = line.split(" ", 2)
    return subject, predicate, target


def literal(term: str) -> tuple[str, str]:
    """Return (lexical form, datatype IRI) of a literal; the datatype of a plain one is empty.

    >>> literal('"1.10"^^<http://www.w3.org/2001/XMLSchema#decimal>')
    ('1.10', 'http://www.w3.org/2001/XMLSchema#decimal')
    """
    text, datatype = parts(term)
    return unescaped(text), datatype


def parts(term: str) -> tuple[str, str]:
    """Return (what stands between the quotes, datatype IRI) of a literal."""
    if term[-1] == '"':
        return term[1:-1], ""
    text, _, datatype = term.rpartition('"^^<')
    return text[1:], datatype[:-1]


def unescaped(text: str) -> str:
    """Return what the inside of an N-Triples literal says."""
    return _ESCAPE.sub(_character, text) if "\\" in text else text


def _character(match: re.Match[str]) -> str:
    code, letter = match.groups()
    return chr(int(code, 16)) if code else _CHARACTERS.get(letter, letter)


def grouped(lines: Iterable[str], report: str) -> Grouped:
    """Return statements by subject: the report and its parts first, then what they refer to.

    Parts come in document order; patient, study, series and codes in the order they are met.
    """
    within: Grouped = {}
    beyond: Grouped = {}
    stem, iri = f"<{report}#", f"<{report}>"
    for line in lines:
        subject, predicate, target = split(line)
        groups = within if subject == iri or subject.startswith(stem) else beyond
        groups.setdefault(subject, {}).setdefault(predicate, []).append(target)
    return within | beyond
