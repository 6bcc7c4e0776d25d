"""Of which codes reports say different things: for each column of `codes` a field of bits, as a variable of DuckDB.

Most codes have one meaning in all reports.  What is said of such a code is told by the code alone; only for the others
it matters which report says it.  A code is one of the others where the bit of its hash is set: some that have one
meaning are taken for such, which costs time and changes no answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

SLOTS = 65_536
"""Bits of a field: with a thousand codes that vary, one in sixty of the others is taken for one."""


def variant(column: str, concept: str) -> str:
    """Return the SQL that tells of a code IRI whether reports may differ in what a column says of it."""
    return f"get_bit(getvariable('{_variable(column)}'), {_slot(concept)}) = 1"


def statements(columns: Sequence[str]) -> Iterator[str]:
    """Yield what makes the variables, from the table `codes`."""
    several = ", ".join(
        f'count(DISTINCT "{c}") > 1 OR count("{c}") BETWEEN 1 AND count(*) - 1 AS "{c}"' for c in columns
    )
    per_code = f"SELECT concept, {several} FROM codes WHERE concept IS NOT NULL GROUP BY concept HAVING count(*) > 1"  # noqa: S608 # names of ours
    yield f"CREATE TEMP TABLE code_variants AS SELECT {_slot('concept')} AS slot, * FROM ({per_code})"  # noqa: S608 # the same
    for column in columns:
        bits = f'bitstring_agg(slot, 0, {SLOTS - 1}) FILTER ("{column}")'
        field = f"SELECT coalesce({bits}, repeat('0', {SLOTS})::BIT) FROM code_variants"  # noqa: S608 # the same
        yield f"SET VARIABLE {_variable(column)} = ({field})"
    yield "DROP TABLE code_variants"


def _variable(column: str) -> str:
    return f"variants_of_{column}"


def _slot(concept: str) -> str:
    return f"CAST(hash({concept}) % {SLOTS} AS INTEGER)"
