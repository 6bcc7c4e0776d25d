"""HAPI FHIR's JPA server as a process of its own, on loopback: see jpa_server/. Tests post to it and ask it back."""

import json
import select
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import IO, Any
from urllib.parse import urlencode, urlsplit

from tests.conftest import JPA

Json = dict[str, Any]
# A short life on two cores: the first compiler alone, and no threads for garbage.
JAVA = ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
HEAP = {"R4": "-Xmx1g", "R5": "-Xmx1500m"}
"""HAPI keeps all definitions of R5 in memory, whether or not anything is validated: 700 MB."""
LOG = "-Dorg.slf4j.simpleLogger.defaultLogLevel=error"
SECONDS_TO_START = 300
"""Of processor time R4 takes 20 and R5 35; CI has other tests beside them."""
PAGE = 1000


@dataclass
class Jpa:
    """A server that is starting, and then runs."""

    release: str
    process: subprocess.Popen[bytes] = field(repr=False)
    log: IO[bytes] = field(repr=False)
    url: str = ""

    def started(self) -> "Jpa":
        """Wait until it answers."""
        assert self.process.stdout is not None
        end = time.monotonic() + SECONDS_TO_START
        while not self.url:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0.0, end - time.monotonic()))
            line = self.process.stdout.readline().split() if ready else []
            if not line:
                self.log.seek(0)
                raise RuntimeError(f"{self.release}: no server: {self.log.read()[-3000:].decode(errors='replace')}")
            if line[0] == b"ready":
                self.url = f"http://127.0.0.1:{int(line[1])}/fhir"
        return self

    def ask(self, path: str, method: str = "GET", body: object = None) -> tuple[int, Json]:
        """Return the status and the JSON of an answer."""
        target = urlsplit(self.url)
        connection = HTTPConnection(target.hostname or "", target.port, timeout=120)
        text = None if body is None else body if isinstance(body, str) else json.dumps(body)
        headers = {"Accept": "application/fhir+json", "Content-Type": "application/fhir+json"}
        try:
            connection.request(method, f"{target.path}/{path}", None if text is None else text.encode(), headers)
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        return response.status, json.loads(content) if content else {}

    def found(self, type_: str, **parameters: str) -> set[str]:
        """Return the ids that a search finds; `_` in a name of a parameter is a hyphen."""
        words = {name.replace("_", "-"): value for name, value in parameters.items()} | {"_count": str(PAGE)}
        status, answer = self.ask(f"{type_}?{urlencode(words)}")
        assert status == 200, answer
        return {entry["resource"]["id"] for entry in answer.get("entry", ())}

    def count(self, type_: str) -> int:
        """Return how many resources of a type there are."""
        return int(self.ask(f"{type_}?_summary=count")[1]["total"])

    def counts(self, types: Iterable[str]) -> dict[str, int]:
        return {type_: self.count(type_) for type_ in sorted(set(types))}

    def versions(self) -> int:
        """Return how many versions of all resources there are in its history."""
        return int(self.ask("_history?_count=1")[1]["total"])

    def read(self, names: Sequence[str]) -> list[Json]:
        """Return the resources of names such as Patient/1, in one request; None for those that are not there."""
        entries = [{"request": {"method": "GET", "url": name}} for name in names]
        status, answer = self.ask("", "POST", {"resourceType": "Bundle", "type": "batch", "entry": entries})
        assert status == 200, answer
        return [entry.get("resource") or {} for entry in answer["entry"]]

    def versions_of(self, names: Sequence[str]) -> Counter[str]:
        """Return how many of these resources are at which version."""
        return Counter(each.get("meta", {}).get("versionId", "none") for each in self.read(names))


def _start(release: str, log: IO[bytes]) -> Jpa:
    command = [*JAVA, HEAP[release], LOG, "-cp", f"{JPA}:{JPA.parent}/lib/*", "JpaServer", "--version", release]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
    return Jpa(release, process, log)


@contextmanager
def servers(*releases: str) -> Iterator[dict[str, Jpa]]:
    """Start a server of each release, side by side; they end with the block, or with this process."""
    with tempfile.TemporaryFile() as log:
        running = {release: _start(release, log) for release in releases}
        try:
            yield running
        finally:
            for each in running.values():
                assert each.process.stdin is not None
                each.process.stdin.close()
            for each in running.values():
                try:
                    each.process.wait(20)
                except subprocess.TimeoutExpired:
                    each.process.kill()
                    each.process.wait()
                assert each.process.stdout is not None
                each.process.stdout.close()
