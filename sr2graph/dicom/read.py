"""Anything that holds an SR to a Report: files, bytes, pydicom Datasets, DICOM JSON."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sr2graph.dicom.json_model import attributes_from_json, load_json
from sr2graph.dicom.limits import DEFAULT_LIMITS, Limits
from sr2graph.dicom.part10 import (
    IMPLICIT_LITTLE,
    MEDIA_STORAGE_SOP_CLASS_UID,
    MEDIA_STORAGE_SOP_INSTANCE_UID,
    Encoded,
    read_encoded,
)
from sr2graph.dicom.reading import SPECIFIC_CHARACTER_SET, Reading, declared_decoder
from sr2graph.dicom.report import Deviation, Report, Source
from sr2graph.dicom.sop_classes import other_sop_class_name, sr_sop_classes
from sr2graph.dicom.tokenise import Elements
from sr2graph.dicom.tree import has_content_tree, read_report
from sr2graph.dicom.write import UTF_8, data_set_bytes, encoded
from sr2graph.errors import (
    DeviationError,
    LimitError,
    NotDicomError,
    NotStructuredReportError,
    ReadError,
    SrError,
    WriteError,
)

if TYPE_CHECKING:
    from pydicom import Dataset

SOP_CLASS_UID = 0x0008_0016
SOP_INSTANCE_UID = 0x0008_0018
PEEK = 64 * 1024
_TREE_TAGS = (b"\x40\x00\x30\xa7", b"\x40\x00\x40\xa0")
"""Content Sequence and Value Type in little endian: a content tree has one of them."""
_JSON_STARTS = (b"{", b"[", b"\xef\xbb\xbf{", b"\xef\xbb\xbf[")

ReportSource = "str | Path | bytes | Mapping[str, Any] | Dataset"


def read(
    source: str | Path | bytes | Mapping[str, Any] | Dataset,
    *,
    strict: bool = False,
    limits: Limits = DEFAULT_LIMITS,
    by_pydicom: bool = False,
) -> Report:
    """Return the Report held by a path, bytes, a pydicom Dataset or a DICOM JSON dict.

    Bytes and files may be DICOM or DICOM JSON with one object.  With `strict`, any
    deviation from the standard raises DeviationError; otherwise deviations are listed in
    `report.deviations`.  `by_pydicom` reads through pydicom what would be tokenised here.

    Raises NotDicomError, NotStructuredReportError, LimitError, ReadError.
    """
    try:
        report = _read(source, limits, by_pydicom=by_pydicom)
        if strict and report.deviations:
            first = report.deviations[0]
            raise DeviationError(
                f"{len(report.deviations)} deviations from the standard, the first at {first}. "
                "Read without strict to keep the report with its deviations listed"
            )
    except SrError as error:
        if isinstance(source, str | Path):
            raise type(error)(f"{source}: {error}") from error.__cause__
        raise
    return report


def _read(source: Any, limits: Limits, *, by_pydicom: bool) -> Report:
    if isinstance(source, str | Path):
        return read_bytes(file_content(Path(source), limits), limits, by_pydicom=by_pydicom)
    if isinstance(source, bytes | bytearray | memoryview):
        return read_bytes(bytes(source), limits, by_pydicom=by_pydicom)
    if isinstance(source, Mapping):
        return _report_from_json(source, limits)
    return _report_from_pydicom(source, limits)


def file_content(path: Path, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """Return the bytes of a file; a look at its start spares reading images whole."""
    try:
        with path.open("rb") as file:
            start = file.read(PEEK)
            refuse_other_objects(start)
            rest = file.read(max(limits.max_bytes - len(start), 0) + 1) if len(start) == PEEK else b""
    except OSError as cause:
        raise ReadError(f"cannot be opened ({cause.strerror})") from cause
    if len(start) + len(rest) > limits.max_bytes:
        raise LimitError(f"the file is larger than {limits.max_bytes} bytes")
    return start + rest


def refuse_other_objects(start: bytes) -> None:
    """Raise NotStructuredReportError when the class is a standard one but not SR, and no tree is in sight."""
    if any(tag in start for tag in _TREE_TAGS):  # perhaps an SR, whatever its class says
        return
    head = start[132:1024]
    if start[128:132] != b"DICM" or b"\x02\x00\x02\x00UI" not in head:
        return
    at = head.index(b"\x02\x00\x02\x00UI") + 6
    length = int.from_bytes(head[at : at + 2], "little")
    uid = head[at + 2 : at + 2 + length].decode("ascii", "replace").strip(" \0")
    _refuse(uid)


def _refuse(sop_class_uid: str) -> None:
    name = other_sop_class_name(sop_class_uid)
    if name is not None:
        raise NotStructuredReportError(f"not a Structured Report but {name}")


def is_json(data: bytes) -> bool:
    """Tell whether bytes look like JSON."""
    return data[:64].lstrip().startswith(_JSON_STARTS)


def json_objects(data: bytes) -> list[Mapping[str, Any]]:
    """Return the DICOM JSON objects of a JSON text: one object, or an array of them."""
    model = load_json(data)
    objects = model if isinstance(model, list) else [model]
    if not objects or not all(isinstance(o, Mapping) for o in objects):
        raise NotDicomError("JSON, but not the DICOM JSON Model")
    if not all(is_dicom_json(o) for o in objects):
        raise NotDicomError("JSON, but not the DICOM JSON Model: members are not named by tags")
    return objects


def is_dicom_json(model: Mapping[str, Any]) -> bool:
    """Tell whether a JSON object has the looks of the DICOM JSON Model: a member named by a tag, with a vr."""
    return any(len(key) == 8 and isinstance(value, Mapping) and "vr" in value for key, value in model.items())


def read_bytes(data: bytes, limits: Limits = DEFAULT_LIMITS, *, by_pydicom: bool = False) -> Report:
    """Return the Report in the bytes of a DICOM file, or of a DICOM JSON text with one object."""
    if is_json(data):
        if len(data) > limits.max_bytes:
            raise LimitError(f"{len(data)} bytes are more than the limit of {limits.max_bytes}")
        objects = json_objects(data)
        if len(objects) != 1:
            raise ReadError(f"the DICOM JSON holds {len(objects)} objects; read them one by one")
        return _report_from_json(objects[0], limits)
    refuse_other_objects(data)
    return _report_from_file(data, limits, by_pydicom=by_pydicom)


def _report_from_file(data: bytes, limits: Limits, *, by_pydicom: bool) -> Report:
    found = read_encoded(data, limits, by_pydicom=by_pydicom)
    try:
        return _report(found, limits, identity=data)
    except LimitError:
        raise
    except ReadError as cause:  # a code sequence, tokenised only now, makes no sense
        if found.by_pydicom:
            raise
        found = read_encoded(data, limits, by_pydicom=True, because=cause)
        return _report(found, limits, identity=data)


def _report_from_json(model: Mapping[str, Any], limits: Limits) -> Report:
    attributes, problems = attributes_from_json(model, limits)
    try:
        elements: Elements = {a.tag: (a.vr, encoded(a)) for a in attributes if a.tag >> 16 != 2}
    except WriteError as cause:
        raise ReadError(f"the DICOM JSON has a value out of range: {cause}") from cause
    elements[SPECIFIC_CHARACTER_SET] = ("CS", UTF_8.encode())
    identity = data_set_bytes(elements)
    return _report(Encoded(elements, "DICOM JSON", problems=problems), limits, identity=identity)


def _report_from_pydicom(data_set: Dataset, limits: Limits) -> Report:
    from sr2graph.dicom.pydicom_reader import file_bytes

    data = file_bytes(data_set)
    return _report_from_file(_with_prefix(data), limits, by_pydicom=False)


def _with_prefix(data: bytes) -> bytes:
    # An explicit VR data set needs to say so: the smallest meta information there is.
    syntax = b"1.2.840.10008.1.2.1\0"
    return b"\0" * 128 + b"DICM" + b"\2\0\x10\0UI" + len(syntax).to_bytes(2, "little") + syntax + data


def _report(found: Encoded, limits: Limits, *, identity: bytes) -> Report:
    elements = found.elements
    sop_class = _uid(elements.get(SOP_CLASS_UID, ("UI", b""))[1]) or _uid(found.meta.get(MEDIA_STORAGE_SOP_CLASS_UID))
    if found.damage is not None and not has_content_tree(elements):
        # What is cut short or garbled before its content is a damaged file, not a report without a tree.
        raise found.damage
    if sop_class not in sr_sop_classes() and not has_content_tree(elements):
        _refuse(sop_class)
        raise NotStructuredReportError("not a Structured Report: there is no content tree and no SR storage class")
    declared = elements.get(SPECIFIC_CHARACTER_SET)
    raw = declared[1] if declared is not None and isinstance(declared[1], bytes) else b""
    reading = Reading(declared_decoder(raw), limits, explicit=found.transfer_syntax != IMPLICIT_LITTLE)
    for problem in reading.decoder.problems:
        reading.deviates(problem)
    reading.deviations += [Deviation("file", problem) for problem in found.problems]
    _identify(elements, found, identity, reading)
    terms = tuple(raw.decode("ascii", "replace").strip(" \0").split("\\")) if raw else ()
    return read_report(elements, reading, Source(found.transfer_syntax, terms))


def _identify(elements: Elements, found: Encoded, identity: bytes, reading: Reading) -> None:
    """See to it that the report has SOP UIDs: everything hangs on its identity."""
    for tag, meta_tag, name in (
        (SOP_CLASS_UID, MEDIA_STORAGE_SOP_CLASS_UID, "SOP Class UID"),
        (SOP_INSTANCE_UID, MEDIA_STORAGE_SOP_INSTANCE_UID, "SOP Instance UID"),
    ):
        vr, raw = elements.get(tag, ("UI", b""))
        if _uid(raw) and vr == "UI":
            continue
        uid = _uid(raw)
        if uid:
            reading.deviates(f"the {name} has VR {vr} where UI should be")
        elif uid := _uid(found.meta.get(meta_tag)):
            reading.deviates(f"there is no {name}; the one of the meta information is taken")
        elif tag == SOP_INSTANCE_UID:
            digest = hashlib.sha256(identity).digest()[:16]
            uid = f"2.25.{uuid.UUID(bytes=digest, version=4).int}"
            reading.deviates(f"there is no {name}; one is derived from the content of the file")
        if uid:
            elements[tag] = ("UI", uid.encode())


def _uid(raw: object) -> str:
    return raw.decode("ascii", "replace").strip(" \0") if isinstance(raw, bytes) else ""
