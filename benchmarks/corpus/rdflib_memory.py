"""rdflib in memory as an engine."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import rdflib

from benchmarks.corpus.engines import Loaded, Plan
from benchmarks.corpus.ours import terms
from benchmarks.corpus.queries import Asked
from benchmarks.corpus.rows import Cell, rdflib_cell


class RdflibMemory:
    """A dataset whose default graph is the union of its graphs."""

    keeps = False

    def __init__(self, folder: Path) -> None:  # noqa: ARG002 # all is in memory
        rdflib.NORMALIZE_LITERALS = False
        self._dataset: rdflib.Dataset | None = None

    def load(self, source: Path, jobs: int) -> Loaded:  # noqa: ARG002 # one thread
        """Parse the N-Quads."""
        dataset = self._dataset = rdflib.Dataset(default_union=True)
        start = time.perf_counter()
        dataset.parse(source, format="nquads")
        return Loaded({"parse": time.perf_counter() - start}, None)

    def open(self) -> None:
        """Do nothing: the process that loaded is the one that answers."""

    def ask(self, query: Asked) -> Iterator[tuple[Any, ...]]:
        """Return the solutions."""
        if self._dataset is None:
            raise RuntimeError("what was loaded is gone with the process that loaded it")
        bound: dict[str, Any] = terms(query)
        result = self._dataset.query(query.text, initBindings=bound)
        variables = result.vars or []
        return (tuple(row.get(variable) for variable in variables) for row in result.bindings)

    def cell(self, term: Any) -> Cell:  # noqa: ANN401 # a term of rdflib
        """Return a term as all engines have it."""
        return rdflib_cell(term)

    def stages(self) -> Mapping[str, float]:
        """Return none: rdflib does not tell."""
        return {}

    def plan(self, query: Asked) -> Plan:  # noqa: ARG002 # there is none
        """Return none."""
        return Plan((), "rdflib has no plans")

    def close(self) -> None:
        """Do nothing: the process ends."""
