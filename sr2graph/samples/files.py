"""Samples as files: a few in one folder, a hundred thousand in many, by several processes if asked for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from math import ceil
from pathlib import Path

from sr2graph.dicom.report import Report
from sr2graph.samples.cohort import patient_reports
from sr2graph.samples.encode import to_dicom

BLOCK = 50
"""Patients whose files share a folder, if there are more patients than that."""
REPORTS_PER_PATIENT = 9
"""About as many as there are in a large cohort."""


def dicom_json(report: Report) -> bytes:
    """Return the report in the DICOM JSON Model (PS3.18 F)."""
    from pydicom import dcmread

    model = dcmread(BytesIO(report.to_dicom())).to_json_dict()
    return json.dumps(model, ensure_ascii=False, indent=1).encode()


FORMATS: dict[str, tuple[str, Callable[[Report], bytes]]] = {
    "dicom": (".dcm", to_dicom),
    "json": (".json", dicom_json),
}
"""Format ↔ suffix and encoder."""


@dataclass(frozen=True, slots=True)
class Block:
    """Neighbouring patients of a cohort, whose reports one process writes into one folder."""

    folder: Path
    patients: range
    seed: int
    format_: str
    most: int | None = None
    """Reports after which the rest of the block is left out."""


def write_cohort(folder: Path, patients: int, seed: int, format_: str, jobs: int = 1) -> list[Path]:
    """Write the reports of so many patients; return the paths in order of patients and time.

    Files are named `<kind>-<patient>-<n>` with the suffix of the format.  More than BLOCK patients
    are spread over subfolders.  The files do not depend on how many processes write them.
    """
    count = ceil(patients / BLOCK)
    blocks = (
        Block(_subfolder(folder, number, count > 1), _patients(number, patients), seed, format_)
        for number in range(count)
    )
    return [path for paths in _written(blocks, jobs) for path in paths]


def write_reports(folder: Path, reports: int, seed: int, format_: str, jobs: int = 1) -> list[Path]:
    """Write exactly so many reports, the first of an endless cohort; return the paths as write_cohort does."""
    in_subfolders = reports > BLOCK * REPORTS_PER_PATIENT
    paths: list[Path] = []
    done = 0
    while len(paths) < reports:
        missing = reports - len(paths)
        following = range(done, done + ceil(missing / (BLOCK * REPORTS_PER_PATIENT)))
        blocks = (
            Block(_subfolder(folder, number, in_subfolders), _patients(number), seed, format_, missing)
            for number in following
        )
        paths += (path for written in _written(blocks, jobs) for path in written)
        done = following.stop
    _remove(paths[reports:])
    return paths[:reports]


def write_instances(  # noqa: PLR0913, PLR0917 # what there is to say about a set of files
    folder: Path, tids: Sequence[str], each: int, seed: int, richness: float, format_: str
) -> list[Path]:
    """Write so many instances of each of some root templates, `all` for every one; return the paths.

    Files are named `tid<TID>-<seed>` with the suffix of the format; seeds go up from the one given.
    Raises TemplatedError for a template that there are no instances of.
    """
    from sr2graph.samples.templated import TEMPLATED, instance

    suffix, encode = FORMATS[format_]
    wanted = [tid for tid, _ in TEMPLATED] if "all" in tids else tids
    reports = [(tid, number, instance(tid, number, richness)) for tid in wanted for number in range(seed, seed + each)]
    folder.mkdir(parents=True, exist_ok=True)
    return [_write(folder / f"tid{tid}-{number}{suffix}", encode(report)) for tid, number, report in reports]


def _subfolder(folder: Path, number: int, in_subfolders: bool) -> Path:  # noqa: FBT001 # what it is called says it
    return folder / f"{number + 1:04d}" if in_subfolders else folder


def _patients(number: int, end: int | None = None) -> range:
    """Return the indexes of the patients in a block."""
    last = (number + 1) * BLOCK
    return range(number * BLOCK, last if end is None else min(last, end))


def _written(blocks: Iterable[Block], jobs: int) -> Iterator[list[Path]]:
    """Yield the paths of each block, in order."""
    if jobs == 1:
        yield from map(write_block, blocks)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(write_block, blocks)


def write_block(block: Block) -> list[Path]:
    """Write the reports of a block; return their paths."""
    block.folder.mkdir(parents=True, exist_ok=True)
    suffix, encode = FORMATS[block.format_]
    reports = islice(_named(block), block.most)
    return [_write(block.folder / f"{name}{suffix}", encode(report)) for name, report in reports]


def _named(block: Block) -> Iterator[tuple[str, Report]]:
    for index in block.patients:
        for number, (kind, report) in enumerate(patient_reports(block.seed, index), start=1):
            yield f"{kind}-{index + 1:04d}-{number}", report


def _write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def _remove(paths: Iterable[Path]) -> None:
    """Delete files, and the folders that have become empty."""
    for path in paths:
        path.unlink()
        if next(path.parent.iterdir(), None) is None:
            path.parent.rmdir()
