"""Posting a bundle to a FHIR server, and what the server did with each of its entries.

The same is sent again only where that is safe: when nothing was done, or when doing it twice is
doing it once, as PUT is.  A conditional create is safe to repeat once the first is over, but not
while it may be running: after a time-out it is left alone, and its entries are unknown.  Of requests
that run at the same time a server refuses all but one as a conflict (409): they are sent again.
"""

from __future__ import annotations

import csv
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, TextIO

from sr2graph.errors import FhirError
from sr2graph.fhir.accounts import inert
from sr2graph.fhir.answers import DONE, GATEWAY, NOT_ALLOWED, OVERLOADED, Clean, Result, What, results
from sr2graph.fhir.json_text import Json, json_text
from sr2graph.fhir.redacting import Redactor
from sr2graph.fhir.server import Server, UnansweredError, release_of, send

if TYPE_CHECKING:
    from sr2graph.fhir.project import FhirBundle

POSTED = ("transaction", "batch")
"""Types of bundle that a server takes."""
RELEASES = {"R4": "4.0", "R5": "5.0"}
"""What the media type calls a release."""
MISSED_OTHERS = frozenset({400, 404, 409, 412, 422})
"""How servers refuse an entry of a batch that refers to another one that was not there yet."""
SPOKEN = {"R4": ("4.0", "4.3"), "R5": ("5.",)}
"""How the versions of servers begin that take a release; R4B (4.3) has all of R4 that is used here."""
CONFLICT = 409
"""Of a transaction: another request was at the same resources, and nothing was done (FHIR 3.2.0.11)."""
MOST_ROUNDS = 6
"""To send again those entries of a batch that were not done: Provenance, report, image, study and patient are five."""

Sleep = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of a bundle."""

    results: tuple[Result, ...] = field(repr=False)
    """One for each entry, in order."""
    requests: int = 1
    """How many times something was sent."""
    is_hopeless: bool = False
    """The server cannot be reached, or does not allow this: the next bundle would fare no better."""

    @property
    def is_done(self) -> bool:
        """Whether the server has every entry."""
        return all(each.what in DONE for each in self.results)

    def counts(self) -> dict[What, int]:
        """Return how many entries became what, without those that are none."""
        found = Counter(each.what for each in self.results)
        return {what: found[what] for what in What if found[what]}

    def __str__(self) -> str:
        """Return the counts in words."""
        return ", ".join(f"{count:,} {what}" for what, count in self.counts().items()) or "no entries"


def post(bundle: FhirBundle, server: Server, *, sleep: Sleep = time.sleep) -> Posted:
    """Post a transaction or batch, and return what the server did with each entry.

    Servers that are down, slow or wrong are no exception but results; FhirError is for a bundle
    that no server takes.
    """
    kind = str(bundle.resource["type"])
    if kind not in POSTED:
        raise FhirError(f"a {kind} is not for posting. Make a transaction or a batch")
    return _Posting(bundle, kind, server, sleep).posted()


def check_release(bundle: FhirBundle, server: Server) -> None:
    """Raise FhirError for a server that says it speaks another release: such servers drop elements without a word."""
    found = release_of(server)
    if found is not None and not found.startswith(SPOKEN.get(bundle.release, "")):
        raise FhirError(f"the server speaks FHIR {found}, and the bundle is {bundle.release}. Choose another flavour")


@dataclass(frozen=True, slots=True)
class _Told:
    """What became of the entries that were sent together."""

    results: list[Result]
    is_hopeless: bool = False
    wait: float | None = None
    """Seconds before a next attempt; None where there is to be none."""
    is_unsure: bool = False
    """The server may have done it without saying so."""


class _Posting:
    """One bundle on its way."""

    def __init__(self, bundle: FhirBundle, kind: str, server: Server, sleep: Sleep) -> None:
        self._bundle = bundle.resource
        self._release = RELEASES.get(bundle.release, "")
        self._entries: list[Json] = self._bundle["entry"]
        self._kind = kind
        self._server = server
        self._sleep = sleep
        self._requests = 0
        redactor: list[Redactor] = []

        def clean(text: str) -> str:
            """Hide values; what is to be hidden is gathered when a server first says something."""
            if not redactor:
                redactor.append(Redactor([entry["resource"] for entry in self._entries]))
            return redactor[0](text)

        self._clean: Clean = clean

    def posted(self) -> Posted:
        """Send it all, and of a batch again what was not done."""
        found: dict[int, Result] = {}
        pending: Sequence[int] = range(len(self._entries))
        for number in range(MOST_ROUNDS):
            told = self._round(pending)
            found |= {each.number: _later(found.get(each.number), each) for each in told.results}
            has_progress = any(each.what in DONE for each in told.results)
            pending = [each.number for each in told.results if self._is_for_another(each, has_progress=has_progress)]
            if self._kind != "batch" or not pending or number == MOST_ROUNDS - 1:
                break
            if not has_progress:
                self._sleep(min(self._server.pause * 2**number, self._server.longest_pause))
        is_hopeless = told.is_hopeless and not any(each.what in DONE for each in found.values())
        return Posted(tuple(found[number] for number in sorted(found)), self._requests, is_hopeless)

    def _is_for_another(self, result: Result, *, has_progress: bool) -> bool:
        """Tell whether an entry of a batch that got a bad status of its own is worth another round."""
        if result.what is not What.REFUSED or result.status is None:
            return False
        entry = self._entries[result.number]
        if result.status in OVERLOADED or (has_progress and result.status in MISSED_OTHERS):
            return _is_repeatable(entry)
        return result.status in GATEWAY and _is_put(entry)

    def _round(self, numbers: Sequence[int]) -> _Told:
        """Send some entries until there is an answer that stands."""
        entries = [self._entries[number] for number in numbers]
        body = json_text(self._bundle | {"entry": entries}).encode(errors="replace")
        is_unsure = False
        for attempt in range(self._server.attempts):
            self._requests += 1
            told = self._attempt(numbers, entries, body)
            if is_unsure:
                told = replace(told, results=[_unsure(each) for each in told.results])
            is_unsure = is_unsure or told.is_unsure
            if told.wait is None or attempt == self._server.attempts - 1:
                break
            pause = max(told.wait, self._server.pause * 2**attempt)
            if pause > self._server.longest_pause:
                break
            self._sleep(pause)
        return told

    def _attempt(self, numbers: Sequence[int], entries: list[Json], body: bytes) -> _Told:
        try:
            answer = send(self._server, body, self._release)
        except UnansweredError as problem:
            return _unanswered(numbers, entries, problem)
        told = results(numbers, entries, self._kind, answer, self._clean)
        if answer.status in OVERLOADED:
            wait = _seconds(answer.retry_after) if all(map(_is_repeatable, entries)) else None
            return _Told(told, is_hopeless=True, wait=wait)
        if answer.status in GATEWAY:
            return _Told(told, wait=0.0 if all(map(_is_put, entries)) else None, is_unsure=True)
        if answer.status == CONFLICT and self._kind == "transaction" and all(map(_is_repeatable, entries)):
            return _Told(told, wait=0.0)
        return _Told(told, is_hopeless=answer.status in NOT_ALLOWED)


def _unanswered(numbers: Sequence[int], entries: list[Json], problem: UnansweredError) -> _Told:
    what = What.UNKNOWN if problem.is_sent else What.NOT_DONE
    told = [_of_none(number, entry, what, str(problem)) for number, entry in zip(numbers, entries, strict=True)]
    is_again = not problem.is_lasting and (not problem.is_sent or all(map(_is_put, entries)))
    return _Told(told, not problem.is_sent, 0.0 if is_again else None, problem.is_sent)


def _of_none(number: int, entry: Json, what: What, reason: str) -> Result:
    return Result(number, str(entry["resource"]["resourceType"]), str(entry["resource"]["id"]), what, None, reason)


def _is_put(entry: Json) -> bool:
    return str(entry["request"]["method"]) == "PUT"


def _is_repeatable(entry: Json) -> bool:
    return _is_put(entry) or "ifNoneExist" in entry["request"]


def _unsure(result: Result) -> Result:
    """Return a result after an attempt that nobody knows the end of."""
    if result.what in DONE:
        return result
    return replace(result, what=What.UNKNOWN, reason=f"{result.reason}; an earlier attempt had no answer")


def _later(before: Result | None, now: Result) -> Result:
    """Return what is known after another round: a round that did nothing takes nothing back."""
    return before if before is not None and now.what is What.NOT_DONE else now


def _seconds(retry_after: str | None) -> float:
    """Return what a Retry-After header asks for (RFC 9110, 10.2.3): seconds, or a date."""
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max(0.0, (parsedate_to_datetime(text).astimezone(UTC) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return 0.0


# ---------------------------------------------------------------- results of many


class ResultTable:
    """What became of the entries of many bundles, as CSV."""

    def __init__(self, file: TextIO) -> None:
        self._writer = csv.writer(file, lineterminator="\n")
        self._names = [each.name for each in fields(Result)]
        self._writer.writerow(["report", *("entry" if name == "number" else name for name in self._names)])

    def add(self, uid: str, posted: Posted) -> None:
        """Write the lines of a report."""
        for result in posted.results:
            cells = (getattr(result, name) for name in self._names)
            self._writer.writerow([inert(uid), *("" if cell is None else inert(str(cell)) for cell in cells)])


def grouped(found: Sequence[Result]) -> list[tuple[Result, list[int]]]:
    """Return what was not done, results alike together: the first of them, and the numbers of their entries."""
    groups: dict[tuple[What, str], tuple[Result, list[int]]] = {}
    for each in found:
        if each.what not in DONE:
            groups.setdefault((each.what, each.reason), (each, []))[1].append(each.number)
    return list(groups.values())
