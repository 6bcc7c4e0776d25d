"""Where a corpus lies: a folder, or a URL of an object store.  All handling of paths is here.

Credentials and endpoints of object stores come from the environment (`AWS_ACCESS_KEY_ID`,
`AWS_ENDPOINT_URL` ...), for the log, the data files and the queries alike.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import pyarrow.fs

from sr2graph.errors import CorpusError

if TYPE_CHECKING:
    import duckdb

DATA = ".parquet"
"""How the names of data files end."""
_URL = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]+)://")
_SCHEMES = ("s3", "gs", "abfss")
"""Object stores that both Delta Lake and Arrow know under this name."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file as the storage tells of it."""

    name: str
    size: int
    modified: datetime.datetime


@dataclass(frozen=True)
class Storage:
    """A place for the files of a corpus; names of files are relative to it, with slashes."""

    location: str
    """An absolute path or a URL, without a slash at its end."""

    @property
    def is_local(self) -> bool:
        """Whether it is a folder of this machine."""
        return _URL.match(self.location) is None

    @cached_property
    def _place(self) -> tuple[pyarrow.fs.FileSystem, str]:
        if self.is_local:
            return pyarrow.fs.LocalFileSystem(), self.location
        try:
            filesystem, path = pyarrow.fs.FileSystem.from_uri(self.location)
        except (ValueError, OSError) as cause:
            raise CorpusError(f"{self.location}: cannot be opened ({str(cause).splitlines()[0]})") from cause
        return filesystem, path

    @property
    def filesystem(self) -> pyarrow.fs.FileSystem:
        """What reads and writes its files."""
        return self._place[0]

    def path(self, name: str) -> str:
        """Return a file's path within the file system."""
        return f"{self._place[1]}/{name}"

    def url(self, name: str) -> str:
        """Return what other programs call a file."""
        return f"{self.location}/{name}"

    def make_folder(self, name: str) -> None:
        """Make a folder, if there is such a thing here."""
        if self.is_local:
            self.filesystem.create_dir(self.path(name), recursive=True)

    def size(self, name: str) -> int:
        """Return the size of a file in bytes.  Raises FileNotFoundError."""
        found = self.filesystem.get_file_info(self.path(name))
        if not found.is_file:
            raise FileNotFoundError(name)
        return int(found.size)

    def files(self) -> list[StoredFile]:
        """Return all data files, of whatever version or none."""
        selector = pyarrow.fs.FileSelector(self._place[1], allow_not_found=True, recursive=True)
        start = len(self.path(""))
        return [
            StoredFile(found.path[start:], found.size, found.mtime)
            for found in self.filesystem.get_file_info(selector)
            if found.is_file and found.path.endswith(DATA)
        ]

    def register(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Let a connection read the files."""
        if self.is_local:
            return
        try:
            from fsspec.implementations.arrow import ArrowFSWrapper
        except ImportError as cause:
            raise CorpusError(f"{self.location}: needs fsspec. Install sr2graph[object-store]") from cause
        wrapper = type("Files", (ArrowFSWrapper,), {"protocol": self.location.partition(":")[0]})
        connection.register_filesystem(wrapper(self.filesystem))


def storage(location: str | Path) -> Storage:
    """Return the storage of a path or URL.  Raises CorpusError."""
    text = str(location)
    if text.startswith("file://"):
        text = unquote(urlsplit(text).path)
    return _storage(text if _URL.match(text) else _folder(text))


@cache
def _storage(text: str) -> Storage:
    scheme = _URL.match(text)
    if scheme is None:
        return Storage(text)
    if scheme[1] not in _SCHEMES:
        known = ", ".join(f"{scheme}://" for scheme in _SCHEMES)
        raise CorpusError(f"{text}: no place for a corpus. Give a folder, or a URL that starts with {known}")
    return Storage(text.rstrip("/"))


def _folder(text: str) -> str:
    path = str(Path(text).absolute())
    if "%" in path:
        # Delta Lake decodes such names in some places, and not in others.
        raise CorpusError(f"{text}: a path with a percent sign is no place for a corpus. Choose another folder")
    return path
