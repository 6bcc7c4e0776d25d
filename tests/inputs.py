"""Things that lie about in an archive, for the tests of the batch and of the command line."""

import json
import zipfile
from dataclasses import replace
from functools import cache
from io import BytesIO
from pathlib import Path

import pydicom
import pyoxigraph
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from sr2graph.dicom.report import Report
from sr2graph.samples import KINDS, sample

KIND_COUNT = len(KINDS)

Quad = tuple[str, str, str, str]


@cache
def reports() -> tuple[Report, ...]:
    """One sample of each kind."""
    return tuple(sample(kind, seed=3) for kind in KINDS)


@cache
def dicom(index: int = 0) -> bytes:
    """A sample as a DICOM file."""
    return reports()[index].to_dicom()


def small() -> Report:
    """The smallest of the samples."""
    return min(reports(), key=lambda report: sum(1 for _ in report.walk()))


def with_uid(report: Report, uid: str) -> Report:
    """The same report under another SOP Instance UID."""
    return replace(report, document=replace(report.document, sop_instance_uid=uid))


def otherwise(report: Report) -> Report:
    """Another report under the same SOP Instance UID."""
    return replace(report, document=replace(report.document, instance_number="4711"))


def deviating() -> bytes:
    """A report that breaks the standard and is read all the same: its root is of no known value type."""
    report = with_uid(small(), "2.25.4711")
    assert report.root is not None
    return replace(report, root=replace(report.root, value_type="FANCY")).to_dicom()


def implicit(report: Report) -> bytes:
    """A report in the transfer syntax without VRs, by pydicom."""
    dataset = pydicom.dcmread(BytesIO(report.to_dicom()))
    dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    buffer = BytesIO()
    pydicom.dcmwrite(buffer, dataset, implicit_vr=True, little_endian=True)
    return buffer.getvalue()


def dicom_json(report: Report) -> dict[str, object]:
    """A report in the DICOM JSON Model, by pydicom."""
    return pydicom.dcmread(BytesIO(report.to_dicom())).to_json_dict()


def json_array(*found: Report) -> bytes:
    return json.dumps([dicom_json(report) for report in found]).encode()


@cache
def ct_image() -> bytes:
    """A CT image: DICOM, but nothing for us."""
    image = pydicom.Dataset()
    image.file_meta = FileMetaDataset()
    image.file_meta.MediaStorageSOPClassUID = image.SOPClassUID = CTImageStorage
    image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID = UID("2.25.1")
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    image.Rows = image.Columns = 64
    image.BitsAllocated = 8
    image.PixelData = b"\0" * 64 * 64
    buffer = BytesIO()
    pydicom.dcmwrite(buffer, image, enforce_file_format=True)
    return buffer.getvalue()


def zipped(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def encrypted(archive: bytes) -> bytes:
    """The archive with the flag of encryption set on all members, in both headers of each."""
    data = bytearray(archive)
    for signature, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        at = data.find(signature)
        while at >= 0:
            data[at + flags] |= 1
            at = data.find(signature, at + 4)
    return bytes(data)


def fill(folder: Path) -> int:
    """Write one sample of each kind and all sorts of junk; return how many reports there are."""
    (folder / "deep" / "er").mkdir(parents=True)
    for number in range(KIND_COUNT):
        place = folder if number % 2 else folder / "deep" / "er"
        # The name says nothing: content decides.
        (place / f"{number:02d}{'.txt' if number % 3 else ''}").write_bytes(dicom(number))
    (folder / "image.dcm").write_bytes(ct_image())
    (folder / "notes.txt").write_text("no DICOM at all")
    (folder / "empty.dcm").write_bytes(b"")
    (folder / "settings.json").write_text('{"a": 1}')
    return KIND_COUNT


JUNK = 4
"""Files that `fill` writes and that are no reports."""


def quads(path: Path, format_: pyoxigraph.RdfFormat, graph: str = "") -> set[Quad]:
    """The quads of a file, by an independent parser; `graph` names those of a format without graphs."""
    found = set()
    for quad in pyoxigraph.parse(path=str(path), format=format_):
        name = str(quad.graph_name) if not isinstance(quad.graph_name, pyoxigraph.DefaultGraph) else graph
        found.add((str(quad.subject), str(quad.predicate), str(quad.object), name))
    return found


def leftovers(folder: Path) -> list[Path]:
    """What a run should have removed."""
    return [path for path in folder.rglob("*") if path.name.startswith(".sr2graph-")]
