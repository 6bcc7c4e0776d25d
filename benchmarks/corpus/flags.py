"""Queries of ours that are too slow: a plan that became a cross product shows here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.corpus.engines import OURS
from benchmarks.corpus.measurements import Measured, Unanswered
from benchmarks.corpus.ours import FAILED_FIRST
from benchmarks.corpus.queries import Asked
from benchmarks.corpus.tables import ENOUGH, HIGHEST_TARGET, table_seconds
from benchmarks.corpus.worker import Answered
from benchmarks.measure import Check, Table, milliseconds

WORSE_THAN_LINEAR = 10
"""Times the time with fewer reports, scaled by the number of reports."""
NOTICEABLE = 0.1
"""Seconds below which no query is flagged: they vary."""


def flag_table(found: Measured, smaller: Measured | None, queries: Sequence[Asked]) -> Table:
    """Return the queries of ours that failed or are too slow."""
    result = Table(f"Is a query of ours too slow over {found.reports:,} reports?", ("query", "why"))
    for query in queries:
        result.rows += [(f"FLAGGED: {query.name}", why) for why in flags(query, found, smaller)]
    flagged = len({row[0] for row in result.rows})
    target = f"no query failed or too slow ({found.reports:,} reports)"
    result.checks.append(Check(target, f"{flagged} of {len(queries)} flagged", not flagged))
    return result


def flags(query: Asked, found: Measured, smaller: Measured | None) -> Iterator[str]:
    """Yield what is wrong with a query."""
    answer = found.answers[OURS][query.name]
    if isinstance(answer, Unanswered):
        yield answer.reason
        return
    if FAILED_FIRST in answer.cold.stages:
        yield "DuckDB had an internal error at first"
    seconds = table_seconds(answer)
    if query.named and found.reports >= ENOUGH and seconds is not None and seconds > HIGHEST_TARGET:
        yield f"{seconds:.1f} s, more than {HIGHEST_TARGET:g} s"
    before = None if smaller is None else smaller.answers[OURS][query.name]
    if smaller is not None and isinstance(before, Answered):
        bound = WORSE_THAN_LINEAR * growing(before) * found.reports / smaller.reports
        if growing(answer) > max(bound, NOTICEABLE):
            yield (
                f"{milliseconds(growing(answer))} ms, with {smaller.reports:,} reports {milliseconds(growing(before))} "
                f"ms: over {WORSE_THAN_LINEAR}× linear"
            )


def growing(answer: Answered) -> float:
    """Return the seconds of what may grow with the number of reports."""
    fixed = (answer.warm.stages.get(stage, 0.0) for stage in ("parse", "compile", "terms"))
    return answer.warm.seconds - sum(fixed)
