"""UIDs as file names."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from sr2graph.batch.safe_name import safe_name


def test_a_valid_uid_is_its_own_name() -> None:
    assert safe_name("1.2.840.10008.5.1.4.1.1.88.33") == "1.2.840.10008.5.1.4.1.1.88.33"


@given(st.text())
def test_no_uid_leaves_its_folder(uid: str) -> None:
    name = safe_name(uid)
    assert Path("/folder", f"{name}.dcm").resolve().parent == Path("/folder")
    assert name.isascii()
    assert not name.startswith(".")
    assert 0 < len(name) <= 160


@given(st.text(max_size=300), st.text(max_size=300))
def test_two_uids_have_two_names(one: str, other: str) -> None:
    assert (safe_name(one) == safe_name(other)) is (one == other)


def test_long_uids_are_told_apart() -> None:
    assert safe_name("1" * 200 + "2") != safe_name("1" * 200 + "3")
