"""From an input to the documents in it."""

import json
import zipfile
from pathlib import Path
from tempfile import NamedTemporaryFile

import pytest
from hypothesis import given as given_examples
from hypothesis import strategies as st

from sr2graph.batch.outcome import Outcome, State
from sr2graph.batch.reading import documents, reports
from sr2graph.batch.sources import inputs
from sr2graph.dicom.limits import Limits
from sr2graph.dicom.read import read as direct
from sr2graph.dicom.report import Report
from sr2graph.errors import LimitError, NotDicomError, NotStructuredReportError, ReadError, SrError
from tests import inputs as given
from tests.inputs import ct_image, dicom, dicom_json, encrypted, json_array, zipped


def read(path: Path, limits: Limits | None = None) -> dict[str, object]:
    """Name of each document → its report, or the type of its error."""
    found: dict[str, object] = {}
    for entry in inputs([str(path)]):
        for document in documents(entry, limits or Limits()):
            name = document.name.removeprefix(f"{path.parent}/")
            try:
                found[name] = document.read()
            except SrError as error:
                found[name] = type(error)
    return found


def from_json(index: int) -> Report:
    """A sample after pydicom has written it as JSON, which costs some numbers their digits."""
    return direct(dicom_json(given.reports()[index]))


def written(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def test_a_file_is_one_document(tmp_path: Path) -> None:
    assert read(written(tmp_path, "a.dcm", dicom())) == {"a.dcm": given.reports()[0]}


def test_an_archive_holds_documents(tmp_path: Path) -> None:
    data = zipped({"x/a": dicom(0), "b": dicom(1), "image": ct_image(), "text": b"no"})
    assert read(written(tmp_path, "a.zip", data)) == {
        "a.zip!x/a": given.reports()[0],
        "a.zip!b": given.reports()[1],
        "a.zip!image": NotStructuredReportError,
        "a.zip!text": NotDicomError,
    }


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_every_way_of_packing_is_unpacked(tmp_path: Path, compression: int) -> None:
    assert read(written(tmp_path, "a.zip", zipped({"a": dicom()}, compression))) == {"a.zip!a": given.reports()[0]}


def test_an_archive_in_an_archive_is_opened(tmp_path: Path) -> None:
    inner = zipped({"a": dicom(0), "b.json": json_array(*given.reports()[1:3])})
    assert read(written(tmp_path, "a.zip", zipped({"in.zip": inner, "empty.zip": zipped({})}))) == {
        "a.zip!in.zip!a": given.reports()[0],
        "a.zip!in.zip!b.json[0]": from_json(1),
        "a.zip!in.zip!b.json[1]": from_json(2),
    }


def test_a_third_archive_is_refused(tmp_path: Path) -> None:
    data = zipped({"2.zip": zipped({"3.zip": zipped({"a": dicom()}), "b": dicom()})})
    assert read(written(tmp_path, "1.zip", data)) == {
        "1.zip!2.zip!3.zip": LimitError,
        "1.zip!2.zip!b": given.reports()[0],
    }


def test_problems_of_an_inner_archive_are_told_by_member(tmp_path: Path) -> None:
    inner = encrypted(zipped({"a": dicom()}))
    data = zipped({"locked.zip": inner, "cut.zip": inner[:40]})
    assert read(written(tmp_path, "1.zip", data)) == {
        "1.zip!locked.zip!a": ReadError,
        "1.zip!cut.zip": ReadError,
    }


def test_a_member_that_unpacks_to_more_than_it_says_is_cut_off(tmp_path: Path) -> None:
    data = zipped({"a": b"\x08\0\5\0" + b"\0" * 100_000})
    # The size the directory claims, in both headers.
    lied = data.replace((100_004).to_bytes(4, "little"), (200).to_bytes(4, "little"))
    assert read(written(tmp_path, "a.zip", lied)) == {"a.zip!a": ReadError}


@given_examples(st.integers(0, 3000), st.binary(min_size=1, max_size=30), st.booleans())
def test_fuzz_archives_raise_our_errors_only(at: int, damage: bytes, nested: bool) -> None:
    """Whatever stands in an archive: bounded work, reports or errors of our own."""
    data = bytearray(zipped({"a": dicom(5), "b.json": b"[{}]", "c.zip": zipped({"d": b"x" * 999})}))
    at %= len(data)
    data[at : at + len(damage)] = damage
    with NamedTemporaryFile() as file:
        file.write(zipped({"in": bytes(data)}) if nested else data)
        file.flush()
        for found in read(Path(file.name)).values():
            assert isinstance(found, Report) or issubclass(found, SrError)  # type: ignore[arg-type] # else: an error


@pytest.mark.parametrize("at", [31, 60, 200, 900])
def test_damaged_members_are_read_errors(tmp_path: Path, at: int) -> None:
    data = bytearray(zipped({"a": dicom()}))
    data[at : at + 20] = b"\xff" * 20
    (found,) = read(written(tmp_path, "a.zip", bytes(data))).values()
    assert found is ReadError


def test_an_array_of_json_holds_documents(tmp_path: Path) -> None:
    path = written(tmp_path, "a.json", json_array(*given.reports()[:3]))
    assert read(path) == {f"a.json[{n}]": from_json(n) for n in range(3)}


@pytest.mark.parametrize("array", [True, False])
def test_one_json_object_needs_no_number(tmp_path: Path, array: bool) -> None:
    model = dicom_json(given.reports()[0])
    path = written(tmp_path, "a.json", json.dumps([model] if array else model).encode())
    assert read(path) == {"a.json": from_json(0)}


def test_one_bad_element_spoils_no_other(tmp_path: Path) -> None:
    good = dicom_json(given.reports()[0])
    path = written(tmp_path, "a.json", json.dumps([{"a": 1}, good, 7, {"00080016": {"vr": "??"}}]).encode())
    assert read(path) == {
        "a.json[0]": ReadError,
        "a.json[1]": from_json(0),
        "a.json[2]": ReadError,
        "a.json[3]": ReadError,
    }


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"{", ReadError),
        (b'{"a": 1}', NotDicomError),
        (b"[]", NotDicomError),
        (b"[1, 2]", NotDicomError),
        (b"[" * 100_000, ReadError),
        (b"", NotDicomError),
        (b"\x1f\x8b\x08 gzip", NotDicomError),
        (b"\0" * 257 + b"ustar", NotDicomError),
    ],
)
def test_what_is_no_report_says_why(tmp_path: Path, data: bytes, error: type[SrError]) -> None:
    assert read(written(tmp_path, "a", data)) == {"a": error}


def test_archives_of_other_kinds_are_named(tmp_path: Path) -> None:
    (entry,) = inputs([str(written(tmp_path, "a.tgz", b"\x1f\x8b\x08"))])
    ((_, outcome),) = reports([entry])
    assert isinstance(outcome, Outcome)
    assert (outcome.state, outcome.reason) == (State.SKIPPED, "not DICOM but packed by gzip. Unpack it first")


def test_limits_hold_for_json_too(tmp_path: Path) -> None:
    path = written(tmp_path, "a.json", json_array(given.reports()[0]))
    assert read(path, Limits(max_bytes=1000)) == {"a.json": LimitError}


def test_reports_go_on_after_a_bad_one(tmp_path: Path) -> None:
    given.fill(tmp_path)
    found = [found for _, found in reports(inputs([str(tmp_path)]))]
    assert sum(isinstance(report, Report) for report in found) == given.KIND_COUNT
    assert sum(isinstance(outcome, Outcome) for outcome in found) == given.JUNK
