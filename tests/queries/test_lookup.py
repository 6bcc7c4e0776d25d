"""Known answers of the queries that look something up: a patient, a word, a concept."""

from __future__ import annotations

from decimal import Decimal

from tests.queries.conftest import Check
from tests.queries.walk import Node, Trees, dcm, grouped, largest, loinc, mean, sct

EJECTION_FRACTION, FINDING, LIVER, UPTAKE = loinc("18043-0"), dcm("121071"), sct("10200004"), dcm("126401")


def test_patient_reports(check: Check, trees: Trees) -> None:
    wanted = max(grouped(trees, lambda tree: tree.report.patient.patient_id).items(), key=lambda row: len(row[1]))[0]
    check(
        "patient-reports",
        (
            {
                "patientID": wanted,
                "patient": tree.patient,
                "date": tree.date,
                "report": tree.iri,
                "title": tree.label(tree.root.name),
                "description": tree.report.study.description,
            }
            for tree in trees
            if tree.report.patient.patient_id == wanted
        ),
        patientID=wanted,
    )


def test_text_search(check: Check, trees: Trees) -> None:
    texts = (node for tree in trees for node in tree.nodes.values() if node.text)
    check(
        "text-search",
        (
            {
                "report": node.tree.iri,
                "patient": node.tree.patient,
                "name": node.tree.label(node.name),
                "text": node.text,
                "words": "NO Effusion",
                "item": node.iri,
            }
            for node in texts
            if "no effusion" in (node.text or "").lower()
        ),
        words="NO Effusion",
    )


def numbers(trees: Trees, name: str) -> list[Node]:
    return [node for tree in trees for node in tree.named(name) if node.number is not None]


def test_concept_values(check: Check, trees: Trees) -> None:
    check(
        "concept-values",
        (
            {
                "concept": EJECTION_FRACTION,
                "report": node.tree.iri,
                "date": node.tree.date,
                "patient": node.tree.patient,
                "value": node.number,
                "unit": node.unit,
                "item": node.iri,
            }
            for node in numbers(trees, EJECTION_FRACTION)
        ),
        concept="loinc:18043-0",
    )


def test_concept_statistics(check: Check, trees: Trees) -> None:
    groups = grouped(numbers(trees, EJECTION_FRACTION), lambda node: (node.unit, node.tree.report.patient.sex))
    check(
        "concept-statistics",
        (
            {
                "concept": EJECTION_FRACTION,
                "unit": unit,
                "sex": sex,
                "items": len(nodes),
                "patients": len({node.tree.patient for node in nodes}),
                "mean": mean(node.number or Decimal(0) for node in nodes),
                "lowest": min(node.number for node in nodes),
                "highest": max(node.number for node in nodes),
            }
            for (unit, sex), nodes in groups.items()
        ),
        concept="http://loinc.org/rdf/18043-0",
    )


def test_coded_answers(check: Check, trees: Trees) -> None:
    answers = grouped((node for tree in trees for node in tree.named(FINDING) if node.code), lambda node: node.code)
    check(
        "coded-answers",
        (
            {
                "concept": FINDING,
                "answer": answer,
                "answerName": largest(node.tree.label(answer) for node in nodes),
                "items": len(nodes),
                "patients": len({node.tree.patient for node in nodes}),
            }
            for answer, nodes in answers.items()
        ),
        concept="dcm:121071",
    )


def test_patients_with_both(check: Check, trees: Trees) -> None:
    def patients(concept: str) -> set[str]:
        return {
            tree.patient for tree in trees if any(concept in {node.name, node.code} for node in tree.nodes.values())
        }

    both = patients(LIVER) & patients(UPTAKE)
    assert both < patients(LIVER), "not everybody with the first has the second"
    check(
        "patients-with-both",
        ({"first": LIVER, "second": UPTAKE, "patient": patient} for patient in both),
        first="sct:10200004",
        second="dcm:126401",
    )
