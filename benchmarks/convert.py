"""Conversion side by side with its peers, as tables of ratios: `python -m benchmarks.convert`.

README.md beside this file says what is measured and how.
"""

from __future__ import annotations

import argparse
import platform
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from benchmarks import against_dcmtk, against_straightforward, footprint, throughput
from benchmarks.inputs import CORPUS, Input, corpus, folders, samples
from benchmarks.measure import Check, Table, write_json
from benchmarks.passes import measured


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured, and how often."""

    repetitions: int
    """Passes over all reports."""
    processes: int
    """Repetitions of what starts processes."""
    files: tuple[int, ...]
    """Numbers of files for memory; the smallest is also converted whole."""
    starts: int


FULL = Effort(repetitions=5, processes=7, files=(100, 1000, 5000), starts=10)
QUICK = Effort(repetitions=1, processes=1, files=(5, 10), starts=2)


def tables(inputs: Mapping[str, Sequence[Input]], effort: Effort) -> Iterator[Table]:
    """Yield the tables, each when it is measured."""
    with tempfile.TemporaryDirectory(prefix="sr2graph-bench-") as place:
        folder = Path(place)
        sets = {name: measured(some, folder, effort.repetitions) for name, some in inputs.items()}
        for name, reports in sets.items():
            yield against_straightforward.table(name, reports)
        yield throughput.table(sets)
        cohorts = folders(folder, effort.files)
        if against_dcmtk.installed():
            everything = [m for reports in sets.values() for m in reports]
            yield from against_dcmtk.tables(everything, folder, effort.processes)
            large = folder / "large.dcm"
            large.write_bytes(max((m.report.data for m in everything), key=len))
            yield against_dcmtk.whole_processes(cohorts[min(cohorts)], large, effort.processes)
        else:
            print("dsr2xml and dcm2json are not installed: not compared (make peers)\n")
        yield footprint.memory(cohorts)
    yield footprint.start(effort.starts)


def verdicts(found: Sequence[Table]) -> Table:
    """Return all targets in one table."""
    checks: list[Check] = [check for table in found for check in table.checks]
    rows: list[tuple[str, ...]] = [("PASS" if c.reached else "SHORT OF TARGET", c.target, c.measured) for c in checks]
    return Table("Targets", ("verdict", "target", "measured"), rows)


def machine() -> str:
    """Return what was measured with."""
    versions = ", ".join(f"{name} {version(name)}" for name in ("pydicom", "rdflib"))
    return f"Python {platform.python_version()}, {versions}, {platform.machine()}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the tables as they come, write them as JSON if asked to."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.convert", description="Conversion against its peers.")
    parser.add_argument("--quick", action="store_true", help="few reports, once each: to see that it runs")
    parser.add_argument("--corpus", type=Path, default=CORPUS, metavar="DIR", help="a folder of DICOM SRs to convert")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the tables there too")
    options = parser.parse_args(arguments)
    inputs = {"samples": samples(quick=options.quick), "corpus": corpus(options.corpus, quick=options.quick)}
    print(f"{machine()}\n")
    found = []
    for table in tables({name: some for name, some in inputs.items() if some}, QUICK if options.quick else FULL):
        print(table, flush=True)
        found.append(table)
    found.append(verdicts(found))
    print(found[-1])
    if options.json is not None:
        write_json(options.json, found)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
