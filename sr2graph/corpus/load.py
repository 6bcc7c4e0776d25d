"""RDF files into a corpus: the way back from `dump`, and from what `convert` wrote.

Reports go in; whatever else a file says is counted, for a corpus holds reports and nothing else.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from sr2graph.batch.formats import GZIP
from sr2graph.corpus.ingest import ingest_reports
from sr2graph.dicom.report import Report
from sr2graph.errors import GraphError
from sr2graph.graph.from_rdf import rebuilt
from sr2graph.graph.quads import statements
from sr2graph.graph.statement_index import FORMATS, RDF_TYPE, REPORT, Index

if TYPE_CHECKING:
    import pyoxigraph


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of an RDF file."""

    version: int
    """The version of the corpus that holds its reports."""
    reports: int
    failures: tuple[tuple[str, str], ...]
    """(IRI of a report, why it could not be rebuilt)."""
    others: int
    """Statements that no loaded report says: they are not in the corpus."""


def load(location: str | Path, source: Path) -> Loaded:
    """Add the reports of an RDF file to a corpus, making it where there is none.

    The suffix tells the format (.nq, .trig, .ttl, .nt, .jsonld), and .gz that it is compressed.
    A file in which the statements of each graph stand together is streamed, any other is held
    in memory.  Raises GraphError when the file is not RDF, and CorpusError.
    """
    reading = _Reading()
    version = ingest_reports(location, reading.reports(_graphs(source)))
    return Loaded(version, reading.count, tuple(reading.failures), reading.others)


@dataclass(slots=True)
class _Reading:
    """Takes reports out of graphs, and counts what is left."""

    count: int = 0
    failures: list[tuple[str, str]] = field(default_factory=list)
    others: int = 0

    def reports(self, graphs: Iterable[list[pyoxigraph.Quad]]) -> Iterator[Report]:
        for graph in graphs:
            said: set[pyoxigraph.Triple] = set()
            for report in self._rebuilt(_index(graph)):
                said |= _triples(statements(report))
                self.count += 1
                yield report
            self.others += sum(quad.triple not in said for quad in graph)

    def _rebuilt(self, index: Index) -> Iterator[Report]:
        for iri in [subject for subject, said in index.items() if REPORT in said.get(RDF_TYPE, ())]:
            try:
                report = rebuilt(iri, index)
            except GraphError as problem:
                self.failures.append((iri, str(problem)))
            else:
                yield report


def _triples(lines: list[str]) -> set[pyoxigraph.Triple]:
    import pyoxigraph

    text = " .\n".join((*lines, ""))
    return {quad.triple for quad in pyoxigraph.parse(text, format=pyoxigraph.RdfFormat.N_TRIPLES)}


def _index(graph: list[pyoxigraph.Quad]) -> Index:
    import pyoxigraph

    index: Index = {}
    for quad in graph:
        # A statement about statements is nothing that a report says.
        if not isinstance(quad.object, pyoxigraph.Triple) and not isinstance(quad.subject, pyoxigraph.Triple):
            index.setdefault(quad.subject.value, {}).setdefault(quad.predicate.value, []).append(quad.object.value)
    return index


# ---------------------------------------------------------------- files


def _graphs(source: Path) -> Iterator[list[pyoxigraph.Quad]]:
    """Yield the quads of each graph."""
    if _stand_together(quad.graph_name for quad in _quads(source)):
        for _, graph in groupby(_quads(source), key=lambda quad: quad.graph_name):
            yield list(graph)
    else:
        graphs: dict[object, list[pyoxigraph.Quad]] = {}
        for quad in _quads(source):
            graphs.setdefault(quad.graph_name, []).append(quad)
        yield from graphs.values()


def _stand_together(names: Iterable[object]) -> bool:
    seen = set()
    for name, _ in groupby(names):
        if name in seen:
            return False
        seen.add(name)
    return True


def _quads(source: Path) -> Iterator[pyoxigraph.Quad]:
    import pyoxigraph

    format_ = getattr(pyoxigraph.RdfFormat, _format_name(source))
    try:
        with _opened(source) as file:
            yield from pyoxigraph.parse(input=file, format=format_)
    except FileNotFoundError as cause:
        raise GraphError(f"{source}: there is no such file") from cause
    except (SyntaxError, ValueError, OSError, EOFError, zlib.error) as cause:
        raise GraphError(f"{source}: {cause}") from cause


def _opened(source: Path) -> io.BufferedReader:
    return io.BufferedReader(gzip.GzipFile(source)) if source.suffix.lower() == GZIP else source.open("rb")


def _format_name(source: Path) -> str:
    suffixes = [suffix.lower() for suffix in source.suffixes if suffix.lower() != GZIP]
    if not suffixes or suffixes[-1] not in FORMATS:
        raise GraphError(f"{source}: the suffix tells no RDF format. Name the file with one of {', '.join(FORMATS)}")
    return FORMATS[suffixes[-1]]
