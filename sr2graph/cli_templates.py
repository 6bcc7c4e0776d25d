"""The verb of the catalogue: look at the templates and context groups of PS3.16."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import click

from sr2graph.terminal import columns, put, say, usage

if TYPE_CHECKING:
    from sr2graph.dicom.show import Line

DEPTH = 4
FORMATS = ("text", "json")


@click.command()
@click.argument("number", required=False, metavar="[TID|CID]")
@click.option("-s", "--search", "words", metavar="WORDS", help="List what has all of these words.")
@click.option("-g", "--group", "is_group", is_flag=True, help="The number is that of a context group, a CID.")
@click.option("--depth", type=click.IntRange(min=1), help=f"Levels of content items. Default: {DEPTH}.")
@click.option("--all", "whole", is_flag=True, help="All levels.")
@click.option("--flat", is_flag=True, help="The table as printed, includes not replaced.")
@click.option("-f", "--format", "format_", type=click.Choice(FORMATS), default="text", help="Default: text.")
def template(  # noqa: PLR0913 # one per option
    *, number: str | None, words: str | None, is_group: bool, depth: int | None, whole: bool, flat: bool, format_: str
) -> None:
    """Print a template or a context group of PS3.16, or search them.

    A template is printed as a tree: its rows, and in place of those that include another template the rows of that
    one. TID is a number such as 1411; CID is CID 218, or 218 with --group. --search looks in names of templates and
    groups, and in meanings of concepts, values and members, whatever their case.
    """
    if (number is None) == (words is None):
        raise click.UsageError("give either a number or --search")
    as_json = format_ == "json"
    if words is not None:
        sys.exit(_search(words, as_json=as_json))
    assert number is not None  # noqa: S101 # one of the two is given
    if is_group or number.strip().upper().startswith("CID"):
        _group(number, as_json=as_json)
    else:
        _template(number, None if whole else depth or DEPTH, flat=flat, as_json=as_json)


def _template(number: str, depth: int | None, *, flat: bool, as_json: bool) -> None:
    from sr2graph.templates import search
    from sr2graph.templates.plain import template_json
    from sr2graph.templates.printing import template_lines

    with usage():
        found = search.template(number)
    if as_json:
        _put_json(template_json(found, depth=depth, flat=flat))
    else:
        put(_text(template_lines(found, depth=depth, flat=flat, width=columns())))


def _group(number: str, *, as_json: bool) -> None:
    from sr2graph.templates import search
    from sr2graph.templates.plain import group_json
    from sr2graph.templates.printing import group_lines

    with usage():
        found = search.group(number)
    if as_json:
        _put_json(group_json(found))
    else:
        put(_text(group_lines(found, width=columns())))


def _search(words: str, *, as_json: bool) -> int:
    """Print what was found; return 1 for nothing, like grep."""
    from sr2graph.templates.plain import hits_json
    from sr2graph.templates.search import search

    hits = list(search(words))
    if as_json:
        _put_json(hits_json(hits))
    else:
        width = max((len(hit.number) for hit in hits), default=0)
        put(f"{hit.number:{width}}  {hit.text}\n" for hit in hits)
    if not hits:
        say("nothing has all of these words")
    return 0 if hits else 1


def _put_json(found: Any) -> None:  # noqa: ANN401 # JSON can be anything
    put((json.dumps(found, ensure_ascii=False, indent=2), "\n"))


def _text(lines: Iterable[Line]) -> Iterator[str]:
    for line in lines:
        yield "".join(span.text for span in line).rstrip() + "\n"


COMMANDS = (template,)
