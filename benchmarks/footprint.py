"""What a process costs beside its work: memory over the number of files, the start of the command line, the import."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from benchmarks import command_line
from benchmarks.measure import Check, Table, milliseconds, peak_megabytes, run

HELP_TARGET = 0.2
"""Seconds of wall time."""
FLAT = 1.1
"""How much higher the peak may be over the most files than over the number before."""


def memory(folders: Mapping[int, Path]) -> Table:
    """Return the peak memory of a process that converts so many files."""
    counts = sorted(folders)
    result = Table("Peak resident memory of a process, MB", ("converter", *(f"{count:,} files" for count in counts)))
    ours = {n: peak_megabytes((sys.executable, "-m", "benchmarks.loop", "ours", folders[n])) for n in counts}
    result.rows.append(("sr2graph, in a loop", *map(megabytes, ours.values())))
    if command_line.here():
        for jobs, name in ((1, "sr2graph convert --jobs 1"), (None, "sr2graph convert, its largest process")):
            peaks = [
                peak_megabytes(command_line.converting(folders[n], folders[n].with_suffix(".nq"), jobs=jobs))
                for n in counts
            ]
            result.rows.append((name, *map(megabytes, peaks)))
    theirs = peak_megabytes((sys.executable, "-m", "benchmarks.loop", "straightforward", folders[counts[0]]))
    result.rows.append(("pydicom + rdflib, in a loop", megabytes(theirs), *["not run"] * (len(counts) - 1)))
    if len(counts) > 1:
        result.checks.append(flatness(ours, counts[-2], counts[-1]))
    return result


def megabytes(peak: float | None) -> str:
    """Return a cell."""
    return "-" if peak is None else f"{peak:.0f}"


def flatness(peaks: Mapping[int, float | None], few: int, many: int) -> Check:
    """Return whether memory stays the same from few files to many."""
    before, after = peaks[few], peaks[many]
    assert before is not None, "a conversion failed"
    assert after is not None, "a conversion failed"
    target = f"flat memory: from {few:,} to {many:,} files at most {100 * (FLAT - 1):.0f} % more"
    return Check(target, f"{before:.1f} to {after:.1f} MB", after <= FLAT * before)


def start(repetitions: int) -> Table:
    """Return the wall time of starting things."""
    python = (sys.executable, "-c")
    commands: dict[str, Sequence[str | Path]] = {
        "python": (*python, "pass"),
        "import sr2graph": (*python, "import sr2graph"),
        "import what converts": (
            *python,
            "from sr2graph import read; from sr2graph.graph.quads import nquads",
        ),
    }
    if command_line.here():
        commands["sr2graph --help"] = command_line.sr2graph("--help")
    walls: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(repetitions):
        for name, command in commands.items():
            walls[name].append(run(command).wall)
    result = Table(f"Start, median wall time of {repetitions}", ("process", "ms", "more than python, ms"))
    python_alone = median(walls["python"])
    for name, taken in walls.items():
        result.rows.append((name, milliseconds(median(taken)), milliseconds(max(0.0, median(taken) - python_alone))))
    if "sr2graph --help" in walls:
        wall = median(walls["sr2graph --help"])
        result.checks.append(Check("sr2graph --help under 0.2 s", f"{milliseconds(wall)} ms", wall < HELP_TARGET))
    return result
