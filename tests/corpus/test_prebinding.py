"""Parameters become values before a query is evaluated, wherever a variable may stand."""

from decimal import Decimal

import pyoxigraph
import pytest
from rdflib import Graph, Literal, URIRef
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.term import Node

from sr2graph.corpus.prebinding import assigned, prebound, speaks_of
from sr2graph.errors import QueryError

INTEGER = Literal(5).datatype
FIVE = f'"5"^^<{INTEGER}>'


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("ASK { ?s ?p ?o FILTER(?o > $n) }", f"ASK {{ ?s ?p ?o FILTER(?o > {FIVE}) }}"),
        ("ASK { ?s ?p ?n }", f"ASK {{ ?s ?p {FIVE} }}"),
        ("ASK { ?s ?p ?nn, ?n_, $n. }", f"ASK {{ ?s ?p ?nn, ?n_, {FIVE}. }}"),
        ("SELECT ?s $n { ?s ?p ?n }", f"SELECT ?s ({FIVE} AS ?n) {{ ?s ?p {FIVE} }}"),
        ("SELECT (?n + 1 AS ?m) $n { }", f"SELECT ({FIVE} + 1 AS ?m) ({FIVE} AS ?n) {{ }}"),
        ("SELECT ?s WHERE { ?s ?p ?o } ORDER BY ?n", f"SELECT ?s WHERE {{ ?s ?p ?o }} ORDER BY ({FIVE})"),
        ("SELECT ?s { ?s ?p ?o } ORDER BY DESC(?n) ?n", f"SELECT ?s {{ ?s ?p ?o }} ORDER BY DESC({FIVE}) ({FIVE})"),
        ("SELECT ?n { ?s ?p ?o } GROUP BY ?n", f"SELECT ({FIVE} AS ?n) {{ ?s ?p ?o }} GROUP BY ({FIVE})"),
        ("SELECT * { { SELECT ?n { } } }", f"SELECT * {{ {{ SELECT ({FIVE} AS ?n) {{ }} }} }}"),
        ("ASK { VALUES ?x { 1 } ?x ?p ?n }", f"ASK {{ VALUES ?x {{ 1 }} ?x ?p {FIVE} }}"),
        ("ASK { BIND(?n AS ?x) ?s ?p ?n }", f"ASK {{ BIND({FIVE} AS ?x) ?s ?p {FIVE} }}"),
        ("CONSTRUCT { ?s ?p ?n } WHERE { ?s ?p ?o }", f"CONSTRUCT {{ ?s ?p {FIVE} }} WHERE {{ ?s ?p ?o }}"),
        ('ASK { ?s ?p "?n", "\\"?n", \'?n\', """a"?n""", <urn:?x> } # ?n', None),
    ],
)
def test_each_place_gets_the_value(query: str, expected: str | None) -> None:
    found = prebound(query, {"n": Literal(5)})
    assert found == (query if expected is None else expected)
    parseQuery(found)
    pyoxigraph.Store().query(found)


@pytest.mark.parametrize(
    "value",
    [
        URIRef("urn:a"),
        Literal('say "hi"\n\\', lang="en"),
        Literal(Decimal("1.10")),
        Literal('three """ and more'),
        Literal("+007", datatype=INTEGER, normalize=False),
    ],
)
def test_any_term_may_be_a_value(value: Node) -> None:
    graph = Graph().add((URIRef("urn:s"), URIRef("urn:p"), value))
    assert graph.query(prebound("ASK { ?s ?p $a }", {"a": value})).askAnswer


def test_what_cannot_be_an_iri_is_refused() -> None:
    with pytest.raises(QueryError, match=r"\$a .* IRI"):
        prebound("ASK { $a ?p ?o }", {"a": URIRef("urn:a> ?p ?o } #")})


@pytest.mark.parametrize(
    "query", ["ASK { BIND(1 AS $n) }", "ASK { VALUES ?n { 1 } }", "ASK { VALUES (?x $n) { (1 2) } }"]
)
def test_a_parameter_cannot_be_given_another_value(query: str) -> None:
    with pytest.raises(QueryError, match=r"\$n is a parameter"):
        prebound(query, {"n": Literal(5)})


def test_a_parameter_that_looks_like_part_of_an_iri_is_refused() -> None:
    with pytest.raises(QueryError, match="blanks"):
        prebound("ASK { ?s ?p ?a FILTER(?a<$n&&?a>3) }", {"n": Literal(5)})


def test_without_parameters_nothing_changes() -> None:
    assert prebound("ASK { BIND(1 AS $n) }", {}) == "ASK { BIND(1 AS $n) }"


def test_variables_that_a_query_gives_values_to_are_known() -> None:
    query = """SELECT ?free (COUNT(?x) AS ?count) ?also {
        BIND(1 AS ?bound) ?free ?p ?x VALUES ?one { 1 } VALUES (?two $three) { (2 3) } ?also ?p "AS ?text" }"""
    assert assigned(query) == {"count", "bound", "one", "two", "three"}


# ---------------------------------------------------------------- SERVICE


@pytest.mark.parametrize(
    "pattern",
    [
        "SERVICE <urn:x> { }",
        "service silent <urn:x> { }",
        "SERVICE<urn:x>{ }",
        "SERVICE?x{ }",
        "SERVICE:x { }",
        "SERVICEx:y { }",
        "?s ?p 1SERVICE <urn:x> { }",
        '?s ?p "a"SERVICE <urn:x> { }',
        "# a comment\nSERVICE <urn:x> { }",
    ],
)
def test_service_is_found_however_it_is_written(pattern: str) -> None:
    assert speaks_of(f"SELECT * {{ {pattern} }}", "SERVICE")


@pytest.mark.parametrize(
    "pattern",
    [
        '?s ?p "SERVICE <urn:x>"',
        "?s <urn:SERVICE> ?o",
        "?s sr:serviceEpisode ?service",
        "?s ?p '''the \"SERVICE\" of'''",
        "?s ?p ?o # SERVICE <urn:x>",
    ],
)
def test_the_word_may_stand_elsewhere(pattern: str) -> None:
    assert not speaks_of(f"SELECT * {{ {pattern}\n}}", "SERVICE")
