"""The safety net: a query that does not compile to SQL, asked over the graphs of the reports that can match.

The graphs are loaded into an in-memory store, in a process of its own that can be killed: a
query may take more time or memory than there is, and the store has no way to stop it.

Numbers and times are compared by value there, also where SPARQL compares terms: 1.10 joins
1.1.  Results have the spelling of the reports; see `sr2graph.corpus.spellings`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Timer
from typing import IO, TYPE_CHECKING, Any

from rdflib.term import BNode, Literal, Node, URIRef

from sr2graph.corpus.decode import stored_reports
from sr2graph.corpus.memory_process import TOO_MUCH_OUTPUT, Task
from sr2graph.corpus.origins import origins
from sr2graph.corpus.prebinding import prebound, speaks_of
from sr2graph.corpus.result import MEMORY, Answer, Result, Triples, solutions_of
from sr2graph.corpus.scope import Scope, scope
from sr2graph.corpus.sparql.parse import parsed
from sr2graph.corpus.virtual import mentioned, virtual_statements
from sr2graph.errors import QueryError
from sr2graph.graph.quads import nquads_of
from sr2graph.graph.vocabulary import PREFIXES
from sr2graph.resources import PACKAGE

if TYPE_CHECKING:
    import duckdb

_GIB = 2**30
_FRAME = 20_000
"""Statements that are loaded at a time."""
_COMMAND = (sys.executable, "-P", "-m", "sr2graph.corpus.memory_process")
_XSD_STRING = PREFIXES["xsd"] + "string"
_MEMORY_STATUSES = (-6, -9)
"""The store aborts when it gets no memory; the system kills when there is none."""


@dataclass(frozen=True, slots=True)
class MemoryLimits:
    """What an answer in memory may take."""

    reports: int = 20_000
    nodes: int = 1_000_000
    """Content items and other nodes; each has about seven statements."""
    memory: int = 4 * _GIB
    """Bytes of address space of the process; not bounded on Windows."""
    output: int = _GIB // 2
    """Bytes of the answer; the same."""


def answer_in_memory(  # noqa: PLR0913 # all but three have defaults
    connection: duckdb.DuckDBPyConnection,
    query: str,
    *,
    documents: str | Iterable[int],
    substitutions: Mapping[str, Node] | None = None,
    reason: str = "it asks for something that SQL cannot say",
    timeout: float | None = None,
    limits: MemoryLimits = MemoryLimits(),
) -> Result:
    """Return the answer of a query over the graphs of some reports.

    `documents` holds the keys of the reports that can match, or is SQL that selects them as
    `document`; `reason` tells why the query does not compile.  Raises QueryError, also when the
    limits do not suffice.
    """
    if speaks_of(query, "SERVICE"):
        raise QueryError("SERVICE would ask another endpoint, which a corpus does not. Ask that endpoint by itself")
    values = dict(substitutions or {})
    understood = parsed(query, values)
    task = Task(prebound(query, values), dict(PREFIXES), origins(understood), limits.memory, limits.output)
    keys = _keys(connection, documents, limits, reason)
    with _process(timeout) as process:
        process.send(task, _frames(connection, keys, scope(understood), mentioned(query)))
        return process.result(values)


def _keys(
    connection: duckdb.DuckDBPyConnection, documents: str | Iterable[int], limits: MemoryLimits, reason: str
) -> list[int]:
    """Return the keys of the reports to load; raises QueryError when they are too many."""
    wanted = documents if isinstance(documents, str) else "SELECT unnest(?::BIGINT[]) AS document"
    values = [] if isinstance(documents, str) else [list(documents)]
    query = f"SELECT document, 1 + items + nodes FROM documents WHERE document IN (SELECT document FROM ({wanted}))"  # noqa: S608 # the compiler's own SQL
    found = connection.execute(query, values).fetchall()
    nodes = sum(size for _, size in found)
    if len(found) > limits.reports or nodes > limits.nodes:
        raise QueryError(
            f"the query does not compile to SQL ({reason}). In memory it would take {len(found)} reports with "
            f"{nodes} nodes, more than {limits.reports} and {limits.nodes}. Narrow it to fewer reports (a modality, "
            "a concept, a study), or put it so that it compiles"
        )
    return sorted(document for document, _ in found)


def _frames(
    connection: duckdb.DuckDBPyConnection, keys: list[int], graphs: Scope, virtual: frozenset[str]
) -> Iterator[tuple[str, str]]:
    """Yield (statements of the default graph, statements of named graphs) of the reports, several at once.

    They are loaded apart: the store's own union of graphs repeats what several of them state.
    """
    default: list[str] = []
    named: list[str] = []
    size = 0
    for stored in stored_reports(connection, keys):
        lines = stored.statements() + virtual_statements(stored, virtual)
        if graphs.in_default(stored.iri):
            default += lines
        if graphs.in_named(stored.iri):
            named.append(nquads_of(lines, stored.iri))
        size += len(lines)
        if size > _FRAME:
            yield triples_of(default), "".join(named)
            default, named, size = [], [], 0
    yield triples_of(default), "".join(named)


def triples_of(lines: list[str]) -> str:
    """Return statements as N-Triples."""
    return " .\n".join((*lines, "")) if lines else ""


# ---------------------------------------------------------------- the process


@contextmanager
def _process(timeout: float | None) -> Iterator[_Process]:
    """Start a process that answers a query; it is gone at the end of the block."""
    # An empty entry would be the working folder.
    path = os.pathsep.join(filter(None, (str(PACKAGE.parent), os.environ.get("PYTHONPATH"))))
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        child = subprocess.Popen(  # noqa: S603 # this very package
            _COMMAND, stdin=subprocess.PIPE, stdout=out, stderr=errors, env={**os.environ, "PYTHONPATH": path}
        )
        process = _Process(child, out, errors, timeout)
        try:
            yield process
        finally:
            process.end()


class _Process:
    def __init__(
        self, child: subprocess.Popen[bytes], out: IO[bytes], errors: IO[bytes], timeout: float | None
    ) -> None:
        self._child, self._out, self._errors = child, out, errors
        self._timeout = timeout
        self._expired = False
        self._timer = Timer(timeout, self._expire) if timeout is not None else None
        if self._timer is not None:
            self._timer.daemon = True
            self._timer.start()

    def send(self, task: Task, frames: Iterable[tuple[str, str]]) -> None:
        """Send the task and the statements."""
        assert self._child.stdin is not None  # noqa: S101 # it is a pipe
        # A child that ended has said why, or was killed: that is for `result` to tell.
        with suppress(BrokenPipeError), self._child.stdin as pipe:
            pipe.write(task.line())
            for frame in frames:
                default, named = (text.encode() for text in frame)
                pipe.write(b"%d %d\n%b%b" % (len(default), len(named), default, named))

    def result(self, values: Mapping[str, Node]) -> Result:
        """Wait for the answer and return it, with the values of parameters as given; raises QueryError."""
        status = self._child.wait()
        if self._expired:
            raise QueryError(f"the query took longer than {self._timeout:g} s. Narrow it, or allow more time")
        if status == TOO_MUCH_OUTPUT:
            raise QueryError("the answer is too large. Add a LIMIT, select less, or allow a larger one")
        if status:
            raise QueryError(self._failure(status))
        self._out.seek(0)
        return _result(self._out, values)

    def end(self) -> None:
        """Kill the process if it is not gone."""
        if self._timer is not None:
            self._timer.cancel()
        self._child.kill()
        self._child.wait()

    def _expire(self) -> None:
        self._expired = True
        self._child.kill()

    def _failure(self, status: int) -> str:
        self._errors.seek(0)
        if status in _MEMORY_STATUSES or b"MemoryError" in self._errors.read():
            return "the query needs more memory than it may have. Narrow it to fewer reports, or allow more memory"
        return f"the process that answered the query ended with status {status}. Please report the query"


# ---------------------------------------------------------------- its answer


def _result(lines: Iterable[bytes], values: Mapping[str, Node]) -> Result:
    """Return the answer that the lines of a process tell; raises QueryError."""
    head, *said = map(json.loads, lines)
    end = said.pop() if said else head
    if "error" in end:
        raise QueryError(f"the query cannot be answered: {end['error']}")
    notes = tuple(map(_note, end.get("ambiguous", ())))
    if head["form"] == "ASK":
        return Answer(head["value"], MEMORY, notes)
    if head["form"] == "CONSTRUCT":
        return Triples(tuple((_term(s), _term(p), _term(o)) for s, p, o in said), MEMORY, notes)
    given = [values.get(name) for name in head["variables"]]
    rows = [
        tuple(_term(term) if value is None else value for value, term in zip(given, row, strict=True)) for row in said
    ]
    return solutions_of(head["variables"], rows, engine=MEMORY, notes=notes)


def _note(variable: str) -> str:
    return f"reports spell some values of ?{variable} in several ways (1.10 and 1.1); they are given in one"


def _term(said: Any) -> Any:  # noqa: ANN401 # JSON; a Node, or None where there is none
    if said is None:
        return None
    if isinstance(said, str):
        return BNode(said[2:]) if said.startswith("_:") else URIRef(said)
    text, datatype, language = said
    if language is not None:
        return Literal(text, lang=language)
    return Literal(text, datatype=None if datatype == _XSD_STRING else URIRef(datatype), normalize=False)
