"""A set of triples, looked up by what is known of them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from tests.sparql.terms import Term, Triple

Known = tuple[Term | None, Term | None, Term | None]


class Graph:
    """Triples, each once."""

    def __init__(self, triples: Iterable[Triple]) -> None:
        self.triples = frozenset(triples)
        self.nodes = {term for subject, _, object_ in self.triples for term in (subject, object_)}
        self._by: dict[tuple[int, ...], dict[tuple[Term, ...], list[Triple]]] = {}

    def match(self, known: Known) -> Iterator[Triple]:
        """Yield the triples that have the known terms in their places; None is any term."""
        places = tuple(place for place, term in enumerate(known) if term is not None)
        if len(places) == 3:
            if known in self.triples:
                yield known
        elif places:
            yield from self._index(places).get(tuple(term for term in known if term is not None), ())
        else:
            yield from self.triples

    def _index(self, places: tuple[int, ...]) -> dict[tuple[Term, ...], list[Triple]]:
        if places not in self._by:
            index: dict[tuple[Term, ...], list[Triple]] = defaultdict(list)
            for triple in self.triples:
                index[tuple(triple[place] for place in places)].append(triple)
            self._by[places] = dict(index)
        return self._by[places]


class Dataset:
    """A default graph and named graphs."""

    def __init__(self, default: Iterable[Triple], named: dict[str, list[Triple]]) -> None:
        self.default = Graph(default)
        self.named = {Term("iri", name): Graph(triples) for name, triples in named.items()}
