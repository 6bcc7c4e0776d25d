"""No two documents share a key."""

from hypothesis import given
from hypothesis import strategies as st

from sr2graph.corpus.keys import Ranges, chunk_start, code_key, random_start


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 9))))
def test_a_range_is_taken_once(wanted: list[tuple[int, int]]) -> None:
    ranges, taken = Ranges(), set[int]()
    for start, length in wanted:
        keys = set(range(start, start + length + 1))
        is_free = not keys & taken
        assert ranges.take(start, start + length) is is_free
        if is_free:
            taken |= keys


def test_keys_stay_within_64_bits() -> None:
    """Also the last one of a run as long as anybody could wait for."""
    start = chunk_start(random_start(), 2**28)
    assert 2**31 <= start < 2**62
    assert random_start() != random_start()


def test_the_order_of_cells_does_not_matter_to_a_code() -> None:
    cells = [("concept", "urn:x"), ("label", "x"), ("notation", "1")]
    assert code_key(cells) == code_key(reversed(cells)) != code_key(cells[:2])
    assert 0 <= code_key(cells) < 2**63
