"""Mutated files: an error of ours, or a Report that survives. `make fuzz` runs this with thousands of examples."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sr2graph.dicom.read import read
from sr2graph.dicom.write import to_dicom
from sr2graph.errors import SrError
from sr2graph.graph.from_rdf import reports_from_rdf
from sr2graph.graph.quads import nquads
from sr2graph.samples import sample
from tests.dicom.test_read import own_json
from tests.fuzz import FUZZ_LIMITS, MUTATIONS, check, mutated, seeds, survives

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # what pydicom says while it writes

EXAMPLES = max(200, settings().max_examples)

edits = st.lists(
    st.tuples(st.sampled_from(sorted(MUTATIONS)), st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)),
    min_size=1,
    max_size=8,
)


@settings(max_examples=EXAMPLES)
@given(st.integers(0, 2**16), edits)
def test_fuzz_mutated_files(which: int, changes: list[tuple[str, int, int]]) -> None:
    """A mutated file gives one of our errors, or a Report equal after DICOM and RDF."""
    _, data = seeds()[which % len(seeds())]
    check(mutated(data, changes))


@settings(max_examples=EXAMPLES // 2)
@given(st.integers(0, 2**16), edits)
def test_fuzz_mutated_files_through_pydicom(which: int, changes: list[tuple[str, int, int]]) -> None:
    """The same on the slow road."""
    _, data = seeds()[which % len(seeds())]
    try:
        report = read(mutated(data, changes), limits=FUZZ_LIMITS, by_pydicom=True)
    except SrError:
        return
    survives(report)


@settings(max_examples=EXAMPLES // 2)
@given(
    st.binary(max_size=200),
    st.sampled_from([b"", b"\0" * 128 + b"DICM", b"\x08\0\x05\0CS", b"\x08\0\x16\0", b'{"0040A730":']),
)
def test_fuzz_any_bytes(data: bytes, start: bytes) -> None:
    """Any bytes at all give one of our errors, or a Report that survives."""
    check(start + data)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(["1e999999", "NaN", "SQ", "AT"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["vr", "Value", "0040A730", "InlineBinary", "Alphabetic"]), inner)
    ),
    max_leaves=8,
)


@settings(max_examples=EXAMPLES // 2)
@given(
    st.dictionaries(
        st.sampled_from(["00080016", "0040A730", "0040A043", "0040A040", "00100010", "00091001", "0040a730", "bad"]),
        st.fixed_dictionaries(
            {},
            optional={
                "vr": st.sampled_from(["SQ", "PN", "UT", "FD", "US", "AT", "OB", "XX", 3, []]),
                "Value": json_values,
                "InlineBinary": st.sampled_from(["AAAA", "A", 1, None]),
                "BulkDataURI": st.just("http://example.org"),
            },
        ),
    )
)
def test_fuzz_json_models(model: dict[str, object]) -> None:
    """Any JSON in the place of a DICOM JSON object gives one of our errors, or a Report that survives."""
    try:
        report = read(model)
    except SrError:
        return
    survives(report)


@settings(max_examples=EXAMPLES // 2)
@given(st.integers(0, 2**16), st.integers(0, 2**16))
def test_fuzz_json_text(at: int, what: int) -> None:
    """DICOM JSON with a piece cut out or a byte changed gives one of our errors, or a Report that survives."""
    text = own_json(sample("key_objects")).encode()
    at %= len(text)
    check(text[:at] + text[at + 1 + what % 9 :])
    check(text[:at] + bytes([what % 256]) + text[at + 1 :])


@settings(max_examples=EXAMPLES // 4)
@given(st.lists(st.tuples(st.integers(0, 2**16), st.integers(0, 2**16)), min_size=1, max_size=4))
def test_fuzz_mutated_graphs(swaps: list[tuple[int, int]]) -> None:
    """N-Quads with lines lost or their objects exchanged give one of our errors, or a Report that can be written."""
    lines = nquads(sample("key_objects")).splitlines()
    for first, second in swaps:
        one, other = first % len(lines), second % len(lines)
        if one == other:
            lines[one] = "# lost"
            continue
        left, right = (lines[i].split(" ", 2) for i in (one, other))
        if len(left) == len(right) == 3:
            lines[one] = " ".join((*left[:2], right[2]))
    try:
        found = list(reports_from_rdf("\n".join(lines).encode()))
    except SrError:
        return
    for report in found:
        try:
            read(to_dicom(report))
        except SrError:
            continue


@pytest.mark.parametrize("name", [name for name, _ in seeds()])
def test_fuzz_seeds_are_good(name: str) -> None:
    """Every file that is mutated reads and survives as it is."""
    assert check(dict(seeds())[name]) is not None
    assert json.dumps(name)
