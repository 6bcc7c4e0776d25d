"""Known answers of the queries about CT dose."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from tests.queries.conftest import Check
from tests.queries.walk import CONTAINS, INFERRED, MODIFIED, Node, Row, Trees, dcm, grouped, mean, measured, sct, ucum

CTDI, DLP, DLP_TOTAL, EFFECTIVE, SSDE = map(dcm, ("113830", "113838", "113813", "113814", "113930"))
PROTOCOL, REGION = dcm("125203"), dcm("123014")
MM, MGY, MGY_CM = ucum("mm"), ucum("mGy"), (ucum("mGy.cm"), ucum("mGycm"))
CHECKS = (
    ("alert", "DLP", dcm("113900"), dcm("113903"), dcm("113905")),
    ("alert", "CTDIvol", dcm("113900"), dcm("113904"), dcm("113906")),
    ("notification", "DLP", dcm("113908"), dcm("113911"), dcm("113913")),
    ("notification", "CTDIvol", dcm("113908"), dcm("113912"), dcm("113914")),
)


def over_ctdi(trees: Trees, level: Decimal) -> Iterator[Row]:
    for item, ctdi in measured(trees, CTDI, MGY):
        (dose,) = item.of(CONTAINS)
        (event,) = dose.of(CONTAINS)
        if ctdi > level:
            yield {
                "report": item.tree.iri,
                "date": item.tree.date,
                "patient": item.tree.patient,
                **item.tree.device,
                "protocol": event.said(PROTOCOL),
                "region": event.meant(REGION),
                "ctdi": ctdi,
                "drl": level,
                "item": item.iri,
            }


def test_ctdi_over_drl(check: Check, trees: Trees) -> None:
    check("ctdi-over-drl", over_ctdi(trees, Decimal(15)))
    check("ctdi-over-drl", over_ctdi(trees, Decimal(15)), drl="15")


def test_what_is_given_prevails_over_the_default(check: Check, trees: Trees) -> None:
    level = max(ctdi for _, ctdi in measured(trees, CTDI, MGY)) - Decimal("0.01")
    check("ctdi-over-drl", over_ctdi(trees, level), drl=str(level))


def test_ct_dose_by_protocol(check: Check, trees: Trees) -> None:
    def key(row: tuple[Node, Decimal, Decimal]) -> tuple[str | None, ...]:
        (event,) = row[0].of(CONTAINS)
        return (*event.tree.device.values(), event.said(PROTOCOL))

    doses = (
        (dose, ctdi, dlp)
        for item, ctdi in measured(trees, CTDI, MGY)
        for dose in item.of(CONTAINS)
        if (dlp := dose.measured(DLP, *MGY_CM)) is not None
    )
    check(
        "ct-dose-by-protocol",
        (
            {
                "manufacturer": manufacturer,
                "model": model,
                "station": station,
                "protocol": protocol,
                "acquisitions": len(rows),
                "meanCtdi": mean(ctdi for _, ctdi, _ in rows),
                "highestCtdi": max(ctdi for _, ctdi, _ in rows),
                "overCtdi": sum(ctdi > 8 for _, ctdi, _ in rows),
                "ctdi": 8,
                "meanDlp": mean(dlp for _, _, dlp in rows),
                "highestDlp": max(dlp for _, _, dlp in rows),
                "overDlp": sum(dlp > 600 for _, _, dlp in rows),
                "dlp": 600,
            }
            for (manufacturer, model, station, protocol), rows in grouped(doses, key).items()
        ),
        ctdi="8",
    )


def test_dlp_total_over_drl(check: Check, trees: Trees) -> None:
    check(
        "dlp-total-over-drl",
        (
            {
                "report": item.tree.iri,
                "date": item.tree.date,
                "patient": item.tree.patient,
                "study": item.tree.study,
                "description": item.tree.report.study.description,
                **item.tree.device,
                "dlp": dlp,
                "effectiveDose": item.of(CONTAINS)[0].measured(EFFECTIVE, ucum("mSv")),
                "drl": 600,
            }
            for item, dlp in measured(trees, DLP_TOTAL, *MGY_CM)
            if dlp > 600
        ),
    )


def exceeded(trees: Trees) -> Iterator[tuple[Node, Node, tuple[str, ...]]]:
    """Details, forward estimate, and what kind of check it passed."""
    for kind in CHECKS:
        _, _, heading, limit_name, estimate_name = kind
        for estimate, number in measured(trees, estimate_name):
            (details,) = estimate.of(CONTAINS, heading)
            limit = details.measured(limit_name, estimate.unit or "")
            if limit is not None and number > limit:
                yield details, estimate, kind


def test_dose_check_alerts(check: Check, trees: Trees) -> None:
    check(
        "dose-check-alerts",
        (
            {
                "report": details.tree.iri,
                "date": details.tree.date,
                "patient": details.tree.patient,
                "kind": kind,
                "quantity": quantity,
                "limit": details.measured(limit_name),
                "estimate": estimate.number,
                "unit": estimate.unit,
                "reason": details.said(dcm("113907")),
                "person": next((who.value.person_name for who in details.to(CONTAINS, dcm("113870"))), None),
                "item": estimate.iri,
            }
            for details, estimate, (kind, quantity, _, limit_name, _) in exceeded(trees)
        ),
    )


def test_dose_alerts_without_reason(check: Check, trees: Trees) -> None:
    check(
        "dose-alerts-without-reason",
        (
            {
                "report": details.tree.iri,
                "kind": kind,
                "item": estimate.iri,
                "estimate": estimate.number,
                "unit": estimate.unit,
            }
            for kind, _, heading, _, name in CHECKS
            for estimate, _ in measured(trees, name)
            for details in estimate.of(CONTAINS, heading)
            if not details.said(dcm("113907"))
        ),
    )


def test_size_specific_dose(check: Check, trees: Trees) -> None:
    def diameter(item: Node) -> Decimal | None:
        return next((size.number for size in item.to(INFERRED, dcm("113933")) if size.unit == MM), None)

    rows = (
        (item, ssde, dose, ctdi)
        for item, ssde in measured(trees, SSDE, MGY)
        for dose in item.of(CONTAINS)
        if (ctdi := dose.measured(CTDI, MGY)) is not None
    )
    check(
        "size-specific-dose",
        (
            {
                "report": item.tree.iri,
                "patient": item.tree.patient,
                "region": dose.of(CONTAINS)[0].meant(REGION),
                "ctdi": ctdi,
                "ssde": ssde,
                "ratio": ssde / ctdi,
                "diameter": diameter(item),
                "item": item.iri,
            }
            for item, ssde, dose, ctdi in rows
        ),
    )


def test_repeated_acquisitions(check: Check, trees: Trees) -> None:
    again = (item for tree in trees for item in tree.named(dcm("128551")) if item.code == sct("373066001"))
    check(
        "repeated-acquisitions",
        (
            {
                "report": event.tree.iri,
                "date": event.tree.date,
                **event.tree.device,
                "protocol": event.said(PROTOCOL),
                "reason": item.coded(dcm("128552"), MODIFIED),
                "reasonName": item.meant(dcm("128552"), MODIFIED),
                "event": event.iri,
            }
            for item in again
            for event in item.of(CONTAINS)
        ),
    )


def test_patient_dlp_total(check: Check, trees: Trees) -> None:
    found = grouped(measured(trees, DLP_TOTAL, *MGY_CM), lambda row: row[0].tree.patient)
    check(
        "patient-dlp-total",
        (
            {
                "patient": patient,
                "examinations": len({item.tree for item, _ in rows}),
                "total": sum(dlp for _, dlp in rows),
                "limit": 1000,
            }
            for patient, rows in found.items()
            if sum(dlp for _, dlp in rows) > 1000
        ),
    )
