"""Zip archives whose makers we do not trust: members listed, judged and unpacked within bounds."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from sr2graph.dicom.limits import DEFAULT_LIMITS, Limits
from sr2graph.dicom.read import PEEK, refuse_other_objects
from sr2graph.errors import LimitError, ReadError, SrError

_ENCRYPTED = 0x1
_HARMLESS = 64 * 2**20
"""What any archive may unpack to, whatever the ratio."""


@dataclass(frozen=True, slots=True)
class Member:
    """One entry of an archive."""

    name: str
    index: int
    size: int
    problem: SrError | None = None


def is_zip(start: bytes) -> bool:
    """Tell whether a file that starts so is a zip archive; a DICOM preamble may look like one."""
    return start[:4] in (b"PK\3\4", b"PK\5\6") and start[128:132] != b"DICM"


def opened(source: str | bytes) -> zipfile.ZipFile:
    """Return an archive, its directory read."""
    with _own_errors("the zip archive cannot be read"):
        return zipfile.ZipFile(BytesIO(source) if isinstance(source, bytes) else source)


def kept_open(path: str) -> zipfile.ZipFile:
    """Return an archive that stays open until another is asked for: reading a large directory takes long."""
    status = Path(path).stat()
    # By process, because two processes that share an open file also share their place in it.
    return _kept_open(path, status.st_mtime_ns, status.st_size, os.getpid())


@lru_cache(maxsize=1)
def _kept_open(path: str, _changed: int, _size: int, _process: int) -> zipfile.ZipFile:
    return opened(path)


def members(archive: zipfile.ZipFile, size: int, limits: Limits = DEFAULT_LIMITS) -> list[Member]:
    """Return the entries of an archive of that size that are files, in its own order.

    Raises LimitError when the archive as a whole looks like a bomb.
    """
    entries = archive.infolist()
    # Entries may share their bytes: each within bounds, together a bomb.
    total = sum(entry.file_size for entry in entries)
    if total > max(_HARMLESS, size * limits.max_ratio):
        problem = f"the zip archive unpacks to {total} bytes, over {limits.max_ratio} times its size"
        raise LimitError(f"{problem}. Unpack it yourself if you trust it")
    return [
        Member(entry.filename, index, entry.file_size, _problem(entry, limits))
        for index, entry in enumerate(entries)
        if not entry.is_dir()
    ]


def _problem(entry: zipfile.ZipInfo, limits: Limits) -> SrError | None:
    if entry.flag_bits & _ENCRYPTED:
        return ReadError("encrypted. Unpack the archive with its password first")
    return _too_large(limits) if entry.file_size > limits.max_bytes else None


def _too_large(limits: Limits) -> LimitError:
    return LimitError(f"the member unpacks to more than {limits.max_bytes} bytes")


def member_content(archive: zipfile.ZipFile, index: int, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """Return the bytes of an entry; a look at its start spares unpacking images whole."""
    with _own_errors("damaged inside the zip archive"), archive.open(archive.infolist()[index]) as file:
        start = file.read(PEEK)
        refuse_other_objects(start)
        rest = file.read(max(limits.max_bytes - len(start), 0) + 1) if len(start) == PEEK else b""
    if len(start) + len(rest) > limits.max_bytes:
        raise _too_large(limits)
    return start + rest


@contextmanager
def _own_errors(problem: str) -> Iterator[None]:
    """Turn whatever the unpackers raise over hostile bytes into a ReadError."""
    try:
        yield
    except (SrError, MemoryError):
        raise
    except NotImplementedError as cause:
        raise ReadError("packed in a way that is not supported. Unpack the archive first") from cause
    except OSError as cause:
        raise ReadError(f"{problem} ({cause.strerror or type(cause).__name__})") from cause
    except Exception as cause:  # zlib.error, struct.error, LZMAError, BadZipFile, RuntimeError ...
        raise ReadError(f"{problem} ({type(cause).__name__})") from cause
