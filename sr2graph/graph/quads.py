"""Report to RDF text: its statements, and its N-Quads (W3C N-Quads 1.1).

Statements are text from the start: `subject predicate object`, each term in N-Triples
notation.  Objects for terms would cost ten times as much.
"""

from __future__ import annotations

from sr2graph.dicom.report import Report
from sr2graph.graph.iris import uid_iri
from sr2graph.graph.item_statements import item_statements
from sr2graph.graph.records import Recorder, records
from sr2graph.graph.rendering import statements_of


def report_iri(report: Report) -> str:
    """Return the IRI of a report, which also names its graph."""
    return uid_iri(report.sop_instance_uid)


def statements(report: Report) -> list[str]:
    """Return the statements of a report, `subject predicate object`, in document order.

    They are the statements of its records, but those of content items are made without them.
    """
    return _text(report, "\n").split("\n")[:-1]  # no term has a line end in it


def nquads(report: Report) -> str:
    """Return a report as N-Quads, its graph named by its IRI."""
    return _text(report, _end(report_iri(report)))


def nquads_of(lines: list[str], iri: str) -> str:
    """Return statements as N-Quads in the graph of an IRI."""
    return _ended(lines, _end(iri))


def _end(iri: str) -> str:
    """Return what ends each statement in the graph of an IRI."""
    return f" <{iri}> .\n"


def _ended(lines: list[str], end: str) -> str:
    # An empty line at the end spares a copy of the whole text; no lines, no text.
    return end.join((*lines, "")) if lines else ""


def _text(report: Report, end: str) -> str:
    """Return the statements of a report, each followed by what ends it."""
    iri = report_iri(report)
    recorder = Recorder(report)
    recorder.add_header()
    header = statements_of(recorder.taken(), iri)
    items = item_statements(report, recorder, iri, end)
    if items is None:
        return _ended(statements_of(records(report), iri), end)
    return "".join((_ended(header, end), *items))
