"""The table of SR SOP classes agrees with PS3.6."""

import csv
import re

import pytest
from pydicom.uid import UID

from sr2graph.resources import resource
from tests.conftest import ROOT

with resource("mappings/sr_sop_classes.csv").open(encoding="utf-8", newline="") as table:
    ROWS = list(csv.DictReader(table))

PUBLISHED = ROOT.parent / "shared" / "dicom" / "sr_sop_classes.csv"


@pytest.mark.parametrize("column", ["uid", "name", "keyword", "kind"])
def test_no_two_rows_have_the_same_value(column: str) -> None:
    values = [row[column] for row in ROWS]
    assert len(values) == len(set(values))


def test_kinds_are_short_words_and_every_row_has_a_source() -> None:
    assert [row for row in ROWS if not re.fullmatch(r"[a-z]+(-[a-z0-9]+)*", row["kind"]) or not row["source"]] == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["kind"])
def test_pydicom_knows_the_class_by_that_keyword(row: dict[str, str]) -> None:
    uid = UID(row["uid"])
    if uid.name == row["uid"]:
        pytest.skip("newer than pydicom's dictionary")
    assert (uid.keyword, uid.is_retired) == (row["keyword"], row["retired"] == "1")


def test_a_class_has_an_iod_section_unless_retired() -> None:
    assert [row["keyword"] for row in ROWS if bool(row["iod_section"]) == (row["retired"] == "1")] == []


def test_every_class_of_the_standard_is_there() -> None:
    if not PUBLISHED.exists():
        pytest.skip("../shared/dicom is not beside this checkout")
    with PUBLISHED.open(encoding="utf-8", newline="") as published:
        columns = ("uid", "name", "keyword", "retired", "iod_section")
        theirs = [tuple(row[column] for column in columns) for row in csv.DictReader(published)]
    assert [tuple(row[column] for column in columns) for row in ROWS] == theirs
