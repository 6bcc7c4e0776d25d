"""What the Makefile promises to someone who just cloned the repository."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_the_demo_answers_two_questions(tmp_path: Path) -> None:
    """As `make demo`, in the environment that runs this test."""
    ready = tmp_path / "ready"
    ready.touch()
    folders = [f"READY={ready}", f"BIN={Path(sys.executable).parent}", f"DEMO={tmp_path / 'demo'}"]
    done = subprocess.run(["make", "demo", *folders], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^urn:oid:\S+ .* 15  urn:oid:\S+#1\.\d+", done.stdout, re.MULTILINE)
    assert re.search(r"^Head +\d+ ", done.stdout, re.MULTILINE)
    assert re.search(r"^\d+ added, 0 replaced, 0 unchanged, 0 skipped, 0 failed, ", done.stderr, re.MULTILINE)
    assert {path.name for path in (tmp_path / "demo").iterdir()} == {"samples", "corpus"}


def test_every_target_is_explained() -> None:
    assert TARGETS is not None
    explained = re.findall(r"^([a-z-]+):.*## \S", MAKEFILE, re.MULTILINE)
    assert sorted(explained) == sorted(TARGETS[1].split())


@pytest.mark.parametrize("script", [".ci/run", "scripts/peers.sh", "scripts/peers_node.sh", "scripts/pin.sh"])
def test_scripts_can_be_run(script: str) -> None:
    """git keeps whether a file is executable; make and CI rely on it."""
    assert shutil.which(str(ROOT / script)) is not None
