"""What is asked on a command line: the text of a query, and values for its parameters."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from sr2graph.corpus.named import arguments, named_query, read_query
from sr2graph.corpus.parameter_values import EXAMPLES, term
from sr2graph.errors import QueryError

if TYPE_CHECKING:
    from rdflib.term import Node

SUFFIXES = (".rq", ".sparql")

_NAME = re.compile(r"[$?]?(\w+)")
_TYPED = re.compile(r"(?P<text>.*)\^\^(?P<datatype>\w+)", re.DOTALL)
_DECLARES = re.compile(r"^#\s*param\b", re.MULTILINE)

Values = dict[str, "Node"]


def named(name: str, given: Iterable[str]) -> tuple[str, Values]:
    """Return the text and the parameters of a named query.  Raises QueryError."""
    query = named_query(name)
    return query.text, arguments(query, _pairs(given))


def own(text: str, given: Iterable[str], name: str = "the query") -> tuple[str, Values]:
    """Return a query of one's own with its parameters.

    Where the text begins with comments as those of a named query, they say which parameters
    there are; else a value tells its own type, see `value`.  Raises QueryError.
    """
    if _DECLARES.search(text):
        return text, arguments(read_query(name, text), _pairs(given))
    return text, {name: value(name, written) for name, written in _pairs(given).items()}


def is_file(asked: str) -> bool:
    """Tell whether what was asked names a file rather than being a query."""
    return asked.lower().endswith(SUFFIXES) or ("{" not in asked and Path(asked).is_file())


def read(path: str) -> str:
    """Return the text of a file.  Raises QueryError."""
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except OSError as cause:
        raise QueryError(f"{path}: cannot be read ({cause.strerror})") from cause
    except UnicodeDecodeError as cause:
        raise QueryError(f"{path}: not UTF-8 (byte {cause.start}). A query is text") from cause


def _pairs(given: Iterable[str]) -> dict[str, str]:
    pairs = [written.partition("=") for written in given]
    for name, equals, _ in pairs:
        if not equals or not _NAME.fullmatch(name):
            raise QueryError(f"{name}: a parameter is written name=value, such as drl=15")
    return {name.lstrip("$?"): text for name, _, text in pairs}


# ---------------------------------------------------------------- values that tell their type


def value(name: str, written: str) -> Node:
    """Return the term of a parameter.

    `15`, `1.5`, `1.5e3`, `true` and `<http://...>` are what they are in SPARQL; `2024-05-31^^date`
    says its type; anything else is text.  Raises QueryError.
    """
    typed = _TYPED.fullmatch(written)
    text, datatype = (typed["text"], typed["datatype"]) if typed else (written, _datatype(written))
    if datatype == "boolean" and text in ("true", "false"):
        return _boolean(text)
    try:
        return term(datatype, text)
    except KeyError:
        raise QueryError(f"{name}: {datatype} is none of the types {', '.join(EXAMPLES)}, boolean") from None
    except ValueError as problem:
        raise QueryError(f"{name} must be {datatype}, such as {EXAMPLES[datatype]}; {problem}") from None


def _datatype(text: str) -> str:
    return next((datatype for datatype, looks_like in _LOOKS.items() if looks_like(text)), "string")


_LOOKS: dict[str, Callable[[str], object]] = {
    "integer": re.compile(r"[+-]?\d+", re.ASCII).fullmatch,
    "decimal": re.compile(r"[+-]?\d*\.\d+", re.ASCII).fullmatch,
    "double": re.compile(r"[+-]?(\d+\.?\d*|\.\d+)[eE][+-]?\d+", re.ASCII).fullmatch,
    "boolean": re.compile(r"true|false").fullmatch,
    "iri": re.compile(r"<[^<>]*>").fullmatch,
}
"""SPARQL 1.1, 19.8: INTEGER, DECIMAL, DOUBLE, BooleanLiteral and IRIREF, with signs."""


def _boolean(text: str) -> Node:
    from rdflib import XSD, Literal

    return Literal(text, datatype=XSD.boolean)
