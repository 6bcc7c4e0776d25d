"""A SOP Instance UID names one report only."""

import pytest

from sr2graph.batch.known import known
from sr2graph.batch.outcome import Outcome, Piece, State


def outcome(file: str, uid: str = "1.2", digest: bytes = b"a") -> Outcome:
    return Outcome(
        file=file,
        state=State.CONVERTED,
        sop_instance_uid=uid,
        quads=7,
        digest=digest,
        piece=Piece("shard", 0, 1),
    )


@pytest.mark.parametrize(("strict", "state"), [(False, State.SKIPPED), (True, State.FAILED)])
def test_the_first_is_kept_and_another_told_of(strict: bool, state: State) -> None:
    with known(strict=strict) as seen:
        first = outcome("a")
        assert seen.settled(first) is first
        assert seen.settled(outcome("z", uid="1.3")).state is State.CONVERTED
        same = seen.settled(outcome("b"))
        other = seen.settled(outcome("c", digest=b"b"))
    assert (same.state, same.reason, same.quads, same.piece) == (State.SKIPPED, "the same report as a", 0, None)
    assert (other.state, other.quads, other.piece, other.conflict) == (state, 0, None, True)
    assert other.reason.startswith("same SOP Instance UID, other content than a")


def test_what_was_not_converted_is_let_through() -> None:
    with known() as seen:
        skipped = Outcome(file="a", state=State.SKIPPED)
        assert [seen.settled(skipped) for _ in range(2)] == [skipped, skipped]


def test_names_and_uids_may_be_odd() -> None:
    with known() as seen:
        assert seen.settled(outcome("\udcff", uid="\udc80\0")).state is State.CONVERTED
        assert seen.settled(outcome("b", uid="\udc80\0")).reason == "the same report as \udcff"
