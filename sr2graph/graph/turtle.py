"""Turtle and TriG (W3C RDF 1.1) that people read and diff.

Subjects come in document order, each once, its class first.  `item:` stands for the
report at hand: `item:1.4.2` is the content item at that position.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from sr2graph.dicom.report import Report
from sr2graph.graph.quads import report_iri, statements
from sr2graph.graph.rendering import RDF_TYPE
from sr2graph.graph.statements import grouped, parts
from sr2graph.graph.vocabulary import PREFIXES

PART_PREFIX: Final = "item"
"""The prefix of the parts of a report; each report declares it anew, as Turtle and TriG allow."""

LINE = 100
"""Characters that several objects may take before each gets a line of its own."""

_PREFIX_OF = {namespace: prefix for prefix, namespace in PREFIXES.items()}
# Less than PN_LOCAL allows: no escapes, no percent signs, no colon, so that every parser reads it.
_LOCAL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?", re.ASCII)
# Only what is the same after a parser has made a number of it and printed it: no `+5`, `007`, `.5`, `0.0000001`.
_INTEGER = re.compile(r"0|-?[1-9]\d{0,17}", re.ASCII)
_DECIMAL = re.compile(r"-?(?:0\.\d{1,6}|[1-9]\d{0,17}\.\d{1,18})", re.ASCII)
_BARE = {PREFIXES["xsd"] + "integer": _INTEGER, PREFIXES["xsd"] + "decimal": _DECIMAL}


def turtle(report: Report) -> str:
    """Return a report as a Turtle document; it has no named graph."""
    writer = _Writer(report)
    body = writer.body("")
    return f"{_prefixes(writer.used)}{writer.declaration}\n{body}"


def trig(report: Report) -> str:
    """Return a report as a TriG document, its graph named by its IRI."""
    writer = _Writer(report)
    graph = writer.graph()
    return f"{_prefixes(writer.used)}{writer.declaration}\n{graph}"


def start() -> str:
    """Return how a Turtle or TriG file of many reports begins: with all prefixes."""
    return _prefixes(PREFIXES)


def turtle_part(report: Report) -> str:
    """Return one report of a Turtle file of many."""
    writer = _Writer(report)
    return f"\n{writer.declaration}\n{writer.body('')}"


def trig_part(report: Report) -> str:
    """Return one report of a TriG file of many."""
    writer = _Writer(report)
    return f"\n{writer.declaration}\n{writer.graph()}"


def _prefixes(used: dict[str, str] | set[str]) -> str:
    return "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in PREFIXES.items() if prefix in used)


class _Writer:
    """Writes one report, and remembers the prefixes that it needed."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._iri = report_iri(report)
        self._prefix_of = _PREFIX_OF | {f"{self._iri}#": PART_PREFIX}
        self._short: dict[str, str] = {RDF_TYPE: "a"}
        self.used: set[str] = set()
        self.declaration = f"@prefix {PART_PREFIX}: <{self._iri}#> .\n"

    def graph(self) -> str:
        """Return the statements as a named graph."""
        return f"<{self._iri}> {{\n{self.body('    ')}}}\n"

    def body(self, indent: str) -> str:
        """Return the statements, a block for each subject."""
        return "\n".join(self._blocks(indent))

    def _blocks(self, indent: str) -> Iterator[str]:
        for subject, predicates in grouped(statements(self._report), self._iri).items():
            ordered = sorted(predicates.items(), key=lambda entry: entry[0] != RDF_TYPE)
            lines = [self._line(predicate, objects, indent) for predicate, objects in ordered]
            rest = f" ;\n{indent}    ".join(lines)
            yield f"{indent}{self._iri_term(subject)}\n{indent}    {rest} .\n"

    def _line(self, predicate: str, objects: list[str], indent: str) -> str:
        terms = [self._literal(term) if term[0] == '"' else self._iri_term(term) for term in objects]
        text = ", ".join(terms)
        if len(terms) > 1 and len(text) > LINE:
            text = f"\n{indent}        " + f",\n{indent}        ".join(terms)
            return self._iri_term(predicate) + text
        return f"{self._iri_term(predicate)} {text}"

    def _iri_term(self, term: str) -> str:
        short = self._short.get(term)
        if short is None:
            short = self._short[term] = self._shortened(term)
        return short

    def _shortened(self, term: str) -> str:
        iri = term[1:-1]
        cut = max(iri.rfind("#"), iri.rfind("/")) + 1
        prefix = self._prefix_of.get(iri[:cut])
        if prefix is None or not _LOCAL.fullmatch(iri, cut):
            return term
        self.used.add(prefix)
        return f"{prefix}:{iri[cut:]}"

    def _literal(self, term: str) -> str:
        text, datatype = parts(term)
        if not datatype:
            return term
        bare = _BARE.get(datatype)
        if bare is not None and bare.fullmatch(text):
            return text
        return f'"{text}"^^{self._iri_term(f"<{datatype}>")}'
