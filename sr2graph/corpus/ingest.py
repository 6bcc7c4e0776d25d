"""Reports into a corpus: workers encode them, this process commits them, some thousand at a time.

A run that is killed leaves the corpus as of its last commit; the same run again does the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import perf_counter

from sr2graph.batch import pool
from sr2graph.batch.convert import chunks, cores
from sr2graph.batch.sources import inputs
from sr2graph.corpus import log, shards
from sr2graph.corpus.assemble import Assembled, assemble
from sr2graph.corpus.index import Index, index
from sr2graph.corpus.keys import random_start
from sr2graph.corpus.log import Change, ConflictError, DataFile, Snapshot
from sr2graph.corpus.outcome import Ingested, IngestState, IngestTally
from sr2graph.corpus.settle import Settlement, settle
from sr2graph.corpus.storage import storage
from sr2graph.corpus.worker import IngestWork, Share, ShareMaker, read_outcome
from sr2graph.dicom.limits import DEFAULT_LIMITS, Limits
from sr2graph.dicom.report import Report
from sr2graph.errors import CorpusError
from sr2graph.graph.records import records

_CHUNK_INPUTS = 2048
"""Most inputs of a chunk, whose items stand sorted in one file: a query skips the more of it the larger it is."""
_FIRST_INPUTS = 256
_CHUNK_BYTES = 64 * 2**20
_COMMIT_INPUTS = 4096
"""Inputs between two commits: what a run that is killed does again."""


def ingest(  # noqa: PLR0913 # all but two have defaults
    location: str | Path,
    paths: Iterable[str],
    *,
    jobs: int | None = None,
    strict: bool = False,
    listed: Iterable[bytes] = (),
    watch: Callable[[Ingested], None] = lambda _: None,
    limits: Limits = DEFAULT_LIMITS,
) -> IngestTally:
    """Add all reports that paths stand for to a corpus, making it where there is none.

    `jobs` defaults to all cores; `listed` holds the paths that the path `-` stands for.
    `watch` sees the outcome of each input, in order, once it is committed.  A report that is
    there already is left alone; one of the same UID and other content is replaced.

    Raises CorpusError.  An input that is no report raises nothing: it becomes a row of the
    table `rejects`, and its outcome says why.
    """
    with _run(location, watch, strict=strict, limits=limits) as run:
        todo = chunks(inputs(paths, listed, limits), _CHUNK_INPUTS, _CHUNK_BYTES, first_inputs=_FIRST_INPUTS)
        # Clients of object stores have threads of their own, which a fork would lose.
        results = pool.run(run.work, todo, jobs or cores(), fork=run.base.storage.is_local)
        with closing(results):
            for found in results:
                run.add(found)
    return run.tally


def ingest_reports(location: str | Path, reports: Iterable[Report]) -> int:
    """Add reports at hand to a corpus, making it where there is none; return its version.  Raises CorpusError."""
    with _run(location) as run:
        maker = ShareMaker(run.base.storage, random_start())
        for report in reports:
            found = records(report)
            maker.add(report, found, read_outcome(report, found, "", ""))
            run.add(maker.full())
        run.add(maker.rest())
    return run.tally.version


@contextmanager
def _run(
    location: str | Path,
    watch: Callable[[Ingested], None] = lambda _: None,
    *,
    strict: bool = False,
    limits: Limits = DEFAULT_LIMITS,
) -> Iterator[_Run]:
    """Begin a run on the latest version; commit the rest at its end."""
    began = perf_counter()
    base = log.created(storage(location))
    with index(base) as held:
        work = IngestWork(base.storage, random_start(), held.sources(), held.contents(), strict, limits)
        run = _Run(base, held, work, watch)
        try:
            yield run
            run.commit_all()
        finally:
            run.discard()
    run.tally.version = run.base.version
    run.tally.seconds = perf_counter() - began


class _Run:
    """Shares that wait for a commit, and the version that they are to be committed on."""

    def __init__(self, base: Snapshot, held: Index, work: IngestWork, watch: Callable[[Ingested], None]) -> None:
        self.base = base
        self.work = work
        self.tally = IngestTally()
        self._index = held
        self._watch = watch
        self._shares: list[Share] = []

    def add(self, found: Iterable[Share]) -> None:
        """Add shares; commit once there are enough."""
        self._shares += found
        if sum(len(share.outcomes) for share in self._shares) >= _COMMIT_INPUTS:
            self._commit()

    def commit_all(self) -> None:
        """Commit the rest."""
        while self._shares:
            self._commit()

    def _commit(self) -> None:
        """Commit what waits, on top of whatever others committed meanwhile."""
        while True:
            settlement = settle(self._shares, self._index)
            assembled = assemble(self.base.storage, self._shares, settlement)
            if self._committed(assembled, settlement):
                break
        kept = {file.name for file in assembled.kept}
        self._remove(file for share in self._shares for file in share.files if file.name not in kept)
        self._shares = []
        if settlement.stale:
            self._shares = self.work.again(settlement.stale)
        for outcome in settlement.outcomes:
            self.tally.add(outcome)
            self._watch(outcome)

    def _committed(self, assembled: Assembled, settlement: Settlement) -> bool:
        """Commit, and tell whether that worked; if another writer was faster its version is the new base."""
        if not assembled.files:
            return True
        try:
            self.base = log.commit(self.base, assembled.files, (), _change(settlement))
        except ConflictError:
            self._remove(assembled.made)
            self.base = log.snapshot(self.base.storage)
            self._index.advance(self.base)
            return False
        except CorpusError:
            # The commit may have come about all the same: its files must stay.
            self._shares = []
            raise
        self._index.advance(self.base)
        return True

    def discard(self) -> None:
        """Remove the files of what was not committed."""
        self._remove(file for share in self._shares for file in share.files)

    def _remove(self, files: Iterable[DataFile]) -> None:
        shards.remove_files(self.base.storage, [file.name for file in files])


def _change(settlement: Settlement) -> Change:
    return Change(
        "ingest",
        added=settlement.count(IngestState.ADDED),
        replaced=settlement.count(IngestState.REPLACED),
        rejected=len(settlement.rejects),
    )
