"""What a result looks like in each format, read back by the parsers of others."""

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import compress
from pathlib import Path

import pyarrow.parquet as pq
import pyoxigraph
import pytest
import rdflib
from hypothesis import given
from hypothesis import strategies as st
from rdflib.term import BNode, Literal, Node, URIRef

from sr2graph.batch.destination import UsageError
from sr2graph.corpus.corpus import Corpus
from sr2graph.corpus.formats import FORMATS, RDF, format_for, save, table
from sr2graph.corpus.ingest import ingest_reports
from sr2graph.corpus.lexical import term_of
from sr2graph.corpus.result import MEMORY, Answer, Result, Row, Solutions, Triples, solutions_of
from sr2graph.errors import WriteError
from sr2graph.graph.kinds import XSD
from tests.sparql.odd_reports import odd_reports
from tests.sparql.terms import Term, of_oxigraph, of_rdflib, value

READERS = {
    "tsv": pyoxigraph.QueryResultsFormat.TSV,
    "json": pyoxigraph.QueryResultsFormat.JSON,
    "xml": pyoxigraph.QueryResultsFormat.XML,
}
NEGATIVE = re.compile(r"(^|\t)-")
RDF_READERS = {
    "turtle": pyoxigraph.RdfFormat.TURTLE,
    "ntriples": pyoxigraph.RdfFormat.N_TRIPLES,
    "nquads": pyoxigraph.RdfFormat.N_QUADS,
}


def written(result: Result, name: str) -> bytes:
    file = io.BytesIO()
    FORMATS[name].write(result, file)
    return file.getvalue()


def text(result: Result, name: str) -> str:
    return written(result, name).decode()


def oxigraph_rows(data: bytes, name: str) -> list[tuple[Term | None, ...]]:
    found = pyoxigraph.parse_query_results(data, READERS[name])
    assert isinstance(found, pyoxigraph.QuerySolutions)
    return [tuple(map(of_oxigraph, row)) for row in found]


def rows(result: Iterable[Row]) -> list[tuple[Term | None, ...]]:
    return [tuple(map(of_rdflib, row)) for row in result]


def given_rows(variables: Sequence[str], found: Sequence[Row]) -> Solutions:
    return solutions_of(variables, found, engine=MEMORY)


def typed(lexical: str, name: str) -> Literal:
    return Literal(lexical, datatype=URIRef(XSD + name), normalize=False)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Hand-made reports with odd spellings and dates of every precision."""
    folder = tmp_path_factory.mktemp("formats") / "corpus"
    ingest_reports(folder, odd_reports())
    return Corpus(folder)


EVERY_KIND = {
    "keys and codes": "SELECT ?report ?item ?name ?text { ?item sr:inReport ?report ; sr:conceptName ?name "
    "OPTIONAL { ?item sr:text ?text } }",
    "decimals": "SELECT ?item ?value { ?item sr:numericValue ?value }",
    "moments": "SELECT ?item ?moment { ?item sr:dateTime ?moment }",
    "anything": "SELECT ?item ?o { ?item sr:conceptName ?name ; ?p ?o }",
    "calculations": "SELECT (SUM(?v) AS ?sum) (AVG(?v) AS ?mean) (COUNT(?v) AS ?n) (MAX(?v) > 1 AS ?large) ?none "
    "{ ?i sr:numericValue ?v }",
    "doubles": "SELECT (xsd:double(?v) AS ?d) (xsd:double(?v) * 0 AS ?zero) (xsd:double(?v) * -0.0e0 AS ?minus) "
    "{ ?i sr:numericValue ?v }",
}


@cache
def solutions(corpus: Corpus, query: str) -> Solutions:
    found = corpus.query(query)
    assert isinstance(found, Solutions)
    return found


# ---------------------------------------------------------------- the formats of SPARQL


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("query", EVERY_KIND.values(), ids=list(EVERY_KIND))
def test_terms_come_back_as_they_were(corpus: Corpus, query: str, name: str) -> None:
    """Whatever the kind of column, pyoxigraph reads the terms that iterating the solutions gives."""
    found = solutions(corpus, query)
    assert len(found)
    assert oxigraph_rows(written(found, name), name) == rows(found)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
xml_texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Cn"]) | st.sampled_from("\t\n\r <&]>\"'"), max_size=12
)


def terms(texts: st.SearchStrategy[str]) -> st.SearchStrategy[Node | None]:
    datatypes = st.sampled_from(["integer", "decimal", "double", "date", "anyURI"])
    numbers = st.sampled_from(["1", "-1", "+1", "01", "1.10", "-.5", "1.", "1e3", "1.0E-5", "NaN", "INF", "true", ""])
    return st.one_of(
        st.none(),
        st.builds(Literal, texts),
        st.builds(lambda text: Literal(text, lang="en-gb"), texts),
        st.builds(typed, numbers | texts, datatypes),
        st.sampled_from([URIRef("urn:oid:2.25.1#1.4"), URIRef("http://example.org/a?b=c&d='e'"), BNode("b1")]),
    )


@pytest.mark.parametrize("name", ["tsv", "json"])
@given(found=st.lists(st.tuples(terms(texts), terms(texts)), max_size=4))
def test_any_text_survives(name: str, found: list[Row]) -> None:
    result = given_rows(("a", "b"), found)
    assert oxigraph_rows(written(result, name), name) == rows(found)


@given(found=st.lists(st.tuples(terms(xml_texts), terms(xml_texts)), max_size=4))
def test_any_text_that_xml_can_hold_survives(found: list[Row]) -> None:
    result = given_rows(("a", "b"), found)
    assert oxigraph_rows(written(result, "xml"), "xml") == rows(found)


@pytest.mark.parametrize("name", ["json", "xml", "tsv"])
@pytest.mark.parametrize("query", EVERY_KIND.values(), ids=list(EVERY_KIND))
def test_rdflib_reads_them_too(corpus: Corpus, query: str, name: str) -> None:
    """It spells some numbers otherwise, and fails on a negative xsd:decimal in TSV."""
    found = solutions(corpus, query)
    data, expected = written(found, name), values(rows(found))
    if name == "tsv":
        kept = [NEGATIVE.search(line) is None for line in data.decode().splitlines()[1:]]
        data = b"".join(compress(data.splitlines(keepends=True), [True, *kept]))
        expected = list(compress(expected, kept))
        assert expected
    again = rdflib.query.Result.parse(io.BytesIO(data), format=name)
    assert [str(variable) for variable in again.vars or ()] == list(found.variables)
    assert values(rows(again)) == expected  # type: ignore[arg-type] # rdflib leaves open what kind it is


def values(found: list[tuple[Term | None, ...]]) -> list[tuple[Term | None, ...]]:
    return [tuple(map(value, row)) for row in found]


@given(found=st.lists(st.tuples(terms(texts), terms(texts)), max_size=4))
def test_csv_keeps_lexical_forms(found: list[Row]) -> None:
    """What CSV forgets are types and whether an empty cell is a text (3.1, 3.2)."""
    again = list(csv.reader(io.StringIO(text(given_rows(("a", "b"), found), "csv"), newline="")))
    labelled = [["" if t is None else f"_:{t}" if isinstance(t, BNode) else str(t) for t in row] for row in found]
    assert again == [["a", "b"], *labelled]


def test_lines_of_csv_end_as_rfc_4180_says() -> None:
    result = given_rows(("x", "y"), [(Literal("=1+1"), Literal("a\nb")), (None, URIRef("urn:x,y"))])
    assert written(result, "csv") == b'x,y\r\n=1+1,"a\nb"\r\n,"urn:x,y"\r\n'


def test_tsv_writes_bare_numbers_only_where_turtle_reads_the_same() -> None:
    result = given_rows(("x",), [(typed("15", "decimal"),), (typed("1.10", "decimal"),), (typed("7", "integer"),)])
    assert text(result, "tsv").splitlines() == ["?x", f'"15"^^<{XSD}decimal>', "1.10", "7"]


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\ufffe"])
def test_what_xml_cannot_hold_is_refused(character: str) -> None:
    result = given_rows(("x",), [(Literal(f"a{character}"),)])
    with pytest.raises(WriteError, match=rf"U\+{ord(character):04X}.*tsv"):
        written(result, "xml")


@pytest.mark.parametrize("name", ["csv", "tsv", "json", "xml", "table", "parquet"])
def test_no_solution_has_its_variables_all_the_same(name: str) -> None:
    nothing = given_rows(("a", "b"), [])
    if name == "parquet":
        assert pq.read_table(io.BytesIO(written(nothing, name))).column_names == ["a", "b"]
    else:
        assert "b" in text(nothing, name)


@pytest.mark.parametrize("name", ["csv", "tsv", "json", "xml"])
def test_solutions_without_variables_are_counted(name: str) -> None:
    found = given_rows((), [(), ()])
    lines = {"csv": "\r\n\r\n\r\n", "tsv": "\n\n\n"}
    if name in lines:
        assert text(found, name) == lines[name]
    else:
        assert len(oxigraph_rows(written(found, name), name)) == 2


@pytest.mark.parametrize("truth", [True, False])
def test_answers(truth: bool) -> None:
    answer = Answer(truth)
    assert json.loads(text(answer, "json")) == {"head": {}, "boolean": truth}
    for name in ("json", "xml"):
        assert bool(pyoxigraph.parse_query_results(written(answer, name), READERS[name])) is truth
    for name in ("csv", "tsv", "table"):
        assert text(answer, name).strip() == str(truth).lower()
    assert pq.read_table(io.BytesIO(written(answer, "parquet"))).to_pylist() == [{"answer": truth}]


def test_xml_is_in_the_namespace_of_the_standard(corpus: Corpus) -> None:
    root = ET.fromstring(text(solutions(corpus, EVERY_KIND["decimals"]), "xml"))  # noqa: S314 # our own
    assert root.tag == "{http://www.w3.org/2005/sparql-results#}sparql"


# ---------------------------------------------------------------- Parquet


def test_parquet_is_the_arrow_table(corpus: Corpus, tmp_path: Path) -> None:
    found = solutions(corpus, EVERY_KIND["decimals"])
    save(found, tmp_path / "a.parquet", format_for(None, tmp_path / "a.parquet", found))
    assert pq.read_table(tmp_path / "a.parquet").equals(found.to_arrow())


# ---------------------------------------------------------------- RDF

TRIPLES = Triples(
    (
        (URIRef("urn:oid:1.2#1"), URIRef(XSD + "x"), typed("1.10", "decimal")),
        (URIRef("urn:oid:1.2#1"), URIRef("http://example.org/p"), Literal('a"\\\n\x01\u2028')),
        (BNode("b1"), URIRef("http://example.org/p"), Literal("ja", lang="de")),
        (BNode("b1"), URIRef("http://example.org/p"), URIRef("http://snomed.info/id/410668003")),
    )
)


@pytest.mark.parametrize("name", RDF)
def test_triples_come_back_as_they_were(name: str) -> None:
    again = pyoxigraph.parse(written(TRIPLES, name), RDF_READERS[name])
    found = {(of_oxigraph(q.subject), of_oxigraph(q.predicate), of_oxigraph(q.object)) for q in again}
    labels = {label.text for triple in found for label in triple if label is not None and label.kind == "blank"}
    assert len(labels) == 1
    assert {(s.text if s.kind == "iri" else "b1", p, o) for s, p, o in found if s is not None} == {
        (str(s), of_rdflib(p), of_rdflib(o)) for s, p, o in TRIPLES
    }


def test_turtle_declares_the_prefixes_it_uses() -> None:
    assert {line.split()[1] for line in text(TRIPLES, "turtle").splitlines() if line.startswith("@prefix")} == {
        "xsd:",
        "sct:",
    }


def test_an_iri_that_is_none_is_told() -> None:
    broken = Triples(((URIRef("urn:x"), URIRef("urn:p"), URIRef("not an iri")),))
    with pytest.raises(WriteError, match=r"IRI\(\)"):
        written(broken, "ntriples")


@pytest.mark.parametrize("name", ["csv", "json", "table"])
def test_triples_in_other_formats_are_solutions(name: str) -> None:
    assert "predicate" in text(TRIPLES, name)
    assert "410668003" in text(TRIPLES, name)


# ---------------------------------------------------------------- which format


@pytest.mark.parametrize(
    ("name", "out", "result", "expected"),
    [
        (None, None, Answer(value=True), "table"),
        (None, None, TRIPLES, "turtle"),
        (None, "a.CSV", Answer(value=True), "csv"),
        (None, "a.srj", TRIPLES, "json"),
        (None, "a.nt", TRIPLES, "ntriples"),
        ("tsv", "a.json", TRIPLES, "tsv"),
    ],
)
def test_the_format(name: str | None, out: str | None, result: Result, expected: str) -> None:
    assert format_for(name, out, result).name == expected


@pytest.mark.parametrize(("name", "out"), [(None, "a.xlsx"), (None, "a"), ("turtle", None), (None, "a.nq")])
def test_a_format_that_cannot_be_is_wrong_use(name: str | None, out: str | None) -> None:
    with pytest.raises(UsageError, match=r"Use one of|CONSTRUCT"):
        format_for(name, out, Answer(value=True))


def test_a_file_is_there_when_it_is_complete(tmp_path: Path) -> None:
    broken = given_rows(("x",), [(Literal("fine"),), (Literal("\x00"),)])
    with pytest.raises(WriteError):
        save(broken, tmp_path / "a.xml", FORMATS["xml"])
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- tables


def test_a_table_aligns_its_columns() -> None:
    result = given_rows(("code", "n"), [(URIRef("http://snomed.info/id/1"), Literal("Länge")), (None, Literal("値段"))])
    assert "".join(table(result)).splitlines() == [
        "code   n",
        "-----  -----",
        "sct:1  Länge",
        "       値段",
    ]


def test_numbers_stand_to_the_right(corpus: Corpus) -> None:
    found = solutions(corpus, "SELECT ?v { ?i sr:numericValue ?v }")
    for numbers in (found, given_rows(("v",), list(found))):
        lines = "".join(table(numbers)).splitlines()[2:]
        assert len({len(line) for line in lines}) == 1
        assert any(line.startswith(" ") for line in lines)


def test_a_report_cannot_drive_the_terminal() -> None:
    """A line feed would fake a row, an escape would colour or clear."""
    result = given_rows(("x",), [(Literal("\x1b[2J\n\u202eevil\u2028"),)])
    assert "".join(table(result)).splitlines()[2:] == [r"\x1b[2J\n\u202eevil\u2028"]


@pytest.mark.parametrize("width", [80, 60, 50])
def test_a_table_fits_the_terminal(corpus: Corpus, width: int) -> None:
    found = solutions(corpus, EVERY_KIND["keys and codes"])
    lines = "".join(table(found, width)).splitlines()
    assert max(map(len, lines)) <= width
    assert len(lines) > len(found) + 2


def test_a_narrow_terminal_gets_a_block_for_each_solution(corpus: Corpus) -> None:
    found = solutions(corpus, EVERY_KIND["keys and codes"])
    lines = "".join(table(found, 40)).splitlines()
    assert max(map(len, lines)) <= 40
    assert [line for line in lines if line.startswith("---")] == [f"--- {i}" for i in range(1, len(found) + 1)]


def test_folded_cells_lose_nothing() -> None:
    long = "".join(chr(ord("a") + i % 26) for i in range(90))
    lines = "".join(table(given_rows(("a", "b"), [(Literal(long), Literal("x"))]), 50)).splitlines()
    assert "".join(line.split()[0] for line in lines[2:]) == long


@given(text=texts)
def test_spellings_are_taken_apart(text: str) -> None:
    found = given_rows(("x",), [(Literal(text),)]).table.column(0)[0].as_py()
    assert term_of(found).text == text
