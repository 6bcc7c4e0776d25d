"""Generated queries, for as long as you like: what our engine answers, against SPARQL 1.1.

`python -m tests.fuzz_sparql --seconds 600 [--data odd]`, or `--seeds 1000-1999`; each difference
is printed with its seed, its query, and what the other engines say.  Exit status 1 when there is one.
A query with more solutions than the specification is patient for is not tried.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import sr2graph
from sr2graph.errors import SrError
from tests.sparql.data import DataSet, odd, plain, real, small
from tests.sparql.engine import corpus_of
from tests.sparql.generator.queries import generated
from tests.sparql.generator.sample import Sample
from tests.sparql.judge import judged
from tests.sparql.oracle import CannotAnswerError

DATA: dict[str, Callable[[], DataSet]] = {"odd": odd, "plain": plain, "small": small, "real": real}


class Run:
    """One run, and its tally."""

    def __init__(self, data: DataSet, corpus: sr2graph.Corpus, timeout: float) -> None:
        self.data = data
        self.corpus = corpus
        self.timeout = timeout
        self.sample = Sample(data.specification.dataset)
        self.standard = data.specification.quick()
        self.tally: Counter[str] = Counter()

    def one(self, seed: int) -> None:
        """Try the query of a seed."""
        query = generated(seed, self.sample).text
        self.tally["queries"] += 1
        try:
            judgement = judged(self.corpus, self.data, query, by=self.standard, timeout=self.timeout)
        except CannotAnswerError:
            self.tally["not tried"] += 1
            return
        except SrError as cause:
            self.note("error", seed, str(cause), query)
            return
        self.tally["in memory"] += judgement.engine == "memory"
        if judgement.excused:
            self.tally["as pyoxigraph"] += 1
        elif judgement.problem:
            self.note("differs", seed, f"{judgement.engine}: {judgement.problem}", query)
        else:
            self.tally["ok"] += 1
            self.tally["non-empty"] += judgement.found > 0

    def note(self, kind: str, seed: int, problem: str, query: str) -> None:
        """Count and print what went wrong."""
        self.tally[kind] += 1
        sys.stdout.write(f"seed {seed} {kind}: {problem}\n    {query}\n")
        sys.stdout.flush()

    def __str__(self) -> str:
        """Return the tally."""
        names = ("queries", "not tried", "ok", "non-empty", "in memory", "as pyoxigraph", "differs", "error")
        return ", ".join(f"{self.tally[name]} {name}" for name in names)


def seeds(arguments: argparse.Namespace) -> Iterator[int]:
    """Yield the seeds that are asked for, until they or the time are up."""
    first, _, last = str(arguments.seeds or "").partition("-")
    if first:
        yield from range(int(first), int(last or first) + 1)
        return
    end = time.monotonic() + arguments.seconds
    seed = time.time_ns() % 10**9
    while time.monotonic() < end:
        yield seed
        seed += 1


def main() -> int:
    """Try seed after seed; exit status 1 when an answer differed or was an error."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz_sparql")
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--seeds", help="FIRST-LAST, instead of --seconds")
    parser.add_argument("--data", choices=DATA, default="odd")
    parser.add_argument("--timeout", type=float, default=20, help="seconds for one query")
    arguments = parser.parse_args()
    data = DATA[arguments.data]()
    with tempfile.TemporaryDirectory(prefix="sr2graph-fuzz-") as folder:
        run = Run(data, corpus_of(data.reports, Path(folder) / "corpus"), arguments.timeout)
        for seed in seeds(arguments):
            run.one(seed)
    sys.stdout.write(f"{run}\n")
    return 1 if run.tally["differs"] or run.tally["error"] else 0


if __name__ == "__main__":
    sys.exit(main())
