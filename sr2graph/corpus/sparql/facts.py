"""What a report says of a code that one of its rows names, such as its meaning.

A row names a code only in a report that uses it, so where all reports say the same of the code,
the report need not be looked up: a join with some hundred codes in the place of one with every
use of every code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sr2graph.corpus.sparql.kinds import Column
from sr2graph.corpus.sparql.mappings import Mapping, names_code
from sr2graph.corpus.sparql.sql import Ref, Scan, Sql, defined, joined, render, sql
from sr2graph.corpus.variants import varies

if TYPE_CHECKING:
    from sr2graph.corpus.sparql.terms import Catalog

FACTS = "facts_of_"
"""What the names of tables of facts in memory begin with."""
ANY_REPORT = "CAST(0 AS BIGINT)"
"""In the place of a report where all say the same; no code that varies has it."""


def naming_row(column: Column) -> Scan | None:
    """Return the row that a column of code IRIs is of, if that is a row of a report that uses the code."""
    first, *others = column.sql.pieces
    if column.nullable or others or not isinstance(first, Ref):
        return None
    named = names_code(first.scan.table, first.column) or first.column == first.scan.code
    return first.scan if named else None


def facts(mapping: Mapping, target: tuple[Sql, ...], code: Scan, catalog: Catalog) -> Scan:
    """Return (s, o0 ..., document) of a predicate of codes; `target` are columns of `code`, a scan of `codes`."""
    uses, found = Scan("code_uses"), Scan()
    concept = code.column(mapping.subject)
    told = [sql('{} AS "s"', concept), *(sql(f'{{}} AS "o{i}"', part) for i, part in enumerate(target))]
    known = joined(" AND ", [sql("{} IS NOT NULL", each) for each in (concept, target[0])])
    differs = _differs(mapping, concept)
    always = [*told, sql(f'{ANY_REPORT} AS "document"')]
    sometimes = [*told, sql('{} AS "document"', uses.column("document"))]
    found.source = sql(
        "SELECT DISTINCT {} FROM {} WHERE {} AND NOT {}"
        " UNION ALL SELECT {} FROM {} CROSS JOIN {} WHERE {} AND {} AND {} = {}",
        joined(", ", always), defined(code), known, differs,
        joined(", ", sometimes), defined(uses), defined(code), known, differs, uses.column("code"), code.column("code"),
    )  # fmt: skip
    text, values = render(found.source)
    kept = FACTS + mapping.object
    return Scan(kept) if not values and catalog.keeps(kept, text) else found


def of_report(mapping: Mapping, concept: Sql, document: Sql) -> Sql:
    """Return the document of the facts of a code that a row of a document names."""
    return sql(f"CASE WHEN {{}} THEN {{}} ELSE {ANY_REPORT} END", _differs(mapping, concept), document)


def _differs(mapping: Mapping, concept: Sql) -> Sql:
    return sql(varies(mapping.object, "{}"), concept)
