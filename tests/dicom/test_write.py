"""Writing: what pydicom and the standard expect of a file."""

from dataclasses import replace
from io import BytesIO

import pydicom
import pytest
from hypothesis import given

from sr2graph.dicom.attributes import Attribute
from sr2graph.dicom.content import ContentItem
from sr2graph.dicom.header import Patient
from sr2graph.dicom.read import read
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import MeasuredValue, SpatialCoordinates
from sr2graph.dicom.write import data_set_bytes, to_dicom
from sr2graph.errors import WriteError
from sr2graph.samples import KINDS, sample
from tests.dicom.encodings import file, text_item
from tests.strategies import full_report, reports

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # what pydicom says while it writes


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_as_the_standard_wants_it(kind: str) -> None:
    """Preamble, complete meta information, tags in ascending order on every level, even lengths."""
    data = to_dicom(sample(kind))
    found = pydicom.dcmread(BytesIO(data))
    assert data[:132] == b"\0" * 128 + b"DICM"
    assert found.file_meta.FileMetaInformationVersion == b"\0\1"
    assert found.file_meta.MediaStorageSOPClassUID == found.SOPClassUID
    assert found.file_meta.MediaStorageSOPInstanceUID == found.SOPInstanceUID
    assert found.file_meta.TransferSyntaxUID == pydicom.uid.ExplicitVRLittleEndian
    assert found.file_meta.ImplementationClassUID.startswith("2.25.")
    assert len(data) % 2 == 0
    assert ascending(found)


def ascending(found: pydicom.Dataset) -> bool:
    tags = list(found.keys())
    return tags == sorted(tags) and all(ascending(item) for e in found if e.VR == "SQ" for item in e.value)


@given(reports())
def test_pydicom_reads_whatever_we_write(report: Report) -> None:
    """pydicom reads the file of any Report to its end: the same tags in every data set."""
    found = pydicom.dcmread(BytesIO(to_dicom(report)))
    again = read(to_dicom(report))
    assert again == report
    assert set(found.keys()) >= {attribute.tag for attribute in report.other}


def test_ascii_needs_no_character_set() -> None:
    """Specific Character Set is there only when text is not ASCII, and then it is UTF-8."""
    plain, umlaut = (read(file(text_item(text), charset="ISO_IR 192")).to_dicom() for text in ("x", "ü"))
    assert "SpecificCharacterSet" not in pydicom.dcmread(BytesIO(plain))
    assert pydicom.dcmread(BytesIO(umlaut)).SpecificCharacterSet == "ISO_IR 192"


def test_values_too_long_for_their_vr() -> None:
    """A value past 64 KB goes into VR UN, as PS3.5 6.2.2 has it, and comes back."""
    value = SpatialCoordinates(graphic_type="POLYLINE", graphic_data=(1.0,) * 40_000)
    report = read(file(text_item("x")))
    assert report.root is not None
    item = ContentItem(position=(1, 1), relationship="CONTAINS", value_type="SCOORD", value=value)
    large = replace(report, root=replace(report.root, children=(item,)))
    assert read(to_dicom(large)) == large
    assert b"\x70\0\x22\0UN" in to_dicom(large)


def test_a_measurement_without_value() -> None:
    """Measured Value Sequence is type 2: there, and empty (PS3.3 C.18.1)."""
    report = read(file(text_item("x")))
    assert report.root is not None
    item = ContentItem(position=(1, 1), relationship="CONTAINS", value_type="NUM", value=MeasuredValue())
    found = pydicom.dcmread(BytesIO(to_dicom(replace(report, root=replace(report.root, children=(item,))))))
    assert found.ContentSequence[0].MeasuredValueSequence == []


def test_what_is_carried_verbatim_prevails() -> None:
    """An attribute carried as it stands is written in place of the field that could not say it exactly."""
    report = replace(
        read(file(text_item("x"))), patient=Patient(patient_id="1"), other=(Attribute(0x0010_0020, "LO", ("1", "2")),)
    )
    assert pydicom.dcmread(BytesIO(to_dicom(report))).PatientID == ["1", "2"]


@pytest.mark.parametrize("attribute", [Attribute(0x0009_1001, "US", (70_000,)), Attribute(0x0009_1001, "FL", (1e300,))])
def test_numbers_that_do_not_fit(attribute: Attribute) -> None:
    """A number made by hand that does not fit its VR is a WriteError."""
    with pytest.raises(WriteError):
        to_dicom(replace(full_report(), other=(attribute,)))


def test_padding() -> None:
    """Odd values are padded: UI and binary with NUL, text with a blank (PS3.5 6.2)."""
    data = data_set_bytes({0x0008_0018: ("UI", b"1"), 0x0010_0020: ("LO", b"1"), 0x0009_1001: ("OB", b"1")})
    assert data == b"\x08\0\x18\0UI\2\x001\0" + b"\x09\0\x01\x10OB\0\0\2\0\0\x001\0" + b"\x10\0\x20\0LO\2\x001 "
