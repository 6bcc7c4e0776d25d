"""Solutions as a table for people: columns as wide as what stands in them, numbers to the right.

On a terminal that is too narrow, wide cells go on in the next line.  Where even that would
leave no column of a readable width, each solution becomes a block of lines, one per variable.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

from sr2graph.corpus.lexical import BNODE, URI, Term, written_rows
from sr2graph.corpus.result import Solutions
from sr2graph.corpus.sparql.kinds import ANY, NUMBERS
from sr2graph.dicom.printable import cells, printable
from sr2graph.graph.vocabulary import PREFIXES

GAP = "  "
READABLE = 16
"""Columns of the terminal that a folded column of the table has at least."""

_LIKE_A_NUMBER = re.compile(r"[+-]?[\d.]+([eE][+-]?\d+)?|NaN|-?INF|", re.ASCII).fullmatch


def table_text(solutions: Solutions, width: int = 0) -> Iterator[str]:
    """Yield the lines of a table; 0 columns of width are without end."""
    names = solutions.variables
    widths = [cells(name) for name in names]
    right = [output.kind in NUMBERS or output.kind is ANY for output in solutions.outputs]
    # Decoded twice rather than kept: there may be millions of rows.
    for row in written_rows(solutions, cell_text):
        widths = [max(known, cells(text)) for known, text in zip(widths, row, strict=True)]
        right = [known and _LIKE_A_NUMBER(text) is not None for known, text in zip(right, row, strict=True)]
    fitted = _fitted(widths, width)
    if fitted is None:
        yield from _blocks(solutions, width)
    else:
        yield from _table(names, written_rows(solutions, cell_text), fitted, right)


def aligned(heads: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[bool]) -> Iterator[str]:
    """Yield the lines of a table of printable texts; `right` says which columns stand to the right."""
    widths = [max(map(cells, column)) for column in zip(heads, *rows, strict=True)]
    yield from _table(heads, rows, widths, right)


def _table(
    heads: Sequence[str], rows: Iterable[Sequence[str]], widths: Sequence[int], right: Sequence[bool]
) -> Iterator[str]:
    yield from _folded(heads, widths, right)
    yield GAP.join("-" * width for width in widths) + "\n"
    for row in rows:
        yield from _folded(row, widths, right)


def cell_text(term: Term) -> str:
    """Return a term as a person reads it: with a prefix if it has one, control characters spelled out."""
    if term.what == URI:
        return printable(_shortened(term.text))
    return printable(f"_:{term.text}" if term.what == BNODE else term.text)


def _shortened(iri: str) -> str:
    for prefix, namespace in PREFIXES.items():
        if iri.startswith(namespace):
            return f"{prefix}:{iri.removeprefix(namespace)}"
    return iri


def _fitted(widths: Sequence[int], width: int) -> list[int] | None:
    """Return the widths of columns that fit, the widest ones narrowed; None where that cannot be read."""
    left = width - len(GAP) * (len(widths) - 1)
    if not width or sum(widths) <= left:
        return list(widths)
    # Each column takes its width or an equal share of what narrower ones leave.
    fitted = list(widths)
    by_width = sorted(range(len(widths)), key=widths.__getitem__)
    for done, column in enumerate(by_width):
        share = left // (len(widths) - done)
        fitted[column] = min(widths[column], share)
        left -= fitted[column]
    narrowed = [now for now, before in zip(fitted, widths, strict=True) if now < before]
    return fitted if min(narrowed) >= READABLE else None


def _folded(row: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> Iterator[str]:
    """Yield the lines of a row."""
    columns = (_pieces(text, width) for text, width in zip(row, widths, strict=True))
    for line in zip_longest(*columns, fillvalue=""):
        padded = (
            " " * (width - cells(piece)) + piece if is_right else piece + " " * (width - cells(piece))
            for piece, width, is_right in zip(line, widths, right, strict=True)
        )
        yield GAP.join(padded).rstrip() + "\n"


def _pieces(text: str, width: int) -> list[str]:
    """Cut a text into pieces of at most that many columns."""
    if cells(text) <= width:
        return [text]
    pieces, piece = [], ""
    for character in text:
        if cells(piece + character) > width:
            pieces.append(piece)
            piece = ""
        piece += character
    return [*pieces, piece]


def _blocks(solutions: Solutions, width: int) -> Iterator[str]:
    """Yield each solution as lines of name and value."""
    widest = max(map(cells, solutions.variables))
    room = max(width - widest - len(GAP), 1)
    for number, row in enumerate(written_rows(solutions, cell_text), start=1):
        yield f"{'' if number == 1 else chr(10)}--- {number}\n"
        for name, text in zip(solutions.variables, row, strict=True):
            if text:
                yield from _folded((name, text), (widest, room), (False, False))
