"""FHIR bundles beside fhir.resources and dicom2fhir: `python -m benchmarks.fhir`.

README.md beside this file says what is measured and how.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median

import sr2graph
from benchmarks import fhir_peers
from benchmarks.command_line import sr2graph as command
from benchmarks.convert import machine, verdicts
from benchmarks.footprint import flatness
from benchmarks.inputs import Input, folders, samples, warm_up
from benchmarks.measure import Check, Footprint, Table, footprint, milliseconds, ratio, write_json
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import MeasuredValue
from sr2graph.errors import WriteError
from sr2graph.fhir import to_fhir
from sr2graph.fhir.json_text import json_text
from sr2graph.samples import large_sample
from sr2graph.terminal import collect_rarely

FASTER, WHOLE_FASTER = 30, 30
"""Times as fast as the models of fhir.resources: from facts to text, and from the report, which is more work."""
MEASUREMENTS, AT_MOST = 500, 0.05
"""Numbers of a report, and the seconds until its bundle is text."""
EXPORTED = 1_200, 2_400
"""Reports of two corpora: both are more than is fetched at a time, so that memory shows whether it grows."""
PER_SECOND = 300
"""Reports of a corpus that a core exports."""


def clocked(work: Callable[[], object]) -> float:
    """Return the CPU seconds of some work."""
    start = time.process_time()
    work()
    return time.process_time() - start


def text_of(report: Report) -> str:
    """Return the bundle of a report as text."""
    return to_fhir(report).json()


# ---------------------------------------------------------------- fhir.resources


def models(inputs: Sequence[Input], repetitions: int) -> Table:
    """Return how long models of fhir.resources take for what is made of a report."""
    columns = ("report", "resources", "report to text, ms", "facts to text, ms", "fhir.resources, ms", "whole", "text")
    result = Table("Bundles beside fhir.resources", columns)
    sums = [0.0, 0.0, 0.0]
    for each in inputs:
        report = sr2graph.read(each.data)
        facts = to_fhir(report).resource
        assert fhir_peers.same(facts, fhir_peers.model_text(facts)), f"{each.name}: the models say something else"
        works = (lambda: text_of(report), lambda: json_text(facts), lambda: fhir_peers.model_text(facts))  # noqa: B023
        taken = [median(clocked(work) for _ in range(repetitions)) for work in works]
        sums = [one + other for one, other in zip(sums, taken, strict=True)]
        result.rows.append(_models_row(each.name, f"{len(facts['entry'])}", taken))
    result.rows.append(_models_row("all", "", sums))
    result.notes.append("The models get what we have made of the report, as facts, and make objects and text of them.")
    result.notes.append(
        "whole: ours from the report, so with all that finds the facts; text: both from the same facts."
    )
    whole, text = sums[2] / sums[0], sums[2] / sums[1]
    told = f"{FASTER}× as fast as fhir.resources, from facts to text"
    result.checks.append(Check(told, f"{text:.1f}×", text >= FASTER))
    told = f"{WHOLE_FASTER}× as fast as fhir.resources, ours from the report, theirs from facts"
    result.checks.append(Check(told, f"{whole:.1f}×", whole >= WHOLE_FASTER))
    return result


def _models_row(name: str, resources: str, taken: Sequence[float]) -> tuple[str, ...]:
    ours, text, theirs = taken
    return (name, resources, *map(milliseconds, taken), ratio(theirs, ours), ratio(theirs, text))


# ---------------------------------------------------------------- a large report


def measured_report(numbers: int) -> Report:
    """Return a dose report with at least so many numbers."""
    events = 1
    while _numbers(large_sample(events)) < numbers:
        events += 1
    return large_sample(events)


def _numbers(report: Report) -> int:
    return sum(isinstance(item.value, MeasuredValue) for item in report.walk())


def large(repetitions: int) -> Table:
    """Return how long a report of many measurements takes."""
    report = measured_report(MEASUREMENTS)
    text_of(report)
    seconds = median(clocked(lambda: text_of(report)) for _ in range(repetitions))
    size = len(text_of(report))
    result = Table("A report of many measurements", ("measurements", "bundle, KB", "report to text, ms"))
    result.rows.append((f"{_numbers(report)}", f"{size / 1000:,.0f}", milliseconds(seconds)))
    told = f"a report of {MEASUREMENTS} measurements in under {1e3 * AT_MOST:g} ms"
    result.checks.append(Check(told, f"{milliseconds(seconds)} ms", seconds < AT_MOST))
    return result


# ---------------------------------------------------------------- a corpus


def export(few: int, many: int) -> Table:
    """Return how fast corpora are exported as NDJSON, and in how much memory; the difference of two sizes counts."""
    result = Table("Export of a corpus as NDJSON", ("reports", "CPU, s", "peak memory, MB"))
    found: dict[int, Footprint] = {}
    with tempfile.TemporaryDirectory(prefix="sr2graph-bench-") as place:
        for count, folder in folders(Path(place), (few, many)).items():
            corpus = folder.with_suffix(".corpus")
            _done(command("ingest", "--quiet", "--jobs", "1", corpus, folder))
            words = ("fhir", "--quiet", "--jobs", "1", corpus, "--ndjson", folder.with_suffix(".once"))
            found[count] = _done(command(*words))
    for count in (few, many):
        result.rows.append((f"{count:,}", f"{found[count].cpu:.1f}", f"{found[count].megabytes:.0f}"))
    rate = (many - few) / max(found[many].cpu - found[few].cpu, 1e-9)
    result.notes.append(f"What {many - few:,} reports more take: {rate:,.0f} reports a second on one core.")
    result.checks.append(Check(f"at least {PER_SECOND} reports/s per core", f"{rate:,.0f}", rate >= PER_SECOND))
    result.checks.append(flatness({count: each.megabytes for count, each in found.items()}, few, many))
    return result


def _done(words: Sequence[str | Path]) -> Footprint:
    """Return what a command that ends well needed."""
    done = footprint(words)
    if done is None:
        raise WriteError(f"sr2graph {words[1]} failed. Run it by hand to see why")
    return done


# ---------------------------------------------------------------- dicom2fhir


def against_dicom2fhir(inputs: Sequence[Input], repetitions: int) -> Table:
    """Return what dicom2fhir makes of the same files: study, patient and devices, and nothing of the content."""
    columns = ("report", "sr2graph, ms", "resources", "dicom2fhir, ms", "resources of it", "ratio")
    result = Table("Files to bundles beside dicom2fhir", columns)
    failed = 0
    for each in inputs:
        theirs = fhir_peers.dicom2fhir(each.data)
        if theirs is None:
            failed += 1
            continue
        ours = to_fhir(sr2graph.read(each.data)).resource["entry"]
        works = (lambda: text_of(sr2graph.read(each.data)), lambda: fhir_peers.dicom2fhir(each.data))  # noqa: B023
        seconds, their = (median(clocked(work) for _ in range(repetitions)) for work in works)
        cells = (milliseconds(seconds), f"{len(ours)}", milliseconds(their), f"{theirs}", ratio(their, seconds))
        result.rows.append((each.name, *cells))
    result.notes.append("It makes no DiagnosticReport and no Observation of a structured report: less work.")
    result.notes.append(f"It fails at {failed} of {len(inputs)} reports.")
    return result


def measured(inputs: Sequence[Input], repetitions: int, counts: tuple[int, int]) -> Iterator[Table]:
    """Yield the tables, each when it is measured."""
    yield models(inputs, repetitions)
    yield large(repetitions)
    yield export(*counts)
    if fhir_peers.has_dicom2fhir():
        yield against_dicom2fhir(inputs, repetitions)
    else:
        print("dicom2fhir is not installed: not compared\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; write the tables as JSON if asked to."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fhir", description="FHIR bundles against their peers.")
    parser.add_argument("--quick", action="store_true", help="few reports, once each: to see that it runs")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the tables there too")
    options = parser.parse_args(arguments)
    repetitions = 1 if options.quick else 5
    print(f"{machine()}, fhir.resources {version('fhir.resources')}\n")
    collect_rarely()
    for each in warm_up():
        text_of(sr2graph.read(each.data))
    inputs = [each for each in samples(quick=options.quick) if not each.name.startswith("fluoroscopy")]
    tables = []
    for table in measured(inputs, repetitions, (5, 15) if options.quick else EXPORTED):
        print(table, flush=True)
        tables.append(table)
    tables.append(verdicts(tables))
    print(tables[-1])
    if options.json is not None:
        write_json(options.json, tables)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
