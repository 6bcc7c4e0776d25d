"""One number of reports, all engines: ingest, then every query."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.corpus.engines import OURS, PEERS, Loaded, Plan
from benchmarks.corpus.process import Process
from benchmarks.corpus.queries import Asked
from benchmarks.corpus.reports import converted, reports
from benchmarks.corpus.worker import Answered, TimeLimitError

DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Effort:
    """What is measured, and how long it may take, in seconds."""

    queries: Sequence[Asked]
    peers: Sequence[str]
    plans: int = 0
    """How many of our queries are explained, the slowest."""
    query: float = 30
    load: float = 1_800
    """Of a peer."""
    all_queries: float = 2_400
    """Of a peer; those that are left then are not asked."""


@dataclass(frozen=True, slots=True)
class Load:
    """What it took an engine to take in all reports."""

    engine: str
    jobs: int
    loaded: Loaded
    peak: int
    """Bytes of resident memory, of all processes of the engine."""
    largest: int
    """Bytes of the largest process."""
    quarters: Sequence[int]
    """The peak of each quarter of the time."""

    @property
    def seconds(self) -> float:
        """The seconds of the step that is compared."""
        return next(iter(self.loaded.seconds.values()))


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A query without an answer."""

    reason: str
    at_least: float | None = None
    """Seconds that it would take at least, where time was the reason."""


Answers = Mapping[str, Answered | Unanswered]
"""By name of the query."""


@dataclass(slots=True)
class Measured:
    """All that was measured with so many reports."""

    reports: int
    busy: float = 0.0
    """How many processes wanted a core when it began, those of others (the load average)."""
    loads: list[Load] = field(default_factory=list)
    conversions: dict[int, float] = field(default_factory=dict)
    """Number of jobs ↔ seconds of `sr2graph convert` to N-Quads, which the peers load."""
    answers: dict[str, Answers] = field(default_factory=dict)
    """By engine."""
    memory: dict[str, int] = field(default_factory=dict)
    """Engine ↔ peak memory while it answered, in bytes."""
    plans: dict[str, Plan] = field(default_factory=dict)
    """Of our slowest queries."""
    absent: dict[str, str] = field(default_factory=dict)
    """Engine ↔ why it is left out."""


def measured(keep: Path, count: int, effort: Effort) -> Measured:
    """Measure all engines with so many reports."""
    found = Measured(count, os.getloadavg()[0])
    source = reports(keep, count)
    place = keep / f"engines-{count}"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    ours(found, source, place, effort)
    asked_too = list(present(effort.peers, found))
    if asked_too:
        quads = place / "reports.nq"
        for jobs in numbers_of_jobs():
            found.conversions[jobs] = converted(source, quads, jobs)
        for name in asked_too:
            try_peer(name, found, quads, effort)
        quads.unlink()
    return found


def numbers_of_jobs() -> list[int]:
    """Return 1 and the number of cores, which comes last."""
    return sorted({1, os.cpu_count() or 1})


def ours(found: Measured, source: Path, place: Path, effort: Effort) -> None:
    """Measure sr2graph; the corpus stays where it is."""
    with Process(OURS, place) as process:
        for jobs in numbers_of_jobs():
            found.loads.append(load(process, OURS, source, jobs, DAY))
            process.restart()
        process.do("open", limit=DAY)
        with process.watched() as memory:
            found.answers[OURS] = dict(answers(process, effort, DAY))
        found.memory[OURS] = memory.peak
        slowest = sorted(effort.queries, key=lambda query: -seconds_of(found.answers[OURS][query.name]))
        found.plans = {query.name: plan_of(process, query, effort.query) for query in slowest[: effort.plans]}


def seconds_of(answer: Answered | Unanswered) -> float:
    """Return the seconds of the best run; without an answer more than any."""
    return answer.warm.seconds if isinstance(answer, Answered) else DAY


def plan_of(process: Process, query: Asked, limit: float) -> Plan:
    """Return the plan of a query as it ran."""
    try:
        found: Plan = process.do("plan", query, limit=2 * limit)
    except TimeLimitError:
        return Plan((), f"not done after {2 * limit:g} s")
    except RuntimeError as error:
        return Plan((), str(error))
    return found


def present(peers: Sequence[str], found: Measured) -> Iterator[str]:
    """Yield the peers that can be measured, note the others."""
    for name in peers:
        peer = PEERS[name]
        if peer.command and shutil.which(peer.command) is None:
            found.absent[name] = f"{peer.command} is not installed"
        elif found.reports > peer.largest:
            found.absent[name] = f"asked to follow up to {peer.largest:,} reports"
        else:
            yield name


def try_peer(name: str, found: Measured, quads: Path, effort: Effort) -> None:
    """Measure a peer; note it when it cannot follow."""
    with Process(name, quads.parent) as process:
        try:
            found.loads.append(load(process, name, quads, 1, effort.load))
            if found.loads[-1].loaded.disk is not None:
                process.restart()
            process.do("open", limit=DAY)
        except TimeLimitError:
            found.absent[name] = f"its load was not done after {effort.load:g} s"
            return
        except RuntimeError as error:
            found.absent[name] = f"its load failed: {error}"
            return
        with process.watched() as memory:
            found.answers[name] = dict(answers(process, effort, effort.all_queries))
        found.memory[name] = memory.peak
    shutil.rmtree(quads.parent / name, ignore_errors=True)


def load(process: Process, name: str, source: Path, jobs: int, limit: float) -> Load:
    """Let an engine load, and watch its memory."""
    with process.watched() as memory:
        loaded: Loaded = process.do("load", source, jobs, limit=limit)
    return Load(name, jobs, loaded, memory.peak, memory.largest, memory.quarters())


def answers(process: Process, effort: Effort, patience: float) -> Iterator[tuple[str, Answered | Unanswered]]:
    """Yield the answer of each query, or the reason why there is none."""
    end = time.monotonic() + patience
    for query in effort.queries:
        if time.monotonic() > end:
            yield query.name, Unanswered(f"not asked: {patience:g} s are over")
            continue
        try:
            yield query.name, process.do("ask", query, limit=effort.query)
        except TimeLimitError:
            yield query.name, Unanswered(f"over {effort.query:g} s", effort.query)
        except RuntimeError as error:
            yield query.name, Unanswered(str(error))
