"""Nothing is lost silently: every item of every report is mapped, in the narrative, or listed with a reason."""

import csv
import io
import re
import xml.etree.ElementTree as ET

import pytest

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ByReference, ContentItem, position_text
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import Code, ImageReference, MeasuredValue, SpatialCoordinates, Text, ValueType
from sr2graph.fhir import FLAVOURS, FhirBundle, How, Loss, losses_csv, to_fhir
from sr2graph.fhir.accounts import Account
from sr2graph.fhir.narrative import MANY, MOST_ITEMS, MOST_LEVELS, narrative
from sr2graph.fhir.pictures import NO_REGION
from sr2graph.fhir.sites import MOST_SITES
from sr2graph.samples import KINDS, large_sample, sample
from tests.fhir.models import broken_invariants, corpus_reports, numbered, numbers_not_found, ours, resources


def check(report: Report, bundle: FhirBundle) -> None:
    """What holds for any report."""
    items = list(report.walk())
    lines = [loss for loss in bundle.losses if loss.how is not How.NOTE]
    assert [loss.position for loss in lines] == [position_text(item.position) for item in items]
    by_how = {how: [loss for loss in lines if loss.how is how] for how in How}
    assert len(by_how[How.MAPPED]) + len(by_how[How.NARRATIVE]) + len(by_how[How.LISTED]) == len(items)
    assert all(loss.target for loss in by_how[How.MAPPED])
    assert all(loss.reason for loss in by_how[How.NARRATIVE] + by_how[How.LISTED])
    made = {f"{each['resourceType']}/{each['id']}" for each in resources(bundle)}
    named = {loss.target for loss in by_how[How.MAPPED] if re.fullmatch(r"\w+/[0-9a-f-]{36}", loss.target)}
    assert named <= made
    assert numbers_not_found(report, bundle) == []
    assert [broken for each in resources(bundle) for broken in broken_invariants(each)] == []


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_item_of_every_sample_is_accounted_for(kind: str, flavour: str) -> None:
    check(sample(kind), to_fhir(sample(kind), flavour, timezone="+01:00"))


@pytest.mark.corpus
@pytest.mark.parametrize("flavour", FLAVOURS)
def test_every_item_of_every_real_report_is_accounted_for(flavour: str) -> None:
    """And every NUM is an Observation value with the text of the file; only those of the image library are listed."""
    reports = corpus_reports()
    assert len(reports) > 60
    number = FLAVOURS.index(flavour)
    # What the others do in ways of their own is about the header: a third of the reports each shows it.
    mine = reports if flavour in {"r5-dicom-sr", "r4-rds"} else reports[number % 3 :: 3]
    for name, report in mine:
        bundle = to_fhir(report, flavour)
        check(report, bundle)
        assert list(ours(bundle.resource)) == [], name
        reasons = {loss.reason for loss in bundle.left_out() if loss.value_type == "NUM"}
        assert reasons <= {"image library: details of instances of the study"}, name


def test_a_lost_number_would_be_noticed() -> None:
    """The property above can fail."""
    report = sample("radiomics")
    bundle = to_fhir(report)
    observation = next(each for each in resources(bundle, "Observation") if "valueQuantity" in each)
    observation["valueQuantity"]["value"] = observation["valueQuantity"]["value"] + 1
    assert len(numbers_not_found_or_changed(report, bundle)) == 1


def numbers_not_found_or_changed(report: Report, bundle: FhirBundle) -> list[str]:
    for observation in resources(bundle, "Observation"):
        quantity = observation.get("valueQuantity")
        if quantity is not None and not hasattr(quantity["value"], "text"):
            del observation["valueQuantity"]
    return numbers_not_found(report, bundle)


# ---------------------------------------------------------------- the account itself


def item(position: tuple[int, ...], text: str = "x") -> ContentItem:
    return ContentItem(position, "CONTAINS", ValueType.TEXT, CodedConcept("1", "99A", "One"), Text(text))


def test_what_was_said_elsewhere_is_not_said_here() -> None:
    """A site that only an observation of another section has is not in an element."""
    account = Account()
    account.said("site", "liver", (1, 2, 1), "bodySite")
    here, there = item((1, 2, 5)), item((1, 3, 1))
    assert account.say(here, "site", "liver")
    assert not account.say(there, "site", "liver")
    assert not account.say(item((1, 2, 6)), "site", "kidney")
    assert [loss.how for loss in account.lines([here, there], 2)] == [How.MAPPED, How.NARRATIVE]


def test_what_is_said_of_the_report_is_said_everywhere() -> None:
    account = Account()
    account.said("observer.person_name", "A", (), "Practitioner.name")
    assert account.say(item((1, 7, 1, 2)), "observer.person_name", "A")


def test_the_csv_starts_no_formula() -> None:
    line = Loss("1.2", "TEXT", "=1+1:@x", How.NARRATIVE, "", "why")
    (row,) = csv.DictReader(io.StringIO(losses_csv([line])))
    assert row == {
        "position": "1.2",
        "value_type": "TEXT",
        "code": "'=1+1:@x",
        "how": "narrative",
        "target": "",
        "reason": "why",
    }


def test_no_line_has_a_value_of_the_report() -> None:
    report = sample("basic_text")
    texts = {child.value.text for child in report.walk() if isinstance(child.value, Text) and child.value.text}
    told = losses_csv(to_fhir(report).losses)
    assert not [text for text in texts if text in told]


# ---------------------------------------------------------------- the narrative


def root(children: tuple[ContentItem, ...]) -> ContentItem:
    return ContentItem((1,), None, ValueType.CONTAINER, CodedConcept("2", "99A", "Root"), children=children)


def test_the_narrative_is_a_list_in_lists() -> None:
    inner = ContentItem(
        (1, 1), "CONTAINS", ValueType.CONTAINER, CodedConcept("3", "99A", "In"), children=(item((1, 1, 1)),)
    )
    told, count = narrative(list(root((inner, item((1, 2), "a\nb"))).walk()))
    assert count == 4
    assert told["div"] == (
        '<div xmlns="http://www.w3.org/1999/xhtml"><ul><li><b>Root</b><ul>'
        "<li><b>In</b><ul><li><b>One</b>: x</li></ul></li>"
        "<li><b>One</b>: a<br/>b</li></ul></li></ul></div>"
    )


def test_a_deep_tree_is_written_flat_below_some_level() -> None:
    deep = item(tuple([1] * 90))
    for length in range(89, 0, -1):
        deep = ContentItem(
            (1,) * length, "CONTAINS", ValueType.CONTAINER, CodedConcept("2", "99A", "C"), children=(deep,)
        )
    told, count = narrative(list(deep.walk()))
    assert count == 90
    element, depth = ET.fromstring(told["div"]), 0  # noqa: S314 # our own
    while len(element):
        element, depth = element[-1], depth + 1
    assert depth <= 2 * MOST_LEVELS + 4


def test_a_narrative_that_is_full_says_so() -> None:
    many = root(tuple(item((1, number)) for number in range(1, MOST_ITEMS + 11)))
    told, count = narrative(list(many.walk()))
    assert count == MOST_ITEMS
    assert "11 more items" in told["div"]
    assert len(ET.fromstring(told["div"])[0][0][1]) == MOST_ITEMS  # noqa: S314 # our own


def test_items_that_a_full_narrative_does_not_have_are_listed() -> None:
    lines = Account().lines([item((1, 1)), item((1, 2))], 1)
    assert [loss.how for loss in lines] == [How.NARRATIVE, How.LISTED]
    assert "full" in lines[1].reason


def test_an_outline_that_the_narrative_cuts_says_so() -> None:
    def outlined(points: int) -> str:
        line = SpatialCoordinates("POLYLINE", (0.0, 1.0) * points)
        outline = ContentItem((1, 1), "CONTAINS", ValueType.SCOORD, CodedConcept("111030", "DCM", "Image Region"), line)
        bundle = to_fhir(Report(sample("key_objects").document, root=root((outline,))), "r4")
        return bundle.left_out()[0].reason

    assert outlined(MANY) == NO_REGION
    assert outlined(MANY + 1) == f"{NO_REGION}; the first {MANY} members"


# ---------------------------------------------------------------- hostile trees


def test_references_in_a_circle_are_harmless() -> None:
    one = ContentItem(
        (1, 1),
        "CONTAINS",
        ValueType.NUM,
        CodedConcept("4", "99A", "N"),
        MeasuredValue(numeric_value=("1",)),
        (ByReference((1, 1, 1), "INFERRED FROM", (1, 2)),),
    )
    two = ContentItem(
        (1, 2),
        "CONTAINS",
        ValueType.NUM,
        CodedConcept("4", "99A", "N"),
        MeasuredValue(numeric_value=("2",)),
        (ByReference((1, 2, 1), "INFERRED FROM", (1, 1)), ByReference((1, 2, 2), "INFERRED FROM", (1,))),
    )
    report = Report(sample("key_objects").document, root=root((one, two)))
    bundle = to_fhir(report)
    check(report, bundle)
    first, second = resources(bundle, "Observation")
    assert first["derivedFrom"][0]["reference"].endswith(second["id"])
    assert second["derivedFrom"][0]["reference"].endswith(first["id"])


def test_what_members_share_with_their_group_is_told_once() -> None:
    """Many regions and many measurements of them all make as many references as there are regions, not the product."""
    image = ContentItem((1,), "SELECTED FROM", ValueType.IMAGE, None, ImageReference("1.2", "1.2.3"))
    names = {value: CodedConcept(value, "DCM", value) for value in ("125007", "111030", "126010")}
    point = SpatialCoordinates("POINT", (1.0, 2.0))
    regions = [ContentItem((1,), "CONTAINS", ValueType.SCOORD, names["111030"], point, (image,)) for _ in range(300)]
    length = CodedConcept("410668003", "SCT", "Length")
    numbers = [
        ContentItem((1,), "CONTAINS", ValueType.NUM, length, MeasuredValue(numeric_value=("1",))) for _ in range(300)
    ]
    group = ContentItem((1,), "CONTAINS", ValueType.CONTAINER, names["125007"], children=(*regions, *numbers))
    section = ContentItem((1,), "CONTAINS", ValueType.CONTAINER, names["126010"], children=(group,))
    report = Report(sample("key_objects").document, root=numbered(root((section,))))
    bundle = to_fhir(report)
    check(report, bundle)
    sources = [each.get("derivedFrom", ()) for each in resources(bundle, "Observation")]
    assert sum(map(len, sources)) == 300
    assert len(resources(bundle, "ImagingSelection")) == 300


def test_more_sites_than_a_structure_takes_are_components() -> None:
    sites = [
        ContentItem(
            (1,),
            "HAS CONCEPT MOD",
            ValueType.CODE,
            CodedConcept("363698007", "SCT", "Finding Site"),
            Code(CodedConcept(f"{10_000_000 + number}", "SCT", f"Site {number}")),
        )
        for number in range(MOST_SITES + 8)
    ]
    name = CodedConcept("410668003", "SCT", "Length")
    number = ContentItem((1,), "CONTAINS", ValueType.NUM, name, MeasuredValue(numeric_value=("1",)), tuple(sites))
    report = Report(sample("key_objects").document, root=numbered(root((number,))))
    bundle = to_fhir(report)
    check(report, bundle)
    assert len(resources(bundle, "BodyStructure")[0]["includedStructure"]) == MOST_SITES
    assert len(resources(bundle, "Observation")[0]["component"]) == 8
    assert not bundle.left_out()


def test_a_report_without_a_tree_is_a_report_all_the_same() -> None:
    bundle = to_fhir(Report(sample("key_objects").document))
    assert resources(bundle, "DiagnosticReport")[0]["code"]["coding"][0]["code"] == "18748-4"
    assert not [loss for loss in bundle.losses if loss.how is not How.NOTE]


def test_size_grows_with_the_report_and_not_faster() -> None:
    """Ten times the events give ten times the text, about."""
    small, large = (len(to_fhir(large_sample(events)).json()) for events in (4, 40))
    assert large < 12 * small
