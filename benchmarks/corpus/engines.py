"""What an engine must do to be measured, and which there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from benchmarks.corpus.queries import Asked
from benchmarks.corpus.rows import Cell

OURS = "sr2graph"


@dataclass(frozen=True, slots=True)
class Loaded:
    """What it took to load reports."""

    seconds: Mapping[str, float]
    """Of each step; the first is the one that is compared."""
    disk: int | None
    """Bytes on disk afterwards, None for what is in memory only."""


@dataclass(frozen=True, slots=True)
class Operator:
    """A part of a query plan that was run."""

    name: str
    about: str
    seconds: float
    rows: int


@dataclass(frozen=True, slots=True)
class Plan:
    """How a query ran."""

    operators: tuple[Operator, ...]
    """The slowest first."""
    reason: str = ""
    """Why there is no plan."""


class Engine(Protocol):
    """A store of reports.  It lives in a process of its own, all of it in one folder."""

    keeps: bool
    """Whether what was loaded is still there when the process was killed."""

    def load(self, source: Path, jobs: int) -> Loaded:
        """Load a folder of DICOM files (ours) or a file of N-Quads (the others), in place of what there is."""

    def open(self) -> None:
        """Get ready to answer, and answer something trivial."""

    def ask(self, query: Asked) -> Iterator[tuple[Any, ...]]:
        """Return the solutions, as terms of the engine's own kind."""

    def cell(self, term: Any) -> Cell:  # noqa: ANN401 # each engine has terms of its own
        """Return a term as all engines have it."""

    def stages(self) -> Mapping[str, float]:
        """Return the seconds of the stages of the last query up to its first row, as far as they are known."""

    def plan(self, query: Asked) -> Plan:
        """Return how a query runs."""

    def close(self) -> None:
        """Stop."""


@dataclass(frozen=True, slots=True)
class Peer:
    """What is known of an engine before it runs."""

    home: str
    """`module:class`."""
    largest: int
    """Most reports that it is asked to follow to: beyond, a load takes half an hour, or the memory does not do."""
    command: str = ""
    """The program that must be installed."""
    note: str = ""


PEERS: Mapping[str, Peer] = {
    "pyoxigraph": Peer(
        "benchmarks.corpus.oxigraph:Oxigraph",
        3_000,
        note="pyoxigraph: on disk; the union of the named graphs is loaded as default graph; one thread for a query.",
    ),
    "pyoxigraph-union": Peer(
        "benchmarks.corpus.oxigraph:OxigraphUnion",
        3_000,
        note="pyoxigraph-union: the same without that copy, asked with use_default_graph_as_union.",
    ),
    "rdflib": Peer(
        "benchmarks.corpus.rdflib_memory:RdflibMemory",
        300,
        note="rdflib: Dataset(default_union=True) in memory; one thread.",
    ),
    "virtuoso": Peer(
        "benchmarks.corpus.virtuoso:Virtuoso",
        3_000,
        command="virtuoso-t",
        note="virtuoso: a server on loopback, one bulk loader, 3 GB of buffers; SPARQL over HTTP, answers as JSON.",
    ),
}

_HOMES = {OURS: "benchmarks.corpus.ours:Ours"} | {name: peer.home for name, peer in PEERS.items()}


def engine(name: str, folder: Path) -> Engine:
    """Return an engine that lives in a folder."""
    module, _, made = _HOMES[name].partition(":")
    found: Engine = getattr(import_module(module), made)(folder)
    return found


def folder_size(folder: Path) -> int:
    """Return the bytes of all files."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@dataclass(slots=True)
class Stopwatch:
    """Seconds by stage."""

    seconds: dict[str, float] = field(default_factory=dict)

    def add(self, stage: str, seconds: float) -> None:
        """Add to a stage."""
        self.seconds[stage] = self.seconds.get(stage, 0.0) + seconds
