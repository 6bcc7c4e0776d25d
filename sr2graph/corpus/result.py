"""Results of queries: solutions, an answer, or triples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from rdflib.term import BNode, Node

from sr2graph.corpus.sparql.kinds import ANY, BOOLEAN, INTEGER, NUMBERS, UNBOUND
from sr2graph.corpus.sparql.statement import Output, decoder, term_of
from sr2graph.corpus.sparql.terms import spelling

if TYPE_CHECKING:
    import networkx
    import pandas as pd
    import polars as pl
    import rdflib

TABLES = "tables"
MEMORY = "memory"
_ROWS_AT_ONCE = 10_000

Row = tuple[Node | None, ...]
Triple = tuple[Node, Node, Node]


@dataclass(frozen=True, slots=True)
class Solutions:
    """The solutions of a SELECT query: rows of terms, None where a variable is not bound."""

    outputs: tuple[Output, ...]
    table: pa.Table = field(repr=False)
    """The columns as they came: for each variable those that its output names."""
    engine: str = TABLES
    """`tables` where SQL answered, `memory` where the graphs of reports were loaded."""
    notes: tuple[str, ...] = ()

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of the variables, in order."""
        return tuple(output.variable for output in self.outputs)

    def __len__(self) -> int:
        """Return the number of solutions."""
        return int(self.table.num_rows)

    def __iter__(self) -> Iterator[Row]:
        """Yield the solutions."""
        decoders = [decoder(output) for output in self.outputs]
        if not decoders:
            yield from (() for _ in range(len(self)))
            return
        for batch in self.table.to_batches(max_chunksize=_ROWS_AT_ONCE):
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                yield tuple(decode(row) for decode in decoders)

    def to_arrow(self) -> pa.Table:
        """Return one column per variable: texts, 64-bit integers, doubles, booleans; null where it is not bound.

        IRIs are their text.  A variable with terms of several types is text, unless all are numbers.
        """
        return pa.table({output.variable: _plain(output, self.table) for output in self.outputs})

    def to_polars(self) -> pl.DataFrame:
        """Return the table of `to_arrow` as a polars data frame; needs polars."""
        import polars as pl

        frame = pl.from_arrow(self.to_arrow())
        assert isinstance(frame, pl.DataFrame)  # noqa: S101 # a table gives a frame
        return frame

    def to_pandas(self) -> pd.DataFrame:
        """Return the table of `to_arrow` as a pandas data frame; needs pandas."""
        return self.to_arrow().to_pandas()

    def to_networkx(self) -> networkx.MultiDiGraph[str]:
        """Return an edge from the first variable to the second for each solution, the others as its attributes.

        Raises ValueError for fewer than two variables.
        """
        import networkx

        if len(self.outputs) < 2:
            raise ValueError("an edge needs two variables. SELECT two or more")
        graph: networkx.MultiDiGraph[str] = networkx.MultiDiGraph()
        names = self.variables
        for row in self:
            if row[0] is not None and row[1] is not None:
                pairs = zip(names[2:], row[2:], strict=True)
                graph.add_edge(str(row[0]), str(row[1]), **{n: t for n, t in pairs if t is not None})
        return graph


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of an ASK query."""

    value: bool
    engine: str = TABLES
    notes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Return whether there is a solution."""
        return self.value


@dataclass(frozen=True, slots=True)
class Triples:
    """The triples of a CONSTRUCT or DESCRIBE query, each once."""

    triples: tuple[Triple, ...] = field(repr=False)
    engine: str = TABLES
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Return the number of triples."""
        return len(self.triples)

    def __iter__(self) -> Iterator[Triple]:
        """Yield the triples."""
        return iter(self.triples)

    def to_rdflib(self) -> rdflib.Graph:
        """Return an rdflib graph of the triples."""
        import rdflib

        from sr2graph.graph.vocabulary import PREFIXES

        graph = rdflib.Graph(bind_namespaces="none")
        for prefix, iri in PREFIXES.items():
            graph.bind(prefix, iri)
        for triple in self.triples:
            graph.add(triple)
        return graph

    def to_networkx(self) -> networkx.MultiDiGraph[str]:
        """Return a node for each subject and object, an edge keyed by the predicate for each triple."""
        import networkx

        graph: networkx.MultiDiGraph[str] = networkx.MultiDiGraph()
        for subject, predicate, target in self.triples:
            graph.add_edge(str(subject), str(target), key=str(predicate))
        return graph


Result = Solutions | Answer | Triples


def solutions_of(
    variables: Sequence[str], rows: Sequence[Row], *, engine: str, notes: tuple[str, ...] = ()
) -> Solutions:
    """Return solutions that are terms already."""
    outputs = tuple(Output(name, ANY, (i,)) for i, name in enumerate(variables))
    columns = [pa.array([_spelled(row[i]) for row in rows], pa.string()) for i in range(len(outputs))]
    if not outputs:
        columns, names = [pa.array([1] * len(rows), pa.int32())], ["one"]
    else:
        names = [f"v{i}" for i in range(len(outputs))]
    return Solutions(outputs, pa.table(columns, names=names), engine, notes)


def _spelled(term: Node | None) -> str | None:
    if term is None:
        return None
    return f"_:{term}" if isinstance(term, BNode) else spelling(term)


def _plain(output: Output, table: pa.Table) -> Any:  # noqa: ANN401 # an array or its chunks
    column = table.column(output.columns[0])
    if output.kind in (ANY, UNBOUND):
        return _of_mixed(column.to_pylist())
    if output.kind is INTEGER:
        return column.cast(pa.int64())
    if output.kind in NUMBERS:
        return column.cast(pa.float64())
    return column if output.kind is BOOLEAN else column.cast(pa.string())


def _of_mixed(spelled: list[str | None]) -> pa.Array:
    terms = [None if text is None else term_of(text) for text in spelled]
    values = [getattr(term, "value", None) for term in terms]
    bound = [value for term, value in zip(terms, values, strict=True) if term is not None]
    if bound and all(isinstance(value, int) and not isinstance(value, bool) for value in bound):
        return pa.array(values, pa.int64())
    if bound and all(_is_number(value) for value in bound):
        return pa.array([None if value is None else float(value) for value in values], pa.float64())
    return pa.array([None if term is None else str(term) for term in terms], pa.string())


def _is_number(value: object) -> bool:
    from decimal import Decimal

    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)
