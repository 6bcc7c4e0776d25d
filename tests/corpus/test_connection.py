"""What SQL sees of a version, and what it does not get at."""

from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from sr2graph.corpus import log
from sr2graph.corpus.connection import connect
from sr2graph.corpus.ingest import ingest_reports
from sr2graph.corpus.remove import remove
from sr2graph.corpus.storage import storage
from sr2graph.corpus.tables import Table, tables
from tests.corpus.shown import ask, opened, shown
from tests.inputs import reports

TYPES = {"string": "VARCHAR", "int32": "INTEGER", "int64": "BIGINT", "double": "DOUBLE"}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("corpora") / "one"
    ingest_reports(place, reports())
    return place


def columns(connection: duckdb.DuckDBPyConnection, table: Table) -> dict[str, str]:
    return {row[0]: row[1] for row in connection.execute(f'DESCRIBE "{table.name}"').fetchall()}


def test_an_empty_corpus_has_all_columns(tmp_path: Path, corpus: Path) -> None:
    """Queries need not know which tables have rows."""
    log.created(storage(tmp_path))
    with closing(opened(tmp_path)) as empty, closing(opened(corpus)) as full:
        for table in tables().values():
            counted = empty.execute(f'SELECT count(*) FROM "{table.name}"')  # noqa: S608 # our own name
            assert counted.fetchall() == [(0,)], table.name
            found = columns(full, table)
            assert columns(empty, table) == found
            for column in table.columns:
                # A key and a number make a key.
                assert found[column.name] == ("BIGINT" if column.is_node else TYPES[str(column.type)])


def test_keys_of_nodes_lead_from_table_to_table(corpus: Path) -> None:
    joined = """
    SELECT count(*) FROM items child JOIN items parent ON child.parent = parent.item
    WHERE child.position NOT LIKE parent.position || '.%' OR child.document <> parent.document
    """
    assert ask(corpus, joined) == [(0,)]
    children = "SELECT count(*) FROM items child JOIN items parent ON child.parent = parent.item"
    assert ask(corpus, children) == [(sum(1 for report in reports() for _ in report.walk()) - len(reports()),)]


def test_the_root_and_the_equipment_of_a_document(corpus: Path) -> None:
    roots = "SELECT count(*) FROM documents JOIN items ON root = item AND position = '1'"
    assert ask(corpus, roots) == [(len(reports()),)]
    assert ask(corpus, "SELECT bool_and(equipment = iri || '#equipment') FROM documents") == [(True,)]


def test_what_is_removed_is_not_seen_in_any_table(corpus: Path, tmp_path: Path) -> None:
    """Nor are the codes that only it used."""
    gone, *rest = reports()
    ingest_reports(tmp_path / "less", rest)
    ingest_reports(tmp_path / "all", reports())
    remove(tmp_path / "all", [gone.sop_instance_uid])
    assert shown(tmp_path / "all") == shown(tmp_path / "less") != shown(corpus)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('{outside}')",
        "SELECT * FROM read_text('{outside}')",
        "SELECT * FROM glob('{folder}/*')",
        "COPY (SELECT 1) TO '{folder}/out.csv'",
        "ATTACH '{folder}/other.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET allowed_directories = ['/']",
        "RESET lock_configuration",
    ],
)
def test_queries_do_not_get_out(corpus: Path, tmp_path: Path, sql: str) -> None:
    """SQL that somebody smuggled into a query gets at nothing but the corpus."""
    outside = tmp_path / "secret.csv"
    outside.write_text("a,b\n1,2\n")
    with closing(opened(corpus)) as connection, pytest.raises(duckdb.Error):
        connection.execute(sql.format(outside=outside, folder=tmp_path)).fetchall()
    assert [path.name for path in tmp_path.iterdir()] == ["secret.csv"]


def test_limits(corpus: Path, tmp_path: Path) -> None:
    limits = {"threads": 1, "memory_limit": "200MB", "spill": str(tmp_path)}
    with closing(connect(log.snapshot(storage(corpus)), **limits)) as connection:  # type: ignore[arg-type] # each its own type
        names = ("threads", "memory_limit", "temp_directory")
        settings = ", ".join(f"current_setting('{name}')" for name in names)
        assert connection.execute(f"SELECT {settings}").fetchall() == [(1, "190.7 MiB", str(tmp_path))]


def test_what_is_known_of_files_is_kept_between_queries(corpus: Path) -> None:
    """Each query has a cursor of its own, which has not the settings of the connection that are not global."""
    with closing(connect(log.snapshot(storage(corpus)))) as connection:
        assert connection.cursor().execute("SELECT current_setting('parquet_metadata_cache')").fetchall() == [(True,)]
