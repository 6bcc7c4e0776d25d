"""What observations put into the rows of items."""

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import Code, MeasuredValue, SpatialCoordinates, UIDReference
from sr2graph.graph.observation_rows import MOST_LINKS
from sr2graph.graph.records import records
from tests.graph.reports import item, report

GROUP = CodedConcept("125007", "DCM", "Measurement Group")
SITE = CodedConcept("363698007", "SCT", "Finding Site")
LIVER = CodedConcept("T-62000", "SRT", "Liver")
LENGTH = CodedConcept("410668003", "SCT", "Length")
REGION = CodedConcept("111030", "DCM", "Image Region")
TRACKING = CodedConcept("112040", "DCM", "Tracking Unique Identifier")
CM = CodedConcept("cm", "UCUM", "centimeter")


def group(outlines: int, measurements: int) -> Report:
    """A group of measurements of so many outlines."""
    uid = item(UIDReference("1.2.3.4"), concept_name=TRACKING, relationship="HAS OBS CONTEXT")
    site = item(Code(LIVER), concept_name=SITE)
    square = SpatialCoordinates("POLYLINE", (0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0))
    drawn = [item(square, concept_name=REGION) for _ in range(outlines)]
    numbers = [item(MeasuredValue(("1.20",), CM), concept_name=LENGTH) for _ in range(measurements)]
    return report(item(None, uid, site, *drawn, *numbers, concept_name=GROUP))


def rows(said: Report, table: str) -> list[dict[str, str]]:
    return [row for name, row in records(said) if name == table]


def measured(said: Report) -> dict[str, str]:
    return next(row for row in rows(said, "items") if "numeric_value" in row)


def test_a_measurement_has_what_its_group_says() -> None:
    row = measured(group(1, 1))
    assert row["finding_site"] == "http://snomed.info/id/10200004"
    assert row["tracking_uid"] == "1.2.3.4"
    assert row["observation_group"] == "1.1"
    assert row["template_row"].split()[1] == "row"


def test_the_canonical_value_is_exact() -> None:
    row = measured(group(1, 1))
    assert row["canonical_value"] == "0.012"
    assert row["canonical_unit"] == "https://units-of-measurement.org/m"
    assert row["numeric_value"] == "1.20"


def test_each_measurement_is_linked_to_a_few_outlines() -> None:
    links = [row for row in rows(group(3, 2), "observed") if row["property"] == "regions"]
    assert len(links) == 3 * 2
    assert {row["item"] for row in links} == {"1.1.3", "1.1.4", "1.1.5"}


def test_many_outlines_are_told_of_the_group_once() -> None:
    """Rows grow with the tree, not with the product of what is in it."""
    many = MOST_LINKS + 1
    links = [row for row in rows(group(many, 50), "observed") if row["property"] == "regions"]
    assert {row["subject"] for row in links} == {"#1.1"}
    assert len(links) == many


def test_an_item_without_meaning_gets_nothing() -> None:
    private = CodedConcept("X", "99PRIVATE", "x")
    (_, below) = rows(report(item(None, concept_name=private)), "items")
    assert below.keys() <= {"item", "class", "ordinal", "parent", "relationship", "concept_name"}
