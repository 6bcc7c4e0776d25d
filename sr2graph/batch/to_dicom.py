"""Reports again from graphs alone: one DICOM file per report."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from time import perf_counter

from sr2graph.batch.destination import aside, created, own_errors
from sr2graph.batch.known import known
from sr2graph.batch.outcome import Outcome, Piece, State, Tally, unconverted
from sr2graph.batch.safe_name import safe_name
from sr2graph.dicom.sop_classes import kind_of
from sr2graph.graph.from_rdf import rebuilt
from sr2graph.graph.statement_index import Index, graphs

STDIN = "-"
SUFFIX = ".dcm"


def to_dicom(
    sources: Iterable[str],
    folder: str,
    *,
    format: str | None = None,
    watch: Callable[[Outcome], None] = lambda _: None,
) -> Tally:
    """Write each report of some RDF files as `<SOP Instance UID>.dcm` into a folder.

    N-Quads in which each report stands together are streamed; other sources, and `-` for
    standard input, are held in memory.  A report that cannot be rebuilt is an outcome of its
    own, and so is a source that cannot be read to its end.  Raises WriteError.
    """
    began = perf_counter()
    tally = Tally()
    with created(Path(folder)), aside(Path(folder)) as staging, known(strict=True) as seen:
        for source in sources:
            for found in _outcomes(source, format, staging):
                outcome = seen.settled(found)
                if outcome.piece is not None:
                    name = f"{safe_name(outcome.sop_instance_uid)}{SUFFIX}"
                    with own_errors():
                        Path(outcome.piece.path).replace(Path(folder) / name)
                tally.add(outcome)
                watch(outcome)
    tally.seconds = perf_counter() - began
    return tally


def _outcomes(source: str, format_: str | None, staging: Path) -> Iterator[Outcome]:
    reports = graphs(sys.stdin.buffer.read() if source == STDIN else source, format_)
    while True:
        try:
            found = next(reports, None)
        except Exception as error:  # noqa: BLE001 # the door where any error becomes an outcome
            yield unconverted("standard input" if source == STDIN else source, error, named=True)
            return
        if found is None:
            return
        yield _outcome(*found, staging / "report")


def _outcome(iri: str, index: Index, path: Path) -> Outcome:
    try:
        report = rebuilt(iri, index)
        data = report.to_dicom()
    except Exception as error:  # noqa: BLE001 # the same door, for one report
        return unconverted(iri, error)
    with own_errors():
        path.write_bytes(data)
    return Outcome(
        file=iri,
        state=State.CONVERTED,
        sop_instance_uid=report.sop_instance_uid,
        kind=kind_of(report.document.sop_class_uid),
        items=sum(1 for _ in report.walk()),
        digest=hashlib.sha256(data).digest(),
        piece=Piece(str(path), 0, len(data)),
    )
