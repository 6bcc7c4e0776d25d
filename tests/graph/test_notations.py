"""Turtle, TriG, JSON-LD and rdflib say exactly what N-Quads say, to parsers of different makers."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph
import pytest
import rdflib
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import RdfFormat

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import Code, MeasuredValue, Text
from sr2graph.graph import turtle as turtle_module
from sr2graph.graph.from_rdf import from_rdf, reports_from_rdf
from sr2graph.graph.jsonld import SEPARATOR, context, jsonld, jsonld_end, jsonld_graph, jsonld_start
from sr2graph.graph.quads import nquads, report_iri
from sr2graph.graph.rdflib_graph import to_rdflib
from sr2graph.graph.statements import literal, unescaped
from sr2graph.graph.turtle import start, trig, trig_part, turtle, turtle_part
from sr2graph.graph.vocabulary import PREFIXES
from tests.graph.reports import IRI, SMALL, every_report, full_reports, item, load, report
from tests.strategies import reports

Quads = set[tuple[str, str, str, str, str]]
"""Subject, predicate, object, its datatype, graph."""

PLAIN = PREFIXES["xsd"] + "string"


@pytest.fixture(autouse=True)
def _exact_rdflib(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """rdflib rewrites 1.0e0 and +5 unless told not to, and logs what it finds ill typed."""
    monkeypatch.setattr(rdflib, "NORMALIZE_LITERALS", False)
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


def oxigraph_quads(text: str, form: RdfFormat, graph: str = "") -> Quads:
    """What pyoxigraph reads; `graph` stands in for the default graph."""
    found = set()
    for quad in pyoxigraph.parse(text.encode(), format=form):
        datatype = quad.object.datatype.value if isinstance(quad.object, pyoxigraph.Literal) else ""
        name = graph if isinstance(quad.graph_name, pyoxigraph.DefaultGraph) else quad.graph_name.value
        found.add((quad.subject.value, quad.predicate.value, quad.object.value, datatype, name))
    return found


def rdflib_quads(dataset: rdflib.Dataset) -> Quads:
    found = set()
    for s, p, o, g in dataset.quads():
        datatype = str(o.datatype or PLAIN) if isinstance(o, rdflib.Literal) else ""
        found.add((str(s), str(p), str(o), datatype, str(g)))
    return found


def rdflib_parsed(text: str, form: str) -> Quads:
    dataset = rdflib.Dataset()
    dataset.parse(data=text, format=form)
    return rdflib_quads(dataset)


def said(found: Report) -> Quads:
    return oxigraph_quads(nquads(found), RdfFormat.N_QUADS)


def check_all(found: Report) -> None:
    wanted = said(found)
    assert oxigraph_quads(trig(found), RdfFormat.TRIG) == wanted
    assert oxigraph_quads(turtle(found), RdfFormat.TURTLE, report_iri(found)) == wanted
    assert oxigraph_quads(jsonld(found), RdfFormat.JSON_LD) == wanted
    assert rdflib_quads(to_rdflib(found)) == wanted


# ---------------------------------------------------------------- every report


@pytest.mark.parametrize("source", every_report())
def test_every_notation_says_the_same_to_pyoxigraph(source: str | Path) -> None:
    check_all(load(source))


@pytest.mark.parametrize("source", every_report(largest=SMALL))
@pytest.mark.parametrize("form", ["nquads", "trig", "json-ld"])
def test_every_notation_says_the_same_to_rdflib(source: str | Path, form: str) -> None:
    writers = {"nquads": nquads, "trig": trig, "json-ld": jsonld}
    assert rdflib_parsed(writers[form](load(source)), form) == said(load(source))


@pytest.mark.parametrize("source", every_report(largest=SMALL))
def test_rdflib_reads_turtle(source: str | Path) -> None:
    graph = rdflib.Graph().parse(data=turtle(load(source)), format="turtle")
    assert len(graph) == len(said(load(source)))


@pytest.mark.parametrize("source", every_report())
def test_the_report_comes_back(source: str | Path) -> None:
    found = load(source)
    assert from_rdf(nquads(found).encode(), "nquads") == found
    assert from_rdf(to_rdflib(found)) == found


@pytest.mark.parametrize("source", every_report(largest=SMALL))
def test_the_report_comes_back_from_every_notation(source: str | Path) -> None:
    """Those of large reports are known to have the same statements as their N-Quads."""
    found = load(source)
    assert from_rdf(trig(found).encode(), "trig") == found
    assert from_rdf(turtle(found).encode(), "turtle") == found
    assert from_rdf(jsonld(found).encode(), "jsonld") == found


@given(reports())
def test_any_report_is_said_the_same_and_comes_back(found: Report) -> None:
    check_all(found)
    assert from_rdf(nquads(found).encode()) == found
    assert from_rdf(jsonld(found).encode(), "jsonld") == found


# ---------------------------------------------------------------- hard literals and IRIs

DECIMALS = "1.10 -0 +.5 5. 0.0000001 007 00.1 1e-3 -1.5 +5 0 -0.0 1. .5 1234567890123456789012345 0.1234567".split()


@pytest.mark.parametrize("text", DECIMALS)
def test_numbers_keep_their_text(text: str) -> None:
    found = report(item(MeasuredValue(numeric_value=(text,))))
    check_all(found)
    assert rdflib_parsed(trig(found), "trig") == said(found)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_is_kept(text: str) -> None:
    found = report(item(Text(text)))
    check_all(found)
    for form, written in (("trig", trig(found)), ("json-ld", jsonld(found))):
        assert rdflib_parsed(written, form) == said(found)


URNS = [
    "sct:1",
    "item:1.4",
    "dcm:113014",
    "text:x",
    "num:",
    "urn:oid:1.2.3",
    "http://x.y/#a.",
    "sr:contains",
    "ucum:%41",
]


@pytest.mark.parametrize("urn", URNS)
def test_codes_that_look_like_prefixed_names_stay_iris(urn: str) -> None:
    """A URN code value may begin with what is a prefix of ours."""
    code = CodedConcept(urn_value=urn, meaning="odd")
    known = CodedConcept("113014", "DCM", "Study")
    found = report(item(Code(code), concept_name=known))
    check_all(found)
    assert rdflib_parsed(jsonld(found), "json-ld") == said(found)
    assert from_rdf(jsonld(found).encode(), "jsonld") == found


@pytest.mark.parametrize("uid", ["1.2.03", "not a uid", "..", "a/b#c?d", "é<>", "2.25.1"])
def test_reports_with_odd_uids_have_valid_iris(uid: str) -> None:
    found = report(item(Text("x")), document=type(report().document)(sop_instance_uid=uid))
    check_all(found)
    assert from_rdf(trig(found).encode(), "trig") == found


# ---------------------------------------------------------------- files of many reports

TWO = [full_reports()["exact"], report(item(Text("second")))]


def test_a_trig_file_of_many_reports() -> None:
    text = start() + "".join(map(trig_part, TWO))
    assert oxigraph_quads(text, RdfFormat.TRIG) == said(TWO[0]) | said(TWO[1])
    assert rdflib_parsed(text, "trig") == said(TWO[0]) | said(TWO[1])
    assert list(reports_from_rdf(text.encode(), "trig")) == TWO


def test_a_turtle_file_of_many_reports() -> None:
    text = start() + "".join(map(turtle_part, TWO))
    assert list(reports_from_rdf(text.encode(), "turtle")) == TWO


def test_a_jsonld_file_of_many_reports() -> None:
    text = jsonld_start() + SEPARATOR.join(map(jsonld_graph, TWO)) + jsonld_end()
    assert oxigraph_quads(text, RdfFormat.JSON_LD) == said(TWO[0]) | said(TWO[1])
    assert rdflib_parsed(text, "json-ld") == said(TWO[0]) | said(TWO[1])
    assert list(reports_from_rdf(text.encode(), "jsonld")) == TWO


def test_a_jsonld_file_of_no_reports_is_valid() -> None:
    assert json.loads(jsonld_start() + jsonld_end())["@graph"] == []


# ---------------------------------------------------------------- how it looks


def test_turtle_is_grouped_and_short() -> None:
    text = turtle(report(item(MeasuredValue(numeric_value=("1.10",), unit=CodedConcept("mm", "UCUM", "millimeter")))))
    assert f"@prefix item: <{IRI}#> .\n" in text
    assert (
        "item:1.1\n    a sr:Num ;\n    sr:position 1 ;\n    sr:conceptName dcm:121071 ;\n"
        "    sr:numericValue 1.10 ;\n    sr:unit ucum:mm ;\n"
        "    sr:canonicalValue 0.0011 ;\n    sr:canonicalUnit ucum:m .\n"
    ) in text
    assert "owl:" not in text, "a prefix that nothing uses"


def test_parts_come_in_document_order() -> None:
    text = turtle(load("planar_roi"))
    subjects = [line for line in text.split("\n") if line.startswith("item:1.") or line == "item:1"]
    positions = [tuple(map(int, s.removeprefix("item:").split("."))) for s in subjects if s.count(":") == 1]
    assert positions == sorted(positions)


def test_many_objects_have_a_line_each() -> None:
    text = turtle(report(*(item(Text(str(i))) for i in range(30))))
    assert "\n        item:1.7,\n" in text
    assert max(map(len, text.split("\n"))) < turtle_module.LINE + 50


def test_jsonld_embeds_the_published_context() -> None:
    document = json.loads(jsonld(report(item(MeasuredValue(numeric_value=("1.10",))))))
    assert document["@context"] == context()
    nodes = {node["@id"]: node for node in document["@graph"][0]["@graph"]}
    assert nodes["item:1.1"] == {
        "@id": "item:1.1",
        "@type": "Num",
        "position": 1,
        "conceptName": "dcm:121071",
        "numericValue": "1.10",
    }


def test_to_rdflib_answers_queries_without_a_graph_clause() -> None:
    dataset = report(item(MeasuredValue(numeric_value=("1.10",)))).to_rdflib()
    rows = list(dataset.query("SELECT ?value WHERE { ?item a sr:Num ; sr:numericValue ?value }"))
    assert [str(row[0]) for row in rows] == ["1.10"]  # type: ignore[index] # a SELECT gives rows
    assert {prefix for prefix, _ in dataset.namespaces()} >= PREFIXES.keys()


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_literals_are_taken_apart_as_they_were_put_together(text: str) -> None:
    line = next(line for line in nquads(report(item(Text(text)))).split("\n") if "/text> " in line)
    term = line.split(" ", 2)[2].removesuffix(f" <{IRI}> .")
    assert literal(term) == (text, "")


def test_unescaped_knows_every_escape() -> None:
    assert unescaped(r"\\n\n\"\t\u007F\b\f\r") == '\\n\n"\t\x7f\b\f\r'
