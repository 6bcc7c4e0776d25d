"""What breaks the standard is read all the same, and told with its position, without a word of the patient."""

from collections.abc import Callable
from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sr2graph.dicom import values as v
from sr2graph.dicom.read import read
from sr2graph.dicom.report import Report
from sr2graph.errors import DeviationError, SrError
from sr2graph.graph.from_rdf import from_rdf
from sr2graph.graph.quads import nquads
from tests.dicom.encodings import code, element, file, item, padded, text_item
from tests.fuzz import MUTATIONS, mutated

CONTAINS = element(0x0040_A010, "CS", b"CONTAINS")
TEXT = element(0x0040_A040, "CS", b"TEXT")
NUM = element(0x0040_A040, "CS", b"NUM ")
NAME = code(0x0040_A043)
VALUE = element(0x0040_A160, "UT", b"some")


def number(value: bytes, *more: bytes) -> bytes:
    measured = element(0x0040_A30A, "DS", value) + code(0x0040_08EA, "mm", "UCUM", "mm") + b"".join(more)
    return CONTAINS + NUM + NAME + element(0x0040_A300, "SQ", [measured])


def reference(*target: int, vr: str = "UL") -> bytes:
    return CONTAINS + element(0x0040_DB73, vr, pack(f"<{len(target)}I", *target))


CASES: dict[str, tuple[bytes, str]] = {
    "no value type": (file(CONTAINS + NAME + VALUE), "1.1: the item has no value type; read as Text by its attributes"),
    "nonexistent value type": (
        file(CONTAINS + element(0x0040_A040, "CS", b"TEXTO ") + NAME + VALUE),
        "1.1: the item has a value type that does not exist; read as Text by its attributes",
    ),
    "value type in lower case": (
        file(CONTAINS + element(0x0040_A040, "CS", b"text") + NAME + VALUE),
        "1.1: the item has a value type that does not exist; read as Text by its attributes",
    ),
    "nothing tells the value": (
        file(CONTAINS + NAME),
        "1.1: the item has no value type; it is read without a value",
    ),
    "no relationship": (file(TEXT + NAME + VALUE), "1.1: the item has no relationship type"),
    "unknown relationship": (
        file(element(0x0040_A010, "CS", b"KNOWS ") + TEXT + NAME + VALUE),
        "1.1: the item has a relationship type that does not exist",
    ),
    "no concept name": (file(CONTAINS + TEXT + VALUE), "1.1: the TEXT item has no concept name"),
    "empty concept name": (
        file(CONTAINS + TEXT + element(0x0040_A043, "SQ", b"") + VALUE),
        "1.1: the TEXT item has no concept name",
    ),
    "concept name of an empty item": (
        file(CONTAINS + TEXT + element(0x0040_A043, "SQ", [b""]) + VALUE),
        "1.1: the TEXT item has no concept name",
    ),
    "concept name without a code": (
        file(CONTAINS + TEXT + element(0x0040_A043, "SQ", [element(0x0008_0104, "LO", b"mean")]) + VALUE),
        "1.1: the concept name has no code",
    ),
    "two concept names": (
        file(CONTAINS + TEXT + element(0x0040_A043, "SQ", 2 * [NAME[20:]]) + VALUE),
        "1.1: (0040,A043) has 2 items where one should be; the first is taken",
    ),
    "no value": (file(CONTAINS + TEXT + NAME), "1.1: the TEXT item has no value"),
    "empty value": (file(CONTAINS + TEXT + NAME + element(0x0040_A160, "UT", b"")), "1.1: the TEXT item has no value"),
    "no measured value": (
        file(CONTAINS + NUM + NAME),
        "1.1: the NUM item has no Measured Value Sequence and no qualifier",
    ),
    "empty measured value": (
        file(CONTAINS + NUM + NAME + element(0x0040_A300, "SQ", b"")),
        "1.1: the NUM item has an empty Measured Value Sequence and no qualifier",
    ),
    "two measured values": (
        file(CONTAINS + NUM + NAME + element(0x0040_A300, "SQ", 2 * [element(0x0040_A30A, "DS", b"1 ")])),
        "1.1: (0040,A300) has 2 items where one should be; the first is taken",
    ),
    "several numbers": (file(number(b"1\\2 ")), "1.1: Numeric Value has 2 values where one should be"),
    "not a number": (file(number(b"high")), "1.1: Numeric Value is not a number; kept as text"),
    "comma": (file(number(b"1,5 ")), "1.1: Numeric Value is not a number; kept as text"),
    "text in another VR": (
        file(CONTAINS + TEXT + NAME + element(0x0040_A160, "ST", b"some")),
        "1.1: (0040,A160) has VR ST where UT should be",
    ),
    "text in a binary VR": (
        file(CONTAINS + TEXT + NAME + element(0x0040_A160, "US", b"\1\0")),
        "1.1: (0040,A160) has VR US where UT should be",
    ),
    "a code that is no sequence": (
        file(CONTAINS + TEXT + element(0x0040_A043, "LO", b"name") + VALUE),
        "1.1: (0040,A043) is LO where a sequence should be; carried verbatim",
    ),
    "numbers of odd length": (
        file(CONTAINS + element(0x0040_A040, "CS", b"SCOORD") + element(0x0070_0022, "FL", b"\0\0\0\0\0\0")),
        "1.1: (0070,0022) has 6 bytes, which do not fit FL; carried verbatim",
    ),
    "binary value of odd length": (
        file(text_item("x") + element(0x0043_1001, "OB", b"abc")),
        "1.1: (0043,1001) has 3 bytes, an odd number; a zero byte is added",
    ),
    "by reference with a value": (
        file(CONTAINS + TEXT + VALUE + reference(1)[16:]),
        "1.1: the by-reference item also has a value; carried verbatim",
    ),
    "by reference with content": (
        file(CONTAINS + TEXT + NAME + VALUE + element(0x0040_A730, "SQ", [text_item("y")]) + reference(1)[16:]),
        "1.1: the item has both content and the position of another item; read by value",
    ),
    "dangling reference": (file(text_item("x"), reference(1, 7)), "1.2: the referenced content item does not exist"),
    "reference without a relationship": (file(reference(1)[16:]), "1.1: the item has no relationship type"),
    "empty content": (file(content=element(0x0040_A730, "SQ", b"")), "1: the Content Sequence has no items"),
    "empty content below": (
        file(text_item("x") + element(0x0040_A730, "SQ", b"")),
        "1.1: the Content Sequence has no items",
    ),
    "content that is no sequence": (
        file(content=element(0x0040_A730, "OB", b"abcd")),
        "1: (0040,A730) is OB where a sequence should be; carried verbatim",
    ),
    "root without a name": (
        file(text_item("x"), root=element(0x0040_A040, "CS", b"CONTAINER ")),
        "1: the root has no concept name, so the document has no title",
    ),
    "root is a TEXT": (file(text_item("x"), root=TEXT + NAME + VALUE), "1: the root is not a CONTAINER"),
    "duplicate tags": (
        file(text_item("x") + element(0x0040_A160, "UT", b"again ")),
        "1.1: (0040,A160) appears twice; the last one is taken",
    ),
    "zeros behind": (file(text_item("x")) + b"\0" * 64, "file: 64 zero bytes follow the data set"),
    "no study": (
        file(text_item("x"), header={0x0020_000D: ("UI", b"")}),
        "header: (0020,000D) is missing",
    ),
    "no tree": (file(root=b""), "1: there is no content tree; only the header is read"),
    "UTF-8 undeclared": (
        file(text_item("é")),
        "1.1: UT text is not ASCII and no valid character set is declared; read as UTF-8",
    ),
}
each_case = pytest.mark.parametrize("name", CASES)


@each_case
def test_the_deviation_is_told(name: str) -> None:
    """Each way of breaking the standard is told once, at its position."""
    data, deviation = CASES[name]
    assert [str(d) for d in read(data).deviations].count(deviation) == 1, [str(d) for d in read(data).deviations]


@each_case
def test_strict_refuses_it(name: str) -> None:
    """With strict, each is a refusal."""
    with pytest.raises(DeviationError):
        read(CASES[name][0], strict=True)


@each_case
def test_it_survives(name: str) -> None:
    """A broken report is read the same by pydicom, and equal after DICOM and RDF."""
    report = read(CASES[name][0])
    assert read(report.to_dicom()) == report
    assert from_rdf(nquads(report).encode()) == report
    if name != "zeros behind":
        assert read(CASES[name][0], by_pydicom=True) == report


def test_a_good_report_has_no_deviation() -> None:
    """The report that all these are made from is free of deviations."""
    assert read(file(text_item("x"), number(b"1.5 "), reference(1, 1)), strict=True).deviations == ()


CUTS = {
    "in a header": lambda data: data[:-3],
    "in a value": lambda data: data[:-30],
    "at an element": lambda data: data[: data.rindex(b"\x40\x00\x60\xa1")],
    "garbage behind": lambda data: data + b"garbage!",
    "zeros behind": lambda data: data + b"\0" * 9,
}


@pytest.mark.parametrize("cut", CUTS)
def test_a_file_that_ends_too_early_or_too_late(cut: str) -> None:
    """What can be read of a truncated or padded file is, with a deviation of the file."""
    spoil: Callable[[bytes], bytes] = CUTS[cut]
    report = read(spoil(file(text_item("first"), text_item("second"))))
    assert report.sop_instance_uid == "1.2.3.4"
    assert any(d.position == "file" for d in report.deviations)
    assert read(report.to_dicom()) == report


def test_kept_as_far_as_it_can_be() -> None:
    """The value of an item without a usable value type is there, and so is what was said twice."""
    assert read(CASES["no value type"][0]).item("1.1").value == v.Text("some")
    assert read(CASES["nonexistent value type"][0]).item("1.1").value_type == "TEXTO"
    several = read(CASES["several numbers"][0]).item("1.1").value
    assert isinstance(several, v.MeasuredValue)
    assert several.numeric_value == ("1", "2")
    assert [a.tag for a in read(CASES["two measured values"][0]).item("1.1").other] == [0x0040_A300]
    assert [a.tag for a in read(CASES["concept name of an empty item"][0]).item("1.1").other] == [0x0040_A043]
    by_reference = read(CASES["by reference with a value"][0]).by_references()
    assert [[a.tag for a in r.other] for _, r in by_reference] == [[0x0040_A040, 0x0040_A160]]


@pytest.mark.parametrize("tag", [0x0040_A160, 0x0070_0022, 0x0040_A730, 0x0043_1001], ids=hex)
@pytest.mark.parametrize("raw", [b"odd", b"\0\0\0\0\0\0\0", b"\xfe\xff\0\xe0\0\0\0"])
def test_odd_bytes_of_unknown_vr(tag: int, raw: bytes) -> None:
    """The zero byte that an odd value of VR UN needs makes nothing of it that it was not."""
    data = file(CONTAINS + element(0x0040_A040, "CS", b"SCOORD") + element(tag, "UN", raw))
    report = read(data)
    assert read(report.to_dicom()) == report
    assert from_rdf(nquads(report).encode()) == report


def test_cycles_are_kept() -> None:
    """A by-reference link to an ancestor, or to itself, is a link like any other."""
    report = read(
        file(text_item("x") + element(0x0040_A730, "SQ", [reference(1, 1), reference(1), reference(1, 1, 3)]))
    )
    assert [r.target for _, r in report.by_references()] == [(1, 1), (1,), (1, 1, 3)]
    assert from_rdf(nquads(report).encode()) == report


# ---------------------------------------------------------------- no patient data in messages

CANARY = "CanaryVogel"


def canary_file() -> bytes:
    texts = {
        0x0008_0080: "LO",
        0x0008_0090: "PN",
        0x0008_1030: "LO",
        0x0008_103E: "LO",
        0x0010_0010: "PN",
        0x0010_0020: "LO",
        0x0010_1000: "LO",
        0x0010_4000: "LT",
        0x0011_0010: "LO",
        0x0020_0010: "SH",
    }
    header = {tag: (vr, padded(CANARY)) for tag, vr in texts.items()}
    person = CONTAINS + element(0x0040_A040, "CS", b"PNAME ") + NAME + element(0x0040_A123, "PN", padded(CANARY))
    named = (
        CONTAINS
        + NUM
        + code(0x0040_A043, CANARY, CANARY, CANARY)
        + element(0x0040_A300, "SQ", [element(0x0040_A30A, "DS", padded(CANARY))])
    )
    odd = element(0x0040_A010, "CS", padded(CANARY)) + element(0x0040_A040, "CS", padded(CANARY)) + NAME
    return file(text_item(CANARY), person, named, odd, header=header, charset=CANARY)


@given(
    st.lists(st.tuples(st.sampled_from(sorted(MUTATIONS)), st.integers(0, 2**32), st.integers(0, 2**32)), max_size=3),
    st.booleans(),
)
def test_messages_never_quote_the_report(edits: list[tuple[str, int, int]], strict: bool) -> None:
    """No text of the file, nor a piece of it, appears in a deviation or an error."""
    data = mutated(canary_file(), edits)
    said: list[str] = []
    try:
        report: Report = read(data, strict=strict)
        said += [str(d) for d in report.deviations]
        said += [repr(a) for a in report.other]
    except SrError as error:
        cause: BaseException | None = error
        while cause is not None:
            said.append(str(cause))
            cause = cause.__cause__
    assert not [line for line in said if "Canary" in line or "Vogel" in line]


def test_the_canary_is_in_the_report() -> None:
    """The canary would be found, were it quoted: it is all over the report."""
    report = read(canary_file())
    assert report.patient.name == CANARY
    assert len(report.deviations) >= 4
    assert item(b"") in canary_file() or report.root is not None
