"""From paths to inputs: files, folders, zip archives and lists of them, in a fixed order."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from sr2graph.batch.archives import is_zip, members, opened
from sr2graph.dicom.limits import DEFAULT_LIMITS, Limits
from sr2graph.errors import NotDicomError, ReadError, SrError

LIST = "-"
"""The path that stands for a list of paths on standard input."""
ASIDE = ".sr2graph-"
"""How the folders begin in which a run keeps what is not complete; never an input."""
_START = 132


@dataclass(frozen=True, slots=True)
class Input:
    """One thing to read, opened only by the worker that converts it."""

    name: str
    path: str
    member: int | None = None
    """Which entry of the zip archive at `path`."""
    size: int = 0
    """Bytes, as far as known: to share out the work."""
    named: bool = False
    """The user gave this very file, rather than a folder, archive or list that holds it."""
    problem: SrError | None = None
    """Why it cannot be opened; found while listing, raised when its turn comes."""


def inputs(paths: Iterable[str], listed: Iterable[bytes] = (), limits: Limits = DEFAULT_LIMITS) -> Iterator[Input]:
    """Yield the inputs that paths stand for; folders are searched to the bottom, sorted by name.

    The path `-` stands for the paths in `listed`, one to a line.  Whether something is an
    archive is judged by its content; whether it is a report, by whoever reads it.
    """
    for path in paths:
        if path == LIST:
            for line in listed:
                entry = os.fsdecode(line.rstrip(b"\r\n"))
                if entry:
                    yield from _inputs_of(entry, limits, named=False)
        else:
            yield from _inputs_of(path, limits, named=True)


def _inputs_of(path: str, limits: Limits, *, named: bool) -> Iterator[Input]:
    status = _status(path)
    if isinstance(status, SrError):
        yield Input(path, path, named=named, problem=status)
    elif stat.S_ISDIR(status.st_mode):
        yield from _inputs_in(path, status, limits)
    else:
        for found in _file(path, status, limits):
            yield replace(found, named=named and found.member is None)


def _inputs_in(folder: str, status: os.stat_result, limits: Limits) -> Iterator[Input]:
    """Yield what a folder holds.  A folder met again through a symbolic link is not entered twice."""
    seen = {(status.st_dev, status.st_ino)}
    open_folders = [_entries(folder)]
    while open_folders:
        entry = next(open_folders[-1], None)
        if entry is None:
            open_folders.pop()
            continue
        path, found = entry
        if isinstance(found, SrError):
            yield Input(path, path, problem=found)
        elif not stat.S_ISDIR(found.st_mode):
            yield from _file(path, found, limits)
        elif (found.st_dev, found.st_ino) not in seen:
            seen.add((found.st_dev, found.st_ino))
            open_folders.append(_entries(path))


def _entries(folder: str) -> Iterator[tuple[str, os.stat_result | SrError]]:
    try:
        # Names rather than objects: a folder may hold a million.
        names = os.listdir(folder)  # noqa: PTH208
    except OSError as cause:
        yield folder, ReadError(f"the folder cannot be opened ({cause.strerror})")
        return
    names.sort()
    for name in names:
        if not name.startswith(ASIDE):
            path = str(Path(folder, name))
            yield path, _status(path)


def _status(path: str) -> os.stat_result | SrError:
    try:
        return Path(path).stat()
    except (OSError, ValueError) as cause:  # ValueError: a null character in a list of paths
        return ReadError(f"cannot be opened ({getattr(cause, 'strerror', None) or 'not a valid path'})")


def _file(path: str, status: os.stat_result, limits: Limits) -> Iterator[Input]:
    if not stat.S_ISREG(status.st_mode):
        # Opening a pipe or a device could wait forever.
        yield Input(path, path, problem=NotDicomError("not a file but a pipe, a socket or a device"))
        return
    try:
        with Path(path).open("rb", buffering=0) as file:
            start = file.read(_START)
    except OSError as cause:
        yield Input(path, path, problem=ReadError(f"cannot be opened ({cause.strerror})"))
        return
    if is_zip(start):
        yield from _archive(path, status.st_size, limits)
    else:
        yield Input(path, path, size=status.st_size)


def _archive(path: str, size: int, limits: Limits) -> Iterator[Input]:
    try:
        with opened(path) as archive:
            found = members(archive, size, limits)
    except SrError as problem:
        yield Input(path, path, problem=problem)
        return
    for member in found:
        yield Input(f"{path}!{member.name}", path, member.index, member.size, problem=member.problem)
