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
    excused: bool = False
    """Whether it is wrong as pyoxigraph is wrong, which is what answers in memory."""


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
    excused = False
    if problem:
        said = opinions(data, query, parameters, answered.answer)
        excused = answered.engine == "memory" and said["pyoxigraph"] == SAME
        problem += "".join(f"; {name}: {opinion}" for name, opinion in said.items())
    elif isinstance(answered.answer, Table):
        problem = respelled(answered.answer, data.literals, form)
    return Judgement(answered.engine, size(answered.answer), problem, excused)


SAME = "the same"
FEW = 20_000
"""Quads up to which rdflib answers in good time."""


def opinions(data: DataSet, query: str, parameters: Parameters | None, found: Answer) -> dict[str, str]:
    """Return what the other engines say of an answer."""
    others: dict[str, Oracle] = {"pyoxigraph": data.oxigraph}
    if len(data.quads) < FEW:
        others["rdflib"] = data.rdflib
    return {name: _opinion(oracle, query, parameters, found, shape(query)) for name, oracle in others.items()}


def _opinion(oracle: Oracle, query: str, parameters: Parameters | None, found: Answer, form: Shape) -> str:
    try:
        theirs = oracle.whole(query, parameters)
    except CannotAnswerError as cause:
        return f"cannot answer ({str(cause)[:60]})"
    return "otherwise" if difference(found, theirs, form) else SAME


def agreement(one: Answer, other: Answer, form: Shape) -> str:
    """Return how two whole answers differ, columns that are never bound aside."""
    return difference(bound_only(one), bound_only(other), form.unordered())
