"""What a query selects of the solutions of its pattern, and in which order (SPARQL 18.2.5)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from sr2graph.corpus.sparql.block import Block, Variables
from sr2graph.corpus.sparql.kinds import ANY, TEMPORAL, UNBOUND, Column, Family
from sr2graph.corpus.sparql.sql import Sql, joined, once, sql
from sr2graph.corpus.sparql.terms import Terms


@dataclass(frozen=True, slots=True)
class SortKey:
    """What rows are ordered by."""

    value: Sql
    way: str
    """ASC or DESC, and where what is unbound goes."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Solutions, which of their variables are wanted, in which order, and how many."""

    block: Block
    columns: Variables
    keys: tuple[SortKey, ...]
    limit: int | None
    offset: int

    def tail(self) -> Sql | None:
        """Return ORDER BY, LIMIT and OFFSET."""
        keys = [sql(f"{{}}{key.way}", key.value) for key in self.keys]
        parts = [sql("ORDER BY {}", joined(", ", keys))] if keys else []
        if self.limit is not None:
            parts.append(sql(f"LIMIT {int(self.limit)}"))
        if self.offset:
            parts.append(sql(f"OFFSET {int(self.offset)}"))
        return joined(" ", parts) if parts else None


def sort_keys(terms: Terms, column: Column) -> list[Sql]:
    """Return what rows are ordered by (SPARQL 15.1): unbound, IRIs, literals; numbers and times by value."""
    if column.kind is UNBOUND:
        return []
    if column.kind is ANY:
        by_value = [once((column.sql,), partial(sql, f"{key}({{}})")) for key in ("sr_rank", "sr_number", "sr_time")]
        return [*by_value, terms.lexical(column)]
    if column.kind is TEMPORAL:
        return [sql("sr_instant({})", column.sql), column.sql]
    return [terms.iri_text(column)] if column.kind.family is Family.KEY else [column.sql]
