"""A run: many inputs to one output of RDF, each input accounted for."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from time import perf_counter

from sr2graph.batch import pool
from sr2graph.batch.destination import destination
from sr2graph.batch.known import known
from sr2graph.batch.outcome import Outcome, Tally
from sr2graph.batch.report_csv import report_csv
from sr2graph.batch.sources import Input, inputs
from sr2graph.batch.worker import Work
from sr2graph.dicom.limits import DEFAULT_LIMITS, Limits

_CHUNK_INPUTS = 64
_CHUNK_BYTES = 2**20


def convert(  # noqa: PLR0913 # all but two have defaults
    paths: Iterable[str],
    out: str,
    *,
    format: str | None = None,
    jobs: int | None = None,
    strict: bool = False,
    report: str | None = None,
    listed: Iterable[bytes] = (),
    watch: Callable[[Outcome], None] = lambda _: None,
    limits: Limits = DEFAULT_LIMITS,
) -> Tally:
    """Convert all that paths stand for into `out`: a file, a folder, or `-` for standard output.

    `format` defaults to what the suffix of the file says, `jobs` to all cores.  The output
    does not depend on `jobs`.  `report` names a CSV file, `listed` holds the paths that the
    path `-` stands for, `watch` sees each outcome as it comes, in order.

    Raises WriteError: UsageError before anything is written, others when the disk gives up.
    An input that cannot be converted raises nothing: its outcome says why.
    """
    began = perf_counter()
    tally = Tally()
    with destination(out, format) as sink, report_csv(report) as record, known(strict=strict) as seen:
        work = Work(sink.format.name, sink.staging, split=sink.split, gzip=sink.gzip, strict=strict, limits=limits)
        results = pool.run(work, chunks(inputs(paths, listed, limits), _CHUNK_INPUTS, _CHUNK_BYTES), jobs or cores())
        # Closed before the destination is: no worker may write into a folder that is being removed.
        with closing(results):
            for outcomes in results:
                for outcome in map(seen.settled, outcomes):
                    sink.add(outcome)
                    record(outcome)
                    tally.add(outcome)
                    watch(outcome)
                _remove_shards(outcomes)
    tally.seconds = perf_counter() - began
    return tally


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def chunks(
    entries: Iterable[Input], most_inputs: int, most_bytes: int, *, first_inputs: int | None = None
) -> Iterator[pool.Chunk[Input]]:
    """Yield inputs in shares worth sending to a worker, and small enough to keep all busy.

    With `first_inputs` they grow from that, none to more than an eighth of what came before it: nobody knows
    how many inputs there are, and at the end no worker is to be busy for long while the others are done.
    """
    first = most_inputs if first_inputs is None else first_inputs
    gathered: list[Input] = []
    size = number = 0
    for seen, entry in enumerate(entries, 1):
        gathered.append(entry)
        size += entry.size
        if len(gathered) >= min(most_inputs, max(first, seen // 9)) or size >= most_bytes:
            yield pool.Chunk(number, tuple(gathered))
            gathered, size, number = [], 0, number + 1
    if gathered:
        yield pool.Chunk(number, tuple(gathered))


def _remove_shards(outcomes: Iterable[Outcome]) -> None:
    for path in {outcome.piece.path for outcome in outcomes if outcome.piece is not None}:
        # In a folder, a report that was taken over has moved away.
        with contextlib.suppress(FileNotFoundError):
            Path(path).unlink()
