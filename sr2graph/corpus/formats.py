"""Results of queries as text and files: the four formats of SPARQL 1.1, tables, Parquet, and RDF.

Triples are written in any format: where it is one of solutions, as those of ?subject ?predicate
?object.  Rows are written as they are decoded, some thousand at a time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO
from xml.sax.saxutils import escape, quoteattr

from sr2graph.batch.destination import UsageError, opened, own_errors, replacing
from sr2graph.corpus.layout import table_text
from sr2graph.corpus.lexical import BNODE, LITERAL, URI, Term, written_rows
from sr2graph.corpus.result import Answer, Result, Solutions, Triples, solutions_of
from sr2graph.errors import WriteError
from sr2graph.graph.kinds import XSD
from sr2graph.graph.vocabulary import PREFIXES

if TYPE_CHECKING:
    import pyoxigraph
    from rdflib.term import Node

_LINES_AT_ONCE = 1_000

Lines = Iterator[str]


@dataclass(frozen=True, slots=True)
class Format:
    """A way to write results."""

    name: str
    suffixes: tuple[str, ...]
    write: Callable[[Result, BinaryIO], None]


def format_for(name: str | None, out: str | Path | None, result: Result) -> Format:
    """Return the format of that name, else the one that the suffix of a file says, else the usual one of the result.

    Raises UsageError where the suffix says none, and where the result cannot be written so.
    """
    if name is None:
        name = ("turtle" if isinstance(result, Triples) else "table") if out is None else _by_suffix(Path(out))
    if name in RDF and not isinstance(result, Triples):
        raise UsageError(f"{name} is for triples, and this query asks for none. CONSTRUCT them, or choose csv or json")
    return FORMATS[name]


def _by_suffix(out: Path) -> str:
    suffix = out.suffix.lower()
    for format_ in FORMATS.values():
        if suffix in format_.suffixes:
            return format_.name
    known = ", ".join(suffix for format_ in FORMATS.values() for suffix in format_.suffixes)
    raise UsageError(f"{out}: the suffix says no format. Use one of {known}, or --format")


def save(result: Result, out: Path, format_: Format) -> None:
    """Write a result to a file, which is there when all is written, and not before.  Raises WriteError."""
    with replacing(out) as (complete, _), opened(complete) as file, own_errors():
        format_.write(result, file)


# ---------------------------------------------------------------- text


def _writer(text: Callable[[Result], Lines]) -> Callable[[Result, BinaryIO], None]:
    def write(result: Result, file: BinaryIO) -> None:
        lines = text(result)
        while block := "".join(islice(lines, _LINES_AT_ONCE)):
            file.write(block.encode())

    return write


def solutions(result: Solutions | Triples) -> Solutions:
    """Return the solutions that a result is, or that stand for its triples."""
    if isinstance(result, Solutions):
        return result
    return solutions_of(("subject", "predicate", "object"), result.triples, engine=result.engine, notes=result.notes)


def _truth(answer: Answer) -> str:
    return "true" if answer else "false"


def table(result: Result, width: int = 0) -> Lines:
    """Yield lines of a table for people; 0 columns of width are without end."""
    if isinstance(result, Answer):
        yield f"{_truth(result)}\n"
    else:
        yield from table_text(solutions(result), width)


# ---------------------------------------------------------------- CSV and TSV (SPARQL 1.1 Query Results CSV and TSV)

_TO_QUOTE = re.compile(r'[",\r\n]').search


def _csv(result: Result) -> Lines:
    if isinstance(result, Answer):
        yield f"{_truth(result)}\r\n"
        return
    found = solutions(result)
    yield ",".join(found.variables) + "\r\n"
    for row in written_rows(found, _csv_cell):
        yield ",".join(row) + "\r\n"


def _csv_cell(term: Term) -> str:
    text = f"_:{term.text}" if term.what == BNODE else term.text
    return '"' + text.replace('"', '""') + '"' if _TO_QUOTE(text) else text


def _tsv(result: Result) -> Lines:
    if isinstance(result, Answer):
        yield f"{_truth(result)}\n"
        return
    found = solutions(result)
    yield "\t".join(f"?{name}" for name in found.variables) + "\n"
    for row in written_rows(found, _tsv_cell):
        yield "\t".join(row) + "\n"


_BARE = {
    XSD + "integer": re.compile(r"-?\d+", re.ASCII),
    XSD + "decimal": re.compile(r"-?\d+\.\d+", re.ASCII),
    XSD + "double": re.compile(r"-?\d+\.\d+[eE][+-]?\d+", re.ASCII),
}
"""Numbers that Turtle reads without quotes."""
_TSV_ESCAPES = {ord(c): e for c, e in {"\\": r"\\", '"': r"\"", "\t": r"\t", "\n": r"\n", "\r": r"\r"}.items()} | {
    # What some readers take for the end of a line.
    code: f"\\u{code:04X}"
    for code in (0x0B, 0x0C, 0x1C, 0x1D, 0x1E, 0x85, 0x2028, 0x2029)
}


def _tsv_cell(term: Term) -> str:
    if term.what != LITERAL:
        return f"<{term.text}>" if term.what == URI else f"_:{term.text}"
    bare = _BARE.get(term.datatype)
    if bare is not None and bare.fullmatch(term.text):
        return term.text
    quoted = f'"{term.text.translate(_TSV_ESCAPES)}"'
    if term.language:
        return f"{quoted}@{term.language}"
    return f"{quoted}^^<{term.datatype}>" if term.datatype else quoted


# ---------------------------------------------------------------- JSON (SPARQL 1.1 Query Results JSON Format)


def _json(result: Result) -> Lines:
    if isinstance(result, Answer):
        yield f'{{"head":{{}},"boolean":{_truth(result)}}}\n'
        return
    found = solutions(result)
    names = [f"{json.dumps(name, ensure_ascii=False)}:" for name in found.variables]
    yield f'{{"head":{{"vars":{json.dumps(found.variables, ensure_ascii=False)}}},"results":{{"bindings":['
    separator = "\n"
    for row in written_rows(found, _json_cell):
        yield separator + "{" + ",".join(n + cell for n, cell in zip(names, row, strict=True) if cell) + "}"
        separator = ",\n"
    yield "\n]}}\n"


def _json_cell(term: Term) -> str:
    cell = {"type": term.what, "value": term.text}
    if term.datatype:
        cell["datatype"] = term.datatype
    if term.language:
        cell["xml:lang"] = term.language
    return json.dumps(cell, ensure_ascii=False, separators=(",", ":"))


# ---------------------------------------------------------------- XML (SPARQL Query Results XML Format)

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]").search
"""XML 1.0, production 2."""
# Parsers make a line feed of what ends a line, and may cut blanks at the ends of a text.
_XML_ENTITIES = {"\r": "&#13;", "\n": "&#10;", "\t": "&#9;"}


def _xml(result: Result) -> Lines:
    yield '<?xml version="1.0"?>\n<sparql xmlns="http://www.w3.org/2005/sparql-results#">\n'
    if isinstance(result, Answer):
        yield f"<head></head>\n<boolean>{_truth(result)}</boolean>\n</sparql>\n"
        return
    found = solutions(result)
    yield "<head>" + "".join(f'<variable name="{name}"/>' for name in found.variables) + "</head>\n<results>\n"
    opening = [f'<binding name="{name}">' for name in found.variables]
    for row in written_rows(found, _xml_cell):
        cells = (f"{o}{cell}</binding>" for o, cell in zip(opening, row, strict=True) if cell)
        yield f"<result>{''.join(cells)}</result>\n"
    yield "</results>\n</sparql>\n"


def _xml_cell(term: Term) -> str:
    attribute = ""
    if term.language:
        attribute = f" xml:lang={quoteattr(term.language)}"
    elif term.datatype:
        attribute = f" datatype={quoteattr(term.datatype)}"
    return f"<{term.what}{attribute}>{_xml_text(term.text)}</{term.what}>"


def _xml_text(text: str) -> str:
    forbidden = _NOT_XML(text)
    if forbidden is not None:
        code = ord(forbidden[0])
        raise WriteError(f"the result holds the character U+{code:04X}, which XML cannot. Choose json or tsv")
    escaped = escape(text, _XML_ENTITIES)
    if text.strip(" ") != text:
        blanks = len(escaped) - len(escaped.lstrip(" "))
        escaped = "&#32;" * blanks + escaped[blanks:]
        kept = escaped.rstrip(" ")
        escaped = kept + "&#32;" * (len(escaped) - len(kept))
    return escaped


# ---------------------------------------------------------------- Parquet


def _parquet(result: Result, file: BinaryIO) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = pa.table({"answer": [bool(result)]}) if isinstance(result, Answer) else solutions(result).to_arrow()
    pq.write_table(columns, file, compression="zstd")


# ---------------------------------------------------------------- RDF


def _rdf(name: str) -> Callable[[Result, BinaryIO], None]:
    def write(result: Result, file: BinaryIO) -> None:
        import pyoxigraph

        assert isinstance(result, Triples)  # noqa: S101 # format_for gives no other
        format_ = getattr(pyoxigraph.RdfFormat, name)
        pyoxigraph.serialize(_ox_triples(result), file, format_, prefixes=_used_prefixes(result))

    return write


def _ox_triples(triples: Iterable[tuple[Node, Node, Node]]) -> Iterator[pyoxigraph.Triple]:
    import pyoxigraph

    for triple in triples:
        try:
            yield pyoxigraph.Triple(*map(_ox_term, triple))
        except ValueError as problem:
            raise WriteError(f"the query made a term that is none ({problem}). Look at its IRI() and STRDT()") from None


def _ox_term(term: Node) -> Any:  # noqa: ANN401 # which of the three classes goes where, the query has seen to
    import pyoxigraph
    from rdflib.term import BNode, Literal, URIRef

    if isinstance(term, URIRef):
        return pyoxigraph.NamedNode(term)
    if isinstance(term, BNode):
        return pyoxigraph.BlankNode(term)
    assert isinstance(term, Literal)  # noqa: S101 # what else a triple holds
    datatype = None if term.datatype is None else pyoxigraph.NamedNode(term.datatype)
    return pyoxigraph.Literal(str(term), datatype=datatype, language=term.language)


def _used_prefixes(triples: Iterable[tuple[Node, Node, Node]]) -> dict[str, str]:
    from rdflib.term import Literal

    iris = {str(getattr(t, "datatype", "") if isinstance(t, Literal) else t) for triple in triples for t in triple}
    return {prefix: space for prefix, space in PREFIXES.items() if any(iri.startswith(space) for iri in iris)}


FORMATS = {
    format_.name: format_
    for format_ in (
        Format("table", (".txt",), _writer(table)),
        Format("csv", (".csv",), _writer(_csv)),
        Format("tsv", (".tsv",), _writer(_tsv)),
        Format("json", (".json", ".srj"), _writer(_json)),
        Format("xml", (".xml", ".srx"), _writer(_xml)),
        Format("parquet", (".parquet",), _parquet),
        Format("turtle", (".ttl",), _rdf("TURTLE")),
        Format("ntriples", (".nt",), _rdf("N_TRIPLES")),
        Format("nquads", (".nq",), _rdf("N_QUADS")),
    )
}
RDF = ("turtle", "ntriples", "nquads")
