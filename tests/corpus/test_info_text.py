"""What a corpus holds, as text."""

import datetime

import pytest

from sr2graph.corpus.history import Version
from sr2graph.corpus.info import Count, Info
from sr2graph.corpus.info_text import MOST_ROWS, info_text, size

MANY = MOST_ROWS + 5


def info() -> Info:
    time = datetime.datetime(2024, 5, 31, 12, tzinfo=datetime.UTC)
    return Info(
        location="\x1b[2Jcorpus",
        version=MANY - 1,
        reports=1234,
        patients=3,
        items=1_000_000,
        files=7,
        bytes=15_300_000,
        bytes_of_history=0,
        kinds=(Count(("comprehensive",), 1234),),
        templates=tuple(Count((str(number),), number) for number in range(MANY, 0, -1)),
        devices=(Count(("Kestrel Systems", None), 1234),),
        rejects=(),
        versions=tuple(Version(n, time, "ingest", 1, 0, 0, 0, n, n > 0) for n in range(MANY)),
    )


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (999_940, "999.9 kB"),
        (999_960, "1.0 MB"),
        (2 * 10**15, "2000.0 TB"),
    ],
)
def test_sizes(number: int, text: str) -> None:
    assert size(number) == text


def test_the_heart_of_it_comes_first() -> None:
    assert list(info_text(info()))[:3] == [
        f"\\x1b[2Jcorpus, version {MANY - 1}\n",
        "1,234 reports of 3 patients, 1,000,000 content items\n",
        "15.3 MB in 7 files, 12.4 kB per report; 0 B that only earlier versions need\n",
    ]


def test_of_many_the_most_frequent_and_the_latest_are_shown() -> None:
    _, kinds, templates, devices, versions = "".join(info_text(info())).split("\n\n")
    assert kinds.splitlines()[2] == " 1,234  comprehensive"
    assert templates.splitlines()[2:] == [*(f"{n:6}  {n}" for n in range(MANY, 5, -1)), "... and 5 more"]
    assert devices.splitlines()[2] == " 1,234  Kestrel Systems, not said"
    assert [line.split()[0] for line in versions.splitlines()[2:-1]] == [str(n) for n in range(5, MANY)]
    assert versions.splitlines()[-1] == "... and 5 earlier ones"
