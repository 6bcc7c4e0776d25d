"""The verb that turns reports into FHIR."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TextIO

import click

from sr2graph.terminal import collect_rarely, existing, listed, put, say, usage

if TYPE_CHECKING:
    from sr2graph.batch.outcome import Outcome
    from sr2graph.corpus.question import Values
    from sr2graph.fhir.exporting import Form, LossTable, Sink
    from sr2graph.fhir.making import Choices, Run
    from sr2graph.fhir.making import Result as MadeResult
    from sr2graph.fhir.posting import ResultTable
    from sr2graph.fhir.project import FhirBundle
    from sr2graph.fhir.server import Server

FLAVOURS = ("r5-dicom-sr", "r4", "r4-rds", "r5-idr", "r4-imr")
FORMATS = ("json", "turtle", "nquads")
SUFFIXES = {".ttl": "turtle", ".nq": "nquads"}
BUNDLES = ("transaction", "batch", "collection", "document")
POSTED = ("transaction", "batch")
IDS = ("put", "conditional", "logical")
TIMEOUT = 60.0

_URL = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]+://")
_STDIN = "-"


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the bundles go: at most one of these, and standard output where there is none."""

    output: str | None
    format: str
    base: str | None
    ndjson: Path | None
    server: str | None
    token_file: Path | None
    token_env: str | None
    timeout: float
    results: Path | None

    @contextmanager
    def opened(self) -> Iterator[Sink]:
        """Open the place."""
        from sr2graph.batch.destination import is_folder
        from sr2graph.fhir.exporting import Form, OneBundle, bundle_folder, many_bundles, ndjson_folder

        written = Form(self.format, self.base)
        if self.server is not None:
            server = self._server(self.server)
            with _posted(self.results) as results:
                yield _Posts(server, results)
        elif self.ndjson is not None:
            with ndjson_folder(self.ndjson) as types:
                yield types
        elif self.output is None:
            yield _Printed(written)
        elif is_folder(self.output):
            with bundle_folder(Path(self.output), written) as folder:
                yield folder
        elif written.several:
            with many_bundles(Path(self.output), written) as file:
                yield file
        else:
            yield OneBundle(Path(self.output))

    def _server(self, url: str) -> Server:
        from sr2graph.fhir.server import Server

        with usage():
            return Server(url, _token(self.token_file, self.token_env), timeout=self.timeout)


def _token(file: Path | None, variable: str | None) -> str | None:
    """Return the token; no message quotes it."""
    if file is not None and variable is not None:
        raise click.UsageError("give one of --token-file and --token-env")
    if variable is not None:
        if variable not in os.environ:
            raise click.UsageError(f"--token-env: there is no variable {variable}")
        return os.environ[variable].strip()
    try:
        return None if file is None else file.read_text(encoding="utf-8-sig").strip()
    except OSError as error:
        raise click.UsageError(f"{file}: {error.strerror}") from error
    except UnicodeDecodeError:
        raise click.UsageError(f"{file}: not text, and a token is") from None


class _Posts:
    """Bundles on their way to a server: a line each on standard output, and what was not done on standard error."""

    staging = None

    def __init__(self, server: Server, results: ResultTable | None) -> None:
        self._server = server
        self._results = results
        self._is_checked = False

    @staticmethod
    def render(bundle: FhirBundle) -> FhirBundle:
        return bundle

    def add(self, uid: str, bundle: FhirBundle) -> bool:
        from sr2graph.errors import FhirError
        from sr2graph.fhir.posting import check_release, grouped, post

        if not self._is_checked:
            check_release(bundle, self._server)
            self._is_checked = True
        posted = post(bundle, self._server)
        put([f"{uid}: {posted}\n"])
        if self._results is not None:
            self._results.add(uid, posted)
        for first, numbers in grouped(posted.results):
            which = f"{first.type}/{first.id}" if len(numbers) == 1 else f"{len(numbers):,} entries"
            say(f"{first.what}: {uid}: {which}: {first.reason}")
        if posted.is_hopeless:
            raise FhirError("given up: what follows would fare no better. The same command again does no harm")
        return posted.is_done


class _Printed:
    """Bundles on standard output, one after the other."""

    staging = None

    def __init__(self, form: Form) -> None:
        self.render = form.data

    def add(self, uid: str, rendered: bytes) -> bool:  # noqa: ARG002 # a Sink
        put([rendered.decode()])
        return True


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...|CORPUS")
@click.option("--flavour", type=click.Choice(FLAVOURS), default=FLAVOURS[0], help=f"Default: {FLAVOURS[0]}.")
@click.option("--bundle", type=click.Choice(BUNDLES), help=f"Default: {BUNDLES[0]}.")
@click.option("--ids", type=click.Choice(IDS), default=IDS[0], help=f"How a server knows resources. Default: {IDS[0]}.")
@click.option("--timezone", metavar="+HH:MM", help="Of times in a report that does not say.")
@click.option("--patient-system", metavar="URI", help="Of patient IDs in a report that names no issuer.")
@click.option("--query", "question", metavar="SPARQL|FILE.rq|-", help="Only the reports of CORPUS that this selects.")
@click.option("-n", "--name", metavar="NAME", help="The same by a named query: sr2graph queries lists them.")
@click.option("-p", "--param", "params", multiple=True, metavar="NAME=VALUE", help="A value, as sr2graph query has it.")
@click.option("--version", "version", type=click.IntRange(min=0), metavar="N", help="An earlier version of CORPUS.")
@click.option(
    "-o",
    "--output",
    metavar="FILE|FOLDER/",
    help="A folder, if it exists or ends in /, gets one file per report. Default: standard output, a bundle a line.",
)
@click.option(
    "--format",
    type=click.Choice(FORMATS),
    help="Of bundles; RDF is that of the release. Default: json, or what the name of the file ends in: .ttl, .nq.",
)
@click.option("--base", metavar="URL", help="Of RDF: resources have the IRIs of the FHIR server with this base.")
@click.option(
    "--ndjson",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Instead of bundles, one file for each type of resource, a resource a line.",
)
@click.option(
    "--losses",
    type=click.Path(dir_okay=False, path_type=Path),
    help="CSV of what each content item became, or why not.",
)
@click.option(
    "--check", is_flag=True, help="Look at each bundle first; one with a problem is a failure, and goes nowhere."
)
@click.option(
    "--post", "server", metavar="URL", help="Post each bundle to the FHIR server with this base, and say what it did."
)
@click.option(
    "--token-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Of --post: a file that holds the bearer token.",
)
@click.option("--token-env", metavar="VARIABLE", help="Of --post: an environment variable that holds it.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=TIMEOUT,
    metavar="SECONDS",
    help=f"Of --post: to wait for the server. Default: {TIMEOUT:g}.",
)
@click.option(
    "--posted",
    "results",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="CSV",
    help="Of --post: a row per entry, what the server did with it.",
)
@click.option("-j", "--jobs", type=click.IntRange(min=1), help="Worker processes; --post has one. Default: all cores.")
@click.option("-q", "--quiet", is_flag=True, help="No summary; failures are still told.")
def fhir(  # noqa: PLR0913 # one per option
    *,
    paths: tuple[str, ...],
    flavour: str,
    bundle: str | None,
    ids: str,
    timezone: str | None,
    patient_system: str | None,
    question: str | None,
    name: str | None,
    params: tuple[str, ...],
    version: int | None,
    output: str | None,
    format: str | None,
    base: str | None,
    ndjson: Path | None,
    losses: Path | None,
    check: bool,
    server: str | None,
    token_file: Path | None,
    token_env: str | None,
    timeout: float,
    results: Path | None,
    jobs: int | None,
    quiet: bool,
) -> None:
    """Turn reports into bundles of FHIR resources.

    PATH is a file, a folder, a zip archive, DICOM JSON, or - for a list of paths on standard input. Of a CORPUS, a
    query can select reports: the first column that has reports or items of reports tells which. Flavour r5-dicom-sr
    follows the HL7 guide DICOM SR to FHIR and r4 has the same shape in FHIR R4; r4-rds is a dose summary, r5-idr and
    r4-imr are reports as IHE has them. The same report gives the same text. What no element of a resource has is in
    the narrative of the DiagnosticReport; --losses tells of every content item.

    --post may be repeated: ids follow from the report, so a second time changes nothing. Certificates are verified,
    and what is safe to send again is sent again when the server is busy. Exit status 1 unless all was done.
    """
    from sr2graph.batch.convert import cores
    from sr2graph.fhir.making import Choices, Run

    written = _format(format, base, output, ndjson, server)
    places = _Places(output, written, base, ndjson, server, token_file, token_env, timeout, results)
    choices = Choices(flavour, _bundle_type(bundle, ids, places), ids, timezone, patient_system, check)
    asked = _asked(question, name, params)
    of_corpus = asked is not None or version is not None or _is_corpus(paths)
    if of_corpus and len(paths) > 1:
        raise click.UsageError("a query is asked of one corpus, and here are several paths")
    workers = 1 if server is not None else jobs or cores()
    collect_rarely()
    with ExitStack() as stack:
        sink, table = stack.enter_context(places.opened()), stack.enter_context(_losses(losses))
        run = Run(sink, table, _tell, is_once=of_corpus)
        made = _of_corpus(paths[0], asked, version) if of_corpus else _of_paths(paths)
        run.all(stack.enter_context(closing(made(choices, sink, workers, with_losses=table is not None))))
    _close(run, quiet=quiet, is_empty_fine=of_corpus)


def _format(format: str | None, base: str | None, output: str | None, ndjson: Path | None, server: str | None) -> str:
    """Return how bundles are to be written."""
    if format is not None and (ndjson is not None or server is not None):
        raise click.UsageError("--format is for bundles that are written, not for --ndjson and --post")
    told = format or SUFFIXES.get(Path(output or "").suffix, FORMATS[0])
    if base is not None and told == FORMATS[0]:
        raise click.UsageError("--base is for RDF: --format turtle or nquads")
    from sr2graph.fhir.rdf_rules import checked_base

    with usage():
        checked_base(base)
    return told


def _bundle_type(bundle: str | None, ids: str, places: _Places) -> str:
    """Return the type of bundle that is to be made.  References in NDJSON are those of a batch: relative."""
    if sum(place is not None for place in (places.output, places.ndjson, places.server)) > 1:
        raise click.UsageError("give one of --output, --ndjson and --post")
    if places.server is None and (places.token_file or places.token_env is not None or places.results):
        raise click.UsageError("--token-file, --token-env and --posted are for --post")
    if places.server is not None and bundle not in {None, *POSTED}:
        raise click.UsageError(f"a {bundle} is not for posting. Use --bundle {' or '.join(POSTED)}")
    if places.ndjson is None:
        return bundle or BUNDLES[0]
    if bundle is not None:
        raise click.UsageError("--ndjson makes no bundle. Leave --bundle out")
    if ids == "conditional":
        raise click.UsageError("--ndjson has no conditions. Use --ids put or logical")
    return "batch"


# ---------------------------------------------------------------- in


def _is_corpus(paths: tuple[str, ...]) -> bool:
    return len(paths) == 1 and bool(_URL.match(paths[0]) or Path(paths[0], "_delta_log").is_dir())


class _Maker(Protocol):
    """Makes the bundles of some inputs for a sink, in so many workers."""

    def __call__(self, choices: Choices, sink: Sink, jobs: int, *, with_losses: bool) -> Generator[MadeResult]: ...


def _of_paths(paths: tuple[str, ...]) -> _Maker:
    from sr2graph.batch.convert import chunks
    from sr2graph.batch.reading import reports
    from sr2graph.batch.sources import inputs
    from sr2graph.fhir.making import BYTES, FILES, Making, results

    def made(choices: Choices, sink: Sink, jobs: int, *, with_losses: bool) -> Generator[MadeResult]:
        making = Making(reports, attrgetter("name"), choices, sink.render, with_losses)
        shares = chunks(inputs(existing(paths), listed(paths)), FILES, BYTES)
        return results(making, shares, jobs, staging=sink.staging)

    return made


def _asked(question: str | None, name: str | None, params: tuple[str, ...]) -> tuple[str, Values] | None:
    if question is None and name is None:
        if params:
            raise click.UsageError("--param is for --query or --name")
        return None
    if question is not None and name is not None:
        raise click.UsageError("give one of --query and --name")
    from sr2graph.corpus import question as questions

    with usage():
        if name is not None:
            return questions.named(name, params)
        assert question is not None  # noqa: S101 # one of the two is given
        if question == _STDIN:
            return questions.own(sys.stdin.read(), params)
        if questions.is_file(question):
            return questions.own(questions.read(question), params, name=question)
        return questions.own(question, params)


def _of_corpus(corpus: str, asked: tuple[str, Values] | None, version: int | None) -> _Maker:
    """Return what makes bundles of the reports of a corpus, all or those that a query selects, at one version."""
    from sr2graph.corpus.corpus import Corpus
    from sr2graph.corpus.reports import Reports, shares
    from sr2graph.errors import CorpusError
    from sr2graph.fhir.making import Making, results

    with Corpus(corpus, version=version) as opened:
        reports = Reports(corpus, opened.version)
        found = None if asked is None else opened.query(*asked)
    try:
        keys = reports.all(found)
    except CorpusError as error:
        raise click.UsageError(str(error)) from error

    def made(choices: Choices, sink: Sink, jobs: int, *, with_losses: bool) -> Generator[MadeResult]:
        making = Making(reports, reports.name, choices, sink.render, with_losses)
        # DuckDB has threads, and what has threads must not fork.
        return results(making, shares(keys, jobs), jobs, staging=sink.staging, fork=False)

    return made


# ---------------------------------------------------------------- out


@contextmanager
def _losses(path: Path | None) -> Iterator[LossTable | None]:
    from sr2graph.batch.destination import replacing
    from sr2graph.fhir.exporting import LossTable

    if path is None:
        yield None
        return
    with replacing(path) as (complete, _), _text(complete) as file:
        yield LossTable(file)


@contextmanager
def _posted(path: Path | None) -> Iterator[ResultTable | None]:
    """Open what says what a server did: written line by line, for what was posted stays so when a run ends early."""
    from sr2graph.fhir.posting import ResultTable

    if path is None:
        yield None
        return
    try:
        file = _text(path)
    except OSError as error:
        raise click.UsageError(f"{path}: {error.strerror}") from error
    with file:
        yield ResultTable(file)


def _text(path: Path) -> TextIO:
    return path.open("w", encoding="utf-8", errors="replace", newline="")


def _tell(outcome: Outcome) -> None:
    """Say what failed, and what became of files given by name when they were skipped."""
    if outcome.state == "failed" or outcome.named:
        say(f"{outcome.state}: {outcome.file}: {outcome.reason}")


def _close(run: Run, *, quiet: bool, is_empty_fine: bool) -> None:
    if run.left_out and not quiet:
        say(f"{run.left_out:,} of {run.items:,} content items in no element: --losses")
    if not quiet and run.made + run.skipped + run.failed != 1:
        say(f"{run.made:,} reports made FHIR, {run.skipped:,} skipped, {run.failed:,} failed")
    if run.failed or not (run.made or is_empty_fine):
        sys.exit(1)


COMMANDS = (fhir,)
