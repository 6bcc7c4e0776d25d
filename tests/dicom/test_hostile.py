"""Hostile bytes: bounded time and memory, and no errors but ours."""

import json
import time
import tracemalloc
import zlib
from collections.abc import Iterator
from struct import pack

import pydicom
import pytest

from sr2graph.dicom.attributes import Attribute
from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ByReference, ContentItem
from sr2graph.dicom.header import Document
from sr2graph.dicom.limits import DEFAULT_LIMITS, Limits
from sr2graph.dicom.read import read
from sr2graph.dicom.report import Report
from sr2graph.dicom.write import to_dicom
from sr2graph.errors import LimitError, NotDicomError, NotStructuredReportError, ReadError, SrError
from sr2graph.graph.from_rdf import from_rdf
from sr2graph.graph.quads import nquads
from tests.dicom.encodings import code, element, file, item, meta, nested, text_item

SECONDS = 5.0
"""Far more than any of these may take."""
DEEP = 10_000
CODE = 0x0040_A043
EQUIVALENT = 0x0008_0121
PRIVATE = 0x0043_1001
UNKNOWN = 0x0004_1220


@pytest.fixture(autouse=True)
def in_time() -> Iterator[None]:
    """No test of this file may take long."""
    start = time.process_time()
    yield
    assert time.process_time() - start < SECONDS


def implicit_file(tail: bytes) -> bytes:
    head = pack("<HHI", 8, 0x16, 30) + b"1.2.840.10008.5.1.4.1.1.88.33\0" + pack("<HHI", 8, 0x18, 4) + b"1.2\0"
    return meta("1.2.840.10008.1.2", pydicom.Dataset()) + head + tail


@pytest.mark.parametrize("by_pydicom", [False, True], ids=["tokeniser", "pydicom"])
@pytest.mark.parametrize("undefined", [False, True], ids=["defined", "undefined"])
@pytest.mark.parametrize(
    "tag", [0x0040_A730, CODE, EQUIVALENT, UNKNOWN, PRIVATE], ids=["content", "code", "equivalent", "header", "private"]
)
def test_explicit_depth_bombs(tag: int, undefined: bool, by_pydicom: bool) -> None:
    """Ten thousand nested sequences of any kind are refused."""
    data = file(content=nested(DEEP, tag, undefined=undefined))
    with pytest.raises((LimitError, ReadError)):
        read(data, by_pydicom=by_pydicom)


@pytest.mark.parametrize("by_pydicom", [False, True], ids=["tokeniser", "pydicom"])
@pytest.mark.parametrize("undefined", [False, True], ids=["defined", "undefined"])
@pytest.mark.parametrize("tag", [0x0040_A730, CODE, EQUIVALENT], ids=["content", "code", "equivalent"])
def test_implicit_depth_bombs(tag: int, undefined: bool, by_pydicom: bool) -> None:
    """The same in implicit VR."""
    with pytest.raises((LimitError, ReadError)):
        read(implicit_file(nested(DEEP, tag, undefined=undefined, implicit_vr=True)), by_pydicom=by_pydicom)


@pytest.mark.parametrize("tag", [0x0040_A730, CODE], ids=["content", "code"])
def test_depth_bombs_wrapped_in_un(tag: int) -> None:
    """The same within VR UN."""
    bomb = nested(DEEP, tag, implicit_vr=True)
    with pytest.raises(LimitError):
        read(file(content=element(0x0040_A730, "UN", item(bomb))))


def test_un_within_un_within_un() -> None:
    """UN within UN is not tokenised at once: its depth counts all the same."""
    data = b""
    for _ in range(2 * DEFAULT_LIMITS.max_depth):
        data = element(0x0040_A730, "UN", item(data))
    with pytest.raises(LimitError):
        read(file(content=data))


def test_a_depth_that_is_allowed() -> None:
    """A report just within the bound is read by both readers, written, and survives RDF; one level more is refused."""
    # One level of sequence in the item itself is for its concept name.
    levels = DEFAULT_LIMITS.max_depth - 1
    data = b""
    for _ in range(levels):
        data = element(0x0040_A730, "SQ", [text_item("x") + data])
    report = read(file(content=data))
    assert max(len(i.position) for i in report.walk()) == levels + 1
    assert read(report.to_dicom()) == report
    assert read(file(content=data), by_pydicom=True) == report
    assert from_rdf(nquads(report).encode()) == report
    with pytest.raises(LimitError):
        read(file(content=element(0x0040_A730, "SQ", [text_item("x") + element(0x0040_A730, "SQ", [data])])))


LIES = (0xFFFF_FFFF, 0x8000_0000, 0x7FFF_FFFF, 0xFFFF_FFFE, 100_000)


@pytest.mark.parametrize("length", LIES, ids=hex)
@pytest.mark.parametrize("where", ["element", "sequence", "item"])
@pytest.mark.parametrize("by_pydicom", [False, True], ids=["tokeniser", "pydicom"])
def test_length_lies(where: str, length: int, by_pydicom: bool) -> None:
    """A length beyond the end, or one that would be negative, allocates nothing and gives a report or our error."""
    whole = file(text_item("first"), text_item("second"))
    starts = {
        "element": whole.rindex(b"\x40\x00\x60\xa1UT") + 8,
        "sequence": whole.index(b"\x40\x00\x30\xa7SQ") + 8,
        "item": whole.index(b"\xfe\xff\x00\xe0", whole.index(b"\x40\x00\x30\xa7SQ")) + 4,
    }
    at = starts[where]
    data = whole[:at] + pack("<I", length) + whole[at + 4 :]
    tracemalloc.start()
    try:
        read(data, by_pydicom=by_pydicom)
    except SrError:
        pass
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 2**24


def test_many_empty_items() -> None:
    """A million items in eight bytes each stop at the bound."""
    data = file(content=element(0x0040_A730, "SQ", item(b"") * 1_000_000))
    with pytest.raises(LimitError, match="more than 1000 sequence items"):
        read(data, limits=Limits(max_items=1000))


def test_many_empty_codes() -> None:
    """So do items of code sequences, which are tokenised one sequence at a time."""
    data = file(*[CODE_ITEM] * 300)
    with pytest.raises(LimitError):
        read(data, limits=Limits(max_items=1000))


CODE_ITEM = element(CODE, "SQ", item(b"") * 10)


def test_a_gigantic_value() -> None:
    """A value of many megabytes is read, but not past the bound on size."""
    data = file(text_item("x" * 2**24))
    assert len(read(data).item("1.1").value.text) == 2**24  # type: ignore[union-attr,arg-type]
    with pytest.raises(LimitError):
        read(data, limits=Limits(max_bytes=2**20))


def test_a_very_wide_reference() -> None:
    """A by-reference position of a million huge ordinals is just a dangling reference."""
    target = element(0x0040_DB73, "UN", b"\xff" * 4 * 1_000_000)
    report = read(file(text_item("x"), element(0x0040_A010, "CS", b"CONTAINS") + target))
    assert [len(r.target) for _, r in report.by_references()] == [1_000_000]
    assert any("does not exist" in d.problem for d in report.deviations)


def deflated(data: bytes) -> bytes:
    squeeze = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    return meta("1.2.840.10008.1.2.1.99", pydicom.Dataset()) + squeeze.compress(data) + squeeze.flush()


@pytest.mark.parametrize("filling", [b"\0", b"\x08\0\x16\0UI\0\0", text_item("x")], ids=["zeros", "elements", "items"])
def test_deflate_bombs(filling: bytes) -> None:
    """A small file that inflates to a gigabyte is stopped while it inflates, in little memory."""
    data = deflated(filling * (2**26 // len(filling)))
    assert len(data) < 2**20
    tracemalloc.start()
    with pytest.raises((LimitError, NotStructuredReportError, ReadError)):
        read(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**27


@pytest.mark.parametrize("cut", [1, 5, 50])
def test_a_deflated_file_cut_short(cut: int) -> None:
    """A deflated data set that ends too early is read as far as it goes, or refused, and never silently."""
    whole = deflated(file(text_item("first"), text_item("second"))[158:])
    try:
        report = read(whole[:-cut])
    except SrError:
        return
    assert any(d.position == "file" for d in report.deviations)


@pytest.mark.parametrize("zeros", [8, 15, 16, 1000, 2**20])
@pytest.mark.parametrize("implicit_vr", [False, True])
def test_zeros_behind(zeros: int, implicit_vr: bool) -> None:
    """Zeros behind the data set are a deviation, not one for each of them."""
    data = implicit_file(b"") if implicit_vr else file(text_item("x"))
    report = read(data + b"\0" * zeros)
    assert len(report.deviations) < 10


# ---------------------------------------------------------------- JSON


def in_json(depth: int) -> str:
    return '{"0040A730":{"vr":"SQ","Value":[' * depth + "]}}" * depth


@pytest.mark.parametrize("depth", [200, 400, 900, 100_000])
def test_json_depth_bombs(depth: int) -> None:
    """Nested JSON is refused, by the JSON parser or by us."""
    with pytest.raises((LimitError, ReadError)):
        read(in_json(depth).encode())


def test_a_dict_that_contains_itself() -> None:
    """A cyclic Python dict is refused."""
    model: dict[str, object] = {}
    model["0040A730"] = {"vr": "SQ", "Value": [model]}
    with pytest.raises(LimitError):
        read(model)


BAD_MEMBERS = [
    {"vr": "FD", "Value": ["1e999999"]},
    {"vr": "FL", "Value": [1e300]},
    {"vr": "US", "Value": [70000]},
    {"vr": "US", "Value": ["9" * 5000]},
    {"vr": "SL", "Value": [-(2**63)]},
    {"vr": "UV", "Value": [-1]},
    {"vr": "AT", "Value": ["-0000001"]},
    {"vr": "AT", "Value": [1]},
    {"vr": "OB", "InlineBinary": "é"},
    {"vr": "OB", "InlineBinary": 5},
    {"vr": [], "Value": []},
    {"vr": {}, "Value": []},
    {"vr": "SQ", "Value": [1, "x", None]},
    {"vr": "SQ", "Value": {"a": 1}},
    {"vr": "SQ", "InlineBinary": "AAAA"},
    {"vr": "PN", "Value": [{"Alphabetic": {"x": []}}]},
    {"vr": "PN", "Value": [[]]},
    {"vr": "UT", "Value": ["\ud800"]},
    {"vr": "IS", "Value": [float("nan")]},
    {"vr": "UT", "Value": "text"},
    {"vr": "UI", "BulkDataURI": "file:///etc/passwd"},
    {},
    None,
    [],
    "x",
]


@pytest.mark.parametrize("tag", ["0040A160", "0040A730", "00091001", "00080018", "00080016"])
@pytest.mark.parametrize("member", BAD_MEMBERS, ids=lambda member: json.dumps(member)[:40])
def test_json_members(tag: str, member: object) -> None:
    """Values that are not of their VR, or not of any, give an error of ours or a Report that survives."""
    model = {"0040A730": {"vr": "SQ", "Value": [{"0040A160": {"vr": "UT", "Value": ["x"]}}]}, tag: member}
    try:
        report = read(model)
    except SrError:
        return
    assert read(report.to_dicom()) == report
    assert from_rdf(nquads(report).encode()) == report


@pytest.mark.parametrize("key", ["+040A730", "0x40A730", "0040a73_", "\uff140040A73", "0040A73", "", "0040A7300"])
def test_json_keys(key: str) -> None:
    """A member is named by eight hexadecimal digits and nothing that int() would also take."""
    with pytest.raises((ReadError, NotDicomError)):
        read({key: {"vr": "SQ", "Value": []}, "00080018": {"vr": "UI", "Value": ["1.2"]}})


def test_json_huge_numbers_keep_their_digits() -> None:
    """1e999999 in a decimal string is text like any other: no number is ever computed."""
    measured = '"0040A300":{"vr":"SQ","Value":[{"0040A30A":{"vr":"DS","Value":[1e999999]}}]}'
    text = '{"0040A730":{"vr":"SQ","Value":[{"0040A040":{"vr":"CS","Value":["NUM"]},' + measured + "}]}}"
    report = read(text.encode())
    assert report.item("1.1").value.numeric_value == ("1e999999",)  # type: ignore[union-attr]
    assert from_rdf(nquads(report).encode()) == report


@pytest.mark.parametrize(
    ("members", "problem"),
    [
        (
            '"0040A491":{"vr":"CS"},"0040A491":{"vr":"CS","Value":["X"]}',
            "(0040,A491) appears twice; the last one is taken",
        ),
        (
            '"0040A491":{"vr":"CS"},"0040a491":{"vr":"CS","Value":["X"]}',
            "(0040,A491) appears twice; the last one is taken",
        ),
        ('"0040A491":{"vr":"CS","Value":[],"Value":["X"]}', "(0040,A491) says something twice; the last one is taken"),
        (
            '"00104000":{"vr":"LT","Value":["\\ud800"]},"0040A491":{"vr":"CS","Value":["X"]}',
            "(0010,4000) has half characters (lone surrogates); they are replaced",
        ),
    ],
)
def test_json_loses_nothing_in_silence(members: str, problem: str) -> None:
    """Of two members of one name the last one is taken, as in DICOM, and that is told."""
    report = read(
        f'{{"00080018":{{"vr":"UI","Value":["1.2"]}},{members},"0040A730":{{"vr":"SQ","Value":[{{}}]}}}}'.encode()
    )
    assert report.document.completion_flag == "X"
    assert problem in [deviation.problem for deviation in report.deviations]


# ---------------------------------------------------------------- by hand: deeper than can be read


def deep_report(depth: int) -> Report:
    child: tuple[ContentItem, ...] = ()
    for level in range(depth, 0, -1):
        child = (
            ContentItem(
                position=(1,) * level,
                relationship="CONTAINS" if level > 1 else None,
                value_type="CONTAINER",
                concept_name=CodedConcept("121071", "DCM"),
                children=child,
            ),
        )
    return Report(Document(sop_class_uid="1.2.840.10008.5.1.4.1.1.88.33", sop_instance_uid="1.2"), root=child[0])


@pytest.mark.parametrize("depth", [150, 1500])
def test_a_tree_deeper_than_the_limits(depth: int) -> None:
    """A Report made by hand, deeper than any file may be, gives errors of ours where it is written or read back."""
    report = deep_report(depth)
    with pytest.raises(SrError):
        read(to_dicom(report))
    with pytest.raises(SrError):
        from_rdf(nquads(report).encode())


def test_an_attribute_deeper_than_the_limits() -> None:
    """So does an attribute whose sequences nest too deep."""
    attribute = Attribute(0x0009_1001, "LO", ("x",))
    for _ in range(5000):
        attribute = Attribute(0x0009_1001, "SQ", ((attribute,),))
    report = Report(Document(sop_instance_uid="1.2"), other=(attribute,))
    with pytest.raises(SrError):
        to_dicom(report)


def test_by_reference_loops() -> None:
    """Links to ancestors, to each other and to themselves end no walk in a loop."""
    loop = tuple(
        ByReference(position=(1, i), relationship="CONTAINS", target=target)
        for i, target in enumerate([(1,), (1, 2), (1, 1)], 1)
    )
    root = ContentItem(position=(1,), value_type="CONTAINER", concept_name=CodedConcept("121071", "DCM"), children=loop)
    report = Report(Document(sop_class_uid="1.2.840.10008.5.1.4.1.1.88.33", sop_instance_uid="1.2"), root=root)
    assert len(list(report.walk())) == 1
    assert len(list(report.by_references())) == 3
    assert read(to_dicom(report)) == from_rdf(nquads(report).encode()) == report
    assert code(CODE)
