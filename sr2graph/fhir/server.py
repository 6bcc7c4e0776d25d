"""A FHIR server over HTTP, as far as posting needs it: one request, one bounded answer.

Certificates are verified, and a request never goes to another host than the one that was named.
What a server answers is untrusted: its size and its time are bounded, redirects are counted.
"""

from __future__ import annotations

import ipaddress
import json
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection, IncompleteRead
from threading import Timer
from time import monotonic
from urllib.parse import SplitResult, urljoin, urlsplit

from sr2graph.errors import FhirError

MEDIA_TYPE = "application/fhir+json"
MOST_REDIRECTS = 3
ASKED = 30.0
"""Seconds to wait for what a server says of itself: big ones take long to gather it."""
REPEATED = frozenset({307, 308})
"""RFC 9110, 15.4: to be sent to the other address with the same method; others would make a GET of a POST."""

_RELEASE = re.compile(r"[0-9]{1,3}\.[0-9]{1,3}(?:\.[0-9]{1,3})?(?:-[A-Za-z0-9.-]{1,40})?", re.ASCII)
_PATH = re.compile(r"[!-~]*", re.ASCII)
_TOKEN = re.compile(r"[!-~]{1,16384}", re.ASCII)
"""RFC 6750, 2.1, and what servers take beyond it; no white space, so that no header can be added."""


class UnansweredError(FhirError):
    """There is no answer of the server."""

    def __init__(self, problem: str, *, is_sent: bool, is_lasting: bool = False) -> None:
        super().__init__(problem)
        self.is_sent = is_sent
        """The request may have arrived, and the server may have done what it says."""
        self.is_lasting = is_lasting
        """It will be so the next time."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered."""

    status: int
    content_type: str
    """Without parameters, in small letters."""
    body: bytes = field(repr=False)
    retry_after: str | None = None
    date: str | None = None
    """The server's clock."""
    location: str | None = None
    seconds: float = 0.0
    """How long it took."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where to post, and how patiently.  Raises FhirError for an address that is none."""

    url: str
    """The base of the server, http or https."""
    token: str | None = field(default=None, repr=False)
    """Bearer token (RFC 6750); it goes over https only, or to this machine."""
    timeout: float = 60.0
    """Seconds to wait for the next sign of life."""
    longest: float = 600.0
    """Seconds for a whole request and its answer, once there is a connection."""
    most_bytes: int = 64 * 2**20
    """Of an answer."""
    attempts: int = 4
    """To send the same again, where that is safe."""
    pause: float = 1.0
    """Seconds before the second attempt; twice as many before each one after it."""
    longest_pause: float = 60.0
    """Seconds that a server may ask to wait (Retry-After)."""
    context: ssl.SSLContext | None = field(default=None, repr=False)
    """Of TLS. Default: verified by the certificates of this machine."""

    def __post_init__(self) -> None:
        target = _split(self.url)
        if self.token is None:
            return
        if not _TOKEN.fullmatch(self.token):
            raise FhirError("the token is empty, or has blanks or letters that no header takes")
        if target.scheme != "https" and not _is_here(target.hostname or ""):
            raise FhirError("a token goes over https only. Give an https:// address")


def _split(url: str) -> SplitResult:
    """Return the parts of the address of a server; messages do not quote it, for it may hold a password."""
    try:
        parts = urlsplit(url)
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid or not _PATH.fullmatch(url):
        raise FhirError("the address of a server is like https://example.org/fhir")
    if "@" in parts.netloc:
        raise FhirError("the address of a server holds no user and password. Use a token")
    if parts.query or parts.fragment:
        raise FhirError("the address of a server ends with its path, without ? and #")
    return parts


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


# ---------------------------------------------------------------- one request


def send(server: Server, body: bytes, release: str = "") -> Answer:
    """Post JSON of a release of FHIR, such as 4.0, to the base of a server.  Raises UnansweredError."""
    return _sent_on(server, _split(server.url), body, release)


def release_of(server: Server) -> str | None:
    """Return the release that a server says it speaks, such as 4.0.1 (FHIR 3.2.0.13: its CapabilityStatement).

    None where it does not say, or there is no answer: that is for the first post to find out.
    """
    base = _split(server.url)
    target = base._replace(path=f"{base.path.rstrip('/')}/metadata", query="_elements=fhirVersion")
    patient = replace(server, timeout=min(server.timeout, ASKED), longest=ASKED)
    try:
        told = json.loads(_sent_on(patient, target, None, "").body)
    except (UnansweredError, ValueError, RecursionError):
        return None
    found = str(told.get("fhirVersion")) if isinstance(told, dict) else ""
    return found if _RELEASE.fullmatch(found) else None


def _sent_on(server: Server, target: SplitResult, body: bytes | None, release: str) -> Answer:
    for _ in range(MOST_REDIRECTS):
        answer = _exchange(server, target, body, release)
        elsewhere = _redirected(target, answer)
        if elsewhere is None:
            return answer
        target = elsewhere
    return answer


def _redirected(target: SplitResult, answer: Answer) -> SplitResult | None:
    """Return where to send it again, if that is on the same server."""
    if answer.status not in REPEATED or answer.location is None:
        return None
    try:
        found = _split(urljoin(target.geturl(), answer.location))
    except (FhirError, ValueError):
        return None
    return found if _origin(found) == _origin(target) else None


def _origin(target: SplitResult) -> tuple[str, str | None, int]:
    return target.scheme, target.hostname, target.port or {"http": 80, "https": 443}[target.scheme]


def _exchange(server: Server, target: SplitResult, body: bytes | None, release: str) -> Answer:
    with closing(_connection(server, target)) as connection:
        _connect(connection)
        began = monotonic()
        with _deadline(connection, server.longest), _sent(server.longest):
            _request(connection, target, body, _headers(server, release, is_post=body is not None))
            response = connection.getresponse()
            content = response.read(server.most_bytes + 1)
            if response.length and len(content) <= server.most_bytes:
                raise IncompleteRead(b"", response.length)
            if monotonic() - began >= server.longest:
                # An answer without a length ends where it was cut.
                raise TimeoutError
    if len(content) > server.most_bytes:
        raise UnansweredError(f"the answer is larger than {server.most_bytes:,} bytes", is_sent=True, is_lasting=True)
    return _answer(response, content, monotonic() - began)


def _connection(server: Server, target: SplitResult) -> HTTPConnection:
    host, port = target.hostname or "", target.port
    if target.scheme == "http":
        return HTTPConnection(host, port, timeout=server.timeout)
    context = _verifying() if server.context is None else server.context
    return HTTPSConnection(host, port, timeout=server.timeout, context=context)


@cache
def _verifying() -> ssl.SSLContext:
    """Return what verifies certificates and names by the authorities that this machine trusts."""
    return ssl.create_default_context()


def _connect(connection: HTTPConnection) -> None:
    try:
        connection.connect()
    except ssl.SSLCertVerificationError as cause:
        problem = f"the certificate of the server is not trusted ({cause.verify_message})"
        raise UnansweredError(problem, is_sent=False, is_lasting=True) from None
    except (OSError, UnicodeError) as cause:
        reason = getattr(cause, "strerror", None) or "no answer in time"
        raise UnansweredError(f"the server cannot be reached ({reason})", is_sent=False) from None


def _headers(server: Server, release: str, *, is_post: bool) -> dict[str, str]:
    """Return the headers; the release lets a server of another one refuse the whole (FHIR 3.2.0.1.2)."""
    sent = f"{MEDIA_TYPE}; fhirVersion={release}" if release else MEDIA_TYPE
    headers = {"Accept": MEDIA_TYPE}
    headers |= {"Content-Type": sent, "Prefer": "return=minimal"} if is_post else {}
    return headers if server.token is None else headers | {"Authorization": f"Bearer {server.token}"}


def _request(connection: HTTPConnection, target: SplitResult, body: bytes | None, headers: dict[str, str]) -> None:
    with suppress(BrokenPipeError, ConnectionResetError):
        # A server that will not read it all, as one that finds it too long, may have said so.
        path = target.path.rstrip("/") or "/"
        connection.request("GET" if body is None else "POST", f"{path}?{target.query}".rstrip("?"), body, headers)


@contextmanager
def _sent(seconds: float) -> Iterator[None]:
    """Make what goes wrong after the connection was there one error; a message never quotes the answer."""
    began = monotonic()
    try:
        yield
    except (OSError, HTTPException, ValueError) as cause:
        # ValueError: http.client on a socket that the deadline closed.
        is_late = isinstance(cause, TimeoutError) or monotonic() - began >= seconds
        problem = "the server did not answer in time" if is_late else f"the connection broke ({type(cause).__name__})"
        raise UnansweredError(problem, is_sent=True) from None


@contextmanager
def _deadline(connection: HTTPConnection, seconds: float) -> Iterator[None]:
    """Cut the connection when time is over: a server that sends a byte now and then would hold it for ever."""
    timer = Timer(seconds, _cut, [connection.sock])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _cut(sock: socket.socket) -> None:
    with suppress(OSError):
        # Not the method of an SSLSocket, which would take the reader its TLS away.
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


def _answer(response: HTTPResponse, content: bytes, seconds: float) -> Answer:
    return Answer(
        response.status,
        response.headers.get_content_type() if "Content-Type" in response.headers else "",
        content,
        response.headers.get("Retry-After"),
        response.headers.get("Date"),
        response.headers.get("Location"),
        seconds,
    )
