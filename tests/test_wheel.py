"""What people install is the built wheel: it is built from the sdist, installed where nothing else is, and used."""

import re
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

import sr2graph
from tests.conftest import ROOT

# One worker builds and installs; the others would do the same again.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("wheel")]

DEV_ONLY = {"build", "hatchling", "hypothesis", "mypy", "pytest", "ruff"}


def run(*command: str | Path, cwd: Path) -> str:
    """What the command printed; its errors are shown when it fails."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built out of the sdist, as a release is."""
    folder = tmp_path_factory.mktemp("dist")
    # Without isolation the backend is the one that constraints.txt pins.
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, cwd=ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of a fresh environment that holds the wheel and what it asks for, nothing else."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder)
    # What is not imported need not be compiled.
    run(*pip(folder / "bin"), "install", "-q", "--no-compile", "-c", ROOT / "constraints.txt", wheel, cwd=folder)
    return folder / "bin"


def pip(binaries: Path) -> list[str]:
    """The command that installs into an environment that has no pip itself."""
    return [sys.executable, "-m", "pip", "--python", str(binaries / "python"), "--disable-pip-version-check"]


def folder_in_wheel(wheel: Path, folder: str) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if name.startswith(f"sr2graph/{folder}/")}


@pytest.mark.parametrize("folder", ["mappings", "ontologies"])
def test_the_wheel_holds_the_tables(wheel: Path, folder: str) -> None:
    inside = folder_in_wheel(wheel, folder)
    assert inside
    assert inside == {
        f"sr2graph/{path.relative_to(ROOT)}"
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "build" not in path.parts[len(ROOT.parts) :]
    }


def test_the_wheel_holds_code_and_types_and_no_tests(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert "sr2graph/py.typed" in names
    modules = {f"sr2graph/{path.relative_to(ROOT / 'sr2graph')}" for path in (ROOT / "sr2graph").rglob("*.py")}
    assert modules == {name for name in names if name.endswith(".py")}


def test_the_version_has_one_source(wheel: Path, installed: Path) -> None:
    assert wheel.name.startswith(f"sr2graph-{sr2graph.__version__}-")
    assert sr2graph.__version__ in run(installed / "sr2graph", "--version", cwd=installed)


def test_nothing_for_developers_is_installed(installed: Path) -> None:
    listing = run(*pip(installed), "list", "--format=freeze", cwd=installed)
    names = {line.split("==")[0].lower() for line in listing.splitlines()}
    assert "sr2graph" in names
    assert not names & DEV_ONLY


def test_the_installed_command_explains_itself(installed: Path) -> None:
    text = run(installed / "sr2graph", "--help", cwd=installed)
    for verb in ("show", "convert", "to-dicom"):
        assert verb in text


def test_the_installed_package_converts_and_comes_back(installed: Path, tmp_path: Path) -> None:
    """Samples, graph, and DICOM again: the tables are found inside the wheel, not in a checkout."""
    run(installed / "python", "-m", "sr2graph.samples", "samples", "--patients", "1", "--seed", "1", cwd=tmp_path)
    reports = list((tmp_path / "samples").rglob("*.dcm"))
    assert reports
    run(installed / "sr2graph", "show", reports[0], cwd=tmp_path)
    run(installed / "sr2graph", "convert", "samples", "-o", "corpus.nq", cwd=tmp_path)
    graph = (tmp_path / "corpus.nq").read_text(encoding="utf-8")
    assert "<https://w3id.org/sr2graph/conceptName> <http://dicom.nema.org/resources/ontology/DCM/" in graph
    run(installed / "sr2graph", "to-dicom", "corpus.nq", "-o", "again", cwd=tmp_path)
    assert len(list((tmp_path / "again").rglob("*.dcm"))) == len(reports)


def test_every_dependency_is_pinned_for_ci() -> None:
    """An unpinned one would change under CI's feet."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    names = {re.split(r"[\[<>=]", line)[0].strip().lower() for line in wanted}
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8").lower().splitlines()
    assert names <= {pin.split("==")[0] for pin in pins if not pin.startswith("#")}
