"""Times of conversions that met their report for the first time.

sr2graph remembers parts of reports it has read, to be faster on the next.  Converting one report over and over would
measure that memory, so each pass is a process of its own: it warms up on other reports, then converts each report
once, with each converter in turn.  The median over the passes counts.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TypeVar

from benchmarks.inputs import Input, warm_up
from benchmarks.measure import environment

Result = TypeVar("Result")

SECONDS = ("read", "nquads", "tokenise", "records", "theirs")


@dataclass(frozen=True, slots=True)
class Measured:
    """One report: what it holds, and CPU seconds."""

    report: Input
    quads: int
    items: int
    their_quads: int | None
    """None when pydicom or rdflib refuse the report."""
    read: float
    """Bytes to Report."""
    nquads: float
    """Report to text."""
    tokenise: float
    """The part of `read` that makes elements of bytes."""
    records: float
    """The part of `nquads` that makes records of the Report."""
    theirs: float

    @property
    def ours(self) -> float:
        """Bytes to text."""
        return self.read + self.nquads


def measured(inputs: Sequence[Input], folder: Path, passes: int) -> list[Measured]:
    """Return the medians over some passes; reports that sr2graph refuses are left out."""
    paths = [folder / f"{report.name}.dcm" for report in inputs]
    for path, report in zip(paths, inputs, strict=True):
        path.write_bytes(report.data)
    rows = [one_pass(paths) for _ in range(passes)]
    for path in paths:
        path.unlink()
    return [joined(report, found) for report, *found in zip(inputs, *rows, strict=True) if found[0] is not None]


def one_pass(paths: Sequence[Path]) -> list[dict[str, float] | None]:
    """Return a row for each file, from a process of its own."""
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.passes", *map(str, paths)]
    answer = subprocess.run(command, env=environment(), stdout=subprocess.PIPE, text=True, check=True).stdout
    rows: list[dict[str, float] | None] = json.loads(answer.splitlines()[-1])
    return rows


def joined(report: Input, rows: Sequence[dict[str, float]]) -> Measured:
    """Return the medians of the rows of one report."""
    first = rows[0]
    times = {name: median(row[name] for row in rows) for name in SECONDS}
    their_quads = int(first["their_quads"]) or None
    return Measured(report, int(first["quads"]), int(first["items"]), their_quads, **times)


# ---------------------------------------------------------------- inside the process of a pass


def main(paths: Sequence[Path]) -> None:
    """Print a row for each file, as one line of JSON."""
    for report in warm_up():
        row_of(report.data)
    print(json.dumps([row_of(path.read_bytes()) for path in paths]))


def row_of(data: bytes) -> dict[str, float] | None:
    """Return counts and CPU seconds of one report, None when sr2graph refuses it."""
    import sr2graph
    from sr2graph.dicom.part10 import read_encoded
    from sr2graph.errors import SrError
    from sr2graph.graph.quads import nquads
    from sr2graph.graph.records import records

    try:
        report, reading = timed(lambda: sr2graph.read(data))
    except SrError:
        return None
    text, writing = timed(lambda: nquads(report))
    their_quads, theirs = straightforward_row(data)
    return {
        "quads": quad_count(text),
        "items": sum(1 for _ in report.walk()),
        "their_quads": their_quads,
        "read": reading,
        "nquads": writing,
        "tokenise": timed(lambda: read_encoded(data))[1],
        "records": timed(lambda: records(report))[1],
        "theirs": theirs,
    }


def straightforward_row(data: bytes) -> tuple[int, float]:
    """Return (quads, CPU seconds) of the straightforward converter, zeros when it refuses the report."""
    from benchmarks import straightforward

    try:
        text, seconds = timed(lambda: straightforward.convert(data))
    except Exception:  # noqa: BLE001 -- it refuses broken files in many ways
        return 0, 0.0
    return quad_count(text), seconds


def timed(work: Callable[[], Result]) -> tuple[Result, float]:
    """Return what work gives and its CPU seconds; garbage of earlier work is not its business."""
    gc.collect()
    start = time.process_time()
    result = work()
    return result, time.process_time() - start


def quad_count(text: str) -> int:
    """Return the number of quads in N-Quads."""
    return sum(1 for line in text.splitlines() if line)


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
