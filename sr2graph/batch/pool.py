"""Worker processes that may die: results in order, a bounded number in flight, the culprit named.

The pool of the standard library breaks as a whole when one process dies, and does not say
over what.  Here each worker shows which input it has at hand; when it dies the chunk is done
again without that input.
"""

from __future__ import annotations

import gc
import multiprocessing
import signal
import sys
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from ctypes import c_int
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Generic, TypeVar

from sr2graph.errors import SrError

if TYPE_CHECKING:
    from multiprocessing.context import ForkContext, SpawnContext

T = TypeVar("T")
R = TypeVar("R")

_AHEAD = 4
"""Chunks per worker that may be begun or finished while an earlier one is still at work."""
_RETRIES = 3
"""How often a chunk is begun again when a worker dies over none of its inputs."""


@dataclass(frozen=True, slots=True)
class Chunk(Generic[T]):
    """A share of the work."""

    number: int
    inputs: tuple[T, ...]
    lost: dict[int, str] = field(default_factory=dict)
    """Inputs not to be touched again, and why: a worker died over each."""
    retries: int = 0


Task = Callable[[Chunk[T], Callable[[int], None]], R]
"""Does a chunk; calls its second argument with the number of each input before touching it."""


def run(task: Task[T, R], chunks: Iterable[Chunk[T]], jobs: int, *, fork: bool = True) -> Generator[R]:
    """Yield the result of each chunk, in order.  One job runs in this process.

    Closing the iterator kills the workers.  Raises what a task raises.  Without `fork` the
    workers are fresh processes, for tasks that share nothing with this one.
    """
    if jobs == 1:
        for chunk in chunks:
            yield task(chunk, lambda _: None)
        return
    pool = _Pool(task, jobs, fork=fork)
    try:
        yield from pool.results(iter(chunks))
    finally:
        pool.stop()


class _Pool(Generic[T, R]):
    def __init__(self, task: Task[T, R], jobs: int, *, fork: bool = True) -> None:
        # Forking is fast and safe as long as there are no threads; elsewhere a fresh process it is.
        forks = fork and sys.platform == "linux" and threading.active_count() == 1
        self._context = multiprocessing.get_context("fork") if forks else multiprocessing.get_context("spawn")
        self._task = task
        self._jobs = jobs
        self._workers: list[_Worker[T, R]] = []
        self._begun = 0
        self._again: list[Chunk[T]] = []
        self._done: dict[int, R] = {}
        self._due = 0

    def results(self, chunks: Iterator[Chunk[T]]) -> Iterator[R]:
        """Yield results in order.  Workers are fed first: what the consumer does can wait."""
        self._feed(chunks)
        while busy := {worker.connection: worker for worker in self._workers if worker.chunk is not None}:
            for connection in wait(list(busy)):
                self._collect(busy[connection])  # type: ignore[index] # these are the connections it was given
            self._feed(chunks)
            while self._due in self._done:
                yield self._done.pop(self._due)
                self._due += 1
                self._feed(chunks)

    def stop(self) -> None:
        """Kill the workers: what they have at hand is not wanted any more."""
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            worker.process.join()
            worker.connection.close()

    def _feed(self, chunks: Iterator[Chunk[T]]) -> None:
        while True:
            idle = next((worker for worker in self._workers if worker.chunk is None), None)
            if idle is None and len(self._workers) == self._jobs:
                return
            chunk = self._next(chunks)
            if chunk is None:
                return
            if idle is None:
                idle = _Worker(self._context, self._task, [worker.connection for worker in self._workers])
                self._workers.append(idle)
            idle.begin(chunk)

    def _next(self, chunks: Iterator[Chunk[T]]) -> Chunk[T] | None:
        if self._again:
            return self._again.pop()
        if self._begun - self._due >= _AHEAD * self._jobs:
            return None
        chunk = next(chunks, None)
        self._begun += chunk is not None
        return chunk

    def _collect(self, worker: _Worker[T, R]) -> None:
        try:
            answer = worker.connection.recv()
        except (EOFError, OSError):
            self._workers.remove(worker)
            self._again.append(worker.last_words())
            return
        if isinstance(answer, Exception):
            raise answer
        if worker.chunk is not None:
            self._done[worker.chunk.number] = answer
        worker.chunk = None


class _Worker(Generic[T, R]):
    """A process as its parent sees it."""

    def __init__(self, context: ForkContext | SpawnContext, task: Task[T, R], others: list[Connection]) -> None:
        """Start a process; `others` lead to the workers before it."""
        self.connection: Connection
        self.connection, theirs = context.Pipe()
        # A fork has them all, and would keep them open when their owner is gone: nobody would notice.
        inherited = [self.connection, *others] if context.get_start_method() == "fork" else []
        self.chunk: Chunk[T] | None = None
        self._at = context.RawValue(c_int, -1)
        self.process = context.Process(
            target=_work, args=(theirs, self._at, task, inherited, gc.get_threshold()), daemon=True
        )
        with _interrupts_held():
            self.process.start()
        # With this end open here, the death of the worker would go unnoticed.
        theirs.close()

    def begin(self, chunk: Chunk[T]) -> None:
        self._at.value = -1
        self.chunk = chunk
        # A worker that died while idle is noticed when its answer is waited for.
        with suppress(OSError):
            self.connection.send(chunk)

    def last_words(self) -> Chunk[T]:
        """Return the chunk to do again, without what the worker died over."""
        self.connection.close()
        self.process.join()
        chunk, at = self.chunk, self._at.value
        if chunk is None:
            raise SrError("internal error: a worker died without work")
        reason = _reason(self.process.exitcode)
        if at >= 0:
            return replace(chunk, lost=chunk.lost | {at: f"the worker process died over this input ({reason})"})
        if chunk.retries < _RETRIES:
            return replace(chunk, retries=chunk.retries + 1)
        problem = f"the worker process died near this input ({reason})"
        return replace(chunk, lost=dict.fromkeys(range(len(chunk.inputs)), problem) | chunk.lost)


def _reason(exit_code: int | None) -> str:
    if exit_code is None or exit_code >= 0:
        return f"exit status {exit_code}"
    name = next((s.name for s in signal.Signals if s == -exit_code), f"signal {-exit_code}")
    return f"{name}, perhaps for want of memory: use fewer --jobs" if name == "SIGKILL" else name


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Keep Ctrl-C from reaching a worker before it has said that it does not want it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(
    connection: Connection, at: c_int, task: Task[T, R], inherited: list[Connection], threshold: tuple[int, int, int]
) -> None:
    """Do chunks until the parent is gone; what is inherited belongs to the parent.

    Garbage is looked for as often as the parent does.
    """
    gc.freeze()
    gc.set_threshold(*threshold)
    for other in inherited:
        other.close()
    # The terminal sends Ctrl-C to all; it is the parent who decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM})

    def mark(number: int) -> None:
        at.value = number

    with suppress(EOFError, OSError):
        while True:
            answer = _answer(task, connection.recv(), mark)
            mark(-1)
            connection.send(answer)


def _answer(task: Task[T, R], chunk: Chunk[T], mark: Callable[[int], None]) -> R | SrError:
    try:
        return task(chunk, mark)
    except SrError as error:
        return error
    except Exception as error:  # noqa: BLE001 # the parent is told what kind, whatever it is
        return SrError(f"internal error: {type(error).__name__} in a worker process")
