"""Known answers of the queries about lesions and regions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import product

from sr2graph.graph.wkt import wkt
from tests.queries.conftest import Check
from tests.queries.groups import FINDING, Measured, lesion_of, measured, side_of, site_of
from tests.queries.walk import (
    CONTAINS,
    OBSERVED,
    SELECTED,
    Node,
    Row,
    Trees,
    dcm,
    grouped,
    ibsi,
    iso_date,
    largest,
    mean,
    sct,
    ucum,
    uid,
)

READER, TRACKING = dcm("121008"), dcm("112039")
LONG, SHORT, DIAMETER, AREA, VOLUME = map(sct, ("103339001", "103340004", "81827009", "42798000", "118565006"))
LENGTHS = {ucum("mm"): Decimal(1), ucum("MM"): Decimal(1), ucum("cm"): Decimal(10)}
AREAS = {ucum("mm2"): Decimal(1), ucum("sqmm"): Decimal(1), ucum("cm2"): Decimal(100)}
VOLUMES = {ucum("mm3"): Decimal(1), ucum("cm3"): Decimal(1000), ucum("ml"): Decimal(1000)}
"""In mm, mm2, mm3.  A device of the cohort writes MM and sqmm, which are no UCUM."""


def test_lesion_measurements(check: Check, trees: Trees) -> None:
    def row(found: Measured) -> Row:
        tree, group, site = found.tree, found.group, site_of(found.group)
        return {
            "report": tree.iri,
            "date": tree.date,
            "patient": tree.patient,
            "lesion": found.lesion,
            "identifier": group.said(TRACKING, OBSERVED),
            "finding": finding_of(group),
            "site": site.code if site else None,
            "siteName": tree.label(site.code) if site else None,
            "side": tree.label(side_of(site)),
            "quantity": found.item.name,
            "quantityName": tree.label(found.item.name),
            "value": found.number,
            "unit": found.item.unit,
            "item": found.item.iri,
        }

    sizes = (VOLUME, ibsi("YEKZ"), AREA, DIAMETER, LONG, SHORT, ibsi("L0JK"))
    check("lesion-measurements", map(row, measured(trees, *sizes)))


def finding_of(group: Node) -> str | None:
    """The meaning of the coded finding; a lesion that is gone has a finding in words."""
    coded = [item for item in group.to(CONTAINS, FINDING) if item.code]
    return group.tree.label(coded[0].code) if coded else None


def growth(trees: Trees, quantity: str, units: dict[str, Decimal]) -> Iterator[Row]:
    tracked = (
        found for found in measured(trees, quantity) if found.lesion and found.study_date and found.item.unit in units
    )
    for lesion, readings in grouped(tracked, lambda found: found.lesion).items():
        days = grouped(readings, lambda found: found.study_date, lambda found: found.converted(units))
        first = min(days)
        for day in days.keys() - {first}:
            value, baseline = mean(days[day]), mean(days[first])
            yield {
                "lesion": lesion,
                "quantity": quantity,
                "firstDate": first,
                "firstValue": baseline,
                "date": day,
                "value": value,
                "percentChange": 100 * (value - baseline) / baseline,
            }


def test_lesion_growth(check: Check, trees: Trees) -> None:
    check("lesion-growth", growth(trees, LONG, LENGTHS))
    check("lesion-growth", growth(trees, VOLUME, VOLUMES), quantity="sct:118565006")


def test_sum_of_diameters(check: Check, trees: Trees) -> None:
    axes = (
        found for found in measured(trees, LONG) if found.lesion and found.study_date and found.item.unit in LENGTHS
    )
    check(
        "sum-of-diameters",
        (
            {
                "patient": tree.patient,
                "date": iso_date(tree.report.study.date),
                "report": tree.iri,
                "lesions": len({found.lesion for found in rows}),
                "sum": sum(found.converted(LENGTHS) for found in rows),
            }
            for tree, rows in grouped(axes, lambda found: found.tree).items()
        ),
    )


def readers(found: Measured) -> list[str]:
    """Who read the group, else who read the report."""
    own = found.group.to(OBSERVED, READER)
    return [node.value.person_name for node in own or found.tree.root.to(OBSERVED, READER)]


def test_reader_disagreement(check: Check, trees: Trees) -> None:
    units = {**LENGTHS, **AREAS, **VOLUMES}
    sizes = [found for found in measured(trees, LONG, SHORT, DIAMETER, AREA, VOLUME) if found.item.unit in units]
    readings = ((found, reader) for found in sizes if found.lesion for reader in readers(found))
    expected = []
    for (lesion, study, quantity), rows in grouped(
        readings, lambda row: (row[0].lesion, row[0].tree.study, row[0].item.name)
    ).items():
        for (one, reader1), (two, reader2) in product(rows, rows):
            value1, value2 = one.converted(units), two.converted(units)
            if reader1 < reader2 and abs(value1 - value2) > Decimal("0.05") * (value1 + value2) / 2:
                expected.append(
                    {
                        "lesion": lesion,
                        "study": study,
                        "quantity": quantity,
                        "reader1": reader1,
                        "value1": value1,
                        "reader2": reader2,
                        "value2": value2,
                        "percent": 5,
                        "item1": one.item.iri,
                        "item2": two.item.iri,
                    }
                )
    check("reader-disagreement", expected)


def test_regions(check: Check, trees: Trees) -> None:
    def places(region: Node) -> Iterator[tuple[str | None, str | None]]:
        """Image and frame, one row for each frame; a row without where there is none."""
        for source in region.to(SELECTED):
            frames = source.value.frames or (None,)
            yield from ((uid(source.value.sop_instance_uid), frame) for frame in frames)

    def lesions(region: Node) -> Iterable[str | None]:
        return [lesion for group in region.of(CONTAINS) if (lesion := lesion_of(group))] or [None]

    regions = (node for tree in trees for node in tree.nodes.values() if getattr(node.value, "graphic_type", None))
    check(
        "regions",
        (
            {
                "report": region.tree.iri,
                "region": region.iri,
                "name": region.tree.label(region.name),
                "shape": region.value.graphic_type,
                "coordinates": wkt(region.value),
                "image": image,
                "frame": frame and int(frame),
                "frameOfReference": uid(getattr(region.value, "frame_of_reference_uid", None)),
                "lesion": lesion,
            }
            for region in regions
            for image, frame in list(places(region)) or [(None, None)]
            for lesion in lesions(region)
        ),
    )


def test_uptake(check: Check, trees: Trees) -> None:
    def row(found: Measured) -> Row:
        site = site_of(found.group)
        return {
            "report": found.tree.iri,
            "patient": found.tree.patient,
            "date": found.tree.date,
            "lesion": found.lesion,
            "siteName": found.tree.label(site.code) if site else None,
            "derivation": found.tree.label(found.derivation),
            "value": found.number,
            "item": found.item.iri,
        }

    check("uptake", map(row, measured(trees, dcm("126401"))))


def test_responses(check: Check, trees: Trees) -> None:
    answers = ((item, group) for tree in trees for item in tree.named(dcm("112022")) for group in item.of(CONTAINS))
    check(
        "responses",
        (
            {
                "patient": item.tree.patient,
                "date": item.tree.date,
                "report": item.tree.iri,
                "lesion": lesion_of(group),
                "response": item.code,
                "responseName": item.tree.label(item.code),
            }
            for item, group in answers
        ),
    )


def test_findings_by_site(check: Check, trees: Trees) -> None:
    rows = (
        (found, site, group)
        for tree in trees
        for found in tree.named(FINDING)
        for group in found.of(CONTAINS)
        if found.code and (site := site_of(group))
    )
    check(
        "findings-by-site",
        (
            {
                "finding": finding,
                "findingName": largest(found.tree.label(finding) for found, _, _ in values),
                "site": site,
                "siteName": largest(at.tree.label(site) for _, at, _ in values),
                "side": side,
                "patients": len({found.tree.patient for found, _, _ in values}),
                "groups": len({group.iri for _, _, group in values}),
            }
            for (finding, site, side), values in grouped(
                rows, lambda row: (row[0].code, row[1].code, side_of(row[1]))
            ).items()
        ),
    )


def test_missing_values(check: Check, trees: Trees) -> None:
    empty = (
        node
        for tree in trees
        for node in tree.nodes.values()
        if getattr(node.value, "qualifier", None) and node.number is None
    )
    check(
        "missing-values",
        (
            {
                "quantity": quantity,
                "quantityName": largest(node.tree.label(quantity) for node in nodes),
                "reason": reason,
                "reasonName": largest(node.tree.label(reason) for node in nodes),
                "items": len(nodes),
                "reports": len({node.tree.iri for node in nodes}),
            }
            for (quantity, reason), nodes in grouped(
                empty, lambda node: (node.name, node.tree.code(node.value.qualifier))
            ).items()
        ),
    )
