"""Tables are found in a checkout and in an installed package."""

from pathlib import Path

import pytest

from sr2graph import resources
from sr2graph.resources import resource


def test_a_table_of_the_checkout_is_found() -> None:
    assert resource("mappings/schemes.csv").read_text(encoding="utf-8").startswith("designator,")


def test_what_the_package_carries_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "sr2graph"
    for folder in (package, tmp_path):
        (folder / "mappings").mkdir(parents=True)
        (folder / "mappings" / "a.csv").touch()
    monkeypatch.setattr(resources, "PACKAGE", package)
    assert resource("mappings/a.csv") == package / "mappings" / "a.csv"


@pytest.mark.parametrize("name", ["mappings/none.csv", "README.md", "../mappings/schemes.csv"])
def test_what_is_not_there_is_said_to_be_missing(name: str) -> None:
    with pytest.raises(FileNotFoundError, match=r"README|none|mappings"):
        resource(name)
