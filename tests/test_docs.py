"""Every code block that the documentation shows runs, and every file it links to exists.

`python` blocks of one page share a namespace. `console` blocks run each line after "$ ", which must exit with 0, or
with N where the line ends in "# exit N". The lines below a command, and the lines of an `output` block below a
program, must stand in what it printed; "..." stands for any lines. `sparql`, `turtle`, `nquads` and `json` must parse;
a `sparql` block that begins with a file's name, such as "# mine.rq", becomes that file. `text` is for pictures.
A block that cannot run says why in a comment just above it: <!-- not run: reason -->.
"""

import contextlib
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import rdflib
from rdflib.plugins.sparql import prepareQuery

from sr2graph.corpus.sparql.functions import _FUNCTIONS as COMPILED_FUNCTIONS
from sr2graph.graph.vocabulary import PREFIXES
from tests.commands import run
from tests.conftest import ROOT
from tests.markdown import Block, blocks

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
NOT_RUN = 4
"""How many blocks have a reason not to run; raising it is a decision, made here."""

LINK = re.compile(r"\[[^\]]*\]\((?!https?://|#)([^)#\s]+)[^)]*\)")
FILE = re.compile(r"# (\w+\.rq)\n")
EXIT = re.compile(r"#\s*exit (\d+)\s*$")
PLAIN = re.compile(r"""sr2graph (?:[^|&;<>$`\\*?~(){}\[\]!'"]|'[^']*')*""")
"""A command without pipes, patterns of names or anything else that a shell makes something of, but for quotes."""
SPARQL_FUNCTIONS = frozenset(
    """
    BOUND IF COALESCE SAMETERM ISIRI ISURI ISBLANK ISLITERAL ISNUMERIC STR LANG DATATYPE IRI URI BNODE STRDT STRLANG
    UUID STRUUID STRLEN SUBSTR UCASE LCASE STRSTARTS STRENDS CONTAINS STRBEFORE STRAFTER ENCODE_FOR_URI CONCAT
    LANGMATCHES REGEX REPLACE ABS ROUND CEIL FLOOR RAND NOW YEAR MONTH DAY HOURS MINUTES SECONDS TIMEZONE TZ
    MD5 SHA1 SHA256 SHA384 SHA512
    """.split()
)
"""SPARQL 1.1 Query, 17.4."""


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of generated reports, the same every time."""
    folder = tmp_path_factory.mktemp("docs") / "samples"
    command = [sys.executable, "-m", "sr2graph.samples", str(folder), "--patients", "2", "--seed", "1"]
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
    return folder


@pytest.fixture
def desk(samples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a page's blocks run: a folder with samples/ and report.dcm, a CT dose report, in it."""
    shutil.copytree(samples, tmp_path / "samples")
    shutil.copy(min(samples.glob("ct_dose*.dcm")), tmp_path / "report.dcm")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("COLUMNS", "120")
    return tmp_path


class Page:
    """One page, read from top to bottom as a reader would, keeping what the last program printed."""

    def __init__(self) -> None:
        self.namespace: dict[str, object] = {"__name__": "__page__"}
        self.printed = ""

    def run(self, block: Block) -> None:
        runners: dict[str, Callable[[str], object]] = {
            "python": self.python,
            "console": self.console,
            "output": self.expect,
            "sparql": self.sparql,
            "turtle": lambda text: rdflib.Graph().parse(data=text, format="turtle"),
            "trig": lambda text: rdflib.Dataset().parse(data=text, format="trig"),
            "nquads": lambda text: rdflib.Dataset().parse(data=text, format="nquads"),
            "json": json.loads,
            "text": lambda _: None,
        }
        assert block.language in runners, f"no way to run a block of {block.language or 'no language'!r}"
        runners[block.language](block.text)

    def python(self, text: str) -> None:
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(compile(text, "<page>", "exec"), self.namespace)  # noqa: S102 # running the docs is what this is for
        self.printed = printed.getvalue()

    def console(self, text: str) -> None:
        for command, shown in sessions(text):
            status, self.printed = done(command)
            wanted = EXIT.search(command)
            assert status == (int(wanted[1]) if wanted else 0), f"$ {command}\n{self.printed}"
            self.expect(shown)

    def sparql(self, text: str) -> None:
        prepareQuery(text, initNs=PREFIXES)
        file = FILE.match(text)
        if file:
            Path(file[1]).write_text(text, encoding="utf-8")

    def expect(self, shown: str) -> None:
        printed = [line.strip() for line in self.printed.splitlines()]
        for line in shown.splitlines():
            assert line.strip() in {"", "..."} or line.strip() in printed, f"not printed: {line}\n{self.printed}"


def done(command: str) -> tuple[int, str]:
    """Exit status of a command, and what it printed.

    Where nothing in a line is for a shell, sr2graph is called here: to import it again takes longer than most commands.
    """
    if PLAIN.fullmatch(command):
        result = run(*shlex.split(command, comments=True)[1:])
        return result.exit_code, result.output
    process = subprocess.run(
        ["bash", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return process.returncode, process.stdout


def sessions(text: str) -> list[tuple[str, str]]:
    """The commands of a console block, each with the lines shown below it."""
    parts = re.split(r"^\$ ", text, flags=re.MULTILINE)
    assert not parts[0].strip(), "a console block begins with a command: $ ..."
    return [(command, shown) for command, _, shown in (part.partition("\n") for part in parts[1:])]


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_block_runs(page: Path, desk: Path) -> None:
    assert desk.is_dir()
    reading = Page()
    for block in blocks(page):
        if block.not_run:
            continue
        try:
            reading.run(block)
        except Exception as problem:
            problem.add_note(f"in {name(page)}, the block at line {block.line}")
            raise


def test_blocks_that_do_not_run_are_counted() -> None:
    reasons = [
        f"{name(page)}:{block.line}: {block.not_run}" for page in PAGES for block in blocks(page) if block.not_run
    ]
    assert len(reasons) == NOT_RUN, "\n".join(reasons)


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "notebooks" / "README.md"], ids=name)
def test_every_link_leads_somewhere(page: Path) -> None:
    links = LINK.findall(page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_command_reference_is_current() -> None:
    """docs/reference/cli.md is what --help says; `make docs` writes it."""
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "cli_reference.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr


def test_functions_that_do_not_compile_are_listed() -> None:
    page = (ROOT / "docs" / "reference" / "sparql.md").read_text(encoding="utf-8")
    (row,) = re.findall(r"^\| functions \|.*$", page, re.MULTILINE)
    assert set(re.findall(r"`([A-Z0-9_]+)`", row)) == SPARQL_FUNCTIONS - COMPILED_FUNCTIONS.keys()


def test_what_a_page_shows_must_have_been_printed() -> None:
    page = Page()
    page.console("$ echo one; echo two\none\n...\n$ exit 3 # exit 3\n")
    page.python("print('three')")
    page.expect("three\n")
    with pytest.raises(AssertionError, match="not printed: four"):
        page.expect("four\n")


@pytest.mark.parametrize("end", ["", " # exit 1", " 2>&1", "; exit 1 # exit 1"])
def test_commands_do_the_same_here_and_in_a_shell(end: str, desk: Path) -> None:
    """With the paths of the page's folder, quotes, and a status that is not 0."""
    (desk / "no report.dcm").write_text("nothing")
    name = "no report.dcm" if end == " # exit 1" else "report.dcm"
    command = f"sr2graph show '{name}'"
    shell = subprocess.run(["bash", "-c", command + end], capture_output=True, text=True, check=False)
    assert done(command + end) == (shell.returncode, shell.stdout + shell.stderr)


def test_an_unknown_language_is_no_way_out() -> None:
    with pytest.raises(AssertionError, match="no way to run"):
        Page().run(Block("pyhton", "", 1, None))


def test_a_block_left_open_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("```python\nprint()\n", encoding="utf-8")
    with pytest.raises(ValueError, match="never closed"):
        blocks(tmp_path / "page.md")
