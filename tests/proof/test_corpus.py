"""Every real report: counted, written, read by others, and equal after every journey."""

import re
import warnings
from collections import Counter
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pydicom
import pytest

from sr2graph.dicom.read import read
from sr2graph.dicom.report import Deviation
from sr2graph.graph.from_rdf import from_rdf
from sr2graph.graph.quads import nquads
from tests.conftest import corpus_files
from tests.proof import independent, ours, peers
from tests.proof.datasets import differences

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.filterwarnings("ignore::UserWarning"),  # what pydicom says about the originals
]

DICOM = corpus_files(".dcm")
JSON = corpus_files(".json")
each_file = pytest.mark.parametrize("path", DICOM, ids=lambda path: path.stem)
each_of_all = pytest.mark.parametrize("path", [*DICOM, *JSON], ids=lambda path: path.stem)

PRIVATE_VRS_BY_PYDICOM = {"rfdose-philips-clarity-1", "rfdose-siemens-artis-1"}
"""Implicit VR with private attributes: UN for us, while a pydicom Dataset has VRs from pydicom's own list."""

NO_TREE = "there is no content tree; only the header is read"
ROOT_TAGS = {0x0040_A040, 0x0040_A043, 0x0040_A050, 0x0040_A504, 0x0040_A730}
"""What makes up the root content item."""

ALLOWED = {
    # Text Value written as ST: a Report has a field for it, which is written with its VR, UT.
    "basictext-amrgablla-malformed-1": 2 * [" has VR UT instead of ST"],
    "basictext-amrgablla-malformed-2": [" has VR UT instead of ST"],
    # No SOP Instance UID: one is derived from the content.
    "basictext-dwv-arrow-1": ["(0008,0018) only in ours"],
    "basictext-dwv-circle-1": ["(0008,0018) only in ours"],
    "basictext-dwv-ellipse-1": ["(0008,0018) only in ours"],
    "basictext-dwv-roi-1": ["(0008,0018) only in ours"],
}
"""File -> the differences from the original that are meant, beyond those of tests/proof/datasets.py."""


def original(path: Path) -> pydicom.Dataset:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pydicom.dcmread(path, force=True)


def test_the_corpus_is_whole() -> None:
    """All 76 DICOM and 2 DICOM JSON files are there to be tested."""
    assert (len(DICOM), len(JSON)) == (76, 2)


@each_file
def test_same_counts_as_an_independent_walk(path: Path) -> None:
    """Items, by-reference links, (value type, concept, value) and relationships are those that pydicom shows."""
    expected = independent.tally(original(path))
    found = ours.tally(read(path))
    assert (found.by_value, found.by_reference) == (expected.by_value, expected.by_reference)
    assert found.items == expected.items
    assert found.relationships == expected.relationships


@each_file
def test_written_data_set_equals_the_original(path: Path) -> None:
    """Header, tree and private elements of our file are those of the original, element by element."""
    written = pydicom.dcmread(BytesIO(read(path).to_dicom()))
    found = [
        text[text.rindex(")") + 1 :] if " has VR " in text else text for text in differences(written, original(path))
    ]
    assert found == ALLOWED.get(path.stem, [])


@each_of_all
def test_equal_after_dicom(path: Path) -> None:
    """Report -> DICOM -> Report is equal, and our own file deviates in nothing the original did not."""
    report = read(path)
    again = read(report.to_dicom())
    assert again == report
    known = {d.problem.replace("has no Measured", "has an empty Measured") for d in report.deviations}
    assert {d.problem for d in again.deviations} <= known


@each_of_all
def test_equal_after_rdf(path: Path) -> None:
    """Report -> N-Quads -> Report is equal."""
    report = read(path)
    assert from_rdf(nquads(report).encode()) == report


@each_file
def test_both_readers_agree(path: Path) -> None:
    """The tokeniser and pydicom give equal Reports."""
    assert read(path, by_pydicom=True) == read(path)


@each_file
def test_bytes_path_and_dataset_agree(path: Path) -> None:
    """A path, its bytes and the pydicom Dataset give equal Reports, but for identities derived from the bytes."""
    report = read(path)
    assert read(path.read_bytes()) == report
    found = read(original(path))
    if path.stem in PRIVATE_VRS_BY_PYDICOM:
        assert ours.tally(found) == ours.tally(report)
        assert (found.document, found.patient, found.study) == (report.document, report.patient, report.study)
    elif "SOPInstanceUID" in original(path):
        assert found == report


@each_file
def test_without_its_tree_the_header_is_left(path: Path) -> None:
    """A file without a content tree gives a report with the same header and nothing else, and says so."""
    found = original(path)
    report = read(found)
    for tag in ROOT_TAGS & set(found.keys()):
        del found[tag]
    header = read(found)
    assert header.root is None
    assert [d for d in header.deviations if d.position == "1"] == [Deviation("1", NO_TREE)]
    assert replace(header.document, sop_instance_uid=report.sop_instance_uid) == report.document
    assert (header.patient, header.study, header.series) == (report.patient, report.study, report.series)
    assert read(header.to_dicom()) == header


@each_file
@pytest.mark.dicom3tools
def test_dciodvfy_finds_no_new_error(path: Path, tmp_path: Path) -> None:
    """dciodvfy has no Error for our file that it did not have for the original."""
    written = tmp_path / "ours.dcm"
    written.write_bytes(read(path).to_dicom())
    assert peers.dciodvfy_errors(written) - peers.dciodvfy_errors(path) == {}


@each_file
@pytest.mark.dcmtk
def test_dsrdump_prints_the_same_tree(path: Path, tmp_path: Path) -> None:
    """dcmtk, where it reads the original at all, reads the same document from our file."""
    written = tmp_path / "ours.dcm"
    written.write_bytes(read(path).to_dicom())
    expected = peers.dsrdump(path)
    if expected is None:
        assert path.stem in peers.UNREADABLE_FOR_DSRDUMP
        return
    utf_8, lines = expected
    assert peers.dsrdump(written, utf_8=utf_8) == (utf_8, lines)


@each_file
@pytest.mark.dcmtk
def test_dsr2xml_reads_ours_when_it_reads_the_original(path: Path, tmp_path: Path) -> None:
    """dcmtk's XML of our file is that of the original, text in UTF-8 in both."""
    expected = peers.dsr2xml(path)
    if expected is None:
        return
    written = tmp_path / "ours.dcm"
    written.write_bytes(read(path).to_dicom())
    assert peers.dsr2xml(written) == expected


@pytest.mark.parametrize("path", JSON, ids=lambda path: path.stem)
def test_json_holds_what_pydicom_finds_in_it(path: Path) -> None:
    """A DICOM JSON file has the items that pydicom's own reading of the JSON shows."""
    import json

    model = json.loads(path.read_text(), object_hook=with_lists)
    expected = independent.tally(pydicom.Dataset.from_json(model[0] if isinstance(model, list) else model))
    found = ours.tally(read(path))
    # pydicom makes floats of the numbers of JSON: 3 becomes 3.0, and no FL is cut to 32 bits.
    assert by_float(found.items) == by_float(expected.items)
    assert (found.by_value, found.by_reference) == (expected.by_value, expected.by_reference)
    assert found.relationships == expected.relationships


def by_float(items: Counter[independent.Item]) -> Counter[independent.Item]:
    """The items with their numbers to five digits."""
    result: Counter[independent.Item] = Counter()
    for (value_type, concept, values), count in items.items():
        result[value_type, concept, tuple(_FLOAT.sub(lambda m: f"{float(m[0]):.5g}", v) for v in values)] += count
    return result


_FLOAT = re.compile(r"(?<=[ \[])-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?=[,\]]|$)")


def with_lists(model: dict[str, Any]) -> dict[str, Any]:
    """Put a Value that is not a list, which pydicom refuses, into one."""
    if "vr" in model and not isinstance(model.get("Value", []), list):
        model["Value"] = [model["Value"]]
    return model
