"""SQL as pieces: text of our own, columns of scans, and values that stay values.

Text pieces come from this package only.  What a query or a file says enters as a Value and
leaves as a bound parameter, so it can never become SQL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

Scalar = str | int | float | bool


class Scan:
    """A table or a subquery in a FROM clause.  Two scans of one table are two scans."""

    __slots__ = ("code", "source", "table")

    def __init__(self, table: str = "", source: Sql | None = None, code: str = "") -> None:
        self.table = table
        self.source = source
        self.code = code
        """The column of a subquery that holds codes which the report of the row uses."""

    def column(self, name: str) -> Sql:
        """Return the value of a column in the row of this scan."""
        return Sql((Ref(self, name),))


@dataclass(frozen=True, slots=True)
class Ref:
    """A column of a scan."""

    scan: Scan
    column: str


@dataclass(frozen=True, slots=True)
class Value:
    """A value from outside: always a bound parameter."""

    value: Scalar


@dataclass(frozen=True, slots=True)
class Definition:
    """A scan as it stands in a FROM clause."""

    scan: Scan


@dataclass(frozen=True, slots=True)
class Lookup:
    """The value of a column in the one row of a table that has a key; NULL where there is none."""

    table: str
    key: str
    column: str
    value: Sql
    """The key."""

    @property
    def subquery(self) -> Sql:
        """The lookup as a scalar subquery."""
        scan = Scan(self.table)
        found = sql("{} = {}", scan.column(self.key), self.value)
        return sql("(SELECT {} FROM {} WHERE {})", scan.column(self.column), defined(scan), found)


Piece = str | Ref | Value | Definition | Lookup


@dataclass(frozen=True, slots=True)
class Sql:
    """A piece of SQL that does not yet know what its scans are called."""

    pieces: tuple[Piece, ...]

    def scans(self) -> set[Scan]:
        """Return the scans it needs from outside."""
        used: set[Scan] = set()
        defined: set[Scan] = set()
        for piece in self.pieces:
            if isinstance(piece, Ref):
                used.add(piece.scan)
            elif isinstance(piece, Lookup):
                used |= piece.value.scans()
            elif isinstance(piece, Definition):
                defined.add(piece.scan)
                if piece.scan.source is not None:
                    used |= piece.scan.source.scans()
        return used - defined

    @property
    def unions(self) -> int:
        """How many UNIONs it holds, those in the scans that it defines too."""
        own = sum(piece.count("UNION ALL") for piece in self.pieces if isinstance(piece, str))
        scans = [piece.scan for piece in self.pieces if isinstance(piece, Definition)]
        return own + sum(scan.source.unions for scan in scans if scan.source is not None)

    @property
    def defines(self) -> bool:
        """Whether it holds a subquery."""
        return any(isinstance(piece, Definition | Lookup) for piece in self.pieces)

    @property
    def is_long(self) -> bool:
        """Whether to evaluate it is more work than to read a column."""
        return any(isinstance(piece, str) and "sr_" in piece for piece in self.pieces) or self.defines

    def lookups(self) -> Iterator[Lookup]:
        """Yield the lookups it makes by itself, outside subqueries."""
        return (piece for piece in self.pieces if isinstance(piece, Lookup))

    def without(self, lookups: Mapping[Lookup, Sql]) -> Sql:
        """Return it with other SQL in the place of some lookups."""
        if not any(lookup in lookups for lookup in self.lookups()):
            return self
        whole = ((lookups[p].pieces if isinstance(p, Lookup) and p in lookups else (p,)) for p in self.pieces)
        return Sql(tuple(piece for pieces in whole for piece in pieces))

    def replaced(self, scans: Mapping[Scan, Scan]) -> Sql:
        """Return it with other scans in the place of some."""
        if not scans:
            return self
        inner = dict(scans)
        for piece in self.pieces:
            if isinstance(piece, Definition) and piece.scan.source is not None:
                source = piece.scan.source.replaced(scans)
                if source is not piece.scan.source:
                    inner[piece.scan] = Scan(source=source, code=piece.scan.code)
        changed = tuple(_replaced(piece, inner) for piece in self.pieces)
        return self if changed == self.pieces else Sql(changed)


def _replaced(piece: Piece, scans: Mapping[Scan, Scan]) -> Piece:
    if isinstance(piece, Ref) and piece.scan in scans:
        return Ref(scans[piece.scan], piece.column)
    if isinstance(piece, Definition) and piece.scan in scans:
        return Definition(scans[piece.scan])
    if isinstance(piece, Lookup):
        value_ = piece.value.replaced(scans)
        return piece if value_ is piece.value else replace(piece, value=value_)
    return piece


@cache
def _split(template: str) -> tuple[str, ...]:
    return tuple(template.split("{}"))


def sql(template: str, *holes: Sql) -> Sql:
    """Return a template of this package with SQL in its holes `{}`.

    >>> render(sql("{} + {}", value(1), value(2)))
    ('$1 + $2', [1, 2])
    """
    texts = _split(template)
    if len(texts) != len(holes) + 1:
        raise AssertionError(f"{len(texts) - 1} holes, {len(holes)} pieces: {template}")
    pieces: list[Piece] = [texts[0]] if texts[0] else []
    for hole, text in zip(holes, texts[1:], strict=True):
        pieces += hole.pieces
        if text:
            pieces.append(text)
    return Sql(tuple(pieces))


def value(scalar: Scalar) -> Sql:
    """Return a value from outside as a bound parameter."""
    return Sql((Value(scalar),))


def name(text: str) -> Sql:
    """Return a string of this package's own, such as an IRI of the vocabulary, as a literal."""
    return Sql(("'" + text.replace("'", "''") + "'",))


def joined(separator: str, parts: Iterable[Sql]) -> Sql:
    """Return several pieces with a text between them."""
    pieces: list[Piece] = []
    for number, part in enumerate(parts):
        if number:
            pieces.append(separator)
        pieces += part.pieces
    return Sql(tuple(pieces))


def defined(scan: Scan) -> Sql:
    """Return a scan as it stands in a FROM clause."""
    return Sql((Definition(scan),))


TRUE = Sql(("TRUE",))
FALSE = Sql(("FALSE",))
NULL = Sql(("NULL",))


def conjunction(conditions: Iterable[Sql]) -> Sql:
    """Return all of some conditions."""
    parts = [sql("({})", condition) for condition in dict.fromkeys(conditions) if condition != TRUE]
    return joined(" AND ", parts) if parts else TRUE


def disjunction(conditions: Iterable[Sql]) -> Sql:
    """Return any of some conditions."""
    parts = list(dict.fromkeys(conditions))
    if TRUE in parts:
        return TRUE
    parts = [part for part in parts if part != FALSE]
    return sql("({})", joined(" OR ", parts)) if parts else FALSE


def once(parts: Sequence[Sql], body: Callable[..., Sql]) -> Sql:
    """Return what a body makes of some pieces, which it may name many times and which are evaluated once.

    A macro repeats its arguments.  Macros within macros would grow to a statement that is planned for minutes.
    """
    if not any(part.is_long for part in parts):
        return body(*parts)
    fields = joined(", ", [sql(f"v{i} := {{}}", part) for i, part in enumerate(parts)])
    names = [Sql((f"given.v{i}",)) for i in range(len(parts))]
    return sql("list_transform([struct_pack({})], lambda given: {})[1]", fields, body(*names))


def recurses(scan: Scan) -> bool:
    """Tell whether a scan is a path that is followed step by step."""
    pieces = scan.source.pieces if scan.source is not None else ()
    return any(isinstance(piece, str) and "RECURSIVE" in piece for piece in pieces)


@dataclass(slots=True)
class _Rendering:
    text: list[str] = field(default_factory=list)
    values: list[Scalar] = field(default_factory=list)
    names: dict[Scan, str] = field(default_factory=dict)

    def write(self, statement: Sql) -> None:
        for piece in statement.pieces:
            if isinstance(piece, str):
                self.text.append(piece)
            elif isinstance(piece, Ref):
                self.text.append(f'{self.name(piece.scan)}."{piece.column}"')
            elif isinstance(piece, Value):
                self.values.append(piece.value)
                self.text.append(f"${len(self.values)}")
            elif isinstance(piece, Lookup):
                self.write(piece.subquery)
            else:
                self._define(piece.scan)

    def name(self, scan: Scan) -> str:
        return self.names.setdefault(scan, f"t{len(self.names) + 1}")

    def _define(self, scan: Scan) -> None:
        if scan.source is None:
            self.text.append(f'"{scan.table}" AS {self.name(scan)}')
        else:
            self.text.append("(")
            self.write(scan.source)
            self.text.append(f") AS {self.name(scan)}")


def render(statement: Sql) -> tuple[str, list[Scalar]]:
    """Return (SQL text, values of its parameters $1, $2, ...)."""
    rendering = _Rendering()
    rendering.write(statement)
    return "".join(rendering.text), rendering.values
