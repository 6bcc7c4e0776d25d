"""The notebooks run from top to bottom, and are stored without what they printed."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.conftest import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

matplotlib = pytest.importorskip("matplotlib")


def cells(notebook: Path) -> list[dict[str, Any]]:
    """Its code cells."""
    found = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in found if cell["cell_type"] == "code"]


@pytest.fixture
def figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The figures that a notebook shows."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    shown: list[Any] = []
    monkeypatch.setattr(plt, "show", lambda: shown.append(plt.gcf()))
    return shown


def test_there_are_notebooks() -> None:
    assert [notebook.name for notebook in NOTEBOOKS] == ["cohort.ipynb", "fhir.ipynb"]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.name)
def test_outputs_are_not_stored(notebook: Path) -> None:
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in cells(notebook))


def run_notebook(name: str) -> dict[str, Any]:
    """Run a notebook from top to bottom; return its names."""
    namespace: dict[str, Any] = {}
    for cell in cells(ROOT / "notebooks" / name):
        exec(compile("".join(cell["source"]), cell["id"], "exec"), namespace)  # noqa: S102 # running it is the test
    return namespace


@pytest.mark.slow
def test_the_cohort(figures: list[Any]) -> None:
    namespace = run_notebook("cohort.ipynb")
    cohort = namespace["cohort"]
    assert isinstance(cohort, pd.DataFrame)
    assert len(cohort) >= 3
    assert (cohort["reports"] > 1).all()
    assert (cohort["best"] <= cohort["baseline"]).all()
    assert cohort["total DLP in mGy.cm"].notna().any()
    assert len(namespace["kinds"]) > 5
    lines, boxes = figures
    assert len(lines.axes[0].get_lines()) == len(cohort) + 2
    assert len(boxes.axes[0].get_xticklabels()) > 2


@pytest.mark.slow
def test_fhir_without_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """All but posting and searching."""
    monkeypatch.delenv("FHIR_SERVER", raising=False)
    namespace = run_notebook("fhir.ipynb")
    measurements = namespace["measurements"]
    assert set(measurements["lesion"]) >= {"Lesion 1", "Lesion 2", "Lesion 3"}
    assert (measurements.loc[measurements["name"] == "Long Axis", "unit"] == "mm").all()
    assert namespace["regions"]
    assert len(namespace["account"]) >= sum(1 for _ in namespace["report"].walk())
    assert namespace["answers"] == []
