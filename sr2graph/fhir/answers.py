"""What a FHIR server did with each entry of a bundle, read from its answer and from nothing else (FHIR 3.2.0.11.2).

An entry counts as done only where the answer says so by itself; what cannot be understood is unknown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from sr2graph.fhir.blaming import blamed
from sr2graph.fhir.json_text import Json
from sr2graph.fhir.server import Answer


class What(StrEnum):
    """What became of an entry."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    """The server had it, and wrote no new version."""
    REFUSED = "refused"
    NOT_DONE = "not done"
    """Nothing is said against it, but nothing was done: another entry was refused, or the server was not to be had."""
    UNKNOWN = "unknown"
    """The server may have done it or not."""


DONE = frozenset({What.CREATED, What.UPDATED, What.UNCHANGED})


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one entry."""

    number: int
    """Of the entry in the bundle, from 0."""
    type: str
    id: str
    what: What
    status: int | None = None
    """HTTP status that the server gave for it."""
    reason: str = ""


JSON_TYPES = frozenset({"application/fhir+json", "application/json", "application/json+fhir", "text/json"})
OVERLOADED = frozenset({408, 429, 503})
"""Nothing was done, and it can be tried again (RFC 9110, RFC 6585)."""
GATEWAY = frozenset({502, 504})
"""What stands before the server did not get its answer."""
NOT_ALLOWED = frozenset({401, 403})

_STATUS = re.compile(r"\s*([1-5][0-9][0-9])(?![0-9])", re.ASCII)
_ENTRY = re.compile(r"Bundle\.entry\[([0-9]{1,9})\]", re.ASCII)
_HAPI_CODES = "https://hapifhir.io/fhir/CodeSystem/hapi-fhir-storage-response-code"
_CLOCK = timedelta(seconds=2)
"""A Date header has whole seconds."""

Clean = Callable[[str], str]


def results(numbers: Sequence[int], entries: Sequence[Json], kind: str, answer: Answer, clean: Clean) -> list[Result]:
    """Return what an answer says of the entries that were sent, which have these numbers in their bundle."""
    sent = [_sent(number, entry) for number, entry in zip(numbers, entries, strict=True)]
    content, problem = _content(answer)
    if not 200 <= answer.status < 300:
        return _refused(sent, entries if kind == "transaction" else (), answer, content, clean)
    told = content.get("entry") if problem is None and content.get("resourceType") == "Bundle" else None
    if content.get("type") != f"{kind}-response" or not isinstance(told, list) or len(told) != len(sent):
        problem = problem or _told(content, clean) or f"no Bundle of type {kind}-response with {len(sent)} entries"
        return [replace(each, reason=f"the answer cannot be understood: {problem}") for each in sent]
    found = [
        _entry_result(each, entry, said, answer, clean) for each, entry, said in zip(sent, entries, told, strict=True)
    ]
    return _contradicted(found) if kind == "transaction" else found


def _sent(number: int, entry: Json) -> Result:
    return Result(number, str(entry["resource"]["resourceType"]), str(entry["resource"]["id"]), What.UNKNOWN)


def _contradicted(found: list[Result]) -> list[Result]:
    """Return the results of a transaction; it is done as a whole or not at all, so half of it is believed of none."""
    if all(each.what in DONE for each in found):
        return found
    why = "the answer says that a part of the transaction was done, which cannot be"
    return [replace(each, what=What.UNKNOWN, reason=why) if each.what in DONE else each for each in found]


# ---------------------------------------------------------------- one entry


def _entry_result(sent: Result, entry: Json, said: object, answer: Answer, clean: Clean) -> Result:
    response = said.get("response") if isinstance(said, dict) else None
    found = _STATUS.match(str(response.get("status"))) if isinstance(response, dict) else None
    if found is None or not isinstance(response, dict):
        return replace(sent, reason="the answer has no status for it")
    status = int(found[1])
    outcome = _outcome(said, response)
    if status >= 400:
        reason = _told(outcome, clean)
        return replace(sent, what=What.REFUSED, status=status, reason=f"{status}{': ' if reason else ''}{reason}")
    what = _done(entry["request"], status, is_same=_is_same(response, outcome, answer))
    return replace(sent, what=what, status=status, reason="" if what in DONE else f"status {status} is no outcome")


def _done(request: Json, status: int, *, is_same: bool) -> What:
    """Return what a good status means for a request (FHIR 3.2.0.1.4, 3.2.0.5, 3.2.0.8)."""
    if status == 201:
        return What.CREATED
    if status not in {200, 204, 304}:
        return What.UNKNOWN
    if request["method"] == "PUT":
        return What.UNCHANGED if status == 304 or is_same else What.UPDATED
    return What.UNCHANGED if "ifNoneExist" in request else What.CREATED


def _outcome(said: object, response: Json) -> Json:
    for found in (response.get("outcome"), said.get("resource") if isinstance(said, dict) else None):
        if isinstance(found, dict) and found.get("resourceType") == "OperationOutcome":
            return found
    return {}


def _is_same(response: Json, outcome: Json, answer: Answer) -> bool:
    """Tell whether the server says that it wrote no new version: by a code, or by a time before the request."""
    if outcome.get("id") == "not-modified":
        return True
    for issue in _dicts(outcome.get("issue")):
        for coding in _dicts((issue.get("details") or {}).get("coding") if _is_dict(issue.get("details")) else None):
            if coding.get("system") == _HAPI_CODES and str(coding.get("code")).endswith("NO_CHANGE"):
                return True
    try:
        modified = datetime.fromisoformat(str(response.get("lastModified")))
        now = parsedate_to_datetime(answer.date or "")
        return modified.astimezone(UTC) < now.astimezone(UTC) - timedelta(seconds=answer.seconds) - _CLOCK
    except (ValueError, OverflowError):
        return False


# ---------------------------------------------------------------- all of them


def _refused(sent: list[Result], whole: Sequence[Json], answer: Answer, content: Json, clean: Clean) -> list[Result]:
    """Return the results of a request that failed; `whole` are the entries where all are done or none is."""
    status = answer.status
    reason = f"{status}: {_told(content, clean) or _meaning(answer)}"
    if status in OVERLOADED or status < 400:
        what = What.NOT_DONE
    elif status in GATEWAY or (status >= 500 and not whole):
        what = What.UNKNOWN
    else:
        named = _named(content, whole, clean)
        if named:
            return [_one_refused(each, named.get(place), status) for place, each in enumerate(sent)]
        what = What.REFUSED
    return [replace(each, what=what, status=status, reason=reason) for each in sent]


def _one_refused(sent: Result, reason: str | None, status: int) -> Result:
    if reason is None:
        return replace(sent, what=What.NOT_DONE, status=status, reason="another entry of the transaction was refused")
    return replace(sent, what=What.REFUSED, status=status, reason=f"{status}: {reason}")


def _named(content: Json, entries: Sequence[Json], clean: Clean) -> dict[int, str]:
    """Return the entries that the issues of an outcome are about, and what they say."""
    found: dict[int, str] = {}
    for issue in _errors(content) if entries else ():
        for place in _places(issue, entries):
            found.setdefault(place, _said(issue, clean))
    return found


def _places(issue: Json, entries: Sequence[Json]) -> list[int]:
    """Return the places of entries that an issue gives, or else those that its words are about."""
    told = [*_list(issue.get("expression")), *_list(issue.get("location"))][:_MOST_ISSUES]
    named = [int(found[1]) for each in told if (found := _ENTRY.match(str(each))) is not None]
    return [place for place in named if place < len(entries)] or blamed(_words(issue), entries)


def _meaning(answer: Answer) -> str:
    if 300 <= answer.status < 400:
        return f"the server is at another address{_host(answer.location)}. Give that one"
    if answer.status in NOT_ALLOWED:
        return "the server does not allow it. Is the token right?"
    return "the server gives no reason"


def _host(location: str | None) -> str:
    try:
        host = urlsplit(location or "").hostname
    except ValueError:
        host = None
    return f" ({host[:100]})" if host else ""


# ---------------------------------------------------------------- reading


def _content(answer: Answer) -> tuple[Json, str | None]:
    """Return the JSON object of an answer, or what is wrong with it."""
    if answer.content_type not in JSON_TYPES:
        return {}, f"its content type is {answer.content_type[:100] or 'not given'}, not FHIR JSON"
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}, "it is not JSON"
    return (found, None) if isinstance(found, dict) else ({}, "it is JSON, but no resource")


_MOST_ISSUES = 100
_MOST_TOLD = 3


def _errors(outcome: Json) -> list[Json]:
    if outcome.get("resourceType") != "OperationOutcome":
        return []
    issues = list(_dicts(outcome.get("issue")))[:_MOST_ISSUES]
    return [issue for issue in issues if issue.get("severity") in {"error", "fatal"}] or issues


def _told(outcome: Json, clean: Clean) -> str:
    """Return the first issues of an OperationOutcome; empty where it is none."""
    return "; ".join(dict.fromkeys(_said(issue, clean) for issue in _errors(outcome)[:_MOST_TOLD]))


def _said(issue: Json, clean: Clean) -> str:
    return clean(": ".join(part for part in (str(issue.get("code") or ""), _words(issue)) if part))


def _words(issue: Json) -> str:
    details = issue.get("details")
    return str(issue.get("diagnostics") or (details.get("text") if isinstance(details, dict) else "") or "")


def _dicts(value: object) -> Iterator[Json]:
    return (each for each in _list(value) if isinstance(each, dict))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_dict(value: object) -> bool:
    return isinstance(value, dict)
