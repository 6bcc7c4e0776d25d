"""The command line: verbs that call the library and print what it says.

What is heavy is imported inside the commands, so that --help is instant.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NoReturn

import click

from sr2graph import __version__, cli_check, cli_corpus, cli_fhir, cli_templates
from sr2graph.terminal import Verbs, collect_rarely, columns, existing, listed, progress, put, say

if TYPE_CHECKING:
    from sr2graph.batch.outcome import Outcome, Tally
    from sr2graph.dicom.show import Line

FORMATS = ("nquads", "trig", "turtle", "jsonld")

STYLES: dict[str, dict[str, Any]] = {
    "position": {"fg": "cyan"},
    "relationship": {"dim": True},
    "type": {"fg": "blue"},
    "name": {"bold": True},
    "value": {"fg": "green"},
    "label": {"fg": "cyan"},
    "note": {"dim": True},
}
"""Colours, by the part that a stretch of text plays."""


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="sr2graph")
def main() -> None:
    """DICOM Structured Reports as lossless RDF graphs, and many of them as a corpus that answers SPARQL."""


for room in (cli_corpus, cli_check, cli_templates, cli_fhir):
    for command in room.COMMANDS:
        main.add_command(command)

# ---------------------------------------------------------------- show


@main.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--header/--no-header", default=True, help="Say first who, when and by what. Default: yes.")
@click.option("--full", is_flag=True, help="Print long texts and lists to their end.")
@click.option(
    "--width",
    type=click.IntRange(min=0),
    help="Fold lines to so many columns; 0: do not. Default: the width of the terminal, and 0 for a pipe or file.",
)
def show(*, paths: tuple[str, ...], header: bool, full: bool, width: int | None) -> None:
    """Print the content tree of reports.

    Each line is one content item: its position in the tree, how it relates to the item above, its value type, name
    and value. PATH is a file, a folder, a zip archive, DICOM JSON, or - for a list of paths on standard input. What a
    file gets wrong is listed on standard error.
    """
    from sr2graph.batch.outcome import Outcome, State
    from sr2graph.batch.reading import reports
    from sr2graph.batch.sources import inputs
    from sr2graph.dicom.show import shown

    room = columns() if width is None else width
    printed = failed = 0
    for name, found in reports(inputs(existing(paths), listed(paths))):
        if isinstance(found, Outcome):
            say(f"{found.state}: {name}: {found.reason}")
            failed += found.state is State.FAILED
            continue
        _print([[]] * bool(printed))
        _print(shown(found, width=room, header=header, full=full))
        for deviation in found.deviations:
            say(f"warning: {name}: {deviation}")
        printed += 1
    sys.exit(1 if failed or not printed else 0)


def _print(lines: Iterable[Line]) -> None:
    put(_painted(lines, plain=not sys.stdout.isatty() or "NO_COLOR" in os.environ))


def _painted(lines: Iterable[Line], *, plain: bool) -> Iterator[str]:
    for line in lines:
        text = "".join(span.text if plain else click.style(span.text, **STYLES.get(span.part, {})) for span in line)
        yield f"{text.rstrip()}\n"


# ---------------------------------------------------------------- convert


@main.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "-o",
    "--output",
    "out",
    default="-",
    metavar="FILE|FOLDER/|-",
    help="Where the graph goes. A folder, if it exists or ends in /, gets one file per report; "
    "a FILE that ends in .gz is compressed; - is standard output, the default.",
)
@click.option(
    "-f",
    "--format",
    "format_",
    type=click.Choice(FORMATS),
    help="Notation of the graph. Default: what the suffix of FILE says, else nquads.",
)
@click.option("-j", "--jobs", type=click.IntRange(min=1), help="Worker processes. Default: all cores.")
@click.option("--report", metavar="CSV", help="Write a row per input: what it was and what became of it.")
@click.option("--strict", is_flag=True, help="Refuse reports that deviate from the standard.")
@click.option("-q", "--quiet", is_flag=True, help="No progress and no summary; failures are still told.")
def convert(  # noqa: PLR0913 # one per option
    *,
    paths: tuple[str, ...],
    out: str,
    format_: str | None,
    jobs: int | None,
    report: str | None,
    strict: bool,
    quiet: bool,
) -> None:
    """Turn reports into an RDF graph, each report a named graph.

    PATH is a file, a folder searched to the bottom, a zip archive, DICOM JSON, or - for a list of paths on standard
    input. Files are judged by their content; what is not a Structured Report is skipped. The output appears under its
    name when it is complete. Of several reports with one SOP Instance UID the first is kept and the others are skipped;
    one of other content is told of, and with --strict it fails.
    """
    from sr2graph.batch import convert as batch

    existing(paths)
    collect_rarely()
    with progress(paths, _tell, quiet=quiet) as watch:
        tally = batch.convert(
            paths,
            out,
            format=format_,
            jobs=jobs,
            strict=strict,
            report=report,
            listed=listed(paths),
            watch=watch,
        )
    _close(tally, quiet=quiet)


def _tell(outcome: Outcome) -> None:
    """Say what the user did not ask for: failures, conflicts, and files given by name that were skipped."""
    if outcome.state == "failed" or (outcome.state == "skipped" and (outcome.named or outcome.conflict)):
        say(f"{outcome.state}: {outcome.file}: {outcome.reason}")


def _close(tally: Tally, *, quiet: bool) -> NoReturn:
    if not quiet:
        say(str(tally))
    sys.exit(1 if tally.failed else 0)


# ---------------------------------------------------------------- to-dicom


@main.command("to-dicom")
@click.argument("graphs", nargs=-1, required=True, metavar="GRAPH...")
@click.option("-o", "--output", "out", required=True, metavar="FOLDER", help="Where the files go.")
@click.option(
    "-f", "--format", "format_", type=click.Choice(FORMATS), help="Notation of GRAPH. Default: what its suffix says."
)
@click.option("-q", "--quiet", is_flag=True, help="No summary; failures are still told.")
def to_dicom(*, graphs: tuple[str, ...], out: str, format_: str | None, quiet: bool) -> None:
    """Write the reports of a graph as DICOM files, from the graph alone.

    GRAPH is an RDF file that sr2graph wrote, or - for standard input. Each report becomes FOLDER/<SOP Instance
    UID>.dcm. N-Quads are read as a stream, other notations are held in memory.
    """
    from sr2graph.batch.to_dicom import to_dicom as run

    _close(run(existing(graphs), out, format=format_, watch=_tell), quiet=quiet)


if __name__ == "__main__":
    main()
