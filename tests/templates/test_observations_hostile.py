"""What hostile trees may cost: work and memory grow with the number of items, and no tree is too deep."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ContentItem, Position
from sr2graph.dicom.header import Document
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import Code, ImageReference, ValueType
from sr2graph.templates import observations as walk
from sr2graph.templates.matching import matched
from sr2graph.templates.observations import Observation, observations, observations_of
from tests.strategies import reports
from tests.templates.trees import FROM, MOD, SELECTED, code, container, image, item, link, num, report, scoord

ACQUISITION = "HAS ACQ CONTEXT"
CONTEXT = "HAS OBS CONTEXT"
GROUP = "DCM:125007"


def wide(n: int) -> Report:
    """Regions and measurements of one group, each measurement pointing at some."""
    regions = [scoord("DCM:111030", "POINT", image(relationship=SELECTED)) for _ in range(n)]
    numbers = [num("99X:1", link(1, 1, 1), link(1, 1, n + 1 + (i + 1) % n)) for i in range(n)]
    return report(container("DCM:126000", container(GROUP, *regions, *numbers)))


def hub(n: int) -> Report:
    """One region of many images and one image of many descriptions, and many that point at both."""
    region = scoord("DCM:111030", "POINT", *[image(relationship=SELECTED) for _ in range(n)])
    entry = item("IMAGE", None, *[num(f"99X:{i}", relationship=ACQUISITION) for i in range(n)], value=ImageReference())
    numbers = [num("99X:1", link(1, 1, 1), link(1, 1, 2)) for _ in range(n)]
    return report(container("DCM:126000", container(GROUP, region, entry, *numbers)))


def fan(n: int) -> Report:
    """Regions that are selected from each other, many times over."""
    regions = [scoord(None, "POINT", *[link(1, 1 + i % n, relationship=SELECTED) for i in range(20)]) for _ in range(n)]
    return report(container("DCM:126000", *regions, *[num("99X:1", link(1, 1 + i)) for i in range(n)]))


def contexts(n: int) -> Report:
    """Much context outside, and a little in each of many containers."""
    outside = [item("CODE", f"99X:a{i}", relationship=ACQUISITION) for i in range(n)]
    inside = [container("99X:c", item("CODE", f"99X:b{i}", relationship=ACQUISITION), num("99X:1")) for i in range(n)]
    return report(container("DCM:126000", *outside, *inside))


def deep(n: int) -> Report:
    """Containers in containers, each with a context, a condition and a modifier of its own."""

    def at(position: Position, level: int, below: tuple[ContentItem, ...]) -> ContentItem:
        said = [(relation, f"{level}") for relation in (CONTEXT, ACQUISITION, MOD)]
        own = tuple(
            ContentItem((*position, len(below) + i), relation, "CODE", CodedConcept(name, f"99{i}"))
            for i, (relation, name) in enumerate(said, 1)
        )
        last = ContentItem((*position, len(below) + 4), "CONTAINS", "NUM", CodedConcept("1", "99X"))
        return ContentItem(position, "CONTAINS", "CONTAINER", CodedConcept("125007", "DCM"), None, (*below, *own, last))

    return nested(n, at)


def findings(n: int) -> Report:
    """Findings that are properties of findings."""

    def at(position: Position, level: int, below: tuple[ContentItem, ...]) -> ContentItem:
        value = Code(CodedConcept(f"{level}", "SCT"))
        return ContentItem(position, "HAS PROPERTIES", "CODE", CodedConcept("121071", "DCM"), value, below)

    return nested(n, at)


def sites(n: int) -> Report:
    """A site that modifies a site that modifies a site ..."""

    def at(position: Position, level: int, below: tuple[ContentItem, ...]) -> ContentItem:
        name = CodedConcept("363698007", "SCT")
        return ContentItem(position, MOD, "CODE", name, Code(CodedConcept(f"{level}", "SCT")), below)

    return nested(n, at)


def nested(n: int, at: Callable[[Position, int, tuple[ContentItem, ...]], ContentItem]) -> Report:
    """Items one within the other; made from the inside, for they may be deeper than calls can go."""
    below: tuple[ContentItem, ...] = ()
    for level in range(n, 0, -1):
        below = (at((1,) * (level + 1), level, below),)
    root = ContentItem((1,), None, "CONTAINER", CodedConcept("126000", "DCM"), None, below)
    return Report(document=Document(sop_instance_uid="1.2.3"), root=root)


SHAPES = [wide, hub, fan, contexts, deep, findings, sites]


class Counting(dict[Any, Any]):
    """What items are where they stand, and how often that was asked."""

    looks = 0

    def get(self, key: Any, default: Any = None) -> Any:
        self.looks += 1
        return super().get(key, default)


def effort(made: Report, monkeypatch: pytest.MonkeyPatch) -> tuple[int, list[Observation]]:
    """How often items were looked at, and what was found."""
    places = Counting()
    with monkeypatch.context() as patch:
        patch.setattr(walk, "_places", places)
        found = observations(matched(made))
    return places.looks, found


def size(found: list[Observation]) -> int:
    """How much is kept, shared objects once."""
    kept = {id(part): part for each in found for part in (each.properties, each.context)}
    lists = {id(value): value for part in kept.values() for value in part}
    return len(kept) + sum(len(value) for value in lists.values() if isinstance(value, tuple))


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_work_and_memory_are_linear(shape: Callable[[int], Report], monkeypatch: pytest.MonkeyPatch) -> None:
    few, many = shape(200), shape(800)
    (looks, found), (more_looks, more_found) = effort(few, monkeypatch), effort(many, monkeypatch)
    growth = sum(1 for _ in many.walk()) / sum(1 for _ in few.walk())
    assert more_looks <= 1.2 * growth * looks
    assert size(more_found) <= 1.2 * growth * size(found) + 100


def test_no_tree_is_too_deep() -> None:
    assert len(observations_of(deep(1_500))) == 1_500


@given(reports())
def test_any_report_has_observations_of_its_numbers(made: Report) -> None:
    numbers = {id(each) for each in made.walk() if each.value_type == ValueType.NUM}
    found = [id(each.item) for each in observations_of(made)]
    assert numbers <= set(found)
    assert len(set(found)) == len(found)


def test_a_report_without_a_tree_has_none() -> None:
    assert observations_of(replace(wide(1), root=None)) == []


def test_the_root_may_be_anything() -> None:
    number, source = observations_of(
        report(num("99X:1", code("SCT:363698007", "SCT:1"), num("99X:2", relationship=FROM)))
    )
    assert (number.item.position, source.item.position) == ((1,), (1, 2))
    assert [site.code for site in number.finding_sites] == ["1"]
