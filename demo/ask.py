"""Ask a graph that `sr2graph convert` wrote a SPARQL question: python demo/ask.py corpus.nq [question.rq]."""

import sys
from decimal import Decimal
from pathlib import Path

from pyoxigraph import Literal, QuerySolutions, RdfFormat, Store
from rich.console import Console
from rich.table import Table

QUESTION = Path(__file__).parent / "dose.rq"
XSD_DECIMAL = "http://www.w3.org/2001/XMLSchema#decimal"


def load(graph: Path) -> Store:
    """A store in memory holding the quads of one N-Quads file."""
    store = Store()
    store.bulk_load(path=graph, format=RdfFormat.N_QUADS)
    return store


def shown(value: object) -> str:
    """A term as a person reads it: averages to two places, literals without quotes, IRIs as they are."""
    if isinstance(value, Literal):
        if value.datatype.value == XSD_DECIMAL:
            return f"{Decimal(value.value):.2f}"
        return value.value
    return "" if value is None else str(value)


def answer(store: Store, question: str) -> Table:
    """The answer as a table, one column per variable."""
    solutions = store.query(question)
    if not isinstance(solutions, QuerySolutions):
        sys.exit("the question must be a SELECT")
    names = [variable.value for variable in solutions.variables]
    table = Table(*(name.replace("_", " ") for name in names))
    for solution in solutions:
        table.add_row(*(shown(solution[name]) for name in names))
    return table


def main() -> None:
    """Answer one question over one file."""
    if not 2 <= len(sys.argv) <= 3:
        sys.exit(__doc__)
    graph = Path(sys.argv[1])
    question = Path(sys.argv[2]) if len(sys.argv) == 3 else QUESTION
    store = load(graph)
    table = answer(store, question.read_text(encoding="utf-8"))
    table.title = f"{question.stem}: {len(store):,} quads asked"
    if not table.row_count:
        sys.exit(f"{question.name} found nothing in {graph}")
    Console().print(table)


if __name__ == "__main__":
    main()
