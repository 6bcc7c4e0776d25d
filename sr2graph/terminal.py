"""What the commands share: how they print, what they say meanwhile, and how they end.

Data goes to standard output, talk to standard error.  Exit status 0 when all went well, 1 when
some inputs failed, 2 for a wrong use, 130 after Ctrl-C.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from time import monotonic
from types import FrameType
from typing import NoReturn, TypeVar

import click

from sr2graph.errors import SrError, WriteError

INTERRUPTED = 130
REFRESH = 0.1

T = TypeVar("T")


class Verbs(click.Group):
    """The commands, with one door for what ends them early."""

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; errors become a line and an exit status."""
        try:
            with _terminable():
                return super().invoke(ctx)
        except KeyboardInterrupt:
            say("interrupted: nothing was left half-written")
            sys.exit(INTERRUPTED)
        except WriteError as error:
            from sr2graph.batch.destination import UsageError

            if isinstance(error, UsageError):
                raise click.UsageError(safe(str(error))) from error
            _fail(error)
        except SrError as error:
            _fail(error)


@contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM end a command as an exception, so that what lies aside is removed on the way out."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _terminated)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _terminated(number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)


def _fail(error: SrError) -> NoReturn:
    say(f"error: {error}")
    sys.exit(1)


@contextmanager
def usage() -> Iterator[None]:
    """Make a wrong use of what the library refuses in the block."""
    try:
        yield
    except SrError as error:
        raise click.UsageError(safe(str(error))) from error


# ---------------------------------------------------------------- in


def existing(paths: Sequence[str]) -> Sequence[str]:
    """Return the paths, once they are known to be there."""
    for path in paths:
        if path != "-" and not os.path.lexists(path):
            raise click.UsageError(f"{safe(path)}: there is no such file or folder")
    return paths


def listed(paths: Sequence[str]) -> Iterable[bytes]:
    """Return what the path - stands for."""
    return sys.stdin.buffer if "-" in paths else ()


# ---------------------------------------------------------------- out


def safe(text: str) -> str:
    """Return text that cannot drive a terminal, its lines kept."""
    from sr2graph.dicom.printable import printable

    return "\n".join(map(printable, text.splitlines()))


def say(text: str) -> None:
    """Print on standard error."""
    click.echo(safe(text), err=True)


def columns() -> int:
    """Return the width of the terminal, 0 where standard output is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else 0


def put(lines: Iterable[str]) -> None:
    """Print lines, each with its line feed, on standard output."""
    if isinstance(sys.stdout, TextIOWrapper):
        # A terminal that lacks a letter is no reason to stop.
        sys.stdout.reconfigure(errors="backslashreplace")
    for line in lines:
        sys.stdout.write(line)
    sys.stdout.flush()


@contextmanager
def progress(paths: Sequence[str], tell: Callable[[T], None], *, quiet: bool) -> Iterator[Callable[[T], None]]:
    """Yield what watches a run over inputs: it tells of outcomes, and on a terminal it moves a bar."""
    if quiet or not sys.stderr.isatty():
        yield tell
        return
    from rich import progress
    from rich.console import Console

    from sr2graph.batch.sources import inputs

    parts = (
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TimeElapsedColumn(),
        progress.TimeRemainingColumn(),
    )
    # Refreshed by hand: a thread in this process would forbid forking workers.
    bar = progress.Progress(
        *parts, console=Console(stderr=True), auto_refresh=False, transient=True, redirect_stdout=False
    )
    total = None if "-" in paths else sum(1 for _ in inputs(paths))
    task, last = bar.add_task("", total=total), 0.0

    def watch(outcome: T) -> None:
        nonlocal last
        tell(outcome)
        bar.advance(task)
        if monotonic() - last > REFRESH:
            last = monotonic()
            bar.refresh()

    with bar:
        yield watch


def collect_rarely() -> None:
    """Look for garbage less often: reports hold no cycles, and it saves 10 % of the time, here and in workers."""
    import gc

    gc.freeze()
    gc.set_threshold(200_000, 20, 100)
