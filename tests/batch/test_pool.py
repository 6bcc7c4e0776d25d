"""Workers that finish out of order, fail, and die."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sr2graph.batch import pool
from sr2graph.batch.pool import Chunk, run
from sr2graph.errors import WriteError

Mark = Callable[[int], None]


def chunks(count: int, size: int = 3) -> Iterator[Chunk[int]]:
    return (Chunk(n, tuple(range(n * size, (n + 1) * size))) for n in range(count))


def squares(chunk: Chunk[int], _: Mark) -> list[int]:
    # The first chunks are the slow ones.
    time.sleep(0.02 / (chunk.number + 1))
    return [n * n for n in chunk.inputs]


def fails(chunk: Chunk[int], _: Mark) -> list[int]:
    if chunk.number == 2:
        raise WriteError("the disk is full")
    return list(chunk.inputs)


def stumbles(chunk: Chunk[int], _: Mark) -> list[int]:
    return [1 // (n - 4) for n in chunk.inputs]


def dies(chunk: Chunk[int], mark: Mark) -> list[object]:
    """Die over 4 by exit, over 7 by a signal."""
    found: list[object] = []
    for index, n in enumerate(chunk.inputs):
        if index in chunk.lost:
            found.append(chunk.lost[index])
            continue
        mark(index)
        if n == 4:
            os._exit(3)
        if n == 7:
            os.kill(os.getpid(), signal.SIGKILL)
        found.append(n)
    return found


def dies_at_once(chunk: Chunk[int], _: Mark) -> list[object]:
    if len(chunk.lost) < len(chunk.inputs):
        os._exit(1)
    return list(chunk.lost.values())


def sleeps(chunk: Chunk[Path], _: Mark) -> list[int]:
    chunk.inputs[0].write_text(str(os.getpid()))
    time.sleep(60)
    return []


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_results_come_in_order(jobs: int) -> None:
    assert [n for result in run(squares, chunks(12), jobs) for n in result] == [n * n for n in range(36)]


def test_no_work_starts_no_worker() -> None:
    assert list(run(squares, chunks(0), 2)) == []


def test_only_so_much_is_begun_ahead() -> None:
    """Memory and disk stay bounded however long the list: the slowest chunk holds back the rest."""
    begun = 0

    def counted() -> Iterator[Chunk[int]]:
        nonlocal begun
        for chunk in chunks(100):
            begun += 1
            yield chunk

    results = run(squares, counted(), 2)
    next(results)
    assert begun <= 2 * pool._AHEAD + 2
    results.close()


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_error_of_ours_ends_the_run(jobs: int) -> None:
    with pytest.raises(WriteError, match="disk is full"):
        list(run(fails, chunks(5), jobs))


def test_a_foreign_error_ends_the_run_without_its_message() -> None:
    with pytest.raises(Exception, match=r"^internal error: ZeroDivisionError in a worker process$"):
        list(run(stumbles, chunks(5), 2))


def test_a_dead_worker_costs_one_input_only() -> None:
    found = [n for result in run(dies, chunks(4), 2) for n in result]
    assert [n for n in found if isinstance(n, int)] == [0, 1, 2, 3, 5, 6, 8, 9, 10, 11]
    assert "exit status 3" in str(found[4])
    assert "SIGKILL" in str(found[7])


def test_a_worker_that_dies_over_nothing_is_given_up_on() -> None:
    found = [text for result in run(dies_at_once, chunks(2), 2) for text in result]
    assert len(found) == 6
    assert all("died near this input" in str(text) for text in found)


def answers_at_length(chunk: Chunk[Path], _: Mark) -> bytes:
    (chunk.inputs[0] / str(os.getpid())).touch()
    return bytes(10**7)


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_workers_end_with_their_parent(tmp_path: Path) -> None:
    """Also when it is killed, whether they wait for work or for somebody to take what they did."""
    parent = os.fork()
    if parent == 0:
        results = run(answers_at_length, (Chunk(n, (tmp_path,)) for n in range(100)), 3)
        next(results)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(parent, 0)
    workers = [int(path.name) for path in tmp_path.iterdir()]
    assert workers
    until = time.monotonic() + 20
    while any(map(is_alive, workers)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(map(is_alive, workers))


def test_closing_kills_the_workers(tmp_path: Path) -> None:
    files = [tmp_path / "0", tmp_path / "1"]
    results = pool._Pool(sleeps, 2)
    results._feed(iter([Chunk(n, (file,)) for n, file in enumerate(files)]))
    while not all(file.exists() and file.read_text() for file in files):
        time.sleep(0.01)
    results.stop()
    for file in files:
        with pytest.raises(ProcessLookupError):
            os.kill(int(file.read_text()), 0)
