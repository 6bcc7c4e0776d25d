"""The other end of a worker: time limits, and the memory of the worker and of all that it starts."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.corpus.worker import TimeLimitError, serve

GRACE = 5.0
"""Seconds that a worker that watches the time itself has more."""
CLOSING = 150.0
"""Seconds to shut a server down."""
INTERVAL = 0.2
"""Seconds between two looks at the memory."""
PROC = Path("/proc")


class Process:
    """An engine in a process of its own, started again where it had to be killed."""

    def __init__(self, name: str, folder: Path) -> None:
        self._name, self._folder = name, folder
        self._opened = False
        self._start()

    def _start(self) -> None:
        context = get_context("spawn")
        self._connection: Connection
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, self._name, self._folder))
        self._process.start()
        theirs.close()

    def __enter__(self) -> Self:
        """Return the process; it is ended at the end of the block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process."""
        self._end(CLOSING if kind is None else GRACE)

    def restart(self) -> None:
        """End the process and start another, which has the memory of a new one."""
        self._end(CLOSING)
        self._opened = False
        self._start()

    def _end(self, patience: float) -> None:
        """Let the engine close, kill what is left."""
        self._connection.close()
        self._process.join(patience)
        self._kill()

    def _kill(self) -> None:
        with suppress(ProcessLookupError, PermissionError):
            # The worker leads a session: a server and workers of its own go with it.
            os.killpg(self._process.pid or 0, signal.SIGKILL)
        self._process.kill()
        self._process.join()

    def do(self, method: str, *arguments: object, limit: float) -> Any:  # noqa: ANN401 # what the method gives
        """Return the answer of a method; an engine that died or took too long is started and opened again.

        Raises TimeLimitError, and RuntimeError for what the engine refuses.
        """
        self._connection.send((method, arguments, limit))
        if not self._connection.poll(limit + GRACE):
            self._revive()
            raise TimeLimitError
        try:
            answer = self._connection.recv()
        except (EOFError, OSError):
            self._revive()
            raise RuntimeError("the process died, perhaps for want of memory") from None
        if isinstance(answer, Exception):
            raise answer
        self._opened = self._opened or method == "open"
        return answer

    def _revive(self) -> None:
        self._kill()
        self._start()
        if self._opened:
            self.do("open", limit=CLOSING)

    @contextmanager
    def watched(self) -> Iterator[Memory]:
        """Watch the memory while the block runs."""
        memory = Memory()
        over = threading.Event()

        def watch() -> None:
            while not over.wait(INTERVAL):
                memory.look(self._process.pid or 0)
            memory.look(self._process.pid or 0)

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            yield memory
        finally:
            over.set()
            watcher.join()


@dataclass(slots=True)
class Memory:
    """The resident memory of a session of processes over time, in bytes."""

    times: list[float] = field(default_factory=list)
    sums: list[int] = field(default_factory=list)
    """Of all processes, memory that they share counted once."""
    largest: int = 0
    """The highest of any one process."""

    def look(self, session: int) -> None:
        """Add what is in use now; nothing where there is no /proc."""
        sizes = [size for pid in processes(session) if (size := memory_of(pid)) is not None]
        if sizes:
            self.times.append(time.monotonic())
            self.sums.append(sum(proportional for proportional, _ in sizes))
            self.largest = max(self.largest, *(resident for _, resident in sizes))

    @property
    def peak(self) -> int:
        """The highest sum."""
        return max(self.sums, default=0)

    def quarters(self) -> Sequence[int]:
        """Return the highest sum of each quarter of the time; nothing for less than four looks."""
        if len(self.sums) < 4:
            return ()
        start, span = self.times[0], self.times[-1] - self.times[0]
        found = [0, 0, 0, 0]
        for when, size in zip(self.times, self.sums, strict=True):
            quarter = min(3, int(4 * (when - start) / span))
            found[quarter] = max(found[quarter], size)
        return found


def processes(session: int) -> Iterator[int]:
    """Yield the processes of a session (Linux)."""
    for folder in PROC.glob("[0-9]*"):
        # The name of the program may hold spaces and brackets; state, parent, group and session follow it.
        with suppress(OSError):
            if int((folder / "stat").read_text().rpartition(")")[2].split()[3]) == session:
                yield int(folder.name)


def memory_of(pid: int) -> tuple[int, int] | None:
    """Return the proportional and the resident set size of a process, None when it is gone."""
    try:
        lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()[1:]
    except OSError:
        return None
    kilobytes = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}
    return kilobytes["Pss"] * 1024, kilobytes["Rss"] * 1024
