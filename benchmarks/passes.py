"""Times of conversions that met their report for the first time.

sr2graph remembers parts of reports it has read, to be faster on the next.  Converting one report over and over would
measure that memory, so each pass is a process of its own: it warms up on other reports, then converts each report
once with sr2graph, then each once with the straightforward converter.  The median over the passes counts.
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

import sr2graph
from benchmarks import straightforward
from benchmarks.inputs import Input, warm_up
from benchmarks.measure import environment
from benchmarks.ours import without_templates
from sr2graph.dicom.part10 import read_encoded
from sr2graph.errors import SrError
from sr2graph.graph.quads import nquads
from sr2graph.graph.records import records
from sr2graph.terms.codes import code_iri

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

Row = dict[str, float]


def main(paths: Sequence[Path]) -> None:
    """Print a row for each file, as one line of JSON."""
    reports = [path.read_bytes() for path in paths]
    others = [report.data for report in warm_up()]
    with without_templates():
        all_rows(others, our_row)
        code_iri("T-D1100", "SRT")  # the mapping of SNOMED-RT codes is loaded when first needed
        ours = all_rows(reports, our_row)
        stages = all_rows(reports, stages_row)
    all_rows(others, their_row)
    theirs = all_rows(reports, their_row)
    rows = [a and b and c and {**a, **b, **c} for a, b, c in zip(ours, stages, theirs, strict=True)]
    print(json.dumps(rows))


def all_rows(reports: Sequence[bytes], row: Callable[[bytes], Row | None]) -> list[Row | None]:
    """Return the rows of all reports; garbage of earlier work is not the business of this one."""
    gc.collect()
    return [row(data) for data in reports]


def our_row(data: bytes) -> Row | None:
    """Return counts and CPU seconds of sr2graph, None when it refuses the report."""
    try:
        report, reading = timed(lambda: sr2graph.read(data))
    except SrError:
        return None
    text, writing = timed(lambda: nquads(report))
    return {"quads": quad_count(text), "items": sum(1 for _ in report.walk()), "read": reading, "nquads": writing}


def stages_row(data: bytes) -> Row | None:
    """Return the CPU seconds of the stages that are functions of their own."""
    try:
        report = sr2graph.read(data)
        return {"tokenise": timed(lambda: read_encoded(data))[1], "records": timed(lambda: records(report))[1]}
    except SrError:
        return None


def their_row(data: bytes) -> Row:
    """Return count and CPU seconds of the straightforward converter, zeros when it refuses the report."""
    try:
        text, seconds = timed(lambda: straightforward.convert(data))
    except Exception:  # noqa: BLE001 -- it refuses broken files in many ways
        return {"their_quads": 0, "theirs": 0}
    return {"their_quads": quad_count(text), "theirs": seconds}


def timed(work: Callable[[], Result]) -> tuple[Result, float]:
    """Return what work gives and its CPU seconds."""
    start = time.process_time()
    result = work()
    return result, time.process_time() - start


def quad_count(text: str) -> int:
    """Return the number of quads in N-Quads."""
    return sum(1 for line in text.splitlines() if line)


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
