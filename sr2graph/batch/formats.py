"""The RDF notations a batch writes: how one report looks in each, and how many make one file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import PurePath

from sr2graph.dicom.report import Report
from sr2graph.errors import WriteError

DEFAULT = "nquads"
GZIP = ".gz"


@dataclass(frozen=True, slots=True)
class Format:
    """One notation.  A file is `start`, parts with `separator` between them, `end`."""

    name: str
    suffixes: tuple[str, ...]
    """The first one names the files of a folder."""
    whole: Callable[[Report], str]
    """A report as a file of its own."""
    part: Callable[[Report], str]
    """A report as one of several in a file."""
    start: Callable[[], str] = str
    separator: str = ""
    end: Callable[[], str] = str
    many: bool = True
    """Whether a file may hold several reports."""


@cache
def formats() -> dict[str, Format]:
    """Return the formats by name."""
    from sr2graph.graph import jsonld, turtle
    from sr2graph.graph.quads import nquads

    found = (
        Format(DEFAULT, (".nq",), nquads, nquads),
        Format("trig", (".trig",), turtle.trig, turtle.trig_part, turtle.start),
        # Turtle has no named graphs: several reports in one file could not be told apart again.
        Format("turtle", (".ttl",), turtle.turtle, turtle.turtle, many=False),
        Format(
            "jsonld",
            (".jsonld", ".json"),
            jsonld.jsonld,
            jsonld.jsonld_graph,
            jsonld.jsonld_start,
            jsonld.SEPARATOR,
            jsonld.jsonld_end,
        ),
    )
    return {format_.name: format_ for format_ in found}


def format_for(name: str | None, file: str | None) -> Format:
    """Return the format of a name, else the one that the suffix of a file tells, else N-Quads.

    `file` is None where there is no file name to go by: standard output, a folder.
    Raises WriteError when a suffix tells none.
    """
    if name is not None:
        return formats()[name]
    suffixes = [s.lower() for s in PurePath(file or "").suffixes]
    if suffixes[-1:] == [GZIP]:
        suffixes.pop()
    if not suffixes:
        return formats()[DEFAULT]
    for format_ in formats().values():
        if suffixes[-1] in format_.suffixes:
            return format_
    raise WriteError(f"{file}: the suffix tells no RDF format. Add --format, with one of {', '.join(formats())}")
