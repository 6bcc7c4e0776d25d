"""The mapping set from SNOMED-RT style codes to SNOMED CT, and the reader of its format."""

import csv
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from pydicom.sr._snomed_dict import mapping as pydicom_mapping

from sr2graph.resources import resource
from sr2graph.terms.sssom import mapping_set, read_mapping_set
from tests.conftest import ROOT

TABLE = resource("mappings/srt_to_sct.sssom.tsv")
SOURCE = ROOT.parent / "shared" / "dicom" / "srt_to_sct.csv"
SCT = "http://snomed.info/id/"

REQUIRED_OF_A_SET = {"mapping_set_id", "license"}
REQUIRED_OF_A_MAPPING = {"subject_id", "predicate_id", "object_id", "mapping_justification"}
OPTIONAL = {"comment"}

NOT_IN_PYDICOM = 28
"""Codes that only PS3.16 2024c Annex B has, from its retired columns."""


class Sssom(NamedTuple):
    metadata: list[str]
    columns: list[str]
    rows: list[dict[str, str]]


@pytest.fixture(scope="module")
def sssom() -> Sssom:
    """The file taken apart as SSSOM/TSV prescribes: a block of # lines, a header row, tab-separated rows."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    metadata = [line[1:] for line in lines if line.startswith("#")]
    assert lines[: len(metadata)] == ["#" + line for line in metadata]
    reader = csv.DictReader(lines[len(metadata) :], delimiter="\t")
    return Sssom(metadata, list(reader.fieldnames or []), list(reader))


def curie_map(sssom: Sssom) -> dict[str, str]:
    start = sssom.metadata.index("curie_map:") + 1
    block = []
    for line in sssom.metadata[start:]:
        if not line.startswith("  "):
            break
        block.append(line.strip())
    return dict(line.split(": ", 1) for line in block)


def test_metadata_has_the_required_slots(sssom: Sssom) -> None:
    slots = {line.split(":")[0] for line in sssom.metadata if not line.startswith(" ")}
    assert slots >= REQUIRED_OF_A_SET
    assert "mapping_set_id: https://w3id.org/sr2graph/mappings/srt_to_sct.sssom.tsv" in sssom.metadata


def test_columns_are_slots_of_the_format_or_declared(sssom: Sssom) -> None:
    declared = {line.split(": ")[1] for line in sssom.metadata if line.startswith("  - slot_name: ")}
    assert declared == {"ext_source"}
    assert set(sssom.columns) == REQUIRED_OF_A_MAPPING | OPTIONAL | declared


def test_every_curie_has_a_declared_prefix(sssom: Sssom) -> None:
    prefixes = {
        row[column].split(":")[0]
        for row in sssom.rows
        for column in ("subject_id", "predicate_id", "object_id", "mapping_justification")
    }
    assert prefixes <= curie_map(sssom).keys()


def test_every_row_is_well_formed_and_has_a_source(sssom: Sssom) -> None:
    broken = [
        row
        for row in sssom.rows
        if not re.fullmatch(r"SRT:[A-Z][0-9A-Z]?-[0-9A-F]+", row["subject_id"])
        or not re.fullmatch(r"SCT:[1-9][0-9]{5,17}", row["object_id"])
        or row["predicate_id"] not in {"skos:exactMatch", "skos:closeMatch"}
        or not row["ext_source"]
    ]
    assert broken == []


def test_exact_matches_are_a_function(sssom: Sssom) -> None:
    """A code with two targets would make the graph depend on the order of rows."""
    subjects = [row["subject_id"] for row in sssom.rows if row["predicate_id"] == "skos:exactMatch"]
    assert len(subjects) == len(set(subjects))


def test_the_one_ambiguous_code_keeps_its_second_target_as_close(sssom: Sssom) -> None:
    close = [row for row in sssom.rows if row["predicate_id"] == "skos:closeMatch"]
    assert [(row["subject_id"], row["object_id"]) for row in close] == [("SRT:F-B022C", "SCT:412248005")]
    assert close[0]["comment"]
    assert mapping_set("srt_to_sct").exact["F-B022C"] == SCT + "396017000"


def test_no_name_of_snomed_is_carried(sssom: Sssom) -> None:
    """The names are SNOMED International's; codes are enough to map."""
    assert not {"subject_label", "object_label"} & set(sssom.columns)


def test_the_reader_gives_every_exact_match(sssom: Sssom) -> None:
    expected = {
        row["subject_id"].removeprefix("SRT:"): SCT + row["object_id"].removeprefix("SCT:")
        for row in sssom.rows
        if row["predicate_id"] == "skos:exactMatch"
    }
    found = mapping_set("srt_to_sct")
    assert found.exact == expected
    assert found.curie_map == curie_map(sssom)
    assert found.mapping_set_id == "https://w3id.org/sr2graph/mappings/srt_to_sct.sssom.tsv"


def test_it_agrees_with_pydicom_wherever_both_have_a_code() -> None:
    theirs = {srt: SCT + sct for srt, sct in pydicom_mapping["SRT"].items()}
    ours = mapping_set("srt_to_sct").exact
    assert {srt: (ours[srt], theirs[srt]) for srt in ours.keys() & theirs.keys() if ours[srt] != theirs[srt]} == {}
    assert theirs.keys() - ours.keys() == set()
    assert len(ours.keys() - theirs.keys()) == NOT_IN_PYDICOM


def test_a_set_with_other_columns_and_order_is_read(tmp_path: Path) -> None:
    path = tmp_path / "small.sssom.tsv"
    path.write_text(
        "#curie_map:\n#  A: http://a.example/\n#  B: http://b.example/\n#mapping_set_id: http://set.example/\n"
        "object_id\tcomment\tsubject_id\tpredicate_id\n"
        "B:1\t\tA:x\tskos:exactMatch\nB:2\tno\tA:y\tskos:broadMatch\n",
        encoding="utf-8",
    )
    found = read_mapping_set(path)
    assert found.mapping_set_id == "http://set.example/"
    assert found.exact == {"x": "http://b.example/1"}


def test_the_committed_table_is_what_the_script_writes(tmp_path: Path) -> None:
    if not SOURCE.exists():
        pytest.skip("../shared/dicom is not beside this checkout")
    target = tmp_path / TABLE.name
    script = ROOT / "mappings" / "build" / "srt_to_sct.py"
    subprocess.run([sys.executable, str(script), "--source", str(SOURCE), "--target", str(target)], check=True)
    assert target.read_text(encoding="utf-8") == TABLE.read_text(encoding="utf-8")
