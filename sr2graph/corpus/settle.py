"""Which reports of some shares a commit takes, under which keys, and what they replace."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from sr2graph.corpus.encode import Extent
from sr2graph.corpus.index import Held, Index
from sr2graph.corpus.keys import Ranges, random_start
from sr2graph.corpus.outcome import Ingested, IngestState
from sr2graph.corpus.rejects import reject_key
from sr2graph.corpus.worker import Share
from sr2graph.graph.iris import uid_iri

_OTHER_CONTENT = "took the place of a report of the same SOP Instance UID and other content"


@dataclass(slots=True)
class Settlement:
    """What a commit on a certain version does with some shares."""

    outcomes: list[Ingested] = field(default_factory=list)
    """All outcomes, in the order of the inputs."""
    keys: list[dict[int, int | None]] = field(default_factory=list)
    """For each share the documents that get another key, or None where they are not wanted."""
    replaced: list[tuple[int, str]] = field(default_factory=list)
    """(document, IRI) of the reports that leave."""
    rejects: list[Ingested] = field(default_factory=list)
    """What is not recorded yet of the inputs that failed or were skipped."""
    stale: list[Ingested] = field(default_factory=list)
    """What the corpus held when its turn came, and holds no more: to be read after all."""

    def count(self, state: IngestState) -> int:
        """Return how many inputs came to a state."""
        return sum(outcome.state is state for outcome in self.outcomes)


@dataclass(frozen=True, slots=True)
class _Latest:
    """The last report of an IRI among the shares."""

    share: int
    document: int
    content_digest: str


class _Settling:
    def __init__(self, index: Index, shares: int) -> None:
        self._index = index
        self._ranges = Ranges()
        self._latest: dict[str, _Latest] = {}
        self._rejected: set[bytes] = set()
        self._stale: dict[str, Ingested] = {}
        self.result = Settlement(keys=[{} for _ in range(shares)])

    def add(self, outcome: Ingested, share: int) -> None:
        if outcome.extent is not None:
            outcome = self._settled(outcome, outcome.extent, share)
        elif outcome.state in (IngestState.FAILED, IngestState.SKIPPED):
            self._reject(outcome)
        elif not self._is_still_held(outcome):
            return
        self.result.outcomes.append(outcome)

    def finish(self) -> Settlement:
        for iri, latest in self._latest.items():
            held = self._index.held(iri)
            if held is not None and held.content_digest == latest.content_digest:
                # Changed and changed back within the shares.
                self.result.keys[latest.share][latest.document] = None
            elif held is not None:
                self.result.replaced.append((held.document, iri))
        self.result.stale += self._stale.values()
        return self.result

    def _is_still_held(self, outcome: Ingested) -> bool:
        """Tell whether the corpus shows an input that a worker found in it.

        Then what came before it and would have replaced it is not wanted.
        """
        iri = self._iri(outcome)
        held = self._index.held(iri) if iri is not None else None
        if held is None or iri is None or not _is_same(held, outcome):
            self._stale[iri or outcome.file] = outcome
            return False
        before = self._latest.pop(iri, None)
        if before is not None:
            self.result.keys[before.share][before.document] = None
        return True

    def _iri(self, outcome: Ingested) -> str | None:
        if outcome.sop_instance_uid:
            return uid_iri(outcome.sop_instance_uid)
        return self._index.iri_of_source(outcome.source_digest)

    def _settled(self, outcome: Ingested, extent: Extent, share: int) -> Ingested:
        iri, document = uid_iri(outcome.sop_instance_uid), extent.document
        if iri in self._stale:
            # It would have been replaced here at once.
            self.result.outcomes.append(self._stale.pop(iri))
        before = self._latest.get(iri) or self._index.held(iri)
        if before is not None and before.content_digest == outcome.content_digest:
            self.result.keys[share][document] = None
            return replace(outcome, state=IngestState.UNCHANGED)
        if isinstance(before, _Latest):
            self.result.keys[before.share][before.document] = None
        self._latest[iri] = _Latest(share, document, outcome.content_digest)
        key = next(key for key in _keys(extent) if self._is_free(key, extent))
        if key != document:
            self.result.keys[share][document] = key
        if before is None:
            return outcome
        return replace(outcome, state=IngestState.REPLACED, reason=_OTHER_CONTENT)

    def _is_free(self, key: int, extent: Extent) -> bool:
        first, last = key - extent.nodes, key + extent.items
        return not self._index.is_taken(first, last) and self._ranges.take(first, last)

    def _reject(self, outcome: Ingested) -> None:
        key = reject_key(outcome.file, outcome.source_digest, outcome.reason)
        if key not in self._rejected and not self._index.is_rejected(key):
            self._rejected.add(key)
            self.result.rejects.append(outcome)


def _is_same(held: Held, outcome: Ingested) -> bool:
    if outcome.content_digest:
        return held.content_digest == outcome.content_digest
    return held.source_digest == outcome.source_digest


def _keys(extent: Extent) -> Iterator[int]:
    """Yield the key that a report has, then others that it could have."""
    yield extent.document
    while True:
        yield random_start()


def settle(shares: Sequence[Share], index: Index) -> Settlement:
    """Decide what becomes of the reports of some shares, on the version that an index is of.

    A report that is there already is not wanted; of several with one UID the last is.  Where
    a key is taken the report gets another.
    """
    settling = _Settling(index, len(shares))
    for number, share in enumerate(shares):
        for outcome in share.outcomes:
            settling.add(outcome, number)
    return settling.finish()
