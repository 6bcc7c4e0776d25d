"""The verbs of a corpus: reports in, questions asked, and what keeps it in order."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import click

from sr2graph.terminal import collect_rarely, columns, existing, listed, progress, put, say, usage

if TYPE_CHECKING:
    from sr2graph.corpus.outcome import Ingested
    from sr2graph.corpus.question import Values
    from sr2graph.corpus.result import Result

RESULT_FORMATS = ("table", "csv", "tsv", "json", "xml", "parquet", "turtle", "ntriples", "nquads")
STDOUT = "-"

corpus_argument = click.argument("corpus", metavar="CORPUS")
quiet_option = click.option("-q", "--quiet", is_flag=True, help="No progress and no summary; failures are still told.")
version_option = click.option(
    "--version", "version", type=click.IntRange(min=0), metavar="N", help="An earlier version. Default: the latest."
)


# ---------------------------------------------------------------- ingest


@click.command()
@corpus_argument
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("-j", "--jobs", type=click.IntRange(min=1), help="Worker processes. Default: all cores.")
@click.option("--strict", is_flag=True, help="Refuse reports that deviate from the standard.")
@quiet_option
def ingest(*, corpus: str, paths: tuple[str, ...], jobs: int | None, strict: bool, quiet: bool) -> None:
    """Add reports to a corpus, making it where there is none.

    CORPUS is a folder, or the URL of an object store. PATH is a file, a folder searched to the bottom, a zip archive,
    DICOM JSON, or - for a list of paths on standard input. Files are judged by their content; what is not a Structured
    Report is skipped. A report that is there already changes nothing; one of the same SOP Instance UID and other
    content takes its place. A run that is interrupted has added what it had committed; the same command does the rest.
    """
    from sr2graph.corpus.ingest import ingest as run

    existing(paths)
    collect_rarely()
    with progress(paths, _tell, quiet=quiet) as watch:
        tally = run(corpus, paths, jobs=jobs, strict=strict, listed=listed(paths), watch=watch)
    if not quiet:
        say(str(tally))
    sys.exit(1 if tally.failed else 0)


def _tell(outcome: Ingested) -> None:
    """Say what failed, and what became of files given by name when they were not simply added."""
    if outcome.state == "failed" or (outcome.named and outcome.reason):
        say(f"{outcome.state}: {outcome.file}: {outcome.reason}")


# ---------------------------------------------------------------- query


@click.command()
@corpus_argument
@click.argument("question", required=False, metavar="[SPARQL|FILE.rq|-]")
@click.option("-n", "--name", metavar="NAME", help="Ask a named query: sr2graph queries lists them.")
@click.option(
    "-p",
    "--param",
    "params",
    multiple=True,
    metavar="NAME=VALUE",
    help="A value for the variable $NAME: 15, 1.5, true, <IRI> or text as in SPARQL, or with its type, such as "
    "2024-05-31^^date. Of a named query the type is known. May be given several times.",
)
@click.option(
    "-f",
    "--format",
    "format_",
    type=click.Choice(RESULT_FORMATS),
    help="Default: what the suffix of FILE says, else table, and turtle for triples.",
)
@click.option("-o", "--output", "out", default=STDOUT, metavar="FILE|-", help="Default: -, standard output.")
@version_option
@click.option("--explain", is_flag=True, help="Print the SQL and its plan instead of the answer.")
@click.option(
    "--timeout", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS", help="Give up then. Default: never."
)
@click.option("--max-rows", type=click.IntRange(min=1), metavar="N", help="Fail where there are more solutions.")
@click.option("--memory", metavar="SIZE", help="Memory that may be used, such as 4GB. Default: most of it.")
@click.option("--spill", metavar="FOLDER", help="Where to put what does not fit into memory.")
@click.option("--threads", type=click.IntRange(min=1), help="Default: all cores.")
@click.option("-v", "--verbose", is_flag=True, help="Say how many solutions there are, and how long it took.")
def query(  # noqa: PLR0913 # one per option
    *,
    corpus: str,
    question: str | None,
    name: str | None,
    params: tuple[str, ...],
    format_: str | None,
    out: str,
    version: int | None,
    explain: bool,
    timeout: float | None,
    max_rows: int | None,
    memory: str | None,
    spill: str | None,
    threads: int | None,
    verbose: bool,
) -> None:
    """Ask a corpus a question.

    The question is SPARQL 1.1: as an argument, in a file, or - for standard input. The prefixes of sr2graph need no
    declaration, and the default graph is the union of all reports. --name asks one of the queries that sr2graph brings.
    """
    from sr2graph.corpus.corpus import Corpus

    text, values = _asked(question, name, params)
    began = perf_counter()
    with Corpus(corpus, version=version, threads=threads, memory_limit=memory, spill=spill) as opened:
        if explain:
            put((f"{opened.explain(text, values)}\n",))
            return
        found = opened.query(text, values, timeout=timeout, max_rows=max_rows)
    for note in found.notes:
        say(f"note: {note}")
    if verbose:
        say(f"{_size(found)} from version {opened.version}, by {found.engine}, in {perf_counter() - began:.2f} s")
    _write(found, out, format_)


def _asked(question: str | None, name: str | None, params: tuple[str, ...]) -> tuple[str, Values]:
    from sr2graph.corpus import question as questions

    if (question is None) == (name is None):
        raise click.UsageError("give either a question or --name")
    with usage():
        if name is not None:
            return questions.named(name, params)
        assert question is not None  # noqa: S101 # one of the two is given
        if question == STDOUT:
            return questions.own(sys.stdin.read(), params)
        if questions.is_file(question):
            return questions.own(questions.read(question), params, name=question)
        return questions.own(question, params)


def _size(found: Result) -> str:
    from sr2graph.corpus.result import Answer, Triples

    if isinstance(found, Answer):
        return "an answer"
    noun = "triple" if isinstance(found, Triples) else "solution"
    return f"{len(found):,} {noun}{'' if len(found) == 1 else 's'}"


def _write(found: Result, out: str, format_: str | None) -> None:
    from sr2graph.batch.destination import UsageError, own_errors
    from sr2graph.corpus.formats import format_for, save, table

    chosen = format_for(format_, None if out == STDOUT else out, found)
    if out != STDOUT:
        save(found, Path(out), chosen)
    elif chosen.name == "table":
        put(table(found, columns()))
    elif chosen.name == "parquet" and sys.stdout.isatty():
        raise UsageError("a terminal cannot show parquet. Name a file: -o FILE")
    else:
        with own_errors():
            chosen.write(found, sys.stdout.buffer)
            sys.stdout.buffer.flush()


@click.command()
@click.option("-n", "--name", metavar="NAME", help="Print the text of this one.")
@click.option("--topic", metavar="TOPIC", help="List only those of a topic.")
def queries(*, name: str | None, topic: str | None) -> None:
    """List the queries that sr2graph brings: name, question and parameters."""
    from sr2graph.corpus.named import named_query
    from sr2graph.corpus.queries_text import queries_text

    with usage():
        put((named_query(name).text,) if name is not None else queries_text(topic, columns()))


# ---------------------------------------------------------------- upkeep


@click.command()
@corpus_argument
@click.option(
    "-f", "--format", "format_", type=click.Choice(("table", "json")), default="table", help="Default: table."
)
@version_option
def info(*, corpus: str, format_: str, version: int | None) -> None:
    """Say what a corpus holds: reports by kind, template and device, inputs that were refused, versions."""
    from sr2graph.corpus.info import info as held
    from sr2graph.corpus.info_text import info_json, info_text

    found = held(corpus, version)
    put((info_json(found),) if format_ == "json" else info_text(found))


@click.command()
@corpus_argument
@click.argument("uids", nargs=-1, required=True, metavar="UID...")
@quiet_option
def remove(*, corpus: str, uids: tuple[str, ...], quiet: bool) -> None:
    """Remove reports by SOP Instance UID.

    UID may also be the IRI of a report, or - for a list on standard input. Earlier versions still show the reports,
    until compact --forget-history.
    """
    from sr2graph.corpus.remove import remove as run

    found = run(corpus, _uids(uids))
    for uid in found.unknown:
        say(f"failed: {uid}: there is no such report")
    if not quiet:
        say(f"{len(found.removed):,} removed, {len(found.unknown):,} failed; version {found.version}")
    sys.exit(1 if found.unknown else 0)


def _uids(given: tuple[str, ...]) -> list[str]:
    lines = (line for uid in given for line in (sys.stdin if uid == "-" else (uid,)))
    return [line.strip().removeprefix("urn:oid:") for line in lines if line.strip()]


@click.command()
@corpus_argument
@click.option("--forget-history", is_flag=True, help="Give up all earlier versions; what was removed is gone for good.")
@quiet_option
def compact(*, corpus: str, forget_history: bool, quiet: bool) -> None:
    """Merge small files into large ones, and drop what was removed.

    Queries get faster, answers stay the same, and earlier versions can still be read unless --forget-history is given.
    """
    from sr2graph.corpus.compact import compact as run
    from sr2graph.corpus.info_text import size

    done = run(corpus, forget_history=forget_history)
    if not quiet:
        say(
            f"{done.files_before:,} files ({size(done.bytes_before)}) became {done.files_after:,} "
            f"({size(done.bytes_after)}), {done.deleted:,} deleted; version {done.version}"
        )


@click.command()
@corpus_argument
@click.option(
    "-o", "--output", "out", default=STDOUT, metavar="FILE|-", help="A name ending in .gz is compressed. Default: -."
)
@version_option
@quiet_option
def dump(*, corpus: str, out: str, version: int | None, quiet: bool) -> None:
    """Write all reports as N-Quads: a backup, or food for a triple store.

    Equal corpora have equal dumps, byte for byte.
    """
    from sr2graph.batch.destination import own_errors
    from sr2graph.corpus import dump as dumping
    from sr2graph.corpus.connection import connect
    from sr2graph.corpus.log import snapshot
    from sr2graph.corpus.storage import storage

    with closing(connect(snapshot(storage(corpus), version))) as connection:
        if out == STDOUT:
            with own_errors():
                count = dumping.write_nquads(connection, sys.stdout.buffer)
                sys.stdout.buffer.flush()
        else:
            count = dumping.dump(connection, Path(out))
    if not quiet:
        say(f"{count:,} reports written")


@click.command()
@corpus_argument
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@quiet_option
def load(*, corpus: str, files: tuple[str, ...], quiet: bool) -> None:
    """Add the reports of RDF files to a corpus, making it where there is none.

    FILE is what dump or convert wrote: .nq, .trig, .ttl, .nt or .jsonld, also with .gz. What a file says of anything
    but reports is left out, and counted.
    """
    from sr2graph.corpus.load import load as run

    failed = 0
    for file in existing(files):
        done = run(corpus, Path(file))
        for iri, reason in done.failures:
            say(f"failed: {file}: {iri}: {reason}")
        failed += len(done.failures)
        if not quiet:
            others = f", {done.others:,} other statements left out" if done.others else ""
            say(f"{file}: {done.reports:,} reports{others}, {len(done.failures):,} failed; version {done.version}")
    sys.exit(1 if failed else 0)


COMMANDS = (ingest, query, queries, info, remove, compact, dump, load)
