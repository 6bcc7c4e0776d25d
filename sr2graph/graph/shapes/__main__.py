"""Write the shapes: `python -m sr2graph.graph.shapes [--check] [TID ...]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from sr2graph.graph.shapes.files import FOLDER, shapes
from sr2graph.graph.shapes.vocabulary_shapes import vocabulary_shapes
from sr2graph.resources import resource
from sr2graph.templates.starts import root_templates


def generated() -> Mapping[str, Callable[[], str]]:
    """Return file, from the top of a checkout ↔ what makes its text."""
    made: dict[str, Callable[[], str]] = {f"{FOLDER}vocabulary.ttl": vocabulary_shapes}
    made |= {f"{FOLDER}TID{tid}.ttl": partial(shapes, tid) for tid in root_templates()}
    return made


def write(root: Path, names: list[str], *, check: bool) -> list[str]:
    """Write the files that are not what they should be, unless only checking; return their names."""
    stale = []
    for name, text in generated().items():
        if names and Path(name).stem not in names:
            continue
        path, wanted = root / name, text()
        if not path.is_file() or path.read_text(encoding="utf-8") != wanted:
            stale.append(name)
            if not check:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(wanted, encoding="utf-8", newline="\n")
    return stale


def main(arguments: list[str] | None = None) -> int:
    """Write the files, or with --check only tell which are not current; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m sr2graph.graph.shapes", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 when a file is not current")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these: TID1500, vocabulary")
    options = parser.parse_args(arguments)
    # Tables of a wheel lie inside the package; what follows from them is written in a checkout only.
    root = resource("ontologies/vocabulary.csv").parent.parent
    if not (root / "pyproject.toml").is_file():
        parser.error("run this in a checkout of the repository")
    stale = write(root, options.names, check=options.check)
    for name in stale:
        sys.stdout.write(f"{name}: {'not current' if options.check else 'written'}\n")
    return 1 if options.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
