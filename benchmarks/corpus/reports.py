"""The reports that all engines get: as DICOM files, and as N-Quads for those that read RDF."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks import command_line
from benchmarks.measure import environment, run


def reports(keep: Path, count: int) -> Path:
    """Return a folder of so many samples; it is written once."""
    folder = keep / f"reports-{count}"
    if not folder.is_dir():
        unfinished = folder.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        options = ("--reports", str(count), "--jobs", str(os.cpu_count() or 1))
        command = [sys.executable, "-m", "sr2graph.samples", str(unfinished), *options]
        subprocess.run(command, env=environment(), stdout=subprocess.DEVNULL, check=True)
        unfinished.rename(folder)
    return folder


def converted(folder: Path, output: Path, jobs: int) -> float:
    """Write the reports of a folder as N-Quads by `sr2graph convert`; return the seconds."""
    done = run(command_line.converting(folder, output, jobs=jobs))
    assert not done.exit_status, f"sr2graph convert ended with exit status {done.exit_status}"
    return done.wall
