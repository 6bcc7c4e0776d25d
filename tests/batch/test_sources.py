"""From paths to inputs."""

import os
import pickle
import socket
from pathlib import Path

import pytest

from sr2graph.batch.sources import Input, inputs
from sr2graph.dicom.limits import Limits
from sr2graph.errors import LimitError, NotDicomError, ReadError
from tests.inputs import dicom, encrypted, zipped


def names(found: list[Input], folder: Path) -> list[str]:
    return [entry.name.removeprefix(f"{folder}{os.sep}") for entry in found]


def test_a_folder_is_searched_to_the_bottom_in_the_order_of_names(tmp_path: Path) -> None:
    for name in ("b/2", "b/10", "a.dcm", "c", "b.dcm"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    assert names(list(inputs([str(tmp_path)])), tmp_path) == ["a.dcm", "b/10", "b/2", "b.dcm", "c"]


def test_a_loop_of_links_ends(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "file").write_bytes(b"x")
    (tmp_path / "a" / "up").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "z").symlink_to(tmp_path / "a", target_is_directory=True)
    assert names(list(inputs([str(tmp_path)])), tmp_path) == ["a/file"]


def test_a_link_to_a_folder_elsewhere_is_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "file").write_bytes(b"x")
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "link").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    assert names(list(inputs([str(tmp_path / "here")])), tmp_path) == ["here/link/file"]


def test_a_link_to_nowhere_is_an_input_with_a_problem(tmp_path: Path) -> None:
    (tmp_path / "gone").symlink_to(tmp_path / "nothing")
    (entry,) = inputs([str(tmp_path)])
    assert isinstance(entry.problem, ReadError)


def test_a_pipe_is_not_opened(tmp_path: Path) -> None:
    """Opening it would wait for somebody to write."""
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        found = list(inputs([str(tmp_path)]))
    assert [type(entry.problem) for entry in found] == [NotDicomError, NotDicomError]


@pytest.mark.skipif(os.geteuid() == 0, reason="root opens everything")
def test_a_closed_folder_is_an_input_with_a_problem(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0)
    (entry,) = inputs([str(tmp_path)])
    assert isinstance(entry.problem, ReadError)


def test_a_missing_file_is_an_input_with_a_problem(tmp_path: Path) -> None:
    (entry,) = inputs([str(tmp_path / "no")])
    assert isinstance(entry.problem, ReadError)
    assert "No such file" in str(entry.problem)


def test_what_another_run_keeps_aside_is_no_input(tmp_path: Path) -> None:
    (tmp_path / ".sr2graph-abc").mkdir()
    (tmp_path / ".sr2graph-abc" / "shard").write_bytes(b"x")
    assert list(inputs([str(tmp_path)])) == []


def test_a_list_names_files_folders_and_archives(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "x").write_bytes(b"x")
    (tmp_path / "a.zip").write_bytes(zipped({"m": b"x"}))
    lines = [f"{tmp_path}/folder\n".encode(), b"\n", f"{tmp_path}/a.zip\r\n".encode(), b"a\0b\n", b"\xff.dcm"]
    found = list(inputs(["-"], lines))
    assert names(found[:2], tmp_path) == ["folder/x", "a.zip!m"]
    assert [type(entry.problem) for entry in found[2:]] == [ReadError, ReadError]


def test_only_what_the_user_named_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "a.zip").write_bytes(zipped({"m": b"x"}))
    assert [entry.named for entry in inputs([str(tmp_path / "file"), str(tmp_path), str(tmp_path / "a.zip")])] == [
        True,
        False,
        False,
        False,
    ]


def test_inputs_travel_to_workers(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(encrypted(zipped({"m": b"x"})))
    (entry,) = inputs([str(tmp_path)])
    again = pickle.loads(pickle.dumps(entry))  # noqa: S301 # our own bytes
    assert (again.name, str(again.problem)) == (entry.name, str(entry.problem))


# ---------------------------------------------------------------- archives


def test_archives_are_known_by_their_content(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_bytes(zipped({"a/b.dcm": b"1", "c/": b"", "a/b.dcm2": b"22"}))
    (tmp_path / "not.zip").write_bytes(b"PK but no archive")
    found = list(inputs([str(tmp_path)]))
    assert names(found, tmp_path) == ["holiday.jpg!a/b.dcm", "holiday.jpg!a/b.dcm2", "not.zip"]
    assert [entry.member for entry in found] == [0, 2, None]


def test_a_preamble_that_looks_like_an_archive_is_a_preamble(tmp_path: Path) -> None:
    (tmp_path / "two-faced").write_bytes(b"PK\3\4".ljust(128, b"\0") + dicom()[128:])
    (entry,) = inputs([str(tmp_path)])
    assert entry.member is None


def test_a_damaged_archive_is_one_problem(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({"m": b"x" * 1000})[:60])
    (entry,) = inputs([str(tmp_path)])
    assert isinstance(entry.problem, ReadError)


def test_an_encrypted_member_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(encrypted(zipped({"m": b"x"})))
    (entry,) = inputs([str(tmp_path)])
    assert "encrypted" in str(entry.problem)


def test_a_member_over_the_limit_is_not_unpacked(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({"big": b"x" * 5000, "small": b"x"}))
    big, small = inputs([str(tmp_path)], limits=Limits(max_bytes=4000))
    assert isinstance(big.problem, LimitError)
    assert small.problem is None


def test_a_bomb_is_refused_as_a_whole(tmp_path: Path) -> None:
    """Many members, each within the limit."""
    (tmp_path / "bomb.zip").write_bytes(zipped({str(n): b"\0" * 2**24 for n in range(8)}))
    (entry,) = inputs([str(tmp_path)])
    assert isinstance(entry.problem, LimitError)
