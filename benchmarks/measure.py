"""Clocks of processes, and the tables that are printed.

Work is measured in CPU time, which other programs on the machine hardly disturb, in turns (A B A B ...), and the
median counts.  Where a user would wait, it is wall time, and the column says so.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent


# ---------------------------------------------------------------- other processes


@dataclass(frozen=True, slots=True)
class Run:
    """What one process took."""

    exit_status: int
    cpu: float
    wall: float


def run(command: Sequence[str | Path]) -> Run:
    """Run a command to its end, its output thrown away."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment(),
    )
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    return Run(process.returncode, usage.ru_utime + usage.ru_stime, wall)


def environment() -> dict[str, str]:
    """Return the environment of a process that can import this package and these benchmarks."""
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    return {**os.environ, "PYTHONPATH": path}


def runs_in_turns(commands: Mapping[str, Sequence[str | Path]], repetitions: int) -> dict[str, Run | None]:
    """Return the median run of each command, run in turns; None for one that fails."""
    taken: dict[str, list[Run]] = {name: [] for name in commands}
    for _ in range(repetitions):
        for name, command in commands.items():
            taken[name].append(run(command))
    return {name: median_run(runs) for name, runs in taken.items()}


def median_run(runs: Sequence[Run]) -> Run | None:
    """Return a Run of medians, None when one failed."""
    if any(r.exit_status for r in runs):
        return None
    return Run(0, median(r.cpu for r in runs), median(r.wall for r in runs))


PEAK = """
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(status, usage.ru_maxrss, usage.ru_utime + usage.ru_stime)
"""


@dataclass(frozen=True, slots=True)
class Footprint:
    """What a command needed."""

    megabytes: float
    """Peak resident memory, of the largest process it starts."""
    cpu: float
    """Seconds."""


def footprint(command: Sequence[str | Path]) -> Footprint | None:
    """Return what a command needed; None if it fails.

    A small process starts it: a child's peak counts from the memory of whoever starts it (Linux).
    """
    launcher = [sys.executable, "-S", "-c", PEAK, *map(str, command)]
    answer = subprocess.run(launcher, env=environment(), capture_output=True, text=True, check=True).stdout.split()
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return Footprint(int(answer[1]) / unit, float(answer[2])) if answer[0] == "0" else None


def peak_megabytes(command: Sequence[str | Path]) -> float | None:
    """Return the peak resident memory of a command, of the largest process it starts; None if it fails."""
    found = footprint(command)
    return None if found is None else found.megabytes


# ---------------------------------------------------------------- what is printed


@dataclass(frozen=True, slots=True)
class Check:
    """A target and whether it was reached."""

    target: str
    measured: str
    reached: bool

    def __str__(self) -> str:
        """Return a line that starts with the verdict."""
        return f"{'PASS' if self.reached else 'SHORT OF TARGET'}: {self.target}: {self.measured}"


@dataclass(slots=True)
class Table:
    """Rows of text with a title; prints itself as Markdown."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)

    def __str__(self) -> str:
        """Return the table, its notes, and a verdict per target."""
        widths = [max(map(len, cells)) for cells in zip(self.columns, *self.rows, strict=True)]
        rule = tuple("-" * width if i == 0 else "-" * (width - 1) + ":" for i, width in enumerate(widths))
        lines = [f"## {self.title}", ""]
        lines += [table_line(row, widths) for row in (self.columns, rule, *self.rows)]
        for part in (self.notes, list(map(str, self.checks))):
            lines += ["", *part] if part else []
        return "\n".join([*lines, ""])

    def model(self) -> dict[str, object]:
        """Return the table as it stands in the JSON output."""
        return {
            "title": self.title,
            "rows": [dict(zip(self.columns, row, strict=True)) for row in self.rows],
            "notes": self.notes,
            "checks": [{"target": c.target, "measured": c.measured, "reached": c.reached} for c in self.checks],
        }


def table_line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Return one line of a Markdown table; the first column to the left, numbers to the right."""
    padded = [cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(cells, widths, strict=True))]
    return f"| {' | '.join(padded)} |"


def write_json(path: Path, tables: Sequence[Table]) -> None:
    """Write tables as JSON."""
    path.write_text(json.dumps([table.model() for table in tables], indent=1) + "\n", encoding="utf-8")


def milliseconds(seconds: float) -> str:
    """Return seconds as milliseconds with three digits that mean something."""
    return f"{seconds * 1e3:.3g}" if seconds < 0.1 else f"{seconds * 1e3:,.0f}"


def ratio(theirs: float, ours: float) -> str:
    """Return how many times as long they take."""
    return f"{theirs / ours:.1f}×" if ours > 0 else "-"
