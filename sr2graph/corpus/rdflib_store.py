"""A corpus as an rdflib Dataset: nothing is copied, each pattern is looked up when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from functools import cache
from typing import Any, NoReturn, Protocol

import rdflib
from rdflib.graph import DATASET_DEFAULT_GRAPH_ID
from rdflib.query import Result
from rdflib.store import Store
from rdflib.term import Node, URIRef

from sr2graph.errors import WriteError
from sr2graph.graph.vocabulary import PREFIXES, predicates

Quad = tuple[Node, Node, Node, Node]
Pattern = tuple[Any, Any, Any]
"""Terms, or None for any; rdflib's own name for it is private."""
Answer = Callable[[str, Mapping[str, Node]], Result]
"""Answers a SPARQL query over all graphs: (query text, variable name -> value)."""

UNION = "__UNION__"
"""What rdflib calls the union of all graphs."""

_SHARED = frozenset({"sr:Patient", "sr:Study", "sr:Series"})
"""Classes of what several reports are about."""


class PatternSource(Protocol):
    """What a store needs to know of the quads it shows."""

    def match(
        self, subject: URIRef | None, predicate: URIRef | None, target: Node | None, graph: URIRef | None
    ) -> Iterator[Quad]:
        """Yield each quad that has these terms once; None stands for any term."""

    def graphs(self) -> Iterator[URIRef]:
        """Yield the names of all graphs."""

    def count(self, graph: URIRef | None) -> int:
        """Return the number of triples of a graph, or of the union of all."""


def dataset(source: PatternSource, answer: Answer | None = None) -> rdflib.Dataset:
    """Return a read-only Dataset over a source; its default graph is the union of all, prefixes are bound.

    SPARQL goes to `answer`; what it is not made for (prepared queries, a single graph) is
    evaluated by rdflib, pattern by pattern.
    """
    found = rdflib.Dataset(store=PatternStore(source, answer), default_union=True)
    for prefix, namespace in PREFIXES.items():
        found.bind(prefix, namespace, replace=True)
    return found


class PatternStore(Store):
    """An rdflib store that reads from a PatternSource and cannot be written to."""

    context_aware = True
    graph_aware = True

    def __init__(self, source: PatternSource, answer: Answer | None = None) -> None:
        super().__init__()
        self._source = source
        self._answer = answer
        self._namespaces: dict[str, URIRef] = {}
        self._prefixes: dict[URIRef, str] = {}

    # ------------------------------------------------------------ reading

    def triples(
        self, triple_pattern: Pattern, context: rdflib.Graph | None = None
    ) -> Iterator[tuple[Pattern, Iterator[rdflib.Graph]]]:
        """Yield (triple, its graphs); without a context each triple of the union once."""
        graph = _name(context)
        if graph == DATASET_DEFAULT_GRAPH_ID:
            return
        seen: set[tuple[Node, Node, Node]] = set()
        for subject, predicate, target, name in self._match(triple_pattern, graph):
            triple = (subject, predicate, target)
            if graph is not None or _is_own(subject, predicate, name):
                yield triple, map(self._graph, (name,))
            elif triple not in seen:
                seen.add(triple)
                yield triple, self.contexts(triple)

    def contexts(self, triple: Pattern | None = None) -> Generator[rdflib.Graph, None, None]:
        """Yield the graphs that hold a triple, or all."""
        if triple is None or triple == (None, None, None):
            names: Iterator[Node] = self._source.graphs()
        else:
            names = iter(dict.fromkeys(quad[3] for quad in self._match(triple, None)))
        for name in names:
            yield self._graph(name)

    def __len__(self, context: rdflib.Graph | None = None) -> int:
        graph = _name(context)
        return 0 if graph == DATASET_DEFAULT_GRAPH_ID else self._source.count(graph)

    def _match(self, pattern: Pattern, graph: URIRef | None) -> Iterator[Quad]:
        subject, predicate, target = pattern
        # Reports have no blank nodes, and rdflib may ask for a literal in any place.
        if all(term is None or isinstance(term, URIRef) for term in (subject, predicate)):
            yield from self._source.match(subject, predicate, target, graph)

    def _graph(self, name: Node) -> rdflib.Graph:
        return rdflib.Graph(store=self, identifier=URIRef(str(name)))

    # ------------------------------------------------------------ SPARQL

    def query(
        self,
        query: object,
        initNs: Mapping[str, Any],  # noqa: N803 # rdflib's names
        initBindings: Mapping[str, Any],  # noqa: N803
        queryGraph: str,  # noqa: N803
        **_: object,
    ) -> Result:
        """Return the answer of the corpus; NotImplementedError sends rdflib to its own evaluator."""
        if self._answer is None or not isinstance(query, str) or queryGraph != UNION:
            raise NotImplementedError
        used = {prefix: namespace for prefix, namespace in initNs.items() if f"{prefix}:" in query}
        prologue = "".join(f"PREFIX {prefix}: <{namespace}> " for prefix, namespace in used.items())
        return self._answer(prologue + query, {str(name).lstrip("?$"): value for name, value in initBindings.items()})

    # ------------------------------------------------------------ prefixes

    def bind(self, prefix: str, namespace: URIRef, override: bool = True) -> None:  # noqa: FBT001, FBT002 # rdflib's signature
        """Remember a prefix."""
        if not override and (prefix in self._namespaces or namespace in self._prefixes):
            return
        self._prefixes.pop(self._namespaces.pop(prefix, URIRef("")), None)
        self._namespaces.pop(self._prefixes.pop(namespace, ""), None)
        self._namespaces[prefix] = namespace
        self._prefixes[namespace] = prefix

    def namespace(self, prefix: str) -> URIRef | None:
        """Return the namespace of a prefix."""
        return self._namespaces.get(prefix)

    def prefix(self, namespace: URIRef) -> str | None:
        """Return the prefix of a namespace."""
        return self._prefixes.get(namespace)

    def namespaces(self) -> Iterator[tuple[str, URIRef]]:
        """Yield (prefix, namespace)."""
        yield from self._namespaces.items()

    # ------------------------------------------------------------ writing

    def add_graph(self, graph: rdflib.Graph) -> None:
        """Do nothing: rdflib announces each graph that it is asked for, also to read from it."""

    def add(self, *_: object, **__: object) -> NoReturn:
        """Raise WriteError."""
        _refuse()

    def addN(self, *_: object, **__: object) -> NoReturn:  # noqa: N802 # rdflib's name
        """Raise WriteError."""
        _refuse()

    def remove(self, *_: object, **__: object) -> NoReturn:
        """Raise WriteError."""
        _refuse()

    def remove_graph(self, *_: object, **__: object) -> NoReturn:
        """Raise WriteError."""
        _refuse()


def _refuse() -> NoReturn:
    raise WriteError("a corpus cannot be changed through rdflib. Change the reports, and ingest them again")


def _name(context: rdflib.Graph | None) -> URIRef | None:
    return None if context is None else URIRef(context.identifier)


def _is_own(subject: Node, predicate: Node, graph: Node) -> bool:
    """Tell whether no other graph can hold a triple: its subject is the report or a part of it."""
    text, name = str(subject), str(graph)
    if text == name:
        # The UID of a report may be that of a study, too.
        return str(predicate) not in _told_of_others()
    return text.startswith(name) and text[len(name)] == "#"


@cache
def _told_of_others() -> frozenset[str]:
    """Return the predicates of what several reports may be about."""
    shared = {p.iri for p in predicates() if not _SHARED.isdisjoint(p.domain.split())}
    return frozenset({PREFIXES["rdf"] + "type"} | shared)
