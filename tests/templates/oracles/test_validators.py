"""Our findings against those of dciodvfy and PixelMed; docs/reference/checking.md explains where they differ."""

from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from sr2graph import read
from sr2graph.dicom.content import ContentItem
from sr2graph.dicom.report import Report
from sr2graph.templates.checking import Finding, checked
from tests.conftest import corpus_files
from tests.templates.checking.mutations import at_row, changed, the_sample, ucum, valued, without
from tests.templates.oracles.validators import ABOVE, PixelMed, dciodvfy

FILES = corpus_files(".dcm")

DIFFERENT = {
    # A reference to a presentation state within an IMAGE; we look at the image itself.
    ("comprehensive-offis-allvaluetypes-1", "evidence"): (1, 0),
    # Instances referred to without a UID: reading tells that the item has no value.
    ("rfdose-philips-allura-iso2022-1", "evidence"): (3, 0),
    ("rfdose-philips-clarity-1", "evidence"): (3, 0),
}
"""(file, rule) ↔ how many more dciodvfy and we find."""


@cache
def ours(path: Path) -> Counter[str]:
    return Counter(finding.rule for finding in checked(read(path)))


@pytest.mark.corpus
@pytest.mark.dicom3tools
@pytest.mark.parametrize("rule", ["evidence", "continuity", "value-type"])
def test_dciodvfy_finds_the_same_in_real_reports(rule: str) -> None:
    """In each file the same number of findings, of three rules that dciodvfy has as well."""
    different, agreeing = {}, 0
    for path in FILES:
        theirs, mine = dciodvfy(path)[rule], ours(path)[rule]
        agreeing += min(theirs, mine)
        if theirs != mine:
            common = min(theirs, mine)
            different[path.stem, rule] = (theirs - common, mine - common)
    assert different == {key: value for key, value in DIFFERENT.items() if key[1] == rule}
    assert agreeing > 10


@pytest.mark.dicom3tools
def test_dciodvfy_finds_the_same_in_a_broken_sample(tmp_path: Path) -> None:
    kind = "key_objects"
    report = the_sample(kind)
    bare = replace(report, document=replace(report.document, current_evidence=(), other_evidence=()))
    bare = changed(bare, (1,), continuity=None)
    path = tmp_path / "broken.dcm"
    path.write_bytes(bare.to_dicom())
    found = Counter(finding.rule for finding in checked(read(path)))
    assert found["evidence"] > 0
    assert {rule: found[rule] for rule in ("evidence", "continuity")} == dict(dciodvfy(path))


# ---------------------------------------------------------------- PixelMed


def told(findings: list[Finding], rules: set[str]) -> set[tuple[str, str]]:
    """(rule, position) as PixelMed tells them."""
    return {
        (finding.rule, finding.position.rpartition(".")[0] if finding.rule in ABOVE else finding.position)
        for finding in findings
        if finding.rule in rules
    }


def broken() -> Report:
    """A CT dose report with one fault for each of several rules, in different places."""
    kind = "ct_dose"
    report = valued(the_sample(kind), at_row(kind, "TID 10012 row 3"), unit=ucum("mGycm"))
    acquisitions = [at_row(kind, "TID 10013 row 1", nth) for nth in (0, 1, 2)]
    uid = at_row(kind, "TID 10013 row 6", 0)
    assert uid[:2] == acquisitions[0]
    second, third = (at_row(kind, "TID 10013 row 4", nth) for nth in (1, 2))
    report = changed(report, second, relationship="HAS CONCEPT MOD")
    report = changed(report, third, relationship="HAS PROPERTIES")
    return without(report, uid)


@pytest.mark.pixelmed
@pytest.mark.slow
@pytest.mark.xdist_group("pixelmed")
def test_pixelmed_finds_the_same_in_a_broken_sample(tmp_path: Path, pixelmed: PixelMed) -> None:
    sound, faulty = the_sample("ct_dose"), broken()
    path = tmp_path / "broken.dcm"
    path.write_bytes(faulty.to_dicom())
    rules = {"row-missing", "unit", "row-relationship", "relationship"}
    mine = told(checked(read(path)), rules) - told(checked(sound), rules)
    theirs = {each for each in pixelmed.found(path) if each[0] in rules}
    assert len(mine) >= 5
    # PixelMed's edition of TID 10012 row 7 has another relationship than ours, in every report.
    known = {each for each in theirs - mine if each == ("row-relationship", "1.13.3.2")}
    assert theirs - known == mine


def test_the_faults_are_where_we_put_them() -> None:
    found = told(checked(broken()), {"row-missing", "unit", "row-relationship", "relationship"})
    items = {".".join(map(str, item.position)): item for item in broken().walk()}
    assert all(isinstance(items[position], ContentItem) for _, position in found)
    assert {rule for rule, _ in found} == {"row-missing", "unit", "row-relationship", "relationship"}
