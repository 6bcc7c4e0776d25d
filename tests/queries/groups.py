"""Measurement groups (PS3.16 TID 1410, 1411, 1501): what the tests of lesions and of features look at."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from tests.queries.walk import CONTAINS, MODIFIED, OBSERVED, Node, Tree, Trees, dcm, iso_date, sct, uid

GROUP, FINDING, TRACKING_UID = dcm("125007"), dcm("121071"), dcm("112040")
SITE, LATERALITY, DERIVATION = sct("363698007"), sct("272741003"), dcm("121401")


class Measured(NamedTuple):
    """A number in a measurement group."""

    group: Node
    item: Node
    number: Decimal

    @property
    def tree(self) -> Tree:
        return self.item.tree

    @property
    def lesion(self) -> str | None:
        return lesion_of(self.group)

    @property
    def study_date(self) -> str | None:
        return iso_date(self.tree.report.study.date)

    @property
    def derivation(self) -> str | None:
        return self.item.coded(DERIVATION, MODIFIED)

    @property
    def site(self) -> Node | None:
        """Where it was measured: its own site, else that of the nearest container above (PS3.16 TID 300, 5202)."""
        item: Node | None = self.item
        while item and not site_of(item):
            item = next(iter(item.of(CONTAINS)), None)
        return site_of(item) if item else None

    def converted(self, units: dict[str, Decimal]) -> Decimal:
        return self.number * units[self.item.unit or ""]


def lesion_of(group: Node) -> str | None:
    """The tracking UID of a group."""
    tracked = group.one(OBSERVED, TRACKING_UID)
    return uid(tracked.value.uid) if tracked else None


def site_of(item: Node) -> Node | None:
    return item.one(MODIFIED, SITE)


def side_of(site: Node | None) -> str | None:
    return site.coded(LATERALITY, MODIFIED) if site else None


def measured(trees: Trees, *names: str) -> Iterator[Measured]:
    """The numbers of those names in measurement groups, all of them if there are no names."""
    for tree in trees:
        for group in tree.named(GROUP):
            for item in group.to(CONTAINS):
                if item.number is not None and (not names or item.name in names):
                    yield Measured(group, item, item.number)
