"""What is asked: the named queries of the package, and those of the study that came before it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rdflib.term import Literal

from sr2graph.corpus.named import NamedQuery, arguments, named_queries

STUDY = Path(__file__).resolve().parent.parent / "queries"
"""Queries that try one feature of SPARQL each; a file is the whole query."""

EXAMPLES: Mapping[str, Mapping[str, str]] = {
    "coded-answers": {"concept": "dcm:121071"},
    "concept-statistics": {"concept": "loinc:18043-0"},
    "concept-values": {"concept": "loinc:18043-0"},
    "lesion-timeline": {"lesion": "urn:oid:2.25.114783799635577940622833718257414713644"},
    "measurements-at-site": {"concept": "sct:410668003", "site": "sct:10200004"},
    "patient-reports": {"patientID": "SR001-000008"},
    "patients-with-both": {"first": "sct:10200004", "second": "dcm:126401"},
    "text-search": {"words": "liver"},
}
"""Values of the parameters that have no default."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """The value of a variable, as every engine can make a term of it."""

    text: str
    datatype: str | None
    """None for an IRI."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A query that is measured."""

    name: str
    text: str
    named: bool
    """One of the package; else one of the study."""
    parameters: Mapping[str, Parameter] = field(default_factory=dict)


def queries(names: Sequence[str] = ()) -> list[Asked]:
    """Return those of these names, else all.  Raises ValueError for a name that there is not."""
    known = {query.name: query for query in _all()}
    unknown = set(names) - known.keys()
    if unknown:
        raise ValueError(f"there is no query {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    return [known[name] for name in names] if names else list(known.values())


def _all() -> Iterable[Asked]:
    yield from map(_named, named_queries())
    for path in sorted(STUDY.glob("*.rq")):
        yield Asked(path.stem, path.read_text(encoding="utf-8"), named=False)


def _named(query: NamedQuery) -> Asked:
    terms = arguments(query, EXAMPLES.get(query.name, {}))
    parameters = {
        name: Parameter(str(term), str(term.datatype) if isinstance(term, Literal) else None)
        for name, term in terms.items()
    }
    return Asked(query.name, query.text, named=True, parameters=parameters)
