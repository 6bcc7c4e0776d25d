"""How many quads a second on one core, and in which stage the time goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO

from pydicom import dcmread
from pydicom.config import disable_value_validation

from benchmarks.measure import Check, Table
from benchmarks.passes import Measured

TARGET = 500_000
COLUMNS = ("reports", "quads", "items", "quads/s", "µs/element", "µs/item", "tokenise", "tree", "records", "text")


def table(sets: Mapping[str, Sequence[Measured]]) -> Table:
    """Return the throughput of each set of reports and of all."""
    result = Table("Throughput on one core, and its stages", COLUMNS)
    for name, reports in sets.items():
        result.rows.append(row(name, reports))
        largest = max(reports, key=lambda m: m.quads)
        result.rows.append(row(largest.report.name, [largest]))
    everything = [m for reports in sets.values() for m in reports]
    result.rows.append(row("all", everything))
    result.notes.append("Stages in % of the whole: bytes to elements, content tree, records, text.")
    for name, reports in sets.items():
        speed = quads_per_second(reports)
        result.checks.append(Check(f"at least {TARGET:,} quads/s per core ({name})", f"{speed:,.0f}", speed >= TARGET))
    return result


def quads_per_second(reports: Sequence[Measured]) -> float:
    """Return quads per CPU second from bytes to text."""
    return sum(m.quads for m in reports) / sum(m.ours for m in reports)


def row(name: str, reports: Sequence[Measured]) -> tuple[str, ...]:
    """Return the sums of some reports."""
    items, whole = sum(m.items for m in reports), sum(m.ours for m in reports)
    tokenise, records = sum(m.tokenise for m in reports), sum(m.records for m in reports)
    read, nquads = sum(m.read for m in reports), sum(m.nquads for m in reports)
    stages = (tokenise, read - tokenise, records, nquads - records)
    told = [(m.tokenise, count) for m in reports if (count := element_count(m.report.data))]
    per_element = sum(seconds for seconds, _ in told) / max(1, sum(count for _, count in told))
    return (
        name,
        f"{sum(m.quads for m in reports):,}",
        f"{items:,}",
        f"{quads_per_second(reports):,.0f}",
        f"{per_element * 1e6:.2f}",
        f"{whole / max(items, 1) * 1e6:.1f}",
        *(f"{100 * max(0.0, seconds) / whole:.0f}" for seconds in stages),
    )


def element_count(data: bytes) -> int:
    """Return how many elements a file has at all depths, as pydicom counts; 0 when pydicom cannot tell."""
    try:
        with disable_value_validation():
            return sum(1 for _ in dcmread(BytesIO(data), force=True).iterall())
    except Exception:  # noqa: BLE001 -- it refuses broken files in many ways
        return 0
