"""Blocks: solutions as one SELECT that is still open, and the algebra of SPARQL on them.

A block is FROM scans, LEFT JOINs and WHERE conditions with a column for each variable.
Joining two blocks puts them side by side; where both speak of the same row of the same table,
the two scans become one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from rdflib.term import Variable

from sr2graph.corpus.sparql.facts import naming_row
from sr2graph.corpus.sparql.kinds import NOTHING, UNBOUND, Column
from sr2graph.corpus.sparql.left_joins import LeftJoin, left_joins
from sr2graph.corpus.sparql.mappings import is_unique
from sr2graph.corpus.sparql.sql import (
    FALSE,
    TRUE,
    Lookup,
    Scan,
    Sql,
    conjunction,
    defined,
    disjunction,
    joined,
    sql,
)
from sr2graph.corpus.sparql.terms import Terms

Variables = dict[Variable, Column]


@dataclass(frozen=True, slots=True)
class Block:
    """Solutions that are still open to more conditions."""

    scans: tuple[Scan, ...] = ()
    lefts: tuple[LeftJoin, ...] = ()
    where: tuple[Sql, ...] = ()
    variables: Variables = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether it is known to have no solution."""
        return FALSE in self.where

    def having(self, *conditions: Sql) -> Block:
        """Return it with more conditions."""
        return replace(self, where=self.where + tuple(c for c in conditions if c != TRUE and c not in self.where))

    def binding(self, variables: Mapping[Variable, Column]) -> Block:
        """Return it with other columns for some variables."""
        return replace(self, variables={**self.variables, **variables})

    def replaced(self, scans: dict[Scan, Scan]) -> Block:
        """Return it with other scans in the place of some."""
        return Block(
            tuple(dict.fromkeys(scans.get(scan, scan) for scan in self.scans)),
            tuple(left.replaced(scans) for left in self.lefts),
            tuple(dict.fromkeys(c.replaced(scans) for c in self.where)),
            {v: c.replaced(scans) for v, c in self.variables.items()},
        )

    def source(self) -> tuple[Sql, list[Sql]]:
        """Return the FROM clause, and the conditions left for WHERE."""
        conditions = [c for c in dict.fromkeys(self.where) if c != TRUE]
        if not self.lefts:
            return _joined_lookups(self.scans, conditions)
        # Conditions stay below the LEFT JOINs: a correlated ON would keep DuckDB from pushing them there.
        source, conditions = _tree(self.scans, conditions)
        for left in self.lefts:
            inner, rest = _tree(left.scans, list(left.inner))
            right = inner if len(left.scans) == 1 else sql("({})", inner)
            source = sql("{} LEFT JOIN {} ON {}", source, right, conjunction([*rest, *left.on]))
        return source, conditions

    def select(self, columns: Sql, *, distinct: bool = False, tail: Sql | None = None) -> Sql:
        """Return the block as a SELECT of some columns."""
        source, conditions = self.source()
        head = "SELECT DISTINCT {} FROM {}" if distinct else "SELECT {} FROM {}"
        statement = sql(head, columns, source)
        if conditions:
            statement = sql("{} WHERE {}", statement, conjunction(conditions))
        return statement if tail is None else sql("{} {}", statement, tail)


_ONE_ROW = sql("(SELECT 1 AS one) AS nothing")


def _side_by_side(scans: Iterable[Scan]) -> Sql:
    parts = [defined(scan) for scan in scans]
    return joined(" CROSS JOIN ", parts) if parts else _ONE_ROW


def _joined_lookups(scans: tuple[Scan, ...], conditions: list[Sql]) -> tuple[Sql, list[Sql]]:
    """Return scans side by side, what conditions look up joined to the scan whose row tells the key.

    As a subquery within a condition DuckDB would look it up for each row of the product of all scans.
    """
    found: dict[Lookup, Scan] = {}
    joins: dict[Scan, list[Sql]] = {}
    for lookup in (lookup for c in conditions if len(c.scans()) > 1 for lookup in c.lookups()):
        (of, *others) = lookup.value.scans() or (None,)
        if of in scans and not others and not lookup.value.defines and lookup not in found:
            scan = found[lookup] = Scan(lookup.table)
            key = sql("{} = {}", scan.column(lookup.key), lookup.value)
            joins.setdefault(of, []).append(sql("LEFT JOIN {} ON {}", defined(scan), key))
    if not found:
        return _side_by_side(scans), conditions
    columns = {lookup: scan.column(lookup.column) for lookup, scan in found.items()}
    parts = [
        sql("({} {})", defined(scan), joined(" ", joins[scan])) if scan in joins else defined(scan) for scan in scans
    ]
    return joined(" CROSS JOIN ", parts), [c.without(columns) for c in conditions]


def _tree(scans: tuple[Scan, ...], conditions: list[Sql]) -> tuple[Sql, list[Sql]]:
    """Return scans as a tree of joins, each condition where it can first be decided, and the other conditions."""
    if not scans:
        return _ONE_ROW, conditions
    plain = [(c, c.scans()) for c in conditions if not c.defines]
    left, seen = list(scans), set[Scan]()
    tree: Sql | None = None
    placed: set[Sql] = set()
    while left:
        scan = max(left, key=lambda s: (any(s in used and used & seen and used <= seen | {s} for _, used in plain),
                                        sum(used == {s} for _, used in plain)))  # fmt: skip
        left.remove(scan)
        seen.add(scan)
        here = [c for c, used in plain if used and used <= seen and c not in placed]
        if tree is None:
            tree = defined(scan)
        else:
            placed |= set(here)
            tree = sql("{} JOIN {} ON {}", tree, defined(scan), conjunction(here))
    assert tree is not None  # noqa: S101 # there is at least one scan
    return tree, [c for c in conditions if c not in placed]


def _reaches_into_lefts(a: Block, b: Block, both: Block) -> bool:
    """Tell whether a condition that joins two blocks needs what a LEFT JOIN of one of them gives."""
    optional = {scan for left in both.lefts for scan in left.scans}
    known = set(a.where) | set(b.where)
    return any(c.scans() & optional for c in both.where if c not in known)


class Algebra:
    """The operators of SPARQL (18.5) on blocks."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms

    def wrapped(self, block: Block, *, distinct: bool = False, tail: Sql | None = None) -> Block:
        """Return the block as one subquery; every variable becomes a bare column of it."""
        columns, variables, scan = self.exported(block.variables)
        scan.source = block.select(columns, distinct=distinct, tail=tail)
        return Block((scan,), variables=variables)

    @staticmethod
    def exported(variables: Variables) -> tuple[Sql, Variables, Scan]:
        """Return the columns of a subquery to be, the variables as they stand outside, and its scan."""
        scan, columns = Scan(), dict[Sql, str]()
        outside: Variables = {}

        def export(part: Sql) -> Sql:
            return scan.column(columns.setdefault(part, f"c{len(columns)}"))

        for variable, column in variables.items():
            parts = tuple(export(part) for part in column.parts)
            place = None if column.place is None else (export(column.place[0]), export(column.place[1]))
            constant = None if column.nullable else column.constant
            outside[variable] = replace(column, parts=parts, place=place, origin=None, constant=constant)
        exported = [sql(f'{{}} AS "{column}"', part) for part, column in columns.items()]
        return joined(", ", exported) if exported else sql("1 AS one"), outside, scan

    # ------------------------------------------------------------ join

    def collapsed(self, a: Block, b: Block) -> Block:
        """Return b with each scan that is the same row as a scan of a replaced by that one."""
        while True:
            same = self._same_row(a, b)
            if same is None:
                return b
            b = b.replaced({same[1]: same[0]})

    @staticmethod
    def _same_row(a: Block, b: Block) -> tuple[Scan, Scan] | None:
        for variable, column in b.variables.items():
            other = a.variables.get(variable)
            if other is None or other.origin is None or column.origin is None or other.nullable or column.nullable:
                continue
            (scan, key), (twin, twin_key) = other.origin, column.origin
            same = scan is not twin and scan.table and scan.table == twin.table and key == twin_key
            # A twin that is a scan of a already stays: two rows of a that one row of b is tied to would take turns.
            if same and is_unique(scan.table, key) and scan in a.scans and twin in b.scans and twin not in a.scans:
                return scan, twin
        return None

    def matched(self, a: Block, b: Block) -> tuple[list[Sql], Variables]:
        """Return when solutions of two blocks are compatible, and the columns of the variables they share."""
        conditions, columns = [], {}
        for variable in b.variables:
            if variable in a.variables:
                one, other = a.variables[variable], b.variables[variable]
                conditions.append(self.terms.joinable(one, other))
                columns[variable] = self._either(one, other)
        return conditions, columns

    def _either(self, one: Column, other: Column) -> Column:
        if one.nullable and other.nullable:
            return self.terms.coalesced(one, other)
        if one.nullable or other.nullable:
            return other if one.nullable else one
        if one.constant is not None and one.origin is None:
            return replace(other, constant=one.constant)
        # A column of a row tells more than the same value without one.
        tells = other.origin is not None or naming_row(other) is not None
        return other if one.origin is None and naming_row(one) is None and tells else one

    def join(self, a: Block, b: Block) -> Block:
        """Return the solutions that are compatible in both (SPARQL Join)."""
        joined_up = self._join(a, b)
        # A condition on what a LEFT JOIN gives would come after all joins: a product of both sides.
        if _reaches_into_lefts(a, b, joined_up):
            return self._join(self._flat(a), self._flat(b))
        return joined_up

    def _join(self, a: Block, b: Block) -> Block:
        b = self.collapsed(a, b)
        conditions, columns = self.matched(a, b)
        return Block(
            tuple(dict.fromkeys(a.scans + b.scans)),
            a.lefts + b.lefts,
            a.where,
            {**a.variables, **b.variables, **columns},
        ).having(*b.where, *conditions)

    def _flat(self, block: Block) -> Block:
        return self.wrapped(block) if block.lefts else block

    # ------------------------------------------------------------ optional

    def left_join(self, a: Block, b: Block, condition: Callable[[Block], Sql] | None) -> Block:
        """Return a with the compatible solutions of b where there are any (SPARQL LeftJoin).

        `condition` gives the filter of the OPTIONAL on the two together.
        """
        if b.is_empty:
            return a.binding({v: NOTHING for v in b.variables if v not in a.variables})
        if not b.lefts:
            same_row = self.collapsed(a, b)
            if set(same_row.scans) <= set(a.scans):
                return self._same_row_left_join(a, same_row, condition)
            b = same_row if self._is_bare(same_row, a) else self.wrapped(b)
        else:
            b = self.wrapped(b)
        conditions = [*b.where, *self._on(a, b, condition)]
        own = [scan for scan in b.scans if scan not in a.scans]
        new = [c for v, c in b.variables.items() if v not in a.variables]
        told = {scan for c in new for part in (*c.parts, *(c.place or ())) for scan in part.scans()}
        lefts = left_joins(own, conditions, told)
        return Block(a.scans, (*a.lefts, *lefts), a.where, self._outer(a, b.variables))

    def _on(self, a: Block, b: Block, condition: Callable[[Block], Sql] | None) -> list[Sql]:
        conditions, columns = self.matched(a, b)
        if condition is not None:
            both = Block(a.scans, a.lefts, (), {**a.variables, **b.variables, **columns})
            conditions.append(condition(both))
        return conditions

    @staticmethod
    def _is_bare(b: Block, a: Block) -> bool:
        """Tell whether each new variable is NULL where b has no row: then b needs no subquery."""
        own = set(b.scans) - set(a.scans)
        return all(
            c.origin is not None or (len(c.sql.pieces) == 1 and c.sql.scans() <= own and c.sql.scans())
            for v, c in b.variables.items()
            if v not in a.variables
        ) and all(c.sql.scans() <= own for v, c in b.variables.items() if v not in a.variables)

    def _same_row_left_join(self, a: Block, b: Block, condition: Callable[[Block], Sql] | None) -> Block:
        """An OPTIONAL on a row that is there already: columns that are NULL unless its conditions hold."""
        conditions = self._on(a, b, condition)
        holds = conjunction([*b.where, *conditions])
        columns = {}
        for variable, column in b.variables.items():
            mine = a.variables.get(variable)
            if mine is None:
                told = holds == TRUE or (len(column.parts) == 1 and holds == sql("({})", column.bound))
                columns[variable] = column.maybe() if told else column.when(holds)
            elif mine.nullable:
                columns[variable] = self.terms.coalesced(mine, column.when(holds))
        return a.binding(columns)

    def _outer(self, a: Block, variables: Variables) -> Variables:
        """Return the variables of a LEFT JOIN: those of the right side may be missing."""
        result = dict(a.variables)
        for variable, column in variables.items():
            mine = a.variables.get(variable)
            if mine is None:
                result[variable] = column.maybe()
            elif mine.nullable:
                result[variable] = self.terms.coalesced(mine, column.maybe())
        return result

    # ------------------------------------------------------------ minus, exists

    def exists(self, a: Block, b: Block, shared: Iterable[Variable] = ()) -> Sql:
        """Return whether b has a solution that is compatible with the row of a.

        If `shared` names variables, one of them must be bound on both sides.
        """
        if b.is_empty:
            return FALSE
        if b.lefts:
            b = self.wrapped(b)
        b = self.collapsed(a, b)
        conditions, _ = self.matched(a, b)
        if shared:
            both = (sql("({} AND {})", a.variables[v].bound, b.variables[v].bound) for v in shared)
            conditions.append(disjunction(both))
        own = tuple(scan for scan in b.scans if scan not in a.scans)
        every = [*b.where, *conditions]
        # What only the row of a decides is decided outside: DuckDB plans long correlated conditions for seconds.
        outer = [c for c in every if c.scans().isdisjoint(own)]
        decided = [sql("COALESCE({}, FALSE)", conjunction(outer))] if outer or not own else []
        if not own:
            return decided[0]
        inner = Block(own).having(*(c for c in every if c not in outer))
        return sql("({})", conjunction([sql("EXISTS ({})", inner.select(sql("1"))), *decided]))

    def minus(self, a: Block, b: Block) -> Block:
        """Return the solutions of a that no solution of b with a variable in common agrees with (SPARQL Minus)."""
        shared = [v for v in b.variables if v in a.variables]
        if not shared or b.is_empty:
            return a
        certain = any(not a.variables[v].nullable and not b.variables[v].nullable for v in shared)
        return a.having(sql("NOT {}", self.exists(a, b, () if certain else shared)))

    # ------------------------------------------------------------ union

    def union(self, blocks: list[Block]) -> Block:
        """Return the solutions of several blocks (SPARQL Union)."""
        blocks = [b for b in blocks if not b.is_empty] or blocks[:1]
        if len(blocks) == 1:
            return blocks[0]
        names = list(dict.fromkeys(v for b in blocks for v in b.variables))
        scan, variables = Scan(), {}
        arms: list[list[Sql]] = [[] for _ in blocks]
        for variable in names:
            columns = [b.variables.get(variable, NOTHING) for b in blocks]
            variables[variable] = self._united(columns, scan, arms)
        selects = [b.select(joined(", ", arm) if arm else sql("1 AS one")) for b, arm in zip(blocks, arms, strict=True)]
        scan.source = joined(" UNION ALL ", selects)
        return Block((scan,), variables=variables)

    def _united(self, columns: list[Column], scan: Scan, arms: list[list[Sql]]) -> Column:
        nullable = any(c.nullable or c.kind is UNBOUND for c in columns)
        kind, parts = self.terms.united(columns)
        places = [c.place for c in columns]
        placed = all(c.kind is columns[0].kind for c in columns) and all(place is not None for place in places)
        exported = [(*p, *(place or ())) if placed else p for p, place in zip(parts, places, strict=True)]
        first = len(arms[0])
        for arm, several in zip(arms, exported, strict=True):
            arm += [sql(f'{{}} AS "c{first + i}"', part) for i, part in enumerate(several)]
        outside = [scan.column(f"c{first + i}") for i in range(len(exported[0]))]
        width = len(parts[0])
        place = (outside[width], outside[width + 1]) if placed else None
        return Column(kind, tuple(outside[:width]), nullable, place=place)
