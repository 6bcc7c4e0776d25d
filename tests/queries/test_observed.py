"""Known answers of the queries that ask for observations, and for the rows of templates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from sr2graph.corpus.named import named_query
from sr2graph.dicom.concept import CodedConcept
from sr2graph.samples.build import container, num, positioned, properties
from tests.queries.conftest import Check, assert_same
from tests.queries.engines import ENGINES
from tests.queries.groups import FINDING, GROUP, SITE, Measured, measured, side_of, site_of
from tests.queries.test_dose import moment
from tests.queries.walk import (
    CONTAINS,
    MODIFIED,
    OBSERVED,
    Node,
    Row,
    Trees,
    dcm,
    grouped,
    largest,
    loinc,
    sct,
    ucum,
)

PERSON, DEVICE, DEVICE_UID, ALGORITHM, VERSION = map(dcm, ("121008", "121013", "121012", "111001", "111003"))
OBSERVER_TYPE, ORGANIZATION, ROLE = map(dcm, ("121005", "121009", "121011"))
LONG, LUNG = sct("103339001"), sct("39607008")
CANONICAL = {
    "mm": ("m", "0.001"),
    "MM": ("m", "0.001"),
    "cm": ("m", "0.01"),
    "mm2": ("m2", "0.000001"),
    "sqmm": ("m2", "0.000001"),
    "mm3": ("m3", "0.000000001"),
    "cm3": ("m3", "0.000001"),
    "g%2Fml%7BSUVbw%7D": ("g.m-3", "1000000"),
    "s": ("s", "1"),
    "%25": ("1", "0.01"),
    "1": ("1", "1"),
    "mGy": ("m2.s-2", "0.001"),
    "Gy": ("m2.s-2", "1"),
    "mGy.cm": ("m3.s-2", "0.00001"),
    "Gy.m2": ("m4.s-2", "1"),
}
"""Unit ↔ the product of base units that it is a multiple of, and which multiple."""
NO_CANONICAL = {ucum("%5Bhnsf%27U%5D"), ucum("HU")}
"""Hounsfield units are on a scale of their own."""


def canonical(item: Node) -> Row:
    """The columns of the canonical value."""
    if item.unit in NO_CANONICAL:
        return {"canonical": None, "canonicalUnit": None}
    unit, factor = {ucum(code): row for code, row in CANONICAL.items()}[item.unit or ""]
    return {"canonical": (item.number or 0) * Decimal(factor), "canonicalUnit": ucum(unit)}


def above(item: Node) -> Iterator[Node]:
    """The item and what it is part of, nearest first."""
    for length in range(len(item.item.position), 0, -1):
        yield item.tree.nodes[item.item.position[:length]]


def observers(item: Node) -> tuple[str | None, str | None]:
    """The person and the device that the nearest container names: its observers replace those of the report."""
    for holder in above(item):
        people, devices = holder.to(OBSERVED, PERSON), holder.to(OBSERVED, DEVICE)
        if people or devices or holder.to(OBSERVED, DEVICE_UID):
            return next((who.value.person_name for who in people), None), next((it.text for it in devices), None)
    return None, None


def algorithm(item: Node) -> tuple[str | None, str | None]:
    """The algorithm that the nearest container names, and its version."""
    holder = next((each for each in above(item) if each.to(MODIFIED, ALGORITHM)), None)
    return (holder.said(ALGORITHM, MODIFIED), holder.said(VERSION, MODIFIED)) if holder else (None, None)


def test_lesion_timeline(check: Check, trees: Trees) -> None:
    def row(found: Measured) -> Row:
        item = found.item
        return {
            "lesion": found.lesion,
            "date": found.study_date,
            "report": item.tree.iri,
            "reader": observers(item)[0],
            "quantity": item.name,
            "quantityName": item.tree.label(item.name),
            "derivation": found.derivation,
            "value": found.number,
            "unit": item.unit,
            **canonical(item),
            "item": item.iri,
        }

    lesions = grouped(measured(trees), lambda found: found.lesion)
    tracked = next(found.lesion for found in measured(trees, LONG) if found.item.unit == ucum("MM"))
    check("lesion-timeline", map(row, lesions[tracked]), lesion=(tracked or "").strip("<>"))


def test_measurements_at_site(check: Check, trees: Trees) -> None:
    def finding(item: Node) -> str | None:
        """The coded finding that the item is below, or that stands beside it in its group; not one of a section."""
        codes = (
            each.code
            for holder in above(item)
            for each in (holder, *(holder.to(CONTAINS, FINDING) if holder.name == GROUP else ()))
            if each.name == FINDING and each.code
        )
        return next(codes, None)

    def rows() -> Iterator[Row]:
        for item in (node for tree in trees for node in tree.named(LONG) if node.number is not None):
            site = next((at for each in above(item) if (at := site_of(each))), None)
            if site and site.code == LUNG:
                yield {
                    "concept": LONG,
                    "site": LUNG,
                    "report": item.tree.iri,
                    "date": item.tree.date,
                    "patient": item.tree.patient,
                    "side": side_of(site),
                    "finding": finding(item),
                    "findingName": item.tree.label(finding(item)),
                    "value": item.number,
                    "unit": item.unit,
                    **canonical(item),
                    "item": item.iri,
                }

    check("measurements-at-site", rows(), concept="sct:103339001", site="sct:39607008")


def test_measurements_by_observer(check: Check, trees: Trees) -> None:
    found = grouped(
        (each.item for each in measured(trees)), lambda item: (*observers(item), *algorithm(item), item.name)
    )
    check(
        "measurements-by-observer",
        (
            {
                "person": person,
                "device": device,
                "algorithm": called,
                "version": version,
                "quantity": quantity,
                "quantityName": largest(item.tree.label(quantity) for item in items),
                "items": len(items),
                "reports": len({item.tree.iri for item in items}),
            }
            for (person, device, called, version, quantity), items in found.items()
        ),
    )


def test_dose_per_irradiation_event(check: Check, trees: Trees) -> None:
    def row(item: Node, event: Node) -> Row:
        region = event.one(CONTAINS, dcm("123014"))
        return {
            "patient": item.tree.patient,
            "event": f"<urn:oid:{event.to(CONTAINS, dcm('113769'))[0].value.uid}>",
            "started": next((moment(at.value.datetime) for at in event.to(CONTAINS, dcm("111526"))), None),
            "region": region.tree.label(region.code) if region else None,
            "quantity": item.name,
            "quantityName": item.tree.label(item.name),
            "value": item.number,
            "unit": item.unit,
            **canonical(item),
            "report": item.tree.iri,
            "item": item.iri,
        }

    doses = (
        node for tree in trees for node in tree.named(*map(dcm, ("113830", "113838", "122130", "113738", "111631")))
    )
    check(
        "dose-per-irradiation-event",
        (row(item, event) for item in doses for event in above(item) if event.to(CONTAINS, dcm("113769"))),
    )


# ---------------------------------------------------------------- normal ranges, which no report of the cohort gives

MM, CM, ML = (CodedConcept(code, "UCUM", code) for code in ("mm", "cm", "ml"))
AORTA, LENGTH = CodedConcept("18015-8", "LN", "Aortic Root Diameter"), CodedConcept("410668003", "SCT", "Length")
UPPER, LOWER = (
    CodedConcept(code, "SCT", f"Normal Range {which} Limit")
    for code, which in (("371933006", "Upper"), ("385524004", "Lower"))
)
MEASURED = (
    num(AORTA, "41", MM, properties(num(LOWER, "2.0", CM)), properties(num(UPPER, "4.0", CM))),
    num(AORTA, "40", MM, properties(num(LOWER, "2.0", CM)), properties(num(UPPER, "4.0", CM))),
    num(AORTA, "1.9", CM, properties(num(LOWER, "20", MM)), properties(num(UPPER, "40", MM))),
    num(AORTA, "9", CM, properties(num(UPPER, "4", ML))),
    num(LENGTH, "9", CM),
)
OUTSIDE = {1: ("41", "mm", "upper", "4.0", "cm"), 3: ("1.9", "cm", "lower", "20", "mm")}
"""The first and the third of them; a length is not outside of volumes."""


@pytest.mark.parametrize("engine", ENGINES)
def test_values_outside_normal_range(engine: str, trees: Trees, tmp_path: Path) -> None:
    tree = trees[0]
    report = replace(tree.report, root=positioned(container(CodedConcept("125200", "DCM", "Echo"), *MEASURED)))
    found = ENGINES[engine]([report], tmp_path / "made")(named_query("values-outside-normal-range").text, {})
    rows: list[Row] = [
        {
            "report": tree.iri,
            "date": tree.date,
            "patient": tree.patient,
            "quantity": loinc("18015-8"),
            "quantityName": "Aortic Root Diameter",
            "site": None,
            "value": Decimal(value),
            "unit": ucum(unit),
            "bound": bound,
            "limit": Decimal(limit),
            "limitUnit": ucum(limit_unit),
            "item": f"{tree.iri[:-1]}#1.{place}>",
        }
        for place, (value, unit, bound, limit, limit_unit) in OUTSIDE.items()
    ]
    assert_same(found, rows)


# ---------------------------------------------------------------- rows of templates

ACCUMULATED_DOSE = {
    dcm("113811"): "1",
    dcm("113812"): "2",
    dcm("113813"): "3",
    dcm("130745"): "3a",
    dcm("113835"): "3b",
    dcm("113814"): "4",
    dcm("121406"): "6",
    sct("370129005"): "7",
    dcm("113815"): "8",
}
"""Concept ↔ row of PS3.16 TID 10012, CT Accumulated Dose Data; 121406 is row 6 as the code that it is here."""


def test_template_rows(check: Check, trees: Trees) -> None:
    items = (
        node
        for tree in trees
        for node in tree.nodes.values()
        if any(each.name == dcm("113811") for each in above(node))
    )
    found = grouped(items, lambda node: (node.name, node.tree.report.equipment.manufacturer))
    check(
        "template-rows",
        (
            {
                "template": "10012",
                "row": f"10012 row {ACCUMULATED_DOSE[concept]}",
                "concept": concept,
                "conceptName": largest(node.tree.label(concept) for node in nodes),
                "manufacturer": manufacturer,
                "items": len(nodes),
                "reports": len({node.tree.iri for node in nodes}),
            }
            for (concept, manufacturer), nodes in found.items()
        ),
        template="10012",
    )


def test_unplaced_items(check: Check, trees: Trees) -> None:
    def unplaced() -> Iterator[Node]:
        """Readers named at a measurement group, which TID 1410, 1411 and 1501 have no row for; sites of sizes.

        The size of a finding in a CT report of TID 2000 is one of TID 1400, which is extensible and has no site.
        """
        for tree in trees:
            for group in tree.named(dcm("125007")):
                for name in (OBSERVER_TYPE, PERSON, ORGANIZATION, ROLE):
                    yield from group.to(OBSERVED, name)
            if tree.root.name in CT_REPORTS:
                for size in tree.named(LONG):
                    for site in size.to(MODIFIED, SITE):
                        yield from (site, *site.to(MODIFIED))

    def key(node: Node) -> tuple[str | None, ...]:
        device = node.tree.device
        return node.tree.root.name, device["manufacturer"], device["model"], node.name

    check(
        "unplaced-items",
        (
            {
                "title": title,
                "manufacturer": manufacturer,
                "model": model,
                "concept": concept,
                "conceptName": largest(node.tree.label(concept) for node in nodes),
                "items": len(nodes),
                "reports": len({node.tree.iri for node in nodes}),
            }
            for (title, manufacturer, model, concept), nodes in grouped(unplaced(), key).items()
        ),
    )


CT_REPORTS = {loinc("24627-2"), loinc("25045-6")}
"""Titles: CT of the chest, and CT."""
