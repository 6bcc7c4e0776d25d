"""What observations of a family must be told, in reports grown from its templates; where they are grouped."""

from functools import cache

import pytest

from sr2graph.samples.templated import instance
from sr2graph.templates.expansion import ExpandedRow
from sr2graph.templates.matching import matched
from sr2graph.templates.observations import Observation, observations

FAMILIES = (
    # root, rows of the observations, row of their group, what is told
    ("4300", "1419/5", "1411/1", "finding_sites tracking_identifier"),
    ("2000", "2002/1", "", "section"),
    ("3001", "3105/4", "3105/1", "tracking_identifier finding_sites"),
    ("3001", "3100/4", "3100/1", "tracking_identifier"),
    ("3001", "3108/7", "3108/1", "finding_sites"),
    ("3202", "3206/3", "", "finding_sites images"),
    ("3213", "3205/6", "3205/1", "finding_sites"),
    ("3213", "300/1", "3214/1", "finding_sites regions images"),
    ("3250", "300/1", "3252/1", "tracking_identifier"),
    ("3500", "300/1", "3504/1", "finding_sites"),
    ("3700", "3714/5", "3714/1", "group_modifiers"),
    ("3750", "3751/1", "3750/9", "regions|images"),
    ("3750", "3752/1", "3750/9", "regions|images"),
    ("3900", "3907/7", "", "finding_sites"),
    ("4000", "4005/1", "4004/1", "finding rendering_intent"),
    ("4000", "4006/22", "4006/1", "finding rendering_intent"),
    ("4000", "4017/1", "", "images|source_series|regions"),
    ("4100", "4105/13", "4104/1", "finding rendering_intent"),
    ("4100", "4103/1", "4102/1", "finding rendering_intent"),
    ("4120", "4126/1", "4125/1", "finding rendering_intent"),
    ("4120", "4122/7", "4122/1", ""),
    ("4200", "4206/4", "", "finding"),
    ("4200", "4207/6", "4207/5", ""),
    ("4300", "300/1", "4304/1", "tracking_identifier tracking_uid finding finding_sites"),
    ("5000", "5008/3", "5008/1", ""),
    ("5100", "300/1", "5104/1", "finding_sites laterality"),
    ("5200", "300/1", "5202/3", "finding_sites"),
    ("5200", "5204/13", "5204/10", "finding_sites"),
    ("5300", "5302/1", "", "finding_sites modifiers"),
    ("7000", "7000/26", "7000/20", ""),
    ("10001", "10003/7", "10003/1", "target_region"),
    ("10001", "10005/1", "10002/1", "laterality group_modifiers"),
    ("10011", "10013/22", "10013/1", "target_region"),
    ("10011", "10013/17", "10013/14", "target_region"),
    ("10021", "10023/6", "10023/1", "finding_sites"),
    ("10030", "10031/10", "10031/6", "finding_sites"),
    ("10040", "10042/28", "10042/1", ""),
    ("11001", "11004/5", "11004/1", ""),
    ("11020", "11003/3", "11003/1", ""),
)

CONTEXTS = (
    # root, row of the observations, what their context is told
    ("4300", "1419/5", "observers"),
    ("2000", "2002/1", "language"),
    ("3202", "3206/3", "observers"),
    ("3213", "300/1", "observers"),
    ("3303", "3304/2", "acquisition"),
    ("3500", "300/1", "acquisition observers"),
    ("3910", "3910/7", "started ended"),
    ("4000", "4017/1", "observers language"),
    ("4100", "4103/1", "observers"),
    ("4106", "4106/4", "other"),
    ("5000", "5008/3", "subject"),
    ("5200", "5204/13", "procedure"),
    ("10001", "10003/7", "irradiation_event started procedure observers other"),
    ("10011", "10013/22", "irradiation_event observers"),
    ("10012", "10012/2", "started ended"),
    ("10021", "10022/11", "administration_event started participants procedure"),
    ("10040", "10042/28", "irradiation_event started ended"),
    ("11020", "11003/3", "observers"),
)
ROOTS = {"3303": "3300", "3910": "3900", "4106": "4100", "10012": "10011"}
"""Templates that are no roots ↔ a root that includes them."""


SEEDS = 16
"""Instances that are searched for a row before it counts as missing."""

Rows = dict[int, ExpandedRow | None]


@cache
def grown(tid: str, seed: int) -> tuple[list[Observation], Rows]:
    """Observations of an instance, and the rows of its items."""
    matching = matched(instance(tid, seed, (0.8, 0.5, 0.3)[seed % 3]))
    rows = {id(item): row for item, row in zip(matching.items, matching.rows, strict=True)}
    return [each for each in observations(matching) if each.role is None], rows


def name(row: ExpandedRow | None) -> str:
    return f"{row.tid}/{row.row.row}" if row is not None else ""


def some(tid: str, row: str, group: str = "") -> list[Observation]:
    """Observations of a row, those of the first instance that has any."""
    for seed in range(1, SEEDS):
        observed, rows = grown(tid, seed)
        here = [each for each in observed if name(each.row) == row and group in ("", name(rows.get(id(each.group))))]
        if here:
            return here
    pytest.fail(f"no instance of TID {tid} has row {row}")


@pytest.mark.parametrize(("tid", "row", "group", "told"), FAMILIES)
def test_what_a_group_tells(tid: str, row: str, group: str, told: str) -> None:
    for each in some(tid, row, group):
        for names in told.split():
            assert any(getattr(each, field) for field in names.split("|")), (names, each.item.position)


@pytest.mark.parametrize(("tid", "row", "told"), CONTEXTS)
def test_what_the_context_tells(tid: str, row: str, told: str) -> None:
    for each in some(ROOTS.get(tid, tid), row):
        for field in told.split():
            assert getattr(each.context, field), (field, each.item.position)
