"""Bundles of many reports, on one core or several: what is made does not depend on how many.

Each worker makes and renders the bundles of a share of the reports and leaves them in a file, in order; this process
reads the files in the order of the shares and hands one bundle after the other to where they go.  So memory holds one
bundle for each core, whatever the number of reports.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from hashlib import blake2b
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from sr2graph.batch import pool
from sr2graph.batch.destination import own_errors
from sr2graph.batch.outcome import Outcome, State, unconverted
from sr2graph.batch.pool import Chunk
from sr2graph.dicom.report import Report
from sr2graph.errors import FhirError, ReadError
from sr2graph.fhir.accounts import Loss
from sr2graph.fhir.exporting import LossTable, Sink
from sr2graph.fhir.project import FhirBundle, to_fhir
from sr2graph.fhir.settling import Losses

FILES, BYTES = 64, 2**20
"""Most files of a share, and the size at which it has enough."""


T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)


class Source(Protocol[T_contra]):
    """Reads inputs, in whatever process."""

    def __call__(
        self, inputs: Sequence[T_contra], /, *, begun: Callable[[int], None]
    ) -> Iterator[tuple[str, Report | Outcome]]:
        """Yield (name, report) for each report in the inputs, or what became of it where there is none.

        `begun` is told the number of each input before it is touched.
        """


@dataclass(frozen=True, slots=True)
class Choices:
    """What to make of each report, as `to_fhir` has it."""

    flavour: str
    bundle: str
    ids: str
    timezone: str | None = None
    patient_system: str | None = None
    check: bool = False
    """Whether a bundle with a problem is a failure."""

    def made(self, report: Report) -> FhirBundle:
        """Return the bundle of a report.  Raises FhirError."""
        made = to_fhir(
            report, self.flavour, self.bundle, self.ids, timezone=self.timezone, patient_system=self.patient_system
        )
        problems = made.problems() if self.check else []
        if problems:
            raise FhirError(f"{len(problems):,} problems, the first {problems[0]}. --check keeps the bundle back")
        return made


class Made(NamedTuple):
    """A bundle as its place takes it, and the account of it."""

    rendered: Any
    items: int = 0
    """Content items of the report."""
    left_out: int = 0
    """... that no element has."""
    losses: tuple[Loss, ...] = ()
    """Lines of the account, where they are wanted."""


class Result(NamedTuple):
    """What became of one report."""

    name: str
    uid: str | None
    """SOP Instance UID; None where there is no report."""
    what: Made | Outcome


@dataclass(frozen=True, slots=True)
class Making(Generic[T]):
    """Makes the bundles of a share of the inputs, in a worker or here."""

    source: Source[T]
    name: Callable[[T], str]
    """What messages call an input."""
    choices: Choices
    render: Callable[[FhirBundle], Any]
    with_losses: bool = False

    def results(self, chunk: Chunk[T], mark: Callable[[int], None]) -> Iterator[Result]:
        """Yield what becomes of the reports, in order; one bad report costs itself and not the run."""
        for number, problem in chunk.lost.items():
            name = self.name(chunk.inputs[number])
            yield Result(name, None, unconverted(name, ReadError(problem)))
        left = [number for number in range(len(chunk.inputs)) if number not in chunk.lost]
        inputs = [chunk.inputs[number] for number in left]
        for name, report in self.source(inputs, begun=lambda place: mark(left[place])):
            if isinstance(report, Outcome):
                yield Result(name, None, report)
            else:
                yield Result(name, report.sop_instance_uid, self._made(name, report))

    def _made(self, name: str, report: Report) -> Made | Outcome:
        try:
            bundle = self.choices.made(report)
            losses = bundle.losses
            counts = (losses.items, losses.left_out) if isinstance(losses, Losses) else (0, 0)
            return Made(self.render(bundle), *counts, tuple(losses) if self.with_losses else ())
        except Exception as error:  # noqa: BLE001 # one bad report is one line, whatever is wrong with it
            return unconverted(name, error)


@dataclass(frozen=True, slots=True)
class _Shards(Generic[T]):
    """The task of a worker: the results of a chunk as a file."""

    making: Making[T]
    folder: str

    def __call__(self, chunk: Chunk[T], mark: Callable[[int], None]) -> str:
        """Return the path of the file, to be removed by whoever reads it."""
        path = Path(self.folder, f"{chunk.number:08d}")
        with own_errors(), path.open("wb") as file:
            for result in self.making.results(chunk, mark):
                pickle.dump(result, file)
        return str(path)


def results(
    making: Making[T], chunks: Iterable[Chunk[T]], jobs: int, *, staging: Path | None = None, fork: bool = True
) -> Generator[Result]:
    """Yield what becomes of all reports, in order.  Workers leave their results below `staging`.

    Without `fork` workers are fresh processes.  Raises WriteError where there is no room for the results.
    """
    remaining = iter(chunks)
    first = list(islice(remaining, 2))
    # A worker costs more than it saves where there is one share.
    if jobs == 1 or len(first) < 2:
        for chunk in chain(first, remaining):
            yield from making.results(chunk, lambda _: None)
        return
    with own_errors():
        folder = TemporaryDirectory(prefix="sr2graph-", dir=staging)
    with folder, closing(pool.run(_Shards(making, folder.name), chain(first, remaining), jobs, fork=fork)) as shards:
        for shard in map(Path, shards):
            with shard.open("rb") as file:
                yield from _unpickled(file)
            shard.unlink()


def _unpickled(file: Any) -> Iterator[Result]:  # noqa: ANN401 # what pickle.load takes
    while True:
        try:
            yield pickle.load(file)  # noqa: S301 # of a worker of ours, in a folder that is ours alone
        except EOFError:
            return


class Run:
    """Hands one bundle after the other to where they go, and counts."""

    def __init__(
        self, sink: Sink, losses: LossTable | None, tell: Callable[[Outcome], None], *, is_once: bool = False
    ) -> None:
        """Of reports with the same SOP Instance UID the first counts; `is_once` where there are none."""
        self._sink = sink
        self._losses = losses
        self._tell = tell
        self._seen: set[bytes] | None = None if is_once else set()
        self.made = 0
        """Reports that are bundles now, whether or not all of it arrived."""
        self.skipped = 0
        self.failed = 0
        self.items = 0
        """Content items of the reports."""
        self.left_out = 0
        """... that no element has."""

    def all(self, results: Iterable[Result]) -> None:
        """Take all results.  Raises WriteError and FhirError where it makes no sense to go on."""
        for name, uid, what in results:
            if uid is not None and not self._is_new(uid):
                taken = f"an earlier report has its SOP Instance UID {uid}"
                self._count(Outcome(file=name, state=State.SKIPPED, reason=taken, named=True))
            elif uid is None or isinstance(what, Outcome):
                self._count(what)  # type: ignore[arg-type] # without a report there is an outcome
            else:
                self._take(uid, what)

    def _is_new(self, uid: str) -> bool:
        if self._seen is None:
            return True
        before = len(self._seen)
        self._seen.add(blake2b(uid.encode(errors="replace"), digest_size=16).digest())
        return len(self._seen) > before

    def _take(self, uid: str, made: Made) -> None:
        arrived = self._sink.add(uid, made.rendered)
        self.made += 1
        self.items += made.items
        self.left_out += made.left_out
        if self._losses is not None:
            self._losses.add(uid, made.losses)
        self.failed += not arrived

    def _count(self, outcome: Outcome) -> None:
        is_failure = outcome.state is State.FAILED
        self.failed += is_failure
        self.skipped += not is_failure
        self._tell(outcome)
