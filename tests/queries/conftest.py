"""One cohort, the engines that answer about it, and how an answer is compared with a known one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

import pytest

from sr2graph.corpus.named import arguments, named_query
from sr2graph.samples import cohort
from tests.queries.engines import ENGINES, Answer, Ask, Cell
from tests.queries.walk import Row, Tree

PATIENTS, SEED = 40, 14

Check = Callable[..., None]
"""check(name of a query, expected rows, **parameters)."""


@pytest.fixture(scope="session")
def trees() -> tuple[Tree, ...]:
    """The reports of the cohort."""
    return tuple(map(Tree, cohort(PATIENTS, seed=SEED)))


@pytest.fixture(scope="session", params=ENGINES)
def ask(request: pytest.FixtureRequest, trees: tuple[Tree, ...], tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """Ask an engine: the text of a query and its parameters as terms."""
    return ENGINES[request.param]([tree.report for tree in trees], tmp_path_factory.mktemp(request.param))


@pytest.fixture
def check(ask: Ask) -> Check:
    """Ask a named query and compare with the rows that are known to be right, in any order."""

    def compare(name: str, expected: Iterable[Row], **given: str) -> None:
        query = named_query(name)
        assert_same(ask(query.text, arguments(query, given)), list(expected))

    return compare


def assert_same(found: Answer, expected: list[Row]) -> None:
    """The same variables, and the same rows as a multiset; numbers to nine digits."""
    assert expected, "a query that the cohort does not answer proves nothing"
    names = tuple(expected[0])
    assert sorted(found.variables) == sorted(names)
    order = [found.variables.index(name) for name in names]
    ours = sorted((tuple(row[n] for n in order) for row in found.rows), key=sorting)
    theirs = sorted((tuple(map(number, row.values())) for row in expected), key=sorting)
    assert len(ours) == len(theirs), f"{len(ours)} rows, known are {len(theirs)}; {first_stranger(ours, theirs)}"
    for our, their in zip(ours, theirs, strict=True):
        assert all(map(alike, our, their)), f"{names}\nfound {our}\nknown {their}"


def number(cell: Any) -> Cell:
    return Decimal(cell) if isinstance(cell, int | float) else cell


def sorting(row: tuple[Cell, ...]) -> tuple[list[str], list[float]]:
    """Texts first: numbers of two engines may differ in the last digit."""
    return [str(cell) for cell in row if not isinstance(cell, Decimal)], [
        float(c) for c in row if isinstance(c, Decimal)
    ]


def alike(one: Cell, other: Cell) -> bool:
    if isinstance(one, Decimal) and isinstance(other, Decimal):
        return float(one) == pytest.approx(float(other), rel=1e-9, abs=1e-12)
    return one == other


def first_stranger(ours: list[tuple[Cell, ...]], theirs: list[tuple[Cell, ...]]) -> str:
    """A row that only one side has, for the message."""
    known = [sorting(row)[0] for row in theirs]
    found = [sorting(row)[0] for row in ours]
    strange = next((row for row in ours if sorting(row)[0] not in known), None)
    missing = next((row for row in theirs if sorting(row)[0] not in found), None)
    return f"only found: {strange}; only known: {missing}"
