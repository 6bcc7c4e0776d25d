"""From an input to the documents in it: a file is one, a JSON array or a zip within a zip holds many."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sr2graph.batch.archives import is_zip, kept_open, member_content, members, opened
from sr2graph.batch.outcome import Outcome, unconverted
from sr2graph.batch.sources import Input
from sr2graph.dicom.json_model import load_json
from sr2graph.dicom.limits import DEFAULT_LIMITS, Limits
from sr2graph.dicom.read import file_content, is_dicom_json, is_json, read
from sr2graph.dicom.report import Report
from sr2graph.errors import LimitError, NotDicomError, ReadError, SrError

_PACKED = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"7z\xbc\xaf": "7z", b"Rar!": "RAR"}


@dataclass(frozen=True, slots=True)
class Document:
    """Something that should be one report."""

    name: str
    source: bytes | Mapping[str, Any] | Exception
    """What to read, or why it cannot be had."""

    def read(self, *, strict: bool = False, limits: Limits = DEFAULT_LIMITS) -> Report:
        """Return the report; raises SrError, and whatever there is a bug for."""
        if isinstance(self.source, Exception):
            raise self.source
        return read(self.source, strict=strict, limits=limits)


def reports(
    entries: Iterable[Input], limits: Limits = DEFAULT_LIMITS, *, begun: Callable[[int], None] = lambda _: None
) -> Iterator[tuple[str, Report | Outcome]]:
    """Yield (name, report) for each document of some inputs, or what became of it where there is none.

    `begun` is told the number of each input before it is touched.
    """
    for number, entry in enumerate(entries):
        begun(number)
        for document in documents(entry, limits):
            try:
                yield document.name, document.read(limits=limits)
            except Exception as error:  # noqa: BLE001 # one bad file is one line, whatever is wrong with it
                yield document.name, unconverted(document.name, error, named=entry.named)


def documents(entry: Input, limits: Limits = DEFAULT_LIMITS) -> Iterator[Document]:
    """Yield the documents of an input.

    Elements of a JSON array are named `file.json[3]`, counted from 0 as jq and Python do.
    """
    try:
        content = _content(entry, limits)
        found = _in_nested_zip if is_zip(content) else _in_content
        yield from found(entry.name, content, limits)
    except Exception as problem:  # noqa: BLE001 # a bug, or no memory: it costs this input, not the run
        yield Document(entry.name, problem)


def _content(entry: Input, limits: Limits) -> bytes:
    if entry.problem is not None:
        raise entry.problem
    if entry.member is None:
        return file_content(Path(entry.path), limits)
    try:
        return member_content(kept_open(entry.path), entry.member, limits)
    except OSError as cause:
        raise ReadError(f"the zip archive cannot be opened ({cause.strerror})") from cause


def _in_nested_zip(name: str, content: bytes, limits: Limits) -> Iterator[Document]:
    try:
        archive = opened(content)
        found = members(archive, len(content), limits)
    except SrError as problem:
        yield Document(name, problem)
        return
    with archive:
        for member in found:
            inner = f"{name}!{member.name}"
            try:
                if member.problem is not None:
                    raise member.problem
                data = member_content(archive, member.index, limits)
                if is_zip(data):
                    raise LimitError("a zip archive in a zip archive in a zip archive. Unpack the outer one first")
            except SrError as problem:
                yield Document(inner, problem)
            else:
                yield from _in_content(inner, data, limits)


def _in_content(name: str, content: bytes, limits: Limits) -> Iterator[Document]:
    if not is_json(content):
        yield Document(name, _packed(content) or content)
        return
    try:
        if len(content) > limits.max_bytes:
            raise LimitError(f"{len(content)} bytes are more than the limit of {limits.max_bytes}")
        model = load_json(content)
    except SrError as problem:
        yield Document(name, problem)
        return
    elements = model if isinstance(model, list) else [model]
    if not any(_is_object(element) for element in elements):
        yield Document(name, NotDicomError("JSON, but not the DICOM JSON Model: members are not named by tags"))
        return
    for index, element in enumerate(elements):
        inner = f"{name}[{index}]" if len(elements) > 1 else name
        wrong = ReadError("this element of the array is not an object of the DICOM JSON Model")
        yield Document(inner, element if _is_object(element) else wrong)


def _is_object(element: object) -> bool:
    return isinstance(element, Mapping) and is_dicom_json(element)


def _packed(content: bytes) -> NotDicomError | None:
    """Return what to do with an archive that is not a zip."""
    kind = next((kind for start, kind in _PACKED.items() if content.startswith(start)), None)
    if kind is None and content[257:262] == b"ustar" and content[128:132] != b"DICM":
        kind = "tar"
    return NotDicomError(f"not DICOM but packed by {kind}. Unpack it first") if kind else None
