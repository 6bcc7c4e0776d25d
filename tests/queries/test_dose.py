"""Known answers of the queries about X-ray and radiopharmaceutical dose, and about all kinds of dose."""

from __future__ import annotations

from decimal import Decimal

from tests.queries.conftest import Check
from tests.queries.walk import (
    CONTAINS,
    MODIFIED,
    Node,
    Row,
    Tree,
    Trees,
    dcm,
    grouped,
    iso_date,
    largest,
    mean,
    measured,
    sct,
    ucum,
)

DLP_TOTAL, EFFECTIVE, RP_TOTAL, DAP_TOTAL, ACTIVITY = map(dcm, ("113813", "113814", "113725", "113722", "113507"))
MM, MGY, AGENT = ucum("mm"), ucum("mGy"), sct("349358000")
GRAYS = {ucum("Gy"): Decimal(1), ucum("mGy"): Decimal("0.001")}
GRAY_AREAS = {
    ucum("Gy.m2"): Decimal(1),
    ucum("Gym2"): Decimal(1),
    ucum("Gy.cm2"): Decimal("0.0001"),
    ucum("dGy.cm2"): Decimal("0.00001"),
    ucum("uGy.m2"): Decimal("0.000001"),
}


def totals(trees: Trees, name: str, units: dict[str, Decimal]) -> dict[Tree, Decimal]:
    """The sum over all planes of each report."""
    found = ((item.tree, number * units[item.unit or ""]) for item, number in measured(trees, name, *units))
    return {tree: sum(values, Decimal(0)) for tree, values in grouped(found, lambda r: r[0], lambda r: r[1]).items()}


# ---------------------------------------------------------------- projection X-ray


def test_irradiation_events_with_filters(check: Check, trees: Trees) -> None:
    def row(event: Node, each: Node) -> Row:
        point = event.one(CONTAINS, dcm("113738"))
        return {
            "report": event.tree.iri,
            "event": event.iri,
            "started": moment(event.to(CONTAINS, dcm("111526"))[0].value.datetime),
            "type": event.meant(dcm("113721")),
            "material": each.meant(dcm("113757")),
            "thinnest": each.measured(dcm("113758"), MM),
            "thickest": each.measured(dcm("113773"), MM),
            "kvp": event.measured(dcm("113733"), ucum("kV")),
            "dose": point.number if point else None,
            "doseUnit": point.unit if point else None,
        }

    filters = (each for tree in trees for each in tree.named(dcm("113771")))
    check("irradiation-events-with-filters", (row(event, each) for each in filters for event in each.of(CONTAINS)))


def moment(text: str) -> str:
    """DT, to the second, as xsd:dateTime."""
    day, time, offset = text[:8], text[8:14], text[14:]
    local = f"{iso_date(day)}T{time[:2]}:{time[2:4]}:{time[4:]}"
    return f"{local}{offset[:3]}:{offset[3:]}" if offset else local


def test_dose_area_product_by_procedure(check: Check, trees: Trees) -> None:
    def key(tree: Tree) -> tuple[str | None, ...]:
        return (tree.report.study.description, *tree.device.values())

    doses = totals(trees, DAP_TOTAL, GRAY_AREAS)
    check(
        "dose-area-product-by-procedure",
        (
            {
                "procedure": procedure,
                "manufacturer": manufacturer,
                "model": model,
                "station": station,
                "examinations": len(reports),
                "mean": mean(doses[tree] for tree in reports),
                "lowest": min(doses[tree] for tree in reports),
                "highest": max(doses[tree] for tree in reports),
            }
            for (procedure, manufacturer, model, station), reports in grouped(doses, key).items()
        ),
    )


def test_reference_point_dose_outliers(check: Check, trees: Trees) -> None:
    doses = totals(trees, RP_TOTAL, GRAYS)
    kinds = grouped(doses, lambda tree: tree.report.study.description)
    means = {kind: mean(doses[tree] for tree in reports) for kind, reports in kinds.items()}
    check(
        "reference-point-dose-outliers",
        (
            {
                "report": tree.iri,
                "date": tree.date,
                "procedure": kind,
                "dose": doses[tree],
                "mean": means[kind],
                "factor": Decimal("1.2"),
            }
            for kind, reports in kinds.items()
            for tree in reports
            if doses[tree] > Decimal("1.2") * means[kind]
        ),
        factor="1.2",
    )


def test_reference_point_dose_over_limit(check: Check, trees: Trees) -> None:
    doses = totals(trees, RP_TOTAL, GRAYS)
    limit = mean(doses.values()).quantize(Decimal("0.01"))
    check(
        "reference-point-dose-over-limit",
        (
            {
                "report": tree.iri,
                "date": tree.date,
                "patient": tree.patient,
                "description": tree.report.study.description,
                "dose": dose,
                "limit": limit,
            }
            for tree, dose in doses.items()
            if dose > limit
        ),
        limit=str(limit),
    )


# ---------------------------------------------------------------- nuclear medicine, and all together


def test_administered_activity(check: Check, trees: Trees) -> None:
    units = {ucum("MBq"): Decimal(1), ucum("kBq"): Decimal("0.001"), ucum("Bq"): Decimal("0.000001")}

    def row(item: Node, value: Decimal) -> Row:
        (event,) = item.of(CONTAINS)
        activity, weight = value * units[item.unit or ""], Decimal(item.tree.report.patient.weight or 0)
        return {
            "report": item.tree.iri,
            "date": item.tree.date,
            "patient": item.tree.patient,
            "agent": event.coded(AGENT),
            "agentName": event.meant(AGENT),
            "activity": activity,
            "weight": weight,
            "perKilogram": activity / weight,
        }

    check("administered-activity", (row(*found) for found in measured(trees, ACTIVITY, *units)))


def test_organ_doses(check: Check, trees: Trees) -> None:
    def organ(item: Node) -> tuple[Node, Node]:
        (information,) = item.of(CONTAINS)
        (event,) = information.of(CONTAINS)
        return information.to(MODIFIED, sct("363698007"))[0], event.to(CONTAINS, AGENT)[0]

    doses = [(*organ(item), dose) for item, dose in measured(trees, dcm("113518"), MGY)]
    check(
        "organ-doses",
        (
            {
                "organ": site,
                "organName": largest(at.tree.label(site) for at, _, _ in rows),
                "agent": agent,
                "agentName": largest(given.tree.label(agent) for _, given, _ in rows),
                "estimates": len(rows),
                "mean": mean(dose for _, _, dose in rows),
                "lowest": min(dose for _, _, dose in rows),
                "highest": max(dose for _, _, dose in rows),
            }
            for (site, agent), rows in grouped(doses, lambda row: (row[0].code, row[1].code)).items()
        ),
    )


def test_patient_dose_over_time(check: Check, trees: Trees) -> None:
    quantities = (DLP_TOTAL, EFFECTIVE, DAP_TOTAL, RP_TOTAL, dcm("111637"), ACTIVITY)
    check(
        "patient-dose-over-time",
        (
            {
                "patient": item.tree.patient,
                "date": item.tree.date,
                "quantity": quantity,
                "quantityName": item.tree.label(quantity),
                "value": value,
                "unit": item.unit,
                "study": item.tree.study,
                "report": item.tree.iri,
            }
            for quantity in quantities
            for item, value in measured(trees, quantity)
        ),
    )
