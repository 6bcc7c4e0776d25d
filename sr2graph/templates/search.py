"""Finding templates, rows and context groups: by their numbers, and by words of their names and meanings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from sr2graph.errors import SrError
from sr2graph.templates.catalogue import Row, Template, templates
from sr2graph.templates.value_sets import Code, ContextGroup, Group, ValueSet, context_groups

NEAREST = 4

T = TypeVar("T")


class UnknownNumberError(SrError):
    """PS3.16 has no template or context group of that number."""


class Kind(StrEnum):
    """What was found."""

    TEMPLATE = "template"
    ROW = "row"
    GROUP = "context group"
    MEMBER = "member"


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that has all words."""

    kind: Kind
    number: str
    """`TID 1411`, `TID 1411 row 3b`, `CID 218`."""
    text: str
    """The name, or the concept."""


def template(said: str) -> Template:
    """Return a template by `1411`, `01411` or `TID 1411`.  Raises UnknownNumberError, naming those that are near."""
    return _numbered(said, "TID", templates())


def group(said: str) -> ContextGroup:
    """Return a context group by `218` or `CID 218`.  Raises UnknownNumberError."""
    return _numbered(said, "CID", context_groups())


def _numbered(said: str, word: str, known: Mapping[str, T]) -> T:
    number = said.strip().upper().removeprefix(word).strip().lstrip("0")
    if number in known:
        return known[number]
    near = ", ".join(_nearest(number, known)) or "none"
    raise UnknownNumberError(f"there is no {word} {number or said}; near it: {near}. --search finds by words")


def _nearest(number: str, known: Iterable[str]) -> list[str]:
    """Return the closest numbers, in their order; none where nothing of a number was said."""
    wanted = _digits(number)
    if wanted is None:
        return []
    close = sorted(known, key=lambda each: (abs((_digits(each) or 0) - wanted), each))[:NEAREST]
    return sorted(close, key=lambda each: (_digits(each) or 0, each))


def _digits(number: str) -> int | None:
    # Twenty digits are no number of a template; int() of thousands is work.
    text = number.rstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")[:20]
    return int(text) if text.isascii() and text.isdigit() else None


# ---------------------------------------------------------------- words


def search(words: str) -> Iterator[Hit]:
    """Yield what has all words, in any case: templates, then rows, then context groups, then members of groups."""
    wanted = words.casefold().split()
    if not wanted:
        return
    for hit in _all():
        text = hit.text.casefold()
        if all(word in text for word in wanted):
            yield hit


def _all() -> Iterator[Hit]:
    for each in templates().values():
        yield Hit(Kind.TEMPLATE, f"TID {each.tid}", each.name)
    for each in templates().values():
        yield from (Hit(Kind.ROW, row.name, text) for row in each.rows for text in row_texts(row))
    for one in context_groups().values():
        yield Hit(Kind.GROUP, f"CID {one.cid}", f"{one.name} ({one.keyword})" if one.keyword else one.name)
    for one in context_groups().values():
        yield from (Hit(Kind.MEMBER, f"CID {one.cid}", str(code)) for code in one.own_codes())


def row_texts(row: Row) -> Iterator[str]:
    """Yield what a row names: its concept, or the template that it includes, and the codes it fixes as a value."""
    if row.include is not None:
        yield f"includes TID {row.include} {templates()[row.include].name}"
    else:
        yield " ".join((*row.value_types, *map(named, _said(row.concept))))
    yield from (f"value {named(code)}" for code in row.values.codes)


def _said(said: ValueSet) -> Iterator[Code | Group]:
    yield from said.codes
    yield from said.groups


def named(said: Code | Group) -> str:
    """Return a code with its meaning, or a context group with its name."""
    if isinstance(said, Code):
        return str(said)
    return f"{said.binding} {said.cid} {context_groups()[said.cid].name}"
