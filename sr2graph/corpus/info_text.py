"""What a corpus holds, as text for people and as JSON."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from sr2graph.corpus.history import Version
from sr2graph.corpus.info import Count, Info
from sr2graph.corpus.layout import aligned
from sr2graph.dicom.printable import printable

MOST_ROWS = 20
"""Rows of a part that are shown."""
VERSION = ("version", "time (UTC)", "what", "added", "replaced", "removed", "reports")
NUMBERS = frozenset({"number", "version", "added", "replaced", "removed", "reports"})


def info_text(info: Info) -> Iterator[str]:
    """Yield the lines, each with its line feed."""
    yield f"{printable(info.location)}, version {info.version}\n"
    yield f"{info.reports:,} reports of {info.patients:,} patients, {info.items:,} content items\n"
    yield (
        f"{size(info.bytes)} in {info.files:,} files, {size(round(info.bytes_per_report))} per report; "
        f"{size(info.bytes_of_history)} that only earlier versions need\n"
    )
    for title, counts in (
        ("kind", info.kinds),
        ("template", info.templates),
        ("device", info.devices),
        ("not a report", info.rejects),
    ):
        yield from _part(("number", title), [(f"{count.number:,}", _what(count)) for count in counts])
    yield from _part(VERSION, list(map(_version, info.versions)))


def info_json(info: Info) -> str:
    """Return all of it as JSON."""
    return json.dumps(asdict(info), default=_json_value, ensure_ascii=False, indent=2) + "\n"


def size(number: int) -> str:
    """Return a number of bytes as a person says it.

    >>> size(999), size(15_300), size(2_500_000)
    ('999 B', '15.3 kB', '2.5 MB')
    """
    if number < 1000:  # the next unit
        return f"{number} B"
    amount = float(number)
    for unit in ("kB", "MB", "GB"):
        amount /= 1000
        if amount < 999.95:  # what would be shown as 1000.0
            return f"{amount:.1f} {unit}"
    return f"{amount / 1000:.1f} TB"


def _what(count: Count) -> str:
    return ", ".join("not said" if part is None else part for part in count.what)


def _version(version: Version) -> tuple[str, ...]:
    counts = (version.added, version.replaced, version.removed, version.reports)
    operation = version.operation if version.is_readable else f"{version.operation}, forgotten"
    return str(version.number), f"{version.time:%Y-%m-%d %H:%M:%S}", operation, *(f"{count:,}" for count in counts)


def _json_value(value: object) -> str:
    assert isinstance(value, datetime.datetime)  # noqa: S101 # nothing else needs help
    return value.isoformat()


def _part(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield a small table after an empty line; of many rows the first, of many versions the last."""
    if not rows:
        return
    kept = rows[-MOST_ROWS:] if heads is VERSION else rows[:MOST_ROWS]
    yield "\n"
    yield from aligned(heads, [tuple(map(printable, row)) for row in kept], [head in NUMBERS for head in heads])
    if len(kept) < len(rows):
        yield f"... and {len(rows) - len(kept):,} {'earlier ones' if heads is VERSION else 'more'}\n"
