"""What is said of codes: looked up by the code alone where reports agree, by the report where they do not."""

import pytest

import sr2graph
from sr2graph.corpus.result import Solutions
from sr2graph.corpus.sparql import catalog
from sr2graph.corpus.sparql.facts import FACTS
from sr2graph.corpus.sparql.mappings import mappings, names_code
from sr2graph.corpus.variants import varies

CODES = "SELECT document, concept FROM code_uses JOIN codes USING (code)"


def test_a_row_names_only_codes_that_its_report_tells_of(small_corpus: sr2graph.Corpus) -> None:
    """Else a code would get a meaning in the graph of a report that does not say it."""
    columns = {(m.table, m.object) for several in mappings().values() for m in several if names_code(m.table, m.object)}
    columns.add(("observed", "concept"))
    assert len(columns) > 20
    connection = small_corpus._session.connection()
    for table, column in columns:
        untold = f'SELECT document, "{column}" FROM "{table}" WHERE "{column}" IS NOT NULL EXCEPT {CODES}'  # noqa: S608 # names of ours
        assert connection.execute(untold).fetchall() == [], (table, column)


def test_what_differs_is_found(small_corpus: sr2graph.Corpus) -> None:
    """The bit of a code is set where two reports say different things of it, or one says nothing."""
    connection = small_corpus._session.connection()
    differs = "count(DISTINCT label) > 1 OR count(label) BETWEEN 1 AND count(*) - 1"
    several = f"SELECT {differs}, {varies('label', 'concept')} FROM codes GROUP BY concept"  # noqa: S608 # names of ours
    told = connection.execute(several).fetchall()
    differing = [is_set for differ, is_set in told if differ]
    assert differing
    assert all(differing)
    assert any(not is_set for _, is_set in told)


def test_labels_in_graphs_are_those_of_their_reports(small_corpus: sr2graph.Corpus) -> None:
    """In a pattern and in an OPTIONAL, as when the report is looked up; a subquery hides the row."""
    plain = "SELECT ?r ?i ?l { GRAPH ?r { ?i sr:conceptName ?c . %s } }"
    hidden = "SELECT ?r ?i ?l { { SELECT DISTINCT ?r ?i ?c { GRAPH ?r { ?i sr:conceptName ?c } } } GRAPH ?r { %s } }"
    label = "?c rdfs:label ?l"
    expected = answers(small_corpus, hidden % label)
    assert answers(small_corpus, plain % label) == expected
    assert answers(small_corpus, plain % f"OPTIONAL {{ {label} }}") == expected
    assert len({label for *_, label in expected}) > 100


def test_facts_that_are_too_many_are_not_kept_in_memory(
    small_corpus: sr2graph.Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then they are looked up in the files, and no answer is another."""
    text = "SELECT ?r ?i ?l { GRAPH ?r { ?i sr:conceptName ?c . ?c rdfs:label ?l } }"
    kept = answers(small_corpus, text)
    assert FACTS in small_corpus.explain(text).sql
    monkeypatch.setattr(catalog, "MOST_KEPT", 10)
    with sr2graph.Corpus(small_corpus.location) as other:
        assert FACTS not in other.explain(text).sql
        assert answers(other, text) == kept


def test_facts_are_kept_again_where_the_connection_is_another(small_corpus: sr2graph.Corpus) -> None:
    """As after an internal error of DuckDB; the SQL that names their table is remembered."""
    text = "SELECT ?r ?i ?l { GRAPH ?r { ?i sr:conceptName ?c . ?c rdfs:label ?l } }"
    kept = answers(small_corpus, text)
    small_corpus._session.close()
    assert answers(small_corpus, text) == kept


def answers(corpus: sr2graph.Corpus, text: str) -> list[tuple[str, ...]]:
    """The solutions in an order of their own."""
    found = corpus.query(text)
    assert isinstance(found, Solutions)
    return sorted(tuple(map(str, row)) for row in found)
