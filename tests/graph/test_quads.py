"""N-Quads as text: what is escaped, how statements are ordered, that nothing is said twice."""

from pathlib import Path

import pyoxigraph
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import RdfFormat

from sr2graph.dicom.report import Report
from sr2graph.graph.quads import nquads, report_iri, statements
from sr2graph.graph.records import records
from sr2graph.graph.rendering import escaped, statements_of
from tests.graph.reports import every_report, load
from tests.strategies import reports


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_survives(text: str) -> None:
    line = f'<urn:s> <urn:p> "{escaped(text)}" <urn:g> .'
    (quad,) = pyoxigraph.parse(line, format=RdfFormat.N_QUADS)
    assert isinstance(quad, pyoxigraph.Quad)
    assert isinstance(quad.object, pyoxigraph.Literal)
    assert quad.object.value == text
    assert "\n" not in line
    assert "\r" not in line


@pytest.mark.parametrize("source", every_report())
def test_statements_are_those_of_the_records(source: str | Path) -> None:
    """Items are put into words without records, and yet as their records would."""
    report = load(source)
    assert sorted(statements(report)) == sorted(statements_of(records(report), report_iri(report)))


@given(reports())
def test_statements_of_any_report_are_those_of_its_records(report: Report) -> None:
    assert sorted(statements(report)) == sorted(statements_of(records(report), report_iri(report)))


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("\x00", "\\u0000"),
        ("\x7f", "\\u007F"),
        ('"', '\\"'),
        ("\\", "\\\\"),
        ("\r\n\t", "\\r\\n\\t"),
        ("é\u2028", "é\u2028"),
    ],
)
def test_escapes(text: str, written: str) -> None:
    assert escaped(text) == written


@pytest.mark.parametrize("source", every_report())
def test_every_quad_is_valid_and_said_once(source: str | Path) -> None:
    found = load(source)
    quads = list(pyoxigraph.parse(nquads(found).encode(), format=RdfFormat.N_QUADS))
    assert len(set(quads)) == len(quads) == len(statements(found))
    assert {str(quad.graph_name) for quad in quads} == {f"<{report_iri(found)}>"}
    assert not any(isinstance(term, pyoxigraph.BlankNode) for quad in quads for term in (quad.subject, quad.object))


@pytest.mark.parametrize("source", ["exact", "ct_dose"])
def test_the_same_report_gives_the_same_text(source: str) -> None:
    assert nquads(load(source)) == nquads(load(source))
