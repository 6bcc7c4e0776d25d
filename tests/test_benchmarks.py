"""The benchmark runs, and what it compares does the same work."""

import json
from pathlib import Path

import pytest

from benchmarks import straightforward
from benchmarks.convert import main
from benchmarks.ours import convert
from sr2graph.graph.vocabulary import expanded
from sr2graph.samples import KINDS, sample

NAMES = (
    "conceptName conceptCode numericValue unit text uid "
    "contains hasObsContext hasAcqContext hasConceptMod hasProperties inferredFrom selectedFrom"
)
CORE = {f"<{expanded(f'sr:{name}')}>" for name in NAMES.split()}
"""Predicates whose statements must be the same, to the last."""
REPORTS = (
    "ctdose-siemens-flash-1",
    "ctdose-ge-optima-esr-1",
    "echo-terason-norootconcept-1",
    "ko-ihe-mado-1",
    "mgdose-ge-pristina-1",
    "rfdose-philips-veradius-1",
    "rfdose-siemens-zee-arabic-1",
    "tid1000-iowa-pet-1",
    "tid1500-dcmqi-1",
    "tid1500-highdicom-2",
)
"""Reports of the corpus by as many different makers."""


def lines(text: str) -> set[str]:
    return set(filter(None, text.splitlines()))


def core(quads: set[str]) -> set[str]:
    return {line for line in quads if line.split(" ", 2)[1] in CORE}


def assert_same_work(data: bytes) -> None:
    ours, theirs = lines(convert(data)), lines(straightforward.convert(data))
    assert core(ours)
    assert core(ours) == core(theirs)
    assert 0.95 <= len(theirs) / len(ours) <= 1.05


@pytest.mark.parametrize("kind", KINDS)
def test_the_straightforward_converter_says_the_same_of_samples(kind: str) -> None:
    """A converter that says less would be no fair peer."""
    assert_same_work(sample(kind, 3).to_dicom())


@pytest.mark.corpus
@pytest.mark.parametrize("name", REPORTS)
def test_the_straightforward_converter_says_the_same_of_real_reports(name: str, corpus_dir: Path) -> None:
    """... nor one that only manages what we wrote ourselves."""
    assert_same_work((corpus_dir / f"{name}.dcm").read_bytes())


@pytest.mark.slow
def test_the_benchmark_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It prints its tables and writes them as JSON; how fast anything was is not for a test to say."""
    output = tmp_path / "tables.json"
    nothing = tmp_path / "corpus"
    assert main(["--quick", "--corpus", str(nothing), "--json", str(output)]) == 0
    tables = json.loads(output.read_text(encoding="utf-8"))
    printed = capsys.readouterr().out
    assert all(f"## {table['title']}" in printed for table in tables)
    (compared,) = (table for table in tables if "pydicom" in table["title"])
    assert {row["report"] for row in compared["rows"]} >= {"ct_dose", "all"}
