"""The command line of sr2graph as other processes run it."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

SCRIPT = Path(sys.executable).with_name("sr2graph")
"""Where an installation puts the command."""
WITHOUT_SCRIPT = "from sr2graph.cli import main; main()"


def here() -> bool:
    """Tell whether there is a command line to run."""
    return find_spec("sr2graph.cli") is not None


def sr2graph(*arguments: str | Path) -> tuple[str | Path, ...]:
    """Return the command `sr2graph` with arguments: the installed script, or what it does."""
    return (SCRIPT, *arguments) if SCRIPT.is_file() else (sys.executable, "-c", WITHOUT_SCRIPT, *arguments)


def converting(source: Path, output: Path, *, jobs: int | None = 1) -> tuple[str | Path, ...]:
    """Return the command that converts a file or folder to a file of N-Quads; all cores when `jobs` is None."""
    if not here():
        return (sys.executable, "-m", "benchmarks.loop", "ours", source)
    workers = () if jobs is None else ("--jobs", str(jobs))
    return sr2graph("convert", source, "-o", output, *workers)
