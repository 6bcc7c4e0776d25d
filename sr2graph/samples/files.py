"""Samples as files."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

from sr2graph.dicom.report import Report
from sr2graph.samples.cohort import patient_reports


def dicom_json(report: Report) -> bytes:
    """Return the report in the DICOM JSON Model (PS3.18 F)."""
    from pydicom import dcmread

    model = dcmread(BytesIO(report.to_dicom())).to_json_dict()
    return json.dumps(model, ensure_ascii=False, indent=1).encode()


FORMATS: dict[str, tuple[str, Callable[[Report], bytes]]] = {
    "dicom": (".dcm", Report.to_dicom),
    "json": (".json", dicom_json),
}
"""Format ↔ suffix and encoder."""


def write_cohort(folder: Path, patients: int, seed: int, format_: str) -> list[Path]:
    """Write a cohort as `<kind>-<patient>-<n>` with the suffix of the format; return the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    suffix, encode = FORMATS[format_]
    return [_write(folder / f"{name}{suffix}", encode(report)) for name, report in _named(patients, seed)]


def _named(patients: int, seed: int) -> Iterator[tuple[str, Report]]:
    for index in range(patients):
        for number, (kind, report) in enumerate(patient_reports(seed, index), start=1):
            yield f"{kind}-{index + 1:04d}-{number}", report


def _write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path
