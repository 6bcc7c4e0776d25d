"""Virtuoso as an engine: a server of its own, on loopback, with a database in the folder of the benchmark."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from benchmarks.corpus.engines import Loaded, Plan, folder_size
from benchmarks.corpus.queries import Asked, Parameter
from benchmarks.corpus.rows import Cell, cell

INI = """\
[Database]
DatabaseFile = virtuoso.db
ErrorLogFile = virtuoso.log
LockFile = virtuoso.lck
TransactionFile = virtuoso.trx
xa_persistent_file = virtuoso.pxa
FileExtend = 200

[TempDatabase]
DatabaseFile = temporary.db
TransactionFile = temporary.trx

[Parameters]
ServerPort = 127.0.0.1:{sql_port}
ServerThreads = 10
NumberOfBuffers = {buffers}
MaxDirtyBuffers = {dirty}
DirsAllowed = {folder}
CheckpointInterval = 0
ThreadsPerQuery = 2

[HTTPServer]
ServerPort = 127.0.0.1:{http_port}
ServerRoot = {folder}
ServerThreads = 4
MaxClientConnections = 4

[SPARQL]
ResultSetMaxRows = 100000000
"""
BUFFERS = 340_000
"""Pages of 8 KB: what the vendor advises for 4 GB of memory."""
START_SECONDS = 120
STRING = "http://www.w3.org/2001/XMLSchema#string"
WKT = "^^<http://www.opengis.net/ont/geosparql#wktLiteral>"
JSON = "application/sparql-results+json"
ISQL = "isql-vt" if shutil.which("isql-vt") else "isql"


class VirtuosoError(Exception):
    """The server refuses something."""


class Virtuoso:
    """A server that runs while this object is open."""

    keeps = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "virtuoso"
        self._server: subprocess.Popen[bytes] | None = None

    def load(self, source: Path, jobs: int) -> Loaded:  # noqa: ARG002 # one loader: the vendor advises one for 2.5 cores
        """Load N-Quads with the bulk loader into a new database."""
        shutil.rmtree(self._folder, ignore_errors=True)
        place = self._folder / "load"
        place.mkdir(parents=True)
        write_without_geometry(source, place / source.name)
        self._start()
        self._sql(f"ld_dir('{place}', '{source.name}', 'urn:unused');")
        start = time.perf_counter()
        self._sql("rdf_loader_run();", "checkpoint;")
        seconds = time.perf_counter() - start
        problems = self._sql("select 'problem', ll_error from DB.DBA.load_list where ll_error is not null;")
        if re.search(r"^problem", problems, re.MULTILINE):
            raise VirtuosoError(f"the bulk loader failed: {problems[:300]}")
        shutil.rmtree(place)
        self.close()
        return Loaded({"bulk load": seconds}, folder_size(self._folder))

    def open(self) -> None:
        """Start the server."""
        self._start()

    def ask(self, query: Asked) -> Iterator[tuple[Any, ...]]:
        """Return the solutions."""
        return self._rows(with_values(query))

    def _rows(self, text: str) -> Iterator[tuple[Any, ...]]:
        connection = HTTPConnection("127.0.0.1", self._http_port)
        body = urlencode({"query": text, "format": JSON})
        connection.request("POST", "/sparql", body, {"Content-Type": "application/x-www-form-urlencoded"})
        response = connection.getresponse()
        answer = response.read()
        connection.close()
        if response.status != 200:
            raise VirtuosoError(" ".join(answer.decode(errors="replace").split())[:200])
        found = json.loads(answer, strict=False)
        names = found["head"]["vars"]
        return (tuple(row.get(name) for name in names) for row in found["results"]["bindings"])

    def cell(self, term: Any) -> Cell:  # noqa: ANN401 # a term of SPARQL results as JSON
        """Return a term as all engines have it."""
        if term is None:
            return None
        if term["type"] == "uri":
            return f"<{term['value']}>"
        return "_:" if term["type"] == "bnode" else cell(term["value"], term.get("datatype"))

    def stages(self) -> Mapping[str, float]:
        """Return none: the server does not tell."""
        return {}

    def plan(self, query: Asked) -> Plan:  # noqa: ARG002 # not of ours
        """Return none."""
        return Plan((), "not asked for")

    def close(self) -> None:
        """Shut the server down; kill it when it does not."""
        if self._server is None:
            return
        try:
            self._sql("shutdown;")
            self._server.wait(START_SECONDS)
        except (subprocess.SubprocessError, VirtuosoError):
            self._server.kill()
            self._server.wait()
        self._server = None

    # ------------------------------------------------------------ the server

    def _start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / "virtuoso.lck").unlink(missing_ok=True)
        self._sql_port, self._http_port = free_port(), free_port()
        ini = self._folder / "virtuoso.ini"
        ini.write_text(
            INI.format(
                sql_port=self._sql_port,
                http_port=self._http_port,
                folder=self._folder,
                buffers=BUFFERS,
                dirty=BUFFERS * 3 // 4,
            )
        )
        command = ["virtuoso-t", "-f", "-c", str(ini)]
        self._server = subprocess.Popen(command, cwd=self._folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._wait_until_it_answers()

    def _wait_until_it_answers(self) -> None:
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                list(self._rows("SELECT (1 AS ?one) WHERE {}"))
            except (OSError, VirtuosoError):
                assert self._server is not None
                if self._server.poll() is not None or time.monotonic() > end:
                    raise VirtuosoError(f"the server did not start; see {self._folder}/virtuoso.log") from None
                time.sleep(0.3)
            else:
                return

    def _sql(self, *statements: str) -> str:
        """Run statements and return what is printed."""
        done = subprocess.run(
            [ISQL, f"127.0.0.1:{self._sql_port}", "dba", "dba", "VERBOSE=OFF", "BANNER=OFF", "PROMPT=OFF"],
            input="\n".join(statements) + "\n",
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode or "*** Error" in done.stderr:
            raise VirtuosoError(" ".join((done.stderr + done.stdout).split())[:300])
        return done.stdout


def write_without_geometry(source: Path, target: Path) -> None:
    """Write N-Quads with geometries as plain texts.

    The loader stops at coordinates in a space that it does not know (openlink/virtuoso-opensource#274).
    """
    with source.open(encoding="utf-8", newline="\n") as lines, target.open("w", encoding="utf-8") as file:
        file.writelines(line.replace(WKT, "") for line in lines)


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def with_values(query: Asked) -> str:
    """Return a query with its parameters as VALUES, the first thing in its outermost group."""
    values = "".join(f" VALUES ${name} {{ {literal(value)} }}" for name, value in query.parameters.items())
    return re.sub(r"WHERE\s*\{", lambda found: found[0] + values, query.text, count=1)


def literal(value: Parameter) -> str:
    """Return a parameter as it stands in SPARQL."""
    if value.datatype is None:
        return f"<{value.text}>"
    # Virtuoso takes a text with its datatype for another term than a text without.
    return json.dumps(value.text) + ("" if value.datatype == STRING else f"^^<{value.datatype}>")
