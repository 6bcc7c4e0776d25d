"""Constants of generated queries: terms of the data, and how a query writes them."""

import re
from dataclasses import dataclass
from functools import cached_property
from random import Random

from sr2graph.graph.vocabulary import PREFIXES
from tests.sparql.spec.graph import Dataset, Graph
from tests.sparql.spec.values import is_known, rank
from tests.sparql.terms import MOMENTS, STRING, XSD, Term, Triple, iri, literal

SR = PREFIXES["sr"]
RELATIONS = tuple(
    iri(SR + name)
    for name in "contains hasProperties hasObsContext hasAcqContext hasConceptMod inferredFrom selectedFrom".split()
)
NOWHERE = (
    iri("urn:oid:1.9.99#1.1"),
    iri(PREFIXES["dcm"] + "999999"),
    literal("no such text"),
    literal("123456.789", XSD + "decimal"),
)
"""Terms that no report has."""

HUB = 40
"""Subjects that share a predicate and an object, up to which a query may walk back to all of them."""


@dataclass(frozen=True)
class Sample:
    """The data that queries are made for."""

    dataset: Dataset

    @property
    def graph(self) -> Graph:
        """The union of all reports."""
        return self.dataset.default

    @cached_property
    def triples(self) -> list[Triple]:
        """All statements, always in the same order."""
        return sorted(self.graph.triples)

    @cached_property
    def by_predicate(self) -> dict[Term, list[Triple]]:
        """The statements of each predicate."""
        found: dict[Term, list[Triple]] = {}
        for triple in self.triples:
            found.setdefault(triple[1], []).append(triple)
        return found

    @cached_property
    def literals(self) -> dict[str, list[Term]]:
        """The literals of each kind."""
        found: dict[str, set[Term]] = {}
        for _, _, term in self.triples:
            if term.kind == "literal":
                found.setdefault(kind(term), set()).add(term)
        return {name: sorted(terms) for name, terms in found.items()}

    @cached_property
    def reports(self) -> list[Term]:
        """The names of the graphs."""
        return sorted(self.dataset.named)

    def triple(self, random: Random) -> Triple:
        """Return a statement: any, or a relationship, or with a predicate that is as likely as another."""
        chance = random.random()
        if chance < 0.35:
            return random.choice(self.triples)
        predicates = self.related if chance < 0.55 else self.predicates
        return random.choice(self.by_predicate[random.choice(predicates)])

    @cached_property
    def related(self) -> list[Term]:
        """The relationships between items that the data has."""
        return [predicate for predicate in RELATIONS if predicate in self.by_predicate]

    @cached_property
    def predicates(self) -> list[Term]:
        """All predicates, always in the same order."""
        return sorted(self.by_predicate)

    def about(self, subject: Term) -> list[Triple]:
        """Return what is said of a term."""
        return sorted(self.graph.match((subject, None, None)))

    def pointing_at(self, term: Term) -> list[Triple]:
        """Return what points at a term, unless too much does."""
        found = sorted(self.graph.match((None, None, term)))
        return [triple for triple in found if len(list(self.graph.match((None, triple[1], term)))) <= HUB]

    def leads_on(self, term: Term) -> bool:
        """Whether a term has statements that a pattern can go on with."""
        return term.kind == "iri" and bool(self.about(term) or self.pointing_at(term))

    def like(self, random: Random, term: Term) -> Term:
        """Return a literal of the same kind from somewhere in the data."""
        return random.choice(self.literals[kind(term)])


def kind(term: Term) -> str:
    """Return the kind of a term: iri, number, text, moment or other."""
    if term.kind != "literal":
        return "iri"
    if rank(term) is not None:
        return "number"
    if term.datatype == STRING:
        return "text"
    return "moment" if term.datatype in MOMENTS and is_known(term) else "other"


_LOCAL = re.compile(r"[A-Za-z][A-Za-z0-9]*|[0-9]+")
_PLAIN_NUMBER = {XSD + "decimal": re.compile(r"\d+\.\d+"), XSD + "integer": re.compile(r"\d+")}


def written(term: Term) -> str:
    """Return a term as a query writes it, as short as may be."""
    if term.kind == "iri":
        for name, prefix in PREFIXES.items():
            if term.text.startswith(prefix) and _LOCAL.fullmatch(term.text[len(prefix) :]):
                return f"{name}:{term.text[len(prefix) :]}"
    pattern = _PLAIN_NUMBER.get(term.datatype)
    return term.text if pattern and pattern.fullmatch(term.text) else str(term)
