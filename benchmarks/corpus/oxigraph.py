"""pyoxigraph on disk as an engine."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyoxigraph

from benchmarks.corpus.engines import Loaded, Plan, folder_size
from benchmarks.corpus.queries import Asked, Parameter
from benchmarks.corpus.rows import Cell, cell


class OxigraphUnion:
    """A store of named graphs, asked with their union as default graph: what a reader of its documentation does.

    The union gives a statement once for each graph it is in: where the same statement stands in several reports,
    as what is said of a patient or a code, that is another number of rows.
    """

    keeps = True
    name = "pyoxigraph-union"
    union = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder / self.name

    def load(self, source: Path, jobs: int) -> Loaded:  # noqa: ARG002 # bulk_load takes all cores
        """Load named graphs; the size on disk is that after `optimize`."""
        shutil.rmtree(self._folder, ignore_errors=True)
        store = pyoxigraph.Store(str(self._folder))
        quads = pyoxigraph.RdfFormat.N_QUADS
        seconds = {"bulk_load": timed(lambda: store.bulk_load(path=str(source), format=quads, lenient=True))}
        seconds["optimize"] = timed(store.optimize)
        disk = folder_size(self._folder)
        return Loaded(seconds | self.prepare(store, source), disk)

    def prepare(self, store: pyoxigraph.Store, source: Path) -> dict[str, float]:  # noqa: ARG002 # others do more
        """Do what else makes queries fast; return the seconds."""
        return {}

    def open(self) -> None:
        """Open the store."""
        self._store = pyoxigraph.Store.read_only(str(self._folder))
        self._store.query("ASK {}")

    def ask(self, query: Asked) -> Iterator[tuple[Any, ...]]:
        """Return the solutions, found while they are read."""
        bound: dict[Any, Any] = {pyoxigraph.Variable(name): term(p) for name, p in query.parameters.items()}
        found = self._store.query(query.text, substitutions=bound, use_default_graph_as_union=self.union)
        assert isinstance(found, pyoxigraph.QuerySolutions), "what is measured is SELECT"
        return map(tuple, found)

    def cell(self, term: Any) -> Cell:  # noqa: ANN401 # a term of pyoxigraph
        """Return a term as all engines have it."""
        if isinstance(term, pyoxigraph.Literal):
            return cell(term.value, term.datatype.value)
        if term is None:
            return None
        return f"<{term.value}>" if isinstance(term, pyoxigraph.NamedNode) else "_:"

    def stages(self) -> Mapping[str, float]:
        """Return none: the store does not tell."""
        return {}

    def plan(self, query: Asked) -> Plan:  # noqa: ARG002 # not of ours
        """Return none."""
        return Plan((), "not asked for")

    def close(self) -> None:
        """Do nothing: the process ends."""


class Oxigraph(OxigraphUnion):
    """A store whose default graph holds each statement of its named graphs once, as a second copy: the fastest form."""

    name = "pyoxigraph"
    union = False

    def prepare(self, store: pyoxigraph.Store, source: Path) -> dict[str, float]:
        """Load the default graph."""
        triples = source.with_suffix(".nt")
        write_triples(source, triples)
        union = pyoxigraph.RdfFormat.N_TRIPLES
        seconds = timed(lambda: store.bulk_load(path=str(triples), format=union, lenient=True))
        store.optimize()
        triples.unlink()
        return {"default graph": seconds}


def write_triples(quads: Path, triples: Path) -> None:
    """Write N-Quads without the names of their graphs."""
    with quads.open(encoding="utf-8", newline="\n") as source, triples.open("w", encoding="utf-8") as target:
        for line in source:
            target.write(f"{line[: line.rindex(' <')]} .\n")


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that something takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def term(value: Parameter) -> pyoxigraph.NamedNode | pyoxigraph.Literal:
    """Return the term of a parameter."""
    if value.datatype is None:
        return pyoxigraph.NamedNode(value.text)
    return pyoxigraph.Literal(value.text, datatype=pyoxigraph.NamedNode(value.datatype))
