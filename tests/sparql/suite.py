"""The hand-written queries: files of blocks, each with a name, a purpose, its parameters and its text."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.sparql.terms import XSD, Term, iri, literal

FOLDER = Path(__file__).parent / "suite"

_BLOCK = re.compile(r"^### (?P<name>[\w-]+): (?P<purpose>.+)\n(?P<body>(?:(?!###).*\n?)*)", re.MULTILINE)
_PARAMETER = re.compile(r"^# \$(\w+) = (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Query:
    """One query of the suite."""

    topic: str
    name: str
    purpose: str
    text: str
    parameters: dict[str, Term]
    empty: bool
    """Whether the point of it is to find nothing."""

    def __str__(self) -> str:
        """Return a name for the test."""
        return f"{self.topic}/{self.name}"


@cache
def suite() -> tuple[Query, ...]:
    """Return all queries, in the order of the files."""
    return tuple(query for path in sorted(FOLDER.glob("*.rq")) for query in _queries(path))


def _queries(path: Path) -> Iterator[Query]:
    for block in _BLOCK.finditer(path.read_text(encoding="utf-8")):
        lines = block["body"].strip().splitlines()
        comments = [line for line in lines if line.startswith("#")]
        yield Query(
            topic=path.stem,
            name=block["name"],
            purpose=block["purpose"],
            text="\n".join(line for line in lines if not line.startswith("#")),
            parameters={name: _term(text) for name, text in _PARAMETER.findall("\n".join(comments))},
            empty="# empty" in comments,
        )


_TERM = re.compile(r'<(?P<iri>[^>]*)>|"(?P<text>.*)"(?:\^\^<(?P<datatype>[^>]*)>)?|(?P<number>\d+(?P<fraction>\.\d+)?)')


def _term(text: str) -> Term:
    """Return the term of a parameter: an IRI, a literal, or a number in its short form."""
    match = _TERM.fullmatch(text)
    assert match, text
    if match["iri"] is not None:
        return iri(match["iri"])
    if match["number"] is not None:
        return literal(text, XSD + ("decimal" if match["fraction"] else "integer"))
    escaped = match["text"].encode("unicode_escape").replace(b"\\\\", b"\\")
    return literal(escaped.decode("unicode_escape"), match["datatype"] or XSD + "string")


# ---------------------------------------------------------------- where other engines are wrong


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A query that an engine is known to answer otherwise than SPARQL 1.1 says."""

    engine: str
    query: str
    reason: str


@cache
def disagreements() -> tuple[Disagreement, ...]:
    """Return the known ones."""
    with (FOLDER / "disagreements.csv").open(encoding="utf-8", newline="") as file:
        return tuple(Disagreement(**row) for row in csv.DictReader(file))


@dataclass(frozen=True, slots=True)
class Choice:
    """A query that our engine answers otherwise than the letter of SPARQL 1.1, for a reason."""

    query: str
    oracle: str
    """Who answers the same: pyoxigraph or rdflib."""
    reason: str


@cache
def choices() -> tuple[Choice, ...]:
    """Return all of them."""
    with (FOLDER / "choices.csv").open(encoding="utf-8", newline="") as file:
        return tuple(Choice(row["query"], row["as"], row["reason"]) for row in csv.DictReader(file))
