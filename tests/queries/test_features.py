"""Known answers of the queries about algorithms and features."""

from __future__ import annotations

from collections.abc import Iterator

from tests.queries.conftest import Check
from tests.queries.groups import Measured, measured, site_of
from tests.queries.walk import CONTAINS, MODIFIED, Node, Row, Trees, dcm, grouped, largest, mean, uid

ALGORITHM, VERSION = dcm("111001"), dcm("111003")


def computed(trees: Trees) -> Iterator[tuple[Node, Measured]]:
    """What says the algorithm, and each number in measurement groups below it."""
    for tree in trees:
        for called in tree.named(ALGORITHM):
            for holder in called.of(MODIFIED):
                inside = {node.iri for node in holder.down(CONTAINS)}
                yield from ((holder, found) for found in measured((tree,)) if found.item.iri in inside)


def test_algorithm_values(check: Check, trees: Trees) -> None:
    def segments(group: Node) -> Iterator[tuple[str | None, int | None]]:
        for mask in group.to(CONTAINS, dcm("121191")):
            yield from ((uid(mask.value.sop_instance_uid), number) for number in mask.value.segments or (None,))

    check(
        "algorithm-values",
        (
            {
                "report": found.tree.iri,
                "algorithm": holder.said(ALGORITHM, MODIFIED),
                "version": holder.said(VERSION, MODIFIED),
                "lesion": found.lesion,
                "segmentation": segmentation,
                "segment": segment,
                "quantity": found.item.name,
                "quantityName": found.tree.label(found.item.name),
                "value": found.number,
                "unit": found.item.unit,
                "item": found.item.iri,
            }
            for holder, found in computed(trees)
            for segmentation, segment in list(segments(found.group)) or [(None, None)]
        ),
    )


def statistics(rows: list[Measured]) -> Row:
    numbers = [found.number for found in rows]
    return {"values": len(numbers), "mean": mean(numbers), "lowest": min(numbers), "highest": max(numbers)}


def test_feature_by_algorithm_version(check: Check, trees: Trees) -> None:
    def key(row: tuple[Node, Measured]) -> tuple[str | None, ...]:
        holder, found = row
        site = site_of(found.group)
        assert site
        named = holder.said(ALGORITHM, MODIFIED), holder.said(VERSION, MODIFIED)
        return (found.item.name, site.code, found.item.unit, *named)

    rows = ((holder, found) for holder, found in computed(trees) if site_of(found.group) and not found.derivation)
    check(
        "feature-by-algorithm-version",
        (
            {
                "quantity": quantity,
                "quantityName": largest(found.tree.label(quantity) for _, found in values),
                "site": site,
                "unit": unit,
                "algorithm": algorithm,
                "version": version,
                **statistics([found for _, found in values]),
            }
            for (quantity, site, unit, algorithm, version), values in grouped(rows, key).items()
        ),
    )


def test_feature_distribution(check: Check, trees: Trees) -> None:
    def key(row: tuple[Measured, Node]) -> tuple[str | None, ...]:
        found, site = row
        device = found.tree.device
        return (found.item.name, found.derivation, site.code, device["manufacturer"], device["model"], found.item.unit)

    rows = ((found, site) for found in measured(trees) if (site := found.site))
    check(
        "feature-distribution",
        (
            {
                "quantity": quantity,
                "quantityName": largest(found.tree.label(quantity) for found, _ in values),
                "derivation": derivation,
                "site": site,
                "siteName": largest(found.tree.label(site) for found, _ in values),
                "manufacturer": manufacturer,
                "model": model,
                "unit": unit,
                **statistics([found for found, _ in values]),
            }
            for (quantity, derivation, site, manufacturer, model, unit), values in grouped(rows, key).items()
        ),
    )
