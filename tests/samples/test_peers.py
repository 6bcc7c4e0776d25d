"""What other people's tools say of the samples."""

import subprocess
from pathlib import Path

import pytest

from sr2graph.samples import KINDS, sample, write_samples


def output(command: str, path: Path) -> tuple[int, list[str]]:
    done = subprocess.run([command, str(path)], capture_output=True, check=False)
    return done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace").splitlines()


def problems_of_dciodvfy(path: Path) -> list[str]:
    _, lines = output("dciodvfy", path)
    return [line for line in lines if line.startswith(("Error", "Abort"))]


def problems_of_dsrdump(path: Path) -> list[str]:
    status, lines = output("dsrdump", path)
    return [line for line in lines if line.startswith(("E:", "F:"))] or [f"exit status {status}"] * bool(status)


@pytest.mark.dicom3tools
@pytest.mark.parametrize("kind", KINDS)
def test_dciodvfy_finds_no_error_in_a_sample(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "sample.dcm"
    path.write_bytes(sample(kind).to_dicom())
    assert problems_of_dciodvfy(path) == []


@pytest.mark.dcmtk
@pytest.mark.parametrize("kind", KINDS)
def test_dsrdump_reads_a_sample(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "sample.dcm"
    path.write_bytes(sample(kind).to_dicom())
    assert problems_of_dsrdump(path) == []


@pytest.mark.slow
@pytest.mark.dicom3tools
@pytest.mark.dcmtk
def test_both_accept_a_cohort(tmp_path: Path) -> None:
    paths = write_samples(tmp_path, patients=12, seed=1)
    problems = {path.name: found for path in paths if (found := problems_of_dciodvfy(path) + problems_of_dsrdump(path))}
    assert problems == {}
