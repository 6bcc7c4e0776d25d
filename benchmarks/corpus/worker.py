"""The process of an engine: does what it is told, one thing after the other, and says how long that took."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from benchmarks.corpus.engines import Engine, engine
from benchmarks.corpus.queries import Asked
from benchmarks.corpus.rows import Digest

REPETITIONS = 3
"""Warm runs; the best counts."""
PATIENCE = 10.0
"""Seconds after which a query is not asked again."""
ROWS_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a query, all rows read."""

    seconds: float
    stages: Mapping[str, float]
    cpu: float = 0.0
    """CPU seconds of all threads of the worker, which other programs disturb less; not those of a server."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What a query took, and what came of it."""

    cold: Run
    """The first time in a process that is open and has the operating system's cache as it is."""
    warm: Run
    """The best of the runs after that; the first where that took too long to repeat it."""
    runs: int
    digest: Digest


class TimeLimitError(Exception):
    """Something took longer than it may."""


def serve(connection: Connection, name: str, folder: Path) -> None:
    """Answer requests (method, arguments, limit in seconds) until the other end is closed."""
    os.setsid()
    found = engine(name, folder)
    doing: dict[str, Callable[..., object]] = {
        "load": found.load,
        "open": found.open,
        "plan": found.plan,
        "ask": lambda query: asked(found, query),
    }
    try:
        while True:
            method, arguments, limit = connection.recv()
            connection.send(outcome(doing[method], arguments, limit if not found.keeps else 0))
    except (EOFError, OSError):
        found.close()


def outcome(work: Callable[..., object], arguments: tuple[Any, ...], limit: float) -> object:
    """Return what comes of a request: an answer, or the exception as text of what kind it is."""
    try:
        with alarm(limit):
            return work(*arguments)
    except TimeLimitError as error:
        return error
    except Exception as error:  # noqa: BLE001 # the parent says it and goes on
        return RuntimeError(f"{type(error).__name__}: {' '.join(str(error).split())[:200]}")


@contextmanager
def alarm(seconds: float) -> Iterator[None]:
    """Raise TimeLimitError after so many seconds, 0 for never; for engines that die with what they hold."""

    def ring(number: int, frame: object) -> None:  # noqa: ARG001 # what signal handlers take
        raise TimeLimitError

    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def asked(found: Engine, query: Asked) -> Answered:
    """Ask a query some times."""
    digest = Digest()
    cold = run(found, query, digest)
    warm: list[Run] = []
    spent = cold.seconds
    while len(warm) < REPETITIONS and spent < PATIENCE:
        warm.append(run(found, query, None))
        spent += warm[-1].seconds
    best = min(warm, key=lambda one: one.seconds, default=cold)
    return Answered(cold, best, 1 + len(warm), digest)


def run(found: Engine, query: Asked, digest: Digest | None) -> Run:
    """Ask a query and read all rows; what the digest takes does not count."""
    clock = Clock()
    with clock:
        rows = found.ask(query)
    stages = found.stages()
    answered = clock.seconds
    while True:
        with clock:
            some = list(islice(rows, ROWS_AT_ONCE))
        if not some:
            break
        if digest is not None:
            digest.add(tuple(map(found.cell, row)) for row in some)
    return Run(clock.seconds, {**stages, "terms": clock.seconds - answered} if stages else {}, clock.cpu)


@dataclass(slots=True)
class Clock:
    """Adds up the time of the blocks that it is around."""

    seconds: float = 0.0
    cpu: float = 0.0

    def __enter__(self) -> None:
        """Start."""
        self.seconds -= time.perf_counter()
        self.cpu -= time.process_time()

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.seconds += time.perf_counter()
        self.cpu += time.process_time()
