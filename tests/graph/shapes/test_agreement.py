"""Two statements of the same rules, one as code and one as shapes, find the same in the same reports."""

import csv
from collections import Counter
from pathlib import Path

import pytest

import sr2graph
from sr2graph.samples.templated import instance
from tests.conftest import CORPUS
from tests.graph.shapes.agreement import by_checking, by_shapes, template_of

DIFFERENCES = Path(__file__).with_name("differences.csv")
"""Where they differ, each with a cause; a difference that is not listed fails, and so does one that is gone."""

CAUSES = {
    "conflict": "checking warns where the standard contradicts itself: its unit is no UCUM, the one found is",
    "misfit": "checking places an item of the wrong relationship or value type at its row and tells that instead",
    "undeclared": "shapes are about documents that declare the template, or whose concept is in no other one",
    "not told apart": "shapes leave out what three levels of places cannot tell apart",
}

GROWN = ("2000", "2005", "2010", "2020", "2100", "3700", "4100", "4120", "10021", "10030", "11001")
QUICK = (
    "ko-ihe-xtehr-1",
    "ko-ihe-mado-2",
    "basictext-cip-spanish-1",
    "enhanced-agfa-emptytree-1",
    "ctdose-toshiba-pixelmed-1",
    "ctdose-ge-pixelmed-1",
    "ctdose-ge-optima-esr-1",
    "dxa-ge-lunar-1",
    "rrdose-siemens-biograph-1",
)
"""Real reports that take less than a second each."""
SLOW = (
    "xrdose-siemens-fluorospot-1",
    "tid1500-dwv-protractor-1",
    "xrdose-canon-cxdi-1",
    "rfdose-eurocolumbus-1",
    "ctdose-siemens-flash-1",
)


def listed() -> dict[str, Counter[tuple[str, str, str]]]:
    """Report ↔ how often each (who found it, kind, row) is a known difference."""
    found: dict[str, Counter[tuple[str, str, str]]] = {}
    with DIFFERENCES.open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            key = line["found_by"], line["kind"], line["row"]
            found.setdefault(line["report"], Counter())[key] = int(line["times"])
    return found


def differences(report: sr2graph.Report, tid: str) -> Counter[tuple[str, str, str]]:
    shapes, checking = by_shapes(report, tid), by_checking(report)
    return Counter(
        (who, each.kind, each.row)
        for who, only in (("shapes", shapes - checking), ("checking", checking - shapes))
        for each in only
    )


@pytest.mark.parametrize("tid", GROWN)
def test_grown_instances_conform(tid: str) -> None:
    report = instance(tid, 1)
    assert (by_shapes(report, tid), by_checking(report)) == (set(), set())


@pytest.mark.corpus
@pytest.mark.parametrize("name", [*QUICK, *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW)])
def test_real_reports_are_judged_alike(name: str) -> None:
    report = sr2graph.read(CORPUS / f"{name}.dcm")
    tid = template_of(report)
    assert tid is not None
    assert differences(report, tid) == listed().get(name, Counter())


@pytest.mark.corpus
def test_the_judges_find_something() -> None:
    """Agreement about nothing would prove nothing."""
    report = sr2graph.read(CORPUS / "ctdose-toshiba-pixelmed-1.dcm")
    assert len(by_shapes(report, "10011") & by_checking(report)) > 10


def test_each_difference_has_a_cause() -> None:
    with DIFFERENCES.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert {line["cause"] for line in lines} <= CAUSES.keys()
    assert {line["report"] for line in lines} <= {*QUICK, *SLOW}
    assert len({(line["report"], line["found_by"], line["kind"], line["row"]) for line in lines}) == len(lines)
