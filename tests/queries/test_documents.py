"""Known answers of the queries about documents, evidence and collections."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from sr2graph.corpus.named import named_query
from sr2graph.dicom.values import ImageReference
from tests.queries.conftest import Check
from tests.queries.engines import Ask
from tests.queries.walk import (
    CONTAINS,
    INFERRED,
    MODIFIED,
    OBSERVED,
    SELECTED,
    Node,
    Row,
    Tree,
    Trees,
    dcm,
    grouped,
    largest,
    sr,
    uid,
)

CLASSES = {
    "CONTAINER": "Container",
    "TEXT": "Text",
    "NUM": "Num",
    "CODE": "Code",
    "DATETIME": "DateTime",
    "DATE": "Date",
    "TIME": "Time",
    "UIDREF": "UIDRef",
    "PNAME": "PName",
    "COMPOSITE": "Composite",
    "IMAGE": "Image",
    "WAVEFORM": "Waveform",
    "SCOORD": "SCoord",
    "SCOORD3D": "SCoord3D",
    "TCOORD": "TCoord",
    "TABLE": "Table",
}
KEY_OBJECT_SELECTION = "1.2.840.10008.5.1.4.1.1.88.59"
GROUP = dcm("125007")


def class_of(node: Node) -> str:
    return sr(CLASSES[node.item.value_type or ""])


def observers(tree: Tree) -> set[str | None]:
    """Who wrote the report: its authors, else the persons in its content, else the device."""
    authors = [author.person_name for author in tree.report.document.authors if author.person_name]
    persons = [node.value.person_name for node in tree.root.to(OBSERVED, dcm("121008"))]
    devices = [node.text for node in tree.root.to(OBSERVED, dcm("121013"))]
    return set(authors or persons or devices or [None])


def test_reports_not_final(check: Check, trees: Trees) -> None:
    def row(tree: Tree, observer: str | None) -> Row:
        document = tree.report.document
        return {
            "observer": observer,
            "report": tree.iri,
            "date": tree.date,
            "verification": document.verification_flag,
            "preliminary": document.preliminary_flag,
            "completion": document.completion_flag,
            "why": document.completion_flag_description,
        }

    rows = (row(tree, observer) for tree in trees for observer in observers(tree))
    check(
        "reports-not-final",
        (
            row
            for row in rows
            if row["verification"] == "UNVERIFIED"
            or row["preliminary"] == "PRELIMINARY"
            or row["completion"] == "PARTIAL"
        ),
    )


def test_replaced_reports(check: Check, trees: Trees) -> None:
    held = {tree.iri: tree for tree in trees}

    def flag(iri: str | None) -> str | None:
        return held[iri].report.document.verification_flag if iri in held else None

    replaced = (
        (tree, uid(instance.sop_instance_uid))
        for tree in trees
        for study in tree.report.document.predecessors
        for series in study.series
        for instance in series.instances
    )
    check(
        "replaced-reports",
        (
            {
                "report": tree.iri,
                "date": tree.date,
                "verification": flag(tree.iri),
                "earlier": earlier,
                "earlierDate": held[earlier].date if earlier in held else None,
                "earlierVerification": flag(earlier),
            }
            for tree, earlier in replaced
        ),
    )


def conclusions(trees: Trees) -> Iterator[Node]:
    return (node for tree in trees for node in tree.named(dcm("121073"), dcm("121077")) if node.text)


def test_conclusion_evidence(check: Check, trees: Trees) -> None:
    check(
        "conclusion-evidence",
        (
            {
                "report": conclusion.tree.iri,
                "conclusion": conclusion.iri,
                "says": conclusion.text,
                "evidence": node.iri,
                "type": class_of(node),
                "name": node.tree.label(node.name),
                "number": node.number,
                "unit": node.unit,
                "text": node.text,
                "coded": node.tree.label(node.code),
                "instance": uid(getattr(node.value, "sop_instance_uid", None)),
            }
            for conclusion in conclusions(trees)
            for node in conclusion.down(INFERRED)
        ),
    )


def test_conclusions_with_measurements(check: Check, trees: Trees) -> None:
    measured = [
        (item, tracked)
        for tree in trees
        for group in tree.named(GROUP)
        for tracked in group.to(OBSERVED, dcm("112040"))
        for item in group.to(CONTAINS)
        if item.number is not None
    ]
    by_quantity = grouped(measured, lambda row: (row[0].tree.study, row[0].name, row[0].unit))
    by_study = grouped(by_quantity.items(), lambda entry: entry[0][0])
    check(
        "conclusions-with-measurements",
        (
            {
                "study": study,
                "conclusion": conclusion.iri,
                "says": conclusion.text,
                "quantity": quantity,
                "quantityName": max(item.tree.label(quantity) or "" for item, _ in rows),
                "unit": unit,
                "lesions": len({tracked.value.uid for _, tracked in rows}),
                "measurements": len(rows),
                "lowest": min(item.number for item, _ in rows),
                "highest": max(item.number for item, _ in rows),
            }
            for conclusion in conclusions(trees)
            for (study, quantity, unit), rows in by_study.get(conclusion.tree.study, ())
        ),
    )


def evidence(tree: Tree) -> Iterator[tuple[str, str, str | None]]:
    """Study, series and instance of what a report lists as evidence, of the current procedure or not."""
    document = tree.report.document
    for study in (*document.current_evidence, *document.other_evidence):
        for series in study.series:
            for instance in series.instances:
                yield study.study_instance_uid or "", series.series_instance_uid or "", instance.sop_instance_uid


def measured_instances(tree: Tree) -> Iterator[str]:
    """The instances that a region was drawn on, a number came from, or a measurement group contains."""
    for node in tree.nodes.values():
        instance = getattr(node.value, "sop_instance_uid", None)
        numbers = any(source.item.value_type == "NUM" for source in node.of(INFERRED))
        drawn = any(source.item.value_type in {"SCOORD", "SCOORD3D"} for source in node.of(SELECTED))
        if instance and (numbers or drawn or node.of(CONTAINS, GROUP)):
            yield instance


def test_series_without_measurement(check: Check, trees: Trees) -> None:
    used = {node.value.uid for tree in trees for node in tree.named(dcm("121232"))}
    for tree in trees:
        instances = set(measured_instances(tree))
        used |= {series for _, series, instance in evidence(tree) if instance in instances}
    listed = {
        (study.study_instance_uid, series.series_instance_uid)
        for tree in trees
        for study in tree.report.document.current_evidence
        for series in study.series
    }
    check(
        "series-without-measurement",
        ({"study": uid(study), "series": uid(series)} for study, series in listed if series not in used),
    )


def test_key_images(check: Check, trees: Trees) -> None:
    selections = [tree for tree in trees if tree.report.document.sop_class_uid == KEY_OBJECT_SELECTION]
    check(
        "key-images",
        (
            {
                "report": tree.iri,
                "date": tree.date,
                "patient": tree.patient,
                "reason": tree.root.name,
                "reasonName": tree.label(tree.root.name),
                "detail": tree.root.meant(dcm("113011"), MODIFIED),
                "description": tree.root.said(dcm("113012")),
                "image": uid(item.value.sop_instance_uid),
            }
            for tree in selections
            for item in tree.root.to(CONTAINS)
            if isinstance(item.value, ImageReference)
        ),
    )


# ---------------------------------------------------------------- collections


def test_devices(check: Check, trees: Trees) -> None:
    def keys(tree: Tree) -> Iterator[tuple[str | None, ...]]:
        versions = tree.report.equipment.software_versions or (None,)
        return ((*tree.device.values(), version) for version in versions)

    found = grouped(((key, tree) for tree in trees for key in keys(tree)), lambda row: row[0], lambda row: row[1])
    check(
        "devices",
        (
            {
                "manufacturer": manufacturer,
                "model": model,
                "station": station,
                "software": software,
                "reports": len(rows),
                "first": min(tree.date for tree in rows),
                "last": max(tree.date for tree in rows),
            }
            for (manufacturer, model, station, software), rows in found.items()
        ),
    )


def test_reports_by_template(check: Check, trees: Trees) -> None:
    def key(tree: Tree) -> tuple[str | None, ...]:
        template = tree.root.item.template
        return (template.identifier if template else None, tree.report.equipment.manufacturer, (tree.date or "")[:4])

    check(
        "reports-by-template",
        (
            {"template": template, "manufacturer": manufacturer, "year": year, "reports": count}
            for (template, manufacturer, year), count in Counter(map(key, trees)).items()
        ),
    )


def test_report_titles(check: Check, trees: Trees) -> None:
    found = grouped(trees, lambda tree: (tree.report.document.sop_class_uid, tree.root.name))
    check(
        "report-titles",
        (
            {
                "sopClass": uid(sop_class),
                "title": title,
                "titleName": largest(tree.label(title) for tree in rows),
                "reports": len(rows),
                "patients": len({tree.patient for tree in rows}),
            }
            for (sop_class, title), rows in found.items()
        ),
    )


def test_value_types(check: Check, trees: Trees) -> None:
    counts = Counter(class_of(node) for tree in trees for node in tree.nodes.values())
    check("value-types", ({"type": each, "items": count} for each, count in counts.items()))


def test_largest_reports(ask: Ask, trees: Trees) -> None:
    """Here the order is part of the answer."""
    sizes = sorted((-len(tree.nodes), tree.iri) for tree in trees)[:20]
    found = ask(named_query("largest-reports").text, {})
    assert found.variables == ("report", "items")
    assert found.rows == [(iri, Decimal(-size)) for size, iri in sizes]


def test_observers_come_from_the_header_and_from_the_content(trees: Trees) -> None:
    """Else the known answer would not tell the one from the other."""
    assert {bool(tree.report.document.authors) for tree in trees if None not in observers(tree)} == {True, False}
