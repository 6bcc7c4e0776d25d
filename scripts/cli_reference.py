"""Write docs/reference/cli.md from what each command says for --help; with --check, only say whether it is current."""

import sys
from collections.abc import Iterator
from pathlib import Path

import click
from click.testing import CliRunner

from sr2graph.cli import main as sr2graph

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "cli.md"
WIDTH = 100

HEAD = """# The command line

<!-- Written by `make docs` from --help: change the help texts in sr2graph/cli.py and cli_corpus.py, not this page. -->

Data goes to standard output, talk to standard error.
The exit status is 0 when all went well, 1 when some inputs or a query failed, 2 for a wrong use of the command.
"""


def commands(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    """The command and all below it, each with the words that call it."""
    yield name, command
    if isinstance(command, click.Group):
        for word, below in sorted(command.commands.items()):
            yield from commands(below, f"{name} {word}")


def help_text(command: click.Command, name: str) -> str:
    """What the command prints for --help."""
    done = CliRunner().invoke(command, ["--help"], prog_name=name, terminal_width=WIDTH, max_content_width=WIDTH)
    if done.exit_code:
        message = f"{name} --help failed: {done.output}"
        raise RuntimeError(message)
    return done.output.rstrip()


def reference() -> str:
    """The whole page."""
    sections = (
        f"## {name}\n\n```text\n{help_text(command, name)}\n```\n" for name, command in commands(sr2graph, "sr2graph")
    )
    return "\n".join([HEAD, *sections])


def main() -> None:
    """Write the page, or check it."""
    page = reference()
    if sys.argv[1:] == ["--check"]:
        if not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != page:
            sys.exit(f"{PAGE.name} is not what --help says: run make docs")
    else:
        PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
