"""Matching whole reports: samples, instances grown from the catalogue, other people's files."""

from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from sr2graph.dicom.content import ContentItem
from sr2graph.dicom.read import read
from sr2graph.dicom.report import Report
from sr2graph.samples import KINDS, sample
from sr2graph.samples.templated import TEMPLATED, Instance, grown
from sr2graph.templates.matching import Matching, matched
from tests.conftest import CORPUS, corpus_files

# ---------------------------------------------------------------- samples

EXTENSIONS = {
    ("TID 1411 row 1", "CODE", "121005"): "the reader of one lesion",
    ("TID 1411 row 1", "PNAME", "121008"): "the same",
    ("TID 1411 row 1", "TEXT", "121009"): "the same",
    ("TID 1411 row 1", "CODE", "121011"): "the same",
    (
        "TID 1400 row 1",
        "CODE",
        "363698007",
    ): "the site of a linear measurement, which TID 1400 leaves to who extends it",
    (None, "CODE", "272741003"): "its laterality",
}
"""(row above, value type, code) ↔ what the samples add to extensible templates, as reports do."""


def added(found: Matching) -> set[tuple[str | None, str | None, str | None]]:
    """What stands for no row."""
    return {
        (above.row.name if above else None, item.value_type, item.concept_name.code if item.concept_name else None)
        for item in found.unplaced()
        for above in [found.row_at(item.position[:-1])]
    }


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", [1, 2])
def test_samples_are_placed_but_for_what_they_add(kind: str, seed: int) -> None:
    found = matched(sample(kind, seed))
    assert added(found) <= EXTENSIONS.keys()
    assert (found.misfits, found.refusals) == ((), ())
    assert [each.how.value for each in found.starts] == ["declared"]


# ---------------------------------------------------------------- grown from the catalogue


@cache
def instances(tid: str) -> tuple[Instance, ...]:
    return tuple(grown(tid, seed, 0.4) for seed in (1, 2))


def without_templates(item: ContentItem) -> ContentItem:
    children = tuple(without_templates(each) if isinstance(each, ContentItem) else each for each in item.children)
    return replace(item, template=None, children=children)


def share(instance: Instance, found: Matching) -> float:
    """How many items stand for the very row that they were grown from."""
    right = sum(row is not None and made.row is row.row for made, row in zip(instance.rows, found.rows, strict=True))
    return right / len(found.rows)


@pytest.mark.parametrize("tid", [tid for tid, _ in TEMPLATED])
def test_items_are_found_to_be_the_rows_they_were_grown_from(tid: str) -> None:
    """Some tables have two rows that nothing tells apart, so not quite all."""
    for instance in instances(tid):
        found = matched(instance.report)
        assert (found.starts[0].tid, found.refusals) == (tid, ())
        assert share(instance, found) >= 0.95


@pytest.mark.parametrize("tid", [tid for tid, _ in TEMPLATED if tid != "2005"])
def test_templates_are_recognised_without_being_declared(tid: str) -> None:
    """TID 2005 is left out: all that it allows, TID 2000 allows too."""
    for instance in instances(tid):
        root = instance.report.root
        assert root is not None
        found = matched(replace(instance.report, root=without_templates(root)))
        assert found.starts[0].tid == tid
        assert share(instance, found) >= 0.7


def test_nearly_all_rows_of_all_templates_are_found() -> None:
    every = [(instance, matched(instance.report)) for tid, _ in TEMPLATED for instance in instances(tid)]
    items = sum(len(found.rows) for _, found in every)
    assert sum(share(instance, found) * len(found.rows) for instance, found in every) / items > 0.995


# ---------------------------------------------------------------- real files

FAMILIES = {
    "basictext-dwv-*": ([("1410", "included")], 0.19),  # annotations in a shape of their own below each region
    "basictext-cip-spanish-1": ([("2000", "concept")], 0.8),
    "ctdose-ge-optima-esr-1": ([("10011", "declared")], 1),
    "ctdose-ge-pixelmed-*": ([("10011", "declared")], 0.98),  # a phantom type below the mean instead of beside it
    "ctdose-siemens-*": ([("10011", "declared")], 1),
    "ctdose-toshiba-*": ([("10011", "declared")], 0.89),  # 99TOSHIBA-TMSC containers
    "ctdose-kgrizz-*": ([("10011", "included")], 0.4),  # made by hand, without a title
    "dxa-ge-lunar-*": ([("2000", "declared")], 0.08),  # a template of its own under a number of the standard
    "echo-terason-*": ([], 0),  # everything is TEXT, without relationships
    "enhanced-agfa-emptytree-1": ([("2000", "concept")], 1),
    "enhxrdose-kgrizz-*": ([("10001", "included")], 0.8),
    "ko-ihe-mado-*": ([("2010", "declared"), ("1600", "included")], 0.55),  # MADO adds a study, series, instance tree
    "ko-ihe-xtehr-1": ([("2010", "declared")], 1),
    "mammocad-brayz-1": ([("4000", "declared")], 0.86),  # quality findings and regions of its own
    "mgdose-*": ([("10001", "declared")], 0.93),  # Anatomical Structure, which earlier editions had
    "obgyn-canon-1": ([("5000", "declared")], 0.98),
    "rfdose-canon-*": ([("10001", "declared")], 0.95),
    "rfdose-eurocolumbus-1": ([("10001", "declared")], 1),
    "rfdose-ge-oecelite-1": ([("10001", "concept")], 1),
    "rfdose-philips-[ac]*": ([("10001", "declared")], 0.58),  # 99PHI-IXR-XPER numbers and containers
    "rfdose-philips-veradius-1": ([("10001", "declared")], 1),
    "rfdose-siemens-*": ([("10001", "declared")], 1),
    "rrdose-siemens-biograph-1": ([("10021", "declared")], 0.97),
    "tid1000-iowa-pet-1": ([("1411", "included")] * 4, 0.32),  # a template of 99QIICR, with groups of the standard
    "tid1500-dcmjs-*": ([("1500", "declared")], 1),
    "tid1500-dcmqi-*": ([("1500", "declared")], 1),
    "tid1500-dwv-*": ([("1500", "declared")], 0.6),  # labels and colours; several images for a region
    "tid1500-[hip]*": ([("1500", "declared")], 1),
    "xrdose-canon-cxdi-1": ([("10001", "declared")], 1),
    "xrdose-carestream-drx-1": ([("10001", "declared")], 0.96),  # Anatomical Structure again
    "xrdose-siemens-fluorospot-1": ([("10001", "declared")], 1),
}
"""File family ↔ the templates that begin in it, and the least share of items that are placed; why not all."""

PRIVATE = ("basictext-amrgablla", "basictext-hyejungan", "basictext-offis", "comprehensive-offis", "enhanced-offis")
"""And OFFIS samples made here, and a summary of Siemens: nothing of PS3.16 is in them."""


@cache
def of_file(path: Path) -> tuple[Report, Matching]:
    report = read(path)
    return report, matched(report)


@pytest.mark.corpus
@pytest.mark.parametrize("family", FAMILIES)
def test_real_files_begin_the_templates_they_follow(family: str) -> None:
    begun, least = FAMILIES[family]
    files = [path for path in corpus_files() if path.match(family + ".*")]
    assert files
    for path in files:
        _, found = of_file(path)
        assert [(each.tid, each.how.value) for each in found.starts] == begun, path.name
        assert 1 - len(found.unplaced()) / len(found.items) >= least, path.name


@pytest.mark.corpus
def test_every_real_file_is_of_a_family_or_private() -> None:
    others = [path for path in corpus_files() if not any(path.match(family + ".*") for family in FAMILIES)]
    names = {path.name for path in others}
    assert len(names) == len(others)
    private = (*PRIVATE, "generated-dcmtk", "enhanced-siemens-radsummary")
    assert [name for name in names if not name.startswith(private)] == []
    for path in others:
        report, found = of_file(path)
        assert (found.starts, len(found.unplaced())) == ((), len(tuple(report.walk()))), path.name


@pytest.mark.corpus
def test_what_a_vendor_adds_is_left_unplaced() -> None:
    """All that is unplaced in an Azurion report is Philips' own, but for one that the standard has elsewhere."""
    _, found = of_file(CORPUS / "rfdose-philips-azurion-1.dcm")
    schemes = Counter(item.concept_name.scheme for item in found.unplaced() if item.concept_name)
    assert schemes.keys() == {"99PHI-IXR-XPER", "DCM"}
    codes = {item.concept_name.code for item in found.unplaced() if item.concept_name}
    assert {code for code in codes if code and len(code) > 3} == {"121114"}


@pytest.mark.corpus
def test_missing_relationships_are_told_and_the_items_placed() -> None:
    """This device leaves them out for many items of an irradiation event."""
    _, found = of_file(CORPUS / "rfdose-eurocolumbus-1.dcm")
    assert {(each.why.value, each.item.relationship) for each in found.misfits} == {("relationship", None)}


@pytest.mark.corpus
def test_numbers_that_are_no_templates_are_refused() -> None:
    """Two devices declare the code of the concept as the template."""
    _, found = of_file(CORPUS / "mgdose-ge-pristina-1.dcm")
    assert Counter((each.tid, each.reason.value) for each in found.refusals) == {
        ("113771", "unknown"): 16,
        ("113706", "unknown"): 8,
        ("113702", "unknown"): 1,
    }
