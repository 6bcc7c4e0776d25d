"""What templates cost beside reading and writing: `python -m benchmarks.templates`.

README.md beside this file says what is measured and how.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import sr2graph
from benchmarks.convert import machine, verdicts
from benchmarks.inputs import CORPUS, Input, corpus, samples, warm_up
from benchmarks.measure import Check, Table, milliseconds, ratio, write_json
from benchmarks.ours import without_templates
from sr2graph.dicom.report import Report
from sr2graph.errors import SrError
from sr2graph.graph.quads import nquads
from sr2graph.samples import large_sample
from sr2graph.templates.checking import checked
from sr2graph.templates.matching import matched
from sr2graph.templates.observations import observations

SMALL_ITEMS, SMALL_TARGET = 300, 0.02
LARGE_ITEMS, LARGE_TARGET = 6_582, 0.5
"""Content items, and the seconds that checking them may take."""


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds for one report."""

    items: int
    plain: float
    """Bytes to N-Quads without templates."""
    whole: float
    """Bytes to N-Quads."""
    match: float
    observe: float
    check: float


def clocked(work: Callable[[], object]) -> float:
    """Return the CPU seconds of some work."""
    start = time.process_time()
    work()
    return time.process_time() - start


def cost(data: bytes) -> Cost:
    """Measure one report, once."""
    with without_templates():
        plain = clocked(lambda: nquads(sr2graph.read(data)))
    whole = clocked(lambda: nquads(sr2graph.read(data)))
    report = sr2graph.read(data)
    matching = matched(report)
    return Cost(
        items=len(matching.items),
        plain=plain,
        whole=whole,
        match=clocked(lambda: matched(report)),
        observe=clocked(lambda: observations(matching)),
        check=clocked(lambda: checked(report)),
    )


def costs(inputs: Sequence[Input], repetitions: int) -> dict[str, Cost]:
    """Return the medians for each report that can be read."""
    found: dict[str, Cost] = {}
    for each in inputs:
        try:
            several = [cost(each.data) for _ in range(repetitions)]
        except SrError:
            continue
        fields = ("plain", "whole", "match", "observe", "check")
        found[each.name] = Cost(several[0].items, *(median(getattr(c, name) for c in several) for name in fields))
    return found


def cost_table(name: str, found: dict[str, Cost]) -> Table:
    """Return the costs of a set of reports: all of them, and the largest ones by themselves."""
    columns = ("reports", "items", "read and write, ms", "with templates, ms", "ratio", "match", "observe", "check, ms")
    result = Table(f"Templates beside reading and writing: {name}", columns)
    largest = sorted(found, key=lambda key: -found[key].items)[:3]
    everything = _sum(list(found.values()))
    for label, each in [(f"all {len(found)}", everything), *((key, found[key]) for key in largest)]:
        cells = (milliseconds(each.plain), milliseconds(each.whole), ratio(each.whole, each.plain))
        stages = (_per_item(each.match, each), _per_item(each.observe, each), milliseconds(each.check))
        result.rows.append((label, f"{each.items:,}", *cells, *stages))
    result.notes.append("Match and observe: µs per content item. CPU time, median of the repetitions, warm.")
    target = f"templates add at most what reading and writing take ({name})"
    result.checks.append(
        Check(target, ratio(everything.whole, everything.plain), everything.whole <= 2 * everything.plain)
    )
    return result


def _sum(found: Sequence[Cost]) -> Cost:
    fields = ("plain", "whole", "match", "observe", "check")
    return Cost(sum(c.items for c in found), *(sum(getattr(c, name) for c in found) for name in fields))


def _per_item(seconds: float, each: Cost) -> str:
    return f"{1e6 * seconds / max(each.items, 1):.2f}"


def dose_report(items: int) -> Report:
    """Return a dose report with about so many content items."""
    events = 1
    while sum(1 for _ in large_sample(events).walk()) < items:
        events += 1
    return large_sample(events)


def check_table(repetitions: int) -> Table:
    """Return how long dose reports of two sizes take to check."""
    result = Table("Checking a dose report", ("items", "findings", "ms", "µs per item"))
    for wanted, target in ((SMALL_ITEMS, SMALL_TARGET), (LARGE_ITEMS, LARGE_TARGET)):
        report = dose_report(wanted)
        items, findings = sum(1 for _ in report.walk()), len(checked(report))
        seconds = median(clocked(lambda report=report: checked(report)) for _ in range(repetitions))  # type: ignore[misc]
        result.rows.append((f"{items:,}", f"{findings:,}", milliseconds(seconds), f"{1e6 * seconds / items:.1f}"))
        told = f"{wanted:,} items checked in under {1e3 * target:g} ms"
        result.checks.append(Check(told, f"{milliseconds(seconds)} ms", seconds * wanted / items < target))
    return result


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; write the tables as JSON if asked to."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.templates", description="What templates cost.")
    parser.add_argument("--quick", action="store_true", help="few reports, once each: to see that it runs")
    parser.add_argument("--corpus", type=Path, default=CORPUS, metavar="DIR", help="a folder of DICOM SRs")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the tables there too")
    options = parser.parse_args(arguments)
    repetitions = 1 if options.quick else 5
    print(f"{machine()}\n")
    costs(warm_up(), 1)
    sets = {"samples": samples(quick=options.quick), "corpus": corpus(options.corpus, quick=options.quick)}
    tables = [cost_table(name, costs(some, repetitions)) for name, some in sets.items() if some]
    if not options.quick:
        tables.append(check_table(repetitions))
    tables.append(verdicts(tables))
    for table in tables:
        print(table)
    if options.json is not None:
        write_json(options.json, tables)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
