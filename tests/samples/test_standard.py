"""Samples against the standard's own tables: codes, template rows, relationships."""

import csv
import json
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import pytest

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ContentItem
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import Code, MeasuredValue
from sr2graph.samples import KINDS, sample
from sr2graph.samples.cohort import regular_reports
from tests.conftest import ROOT

TABLES = ROOT.parent / "shared" / "dicom"

pytestmark = pytest.mark.skipif(not TABLES.is_dir(), reason="../shared/dicom is not beside this checkout")

CHECKED_SCHEMES = {"DCM", "SCT", "LN", "UCUM", "NCIt", "UMLS", "IBSI"}

OF_IBSI = {("IBSI", "Q4LE"): {"mean intensity"}}
"""Codes of the IBSI reference manual that no context group of DICOM lists."""


@cache
def table(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((TABLES / name).read_text(encoding="utf-8"))
    return loaded


@cache
def reports() -> tuple[Report, ...]:
    """Those that follow the templates; what varies from them is looked at in test_irregular.py."""
    of_patients = (report for index in range(120) for _, report in regular_reports(1, index))
    return (*(sample(kind, seed) for kind in KINDS for seed in (1, 2)), *of_patients)


# Codes


@cache
def meanings() -> dict[tuple[str, str], set[str]]:
    """The meanings that the standard gives to a code; some have several."""
    found: dict[tuple[str, str], set[str]] = {key: set(said) for key, said in OF_IBSI.items()}
    for scheme, value, meaning in (*codes_of_groups(), *codes_of_annex_d(), *codes_in(table("templates.json"))):
        found.setdefault((scheme, value), set()).add(meaning.lower())
    return found


def codes_of_groups() -> Iterator[tuple[str, str, str]]:
    for group in table("context_groups.json")["context_groups"].values():
        yield from ((scheme, value, meaning) for scheme, value, meaning in group["codes"])


def codes_of_annex_d() -> Iterator[tuple[str, str, str]]:
    with (TABLES / "dcm_codes.csv").open(encoding="utf-8", newline="") as file:
        yield from (("DCM", row["value"], row["meaning"]) for row in csv.DictReader(file))


def codes_in(node: object) -> Iterator[tuple[str, str, str]]:
    if isinstance(node, dict):
        if {"scheme", "value", "meaning"} <= node.keys():
            yield node["scheme"], node["value"], node["meaning"]
        for member in node.values():
            yield from codes_in(member)
    elif isinstance(node, list):
        for member in node:
            yield from codes_in(member)


def concepts(item: ContentItem) -> Iterator[CodedConcept]:
    value = item.value
    candidates = (
        item.concept_name,
        value.concept if isinstance(value, Code) else None,
        value.unit if isinstance(value, MeasuredValue) else None,
        value.qualifier if isinstance(value, MeasuredValue) else None,
    )
    yield from (concept for concept in candidates if concept)


def test_every_code_means_what_the_standard_says() -> None:
    used = {concept for report in reports() for item in report.walk() for concept in concepts(item)}
    checked = {concept for concept in used if concept.scheme in CHECKED_SCHEMES}
    wrong = [
        str(concept)
        for concept in checked
        if (concept.meaning or "").lower() not in meanings().get((concept.scheme or "", concept.value or ""), set())
    ]
    assert len(checked) > 300
    assert wrong == []


def test_other_schemes_are_few() -> None:
    schemes = {concept.scheme for report in reports() for item in report.walk() for concept in concepts(item)}
    assert schemes - CHECKED_SCHEMES == {"RFC5646", "99WEIRVALLEY"}


# Template rows


class Row(NamedTuple):
    """A row of a template as it applies to the children of one item."""

    template: str
    row: dict[str, Any]
    is_mandatory: bool


def rows(template: str, parent: str | None, *, is_mandatory: bool = True) -> Iterator[Row]:
    """The rows below a row, those of included templates in the place of the include."""
    for row in table("templates.json")["templates"][template]["rows"]:
        if row["parent_row"] == parent:
            required = is_mandatory and row["req"] == "M"
            if row.get("include"):
                yield from rows(row["include"], None, is_mandatory=required)
            else:
                yield Row(template, row, required)


def names(row: dict[str, Any]) -> set[tuple[str | None, str | None]]:
    """The concept names that a row allows; none if it leaves them open."""
    concept = row.get("concept") or {}
    groups = [cid["cid"] for cid in concept.get("cids") or ()]
    found: set[tuple[str | None, str | None]] = {(code["scheme"], code["value"]) for code in concept.get("codes") or ()}
    while groups:
        group = table("context_groups.json")["context_groups"][groups.pop()]
        found |= {(scheme, value) for scheme, value, _ in group["codes"]}
        groups += group.get("includes") or []
    return found


def name_of(item: ContentItem) -> tuple[str | None, str | None]:
    return (item.concept_name.scheme, item.concept_name.value) if item.concept_name else (None, None)


def missing(item: ContentItem, template: str, parent: str) -> list[str]:
    """The mandatory rows that an item lacks below it, as far as concept names tell rows apart."""
    applying = list(rows(template, parent))
    children = [child for child in item.children if isinstance(child, ContentItem)]
    present = {name_of(child) for child in children}
    found = [
        f"{item.position}: TID {row.template} row {row.row['row']}"
        for row in applying
        if row.is_mandatory and names(row.row) and not names(row.row) & present
    ]
    for child in children:
        candidates = [row for row in applying if name_of(child) in names(row.row)]
        lacking: list[list[str]] = [missing(child, row.template, row.row["row"]) for row in candidates]
        # Several rows may share a name ("Findings"): the child has to satisfy one of them.
        fewest = min(map(len, lacking), default=0)
        found += next((short for short in lacking if len(short) == fewest), [])
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_mandatory_rows_are_present(kind: str) -> None:
    for seed in (1, 2, 3, 4):
        root = sample(kind, seed).root
        assert root is not None
        assert root.template is not None
        template = root.template.identifier or ""
        first = table("templates.json")["templates"][template]["rows"][0]
        assert name_of(root) in names(first)
        assert missing(root, template, first["row"]) == []


def test_mandatory_rows_are_present_in_a_cohort() -> None:
    for report in reports():
        assert report.root is not None
        assert report.root.template is not None
        template = report.root.template.identifier or ""
        assert missing(report.root, template, table("templates.json")["templates"][template]["rows"][0]["row"]) == []


def test_a_missing_row_is_noticed() -> None:
    """The check above would be worth nothing if it could not fail."""
    root = sample("ct_dose").root
    assert root is not None
    without = ContentItem((1,), None, "CONTAINER", root.concept_name, children=root.children[:1])
    assert missing(without, "10011", "1")


# Relationships


def allowed(sop_class_uid: str) -> tuple[set[tuple[str, str, str]], set[str]]:
    constraints = table("relationship_constraints.json")["sop_classes"][sop_class_uid]
    triples = {
        (source, constraint["relationship"], target)
        for constraint in constraints["constraints"]
        for source in constraint["source"]
        for target in constraint["target"]
    }
    return triples, set(constraints["by_reference_relationships"])


def used_triples(report: Report) -> Iterator[tuple[str | None, str | None, str | None]]:
    for item in report.walk():
        for child in item.children:
            target = child if isinstance(child, ContentItem) else report.item(child.target)
            yield item.value_type, child.relationship, target.value_type


def test_relationships_are_those_of_the_storage_class() -> None:
    for report in reports():
        triples, by_reference = allowed(report.document.sop_class_uid or "")
        assert set(used_triples(report)) <= triples
        assert {link.relationship for _, link in report.by_references()} <= by_reference
