"""Imports point one way, modules stay small, and the command line starts without the heavy libraries."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.conftest import ROOT

PACKAGE = ROOT / "sr2graph"
MODULES = sorted(PACKAGE.rglob("*.py"))

FLOORS = (
    ("errors",),
    ("resources",),
    ("dicom",),
    ("terms",),
    ("templates",),
    ("samples",),
    ("graph",),
    ("batch",),
    ("corpus", "fhir"),
    ("web",),
    ("terminal",),
    ("cli_check", "cli_corpus", "cli_fhir", "cli_templates"),
    ("cli",),
    ("__init__", "__main__"),
)
"""From the ground up: a room may import itself and the rooms on lower floors, not its neighbours."""

FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}

LOOKS_UP = {"dicom/report.py"}
"""Report.to_rdflib() and its like are doors to the upper floors: opened when called, not on import."""

HEAVY = ("deltalake", "duckdb", "networkx", "pyarrow", "pydicom", "pyoxigraph", "rdflib", "rich")
MOST_LINES = 450


class Import(NamedTuple):
    target: str
    line: int
    deferred: bool
    """Waits inside a function, or is for type checkers only."""


def room(module: str) -> str:
    """The room that a dotted name of this package lies in: sr2graph.graph.quads → graph."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def dotted(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 2 else parts)


def imports(path: Path) -> Iterator[Import]:
    """Every import of this package's own modules."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    deferred = {id(node) for block in ast.walk(tree) if is_deferred(block) for node in ast.walk(block)}
    for node in ast.walk(tree):
        for target in targets(node, path):
            yield Import(target, node.lineno, id(node) in deferred)  # type: ignore[attr-defined] # imports have lines


def is_deferred(block: ast.AST) -> bool:
    if isinstance(block, ast.If):
        return isinstance(block.test, ast.Name) and block.test.id == "TYPE_CHECKING"
    return isinstance(block, ast.FunctionDef | ast.AsyncFunctionDef)


def targets(node: ast.AST, path: Path) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "sr2graph")
    elif isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            package = (".".join(path.relative_to(ROOT).parent.parts)).split(".")
            parents = package[: len(package) - node.level + 1]
            base = ".".join([*parents, base] if base else parents)
        if base == "sr2graph":
            # The version is the package's own constant, known before any room is entered.
            yield from (f"sr2graph.{alias.name}" for alias in node.names if alias.name != "__version__")
        elif base.startswith("sr2graph."):
            yield base


def is_upward(source: str, target: str) -> bool:
    here, there = room(source), room(target)
    return here != there and FLOOR_OF[there] >= FLOOR_OF[here]


def test_there_is_a_package() -> None:
    assert MODULES


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_room_has_its_floor(path: Path) -> None:
    """A new room is placed on a floor on purpose."""
    assert room(dotted(path)) in FLOOR_OF


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    name = str(path.relative_to(PACKAGE))
    upward = [
        f"line {found.line}: {dotted(path)} imports {found.target}"
        for found in imports(path)
        if is_upward(dotted(path), found.target) and not (found.deferred and name in LOOKS_UP)
    ]
    assert not upward, "\n".join(upward)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_stay_small(path: Path) -> None:
    """Past that, some noun wants its own file."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


@pytest.mark.parametrize(
    "command", [["--help"], ["--version"], ["convert", "--help"], ["query", "--help"]], ids=" ".join
)
def test_help_starts_without_the_heavy_libraries(command: list[str]) -> None:
    """Only a command that reads or writes pays for what it reads and writes with."""
    program = f"""if True:
        import sys
        sys.argv = {["sr2graph", *command]!r}
        from sr2graph.cli import main
        try:
            main()
        except SystemExit as end:
            assert not end.code, end.code
        print(*(name for name in {HEAVY!r} if name in sys.modules), file=sys.stderr)
    """
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert done.stderr.split() == []


@pytest.mark.parametrize(
    ("source", "target", "upward"),
    [
        ("sr2graph.graph.quads", "sr2graph.dicom.report", False),
        ("sr2graph.graph.quads", "sr2graph.graph.vocabulary", False),
        ("sr2graph.dicom.report", "sr2graph.graph.quads", True),
        ("sr2graph.fhir.bundle", "sr2graph.corpus.store", True),
        ("sr2graph.errors", "sr2graph.resources", True),
        ("sr2graph.resources", "sr2graph.errors", False),
        ("sr2graph.cli", "sr2graph.batch", False),
    ],
)
def test_the_floors_are_told_apart(source: str, target: str, upward: bool) -> None:
    assert is_upward(source, target) is upward


def test_relative_imports_are_resolved() -> None:
    tree = ast.parse("from ..graph import quads\nfrom . import values\nfrom .. import __version__, read")
    found = [list(targets(node, PACKAGE / "dicom" / "report.py")) for node in tree.body]
    assert found == [["sr2graph.graph"], ["sr2graph.dicom"], ["sr2graph.read"]]
