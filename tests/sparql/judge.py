"""Is an answer of the engine right, and if not, what do the others say."""

from dataclasses import dataclass

import sr2graph
from tests.sparql.compare import bound_only, difference, respelled
from tests.sparql.data import DataSet
from tests.sparql.engine import asked
from tests.sparql.oracle import Answer, CannotAnswerError, Oracle, Parameters, Statements, Table
from tests.sparql.shape import Shape, shape


@dataclass(frozen=True, slots=True)
class Judgement:
    """What became of one query."""

    engine: str
    """`tables` or `memory`."""
    found: int
    """How much the answer holds."""
    problem: str
    """What is wrong with the answer, empty when nothing is."""


def size(answer: Answer) -> int:
    """Return how much an answer holds."""
    if isinstance(answer, Table):
        return len(answer.rows)
    return len(answer.triples) if isinstance(answer, Statements) else int(answer)


def judged(
    corpus: sr2graph.Corpus,
    data: DataSet,
    query: str,
    parameters: Parameters | None = None,
    *,
    by: Oracle,
    timeout: float | None = None,
) -> Judgement:
    """Ask an oracle, then the engine, and compare.

    Raises CannotAnswerError when the oracle gives up, without asking the engine.
    """
    expected = by.whole(query, parameters)
    answered = asked(corpus, query, parameters, timeout)
    form = shape(query)
    problem = difference(answered.answer, expected, form)
    if problem:
        problem += "".join(f"; {name}: {said}" for name, said in opinions(data, query, parameters, answered.answer))
    elif isinstance(answered.answer, Table):
        problem = respelled(answered.answer, data.literals, form)
    return Judgement(answered.engine, size(answered.answer), problem)


def opinions(data: DataSet, query: str, parameters: Parameters | None, found: Answer) -> list[tuple[str, str]]:
    """Return what the other engines say of an answer."""
    others: dict[str, Oracle] = {"pyoxigraph": data.oxigraph, "rdflib": data.rdflib}
    return [(name, _opinion(oracle, query, parameters, found, shape(query))) for name, oracle in others.items()]


def _opinion(oracle: Oracle, query: str, parameters: Parameters | None, found: Answer, form: Shape) -> str:
    try:
        theirs = oracle.whole(query, parameters)
    except CannotAnswerError as cause:
        return f"cannot answer ({str(cause)[:60]})"
    return "otherwise" if difference(found, theirs, form) else "the same"


def agreement(one: Answer, other: Answer, form: Shape) -> str:
    """Return how two whole answers differ, columns that are never bound aside."""
    return difference(bound_only(one), bound_only(other), form.unordered())
