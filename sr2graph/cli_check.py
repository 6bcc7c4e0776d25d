"""The verb that tells what reports get wrong."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

from sr2graph.terminal import existing, listed, put, safe, say

if TYPE_CHECKING:
    from sr2graph.batch.checks import Checked

FORMATS = ("table", "json", "csv")
SEVERITIES = ("error", "warning", "info")


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("-f", "--format", "format_", type=click.Choice(FORMATS), default="table", help="Default: table.")
@click.option(
    "--severity",
    type=click.Choice(SEVERITIES),
    default="warning",
    help="The least that is told: error, warning or info. Default: warning.",
)
def check(*, paths: tuple[str, ...], format_: str, severity: str) -> None:
    """Tell what reports get wrong: relationships, template rows, codes, units.

    Each finding names the content item, the rule that found it, the template row, and what the standard says with its
    section; never a value, a text or a name of the report. PATH is a file, a folder, a zip archive, DICOM JSON, or -
    for a list of paths on standard input. Exit status 1 when there are errors. The table names one finding with all
    its places; csv and json have a row for each.
    """
    from sr2graph.batch.checks import WRITERS, checks
    from sr2graph.batch.sources import inputs
    from sr2graph.templates.checking import Severity

    watch = _Watch()
    found = watch.over(checks(inputs(existing(paths), listed(paths))))
    lines = WRITERS[format_](found, Severity(severity))
    put(f"{safe(line)}\n" for line in lines) if format_ == "table" else put(lines)
    sys.exit(1 if watch.errors or not watch.checked else 0)


class _Watch:
    """Counts what goes by, and says what is skipped."""

    def __init__(self) -> None:
        self.checked = self.errors = 0

    def over(self, found: Iterable[Checked]) -> Iterator[Checked]:
        for each in found:
            if each.skipped:
                say(f"skipped: {each.file}: {each.skipped}")
            else:
                self.checked += 1
                self.errors += each.has_errors
            yield each


COMMANDS = (check,)
