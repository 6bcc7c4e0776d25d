"""Queries as rdflib's parser reads them; its algebra and its evaluation are not used by what builds on this."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import rdflib
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.plugins.sparql.parserutils import CompValue

from sr2graph.graph.vocabulary import PREFIXES

INVERSE = "inverse:"
"""Scheme that marks `^p` in a negated property set: rdflib's parser forgets what stands after the ^."""
INVERSE_PREFIX = "inverse-"
"""The same before a prefix."""

_MEMBER = r"\^?\s*(?:<[^<>\s]*>|a\b|[\w-]*:[\w.-]*)\s*"
_NEGATED = re.compile(rf"!\s*(?:\(\s*{_MEMBER}(?:\|\s*{_MEMBER})*\)|\^{_MEMBER})")


@contextmanager
def spelled_as_is() -> Iterator[None]:
    """Let rdflib keep the spelling of numbers, and be quiet about the odd ones."""
    before, rdflib.NORMALIZE_LITERALS = rdflib.NORMALIZE_LITERALS, False
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        rdflib.NORMALIZE_LITERALS = before
        logging.disable(logging.NOTSET)


@lru_cache(maxsize=4096)
def parsed(query: str) -> CompValue:
    """Return the parse tree of a query; raises what rdflib raises when the text is not SPARQL."""
    with spelled_as_is():
        tree: CompValue = parseQuery(_NEGATED.sub(_marked, query))[1]
    return tree


def part(node: CompValue, name: str) -> Any:
    """Return the part of a node under a name, None where it has none."""
    return node[name] if name in node else None  # noqa: SIM401 # the `get` of rdflib gives the name instead


def parts(node: CompValue, name: str) -> list[Any]:
    """Return the parts of a node under a name, none where it has none."""
    return list(node[name]) if name in node else []


def _marked(match: re.Match[str]) -> str:
    text = re.sub(r"\^\s*<", f"<{INVERSE}", match[0])
    text = re.sub(r"\^\s*a\b(?!:)", f"<{INVERSE}{PREFIXES['rdf']}type>", text)
    return re.sub(r"\^\s*(?=[\w-]+:)", INVERSE_PREFIX, text)
