"""A process that loads quads into an in-memory store and answers one query.

`python -m sr2graph.corpus.memory_process` reads a line of JSON (a `Task`), then frames: a line
with two numbers of bytes, so many bytes of N-Triples for the default graph, and so many of
N-Quads.  It writes lines of JSON: an object
that says what kind of answer follows, an array for each solution or triple, an object with
what is known at the end.  A term is null, a string (an IRI, or `_:` and a label), or an array
of text, datatype and language.

Whoever starts the process kills it when it takes too long.  What a query might reach beyond
the quads is closed to it: it can open neither files nor connections.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import IO

import pyoxigraph as ox

from sr2graph.corpus.spellings import Origins, Spellings, Term

TOO_MUCH_OUTPUT = 3
"""Exit status."""
_BUFFER = 2**20


@dataclass(frozen=True, slots=True)
class Task:
    """What is asked of the process."""

    query: str
    prefixes: dict[str, str]
    origins: Origins | None
    """See `sr2graph.corpus.origins`."""
    memory: int
    """Bytes of address space that the process may take."""
    output: int
    """Bytes that the answer may have."""

    def line(self) -> bytes:
        """Return the task as the line that the process reads."""
        return json.dumps(asdict(self)).encode() + b"\n"


def main() -> int:
    """Answer the query of standard input; return the exit status."""
    task = Task(**json.loads(sys.stdin.buffer.readline()))
    _limit(task)
    store, spellings = ox.Store(), Spellings(task.origins)
    for default, named in _frames(sys.stdin.buffer):
        store.load(default, format=ox.RdfFormat.N_TRIPLES)
        store.load(named, format=ox.RdfFormat.N_QUADS)
        # Where both are there, they say the same.
        spellings.add(default or named)
    _confine()
    return _write(_answer(task, store, spellings))


def _frames(source: IO[bytes]) -> Iterator[tuple[bytes, bytes]]:
    while sizes := source.readline():
        default, named = map(int, sizes.split())
        yield source.read(default), source.read(named)


def _answer(task: Task, store: ox.Store, spellings: Spellings) -> Iterator[object]:
    """Yield the lines of the answer."""
    try:
        # FROM is heeded already: what was sent to the default graph is what it asks for.
        found = store.query(task.query, prefixes=task.prefixes, default_graph=ox.DefaultGraph())
        if isinstance(found, ox.QueryBoolean):
            yield {"form": "ASK", "value": bool(found)}
        elif isinstance(found, ox.QueryTriples):
            yield {"form": "CONSTRUCT"}
            for triple in found:
                yield from ([_said(term) for term in spelled] for spelled in spellings.of_triple(triple))
        else:
            names = [variable.value for variable in found.variables]
            yield {"form": "SELECT", "variables": names}
            for solution in found:
                row = dict(zip(names, solution, strict=True))
                yield [_said(term) for term in spellings.of_solution(row)]
        yield {"ambiguous": sorted(spellings.ambiguous)}
    except (SyntaxError, ValueError, RuntimeError, OSError) as problem:
        yield {"error": str(problem)}


def _said(term: Term | None) -> object:
    if isinstance(term, ox.Literal):
        return [term.value, term.datatype.value, term.language]
    if isinstance(term, ox.Triple):
        raise ValueError("it answers with quoted triples, which results here cannot hold")  # noqa: TRY004 # as pyoxigraph does
    return term if term is None else str(term) if isinstance(term, ox.BlankNode) else term.value


def _write(lines: Iterator[object]) -> int:
    out = os.fdopen(sys.stdout.fileno(), "wb", buffering=_BUFFER, closefd=False)
    try:
        for line in lines:
            out.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
        out.flush()
    except OSError:
        # What is left in the buffer cannot be written either.
        os._exit(TOO_MUCH_OUTPUT)
    return 0


# ---------------------------------------------------------------- limits


def _limit(task: Task) -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limits
        return
    resource.setrlimit(resource.RLIMIT_AS, (task.memory, task.memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (task.output, task.output))


def _confine() -> None:
    """Let nothing be opened any more: SERVICE would ask other machines."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


if __name__ == "__main__":
    sys.exit(main())
