"""The statements of the query vocabulary: what no graph holds, made for graphs in memory.

The tables answer these predicates without stating them; see ontologies/query_vocabulary.csv.
"""

from __future__ import annotations

from collections.abc import Iterable

from sr2graph.corpus.decode import StoredReport
from sr2graph.corpus.sparql.mappings import virtual_mappings
from sr2graph.graph.vocabulary import NAMESPACE


def mentioned(query: str) -> frozenset[str]:
    """Return the predicates of the query vocabulary that a query may speak of, as IRIs.

    The local name is enough to be counted in: a few statements too many do no harm.
    """
    return frozenset(iri for iri in virtual_mappings() if iri.removeprefix(NAMESPACE) in query)


def virtual_statements(stored: StoredReport, predicates: Iterable[str]) -> list[str]:
    """Return the statements of some of these predicates about the items of a report."""
    positions = [row["item"] for table, row in stored.records if table == "items"]
    header = next(row for table, row in stored.records if table == "documents")
    out: list[str] = []
    for predicate in sorted(predicates):
        column = virtual_mappings()[predicate][0]
        if column == "item":
            out += _descendants(stored.iri, predicate, positions)
        else:
            # The columns of the header hold full IRIs, or what follows the report's.
            cell = header[column]
            target = cell if ":" in cell else stored.iri + cell
            out += (f"<{stored.iri}#{position}> <{predicate}> <{target}>" for position in positions)
    return out


def _descendants(iri: str, predicate: str, positions: list[str]) -> list[str]:
    """Return a statement for each item and each of the items it is part of, by the tree alone."""
    out: list[str] = []
    for position in positions:
        above = position
        while "." in above:
            above = above.rpartition(".")[0]
            out.append(f"<{iri}#{above}> <{predicate}> <{iri}#{position}>")
    return out
