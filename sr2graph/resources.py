"""Where the tables and the ontology are: inside the installed package, or at the top of a checkout."""

import csv
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent

FOLDERS = ("mappings", "ontologies")
"""Folders that a wheel carries inside the package and a checkout beside it."""


def resource(name: str) -> Path:
    """The file of that name under mappings/ or ontologies/, such as "mappings/schemes.csv".

    A wheel is unpacked when it is installed, so a plain path is enough.  Raises FileNotFoundError.
    """
    if name.partition("/")[0] not in FOLDERS:
        raise FileNotFoundError(f"{name}: resources lie in {' or '.join(FOLDERS)}")
    for folder in (PACKAGE, PACKAGE.parent):
        path = folder / name
        if path.exists():
            return path
    raise FileNotFoundError(f"{name}: neither in {PACKAGE} nor beside it; reinstall sr2graph")


def rows(name: str) -> list[dict[str, str]]:
    """The rows of a CSV table under mappings/ or ontologies/, by column."""
    with resource(name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
