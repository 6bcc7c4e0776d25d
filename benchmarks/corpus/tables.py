"""What was measured with one number of reports, as tables, and the requirements against it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from statistics import median

from benchmarks.corpus.engines import OURS, PEERS
from benchmarks.corpus.measurements import Answers, Load, Measured, Unanswered
from benchmarks.corpus.ours import IN_MEMORY
from benchmarks.corpus.queries import Asked
from benchmarks.corpus.worker import Answered
from benchmarks.measure import Check, Table, milliseconds, ratio

ENOUGH = 1_000
"""Reports from which on the requirements say something: with fewer, what is there once counts too much."""
INGEST_TARGET = 5
"""Times as fast as pyoxigraph, per report."""
BYTES_TARGET = 3_000
"""Per report."""
FLAT = 1.15
"""How much higher the memory may be at the end of an ingest than in its first half."""
FLAT_FROM = 20_000
"""Reports: some commits, after which the memory is as high as it gets."""
MEDIAN_TARGET = 0.3
"""Seconds of a named query."""
HIGHEST_TARGET = 3.0
"""Seconds of any named query."""
RATIO_TARGET = 20
"""Times as fast as pyoxigraph, in the median."""
OXIGRAPHS = {"pyoxigraph", "pyoxigraph-union"}
"""The same store, its queries made fast by hand and not; the study that the ratio is from had the second."""
RATIO_FROM = 3_000
"""Reports that it is wanted for."""
STAGES = ("parse", "compile", "SQL", "terms")


# ---------------------------------------------------------------- ingest


def ingest_table(found: Measured) -> Table:
    """Return what it took to take the reports in."""
    columns = ("what", "reports/s", "ms per report", "ratio", "bytes per report", "peak, MB", "largest process, MB")
    result = Table(f"Ingest of {found.reports:,} reports", (*columns, "MB in 1st quarter", "2nd", "3rd", "4th"))
    ours = {load.jobs: load for load in found.loads if load.engine == OURS}
    for jobs, load in sorted(ours.items(), reverse=True):
        result.rows.append(ingest_row(found, f"sr2graph ingest, {workers(jobs)}", load.seconds, load.seconds, load))
    reference = ours[max(ours)].seconds
    for jobs, seconds in sorted(found.conversions.items(), reverse=True):
        result.rows.append(
            ingest_row(found, f"sr2graph convert to N-Quads, {workers(jobs)}", seconds, ours[jobs].seconds)
        )
    for load in found.loads:
        if load.engine != OURS:
            result.rows += peer_rows(found, load, ours, reference)
    result.notes.append("Wall time. Peak: all processes of an engine, what they share once. Ratio: to our ingest.")
    result.notes.append(f"Load average before: {found.busy:.1f} on {os.cpu_count()} cores; what others run slows all.")
    result.notes += [PEERS[name].note for name in dict.fromkeys(load.engine for load in found.loads) if name in PEERS]
    result.notes += [f"{name} is left out: {reason}." for name, reason in found.absent.items()]
    result.checks += ingest_checks(found, ours)
    return result


def workers(jobs: int) -> str:
    """Return how many worker processes there were."""
    return "1 job" if jobs == 1 else f"{jobs} jobs"


def ingest_row(found: Measured, what: str, seconds: float, ours: float, load: Load | None = None) -> tuple[str, ...]:
    """Return a row: what it took, and what it left where it is a load."""
    each = seconds / found.reports
    cells = (what, f"{1 / each:,.0f}", milliseconds(each), ratio(seconds, ours))
    if load is None:
        return (*cells, *["-"] * 7)
    disk = "-" if load.loaded.disk is None else f"{load.loaded.disk / found.reports:,.0f}"
    quarters = [megabytes(size) for size in load.quarters] or ["-"] * 4
    return (*cells, disk, megabytes(load.peak), megabytes(load.largest), *quarters)


def peer_rows(found: Measured, load: Load, ours: Mapping[int, Load], reference: float) -> Iterator[tuple[str, ...]]:
    """Yield the load alone, the load after a conversion, and further steps."""
    steps = list(load.loaded.seconds.items())
    yield ingest_row(found, f"{load.engine} {steps[0][0]} alone", load.seconds, reference, load)
    for jobs, seconds in sorted(found.conversions.items(), reverse=True):
        what = f"{load.engine}: convert, {workers(jobs)}, and {steps[0][0]}"
        yield ingest_row(found, what, seconds + load.seconds, ours[jobs].seconds)
    for step, seconds in steps[1:]:
        yield ingest_row(found, f"{load.engine}, not counted: {step}", seconds, reference)


def megabytes(size: int) -> str:
    """Return a cell."""
    return f"{size / 1e6:,.0f}" if size else "-"


def ingest_checks(found: Measured, ours: Mapping[int, Load]) -> Iterator[Check]:
    """Yield the requirements that this number of reports can tell about."""
    if found.reports < ENOUGH:
        return
    disk = (ours[max(ours)].loaded.disk or 0) / found.reports
    yield Check(
        f"under {BYTES_TARGET:,} bytes per report ({found.reports:,} reports)", f"{disk:,.0f}", disk < BYTES_TARGET
    )
    for load in found.loads:
        if load.engine == "pyoxigraph":
            ratios = [(found.conversions[jobs] + load.seconds) / ours[jobs].seconds for jobs in ours]
            target = f"ingest at least {INGEST_TARGET}× as fast as pyoxigraph ({found.reports:,} reports)"
            yield Check(target, f"{min(ratios):.1f}× to {max(ratios):.1f}×", min(ratios) >= INGEST_TARGET)
    if found.reports >= FLAT_FROM:
        yield from (flatness(load) for load in ours.values() if load.quarters)


def flatness(load: Load) -> Check:
    """Return whether the memory stays the same through an ingest."""
    before, after = max(load.quarters[:2]), load.quarters[3]
    target = f"ingest memory flat ({workers(load.jobs)}): at most {100 * (FLAT - 1):.0f} % more at the end than before"
    return Check(target, f"{megabytes(before)} to {megabytes(after)} MB", after <= FLAT * before)


# ---------------------------------------------------------------- queries


def query_table(found: Measured, queries: Sequence[Asked], what: str) -> Table:
    """Return the queries side by side."""
    peers = [name for name in PEERS if name in found.answers]
    heads = [cell for name in peers for cell in (f"{name}, ms", "ratio")]
    result = Table(
        f"{what} over {found.reports:,} reports", ("query", "rows", "cold, ms", "warm, ms", "CPU, ms", *STAGES, *heads)
    )
    for query in queries:
        result.rows.append(query_row(query.name, found.answers, peers))
    result.notes += [unanswered_note(name, found.answers[name], queries) for name in (OURS, *peers)]
    result.notes = [note for note in result.notes if note]
    result.notes.append(memory_note(found))
    result.notes += [ratio_note(found, queries, name) for name in peers]
    result.notes.append("Warm: the best of three runs; all rows read, as terms. >: not done within the time limit.")
    result.notes.append("The corpus was compacted before, as pyoxigraph was optimized; neither is counted.")
    return result


def query_row(name: str, answers: Mapping[str, Answers], peers: Sequence[str]) -> tuple[str, ...]:
    """Return a row; (memory) where the tables could not answer."""
    answer = answers[OURS][name]
    theirs = [cell for peer in peers for cell in peer_cells(answers[peer][name], answer)]
    if isinstance(answer, Unanswered):
        at_least = "failed" if answer.at_least is None else f">{milliseconds(answer.at_least)}"
        return (name, "-", at_least, at_least, "-", *["-"] * len(STAGES), *theirs)
    stages = [milliseconds(answer.warm.stages[stage]) if stage in answer.warm.stages else "-" for stage in STAGES]
    shown = f"{name} (memory)" if IN_MEMORY in answer.warm.stages else name
    times = tuple(map(milliseconds, (answer.cold.seconds, answer.warm.seconds, answer.warm.cpu)))
    return (shown, f"{answer.digest.rows:,}", *times, *stages, *theirs)


def peer_cells(theirs: Answered | Unanswered, ours: Answered | Unanswered) -> tuple[str, str]:
    """Return the time of a peer and how many times ours it is."""
    seconds = seconds_of(theirs)
    if seconds is None:
        return ("-", "-")
    late = ">" if isinstance(theirs, Unanswered) else ""
    times = f"{late}{ratio(seconds, ours.warm.seconds)}" if isinstance(ours, Answered) else "-"
    return (f"{late}{milliseconds(seconds)}", times)


def seconds_of(answer: Answered | Unanswered) -> float | None:
    """Return the seconds of the best run, at least those of the time limit; None where there is no answer."""
    return answer.warm.seconds if isinstance(answer, Answered) else answer.at_least


def table_seconds(answer: Answered | Unanswered) -> float | None:
    """Return the seconds until the rows are an Arrow table, which is before they are terms; None without an answer."""
    if isinstance(answer, Unanswered):
        return answer.at_least
    return answer.warm.seconds - answer.warm.stages.get("terms", 0.0)


def unanswered_note(engine: str, answers: Answers, queries: Sequence[Asked]) -> str:
    """Return which queries an engine did not answer, and why; empty if there are none."""
    reasons: dict[str, list[str]] = {}
    for query in queries:
        answer = answers[query.name]
        if isinstance(answer, Unanswered):
            reasons.setdefault(answer.reason, []).append(query.name)
    told = "; ".join(f"{', '.join(names)} ({reason})" for reason, names in reasons.items())
    return f"{engine} did not answer {told}." if told else ""


def ratio_note(found: Measured, queries: Sequence[Asked], peer: str) -> str:
    """Return how many times as long a peer takes in the median, by the clock and in CPU time."""
    pairs = [(found.answers[OURS][query.name], found.answers[peer][query.name]) for query in queries]
    cpu = [b.warm.cpu / a.warm.cpu for a, b in pairs if isinstance(a, Answered) and isinstance(b, Answered)]
    told = (
        f"; in CPU time, of those that both answered, {median(cpu):.1f}×"
        if any(cpu) and not PEERS[peer].command
        else ""
    )
    return f"{peer}: {median(ratios(found, queries, peer)):.1f}× as long in the median{told}."


def memory_note(found: Measured) -> str:
    """Return the peak memory of the engines while they answered all queries, those of other tables too."""
    peaks = ", ".join(f"{name} {megabytes(peak)} MB" for name, peak in found.memory.items())
    return f"Peak memory while answering: {peaks}."


def query_checks(found: Measured, queries: Sequence[Asked], what: str, *, named: bool) -> Iterator[Check]:
    """Yield the requirements on times that this number of reports can tell about."""
    ours = [seconds for query in queries if (seconds := table_seconds(found.answers[OURS][query.name])) is not None]
    if found.reports < ENOUGH or not ours:
        return
    if named:
        middle, highest = median(ours), max(ours)
        yield Check(f"median of {what} under {MEDIAN_TARGET} s, as a table", f"{middle:.3f} s", middle < MEDIAN_TARGET)
        told = f"none of {what} over {HIGHEST_TARGET:g} s, as a table"
        yield Check(told, f"{highest:.2f} s", highest <= HIGHEST_TARGET)
    for peer in sorted(OXIGRAPHS & found.answers.keys()) if found.reports >= RATIO_FROM else ():
        middle = median(ratios(found, queries, peer))
        target = f"{what} at least {RATIO_TARGET}× as fast as {peer} in the median"
        yield Check(target, f"{middle:.1f}×", middle >= RATIO_TARGET)


def ratios(found: Measured, queries: Sequence[Asked], peer: str) -> list[float]:
    """Return how many times as long a peer takes, at least, query by query."""
    pairs = [(found.answers[OURS][query.name], found.answers[peer][query.name]) for query in queries]
    seconds = [(seconds_of(ours), seconds_of(theirs)) for ours, theirs in pairs if isinstance(ours, Answered)]
    return [theirs / ours for ours, theirs in seconds if ours is not None and theirs is not None] or [0.0]


# ---------------------------------------------------------------- rows and plans


def disagreements(found: Measured) -> Table:
    """Return where a peer gave other rows than we did, and who gave the same."""
    columns = ("query", "peer", "ours and theirs", "who has ours")
    result = Table(f"Do all engines give the same rows over {found.reports:,} reports?", columns)
    compared = list(comparisons(found))
    with_us: dict[str, list[str]] = {}
    for query, peer, difference in compared:
        with_us.setdefault(query, []).extend([] if difference else [peer])
    alone = [(query, peer) for query, peer, difference in compared if difference and not with_us[query]]
    for query, peer, difference in compared:
        if difference:
            loud = "DISAGREEMENT" if (query, peer) in alone else "disagreement"
            result.rows.append((f"{loud}: {query}", peer, difference, ", ".join(with_us[query]) or "NOBODY"))
    told = f"{len({query for query, _ in alone})} of {len(with_us)} queries without"
    result.checks.append(Check(f"a peer has our rows of each query ({found.reports:,} reports)", told, not alone))
    return result


def comparisons(found: Measured) -> Iterator[tuple[str, str, str]]:
    """Yield (query, peer, difference) of what both answered; no difference is empty."""
    for peer, theirs in found.answers.items():
        for name, answer in theirs.items():
            ours = found.answers[OURS][name]
            if peer != OURS and isinstance(ours, Answered) and isinstance(answer, Answered):
                yield name, peer, ours.digest.difference(answer.digest)


def plan_table(found: Measured) -> Table:
    """Return what our slowest queries spent their time on."""
    columns = ("query", "operator", "rows", "ms", "about")
    result = Table(f"Our slowest queries over {found.reports:,} reports: operators that take longest", columns)
    for name, plan in found.plans.items():
        if plan.reason:
            result.notes.append(f"{name}: {plan.reason}.")
        for operator in plan.operators[:OPERATORS]:
            cells = (operator.name, f"{operator.rows:,}", milliseconds(operator.seconds), operator.about[:ABOUT])
            result.rows.append((name, *cells))
    result.notes.append("ms: of all threads together.")
    return result


OPERATORS = 5
ABOUT = 120
