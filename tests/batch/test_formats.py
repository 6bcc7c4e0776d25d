"""Which notation is written."""

import pytest

from sr2graph.batch.formats import format_for, formats
from sr2graph.cli import FORMATS
from sr2graph.errors import WriteError


@pytest.mark.parametrize(
    ("name", "file", "expected"),
    [
        (None, None, "nquads"),
        (None, "corpus", "nquads"),
        (None, "corpus.nq", "nquads"),
        (None, "corpus.NQ.GZ", "nquads"),
        (None, "a.b/corpus.trig", "trig"),
        (None, "x.ttl", "turtle"),
        (None, "x.jsonld", "jsonld"),
        (None, "x.json.gz", "jsonld"),
        ("turtle", None, "turtle"),
        ("trig", "x.nq", "trig"),
        ("trig", "x.txt", "trig"),
    ],
)
def test_the_name_wins_over_the_suffix(name: str | None, file: str | None, expected: str) -> None:
    assert format_for(name, file).name == expected


def test_an_unknown_suffix_is_not_guessed() -> None:
    with pytest.raises(WriteError, match=r"--format, with one of nquads, trig, turtle, jsonld"):
        format_for(None, "x.rdf")


def test_the_command_line_offers_what_there_is() -> None:
    """It has its own list, so that --help does not import the serialisers."""
    assert list(FORMATS) == list(formats())
