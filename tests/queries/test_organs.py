"""Known answers of the cardiac, obstetric and breast queries."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from tests.queries.conftest import Check
from tests.queries.walk import (
    ACQUIRED,
    CONTAINS,
    MODIFIED,
    OBSERVED,
    PROPERTIES,
    SELECTED,
    Node,
    Tree,
    Trees,
    dcm,
    grouped,
    largest,
    loinc,
    mean,
    sct,
    ucum,
)

FRACTIONS = (loinc("18043-0"), loinc("10230-1"), loinc("79991-6"), sct("70822001"))
BIOMETRY = tuple(map(loinc, ("11820-8", "11984-2", "11979-2", "11963-6", "11957-8")))
CAD_FINDING = dcm("111059")
FETUS_SUMMARY, AGE, RANK = dcm("125008"), loinc("18185-9"), loinc("11767-1")


def numbers(trees: Trees, *names: str) -> Iterator[tuple[Node, Decimal]]:
    for tree in trees:
        yield from ((node, node.number) for node in tree.named(*names) if node.number is not None)


def floor(value: Decimal, step: int) -> int:
    """The lower bound of the class that a value is in."""
    return int(value // step) * step


def patients(nodes: list[Node]) -> int:
    return len({node.tree.patient for node in nodes})


# ---------------------------------------------------------------- heart


def fractions(trees: Trees) -> Iterator[tuple[Node, Decimal]]:
    return ((node, value) for node, value in numbers(trees, *FRACTIONS) if node.unit == ucum("%25"))


def test_ejection_fraction_distribution(check: Check, trees: Trees) -> None:
    classes = grouped(fractions(trees), lambda row: (row[0].tree.report.patient.sex, floor(row[1], 5)), lambda r: r[0])
    check(
        "ejection-fraction-distribution",
        (
            {"sex": sex, "class": low, "measurements": len(nodes), "patients": patients(nodes)}
            for (sex, low), nodes in classes.items()
        ),
    )


def test_reduced_ejection_fraction(check: Check, trees: Trees) -> None:
    check(
        "reduced-ejection-fraction",
        (
            {
                "patient": node.tree.patient,
                "date": node.tree.date,
                "value": value,
                "limit": 40,
                "report": node.tree.iri,
                "item": node.iri,
            }
            for node, value in fractions(trees)
            if value < 40
        ),
    )


def test_left_atrial_volume_distribution(check: Check, trees: Trees) -> None:
    volumes = numbers(trees, sct("399235004"), loinc("79984-1"))
    classes = grouped(
        volumes, lambda row: (row[0].name, row[0].unit, row[0].tree.report.patient.sex, floor(row[1], 10))
    )
    check(
        "left-atrial-volume-distribution",
        (
            {
                "quantity": quantity,
                "quantityName": largest(node.tree.label(quantity) for node, _ in rows),
                "unit": unit,
                "sex": sex,
                "class": low,
                "measurements": len(rows),
            }
            for (quantity, unit, sex, low), rows in classes.items()
        ),
    )


def test_wall_motion(check: Check, trees: Trees) -> None:
    moved = (
        (segment, motion)
        for tree in trees
        for segment in tree.named(loinc("18179-2"))
        for motion in segment.to(PROPERTIES, sct("60797005"))
    )
    check(
        "wall-motion",
        (
            {
                "segment": segment,
                "segmentName": largest(node.tree.label(segment) for node, _ in rows),
                "motion": motion,
                "motionName": largest(node.tree.label(motion) for node, _ in rows),
                "observations": len(rows),
                "patients": patients([node for node, _ in rows]),
            }
            for (segment, motion), rows in grouped(moved, lambda row: (row[0].code, row[1].code)).items()
        ),
    )


# ---------------------------------------------------------------- pregnancy


def dated(tree: Tree) -> Decimal | None:
    """The gestational age in days, as the summary of any fetus says."""
    ages = [summary.measured(AGE, ucum("d")) for summary in tree.named(FETUS_SUMMARY)]
    return max((age for age in ages if age is not None), default=None)


def counted(trees: Trees) -> Iterator[tuple[Node, Decimal]]:
    """The measurements of fetuses in mm: where the report chose one of several tries, only that one."""
    for node, value in numbers(trees, *BIOMETRY):
        for group in node.of(CONTAINS, dcm("125005")):
            chosen = [each for each in group.to(CONTAINS, node.name) if each.to(PROPERTIES, dcm("121404"))]
            if not chosen or chosen == [node]:
                yield node, value * (10 if node.unit == ucum("cm") else 1)


def test_fetal_biometry_by_age(check: Check, trees: Trees) -> None:
    aged = ((node, value, age) for node, value in counted(trees) if (age := dated(node.tree)) is not None)
    check(
        "fetal-biometry-by-age",
        (
            {
                "quantity": quantity,
                "quantityName": largest(node.tree.label(quantity) for node, _, _ in rows),
                "week": week,
                "measurements": len(rows),
                "mean": mean(value for _, value, _ in rows),
                "lowest": min(value for _, value, _ in rows),
                "highest": max(value for _, value, _ in rows),
            }
            for (quantity, week), rows in grouped(aged, lambda row: (row[0].name, int(row[2] // 7))).items()
        ),
    )


def test_small_fetuses(check: Check, trees: Trees) -> None:
    ranked = (
        (node, rank, summary) for node, rank in numbers(trees, RANK) for summary in node.of(CONTAINS, FETUS_SUMMARY)
    )
    check(
        "small-fetuses",
        (
            {
                "patient": node.tree.patient,
                "date": node.tree.date,
                "fetus": summary.said(loinc("11951-1"), OBSERVED),
                "days": summary.measured(AGE),
                "weight": summary.measured(loinc("11727-5")),
                "rank": rank,
                "percentile": 30,
                "report": node.tree.iri,
            }
            for node, rank, summary in ranked
            if rank < 30
        ),
        percentile="30",
    )


# ---------------------------------------------------------------- breast


def sides(finding: Node) -> set[str | None]:
    """The sides of the images that a finding was marked on."""
    return {image.coded(dcm("111027"), ACQUIRED) for region in finding.to(PROPERTIES) for image in region.to(SELECTED)}


def test_breast_findings_by_side(check: Check, trees: Trees) -> None:
    found = ((node, side) for tree in trees for node in tree.named(CAD_FINDING) for side in sides(node) if side)
    check(
        "breast-findings-by-side",
        (
            {
                "finding": finding,
                "findingName": largest(node.tree.label(finding) for node in nodes),
                "side": side,
                "sideName": largest(node.tree.label(side) for node in nodes),
                "findings": len(nodes),
                "patients": patients(nodes),
            }
            for (finding, side), nodes in grouped(found, lambda row: (row[0].code, row[1]), lambda row: row[0]).items()
        ),
    )


def test_breast_findings(check: Check, trees: Trees) -> None:
    def percent(node: Node, name: str) -> Decimal | None:
        found = node.one(PROPERTIES, name)
        return found.number if found else None

    check(
        "breast-findings",
        (
            {
                "report": node.tree.iri,
                "patient": node.tree.patient,
                "date": node.tree.date,
                "finding": node.code,
                "findingName": node.tree.label(node.code),
                "algorithm": node.said(dcm("111001"), PROPERTIES),
                "version": node.said(dcm("111003"), PROPERTIES),
                "certainty": percent(node, dcm("111012")),
                "probability": percent(node, dcm("111047")),
                "item": node.iri,
            }
            for tree in trees
            for node in tree.named(CAD_FINDING)
        ),
    )


def test_breast_assessments(check: Check, trees: Trees) -> None:
    check(
        "breast-assessments",
        (
            {
                "patient": node.tree.patient,
                "date": node.tree.date,
                "assessment": node.code,
                "assessmentName": node.tree.label(node.code),
                "report": node.tree.iri,
                "item": node.iri,
            }
            for tree in trees
            for node in tree.named(dcm("111005"))
        ),
    )


def test_glandular_doses(check: Check, trees: Trees) -> None:
    def side(event: Node) -> str | None:
        region = event.one(CONTAINS, dcm("123014"))
        return region.meant(sct("272741003"), MODIFIED) if region else None

    doses = ((node, dose) for node, dose in numbers(trees, dcm("111631")) if node.unit == ucum("mGy"))
    check(
        "glandular-doses",
        (
            {
                "report": event.tree.iri,
                "date": event.tree.date,
                "patient": event.tree.patient,
                **event.tree.device,
                "view": event.meant(dcm("111031")),
                "side": side(event),
                "dose": dose,
                "thickness": event.measured(dcm("111633"), ucum("mm")),
                "event": event.iri,
            }
            for node, dose in doses
            for event in node.of(CONTAINS)
        ),
    )
