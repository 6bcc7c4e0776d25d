"""The tables are what the script makes of the standard."""

import subprocess
import sys
from pathlib import Path

import pytest

from sr2graph.resources import resource
from tests.conftest import ROOT

SOURCE = ROOT.parent / "shared" / "dicom"
TABLES = sorted(path.name for path in resource("mappings/templates").iterdir())


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not SOURCE.is_dir():
        pytest.skip("../shared/dicom is not beside this checkout")
    target = tmp_path_factory.mktemp("templates")
    script = ROOT / "mappings" / "build" / "templates.py"
    subprocess.run([sys.executable, str(script), "--source", str(SOURCE), "--target", str(target)], check=True)
    return target


@pytest.mark.corpus
def test_it_writes_every_table_and_no_other(written: Path) -> None:
    assert sorted(path.name for path in written.iterdir()) == TABLES


@pytest.mark.corpus
@pytest.mark.parametrize("name", TABLES)
def test_the_committed_table_is_what_it_writes(written: Path, name: str) -> None:
    """Compared in full; a mismatch is told by its first line, for these tables are long."""
    ours, theirs = (
        path.read_text(encoding="utf-8").splitlines()
        for path in (resource("mappings/templates") / name, written / name)
    )
    assert [pair for pair in zip(ours, theirs, strict=False) if pair[0] != pair[1]][:1] == []
    assert len(ours) == len(theirs)
