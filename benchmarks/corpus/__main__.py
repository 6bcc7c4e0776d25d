"""A corpus side by side with stores of RDF, on the same generated reports: `python -m benchmarks.corpus`.

README.md in the folder above says what is measured and how.
"""

from __future__ import annotations

import argparse
import json
import platform
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from benchmarks.convert import verdicts
from benchmarks.corpus.engines import PEERS
from benchmarks.corpus.flags import flag_table
from benchmarks.corpus.measurements import Effort, Measured, measured
from benchmarks.corpus.queries import Asked, queries
from benchmarks.corpus.tables import disagreements, ingest_table, plan_table, query_checks, query_table
from benchmarks.measure import Table

REPORTS = (300, 3_000, 100_000)
GROUPS = ((True, "named queries"), (False, "queries of the study"))


def tables(found: Measured, smaller: Measured | None, asked: Sequence[Asked]) -> Iterator[Table]:
    """Yield the tables of one number of reports."""
    yield ingest_table(found)
    for named, what in GROUPS:
        some = [query for query in asked if query.named is named]
        if some:
            table = query_table(found, some, what.capitalize())
            table.checks += query_checks(found, some, f"{what} ({found.reports:,} reports)", named=named)
            yield table
    if len(found.answers) > 1:
        yield disagreements(found)
    yield flag_table(found, smaller, asked)
    if found.plans:
        yield plan_table(found)


def machine() -> str:
    """Return what was measured with."""
    versions = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "pyoxigraph", "rdflib"))
    return f"Python {platform.python_version()}, {versions}, {platform.machine()}"


def options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.corpus", description="A corpus against its peers.")
    parser.add_argument("--reports", type=int, nargs="+", default=REPORTS, metavar="N", help="how many, in turn")
    parser.add_argument("--queries", default="all", metavar="A,B", help="names of queries; default: all")
    parser.add_argument("--peers", default=",".join(PEERS), metavar="A,B", help=f"default: {','.join(PEERS)}")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="where reports are kept, and found again")
    parser.add_argument("--limit", type=float, default=30, metavar="S", help="seconds for one query")
    parser.add_argument("--plans", type=int, default=0, metavar="N", help="tell how our N slowest queries run")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the tables and all figures there too")
    found = parser.parse_args(arguments)
    found.peers = [name for name in found.peers.split(",") if name]
    if unknown := set(found.peers) - PEERS.keys():
        parser.error(f"there is no peer {', '.join(unknown)}; there are {', '.join(PEERS)}")
    try:
        found.queries = queries([] if found.queries == "all" else found.queries.split(","))
    except ValueError as error:
        parser.error(str(error))
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the tables as they come; return 1 if a requirement is not met."""
    given = options(arguments)
    effort = Effort(given.queries, given.peers, given.plans, given.limit)
    print(f"{machine()}\n")
    printed: list[Table] = []
    all_found: list[Measured] = []
    with tempfile.TemporaryDirectory(prefix="sr2graph-bench-") if given.keep is None else nullcontext(given.keep) as at:
        keep = Path(at).absolute()
        keep.mkdir(parents=True, exist_ok=True)
        for count in sorted(given.reports):
            all_found.append(measured(keep, count, effort))
            smaller = all_found[-2] if len(all_found) > 1 else None
            for table in tables(all_found[-1], smaller, given.queries):
                print(table, flush=True)
                printed.append(table)
    printed.append(verdicts(printed))
    print(printed[-1])
    if given.json is not None:
        write_json(given.json, printed, all_found)
    return int(any(not check.reached for table in printed for check in table.checks))


def write_json(path: Path, printed: Sequence[Table], found: Sequence[Measured]) -> None:
    """Write the tables and the figures they are made of."""
    model = {"machine": machine(), "tables": [t.model() for t in printed], "figures": [asdict(one) for one in found]}
    path.write_text(json.dumps(model, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
