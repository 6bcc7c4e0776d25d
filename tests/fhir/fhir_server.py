"""A small FHIR server on loopback: it keeps resources with versions, and misbehaves in the ways it is told to."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

Json = dict[str, Any]
FHIR_JSON = "application/fhir+json;charset=utf-8"


@dataclass
class Fake:
    """What the server has and has seen, and the script of what it does next."""

    url: str = ""
    script: list[Callable[["Handler", Json], None]] = field(default_factory=list)
    """What to do with the next requests, instead of doing what they say."""
    checks_references: bool = False
    """An entry of a batch that refers to what is not there is refused."""
    metadata: object = None
    """What it says of itself; nothing where it is None."""
    tells_no_change: bool = True
    """As HAPI does: a code for an update that changes nothing."""
    stored: dict[str, tuple[int, Json]] = field(default_factory=dict)
    """Type/id → version and resource."""
    requests: list[Json] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    """Paths of GET."""

    def versions(self) -> dict[str, int]:
        return {name: version for name, (version, _) in self.stored.items()}


class Handler(BaseHTTPRequestHandler):
    fake: Fake
    protocol_version = "HTTP/1.1"

    def log_message(self, *_args: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.fake.requests.append(body)
        self.fake.headers.append({name.lower(): value for name, value in self.headers.items()} | {"path": self.path})
        if self.fake.script:
            self.fake.script.pop(0)(self, body)
        else:
            behave(self, body)

    def do_GET(self) -> None:
        self.fake.asked.append(self.path)
        self.answer(404 if self.fake.metadata is None else 200, self.fake.metadata)

    def answer(self, status: int, content: object, content_type: str = FHIR_JSON, **headers: str) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in {"Content-Type": content_type, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True


def outcome(text: str, severity: str = "error", code: str = "processing", **more: object) -> Json:
    return {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": severity, "code": code, "diagnostics": text, **more}],
    }


# ---------------------------------------------------------------- good behaviour


def behave(handler: Handler, bundle: Json) -> None:
    """Do what the bundle says."""
    entries = [{"response": _done(handler.fake, entry, bundle["type"])} for entry in bundle["entry"]]
    handler.answer(200, {"resourceType": "Bundle", "type": f"{bundle['type']}-response", "entry": entries})


def _done(fake: Fake, entry: Json, kind: str) -> Json:
    resource, request = entry["resource"], entry["request"]
    if fake.checks_references and kind == "batch" and (missing := _missing(fake, resource)):
        return {"status": "409 Conflict", "outcome": outcome(f"Resource {missing} not found")}
    if request["method"] == "POST":
        known = next((name for name, (_, each) in fake.stored.items() if _matches(each, request)), None)
        if known is not None:
            return {"status": "200 OK", "location": known}
        name = f"{request['url']}/s{len(fake.stored)}"
    else:
        name = request["url"]
    version, before = fake.stored.get(name, (0, None))
    if before == resource and fake.tells_no_change:
        system = "https://hapifhir.io/fhir/CodeSystem/hapi-fhir-storage-response-code"
        details = {"coding": [{"system": system, "code": "SUCCESSFUL_UPDATE_NO_CHANGE"}]}
        return {"status": "200 OK", "outcome": outcome("", "information", "informational", details=details)}
    fake.stored[name] = (version + 1, resource)
    now = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
    return {"status": "200 OK" if version else "201 Created", "location": name, "lastModified": now}


def _matches(resource: Json, request: Json) -> bool:
    system, _, value = unquote(request["ifNoneExist"].removeprefix("identifier=")).partition("|")
    plain = value.replace("\\", "")
    found = resource.get("identifier", [])
    found = found if isinstance(found, list) else [found]
    is_typed = resource["resourceType"] == request["url"]
    return is_typed and any((each.get("system", ""), each.get("value")) == (system, plain) for each in found)


def _missing(fake: Fake, value: object) -> str | None:
    children: Sequence[object] = ()
    if isinstance(value, dict):
        reference = value.get("reference")
        if isinstance(reference, str) and reference not in fake.stored:
            return reference
        children = list(value.values())
    elif isinstance(value, list):
        children = value
    return next((found for child in children if (found := _missing(fake, child))), None)


# ---------------------------------------------------------------- bad behaviour


def says(status: int, content: object = b"", content_type: str = FHIR_JSON, **headers: str) -> Callable[..., None]:
    """Answer with this, having done nothing."""
    return lambda handler, _bundle: handler.answer(status, content, content_type, **headers)


def does_and_hangs_up(handler: Handler, bundle: Json) -> None:
    """Do it, and break the connection before the answer."""
    for entry in bundle["entry"]:
        _done(handler.fake, entry, bundle["type"])
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


def sleeps(seconds: float) -> Callable[..., None]:
    def later(handler: Handler, _bundle: Json) -> None:
        time.sleep(seconds)
        handler.close_connection = True

    return later


def drips(handler: Handler, _bundle: Json) -> None:
    """Send a byte now and then, without an end, until the other side has enough."""
    handler.send_response(200)
    handler.send_header("Content-Type", FHIR_JSON)
    handler.end_headers()
    try:
        for _ in range(200):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.02)
    except OSError:
        pass
    handler.close_connection = True


def changes(change: Callable[[Json], object]) -> Callable[..., None]:
    """Do it, and answer with something else than should be."""

    def changed(handler: Handler, bundle: Json) -> None:
        entries = [{"response": _done(handler.fake, entry, bundle["type"])} for entry in bundle["entry"]]
        good = {"resourceType": "Bundle", "type": f"{bundle['type']}-response", "entry": entries}
        replaced = change(good)
        handler.answer(200, good if replaced is None else replaced)

    return changed


def labels(content_type: str) -> Callable[..., None]:
    """Do it, and say so in a good answer that is called something else."""

    def labelled(handler: Handler, bundle: Json) -> None:
        entries = [{"response": _done(handler.fake, entry, bundle["type"])} for entry in bundle["entry"]]
        good = {"resourceType": "Bundle", "type": f"{bundle['type']}-response", "entry": entries}
        handler.answer(200, good, content_type)

    return labelled


def breaks_off(handler: Handler, _bundle: Json) -> None:
    """Promise more than is sent."""
    handler.send_response(200)
    handler.send_header("Content-Type", FHIR_JSON)
    handler.send_header("Content-Length", "5000")
    handler.end_headers()
    handler.wfile.write(b'{"resourceType":')
    handler.close_connection = True


def long_ago(good: Json) -> None:
    """Updates that the server says nothing of, but when the resource was last written."""
    for entry in good["entry"]:
        entry["response"] |= {"status": "200", "lastModified": "2020-01-01T00:00:00Z"}
        entry["response"].pop("outcome", None)


@contextmanager
def serving() -> Iterator[Fake]:
    """Run a server for the length of the block."""
    fake = Fake()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Own", (Handler,), {"fake": fake}))
    server.daemon_threads = True
    server.block_on_close = False
    fake.url = f"http://127.0.0.1:{server.server_port}/fhir"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def http_date(seconds: float) -> str:
    return formatdate(time.time() + seconds, usegmt=True)
