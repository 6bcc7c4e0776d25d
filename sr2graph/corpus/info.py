"""What a corpus holds, in numbers."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from sr2graph.corpus import log
from sr2graph.corpus.connection import connect
from sr2graph.corpus.history import Version, versions
from sr2graph.corpus.storage import storage

_REPORTS_BY_KIND = "SELECT kind, count(*) FROM documents GROUP BY ALL ORDER BY 2 DESC, 1"
_REPORTS_BY_TEMPLATE = """
SELECT template_identifier, count(*)
FROM documents LEFT JOIN (SELECT document, template_identifier FROM items WHERE position = '1') USING (document)
GROUP BY ALL ORDER BY 2 DESC, 1
"""
_REPORTS_BY_DEVICE = """
SELECT equipment_manufacturer, equipment_model_name, count(*) FROM documents GROUP BY ALL ORDER BY 3 DESC, 1, 2
"""
_REJECTS_BY_REASON = r"""
SELECT state, regexp_replace(reason, '\d+', '#', 'g'), count(*) FROM rejects GROUP BY ALL ORDER BY 3 DESC, 1, 2
"""
_TOTALS = "SELECT count(*), count(DISTINCT patient), coalesce(sum(items), 0) FROM documents"


@dataclass(frozen=True, slots=True)
class Count:
    """How many there are of something."""

    what: tuple[str | None, ...]
    """None for what the reports do not say."""
    number: int


@dataclass(frozen=True, slots=True)
class Info:
    """What a version of a corpus holds."""

    location: str
    version: int
    reports: int
    patients: int
    items: int
    files: int
    bytes: int
    """Of the files of this version."""
    bytes_of_history: int
    """Of the files that only other versions need, or none."""
    kinds: tuple[Count, ...]
    """Reports by kind of storage class."""
    templates: tuple[Count, ...]
    """Reports by the template identifier of their root."""
    devices: tuple[Count, ...]
    """Reports by manufacturer and model."""
    rejects: tuple[Count, ...]
    """Inputs by (failed or skipped, reason), numbers in the reason left out."""
    versions: tuple[Version, ...]

    @property
    def bytes_per_report(self) -> float:
        """What a report takes, on average; 0 for none."""
        return self.bytes / self.reports if self.reports else 0.0


def info(location: str | Path, version: int | None = None) -> Info:
    """Return what a corpus holds, at its latest version by default.  Raises CorpusError."""
    place = storage(location)
    base = log.snapshot(place, version)
    sizes = [file.size for files in base.files.values() for file in files]
    with closing(connect(base)) as connection:
        reports, patients, items = connection.execute(_TOTALS).fetchall()[0]
        return Info(
            location=place.location,
            version=base.version,
            reports=reports,
            patients=patients,
            items=items,
            files=len(sizes),
            bytes=sum(sizes),
            bytes_of_history=sum(file.size for file in place.files()) - sum(sizes),
            kinds=_counts(connection, _REPORTS_BY_KIND),
            templates=_counts(connection, _REPORTS_BY_TEMPLATE),
            devices=_counts(connection, _REPORTS_BY_DEVICE),
            rejects=_counts(connection, _REJECTS_BY_REASON),
            versions=tuple(versions(location)),
        )


def _counts(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[Count, ...]:
    rows: list[tuple[Any, ...]] = connection.execute(sql).fetchall()
    return tuple(Count(row[:-1], row[-1]) for row in rows)
