"""Reading: every encoding gives the same Report, strict mode refuses, other objects are named."""

import json
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sr2graph.dicom.attributes import Attribute
from sr2graph.dicom.json_model import attributes_to_json
from sr2graph.dicom.limits import Limits
from sr2graph.dicom.read import read
from sr2graph.dicom.report import Report
from sr2graph.dicom.write import to_dicom
from sr2graph.errors import DeviationError, LimitError, NotDicomError, NotStructuredReportError, ReadError
from sr2graph.samples import KINDS, sample
from tests.dicom.encodings import ENCODINGS, code, data_set, element, file, item, text_item
from tests.strategies import full_report, reports

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # what pydicom says while it writes

SAMPLES = ("basic_text", "key_objects", "planar_roi")


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("kind", SAMPLES)
def test_every_encoding_gives_the_same_report(kind: str, encoding: str) -> None:
    """Transfer syntax, lengths, wrapping and what is missing in front make no difference to the Report."""
    report = sample(kind)
    data = ENCODINGS[encoding](to_dicom(report))
    assert read(data) == report


@pytest.mark.parametrize("encoding", [name for name in ENCODINGS if name != "zeros_at_the_end"])
@pytest.mark.parametrize("kind", SAMPLES)
def test_pydicom_reads_the_same_report(kind: str, encoding: str) -> None:
    """The slow road gives the same Report as the tokeniser, in every encoding."""
    data = ENCODINGS[encoding](to_dicom(sample(kind)))
    assert read(data, by_pydicom=True) == read(data)


def test_both_readers_agree_on_every_field() -> None:
    """Tokeniser and pydicom agree on a Report in which every field has a value."""
    data = to_dicom(full_report())
    assert read(data, by_pydicom=True) == read(data)


@given(reports())
def test_both_readers_agree_on_any_report(report: Report) -> None:
    """Tokeniser and pydicom agree on whatever a Report can hold."""
    data = to_dicom(report)
    assert read(data, by_pydicom=True) == read(data)


PYDICOM_ENCODINGS = ("explicit", "big_endian", "deflated", "undefined_lengths")


@given(reports(), st.sampled_from(PYDICOM_ENCODINGS))
def test_any_report_survives_any_encoding_with_vrs(report: Report, encoding: str) -> None:
    """A Report is the same after pydicom re-encoded it, in every encoding that keeps the VRs."""
    whole = to_dicom(report)
    try:
        data = ENCODINGS[encoding](whole)
    except Exception:  # noqa: BLE001  pydicom refuses to write some odd values: nothing to compare
        return
    # pydicom rewrites values (it drops zero bytes, gives UN the VR it knows): its own explicit file is the measure.
    assert read(data) == read(ENCODINGS["explicit"](whole))


@pytest.mark.parametrize("vr", ["OW", "OL", "OF", "OD", "OV"])
def test_words_survive_another_byte_order(vr: str) -> None:
    """PS3.5 7.3: they are turned with the file; a VR that the attribute should not have changes nothing about that."""
    report = replace(sample(KINDS[0]), other=(Attribute(0x0008_0008, vr, (bytes(range(8)),)),))
    whole = to_dicom(report)
    big = ENCODINGS["big_endian"](whole)
    assert bytes(range(8)) in whole
    assert bytes(range(8)) not in big
    assert read(big) == read(whole) == report


@pytest.mark.parametrize("kind", KINDS)
def test_pydicoms_json_gives_the_same_report(kind: str) -> None:
    """pydicom's DICOM JSON of our file holds the same Report, but for the digits of decimal strings."""
    report = sample(kind)
    found = read(json.loads(data_set(to_dicom(report)).to_json()))
    again = read(pydicom.Dataset.from_json(data_set(to_dicom(report)).to_json()))
    assert [i.position for i in found.walk()] == [i.position for i in report.walk()]
    assert [i.concept_name for i in found.walk()] == [i.concept_name for i in report.walk()]
    assert (found.patient.name, found.series) == (report.patient.name, report.series)
    assert [i.position for i in again.walk()] == [i.position for i in report.walk()]


def own_json(report: Report) -> str:
    """The DICOM JSON of a Report by our own writer, digits kept."""
    from sr2graph.dicom.part10 import read_encoded
    from sr2graph.dicom.reading import Reading, declared_decoder, verbatim_item

    elements = read_encoded(to_dicom(report)).elements
    return json.dumps(attributes_to_json(verbatim_item(elements, Reading(declared_decoder(b"ISO_IR 192")))))


@pytest.mark.parametrize("kind", KINDS)
def test_own_json_gives_the_same_report(kind: str) -> None:
    """Report -> DICOM JSON -> Report is equal, from text, bytes and a dict."""
    report = sample(kind)
    text = own_json(report)
    assert read(text.encode()) == report
    assert read(json.loads(text)) == report
    assert read(b"\xef\xbb\xbf" + text.encode()) == report
    assert read(f"[{text}]".encode()) == report


@given(reports())
def test_any_report_survives_json(report: Report) -> None:
    """Report -> DICOM JSON -> Report is equal."""
    assert read(own_json(report).encode()) == report


def test_a_dataset_gives_the_same_report() -> None:
    """A pydicom Dataset is a source like its file."""
    report = sample("planar_roi")
    assert read(data_set(to_dicom(report))) == report


def test_a_path_gives_the_same_report(tmp_path: Path) -> None:
    """A path is a source like its bytes, whatever its suffix."""
    path = tmp_path / "report"
    path.write_bytes(to_dicom(sample("key_objects")))
    assert read(path) == read(str(path)) == sample("key_objects")


def test_source_tells_the_encoding() -> None:
    """Transfer syntax, character sets and what is not carried are told, and play no part in equality."""
    data = file(text_item("x"), charset="ISO_IR 100", header={0x0008_0000: ("UL", b"\x10\0\0\0")})
    report = read(data)
    assert report.source.transfer_syntax == "1.2.840.10008.1.2.1"
    assert report.source.character_sets == ("ISO_IR 100",)
    assert report.source.not_carried == (0x0008_0000, 0x0008_0005)
    assert report == read(file(text_item("x")))


# ---------------------------------------------------------------- refusals


def test_strict_refuses_any_deviation() -> None:
    """`strict` raises DeviationError that counts them and names the first."""
    data = file(text_item("x"), element(0x0040_A010, "CS", b"CONTAINS"))
    read(data)
    with pytest.raises(DeviationError, match=r"1 deviations.*1\.2: the item has no value type"):
        read(data, strict=True)


def test_errors_name_the_file(tmp_path: Path) -> None:
    """An error about a file starts with its path."""
    path = tmp_path / "broken.dcm"
    path.write_bytes(b"no DICOM here")
    with pytest.raises(NotDicomError, match=r"broken\.dcm: not a DICOM file"):
        read(path)
    with pytest.raises(ReadError, match=r"absent\.dcm: cannot be opened"):
        read(tmp_path / "absent.dcm")


@pytest.mark.parametrize(
    "data", [b"", b"\0", b"DICM", b"\0" * 200, b"%PDF-1.4", b"{}", b"[]", b"[1]", b'{"a": 1}', b"{"]
)
def test_what_is_not_dicom(data: bytes) -> None:
    """Bytes that are no DICOM are said to be none, or to be broken JSON."""
    with pytest.raises((NotDicomError, NotStructuredReportError, ReadError)):
        read(data)


def test_images_are_named_and_skipped() -> None:
    """An image is no error of ours: NotStructuredReportError names what it is."""
    found = pydicom.Dataset()
    found.SOPClassUID, found.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", "1.2.3"
    buffer = BytesIO()
    meta = pydicom.dataset.FileMetaDataset()
    meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    found.file_meta = meta
    found.save_as(buffer, enforce_file_format=True)
    with pytest.raises(NotStructuredReportError, match="not a Structured Report but CT Image Storage"):
        read(buffer.getvalue())
    with pytest.raises(NotStructuredReportError, match="CT Image Storage"):
        read(found)


def test_a_tree_in_another_class_is_read() -> None:
    """An object of an unknown or another class that carries a content tree is a report."""
    for uid in (b"1.2.3.4.5\0", b"1.2.840.10008.5.1.4.1.1.2\0"):
        data = file(text_item("x"), header={0x0008_0016: ("UI", uid)})
        assert len(list(read(data).walk())) == 2


def test_nothing_of_a_tree_and_no_sr_class() -> None:
    """A data set that is neither of an SR class nor has a tree is refused."""
    data = file(root=b"", header={0x0008_0016: ("UI", b"1.2.3.4")})
    with pytest.raises(NotStructuredReportError):
        read(data)


def test_too_many_bytes(tmp_path: Path) -> None:
    """A file past the bound on size is refused, from a path without reading it whole."""
    data = file(text_item("x" * 5000))
    path = tmp_path / "large.dcm"
    path.write_bytes(data)
    for source in (data, path):
        with pytest.raises(LimitError):
            read(source, limits=Limits(max_bytes=1000))


def test_items_of_items_are_counted() -> None:
    """The bound on items holds over the whole data set."""
    data = file(*[text_item("x")] * 20)
    with pytest.raises(LimitError, match="more than 10 sequence items"):
        read(data, limits=Limits(max_items=10))


# ---------------------------------------------------------------- identity


def test_identity_from_meta_information() -> None:
    """A SOP Instance UID that only the meta information has is taken, and said."""
    data = ENCODINGS["explicit"](to_dicom(sample("key_objects")))
    cut = data.index(b"\x08\0\x18\0UI")
    length = int.from_bytes(data[cut + 6 : cut + 8], "little")
    report = read(data[:cut] + data[cut + 8 + length :])
    assert report == sample("key_objects")
    assert any("the one of the meta information" in d.problem for d in report.deviations)


def test_identity_derived_from_content() -> None:
    """Without any SOP Instance UID one is derived: stable for the same content, different for other content."""
    one, two = (file(text_item(text), header={0x0008_0018: ("UI", b"")}) for text in ("one", "two"))
    assert read(one).sop_instance_uid == read(one).sop_instance_uid
    assert read(one).sop_instance_uid.startswith("2.25.")
    assert read(one).sop_instance_uid != read(two).sop_instance_uid


def test_identity_derived_from_json_content() -> None:
    """The same holds for DICOM JSON."""
    models = [
        {"0040A730": {"vr": "SQ", "Value": [{"0040A160": {"vr": "UT", "Value": [text]}}]}} for text in ("one", "two")
    ]
    assert read(models[0]).sop_instance_uid == read(models[0]).sop_instance_uid
    assert read(models[0]).sop_instance_uid != read(models[1]).sop_instance_uid


def test_a_wrapped_item_of_a_private_class() -> None:
    """By-value content in a by-reference item is read by value."""
    target = element(0x0040_DB73, "UL", b"\1\0\0\0") + element(0x0040_A730, "SQ", [text_item("x")]) + code(0x0040_A043)
    report = read(file(text_item("y"), target))
    assert report.item("1.2.1").concept_name is not None
    assert item(b"") == b"\xfe\xff\x00\xe0\0\0\0\0"


def test_encoding_attributes_that_are_none_are_listed() -> None:
    """A character set that is a sequence says nothing: it is left out, listed, and stays out."""
    data = sample("ct_dose").to_dicom().replace(b"\x40\x00\xea\x08SQ", b"\x08\x00\x05\x00SQ", 1)
    report = read(data)
    assert 0x0008_0005 in report.source.not_carried
    assert read(report.to_dicom()) == report
