"""RDF from anywhere, as an index of statements per report graph.

Files and text are parsed by pyoxigraph, rdflib graphs are walked; both end up as
subject -> predicate -> objects, which is all that rebuilding a report needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sr2graph.errors import GraphError
from sr2graph.graph.vocabulary import NAMESPACE, PREFIXES

if TYPE_CHECKING:
    import rdflib

RDF_TYPE = PREFIXES["rdf"] + "type"
REPORT = NAMESPACE + "Report"

Statement = tuple[str, str, str, str]
"""(subject IRI, predicate IRI, object IRI or lexical form, graph IRI or empty)."""
Index = dict[str, dict[str, list[str]]]
"""Subject IRI -> predicate IRI -> objects, as IRIs or lexical forms; a file may repeat them."""

FORMATS = {
    ".nq": "N_QUADS",
    ".nt": "N_TRIPLES",
    ".ttl": "TURTLE",
    ".trig": "TRIG",
    ".jsonld": "JSON_LD",
    ".json": "JSON_LD",
}
"""File suffix -> pyoxigraph format."""


def graphs(source: rdflib.Graph | str | Path | bytes, format: str | None = None) -> Iterator[tuple[str, Index]]:
    """Yield (report IRI, index of its statements) for each report of a source.

    A source is an rdflib Graph or Dataset, a path, or the bytes of a document whose
    `format` is one of nquads, trig, turtle, jsonld.  A file in which the statements of
    each report stand together is streamed; any other is held in memory.
    """
    if isinstance(source, str | Path):
        yield from _from_path(Path(source), format)
    elif isinstance(source, bytes):
        yield from _gathered(_parsed(source, _oxigraph_format(format or "nquads"), "the document"))
    else:
        yield from _gathered(_rdflib_statements(source))


def _from_path(path: Path, format: str | None) -> Iterator[tuple[str, Index]]:
    name = _oxigraph_format(format) if format else FORMATS.get(path.suffix.lower())
    if name is None:
        known = ", ".join(FORMATS)
        raise GraphError(f"{path}: the suffix tells no RDF format. Name the file with one of {known}")
    if not path.is_file():
        raise GraphError(f"{path}: there is no such file")
    if name == "N_QUADS" and _stands_together(_parsed(path, name, str(path))):
        yield from _streamed(_parsed(path, name, str(path)))
    else:
        yield from _gathered(_parsed(path, name, str(path)))


def _oxigraph_format(format: str) -> str:
    names = {"nquads": "N_QUADS", "trig": "TRIG", "turtle": "TURTLE", "jsonld": "JSON_LD", "ntriples": "N_TRIPLES"}
    if format not in names:
        raise GraphError(f"{format} is not an RDF format known here. Use one of {', '.join(names)}")
    return names[format]


def _parsed(source: Path | bytes, name: str, label: str) -> Iterator[Statement]:
    import pyoxigraph

    kind = getattr(pyoxigraph.RdfFormat, name)
    default_graph = pyoxigraph.DefaultGraph
    try:
        arguments = {"path": str(source)} if isinstance(source, Path) else {"input": source}
        for quad in pyoxigraph.parse(**arguments, format=kind):
            graph = quad.graph_name
            yield (
                _text(quad.subject),
                quad.predicate.value,
                _text(quad.object),
                "" if isinstance(graph, default_graph) else _text(graph),
            )
    except (SyntaxError, OSError, ValueError) as cause:
        raise GraphError(f"{label}: {cause}") from cause


def _text(term: Any) -> str:
    value = getattr(term, "value", None)
    if value is None:
        raise GraphError("the graph holds quoted triples, which reports do not have")
    return str(value)


def _rdflib_statements(graph: rdflib.Graph) -> Iterator[Statement]:
    import rdflib

    if isinstance(graph, rdflib.Dataset | rdflib.ConjunctiveGraph):
        for s, p, o, g in graph.quads():
            name = getattr(g, "identifier", g)
            yield (
                str(s),
                str(p),
                str(o),
                "" if name is None or name == rdflib.graph.DATASET_DEFAULT_GRAPH_ID else str(name),
            )
    else:
        for s, p, o in graph:
            yield str(s), str(p), str(o), ""


# ---------------------------------------------------------------- by report


def _stands_together(statements: Iterable[Statement]) -> bool:
    seen: set[str] = set()
    last = None
    for _, _, _, graph in statements:
        if graph != last:
            if not graph or graph in seen:
                return False
            seen.add(graph)
            last = graph
    return True


def _streamed(statements: Iterable[Statement]) -> Iterator[tuple[str, Index]]:
    index: Index = {}
    last = ""
    for subject, predicate, target, graph in statements:
        if graph != last:
            yield from _reports_of(index)
            index, last = {}, graph
        index.setdefault(subject, {}).setdefault(predicate, []).append(target)
    yield from _reports_of(index)


def _gathered(statements: Iterable[Statement]) -> Iterator[tuple[str, Index]]:
    by_graph: dict[str, Index] = {}
    for subject, predicate, target, graph in statements:
        by_graph.setdefault(graph, {}).setdefault(subject, {}).setdefault(predicate, []).append(target)
    for index in by_graph.values():
        yield from _reports_of(index)


def _reports_of(index: Index) -> Iterator[tuple[str, Index]]:
    for subject, statements in index.items():
        if REPORT in statements.get(RDF_TYPE, ()):
            yield subject, index
