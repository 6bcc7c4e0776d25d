"""Running the command line: in this process, in one of its own, and on a terminal."""

import os
import pty
import select
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner, Result

from sr2graph.cli import main
from tests.conftest import ROOT

SR2GRAPH = [sys.executable, "-m", "sr2graph.cli"]
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "100"}


def run(*arguments: str | Path, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], input=stdin)


def process(*arguments: str | Path, **options: object) -> subprocess.Popen[bytes]:
    command = [*SR2GRAPH, *map(str, arguments)]
    return subprocess.Popen(command, env=ENVIRONMENT, stderr=subprocess.PIPE, **options)  # type: ignore[call-overload, no-any-return]


def on_a_terminal(*arguments: str | Path) -> str:
    """What a command prints on a terminal."""
    ours, theirs = pty.openpty()
    child = process(*arguments, stdout=theirs, stdin=theirs)
    assert child.stderr is not None
    os.close(theirs)
    talk = b""
    while True:
        ready, _, _ = select.select([ours, child.stderr.fileno()], [], [], 30)
        try:
            data = os.read(ours, 65536) if ours in ready else b""
        except OSError:  # EIO: the other side has closed
            data = b""
        talk += data
        if not data and child.poll() is not None:
            os.close(ours)
            child.stderr.close()
            return talk.decode()
