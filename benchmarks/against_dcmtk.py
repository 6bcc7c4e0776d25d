"""sr2graph against dsr2xml and dcm2json of dcmtk: per report without the start of a process, and process by process."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import command_line
from benchmarks.command_line import converting
from benchmarks.inputs import SIZE_CLASSES, Input, minimal
from benchmarks.measure import Check, Run, Table, milliseconds, ratio, run, runs_in_turns
from benchmarks.passes import Measured

LENIENT = ("-q", "-Er", "-Ev", "-Ec", "-Ee")
"""Options of dsr2xml: accept what breaks the standard as far as it can, so that more reports can be compared."""
TOOLS: Mapping[str, tuple[str, ...]] = {"dsr2xml": ("dsr2xml", *LENIENT), "dcm2json": ("dcm2json", "-q")}
LARGE = 50_000
COLUMNS = ("reports", "files", "ours, ms", "dsr2xml, ms", "net", "ratio", "dcm2json, ms", "net", "ratio")


@dataclass(frozen=True, slots=True)
class Compared:
    """CPU seconds for one report: ours in this process, theirs per process and net of its start."""

    report: Input
    ours: float
    gross: Mapping[str, float]
    net: Mapping[str, float]


def installed() -> bool:
    """Tell whether both tools are on PATH."""
    return all(shutil.which(tool) for tool in TOOLS)


def tables(reports: Sequence[Measured], folder: Path, repetitions: int) -> list[Table]:
    """Return process start, reports by size, and whole processes."""
    start_file = folder / "minimal.dcm"
    start_file.write_bytes(minimal())
    starts, start_table = process_start(start_file, repetitions)
    found = [c for c in (compare(i, folder, starts, repetitions) for i in reports) if c is not None]
    return [start_table, by_size(found, len(reports))]


def process_start(start_file: Path, repetitions: int) -> tuple[dict[str, float], Table]:
    """Return the CPU seconds of each tool on a report with nothing in it, and a table."""
    commands: dict[str, Sequence[str | Path]] = {}
    for tool, command in TOOLS.items():
        commands[f"{tool} on a report of one item"] = (*command, start_file)
        commands[f"{tool} --version"] = (tool, "--version")
    commands["sr2graph convert on a report of one item"] = converting(start_file, start_file.with_suffix(".nq"))
    if command_line.here():
        commands["sr2graph --version"] = command_line.sr2graph("--version")
    runs = runs_in_turns(commands, 3 * repetitions)
    result = Table("Process start", ("process", "CPU, ms", "wall, ms"))
    result.rows += [
        (name, milliseconds(r.cpu), milliseconds(r.wall)) if r is not None else (name, "-", "-")
        for name, r in runs.items()
    ]
    starts = {}
    for tool in TOOLS:
        found = runs[f"{tool} on a report of one item"]
        assert found is not None, f"{tool} does not convert a report of one item"
        starts[tool] = found.cpu
    return starts, result


def compare(measured: Measured, folder: Path, starts: Mapping[str, float], repetitions: int) -> Compared | None:
    """Return how all did on one report; None when one of the tools refuses it."""
    report = measured.report
    path = folder / f"{report.name}.dcm"
    path.write_bytes(report.data)
    runs = runs_in_turns({tool: (*command, path) for tool, command in TOOLS.items()}, repetitions)
    path.unlink()
    gross = {tool: r.cpu for tool, r in runs.items() if r is not None}
    if len(gross) < len(TOOLS):
        return None
    return Compared(report, measured.ours, gross, {tool: cpu - starts[tool] for tool, cpu in gross.items()})


def by_size(found: Sequence[Compared], tried: int) -> Table:
    """Return means per report, by size of report."""
    result = Table("CPU time per report: sr2graph in process, dcmtk per process and net of its start", COLUMNS)
    for _, name in SIZE_CLASSES:
        some = [c for c in found if c.report.size_class == name]
        if some:
            result.rows.append(row(name, some))
    large = [c for c in found if len(c.report.data) > LARGE]
    if not large:
        return result
    result.rows.append(row("over 50 KB", large))
    faster = sum(c.ours < c.net["dsr2xml"] for c in large)
    result.notes.append("Means; net: minus the same tool on a report of one item; ratio: net over ours.")
    if len(found) < tried:
        result.notes.append(f"{tried - len(found)} reports left out: dsr2xml or dcm2json refuse them.")
    reached = sum(c.ours for c in large) < sum(c.net["dsr2xml"] for c in large)
    measured = f"{result.rows[-1][5]} in total, faster on {faster} of {len(large)}"
    result.checks.append(Check("faster per report than dsr2xml net of its start, over 50 KB", measured, reached))
    return result


def row(name: str, some: Sequence[Compared]) -> tuple[str, ...]:
    """Return the means of some reports."""
    ours = sum(c.ours for c in some) / len(some)
    cells = [name, str(len(some)), milliseconds(ours)]
    for tool in TOOLS:
        gross = sum(c.gross[tool] for c in some) / len(some)
        net = sum(c.net[tool] for c in some) / len(some)
        cells += [milliseconds(gross), milliseconds(net), ratio(net, ours)]
    return tuple(cells)


def whole_processes(folder: Path, large: Path, repetitions: int) -> Table:
    """Return the wall time for one report, and for a folder: one process of ours, one of dsr2xml for each report."""
    paths, output = sorted(folder.iterdir()), large.with_suffix(".nq")
    result = Table("Whole processes, wall time", ("what", "sr2graph convert, ms", "dsr2xml, ms", "ratio"))
    for path in (paths[0], large):
        one = runs_in_turns({"ours": converting(path, output), "theirs": (*TOOLS["dsr2xml"], path)}, 3 * repetitions)
        result.rows.append(wall_row(f"one report of {path.stat().st_size / 1e3:,.0f} KB", one["ours"], one["theirs"]))
    theirs = min(wall_seconds(lambda: [run((*TOOLS["dsr2xml"], path)) for path in paths]) for _ in range(2))
    cores = {"one core": 1, "all cores": None} if command_line.here() else {"one core": 1}
    for name, jobs in cores.items():
        ours = min((run(converting(folder, output, jobs=jobs)) for _ in range(2)), key=lambda r: r.wall)
        what = f"{len(paths)} reports: one process on {name}, a process each"
        result.rows.append(wall_row(what, ours, Run(0, 0, theirs)))
    result.notes.append("sr2graph writes its N-Quads to a file; the output of dsr2xml is dropped.")
    return result


def wall_seconds(work: Callable[[], object]) -> float:
    """Return the wall seconds of a piece of work."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def wall_row(what: str, ours: Run | None, theirs: Run | None) -> tuple[str, ...]:
    """Return a row, with dashes for a process that failed."""
    if ours is None or theirs is None or ours.exit_status:
        return (what, "-", "-", "-")
    return (what, milliseconds(ours.wall), milliseconds(theirs.wall), ratio(theirs.wall, ours.wall))
