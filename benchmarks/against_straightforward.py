"""sr2graph against the converter one would write first with pydicom and rdflib."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from benchmarks.measure import Check, Table, milliseconds, ratio
from benchmarks.passes import Measured

TARGET = 30
COLUMNS = ("report", "KB", "quads", "theirs", "ms", "theirs, ms", "ratio")


def table(name: str, reports: Sequence[Measured]) -> Table:
    """Return the comparison, file by file and in total."""
    found = sorted((m for m in reports if m.their_quads), key=lambda m: len(m.report.data))
    result = Table(f"Bytes to N-Quads: sr2graph and pydicom + rdflib, {name}", COLUMNS)
    result.rows += [row(m.report.name, [m]) for m in found]
    if not found:
        return result
    total = row("all", found)
    result.rows.append(total)
    result.notes.append(f"Median of the ratios: {median(m.theirs / m.ours for m in found):.1f}×.")
    refused = [m.report.name for m in reports if not m.their_quads]
    if refused:
        result.notes.append(f"Left out, because pydicom + rdflib refuse them: {', '.join(refused)}.")
    reached = sum(m.theirs for m in found) >= TARGET * sum(m.ours for m in found)
    result.checks.append(Check(f"at least {TARGET}× the straightforward converter ({name})", total[-1], reached))
    return result


def row(name: str, some: Sequence[Measured]) -> tuple[str, ...]:
    """Return the sums of some reports."""
    ours, theirs = sum(m.ours for m in some), sum(m.theirs for m in some)
    return (
        name,
        f"{sum(len(m.report.data) for m in some) / 1e3:,.0f}",
        f"{sum(m.quads for m in some):,}",
        f"{sum(m.their_quads or 0 for m in some):,}",
        milliseconds(ours),
        milliseconds(theirs),
        ratio(theirs, ours),
    )
