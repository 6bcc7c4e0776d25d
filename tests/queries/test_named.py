"""The files of named queries: documented, portable, answered in some test; and what is given for their parameters."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import rdflib
from rdflib.plugins.sparql import prepareQuery
from rdflib.term import Node

from sr2graph.corpus.named import NamedQuery, Parameter, arguments, named_queries, named_query, read_query
from sr2graph.errors import QueryError
from sr2graph.graph.vocabulary import PREFIXES
from tests.conftest import ROOT
from tests.queries.conftest import assert_same
from tests.queries.engines import Ask
from tests.queries.walk import Row

QUERIES = named_queries()
HERE = Path(__file__).parent
TRIED = {
    "coded-answers": {"concept": "dcm:121071"},
    "concept-statistics": {"concept": "loinc:18043-0"},
    "concept-values": {"concept": "loinc:18043-0"},
    "implausible-lengths": {"lowest": "4", "highest": "100"},
    "lesion-timeline": {"lesion": "urn:oid:2.25.57707491378532853567665254578198616831"},
    "measurements-at-site": {"concept": "sct:103339001", "site": "sct:39607008"},
    "patient-reports": {"patientID": "SR014-000001"},
    "patients-with-both": {"first": "sct:10200004", "second": "dcm:126401"},
    "reference-point-dose-outliers": {"factor": "1.2"},
    "reference-point-dose-over-limit": {"limit": "0.1"},
    "small-fetuses": {"percentile": "30"},
    "text-search": {"words": "effusion"},
}
"""Values that the cohort has an answer for, where the default has none or there is no default."""

with_parameters = pytest.mark.parametrize(
    "query", [query for query in QUERIES if query.parameters], ids=lambda query: query.name
)
each_query = pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)


# ---------------------------------------------------------------- the files


def test_there_are_queries() -> None:
    assert len(QUERIES) > 50
    assert len({query.name for query in QUERIES}) == len(QUERIES)


@each_query
def test_every_query_is_documented(query: NamedQuery) -> None:
    assert query.question.endswith("?")
    assert query.source
    assert query.topic
    assert all(parameter.meaning for parameter in query.parameters)


@each_query
def test_every_query_stands_alone(query: NamedQuery) -> None:
    """It parses without predeclared prefixes, and those it declares mean what they mean everywhere."""
    prepared = prepareQuery(query.text)
    declared = dict(re.findall(r"^PREFIX (\w+): <(.*)>$", query.text, re.MULTILINE))
    assert prepared.algebra.name == "SelectQuery"
    assert {name: iri for name, iri in declared.items() if PREFIXES.get(name, iri) != iri} == {}


@each_query
def test_every_parameter_is_documented_and_selected(query: NamedQuery) -> None:
    """pyoxigraph binds only what a query selects."""
    names = {parameter.name for parameter in query.parameters}
    selected = {str(variable) for variable in prepareQuery(query.text).algebra.PV}
    assert set(re.findall(r"\$(\w+)", query.text)) == names
    assert names <= selected


@each_query
def test_every_query_has_a_known_answer(query: NamedQuery) -> None:
    """Some test here asks for it by name."""
    tests = (path for path in HERE.glob("test_*.py") if path != Path(__file__))
    assert any(f'"{query.name}"' in path.read_text(encoding="utf-8") for path in tests)


def bound(text: str, parameters: Mapping[str, Node]) -> str:
    """The query with its parameters as data, for engines that cannot bind variables."""
    rows = "".join(f"  VALUES ${name} {{ {term.n3()} }}\n" for name, term in parameters.items())
    head, where, body = text.partition("WHERE {\n")
    return head + where + rows + body


@with_parameters
def test_values_do_for_binding(query: NamedQuery, ask: Ask) -> None:
    """What the page of named queries tells those whose engine cannot bind variables."""
    parameters = arguments(query, TRIED.get(query.name, {}))
    usual = ask(query.text, parameters)
    rows: list[Row] = [dict(zip(usual.variables, row, strict=True)) for row in usual.rows]
    assert_same(ask(bound(query.text, parameters), {}), rows)


def test_the_page_is_current() -> None:
    """docs/reference/named-queries.md is what the files say."""
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "named_queries_page.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr


# ---------------------------------------------------------------- by name


def test_a_query_is_found_by_name() -> None:
    query = named_query("ctdi-over-drl")
    assert query.topic == "dose"
    assert query.parameters == (Parameter("drl", "decimal", "15", "reference level of CTDIvol, mGy"),)


@pytest.mark.parametrize(
    ("name", "hint"), [("ctdi-over-dlr", "did you mean ctdi-over-drl"), ("qqqq", "there are: administered-activity")]
)
def test_an_unknown_name_lists_near_ones(name: str, hint: str) -> None:
    with pytest.raises(QueryError, match=hint):
        named_query(name)


# ---------------------------------------------------------------- headers

HEADER = """# How many?
# topic: dose
# param low decimal 1.5: the least, mGy
# param what iri sct:10200004: an organ: any
# param words string two words: text
# param day date: a day
# source: none
SELECT * WHERE { ?s ?p ?o }
"""


def test_a_header_is_read() -> None:
    query = read_query("many", HEADER)
    assert (query.name, query.question, query.topic, query.source) == ("many", "How many?", "dose", "none")
    assert query.text == HEADER
    assert query.parameters == (
        Parameter("low", "decimal", "1.5", "the least, mGy"),
        Parameter("what", "iri", "sct:10200004", "an organ: any"),
        Parameter("words", "string", "two words", "text"),
        Parameter("day", "date", None, "a day"),
    )


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("# How many?\n", "", "first line is not the question"),
        (HEADER, "SELECT * WHERE { ?s ?p ?o }", "first line is not the question"),
        ("# source: none\n", "", "0 lines `# source: ...`; write one"),
        ("# source: none\n", "# source: none\n# source: two\n", "2 lines `# source"),
        ("# topic: dose\n", "", "0 lines `# topic"),
        ("# topic: dose", "# topic:", "line 2: a header line begins with"),
        ("# topic: dose", "# author: me", "line 2: a header line begins with"),
        ("low decimal 1.5: the least, mGy", "low decimal 1.5", "line 3: write # param <name> <type>"),
        ("low decimal", "low number", "line 3: number is none of the types decimal, integer"),
    ],
)
def test_a_wrong_header_is_an_error(old: str, new: str, problem: str) -> None:
    with pytest.raises(QueryError, match=f"^many.rq: .*{re.escape(problem)}"):
        read_query("many", HEADER.replace(old, new))


# ---------------------------------------------------------------- parameters


def literal(text: str, datatype: str) -> Node:
    return rdflib.Literal(text, datatype=rdflib.XSD[datatype])


@pytest.mark.parametrize(
    ("datatype", "text", "term"),
    [
        ("decimal", "15", literal("15", "decimal")),
        ("decimal", "1e-3", literal("0.001", "decimal")),
        ("integer", "-3", literal("-3", "integer")),
        ("double", "1e3", literal("1000.0", "double")),
        ("string", " a b ", literal(" a b ", "string")),
        ("date", "2024-02-29", literal("2024-02-29", "date")),
        ("dateTime", "2024-02-29T10:00", literal("2024-02-29T10:00:00", "dateTime")),
        ("iri", "sct:10200004", rdflib.URIRef("http://snomed.info/id/10200004")),
        ("iri", "<http://snomed.info/id/1>", rdflib.URIRef("http://snomed.info/id/1")),
        ("iri", "urn:oid:1.2.3", rdflib.URIRef("urn:oid:1.2.3")),
    ],
)
def test_values_become_typed_terms(datatype: str, text: str, term: Node) -> None:
    query = read_query("one", f"# What?\n# topic: t\n# param x {datatype}: x\n# source: s\n")
    assert arguments(query, {"x": text}) == {"x": term}


@pytest.mark.parametrize(
    ("datatype", "text"),
    [
        ("decimal", "much"),
        ("decimal", "NaN"),
        ("decimal", ""),
        ("integer", "1.5"),
        ("double", "x"),
        ("date", "29.2.2024"),
        ("date", "2023-02-29"),
        ("dateTime", "noon"),
        ("iri", "10200004"),
        ("iri", "snomed:10200004"),
        ("iri", "http://a b"),
        ("iri", "sct:1>"),
    ],
)
def test_a_wrong_value_is_an_error(datatype: str, text: str) -> None:
    query = read_query("one", f"# What?\n# topic: t\n# param x {datatype}: x\n# source: s\n")
    with pytest.raises(QueryError, match=f"^one: x must be {datatype}, such as "):
        arguments(query, {"x": text})


def test_defaults_fill_what_is_not_given() -> None:
    query = read_query("many", HEADER)
    found = arguments(query, {"day": "2024-05-31", "low": "2"})
    assert [str(term) for term in found.values()] == ["2", "http://snomed.info/id/10200004", "two words", "2024-05-31"]


def test_a_missing_value_is_an_error_that_says_what_it_is_for() -> None:
    with pytest.raises(QueryError, match=r"^many needs a value for day \(date, such as 2024-05-31\): a day$"):
        arguments(read_query("many", HEADER), {})


def test_an_unknown_parameter_is_an_error_that_lists_the_known() -> None:
    with pytest.raises(QueryError, match=r"^many has no parameter 'high'; it has low, what, words, day$"):
        arguments(read_query("many", HEADER), {"day": "2024-05-31", "high": "3"})


@each_query
def test_defaults_are_of_their_type(query: NamedQuery) -> None:
    required = {parameter.name for parameter in query.parameters if parameter.default is None}
    given = {name: value for name, value in TRIED.get(query.name, {}).items() if name in required}
    assert arguments(query, given).keys() == {parameter.name for parameter in query.parameters}
