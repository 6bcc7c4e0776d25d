"""Named queries: the SPARQL files of sr2graph/queries, and the question that each answers.

A file begins with comments, and is as a whole a query that any SPARQL 1.1 engine runs:

    # Which CT acquisitions had a CTDIvol above a reference level?
    # topic: dose
    # param drl decimal 15: reference level of CTDIvol, mGy
    # source: comparison with diagnostic reference levels; PS3.16 TID 10013
    SELECT ?report ?ctdi $drl WHERE { ... FILTER(?ctdi > $drl) }

A parameter is the variable of that name, bound before the query runs; without a default it must be
given.  It stands in what the query (and each subselect that uses it) selects, and filters only in
the outermost group: so an engine without parameters gets the same answer from
`VALUES $drl { 15 }` as the first line after WHERE {.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from sr2graph.corpus.parameter_values import EXAMPLES, term
from sr2graph.errors import QueryError

if TYPE_CHECKING:
    from rdflib.term import Node

SUFFIX = ".rq"
HEADER = re.compile(r"(?P<key>topic|param|source)\b:?\s*(?P<rest>.*)")
# The default may hold spaces and, in an IRI, colons; the meaning follows the first colon with a space after it.
PARAMETER = re.compile(r"(?P<name>[A-Za-z]\w*) +(?P<datatype>\w+)(?: +(?P<default>\S.*?))?: +(?P<meaning>\S.*)")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A variable of a query that is bound before it runs."""

    name: str
    datatype: str
    """One of decimal, integer, double, string, date, dateTime, iri."""
    default: str | None
    """As text; None where a value must be given."""
    meaning: str


@dataclass(frozen=True, slots=True)
class NamedQuery:
    """A query that has a name, and what it is for."""

    name: str
    question: str
    parameters: tuple[Parameter, ...]
    source: str
    """Where the need comes from, and the sections of the standard that it rests on."""
    text: str
    """The whole file, comments included."""
    topic: str


@cache
def named_queries() -> tuple[NamedQuery, ...]:
    """Return all named queries, in the order of their names."""
    paths = (path for path in (files("sr2graph") / "queries").iterdir() if path.name.endswith(SUFFIX))
    found = (read_query(path.name.removesuffix(SUFFIX), path.read_text(encoding="utf-8")) for path in paths)
    return tuple(sorted(found, key=lambda query: query.name))


def named_query(name: str) -> NamedQuery:
    """Return the query of that name.  Raises QueryError, which lists near names."""
    queries = {query.name: query for query in named_queries()}
    if name not in queries:
        near = get_close_matches(name, queries, n=5, cutoff=0.5)
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are: {', '.join(queries)}"
        raise QueryError(f"there is no named query {name!r}; {hint}")
    return queries[name]


def read_query(name: str, text: str) -> NamedQuery:
    """Return the query of a file with that text.  Raises QueryError where its header is not as it must be."""
    question, *rest = _comments(name, text)
    entries = [_entry(name, line, comment) for line, comment in rest]
    values = {key: [(line, value) for line, of, value in entries if of == key] for key in ("topic", "param", "source")}
    for key in ("topic", "source"):
        if len(values[key]) != 1:
            raise QueryError(f"{name}{SUFFIX}: the header has {len(values[key])} lines `# {key}: ...`; write one")
    parameters = tuple(_parameter(name, line, value) for line, value in values["param"])
    return NamedQuery(name, question[1], parameters, values["source"][0][1], text, values["topic"][0][1])


def arguments(query: NamedQuery, given: Mapping[str, str]) -> dict[str, Node]:
    """Return the parameters of a query as typed terms, from values as they stand on a command line.

    What is not given has its default.  Raises QueryError where a parameter is unknown or missing, or
    where a value is not of its type.
    """
    known = {parameter.name: parameter for parameter in query.parameters}
    for name in given:
        if name not in known:
            raise QueryError(f"{query.name} has no parameter {name!r}; it has {', '.join(known) or 'none'}")
    return {name: _argument(query, parameter, given.get(name)) for name, parameter in known.items()}


def _argument(query: NamedQuery, parameter: Parameter, given: str | None) -> Node:
    text = parameter.default if given is None else given
    wanted = f"{parameter.datatype}, such as {EXAMPLES[parameter.datatype]}"
    if text is None:
        raise QueryError(f"{query.name} needs a value for {parameter.name} ({wanted}): {parameter.meaning}")
    try:
        return term(parameter.datatype, text)
    except ValueError as problem:
        raise QueryError(f"{query.name}: {parameter.name} must be {wanted}; {problem}") from problem


def _comments(name: str, text: str) -> list[tuple[int, str]]:
    """Return (line number, text) of the comments that a file begins with."""
    comments = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.startswith("#"):
            break
        comments.append((number, line.removeprefix("#").strip()))
    if not comments or HEADER.fullmatch(comments[0][1]):
        raise QueryError(f"{name}{SUFFIX}: the first line is not the question; write it there after #")
    return comments


def _entry(name: str, line: int, comment: str) -> tuple[int, str, str]:
    found = HEADER.fullmatch(comment)
    if found is None or not found["rest"]:
        raise QueryError(f"{name}{SUFFIX}: line {line}: a header line begins with # topic:, # param or # source:")
    return line, found["key"], found["rest"]


def _parameter(name: str, line: int, text: str) -> Parameter:
    found = PARAMETER.fullmatch(text)
    if found is None:
        raise QueryError(f"{name}{SUFFIX}: line {line}: write # param <name> <type> [<default>]: <meaning>")
    if found["datatype"] not in EXAMPLES:
        raise QueryError(f"{name}{SUFFIX}: line {line}: {found['datatype']} is none of the types {', '.join(EXAMPLES)}")
    return Parameter(found["name"], found["datatype"], found["default"], found["meaning"])
