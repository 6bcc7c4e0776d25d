"""Checking many files: what each of them gets wrong, as lines for people and as rows for programs."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

from sr2graph.batch.outcome import Outcome, State, unconverted
from sr2graph.batch.reading import reports
from sr2graph.batch.sources import Input
from sr2graph.dicom.limits import DEFAULT_LIMITS, Limits
from sr2graph.dicom.report import Report
from sr2graph.templates.checking import Finding, Severity, checked

COLUMNS = ("file", "severity", "position", "rule", "row", "standard", "found")
UNREADABLE = "unreadable"
"""The rule of what cannot be read at all."""
MOST_POSITIONS = 3
"""Places of one and the same finding that the table names."""

NAMES = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of checking one document."""

    file: str
    findings: tuple[Finding, ...] = ()
    skipped: str = ""
    """Why it is nothing to check."""

    @property
    def has_errors(self) -> bool:
        """Whether the document breaks the standard, or cannot be read."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)


def checks(entries: Iterable[Input], limits: Limits = DEFAULT_LIMITS) -> Iterator[Checked]:
    """Yield what came of each document of some inputs; one that cannot be read has one finding that says so."""
    for name, found in reports(entries, limits):
        outcome = _checked(name, found) if isinstance(found, Report) else found
        if isinstance(outcome, Checked):
            yield outcome
        elif outcome.state is State.SKIPPED:
            yield Checked(name, skipped=outcome.reason)
        else:
            standard = "PS3.10 and PS3.5: a file that can be read"
            yield Checked(name, (Finding(Severity.ERROR, "file", UNREADABLE, "", standard, outcome.reason),))


def _checked(name: str, report: Report) -> Checked | Outcome:
    try:
        return Checked(name, tuple(checked(report)))
    except Exception as error:  # noqa: BLE001 # a bug costs this file, not the run
        return unconverted(name, error)


# ---------------------------------------------------------------- printing


def table(found: Iterable[Checked], least: Severity) -> Iterator[str]:
    """Yield lines for people, findings that differ only in their place folded into one."""
    for each in found:
        if not each.skipped:
            yield f"{each.file}: {_counted(each.findings)}\n"
            yield from _folded([finding for finding in each.findings if finding.severity.reaches(least)])


def _folded(findings: list[Finding]) -> Iterator[str]:
    places: dict[tuple[Severity, str, str, str, str], list[str]] = {}
    for each in findings:
        key = each.severity, each.rule, each.row, each.standard, each.found
        places.setdefault(key, []).append(each.position)
    for severity in Severity:
        for (how_bad, rule, row, standard, what), positions in places.items():
            if how_bad is severity:
                yield f"  {severity:<8} {_positions(positions)}  [{rule}]{'  ' if row else ''}{row}\n"
                yield f"           {standard}\n"
                yield f"           found: {what}\n"


def _positions(positions: list[str]) -> str:
    more = len(positions) - MOST_POSITIONS
    named = ", ".join(positions[:MOST_POSITIONS])
    return f"{named} and {more} more" if more > 0 else named


def _counted(findings: Iterable[Finding]) -> str:
    """Return `2 errors, 1 warning, 7 notes`."""
    counts = Counter(finding.severity for finding in findings)
    parts = [f"{counts[severity]:,} {NAMES[severity]}{'s' * (counts[severity] != 1)}" for severity in Severity]
    return ", ".join(parts)


def csv_rows(found: Iterable[Checked], least: Severity) -> Iterator[str]:
    """Yield the lines of a CSV file, one for each finding."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for each in found:
        writer.writerows(_rows(each, least))
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def json_array(found: Iterable[Checked], least: Severity) -> Iterator[str]:
    """Yield the pieces of a JSON array, one object for each finding."""
    separator = "[\n"
    for each in found:
        for row in _rows(each, least):
            yield separator + json.dumps(row)
            separator = ",\n"
    yield "[]\n" if separator.startswith("[") else "\n]\n"


def _rows(each: Checked, least: Severity) -> Iterator[dict[str, str]]:
    for finding in each.findings:
        if finding.severity.reaches(least):
            yield {"file": each.file, **asdict(finding)}


WRITERS = {"table": table, "json": json_array, "csv": csv_rows}
"""Format ↔ how it is written."""
