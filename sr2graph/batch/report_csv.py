"""The CSV report of a run: one row per input, no patient data."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sr2graph.batch.destination import UsageError, replacing
from sr2graph.batch.outcome import Outcome, State
from sr2graph.dicom.printable import printable

COLUMNS = ("file", "sop_instance_uid", "kind", "items", "by_reference", "quads", "warnings", "error")
_FORMULA = ("=", "+", "-", "@")


def row(outcome: Outcome) -> list[str]:
    """Return the cells of an outcome; counts are empty where no report was read."""
    read = bool(outcome.sop_instance_uid)
    counts = (outcome.items, outcome.by_reference, outcome.quads, outcome.warnings)
    reason = f"skipped: {outcome.reason}" if outcome.state is State.SKIPPED else outcome.reason
    return [
        _cell(outcome.file),
        _cell(outcome.sop_instance_uid),
        _cell(outcome.kind),
        *(str(count) if read else "" for count in counts),
        _cell(reason),
    ]


def _cell(text: str) -> str:
    """Return text that stays on its line, and that a spreadsheet does not take for a formula."""
    text = printable(text)
    return f"'{text}" if text.startswith(_FORMULA) else text


@contextmanager
def report_csv(path: str | None) -> Iterator[Callable[[Outcome], None]]:
    """Open the report; it appears under its name when the block ends.  No path, no report."""
    if path is None:
        yield lambda _: None
        return
    with replacing(Path(path).resolve()) as (complete, _):
        try:
            file = complete.open("w", encoding="utf-8", newline="")
        except OSError as cause:
            raise UsageError(f"{path}: cannot be written ({cause.strerror})") from cause
        with file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            yield lambda outcome: writer.writerow(row(outcome))
