"""Bundles on several cores: the same as on one, in the same order, and what a worker that dies costs."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

import pytest

from sr2graph.batch.outcome import Outcome, State, unconverted
from sr2graph.batch.pool import Chunk
from sr2graph.dicom.report import Report
from sr2graph.errors import ReadError
from sr2graph.fhir import FLAVOURS
from sr2graph.fhir.exporting import JSON, Ndjson
from sr2graph.fhir.making import Choices, Made, Making, results
from sr2graph.samples import sample
from tests.commands import run

KINDS = ("planar_roi", "ct_dose", "key_objects", "basic_text", "radiomics", "echo")
NAME = attrgetter("name")
CHOICES = Choices(FLAVOURS[0], "batch", "put")


@dataclass(frozen=True)
class Kind:
    """A sample as an input."""

    name: str


def source(inputs: Sequence[Kind], /, *, begun: Callable[[int], None]) -> Iterator[tuple[str, Report | Outcome]]:
    """Yield the samples; `dies` is the end of the process, `bad` no report."""
    for number, each in enumerate(inputs):
        begun(number)
        if each.name == "dies":
            os._exit(3)
        bad = unconverted(each.name, ReadError("bad"))
        yield each.name, bad if each.name == "bad" else sample(each.name)


def chunks(*names: str, size: int = 2) -> list[Chunk[Kind]]:
    kinds = tuple(map(Kind, names))
    starts = range(0, len(kinds), size)
    return [Chunk(number, kinds[start : start + size]) for number, start in enumerate(starts)]


@pytest.mark.parametrize("render", [JSON.data, Ndjson.render])
def test_the_results_do_not_depend_on_the_number_of_workers(render: Callable[..., object], tmp_path: Path) -> None:
    making = Making(source, NAME, CHOICES, render, with_losses=True)
    alone = list(results(making, chunks(*KINDS, "bad"), 1))
    for jobs in (2, 3):
        assert list(results(making, chunks(*KINDS, "bad"), jobs, staging=tmp_path)) == alone
    assert [each.name for each in alone] == [*KINDS, "bad"]
    assert not list(tmp_path.iterdir()), "what workers leave is removed"


def test_a_worker_that_dies_costs_its_input_and_no_other(tmp_path: Path) -> None:
    making = Making(source, NAME, CHOICES, JSON.data)
    found = {each.name: each.what for each in results(making, chunks("echo", "dies", "ct_dose"), 2, staging=tmp_path)}
    assert found.keys() == {"echo", "dies", "ct_dose"}
    died = found["dies"]
    assert isinstance(died, Outcome)
    assert died.state is State.FAILED
    assert "the worker process died over this input" in died.reason
    assert isinstance(found["echo"], Made)
    assert isinstance(found["ct_dose"], Made)


def test_workers_are_gone_when_nobody_wants_the_rest(tmp_path: Path) -> None:
    found = results(Making(source, NAME, CHOICES, JSON.data), chunks(*KINDS, size=1), 2, staging=tmp_path)
    next(found)
    found.close()
    assert not list(tmp_path.iterdir())


def test_a_corpus_on_several_cores_gives_the_same_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers of a corpus are fresh processes, each with a connection of its own."""
    monkeypatch.setattr("sr2graph.corpus.reports.FEWEST", 2)
    (tmp_path / "in").mkdir()
    for kind in KINDS:
        (tmp_path / "in" / f"{kind}.dcm").write_bytes(sample(kind).to_dicom())
    assert run("ingest", tmp_path / "corpus", tmp_path / "in", "--jobs", "1", "--quiet").exit_code == 0
    for jobs in ("1", "2"):
        losses = tmp_path / f"losses-{jobs}.csv"
        done = run("fhir", tmp_path / "corpus", "--ndjson", tmp_path / jobs, "--losses", losses, "--jobs", jobs)
        assert done.exit_code == 0, done.output
    one, two = (sorted((tmp_path / jobs).iterdir()) for jobs in ("1", "2"))
    assert [path.name for path in one] == [path.name for path in two]
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]
    assert (tmp_path / "losses-1.csv").read_bytes() == (tmp_path / "losses-2.csv").read_bytes()
