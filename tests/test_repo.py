"""What may not be committed: addresses and paths of one machine, large files, other people's reports."""

import csv
import hashlib
import re
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

HOSTS = re.compile(
    r"pypi\.org|pythonhosted\.org|registry\.npmjs|npmjs\.com|crates\.io|repo1?\.maven|maven\.org|deb\.debian\.org"
)
MACHINE_PATHS = re.compile(r"(^|[^A-Za-z0-9_.])/(work|farm)/", re.MULTILINE)
LARGE = 2_000_000


def repository_files() -> list[Path]:
    """What git tracks or would add, deleted files left out."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return sorted({path for name in listing.stdout.split("\0") if name and (path := ROOT / name).is_file()})


@pytest.fixture(scope="module")
def files() -> list[Path]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    return repository_files()


def matching(files: list[Path], pattern: re.Pattern[str]) -> list[str]:
    """Where the pattern stands, as file:line."""
    return [
        f"{path.relative_to(ROOT)}:{number}"
        for path in files
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1)
        if pattern.search(line)
    ]


def test_no_registry_is_named(files: list[Path]) -> None:
    """Package clients know their registries; a project that names one breaks where another is used."""
    assert matching(files, HOSTS) == []


def test_no_path_of_a_machine_is_named(files: list[Path]) -> None:
    assert matching(files, MACHINE_PATHS) == []


def test_no_file_is_large(files: list[Path]) -> None:
    assert [str(path.relative_to(ROOT)) for path in files if path.stat().st_size > LARGE] == []


def test_no_report_of_others_is_committed(files: list[Path], corpus_dir: Path) -> None:
    with (corpus_dir / "manifest.csv").open(encoding="utf-8", newline="") as manifest:
        theirs = {row["sha256"] for row in csv.DictReader(manifest)}
    ours = {hashlib.sha256(path.read_bytes()).hexdigest(): str(path.relative_to(ROOT)) for path in files}
    assert [name for digest, name in ours.items() if digest in theirs] == []


@pytest.mark.parametrize(
    ("line", "found"), [("see /" + "work/main", True), ("../" + "work/x", False), ("a/work" + "/b", False)]
)
def test_machine_paths_are_told_from_relative_ones(line: str, found: bool) -> None:
    assert bool(MACHINE_PATHS.search(line)) is found


@pytest.mark.xdist_group("together")
def test_groups_stay_together(request: pytest.FixtureRequest) -> None:
    """Else each worker starts all servers: xdist tells a group by the end of a test's name."""
    if getattr(request.config.option, "loadgroup", False):
        assert request.node.nodeid.endswith("@together")
