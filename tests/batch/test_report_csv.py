"""The CSV report of a run."""

import csv
from pathlib import Path

import pytest

from sr2graph.batch.destination import UsageError
from sr2graph.batch.outcome import Outcome, State, unconverted
from sr2graph.batch.report_csv import COLUMNS, report_csv
from sr2graph.errors import NotStructuredReportError, ReadError
from tests.inputs import leftovers

CONVERTED = Outcome(
    file="a.dcm",
    state=State.CONVERTED,
    sop_instance_uid="1.2",
    kind="enhanced",
    items=5,
    by_reference=1,
    quads=70,
    warnings=2,
)


def rows(path: Path, *outcomes: Outcome) -> list[list[str]]:
    with report_csv(str(path)) as record:
        for outcome in outcomes:
            record(outcome)
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_the_columns_are_these(tmp_path: Path) -> None:
    found = rows(
        tmp_path / "r.csv",
        CONVERTED,
        unconverted("b.dcm", NotStructuredReportError("not a Structured Report but CT Image Storage")),
        unconverted("c.dcm", ReadError("byte 7: cut off")),
    )
    assert found == [
        ["file", "sop_instance_uid", "kind", "items", "by_reference", "quads", "warnings", "error"],
        ["a.dcm", "1.2", "enhanced", "5", "1", "70", "2", ""],
        ["b.dcm", "", "", "", "", "", "", "skipped: not a Structured Report but CT Image Storage"],
        ["c.dcm", "", "", "", "", "", "", "byte 7: cut off"],
    ]


@pytest.mark.parametrize("name", ["=1+1", "+x", "-x", "@x", '=HYPERLINK("http://x")'])
def test_no_cell_is_a_formula(tmp_path: Path, name: str) -> None:
    """A file name and a UID are whatever somebody made them."""
    (_, row) = rows(tmp_path / "r.csv", Outcome(file=name, state=State.FAILED, sop_instance_uid=name, reason=name))
    assert [row[i] for i in (0, 1, 7)] == [f"'{name}"] * 3


@pytest.mark.parametrize("name", ["a\nb", "a\r=1", "\t=1", "\x1b[2J", "\udcff"])
def test_a_row_stays_on_its_line(tmp_path: Path, name: str) -> None:
    path = tmp_path / "r.csv"
    rows(path, Outcome(file=name, state=State.FAILED))
    assert len(path.read_bytes().splitlines()) == 2
    assert path.read_text(encoding="utf-8").replace("\n", "").isprintable()


def test_foreign_errors_tell_their_type_and_place_not_their_message(tmp_path: Path) -> None:
    (_, row) = rows(tmp_path / "r.csv", unconverted("a", KeyError("DOE^JOHN")))
    assert "KeyError" in row[-1]
    assert "DOE" not in row[-1]
    assert "memory" in unconverted("a", MemoryError()).reason


def test_a_run_that_breaks_off_leaves_the_old_report(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), report_csv(str(path)):
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    assert not leftovers(tmp_path)


@pytest.mark.parametrize("place", ["no/such/folder.csv", "."])
def test_an_impossible_place_is_told_at_once(tmp_path: Path, place: str) -> None:
    with pytest.raises(UsageError), report_csv(str(tmp_path / place)):
        pytest.fail("should not be reached")


def test_no_path_no_report() -> None:
    with report_csv(None) as record:
        record(CONVERTED)
    assert len(COLUMNS) == 8
