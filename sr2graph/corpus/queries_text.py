"""The named queries as a list for people."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from sr2graph.corpus.named import NamedQuery, named_queries
from sr2graph.errors import QueryError

WIDTH = 120
"""Columns of the list where there is no terminal."""


def queries_text(topic: str | None = None, width: int = 0) -> Iterator[str]:
    """Yield the lines of the list, by topic, each with its line feed.  Raises QueryError for an unknown topic."""
    topics = sorted({query.topic for query in named_queries()})
    if topic is not None and topic not in topics:
        raise QueryError(f"there is no topic {topic!r}; there are: {', '.join(topics)}")
    return _lines([topic] if topic is not None else topics, width or WIDTH)


def _lines(topics: list[str], width: int) -> Iterator[str]:
    for number, topic in enumerate(topics):
        yield f"{'' if number == 0 else chr(10)}{topic}\n"
        for query in named_queries():
            if query.topic == topic:
                yield from _entry(query, width)


def _entry(query: NamedQuery, width: int) -> Iterator[str]:
    yield f"  {query.name}\n"
    yield from _wrapped(query.question, width)
    for parameter in query.parameters:
        given = "..." if parameter.default is None else parameter.default
        yield from _wrapped(f"--param {parameter.name}={given}  {parameter.datatype}: {parameter.meaning}", width)


def _wrapped(text: str, width: int) -> Iterator[str]:
    for line in textwrap.wrap(text, max(width, 40), initial_indent="      ", subsequent_indent="        "):
        yield f"{line}\n"
