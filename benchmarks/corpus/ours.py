"""sr2graph.Corpus as an engine."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any

import rdflib

import sr2graph
from benchmarks.corpus.engines import Loaded, Operator, Plan, Stopwatch, folder_size
from benchmarks.corpus.queries import Asked
from benchmarks.corpus.rows import Cell, rdflib_cell
from sr2graph.corpus.result import TABLES, Solutions

STAGES = (
    ("parse", "sr2graph.corpus.corpus", "parsed"),
    ("compile", "sr2graph.corpus.corpus", "compiled"),
    ("SQL", "sr2graph.corpus.session:Session", "table"),
)
"""Stage ↔ the function that is timed, where it is called from."""

IN_MEMORY = "in memory"
"""The tables could not answer."""
FAILED_FIRST = "failed first"
"""DuckDB had an internal error, and answered with a rule of its optimizer left out."""


class Ours:
    """A corpus."""

    keeps = True

    def __init__(self, folder: Path) -> None:
        self._location = folder / "corpus"
        self._watch = Stopwatch()
        self._corpus: sr2graph.Corpus | None = None

    def load(self, source: Path, jobs: int) -> Loaded:
        """Ingest a folder of DICOM files into a new corpus."""
        from sr2graph.corpus.ingest import ingest

        shutil.rmtree(self._location, ignore_errors=True)
        start = time.perf_counter()
        tally = ingest(self._location, [str(source)], jobs=jobs)
        seconds = time.perf_counter() - start
        assert not tally.failed, f"{tally.failed} reports were not ingested"
        return Loaded({"ingest": seconds}, folder_size(self._location))

    def open(self) -> None:
        """Open the latest version, compacted, as the triple store is optimized before it is asked."""
        from sr2graph.corpus.compact import compact

        compact(self._location, forget_history=True)
        self._reopen()
        for stage, home, name in STAGES:
            self._time(stage, home, name)

    def _time(self, stage: str, home: str, name: str) -> None:
        """Let a function add its time to a stage, so that what is measured is what users run."""
        module, _, attribute = home.partition(":")
        holder: Any = import_module(module)
        holder = getattr(holder, attribute) if attribute else holder
        setattr(holder, name, timed(getattr(holder, name), self._watch, stage))

    def ask(self, query: Asked) -> Iterator[tuple[Any, ...]]:
        """Return the solutions; all but the making of terms is done then."""
        self._watch.seconds.clear()
        assert self._corpus is not None
        result = self._corpus.query(query.text, terms(query))
        assert isinstance(result, Solutions), "what is measured is SELECT"
        if result.engine != TABLES:
            self._watch.add(IN_MEMORY, 0.0)
        if self._corpus._session._rested is not None:  # noqa: SLF001 # users do not see it, but wait for it
            self._watch.add(FAILED_FIRST, 0.0)
            self._reopen()
        return iter(result)

    def _reopen(self) -> None:
        """Open the corpus again: what DuckDB left out after an internal error is not to slow later queries."""
        self.close()
        self._corpus = sr2graph.Corpus(self._location)
        self._corpus.query("ASK {}")

    def cell(self, term: Any) -> Cell:  # noqa: ANN401 # a term of rdflib
        """Return a term as all engines have it."""
        return rdflib_cell(term)

    def stages(self) -> Mapping[str, float]:
        """Return the seconds of each stage; IN_MEMORY and FAILED_FIRST are there where that happened."""
        return dict(self._watch.seconds)

    def plan(self, query: Asked) -> Plan:
        """Return what DuckDB spent its time on."""
        from sr2graph.corpus.answer import compiled
        from sr2graph.corpus.sparql.kinds import Unsupported
        from sr2graph.corpus.sparql.parse import parsed

        assert self._corpus is not None
        session = self._corpus._session  # noqa: SLF001 # a plan with times is not for users
        try:
            prepared = compiled(session, parsed(query.text, terms(query)))
        except Unsupported as reason:
            return Plan((), f"it does not compile: {reason}")
        explained = f"EXPLAIN (ANALYZE, FORMAT JSON) {prepared.text}"
        (answer,) = session.connection().execute(explained, prepared.values).fetchall()
        profile = json.loads(answer[1])
        (root,) = profile["operator"]
        steps = [Operator(name, "before it runs", profile[name]["total_time"], 0) for name in BEFORE]
        return Plan(tuple(sorted([*steps, *operators(root)], key=lambda operator: -operator.seconds)))

    def close(self) -> None:
        """Close the corpus."""
        if self._corpus is not None:
            self._corpus.close()


def timed(function: Callable[..., Any], watch: Stopwatch, stage: str) -> Callable[..., Any]:
    """Return the function with a clock."""

    @wraps(function)
    def call(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 # whatever the function takes and gives
        start = time.perf_counter()
        try:
            return function(*arguments, **named)
        finally:
            watch.add(stage, time.perf_counter() - start)

    return call


def terms(query: Asked) -> dict[str, object]:
    """Return the parameters of a query as terms of rdflib."""
    return {
        name: rdflib.URIRef(p.text)
        if p.datatype is None
        else rdflib.Literal(p.text, datatype=rdflib.URIRef(p.datatype))
        for name, p in query.parameters.items()
    }


def operators(profile: Mapping[str, Any]) -> Iterator[Operator]:
    """Yield an operator of a profile of DuckDB and all below it."""
    details = profile["extra_info"]
    about = "; ".join(f"{name}: {details[name]}" for name in TELLING if name in details)
    yield Operator(profile["type"], about, profile["timing"], profile["intermediate_rows"])
    for child in profile.get("children", ()):
        yield from operators(child)


BEFORE = ("planner", "optimizer", "physical_planner")
"""What DuckDB does with a statement first."""
TELLING = ("Join Type", "Conditions", "Table", "Function", "Filters", "Expression", "Groups", "Estimated Cardinality")
"""Which details of an operator help to find it in the SQL."""
