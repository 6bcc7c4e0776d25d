"""Of which codes reports say different things: for each column of `codes` a field of bits, as a macro of DuckDB.

Most codes have one meaning in all reports.  What is said of such a code is told by the code alone; only for the others
it matters which report says it.  A code is one of the others where the bit of its hash is set: some that have one
meaning are taken for such, which costs time and changes no answer.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

SLOTS = 16_384
"""Bits of a field: with a thousand codes that vary, one in sixteen of the others is taken for one."""


def varies(column: str, concept: str) -> str:
    """Return the SQL that tells of a code IRI whether reports may differ in what a column says of it."""
    return f"(get_bit({_macro(column)}(), {_slot(concept)}) = 1)"


def define(connection: duckdb.DuckDBPyConnection, columns: Sequence[str]) -> None:
    """Make the macros, from the table `codes`.  Cursors have macros in common, but not variables."""
    several = ", ".join(
        f'count(DISTINCT "{c}") > 1 OR count("{c}") BETWEEN 1 AND count(*) - 1 AS "{c}"' for c in columns
    )
    per_code = f"SELECT concept, {several} FROM codes WHERE concept IS NOT NULL GROUP BY concept HAVING count(*) > 1"  # noqa: S608 # names of ours
    bits = ", ".join(f'bitstring_agg({_slot("concept")}, 0, {SLOTS - 1}) FILTER ("{c}")' for c in columns)
    fields = connection.execute(f"SELECT {bits} FROM ({per_code})").fetchone() or ()  # noqa: S608 # the same
    for column, field in zip(columns, fields, strict=True):
        connection.execute(f"CREATE MACRO {_macro(column)}() AS CAST('{field or '0' * SLOTS}' AS BIT)")


def _macro(column: str) -> str:
    return f"sr_variants_of_{column}"


def _slot(concept: str) -> str:
    return f"CAST(hash({concept}) % {SLOTS} AS INTEGER)"
