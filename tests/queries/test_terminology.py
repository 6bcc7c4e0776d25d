"""Known answers of the queries about codes and units."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from itertools import chain

from sr2graph.dicom.concept import CodedConcept
from tests.queries.conftest import Check
from tests.queries.walk import Node, Row, Tree, Trees, grouped, ibsi, largest, sct, ucum

Spelling = tuple[Tree, str | None, CodedConcept]

PROJECT_CODES = "<https://w3id.org/sr2graph/code/"


def spellings(trees: Trees) -> Iterator[Spelling]:
    """Report, IRI of the code, the code as written."""
    return ((tree, code, concept) for tree in trees for code, concept in tree.spellings)


def reports(rows: Iterable[tuple[Tree, object, object]]) -> int:
    return len({tree.iri for tree, _, _ in rows})


def codes(trees: Trees, wanted: Callable[[str, CodedConcept], bool]) -> Iterator[tuple[Row, list[Spelling]]]:
    """The columns that tell of a code, and its spellings."""
    found = (each for each in spellings(trees) if each[1] and wanted(each[1], each[2]))
    for (scheme, value, code), rows in grouped(found, lambda row: (row[2].scheme, row[2].value, row[1])).items():
        meaning = largest(concept.meaning for _, _, concept in rows)
        yield {"scheme": scheme, "value": value, "code": code, "meaning": meaning, "reports": reports(rows)}, rows


def is_private(_: str, concept: CodedConcept) -> bool:
    scheme = concept.scheme or ""
    return scheme.startswith("99") or scheme == "L"


def test_private_codes(check: Check, trees: Trees) -> None:
    def manufacturers(rows: list[Spelling]) -> int:
        return len({tree.report.equipment.manufacturer for tree, _, _ in rows} - {None})

    check("private-codes", ({**row, "manufacturers": manufacturers(rows)} for row, rows in codes(trees, is_private)))


def test_legacy_codes(check: Check, trees: Trees) -> None:
    check(
        "legacy-codes", (row for row, _ in codes(trees, lambda _, concept: concept.scheme in {"SRT", "SNM3", "99SDM"}))
    )


def test_unmapped_codes(check: Check, trees: Trees) -> None:
    check("unmapped-codes", (row for row, _ in codes(trees, lambda code, _: code.startswith(PROJECT_CODES))))


def test_code_meanings(check: Check, trees: Trees) -> None:
    by_code = grouped(spellings(trees), lambda row: row[1])
    check(
        "code-meanings",
        (
            {"code": code, "meaning": meaning, "reports": reports(same)}
            for code, rows in by_code.items()
            if code and len({concept.meaning for _, _, concept in rows} - {None}) > 1
            for meaning, same in grouped(rows, lambda row: row[2].meaning).items()
            if meaning
        ),
    )


def test_same_meaning_other_code(check: Check, trees: Trees) -> None:
    named = (row for row in spellings(trees) if row[1] and row[2].meaning)
    by_name = grouped(named, lambda row: (row[2].meaning or "").lower())
    check(
        "same-meaning-other-code",
        (
            {"name": name, "code": code, "reports": reports(same)}
            for name, rows in by_name.items()
            if len({code for _, code, _ in rows}) > 1
            for code, same in grouped(rows, lambda row: row[1]).items()
        ),
    )


def test_equivalent_codes(check: Check, trees: Trees) -> None:
    pairs = (
        (tree, code, tree.code(other)) for tree, code, concept in spellings(trees) for other in concept.equivalent_codes
    )
    check(
        "equivalent-codes",
        (
            {"code": code, "equivalent": equivalent, "reports": reports(rows)}
            for (code, equivalent), rows in grouped(pairs, lambda row: row[1:]).items()
        ),
    )


def test_coding_schemes(check: Check, trees: Trees) -> None:
    check(
        "coding-schemes",
        (
            {"scheme": scheme, "codes": len({concept.value for _, _, concept in rows}), "reports": reports(rows)}
            for scheme, rows in grouped(spellings(trees), lambda row: row[2].scheme).items()
        ),
    )


def test_code_use(check: Check, trees: Trees) -> None:
    def uses(node: Node) -> Iterator[tuple[str | None, str]]:
        yield from ((node.name, "name"), (node.code, "value"), (node.unit, "unit"))

    found = Counter((code, place) for node in nodes(trees) for code, place in uses(node) if code)
    meanings = grouped(((code, label) for tree in trees for code, label in tree.labels.items()), lambda row: row[0])
    check(
        "code-use",
        (
            {"code": code, "meaning": max(label or "" for _, label in meanings[code]), "place": place, "items": count}
            for (code, place), count in found.items()
        ),
    )


# ---------------------------------------------------------------- units


def nodes(trees: Trees) -> Iterator[Node]:
    return chain.from_iterable(tree.nodes.values() for tree in trees)


def test_units_of_quantities(check: Check, trees: Trees) -> None:
    numbers = (node for node in nodes(trees) if node.name and node.unit and node.number is not None)
    check(
        "units-of-quantities",
        (
            {
                "quantity": quantity,
                "quantityName": largest(node.tree.label(quantity) for node in rows),
                "unit": unit,
                "items": len(rows),
                "lowest": min(node.number for node in rows),
                "highest": max(node.number for node in rows),
            }
            for (quantity, unit), rows in grouped(numbers, lambda node: (node.name, node.unit)).items()
        ),
    )


def test_suspicious_units(check: Check, trees: Trees) -> None:
    by_quantity = grouped((node for node in nodes(trees) if node.unit), lambda node: node.name)
    check(
        "suspicious-units",
        (
            {"quantity": quantity, "unit": unit, "items": len(same), "all": len(rows), "share": Decimal("0.1")}
            for quantity, rows in by_quantity.items()
            for unit, same in grouped(rows, lambda node: node.unit).items()
            if len(same) * 10 <= len(rows)
        ),
    )


def test_implausible_lengths(check: Check, trees: Trees) -> None:
    factors = {ucum("mm"): 1, ucum("cm"): 10, ucum("m"): 1000}
    names = (sct("103339001"), sct("103340004"), sct("81827009"), ibsi("L0JK"))
    lengths = (
        (node, node.number * factors[node.unit])
        for tree in trees
        for node in tree.named(*names)
        if node.number is not None and node.unit in factors
    )
    check(
        "implausible-lengths",
        (
            {
                "report": node.tree.iri,
                "quantity": node.name,
                "value": node.number,
                "unit": node.unit,
                "millimetres": millimetres,
                "lowest": 4,
                "highest": 100,
                "item": node.iri,
            }
            for node, millimetres in lengths
            if millimetres < 4 or millimetres > 100
        ),
        lowest="4",
        highest="100",
    )
