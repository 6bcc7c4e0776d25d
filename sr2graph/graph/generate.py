"""Write what follows from the vocabulary table: `python -m sr2graph.graph.generate [--check]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from sr2graph.graph.jsonld import context_document
from sr2graph.graph.ontology import ontology, qudt_alignments
from sr2graph.graph.vocabulary_page import vocabulary_page
from sr2graph.resources import resource

GENERATED: dict[str, Callable[[], str]] = {
    "ontologies/sr2graph.ttl": ontology,
    "ontologies/alignments-qudt.ttl": qudt_alignments,
    "ontologies/context.jsonld": context_document,
    "docs/reference/vocabulary.md": vocabulary_page,
}
"""File, from the top of a checkout -> its text."""


def stale(root: Path) -> list[str]:
    """Return the generated files of a checkout that are not what they should be."""
    return [name for name, text in GENERATED.items() if _read(root / name) != text()]


def write(root: Path) -> list[str]:
    """Write the files that are not what they should be; return their names."""
    names = stale(root)
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(GENERATED[name](), encoding="utf-8", newline="\n")
    return names


def _read(path: Path) -> str | None:
    return path.read_bytes().decode("utf-8") if path.is_file() else None


def main(arguments: list[str] | None = None) -> int:
    """Write the files, or with --check only tell which are not current; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m sr2graph.graph.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 when a file is not current")
    check = parser.parse_args(arguments).check
    # Tables of a wheel lie inside the package; what follows from them is written in a checkout only.
    root = resource("ontologies/vocabulary.csv").parent.parent
    if not (root / "pyproject.toml").is_file():
        parser.error("run this in a checkout of the repository")
    names = stale(root) if check else write(root)
    for name in names:
        sys.stdout.write(f"{name}: {'not current' if check else 'written'}\n")
    return 1 if check and names else 0


if __name__ == "__main__":
    sys.exit(main())
